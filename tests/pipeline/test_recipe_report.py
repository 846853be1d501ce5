"""What `riskmap recipe` answers."""

import json

import pytest

from riskmap.errors import RecipeError
from riskmap.pipeline.recipe_report import difference_report, recipe_report


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
    lines = difference_report("trafficking", "trafficking_pca", as_json=False).splitlines()
    assert "indicator rule_of_law: weight was 0.35, is 0.271632" in lines
    assert difference_report("trafficking", "trafficking", as_json=False) == "nothing moved"


def test_differences_as_json() -> None:
    told = json.loads(difference_report("inform", "inform_2020", as_json=True))
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


def test_recipes_that_are_not_there() -> None:
    with pytest.raises(RecipeError, match="recipe 'luck': no such recipe"):
        recipe_report("luck", as_json=False)
