"""Series of counts: what stands when all of them are taken together, and what came between two running totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.sources.columns import Days, Floats, Mask

Codes = npt.NDArray[np.int64]

_YEAR = np.timedelta64(365, "D")


@dataclass(frozen=True)
class Counts:
    """Counts of people; arrays of shape (counts,).

    Args:
        row: Row of each in its table.
        country: Number of its country.
        series: Number of its series; each is of one country.
        day: When it was counted.
        people: How many.
    """

    row: Codes
    country: Codes
    series: Codes
    day: Days
    people: Floats

    def where(self, keep: Mask) -> Counts:
        """The counts where the mask is true."""
        return Counts(self.row[keep], self.country[keep], self.series[keep], self.day[keep], self.people[keep])


@dataclass(frozen=True)
class Told:
    """People in one country over some days.

    Args:
        row: A row of that country.
        start: First day.
        end: First day after.
        people: How many.
        precision: Word of the layer schema.
    """

    row: int
    start: np.datetime64
    end: np.datetime64
    people: float
    precision: str = "day"


def standing(counts: Counts) -> tuple[list[Told], Codes]:
    """What stands in each country from each day on which one of its series was counted.

    A series stands until it is counted again, for a year at most; counts of one series and day are parts of one. The
    first total is that of the day by which every series of the country had been counted once.

    Returns:
        The totals, and the rows that are in none of them.
    """
    found: list[Told] = []
    unused: list[int] = []
    for country in np.unique(counts.country):
        here = counts.where(counts.country == country)
        series = _by_series(here)
        complete = max(min(told) for told in series.values())
        days = np.unique(here.day[here.day >= complete])
        ends = np.append(days[1:], days[-1:] + _YEAR)
        for start, end in zip(days, ends, strict=True):
            total = sum(_last(told, start) for told in series.values())
            found.append(Told(int(here.row[0]), start, min(end, start + _YEAR), total))
        for row, one, day in zip(here.row.tolist(), here.series.tolist(), here.day, strict=True):
            if any(day < later <= complete for later in series[one]):
                unused.append(row)
    return found, np.array(unused, dtype=np.int64)


def between(counts: Counts) -> tuple[list[Told], Mapping[str, Sequence[int]]]:
    """What came between two running totals of one series, which follow one another.

    Returns:
        The differences, and rows that give none: reason -> rows.
    """
    found: list[Told] = []
    refused: dict[str, list[int]] = {}
    order = np.lexsort((counts.day, counts.series))
    before = None
    for place in order.tolist():
        row = int(counts.row[place])
        if before is None or counts.series[before] != counts.series[place]:
            refused.setdefault("a running total without an earlier one to take from it", []).append(row)
        elif counts.day[before] == counts.day[place]:
            refused.setdefault("a second running total of the same day", []).append(row)
        elif counts.people[before] > counts.people[place]:
            refused.setdefault("a running total that went down", []).append(row)
        else:
            people = float(counts.people[place] - counts.people[before])
            found.append(Told(row, counts.day[before] + 1, counts.day[place] + 1, people))
        before = place
    return found, refused


def over_period(counts: Counts, period: str, precision: str) -> list[Told]:
    """Counts that are each of a whole day, month or year.

    Args:
        counts: Of any series.
        period: `D`, `M` or `Y`.
        precision: Word of the layer schema.
    """
    start = counts.day.astype(f"datetime64[{period}]")
    first, after = start.astype("datetime64[D]"), (start + 1).astype("datetime64[D]")
    cells = zip(counts.row.tolist(), first, after, counts.people.tolist(), strict=True)
    return [Told(*one, precision) for one in cells]


def _by_series(counts: Counts) -> Mapping[int, Mapping[np.datetime64, float]]:
    """Series -> day -> people."""
    series: dict[int, dict[np.datetime64, float]] = {}
    for one, day, people in zip(counts.series.tolist(), counts.day, counts.people.tolist(), strict=True):
        told = series.setdefault(one, {})
        told[day] = told.get(day, 0.0) + people
    return series


def _last(told: Mapping[np.datetime64, float], day: np.datetime64) -> float:
    """The last count of a series by a day, 0 where it is older than a year."""
    before = [when for when in told if day - _YEAR < when <= day]
    return told[max(before)] if before else 0.0
