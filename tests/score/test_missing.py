"""Missing values: each way to fill them by hand, each filled value marked, and nothing observed ever moved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from riskmap.score.missing import Filling, fill_from_group, fill_from_neighbours, fill_from_parent, left

NAN = np.nan
X = np.array([1.0, NAN, 4, NAN, NAN, 8])
SEEN, GONE, GROUP, NEAR, PARENT = map(int, Filling)


def test_what_is_left_out_is_marked() -> None:
    found = left(X)
    np.testing.assert_array_equal(found.values, X)
    assert found.how.tolist() == [SEEN, GONE, SEEN, GONE, GONE, SEEN]


def test_the_middle_of_a_group_without_groups_that_of_all() -> None:
    groups = np.array(["a", "a", "a", "b", "", "a"])
    by_group = fill_from_group(X, groups)
    np.testing.assert_allclose(by_group.values, [1, 13 / 3, 4, NAN, NAN, 8])
    assert by_group.how.tolist() == [SEEN, GROUP, SEEN, GONE, GONE, SEEN]
    np.testing.assert_allclose(fill_from_group(X, groups, "median").values, [1, 4, 4, NAN, NAN, 8])
    np.testing.assert_allclose(fill_from_group(X).values, [1, 13 / 3, 4, 13 / 3, 13 / 3, 8])


def test_neighbours_that_were_observed() -> None:
    """Unit 1 lies between 0 and 2, which weighs three times as much; unit 3 knows only unit 4, which knows nothing."""
    weights = np.zeros((6, 6))
    weights[1, [0, 2]] = 1, 3
    weights[3, 4] = weights[4, 3] = 1
    found = fill_from_neighbours(X, sparse.csr_matrix(weights))
    np.testing.assert_allclose(found.values, [1, 3.25, 4, NAN, NAN, 8])
    assert found.how.tolist() == [SEEN, NEAR, SEEN, GONE, GONE, SEEN]


def test_the_value_of_what_a_unit_lies_in() -> None:
    found = fill_from_parent(X, np.array([0, 0, 0, 1, -1, 1]), np.array([7.0, NAN]))
    np.testing.assert_array_equal(found.values, [1, 7, 4, NAN, NAN, 8])
    assert found.how.tolist() == [SEEN, PARENT, SEEN, GONE, GONE, SEEN]


tables = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(NAN)), min_size=1, max_size=8).map(np.array)


@given(values=tables, data=st.data())
def test_what_was_observed_stays_and_what_is_filled_lies_within_it(values, data) -> None:
    size = len(values)
    groups = np.array(data.draw(st.lists(st.sampled_from(["a", "b", ""]), min_size=size, max_size=size)))
    near = sparse.csr_matrix(np.ones((size, size)))
    known = ~np.isnan(values)
    for found in (
        fill_from_group(values, groups),
        fill_from_group(values, groups, "median"),
        fill_from_neighbours(values, near),
    ):
        np.testing.assert_array_equal(found.values[known], values[known])
        assert (found.how[known] == SEEN).all()
        np.testing.assert_array_equal(np.isnan(found.values), found.how == GONE)
        filled = found.values[~known & ~np.isnan(found.values)]
        if filled.size:
            low, high = values[known].min(), values[known].max()
            assert ((filled >= low - 1e-9 * abs(low)) & (filled <= high + 1e-9 * abs(high) + 1e-12)).all()


@pytest.mark.parametrize("centre", ["mean", "median"])
def test_no_value_at_all_fills_nothing(centre) -> None:
    assert np.isnan(fill_from_group(np.array([NAN, NAN]), centre=centre).values).all()
