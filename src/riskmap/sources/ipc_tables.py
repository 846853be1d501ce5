"""Tables of people by phase: from the areas that they hold to records of one analysis each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.admin_units import LevelColumns, Units, finest, units_of
from riskmap.sources.columns import Days, Mask, Quarantine, Table, as_mask, listed
from riskmap.sources.ipc_layouts import (
    IpcOptions,
    is_cadre,
    is_prism,
    months_of,
    of_analyses,
    of_cadre,
    of_prism,
)
from riskmap.sources.ipc_phases import PHASES, assessed, by_area
from riskmap.sources.ipc_records import (
    Areas,
    Everywhere,
    people_of,
    phases_of,
    records,
    refuse_chronic,
    repeated,
    shares_of,
)
from riskmap.sources.source import Reading
from riskmap.sources.tabular import json_list, table_of_records

_UNIT_COLUMNS = (
    LevelColumns(0, "country"),
    LevelColumns(1, "", ("area",)),
    LevelColumns(2, "code", ("area",)),
)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "current": ("current",),
    "projected": ("first projection", "projected"),
    "second_projected": ("second projection", "second_projected"),
}
"""Periods as the files on HDX call them."""


def areas_of(raw: Raw, value: object, given: IpcOptions) -> Table:
    """The areas of a JSON file, under the common names.

    Raises:
        InputError: It is of no known layout.
    """
    if isinstance(value, Mapping) and "DataList" in value:
        table = table_of_records(raw.name, json_list(raw.name, value, "DataList"))
        if is_cadre(table):
            return of_cadre(table, given)
        if is_prism(table):
            return of_prism(table, given)
        raise InputError(raw.name, f"no layout of phases has the columns {listed(table.columns)}")
    return of_analyses(raw, value, given)


def read_wide(table: Table, given: IpcOptions, everywhere: Everywhere) -> Reading:
    """Records of a table with one row for each area, or part of one, as `areas_of` gives it.

    Raises:
        InputError: Nothing is left of what is wanted.
    """
    table = _of_country(table, "country", given.country)
    levels = pc.cast(table.text("level"), pa.int64()).to_numpy().astype(np.int64)
    units = units_of(table, _UNIT_COLUMNS, levels)
    units = replace(
        units, parent=pc.if_else(pa.array(levels > 1), table.optional("group"), pa.scalar(None, pa.string()))
    )
    quarantine = Quarantine(table)
    refuse_chronic(quarantine, table)
    start, end = _span(quarantine, table, "from", "to")
    quarantine.refuse(~units.placed, "neither code nor name of its place", "area", units.placeholder)
    people = np.column_stack([people_of(quarantine, table, phase, required=False) for phase in PHASES])
    share = np.full(people.shape, np.nan)
    share[:, PHASES.index("3+")] = shares_of(quarantine, table, "3+ share")
    phase, everybody = phases_of(quarantine, "phase"), people[:, PHASES.index("all")]
    areas = Areas(units, start, end, table.optional("analysed"), everybody, assessed(people, share), phase)
    _refuse_older(areas.ids, areas.analysed, quarantine)
    quarantine.refuse(
        repeated(areas.ids, everybody, areas.found.people, quarantine.kept),
        "repeated area and period",
        "area",
        units.name,
    )
    layer, notes = records(areas, quarantine.kept, everywhere, projected=given.period != "current")
    return quarantine.reading(layer, notes)


def read_long(table: Table, given: IpcOptions, everywhere: Everywhere) -> Reading:
    """Records of a table with one row for each area and phase, as the files on HDX have it.

    Raises:
        InputError: A column is missing, or nothing is left of what is wanted.
    """
    table, units = _long_rows(_of_country(table, "Country", given.country), given)
    quarantine = Quarantine(table)
    phase = pc.utf8_lower(pc.replace_substring(table.text("Phase"), "P3+", "3+"))
    known = as_mask(pc.is_in(phase, pa.array(PHASES)))
    quarantine.refuse(~known, f"Phase: not one of {listed(PHASES)}", "Phase", table.text("Phase"))
    quarantine.refuse(~units.placed, "neither code nor name of its place", "Country", table.text("Country"))
    start, end = _span(quarantine, table, "From", "To")
    people = people_of(quarantine, table, "Number", required=True)
    share = shares_of(quarantine, table, "Percentage")
    key = pc.binary_join_element_wise(units.ids, pa.array(start.astype("datetime64[D]").astype(str)), "/")
    analysed = table.text("Date of analysis")
    _refuse_older(key, analysed, quarantine)
    quarantine.keep_newest(pc.binary_join_element_wise(key, phase, "/"), "repeated phase of an area and period", people)
    kept = np.flatnonzero(quarantine.kept)
    first, found = by_area(key.take(pa.array(kept)), phase.take(pa.array(kept)), people[kept], share[kept])
    at, untold = kept[first], np.full(len(first), np.nan)
    areas = Areas(units.take(at), start[at], end[at], analysed.take(pa.array(at)), untold, found, untold)
    everything = np.ones(len(at), dtype=np.bool_)
    layer, notes = records(areas, everything, everywhere, projected=given.period != "current")
    return quarantine.reading(layer, notes)


def _long_rows(table: Table, given: IpcOptions) -> tuple[Table, Units]:
    """The rows of one period and of the finest level, or of the one wanted, and where they are."""
    period = pc.utf8_lower(table.text("Validity period"))
    table = _leaving(table, as_mask(pc.is_in(period, pa.array(_WORDS[given.period]))), "of other periods", "period")
    area, group = (pc.is_valid(table.optional(name)) for name in ("Area", "Level 1"))
    alone = np.where(as_mask(group), 2, given.area_level)
    levels = np.where(as_mask(area), alone, np.where(as_mask(group), 1, 0)).astype(np.int64)
    regions = np.where(as_mask(area), "Area", "Level 1")
    units = units_of(table, (LevelColumns(0, "Country"), LevelColumns(1), LevelColumns(2)), levels)
    names = pc.if_else(pa.array(regions == "Area"), table.optional("Area"), table.optional("Level 1"))
    nothing = pa.scalar(None, pa.string())
    parent = pc.if_else(pc.and_(area, group), table.optional("Level 1"), nothing)
    units = replace(units, name=pc.if_else(pa.array(levels > 0), names, nothing), parent=parent)
    chosen = finest(units, table.text("Country"), table.text("From")) if given.level is None else levels == given.level
    return _leaving(table, chosen, "of other levels", "level"), units.where(chosen)


def _of_country(table: Table, column: str, country: str | None) -> Table:
    if country is None:
        return table
    mine = as_mask(pc.equal(table.text(column), country.upper()))
    return _leaving(table, mine, "of other countries", "country")


def _leaving(table: Table, keep: Mask, what: str, option: str) -> Table:
    """The rows to keep, with a note on the others.

    Raises:
        InputError: None is left.
    """
    aside = int((~keep).sum())
    if aside == len(table):
        raise InputError(table.name, f"all {aside} rows are {what}; choose another by the option {option}")
    return table.where(keep).noting(f"{aside} rows {what} left aside") if aside else table


def _span(quarantine: Quarantine, table: Table, first: str, last: str) -> tuple[Days, Days]:
    """First day and first day after; both ends are told as days that belong to the period."""
    chosen = table.date_format(first, last)
    start, end = quarantine.days(chosen, first), quarantine.days(chosen, last)
    quarantine.refuse(end < start, f"{last} before {first}", last, table.text(last))
    return start, np.maximum(end, start) + 1


def _refuse_older(ids: pa.Array, analysed: pa.Array, quarantine: Quarantine) -> None:
    """Refuse areas and periods that a later analysis of the same file tells anew."""
    key = ids.dictionary_encode().indices.to_numpy()
    month = months_of(analysed)
    month = np.where(np.isnat(month), np.datetime64("0001-01-01", "D"), month)
    newest = np.full(key.max(initial=-1) + 1, np.datetime64("0001-01-01", "D"))
    kept = quarantine.kept
    np.maximum.at(newest, key[kept], month[kept])
    quarantine.refuse(month < newest[key], "older analysis of the same area and period", "analysis", analysed)
