"""Cells alike: distances by hand, ties, what is not known, and the nearest of many as a plain sort finds them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.score.alike import cells_alike, most_alike
from riskmap.score.index import score_cube

HALVES = {"a": 0.5, "b": 0.5}


def test_distances_by_hand() -> None:
    """From (1, 1): (1, 4) is √(9/2) away, (2, 1) √(1/2), (1, 1) nothing."""
    found = most_alike({"a": np.array([1.0, 1, 2, 1]), "b": np.array([1.0, 4, 1, 1])}, HALVES, [0])
    assert found.rows.tolist() == [[3, 2, 1]]
    assert found.distances[0] == pytest.approx([0, 0.5**0.5, 4.5**0.5])


def test_weights_stretch_the_space() -> None:
    values = {"a": np.array([0.0, 3, 0]), "b": np.array([0.0, 0, 2])}
    assert most_alike(values, {"a": 0.1, "b": 0.9}, [0], 1).rows.tolist() == [[1]]
    assert most_alike(values, {"a": 0.9, "b": 0.1}, [0], 1).rows.tolist() == [[2]]


def test_of_cells_as_near_the_first_is_taken() -> None:
    values = {"a": np.array([5.0, 6, 4, 6, 4]), "b": np.full(5, 1.0)}
    assert most_alike(values, HALVES, [0, 4], 3).rows.tolist() == [[1, 2, 3], [2, 0, 1]]


def test_only_what_both_know_is_held_against_each_other_and_it_must_be_half() -> None:
    """Cell 1 shares only B, half of the weight; cell 2 shares nothing; cell 3 shares both."""
    values = {"a": np.array([1.0, np.nan, np.nan, 1]), "b": np.array([2.0, 5, np.nan, 8])}
    found = most_alike(values, HALVES, [0])
    assert found.rows.tolist() == [[1, 3, -1]]
    assert found.distances[0] == pytest.approx([3, 18**0.5, np.nan], nan_ok=True)
    assert most_alike(values, {"a": 0.6, "b": 0.4}, [0]).rows.tolist() == [[3, -1, -1]]


def test_alone_in_the_world() -> None:
    assert most_alike({"a": np.array([1.0])}, {"a": 1.0}, [0], 2).rows.tolist() == [[-1, -1]]


@given(seed=st.integers(0, 1000), k=st.integers(1, 5))
def test_the_nearest_of_many_are_those_that_a_plain_sort_finds(seed, k) -> None:
    draw = np.random.default_rng(seed)
    grid = np.where(draw.random((2, 40)) < 0.2, np.nan, draw.integers(0, 4, (2, 40)))
    found = most_alike(dict(zip("ab", grid, strict=True)), HALVES, range(40), k)
    for row in range(40):
        apart = (grid[:, [row]] - grid) ** 2
        known = ~np.isnan(apart)
        far = np.sqrt(np.nansum(apart, axis=0) / np.maximum(known.sum(axis=0), 1))
        order = [other for other in np.lexsort((np.arange(40), far)) if known[:, other].any() and other != row][:k]
        assert [one for one in found.rows[row].tolist() if one >= 0] == order


def test_cells_without_a_score_are_like_none(small, cube) -> None:
    """Cell 1 equals cell 0 in all that it knows, but lacks B and so a score; cell 2 has one."""
    world = {"t:x": [[4, 4, 8]], "t:y": [[50, 50, 50]], "t:z": [[2, 2, 2]], "t:w": [[0.5, None, 0.5]]}
    score = score_cube(cube(world), small, 1)
    assert cells_alike(score, small, 0, 0).rows.tolist() == [[2, -1, -1]]
    assert set(cells_alike(score, small, 1, 0, 2).rows[0].tolist()) == {0, 2}
