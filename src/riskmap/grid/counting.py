"""Counting: tables of points of any length to sums by cell and period, in one pass and little memory.

Rows come in chunks; cells are found in several threads while the sums, in the order of the rows, are kept in one table.
Each sum carries what rounding took from it, so that it has twice the digits of a number and ends as the one nearest to
the true sum, however the rows are cut or ordered; and parts that were summed on many machines join into the same.

Source: T. Ogita, S. M. Rump, S. Oishi, Accurate Sum and Dot Product, SIAM J. Sci. Comput. 26 (2005), algorithm 4.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.errors import InputError, PlacementError
from riskmap.grid.abreast import in_turn
from riskmap.grid.cells import cells_at
from riskmap.grid.outlines import Ints
from riskmap.model.cube import Cells, Floats
from riskmap.model.period import Step

OFF_EARTH = "coordinates are not a place on Earth"
NO_DAY = "day not known"
NO_VALUE = "value not known"
REASONS = (OFF_EARTH, NO_DAY, NO_VALUE)
"""Why a point is refused: the first that holds."""

COLUMNS = ("lon", "lat", "day", "value")
"""Columns that a table of points has: degrees, a date or a timestamp (UTC), a number."""

FINEST = 11
"""Finest resolution whose cells fit into 64 bits beside a day."""

_CHUNK = 500_000
_DAY_BITS = 22
_DIGITS = (1 << 52) - 1
_EPOCH = date(1970, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal()
_FULL = 0.6
_FIRST_SIZE = 1 << 12
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class PointSums:
    """Sums of points by cell and period; rows sorted by cell, then period, arrays of shape (rows,).

    Args:
        cells: The cells.
        periods: First day of each period, `datetime64[D]`.
        sums: Sums of the values, each the nearest number to the true sum.
        rests: What the sums lack of it, for joining.
        counts: Numbers of points.
        refused: Points that are in none of the rows, by the reasons of `REASONS`.
        resolution: H3 resolution of the cells.
    """

    cells: Cells
    periods: npt.NDArray[np.datetime64]
    sums: Floats
    rests: Floats
    counts: Ints
    refused: Mapping[str, int]
    resolution: int

    def __len__(self) -> int:
        return len(self.cells)


def sum_points(source: Path | pa.Table, resolution: int, step: Step = "month") -> PointSums:
    """Sums points by cell and period.

    Args:
        source: A Parquet file, which is streamed, or a table, with the columns of `COLUMNS`; others are left alone.
        resolution: H3 resolution, 0 to `FINEST`.
        step: Calendar step of the periods.

    Raises:
        InputError: The file cannot be read as Parquet, or lacks a column or has it in another type.
        PlacementError: The resolution is too fine.
    """
    _check(resolution)
    tally, refused = _Tally(), np.zeros(len(REASONS), np.int64)
    for keys, values, told in in_turn(lambda chunk: _keyed(chunk, resolution, step), _chunks(source)):
        tally.add(keys, np.ones(len(keys), np.int64), values, np.zeros(len(keys)))
        refused += told
    return tally.rows(resolution, dict(zip(REASONS, refused.tolist(), strict=True)))


def join_sums(parts: Sequence[PointSums]) -> PointSums:
    """Sums of several tables as if they were one, in whatever order they come.

    Args:
        parts: At least one; of one resolution and calendar step.

    Raises:
        PlacementError: They differ in resolution.
    """
    resolutions = {part.resolution for part in parts}
    if len(resolutions) != 1:
        raise PlacementError(f"sums of resolutions {sorted(resolutions)} cannot be joined; give those of one")
    resolution, tally = resolutions.pop(), _Tally()
    for part in parts:
        starts = part.periods.astype(np.int64) + _EPOCH
        tally.add(_packed(part.cells, starts, resolution), part.counts, part.sums, part.rests)
    return tally.rows(resolution, {reason: sum(part.refused[reason] for part in parts) for reason in REASONS})


def _check(resolution: int) -> None:
    if not 0 <= resolution <= FINEST:
        raise PlacementError(f"points are summed at resolutions 0 to {FINEST}, not {resolution}")


def _chunks(source: Path | pa.Table) -> Iterator[pa.Table]:
    """Slices of the rows, the same ones of a file and of a table."""
    if isinstance(source, pa.Table):
        _check_columns("the table", source.schema)
        for first in range(0, source.num_rows, _CHUNK):
            yield source.select(COLUMNS).slice(first, _CHUNK)
        return
    try:
        with pq.ParquetFile(source) as file:
            _check_columns(source, file.schema_arrow)
            for batch in file.iter_batches(_CHUNK, columns=list(COLUMNS)):
                yield pa.Table.from_batches([batch])
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(source, f"cannot be read as Parquet: {error}") from error


def _check_columns(source: object, schema: pa.Schema) -> None:
    for name in COLUMNS:
        if name not in schema.names:
            raise InputError(source, f"has no column {name!r}; it needs {', '.join(COLUMNS)}")
        kind, wanted = schema.field(name).type, "a date or a timestamp" if name == "day" else "a number"
        fits = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
        if name != "day":
            fits = pa.types.is_floating(kind) or pa.types.is_integer(kind)
        if not fits:
            raise InputError(source, f"is {kind} and must be {wanted}", field=name)


def _keyed(chunk: pa.Table, resolution: int, step: Step) -> tuple[Ints, Floats, Ints]:
    """Key of each row's cell and period, 0 where it is refused; its value; and how many were refused, by reason."""
    lon, lat, value = (_numbers(chunk[name]) for name in ("lon", "lat", "value"))
    days = _days(chunk["day"])
    real = days[(days >= 1) & (days <= _LAST_DAY)]
    first, last = (int(real.min()), int(real.max())) if len(real) else (1, 0)
    keys, refused = np.empty(len(days), np.int64), np.zeros(len(REASONS), np.int64)
    unused = 3 * (15 - resolution)
    starts = period_starts(first, last, step)
    _key((cells_at(lon, lat, resolution), days, value), (unused, first), starts, keys, refused)
    return keys, value, refused


