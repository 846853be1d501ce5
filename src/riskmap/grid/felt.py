"""What cells feel of records near them: a measure seen through a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.amounts import Days
from riskmap.grid.cells import Grid
from riskmap.grid.column import Column, Filled, median_of
from riskmap.grid.kernel import carried, entering, fading, observed_share
from riskmap.grid.placing import Places
from riskmap.grid.polygons import cell_areas_km2
from riskmap.grid.reach import Sources, convolve, tallied
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats, Support
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period

_TRACE = 1e-12
"""What every place weighs beside what it had, so that the support of an observed zero is that of the places near it."""

_ROOM = 1 << 24
"""Weights of areas on cells that are held at a time: 128 MiB."""


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


@dataclass(frozen=True)
class _Seen:
    """What cells feel.

    Args:
        values: Shape (periods, cells).
        layers: Of what size that is by support, shape (codes, periods, cells).
        codes: `Support` codes of the layers, ascending.
    """

    values: Floats
    layers: Floats
    codes: npt.NDArray[np.int8]


def feel(felt: Felt, ground: Ground, periods: tuple[Period, ...], kernel: Kernel) -> Column:
    """A measure seen through a kernel, over all periods.

    Sums are divided by the share of the kernel's memory that was observed (a footprint, being a maximum, is not); where
    nothing says that absence is zero, only cells that something reaches are known.
    """
    column = Column.unknown(len(periods), len(ground.grid))
    share = observed_share(felt.observed, periods, kernel) if felt.observed else np.ones(len(periods))
    if kernel.shape == "footprint":
        seen = _strongest(felt, ground, periods, kernel)
    else:
        seen = _summed(felt, ground, periods, kernel)
        seen.values[:] /= np.maximum(share, 1e-12)[:, None]
    for row, period in enumerate(periods):
        values = seen.values[row]
        known = (values > 0) if felt.observed is None else np.full(len(values), share[row] > 0)
        support = median_of(seen.layers[:, row], seen.codes, _finest(felt.places))
        age = np.full(len(values), _age(felt, period))
        column.put(row, known, Filled(values, np.full(len(values), share[row]), support, age))
    return column


def _summed(felt: Felt, ground: Ground, periods: tuple[Period, ...], kernel: Kernel) -> _Seen:
    """Sums over all records, and their sizes by support.

    Records beyond the observed days do not count, since what is felt is divided by the observed share.
    """
    found = entering(felt.days.last, periods, kernel)
    weight = found.weight
    if felt.observed is not None:
        first, last = (day.toordinal() for day in felt.observed)
        day = felt.days.last[found.record]
        weight = weight * ((first <= day) & (day <= last))
    place, amount = felt.places.of_record[found.record], felt.values[found.record] * weight
    codes, matrix = _by_support(felt.places, place, found.period, amount, len(periods))
    sums = _gathered(felt.places, ground, matrix, kernel)
    by_period, traces = _parted(sums, len(codes), len(periods))
    lasting = carried(by_period, periods, kernel)
    return _Seen(lasting[0], lasting[1:] + traces, codes)


def _by_support(
    places: Places, place: npt.NDArray[np.int64], period: npt.NDArray[np.int64], amount: Floats, periods: int
) -> tuple[npt.NDArray[np.int8], sparse.csr_matrix]:
    """Amounts of each place by period, then their sizes by support and period, then a trace of every place by support.

    The trace tells how finely is known what is 0.

    Args:
        places: The places.
        place: Of each amount.
        period: Position of each amount's period.
        amount: Any number of one place and period; they add up.
        periods: How many there are.

    Returns:
        Codes, and shape (places, periods + codes * periods + codes).
    """
    codes = np.unique(places.support[places.support != Support.NONE])
    layer = np.searchsorted(codes, places.support)
    told = np.flatnonzero(places.support != Support.NONE)
    sized = places.support[place] != Support.NONE
    rows = [place, place[sized], told]
    columns = [period, (1 + layer[place[sized]]) * periods + period[sized], (1 + len(codes)) * periods + layer[told]]
    amounts = [amount, np.abs(amount[sized]), np.full(len(told), _TRACE)]
    shape = (len(layer), (1 + len(codes)) * periods + len(codes))
    return codes, tallied(np.concatenate(rows), np.concatenate(columns), np.concatenate(amounts), shape)


def _parted(sums: Floats, codes: int, periods: int) -> tuple[Floats, Floats]:
    """Sums of the columns of `_by_support`: amounts and sizes (1 + codes, periods, cells), traces (codes, 1, cells)."""
    last = (1 + codes) * periods
    return sums[:last].reshape(1 + codes, periods, sums.shape[1]), sums[last:, None]


def _gathered(places: Places, ground: Ground, amounts: sparse.csr_matrix, kernel: Kernel) -> Floats:
    """Sums of amounts: of precise points from where they are, of areas from every cell they are spread over.

    Args:
        places: The places.
        ground: The grid.
        amounts: Shape (places, columns).
        kernel: How far they are felt.

    Returns:
        Shape (columns, cells).
    """
    grid, precise = ground.grid, ~np.isnan(places.lon)
    found = convolve(Sources(places.lon[precise], places.lat[precise], amounts[precise]), grid, kernel)
    areas = np.flatnonzero(~precise & (np.diff(places.shares.indptr) > 0) & (np.diff(amounts.indptr) > 0))
    spread = Sources(grid.lon, grid.lat, sparse.csr_matrix(places.shares[areas].T))
    step = max(_ROOM // max(len(areas), 1), 1)
    for first in range(0, len(grid) if len(areas) else 0, step):
        part = Grid(grid.cells[first : first + step], grid.resolution)
        reach = sparse.csr_matrix(convolve(spread, part, kernel))
        found[:, first : first + step] += (amounts[areas].T @ reach).toarray()
    return found


def _strongest(felt: Felt, ground: Ground, periods: tuple[Period, ...], kernel: Kernel) -> _Seen:
    """The strongest footprint on each cell: the share of it under a polygon, around a point a gaussian."""
    places = felt.places
    record, period = np.nonzero(fade := _fade(felt, periods, kernel))
    place, amount = places.of_record[record], felt.values[record] * fade[record, period]
    codes, sizes = _by_support(places, place, period, amount, len(periods))
    strength = tallied(place, period, amount, (len(places.support), len(periods)), strongest=True)
    precise = ~np.isnan(places.lon)
    lon, lat = places.lon[precise], places.lat[precise]
    under = sparse.csr_matrix(places.km2[~precise] @ sparse.diags(1 / cell_areas_km2(ground.grid)))
    values = np.maximum(
        convolve(Sources(lon, lat, strength[precise]), ground.grid, kernel, strongest=True),
        _largest(under, strength[~precise].toarray()),
    )
    sums = convolve(Sources(lon, lat, sizes[precise]), ground.grid, kernel) + (sizes[~precise].T @ under).toarray()
    by_period, traces = _parted(sums, len(codes), len(periods))
    return _Seen(np.minimum(values, 1.0), by_period[1:] + traces, codes)


def _largest(under: sparse.csr_matrix, strength: Floats) -> Floats:
    """The largest of strength times share over the places on each cell, at least 0; shape (periods, cells)."""
    entries = under.tocsc()
    entries.sort_indices()
    cells = np.flatnonzero(np.diff(entries.indptr))
    found = np.zeros((strength.shape[1], under.shape[1]))
    if len(cells):
        for row, strong in enumerate(strength.T):
            felt = strong[entries.indices] * entries.data
            found[row, cells] = np.maximum(np.maximum.reduceat(felt, entries.indptr[cells]), 0.0)
    return found


def _fade(felt: Felt, periods: tuple[Period, ...], kernel: Kernel) -> Floats:
    """Temporal weights of footprints, shape (records, periods): one counts in full while its record lasts."""
    day = np.array([period.last_day.toordinal() for period in periods])[None, :]
    active = (felt.days.start[:, None] <= day) & (day <= felt.days.last[:, None])
    return np.where(active, 1.0, fading(felt.days.last, periods, kernel))


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
