"""Vector-tile features straight from stored rings, compiled; `mvt_numpy` gives the same bytes without a compiler.

A feature has the cell's row plus one as id (H3 numbers do not fit into a JavaScript number), tags and one ring, or two
where a tile shows the cell at both edges of the world. Cells stay whole, but for those that reach farther than a tile's
width beyond it, which renderers cannot hold: they are clipped to the buffer. Rings that round to nothing are left out;
since neighbours share their vertices, no ground is lost by that.

Source: Mapbox Vector Tile Specification 2.1, sections 4.3 (geometry) and 4.4 (tags).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.extending import is_jitted

from riskmap.publish.outlines import BUFFER, EXTENT, EXTENT_BITS, WORLD, WORLD_BITS, Ints, Parts, Place, Rings

Bytes = npt.NDArray[np.uint8]

REACH = EXTENT
"""Tile units beyond a tile up to which a cell stays whole."""

RING_WIDTH = 24
"""Room for the vertices of one ring: ten, and what clipping on four sides adds."""

_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7
_RING_BYTES = 10 * RING_WIDTH
_HEAD_BYTES = 64


def encode(rings: Rings, parts: Parts, tags: Ints, place: Place) -> bytes:
    """Encoded features of a tile.

    Args:
        rings: Rings of all cells.
        parts: Which of them the tile shows.
        tags: For each different row of `parts` and each key: index of its value, or -1 to leave it out; shape (rows,
            keys).
        place: The tile.
    """
    room = len(parts.rows) * _RING_BYTES + len(tags) * (_HEAD_BYTES + 6 * tags.shape[1])
    out = np.empty(room, np.uint8)
    return bytes(out[: _encode(rings, parts, tags, place, out)])


@njit(cache=True, nogil=True)
def _encode(rings: Rings, parts: Parts, tags: Ints, place: Place, out: Bytes) -> int:
    ring, cursor = np.empty((2, RING_WIDTH), np.int64), np.empty(2, np.int64)
    geometry = np.empty(3 * _RING_BYTES, np.uint8)
    at, part, feature = 0, 0, 0
    while part < len(parts.rows):
        row, used = parts.rows[part], 0
        cursor[0] = cursor[1] = 0
        while part < len(parts.rows) and parts.rows[part] == row:
            count = _tile_ring(rings, row, parts.worlds[part], place, ring)
            used = _put_ring(geometry, used, ring, count, cursor)
            part += 1
        if used:
            at = _put_feature(out, at, row + 1, tags[feature], geometry[:used])
        feature += 1
    return at


@njit(cache=True, nogil=True)
def _tile_ring(rings: Rings, row: int, world: int, place: Place, ring: Ints) -> int:
    """Puts a ring in tile units into `ring`, clipped where it reaches far; returns its number of vertices."""
    shift = WORLD_BITS - place.z - EXTENT_BITS
    half = (1 << shift) >> 1
    west = (place.x << (WORLD_BITS - place.z)) - world * WORLD
    north = place.y << (WORLD_BITS - place.z)
    count = rings.vertices[row]
    far = False
    for vertex in range(count):
        x = (np.int64(rings.x[row, vertex]) - west + half) >> shift
        y = (np.int64(rings.y[row, vertex]) - north + half) >> shift
        if min(x, y) < -REACH or max(x, y) > EXTENT + REACH:
            far = True
        ring[0, vertex], ring[1, vertex] = x, y
    return tidy(ring, clip(ring, count) if far else count)


@njit(cache=True, nogil=True)
def clip(ring: Ints, count: int) -> int:
    """Cuts a ring to a tile and its buffer, in place.

    Source: Sutherland & Hodgman 1974, Reentrant polygon clipping; in whole numbers, so that both encoders agree.

    Args:
        ring: Tile units, shape (2, at least `count` + 4).
        count: Its vertices.

    Returns:
        Vertices left.
    """
    cut = np.empty_like(ring)
    for side in range(4):
        axis, sign = side % 2, 1 if side < 2 else -1
        limit = -BUFFER if side < 2 else EXTENT + BUFFER
        kept = 0
        for here in range(count):
            before = here - 1 if here else count - 1
            was, now = sign * (ring[axis, before] - limit), sign * (ring[axis, here] - limit)
            if (was < 0) != (now < 0):
                along = ring[1 - axis, here] - ring[1 - axis, before]
                cut[axis, kept] = limit
                cut[1 - axis, kept] = ring[1 - axis, before] + along * was // (was - now)
                kept += 1
            if now >= 0:
                cut[0, kept], cut[1, kept] = ring[0, here], ring[1, here]
                kept += 1
        for vertex in range(kept):
            ring[0, vertex], ring[1, vertex] = cut[0, vertex], cut[1, vertex]
        count = kept
    return count


@njit(cache=True, nogil=True)
def tidy(ring: Ints, count: int) -> int:
    """Drops vertices that repeat the one before, in place, and all where no area is left; returns how many stay."""
    kept = min(count, 1)
    for vertex in range(1, count):
        if ring[0, vertex] != ring[0, kept - 1] or ring[1, vertex] != ring[1, kept - 1]:
            ring[0, kept], ring[1, kept] = ring[0, vertex], ring[1, vertex]
            kept += 1
    while kept > 1 and ring[0, kept - 1] == ring[0, 0] and ring[1, kept - 1] == ring[1, 0]:
        kept -= 1
    area = 0
    for vertex in range(kept):
        before = vertex - 1 if vertex else kept - 1
        area += ring[0, before] * ring[1, vertex] - ring[0, vertex] * ring[1, before]
    return kept if area > 0 else 0


@njit(cache=True, nogil=True)
def _put_ring(out: Bytes, at: int, ring: Ints, count: int, cursor: Ints) -> int:
    """Writes a ring as commands from where the cursor stands; nothing for a ring without vertices."""
    if not count:
        return at
    for vertex in range(count):
        if vertex == 0:
            at = _put(out, at, 1 << 3 | _MOVE_TO)
        elif vertex == 1:
            at = _put(out, at, (count - 1) << 3 | _LINE_TO)
        for axis in range(2):
            step = ring[axis, vertex] - cursor[axis]
            at = _put(out, at, (step << 1) ^ (step >> 63))
            cursor[axis] = ring[axis, vertex]
    return _put(out, at, 1 << 3 | _CLOSE)


@njit(cache=True, nogil=True)
def _put_feature(out: Bytes, at: int, identifier: int, tags: Ints, geometry: Bytes) -> int:
    tagged = 0
    for key in range(len(tags)):
        if tags[key] >= 0:
            tagged += _size(key) + _size(tags[key])
    length = 5 + _size(identifier) + _size(tagged) + tagged + _size(len(geometry)) + len(geometry)
    at = _put(out, _put(out, at, 0x12), length)
    at = _put(out, _put(out, at, 0x08), identifier)
    at = _put(out, _put(out, at, 0x12), tagged)
    for key in range(len(tags)):
        if tags[key] >= 0:
            at = _put(out, _put(out, at, key), tags[key])
    at = _put(out, _put(out, at, 0x18), 3)
    at = _put(out, _put(out, at, 0x22), len(geometry))
    for byte in range(len(geometry)):
        out[at + byte] = geometry[byte]
    return at + len(geometry)


@njit(cache=True, nogil=True)
def _put(out: Bytes, at: int, value: int) -> int:
    """Writes a varint; returns where the next byte goes."""
    while value > 127:
        out[at] = (value & 127) | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@njit(cache=True, nogil=True)
def _size(value: int) -> int:
    """Bytes that a varint takes."""
    size = 1
    while value > 127:
        value >>= 7
        size += 1
    return size


COMPILED = bool(is_jitted(_encode))
"""Whether the loops above are compiled; False where Numba's compiler is switched off."""
