"""From the rows of a table to one value for each measure, place and start."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.sources.columns import Days, Floats, Mask, Quarantine, Table, as_mask
from riskmap.sources.table_options import MeasureOptions

Texts = npt.NDArray[np.object_]
Positions = npt.NDArray[np.int64]
How = Literal["agree", "sum", "known", "distinct"]

UNKNOWN = ("NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None", "-", "..")
"""What providers write for a value they do not have."""

_UNKNOWN_TOLD = {"known": "unknown values left out of sums", "distinct": "rows that tell none count nothing"}


@dataclass(frozen=True)
class Rows:
    """Where and when each row of a table is, shape (rows,) each.

    Args:
        file: How messages call the table.
        code: Code of the place, empty where not told.
        name: Name of the place, empty where not told.
        parent: Name one level up, empty where not told.
        level: Administrative level of the place.
        start: First day.
        end: First day after.
        number: Row in the file.
    """

    file: str
    code: Texts
    name: Texts
    parent: Texts
    level: Positions
    start: Days
    end: Days
    number: Positions

    def __len__(self) -> int:
        return len(self.code)

    @property
    def places(self) -> Texts:
        """A text for each row that tells its place from all others."""
        told = zip(map(str, self.level.tolist()), self.parent, self.code, self.name, strict=True)
        return np.array(["/".join(filter(None, parts)) for parts in told], dtype=object)

    @property
    def ids(self) -> Texts:
        """Likewise of place and start."""
        told = zip(self.places, self.start, strict=True)
        return np.array([f"{place}/{start}" for place, start in told], dtype=object)

    def only(self, keep: Mask | Positions) -> Rows:
        """The rows where a mask is true, or at some positions."""
        cut = {one.name: getattr(self, one.name)[keep] for one in fields(self) if one.name != "file"}
        return replace(self, **cut)


def row_values(table: Table, quarantine: Quarantine, measure: MeasureOptions) -> Floats:
    """What each row says, NaN where unknown, shape (rows,); what cannot be read is refused.

    Of a measure that counts different texts these are their numbers, any two equal where the texts are.

    Args:
        table: Rows as written.
        quarantine: Of the same rows, with what stands for unknown taken as empty.
        measure: Column, and what to make of it.

    Raises:
        InputError: There is no such column.
    """
    text = _known(table.text(measure.of))
    if measure.filled is not None:
        return as_mask(pc.is_valid(text)).astype(np.float64)
    if measure.count_distinct is not None:
        numbered = pc.index_in(text, pc.unique(pc.drop_null(text)).sort())
        return np.asarray(pc.cast(numbered, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    mapped = _mapped(table, quarantine, measure) if measure.map else None
    values = quarantine.numbers(measure.of, required=False) if mapped is None else mapped
    if measure.kind != "index":
        quarantine.refuse(values < 0, f"{measure.of}: negative", measure.of, text)
    return values * measure.scale


def with_nulls(table: Table, columns: set[str]) -> dict[str, pa.Array]:
    """Columns of a table, with what stands for unknown taken as empty in some of them."""
    wanted = {table.find(column) for column in columns}
    return {name: _known(text) if name in wanted else text for name, text in table.columns.items()}


def by_place(rows: Rows, values: Floats, how: How, measure: str) -> tuple[Rows, Floats, tuple[str, ...]]:
    """One known value for each place and start, in the order of place and start, with notes on what was left out.

    Args:
        rows: Where and when, shape (rows,).
        values: What they say, NaN where unknown; shape (rows,).
        how: Whether rows of one place and start must agree, are added up (unknown where any part is; or `known`, where
            unknown parts are left out), or have their different values counted.
        measure: Its name, for messages.

    Raises:
        InputError: Rows that must agree differ; names the first such place.
    """
    _, first, group = np.unique(rows.ids.astype(str), return_index=True, return_inverse=True)
    end = rows.end[first]
    np.maximum.at(end, group, rows.end)
    unknown = np.isnan(values)
    if how == "sum":
        found = _added(group, values, len(first))
    elif how == "known":
        told = np.bincount(group[~unknown], minlength=len(first)) > 0
        found = np.where(told, _added(group[~unknown], values[~unknown], len(first)), np.nan)
    elif how == "distinct":
        found = _counted(group[~unknown], values[~unknown], len(first))
    else:
        found = _agreed(rows, group, values, measure)
    known = ~np.isnan(found)
    repeated = int((~unknown).sum() - known.sum()) if how == "agree" else 0
    counts = {
        _UNKNOWN_TOLD.get(how, "unknown values give no record"): int(unknown.sum()),
        "repeated rows that agree count once": repeated,
        "sums with an unknown part are unknown": int((~known).sum()) if how == "sum" else 0,
    }
    notes = tuple(f"{measure}: {count} {what}" for what, count in counts.items() if count)
    return replace(rows.only(first), end=end).only(known), found[known], notes


def newest(rows: Rows) -> Mask:
    """The latest row of each place; shape (rows,)."""
    _, place = np.unique(rows.places.astype(str), return_inverse=True)
    latest = np.full(place.max(initial=-1) + 1, np.datetime64("0001-01-01", "D"))
    np.maximum.at(latest, place, rows.start)
    mask: Mask = rows.start == latest[place]
    return mask


def _known(text: pa.Array) -> pa.Array:
    unknown = pc.is_in(text, pa.array(UNKNOWN))
    return pc.if_else(unknown, pa.scalar(None, pa.string()), text)


def _mapped(table: Table, quarantine: Quarantine, measure: MeasureOptions) -> Floats:
    text = table.text(measure.of)
    place = pc.fill_null(pc.index_in(text, pa.array([key.strip() for key in measure.map])), -1)
    found = np.asarray(place.to_numpy(zero_copy_only=False), dtype=np.int64)
    strange = as_mask(pc.is_valid(_known(text))) & (found < 0)
    quarantine.refuse(strange, f"{measure.of}: not in the option map", measure.of, text)
    return np.array([*measure.map.values(), np.nan], dtype=np.float64)[found]


def _added(group: Positions, values: Floats, length: int) -> Floats:
    # In order of value, so that the rounding of a sum does not depend on the order of the rows.
    order = np.lexsort((values, group))
    return np.bincount(group[order], weights=values[order], minlength=length).astype(np.float64)


def _counted(group: Positions, values: Floats, length: int) -> Floats:
    """How many different values each group has; NaN where it has none."""
    pairs = np.unique(np.column_stack([group, values]), axis=0)
    counts = np.bincount(pairs[:, 0].astype(np.int64), minlength=length).astype(np.float64)
    return np.where(counts > 0, counts, np.nan)


def _agreed(rows: Rows, group: Positions, values: Floats, measure: str) -> Floats:
    """The one known value of each group; NaN where it has none."""
    length = group.max(initial=-1) + 1
    low, high = np.full(length, np.inf), np.full(length, -np.inf)
    known = ~np.isnan(values)
    np.minimum.at(low, group[known], values[known])
    np.maximum.at(high, group[known], values[known])
    differ = np.flatnonzero((low < high)[group])
    if len(differ):
        same = group == group[differ[0]]
        told = ", ".join(f"{value:g} in row {row}" for value, row in zip(values[same], rows.number[same], strict=True))
        place = rows.code[differ[0]] or rows.name[differ[0]]
        raise InputError(
            rows.file,
            f"{place} has several values of {measure} from {rows.start[differ[0]]}: {told}; tell its"
            " rows apart by where, or add them up by sum = true",
            row=int(rows.number[differ[0]]),
        )
    return np.where(np.isfinite(low), low, np.nan)
