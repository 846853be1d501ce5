"""News: whether what a feed tells changes anything that is known and may be felt in the area of a case."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from riskmap.model.area import Area
from riskmap.model.kernel import Kernel
from riskmap.model.layer import Layer

_KM_A_DEGREE = 111.1
# No kernel is cut off farther out than at four of its lengths.
_LENGTHS = 4.0


@dataclass(frozen=True)
class Reach:
    """The box within which a record may be felt in an area.

    Args:
        west: Degrees, and so below; at least -180.
        south: At least -90.
        east: At most 180.
        north: At most 90.
    """

    west: float
    south: float
    east: float
    north: float

    def __str__(self) -> str:
        return f"{self.west:.4f},{self.south:.4f},{self.east:.4f},{self.north:.4f}"

    def touches(self, table: pa.Table) -> pa.Array:
        """Which records of a layer's table may be felt, shape (rows,): those near, and those placed by words."""
        bounds = shapely.bounds(shapely.from_wkb(table["geometry"].to_numpy()))
        west, south, east, north = bounds.T
        near = (west <= self.east) & (east >= self.west) & (south <= self.north) & (north >= self.south)
        placed = pc.or_(pa.array(near, pa.bool_()), pc.is_null(table["geometry"]).combine_chunks())
        return pc.and_not(placed, table["withdrawn"].combine_chunks())


def reach_of(areas: Iterable[Area], kernels: Iterable[Kernel]) -> Reach:
    """The box around the areas, wider by the farthest reach of the kernels.

    Args:
        areas: In lon/lat; those of level 0 enclose all others.
        kernels: Through which the records are seen.
    """
    box = shapely.total_bounds([area.geometry for area in areas])
    west, south, east, north = (float(edge) for edge in box)
    up = _LENGTHS * max((kernel.length_km for kernel in kernels), default=0.0) / _KM_A_DEGREE
    south, north = max(south - up, -90.0), min(north + up, 90.0)
    shrunk = math.cos(math.radians(max(abs(south), abs(north))))
    wide = up / shrunk if shrunk > 1e-3 else 360.0
    if west - wide < -180 or east + wide > 180:
        # What lies beyond the antimeridian is near on the other side: all longitudes are looked at.
        return Reach(-180.0, south, 180.0, north)
    return Reach(west - wide, south, east + wide, north)


def is_news(told: Layer, known: Layer, reach: Reach) -> bool:
    """Whether records change what is known of anything that may be felt, whenever they came.

    Args:
        told: What a feed tells.
        known: What is known, each record once (`Layer.canonical`).
        reach: Where it must be to be felt, or must have been.
    """
    felt = _keys(known.table).filter(reach.touches(known.table))
    concerned = told.only(pc.or_(reach.touches(told.table), pc.is_in(_keys(told.table), felt)))
    after = Layer.concat([known, concerned]).canonical()
    keys = _keys(concerned.table)
    return not _said(after, keys).equals(_said(known, keys))


def _keys(table: pa.Table) -> pa.Array:
    """What makes a record another one, shape (rows,)."""
    return pc.binary_join_element_wise(table["source"], table["measure"], table["record_id"], "\x1f").combine_chunks()


def _said(layer: Layer, keys: pa.Array) -> pa.Table:
    """The records of those keys, without when they came."""
    return layer.table.filter(pc.is_in(_keys(layer.table), keys)).drop_columns(["retrieved"])
