"""Presence: who does what, where and when (3W to 5W), as organisations at work in each place and month.

Organisations are counted, each once, and never named. What is finished or only planned is no presence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.admin_units import Units, units_of
from riskmap.sources.columns import Days, Mask, Quarantine, Table, as_mask, received
from riskmap.sources.dates import parse_days
from riskmap.sources.editions import edition, published
from riskmap.sources.hxl_columns import column_of
from riskmap.sources.options import checked, matching
from riskmap.sources.organisations import (
    PRESENT,
    PROTECTING,
    counted,
    folded_names,
    layer_of_counts,
    of_sectors,
    protective,
)
from riskmap.sources.presence_columns import (
    END,
    ORGANISATION,
    SECTOR,
    START,
    STATUS,
    Columns,
    PresenceOptions,
    columns_of,
    looks_like,
)
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.spans import by_month
from riskmap.sources.tabular import Header, read_table

_LICENCE = Licence(
    id="OCHA-3W-terms",
    attribution="OCHA and humanitarian partners: who does what, where (3W)",
    url="https://data.humdata.org/faqs/licenses",
    raw=False,
    derived=True,
)
_AT_WORK = ("ongoing", "on-going", "on going", "active", "implementing", "in progress", "en cours", "en curso")
_NOT_AT_WORK = (
    "completed",
    "complete",
    "finished",
    "closed",
    "ended",
    "planned",
    "pipeline",
    "suspended",
    "cancelled",
    "canceled",
    "not started",
    "termine",
    "terminé",
    "planifie",
    "planifié",
    "completado",
    "planificado",
)
_LONGEST_DAYS = 20 * 366


@dataclass(frozen=True)
class Presence:
    """Tables of who does what, where and when.

    Measures: `organisations_present`, and `protection_organisations_present` of those in general protection, against
    gender-based violence or for children; both by place and month.
    """

    name: str = "presence"
    title: str = "3W: organisations at work, by place and month"
    licence: Licence = _LICENCE
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(PresenceOptions.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        table = sight.kind in {"delimited", "workbook"} and not sight.has("reference_period_start")
        return table and looks_like(tuple(sight.columns), f"{sight.text} {' '.join(sight.columns)}")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one table; a pure function of its bytes and the options, which `PresenceOptions` explains.

        Raises:
            InputError: Its columns do not tell who, where or when, or an option is missing or wrong.
        """
        given = checked(PresenceOptions, raw, options)
        header = Header(given.header_row, given.header_rows)
        table = read_table(raw, given.sheet, given.delimiter, given.encoding, header)
        columns = columns_of(table, given)
        table = _chosen(table, columns, given)
        units, table = _placed(table, columns, given)
        quarantine = Quarantine(table)
        status_note = _refuse_status(table, columns, quarantine)
        who = columns.of[ORGANISATION]
        names = folded_names(table.text(who))
        quarantine.refuse(as_mask(pc.is_null(names)), f"{who}: missing", who)
        quarantine.refuse(~units.placed, "neither code nor name of its place", who, units.placeholder)
        start, end = _spans(table, columns, quarantine, given)
        sector = table.text(columns.of[SECTOR]) if SECTOR in columns.of else pa.nulls(len(table), pa.string())
        kept = np.flatnonzero(quarantine.kept)
        span, first, after = by_month(start[kept], end[kept])
        rows = kept[span]
        at_work = np.ones(len(rows), dtype=np.bool_)
        measures = {PRESENT: at_work, PROTECTING: protective(sector)[rows]}
        there = units.take(rows)
        counts = counted(there, first, after, names.take(pa.array(rows)), measures)
        everywhere = {
            "source": self.name,
            "version": edition(raw),
            "published": published(raw, len(counts)),
            "retrieved": received(raw, len(counts)),
            "licence": self.licence.id,
        }
        layer = layer_of_counts(counts, there, everywhere)
        return quarantine.reading(layer, (*columns.notes, *_notes(status_note, columns)))


