"""Amounts: what each place had in each period, before it is shared out over cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.cube import Floats
from riskmap.model.period import Period

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400
_FOREVER = date.max.toordinal()


@dataclass(frozen=True)
class Days:
    """Valid time of records in whole days (ordinals), half-open; arrays of shape (records,)."""

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    published: npt.NDArray[np.int64]

    @property
    def last(self) -> npt.NDArray[np.int64]:
        """Last day of each record."""
        return self.end - 1


def days_of(table: pa.Table, valid_days: int | None = None, *, timeless: bool = False) -> Days:
    """Valid time of records; one that ends on the day it starts lasts that day.

    Args:
        table: Records under the layer schema.
        valid_days: Longest time that a value stays in force after its start.
        timeless: True where values hold for all time although dated.
    """
    start, end = (_ordinals(table[name]) for name in ("start", "end"))
    end = np.maximum(end, start + 1)
    if valid_days is not None:
        end = np.minimum(end, start + valid_days)
    published = _ordinals(table["published"])
    return Days(start, np.full(len(end), _FOREVER) if timeless else end, published)


def flow_weights(days: Days, period: Period) -> Floats:
    """Share of each record's days that falls inside a period, shape (records,)."""
    first, after = period.start.toordinal(), period.end.toordinal()
    inside = np.clip(np.minimum(days.end, after) - np.maximum(days.start, first), 0, None)
    share: Floats = inside / (days.end - days.start)
    return share


def in_force(days: Days, places: npt.NDArray[np.int64], period: Period, *, timeless: bool) -> npt.NDArray[np.bool_]:
    """Records that hold on a period's last day: of several at one place those that start last, then published last.

    Records of one place with the same start and publication are parts of one figure and hold together.
    """
    day = period.last_day.toordinal()
    holds = (days.start <= day) & (day < days.end) if not timeless else np.ones(len(places), bool)
    rows = np.flatnonzero(holds)
    if not len(rows):
        return holds
    order = rows[np.lexsort((days.published[rows], days.start[rows], places[rows]))]
    ends = np.flatnonzero(np.append(np.diff(places[order]) != 0, True))
    newest = np.repeat(order[ends], np.diff(np.append(-1, ends)))
    same = (days.start[order] == days.start[newest]) & (days.published[order] == days.published[newest])
    chosen = np.zeros(len(places), bool)
    chosen[order[same]] = True
    return chosen


def observed_days(observed: tuple[date, date] | None, period: Period) -> float:
    """Share of a period's days that lie within the observed ones, both ends included."""
    if observed is None:
        return 0.0
    first = max(observed[0], period.start).toordinal()
    last = min(observed[1], period.last_day).toordinal()
    return max(last - first + 1, 0) / period.days


def sums(places: npt.NDArray[np.int64], values: Floats, count: int) -> Floats:
    """Sums by place, shape (places,)."""
    return np.bincount(places, weights=values, minlength=count).astype(np.float64)


def _ordinals(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Seconds to day ordinals, whole days; a null becomes 0."""
    seconds = pc.fill_null(pc.cast(column, pa.int64()), -_EPOCH * _DAY).to_numpy()
    days: npt.NDArray[np.int64] = seconds // _DAY + _EPOCH
    return days
