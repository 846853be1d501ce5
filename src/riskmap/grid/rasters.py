"""Rasters to cells: sums of pixels by the area each cell has of them, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numba
import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from pyproj import Geod, Transformer
from rasterio.windows import Window

from riskmap.errors import InputError, PlacementError
from riskmap.grid.cells import Grid
from riskmap.model.cube import Floats

Quantity = Literal["count", "density"]

SUB_ROWS = 4
"""Least scan lines a pixel row; sums are exact along a line, to its spacing across."""

_LINES_A_CELL = 16

_WINDOW_ROWS = 2048
_OVERLAP = 0.02
_TOLD = 300


@dataclass(frozen=True)
class RasterSums:
    """A raster summed over a grid.

    Args:
        values: Sum inside each cell, NaN where no pixel with a value lies in it; shape (cells,).
        coverage: Share of each cell under pixels with a value; shape (cells,).
        total_in: Sum of all pixels with a value.
        total_outside: What lies in no cell of the grid.
    """

    values: Floats
    coverage: npt.NDArray[np.float32]
    total_in: float
    total_outside: float


def sum_cells(href: str, grid: Grid, quantity: Quantity) -> RasterSums:
    """Sums of a raster's pixels in every cell of a grid.

    Pixels are never resampled: the cells' outlines are taken into the raster's own coordinate system. Nodata, NaN and
    negative pixels are unknown and lower the coverage.

    Args:
        href: Path of any raster that GDAL reads, north up, with `#band=2` behind it for a band other than the first.
        grid: The cells.
        quantity: `count` (people in the pixel) or `density` (people per km², multiplied by each pixel's area on the
            ellipsoid).

    Raises:
        InputError: The raster cannot be opened, has no coordinate system, is rotated, or lacks the band.
    """
    path, _, band = href.partition("#band=")
    try:
        with rasterio.open(path) as raster:
            return _summed(raster, grid, quantity, int(band or 1))
    except rasterio.errors.RasterioIOError as error:
        raise InputError(path, f"cannot be read as a raster: {error}") from error


def sum_tiles(hrefs: Sequence[str], grid: Grid, quantity: Quantity) -> RasterSums:
    """Several rasters that lie side by side, summed as one.

    Raises:
        PlacementError: Two of them lie over one another, so that whoever is in both would count twice.
    """
    parts = [sum_cells(href, grid, quantity) for href in hrefs]
    _check_apart(hrefs, parts)
    known = np.any([~np.isnan(part.values) for part in parts], axis=0)
    values = np.sum([np.nan_to_num(part.values) for part in parts], axis=0)
    coverage = np.minimum(np.sum([part.coverage for part in parts], axis=0), 1.0).astype(np.float32)
    total_in = float(sum(part.total_in for part in parts))
    return RasterSums(np.where(known, values, np.nan), coverage, total_in, total_in - float(values.sum()))


def _check_apart(hrefs: Sequence[str], parts: Sequence[RasterSums]) -> None:
    covered = np.sum([part.coverage for part in parts], axis=0)
    twice = int((covered > 1 + _OVERLAP).sum())
    if twice:
        named = ", ".join(Path(href.partition("#")[0][:_TOLD]).name for href in hrefs)
        raise PlacementError(
            f"rasters lie over one another in {twice} cells: {named}; name one product, and each tile once"
        )


def _summed(raster: rasterio.DatasetReader, grid: Grid, quantity: Quantity, band: int) -> RasterSums:
    transform = raster.transform
    if raster.crs is None:
        raise InputError(raster.name, "has no coordinate system; give it one with gdal_edit")
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(raster.name, "is rotated or not north up; warp it first")
    if band not in raster.indexes:
        raise InputError(raster.name, f"has no band {band}; it has {raster.count}")
    outline, start = _pixel_outlines(raster, grid)
    lines = _sub_rows(outline, start)
    found, scanned, total = np.zeros((2, len(grid))), np.zeros(len(grid)), 0.0
    for first, pixels in _windows(raster, band, quantity):
        total += float(np.nansum(pixels))
        for turned in _turns(raster, outline):
            _scan(pixels, turned - np.array([0.0, first]), start, lines, found)
    _measure(outline, start, lines, scanned)
    sums, covered = found
    coverage = np.divide(covered, scanned, out=np.zeros(len(grid)), where=scanned > 0)
    coverage = np.where(coverage > 1 - 1e-9, 1.0, coverage)
    values = np.where(covered > 0, sums, np.nan)
    return RasterSums(values, coverage.astype(np.float32), total, total - float(sums.sum()))


def _turns(raster: rasterio.DatasetReader, outline: Floats) -> list[Floats]:
    """Outlines where they are and, over a raster in degrees, once round the world where that meets it as well.

    A cell on the antimeridian lies on both edges of a world raster.
    """
    if not raster.crs.is_geographic:
        return [outline]
    turned = [outline + np.array([turn / raster.transform.a, 0.0]) for turn in (0.0, 360.0, -360.0)]
    return [ring for ring in turned if ring[:, 0].max() > 0 and ring[:, 0].min() < raster.width]


def _windows(raster: rasterio.DatasetReader, band: int, quantity: Quantity) -> Iterator[tuple[int, Floats]]:
    """Rows of pixels as float64, NaN where unknown, with the number of their first row."""
    for first in range(0, raster.height, _WINDOW_ROWS):
        rows = min(_WINDOW_ROWS, raster.height - first)
        window = Window(0, first, raster.width, rows)
        pixels = raster.read(band, window=window, masked=True).astype(np.float64).filled(np.nan)
        pixels[~(pixels >= 0) | ~np.isfinite(pixels)] = np.nan
        if quantity == "density":
            pixels *= _pixel_km2(raster, first, rows)[:, None]
        yield first, pixels


def _pixel_km2(raster: rasterio.DatasetReader, first: int, rows: int) -> Floats:
    """Area of one pixel of each row: on the WGS 84 ellipsoid in degrees, as it stands in metres."""
    transform = raster.transform
    if not raster.crs.is_geographic:
        return np.full(rows, abs(transform.a * transform.e) / 1e6 * raster.crs.linear_units_factor[1] ** 2)
    geod = Geod(ellps="WGS84")
    found = np.empty(rows)
    for row in range(rows):
        north = transform.f + (first + row) * transform.e
        south = north + transform.e
        ring = shapely.segmentize(shapely.box(0.0, south, transform.a, north), transform.a / 8)
        found[row] = abs(geod.geometry_area_perimeter(ring)[0]) / 1e6
    return found


def _pixel_outlines(raster: rasterio.DatasetReader, grid: Grid) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Cell outlines in pixels (column, row), shape (vertices, 2), and where each begins."""
    points, owner = shapely.get_coordinates(shapely.get_exterior_ring(grid.polygons), return_index=True)
    if not raster.crs.is_geographic:
        to_raster = Transformer.from_crs("OGC:CRS84", raster.crs, always_xy=True)
        points = np.stack(to_raster.transform(points[:, 0], points[:, 1]), axis=1)
    transform = raster.transform
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(grid)))])
    return (points - np.array([transform.c, transform.f])) / np.array([transform.a, transform.e]), start


