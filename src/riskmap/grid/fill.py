"""Filling columns: flows added up, states in force read off, rasters summed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from riskmap.grid.amounts import Days, days_of, flow_weights, in_force, observed_days, sums
from riskmap.grid.column import Column, Filled, median_support, youngest
from riskmap.grid.ledger import LedgerRow, Tally, account, mean_of
from riskmap.grid.placing import Places
from riskmap.grid.points import OUTSIDE
from riskmap.grid.rasters import Quantity, mean_stack, mean_tiles, pixel_support, stacked, sum_stack, sum_tiles
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats, Support
from riskmap.model.period import Period

COVERED = "told more finely by areas inside it"


@dataclass(frozen=True)
class Dated:
    """Records of one measure, placed and dated.

    Args:
        places: Their places.
        days: Their valid time.
        values: Their values, all known, shape (records,); of records whose place is split, of each piece.
        observed: First and last day over which absence is an observed zero; None where it is unknown.
        timeless: True where values hold for all periods.
        silent: Where and when a record says that the value is unknown, shape (periods, cells).
    """

    places: Places
    days: Days
    values: Floats
    observed: tuple[date, date] | None
    timeless: bool
    silent: npt.NDArray[np.bool_]

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


def fill_flow(dated: Dated, ground: Ground, periods: tuple[Period, ...], window: int) -> tuple[Column, LedgerRow]:
    """An extensive flow over all periods, spread evenly over its days; the account covers the last `window` periods.

    Where the source lists everything, a cell of the area without records has an observed zero; elsewhere it is unknown.
    """
    column, places = Column.unknown(len(periods), len(ground.grid)), dated.places
    counted, on_cells = np.zeros(len(dated.values)), 0.0
    for row, period in enumerate(periods):
        weights = flow_weights(dated.days, period)
        present, amount = dated.counts(weights > 0), dated.totals(weights)
        values = places.shares.T @ amount
        share = observed_days(dated.observed, period)
        known = places.km2.T @ present > 0
        known |= (share > 0) & (ground.land_km2 > 0) & ~dated.silent[row]
        support = median_support(_only(places, present > 0), amount, places.support, _finest(places))
        coverage = np.full(len(values), share if share > 0 else 1.0)
        column.put(row, known, Filled(values, coverage, support, np.zeros(len(values))))
        if row >= len(periods) - window:
            counted += weights
            on_cells += float(values.sum())
    return column, account(places, dated.tally(_within(dated, periods, window), counted), on_cells)


def fill_state(dated: Dated, ground: Ground, periods: tuple[Period, ...], window: int) -> tuple[Column, LedgerRow]:
    """An extensive stock over all periods: what is in force on each period's last day, spread over its cells.

    The account is that of the last of the `window` periods in which anything is in force.
    """
    column, places = Column.unknown(len(periods), len(ground.grid)), dated.places
    row_told = LedgerRow()
    inside = _insides(places, ground)
    for row, period in enumerate(periods):
        chosen = in_force(dated.days, places.of_record, period, timeless=dated.timeless)
        counts, amount = dated.counts(chosen), dated.totals(chosen.astype(float))
        kept = _finest_told(counts > 0, inside)
        matrix = _only(places, kept)
        values = matrix.T @ amount
        known = _only(places, kept, of_area=True).T @ np.ones(dated.count) > 0
        support = median_support(matrix, amount, places.support, _finest(places))
        age = youngest(_only(places, kept, of_area=True), _ages(dated, chosen, period))
        column.put(row, known, Filled(values, np.ones(len(values)), support, age))
        if row >= len(periods) - window and chosen.any():
            tally = dated.tally(chosen, chosen.astype(float))
            row_told = account(_covered(places, (counts > 0) & ~kept), tally, float(values.sum()))
    return column, row_told


def fill_index(dated: Dated, ground: Ground, periods: tuple[Period, ...], window: int) -> tuple[Column, LedgerRow]:
    """An intensive value over all periods: the mean, by area, of what is in force in each cell.

    Coverage is the share of the cell's land that some value covers.
    """
    column, places = Column.unknown(len(periods), len(ground.grid)), dated.places
    inside = _insides(places, ground)
    for row, period in enumerate(periods):
        chosen = in_force(dated.days, places.of_record, period, timeless=dated.timeless)
        counts = dated.counts(chosen)
        mean = dated.totals(chosen.astype(float)) / np.maximum(counts, 1.0)
        matrix = _only(places, _finest_told(counts > 0, inside), of_area=True)
        under = matrix.T @ np.ones(dated.count)
        known = under > 0
        values = np.divide(matrix.T @ mean, under, out=np.full(len(under), np.nan), where=known)
        values = np.clip(values, mean[counts > 0].min(initial=np.inf), mean[counts > 0].max(initial=-np.inf))
        support = median_support(matrix, np.ones(dated.count), places.support, _finest(places))
        coverage = np.divide(under, ground.land_km2, out=np.ones(len(under)), where=ground.land_km2 > 0)
        age = youngest(matrix, _ages(dated, chosen, period))
        column.put(row, known, Filled(values, coverage, support, age))
    counted = _within(dated, periods, window)
    told = account(places, dated.tally(counted, np.zeros(len(counted))), mean_of(column.values[-window:]))
    return column, replace(told, accepted_total=mean_of(dated.values[counted]))


def fill_raster(
    table: pa.Table, ground: Ground, periods: tuple[Period, ...], *, timeless: bool
) -> tuple[Column, LedgerRow]:
    """Rasters over all periods: the newest in force on each period's last day, tiles of one date together.

    Extensive ones are summed, intensive ones averaged by area. Those with the same pixels are worked through together.
    """
    column = Column.unknown(len(periods), len(ground.grid))
    days, hrefs = days_of(table, timeless=timeless), table["href"].to_pylist()
    places, told = np.zeros(len(hrefs), np.int64), LedgerRow()
    by_period = [np.flatnonzero(in_force(days, places, period, timeless=timeless)) for period in periods]
    used = [hrefs[tile] for tile in np.unique(np.concatenate(by_period)).tolist()]
    over = _averages(used, ground) if table["spread"][0].as_py() == "intensive" else _totals(used, ground, table)
    kept: dict[tuple[int, ...], tuple[Filled, LedgerRow]] = {}
    for row, (period, chosen) in enumerate(zip(periods, by_period, strict=True)):
        tiles = tuple(chosen.tolist())
        if not tiles:
            continue
        if tiles not in kept:
            kept[tiles] = over([hrefs[tile] for tile in tiles])
        found, told = kept[tiles]
        age = np.full(len(ground.grid), float(period.last_day.toordinal() - days.start[tiles[0]]))
        column.put(row, ~np.isnan(found.values), replace(found, age_days=age))
    return column, told


_Over = Callable[[Sequence[str]], tuple[Filled, LedgerRow]]


def _totals(used: Sequence[str], ground: Ground, table: pa.Table) -> _Over:
    """How tiles of one date become a column and its account, where pixels add up."""
    quantity: Quantity = "density" if str(table["unit"][0].as_py()).endswith("/km2") else "count"
    before = stacked(sorted(set(used)), lambda group: sum_stack(group, ground.grid, quantity))

    def over(hrefs: Sequence[str]) -> tuple[Filled, LedgerRow]:
        found = sum_tiles(hrefs, ground.grid, quantity, before)
        outside = ((OUTSIDE, "", len(hrefs), found.total_outside),) if found.total_outside else ()
        on_cells = found.total_in - found.total_outside
        told = LedgerRow(records=len(hrefs), accepted_total=found.total_in, cells_total=on_cells, outside=outside)
        return _filled(found.values, found.coverage, hrefs, ground), told

    return over


def _averages(used: Sequence[str], ground: Ground) -> _Over:
    """Likewise, where pixels average."""
    before = stacked(sorted(set(used)), lambda group: mean_stack(group, ground.grid))

    def over(hrefs: Sequence[str]) -> tuple[Filled, LedgerRow]:
        found = mean_tiles(hrefs, ground.grid, before)
        mean = 0.0 if np.isnan(found.mean_in) else found.mean_in
        told = LedgerRow(records=len(hrefs), accepted_total=mean, cells_total=mean_of(found.values))
        return _filled(found.values, found.coverage, hrefs, ground), told

    return over


def _filled(values: Floats, coverage: npt.NDArray[np.float32], hrefs: Sequence[str], ground: Ground) -> Filled:
    """Values of tiles, which are of one product and so know each cell as finely as the first."""
    support = pixel_support(hrefs[0], ground.grid)
    return Filled(values, coverage.astype(np.float64), support, np.zeros(len(values)))


def _within(dated: Dated, periods: tuple[Period, ...], window: int) -> npt.NDArray[np.bool_]:
    """Records that are valid at some time in the last `window` periods, shape (records,)."""
    first, after = periods[-window].start.toordinal(), periods[-1].end.toordinal()
    return np.full(len(dated.values), dated.timeless) | ((dated.days.end > first) & (dated.days.start < after))


def _only(places: Places, chosen: npt.NDArray[np.bool_], *, of_area: bool = False) -> sparse.csr_matrix:
    """Shares, or areas, of the chosen places alone, shape (places, cells)."""
    return sparse.csr_matrix(sparse.diags(chosen.astype(float)) @ (places.km2 if of_area else places.shares))


def _finest(places: Places) -> int:
    codes = places.support[places.support != Support.NONE]
    return int(codes.min()) if len(codes) else int(Support.CELL)


def _ages(dated: Dated, chosen: npt.NDArray[np.bool_], period: Period) -> Floats:
    """Days since the start of what each place has in force, shape (places,)."""
    newest = np.full(dated.count, -np.inf)
    np.maximum.at(newest, dated.places.of_record[chosen], dated.days.start[chosen].astype(float))
    return period.last_day.toordinal() - newest


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
