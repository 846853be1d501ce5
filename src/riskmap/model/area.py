"""Areas: administrative units, with the names and codes by which tables refer to them."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import Geometry


@dataclass(frozen=True)
class Area:
    """One administrative unit.

    Args:
        pcode: Place code, unique within its level and vintage.
        name: Main name, as published.
        level: 0 country, 1 region, 2 district, and finer.
        geometry: Polygon or multipolygon, lon/lat (OGC:CRS84).
        parent: P-code of the unit one level up; empty where unknown.
        vintage: Boundary vintage, an ISO date or a version; empty where unknown.
        alternatives: Other names in use.
    """

    pcode: str
    name: str
    level: int
    geometry: Geometry
    parent: str = ""
    vintage: str = ""
    alternatives: tuple[str, ...] = ()
