"""Wind footprints of cyclones: quadrant radii at each position, swept from one to the next along the track.

In each quadrant a radius spans a quarter of a disc, with distances on the WGS84 ellipsoid. The quarters of one quadrant
at two positions that follow each other are joined by their convex hull, so that a footprint has no gaps between
positions and no wind in a quadrant that has none at either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

from riskmap.sources.columns import Floats, Mask
from riskmap.sources.vectors import valid, wrapped

QUADRANTS = ("NE", "SE", "SW", "NW")
"""In the order of the azimuth."""

_NAUTICAL_MILE_M = 1852.0
_STEP_DEGREES = 10
_LONGEST_GAP_S = 12 * 3600
_GEOD = Geod(ellps="WGS84")
_LEAST_DEGREES2 = 1e-9

Shapes = npt.NDArray[np.object_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fixes:
    """Positions of storms in the order of storm and time, shape (fixes,) each.

    Args:
        storm: Number of the storm.
        seconds: Time since 1970 (UTC).
        lon: Longitude of the centre in degrees.
        lat: Latitude likewise.
    """

    storm: Whole
    seconds: Whole
    lon: Floats
    lat: Floats


def footprints(fixes: Fixes, radii: Floats) -> Mapping[int, shapely.Geometry]:
    """Storm -> where it blew as hard as some radii tell, in lon/lat and cut at the antimeridian; nothing where nowhere.

    Args:
        fixes: Positions of all storms.
        radii: Nautical miles, shape (fixes, 4) in the order of `QUADRANTS`; NaN where not told. Of a position with any
            radius the others are 0 where not told.
    """
    told: Mask = np.any(~np.isnan(radii), axis=1)
    sectors = _sectors(fixes, np.nan_to_num(radii))
    first = np.flatnonzero(_joined(fixes, told))
    alone = told.copy()
    alone[first] = alone[first + 1] = False
    storm = np.concatenate([np.repeat(fixes.storm[first], 4), np.repeat(fixes.storm[alone], 4)])
    pieces = np.concatenate([_swept(sectors, first), _hulls(sectors[alone])])
    there = shapely.area(pieces) > _LEAST_DEGREES2
    return _united(storm[there], pieces[there])


def _joined(fixes: Fixes, told: Mask) -> Mask:
    """Which positions are joined to the next: of the same storm, both with radii, soon after one another."""
    near = (np.diff(fixes.storm) == 0) & (np.diff(fixes.seconds) <= _LONGEST_GAP_S)
    mask: Mask = near & told[:-1] & told[1:]
    return mask


def _sectors(fixes: Fixes, radii: Floats) -> Floats:
    """Quarters of discs as points: the centre and its arc; shape (fixes, 4, points, 2), degrees, not cut at ±180."""
    steps = np.arange(0, 90 + _STEP_DEGREES, _STEP_DEGREES, dtype=np.float64)
    shape = (len(radii), 4, len(steps))
    azimuth = np.broadcast_to(np.arange(4)[:, None] * 90.0 + steps, shape)
    lon, lat = (np.broadcast_to(angle[:, None, None], shape) for angle in (fixes.lon, fixes.lat))
    metres = np.broadcast_to(radii[:, :, None] * _NAUTICAL_MILE_M, shape)
    east, north, _ = _GEOD.fwd(lon.ravel(), lat.ravel(), azimuth.ravel(), metres.ravel())
    east = lon + _turned(np.reshape(east, shape) - lon)
    arcs = np.stack([east, np.reshape(north, shape)], axis=-1)
    centres = np.stack([lon[:, :, :1], lat[:, :, :1]], axis=-1)
    return np.concatenate([centres, arcs], axis=2)


def _turned(degrees: Floats) -> Floats:
    """Differences of longitude as they are the short way round."""
    turned: Floats = (degrees + 180) % 360 - 180
    return turned


def _swept(sectors: Floats, first: Whole) -> Shapes:
    """Each quadrant's quarters at some positions and the next ones, joined; shape (positions * 4,)."""
    here, after = sectors[first], sectors[first + 1].copy()
    step = after[:, :1, :1, 0] - here[:, :1, :1, 0]
    after[..., 0] += _turned(step) - step
    return _hulls(np.concatenate([here, after], axis=2))


def _hulls(points: Floats) -> Shapes:
    """Convex hulls of sets of points, shape (sets, 4, points, 2) as (sets * 4,)."""
    hulls: Shapes = shapely.convex_hull(shapely.linestrings(points.reshape(-1, *points.shape[2:])))
    return hulls


def _united(storm: Whole, pieces: Shapes) -> Mapping[int, shapely.Geometry]:
    order = np.argsort(storm, kind="stable")
    numbers, begin = np.unique(storm[order], return_index=True)
    groups = np.split(pieces[order], begin[1:]) if len(numbers) else []
    joined = np.array([wrapped(shapely.union_all(group)) for group in groups], dtype=object)
    return dict(zip(numbers.tolist(), valid(joined)[0], strict=True))
