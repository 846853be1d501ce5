"""Shapes drawn over the pixels of a raster, brought from its coordinates into lon/lat."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection
from pyproj.exceptions import ProjError

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.vectors import LON_LAT, Box, Shapes, valid, wrapped

_STEP_PIXELS = 64
_HALF_TURN = 180.0
_POLE = 90.0


def to_lon_lat(raw: Raw, raster: rasterio.DatasetReader, shapes: Shapes) -> Shapes:
    """Shapes in lon/lat, valid and cut at the antimeridian; shape as given.

    Long edges are parted first, since a straight line in one projection is none in another.

    Args:
        raw: The file, for messages.
        raster: Whose coordinates they are in.
        shapes: Polygons.

    Raises:
        InputError: Its coordinate system does not lead to lon/lat, or its pixels lie nowhere on Earth.
    """
    turned, transformer = shapes.copy(), _transformer(raw, raster)
    if not LON_LAT.equals(transformer.source_crs, ignore_axis_order=True):
        parted = shapely.segmentize(shapes, _STEP_PIXELS * abs(raster.transform.a))
        turned = shapely.transform(
            parted, lambda places: np.column_stack(transformer.transform(places[:, 0], places[:, 1]))
        )
    _check_range(raw, turned)
    turned = valid(_together(turned))[0]
    west, _, east, _ = shapely.bounds(turned).T
    beyond = (west < -_HALF_TURN) | (east > _HALF_TURN)
    turned[beyond] = [wrapped(shape) for shape in turned[beyond]]
    return turned


def extent(raw: Raw, raster: rasterio.DatasetReader) -> Box:
    """West, south, east and north of a raster in degrees.

    Raises:
        InputError: Its coordinate system does not lead to lon/lat, or its pixels lie nowhere on Earth.
    """
    return _box(raw, raster, raster.bounds, TransformDirection.FORWARD)


def box_in(raw: Raw, raster: rasterio.DatasetReader, box: Box) -> Box:
    """Left, bottom, right and top of a box in the coordinates of a raster.

    Raises:
        InputError: Its coordinate system does not lead to lon/lat, or does not reach as far as the box.
    """
    return _box(raw, raster, box, TransformDirection.INVERSE)


def check_on_earth(raw: Raw, raster: rasterio.DatasetReader) -> None:
    """Some pixel of a raster lies on Earth, as far as its coordinates tell.

    Raises:
        InputError: None does.
    """
    _transformer(raw, raster)
    west, south, east, north = raster.bounds
    farthest = 3 * _HALF_TURN
    if raster.crs.is_geographic and not (south < _POLE and north > -_POLE and west < farthest and east > -farthest):
        raise InputError(raw.name, "its pixels lie nowhere on Earth; give it its place with gdal_edit.py -a_ullr")


def _box(raw: Raw, raster: rasterio.DatasetReader, box: Box, direction: TransformDirection) -> Box:
    left, bottom, right, top = _transformer(raw, raster).transform_bounds(*box, direction=direction)
    if not np.isfinite([left, bottom, right, top]).all():
        reach = ", ".join(f"{edge:g}" for edge in box)
        raise InputError(raw.name, f"its coordinate system does not reach {reach}; give it its place with gdal_edit.py")
    return left, bottom, right, top


def _transformer(raw: Raw, raster: rasterio.DatasetReader) -> Transformer:
    try:
        return Transformer.from_crs(CRS.from_wkt(raster.crs.to_wkt()), LON_LAT, always_xy=True)
    except ProjError as error:
        raise InputError(raw.name, "its coordinate system is none on Earth; give it one with gdal_edit.py") from error


def _check_range(raw: Raw, shapes: Shapes) -> None:
    places = shapely.get_coordinates(shapes)
    if not (np.isfinite(places).all() and (np.abs(places) <= np.array([540.0, 90.0 + 1e-9])).all()):
        raise InputError(raw.name, "its pixels lie nowhere on Earth; give it its place with gdal_edit.py -a_ullr")


def _together(shapes: Shapes) -> Shapes:
    """Shapes with longitudes beyond 180 in place of ones torn apart by the antimeridian."""
    west, _, east, _ = shapely.bounds(shapes).T
    torn = east - west > _HALF_TURN

    def east_about(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack([np.where(places[:, 0] < 0, places[:, 0] + 2 * _HALF_TURN, places[:, 0]), places[:, 1]])

    shapes[torn] = shapely.transform(shapes[torn], east_about)
    return shapes
