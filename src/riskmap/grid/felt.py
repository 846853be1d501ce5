"""What cells feel of records near them: a measure seen through a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.amounts import Days, sums
from riskmap.grid.cells import Grid, parents
from riskmap.grid.column import Column, Filled, median_support
from riskmap.grid.kernel import fading, near, observed_share
from riskmap.grid.placing import Places
from riskmap.grid.polygons import cell_areas_km2
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats, Support
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period

_EDGE_KM = {3: 68.98, 4: 26.07, 5: 9.85, 6: 3.72, 7: 1.41, 8: 0.53, 9: 0.20}
"""Mean edge of cells by resolution, rounded (H3 documentation)."""

_FINE_ENOUGH = 0.4


@dataclass(frozen=True)
class Felt:
    """Records to be felt: one measure, placed and dated.

    Args:
        places: Their places.
        days: Their valid time.
        values: Their values, shape (records,).
        observed: First and last day over which absence is an observed zero; None where it is unknown.
    """

    places: Places
    days: Days
    values: Floats
    observed: tuple[date, date] | None


def feel(felt: Felt, ground: Ground, periods: tuple[Period, ...], kernel: Kernel) -> Column:
    """A measure seen through a kernel, over all periods.

    Sums are divided by the share of the kernel's memory that was observed (a footprint, being a maximum, is not); where
    nothing says that absence is zero, only cells that something reaches are known.
    """
    column = Column.unknown(len(periods), len(ground.grid))
    reach = _footprints(felt, ground, kernel) if kernel.shape == "footprint" else _reach(felt, ground, kernel)
    fade = _fade(felt, periods, kernel)
    share = observed_share(felt.observed, periods, kernel) if felt.observed else np.ones(len(periods))
    for row, period in enumerate(periods):
        amounts = sums(felt.places.of_record, felt.values * fade[:, row], len(felt.places.support))
        if kernel.shape == "footprint":
            values = _strongest(reach, felt, fade[:, row])
        else:
            values = reach.T @ amounts / max(share[row], 1e-12)
        known = (values > 0) if felt.observed is None else np.full(len(values), share[row] > 0)
        support = median_support(reach, amounts, felt.places.support, _finest(felt.places))
        age = np.full(len(values), _age(felt, period))
        column.put(row, known, Filled(values, np.full(len(values), share[row]), support, age))
    return column


def _reach(felt: Felt, ground: Ground, kernel: Kernel) -> sparse.csr_matrix:
    """Weight of each place on each cell: of points by distance, of areas by that of the cells they are spread over.

    An area's share enters at the centres of coarser cells that are still small beside the kernel, which its own
    vagueness allows and which keeps the cost down.
    """
    places = felt.places
    precise = np.flatnonzero(~np.isnan(places.lon))
    shape = places.shares.shape
    weights = near(places.lon[precise], places.lat[precise], ground.grid, kernel)
    lift = sparse.csr_matrix(
        (np.ones(len(precise)), (precise, np.arange(len(precise)))), shape=(shape[0], len(precise))
    )
    spread = sparse.diags(np.isnan(places.lon).astype(float)) @ places.shares
    if not spread.nnz:
        return sparse.csr_matrix(lift @ weights)
    coarse, gather = _coarser(ground.grid, kernel)
    return sparse.csr_matrix(lift @ weights + spread @ gather @ near(coarse.lon, coarse.lat, ground.grid, kernel))


def _coarser(grid: Grid, kernel: Kernel) -> tuple[Grid, sparse.csr_matrix]:
    """The coarsest parents still small beside the kernel, and which cell lies in which, shape (cells, parents)."""
    fits = [level for level, edge in _EDGE_KM.items() if edge <= _FINE_ENOUGH * kernel.length_km]
    resolution = min([*fits, grid.resolution])
    above = parents(grid.cells, resolution)
    cells, position = np.unique(above, return_inverse=True)
    matrix = sparse.csr_matrix((np.ones(len(above)), (np.arange(len(above)), position)), shape=(len(above), len(cells)))
    return Grid(cells, resolution), matrix


def _footprints(felt: Felt, ground: Ground, kernel: Kernel) -> sparse.csr_matrix:
    """Share of each cell under each polygon; around points a gaussian."""
    places = felt.places
    precise = ~np.isnan(places.lon)
    under = sparse.diags((~precise).astype(float)) @ places.km2 @ sparse.diags(1 / cell_areas_km2(ground.grid))
    rows = np.flatnonzero(precise)
    lift = sparse.csr_matrix((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(precise), len(rows)))
    return sparse.csr_matrix(under + lift @ near(places.lon[rows], places.lat[rows], ground.grid, kernel))


def _fade(felt: Felt, periods: tuple[Period, ...], kernel: Kernel) -> Floats:
    """Temporal weights; a footprint counts in full while its record lasts.

    Records beyond the observed days do not count in a sum that is divided by the observed share.
    """
    fade = fading(felt.days.last, periods, kernel)
    if kernel.shape != "footprint":
        if felt.observed is not None:
            first, last = (day.toordinal() for day in felt.observed)
            fade[(felt.days.last < first) | (felt.days.last > last)] = 0.0
        return fade
    day = np.array([period.last_day.toordinal() for period in periods])[None, :]
    active = (felt.days.start[:, None] <= day) & (day <= felt.days.last[:, None])
    return np.where(active, 1.0, fade)


def _strongest(reach: sparse.csr_matrix, felt: Felt, fade: Floats) -> Floats:
    """The strongest footprint on each cell, shape (cells,)."""
    strength = np.zeros(reach.shape[0])
    np.maximum.at(strength, felt.places.of_record, felt.values * fade)
    entries = sparse.coo_matrix(sparse.diags(strength) @ reach)
    found = np.zeros(reach.shape[1])
    np.maximum.at(found, entries.col, entries.data)
    return np.minimum(found, 1.0)


def _finest(places: Places) -> int:
    codes: npt.NDArray[np.int8] = places.support[places.support != Support.NONE]
    return int(codes.min()) if len(codes) else int(Support.CELL)


def _age(felt: Felt, period: Period) -> float:
    """Days since the record of events ends, or since the newest of them began where nothing says how far it goes."""
    day = period.last_day.toordinal()
    if felt.observed is not None:
        return float(max(day - felt.observed[1].toordinal(), 0))
    begun = felt.days.start[felt.days.start <= day]
    return float(day - begun.max()) if len(begun) else np.nan
