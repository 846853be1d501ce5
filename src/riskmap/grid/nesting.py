"""Nesting: which unit holds which, where the boundaries do not say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from riskmap.grid.codes import clean_code
from riskmap.grid.places import Gazetteer
from riskmap.model.area import Area


def nested(areas: Sequence[Area]) -> tuple[tuple[Area, ...], tuple[str, ...]]:
    """The same units, each below the first two levels with the code of the unit that holds it.

    A parent that is told and known is kept. Else the longest code one level up that a unit's own begins with is taken,
    and else the unit that a point inside it lies in.

    Args:
        areas: Of any levels, in any order; kept in it.

    Returns:
        The units, and in words how many parents were found and how.
    """
    by_level = {level: [area for area in areas if area.level == level] for level in {area.level for area in areas}}
    gazetteer = Gazetteer(by_level)
    found: dict[int, Area] = {}
    how: Counter[tuple[int, str]] = Counter()
    for level in sorted(level for level in by_level if level > 1 and level - 1 in by_level):
        above = by_level[level - 1]
        known = {clean_code(area.pcode) for area in above}
        by_code = gazetteer.stages[level].parents
        by_shape = _holders(by_level[level], above)
        for area, coded, shaped in zip(by_level[level], by_code, by_shape, strict=True):
            holder = coded if coded >= 0 else shaped
            if clean_code(area.parent) in known or holder < 0:
                continue
            found[id(area)] = replace(area, parent=above[holder].pcode)
            how[level, "code" if coded >= 0 else "place"] += 1
    notes = tuple(
        f"{count} units of level {level} name no known parent: found by their {what}"
        for (level, what), count in sorted(how.items())
    )
    return tuple(found.get(id(area), area) for area in areas), notes


def _holders(areas: Sequence[Area], above: Sequence[Area]) -> list[int]:
    """The unit that a point inside each area lies in, -1 where none does."""
    inside = shapely.point_on_surface(np.array([area.geometry for area in areas], object))
    rows, holders = shapely.STRtree([area.geometry for area in above]).query(inside, predicate="intersects")
    found = np.full(len(areas), -1)
    order = np.argsort(-holders)  # of several the first in the order of the units above
    found[rows[order]] = holders[order]
    return [int(holder) for holder in found]
