"""Recipes: the built-in one, what it asks of the grid, its hash, and every way a recipe file can be wrong."""

import json
from pathlib import Path

import pytest

from riskmap.errors import RecipeError
from riskmap.model.kernel import Kernel
from riskmap.score.recipe import Recipe, load_recipe, parse_recipe


@pytest.fixture(scope="module")
def trafficking() -> Recipe:
    return load_recipe("trafficking")


def test_the_built_in_recipe_is_named_after_its_file(trafficking) -> None:
    assert trafficking.name == "trafficking"
    assert list(trafficking.dimensions) == ["crisis", "vulnerability", "protection"]
    assert list(trafficking.components_of("crisis")) == ["conflict", "disaster", "displacement"]
    assert trafficking.indicators_of("conflict") == {
        "conflict_exposure": 0.5,
        "civilian_targeting": 0.3,
        "escalation": 0.2,
    }


def test_kernels_tell_the_grid_what_to_evaluate(trafficking) -> None:
    kernels = trafficking.kernels()
    assert kernels["acled:conflict_severity"] == (Kernel("exponential", 25, half_life_days=90),)
    assert kernels["gdacs:hazard_extent"] == (Kernel("footprint", 25, half_life_days=60),)
    assert kernels["gdacs:slow_hazard_extent"] == (Kernel("footprint", 25, half_life_days=365),)
    assert kernels["ucdp:conflict_events"] == (
        Kernel("exponential", 50, window_days=(0, 90)),
        Kernel("exponential", 50, window_days=(90, 455)),
    )
    assert "dtm:idps" not in kernels


def test_the_look_back_is_four_half_lives_of_the_slowest_sum(trafficking, small) -> None:
    assert trafficking.lookback_days() == 4 * 180
    assert small.lookback_days() == 0


def test_every_measure_read_is_listed_once(trafficking, small) -> None:
    assert small.feeds() == ("t:people", "t:w", "t:x", "t:y", "t:z", "u:people")
    feeds = trafficking.feeds()
    assert {"dtm:idps", "worldpop:population", "tables:poverty_rate"} <= set(feeds)
    assert len(feeds) == len(set(feeds))


def test_effective_weights_multiply_down_the_tree_and_sum_to_one(trafficking, small) -> None:
    assert small.effective_weights() == pytest.approx({"x": 0.15, "y": 0.15, "z": 0.2, "w": 0.5})
    weights = trafficking.effective_weights()
    assert weights["conflict_exposure"] == pytest.approx(1 / 3 * 0.40 * 0.5)
    assert sum(weights.values()) == pytest.approx(1, abs=1e-12)


def test_the_manifest_form_is_plain_json_with_ids_and_what_holds_for_each_feed(trafficking) -> None:
    told = json.loads(json.dumps(trafficking.to_dict()))
    assert told["scale"] == [0, 10]
    assert told["hash"] == trafficking.hash
    assert told["classes"][-1] == {"name": "very high", "below": None}
    assert told["dimensions"][0] == {"id": "crisis", "label": "Crisis pressure", "weight": 1}
    assert told["components"][0]["dimension"] == "crisis"
    poverty = next(entry for entry in told["indicators"] if entry["id"] == "poverty")
    assert poverty["effective_weight"] == pytest.approx(0.35 * 0.3 / 3)
    assert poverty["feeds"] == [
        {"measure": "tables:relative_wealth", "proxy": None, "direction": "-", "goalposts": [-1, 1]},
        {
            "measure": "tables:poverty_rate",
            "proxy": "share of poor people in place of relative wealth",
            "direction": "+",
            "goalposts": [0, 100],
        },
    ]


def test_the_hash_sees_content_and_nothing_else(small, small_text) -> None:
    commented = small_text.replace("weight = 0.6", "# why\nweight   = 0.60")
    reordered = small_text.replace(
        '[dimensions.a]\nlabel = "A"\nweight = 1.0', '[dimensions.a]\nweight = 1\nlabel = "A"'
    )
    other = small_text.replace("goalposts = [0, 4]", "goalposts = [0, 5]")
    assert len(small.hash) == 64
    assert parse_recipe(commented, "x.toml").hash == small.hash
    assert parse_recipe(reordered, "y.toml").hash == small.hash
    assert parse_recipe(other, "z.toml").hash != small.hash


def test_a_recipe_may_be_any_file(small, small_text, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(small_text, encoding="utf-8")
    assert load_recipe(path) == load_recipe(str(path)) == small


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "luck",
            r"recipe 'luck': no such recipe; known are inform, inform_2020, trafficking, trafficking_equal, trafficking_gsi_like, trafficking_pca, or give the path of a \.toml file",
        ),
        ("nowhere/luck.toml", r"recipe nowhere/luck\.toml cannot be read: .*No such file"),
    ],
)
def test_a_recipe_that_is_not_there(name, message) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe(name)


def test_a_text_that_is_not_toml() -> None:
    with pytest.raises(RecipeError, match=r"recipe a\.toml: not valid TOML: .*line 2"):
        parse_recipe('name = "a"\ntitle =\n', "a.toml")


