"""Areas: administrative units, with the names and codes by which tables refer to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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


@dataclass(frozen=True)
class Crossing:
    """One line of a crosswalk: what a code or a name of other boundaries is in ours, and when it meant that.

    Args:
        to_code: P-code in our boundaries, of the level that the record tells.
        code: Code as records write it; empty where the name alone decides.
        name: Name as records write it; empty where the code alone decides. Where both are given, both must agree.
        valid_from: First day of records it holds for; None: since ever.
        valid_to: Last day; None: until further notice.
        share: Part of the value that goes to `to_code`; the parts of one code and day sum to 1.
        note: Where that is known from.
    """

    to_code: str
    code: str = ""
    name: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    share: float = 1.0
    note: str = ""
