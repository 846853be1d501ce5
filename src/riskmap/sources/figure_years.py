"""The days of a figure of displacement that stands for a year, and how exactly they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.sources.columns import Days, Mask, Quarantine, Table, as_mask
from riskmap.sources.dates import parse_days

_ACCURACIES = ("day", "week", "month", "year")
_WEEK = 7
_FIRST, _LAST = 1900, 2200

Words = npt.NDArray[np.object_]
Years = npt.NDArray[np.datetime64]
Fields = tuple[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Spans:
    """When figures hold; arrays of shape (rows,).

    Args:
        start: First day.
        end: First day after.
        precision: Words of the layer schema.
        whole: Where the days are unknown or contradict the year, so that the whole year stands.
        open: Where no last day is told, so that the accuracy of the first stands for it.
    """

    start: Days
    end: Days
    precision: Words
    whole: Mask
    open: Mask

    def notes(self, kept: Mask) -> list[str]:
        """What was assumed, counted."""
        whole, unended = int((self.whole & kept).sum()), int((self.open & ~self.whole & kept).sum())
        notes = {
            f"{whole} figures whose days are unknown or contradict their year spread over the year": whole,
            f"{unended} figures without a last day end as the accuracy of the first allows": unended,
        }
        return [note for note, met in notes.items() if met]


def whole_years(quarantine: Quarantine, name: str) -> Years:
    """A column of years, as such; what is none is refused and comes back as the first possible one."""
    number = quarantine.numbers(name)
    good = (number >= _FIRST) & (number <= _LAST) & (number == np.floor(number))
    quarantine.refuse(~good, f"{name}: not a year", name)
    years: Years = (np.where(good, number, _FIRST).astype(np.int64) - 1970).astype("datetime64[Y]")
    return years


def spans_of(quarantine: Quarantine, table: Table, year: Years, fields: Fields | None) -> Spans:
    """The days of each figure inside its year.

    Args:
        quarantine: Refuses days and accuracies that cannot be read.
        table: What the quarantine is of.
        year: Shape (rows,).
        fields: Names of the columns of the first and of the last day, each with that of its accuracy; None where there
            are no days.
    """
    first, after = year.astype("datetime64[D]"), (year + 1).astype("datetime64[D]")
    if fields is None:
        none = np.zeros(len(table), dtype=np.bool_)
        return Spans(first, after, np.full(len(table), "year", dtype=object), none, none)
    start, last = (_days(quarantine, table, day) for day, _ in fields)
    accuracy = [_accuracy(quarantine, table, word) for _, word in fields]
    unended = np.isnat(last)
    end = np.where(unended, _end_allowed(start, accuracy[0]), last + 1)
    begun, ended = np.maximum(start, first), np.minimum(end, after)
    # Comparisons with not-a-time are false.
    good = (start < end) & (begun < ended)
    precision = np.array([*_ACCURACIES, "none"], dtype=object)[np.maximum(*accuracy)]
    precision[unended] = np.array([*_ACCURACIES, "none"], dtype=object)[accuracy[0]][unended]
    return Spans(
        np.where(good, begun, first), np.where(good, ended, after), np.where(good, precision, "year"), ~good, unended
    )


def day_in(text: str, date_format: str) -> str | None:
    """A day as ISO text, such as that of a release; None where the text is none of the format."""
    (day,) = np.asarray(parse_days(pa.array([text]), date_format), dtype="datetime64[D]")
    return None if np.isnat(day) else str(day)


def flow_over(spans: Spans) -> Mapping[str, object]:
    """Columns that movements over some days have in common."""
    return {
        "kind": "flow",
        "start": spans.start,
        "end": spans.end,
        "time_precision": spans.precision,
        "overlap_group": "displacement-movements",
    }


def stock_at_end(year: Years) -> Mapping[str, object]:
    """Columns that counts at the end of a year have in common: they stand until the end of the next."""
    return {
        "kind": "stock",
        "start": (year + 1).astype("datetime64[D]") - 1,
        "end": (year + 2).astype("datetime64[D]") - 1,
        "time_precision": "year",
        "overlap_group": "displaced-people",
    }


def _days(quarantine: Quarantine, table: Table, name: str) -> Days:
    """A column of days, not-a-time where empty; what cannot be read is refused."""
    text = table.optional(name)
    days = np.asarray(parse_days(text, "%Y-%m-%d"), dtype="datetime64[D]")
    quarantine.refuse(
        np.isnat(days) & as_mask(pc.is_valid(text)), f"{name}: not a date of the form %Y-%m-%d", name, text
    )
    return days


def _accuracy(quarantine: Quarantine, table: Table, name: str) -> npt.NDArray[np.int64]:
    """Rank of a word of accuracy, the coarser the higher; one more than the coarsest where empty."""
    text = pc.utf8_lower(table.optional(name))
    rank = pc.index_in(text, pa.array(_ACCURACIES))
    quarantine.refuse(as_mask(pc.and_(pc.is_valid(text), pc.is_null(rank))), f"{name}: not known", name, text)
    return np.asarray(pc.fill_null(rank, len(_ACCURACIES)), dtype=np.int64)


def _end_allowed(start: Days, accuracy: npt.NDArray[np.int64]) -> Days:
    """First day after what the accuracy of a first day may mean; the day itself where it is not told."""
    known = np.where(np.isnat(start), np.datetime64("1970-01-01"), start)
    month = (known.astype("datetime64[M]") + 1).astype("datetime64[D]")
    year = (known.astype("datetime64[Y]") + 1).astype("datetime64[D]")
    choices = [known + 1, known + _WEEK, month, year, known + 1]
    end: Days = np.where(np.isnat(start), np.datetime64("NaT"), np.choose(accuracy, choices))
    return end
