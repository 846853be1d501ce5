"""Lines to cells: roads, rivers and routes by the length that each cell has of them.

Lengths are those on the WGS 84 ellipsoid, not of a plane, which would stretch one direction against another. A line
runs straight in longitude and latitude between its vertices, and is parted until no piece advances by more than a
fiftieth of a degree; of a piece a cell has the length that is in proportion to what lies inside its outline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod
from scipy import sparse

from riskmap.grid.abreast import in_slices
from riskmap.grid.cells import Grid
from riskmap.grid.loops import Loops, Whole, starts
from riskmap.model.cube import Floats

_LINES = (1, 2)
_PIECE_DEGREES = 0.02
_SLIVER = 1e-12
_SLICE = 1 << 14


@dataclass(frozen=True)
class LengthShares:
    """How lines lie over a grid.

    Args:
        km: Length of each line inside each cell, shape (lines, cells).
        total_km: Whole length of each line, shape (lines,).
    """

    km: sparse.csr_matrix
    total_km: Floats


@dataclass(frozen=True)
class _Pieces:
    """Short straight pieces of lines in lon/lat.

    Args:
        ends: Begin and end (lon, lat, lon, lat), the middle between -180 and 180; shape (pieces, 4).
        line: Whose each is, shape (pieces,).
        km: Length of each, shape (pieces,).
    """

    ends: Floats
    line: Whole
    km: Floats


def length_shares(geometries: Sequence[shapely.Geometry], grid: Grid) -> LengthShares:
    """Length of every line inside every cell.

    Where a grid covers a line wholly its parts add up to the whole. What is not a line has no length. A step of more
    than half the world is taken the other way round.

    Args:
        geometries: Lines, or collections of them, in lon/lat; longitudes may run beyond ±180.
        grid: The cells.
    """
    pieces, shape = _pieces(np.asarray(geometries, dtype=object)), (len(geometries), len(grid))
    total = np.bincount(pieces.line, pieces.km, len(geometries)).astype(np.float64)
    if not len(pieces.km) or not len(grid):
        return LengthShares(sparse.csr_matrix(shape), total)
    loops = _around(grid)
    piece, loop = _candidates(pieces, loops)
    share = np.empty(len(piece))
    in_slices(
        lambda part: _inside(pieces.ends[piece[part]], (loops.points, loops.start), loop[part], share[part]),
        len(piece),
        _SLICE,
    )
    kept = share > _SLIVER
    piece, cell = piece[kept], loops.owner[loop[kept]]
    return LengthShares(_summed(pieces.line[piece], cell, share[kept] * pieces.km[piece], shape), total)


def _pieces(geometries: npt.NDArray[np.object_]) -> _Pieces:
    outer, line = shapely.get_parts(geometries, return_index=True)
    parts, of_outer = shapely.get_parts(outer, return_index=True)
    chosen = np.isin(shapely.get_type_id(parts), _LINES)
    line = line[of_outer[chosen]]
    points, part = shapely.get_coordinates(parts[chosen], return_index=True)
    first = np.flatnonzero(part[1:] == part[:-1])
    step = points[first + 1] - points[first]
    step[:, 0] -= 360.0 * np.rint(step[:, 0] / 360.0) * (np.abs(step[:, 0]) > 180.0)
    times = np.maximum(np.ceil(np.abs(step).max(axis=1, initial=0.0) / _PIECE_DEGREES), 1).astype(np.int64)
    begin = starts(times)
    along = np.arange(begin[-1]) - np.repeat(begin[:-1], times)
    origin, step, times = (np.repeat(one, times, axis=0) for one in (points[first], step, times[:, None]))
    ends = np.concatenate([origin + step * (along[:, None] / times), origin + step * ((along[:, None] + 1) / times)], 1)
    ends[:, ::2] -= 360.0 * np.floor((ends[:, ::2].mean(axis=1, keepdims=True) + 180.0) / 360.0)
    km = np.asarray(Geod(ellps="WGS84").inv(*ends.T)[2]) / 1000
    kept = km > 0
    return _Pieces(ends[kept], np.repeat(line[part[first]], np.diff(begin))[kept], km[kept])


def _around(grid: Grid) -> Loops:
    """Outlines of cells; those that pieces beyond the antimeridian could meet once more, a turn away."""
    loops = Loops(grid.rings.points, grid.rings.start, np.arange(len(grid)))
    west, east = loops.least[:, 0], loops.greatest[:, 0]
    over = np.flatnonzero(east > 180.0 - _PIECE_DEGREES)
    under = np.flatnonzero(west < -180.0 + _PIECE_DEGREES)
    return loops.joined(loops.take(over).moved(-360.0)).joined(loops.take(under).moved(360.0))


def _candidates(pieces: _Pieces, loops: Loops) -> tuple[Whole, Whole]:
    """Pieces and the outlines whose boxes they meet, in order."""
    tree = shapely.STRtree(shapely.box(*loops.least.T, *loops.greatest.T))
    piece, loop = tree.query(shapely.linestrings(pieces.ends.reshape(-1, 2, 2)))
    order = np.lexsort((loop, piece))
    return piece[order], loop[order]


@numba.njit(cache=True, nogil=True)
def _inside(ends: Floats, rings: tuple[Floats, Whole], chosen: Whole, share: Floats) -> None:
    """What share of each piece lies inside its ring.

    A piece enters and leaves where its line crosses edges. An edge has its later end for its own, and is crossed alike
    whichever way it is run, so that of two rings that share it one begins where the other ends.

    Args:
        ends: Pieces, shape (pairs, 4).
        rings: Vertices, and where each ring begins.
        chosen: Ring of each piece, shape (pairs,).
        share: Takes the shares, shape (pairs,).
    """
    points, start = rings
    for pair in range(len(chosen)):
        low, high = start[chosen[pair]], start[chosen[pair] + 1]
        crossed, count = np.empty(high - low), 0
        for k in range(low, high):
            at = _crossing(ends[pair], points[k], points[k + 1 if k + 1 < high else low])
            if not np.isnan(at):
                crossed[count] = min(max(at, 0.0), 1.0)
                count += 1
        crossed[:count].sort()
        share[pair] = 0.0
        for entered in range(0, count - 1, 2):
            share[pair] += crossed[entered + 1] - crossed[entered]


@numba.njit(inline="always")
def _crossing(piece: Floats, corner: Floats, beyond: Floats) -> float:
    """Where along a piece (0 to 1 from begin to end) its line crosses an edge; NaN where it does not."""
    x, y, across, up = piece[0], piece[1], piece[2] - piece[0], piece[3] - piece[1]
    if beyond[0] < corner[0] or (beyond[0] == corner[0] and beyond[1] < corner[1]):
        corner, beyond = beyond, corner
    side = across * (corner[1] - y) - up * (corner[0] - x)
    other = across * (beyond[1] - y) - up * (beyond[0] - x)
    if (side >= 0) == (other >= 0):
        return np.nan
    way = side / (side - other)
    to_x, to_y = corner[0] + way * (beyond[0] - corner[0]) - x, corner[1] + way * (beyond[1] - corner[1]) - y
    at: float = (to_x * across + to_y * up) / (across * across + up * up)
    return at


def _summed(line: Whole, cell: Whole, km: Floats, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Lengths by line and cell, those of one pair added in the order of its pieces."""
    order = np.lexsort((cell, line))
    line, cell, km = line[order], cell[order], km[order]
    first = np.flatnonzero(np.append(True, (np.diff(line) != 0) | (np.diff(cell) != 0))[: len(line)])
    summed = np.add.reduceat(km, first) if len(first) else km
    return sparse.csr_matrix((summed, (line[first], cell[first])), shape=shape)