X = "goalposts = [0, 10]"
Z = "goalposts = [0, 4]"
KERNEL = 'kernel = { shape = "exponential", length_km = 5, half_life_days = 9 }'
WINDOW = 'kernel = { shape = "exponential", length_km = 5, window_days = [0, 90] }'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Four indicators"\n', "", "line 1, title: is missing"),
        ('version = "1"', "version = 1", "line 4, version: Input should be a valid string"),
        ("partial = 0.75", "partial = 0.75\nmood = 1", r"line 12, thresholds\.mood: unknown key; remove it or mend"),
        ("partial = 0.75", "partial = 7.5", r"line 11, thresholds\.partial: Input should be less than or equal to 1"),
        ("partial = 0.75", "partial = 0.4", r"line 7, thresholds: partial \(0\.4\) lies below insufficient \(0\.5\)"),
        ('index = "geometric"', 'index = "median"', r"line 16, aggregation\.index: Input should be 'arithmetic', "),
        ("below = 5.0\n", "", r"line 18, classes\[0\]: class 'low' needs below; only the last class"),
        ("below = 5.0", "below = 12.0", r"line 20, classes\[0\]\.below: class 'low' ends at 12, outside \(0, 10\)"),
        (
            'name = "high"',
            'name = "mid"\nbelow = 4.0\n[[classes]]\nname = "high"',
            r"line 23, classes\[1\]\.below: class 'mid' ends at 4, outside \(5, 10\); order classes upwards",
        ),
        ('name = "high"', 'name = "high"\nbelow = 9.0', r"line 23, classes\[1\]\.below: the last class goes up to"),
        ('name = "high"', 'name = "low"', r"line 22, classes\[1\]\.name: a second class 'low'"),
        ("[components.a2]", "[components.a]", r"line 35, components\.a: id 'a' is taken by dimensions"),
        ("[components.a2]", "[components.value]", r"line 35, components\.value: id 'value' is taken by the snapshot"),
        ("[components.a2]", "[components.A-2]", r"line 35, components\.A-2: 'A-2' is not an id; use lower-case"),
        ('dimension = "b"', 'dimension = "c"', r"line 40, components\.b1\.dimension: no dimension 'c'; there are a, b"),
        ('component = "a2"', 'component = "q"', r"line 60, indicators\.z\.component: no component 'q'; there are a1, "),
        (
            "weight = 0.6",
            "weight = 0.5",
            r"line 24, dimensions\.a: weights of its components sum to 0\.9, not 1 \(0\.5 ",
        ),
        ("weight = 0.6", "weight = -0.6", r"line 34, components\.a1\.weight: Input should be greater than 0"),
        ("weight = 0.6", 'weight = "0.6"', r"line 34, components\.a1\.weight: Input should be a valid number"),
        ("weight = 0.6", "weight = nan", r"line 34, components\.a1\.weight: Input should be a finite number"),
        ('component = "a2"', 'component = "b1"', r"line 35, components\.a2: has no indicators; add one or remove it"),
        (
            "[dimensions.b]",
            '[dimensions.c]\nlabel = "C"\nweight = 1\n[dimensions.b]',
            r"line 27, dimensions\.c: has no components",
        ),
        (Z, "goalposts = [4, 0]", r"line 64, indicators\.z\.goalposts: \[4, 0\] is inverted; the smaller one first"),
        ('feeds = [{ measure = "t:z" }]', "feeds = []", r"line 65, indicators\.z\.feeds: Tuple should have at least 1"),
        ('"t:z"', '"zed"', r"line 65, indicators\.z\.feeds\[0\]\.measure: String should match pattern"),
        ('{ measure = "t:z" }', '{ measure = "t:z" }, { measure = "t:z" }', r"line 59, .*a measure stands twice"),
        (
            Z,
            f"{Z}\n{KERNEL}\nwindow_days = 90",
            r"line 59, indicators\.z: kernel, window_days and half_life_days exclude",
        ),
        (Z, f"{Z}\nslow_half_life_days = 3", "slow_half_life_days needs a kernel with half_life_days"),
        (Z, f"{Z}\n{WINDOW}\nslow_half_life_days = 3", "slow_half_life_days needs a kernel with half_life_days"),
        (Z, f"{Z}\nbaseline_days = [90, 455]", "baseline_days needs a kernel with window_days"),
        (Z, f"{Z}\n{KERNEL}\nbaseline_days = [90, 455]", "baseline_days needs a kernel with window_days"),
        (Z, f"{Z}\n{WINDOW}\nbaseline_days = [90, 90]", r"line 66, .*baseline_days: \[90, 90\] is an empty window"),
        (
            Z,
            f"{Z}\n{KERNEL.replace(', half_life_days = 9', '')}",
            r"indicators\.z\.kernel: a kernel takes either half_life",
        ),
        (Z, f'{Z}\nper = "population"\ntimes = "population"', "per and times exclude one another"),
        (Z, f"{Z}\nper_amount = 1000", "per_amount needs per"),
        (Z, f'{Z}\ntransform = "ln"', r"goalpost 0 is cut off by transform = 'ln'; give at least 1"),
        (
            '{ measure = "t:z" }]',
            '{ measure = "t:z", direction = "-" }]\ncombine = "max"',
            "combine = 'max' compares raw values",
        ),
        (
            'population = ["t:people", "u:people"]',
            "",
            r"line 44, indicators\.x: is told by population, but the recipe names no measure",
        ),
    ],
)
def test_each_mistake_is_told_with_file_line_and_key(small_text, old, new, message) -> None:
    assert old in small_text
    text = small_text.replace(old, new, 1)
    if old.startswith("population"):
        text = text.replace(X, f'{X}\nper = "population"', 1)
    with pytest.raises(RecipeError, match=message) as told:
        parse_recipe(text, "small.toml")
    assert str(told.value).startswith("recipe small.toml, line ")
    assert "\n" not in str(told.value)
