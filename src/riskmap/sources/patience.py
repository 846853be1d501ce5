"""Patience: what is asked again, after which pauses, and when to give up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from riskmap.errors import FetchError, Transient

ATTEMPTS = 5
"""Tries in all."""

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that pass by themselves."""

LONGEST_TOLD_S = 600.0
"""Longest pause that a provider may ask for; with a longer one the fetch ends, and goes on when asked again."""

_LONGEST_PAUSE_S = 60.0
# Each pause is longer than the one before, and no two fetches keep time with each other.
_GROWING = wait_exponential_jitter(initial=1, max=_LONGEST_PAUSE_S, jitter=1)

_T = TypeVar("_T")


def patiently(once: Callable[[], _T], sleep: Callable[[float], None], name: str) -> _T:
    """What `once` gives in the end.

    Args:
        once: One try.
        sleep: Waits so many seconds.
        name: How messages call the address; free of secrets.

    Raises:
        FetchError: It gave nothing in so many tries, or the provider wants to be left alone for longer.
    """
    retrying = Retrying(retry=retry_if_exception(_passes), wait=_pause, stop=_enough, sleep=sleep, reraise=True)
    try:
        return retrying(once)
    except httpx2.LocalProtocolError:
        raise FetchError(f"{name} cannot be asked: a header holds what none may; look at the credentials") from None
    except httpx2.HTTPError as error:
        told = f"{name} did not answer, or not to the end, in {ATTEMPTS} tries ({type(error).__name__})"
        raise FetchError(f"{told}; look at the network or the address") from None
    except Transient as error:
        long = error.pause_s is not None and error.pause_s > LONGEST_TOLD_S
        ended = (
            f"it asks to wait {error.pause_s:,.0f} s: fetch again then" if long else f"gave up after {ATTEMPTS} tries"
        )
        raise FetchError(f"{error}; {ended}") from None


def pause_told(text: str) -> float | None:
    """Seconds of a `Retry-After`, which tells seconds or a moment; None where it tells neither."""
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _passes(error: BaseException) -> bool:
    """Whether another try makes sense; one of our own mistakes in a request is no reason for one."""
    broken = isinstance(error, httpx2.TransportError | httpx2.DecodingError)
    return isinstance(error, Transient) or (broken and not isinstance(error, httpx2.LocalProtocolError))


def _pause(state: RetryCallState) -> float:
    """Seconds before the next try: what the provider asked for, else growing and jittered."""
    told = _told(state)
    return _GROWING(state) if told is None else told


def _enough(state: RetryCallState) -> bool:
    told = _told(state)
    return state.attempt_number >= ATTEMPTS or (told is not None and told > LONGEST_TOLD_S)


def _told(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.pause_s if isinstance(error, Transient) else None
