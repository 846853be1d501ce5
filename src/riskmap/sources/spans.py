"""Spans of days: how precisely they date a value, and the months that they touch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from riskmap.sources.dates import Days

_LONGEST_DAYS = (("day", 1), ("week", 7), ("month", 31), ("quarter", 92))


def precision_of(start: Days, end: Days) -> pa.Array:
    """How precisely a value of each span is dated, in words of the layer schema.

    Args:
        start: First day, shape (spans,).
        end: First day after.
    """
    days = (end.astype("datetime64[D]") - start.astype("datetime64[D]")).astype(np.int64)
    words = np.full(len(days), "year", dtype=object)
    for word, longest in reversed(_LONGEST_DAYS):
        words[days <= longest] = word
    return pa.array(words, pa.string())


def by_month(start: Days, end: Days) -> tuple[npt.NDArray[np.int64], Days, Days]:
    """Every calendar month that each span touches.

    Args:
        start: First day, shape (spans,).
        end: First day after, later than `start`.

    Returns:
        Span, first day and first day after of each month, shape (months,) each.
    """
    first = start.astype("datetime64[M]")
    count = ((end - 1).astype("datetime64[M]") - first).astype(np.int64) + 1
    span = np.repeat(np.arange(len(start)), count)
    since = np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
    month = first[span] + since
    return span, month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
