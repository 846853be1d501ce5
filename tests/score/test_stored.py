"""Stored: of a recipe, what values that are measured already can follow, and what they cannot."""

import pytest

from riskmap.score.index import score_cube, score_indicators
from riskmap.score.recipe import parse_recipe
from riskmap.score.stored import MAKING, held_to_stored


@pytest.fixture(scope="module")
def other(small_text):
    """The small recipe with parts of its text replaced."""

    def change(*pairs):
        text = small_text
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new, 1)
        return parse_recipe(text, "other.toml")

    return change


def test_the_same_recipe_is_followed_whole(small) -> None:
    held = held_to_stored(small, small)
    assert held.recipe == small
    assert (held.taken, held.unmeasured, held.unmoved) == ({}, (), ())


def test_goalposts_directions_weights_means_and_classes_are_followed(small, other) -> None:
    moved = other(
        ("goalposts = [0, 4]", "goalposts = [0, 8]"),
        ('direction = "-"', 'direction = "+"'),
        ("weight = 0.6", "weight = 0.4"),
        ("weight = 0.4\n[components.b1]", "weight = 0.6\n[components.b1]"),
        ('index = "geometric"', 'index = "arithmetic"'),
        ("below = 5.0", "below = 6.0"),
    )
    held = held_to_stored(moved, small)
    assert held.recipe == moved
    assert not held.taken


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("window_days = 30", ("window days",)),
        ("half_life_days = 30", ("half life days",)),
        ('transform = "log1p"', ("transform",)),
        ('combine = "max"', ("combine",)),
        ('kernel = { shape = "exponential", length_km = 5, half_life_days = 9 }', ("kernel",)),
    ],
)
def test_what_is_measured_otherwise_keeps_its_score_and_is_named(small, other, line, words) -> None:
    moved = other(("goalposts = [0, 4]\nfeeds", f"goalposts = [0, 9]\n{line}\nfeeds"))
    held = held_to_stored(moved, small)
    assert held.taken == {"z": words}
    assert held.recipe.indicators["z"] == small.indicators["z"]


def test_its_weight_and_place_move_all_the_same(small, other) -> None:
    moved = other(
        ('component = "a1"\nlabel = "Y"', 'component = "a2"\nlabel = "Yes"'),
        ("goalposts = [0, 100]", "goalposts = [0, 50]\nwindow_days = 30"),
        ('label = "X"\nunit = "points"\nweight = 0.5', 'label = "X"\nunit = "points"\nweight = 1'),
        ('label = "Z"\nunit = "points"\nweight = 1.0', 'label = "Z"\nunit = "points"\nweight = 0.5'),
    )  # fmt: skip
    kept = held_to_stored(moved, small).recipe.indicators["y"]
    assert (kept.component, kept.label, kept.weight) == ("a2", "Yes", 0.5)
    assert (kept.goalposts, kept.window_days) == ((0.0, 100.0), None)


def test_feeds_are_told_apart_from_their_order(small, other) -> None:
    two = other(('{ measure = "t:x" }', '{ measure = "t:x" }, { measure = "u:x" }'))
    turned = other(('{ measure = "t:x" }', '{ measure = "u:x" }, { measure = "t:x" }'))
    assert held_to_stored(two, small).taken == {"x": ("feeds",)}
    assert held_to_stored(turned, two).taken == {"x": ("order of feeds",)}


def test_what_the_snapshot_never_measured_is_named(small, other) -> None:
    renamed = other(("[indicators.w]", "[indicators.v]"))
    assert held_to_stored(renamed, small).unmeasured == ("v",)


def test_what_holds_for_all_indicators_is_named(small, other) -> None:
    moved = other(("indicator = 0.5", "indicator = 0.6"), ('"t:people", "u:people"', '"u:people"'))
    assert held_to_stored(moved, small).unmoved == ("threshold of indicators", "measures of population")
    assert held_to_stored(moved, small).taken == {}


def test_stored_values_scored_so_are_those_of_the_cube_where_all_can_be_followed(small, other, cube) -> None:
    world = cube({"t:x": [[4, 9]], "t:y": [[80, 10]], "t:z": [[4, 1]], "t:w": [[0.5, 0.9]]})
    moved = other(("goalposts = [0, 4]", "goalposts = [0, 8]"), ('index = "geometric"', 'index = "arithmetic"'))
    stored = score_cube(world, small, 1).indicators
    found = score_indicators(stored, held_to_stored(moved, small).recipe, (1, 2))
    assert found.value.tolist() == score_cube(world, moved, 1).value.tolist()


def test_every_key_of_measuring_is_one_of_an_indicator(small) -> None:
    assert set(MAKING) <= set(type(small.indicators["x"]).model_fields)