def _chosen(table: Table, columns: Columns, given: PresenceOptions) -> Table:
    """The rows of the wanted sectors, of activities under way."""
    table = _leaving(
        table,
        matching(table, {column_of(table, name): value for name, value in given.where.items()}),
        "not matching where",
    )
    if given.sectors:
        if SECTOR not in columns.of:
            raise InputError(table.name, "no column tells sectors; tell it by the option sector")
        mine = of_sectors(table.name, given.sectors, table.text(columns.of[SECTOR]))
        table = _leaving(table, mine, "of other sectors")
    if STATUS in columns.of:
        status = pc.utf8_lower(table.text(columns.of[STATUS]))
        table = _leaving(table, ~as_mask(pc.is_in(status, pa.array(_NOT_AT_WORK))), "finished, planned or suspended")
    return table


def _leaving(table: Table, keep: Mask, what: str) -> Table:
    aside = int((~keep).sum())
    return table.where(keep).noting(f"{aside} rows {what} left aside") if aside else table


def _placed(table: Table, columns: Columns, given: PresenceOptions) -> tuple[Units, Table]:
    """Where the rows are: by the level wanted, or each by its finest; rows of coarser ones are left aside.

    A row that names a region alone tells nothing of its districts.
    """
    units = units_of(table, columns.levels)
    wanted = given.level if given.level is not None else int(units.level.max(initial=-1))
    told = np.full(len(table), wanted)
    finest = units_of(table, columns.levels, told)
    keep = finest.placed | (units.level < 0)
    return finest.where(keep), _leaving(table, keep, f"without a place of level {wanted}")


def _refuse_status(table: Table, columns: Columns, quarantine: Quarantine) -> str:
    """Refuse a status that is not known, and tell of rows that have none."""
    if STATUS not in columns.of:
        return ""
    column = columns.of[STATUS]
    status = pc.utf8_lower(table.text(column))
    untold = as_mask(pc.is_null(status))
    quarantine.refuse(~untold & ~as_mask(pc.is_in(status, pa.array(_AT_WORK))), f"{column}: not known", column, status)
    return f"{int(untold.sum())} rows without a status are taken as under way" if untold.any() else ""


def _spans(table: Table, columns: Columns, quarantine: Quarantine, given: PresenceOptions) -> tuple[Days, Days]:
    """First day of each row and first day after.

    Raises:
        InputError: Neither columns nor options tell them.
    """
    fields = [columns.of[one] for one in (START, END) if one in columns.of]
    chosen = table.date_format(*fields, given=given.date_format) if fields else ""
    start = _days(table, quarantine, columns.of.get(START), chosen, given.start_date)
    end = _days(table, quarantine, columns.of.get(END), chosen, given.end_date, last=True)
    quarantine.refuse(end <= start, "ends before it starts")
    quarantine.refuse((end - start).astype(np.int64) > _LONGEST_DAYS, "lasts longer than 20 years")
    return start, np.maximum(end, start + 1)


def _days(
    table: Table, quarantine: Quarantine, column: str | None, chosen: str, otherwise: date | None, *, last: bool = False
) -> Days:
    """Days of a column, a day later where they are last ones; the day of an option where a row tells none."""
    option = "end_date" if last else "start_date"
    if column is None:
        if otherwise is None:
            raise InputError(
                table.name, f"no column tells {'last' if last else 'first'} days; give the option {option}"
            )
        return np.full(len(table), np.datetime64(otherwise, "D"))
    if otherwise is None:
        return quarantine.days(chosen, column) + int(last)
    text = table.text(column)
    days = parse_days(text, chosen)
    if days is None:
        raise InputError(table.name, f"date_format {chosen!r} lacks day, month or year", field=column)
    wrong = np.isnat(days) & as_mask(pc.is_valid(text))
    quarantine.refuse(wrong, f"{column}: not a date of the form {chosen}", column, text)
    return np.where(np.isnat(days), np.datetime64(otherwise, "D"), days + int(last))


def _notes(status: str, columns: Columns) -> Iterable[str]:
    if status:
        yield status
    if SECTOR not in columns.of:
        yield "no column tells sectors: protection cannot be told from the rest"
