"""Filling: what places or rasters tell in each period, shared out over the cells of a shard."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.column import Column, median_support
from riskmap.grid.sampled import Sampled
from riskmap.grid.shard import Patch, Rooted
from riskmap.grid.told import Told
from riskmap.model.cube import Floats, Support
from riskmap.model.period import Period

_LEAST = 1e-12
"""What a place weighs beside what it has, so that one that has 0 still tells how finely."""

Bools = npt.NDArray[np.bool_]


def fill_flow(told: Told, on: Rooted, patch: Patch, silent: Bools) -> Column:
    """An extensive flow on cells.

    Where the source lists everything, a cell of the area without records has an observed zero; elsewhere it is unknown.

    Args:
        told: What the places have.
        on: The places, as rooted in the shard.
        patch: The shard's cells.
        silent: Where and when a record says that the value is unknown, shape (periods, cells).
    """
    values = _over(on.shares, told.amounts)
    known = _over(on.km2, told.counts.astype(float)) > 0
    seen = told.observed[:, None]
    known |= (seen > 0) & (patch.land_km2 > 0) & ~silent
    weights = np.where(told.counts, np.abs(told.amounts) + _LEAST, 0.0)
    support = median_support(on.shares, weights, on.support, on.finest)
    return Column.of(known, values, np.where(seen > 0, seen, 1.0), support, np.zeros(1))


def fill_stock(told: Told, on: Rooted, periods: tuple[Period, ...]) -> Column:
    """An extensive stock on cells."""
    counts = told.counts.astype(float)
    values = _over(on.shares, told.amounts * counts)
    known = _over(on.km2, counts) > 0
    weights = np.where(told.counts, np.abs(told.amounts) + _LEAST, 0.0)
    support = median_support(on.shares, weights, on.support, on.finest)
    return Column.of(known, values, np.ones(1), support, _ages(told, on, periods))


def fill_index(told: Told, bounds: Floats, on: Rooted, patch: Patch, periods: tuple[Period, ...]) -> Column:
    """An intensive value on cells: the mean, by area, of what is in force in each.

    Coverage is the share of the cell's land that some value covers.

    Args:
        told: What the places have.
        bounds: Least and most of all places, the shard's or not, shape (2, periods).
        on: The places, as rooted in the shard.
        patch: The shard's cells.
        periods: The periods.
    """
    counts, land = told.counts.astype(float), patch.land_km2
    under = _over(on.km2, counts)
    known = under > 0
    values = np.divide(_over(on.km2, told.amounts * counts), under, out=np.zeros(under.shape), where=known)
    values = np.clip(values, *bounds[:, :, None])
    support = median_support(on.km2, counts, on.support, on.finest)
    coverage = np.divide(under, land, out=np.ones(under.shape), where=land > 0)
    return Column.of(known, values, coverage, support, _ages(told, on, periods))


def fill_raster(sampled: Sampled, periods: tuple[Period, ...], cells: int) -> Column:
    """Rasters on cells.

    Args:
        sampled: What they tell of the shard's cells.
        periods: The periods.
        cells: Number of the shard's cells.
    """
    shape = (len(periods), cells)
    values, coverage = np.full(shape, np.nan), np.zeros(shape)
    support, ages = np.full(shape, Support.NONE, np.int8), np.zeros((len(periods), 1))
    for row, (period, which) in enumerate(zip(periods, sampled.which, strict=True)):
        if which >= 0:
            picture = sampled.pictures[which]
            values[row], coverage[row], support[row] = picture.values, picture.coverage, picture.support
            ages[row] = period.last_day.toordinal() - sampled.since[row]
    return Column.of(~np.isnan(values), values, coverage, support, ages)


def _over(matrix: sparse.csc_matrix, amounts: Floats) -> Floats:
    """What each cell has of all places in each period; shape (periods, cells)."""
    return np.ascontiguousarray((matrix.T @ amounts).T)


def _ages(told: Told, on: Rooted, periods: tuple[Period, ...]) -> Floats:
    """Days since the start of the newest of what reaches each cell; shape (periods, cells)."""
    entries = on.km2.tocoo()
    newest = np.zeros((len(periods), on.km2.shape[1]), np.int64)
    for row in range(len(periods)):
        since = np.where(told.counts[:, row], told.since[:, row], 0)
        if row and np.array_equal(since, np.where(told.counts[:, row - 1], told.since[:, row - 1], 0)):
            newest[row] = newest[row - 1]
        else:
            np.maximum.at(newest[row], entries.col, since[entries.row])
    days = np.array([period.last_day.toordinal() for period in periods])
    return (days[:, None] - newest).astype(np.float64)
