"""Polygons to cells: exact shares of area, clipping only the cells on a border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from scipy import sparse

from riskmap.grid.cells import Grid
from riskmap.model.cube import Floats

EQUAL_AREA = "ESRI:54034"
"""World cylindrical equal area on WGS 84: areas in it are areas on the ellipsoid."""

_DENSIFY_DEGREES = 0.25


@dataclass(frozen=True)
class AreaShares:
    """How polygons lie over a grid.

    Args:
        km2: Area of each polygon inside each cell, shape (polygons, cells).
        total_km2: Whole area of each polygon, shape (polygons,).
    """

    km2: sparse.csr_matrix
    total_km2: Floats

    @property
    def outside_km2(self) -> Floats:
        """Area of each polygon that no cell of the grid covers."""
        outside: Floats = np.maximum(self.total_km2 - np.asarray(self.km2.sum(axis=1)).ravel(), 0.0)
        return outside


def area_shares(geometries: Sequence[shapely.Geometry], grid: Grid) -> AreaShares:
    """Exact area of every polygon inside every cell.

    Cells wholly inside a polygon count with their own area; only those on its border are clipped. Both are measured in
    one equal-area projection, so that the parts of a polygon add up to the whole.

    Args:
        geometries: Valid polygons in lon/lat.
        grid: The cells.
    """
    flat = _project(np.asarray(geometries, dtype=object))
    cells = _projected_cells(grid)
    if not len(flat) or not len(cells):
        return AreaShares(sparse.csr_matrix((len(flat), len(cells))), shapely.area(flat) / 1e6)
    shapely.prepare(flat)
    polygon, cell = shapely.STRtree(cells).query(flat, predicate="intersects")
    within = shapely.contains_properly(flat[polygon], cells[cell])
    km2 = np.empty(len(polygon))
    km2[within] = shapely.area(cells[cell[within]])
    border = ~within
    km2[border] = shapely.area(shapely.intersection(flat[polygon[border]], cells[cell[border]]))
    shares = sparse.csr_matrix((km2 / 1e6, (polygon, cell)), shape=(len(flat), len(cells)))
    shares.eliminate_zeros()
    shares.sort_indices()
    return AreaShares(shares, shapely.area(flat) / 1e6)


def cell_areas_km2(grid: Grid) -> Floats:
    """Area of each cell in the same projection as `area_shares`, shape (cells,)."""
    areas: Floats = shapely.area(_projected_cells(grid)) / 1e6
    return areas


def _projected_cells(grid: Grid) -> npt.NDArray[np.object_]:
    return _cached_cells(grid.cells.tobytes(), grid)


_KEPT: dict[bytes, npt.NDArray[np.object_]] = {}


def _cached_cells(key: bytes, grid: Grid) -> npt.NDArray[np.object_]:
    if key not in _KEPT:
        _KEPT.clear()
        _KEPT[key] = _project(grid.polygons)
    return _KEPT[key]


def _project(geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Polygons in the equal-area plane, straight lon/lat edges kept straight by added vertices."""
    whole = shapely.segmentize(geometries, _DENSIFY_DEGREES)
    flat: npt.NDArray[np.object_] = shapely.transform(whole, _to_equal_area)
    return flat


def _to_equal_area(points: Floats) -> Floats:
    x, y = _transformer().transform(points[:, 0], points[:, 1])
    return np.stack([x, y], axis=1)


@cache
def _transformer() -> Transformer:
    return Transformer.from_crs("OGC:CRS84", EQUAL_AREA, always_xy=True)
