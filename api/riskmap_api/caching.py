"""Caching: ETags made of what was asked of which snapshot, and a bounded memory of finished tiles.

A snapshot never changes, so its id and the question settle the answer: no bytes are hashed, and a repeated question is
answered 304 before any work is done.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

LATEST = "latest"
IMMUTABLE = "public, max-age=31536000, immutable"
SHORT_LIVED = "public, max-age=30, must-revalidate"
REVALIDATED = "no-cache"

_ENTRY_BYTES = 512


def lifetime(name: str) -> str:
    """`Cache-Control` of an answer asked of a snapshot by that name: for ever by id, briefly as `latest`."""
    return SHORT_LIVED if name == LATEST else IMMUTABLE


def etag_of(*parts: str) -> str:
    """Strong ETag of an answer that depends on these parts and nothing else."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12)
    return f'"{digest.hexdigest()}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client's `If-None-Match` names this ETag (weak comparison, RFC 9110 section 13.1.2)."""
    if not if_none_match:
        return False
    named = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in named or etag.removeprefix("W/") in named


class ByteCache:
    """Finished bodies by key, the least recently used dropped first.

    Args:
        limit_bytes: Most bytes kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes, self._held_bytes = limit_bytes, 0
        self._bodies: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._bodies)

    def get(self, key: tuple[str, ...]) -> bytes | None:
        """The body under that key, or None."""
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def put(self, key: tuple[str, ...], body: bytes) -> None:
        """Keeps a body under a key, at the cost of those asked for longest ago."""
        older = self._bodies.pop(key, None)
        self._held_bytes += _cost_bytes(body) - (0 if older is None else _cost_bytes(older))
        self._bodies[key] = body
        while self._held_bytes > self._limit_bytes:
            _, dropped = self._bodies.popitem(last=False)
            self._held_bytes -= _cost_bytes(dropped)


def _cost_bytes(body: bytes) -> int:
    """What a body takes with its key; an empty one is not free, or empties could fill the memory."""
    return len(body) + _ENTRY_BYTES
