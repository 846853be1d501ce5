"""Kernels on the ground: what every cell feels of records near it in space and time."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

from riskmap.grid.cells import Grid
from riskmap.model.cube import Floats
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period

EARTH_KM = 6371.0072
"""Radius of the authalic sphere."""

_REACH = {"exponential": 4.0, "gaussian": 3.0, "quartic": 1.0, "footprint": 3.0}


def near(lon: Floats, lat: Floats, grid: Grid, kernel: Kernel) -> sparse.csr_matrix:
    """Spatial weights of points on cells: the kernel of the great-circle distance to each cell's centre.

    Returns:
        Shape (points, cells).
    """
    reach_km = _REACH[kernel.shape] * kernel.length_km
    chord = 2 * np.sin(min(reach_km / EARTH_KM / 2, np.pi / 2)) * (1 + 1e-9)
    points, centres = _unit(lon, lat), _unit(grid.lon, grid.lat)
    found = cKDTree(points).sparse_distance_matrix(cKDTree(centres), chord, output_type="coo_matrix").tocoo()
    km = 2 * EARTH_KM * np.arcsin(np.clip(found.data / 2, 0.0, 1.0))
    weights = np.where(km <= reach_km, _weight(km, kernel), 0.0)
    matrix = sparse.csr_matrix((weights, (found.row, found.col)), shape=(len(lon), len(grid)))
    missing = _coincident(points, centres, matrix.shape)
    return sparse.csr_matrix(matrix.maximum(missing))


def fading(last_day: npt.NDArray[np.int64], periods: tuple[Period, ...], kernel: Kernel) -> Floats:
    """Temporal weights: by how much a record that ended on a day counts on the last day of each period.

    Args:
        last_day: Ordinal of each record's last day, shape (records,).
        periods: The periods.
        kernel: Half-life or window, in whole days; later records do not count.

    Returns:
        Shape (records, periods).
    """
    ends = np.array([period.last_day.toordinal() for period in periods])
    age = ends[None, :] - last_day[:, None]
    if kernel.window_days is not None:
        return ((age >= kernel.window_days[0]) & (age < kernel.window_days[1])).astype(np.float64)
    return np.where(age >= 0, np.exp2(-age / (kernel.half_life_days or 1.0)), 0.0)


def observed_share(observed: tuple[date, date], periods: tuple[Period, ...], kernel: Kernel) -> Floats:
    """Share of the kernel's memory that lies inside the observed days, by period; shape (periods,)."""
    first, last = (day.toordinal() for day in observed)
    found = np.empty(len(periods))
    for row, period in enumerate(periods):
        end = period.last_day.toordinal()
        oldest, newest = end - first + 1, max(end - last, 0)
        if kernel.window_days is not None:
            low, high = kernel.window_days
            found[row] = max(min(oldest, high) - max(newest, low), 0) / (high - low)
        else:
            half_life = kernel.half_life_days or 1.0
            found[row] = max(np.exp2(-newest / half_life) - np.exp2(-max(oldest, 0) / half_life), 0.0)
    return found


def _weight(km: Floats, kernel: Kernel) -> Floats:
    if kernel.shape == "exponential":
        return np.exp(-km / kernel.length_km)
    if kernel.shape == "quartic":
        inside: Floats = np.square(1 - np.square(np.minimum(km / kernel.length_km, 1.0)))
        return inside
    return np.exp(-np.square(km / kernel.length_km) / 2)


def _coincident(points: Floats, centres: Floats, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Weight 1 where a point is a cell's very centre: a sparse matrix of distances drops the zero there."""
    gap, cell = cKDTree(centres).query(points)
    here = np.flatnonzero(gap == 0)
    return sparse.csr_matrix((np.ones(len(here)), (here, cell[here])), shape=shape)


def _unit(lon: Floats, lat: Floats) -> Floats:
    """Unit vectors, shape (points, 3)."""
    across, up = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(up) * np.cos(across), np.cos(up) * np.sin(across), np.sin(up)], axis=1)
