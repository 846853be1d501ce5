"""Telling: what each place of a measure has in each period, before it is shared out over cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from riskmap.grid.amounts import Days, flow_weights, in_force, observed_days, sums
from riskmap.grid.ledger import LedgerRow, Tally, account, mean_of
from riskmap.grid.placing import Places
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats
from riskmap.model.period import Period

COVERED = "told more finely by areas inside it"

Way = Literal["flow", "stock", "index"]


@dataclass(frozen=True)
class Dated:
    """Records of one measure, placed and dated.

    Args:
        places: Their places.
        days: Their valid time.
        values: Their values, all known, shape (records,); of records whose place is split, of each piece.
        observed: First and last day over which absence is an observed zero; None where it is unknown.
        timeless: True where values hold for all periods.
    """

    places: Places
    days: Days
    values: Floats
    observed: tuple[date, date] | None
    timeless: bool = False

    @property
    def count(self) -> int:
        """Number of distinct places."""
        return len(self.places.support)

    def totals(self, weights: Floats) -> Floats:
        """Sums by place of values times weights, shape (places,)."""
        return sums(self.places.of_record, self.values * weights, self.count)

    def counts(self, chosen: npt.NDArray[np.bool_]) -> Floats:
        """Number of chosen records by place, shape (places,); of a split one its parts are counted."""
        return sums(self.places.of_record, chosen * self.places.part, self.count)

    def means(self, chosen: npt.NDArray[np.bool_]) -> Floats:
        """Mean of chosen records by place, never outside what it is a mean of; 0 where none, shape (places,)."""
        place, values = self.places.of_record[chosen], self.values[chosen]
        least, most = np.full(self.count, np.inf), np.full(self.count, -np.inf)
        np.minimum.at(least, place, values)
        np.maximum.at(most, place, values)
        counts = self.counts(chosen)
        mean = self.totals(chosen.astype(float)) / np.maximum(counts, 1.0)
        return np.where(counts > 0, np.clip(mean, least, most), 0.0)

    def tally(self, chosen: npt.NDArray[np.bool_], weights: Floats) -> Tally:
        """Chosen records and values times weights, by place and by wording."""
        places = self.places
        words = len(places.wordings.way)
        return Tally(
            counts=self.counts(chosen),
            amounts=self.totals(weights),
            worded_counts=sums(places.wording, chosen * places.part, words),
            worded_amounts=sums(places.wording, self.values * weights, words),
        )


@dataclass(frozen=True)
class Told:
    """What each place has in each period; arrays of shape (places, periods) where not said otherwise.

    Args:
        way: A flow or a stock, which add up, or an index, which is averaged by area.
        amounts: Totals; means of an index.
        counts: True where a place has something to tell; of a district and its region in force only the district.
        since: First day, as an ordinal, of the newest record in force; of a flow 0.
        observed: Share of each period over which absence is an observed zero, shape (periods,).
    """

    way: Way
    amounts: Floats
    counts: npt.NDArray[np.bool_]
    since: npt.NDArray[np.int64]
    observed: Floats

    def of(self, rows: npt.NDArray[np.int64]) -> Told:
        """The same of some of the places."""
        return replace(self, amounts=self.amounts[rows], counts=self.counts[rows], since=self.since[rows])

    @cached_property
    def bounds(self) -> Floats:
        """The least and the most that any place has in each period, infinite where none has anything; (2, periods)."""
        least = np.where(self.counts, self.amounts, np.inf).min(axis=0, initial=np.inf)
        most = np.where(self.counts, self.amounts, -np.inf).max(axis=0, initial=-np.inf)
        return np.stack([least, most])


def tell_flow(dated: Dated, periods: tuple[Period, ...], window: int) -> tuple[Told, LedgerRow]:
    """An extensive flow, spread evenly over its days; the account covers the last `window` periods.

    Where the source lists everything, absence is an observed zero.
    """
    told = _silent("flow", dated, periods)
    counted = np.zeros(len(dated.values))
    for row, period in enumerate(periods):
        weights = flow_weights(dated.days, period)
        told.counts[:, row], told.amounts[:, row] = dated.counts(weights > 0) > 0, dated.totals(weights)
        if row >= len(periods) - window:
            counted += weights
    return told, account(dated.places, dated.tally(_within(dated, periods, window), counted), 0.0)


def tell_stock(dated: Dated, ground: Ground, periods: tuple[Period, ...], window: int) -> tuple[Told, LedgerRow]:
    """An extensive stock: what is in force on each period's last day.

    The account is that of the last of the `window` periods in which anything is in force.
    """
    told, places, row_told = _silent("stock", dated, periods), dated.places, LedgerRow()
    inside = _insides(places, ground)
    for row, period in enumerate(periods):
        chosen = in_force(dated.days, places.of_record, period, timeless=dated.timeless)
        there = dated.counts(chosen) > 0
        _put(told, row, dated, chosen, _finest_told(there, inside))
        told.amounts[:, row] = dated.totals(chosen.astype(float))
        if row >= len(periods) - window and chosen.any():
            tally = dated.tally(chosen, chosen.astype(float))
            row_told = account(_covered(places, there & ~told.counts[:, row]), tally, 0.0)
    return told, row_told


def tell_index(dated: Dated, ground: Ground, periods: tuple[Period, ...], window: int) -> tuple[Told, LedgerRow]:
    """An intensive value: the mean of what is in force in each place on each period's last day."""
    told, places = _silent("index", dated, periods), dated.places
    inside = _insides(places, ground)
    for row, period in enumerate(periods):
        chosen = in_force(dated.days, places.of_record, period, timeless=dated.timeless)
        _put(told, row, dated, chosen, _finest_told(dated.counts(chosen) > 0, inside))
        told.amounts[:, row] = dated.means(chosen)
    counted = _within(dated, periods, window)
    row_told = account(places, dated.tally(counted, np.zeros(len(counted))), 0.0)
    return told, replace(row_told, accepted_total=mean_of(dated.values[counted]))


