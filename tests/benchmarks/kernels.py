"""How fast kernels and pyramids are, beside what a person would otherwise use; every line checks the results agree."""

import statistics
import time
from collections.abc import Callable
from datetime import date

import h3
import numpy as np
import pandas as pd
import shapely
from lines import Line
from sklearn.neighbors import BallTree

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.kernel import carried, entering, fading
from riskmap.grid.pyramid import Weights, pyramid
from riskmap.grid.reach import EARTH_KM, Sources, convolve, reach_km, tallied
from riskmap.model.cube import Measure, Support
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period, period_range

KERNEL = Kernel("exponential", 25.0, 90)
MONTHS = period_range(date(2022, 1, 1), date(2023, 12, 1))
_AREA = (0.0, 0.0, 17.0, 16.2)
_EXACT = 1e-9


def lines(events: int = 200_000, peer_months: int = 2, repeats: int = 3) -> list[Line]:
    """Every line.

    Args:
        events: How many events, over 24 months and 100,000 cells.
        peer_months: Months that the ball tree works on; its time is scaled up to 24.
        repeats: Of each measurement; the median counts.
    """
    return [*_kernels(events, peer_months, repeats), _pyramid(repeats)]


def _median(work: Callable[[], np.ndarray], repeats: int) -> tuple[float, np.ndarray]:
    taken, found = [], np.empty(0)
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), found


def _kernels(events: int, peer_months: int, repeats: int) -> list[Line]:
    grid, chance = grid_over(shapely.box(*_AREA), 6), np.random.default_rng(20240101)
    lon, lat = chance.uniform(_AREA[0], _AREA[2], events), chance.uniform(_AREA[1], _AREA[3], events)
    first, last = MONTHS[0].start.toordinal(), MONTHS[-1].last_day.toordinal()
    day, value = chance.integers(first, last + 1, events), chance.exponential(size=events)
    _ours(grid, lon[:9], lat[:9], day[:9], value[:9])
    ours, found = _median(lambda: _ours(grid, lon, lat, day, value), repeats)
    tree = BallTree(np.radians(np.stack([grid.lat, grid.lon], axis=1)), metric="haversine")
    fade, month = fading(day, MONTHS, KERNEL), entering(day, MONTHS, KERNEL).period

    def of(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return _ball(tree, np.radians(np.stack([lat[rows], lon[rows]], axis=1)), weight, len(grid))

    def new() -> np.ndarray:
        parts = [np.flatnonzero(month == k) for k in range(peer_months)]
        entered = np.stack([of(rows, value[rows] * fade[rows, k]) for k, rows in enumerate(parts)])
        return carried(entered, MONTHS[:peer_months], KERNEL)

    def anew() -> np.ndarray:
        rows = np.flatnonzero(month < peer_months)
        return of(rows, value[rows] * fade[rows, peer_months - 1])

    once, theirs = _median(new, repeats)
    _agree(found[:peer_months], theirs)
    last_month, theirs = _median(anew, repeats)
    _agree(found[peer_months - 1], theirs)
    scale = f"{events:,} events, {KERNEL.key}, {len(MONTHS)} months, {len(grid):,} cells"
    months = len(MONTHS)
    every = last_month / peer_months * months * (months + 1) / 2
    told = f"peer: {peer_months} of {months} months, scaled"
    return [
        Line(scale, ours, "scikit-learn BallTree, all events so far in every month", every, 10, f"{told} by events"),
        Line(
            scale, ours, "scikit-learn BallTree, each event once, then carried", once / peer_months * months, 10, told
        ),
    ]


def _ours(grid: Grid, lon: np.ndarray, lat: np.ndarray, day: np.ndarray, value: np.ndarray) -> np.ndarray:
    found = entering(day, MONTHS, KERNEL)
    amounts = tallied(found.record, found.period, value[found.record] * found.weight, (len(lon), len(MONTHS)))
    return carried(convolve(Sources(lon, lat, amounts), grid, KERNEL), MONTHS, KERNEL)


def _ball(tree: BallTree, points: np.ndarray, weight: np.ndarray, cells: int) -> np.ndarray:
    near, away = tree.query_radius(points, reach_km(KERNEL) / EARTH_KM, return_distance=True)
    counts = [len(one) for one in near]
    decay = np.exp(-np.concatenate(away) * (EARTH_KM / KERNEL.length_km))
    return np.bincount(np.concatenate(near), decay * np.repeat(weight, counts), cells)


def _agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    off = np.abs(ours - theirs).max() / np.abs(theirs).max()
    if off > _EXACT:
        raise AssertionError(f"results differ by {off:.1e}")


def _pyramid(repeats: int) -> Line:
    """People of 100,000 cells in 24 months at every coarser resolution; the peer sums them and nothing else."""
    grid, chance = grid_over(shapely.box(*_AREA), 6), np.random.default_rng(20240101)
    values = chance.lognormal(5, 2, (len(MONTHS), len(grid)))
    measure = _people(values, MONTHS)
    weights = Weights(grid.area_km2)
    pyramid(measure, grid, weights)
    ours, _ = _median(lambda: pyramid(measure, grid, weights)[-1].measure.values, repeats)
    names = [h3.int_to_str(cell) for cell in grid.cells.tolist()]

    def theirs() -> np.ndarray:
        table = pd.DataFrame(values.T, index=names)
        for resolution in range(5, -1, -1):
            table = table.groupby([h3.cell_to_parent(cell, resolution) for cell in table.index]).sum()
        return table.to_numpy().T

    taken, top = _median(theirs, repeats)
    _agree(pyramid(measure, grid, weights)[-1].measure.values, top)
    work = f"6 coarser levels of {len(grid):,} cells, {len(MONTHS)} months: value, coverage, support, age"
    return Line(work, ours, "h3 and pandas, values alone", taken, 1)


def _people(values: np.ndarray, periods: tuple[Period, ...]) -> Measure:
    shape = (len(periods), values.shape[1])
    full, support = np.ones(shape, np.float32), np.full(shape, Support.CELL, np.int8)
    return Measure("demo:people", values, full, support, full, "people", "extensive", "none")
