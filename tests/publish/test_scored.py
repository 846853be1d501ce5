"""Scored: what a snapshot holds is the score and the recipe that it was made from."""

import numpy as np
import pytest

from riskmap.errors import RecipeError
from riskmap.publish.fields import SURE, USUAL
from riskmap.publish.scored import recipe_of, score_of
from riskmap.score.recipe import load_recipe
from riskmap.score.rescore import rescored


def test_the_recipe_comes_back_to_the_last_letter(island) -> None:
    recipe = recipe_of(island)
    assert recipe.hash == island.manifest["recipe"]["hash"] == load_recipe("trafficking").hash
    assert recipe == load_recipe("trafficking")


def test_the_score_comes_back_as_it_is_stored(island) -> None:
    score = score_of(island)
    assert [period.label for period in score.periods] == list(island.periods)
    np.testing.assert_array_equal(score.value[-1], island.column("scores", "value", len(island.periods) - 1))
    np.testing.assert_array_equal(score.population[0], island.column("cells", "population"))
    assert set(score.nodes) == set(island.fields) - {"value", *USUAL, *SURE}
    measured = set(island.table("indicators").column_names)
    assert set(score.indicators) == set(recipe_of(island).indicators) & measured


def test_scored_anew_it_is_the_same(island) -> None:
    score = score_of(island)
    again = rescored(score, recipe_of(island))
    np.testing.assert_allclose(again.value, score.value, atol=1e-5)
    np.testing.assert_array_equal(again.status, score.status)


def test_a_recipe_of_another_kind_is_told(small) -> None:
    with pytest.raises(RecipeError, match=f"snapshot {small.id} is not one of this version"):
        recipe_of(small)


def test_some_cells_in_some_periods_are_told_as_in_the_whole(island) -> None:
    whole, rows, periods = score_of(island), np.array([5, 2]), [3, 1]
    part = score_of(island, rows, periods)
    np.testing.assert_array_equal(part.cells, whole.cells[rows])
    assert part.periods == (whole.periods[3], whole.periods[1])
    for name in ("value", "low", "class_index", "status", "coverage", "population"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[np.ix_(periods, rows)])
    for key, node in whole.nodes.items():
        np.testing.assert_array_equal(part.nodes[key], node[np.ix_(periods, rows)])
    for key, found in whole.indicators.items():
        np.testing.assert_array_equal(part.indicators[key].feed, found.feed[np.ix_(periods, rows)])
