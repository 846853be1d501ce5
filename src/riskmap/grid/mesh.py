"""Meshes: where the pixels of a raster lie, and where the outlines of cells lie among them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import rasterio
from pyproj import CRS, Transformer

from riskmap.errors import InputError
from riskmap.grid.cells import Grid
from riskmap.grid.loops import Loops, Whole, cut
from riskmap.grid.plane import to_plane
from riskmap.grid.scan import Paths
from riskmap.model.cube import Floats

_DENSIFY_DEGREES = 0.25
_SEAM_DEGREES = 1e-10
_NEARLY_POLE = 89.9999
_LEVEL_DEGREES = 1e-9
_TURNS = (0.0, 360.0, -360.0, 720.0, -720.0)  # A ring round a pole is a turn long, and may begin a turn away.


@dataclass(frozen=True)
class Mesh:
    """Where the pixels of a raster lie; rasters of equal meshes have the same pixels.

    Args:
        wkt: Coordinate system.
        geographic: Whether its coordinates are degrees of longitude and latitude.
        origin: Outer corner of the first pixel of the first row.
        step: From one column and one row to the next; where the second is negative, north is up.
        shape: Rows and columns.
    """

    wkt: str
    geographic: bool
    origin: tuple[float, float]
    step: tuple[float, float]
    shape: tuple[int, int]

    def pixel_km2(self, first: int, rows: int) -> Floats:
        """Area of one pixel of each row, shape (rows,).

        It is that on the WGS 84 ellipsoid where rows run along parallels and columns along meridians, as in degrees and
        in Mercator's projections; else that in the plane of the coordinate system.
        """
        edges = np.asarray(self.origin[1] + self.step[1] * np.arange(first, first + rows + 1), np.float64)
        width = self.step[0]
        if not self.geographic:
            system = CRS.from_wkt(self.wkt)
            width, edges = self._degrees(Transformer.from_crs(system, "OGC:CRS84", always_xy=True), edges)
            if not width:
                metre = system.axis_info[0].unit_conversion_factor
                return np.full(rows, abs(self.step[0] * self.step[1]) * metre**2 / 1e6)
        east, north = to_plane(np.full(rows + 1, width), np.clip(edges, -90.0, 90.0))
        km2: Floats = east[1:] * np.abs(np.diff(north)) / 1e6
        return km2

    def _degrees(self, turner: Transformer, y_edges: Floats) -> tuple[float, Floats]:
        """Width of a pixel and edges of rows in degrees; a width of 0 where pixels do not lie along the graticule."""
        x = self.origin[0] + self.step[0] * self.shape[1] * np.array([0.0, 0.5, 1.0])
        y = self.origin[1] + self.step[1] * self.shape[0] * np.array([0.0, 0.5, 1.0])
        places = np.stack(turner.transform(np.tile(x, 3), np.repeat(y, 3))).reshape(2, 3, 3)
        if not np.isfinite(places).all():
            return 0.0, y_edges
        lon, lat = np.unwrap(places[0], period=360.0), places[1]
        uneven = max(np.ptp(lon, axis=0).max(), np.ptp(lat, axis=1).max(), abs(lon[0, 0] + lon[0, 2] - 2 * lon[0, 1]))
        width = float(lon[0, 2] - lon[0, 0]) / self.shape[1] if uneven < _LEVEL_DEGREES else 0.0
        return width, np.asarray(turner.transform(np.full(len(y_edges), x[1]), y_edges)[1])


@dataclass(frozen=True)
class Outlines:
    """Outlines of cells in pixels, by their first row; a cell may have several, or none where it meets no pixel.

    Args:
        paths: For the scan.
        owner: Whose each is, shape (paths,).
        first: First row of each, ascending; shape (paths,).
        after: Row after the last of each, shape (paths,).
        pixels: Area of every cell in pixels, those beyond the raster included; shape (cells,).
    """

    paths: Paths
    owner: Whole
    first: Whole
    after: Whole
    pixels: Floats

    def within(self, first: int, after: int) -> Whole:
        """Outlines that meet the rows from `first` to before `after`."""
        begun = np.searchsorted(self.first, after)
        return np.flatnonzero(self.after[:begun] > first)


def mesh_of(raster: rasterio.DatasetReader) -> Mesh:
    """The mesh of a raster.

    Raises:
        InputError: It has no coordinate system, or its rows do not run eastward along it.
    """
    transform = raster.transform
    if raster.crs is None:
        raise InputError(raster.name, "has no coordinate system; give it one with gdal_edit")
    if transform.b or transform.d or transform.a <= 0 or not transform.e:
        raise InputError(raster.name, "is rotated; warp it first")
    return Mesh(
        wkt=raster.crs.to_wkt(),
        geographic=bool(raster.crs.is_geographic),
        origin=(float(transform.c), float(transform.f)),
        step=(float(transform.a), float(transform.e)),
        shape=(int(raster.height), int(raster.width)),
    )


def outlines_on(mesh: Mesh, grid: Grid) -> Outlines:
    """Outlines of a grid's cells on the pixels of a mesh.

    Edges are straight in longitude and latitude. Over degrees an outline lies wherever it meets the raster, once round
    the world as well. In another system edges are parted every quarter of a degree, and outlines are cut where that
    system tears the world.
    """
    cells = Loops(grid.rings.points, grid.rings.start, np.arange(len(grid)))
    loops = cells if mesh.geographic else _projected(mesh.wkt, cells)
    loops = replace(loops, points=(loops.points - np.array(mesh.origin)) / np.array(mesh.step))
    areas = loops.areas
    turns = np.array(_TURNS if mesh.geographic else [0.0]) / mesh.step[0]
    loop, turn = _met(loops, turns, mesh.shape)
    kept = loops.take(loop)
    kept = replace(kept, points=kept.points + np.repeat(turns[turn], kept.counts)[:, None] * np.array([1.0, 0.0]))
    return Outlines(
        paths=Paths(kept.points, kept.start, -np.sign(areas[loop])),
        owner=kept.owner,
        first=np.floor(kept.least[:, 1]).astype(np.int64),
        after=np.ceil(kept.greatest[:, 1]).astype(np.int64),
        pixels=np.bincount(loops.owner, np.abs(areas), minlength=len(grid)).astype(np.float64),
    )


def _met(loops: Loops, turns: Floats, shape: tuple[int, int]) -> tuple[Whole, Whole]:
    """Loops that meet the raster and by which turn round the world, by their first row."""
    (west, top), (east, bottom) = loops.least.T, loops.greatest.T
    height, width = shape
    seen = (east + turns[:, None] > 0) & (west + turns[:, None] < width) & (bottom > 0) & (top < height)
    turn, loop = np.nonzero(seen)
    order = np.lexsort((turn, loops.owner[loop], np.floor(top[loop])))
    return loop[order], turn[order]


def _projected(wkt: str, cells: Loops) -> Loops:
    """Loops in another coordinate system; what lies beyond its reach is left out."""
    system = CRS.from_wkt(wkt)
    loops = cut(cells, _seam(system), _SEAM_DEGREES).parted(_DENSIFY_DEGREES)
    turner = Transformer.from_crs("OGC:CRS84", system, always_xy=True)
    flat = np.stack(turner.transform(*loops.points.T), axis=1)
    lost = ~np.isfinite(flat).all(axis=1)
    lon, lat = loops.points[lost].T
    flat[lost] = np.stack(turner.transform(lon, lat.clip(-_NEARLY_POLE, _NEARLY_POLE)), axis=1)
    reached = np.logical_and.reduceat(np.isfinite(flat).all(axis=1), loops.start[:-1])
    return replace(loops, points=flat).take(np.flatnonzero(reached))


def _seam(system: CRS) -> float:
    """Longitude along which a projection tears the world: opposite to its central meridian."""
    operation = system.coordinate_operation
    central = [one.value for one in operation.params if one.name.startswith("Longitude of")] if operation else []
    return float(central[0] if central else 0.0) + 180.0
