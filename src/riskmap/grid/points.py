"""Points to cells; points that stand for an area are handed to that area instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from riskmap.grid.cells import cells_at
from riskmap.grid.spread import Ground

LEVELS = {"adm2": 2, "adm1": 1, "country": 0}
"""Level of the area that an imprecise point stands for."""

OUTSIDE = "outside the area"
NO_PLACE = "place not known"
NO_AREA = "imprecise, and in no area of its level"


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


def land(points: npt.NDArray[np.object_], precision: npt.NDArray[np.object_], ground: Ground) -> Landing:
    """Each point's cell, or the area it stands for, or why it has neither.

    Args:
        points: Shapely points in lon/lat.
        precision: Words of `riskmap.model.layer.GEO_PRECISIONS`.
        ground: Grid and areas. Where an area's level is not given, the next coarser one is taken.
    """
    count = len(points)
    landing = Landing(
        np.full(count, -1), np.full(count, -1), np.full(count, -1), np.full(count, "", object), np.zeros(count, bool)
    )
    _land_precise(points, np.isin(precision, ["exact", "near"]), ground, landing)
    for word, level in LEVELS.items():
        _land_imprecise(points, precision == word, level, ground, landing)
    landing.reason[precision == "none"] = NO_PLACE
    return landing


def _land_precise(
    points: npt.NDArray[np.object_], chosen: npt.NDArray[np.bool_], ground: Ground, landing: Landing
) -> None:
    spots = points[chosen]
    cells = cells_at(shapely.get_x(spots), shapely.get_y(spots), ground.grid.resolution)
    landing.cell[chosen] = ground.grid.positions(cells)
    landing.reason[chosen] = np.where(landing.cell[chosen] < 0, OUTSIDE, "")
    country = _shapes(ground, min(ground.areas))
    inside = np.zeros(len(spots), bool)
    inside[shapely.STRtree(country).query(spots, predicate="intersects")[0]] = True
    landing.on_border[chosen] = ~inside & (landing.cell[chosen] >= 0)


def _land_imprecise(
    points: npt.NDArray[np.object_], chosen: npt.NDArray[np.bool_], level: int, ground: Ground, landing: Landing
) -> None:
    spots = points[chosen]
    if not len(spots):
        return
    known = max(have for have in ground.areas if have <= level)
    shapes = _shapes(ground, known)
    area = np.full(len(spots), -1)
    found = shapely.STRtree(shapes).query(spots, predicate="intersects")
    area[found[0][::-1]] = found[1][::-1]
    landing.area[chosen] = area
    landing.level[chosen] = np.where(area >= 0, known, -1)
    landing.reason[chosen] = np.where(area < 0, NO_AREA, "")


def _shapes(ground: Ground, level: int) -> npt.NDArray[np.object_]:
    return np.array([area.geometry for area in ground.areas[level]], dtype=object)
