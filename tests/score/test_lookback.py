"""Sums over the last days of periods: by hand, and against a loop over single days."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.model.cube import Support
from riskmap.model.period import Period
from riskmap.score.lookback import half_life_weights, looked_back, window_weights


def months(count: int, step: str = "month") -> list[Period]:
    return [Period(date(2022, 1, 1), step).shift(index) for index in range(count)]


def test_ninety_days_to_the_end_of_march_are_three_months(measure) -> None:
    flow = measure("t:x", [[31.0], [28.0], [31.0]])
    seen = looked_back(flow, months(3), 1, window_weights(90))
    np.testing.assert_allclose(seen.values, [[90]])
    np.testing.assert_allclose(seen.coverage, [[1]])


def test_a_month_that_sticks_out_of_the_window_gives_its_share_of_days(measure) -> None:
    """April, March and February have 89 days; the 90th is one of January's 31."""
    flow = measure("t:x", [[62.0], [0.0], [0.0], [7.0]])
    assert looked_back(flow, months(4), 1, window_weights(90)).values[0, 0] == pytest.approx(7 + 62 / 31)


def test_a_year_gives_a_quarter_of_what_flowed_in_it(measure) -> None:
    flow = measure("t:x", [[365.0]])
    assert looked_back(flow, months(1, "year"), 1, window_weights(90)).values[0, 0] == pytest.approx(90)


def test_what_was_seen_stands_for_what_was_not(measure) -> None:
    """59 days of 90 before the end of February, at one a day; in the second cell February alone, half observed."""
    flow = measure("t:x", [[31.0, None], [28.0, 14.0]], coverage=[[1, 0], [1, 0.5]])
    seen = looked_back(flow, months(2), 1, window_weights(90))
    np.testing.assert_allclose(seen.values, [[90, 90]])
    np.testing.assert_allclose(seen.coverage, [[59 / 90, 14 / 90]])


def test_nothing_seen_stays_unknown(measure) -> None:
    seen = looked_back(measure("t:x", [[None], [None]]), months(2), 1, window_weights(90))
    assert np.isnan(seen.values).all()
    assert np.isnan(seen.age_days).all()
    assert seen.coverage.tolist() == [[0]]
    assert seen.support.tolist() == [[Support.NONE]]


def test_a_half_life_of_one_day_over_two_days(measure) -> None:
    """8 today, 4 yesterday: 8 + 4/2, over the two days looked back on; the day before is too old."""
    flow = measure("t:x", [[1000.0], [4.0], [8.0]])
    seen = looked_back(flow, months(3, "day"), 1, half_life_weights(1, 2))
    np.testing.assert_allclose(seen.values, [[10]])


def test_the_newest_age_and_the_coarsest_support_are_kept(measure) -> None:
    """January's value was two days old at its end, that is 30 days before February's; March is beyond the window."""
    flow = measure(
        "t:x",
        [[9.0, 9.0], [1.0, 1.0], [1.0, None]],
        support=[[4, 4], [Support.ADM2, Support.ADM2], [Support.NEAR, 0]],
        age_days=[[0, 0], [2, 2], [5, 0]],
    )
    seen = looked_back(flow, months(3), 1, window_weights(40))
    assert seen.support.tolist() == [[Support.ADM2, Support.ADM2]]
    assert seen.age_days.tolist() == [[5, 33]]


@given(
    values=st.lists(st.floats(0, 1000), min_size=2, max_size=6),
    step=st.sampled_from(["week", "month", "quarter"]),
    window=st.integers(1, 200),
    half_life=st.one_of(st.none(), st.floats(5, 90)),
    data=st.data(),
)
def test_it_agrees_with_a_loop_over_single_days(measure, values, step, window, half_life, data) -> None:
    shares = data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=len(values), max_size=len(values)))
    known = [[value if share else None] for value, share in zip(values, shares, strict=True)]
    periods = [Period(date(2022, 1, 3) if step == "week" else date(2022, 1, 1), step)]
    while len(periods) < len(values):
        periods.append(periods[-1].shift(1))
    weights = window_weights(window) if half_life is None else half_life_weights(half_life, window)
    seen = looked_back(measure("t:x", known, coverage=[[share] for share in shares]), periods, 1, weights)

    total = observed = 0.0
    for age in range(window):
        day = periods[-1].last_day - timedelta(days=age)
        weight = 1.0 if half_life is None else 2 ** (-age / half_life)
        for period, value, share in zip(periods, values, shares, strict=True):
            if period.start <= day < period.end and share:
                total += weight * value / period.days
                observed += weight * share
    share = observed / sum(1.0 if half_life is None else 2 ** (-age / half_life) for age in range(window))
    assert seen.coverage[0, 0] == pytest.approx(share, abs=1e-6)
    if observed:
        assert seen.values[0, 0] == pytest.approx(total / share, rel=1e-9, abs=1e-9)
    else:
        assert np.isnan(seen.values[0, 0])
