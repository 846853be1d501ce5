"""Outliers: skew and kurtosis against scipy, winsorising point by point, logarithms from the side of the skew."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from riskmap.score.outliers import Limits, kurtosis, log_from_low, log_from_skew, skewness, treat, winsorise

ONE_FAR = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100])
NAN = np.nan
samples = st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 3)), min_size=4, max_size=30).map(np.array)


@given(values=samples)
def test_skewness_and_kurtosis_are_those_of_scipy(values) -> None:
    assume(np.ptp(values) > 1e-2)
    with_gap = np.append(values, NAN)
    assert skewness(with_gap) == pytest.approx(stats.skew(values, bias=False), abs=1e-9)
    assert kurtosis(with_gap) == pytest.approx(stats.kurtosis(values, bias=False), abs=1e-8)


@pytest.mark.parametrize("values", [[], [NAN], [1.0, 2], [3.0, 3, 3, 3], [1.0, 2, 4]])
def test_too_few_values_or_no_spread_have_no_kurtosis_and_are_left_alone(values) -> None:
    values = np.array(values, dtype=float)
    assert np.isnan(kurtosis(values))
    assert treat(values).treatment == "untestable"
    assert treat(values).values is values


def test_three_values_have_a_skewness() -> None:
    assert skewness(np.array([1.0, 2, 6])) == pytest.approx(stats.skew([1, 2, 6], bias=False))


def test_what_passes_stays_as_it_is() -> None:
    """Failing takes both: skew of 2 or more, and kurtosis of 3.5 or more."""
    even = np.arange(10.0)
    assert treat(even).treatment == "none"
    assert treat(even).values is even
    skewed = np.array([0.0] * 12 + [1] * 2)
    assert abs(skewness(skewed)) > 2
    assert kurtosis(skewed) > 3.5
    assert treat(skewed, Limits(kurtosis=100)).treatment == "none"
    assert treat(skewed, Limits(skewness=100)).treatment == "none"


def test_the_most_extreme_value_is_set_to_the_next_until_it_passes() -> None:
    """100 becomes 30; that passes, so 30 is not touched."""
    found = treat(ONE_FAR, Limits(most=2))
    np.testing.assert_array_equal(found.values, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 30])
    assert found.treatment == "winsorised"
    assert np.flatnonzero(found.moved).tolist() == [11]
    assert found.before == pytest.approx((stats.skew(ONE_FAR, bias=False), stats.kurtosis(ONE_FAR, bias=False)))
    assert found.after == pytest.approx(
        (stats.skew(found.values, bias=False), stats.kurtosis(found.values, bias=False))
    )


def test_low_outliers_are_winsorised_from_below() -> None:
    found = treat(-ONE_FAR)
    np.testing.assert_array_equal(found.values, treat(ONE_FAR).values * -1)
    assert np.flatnonzero(found.moved).tolist() == [11]


def test_values_moved_once_move_on_with_the_next() -> None:
    """Where 100 and 30 both stand out, 100 falls to 30, and then both to 10."""
    values = np.append(np.linspace(1, 2, 40), [10.0, 30, 100])
    cut, moved = winsorise(values, Limits(most=2))
    assert cut[-3:].tolist() == [10, 30, 30] or cut[-3:].tolist() == [10, 10, 10]
    assert moved.sum() == 2
    cut, moved = winsorise(values, Limits(most=3))
    assert np.flatnonzero(moved).tolist() == [40, 41, 42]
    assert cut[40] == cut[41] == cut[42] == 2


def test_tied_values_move_together_and_count_each() -> None:
    values = np.append(np.linspace(1, 2, 60), [100.0, 100])
    cut, moved = winsorise(values, Limits(most=1))
    assert cut.max() == 2
    assert moved.sum() == 2


def test_where_too_many_stand_out_a_logarithm_of_the_untouched_values_is_taken() -> None:
    values = np.exp(np.linspace(0, 12, 30))
    found = treat(values, Limits(most=1))
    assert found.treatment == "log"
    np.testing.assert_array_equal(found.values, log_from_low(values))
    assert not found.moved.any()
    assert found.after[0] == pytest.approx(skewness(found.values))
    kept = treat(values, Limits(most=1, then="none"))
    assert kept.treatment == "winsorised"
    assert kept.values[-1] == values[-2]


def test_logarithms_by_hand() -> None:
    """Range 100, a = 1: ln 1, ln 11, ln 101."""
    values = np.array([0.0, 10, 100, NAN])
    np.testing.assert_allclose(log_from_low(values), [0, np.log(11), np.log(101), NAN])
    np.testing.assert_array_equal(log_from_skew(values), log_from_low(values))
    np.testing.assert_allclose(log_from_skew(-values), [0, -np.log(11), -np.log(101), NAN])


def test_a_plain_logarithm_does_not_look_at_the_skew() -> None:
    values = -np.exp(np.linspace(0, 12, 30))
    np.testing.assert_array_equal(treat(values, Limits(most=1)).values, log_from_skew(values))
    np.testing.assert_array_equal(treat(values, Limits(most=1, then="log_plain")).values, log_from_low(values))


heavy = st.lists(st.integers(-300, 300), min_size=5, max_size=25).map(
    lambda powers: np.sign(powers) * np.exp(np.abs(powers) / 30)
)


@given(values=heavy, data=st.data())
def test_treatment_keeps_the_order_and_what_is_unknown(values, data) -> None:
    values = np.append(values, NAN)
    found = treat(values, Limits(then=data.draw(st.sampled_from(["log", "log_plain", "none"]))))
    assert np.isnan(found.values).tolist() == np.isnan(values).tolist()
    order = np.argsort(values[:-1], kind="stable")
    assert (np.diff(found.values[:-1][order]) >= -1e-12).all()


@given(values=heavy, order=st.randoms())
def test_neither_the_order_of_units_nor_their_unit_matters(values, order) -> None:
    assume(np.ptp(values) > 1e-6)
    places = list(range(len(values)))
    order.shuffle(places)
    found, again = treat(values), treat(values[places])
    assume(abs(abs(found.before[0]) - 2) > 1e-6 and abs(found.before[1] - 3.5) > 1e-6)
    if found.treatment == again.treatment:
        np.testing.assert_allclose(again.values, found.values[places], rtol=1e-9, atol=1e-9)
    scaled = treat(values * 1024)
    assert scaled.treatment == found.treatment
    if found.treatment != "log":
        np.testing.assert_array_equal(scaled.values, found.values * 1024)
