"""Tables: any values by place, from a delimited file, a workbook or a JSON list, with the columns told by the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.period import Step
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Floats, Quarantine, Table, as_mask, received
from riskmap.sources.options import checked, matching
from riskmap.sources.source import Options, Reading
from riskmap.sources.table_options import TableOptions
from riskmap.sources.table_values import How, Positions, Rows, Texts, by_place, newest, row_values, with_nulls
from riskmap.sources.tabular import json_list, read_json, read_table, table_of_records

_NO_PLACE = r"(?i)^([a-z]{2,3}-?x{3,}|unspecified|not available|unknown)$"
"""Codes and names that stand for no place, such as `MDG-XXX`."""

_GEO_PRECISIONS = ("country", "adm1", "adm2")
_MONTHS: Mapping[Step, int] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Mapping[Step, int] = {"day": 1, "week": 7}
_LONGEST_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92}
_DEEPEST_LEVEL = 5

_LICENCE = Licence(id="unstated", attribution="", raw=False, derived=True)


@dataclass(frozen=True)
class Tables:
    """Any measures by place code or place name, as the case's options say."""

    name: str = "tables"
    title: str = "Any table of values by place code or name"
    licence: Licence = _LICENCE
    options: frozenset[str] = frozenset(TableOptions.model_fields)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file; a pure function of its bytes and the options, which `TableOptions` explains.

        Rows are counted after `where`. A row whose values are all unknown is accepted, gives no record, and is counted
        in the notes.

        Raises:
            InputError: The file cannot be read, lacks a column, holds rows of one place and start that differ, or an
                option is missing or wrong.
        """
        given = checked(TableOptions, raw, options)
        table, notes = _chosen(raw, given)
        unmapped = {measure.of for measure in given.measures.values() if not measure.map}
        quarantine = Quarantine(replace(table, columns=with_nulls(table, unmapped)))
        rows = _rows(table, quarantine, given)
        values = {name: row_values(table, quarantine, one) for name, one in given.measures.items()}
        notes += tuple(_placeless(rows, values, given))
        kept = quarantine.kept
        layers = []
        for name, measure in given.measures.items():
            how: How = "distinct" if measure.count_distinct else "sum" if given.sum else "agree"
            found, amounts, told = by_place(rows.only(kept), values[name][kept], how, name)
            late = newest(found) if given.latest else np.ones(len(found), dtype=np.bool_)
            older = f"{name}: {int((~late).sum())} values left out for newer ones"
            notes += (*told, *(() if late.all() else (older,)))
            layers.append(self._layer(raw, found.only(late), amounts[late], {"measure": name}, given))
        return quarantine.reading(Layer.concat(layers), notes)

    def _layer(self, raw: Raw, rows: Rows, values: Floats, named: Mapping[str, str], given: TableOptions) -> Layer:
        measure = given.measures[named["measure"]]
        precision = [_GEO_PRECISIONS[min(level, len(_GEO_PRECISIONS) - 1)] for level in rows.level.tolist()]
        code, parent = (pa.array([text or None for text in texts], pa.string()) for texts in (rows.code, rows.parent))
        return Layer.build(
            {
                **named,
                "record_id": pa.array(rows.ids, pa.string()),
                "source": self.name,
                "theme": measure.theme,
                "kind": measure.kind,
                "spread": measure.spread,
                "value": values,
                "unit": measure.unit,
                "start": rows.start.astype("datetime64[s]"),
                "end": rows.end.astype("datetime64[s]"),
                "time_precision": pa.array([_length(days) for days in _lengths(rows)], pa.string()),
                "retrieved": received(raw, len(rows)),
                "pcode": code if given.pcode else None,
                "place": code if given.place else None,
                "place_parent": parent,
                "pcode_level": rows.level,
                "geo_precision": pa.array(precision, pa.string()),
                "licence": given.licence,
            }
        )


def _chosen(raw: Raw, given: TableOptions) -> tuple[Table, tuple[str, ...]]:
    """The rows that `where` keeps, and how many it does not."""
    if given.records is None:
        table = read_table(raw, given.sheet, given.delimiter, given.encoding)
    else:
        table = table_of_records(raw.name, json_list(raw.name, read_json(raw), given.records))
    keep = matching(table, given.where)
    out = int((~keep).sum())
    return table.where(keep), (f"{out} rows left out by where",) if out else ()


def _rows(table: Table, quarantine: Quarantine, given: TableOptions) -> Rows:
    """Where and when every row is; those that do not say are refused."""
    column = given.pcode or given.place or ""
    text = table.text(column)
    quarantine.refuse(as_mask(pc.is_null(text)), f"{column}: missing", column)
    stands_for_none = as_mask(pc.match_substring_regex(text, _NO_PLACE))
    quarantine.refuse(stands_for_none, f"{column}: stands for no place", column, text)
    start, end = _span(table, quarantine, given)
    quarantine.refuse(end <= start, "ends before it starts")
    parent = table.text(given.place_parent) if given.place_parent else pa.nulls(len(table), pa.string())
    level = _levels(quarantine, len(table), given.level)
    return Rows(table.name, _texts(text), _texts(parent), level, start, np.maximum(end, start), table.rows)


def _texts(text: pa.Array) -> Texts:
    return np.array(pc.fill_null(text, "").to_pylist(), dtype=object)


def _levels(quarantine: Quarantine, length: int, level: int | str) -> Positions:
    if isinstance(level, int):
        return np.full(length, level)
    found = quarantine.numbers(level)
    wrong = (found != np.floor(found)) | (found < 0) | (found > _DEEPEST_LEVEL)
    quarantine.refuse(wrong, f"{level}: no level of 0 to {_DEEPEST_LEVEL}", level)
    return np.where(np.isnan(found) | wrong, 0, found).astype(np.int64)


def _span(table: Table, quarantine: Quarantine, given: TableOptions) -> tuple[Days, Days]:
    """First day and first day after, shape (rows,) each."""
    if given.year is not None:
        return _years(quarantine, given.year)
    columns = [column for column in (given.start, given.end) if column is not None]
    for column in columns:
        table.text(column)
    chosen = table.date_format(*columns, given=given.date_format) if columns else ""
    length = len(table)
    start = quarantine.days(chosen, given.start) if given.start else np.full(length, given.start_date, "datetime64[D]")
    if given.step is not None:
        return start, _stepped(start, given.step)
    end = quarantine.days(chosen, given.end) if given.end else np.full(length, given.end_date, "datetime64[D]")
    return start, end + int(given.end_inclusive)


def _years(quarantine: Quarantine, column: str) -> tuple[Days, Days]:
    found = quarantine.numbers(column)
    wrong = (found != np.floor(found)) | (found < 1) | (found > 9999)
    quarantine.refuse(wrong, f"{column}: not a year", column)
    years = np.where(np.isnan(found) | wrong, 1970, found).astype(np.int64) - 1970
    return (
        years.astype("datetime64[Y]").astype("datetime64[D]"),
        (years + 1).astype("datetime64[Y]").astype("datetime64[D]"),
    )


def _stepped(start: Days, step: Step) -> Days:
    """The days one step later; of months that end earlier their last."""
    if step in _DAYS:
        return start + _DAYS[step]
    month = start.astype("datetime64[M]")
    later = (month + _MONTHS[step]).astype("datetime64[D]")
    after = (month + _MONTHS[step] + 1).astype("datetime64[D]")
    moved: Days = np.minimum(later + (start - month.astype("datetime64[D]")), after - 1)
    return moved


def _lengths(rows: Rows) -> list[int]:
    days: list[int] = (rows.end - rows.start).astype(np.int64).tolist()
    return days


def _length(days: int) -> str:
    """How precisely a value of so many days is dated."""
    return next((word for word, longest in _LONGEST_DAYS.items() if days <= longest), "year")


def _placeless(rows: Rows, values: Mapping[str, Floats], given: TableOptions) -> Iterator[str]:
    """How much of each measure that adds up stands under codes of no place."""
    nowhere = as_mask(pc.match_substring_regex(pa.array(rows.code, pa.string()), _NO_PLACE))
    for name, measure in given.measures.items():
        if nowhere.any() and measure.spread == "extensive" and measure.count_distinct is None:
            yield f"{name}: {np.nansum(values[name][nowhere]):,.12g} {measure.unit} stand under codes of no place"
