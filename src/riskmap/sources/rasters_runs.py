"""Rasters of averages as polygons: in each row the pixels of one value that lie side by side are one rectangle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from rasterio.windows import Window, from_bounds

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Floats
from riskmap.sources.pixels import as_floats, opened
from riskmap.sources.rasters_place import box_in, extent, to_lon_lat
from riskmap.sources.vectors import Box, Shapes

MOST_PIXELS = 1 << 24
MOST_RUNS = 250_000

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """Rectangles of one value each; arrays have shape (runs,).

    Args:
        shapes: In lon/lat.
        values: As they stand in the raster.
        row: Of the raster.
        column: Of the first pixel.
        pixels: Pixels with a value.
        unknown: Pixels without.
    """

    shapes: Shapes
    values: Floats
    row: Whole
    column: Whole
    pixels: int
    unknown: int


def read_runs(raw: Raw, band: int, nodata: tuple[float, ...], bbox: Box | None) -> Runs:
    """The rectangles of one band.

    Args:
        raw: The file.
        band: Number of the band.
        nodata: Values that stand for none, beside the file's own and those that are not finite.
        bbox: West, south, east, north in degrees: only pixels that touch it; None for all.

    Raises:
        InputError: It cannot be read, does not meet the box, or has too many pixels or rectangles.
    """
    with opened(raw, str(raw.path), band) as raster:
        window = Window(0, 0, raster.width, raster.height) if bbox is None else window_of(raw, raster, bbox)
        if window.width * window.height > MOST_PIXELS:
            raise InputError(raw.name, f"holds more than {MOST_PIXELS:,} pixels; give the option bbox of the area")
        values = as_floats(raster.read(band, window=window))
        known = (raster.read_masks(band, window=window) != 0) & np.isfinite(values) & ~np.isin(values, nodata)
        row, first, after = _cut(values, known)
        if len(row) > MOST_RUNS:
            raise InputError(
                raw.name,
                f"has more than {MOST_RUNS:,} rows of equal values in the area; give the option bbox of a smaller one,"
                " or average it to coarser pixels with gdalwarp -r average",
            )
        top, left = int(window.row_off), int(window.col_off)
        found = values[row, first]
        shapes = to_lon_lat(raw, raster, _rectangles(raster, row + top, first + left, after + left))
    return Runs(shapes, found, row + top, first + left, int(known.sum()), int((~known).sum()))


def window_of(raw: Raw, raster: rasterio.DatasetReader, bbox: Box) -> Window:
    """The pixels that touch a box.

    Raises:
        InputError: There are none.
    """
    window = from_bounds(*box_in(raw, raster, bbox), raster.transform)
    top, left = (max(0, int(np.floor(edge))) for edge in (window.row_off, window.col_off))
    bottom = min(raster.height, int(np.ceil(window.row_off + window.height)))
    right = min(raster.width, int(np.ceil(window.col_off + window.width)))
    if bottom <= top or right <= left:
        west, south, east, north = extent(raw, raster)
        raise InputError(
            raw.name, f"lies elsewhere: {west:.2f}, {south:.2f} to {east:.2f}, {north:.2f}, which is outside {bbox}"
        )
    return Window(left, top, right - left, bottom - top)


def _cut(values: Floats, known: npt.NDArray[np.bool_]) -> tuple[Whole, Whole, Whole]:
    """Row, first column and column after of every run of equal known values, in the order of rows and columns."""
    held = np.where(known, values, 0.0)
    new = known.copy()
    new[:, 1:] &= ~known[:, :-1] | (held[:, 1:] != held[:, :-1])
    last = known.copy()
    last[:, :-1] &= ~known[:, 1:] | (held[:, 1:] != held[:, :-1])
    row, first = np.nonzero(new)
    return row, first, np.nonzero(last)[1] + 1


def _rectangles(raster: rasterio.DatasetReader, row: Whole, first: Whole, after: Whole) -> Shapes:
    transform = raster.transform
    north = transform.f + transform.e * row
    rectangles: Shapes = shapely.box(
        transform.c + transform.a * first, north + transform.e, transform.c + transform.a * after, north
    )
    return rectangles
