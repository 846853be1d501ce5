"""Denominating: per so many units of something, unknown where there is nothing to divide by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.score.denominate import denominate

amounts = st.floats(1e-3, 1e9)


def test_by_hand() -> None:
    """20 deaths among 40,000 people are 0.5 per 1,000."""
    deaths = np.array([20.0, 0, np.nan, 5, 5])
    people = np.array([40_000.0, 10, 10, 0, np.nan])
    np.testing.assert_array_equal(denominate(deaths, people, 1000), [0.5, 0, np.nan, np.nan, np.nan])


def test_a_negative_denominator_turns_the_sign() -> None:
    np.testing.assert_array_equal(denominate(np.array([4.0]), np.array([-2.0])), [-2])


@given(value=amounts, by=amounts, factor=amounts)
def test_the_units_of_a_denominator_do_not_matter(value, by, factor) -> None:
    plain = denominate(np.array([value]), np.array([by]), factor)
    assert denominate(np.array([value]), np.array([by * 1024]), factor * 1024) == pytest.approx(plain, rel=1e-14)
