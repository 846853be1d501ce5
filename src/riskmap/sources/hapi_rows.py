"""HAPI rows: what of a theme's table is looked at, where each row is and when, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.sources.admin_units import LevelColumns, Levels, Units, finest, units_of
from riskmap.sources.columns import Days, Mask, Quarantine, Table, as_mask, listed
from riskmap.sources.hapi_themes import Theme
from riskmap.sources.isocodes import is_country
from riskmap.sources.options import Given
from riskmap.sources.organisations import of_sectors

_LEVELS = (
    LevelColumns(0, "location_code", ("location_name",)),
    LevelColumns(1, "admin1_code", ("admin1_name", "provider_admin1_name")),
    LevelColumns(2, "admin2_code", ("admin2_name", "provider_admin2_name")),
)
_START, _END = "reference_period_start", "reference_period_end"


class HapiOptions(Given):
    """What a case wants of a theme.

    Args:
        country: Only rows of it, by three-letter code.
        level: Only rows of it; the finest that a country has in a period where not given.
        period: Of food security: which analysis.
        sectors: Of organisations: only rows of these, by code or name.
        date_format: Of the reference periods, where it cannot be told.
    """

    country: str | None = None
    level: Literal[0, 1, 2] | None = None
    period: Literal["current", "first projection", "second projection"] = "current"
    sectors: tuple[str, ...] = ()
    date_format: str | None = None


@dataclass(frozen=True)
class HapiRows:
    """The rows of a theme that are looked at, shape (rows,) each.

    Args:
        theme: Theirs.
        table: As written.
        quarantine: Of the same rows.
        units: Where they are.
        start: First day.
        end: First day after.
    """

    theme: Theme
    table: Table
    quarantine: Quarantine
    units: Units
    start: Days
    end: Days

    @property
    def ids(self) -> pa.Array:
        """A text for each row that tells its place and period."""
        days = (pa.array(day.astype("datetime64[D]").astype(str)) for day in (self.start, self.end))
        return pc.binary_join_element_wise(self.units.ids, *days, "/")


def rows_of(table: Table, theme: Theme, wanted: HapiOptions) -> HapiRows:
    """The rows of a theme that a case wants; those that are wrong are refused, the others left aside and counted.

    Raises:
        InputError: Nothing is left of them, or a column is missing.
    """
    code = theme.place or "location_code"
    if wanted.country is not None:
        mine = as_mask(pc.equal(table.text(code), wanted.country.upper()))
        table = _leaving(table, mine, "of other countries", "option country")
    if theme.shape == "phases":
        table = _leaving(table, _says(table, "ipc_type", wanted.period), "of other analyses", "option period")
    if theme.shape == "organisations" and wanted.sectors:
        mine = of_sectors(table.name, wanted.sectors, table.text("sector_code"), table.optional("sector_name"))
        table = _leaving(table, mine, "of other sectors", "option sectors")
    table = _leaving(table, _totals(table, theme), "that are parts of others", "a total")
    table = _leaving(table, _counted(table, theme), "that no measure counts", "a measure")
    units = _units(table, theme)
    period = pc.coalesce(table.text(_START), pa.scalar(""))
    chosen = finest(units, table.text(code), period) if wanted.level is None else units.level == wanted.level
    table, units = _leaving(table, chosen, "of other levels", "option level"), units.where(chosen)
    quarantine = Quarantine(table)
    _refuse_wrong(table, theme, quarantine)
    start, end = _period(table, quarantine, wanted.date_format)
    _refuse_placeless(table, code, units, quarantine)
    return HapiRows(theme, table, quarantine, units, start, end)


def says(table: Table, column: str, word: str) -> Mask:
    """Rows where a column says a word, without regard to case; shape (rows,)."""
    return as_mask(pc.equal(pc.utf8_lower(table.text(column)), word.lower()))


_says = says


def _leaving(table: Table, keep: Mask, what: str, wanting: str) -> Table:
    """The rows to keep, with a note on the others.

    Raises:
        InputError: None is left.
    """
    aside = int((~keep).sum())
    if aside == len(table):
        raise InputError(table.name, f"all {aside} rows are {what.removeprefix('that are ')}; nothing has {wanting}")
    return table.where(keep).noting(f"{aside} rows {what} left aside") if aside else table


def _totals(table: Table, theme: Theme) -> Mask:
    """Rows that stand for everybody, and not for some of them by sex, age or the like."""
    keep = np.ones(len(table), dtype=np.bool_)
    for column, words in theme.totals.items():
        if table.find(column) is not None:
            text = pc.fill_null(pc.utf8_lower(table.text(column)), "")
            keep &= as_mask(pc.is_in(text, pa.array(words)))
    return keep


def _counted(table: Table, theme: Theme) -> Mask:
    """Rows that a measure counts, and those with a word that is not known, which are refused later."""
    if not theme.counts:
        return np.ones(len(table), dtype=np.bool_)
    keep = ~_known(table, theme)
    for count in theme.counts:
        mine = np.ones(len(table), dtype=np.bool_)
        for column, word in count.only.items():
            mine &= says(table, column, word)
        keep |= mine
    return keep


def _known(table: Table, theme: Theme) -> Mask:
    known = np.ones(len(table), dtype=np.bool_)
    for column, words in theme.words.items():
        lower = pa.array([word.lower() for word in words])
        known &= as_mask(pc.is_in(pc.utf8_lower(table.text(column)), lower))
    return known


def _units(table: Table, theme: Theme) -> Units:
    if theme.place:
        name = theme.place.replace("_code", "_name")
        return units_of(table, (LevelColumns(0, theme.place, (name,)),), np.zeros(len(table), np.int64))
    return units_of(table, _LEVELS, _told_levels(table))


def _told_levels(table: Table) -> Levels | None:
    """Levels as the table tells them, -1 where it does not; None where it has no such column."""
    if table.find("admin_level") is None:
        return None
    text = table.text("admin_level")
    digit = pc.if_else(pc.match_substring_regex(text, r"^[0-2]$"), text, pa.scalar(None, pa.string()))
    levels: Levels = pc.fill_null(pc.cast(digit, pa.int64()), -1).to_numpy().astype(np.int64)
    return levels


def _refuse_wrong(table: Table, theme: Theme, quarantine: Quarantine) -> None:
    """Refuse what HAPI itself calls wrong, and what is not of its words."""
    error = table.optional("error")
    quarantine.refuse(as_mask(pc.is_valid(error)), "HAPI marks the row as wrong", "error", error)
    for column, words in theme.words.items():
        lower = pa.array([word.lower() for word in words])
        strange = ~as_mask(pc.is_in(pc.utf8_lower(table.text(column)), lower))
        quarantine.refuse(strange, f"{column}: not one of {listed(words)}", column, table.text(column))


def _period(table: Table, quarantine: Quarantine, given: str | None) -> tuple[Days, Days]:
    """First day and first day after; both ends are told as days that belong to it."""
    chosen = table.date_format(_START, _END, given=given)
    start, last = quarantine.days(chosen, _START), quarantine.days(chosen, _END)
    quarantine.refuse(last < start, f"{_END} before {_START}", _END, table.text(_END))
    return start, np.maximum(last, start) + 1


def _refuse_placeless(table: Table, code: str, units: Units, quarantine: Quarantine) -> None:
    country = table.text(code)
    quarantine.refuse(~is_country(country), f"{code}: no country", code, country)
    quarantine.refuse(units.level < 0, "admin_level: not one of 0 to 2", "admin_level", table.optional("admin_level"))
    quarantine.refuse(~units.placed, "neither code nor name of its place", code, units.placeholder)
