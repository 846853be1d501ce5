"""Outlines: the cells' rings in web mercator, and which of them a tile shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from riskmap.store.snapshot import Snapshot

WORLD_BITS = 30
WORLD = 1 << WORLD_BITS
"""Width of the web-mercator world in the units of stored rings."""

EXTENT_BITS = 12
EXTENT = 1 << EXTENT_BITS
"""Width of a tile in its own units."""

BUFFER = 64
"""Tile units around a tile that it shows too, so that outlines meet across its edge."""

_BLOCK = 128

Ints = npt.NDArray[np.int64]
Bounds = tuple[int, int, int, int]


class Place(NamedTuple):
    """A tile: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int


class Rings(NamedTuple):
    """Rings of all cells, clockwise as seen on the map.

    `x` and `y` have shape (cells, 10), in `WORLD` units from the north-west corner; a ring that crosses the
    antimeridian goes on beyond the edge of the world. `vertices` says how many vertices hold, shape (cells,).
    """

    x: npt.NDArray[np.int32]
    y: npt.NDArray[np.int32]
    vertices: npt.NDArray[np.int8]


class Parts(NamedTuple):
    """What a tile shows: rows of cells, sorted, and how many worlds each is moved east; shape (parts,).

    A row comes twice where the tile shows it at both edges of the world.
    """

    rows: Ints
    worlds: Ints

    @property
    def is_first(self) -> npt.NDArray[np.bool_]:
        """Whether a part is the first of its row, shape (parts,)."""
        return np.asarray(np.diff(self.rows, prepend=-1) != 0)


@dataclass(frozen=True, eq=False)
class Outlines:
    """Rings with their bounding boxes, and the boxes of blocks of neighbouring cells.

    Args:
        rings: Rings of all cells.
        boxes: West, north, east, south of each, shape (4, cells).
        blocks: The same for each run of 128 cells, which lie close together since cells are sorted; shape (4, blocks).
    """

    rings: Rings
    boxes: npt.NDArray[np.int32]
    blocks: npt.NDArray[np.int32]

    def parts(self, place: Place) -> Parts:
        """The cells that lie in a tile or its buffer, by bounding box."""
        found = [(self._rows(bounds), worlds) for worlds, bounds in _windows(place)]
        rows = np.concatenate([some for some, _ in found])
        worlds = np.concatenate([np.full(len(some), world, np.int64) for some, world in found])
        if len(found) == 1:
            return Parts(rows, worlds)
        order = np.argsort(rows, kind="stable")
        return Parts(rows[order], worlds[order])

    def _rows(self, bounds: Bounds) -> Ints:
        near = np.flatnonzero(_meets(self.blocks, bounds))
        rows = (near[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
        rows = rows[rows < self.boxes.shape[1]]
        return np.asarray(rows[_meets(self.boxes[:, rows], bounds)])


_OUTLINES: WeakKeyDictionary[Snapshot, Outlines] = WeakKeyDictionary()


def outlines_of(snapshot: Snapshot) -> Outlines:
    """The outlines of a snapshot's cells; boxes are worked out once for as long as it is held."""
    found = _OUTLINES.get(snapshot)
    if found is None:
        found = _OUTLINES[snapshot] = _outlines(rings_of(snapshot))
    return found


def rings_of(snapshot: Snapshot) -> Rings:
    """The stored rings; mapped, not copied."""
    cells = snapshot.table("cells")
    x, y = (cells[name].chunk(0).values.to_numpy().reshape(len(cells), -1) for name in ("ring_x", "ring_y"))
    return Rings(x, y, cells["ring_n"].chunk(0).to_numpy())


def _outlines(rings: Rings) -> Outlines:
    unused = np.arange(rings.x.shape[1]) >= rings.vertices[:, None]
    x, y = (np.where(unused, side[:, :1], side) for side in (rings.x, rings.y))
    boxes = np.stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)])
    starts = np.arange(0, boxes.shape[1], _BLOCK)
    lowest = np.minimum.reduceat(boxes[:2], starts, axis=1)
    highest = np.maximum.reduceat(boxes[2:], starts, axis=1)
    return Outlines(rings, boxes, np.concatenate([lowest, highest]))


def _windows(place: Place) -> Iterator[tuple[int, Bounds]]:
    """What a tile shows, in world units, once for each world whose cells reach it."""
    z, x, y = place
    width = WORLD >> z
    edge = width * BUFFER // EXTENT
    at_edge = x in {0, (1 << z) - 1}
    for world in (-1, 0, 1) if at_edge else (0,):
        west = x * width - world * WORLD
        yield world, (west - edge, y * width - edge, west + width + edge, (y + 1) * width + edge)


def _meets(boxes: npt.NDArray[np.int32], bounds: Bounds) -> npt.NDArray[np.bool_]:
    west, north, east, south = bounds
    return np.asarray((boxes[0] < east) & (boxes[2] > west) & (boxes[1] < south) & (boxes[3] > north))
