"""From a table and what a case says of it to records: the hands that `tables` and its like have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.layer import Layer
from riskmap.model.period import Step
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Floats, Quarantine, Table, as_mask, received
from riskmap.sources.options import matching
from riskmap.sources.source import Reading
from riskmap.sources.spans import precision_of
from riskmap.sources.table_options import MeasureOptions, TableOptions
from riskmap.sources.table_values import How, Positions, Rows, Texts, by_place, newest, row_values, with_nulls

_NO_PLACE = r"(?i)^([a-z]{2,3}-?x{3,}|unspecified|not available|unknown)$"
"""Codes and names that stand for no place, such as `MDG-XXX`."""

_GEO_PRECISIONS = ("country", "adm1", "adm2")
_MONTHS: Mapping[Step, int] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Mapping[Step, int] = {"day": 1, "week": 7}
_DEEPEST_LEVEL = 5
_HOW: Mapping[bool | str, How] = {False: "agree", True: "sum", "known": "known"}


def read_measures(source: str, raw: Raw, table: Table, given: TableOptions, notes: tuple[str, ...] = ()) -> Reading:
    """Records of the measures of a table.

    Rows are counted after `where`. A row whose values are all unknown is accepted, gives no record, and is counted in
    the notes.

    Args:
        source: Name of the source that its records bear.
        raw: The file.
        table: Its rows.
        given: What they hold and where.
        notes: What was assumed before.

    Raises:
        InputError: The table lacks a column, or holds rows of one place and start that differ.
    """
    keep = matching(table, given.where)
    out = int((~keep).sum())
    table = table.where(keep)
    notes += (f"{out} rows left out by where",) if out else ()
    unmapped = {measure.of for measure in given.measures.values() if not measure.map}
    quarantine = Quarantine(replace(table, columns=with_nulls(table, unmapped)))
    rows = _rows(table, quarantine, given)
    values = {name: row_values(table, quarantine, one) for name, one in given.measures.items()}
    notes += tuple(_placeless(table, values, given))
    kept = quarantine.kept
    layers = []
    for name, measure in given.measures.items():
        how: How = "distinct" if measure.count_distinct else _HOW[given.sum]
        found, amounts, told = by_place(rows.only(kept), values[name][kept], how, name)
        late = newest(found) if given.latest else np.ones(len(found), dtype=np.bool_)
        older = f"{name}: {int((~late).sum())} values left out for newer ones"
        notes += (*told, *(() if late.all() else (older,)))
        named = {"source": source, "measure": name, "licence": given.licence}
        layers.append(_layer(raw, found.only(late), amounts[late], named, measure))
    return quarantine.reading(Layer.concat(layers), notes)


def _layer(raw: Raw, rows: Rows, values: Floats, named: Mapping[str, str], measure: MeasureOptions) -> Layer:
    precision = [_GEO_PRECISIONS[min(level, len(_GEO_PRECISIONS) - 1)] for level in rows.level.tolist()]
    code, name, parent = (
        pa.array([text or None for text in texts], pa.string()) for texts in (rows.code, rows.name, rows.parent)
    )
    return Layer.build(
        {
            **named,
            "record_id": pa.array(rows.ids, pa.string()),
            "theme": measure.theme,
            "kind": measure.kind,
            "spread": measure.spread,
            "value": values,
            "unit": measure.unit,
            "start": rows.start.astype("datetime64[s]"),
            "end": rows.end.astype("datetime64[s]"),
            "time_precision": precision_of(rows.start, rows.end),
            "retrieved": received(raw, len(rows)),
            "pcode": code,
            "place": name,
            "place_parent": parent,
            "pcode_level": rows.level,
            "geo_precision": pa.array(precision, pa.string()),
            "overlap_group": measure.overlap,
        }
    )


def _rows(table: Table, quarantine: Quarantine, given: TableOptions) -> Rows:
    """Where and when every row is; those that do not say are refused."""
    code, name = (table.text(one) if one else pa.nulls(len(table), pa.string()) for one in (given.pcode, given.place))
    column = given.pcode or given.place or ""
    quarantine.refuse(as_mask(pc.and_(pc.is_null(code), pc.is_null(name))), f"{column}: missing", column)
    text = pc.coalesce(code, name)
    code, name = _without_placeholders(code), _without_placeholders(name)
    nowhere = as_mask(pc.and_(pc.is_null(code), pc.is_null(name)))
    quarantine.refuse(nowhere, f"{column}: stands for no place", column, text)
    start, end = _span(table, quarantine, given)
    quarantine.refuse(end <= start, "ends before it starts")
    parent = table.text(given.place_parent) if given.place_parent else pa.nulls(len(table), pa.string())
    level = _levels(quarantine, len(table), given.level)
    return Rows(
        table.name, _texts(code), _texts(name), _texts(parent), level, start, np.maximum(end, start), table.rows
    )


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


def _placeless(table: Table, values: Mapping[str, Floats], given: TableOptions) -> Iterator[str]:
    """How much of each measure that adds up stands under codes of no place."""
    nowhere = as_mask(pc.match_substring_regex(table.text(given.pcode or given.place or ""), _NO_PLACE))
    by_name = ", placed by name where there is one" if given.pcode and given.place else ""
    for name, measure in given.measures.items():
        if nowhere.any() and measure.spread == "extensive" and measure.count_distinct is None:
            lost = np.nansum(values[name][nowhere])
            yield f"{name}: {lost:,.12g} {measure.unit} stand under codes of no place{by_name}"


def _without_placeholders(text: pa.Array) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(text, _NO_PLACE), pa.scalar(None, pa.string()), text)
