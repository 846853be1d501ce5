"""Which columns of a 3W say who, what, where and when: as the case tells, by HXL tag, or by the names in use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from riskmap.errors import InputError
from riskmap.sources.admin_units import LevelColumns
from riskmap.sources.columns import Table, listed
from riskmap.sources.hxl_columns import Tag, column_of, tags_of
from riskmap.sources.hxl_columns import units_of as tagged_units
from riskmap.sources.options import Given, Where

ORGANISATION, SECTOR, STATUS, START, END = "organisation", "sector", "status", "start", "end"

_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ORGANISATION: (
            "implementing organisation",
            "implementing organization",
            "implementing partner",
            "organisation name",
            "organization name",
            "organisation",
            "organization",
            "org name",
            "org",
            "partner",
            "partenaire",
            "organizacion",
        ),
        SECTOR: ("sector", "cluster", "sector cluster", "sector name", "cluster name", "main sector", "secteur"),
        STATUS: ("status", "activity status", "project status", "statut", "estado"),
        START: ("start date", "date start", "activity start date", "project start date", "date de debut"),
        END: ("end date", "date end", "activity end date", "project end date", "date de fin"),
    }
)
_TAGS: Mapping[str, str] = MappingProxyType(
    {ORGANISATION: "#org", SECTOR: "#sector", STATUS: "#status", START: "#date", END: "#date"}
)
_MUST: Mapping[str, frozenset[str]] = MappingProxyType({START: frozenset({"start"}), END: frozenset({"end"})})
_NOT_AT_WORK = frozenset({"funder", "donor", "funding", "type", "prog", "code", "description"})
"""Attributes of organisations that pay or are told by type, and of sectors told otherwise than by name."""

_CODE, _NAME = (
    r"^(?:admin|adm|admin level|level) ?{}(?: ?p ?code| code)$",
    r"^(?:admin|adm|admin level|level) ?{}(?: name| en)?$",
)
_DEEPEST = 4


class PresenceOptions(Given):
    """What a case says of a 3W that its columns do not.

    Args:
        sheet: Sheet of a workbook.
        delimiter: Of a delimited file, where it cannot be told from its header.
        encoding: Of a delimited file that is not UTF-8.
        header_row: Row in which the names of the columns stand.
        header_rows: 2 where merged cells stand above the names.
        organisation: Column, or HXL tag, of organisations; found where not given, like all columns that follow.
        sector: Of sectors.
        status: Of how far an activity is.
        start: Of first days.
        end: Of last days.
        pcode: Of place codes; with `level`.
        place: Of place names; likewise.
        place_parent: Of the names one level up.
        level: Of the places; the finest that the columns tell where not given.
        where: Column or tag -> value or values: only these rows.
        sectors: Only rows of these, by name or code.
        start_date: First day of rows that tell none.
        end_date: First day after, of rows that tell no last day.
        date_format: Of the date columns, where it cannot be told.
    """

    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    header_row: int = Field(default=1, ge=1)
    header_rows: Literal[1, 2] = 1
    organisation: str | None = None
    sector: str | None = None
    status: str | None = None
    start: str | None = None
    end: str | None = None
    pcode: str | None = None
    place: str | None = None
    place_parent: str | None = None
    level: int | None = Field(default=None, ge=0, le=4)
    where: Where = Field(default_factory=dict)
    sectors: tuple[str, ...] = ()
    start_date: date | None = None
    end_date: date | None = None
    date_format: str | None = None


@dataclass(frozen=True)
class Columns:
    """Columns of a 3W, as written.

    Args:
        of: Who, what and when -> column; without those that are not there.
        levels: Columns of place.
        notes: What was mended.
    """

    of: Mapping[str, str]
    levels: tuple[LevelColumns, ...]
    notes: tuple[str, ...] = field(default=())


def columns_of(table: Table, given: PresenceOptions) -> Columns:
    """Which columns say what.

    Raises:
        InputError: None names organisations, or none tells a place.
    """
    found = {what: column for what in _NAMES if (column := _found(table, what, given)) is not None}
    if ORGANISATION not in found:
        told = f"no column names organisations; found {listed(table.columns)}"
        raise InputError(table.name, f"{told}; tell it by the option organisation")
    levels, notes = _levels(table, given)
    if not levels:
        raise InputError(
            table.name, f"no column tells a place; found {listed(table.columns)}; give the option pcode or place"
        )
    return Columns(found, levels, notes)


def looks_like(names: Sequence[str], text: str) -> bool:
    """Whether a header, or a row of tags below it, is of a table of who does what and where."""
    folded = {_folded(name) for name in names}
    who, what = (bool(folded & set(_NAMES[one])) for one in (ORGANISATION, SECTOR))
    where = any(_level_of(name, form) is not None for name in folded for form in (_CODE, _NAME))
    return (who and what and where) or ("#org" in text and "#sector" in text and "#adm" in text)


def _found(table: Table, what: str, given: PresenceOptions) -> str | None:
    told = getattr(given, what)
    if told is not None:
        return column_of(table, told)
    if table.tags:
        must = _MUST.get(what, frozenset())
        tagged = (
            (column, tag.attributes)
            for column, tag in tags_of(table).items()
            if tag.word == _TAGS[what] and must <= tag.attributes and not tag.attributes & _NOT_AT_WORK
        )
        best = min(tagged, key=lambda one: len(one[1]), default=None)
        if best is not None:
            return best[0]
    folded = {_folded(column): column for column in table.columns}
    return next((folded[name] for name in _NAMES[what] if name in folded), None)


def _levels(table: Table, given: PresenceOptions) -> tuple[tuple[LevelColumns, ...], tuple[str, ...]]:
    """Columns of place by level, and notes on tags that were swapped."""
    if given.pcode is not None or given.place is not None:
        if given.level is None:
            raise InputError(table.name, "option level: is missing; it says of which level pcode and place are")
        above = (
            (LevelColumns(given.level - 1, "", (column_of(table, given.place_parent),)),) if given.place_parent else ()
        )
        code = column_of(table, given.pcode) if given.pcode else ""
        names = (column_of(table, given.place),) if given.place else ()
        return (*above, LevelColumns(given.level, code, names)), ()
    if any(Tag.of(text).word.startswith("#adm") for text in table.tags.values()):
        units, notes = tagged_units(table)
        return tuple(LevelColumns(one.level, one.code, (one.name,) if one.name else ()) for one in units), notes
    return tuple(_named_levels(table)), ()


def _named_levels(table: Table) -> Iterator[LevelColumns]:
    """Columns of place by their names."""
    for level in range(1, _DEEPEST + 1):
        codes = [column for column in table.columns if _level_of(_folded(column), _CODE) == level]
        names = [column for column in table.columns if _level_of(_folded(column), _NAME) == level]
        if codes or names:
            yield LevelColumns(level, codes[0] if codes else "", tuple(names))


def _level_of(name: str, form: str) -> int | None:
    return next((level for level in range(_DEEPEST + 1) if re.match(form.format(level), name)), None)


def _folded(name: str) -> str:
    """A name in lower case, without accents and marks."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain.casefold()).split())