def _sub_rows(outline: Floats, start: npt.NDArray[np.int64]) -> int:
    """Scan lines a pixel row: more of them where cells are small beside pixels."""
    y = outline[:, 1]
    heights = np.maximum.reduceat(y, start[:-1]) - np.minimum.reduceat(y, start[:-1])
    return max(SUB_ROWS, int(np.ceil(_LINES_A_CELL / np.median(heights))))


@numba.njit(inline="always")
def _crossing(outline: Floats, low: int, high: int, across: float) -> tuple[float, float]:
    """Where a horizontal line enters and leaves a convex ring."""
    left, right = np.inf, -np.inf
    for k in range(low, high - 1):
        x, y = outline[k]
        x_next, y_next = outline[k + 1]
        if (y <= across) != (y_next <= across):
            hit = x + (across - y) / (y_next - y) * (x_next - x)
            left, right = min(left, hit), max(right, hit)
    return left, right


@numba.njit(cache=True, nogil=True)
def _measure(outline: Floats, start: npt.NDArray[np.int64], lines: int, scanned: Floats) -> None:
    """Adds the length of every scan line inside each outline, in pixels."""
    for cell in range(len(start) - 1):
        low, high = start[cell], start[cell + 1]
        first = int(np.ceil(outline[low:high, 1].min() * lines - 0.5))
        last = int(np.ceil(outline[low:high, 1].max() * lines - 0.5)) - 1
        for line in range(first, last + 1):
            left, right = _crossing(outline, low, high, (line + 0.5) / lines)
            scanned[cell] += (right - left) / lines


@numba.njit(cache=True, nogil=True)
def _scan(pixels: Floats, outline: Floats, start: npt.NDArray[np.int64], lines: int, found: Floats) -> None:
    """Adds, for every convex outline, its pixels (and how many of them) by the length of each scan line inside them."""
    height, width = pixels.shape
    for cell in range(len(start) - 1):
        low, high = start[cell], start[cell + 1]
        first = max(0, int(np.ceil(outline[low:high, 1].min() * lines - 0.5)))
        last = min(height * lines - 1, int(np.ceil(outline[low:high, 1].max() * lines - 0.5)) - 1)
        for line in range(first, last + 1):
            left, right = _crossing(outline, low, high, (line + 0.5) / lines)
            row = line // lines
            for column in range(max(0, int(np.floor(left))), min(width - 1, int(np.floor(right))) + 1):
                value = pixels[row, column]
                if not np.isnan(value):
                    share = (min(right, column + 1.0) - max(left, float(column))) / lines
                    found[0, cell] += value * share
                    found[1, cell] += share
