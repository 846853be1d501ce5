"""Small hand-made rasters, and zip files of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

MOLLWEIDE = "ESRI:54009"


def picture(pixels: npt.ArrayLike, **profile: object) -> bytes:
    """A GeoTIFF of the given pixels, a degree each from 10 E 2 N unless told otherwise."""
    band = np.atleast_2d(np.asarray(pixels))
    told = {"driver": "GTiff", "height": band.shape[0], "width": band.shape[1], "count": 1, "dtype": band.dtype}
    told |= {"crs": "EPSG:4326", "transform": from_origin(10, 2, 1, 1), "nodata": -99999}
    with MemoryFile() as memory:
        with memory.open(**(told | profile)) as raster:
            raster.write(band, 1)
        return bytes(memory.read())


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()
