"""Vector-tile features as array arithmetic: the same bytes as `mvt`, for where nothing may be compiled.

The tests hold the two against each other byte for byte.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from riskmap.publish.mvt import REACH, RING_WIDTH, clip
from riskmap.publish.outlines import EXTENT, EXTENT_BITS, WORLD, WORLD_BITS, Ints, Parts, Place, Rings

Bools = npt.NDArray[np.bool_]


def encode(rings: Rings, parts: Parts, tags: Ints, place: Place) -> bytes:
    """Encoded features of a tile; arguments as for `mvt.encode`."""
    ring = _tile_rings(rings, parts, place)
    feature = np.cumsum(parts.is_first) - 1
    solid = _areas(ring) > 0
    if not solid.any():
        return b""
    ring, feature, rows = ring[solid], feature[solid], parts.rows[solid]
    geometry, sizes = _commands(ring, feature)
    lengths = sizes.sum(axis=1)
    first = np.diff(feature, prepend=-1) != 0
    starts = np.flatnonzero(first)
    whole = np.add.reduceat(lengths, starts)
    head, head_sizes = _heads(rows[starts] + 1, tags[feature[starts]], whole)
    head_lengths = head_sizes.sum(axis=1)
    head_at = _before(head_lengths + whole)
    owner = np.cumsum(first) - 1
    inside = _before(lengths)
    part_at = (head_at + head_lengths)[owner] + inside - inside[starts][owner]
    out = np.empty(int(head_lengths.sum() + whole.sum()), np.uint8)
    _put(out, head_at, head, head_sizes)
    _put(out, part_at, geometry, sizes)
    return out.tobytes()


def _tile_rings(rings: Rings, parts: Parts, place: Place) -> Ints:
    """Rings in tile units, each filled up with its first vertex; shape (parts, vertices, 2)."""
    shift = WORLD_BITS - place.z - EXTENT_BITS
    corner = np.array([place.x, place.y]) << (WORLD_BITS - place.z)
    ring = np.stack([rings.x[parts.rows], rings.y[parts.rows]], axis=-1).astype(np.int64) - corner
    ring[..., 0] += (parts.worlds * WORLD)[:, None]
    ring = (ring + ((1 << shift) >> 1)) >> shift
    count = rings.vertices[parts.rows].astype(np.int64)
    ring = _filled(ring, count)
    far = ((ring < -REACH) | (ring > EXTENT + REACH)).any(axis=(1, 2))
    return _clipped(ring, count, np.flatnonzero(far)) if far.any() else ring


def _clipped(ring: Ints, count: Ints, far: Ints) -> Ints:
    wide = np.concatenate([ring, np.repeat(ring[:, :1], RING_WIDTH - ring.shape[1], axis=1)], axis=1)
    for part in far.tolist():
        cut = np.ascontiguousarray(wide[part].T)
        left = int(clip(cut, int(count[part])))
        wide[part] = _filled(cut.T[None], np.array([left]))[0]
    return wide


def _filled(ring: Ints, count: Ints) -> Ints:
    unused = np.arange(ring.shape[1]) >= count[:, None]
    return np.where(unused[..., None], ring[:, :1], ring)


def _areas(ring: Ints) -> Ints:
    """Twice the area, positive where the ring runs clockwise on the map; shape (parts,)."""
    after = np.roll(ring, -1, axis=1)
    twice: Ints = (ring[..., 0] * after[..., 1] - after[..., 0] * ring[..., 1]).sum(axis=1)
    return twice


def _kept(ring: Ints) -> Bools:
    """Vertices that differ from the one before, without a last one that is the first again."""
    kept = np.ones(ring.shape[:2], bool)
    kept[:, 1:] = (np.diff(ring, axis=1) != 0).any(axis=2)
    part = np.arange(len(ring))
    last = _last(kept)
    kept[part, last] &= (ring[part, last] != ring[:, 0]).any(axis=1)
    return kept


def _last(kept: Bools) -> Ints:
    return np.asarray(kept.shape[1] - 1 - np.argmax(kept[:, ::-1], axis=1))


def _commands(ring: Ints, feature: Ints) -> tuple[Ints, Ints]:
    """Commands of each ring and the bytes each of them takes, 0 for what is not written; shape (parts, commands)."""
    kept = _kept(ring)
    ends = ring[np.arange(len(ring)), _last(kept)]
    goes_on = np.diff(feature, prepend=-1) == 0
    cursor = np.where(goes_on[:, None], np.roll(ends, 1, axis=0), 0)
    step = np.diff(np.concatenate([cursor[:, None], ring], axis=1), axis=1)
    zigzag = ((step << 1) ^ (step >> 63)).reshape(len(ring), -1)
    lines = (kept.sum(axis=1) - 1) << 3 | 2
    fixed = np.ones(len(ring), np.int64)
    found = np.column_stack([9 * fixed, zigzag[:, :2], lines, zigzag[:, 2:], 15 * fixed])
    written = np.column_stack([np.ones((len(ring), 4), bool), np.repeat(kept[:, 1:], 2, axis=1), fixed > 0])
    return found, np.where(written, _sizes(found), 0)


def _heads(identifiers: Ints, tags: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """What stands before the geometry of each feature, and the bytes each number takes; shape (features, numbers)."""
    one = np.ones(len(identifiers), np.int64)
    pairs = np.stack([np.broadcast_to(np.arange(tags.shape[1]), tags.shape), tags], axis=-1).reshape(len(tags), -1)
    pair_sizes = np.where(np.repeat(tags >= 0, 2, axis=1), _sizes(pairs), 0)
    tagged = pair_sizes.sum(axis=1)
    total = 5 + _sizes(identifiers) + _sizes(tagged) + tagged + _sizes(lengths) + lengths
    before = np.column_stack([0x12 * one, total, 0x08 * one, identifiers, 0x12 * one, tagged])
    after = np.column_stack([0x18 * one, 3 * one, 0x22 * one, lengths])
    sizes = np.column_stack([_sizes(before), pair_sizes, _sizes(after)])
    return np.column_stack([before, pairs, after]), sizes


def _sizes(values: Ints) -> Ints:
    """Bytes that each varint takes."""
    limits = np.int64(1) << np.arange(7, 63, 7)
    return 1 + np.searchsorted(limits, values, side="right")


def _before(lengths: Ints) -> Ints:
    """Where each of several runs starts, one behind the other."""
    return np.cumsum(lengths) - lengths


def _put(out: npt.NDArray[np.uint8], starts: Ints, values: Ints, sizes: Ints) -> None:
    """Writes rows of varints, each row from its start on."""
    at = (starts[:, None] + np.cumsum(sizes, axis=1) - sizes)[sizes > 0]
    left, size = values[sizes > 0], sizes[sizes > 0]
    while len(left):
        more = size > 1
        out[at] = (left & 127) | np.where(more, 128, 0)
        at, left, size = at[more] + 1, left[more] >> 7, size[more] - 1
