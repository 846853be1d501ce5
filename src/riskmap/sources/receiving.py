"""Receiving: the body of an answer onto disk, piece by piece, unpacked, bounded, hashed, and free of secrets."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson

from riskmap.errors import FetchError, Transient
from riskmap.sources.hiding import Hiding

MOST_BYTES = 4 << 30
"""Bytes that no payload may pass, counted unpacked."""

ACCEPTED = "gzip"
"""The one encoding asked for."""

_PIECE_BYTES = 1 << 18
_MOST_SHORT_BYTES = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Body:
    """A body on disk.

    Args:
        sha256: Hex digest of the bytes kept.
        bytes: Their number.
        scrubbed: Whether a secret stood in it and was overwritten with asterisks.
    """

    sha256: str
    bytes: int
    scrubbed: bool


def receive(response: httpx2.Response, file: Path, hiding: Hiding, name: str) -> Body:
    """Writes the body of a streamed answer; a secret in it never reaches the disk.

    Args:
        response: Not read so far.
        file: To write.
        hiding: The secrets.
        name: How messages call the address.

    Raises:
        FetchError: It is too long, or packed in a way that was not asked for.
        Transient: It is packed, and was cut short or damaged.
    """
    digest, length, scrubbed, held, reach = hashlib.sha256(), 0, False, b"", hiding.reach
    with file.open("wb") as written:
        for piece in _unpacked(response, name):
            length += len(piece)
            if length > MOST_BYTES:
                raise FetchError(f"{name} gives more than {MOST_BYTES:,} bytes; ask for less at a time")
            # The end is held back, since a secret may go on in the next piece.
            whole = held + piece
            clean = hiding.overwritten(whole)
            scrubbed |= clean != whole
            done = max(0, len(clean) - reach)
            digest.update(clean[:done])
            written.write(clean[:done])
            held = clean[done:]
        digest.update(held)
        written.write(held)
    return Body(digest.hexdigest(), length, scrubbed)


def receive_short(response: httpx2.Response, name: str) -> bytes:
    """The body of a streamed answer that is never to be on disk, such as one that holds a token.

    Raises:
        FetchError: As `receive` does; here a mebibyte is too long.
        Transient: As `receive` does.
    """
    body = b""
    for piece in _unpacked(response, name):
        body += piece
        if len(body) > _MOST_SHORT_BYTES:
            raise FetchError(f"{name} gives more than {_MOST_SHORT_BYTES:,} bytes, where a short answer was asked for")
    return body


def _unpacked(response: httpx2.Response, name: str) -> Iterator[bytes]:
    """The body in pieces of bounded size, however tightly it is packed."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        yield from response.iter_raw()
    elif packing in ("gzip", "x-gzip"):
        try:
            yield from _gunzipped(response.iter_raw(), name)
        except zlib.error as error:
            raise Transient(f"{name} is no gzip, though it says so ({error})") from None
    else:
        raise FetchError(f"{name} is packed as {packing!r}, which was not asked for; only gzip is")


def _gunzipped(packed: Iterator[bytes], name: str) -> Iterator[bytes]:
    """What a gzip stream of one or several members holds.

    The library's own decoder takes a stream that was cut short for whole, so the end is looked for here.
    """
    member, begun = zlib.decompressobj(_GZIP), False
    for piece in packed:
        begun, rest = True, piece
        while rest:
            if member.eof:
                if not rest.startswith(_MAGIC[: len(rest)]):
                    break
                member = zlib.decompressobj(_GZIP)
            yield member.decompress(rest, _PIECE_BYTES)
            rest = member.unused_data if member.eof else member.unconsumed_tail
    if begun and not member.eof:
        raise Transient(f"{name} was cut short: its gzip stream has no end")


def json_of(body: bytes, name: str) -> object:
    """A body as JSON.

    Args:
        body: Whole.
        name: How messages call the address.

    Raises:
        FetchError: It is none.
    """
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise FetchError(f"{name} answered with what is no JSON") from None
    return value
