"""Kernels in time: by hand on single records, and what is carried against what fades."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.grid.kernel import carried, entering, fading, observed_share
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period, period_range

MONTHS = (Period(date(2024, 1, 1)), Period(date(2024, 2, 1)))


def test_an_event_of_the_last_day_has_age_zero_and_later_ones_do_not_count() -> None:
    days = np.array([date(2024, 1, 31), date(2024, 1, 1), date(2024, 2, 1), date(2024, 2, 29)])
    found = fading(np.array([day.toordinal() for day in days]), MONTHS, Kernel("exponential", 25.0, 30))
    assert found[:, 0] == pytest.approx([1, 0.5, 0, 0])
    assert found[:, 1] == pytest.approx([2 ** (-29 / 30), 2 ** (-59 / 30), 2 ** (-28 / 30), 1])


def test_a_window_counts_whole_days_and_nothing_else() -> None:
    days = np.array([date(2024, 1, 31).toordinal() - age for age in (0, 29, 30, 89, 90)])
    found = fading(days, MONTHS[:1], Kernel("exponential", 25.0, window_days=(30, 90)))
    assert found[:, 0].tolist() == [0, 0, 1, 1, 0]


def test_the_observed_share_of_a_memory_by_hand() -> None:
    kernel = Kernel("exponential", 25.0, 31)
    january = (date(2024, 1, 1), date(2024, 12, 31))
    assert observed_share(january, MONTHS, kernel) == pytest.approx([0.5, 1 - 2 ** (-60 / 31)])
    early = (date(2023, 1, 1), date(2023, 12, 31))
    assert observed_share(early, MONTHS[:1], kernel) == pytest.approx([0.5 - 2 ** (-396 / 31)])
    window = Kernel("exponential", 25.0, window_days=(0, 62))
    assert observed_share(january, MONTHS[:1], window) == pytest.approx([0.5])
    assert observed_share((date(2025, 1, 1), date(2025, 2, 1)), MONTHS, window).tolist() == [0, 0]


@settings(deadline=None)
@given(
    st.integers(0, 2_000),
    st.integers(0, 2_000),
    st.sampled_from([Kernel("quartic", 1.0, 60), Kernel("quartic", 1.0, window_days=(90, 455))]),
)
def test_the_observed_share_is_that_of_a_sum_over_days(before, length, kernel) -> None:
    last = date(2024, 1, 31).toordinal()
    first = last - before
    ages = np.arange(20_000)
    weight = fading(last - ages, MONTHS[:1], kernel)[:, 0]
    days = last - ages
    inside = (days >= first) & (days <= first + length)
    span = (date.fromordinal(first), date.fromordinal(first + length))
    assert observed_share(span, MONTHS[:1], kernel)[0] == pytest.approx(weight[inside].sum() / weight.sum(), abs=1e-9)


def test_kernels_are_known_by_their_key() -> None:
    assert Kernel("exponential", 25, 90).key == "exponential-25km-90d"
    assert Kernel("quartic", 2.5, window_days=(0, 90)).key == "quartic-2.5km-0to90d"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-900, 500), st.floats(0, 1e3)), max_size=30),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
    st.sampled_from(
        [Kernel("quartic", 1.0, 30), Kernel("quartic", 1.0, 365), Kernel("quartic", 1.0, window_days=(0, 90))]
    ),
)
def test_what_enters_and_is_carried_is_what_fades(records, step, kernel) -> None:
    """Each record once, and then from period to period, is the sum over all records anew in every period."""
    periods = period_range(date(2024, 1, 1), date(2024, 12, 31), step)
    last = np.array([date(2024, 1, 1).toordinal() + age for age, _ in records], np.int64)
    values = np.array([value for _, value in records])
    found = entering(last, periods, kernel)
    new = np.zeros((len(periods), 1))
    np.add.at(new[:, 0], found.period, values[found.record] * found.weight)
    expected = values @ fading(last, periods, kernel) if len(values) else np.zeros(len(periods))
    assert carried(new, periods, kernel)[:, 0] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_with_a_half_life_a_record_enters_once_and_one_that_is_too_late_never() -> None:
    last = np.array([date(2023, 1, 1), date(2024, 1, 31), date(2024, 2, 1), date(2024, 3, 1)])
    found = entering(np.array([day.toordinal() for day in last]), MONTHS, Kernel("quartic", 1.0, 30))
    assert found.record.tolist() == [0, 1, 2]
    assert found.period.tolist() == [0, 0, 1]
    assert found.weight == pytest.approx([2 ** (-395 / 30), 1, 2 ** (-28 / 30)])


def test_in_a_window_nothing_is_left_of_what_has_gone() -> None:
    """Whole counts stay whole, and a zero stays zero: no sum is made by taking away."""
    new = np.array([[0.1], [0.0]])
    assert carried(new, MONTHS, Kernel("quartic", 1.0, window_days=(0, 30))).tolist() == [[0.1], [0.0]]
