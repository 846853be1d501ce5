"""National indicators: one value for a whole country and a span of time, which never looks finer than it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Floats, Quarantine, Table, as_mask, received
from riskmap.sources.countries import iso3_of_codes, iso3_of_names
from riskmap.sources.dates import parse_days

_YEARS = (1900, 2100)


def coded_countries(quarantine: Quarantine, table: Table, field: str, *, names: str | None = None) -> pa.Array:
    """Alpha-3 codes from a column of codes; rows of aggregates and of what is no country are refused.

    Args:
        quarantine: Of the table.
        table: The rows.
        field: Column of codes.
        names: Column of names, looked at where a code is none.
    """
    told = table.text(field)
    found = iso3_of_codes(told)
    if names is not None:
        found = pc.coalesce(found, iso3_of_names(table.text(names)))
    quarantine.refuse(as_mask(pc.is_null(found)), f"{field}: not a country", field, told)
    return found


def named_countries(quarantine: Quarantine, table: Table, field: str) -> pa.Array:
    """Alpha-3 codes from a column of names; names that are not known are refused, never guessed."""
    told = table.text(field)
    found = iso3_of_names(told)
    quarantine.refuse(as_mask(pc.is_null(found)), f"{field}: not a country", field, told)
    return found


def years(quarantine: Quarantine, *names: str) -> npt.NDArray[np.int64]:
    """A column of whole years, shape (rows,); 1970 where it is refused."""
    found = quarantine.numbers(*names)
    odd = ~((found >= _YEARS[0]) & (found <= _YEARS[1]) & (np.floor(found) == found))
    quarantine.refuse(odd, f"{names[0]}: not a year", names[0])
    return np.where(odd, 1970, found).astype(np.int64)


def first_days(of: npt.NDArray[np.int64]) -> Days:
    """First days of years, shape as given."""
    days: Days = (of - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return days


def within(quarantine: Quarantine, values: Floats, low: float, high: float, field: str) -> None:
    """Refuses the rows whose value lies outside its scale."""
    outside = (values < low) | (values > high)
    quarantine.refuse(outside, f"{field}: outside {low:g} to {high:g}", field, pa.array(values).cast(pa.string()))


def without(table: Table, word: str, *fields: str) -> Table:
    """The table with a word for empty cells, such as R's NA, taken out of some columns; codes may be spelt like it."""
    cleaned = dict(table.columns)
    for name in filter(None, map(table.find, fields)):
        column = table.columns[name]
        cleaned[name] = pc.if_else(pc.equal(column, word), pa.scalar(None, pa.string()), column)
    return Table(table.name, cleaned, table.rows, table.malformed, table.notes)


def told_day(text: object, length: int) -> Days | None:
    """The day that a text tells (ISO), for each of so many records; None where it tells none."""
    days = parse_days(pa.array([str(text)], pa.string()), "%Y-%m-%d")
    return None if days is None or np.isnat(days[0]) else np.full(length, days[0])


def national(raw: Raw, iso3: pa.Array, names: pa.Array | None = None) -> Mapping[str, object]:
    """Columns that place records at whole countries.

    Args:
        raw: Their file.
        iso3: Alpha-3 codes, shape (rows,).
        names: Names of the countries as written.
    """
    return {
        "pcode": iso3,
        "pcode_level": 0,
        "place": names,
        "geo_precision": "country",
        "spread": "intensive",
        "kind": "index",
        "time_precision": "year",
        "retrieved": received(raw, len(iso3)),
    }
