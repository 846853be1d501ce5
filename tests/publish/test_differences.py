"""Differences: a changed file and a changed line are named, and each is given what it did."""

import numpy as np
import pytest

from riskmap.publish.compare import compare
from riskmap.publish.differences import input_differences, input_effects, recipe_differences, split


@pytest.fixture(scope="module")
def reweighed(invented):
    return invented(recipe={"goalposts = [0, 20]": "goalposts = [0, 10]", 'version = "0.1"': 'version = "0.2"'})


@pytest.fixture(scope="module")
def unpriced(invented, root):
    """The sample without its file of prices."""
    text = (root / "data" / "cases" / "sample.toml").read_text()
    start = text.rindex("[[inputs]]", 0, text.index('path = "prices.csv"'))
    end = text.find("[[inputs]]", start + 1)
    return invented(case={text[start:end]: ""})


def test_the_same_snapshot_differs_in_nothing(island) -> None:
    assert input_differences(island, island) == []
    assert recipe_differences(island, island) == []
    assert split(compare(island, island))["recipe"] == pytest.approx(0, abs=1e-6)


def test_a_line_of_the_recipe_is_told_by_its_key(small, make_snapshot, disk) -> None:
    def change(manifest):
        raids = next(one for one in manifest["recipe"]["indicators"] if one["id"] == "raids")
        raids |= {"weight": 0.75, "goalposts": [0, 50], "effective_weight": 0.1}
        del raids["direction"]
        manifest["recipe"]["hash"] = "other"

    other = make_snapshot(disk(2.5, 45.2, 6, 6), change=change)
    told = {one["key"]: (one["before"], one["after"]) for one in recipe_differences(small, other)}
    assert told.pop("indicators.raids.weight")[1] == 0.75
    assert told == {
        "indicators.raids.goalposts": ([0, 100], [0, 50]),
        "indicators.raids.direction": ("+", None),
    }


def test_a_file_is_told_by_its_hash(small, make_snapshot, disk) -> None:
    def change(manifest):
        manifest["inputs"][0]["sha256"] = "1" * 64
        del manifest["inputs"][-1]

    other = make_snapshot(disk(2.5, 45.2, 6, 6), change=change)
    told = {one["path"]: (one["before"], one["after"]) for one in input_differences(small, other)}
    assert told == {"acled.csv": ("0" * 64, "1" * 64), "ucdp.csv": ("0" * 64, None)}


def test_what_a_recipe_moved_is_its_own_doing(island, reweighed) -> None:
    found = compare(island, reweighed)
    assert {one["key"].rpartition(".")[2] for one in recipe_differences(island, reweighed)} == {"goalposts", "version"}
    parts = split(found)
    assert parts["recipe"] == pytest.approx(np.nanmean(np.abs(found.moved)), rel=1e-4)
    assert parts["recipe"] > 0.01
    assert parts["data"] == pytest.approx(0, abs=1e-6)
    assert input_effects(found) == []


def test_what_must_be_measured_anew_is_not_scored_from_what_was_measured_otherwise(island, invented) -> None:
    """Logarithms that are stored do not lie between goalposts that are now meant for people themselves."""
    found = compare(island, invented({'transform = "ln"': 'transform = "none"'}))
    parts = split(found)
    assert parts["recipe"] == pytest.approx(0, abs=1e-6)
    assert parts["data"] == pytest.approx(np.nanmean(np.abs(found.moved)), rel=1e-4)
    assert parts["data"] > 0.01


def test_what_a_file_moved_is_the_data_s_doing(island, unpriced) -> None:
    found = compare(island, unpriced)
    (told,) = input_effects(found)
    assert told["path"] == "prices.csv"
    assert told["after"] is None
    assert told["indicators"] == ["food_prices"]
    parts = split(found)
    assert parts["recipe"] == pytest.approx(0, abs=1e-6)
    assert parts["data"] == pytest.approx(np.nanmean(np.abs(found.moved)), rel=1e-4)


def test_recipes_of_another_kind_cannot_be_split(small) -> None:
    assert split(compare(small, small)) is None
