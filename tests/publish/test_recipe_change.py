"""Recipe change: one snapshot under two recipes, and the page that maps it."""

import re

import numpy as np
import pytest

import riskmap
from riskmap.errors import LicenceForbids, PeriodUnknown, RecipeError
from riskmap.publish.recipe_change import recipe_change
from riskmap.publish.recipe_map import recipe_map, write_recipe_map
from riskmap.score.difference import load_any
from riskmap.score.recipe import parse_recipe


@pytest.fixture(scope="module")
def text(root):
    return (root / "src" / "riskmap" / "score" / "recipes" / "trafficking.toml").read_text()


@pytest.fixture(scope="module")
def usual():
    return load_any("trafficking")


@pytest.fixture(scope="module")
def equal():
    return load_any("trafficking_equal")


def test_equal_recipes_move_nothing(island, usual) -> None:
    found = recipe_change(island, usual, usual)
    assert found.comparison.period == island.periods[-1]
    assert found.comparison.counts()["largest_move"] == 0
    assert found.names == ("trafficking (first)", "trafficking (second)")
    assert found.limits == ()
    assert "Nothing: both recipes measure as the snapshot did." in recipe_map(found)


def test_the_recipe_that_it_was_made_with_gives_the_stored_scores(island, usual, equal) -> None:
    period = island.periods[3]
    scored = recipe_change(island, usual, equal, period).comparison.values[0]
    np.testing.assert_allclose(scored, island.column("scores", "value", 3), atol=1e-5)


def test_weights_move_cells_as_a_build_with_them_would(island, invented, usual, text) -> None:
    steeper = {"goalposts = [0, 20]": "goalposts = [0, 10]"}
    other = parse_recipe(text.replace(*next(iter(steeper.items()))), "steeper.toml")
    found = recipe_change(island, usual, other).comparison
    built = invented(recipe=steeper)
    np.testing.assert_allclose(found.values[1], built.column("scores", "value", len(built.periods) - 1), atol=1e-5)
    assert found.counts()["moved"] > 0
    assert found.movers(1)[0]["indicators"][0]["id"] == "conflict_exposure"


def test_what_cannot_be_scored_anew_is_taken_as_stored_and_named(island, usual, text) -> None:
    slower = text.replace("half_life_days = 90 }\ngoalposts = [0, 20]", "half_life_days = 180 }\ngoalposts = [0, 40]")
    found = recipe_change(island, usual, parse_recipe(slower, "slower.toml"))
    assert found.comparison.counts()["largest_move"] == 0
    assert found.limits == ("trafficking (second): indicator conflict_exposure is taken as stored (kernel)",)
    told = recipe_map(found)
    assert "indicator conflict_exposure is taken as stored (kernel)" in told
    assert "kernel half life days was 90, is 180" in told
    assert "No cell moved." in told


def test_what_was_not_measured_or_holds_for_all_is_named(island, usual, text) -> None:
    renamed = text.replace("[indicators.conflict_exposure]", "[indicators.conflict_felt]")
    renamed = re.sub(r"(\[thresholds\]\nindicator = )[\d.]+", r"\g<1>0.9", renamed)
    found = recipe_change(island, usual, parse_recipe(renamed.replace('"trafficking"', '"other"', 1), "renamed.toml"))
    assert found.names == ("trafficking", "other")
    assert "other: indicator conflict_felt was not measured and is unknown" in found.limits


def test_the_page_maps_it_and_says_that_the_place_is_invented(island, usual, equal) -> None:
    found = recipe_change(island, usual, equal)
    page = recipe_map(found)
    assert "Synthetic: an invented place" in page
    assert "not where it happens" in page
    assert 'aria-label="Map of how the scores moved"' in page
    assert "trafficking class</th>" in page
    assert "trafficking_equal class</th>" in page
    assert "component conflict: weight was" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert page == recipe_map(recipe_change(island, usual, equal))


def test_it_is_written_only_where_it_may_leave(island, usual, equal, tmp_path) -> None:
    found = recipe_change(island, usual, equal)
    assert write_recipe_map(found, tmp_path / "delta.html").read_text() == recipe_map(found)
    closed = [{**one, "licence": {**one["licence"], "derived": False}} for one in island.manifest["inputs"]]
    forbidden = riskmap.Snapshot(island.folder, {**island.manifest, "inputs": closed}, island.tables)
    with pytest.raises(LicenceForbids):
        write_recipe_map(recipe_change(forbidden, usual, equal), tmp_path / "closed.html")
    assert not (tmp_path / "closed.html").exists()


def test_mistakes_are_told(island, small, usual, equal) -> None:
    with pytest.raises(RecipeError, match="inform scores tables of units"):
        recipe_change(island, load_any("inform"), load_any("inform_2020"))
    with pytest.raises(PeriodUnknown):
        recipe_change(island, usual, equal, "1999-01")
    with pytest.raises(RecipeError, match="not one of this version"):
        recipe_change(small, usual, equal)
