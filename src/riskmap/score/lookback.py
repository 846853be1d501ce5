"""Looking back: sums over the cube's own periods, by a window or a half-life in whole days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats, Measure, Support
from riskmap.model.period import Period


def looked_back(measure: Measure, periods: Sequence[Period], last: int, day_weights: Floats) -> Measure:
    """A flow summed over the days before each of the last periods' ends, each day with the weight of its age.

    What flowed in a period is taken as even over its days. The sum is divided by the share of all day weights that was
    observed, which becomes its coverage: what was seen stands for what was not. Support is the coarsest and age the
    least of the periods that gave something.

    Args:
        measure: The flow, over all periods of the cube.
        periods: The cube's periods, consecutive.
        last: How many periods, at the end, to give sums for.
        day_weights: Weight of the days of age 0, 1, 2, ...; older days have none.

    Returns:
        Arrays of shape (last, cells).
    """
    days = _weighted_days(periods, last, day_weights)
    known = ~np.isnan(measure.values)
    flows, shares = np.where(known, measure.values, 0.0), np.where(known, measure.coverage, 0.0)
    sums, observed = np.zeros((2, last, flows.shape[1]))
    support = np.full(sums.shape, -1, dtype=np.int8)
    age_days = np.full(sums.shape, np.nan, dtype=np.float32)
    for now, then in zip(*np.nonzero(days), strict=True):
        sums[now] += days[now, then] / periods[then].days * flows[then]
        observed[now] += days[now, then] * shares[then]
        support[now] = np.maximum(support[now], np.where(known[then], measure.support[then], -1))
        back = (periods[len(periods) - last + now].last_day - periods[then].last_day).days
        age_days[now] = np.fmin(age_days[now], np.where(known[then], measure.age_days[then] + back, np.nan))
    coverage = np.minimum(observed / day_weights.sum(), 1.0)
    values = np.divide(sums, coverage, out=np.full(sums.shape, np.nan), where=coverage > 0)
    return Measure(
        name=measure.name,
        values=values,
        coverage=coverage.astype(np.float32),
        support=np.where(support < 0, Support.NONE, support).astype(np.int8),
        age_days=age_days,
        unit=measure.unit,
        spread=measure.spread,
        licence=measure.licence,
        overlap_group=measure.overlap_group,
    )


def window_weights(days: int) -> Floats:
    """Day weights of a plain sum over so many last days."""
    return np.ones(days)


def half_life_weights(half_life_days: float, days: int) -> Floats:
    """Day weights 2^(-age / half-life) of a decayed sum over so many last days."""
    return np.asarray(np.exp2(-np.arange(days) / half_life_days))


def _weighted_days(periods: Sequence[Period], last: int, day_weights: Floats) -> Floats:
    """Sum of the weights of each period's days, seen from the end of each of the last ones: shape (last, periods)."""
    ends = np.array([period.end.toordinal() for period in periods])
    starts = np.array([period.start.toordinal() for period in periods])
    until: npt.NDArray[np.float64] = np.concatenate([[0.0], np.cumsum(day_weights)])
    now = ends[len(ends) - last :, None]
    oldest, youngest = (np.clip(now - edge, 0, len(day_weights)) for edge in (starts, ends))
    return np.asarray(until[oldest] - until[youngest])
