"""From a case to records: every input found, checked and read, with nothing written yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import shapely

from riskmap.errors import CaseError
from riskmap.model.area import Area
from riskmap.model.case import Case, CaseInput
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.boundaries import read_areas
from riskmap.sources.source import Reading, Source, source
from riskmap.store.vault import raw_of


@dataclass(frozen=True)
class Ingested:
    """One input of a case, read.

    Args:
        given: What the case says of it.
        provider: The source that read it.
        raws: Its files.
        readings: What each file gave, in the same order.
    """

    given: CaseInput
    provider: Source
    raws: tuple[Raw, ...]
    readings: tuple[Reading, ...]

    @cached_property
    def layer(self) -> Layer:
        """The records of all files together."""
        return Layer.concat([reading.layer for reading in self.readings])

    @property
    def licence(self) -> Licence:
        """Terms of this input: the case's own words where its source leaves them open, else the source's."""
        options, terms = self.given.options, self.provider.licence
        return Licence(
            id=str(options.get("licence", terms.id)),
            attribution=str(options.get("attribution", terms.attribution)),
            url=terms.url,
            raw=bool(options.get("redistribute_raw", terms.raw)),
            derived=terms.derived,
        )


def check_inputs(case: Case, folder: Path) -> tuple[tuple[CaseInput, Source, tuple[Path, ...]], ...]:
    """Every input with its source and its files, before anything is read.

    Raises:
        UnknownSource: A source of that name is not registered.
        CaseError: An input matches no file, or gives an option that its source does not take.
    """
    return tuple((given, _provider(given), _files(given, folder)) for given in case.inputs)


def ingest(case: Case, folder: Path) -> tuple[Ingested, ...]:
    """Every input of the case, read.

    Raises:
        InputError: A file cannot be read as what it claims to be.
    """
    found = []
    for given, provider, paths in check_inputs(case, folder):
        raws = tuple(raw_of(path, folder) for path in paths)
        readings = tuple(provider.read(raw, given.options) for raw in raws)
        found.append(Ingested(given, provider, raws, readings))
    return tuple(found)


def areas_of(case: Case, folder: Path) -> tuple[tuple[Area, ...], tuple[Raw, ...], tuple[str, ...]]:
    """Administrative units of the case, the country itself included, with the files they came from and notes.

    The country (level 0) is the union of the coarsest level given; an area by bbox is one unit of level 0.
    """
    if case.bbox is not None:
        return (Area(case.iso3 or "AREA", case.title, 0, shapely.box(*case.bbox)),), (), ()
    areas: list[Area] = []
    raws, notes = [], []
    for boundary in case.boundaries:
        raw = raw_of(folder / boundary.path, folder)
        reading = read_areas(raw, boundary.level, boundary.options)
        areas += reading.areas
        raws.append(raw)
        notes += [f"{raw.name}: {note}" for note in reading.notes]
    if not any(area.level == 0 for area in areas):
        areas.insert(0, _country(case, areas))
    return tuple(areas), tuple(raws), tuple(notes)


def _country(case: Case, areas: Sequence[Area]) -> Area:
    coarsest = min(area.level for area in areas)
    parts = [area.geometry for area in areas if area.level == coarsest]
    return Area(case.iso3, case.title, 0, shapely.union_all(parts))


def _provider(given: CaseInput) -> Source:
    provider = source(given.source)
    unknown = sorted(set(given.options) - provider.options)
    if unknown:
        raise CaseError(
            f"input {given.source} ({given.path}): unknown option {unknown[0]!r};"
            f" {given.source} takes {', '.join(sorted(provider.options)) or 'none'}"
        )
    return provider


def _files(given: CaseInput, folder: Path) -> tuple[Path, ...]:
    if any(mark in given.path for mark in "*?["):
        paths = tuple(sorted(path for path in folder.glob(given.path) if path.is_file()))
    else:
        paths = tuple(path for path in [folder / given.path] if path.is_file())
    if not paths:
        raise CaseError(f"input {given.source}: no file matches {given.path!r} in {folder}; mend the path or --inputs")
    return paths
