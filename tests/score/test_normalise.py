"""From raw values to 0..10, by hand and by law."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.model.score import IndicatorValues
from riskmap.score.normalise import min_max, normalised, transformed
from riskmap.score.recipe import Recipe

numbers = st.floats(-1e6, 1e6)


def test_goalposts_are_the_ends_of_the_scale_and_cut_off() -> None:
    values = np.array([-5.0, 0.0, 15.0, 60.0, 90.0, np.nan])
    np.testing.assert_array_equal(min_max(values, (0, 60), "+"), [0, 0, 2.5, 10, 10, np.nan])
    np.testing.assert_array_equal(min_max(values, (0, 60), "-"), [10, 10, 7.5, 0, 0, np.nan])


def test_transforms() -> None:
    values = np.array([-3.0, 0.0, 1.0, np.e, np.nan])
    np.testing.assert_allclose(transformed(values, "ln"), [0, 0, 0, 1, np.nan], atol=1e-15)
    np.testing.assert_allclose(transformed(values, "log1p"), [0, 0, np.log(2), np.log1p(np.e), np.nan])
    assert transformed(values, "none") is values


def test_each_value_is_held_against_the_goalposts_of_the_feed_that_gave_it(one: Callable[[str], Recipe]) -> None:
    recipe = one(
        'goalposts = [0, 100]\nfeeds = [{ measure = "t:wealth", direction = "-", goalposts = [-1, 1] }, '
        '{ measure = "t:poor" }]'
    )
    shape = (1, 3)
    found = IndicatorValues(
        values=np.array([[0.5, 25.0, np.nan]]),
        coverage=np.ones(shape, np.float32),
        support=np.zeros(shape, np.int8),
        age_days=np.zeros(shape, np.float32),
        feed=np.array([[0, 1, -1]], np.int8),
    )
    np.testing.assert_array_equal(normalised(found, recipe.indicators["x"]), [[2.5, 2.5, np.nan]])


def test_goalposts_are_seen_through_the_transform(one: Callable[[str], Recipe]) -> None:
    """Between ln 10 and ln 1000, ln 100 lies half way."""
    recipe = one('goalposts = [10, 1000]\ntransform = "ln"\nfeeds = [{ measure = "t:x" }]')
    shape = (1, 1)
    found = IndicatorValues(
        values=np.log([[100.0]]),
        coverage=np.ones(shape, np.float32),
        support=np.zeros(shape, np.int8),
        age_days=np.zeros(shape, np.float32),
        feed=np.zeros(shape, np.int8),
    )
    np.testing.assert_allclose(normalised(found, recipe.indicators["x"]), [[5.0]])


@given(value=numbers, more=st.floats(0, 1e6), low=numbers, width=st.floats(1e-3, 1e6))
def test_scores_rise_with_risk_and_stay_on_the_scale(value, more, low, width) -> None:
    first, second = min_max(np.array([value, value + more]), (low, low + width), "+")
    assert 0 <= first <= second <= 10
    first, second = min_max(np.array([value, value + more]), (low, low + width), "-")
    assert 10 >= first >= second >= 0


@given(value=numbers, low=numbers, width=st.floats(1.0, 1e6), factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_does_not_matter(value, low, width, factor) -> None:
    once = min_max(np.array([value]), (low, low + width), "+")
    scaled = min_max(np.array([value * factor]), (low * factor, (low + width) * factor), "+")
    assert scaled == pytest.approx(once, abs=1e-12)
