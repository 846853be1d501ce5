"""Shards: an area cut into parts that are worked through one by one, so that memory depends on the part."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

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


@dataclass(frozen=True)
class Ball:
    """A ball round some points of the sphere of radius 1.

    Args:
        middle: Shape (3,).
        radius: As a chord.
    """

    middle: Floats
    radius: float

    def grown(self, reach_km: float) -> Ball:
        """The ball that holds all that is within reach of something in this one."""
        chord = 2 * np.sin(min(reach_km / EARTH_KM / 2, np.pi / 2)) * (1 + 1e-9)
        return Ball(self.middle, self.radius + chord)

    def holds(self, xyz: Floats) -> npt.NDArray[np.bool_]:
        """Which points lie in it; from shape (3, points) to (points,)."""
        return np.asarray(np.square(xyz - self.middle[:, None]).sum(axis=0) <= self.radius**2)


@dataclass(frozen=True)
class Cut:
    """A grid, cut into shards.

    Args:
        grid: The grid.
        shards: Its shards, in its order.
        balls: A ball round the centres of each.
    """

    grid: Grid
    shards: tuple[Shard, ...]
    balls: tuple[Ball, ...]

    def near(self, ball: Ball) -> npt.NDArray[np.int64]:
        """Positions of the cells whose centres lie in a ball; only shards that meet it are looked at."""
        found = [np.arange(0)]
        for shard, other in zip(self.shards, self.balls, strict=True):
            if np.linalg.norm(other.middle - ball.middle) <= ball.radius + other.radius:
                xyz = unit_vectors(self.grid.lon[shard.cells], self.grid.lat[shard.cells])
                found.append(shard.first + np.flatnonzero(ball.holds(xyz)))
        return np.concatenate(found)


@dataclass(frozen=True)
class Sown:
    """What places have by cell, and where precise ones are.

    Args:
        shares: What part of a place's total each cell gets, shape (places, cells).
        km2: Area of the place inside each cell, shape (places, cells).
        precise: Positions of the precise points, shape (points,).
        tree: Their unit vectors, to be looked up.
    """

    shares: sparse.csc_matrix
    km2: sparse.csc_matrix
    precise: npt.NDArray[np.int64]
    tree: cKDTree

    def points_in(self, ball: Ball) -> npt.NDArray[np.int64]:
        """Positions of the precise points in a ball, ascending."""
        inside = self.tree.query_ball_point(ball.middle, ball.radius, return_sorted=True) if len(self.precise) else []
        return self.precise[np.array(inside, np.int64)]


def cut(grid: Grid) -> Cut:
    """A grid cut into what lies in one parent `LEVELS` coarser each; not cut where that is little."""
    if len(grid) <= WHOLE:
        edges = [0]
    else:
        above = parents(grid.cells, max(grid.resolution - LEVELS, 0))
        edges = np.flatnonzero(np.append(True, above[1:] != above[:-1])).tolist()
    parts = tuple(Shard(first, after) for first, after in pairwise([*edges, len(grid)]))
    return Cut(grid, parts, tuple(_ball(grid, part) for part in parts))


def sown(places: Places) -> Sown:
    """Places by cell."""
    precise = np.flatnonzero(~np.isnan(places.lon))
    tree = cKDTree(unit_vectors(places.lon[precise], places.lat[precise]).T)
    return Sown(sparse.csc_matrix(places.shares), sparse.csc_matrix(places.km2), precise, tree)


def patch_of(ground: Ground, shard: Shard) -> Patch:
    """The cells of a shard, with what is known of them alone."""
    return Patch(Grid(ground.grid.cells[shard.cells], ground.grid.resolution), ground.land_km2[shard.cells])


def rooted(places: Places, by_cell: Sown, shard: Shard) -> Rooted:
    """The places that have a part in the cells of a shard."""
    shares, km2 = by_cell.shares[:, shard.cells], by_cell.km2[:, shard.cells]
    rows = np.union1d(shares.indices, km2.indices).astype(np.int64)
    return Rooted(rows, of_rows(shares, rows), of_rows(km2, rows), places.support[rows], finest(places.support))


def of_rows(matrix: sparse.csc_matrix, rows: npt.NDArray[np.int64]) -> sparse.csc_matrix:
    """Some rows of a matrix by column; `rows` ascend."""
    place = np.searchsorted(rows, matrix.indices).clip(0, max(len(rows) - 1, 0))
    kept = rows[place] == matrix.indices if len(rows) else np.zeros(len(place), bool)
    start = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return sparse.csc_matrix((matrix.data[kept], place[kept], start), shape=(len(rows), matrix.shape[1]))


def finest(support: npt.NDArray[np.int8]) -> int:
    """The finest of some supports; that of a cell where there is none."""
    known = support[support != Support.NONE]
    return int(known.min()) if len(known) else int(Support.CELL)


def _ball(grid: Grid, shard: Shard) -> Ball:
    xyz = unit_vectors(grid.lon[shard.cells], grid.lat[shard.cells])
    middle = xyz.mean(axis=1)
    return Ball(middle, float(np.sqrt(np.square(xyz - middle[:, None]).sum(axis=0).max())) * (1 + 1e-9))
