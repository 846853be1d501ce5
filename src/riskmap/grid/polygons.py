"""Polygons to cells: exact shares of area, clipping only the cells on a border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse

from riskmap.grid.cells import Grid
from riskmap.grid.plane import TURN_M, flattened
from riskmap.model.cube import Floats


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

    Cells wholly inside a polygon count with their own area; only those on its border are clipped. Both are measured in
    one equal-area projection, so that the parts of a polygon add up to the whole.

    Args:
        geometries: Valid polygons in lon/lat.
        grid: The cells.
    """
    flat = flattened(shapely.force_2d(np.asarray(geometries, dtype=object)))
    cells = grid.flat
    if not len(flat) or not len(cells):
        return AreaShares(sparse.csr_matrix((len(flat), len(cells))), shapely.area(flat) / 1e6)
    shapely.prepare(flat)
    cells, owner = _both_sides(cells)
    polygon, cell = shapely.STRtree(cells).query(flat, predicate="intersects")
    within = shapely.contains_properly(flat[polygon], cells[cell])
    km2 = np.empty(len(polygon))
    km2[within] = shapely.area(cells[cell[within]])
    border = ~within
    km2[border] = shapely.area(shapely.intersection(flat[polygon[border]], cells[cell[border]]))
    shares = sparse.csr_matrix((km2 / 1e6, (polygon, owner[cell])), shape=(len(flat), len(grid)))
    shares.eliminate_zeros()
    shares.sort_indices()
    return AreaShares(shares, shapely.area(flat) / 1e6)


def _both_sides(cells: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Outlines and whose they are; those over the antimeridian twice, once on each side of the world."""
    west, _, east, _ = shapely.bounds(cells).T
    index = np.arange(len(cells))
    over, under = index[east > TURN_M / 2], index[west < -TURN_M / 2]
    shifted = [_moved(cells[over], -TURN_M), _moved(cells[under], TURN_M)]
    return np.concatenate([cells, *shifted]), np.concatenate([index, over, under])


def _moved(geometries: npt.NDArray[np.object_], east_m: float) -> npt.NDArray[np.object_]:
    moved: npt.NDArray[np.object_] = shapely.transform(geometries, lambda points: points + np.array([east_m, 0.0]))
    return moved


def cell_areas_km2(grid: Grid) -> Floats:
    """Area of each cell in the same projection as `area_shares`, shape (cells,)."""
    areas: Floats = shapely.area(grid.flat) / 1e6
    return areas
