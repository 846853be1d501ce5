"""HXL: any table with a row of tags below its header, read by what the tags say.

What cannot be told from tags, such as how long a count holds, is asked of the case and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmap.errors import InputError
from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Table, listed
from riskmap.sources.hxl_columns import Tag, Unit, column_of, dates_of, filled, tags_of, units_of
from riskmap.sources.hxl_options import HxlOptions
from riskmap.sources.options import checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.table_options import MeasureOptions, TableOptions
from riskmap.sources.table_reading import read_measures
from riskmap.sources.tabular import Header, read_table

_LICENCE = Licence(id="unstated", attribution="", raw=False, derived=True)

_PEOPLE: Mapping[str, Any] = {"unit": "people", "kind": "stock", "spread": "extensive"}
_KNOWN: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "#affected+idps": ("idps", {"theme": "displacement", "overlap": "displaced-people"}),
    "#affected+refugees": ("refugees", {"theme": "displacement", "overlap": "refugees"}),
    "#affected+returnees": ("returned_people", {"theme": "displacement", "overlap": "returned-people"}),
    "#affected": ("affected_people", {"theme": "vulnerability", "overlap": None}),
    "#inneed": ("people_in_need", {"theme": "vulnerability", "overlap": "people-in-need"}),
    "#population": ("population", {"theme": "population", "overlap": "residents"}),
}
"""Tag -> measure of a column that is read without being asked for, and what it counts."""

_WHOLE = frozenset({"ind", "num", "total", "all"})
"""Attributes that leave a count the count of all; any other makes it a part, or a count of households."""

_BEFORE = frozenset({"start", "end", "from", "to", "year"})
_DAY = ("reported", "assessed", "survey", "occurred")


@dataclass(frozen=True)
class Hxl:
    """Any measures of a table with HXL tags: those that its tags tell, or those of the option `measures`."""

    name: str = "hxl"
    title: str = "Any table with HXL tags"
    licence: Licence = _LICENCE
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(HxlOptions.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        if sight.kind == "workbook":
            return any(Tag.of(cell).word.startswith(("#adm", "#country", "#geo")) for cell in sight.columns)
        second = "".join(sight.text.splitlines()[1:2])
        cells = [cell for part in re.split(r"[,;\t|]", second) if (cell := part.strip(' "'))]
        return sight.kind == "delimited" and sum(cell.startswith("#") for cell in cells) * 2 >= max(len(cells), 1)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file; a pure function of its bytes and the options, which `HxlOptions` explains.

        Raises:
            InputError: The file has no tags, the tags do not tell where, when or what, rows of one place differ, or an
                option is missing or wrong.
        """
        given = checked(HxlOptions, raw, options)
        header = Header(given.header_row, given.header_rows)
        table = read_table(raw, given.sheet, given.delimiter, given.encoding, header)
        place, notes = _place(table, given.level)
        told = given.model_dump(include=_PASSED, exclude_unset=True)
        told |= place | _time(table, given)
        told["where"] = {column_of(table, tag): wanted for tag, wanted in given.where.items()}
        told["measures"] = _measures(table, given) if given.measures else _automatic(table)
        made = checked(TableOptions, raw, told)
        return read_measures(self.name, raw, table, made, notes)


_PASSED = {"end_inclusive", "date_format", "latest", "sum", "licence", "attribution", "redistribute_raw"}
"""Options that mean the same to a table without tags."""


def _place(table: Table, level: int | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Options of place: the finest level whose columns are filled, or the one wanted.

    Raises:
        InputError: The tags tell no place of that level.
    """
    units, notes = units_of(table)
    told = [one for one in units if any(filled(table, column) for column in (one.code, one.name) if column)]
    chosen = next((one for one in reversed(told) if level in {None, one.level}), None)
    if chosen is None:
        wanted = "a place" if level is None else f"a place of level {level}"
        raise InputError(table.name, f"the tags do not tell {wanted}; they are {listed(table.tags.values())}")
    above = [one for one in units if one.level == chosen.level - 1 and one.name]
    return {
        "level": chosen.level,
        "pcode": chosen.code or None,
        "place": chosen.name or None,
        "place_parent": _parent(chosen, above),
    }, notes


def _parent(chosen: Unit, above: Sequence[Unit]) -> str | None:
    """Column of the names one level up; countries guard nothing."""
    return above[0].name if above and chosen.level > 1 and chosen.name else None


def _time(table: Table, given: HxlOptions) -> dict[str, Any]:
    """Options of time: those given, and for the rest what the tags tell."""
    told: dict[str, Any] = {"start_date": given.start_date, "end_date": given.end_date, "step": given.step}
    for name, column in (("start", given.start), ("end", given.end)):
        told[name] = column_of(table, column) if column else None
    dates = list(dates_of(table))
    if not told["start"] and not told["start_date"]:
        told["start"] = _dated(dates, {"start", "from"}) or _reported(dates)
        if told["start"] is None:
            raise InputError(table.name, "the tags tell no date; give the option start_date, and end_date or step")
    if not (told["end"] or told["end_date"] or told["step"]):
        told["end"] = _dated(dates, {"end", "to"})
        if told["end"] is None:
            raise InputError(table.name, "the tags tell no end; give the option step (such as month) or end_date")
        told["end_inclusive"] = True
    return {name: value for name, value in told.items() if value is not None}


def _dated(dates: Sequence[tuple[str, Tag]], words: set[str]) -> str | None:
    return next((column for column, tag in dates if tag.attributes & words), None)


def _reported(dates: Sequence[tuple[str, Tag]]) -> str | None:
    """The column of a date that stands for a row: when it was reported, else when it happened, else just a date."""
    days = [(column, tag) for column, tag in dates if not tag.attributes & _BEFORE and tag.word == "#date"]
    told = [column for word in _DAY for column, tag in days if word in tag.attributes]
    return next(iter([*told, *(column for column, _ in days)]), None)


def _measures(table: Table, given: HxlOptions) -> dict[str, dict[str, Any]]:
    """Options of the measures that are asked for, with columns in place of tags."""
    found = {}
    for name, one in given.measures.items():
        told = one.model_dump(exclude={"tag", "count_distinct"})
        columns = {"column": one.tag, "count_distinct": one.count_distinct}
        told |= {way: column_of(table, tag) for way, tag in columns.items() if tag}
        found[name] = told
    return found


def _automatic(table: Table) -> dict[str, MeasureOptions]:
    """Measures of the columns that count all people of a kind.

    Raises:
        InputError: No tag tells one.
    """
    found: dict[str, MeasureOptions] = {}
    for column, tag in tags_of(table).items():
        bare = Tag(tag.word, tag.attributes - _WHOLE)
        known = next((told for text, told in _KNOWN.items() if Tag.of(text) == bare), None)
        if known is None or not filled(table, column):
            continue
        if known[0] in found:
            told = f"{found[known[0]].of!r} and {column!r} both tell {known[0]}"
            raise InputError(table.name, f"{told}; choose one by the option measures", field=column)
        found[known[0]] = MeasureOptions.model_validate({"column": column, **_PEOPLE, **known[1]})
    if not found:
        told = f"no tag tells a count of people that is known here; they are {listed(table.tags.values())}"
        raise InputError(table.name, f"{told}; say by the option measures what the table holds")
    return found
