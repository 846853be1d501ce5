"""Kernels in space: what every cell feels of the points within reach.

Cells and points are sorted into tiles. A tile of cells meets only the tiles of points in reach, and the weights of one
point on all cells of a tile are worked out together; no matrix of points by cells is ever held. The cost grows with the
cells that each point reaches, not with the product of points and cells.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

from riskmap.grid.cells import EARTH_KM, Grid, cells_at, parents, unit_vectors
from riskmap.model.cube import Floats
from riskmap.model.kernel import Kernel

_REACH = {"exponential": 4.0, "gaussian": 3.0, "quartic": 1.0, "footprint": 3.0}
_EXPONENTIAL, _GAUSSIAN, _QUARTIC = 0, 1, 2
_CODES = {"exponential": _EXPONENTIAL, "gaussian": _GAUSSIAN, "quartic": _QUARTIC, "footprint": _GAUSSIAN}

_TILE_LEVELS = 2
"""Tiles are cells so many resolutions coarser: 49 cells, which fit in the nearest cache with their sums."""

_SERIES_HOLDS = 0.118
"""Half of an angle, in radians, up to which six terms of the series of the arcsine give all digits of a double."""

_TILES_A_TASK = 32
"""Few enough that threads end together."""


@dataclass(frozen=True)
class Sources:
    """Points that are felt, each with an amount in every column; on the grid or off it.

    Args:
        lon: Degrees, shape (points,); a point that is not on Earth is felt nowhere.
        lat: Degrees, shape (points,).
        amounts: Shape (points, columns).
    """

    lon: Floats
    lat: Floats
    amounts: sparse.csr_matrix


class _Tiles(NamedTuple):
    """Points sorted by tile: unit vectors, shape (3, points); where tiles begin; their middles and radii as chords."""

    xyz: Floats
    start: npt.NDArray[np.int64]
    middle: Floats
    radius: Floats


class _Amounts(NamedTuple):
    """Amounts of points one behind the other: where each point's begin, shape (points + 1,); columns; values."""

    start: npt.NDArray[np.int64]
    column: npt.NDArray[np.int64]
    value: Floats


class _Near(NamedTuple):
    """Tiles of points near each tile of cells, one list behind the other; where each begins, shape (tiles + 1,)."""

    start: npt.NDArray[np.int64]
    tile: npt.NDArray[np.int64]


class _Law(NamedTuple):
    """A kernel's shape as a code, length and reach in km, reach as a chord, how often to halve angles, and how to add.

    Angles are halved until the series of the arcsine holds; up to 1,500 km that is never.
    """

    shape: int
    length_km: float
    reach_km: float
    chord: float
    halvings: int
    strongest: bool


def reach_km(kernel: Kernel) -> float:
    """Distance beyond which a kernel counts nothing: how far round its cells a part of a grid needs records from."""
    return _REACH[kernel.shape] * kernel.length_km


def convolve(
    sources: Sources, grid: Grid, kernel: Kernel, *, strongest: bool = False, threads: int | None = None
) -> Floats:
    """What each cell feels at its centre of all points in reach: the sum, or the largest, of amount times weight.

    Distances are great circles on the authalic sphere, from chords between unit vectors. Weights are made of products
    and roots alone, so that no processor's own `exp` changes them, and lie within 1e-13 of those of `exp`. Each cell
    takes its points in one order, that of where they lie: neither the order in which they come nor the number of
    threads nor how a grid is cut into parts changes a byte.

    Args:
        sources: The points; those at one place are taken together first.
        grid: The cells.
        kernel: Its shape and length; its time is left out.
        strongest: Take the largest, or 0 if that is larger, instead of the sum.
        threads: How many to use; as many as the machine has where not said.

    Returns:
        Shape (columns, cells).
    """
    felt = np.zeros((sources.amounts.shape[1], len(grid)))
    level = max(grid.resolution - _TILE_LEVELS, 0)
    points, amounts = _points(sources, level, strongest=strongest)
    if not len(amounts.value) or not len(grid):
        return felt
    cells = _tiles(unit_vectors(grid.lon, grid.lat), parents(grid.cells, level).astype(np.int64))
    law = _law(kernel, strongest=strongest)
    near = _near(cells, points, law.chord)
    scene = (cells, points, near, law)
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        firsts = range(0, len(cells.radius), _TILES_A_TASK)
        tasks = [pool.submit(_feel_tiles, scene, amounts, first, first + _TILES_A_TASK, felt) for first in firsts]
        for task in tasks:
            task.result()
    return felt