@numba.njit(cache=True, nogil=True)
def _key(rows: tuple[Cells, Ints, Floats], base: tuple[int, int], starts: Ints, keys: Ints, refused: Ints) -> None:
    """Fills in the keys of rows, 0 where one is refused, and counts those by reason.

    Args:
        rows: Cell, day and value of each, shape (rows,).
        base: Bits at a cell's end that its resolution leaves unused, and the day that the first of the starts is of.
        starts: First day of the period of each day from that one on.
        keys: Takes them, as `_packed` makes them.
        refused: Takes the numbers, shape (len(REASONS),).
    """
    for row in range(len(keys)):
        cell, day, value = np.int64(rows[0][row]), rows[1][row], rows[2][row]
        reason = 0 if cell == 0 else 1 if not 0 <= day - base[1] < len(starts) else 2 if not np.isfinite(value) else -1
        if reason >= 0:
            refused[reason] += 1
            keys[row] = 0
        else:
            keys[row] = ((cell & _DIGITS) >> base[0]) << _DAY_BITS | starts[day - base[1]]


def _numbers(column: pa.ChunkedArray) -> Floats:
    """A column as numbers, NaN where null."""
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _days(column: pa.ChunkedArray) -> Ints:
    """A column of dates as ordinals, 0 where null."""
    if column.type != pa.date32():
        column = column.cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
    return np.asarray(column.cast(pa.int32()).fill_null(-_EPOCH).to_numpy(), np.int64) + _EPOCH


