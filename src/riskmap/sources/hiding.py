"""Hiding: secrets, in every way in which they may be written, and asterisks in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable

from riskmap.errors import FetchError

SHORTEST = 4
"""Fewest characters of a secret; what is shorter stands in too much that is none."""

_HIDDEN = b"***"
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_ESCAPED = {'"': rb"\\{1,3}\"", "\\": rb"\\{1,4}", "/": rb"\\{1,3}/", " ": rb"\+"}
_NAMED = {"&": b"&amp;", "<": b"&lt;", ">": b"&gt;", '"': b"&quot;", "'": b"&apos;"}
_LONGEST_WAY = 28
"""Bytes of the longest way to write one character: four bytes, each in percent form encoded twice more."""


class Hiding:
    """The secrets of one wire.

    Args:
        secrets: Known at the beginning; those that are too short to be any are left aside.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._patterns: dict[str, re.Pattern[bytes]] = {}
        self._add(secret for secret in secrets if len(secret) >= SHORTEST)

    @property
    def reach(self) -> int:
        """Bytes of the longest text that may be a secret."""
        lengths = (sum(1 if ord(one) in _PLAIN else _LONGEST_WAY for one in secret) for secret in self._patterns)
        return max(lengths, default=0)

    def learn(self, secret: str) -> None:
        """From now on this is a secret too.

        Raises:
            FetchError: It is too short to be one.
        """
        if len(secret) < SHORTEST:
            raise FetchError(
                f"the provider gave a secret of {len(secret)} characters, which is none; ask it for another"
            )
        self._add([secret])

    def clean(self, text: str) -> str:
        """A text with three asterisks in place of every secret."""
        data = text.encode(errors="surrogatepass")
        for pattern in self._patterns.values():
            data = pattern.sub(_HIDDEN, data)
        return data.decode(errors="surrogatepass")

    def overwritten(self, data: bytes) -> bytes:
        """Bytes with as many asterisks in place of every secret as it has bytes."""
        for pattern in self._patterns.values():
            data = pattern.sub(lambda found: b"*" * len(found[0]), data)
        return data

    def _add(self, secrets: Iterable[str]) -> None:
        known = {*self._patterns, *secrets}
        # The longest come first: a secret inside another must not leave the rest of it behind.
        self._patterns = {one: _pattern(one) for one in sorted(known, key=lambda one: (-len(one), one))}


def _pattern(secret: str) -> re.Pattern[bytes]:
    """Matches a secret as it stands, and percent-encoded, or escaped for JSON or XML, also twice, by character."""
    return re.compile(b"".join(_ways(character) for character in secret))


def _ways(character: str) -> bytes:
    code, raw = ord(character), character.encode(errors="surrogatepass")
    if code in _PLAIN:
        return raw
    units = character.encode("utf-16-be", errors="surrogatepass").hex()
    ways = [
        re.escape(raw),
        b"".join(rb"%(?:25){0,2}" + _any_case(f"{byte:02x}") for byte in raw),
        b"".join(rb"\\{1,4}u" + _any_case(units[place : place + 4]) for place in range(0, len(units), 4)),
        b"&#(?:%d|[xX]%s);" % (code, _any_case(f"{code:x}")),
        *(written[character] for written in (_ESCAPED, _NAMED) if character in written),
    ]
    return b"(?:" + b"|".join(ways) + b")"


def _any_case(digits: str) -> bytes:
    """Hexadecimal digits of either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits).encode()
