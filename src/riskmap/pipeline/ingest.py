"""From a case to records: every input found, checked and read, with nothing written yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path

from riskmap.errors import CaseError
from riskmap.model.case import Case, CaseInput
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Part, Raw
from riskmap.pipeline.fetched import Payload, fetched
from riskmap.pipeline.timeline import Telling, believed, known
from riskmap.sources.source import Options, Reading, Source, source
from riskmap.store.vault import Vault, raw_of

Read = Callable[[Source, Raw, Options], Reading]


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
            derived=terms.derived and not self.given.keep_private,
        )


@dataclass(frozen=True)
class Place:
    """Where the inputs of a case are, and on which day the build stands.

    Args:
        folder: Inputs folder, which the case's paths are relative to.
        vault: What was fetched.
        as_of: Only what was known on that day is used; None for all there is.
        read: Reads a file, or takes what it gave before; as `Steps.reading`.
        parts: Files of the folder that are parts of larger ones elsewhere, by name.
    """

    folder: Path
    vault: Vault
    as_of: date | None = None
    read: Read = lambda reader, raw, options: reader.read(raw, options)
    parts: Mapping[str, Part] = field(default_factory=dict)


def check_inputs(case: Case, place: Place) -> None:
    """Looks at every input before anything is read.

    Raises:
        UnknownSource: A source of that name is not registered.
        CaseError: An input matches no file, nothing was fetched for it, or it gives an option that its source does not
            take.
    """
    for given in case.inputs:
        _provider(given)
        _found(given, case, place)


def ingest(case: Case, place: Place) -> tuple[Ingested, ...]:
    """Every input of the case, read: what was known, and of several tellings the one that stands.

    Raises:
        CaseError: With `as_of`, an input does not say when it became known.
        InputError: A file cannot be read as what it claims to be.
    """
    return tuple(_ingested(given, case, place) for given in case.inputs)


def _ingested(given: CaseInput, case: Case, place: Place) -> Ingested:
    provider = _provider(given)
    tellings = [_telling(provider, one, given, place.read) for one in _found(given, case, place)]
    if place.as_of is not None:
        tellings = [known(telling, place.as_of) for telling in tellings]
    stand = believed(tellings)
    return Ingested(given, provider, tuple(one.raw for one in stand), tuple(one.reading for one in stand))


def _telling(provider: Source, payload: Payload, given: CaseInput, read: Read) -> Telling:
    reading = read(provider, payload.raw, given.options)
    cover = payload.cover or (reading.cover if payload.whole else None)
    return Telling(payload.raw, reading, cover, payload.area, payload.told)


def _provider(given: CaseInput) -> Source:
    provider = source(given.source)
    unknown = sorted(set(given.options) - provider.options)
    if unknown:
        raise CaseError(
            f"input {given.source} ({given.path}): unknown option {unknown[0]!r};"
            f" {given.source} takes {', '.join(sorted(provider.options)) or 'none'}"
        )
    return provider


def _found(given: CaseInput, case: Case, place: Place) -> list[Payload]:
    """The payloads of an input that had been received by the day of the build.

    Raises:
        CaseError: There are none.
    """
    if given.vault:
        found = fetched(given.source, case.iso3, place.vault, place.as_of)
        if not found:
            told = f"--area {case.iso3} " if case.iso3 else ""
            raise CaseError(
                f"input {given.source}: nothing was fetched{_by(place)}; run riskmap fetch {given.source} {told}"
            )
        return found
    paths = _files(given, place.folder)
    days = {path: given.received_on(path.name) for path in paths}
    kept = [path for path in paths if place.as_of is None or (days[path] or place.as_of) <= place.as_of]
    if not kept:
        raise CaseError(f"input {given.source}: none of the files of {given.path!r} had been received{_by(place)}")
    raws = (raw_of(path, place.folder, _start_of(days[path])) for path in kept)
    return [Payload(replace(raw, part=place.parts.get(raw.name))) for raw in raws]


def _by(place: Place) -> str:
    return f" by {place.as_of}" if place.as_of else ""


def _start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _files(given: CaseInput, folder: Path) -> tuple[Path, ...]:
    if any(mark in given.path for mark in "*?["):
        paths = tuple(sorted(path for path in folder.glob(given.path) if path.is_file()))
    else:
        paths = tuple(path for path in [folder / given.path] if path.is_file())
    if not paths:
        raise CaseError(f"input {given.source}: no file matches {given.path!r} in {folder}; mend the path or --inputs")
    return paths
