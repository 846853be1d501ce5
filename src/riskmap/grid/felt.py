"""What cells feel of records near them: a measure seen through a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.cells import Grid
from riskmap.grid.column import Column, median_of
from riskmap.grid.kernel import carried, entering, fading, observed_share
from riskmap.grid.placing import Places
from riskmap.grid.polygons import cell_areas_km2
from riskmap.grid.reach import Sources, convolve, reach_km, tallied
from riskmap.grid.shard import Cut, Sown, finest, of_rows
from riskmap.grid.told import Dated
from riskmap.model.cube import Floats, Support
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period

_TRACE = 1e-12
"""What every place weighs beside what it had, so that the support of an observed zero is that of the places near it."""

_ROOM = 1 << 24
"""Weights of areas on cells that are held at a time: 128 MiB."""


@dataclass(frozen=True)
class Wave:
    """A measure's records as a kernel remembers them, not yet spread in space.

    Args:
        kernel: The kernel.
        codes: `Support` codes of the places, ascending.
        amounts: What each place has in the columns of `_by_support`, shape (places, columns).
        strength: The strongest of each place by period, shape (places, periods); of footprints, else without columns.
        share: Share of the kernel's memory that was observed, shape (periods,).
        age: Days since what was felt, shape (periods,).
        listed: True where absence is an observed zero.
        finest: The finest support of any place.
    """

    kernel: Kernel
    codes: npt.NDArray[np.int8]
    amounts: sparse.csr_matrix
    strength: sparse.csr_matrix
    share: Floats
    age: Floats
    listed: bool
    finest: int

    def bare(self) -> Wave:
        """The same without what its places have, which travels with what is around a shard."""
        return replace(self, amounts=self.amounts[:0], strength=self.strength[:0])


@dataclass(frozen=True)
class Around:
    """What of a wave reaches the cells of a shard.

    Args:
        points: Precise points with what they have, on the grid or off it.
        strong: What is strongest there, shape (points, periods); of footprints, else without columns.
        vague: What areas have, shape (areas, columns).
        spread: Cells that areas are spread over, with the part of each; amounts of shape (cells, areas).
        strong_areas: What is strongest in them, likewise.
        under: Area of each in the cells of the shard, shape (areas, shard's cells); of footprints, else empty.
    """

    points: Sources
    strong: sparse.csr_matrix
    vague: sparse.csr_matrix
    spread: Sources
    strong_areas: sparse.csr_matrix
    under: sparse.csc_matrix


@dataclass(frozen=True)
class _Seen:
    """What cells feel.

    Args:
        values: Shape (periods, cells).
        layers: Of what size that is by support, shape (codes, periods, cells).
    """

    values: Floats
    layers: Floats


def wave_of(dated: Dated, periods: tuple[Period, ...], kernel: Kernel) -> Wave:
    """A measure's records as they enter the periods.

    Of sums, records beyond the observed days do not count, since what is felt is divided by the observed share.
    """
    places, footprint = dated.places, kernel.shape == "footprint"
    if footprint:
        record, period = np.nonzero(fade := _fade(dated, periods, kernel))
        weight = fade[record, period]
    else:
        found = entering(dated.days.last, periods, kernel)
        record, period, weight = found.record, found.period, found.weight
        if dated.observed is not None:
            first, last = (day.toordinal() for day in dated.observed)
            day = dated.days.last[record]
            weight = weight * ((first <= day) & (day <= last))
    place, amount = places.of_record[record], dated.values[record] * weight
    begun = np.searchsorted([one.last_day.toordinal() for one in periods], dated.days.start)
    codes, amounts = _by_support(places, (place, period, amount), begun, len(periods))
    shape = (len(places.support), len(periods) if footprint else 0)
    strong = (place, period, amount) if footprint else (np.arange(0), np.arange(0), np.empty(0))
    return Wave(
        kernel=kernel,
        codes=codes,
        amounts=amounts,
        strength=tallied(*strong, shape, strongest=True),
        share=observed_share(dated.observed, periods, kernel) if dated.observed else np.ones(len(periods)),
        age=np.array([_age(dated, period) for period in periods]),
        listed=dated.observed is not None,
        finest=finest(places.support),
    )


def around(wave: Wave, places: Places, by_cell: Sown, whole: Cut, at: int) -> Around:
    """What of a wave reaches the cells of a shard.

    Args:
        wave: The wave.
        places: The places that it comes from.
        by_cell: The same by cell.
        whole: The whole grid, since areas are spread over cells beyond the shard too.
        at: Which of its shards.
    """
    footprint, told = wave.kernel.shape == "footprint", np.diff(wave.amounts.indptr) > 0
    ball = whole.balls[at].grown(reach_km(wave.kernel))
    point = by_cell.points_in(ball)
    point = point[told[point]]
    area = np.flatnonzero(np.isnan(places.lon) & told & (np.diff(places.km2.indptr) > 0))
    near = whole.near(ball) if len(area) and not footprint else np.arange(0)
    under = whole.shards[at].cells if footprint else slice(0, 0)
    return Around(
        points=Sources(places.lon[point], places.lat[point], wave.amounts[point]),
        strong=wave.strength[point],
        vague=wave.amounts[area],
        spread=Sources(
            whole.grid.lon[near],
            whole.grid.lat[near],
            sparse.csr_matrix(of_rows(by_cell.shares[:, near], area).T),
        ),
        strong_areas=wave.strength[area],
        under=of_rows(by_cell.km2[:, under], area),
    )


def feel(wave: Wave, near: Around, grid: Grid, periods: tuple[Period, ...]) -> Column:
    """A measure seen through a kernel, over all periods.

    Sums are divided by the share of the kernel's memory that was observed (a footprint, being a maximum, is not); where
    nothing says that absence is zero, only cells that something reaches are known.

    Args:
        wave: The records.
        near: What of them reaches the cells.
        grid: The cells of a shard.
        periods: The periods.
    """
    share = wave.share[:, None]
    if wave.kernel.shape == "footprint":
        seen = _strongest(wave, near, grid, len(periods))
    else:
        seen = _summed(wave, near, grid, periods)
        seen.values[:] /= np.maximum(share, 1e-12)
    known = np.broadcast_to(share > 0, seen.values.shape) if wave.listed else seen.values > 0
    support = median_of(seen.layers, wave.codes, wave.finest)
    return Column.of(known, seen.values, share, support, wave.age[:, None])


def _summed(wave: Wave, near: Around, grid: Grid, periods: tuple[Period, ...]) -> _Seen:
    """Sums over all records, and their sizes by support."""
    sums = convolve(near.points, grid, wave.kernel)
    areas = near.vague.shape[0]
    step = max(_ROOM // max(areas, 1), 1)
    for first in range(0, len(grid) if areas else 0, step):
        part = Grid(grid.cells[first : first + step], grid.resolution)
        reach = sparse.csr_matrix(convolve(near.spread, part, wave.kernel))
        sums[:, first : first + step] += (near.vague.T @ reach).toarray()
    by_period, traces = _parted(sums, len(wave.codes), len(periods))
    lasting = carried(by_period, periods, wave.kernel)
    return _Seen(lasting[0], lasting[1:] + traces)


def _by_support(
    places: Places,
    entries: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats],
    begun: npt.NDArray[np.int64],
    periods: int,
) -> tuple[npt.NDArray[np.int8], sparse.csr_matrix]:
    """Amounts of each place by period, then their sizes by support and period, then traces of places likewise.

    A trace tells how finely is known what is 0, from the period on in which a place's first record begins, so that no
    period depends on what comes after it.

    Args:
        places: The places.
        entries: Place, position of the period, and amount; any number of one place and period, which add up.
        begun: The period in which each record begins, shape (records,); beyond the last one where after them.
        periods: How many there are.

    Returns:
        Codes, and shape (places, (1 + 2 * codes) * periods).
    """
    place, period, amount = entries
    codes = np.unique(places.support[places.support != Support.NONE])
    if len(codes) == 1:
        # Where all is known equally finely there is nothing to weigh.
        codes = codes[:0]
    layer = np.searchsorted(codes, places.support)
    first = np.full(len(layer), periods)
    np.minimum.at(first, places.of_record, begun)
    weighed = np.isin(places.support, codes)
    told, sized = np.flatnonzero(weighed & (first < periods)), weighed[place]
    sizes, traces = 1 + layer[place[sized]], 1 + len(codes) + layer[told]
    rows = [place, place[sized], told]
    columns_of = [period, sizes * periods + period[sized], traces * periods + first[told]]
    amounts = [amount, np.abs(amount[sized]), np.full(len(told), _TRACE)]
    shape = (len(layer), (1 + 2 * len(codes)) * periods)
    return codes, tallied(np.concatenate(rows), np.concatenate(columns_of), np.concatenate(amounts), shape)


def _parted(sums: Floats, codes: int, periods: int) -> tuple[Floats, Floats]:
    """Sums of the columns of `_by_support`: amounts and sizes (1 + codes, periods, cells), and traces so far."""
    parts = sums.reshape(1 + 2 * codes, periods, sums.shape[1])
    traces = parts[1 + codes :]
    for row in range(1, periods):
        traces[:, row] += traces[:, row - 1]
    return parts[: 1 + codes], traces


def _strongest(wave: Wave, near: Around, grid: Grid, periods: int) -> _Seen:
    """The strongest footprint on each cell: the share of it under a polygon, around a point a gaussian."""
    lon, lat = near.points.lon, near.points.lat
    under = sparse.csr_matrix(near.under @ sparse.diags(1 / cell_areas_km2(grid)))
    values = np.maximum(
        convolve(Sources(lon, lat, near.strong), grid, wave.kernel, strongest=True),
        _largest(under, near.strong_areas.toarray()),
    )
    sums = convolve(near.points, grid, wave.kernel) + (near.vague.T @ under).toarray()
    by_period, traces = _parted(sums, len(wave.codes), periods)
    return _Seen(np.minimum(values, 1.0), by_period[1:] + traces)


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


def _fade(dated: Dated, periods: tuple[Period, ...], kernel: Kernel) -> Floats:
    """Temporal weights of footprints, shape (records, periods): one counts in full while its record lasts."""
    day = np.array([period.last_day.toordinal() for period in periods])[None, :]
    active = (dated.days.start[:, None] <= day) & (day <= dated.days.last[:, None])
    return np.where(active, 1.0, fading(dated.days.last, periods, kernel))


def _age(dated: Dated, period: Period) -> float:
    """Days since the record of events ends, or since the newest of them began where nothing says how far it goes."""
    day = period.last_day.toordinal()
    if dated.observed is not None:
        return float(max(day - dated.observed[1].toordinal(), 0))
    begun = dated.days.start[dated.days.start <= day]
    return float(day - begun.max()) if len(begun) else np.nan
