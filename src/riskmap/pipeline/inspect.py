"""Inspecting: which source reads a file, what it gives, and what to beware of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskmap.errors import InputError, RiskmapError
from riskmap.model.licence import UNSTATED
from riskmap.model.raw import Raw
from riskmap.pipeline.draft import draft_of
from riskmap.pipeline.summary import Summary, summarise
from riskmap.pipeline.traps import traps_of
from riskmap.sources.sight import Sight, look
from riskmap.sources.source import Source, registered, source
from riskmap.sources.tabular import read_table
from riskmap.sources.vectors import read_features
from riskmap.store.vault import raw_of

_ANY_TABLE = "tables"
_FIRST = ("hxl", "shapes", "rasters", _ANY_TABLE)
"""Of general sources that all refuse a file, whose reason is told."""
_SHAPES = frozenset({"shapefile", "geopackage", "flatgeobuf", "parquet"})
_COMPANIONS = frozenset({".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qpj"})


@dataclass(frozen=True)
class Inspected:
    """What is found in one file.

    Args:
        file: Its name.
        kind: What it is, by its content: `delimited`, `workbook`, `json`, `raster` and the like.
        source: Who reads it; None where nobody does.
        summary: What it gives; None where it is refused.
        refusal: Why it is refused, and what to do; empty where it is read.
        traps: What to beware of.
        draft: What a case would have to say of a table of nobody; empty where it need not.
    """

    file: str
    kind: str
    source: str | None
    summary: Summary | None = None
    refusal: str = ""
    traps: tuple[str, ...] = ()
    draft: str = ""


def inspected_files(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Files, and those of folders in the order of their names, each with the folder that it is named from."""
    for path in paths:
        if path.is_dir():
            yield from ((one, path) for one in sorted(path.rglob("*")) if one.is_file())
        else:
            yield path, path.parent


def inspect_file(
    path: Path, root: Path, options: Mapping[str, Any] | None = None, name: str | None = None
) -> Inspected:
    """Looks at a file as the source that it belongs to reads it.

    A file that a provider claims is read by that provider or refused, never taken for any table.

    Args:
        path: The file.
        root: Folder that it is named from.
        options: As a case would give them.
        name: Registry name of a source, in place of the one that is found.

    Raises:
        InputError: There is no such file.
        UnknownSource: There is no source of that name.
    """
    raw = raw_of(path, root)
    if path.suffix.lower() in _COMPANIONS:
        told = f"a companion of the shapefile {path.stem}.shp; look at that one"
        return Inspected(raw.name, "companion", None, refusal=told)
    sight = look(raw)
    readers = [source(name)] if name else _readers(raw)
    refusals = []
    for reader in readers:
        try:
            reading = reader.read(raw, _taken(reader, options or {}))
        except RiskmapError as error:
            refusals.append((reader.name, str(error)))
            continue
        summary = summarise(reading)
        return Inspected(raw.name, sight.kind, reader.name, summary, "", traps_of(reading.layer, reader.licence))
    if not refusals:
        known = "no source knows it; if it holds a table, shapes or a raster, name its columns in a case"
        return Inspected(raw.name, sight.kind, None, refusal=known)
    by, why = min(refusals, key=lambda one: _FIRST.index(one[0]) if one[0] in _FIRST else len(_FIRST))
    flaw = _flaw(raw, sight) if is_general(source(by)) else ""
    draft = draft_of(raw) if by == _ANY_TABLE and not flaw else ""
    return Inspected(raw.name, sight.kind, by, refusal=flaw or why, draft=draft)


def _readers(raw: Raw) -> Sequence[Source]:
    """Providers that claim a file, or else whoever reads any file of its kind."""
    sight = look(raw)
    claiming = [made for made in map(source, registered()) if made.recognises(sight)]
    return [made for made in claiming if not is_general(made)] or claiming


def _flaw(raw: Raw, sight: Sight) -> str:
    """What is wrong with a file of anybody's whatever a case may say of it; empty where nothing is."""
    try:
        if sight.kind in _SHAPES or "features" in sight.keys:
            read_features(raw)
        elif sight.kind in {"delimited", "workbook"} or (sight.kind == "json" and not sight.columns):
            read_table(raw)
    except InputError as error:
        return str(error)
    return ""


def is_general(made: Source) -> bool:
    """Whether a source reads files of anybody, on terms that a case must tell."""
    return made.licence.id == UNSTATED.id


def _taken(reader: Source, options: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in options.items() if name in reader.options}
