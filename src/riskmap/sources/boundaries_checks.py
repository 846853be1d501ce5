"""Checks of boundaries: units that overlap, holes between them, children outside their parents. Told, never mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from riskmap.model.area import Area
from riskmap.sources.columns import listed
from riskmap.sources.vectors import Shapes, areas_km2, valid

_LEAST_KM2 = 0.01
_LEAST_SHARE = 1e-4
_OUTSIDE_SHARE = 0.01
_DUST_DEGREES = 1e-12


def coverage_notes(areas: Sequence[Area]) -> tuple[str, ...]:
    """Whether the units of one level cover their ground once: overlaps and holes above a hectare.

    A hole may be a lake or foreign ground; slivers along a border that was drawn twice are not told.
    """
    shapes = _outlines(areas)
    return (*_overlaps(areas, shapes), *_holes(shapes))


def nesting_notes(areas: Sequence[Area]) -> tuple[str, ...]:
    """Whether units lie inside the units they name as their parents, over all levels given.

    Levels without the level above them are not looked at, and neither are units that name no parent.
    """
    by_code = {(area.level, area.pcode): area for area in areas}
    there = {area.level for area in areas}
    children = [area for area in areas if area.parent and area.level - 1 in there]
    lost = [area.pcode for area in children if (area.level - 1, area.parent) not in by_code]
    kept = [(area, by_code[area.level - 1, area.parent]) for area in children if area.pcode not in set(lost)]
    notes = [f"{len(lost)} units name parents that are not there: {listed(sorted(lost))}"] if lost else []
    if kept:
        inner, outer = (_outlines([pair[side] for pair in kept]) for side in (0, 1))
        outside = areas_km2(shapely.difference(inner, outer))
        astray = outside > _OUTSIDE_SHARE * areas_km2(inner)
        codes = [area.pcode for (area, _), far in zip(kept, astray.tolist(), strict=True) if far]
        if codes:
            told = f"with {outside[astray].sum():,.0f} km2 of theirs"
            notes.append(f"{len(codes)} units lie outside their parents {told}: {listed(sorted(codes))}")
    return tuple(notes)


def _outlines(areas: Sequence[Area]) -> Shapes:
    """Outlines of units, in which coordinates less than a micrometre from zero are zero.

    Damaged files hold such, far smaller still. The product of two is nothing, and an overlay would divide by it.
    """
    shapes = np.array([area.geometry for area in areas], dtype=object)
    places = shapely.get_coordinates(shapes)
    if not ((places != 0) & (np.abs(places) < _DUST_DEGREES)).any():
        return shapes
    settled = shapely.transform(shapes, lambda places: np.where(np.abs(places) < _DUST_DEGREES, 0.0, places))
    return valid(settled)[0]


def _overlaps(areas: Sequence[Area], shapes: Shapes) -> Iterator[str]:
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    shared = shapely.intersection(shapes[first], shapes[second])
    met = np.flatnonzero(shapely.area(shared) > 0)
    km2 = areas_km2(shared[met])
    smaller = np.minimum(areas_km2(shapes[first[met]]), areas_km2(shapes[second[met]]))
    large = (km2 > _LEAST_KM2) & (km2 > _LEAST_SHARE * smaller)
    if large.any():
        named = [f"{areas[first[pair]].pcode}/{areas[second[pair]].pcode}" for pair in met[large]]
        yield f"{int(large.sum())} pairs of units overlap, by {km2[large].sum():,.0f} km2 together: {listed(named)}"


def _holes(shapes: Shapes) -> Iterator[str]:
    parts = shapely.get_parts(shapely.union_all(shapes))
    rings = [ring for part in parts for ring in part.interiors]
    if not rings:
        return
    km2 = areas_km2(shapely.polygons(rings))
    large = km2 > _LEAST_KM2
    if large.any():
        yield f"{int(large.sum())} holes between units, {km2[large].sum():,.0f} km2 together: lakes, or no unit's"
