"""Kernels in time: by how much what was felt once still counts, and how much of that was observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period


@dataclass(frozen=True)
class Entering:
    """Records as they enter periods; arrays of shape (entries,).

    Args:
        record: Which record.
        period: Position of the period.
        weight: By how much it counts there.
    """

    record: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]
    weight: Floats


def entering(last_day: npt.NDArray[np.int64], periods: tuple[Period, ...], kernel: Kernel) -> Entering:
    """Records in the periods that they enter, each with a half-life once, in a window as often as they are in it.

    With a half-life that is the first period that ends after them, from where `carried` takes them on: the cost of a
    record does not grow with the periods.

    Args:
        last_day: Ordinal of each record's last day, shape (records,).
        periods: The periods, in order.
        kernel: Half-life or window.
    """
    ends = np.array([period.last_day.toordinal() for period in periods])
    if kernel.window_days is None:
        period = np.searchsorted(ends, last_day)
        record = np.flatnonzero(period < len(ends))
        age = ends[period[record]] - last_day[record]
        return Entering(record, period[record], np.exp2(-age / (kernel.half_life_days or 1.0)))
    first, after = (np.searchsorted(ends, last_day + age) for age in kernel.window_days)
    record = np.repeat(np.arange(len(last_day)), after - first)
    begin = np.cumsum(after - first) - (after - first)
    period = np.arange(len(record)) - np.repeat(begin - first, after - first)
    return Entering(record, period, np.ones(len(record)))


def carried(entered: Floats, periods: tuple[Period, ...], kernel: Kernel) -> Floats:
    """What is felt in each period of all that entered in it and before; a window carries nothing over.

    Args:
        entered: Shape (..., periods, cells); changed in place.
        periods: The periods, in order.
        kernel: Half-life or window.

    Returns:
        The same array.
    """
    if kernel.window_days is None:
        for row in range(1, len(periods)):
            days = (periods[row].last_day - periods[row - 1].last_day).days
            entered[..., row, :] += entered[..., row - 1, :] * np.exp2(-days / (kernel.half_life_days or 1.0))
    return entered


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
