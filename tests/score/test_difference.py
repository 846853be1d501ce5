"""Differences between recipes, in plain words."""

import pytest

from riskmap.errors import RecipeError
from riskmap.score.difference import load_any, recipe_changes
from riskmap.score.recipe import parse_recipe


def words(one, other) -> list[str]:
    return [change.words for change in recipe_changes(one, other)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("goalposts = [0, 4]", "goalposts = [0, 5]", ["indicator z: goalposts was [0, 4], is [0, 5]"]),
        ('direction = "-"\n', "", ["indicator y: direction was -, is +"]),
        ('index = "geometric"', 'index = "arithmetic"', ["aggregation index was geometric, is arithmetic"]),
        ("partial = 0.75", "partial = 0.8", ["thresholds partial was 0.75, is 0.8"]),
        ("below = 5.0", "below = 6.0", ["class low: below was 5, is 6"]),
        (
            'name = "low"',
            'name = "calm"',
            ["class calm: calm is new", "class low: low is gone"],
        ),
        (
            '{ measure = "t:z" }',
            '{ measure = "t:z", proxy = "a guess" }, { measure = "u:z" }',
            ["indicator z: feeds t:z proxy a guess is new", "indicator z: feeds u:z place 2 is new"],
        ),
        (
            "goalposts = [0, 4]",
            'goalposts = [0, 4]\nkernel = { shape = "exponential", length_km = 25, half_life_days = 90 }',
            [
                "indicator z: kernel half life days 90 is new",
                "indicator z: kernel length km 25 is new",
                "indicator z: kernel shape exponential is new",
            ],
        ),
        (
            'weight = 1.0\n[dimensions.b]\nlabel = "B"\nweight = 1.0',
            'weight = 1.0\n[dimensions.b]\nlabel = "B"\nweight = 3.0',
            [
                "component a1: effective weight was 0.3, is 0.15",
                "component a2: effective weight was 0.2, is 0.1",
                "component b1: effective weight was 0.5, is 0.75",
                "dimension a: effective weight was 0.5, is 0.25",
                "dimension b: effective weight was 0.5, is 0.75",
                "dimension b: weight was 1, is 3",
                "indicator w: effective weight was 0.5, is 0.75",
                "indicator x: effective weight was 0.15, is 0.075",
                "indicator y: effective weight was 0.15, is 0.075",
                "indicator z: effective weight was 0.2, is 0.1",
            ],
        ),
    ],
)
def test_what_moved(small, small_text, old, new, told) -> None:
    assert old in small_text
    assert words(small, parse_recipe(small_text.replace(old, new, 1), "x.toml")) == told


def test_nothing_moved(small) -> None:
    assert recipe_changes(small, small) == ()


def test_a_new_indicator_is_told_once(small, small_text) -> None:
    more = small_text.replace('label = "W"\nunit = "share"\nweight = 1.0', 'label = "W"\nunit = "share"\nweight = 0.5')
    more += '[indicators.v]\ncomponent = "b1"\nlabel = "V"\nunit = "%"\nweight = 0.5\ngoalposts = [0, 1]\nfeeds = [{ measure = "t:v" }]\n'
    told = words(small, parse_recipe(more, "x.toml"))
    assert told == [
        "indicator v: V is new",
        "indicator w: effective weight was 0.5, is 0.25",
        "indicator w: weight was 1, is 0.5",
    ]


def test_turning_the_two_round_turns_each_change_round() -> None:
    one, other = load_any("inform"), load_any("inform_2020")
    there, back = recipe_changes(one, other), recipe_changes(other, one)
    assert [(c.where, c.what, c.before, c.after) for c in back] == [(c.where, c.what, c.after, c.before) for c in there]
    assert "node human: method was scaled_geometric, is maximum" in [change.words for change in there]


def test_recipes_of_two_kinds_are_not_compared() -> None:
    with pytest.raises(RecipeError, match="inform and trafficking cannot be compared: one scores cells"):
        recipe_changes(load_any("inform"), load_any("trafficking"))
