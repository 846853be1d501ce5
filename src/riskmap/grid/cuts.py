"""Cuts: of a raster that lies elsewhere, the squares of pixels under the cells of a grid, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from riskmap.grid.cells import Grid
from riskmap.grid.mesh import mesh_of, outlines_on

SQUARE = 256
"""Pixels along the side of a square: many enough that a file of empty ones is small, few enough to fit an area."""

_QUIETLY = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}


@dataclass(frozen=True)
class Cut:
    """What was copied of a raster.

    Args:
        squares: Squares copied.
        of: Squares that the raster has.
    """

    squares: int
    of: int


def cut(opener: Callable[[], RawIOBase], name: str, grid: Grid, target: Path) -> Cut | None:
    """Copies the squares of a raster that cells lie over, each pixel as it is and where it is.

    The copy has the rows, columns, bands and coordinate system of the whole, so that cells have the same sums on it to
    the last bit; squares that were not copied take no room in it and are unknown.

    Args:
        opener: Opens its bytes, as often as GDAL asks for them; it reads those of the squares, and those that say where
            they lie.
        name: Its file name, for messages.
        grid: The cells.
        target: File to be written.

    Returns:
        What was copied; None where the raster cannot be read in parts: it is damaged or no GeoTIFF, it lies nowhere or
        is rotated, or it could not say of a square that it is unknown (integers without a nodata value, or a mask of
        its own). What then lies at the target is nothing.
    """
    place = f"cut/{name}"

    def opened(path: str, **_mode: str) -> RawIOBase:
        if path != place:
            raise FileNotFoundError(path)
        return opener()

    try:
        with rasterio.Env(**_QUIETLY), rasterio.open(place, opener=opened) as raster:
            return _cut(raster, grid, target)
    # Some errors of GDAL come through as they are, under a name that is not public.
    except (RasterioError, CPLE_BaseError):
        return None


def _cut(raster: rasterio.DatasetReader, grid: Grid, target: Path) -> Cut | None:
    profile = _profile(raster)
    if profile is None:
        return None
    touched = _touched(raster, grid)
    with rasterio.open(target, "w", **profile) as copy:
        _describe(raster, copy)
        for window in _windows(touched, raster.shape):
            copy.write(raster.read(window=window), window=window)
    return Cut(int(touched.sum()), touched.size)


def _profile(raster: rasterio.DatasetReader) -> dict[str, Any] | None:
    """How the copy is laid out; None where none can be."""
    dtypes, nodata, place = set(raster.dtypes), raster.nodata, raster.transform
    lost = raster.crs is None or place.b or place.d or place.a <= 0 or not place.e
    masked = any(rasterio.enums.MaskFlags.per_dataset in flags for flags in raster.mask_flag_enums)
    if raster.driver != "GTiff" or len(dtypes) != 1 or masked or lost:
        return None
    dtype = dtypes.pop()
    if nodata is None and np.issubdtype(np.dtype(dtype), np.floating):
        nodata = np.nan
    if nodata is None or not rasterio.dtypes.in_dtype_range(nodata, dtype):
        return None
    return {
        "driver": "GTiff",
        "height": raster.height,
        "width": raster.width,
        "count": raster.count,
        "dtype": dtype,
        "crs": raster.crs,
        "transform": raster.transform,
        "nodata": nodata,
        "tiled": True,
        "blockxsize": SQUARE,
        "blockysize": SQUARE,
        "interleave": "band",
        "compress": "deflate",
        "sparse_ok": True,
        "bigtiff": "if_safer",
    }


def _describe(raster: rasterio.DatasetReader, copy: rasterio.io.DatasetWriter) -> None:
    """Takes over what the raster says of itself and of its bands."""
    # Where a pixel is said to be a point, coordinates would be moved there and back.
    copy.update_tags(**{key: word for key, word in raster.tags().items() if key != "AREA_OR_POINT"})
    for band, words in enumerate(raster.descriptions, 1):
        copy.update_tags(band, **raster.tags(band))
        if words:
            copy.set_band_description(band, words)


def _touched(raster: rasterio.DatasetReader, grid: Grid) -> npt.NDArray[np.bool_]:
    """Squares that some outline may meet, a pixel round it included; shape (rows, columns) of squares."""
    outlines = outlines_on(mesh_of(raster), grid)
    points, start = outlines.paths.points, outlines.paths.start[:-1]
    height, width = (-(-size // SQUARE) for size in raster.shape)
    corners = np.zeros((height + 1, width + 1), np.int64)
    if len(start):
        least = np.floor(np.minimum.reduceat(points, start)).astype(np.int64) - 1
        greatest = np.ceil(np.maximum.reduceat(points, start)).astype(np.int64) + 1
        west, north = least.clip(0).T // SQUARE
        east, south = -(-greatest.T // SQUARE)
        west, east = (side.clip(0, width) for side in (west, east))
        north, south = (side.clip(0, height) for side in (north, south))
        # Each outline adds one to all squares of its box, told by the box's corners.
        for rows, columns, sign in ((north, west, 1), (north, east, -1), (south, west, -1), (south, east, 1)):
            np.add.at(corners, (rows, columns), sign)
    touched: npt.NDArray[np.bool_] = corners.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
    return touched


def _windows(touched: npt.NDArray[np.bool_], shape: tuple[int, int]) -> Iterator[Window]:
    """Runs of touched squares, row by row."""
    height, width = shape
    for row, squares in enumerate(touched):
        edges = np.flatnonzero(np.diff(squares.astype(np.int8), prepend=0, append=0)).reshape(-1, 2) * SQUARE
        for west, east in edges.tolist():
            top = row * SQUARE
            yield Window(west, top, min(east, width) - west, min(SQUARE, height - top))
