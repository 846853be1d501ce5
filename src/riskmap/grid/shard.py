"""Shards: an area cut into parts that are worked through one by one, so that memory depends on the part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.cells import EARTH_KM, Grid, parents, unit_vectors
from riskmap.grid.placing import Places
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats, Support

LEVELS = 5
"""A shard is what lies in one cell so many resolutions coarser: at most 16,807 cells."""

WHOLE = 20_000
"""A grid of no more cells is one shard."""


@dataclass(frozen=True)
class Shard:
    """Cells of a grid that stand one behind the other, from position `first` up to `after`."""

    first: int
    after: int

    def __len__(self) -> int:
        return self.after - self.first

    @property
    def cells(self) -> slice:
        """Where they stand."""
        return slice(self.first, self.after)


@dataclass(frozen=True)
class Patch:
    """The cells of one shard.

    Args:
        grid: The cells.
        land_km2: Area of each inside the country, shape (cells,).
    """

    grid: Grid
    land_km2: Floats


@dataclass(frozen=True)
class Rooted:
    """The places that have a part in the cells of a shard.

    Args:
        rows: Which places, shape (rooted,), ascending.
        shares: What part of a place's total each cell gets, shape (rooted, cells).
        km2: Area of the place inside each cell, shape (rooted, cells).
        support: `Support` codes, shape (rooted,).
        finest: The finest support of any place, in the shard or not.
    """

    rows: npt.NDArray[np.int64]
    shares: sparse.csc_matrix
    km2: sparse.csc_matrix
    support: npt.NDArray[np.int8]
    finest: int


def shards(grid: Grid) -> tuple[Shard, ...]:
    """The shards of a grid, in its order: what lies in one parent `LEVELS` coarser, or all where that is little."""
    if len(grid) <= WHOLE:
        return (Shard(0, len(grid)),)
    above = parents(grid.cells, max(grid.resolution - LEVELS, 0))
    edges = np.flatnonzero(np.append(True, above[1:] != above[:-1])).tolist()
    return tuple(Shard(first, after) for first, after in zip(edges, [*edges[1:], len(grid)], strict=True))


def patch_of(ground: Ground, shard: Shard) -> Patch:
    """The cells of a shard, with what is known of them alone."""
    return Patch(Grid(ground.grid.cells[shard.cells], ground.grid.resolution), ground.land_km2[shard.cells])


def rooted(places: Places, shard: Shard) -> Rooted:
    """The places that have a part in the cells of a shard."""
    shares, km2 = (columns(matrix, shard.cells) for matrix in (places.shares, places.km2))
    rows = np.union1d(shares.indices, km2.indices).astype(np.int64)
    return Rooted(rows, only(shares, rows), only(km2, rows), places.support[rows], finest(places.support))


def finest(support: npt.NDArray[np.int8]) -> int:
    """The finest of some supports; that of a cell where there is none."""
    known = support[support != Support.NONE]
    return int(known.min()) if len(known) else int(Support.CELL)


def columns(matrix: sparse.csr_matrix, chosen: slice | npt.NDArray[np.int64]) -> sparse.csc_matrix:
    """Some columns of a matrix, by column."""
    return sparse.csc_matrix(sparse.csc_matrix(matrix)[:, chosen])


def only(matrix: sparse.csc_matrix, rows: npt.NDArray[np.int64]) -> sparse.csc_matrix:
    """A matrix without its empty rows, of which `rows` are the others."""
    found = (matrix.data, np.searchsorted(rows, matrix.indices), matrix.indptr)
    return sparse.csc_matrix(found, shape=(len(rows), matrix.shape[1]))


@dataclass(frozen=True)
class Ball:
    """A ball round the centres of some cells, on the sphere of radius 1.

    Args:
        middle: Shape (3,).
        radius: As a chord.
    """

    middle: Floats
    radius: float

    def meets(self, lon: Floats, lat: Floats, reach_km: float) -> npt.NDArray[np.bool_]:
        """Which points may be within reach of something in the ball, shape (points,)."""
        chord = 2 * np.sin(min(reach_km / EARTH_KM / 2, np.pi / 2)) * (1 + 1e-9)
        gap = np.square(unit_vectors(lon, lat) - self.middle[:, None]).sum(axis=0)
        return np.asarray(gap <= (self.radius + chord) ** 2)


def ball_round(grid: Grid) -> Ball:
    """The ball round a grid's centres."""
    xyz = unit_vectors(grid.lon, grid.lat)
    middle = xyz.mean(axis=1)
    return Ball(middle, float(np.sqrt(np.square(xyz - middle[:, None]).sum(axis=0).max())) * (1 + 1e-9))
