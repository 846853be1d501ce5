"""Cells: what all others know of H3. Inside riskmap a cell is a `uint64`; its text exists only at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import h3
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from h3ronpy import ContainmentMode, cells_area_km2
from h3ronpy.vector import cells_to_coordinates, coordinates_to_cells, geometry_to_cells

from riskmap.errors import CellUnknown, PlacementError
from riskmap.grid.abreast import in_slices
from riskmap.grid.lattice import LEFT, UNSURE, hold
from riskmap.grid.outlines import Rings, cell_rings
from riskmap.model.cube import Cells, Floats

MAX_VERTICES = 10
"""Most vertices that an outline can have: a pentagon crossed by icosahedron edges."""

EARTH_KM = 6371.0072
"""Radius of the authalic sphere."""

_STRIP_DEGREES = 90
_POINTS = 500_000
"""Points that one thread takes at a time."""


@dataclass(frozen=True)
class Grid:
    """Cells of one area at one resolution.

    Args:
        cells: Sorted, each once; shape (cells,).
        resolution: H3 resolution of all of them.
    """

    cells: Cells
    resolution: int

    def __len__(self) -> int:
        return len(self.cells)

    @cached_property
    def centres(self) -> Floats:
        """Centres as lon/lat, shape (cells, 2)."""
        found = cells_to_coordinates(pa.array(self.cells))
        return np.stack([np.asarray(found["lng"]), np.asarray(found["lat"])], axis=1)

    @property
    def lon(self) -> Floats:
        """Longitudes of the centres, shape (cells,)."""
        return self.centres[:, 0]

    @property
    def lat(self) -> Floats:
        """Latitudes of the centres, shape (cells,)."""
        return self.centres[:, 1]

    @cached_property
    def rings(self) -> Rings:
        """Outlines in lon/lat, as `riskmap.grid.outlines` gives them."""
        return cell_rings(self.cells)

    @cached_property
    def polygons(self) -> npt.NDArray[np.object_]:
        """Outlines as shapely polygons in lon/lat, shape (cells,).

        One that crosses the antimeridian goes on beyond ±180 on the side of its first vertex.
        """
        rings: npt.NDArray[np.object_] = shapely.linearrings(self.rings.points, indices=self.rings.owner)
        polygons: npt.NDArray[np.object_] = shapely.polygons(rings)
        return polygons

    @cached_property
    def area_km2(self) -> Floats:
        """Areas on the authalic sphere, as libh3 gives them (up to 0.3 % off the ellipsoid); shape (cells,)."""
        return np.asarray(cells_area_km2(pa.array(self.cells)))

    def positions(self, cells: Cells) -> npt.NDArray[np.int64]:
        """Where each cell stands in the grid; -1 where it is not one of its cells."""
        if not len(self.cells):
            return np.full(len(cells), -1, np.int64)
        found = np.searchsorted(self.cells, cells).clip(0, len(self.cells) - 1)
        return np.where(self.cells[found] == cells, found, -1)


def grid_over(geometry: shapely.Geometry, resolution: int) -> Grid:
    """Every cell that overlaps a lon/lat geometry, so that nothing on a coast or a border is lost.

    Raises:
        PlacementError: The geometry is empty.
    """
    if geometry.is_empty:
        raise PlacementError("the area is empty; give a boundary file or a box with some land in it")
    parts = [part for strip in _strips(geometry) for part in shapely.get_parts(strip) if part.area > 0]
    found = [
        np.asarray(pa.array(geometry_to_cells(part, resolution, containment_mode=ContainmentMode.Covers)))
        for part in parts
    ]
    return Grid(np.unique(np.concatenate(found).astype(np.uint64)), resolution)


def _strips(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """Parts of at most 90 degrees of longitude: the H3 library takes wider ones to go the other way round."""
    edges = range(-180, 180, _STRIP_DEGREES)
    return [shapely.intersection(geometry, shapely.box(edge, -90, edge + _STRIP_DEGREES, 90)) for edge in edges]


def cells_at(lon: Floats, lat: Floats, resolution: int) -> Cells:
    """Cells that hold the points; 0, which is no cell, where a coordinate is not a place on Earth.

    Args:
        lon: Degrees, shape (points,); longitudes beyond ±180, to ±360, are wound back.
        lat: Degrees, shape (points,).
        resolution: H3 resolution.
    """
    cells = np.zeros(len(lon), np.uint64)
    in_slices(lambda part: _hold(lon[part], lat[part], resolution, cells[part]), len(lon), _POINTS)
    return cells


def _hold(lon: Floats, lat: Floats, resolution: int, cells: Cells) -> None:
    """Fills in the cells of points: those on borders one by one, as libh3 gives them, which h3ronpy does not."""
    hold(lon, lat, resolution, cells)
    left = np.flatnonzero(cells == LEFT)
    if len(left):
        wound = (lon[left] + 180.0) % 360.0 - 180.0
        cells[left] = np.asarray(pa.array(coordinates_to_cells(lat[left], wound, resolution)))
    for row in np.flatnonzero(cells == UNSURE).tolist():
        cells[row] = h3.str_to_int(h3.latlng_to_cell(lat[row], lon[row], resolution))


def unit_vectors(lon: Floats, lat: Floats) -> Floats:
    """Points on the sphere of radius 1, from degrees; shape (3, points)."""
    across, up = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(up) * np.cos(across), np.cos(up) * np.sin(across), np.sin(up)])


def vertices(cells: Cells) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Outlines counter-clockwise as lon/lat, and how many vertices each has.

    Returns:
        Shape (cells, 10, 2), the last vertex repeated to fill, longitudes unwound so that no ring jumps across ±180;
        and shape (cells,).
    """
    rings = cell_rings(cells)
    counts = rings.counts
    step = np.minimum(np.arange(MAX_VERTICES), counts[:, None] - 1)
    return rings.points[rings.start[:-1, None] + step], counts


def parents(cells: Cells, resolution: int) -> Cells:
    """Parents at a coarser resolution, by bit arithmetic alone."""
    kept = np.uint64(3 * (15 - resolution))
    digits = (np.uint64(1) << kept) - np.uint64(1)
    level = np.uint64(0xF) << np.uint64(52)
    return (cells & ~level) | (np.uint64(resolution) << np.uint64(52)) | digits


def cell_text(cells: Cells) -> list[str]:
    """Cells as clients write them: fifteen hexadecimal digits."""
    return [f"{cell:x}" for cell in cells.tolist()]


def cells_from_text(texts: Sequence[str]) -> Cells:
    """Cells from text.

    Raises:
        CellUnknown: A text is not an H3 cell.
    """
    wrong = [text for text in texts if not h3.is_valid_cell(text)]
    if wrong:
        raise CellUnknown(f"{wrong[0]!r} is not an H3 cell; give fifteen hexadecimal digits such as '85bd1b27fffffff'")
    return np.array([h3.str_to_int(text) for text in texts], np.uint64)
