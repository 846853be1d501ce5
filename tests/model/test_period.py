"""Periods: half-open, aligned to the calendar, one after the other."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import CaseError
from riskmap.model.period import Period, floor, period_range

STEPS = ["day", "week", "month", "quarter", "year"]
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("start", "step", "end", "label"),
    [
        (date(2024, 2, 29), "day", date(2024, 3, 1), "2024-02-29"),
        (date(2024, 12, 30), "week", date(2025, 1, 6), "2025-W01"),
        (date(2024, 2, 1), "month", date(2024, 3, 1), "2024-02"),
        (date(2024, 10, 1), "quarter", date(2025, 1, 1), "2024-Q4"),
        (date(2024, 1, 1), "year", date(2025, 1, 1), "2024"),
    ],
)
def test_end_and_label_of_each_step(start: date, step: str, end: date, label: str) -> None:
    period = Period(start, step)
    assert (period.end, period.label, period.days) == (end, label, (end - start).days)
    assert period.shift(1).start == end
    assert period.shift(1).shift(-1) == period


def test_a_start_off_the_calendar_is_refused() -> None:
    with pytest.raises(CaseError, match="does not start a month; the last start is 2024-02-01"):
        Period(date(2024, 2, 2))


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(CaseError, match="'decade' is not a step"):
        floor(date(2024, 1, 1), "decade")


def test_periods_that_end_before_they_start_are_refused() -> None:
    with pytest.raises(CaseError, match="end \\(2023-12-31\\) before they start"):
        period_range(date(2024, 1, 1), date(2023, 12, 31))


@given(DAYS, st.integers(0, 400), st.sampled_from(STEPS))
def test_a_range_is_consecutive_and_holds_both_ends(first: date, days: int, step: str) -> None:
    last = date.fromordinal(first.toordinal() + days)
    periods = period_range(first, last, step)
    assert periods[0].start <= first < periods[0].end
    assert periods[-1].start <= last <= periods[-1].last_day
    assert all(one.end == other.start for one, other in pairwise(periods))
