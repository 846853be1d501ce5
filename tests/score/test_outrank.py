"""Outranking: four units by hand, then its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskmap.errors import TooLarge
from riskmap.score.aggregate import aggregate
from riskmap.score.outrank import MOST_UNITS, copeland, outranked, outranking_matrix

FOUR = np.array([[1.0, 2, 3, 4], [3, 2, 1, 5], [2, 3, 1, 4]])
tables = arrays(float, (3, 5), elements=st.one_of(st.integers(0, 4).map(float), st.just(np.nan)))


def test_shares_of_weight_on_which_each_lies_above_each() -> None:
    matrix = outranking_matrix(FOUR, np.ones(3))
    np.testing.assert_allclose(
        matrix, [[0, 1 / 3, 2 / 3, 0], [2 / 3, 0, 2 / 3, 0], [1 / 3, 1 / 3, 0, 0], [1, 1, 1, 0]], atol=1e-15
    )


def test_scores_of_four_units() -> None:
    np.testing.assert_array_equal(copeland(FOUR, np.ones(3)), [-1, 1, -3, 3])
    np.testing.assert_allclose(outranked(FOUR, np.ones(3)), [1, 4 / 3, 2 / 3, 3])
    np.testing.assert_array_equal(aggregate(FOUR, [1, 1, 1], "copeland"), [-1, 1, -3, 3])


def test_equal_values_count_half_and_halves_are_a_draw() -> None:
    values = np.array([[1.0, 1], [2, 3], [3, 2]])
    np.testing.assert_array_equal(outranking_matrix(values, np.ones(3)), [[0, 0.5], [0.5, 0]])
    np.testing.assert_array_equal(copeland(values, np.array([0.1, 0.2, 0.2])), [0, 0])


def test_only_what_both_know_is_held_against_each_other() -> None:
    values = np.array([[1.0, 2, np.nan], [9, np.nan, 1]])
    np.testing.assert_array_equal(outranking_matrix(values, np.ones(2)), [[0, 0, 1], [1, 0, np.nan], [0, np.nan, 0]])
    np.testing.assert_array_equal(copeland(values, np.ones(2)), [0, 1, -1])
    np.testing.assert_array_equal(copeland(np.array([[1.0, np.nan]]), np.ones(1)), [0, np.nan])


def test_too_many_units_are_refused() -> None:
    with pytest.raises(TooLarge, match="every pair of 10,001 units"):
        copeland(np.ones((1, MOST_UNITS + 1)), np.ones(1))


@given(values=tables)
def test_what_one_wins_another_loses(values) -> None:
    scores = copeland(values, np.array([1.0, 2, 3]))
    assert np.nansum(scores) == 0
    matrix = outranking_matrix(values, np.array([1.0, 2, 3]))
    both = matrix + matrix.T + np.eye(5)
    np.testing.assert_allclose(both[~np.isnan(both)], 1)


@given(values=tables, order=st.permutations(range(5)))
def test_the_order_of_units_does_not_matter(values, order) -> None:
    weights = np.array([1.0, 2, 3])
    np.testing.assert_array_equal(copeland(values[:, order], weights), copeland(values, weights)[list(order)])


@given(values=tables)
def test_only_the_order_within_an_indicator_matters(values) -> None:
    weights = np.array([1.0, 2, 3])
    np.testing.assert_array_equal(copeland(np.exp(values), weights), copeland(values, weights))