def period_starts(first: int, last: int, step: Step) -> Ints:
    """First day of the period of every day from one ordinal to another, shape (last - first + 1,)."""
    days = np.arange(first - _EPOCH, last - _EPOCH + 1)
    if step == "day":
        return days + _EPOCH
    if step == "week":
        return days - (days + 3) % 7 + _EPOCH
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    length = _MONTHS[step]
    return (months // length * length).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + _EPOCH


def _packed(cells: Cells, starts: Ints, resolution: int) -> Ints:
    """Cell and first day in one number above 0, in the order of cells and then days."""
    unused = np.uint64(3 * (15 - resolution))
    digits = (cells & np.uint64(_DIGITS)) >> unused
    return (digits.astype(np.int64) << _DAY_BITS) | starts


def _unpacked(keys: Ints, resolution: int) -> tuple[Cells, Ints]:
    """Cells and first days from what `_packed` gives."""
    unused = 3 * (15 - resolution)
    head = (1 << 59) | (resolution << 52) | ((1 << unused) - 1)
    cells = ((keys >> _DAY_BITS).astype(np.uint64) << np.uint64(unused)) | np.uint64(head)
    return cells, keys & ((1 << _DAY_BITS) - 1)


class _Tally:
    """Sums by key, in a table with open addresses, half a cache line a row: key, count, sum, what the sum lacks."""

    def __init__(self) -> None:
        self._table = np.zeros((_FIRST_SIZE, 4), np.int64)
        self._used = 0

    def add(self, keys: Ints, counts: Ints, sums: Floats, rests: Floats) -> None:
        """Adds rows in their order; those with the key 0 are passed over."""
        if self._used + len(keys) > _FULL * len(self._table):
            held = self._table[self._table[:, 0] != 0]
            size = 1 << int(np.ceil(np.log2((self._used + len(keys)) / _FULL)))
            self._table = np.zeros((size, 4), np.int64)
            self._put(held[:, 0], held[:, 1], held[:, 2].view(np.float64), held[:, 3].view(np.float64))
        self._used += self._put(keys, counts, sums, rests)

    def rows(self, resolution: int, refused: Mapping[str, int]) -> PointSums:
        """What was added, in the order of the keys."""
        held = np.flatnonzero(self._table[:, 0])
        order = held[np.argsort(self._table[held, 0])]
        numbers = self._table.view(np.float64)
        keys, counts, sums, rests = (one[order] for one in (*self._table[:, :2].T, *numbers[:, 2:].T))
        cells, starts = _unpacked(keys, resolution)
        periods = (starts - _EPOCH).astype("datetime64[D]")
        total = sums + rests
        return PointSums(cells, periods, total, (sums - total) + rests, counts, refused, resolution)

    def _put(self, *columns: npt.NDArray[Any]) -> int:
        keys, counts, sums, rests = (np.ascontiguousarray(column) for column in columns)
        bits = len(self._table).bit_length() - 1
        slots = (keys.view(np.uint64) * _SPREAD >> np.uint64(64 - bits)).view(np.int64)
        return int(_add((slots, keys, counts), (sums, rests), self._table, self._table.view(np.float64)))


@numba.njit(cache=True, nogil=True)
def _add(rows: tuple[Ints, Ints, Ints], amounts: tuple[Floats, Floats], table: Ints, sums: Floats) -> int:
    """Adds rows to a table that has room for them.

    Args:
        rows: First slot, key and count of each, shape (rows,).
        amounts: Its sum and what that lacks, likewise.
        table: As of `_Tally`; of a power of two rows.
        sums: The same table, read as numbers.

    Returns:
        How many of the keys are new.
    """
    last, new = len(table) - 1, 0
    for row in range(len(rows[0])):
        slot, key = rows[0][row], rows[1][row]
        if key == 0:
            continue
        while table[slot, 0] not in (key, 0):
            slot = (slot + 1) & last
        new += table[slot, 0] == 0
        table[slot, 0] = key
        table[slot, 1] += rows[2][row]
        value, before = amounts[0][row], sums[slot, 2]
        total = before + value
        back = total - before
        sums[slot, 2] = total
        sums[slot, 3] += (before - (total - back)) + (value - back) + amounts[1][row]
    return new
