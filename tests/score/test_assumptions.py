"""Assumptions of a recipe: as it has them they give its own scores; moved, they move the ranking."""

import numpy as np
import pytest

from riskmap.errors import QueryError
from riskmap.score.assumptions import METHODS, assumptions_of
from riskmap.score.index import score_cube
from riskmap.score.recipe import load_recipe, parse_recipe
from riskmap.score.sensitivity import one_at_a_time, sensitivity


def worlds(cube, rng, cells=30):
    def some(top):
        values = rng.uniform(0, top, cells)
        return [[None if gone else float(value) for value, gone in zip(values, rng.random(cells) < 0.15, strict=True)]]

    return cube({"t:x": some(14), "t:y": some(120), "t:z": some(5), "t:w": some(1)})


@pytest.fixture(scope="module")
def score(small, cube):
    return score_cube(worlds(cube, np.random.default_rng(11)), small, 1)


@pytest.fixture(scope="module")
def taken(small, score):
    return assumptions_of(score, small, 100, seed=0)


def test_as_the_recipe_has_them_they_give_its_scores(taken, score) -> None:
    scored = ~np.isnan(score.value[0])
    assert 10 < scored.sum() < 30
    np.testing.assert_allclose(taken.values({}), score.value[0][scored], atol=1e-12)


def test_every_recipe_that_comes_with_the_library_gives_its_scores(cube) -> None:
    recipe = load_recipe("trafficking")
    plain = set(recipe.feeds()) - set(recipe.kernels())
    felt = {f"{measure}@{kernel.key}" for measure, kernels in recipe.kernels().items() for kernel in kernels}
    rng = np.random.default_rng(5)
    history = {name: rng.uniform(0, 30, (25, 6)).tolist() for name in sorted(plain | felt)}
    score = score_cube(cube(history), recipe, 2)
    taken = assumptions_of(score, recipe, 6, seed=0)
    np.testing.assert_allclose(taken.values({}), score.value[-1], atol=1e-12)
    assert "transform:hazard_exposure" in taken.factors
    assert set(taken.groups.values()) == {
        "weights of indicators", "weights of components", "weights of dimensions", "mean of indicators",
        "mean of components", "mean of dimensions", "goalposts", "transform of indicators",
    }  # fmt: skip


def test_a_factor_for_each_weight_with_a_sibling_each_mean_and_each_goalpost(taken) -> None:
    """z and w are alone in their components, B1 is alone in B."""
    assert list(taken.factors) == [
        *("weight:x", "weight:y", "weight:a1", "weight:a2", "weight:a", "weight:b"),
        *("mean:component", "mean:dimension", "mean:index"),
        *("low:x", "low:y", "low:z", "low:w", "high:x", "high:y", "high:z", "high:w"),
    ]
    assert list(taken.groups) == list(taken.factors)


def test_weights_and_means_are_those_of_another_recipe(taken, small, small_text, cube) -> None:
    text = small_text.replace('index = "geometric"', 'index = "arithmetic"')
    text = text.replace('[dimensions.a]\nlabel = "A"\nweight = 1.0', '[dimensions.a]\nlabel = "A"\nweight = 1.25')
    other = score_cube(worlds(cube, np.random.default_rng(11)), parse_recipe(text, "x.toml"), 1)
    found = taken.values({"mean:index": METHODS.index("arithmetic"), "weight:a": 1.25})
    np.testing.assert_allclose(found, other.value[0][~np.isnan(other.value[0])], atol=1e-12)


def test_goalposts_moved_are_those_of_another_recipe(taken, small_text, cube) -> None:
    """Of x from 0-10 to 1-9; of y, where less is worse, from 0-100 to 10-110."""
    text = small_text.replace("goalposts = [0, 10]\n", "goalposts = [1, 9]\n")
    text = text.replace("goalposts = [0, 100]", "goalposts = [10, 110]")
    other = score_cube(worlds(cube, np.random.default_rng(11)), parse_recipe(text, "x.toml"), 1)
    found = taken.values({"low:x": 0.1, "high:x": -0.1, "low:y": 0.1, "high:y": 0.1})
    np.testing.assert_allclose(found, other.value[0][~np.isnan(other.value[0])], atol=1e-12)


@pytest.mark.parametrize("transform", ["ln", "log1p"])
def test_a_transform_may_be_left_out(transform, one, cube) -> None:
    rest = 'goalposts = [1, 100]\nfeeds = [{ measure = "t:x", goalposts = [2, 50] }]'
    world = cube({"t:x": [[2, 10, 30, 50]]})
    bent, straight = one(f'{rest}\ntransform = "{transform}"'), one(rest)
    taken = assumptions_of(score_cube(world, bent, 1), bent, 10, seed=0)
    np.testing.assert_allclose(taken.values({"transform:x": 1}), score_cube(world, straight, 1).value[0], atol=1e-9)
    assert (taken.values({})[1:3] > taken.values({"transform:x": 1})[1:3]).all()


def test_the_ranking_moves_with_what_is_assumed(taken) -> None:
    row = np.array(taken.usual)
    weighty = row.copy()
    weighty[list(taken.factors).index("weight:a")] = 1.25
    still, moved = taken.rank_shift(np.array([row, weighty]))
    assert still == 0
    assert moved > 0


def test_shares_and_one_at_a_time_are_told_by_assumption(taken) -> None:
    found = sensitivity(taken.rank_shift, taken.factors, 16, seed=1, groups=taken.groups)
    assert set(found) == set(taken.groups.values())
    assert sum(one.total for one in found.values()) > 0.5
    still, moved = one_at_a_time(taken.rank_shift, taken.factors, (0.0, 0.5, 1.0), taken.usual)
    assert still == 0
    assert min(moved["weight:a"][[0, 2]]) > 0
    assert moved["mean:index"][METHODS.index("geometric")] == 0


def test_a_sample_of_cells_is_the_same_for_the_same_seed(score, small) -> None:
    first, second = (assumptions_of(score, small, 5, seed=3).score.cells for _ in range(2))
    assert len(first) == 5
    assert first.tolist() == second.tolist() == sorted(first)


def test_an_indicator_that_nothing_feeds_is_no_factor(small, cube) -> None:
    score = score_cube(cube({"t:x": [[1, 2]], "t:z": [[1, 2]], "t:w": [[0.5, 0.6]]}), small, 1)
    taken = assumptions_of(score, small, 10, seed=0)
    assert "low:y" not in taken.factors
    np.testing.assert_allclose(taken.values({}), score.value[0])


def test_one_cell_has_no_ranking(small, cube) -> None:
    score = score_cube(cube({"t:x": [[1, None]], "t:z": [[1, None]], "t:w": [[0.5, None]]}), small, 1)
    with pytest.raises(QueryError, match="a ranking takes two"):
        assumptions_of(score, small, 10, seed=0)
