"""What `riskmap recipe` answers."""

import json
import re

import pytest

from riskmap.errors import RecipeError
from riskmap.pipeline.recipe_report import difference_report, recipe_report
from riskmap.publish.recipe_change import recipe_change
from riskmap.score.difference import load_any
from riskmap.score.recipe import parse_recipe


def difference(before: str, after: str, *, as_json: bool) -> str:
    return difference_report(load_any(before), load_any(after), as_json=as_json)


def test_a_recipe_is_shown_as_its_tree_with_effective_weights() -> None:
    told = recipe_report("inform", as_json=False)
    rows = [line.strip("│ ").split("│") for line in told.splitlines() if "%" in line]
    assert [cell.strip() for cell in rows[0]] == ["inform_risk", "geometric", "100.00%"]
    assert [cell.strip() for cell in rows[3]] == ["earthquake", "", "2.38%"]
    assert told.splitlines()[-1].startswith("hash ")


def test_shown_as_json() -> None:
    told = json.loads(recipe_report("trafficking_equal", as_json=True))
    assert told["name"] == "trafficking_equal"
    nodes = {node["id"]: node for node in told["nodes"]}
    assert nodes["risk"] == {
        "id": "risk",
        "method": "geometric",
        "children": ["crisis", "vulnerability", "protection"],
        "effective_weight": 1,
    }
    assert nodes["police"]["effective_weight"] == pytest.approx(1 / 27)


def test_differences_are_told_a_line_each() -> None:
    lines = difference("trafficking", "trafficking_pca", as_json=False).splitlines()
    assert "indicator rule_of_law: weight was 0.35, is 0.271632" in lines
    assert difference("trafficking", "trafficking", as_json=False) == "nothing moved"


def test_differences_as_json() -> None:
    told = json.loads(difference("inform", "inform_2020", as_json=True))
    moved = [change for change in told["changes"] if change["where"] == "node human"]
    assert moved == [
        {
            "where": "node human",
            "what": "method",
            "before": "scaled_geometric",
            "after": "maximum",
            "words": "node human: method was scaled_geometric, is maximum",
        }
    ]
    assert told["before"] != told["after"]
    assert "moved" not in told


def test_what_it_does_to_a_snapshot_is_told_in_one_line(sample) -> None:
    one, other = load_any("trafficking"), load_any("trafficking_equal")
    change = recipe_change(sample, one, other)
    counts, largest = change.comparison.counts(), change.comparison.movers(1)[0]
    *listed, last = difference_report(one, other, change, as_json=False).splitlines()
    assert listed == difference("trafficking", "trafficking_equal", as_json=False).splitlines()
    assert last == (
        f"snapshot {sample.id}, {sample.periods[-1]}: {counts['changed_class']:,} cells change class of"
        f" {counts['compared']:,} scored in both, mean move {counts['mean_move']:.2f},"
        f" biggest {largest['moved']:+.2f} in {largest['cell']} {largest['place']}"
    )


def test_what_stored_indicators_cannot_show_is_told(sample, root) -> None:
    text = (root / "src" / "riskmap" / "score" / "recipes" / "trafficking.toml").read_text()
    one, other = (
        load_any("trafficking"),
        parse_recipe(text.replace("half_life_days = 90 }", "half_life_days = 9 }"), "x"),
    )
    told = difference_report(one, other, recipe_change(sample, one, other), as_json=False)
    assert "trafficking (second): indicator conflict_exposure is taken as stored (kernel)" in told
    assert told.endswith("mean move 0.00, biggest below 0.05")


def test_what_it_does_to_a_snapshot_as_json(sample, root) -> None:
    text = (root / "src" / "riskmap" / "score" / "recipes" / "trafficking.toml").read_text()
    one, other = (
        load_any("trafficking"),
        parse_recipe(text.replace("half_life_days = 90 }", "half_life_days = 9 }"), "x"),
    )
    told = json.loads(difference_report(one, other, recipe_change(sample, one, other), as_json=True))["moved"]
    assert (told["snapshot"], told["period"], told["counts"]["changed_class"]) == (sample.id, sample.periods[-1], 0)
    assert told["as_stored"]["before"] == {"indicators": {}, "unmeasured": [], "recipe": []}
    assert told["as_stored"]["after"]["indicators"]["conflict_exposure"] == ["kernel"]
    assert sum(one["cells"] for one in told["transitions"]) == len(sample.cells)


def test_where_no_cell_is_scored_in_both_it_says_so(sample, root) -> None:
    text = (root / "src" / "riskmap" / "score" / "recipes" / "trafficking.toml").read_text()
    one, other = load_any("trafficking"), parse_recipe(re.sub(r"\[indicators\.", "[indicators.new_", text), "x")
    told = difference_report(one, other, recipe_change(sample, one, other), as_json=False)
    assert told.endswith("no cell is scored in both")


def test_recipes_that_are_not_there() -> None:
    with pytest.raises(RecipeError, match="recipe 'luck': no such recipe"):
        recipe_report("luck", as_json=False)
