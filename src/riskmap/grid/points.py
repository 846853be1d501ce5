"""Points to cells; points that stand for an area are handed to that area instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from riskmap.grid.cells import cells_at
from riskmap.grid.polygons import cell_areas_km2
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats

LEVELS = {"adm2": 2, "adm1": 1, "country": 0}
"""Level of the area that an imprecise point stands for."""

OUTSIDE = "outside the area"
NO_PLACE = "place not known"
NO_AREA = "imprecise, and in no area of its level"

_PLAIN_HEAD = (1, 1, 0, 0, 0)
_PLAIN_BYTES = 21
"""Well-known binary of a plain point: little-endian, type 1, then two numbers."""


@dataclass(frozen=True)
class Landing:
    """Where points landed.

    Args:
        cell: Position in the grid for a precise point, -1 else; shape (points,).
        level: Level of the area that an imprecise point is spread over, -1 else; shape (points,).
        area: Position of that area in its level, -1 else; shape (points,).
        reason: Why a point is nowhere; empty where it is somewhere; shape (points,).
        on_border: Precise points beyond the boundary that a cell of the area still holds.
    """

    cell: npt.NDArray[np.int64]
    level: npt.NDArray[np.int64]
    area: npt.NDArray[np.int64]
    reason: npt.NDArray[np.object_]
    on_border: npt.NDArray[np.bool_]


def read_points(wkb: pa.Array) -> tuple[Floats, Floats, dict[int, shapely.Geometry]]:
    """Coordinates of points, and what is no point by its place in the array.

    Plain points, which are nearly all, are read straight from the bytes.

    Args:
        wkb: Geometries, shape (geometries,).

    Returns:
        Longitudes and latitudes, NaN where the geometry is no point or an empty one, both of shape (geometries,).
    """
    start = np.frombuffer(wkb.buffers()[1], np.int32)[wkb.offset : wkb.offset + len(wkb) + 1]
    held = np.frombuffer(wkb.buffers()[2] or b"", np.uint8)
    plain = np.diff(start) == _PLAIN_BYTES
    for place, byte in enumerate(_PLAIN_HEAD):
        plain[plain] = held[start[:-1][plain] + place] == byte
    spots = np.full((len(wkb), 2), np.nan)
    numbers = held[start[:-1][plain, None] + np.arange(len(_PLAIN_HEAD), _PLAIN_BYTES)]
    spots[plain] = numbers.view("<f8")
    others = np.flatnonzero(~plain)
    shapes = shapely.from_wkb(np.array(wkb.take(pa.array(others)).to_pylist(), object))
    is_point = shapely.get_type_id(shapes) == 0
    spots[others[is_point]] = np.stack([shapely.get_x(shapes[is_point]), shapely.get_y(shapes[is_point])], axis=1)
    return spots[:, 0], spots[:, 1], dict(zip(others[~is_point].tolist(), shapes[~is_point], strict=True))


def land(spots: tuple[Floats, Floats], precision: npt.NDArray[np.object_], ground: Ground) -> Landing:
    """Each point's cell, or the area it stands for, or why it has neither.

    Args:
        spots: Longitudes and latitudes, shape (points,) both.
        precision: Words of `riskmap.model.layer.GEO_PRECISIONS`.
        ground: Grid and areas. Where an area's level is not given, the next coarser one is taken.
    """
    count = len(precision)
    landing = Landing(
        np.full(count, -1), np.full(count, -1), np.full(count, -1), np.full(count, "", object), np.zeros(count, bool)
    )
    _land_precise(spots, (precision == "exact") | (precision == "near"), ground, landing)
    for word, level in LEVELS.items():
        _land_imprecise(spots, precision == word, level, ground, landing)
    landing.reason[precision == "none"] = NO_PLACE
    return landing


def _land_precise(
    spots: tuple[Floats, Floats], chosen: npt.NDArray[np.bool_], ground: Ground, landing: Landing
) -> None:
    lon, lat = (one[chosen] for one in spots)
    if not len(lon):
        return
    cell = ground.grid.positions(cells_at(lon, lat, ground.grid.resolution))
    landing.cell[chosen] = cell
    landing.reason[chosen] = np.where(cell < 0, OUTSIDE, "")
    landing.on_border[chosen] = (cell >= 0) & ~_inside(lon, lat, cell, ground)


def _inside(lon: Floats, lat: Floats, cell: npt.NDArray[np.int64], ground: Ground) -> npt.NDArray[np.bool_]:
    """Which points lie in the country; those in cells wholly inside it need not be looked at."""
    level = min(ground.areas)
    share = ground.overlaps(level).km2.max(axis=0).toarray().ravel()
    inside = (share >= cell_areas_km2(ground.grid))[cell]
    rows = np.flatnonzero(~inside)
    for shape in _shapes(ground, level):
        shapely.prepare(shape)
        inside[rows] |= shapely.intersects_xy(shape, lon[rows], lat[rows])
    return np.asarray(inside, np.bool_)


def _land_imprecise(
    spots: tuple[Floats, Floats], chosen: npt.NDArray[np.bool_], level: int, ground: Ground, landing: Landing
) -> None:
    if not chosen.any():
        return
    points = shapely.points(spots[0][chosen], spots[1][chosen])
    known = max(have for have in ground.areas if have <= level)
    shapes = _shapes(ground, known)
    area = np.full(len(points), -1)
    found = shapely.STRtree(shapes).query(points, predicate="intersects")
    area[found[0][::-1]] = found[1][::-1]
    landing.area[chosen] = area
    landing.level[chosen] = np.where(area >= 0, known, -1)
    landing.reason[chosen] = np.where(area < 0, NO_AREA, "")


def _shapes(ground: Ground, level: int) -> npt.NDArray[np.object_]:
    return np.array([area.geometry for area in ground.areas[level]], dtype=object)
