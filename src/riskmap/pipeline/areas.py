"""The area of a case: its administrative units, from files or from what was fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import shapely

from riskmap.errors import CaseError, InputError
from riskmap.grid.codes import country_names
from riskmap.grid.nesting import nested
from riskmap.model.area import Area
from riskmap.model.case import Boundary, Case
from riskmap.model.licence import UNSTATED, Licence
from riskmap.model.raw import Raw
from riskmap.pipeline.fetched import fetched
from riskmap.pipeline.ingest import Place
from riskmap.sources.boundaries import AreaReading, read_areas
from riskmap.sources.boundaries_checks import nesting_notes
from riskmap.sources.sight import look
from riskmap.sources.source import registered, source
from riskmap.store.vault import raw_of


@dataclass(frozen=True)
class Outline:
    """One file of boundaries.

    Args:
        raw: The file.
        licence: Its terms.
    """

    raw: Raw
    licence: Licence


def areas_of(case: Case, place: Place) -> tuple[tuple[Area, ...], tuple[Outline, ...], tuple[str, ...]]:
    """Administrative units of the case, the country itself included, with the files they came from and notes.

    The country (level 0) is the union of the coarsest level given; an area by bbox is one unit of level 0.

    Raises:
        CaseError: Boundaries from the vault were not fetched.
        InputError: A file holds no such units, or cannot be read.
    """
    if case.bbox is not None:
        return (Area(case.iso3 or "AREA", case.title, 0, shapely.box(*case.bbox)),), (), ()
    areas: list[Area] = []
    outlines, notes = [], []
    for boundary in case.boundaries:
        raw, reading = _read(boundary, case, place)
        areas += reading.areas
        outlines.append(Outline(raw, _terms(boundary, raw)))
        notes += [f"{raw.name}: {note}" for note in reading.notes]
    notes += nesting_notes(areas)
    if not any(area.level == 0 for area in areas):
        areas.insert(0, _country(case, areas))
    whole, found = nested(areas)
    return whole, tuple(outlines), (*notes, *found)


def _read(boundary: Boundary, case: Case, place: Place) -> tuple[Raw, AreaReading]:
    if not boundary.vault:
        raw = raw_of(place.folder / boundary.path, place.folder)
        return raw, read_areas(raw, boundary.level, boundary.options)
    level = str(boundary.level)
    found = fetched(boundary.vault, case.iso3, place.vault, place.as_of)
    raws = [one.raw for one in reversed(found) if one.raw.labels.get("level", level) == level]
    refused = f"run riskmap fetch {boundary.vault} --area {case.iso3}"
    for raw in raws:
        try:
            return raw, read_areas(raw, boundary.level, boundary.options)
        except InputError as error:
            refused = str(error)
    raise CaseError(f"boundaries of level {level}: nothing fetched from {boundary.vault} holds them; {refused}")


def _terms(boundary: Boundary, raw: Raw) -> Licence:
    """Terms of a file: what the case says, or its layer, or the provider that it was fetched from or is known by."""
    sight = look(raw)
    providers = [source(boundary.vault)] if boundary.vault else [source(name) for name in registered()]
    claiming = (one.licence for one in providers if boundary.vault or one.recognises(sight))
    known = next((licence for licence in claiming if licence.id != UNSTATED.id), UNSTATED)
    return replace(
        known,
        id=boundary.licence or raw.labels.get("licence") or known.id,
        attribution=boundary.attribution or known.attribution,
    )


def _country(case: Case, areas: Sequence[Area]) -> Area:
    coarsest = min(area.level for area in areas)
    parts = [area.geometry for area in areas if area.level == coarsest]
    return Area(case.iso3, case.title, 0, shapely.union_all(parts), alternatives=country_names(case.iso3))
