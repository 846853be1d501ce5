"""The plane in which areas are true: cylindrical equal-area on the WGS 84 ellipsoid.

The projection is ESRI:54034 (standard parallel 0, central meridian 0) in closed form, so that longitudes may run beyond
180 degrees, where a projection library would turn them back. Straight edges in longitude and latitude stay straight
between their corners.

Source: J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987), chapter 10, formulas 3-12,
10-14 and 10-15.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from riskmap.model.cube import Floats

_AXIS_M = 6378137.0
_DENSIFY_DEGREES = 0.25

TURN_M = 2 * np.pi * _AXIS_M
"""Once round the world along the equator, metres: from longitude -180 to 180 in the plane."""

_ECCENTRICITY = np.sqrt(2 / 298.257223563 - 1 / 298.257223563**2)


def to_plane(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Easting and northing in metres, of the shape of the inputs (degrees)."""
    sine = np.sin(np.radians(lat))
    e = _ECCENTRICITY
    authalic = (1 - e**2) * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    return _AXIS_M * np.radians(lon), _AXIS_M * authalic / 2


def flattened(geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Shapes (lon/lat) in the plane, straight lon/lat edges kept straight by added vertices."""
    whole = shapely.segmentize(geometries, _DENSIFY_DEGREES)
    flat: npt.NDArray[np.object_] = shapely.transform(whole, _point_by_point)
    return flat


def _point_by_point(points: Floats) -> Floats:
    return np.stack(to_plane(points[:, 0], points[:, 1]), axis=1)