def tallied(
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    amount: Floats,
    shape: tuple[int, int],
    *,
    strongest: bool = False,
) -> sparse.csr_matrix:
    """Entries as a matrix: those of one row and column are added up, or the largest is kept.

    They are added from the smallest to the largest, so that their order changes no byte.

    Args:
        row: Shape (entries,).
        column: Shape (entries,).
        amount: Shape (entries,); what is 0 leaves no entry.
        shape: Rows and columns.
        strongest: Keep the largest instead of the sum.
    """
    told = np.flatnonzero(amount)
    key, amount = row[told] * shape[1] + column[told], amount[told]
    order = np.lexsort((amount, key))
    key, amount = key[order], amount[order]
    last = np.append(key[1:] != key[:-1], True)[: len(key)]
    kept = amount[last] if strongest else np.bincount(np.cumsum(last) - last, amount).astype(np.float64)
    return sparse.csr_matrix((kept, (key[last] // shape[1], key[last] % shape[1])), shape=shape)


def _points(sources: Sources, level: int, *, strongest: bool) -> tuple[_Tiles, _Amounts]:
    """The points that have an amount, each place once, sorted by tile and by where they lie."""
    matrix = sparse.csr_matrix(sources.amounts)
    tile = cells_at(sources.lon, sources.lat, level).astype(np.int64)
    told = np.flatnonzero((tile > 0) & (np.diff(matrix.indptr) > 0))
    order = told[np.lexsort((sources.lat[told], sources.lon[told], tile[told]))]
    lon, lat, tile, matrix = sources.lon[order], sources.lat[order], tile[order], matrix[order]
    fresh = np.append(True, (np.diff(lon) != 0) | (np.diff(lat) != 0))[: len(lon)]
    if not fresh.all():
        entries = matrix.tocoo()
        shape = (int(fresh.sum()), matrix.shape[1])
        place = np.cumsum(fresh)[entries.row] - 1
        matrix = tallied(place, entries.col.astype(np.int64), entries.data, shape, strongest=strongest)
    amounts = _Amounts(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data.astype(np.float64))
    return _tiles(unit_vectors(lon[fresh], lat[fresh]), tile[fresh]), amounts


def _tiles(xyz: Floats, tile: npt.NDArray[np.int64]) -> _Tiles:
    """Points sorted by tile, with a ball round each tile's."""
    if not len(tile):
        return _Tiles(xyz, np.zeros(1, np.int64), xyz, np.empty(0))
    start = np.flatnonzero(np.append(True, tile[1:] != tile[:-1]))
    counts = np.diff(np.append(start, len(tile)))
    middle = np.add.reduceat(xyz, start, axis=1) / counts
    gap = np.sqrt(np.square(xyz - np.repeat(middle, counts, axis=1)).sum(axis=0))
    return _Tiles(xyz, np.append(start, len(tile)), middle, np.maximum.reduceat(gap, start))


def _near(cells: _Tiles, points: _Tiles, chord: float) -> _Near:
    """Tiles of points that may be in reach of each tile of cells, in their order."""
    reach = chord + cells.radius + points.radius.max()
    found = cKDTree(points.middle.T).query_ball_point(cells.middle.T, reach, return_sorted=True)
    counts = [len(tiles) for tiles in found]
    return _Near(np.cumsum([0, *counts]), np.concatenate([np.array(tiles, np.int64) for tiles in found]))


def _law(kernel: Kernel, *, strongest: bool) -> _Law:
    reach = reach_km(kernel)
    half_angle = min(reach / EARTH_KM / 2, np.pi / 2)
    chord = 2 * np.sin(half_angle) * (1 + 1e-9)
    halvings = max(0, int(np.ceil(np.log2(half_angle / _SERIES_HOLDS))))
    return _Law(_CODES[kernel.shape], kernel.length_km, reach, chord, halvings, strongest)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _feel_tiles(
    scene: tuple[_Tiles, _Tiles, _Near, _Law], amounts: _Amounts, first: int, last: int, felt: Floats
) -> None:
    """Adds to the cells of some tiles what they feel of every point in reach."""
    cells, points, near, law = scene
    widest = np.diff(cells.start).max()
    room = np.empty((2, widest))
    for tile in range(first, min(last, len(cells.radius))):
        low, high = cells.start[tile], cells.start[tile + 1]
        xyz, rows, km, weight = cells.xyz[:, low:high], felt[:, low:high], room[0, : high - low], room[1, : high - low]
        far = (law.chord + cells.radius[tile]) ** 2
        for other in near.tile[near.start[tile] : near.start[tile + 1]]:
            for point in range(points.start[other], points.start[other + 1]):
                here = (points.xyz[0, point], points.xyz[1, point], points.xyz[2, point])
                if _gap(here, cells.middle, tile) <= far:
                    _measure(xyz, here, law.halvings, km)
                    _weigh(km, law, weight)
                    _put(amounts, point, weight, law.strongest, rows)


@numba.njit(inline="always")
def _gap(here: tuple[float, float, float], xyz: Floats, k: int) -> float:
    """Square of the chord."""
    x, y, z = xyz[0, k] - here[0], xyz[1, k] - here[1], xyz[2, k] - here[2]
    return float(x * x + y * y + z * z)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _measure(xyz: Floats, here: tuple[float, float, float], halvings: int, km: Floats) -> None:
    """Great-circle distances from one point: the arcsine of half the chord, by its series."""
    for k in range(len(km)):
        km[k] = _gap(here, xyz, k) * 0.25
    for _ in range(halvings):
        for k in range(len(km)):
            km[k] = km[k] / (2 + 2 * np.sqrt(max(1 - km[k], 0.0)))
    scale = 2 * EARTH_KM * 2.0**halvings
    for k in range(len(km)):
        s = km[k]
        tail = 3 / 40 + s * (15 / 336 + s * (105 / 3456 + s * (945 / 42240 + s * (10395 / 599040))))
        km[k] = scale * np.sqrt(s) * (1 + s * (1 / 6 + s * tail))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _weigh(km: Floats, law: _Law, weight: Floats) -> None:
    """Weights at distances; 0 beyond the reach.

    The exponential is the sixteenth power of eleven terms of its series, whose argument is at most 4.5 / 16.
    """
    shrink = 1 / law.length_km
    for k in range(len(km)):
        weight[k] = min(km[k], law.reach_km) * shrink
    if law.shape == _QUARTIC:
        for k in range(len(km)):
            weight[k] = (1 - weight[k] * weight[k]) ** 2
    elif law.shape == _GAUSSIAN:
        for k in range(len(km)):
            weight[k] = _decayed(weight[k] * weight[k] * 0.5)
    else:
        for k in range(len(km)):
            weight[k] = _decayed(weight[k])
    for k in range(len(km)):
        weight[k] = weight[k] if km[k] <= law.reach_km else 0.0


@numba.njit(inline="always")
def _decayed(x: float) -> float:
    """exp(-x) for x up to 4.5."""
    t = x * -0.0625
    tail = 1 / 720 + t * (1 / 5040 + t * (1 / 40320 + t * (1 / 362880 + t * (1 / 3628800 + t * (1 / 39916800)))))
    root = 1 + t * (1 + t * (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t * tail)))))
    square = root * root
    fourth = square * square
    eighth = fourth * fourth
    return eighth * eighth


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _put(amounts: _Amounts, point: int, weight: Floats, strongest: bool, rows: Floats) -> None:
    """Adds one point's amounts, or keeps the largest, in rows of shape (columns, cells)."""
    for entry in range(amounts.start[point], amounts.start[point + 1]):
        row, value = rows[amounts.column[entry]], amounts.value[entry]
        if strongest:
            for k in range(len(weight)):
                row[k] = max(row[k], value * weight[k])
        else:
            for k in range(len(weight)):
                row[k] += value * weight[k]
