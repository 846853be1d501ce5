"""Polygons to cells: the exact area of every polygon inside every cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse

from riskmap.grid.abreast import in_slices
from riskmap.grid.cells import Grid
from riskmap.grid.outlines import Ints, Rings
from riskmap.grid.strips import Edges, Lists, Shelf, Units, between, fill, listed
from riskmap.model.cube import Floats

_POLYGON = 3
_TURNS = np.array([-360.0, 0.0, 360.0])
_BATCHES = 16


@dataclass(frozen=True)
class AreaShares:
    """How polygons lie over a grid.

    Args:
        km2: Area of each polygon inside each cell, shape (polygons, cells).
        total_km2: Whole area of each polygon, shape (polygons,).
    """

    km2: sparse.csr_matrix
    total_km2: Floats


def area_shares(geometries: Sequence[shapely.Geometry], grid: Grid) -> AreaShares:
    """Exact area of every polygon inside every cell.

    Edges of polygons and cells run straight in longitude and latitude and areas are those on the ellipsoid, so that
    the parts of a polygon add up to the whole; how is told in `riskmap.grid.strips`. What is not a polygon has no area.

    Args:
        geometries: Valid polygons in lon/lat; longitudes may run beyond ±180.
        grid: The cells.
    """
    edges, total_m2 = _edges(np.asarray(geometries, dtype=object))
    shape = (len(geometries), len(grid))
    if not len(edges.sign) or not len(grid):
        return AreaShares(sparse.csr_matrix(shape), total_m2 / 1e6)
    polygon, cell, m2 = _measured(edges, _shelved(grid.rings))
    shares = sparse.csr_matrix((m2 / 1e6, (polygon, cell)), shape=shape)
    shares.sort_indices()
    return AreaShares(shares, total_m2 / 1e6)


def cell_areas_km2(grid: Grid) -> Floats:
    """Area of each cell on the ellipsoid, as in `area_shares`; shape (cells,)."""
    return grid.rings.areas_m2 / 1e6


def _edges(geometries: npt.NDArray[np.object_]) -> tuple[Edges, Floats]:
    """Edges of polygons, and the whole area of each polygon in m²."""
    rings, polygon, side = _oriented(geometries)
    total = np.bincount(polygon, side * rings.areas_m2, len(geometries)).astype(np.float64)
    begin, end = rings.points, rings.points[rings.following]
    rising = (end[:, 1] > begin[:, 1])[:, None]
    ends = np.concatenate([np.where(rising, begin, end), np.where(rising, end, begin)], axis=1)
    sign = np.where(rising[:, 0], -1.0, 1.0) * side[rings.owner]
    start = np.searchsorted(polygon[rings.owner], np.arange(len(geometries) + 1))
    return Edges(ends, sign, start), total


def _oriented(geometries: npt.NDArray[np.object_]) -> tuple[Rings, Ints, Floats]:
    """Rings, whose they are, and by which sign their areas count: shells add, holes take away."""
    parts, polygon = shapely.get_parts(geometries, return_index=True)
    nested, part = shapely.get_parts(parts, return_index=True)
    whole = shapely.get_type_id(nested) == _POLYGON
    polygon = polygon[part[whole]]
    outlines, part = shapely.get_rings(nested[whole], return_index=True)
    points, owner = shapely.get_coordinates(outlines, return_index=True)
    counts = np.bincount(owner, minlength=len(outlines))
    open_end = np.ones(len(points), np.bool_)
    open_end[np.cumsum(counts) - 1] = False
    rings = Rings(points[open_end], np.concatenate([[0], np.cumsum(counts - 1)]))
    shell = np.ones(len(part), np.bool_)
    shell[1:] = part[1:] != part[:-1]
    side = np.where(shell, 1.0, -1.0) * np.where(rings.areas_m2 < 0, -1.0, 1.0)
    return rings, polygon[part], side


def _shelved(rings: Rings) -> Shelf:
    first, (x, y) = rings.start[:-1], rings.points.T
    boxes = np.stack([of.reduceat(one, first) for of in (np.minimum, np.maximum) for one in (x, y)], axis=1)
    height = float((boxes[:, 3] - boxes[:, 1]).max())
    row = np.floor((boxes[:, 1] - boxes[:, 1].min()) / height).astype(np.int64)
    order = np.lexsort((boxes[:, 0], row))
    start = np.searchsorted(row[order], np.arange(row.max() + 2))
    widest = np.zeros(len(start) - 1)
    np.maximum.at(widest, row, boxes[:, 2] - boxes[:, 0])
    return Shelf(rings.points, rings.start, boxes, rings.areas_m2, order, start, widest, height)


def _measured(edges: Edges, shelf: Shelf) -> tuple[Ints, Ints, Floats]:
    """Polygon, cell and m² of all that meet; a cell on the antimeridian may meet a polygon twice."""
    lists = listed(edges, float(shelf.boxes[:, 1].min()), shelf.height, len(shelf.widest))
    units = _united(shelf, lists)
    m2 = np.zeros(int(units.start[-1]))
    cuts = np.linspace(0, len(m2), _BATCHES + 1).astype(np.int64)
    bounds = np.unique(np.searchsorted(units.start, cuts)).tolist()

    def measure(part: slice) -> None:
        fill(edges, shelf, lists, units, (bounds[part.start], bounds[part.stop]), m2)

    if len(m2):
        in_slices(measure, len(bounds) - 1, 1)
    found = np.flatnonzero(m2)
    unit = np.searchsorted(units.start, found, side="right") - 1
    return units.polygon[unit], shelf.order[units.low[unit] + found - units.start[unit]], m2[found]


def _united(shelf: Shelf, lists: Lists) -> Units:
    """Where polygons may meet cells: where they are, and a turn round the world to either side."""
    first, last = np.maximum(lists.rows[:, 0] - 1, 0), np.minimum(lists.rows[:, 1], len(shelf.widest) - 1)
    counts = np.repeat(np.where(lists.rows[:, 1] < 0, 0, np.maximum(last - first + 1, 0)), len(_TURNS))
    task = np.repeat(np.arange(len(counts)), counts)
    polygon, east = task // len(_TURNS), _TURNS[task % len(_TURNS)]
    row = first[polygon] + np.arange(len(task)) - (np.cumsum(counts) - counts)[task]
    low, high = between(shelf, row, lists.sides[polygon] + east[:, None])
    met = high > low
    start = np.concatenate([[0], np.cumsum((high - low)[met])])
    return Units(polygon[met], row[met], east[met], low[met], start)
