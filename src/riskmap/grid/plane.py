"""The plane in which areas are true: cylindrical equal-area on the WGS 84 ellipsoid.

The projection is ESRI:54034 (standard parallel 0, central meridian 0) in closed form, so that longitudes may run beyond
180 degrees, where a projection library would turn them back.

Source: J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987), chapter 10, formulas 3-12,
10-14 and 10-15.
"""

from __future__ import annotations

import numpy as np

from riskmap.model.cube import Floats

_AXIS_M = 6378137.0

_ECCENTRICITY = np.sqrt(2 / 298.257223563 - 1 / 298.257223563**2)


def to_plane(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Easting and northing in metres, of the shape of the inputs (degrees)."""
    sine = np.sin(np.radians(lat))
    e = _ECCENTRICITY
    authalic = (1 - e**2) * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    return _AXIS_M * np.radians(lon), _AXIS_M * authalic / 2
