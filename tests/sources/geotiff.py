"""Small rasters made by hand."""

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_origin


def geotiff(
    values: npt.ArrayLike,
    west: float,
    north: float,
    size: float,
    crs: str | None = "EPSG:4326",
    nodata: float | None = None,
) -> bytes:
    """A GeoTIFF of values, shape (rows, columns) or (bands, rows, columns), north up with square pixels."""
    pixels = np.asarray(values)
    bands = pixels[None] if pixels.ndim == 2 else pixels
    count, height, width = bands.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=width,
            height=height,
            count=count,
            dtype=bands.dtype,
            crs=None if crs is None else CRS.from_user_input(crs),
            transform=from_origin(west, north, size, size),
            nodata=nodata,
        ) as raster:
            raster.write(bands)
        return bytes(memory.read())
