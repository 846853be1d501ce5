"""Which rounds of displacement tracking are in force when.

A round is in force until the next of its kind, and for so many months at most. While a baseline assessment (BA) of an
operation is in force, its site assessments (SA) are not: they count the same people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from riskmap.sources.columns import Days

Span = tuple[np.datetime64, np.datetime64]
"""First day, and first day after."""


@dataclass(frozen=True, order=True)
class Round:
    """One round of one operation in one country; operations of several countries may bear one name.

    Args:
        country: As the file writes it.
        operation: Likewise.
        baseline: Whether it is a baseline assessment, and no site assessment.
        day: When it was reported.
        number: Some countries begin with 0.
    """

    country: str
    operation: str
    baseline: bool
    day: np.datetime64
    number: float


def in_force(rounds: Set[Round], months: int) -> Mapping[Round, Span]:
    """When each round is in force; a span that ends where it starts is none."""
    spans: dict[Round, Span] = {}
    for country, operation in {(one.country, one.operation) for one in rounds}:
        own = sorted(one for one in rounds if (one.country, one.operation) == (country, operation))
        baselines = _chain([one for one in own if one.baseline], months)
        sites = _chain([one for one in own if not one.baseline], months)
        spans |= baselines
        spans |= {one: _outside(span, sorted(baselines.values())) for one, span in sites.items()}
    return spans


def after(days: Days, months: int) -> Days:
    """The same day of the month so many months later, or the last day of that month where there is none."""
    month = days.astype("datetime64[M]")
    later = month + months
    last = (later + 1).astype("datetime64[D]") - 1
    same: Days = np.minimum(later.astype("datetime64[D]") + (days - month.astype("datetime64[D]")), last)
    return same


def _chain(rounds: Sequence[Round], months: int) -> Mapping[Round, Span]:
    days = np.array([one.day for one in rounds], dtype="datetime64[D]")
    ends = after(days, months)
    ends[:-1] = np.minimum(ends[:-1], days[1:])
    return dict(zip(rounds, zip(days, ends, strict=True), strict=True))


def _outside(span: Span, others: Sequence[Span]) -> Span:
    """The part of a span outside others that come in order; one part at most, as none is longer than a round lasts."""
    start, end = span
    for begun, ended in others:
        if begun <= start < ended:
            start = min(ended, end)
        elif start < begun < end:
            end = begun
    return start, end
