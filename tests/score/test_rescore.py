"""Rescoring: the tree climbed anew from the leaves is the tree as it was."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.model.cube import Support
from riskmap.score.index import score_cube
from riskmap.score.recipe import load_recipe
from riskmap.score.rescore import leaves_of, only, rank_shifts, rescored

NAN = float("nan")
TOPS = {"x": 10.0, "y": 100.0, "z": 4.0, "w": 1.0}

shares = st.one_of(st.none(), st.floats(0, 1))
places = st.lists(st.fixed_dictionaries(dict.fromkeys(TOPS, shares)), min_size=1, max_size=4)


def world(cube, places):
    return cube(
        {
            f"t:{key}": [[None if place[key] is None else place[key] * top for place in places]]
            for key, top in TOPS.items()
        }
    )


@given(places=places)
def test_the_same_leaves_and_recipe_give_the_same_index(small, cube, places) -> None:
    score = score_cube(world(cube, places), small, 1)
    again = rescored(score, small)
    for name in ("value", "low", "high", "class_index", "status", "coverage"):
        np.testing.assert_allclose(getattr(again, name), getattr(score, name), atol=1e-12)
    for key, node in score.nodes.items():
        np.testing.assert_allclose(again.nodes[key], node, atol=1e-12)


def test_every_recipe_that_comes_with_the_library_can_be_climbed_again(cube) -> None:
    recipe = load_recipe("trafficking")
    plain = set(recipe.feeds()) - set(recipe.kernels())
    felt = {f"{measure}@{kernel.key}" for measure, kernels in recipe.kernels().items() for kernel in kernels}
    rng = np.random.default_rng(5)
    history = {name: rng.uniform(0, 30, (25, 6)).tolist() for name in sorted(plain | felt)}
    score = score_cube(cube(history), recipe, 2)
    np.testing.assert_allclose(rescored(score, recipe).value, score.value, atol=1e-12)


def test_other_leaves_give_another_index_and_keep_what_is_still_known(small, cube) -> None:
    score = score_cube(cube({"t:x": [[4, 4]], "t:y": [[80, 80]], "t:z": [[4, 4]], "t:w": [[0.5, 0.5]]}), small, 1)
    leaves = dict(leaves_of(score, small))
    leaves["z"] = np.array([[10.0, NAN]])
    leaves["w"] = np.array([[10.0, 5.0]])
    found = rescored(score, small, leaves)
    assert found.value[0, 0] == pytest.approx((score.nodes["a"][0, 0] * 10) ** 0.5)
    assert found.value[0, 1] == pytest.approx((3 * 5) ** 0.5)
    assert found.indicators["z"].feed.tolist() == [[0, -1]]
    assert found.indicators["z"].support.tolist() == [[Support.CELL, Support.NONE]]
    np.testing.assert_array_equal(found.indicators["z"].values, [[4, NAN]])
    np.testing.assert_array_equal(found.population, score.population)


def test_leaves_that_are_not_given_are_unknown(small, cube) -> None:
    score = score_cube(cube({"t:x": [[4]], "t:y": [[80]], "t:z": [[4]], "t:w": [[0.5]]}), small, 1)
    assert np.isnan(rescored(score, small, {"w": score.nodes["w"]}).value).all()


def test_one_period_and_some_cells(small, cube) -> None:
    world = {"t:x": [[1, 2, 3], [4, 5, 6]], "t:z": [[1, 2, 3], [4, 3, 2]], "t:w": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]}
    score = score_cube(cube(world), small, 2)
    part = only(score, -1, np.array([0, 2]))
    assert part.cells.tolist() == [100, 102]
    assert [period.label for period in part.periods] == ["2022-02"]
    np.testing.assert_array_equal(part.value, score.value[1:, [0, 2]])
    np.testing.assert_array_equal(part.indicators["x"].values, [[4, 6]])
    assert only(score, 0).value.shape == (1, 3)
    assert all(getattr(part, one.name) is not None for one in fields(part))


def test_ranks_shift_among_the_cells_scored_in_both() -> None:
    before = np.array([[1, 2, 3, NAN, 9], [1, 1, 2, 3, 4]], dtype=float)
    after = np.array([[5, 2, 3, 1, NAN], [1, 2, 3, 4, 4]], dtype=float)
    np.testing.assert_array_equal(rank_shifts(before, after), [[2, -1, -1, NAN, NAN], [-0.5, 0.5, 0, 0.5, -0.5]])
