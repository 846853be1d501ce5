"""Price series: monthly prices of one good at one market, and how far each is from what it was.

The anomaly of a month is the deviation, in percent, of its price from the median of the same series over the twelve
months before, of which at least six must be known. Like the alert for price spikes (ALPS) of the World Food Programme
it compares a series with itself alone, so that units, currencies and qualities do not matter; unlike it, it fits no
seasonal trend, which needs years of unbroken prices. A harvest's yearly swing therefore stays in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.sources.columns import Floats

Positions = npt.NDArray[np.int64]

WINDOW_MONTHS = 12
LEAST_MONTHS = 6
_SERIES_AT_A_TIME = 256


@dataclass(frozen=True)
class Monthly:
    """Medians by group and month, in the order of group and month; shape (rows,) each."""

    group: Positions
    month: Positions
    value: Floats


def monthly(group: Positions, month: Positions, value: Floats) -> Monthly:
    """The median of the known values of each group and month.

    Args:
        group: Number of a series or a market, shape (rows,).
        month: Number of a month.
        value: NaN where unknown.
    """
    known = np.flatnonzero(~np.isnan(value))
    order = known[np.lexsort((value[known], month[known], group[known]))]
    keys = np.column_stack([group[order], month[order]])
    new = np.append(True, (keys[1:] != keys[:-1]).any(axis=1)) if len(order) else np.zeros(0, dtype=np.bool_)
    first = np.flatnonzero(new)
    count = np.diff(np.append(first, len(order)))
    low, high = order[first + (count - 1) // 2], order[first + count // 2]
    return Monthly(group[order[first]], month[order[first]], (value[low] + value[high]) / 2)


def anomalies(prices: Monthly) -> Floats:
    """Deviation of each price from the median of its series over the months before, in percent; NaN where unknown.

    Args:
        prices: Of each series once a month.

    Returns:
        Shape (rows,), in the order of the prices.
    """
    found = np.full(len(prices.value), np.nan)
    if not len(found):
        return found
    months = int(prices.month.max() - prices.month.min()) + 1
    column = prices.month - prices.month.min() + WINDOW_MONTHS
    series, row = np.unique(prices.group, return_inverse=True)
    for start in range(0, len(series), _SERIES_AT_A_TIME):
        mine = np.flatnonzero((row >= start) & (row < start + _SERIES_AT_A_TIME))
        table = np.full((min(_SERIES_AT_A_TIME, len(series) - start), months + WINDOW_MONTHS), np.inf)
        table[row[mine] - start, column[mine]] = prices.value[mine]
        before = np.lib.stride_tricks.sliding_window_view(table, WINDOW_MONTHS, axis=1)
        usual = _median(before[row[mine] - start, column[mine] - WINDOW_MONTHS])
        found[mine] = 100 * (prices.value[mine] / usual - 1)
    return found


def _median(windows: Floats) -> Floats:
    """Medians of the finite values of each window; NaN where there are too few; shape (windows,)."""
    ordered = np.sort(windows, axis=1)
    known = np.isfinite(ordered).sum(axis=1)
    at = np.arange(len(ordered))
    enough = np.maximum(known, 1)
    middle = (ordered[at, (enough - 1) // 2] + ordered[at, enough // 2]) / 2
    median: Floats = np.where(known >= LEAST_MONTHS, middle, np.nan)
    return median
