"""Asking IDMC for its list of updates: one answer with everything, behind a redirect to a dump.

While the dump is being made, the answer is an empty list with a good status.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.answers import is_list_of
from riskmap.sources.wire import Ask, Reply, Wire

CLIENT = "idmc_client_id"
PART = "api"
HOSTS = ("helix-copilot-prod-helix-media-external.s3.amazonaws.com",)
"""Where its dumps lie."""

_LISTS = ("all", "last-180-days")
_RECENT = timedelta(days=180)


def fetch_updates(asked: Asked, wire: Wire) -> None:
    """The list of all updates, or of the last 180 days, which must then hold the days asked for.

    Raises:
        FetchError: The option is unknown, the short list begins too late, or the provider did not give it.
    """
    which = asked.options.get("list", "all")
    if set(asked.options) - {"list"} or which not in _LISTS:
        raise FetchError(f"idmc takes the option list, one of {', '.join(_LISTS)}")
    reach = datetime.now(UTC).date() - _RECENT
    if which != "all" and asked.start < reach:
        raise FetchError(f"the list of the last 180 days begins on {reach}; ask from then on, or for the whole list")
    ask_list(wire, which)


def ask_list(wire: Wire, which: str) -> None:
    """One of the lists.

    Raises:
        FetchError: It does not come.
    """
    wire.get(wire.at(PART, f"{which}/"), {"client_id": wire.secret(CLIENT)}, ask=Ask(sound=_sound))


def _sound(reply: Reply) -> None:
    """Nothing for a list of figures.

    Raises:
        Transient: It is empty, since its dump is being made, or cut short.
        ProviderRefused: It is no list of them.
    """
    told = reply.json()
    if not is_list_of(told, "id", "figure"):
        raise ProviderRefused(f"{reply.raw.url} answered with no list: {str(told)[:200]}")
    if not told:
        raise Transient(f"{reply.raw.url} answered {reply.status} with an empty list; the list is being made")
