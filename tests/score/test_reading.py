"""Reading: a recipe may stand on another, and mistakes are told where they were made."""

from pathlib import Path

import pytest

from riskmap.errors import RecipeError
from riskmap.score.reading import content_of
from riskmap.score.recipe import load_recipe, parse_recipe


def test_tables_are_laid_over_tables_and_all_else_takes_the_place_of_what_was(small_text, tmp_path: Path) -> None:
    (tmp_path / "below.toml").write_text(small_text)
    text = f'extends = "{tmp_path}/below.toml"\npopulation = []\n[components]\na1.weight = 0.7\na2.weight = 0.3\n'
    found = parse_recipe(text, "above.toml")
    assert found.population == ()
    assert (found.components["a1"].weight, found.components["a1"].label) == (0.7, "A1")
    assert found.indicators == parse_recipe(small_text, "below.toml").indicators


def test_the_hash_is_that_of_the_whole(small, small_text, tmp_path: Path) -> None:
    (tmp_path / "below.toml").write_text(small_text)
    assert parse_recipe(f'extends = "{tmp_path}/below.toml"\n', "above.toml").hash == small.hash


def test_extending_goes_on_and_on_but_not_in_a_circle(small_text, tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(small_text)
    two.write_text(f'extends = "{one}"\nversion = "2"\n')
    assert parse_recipe(f'extends = "{two}"\ntitle = "T"\n', "three.toml").version == "2"
    one.write_text(f'extends = "{two}"\n')
    with pytest.raises(RecipeError, match=r"one\.toml, line 1, extends: names no other recipe"):
        load_recipe(one)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends = 3\n", r"above\.toml, line 1, extends: names no other recipe"),
        ('extends = "luck"\n', "recipe 'luck': no such recipe"),
        (
            'extends = "trafficking"\n[components]\nlaw.weight = 0.5\n',
            r"above\.toml, line .*, dimensions\.protection: weights of",
        ),
        ('extends = "trafficking"\n\n[indicators.transit]\nweight = -1\n', r"line 4, indicators\.transit\.weight: "),
        ('extends = "inform"\n', r"above\.toml: scores tables of units, not cells"),
    ],
)
def test_mistakes(text, message) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(text, "above.toml")


def test_what_extends_nothing_is_as_it_stands() -> None:
    assert content_of("a = 1\n", "x.toml") == {"a": 1}
