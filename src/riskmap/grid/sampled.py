"""Sampling: rasters over all periods, as values of cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from riskmap.grid.amounts import days_of, in_force
from riskmap.grid.ledger import LedgerRow, mean_of
from riskmap.grid.points import OUTSIDE
from riskmap.grid.rasters import Quantity, mean_stack, mean_tiles, pixel_support, stacked, sum_stack, sum_tiles
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats
from riskmap.model.period import Period


@dataclass(frozen=True)
class Picture:
    """What some tiles of one date tell of cells; arrays of shape (cells,).

    Args:
        values: NaN = unknown.
        coverage: Share of each cell under pixels with a value.
        support: `Support` codes.
    """

    values: Floats
    coverage: npt.NDArray[np.float32]
    support: npt.NDArray[np.int8]

    def of(self, cells: slice) -> Picture:
        """The same of some of the cells."""
        return Picture(self.values[cells], self.coverage[cells], self.support[cells])


@dataclass(frozen=True)
class Sampled:
    """Rasters over all periods: the newest in force on each period's last day.

    Args:
        pictures: The distinct ones.
        which: Position of each period's picture, -1 where it has none; shape (periods,).
        since: First day of that picture, as an ordinal; shape (periods,).
    """

    pictures: tuple[Picture, ...]
    which: npt.NDArray[np.int64]
    since: npt.NDArray[np.int64]

    def of(self, cells: slice) -> Sampled:
        """The same of some of the cells."""
        return replace(self, pictures=tuple(picture.of(cells) for picture in self.pictures))


_Over = Callable[[Sequence[str]], tuple[Picture, LedgerRow]]


def sample(
    table: pa.Table, ground: Ground, periods: tuple[Period, ...], valid_days: int | None, *, timeless: bool
) -> tuple[Sampled, LedgerRow]:
    """Rasters over all periods: the newest in force on each period's last day, tiles of one date together.

    Extensive ones are summed, intensive ones averaged by area. Those with the same pixels are worked through together.

    Args:
        table: Records of one measure, all with an href.
        ground: The grid.
        periods: The periods.
        valid_days: Longest time that a raster stays in force after its start.
        timeless: True where rasters hold for all time although dated.
    """
    days, hrefs = days_of(table, valid_days, timeless=timeless), table["href"].to_pylist()
    places = np.zeros(len(hrefs), np.int64)
    by_period = [np.flatnonzero(in_force(days, places, period, timeless=timeless)) for period in periods]
    used = [hrefs[tile] for tile in np.unique(np.concatenate(by_period)).tolist()]
    over = _averages(used, ground) if table["spread"][0].as_py() == "intensive" else _totals(used, ground, table)
    kept: dict[tuple[int, ...], int] = {}
    made: list[tuple[Picture, LedgerRow]] = []
    which, since = np.full(len(periods), -1), np.zeros(len(periods), np.int64)
    for row, chosen in enumerate(by_period):
        tiles = tuple(chosen.tolist())
        if not tiles:
            continue
        if tiles not in kept:
            kept[tiles] = len(made)
            made.append(over([hrefs[tile] for tile in tiles]))
        which[row], since[row] = kept[tiles], days.start[tiles[0]]
    told = made[which[which >= 0][-1]][1] if made else LedgerRow()
    return Sampled(tuple(picture for picture, _ in made), which, since), told


def _totals(used: Sequence[str], ground: Ground, table: pa.Table) -> _Over:
    """How tiles of one date become a picture and its account, where pixels add up."""
    quantity: Quantity = "density" if str(table["unit"][0].as_py()).endswith("/km2") else "count"
    before = stacked(sorted(set(used)), lambda group: sum_stack(group, ground.grid, quantity))

    def over(hrefs: Sequence[str]) -> tuple[Picture, LedgerRow]:
        found = sum_tiles(hrefs, ground.grid, quantity, before)
        outside = ((OUTSIDE, "", len(hrefs), found.total_outside),) if found.total_outside else ()
        on_cells = found.total_in - found.total_outside
        told = LedgerRow(records=len(hrefs), accepted_total=found.total_in, cells_total=on_cells, outside=outside)
        return _picture(found.values, found.coverage, hrefs, ground), told

    return over


def _averages(used: Sequence[str], ground: Ground) -> _Over:
    """Likewise, where pixels average."""
    before = stacked(sorted(set(used)), lambda group: mean_stack(group, ground.grid))

    def over(hrefs: Sequence[str]) -> tuple[Picture, LedgerRow]:
        found = mean_tiles(hrefs, ground.grid, before)
        mean = 0.0 if np.isnan(found.mean_in) else found.mean_in
        told = LedgerRow(records=len(hrefs), accepted_total=mean, cells_total=mean_of(found.values))
        return _picture(found.values, found.coverage, hrefs, ground), told

    return over


def _picture(values: Floats, coverage: npt.NDArray[np.float32], hrefs: Sequence[str], ground: Ground) -> Picture:
    """Values of tiles, which are of one product and so know each cell as finely as the first."""
    return Picture(values, coverage, pixel_support(hrefs[0], ground.grid))