def _silent(way: Way, dated: Dated, periods: tuple[Period, ...]) -> Told:
    """Nothing told yet."""
    shape = (dated.count, len(periods))
    observed = np.array([observed_days(dated.observed, period) for period in periods])
    since = np.broadcast_to(np.int64(0), shape) if way == "flow" else np.zeros(shape, np.int64)
    return Told(way, np.zeros(shape), np.zeros(shape, bool), since, observed)


def _put(told: Told, row: int, dated: Dated, chosen: npt.NDArray[np.bool_], counts: npt.NDArray[np.bool_]) -> None:
    told.counts[:, row] = counts
    np.maximum.at(told.since[:, row], dated.places.of_record[chosen], dated.days.start[chosen])


def _within(dated: Dated, periods: tuple[Period, ...], window: int) -> npt.NDArray[np.bool_]:
    """Records that are valid at some time in the last `window` periods, shape (records,)."""
    first, after = periods[-window].start.toordinal(), periods[-1].end.toordinal()
    return np.full(len(dated.values), dated.timeless) | ((dated.days.end > first) & (dated.days.start < after))


def _insides(places: Places, ground: Ground) -> list[list[int]]:
    """For each place that stands for an area, the places of coarser areas that hold it."""
    standing = {
        (int(level), int(area)): row
        for row, (level, area) in enumerate(zip(places.level, places.area, strict=True))
        if level >= 0
    }
    codes = {(level, area.pcode): row for level, areas in ground.areas.items() for row, area in enumerate(areas)}
    coarsest = min(ground.areas)
    found: list[list[int]] = [[] for _ in places.level]
    for (level, area), row in standing.items():
        if level > coarsest and (coarsest, 0) in standing:
            found[row].append(standing[coarsest, 0])
        code = ground.areas[level][area].parent
        for above in range(level - 1, coarsest, -1):
            holder = codes.get((above, code))
            if holder is None:
                break
            if (above, holder) in standing:
                found[row].append(standing[above, holder])
            code = ground.areas[above][holder].parent
    return found


def _finest_told(there: npt.NDArray[np.bool_], inside: list[list[int]]) -> npt.NDArray[np.bool_]:
    """Places that count: of a district and its region only the district."""
    kept = there.copy()
    for row in np.flatnonzero(there):
        kept[inside[row]] = False
    return kept


def _covered(places: Places, told: npt.NDArray[np.bool_]) -> Places:
    """Places with those left out that finer ones tell already."""
    reason = np.where(told & (places.reason == ""), COVERED, places.reason)
    return replace(places, reason=reason)
