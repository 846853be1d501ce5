"""Crosswalk files: what codes and names of other boundaries are in those of a case."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.area import Crossing
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.columns import Quarantine, Table, as_mask
from riskmap.sources.tabular import read_table


def read_crosswalk(raw: Raw) -> tuple[Crossing, ...]:
    """The lines of a crosswalk file, in its order.

    A table with the columns `to_code` and `code`, `name` or both, and, where they are needed, `valid_from` and
    `valid_to` (first and last day, 2024-01-31), `share` (1 where empty) and `note`. It is written for a case, by hand,
    so nothing in it is passed over: one bad line refuses the file.

    Raises:
        InputError: A column is missing, or a line lacks its target, its code and name, or has a day or share that is
            none; tells the first of them.
    """
    table = read_table(raw)
    code, name, note = (table.optional(column) for column in ("code", "name", "note"))
    target = table.text("to_code")
    quarantine = Quarantine(table)
    quarantine.refuse(as_mask(pc.is_null(target)), "to_code is missing", "to_code")
    quarantine.refuse(as_mask(pc.and_(pc.is_null(code), pc.is_null(name))), "neither code nor name")
    shares = quarantine.counts("share", required=False)
    begin, end = (_days(table, quarantine, column) for column in ("valid_from", "valid_to"))
    _check(raw, quarantine)
    return tuple(
        Crossing(
            to_code=target[row].as_py(),
            code=code[row].as_py() or "",
            name=name[row].as_py() or "",
            valid_from=begin[row],
            valid_to=end[row],
            share=1.0 if np.isnan(shares[row]) else float(shares[row]),
            note=note[row].as_py() or "",
        )
        for row in range(len(table))
    )


def _days(table: Table, quarantine: Quarantine, column: str) -> list[date | None]:
    """Days in ISO form, None where empty or none."""
    text = table.optional(column)
    found = [_day(value) for value in text.to_pylist()]
    bad = as_mask(pc.is_valid(text)) & np.array([day is None for day in found], dtype=np.bool_)
    quarantine.refuse(bad, f"{column}: not a date of the form 2024-01-31", column, text)
    return found


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _check(raw: Raw, quarantine: Quarantine) -> None:
    told = quarantine.reading(Layer.empty())
    for reason, places in told.examples.items():
        raise InputError(raw.name, f"{reason} ({', '.join(places)}); mend the line or remove it")
