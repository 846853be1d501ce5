"""Spread: what a recipe may say of how far it is off."""

import pytest

from riskmap.errors import RecipeError
from riskmap.model.cube import Support
from riskmap.score.recipe import load_recipe, parse_recipe
from riskmap.score.spread import MEANS, Uncertainty


def test_a_recipe_that_says_nothing_has_the_usual_spreads(small) -> None:
    assert small.uncertainty == Uncertainty()
    assert small.uncertainty.means.index == MEANS


def test_every_support_has_its_error() -> None:
    errors = Uncertainty().errors()
    assert set(errors) == set(Support) - {Support.NONE}
    assert [errors[code] for code in sorted(errors)] == [0.10, 0.15, 0.20, 0.30, 0.40]


def test_the_trafficking_recipe_says_what_would_hold_anyway() -> None:
    assert load_recipe("trafficking").uncertainty == Uncertainty()


def test_a_spread_moves_the_hash(small, small_text) -> None:
    assert parse_recipe(small_text + "\n[uncertainty]\nseed = 2\n", "x.toml").hash != small.hash


def test_the_class_that_counts_as_high(small, small_text) -> None:
    assert small.high_class == 1
    assert load_recipe("trafficking").high_class == 3
    assert parse_recipe(small_text + '\n[uncertainty]\nhigh = "low"\n', "x.toml").high_class == 0
    unnamed = parse_recipe(small_text.replace('name = "high"', 'name = "worst"'), "x.toml")
    assert unnamed.high_class == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('high = "extreme"', r"uncertainty\.high: no class 'extreme'; there are low, high"),
        ("goalposts = 0.5", r"uncertainty\.goalposts: .*less than 0\.5"),
        ("weights = -0.1", r"uncertainty\.weights: .*greater than or equal to 0"),
        ("draws = 19", r"uncertainty\.draws: .*greater than or equal to 20"),
        ("kernel = 3.0", r"uncertainty\.kernel: .*less than or equal to 2"),
        ("means = { index = [] }", r"uncertainty\.means\.index: "),
        ("luck = 1", r"uncertainty\.luck: unknown key"),
    ],
)
def test_what_no_recipe_may_say(small_text, line, problem) -> None:
    with pytest.raises(RecipeError, match=problem):
        parse_recipe(f"{small_text}\n[uncertainty]\n{line}\n", "x.toml")
