"""The worked example in the documents: every number on the page is read, computed anew, and held against a snapshot."""

import ast
import itertools
import operator
import re

import numpy as np
import pytest

import riskmap
from riskmap.score.explain import tree_changes, tree_parts, tree_reach
from riskmap.score.recipe import load_recipe

LAST = 0.0006
"""Half of the last digit printed, and a little."""

CHAIN = 0.003
"""What is left of it after some steps from numbers that are rounded themselves."""

SIGNS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def worked(node: ast.AST) -> float:
    """What a sum of plain numbers comes to."""
    if isinstance(node, ast.BinOp):
        return SIGNS[type(node.op)](worked(node.left), worked(node.right))
    if isinstance(node, ast.UnaryOp):
        return -worked(node.operand)
    return float(node.value)


def number(text: str) -> float:
    return np.nan if text in ("unknown", "none", "") else worked(ast.parse(text.lstrip("+"), mode="eval").body)


@pytest.fixture(scope="module")
def page(root) -> str:
    return (root / "docs" / "worked-example.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tables(page) -> list[list[list[str]]]:
    """Rows of each table of the page, its head left out; code marks taken off."""
    found = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    rows = [[line[1:-1].split("|") for line in table.splitlines()[2:]] for table in found]
    return [[[cell.strip().replace("`", "") for cell in row] for row in table] for table in rows]


@pytest.fixture(scope="module")
def leaves(tables) -> dict[str, float]:
    return {row[0]: number(row[6]) for row in tables[0]}


@pytest.fixture(scope="module")
def told(page, root, sample_data, tmp_path_factory) -> dict:
    """The cell as a snapshot of the sample explains it."""
    cell, period = re.search(r"Cell `(\w+)` of the sample case, .*, in (\S+)\.", page).groups()
    case = riskmap.load_case(root / "data" / "cases" / "sample.toml")
    return riskmap.explain(riskmap.build(case, sample_data, tmp_path_factory.mktemp("store")), cell, period)


def placed(value: float, posts: str, direction: str) -> float:
    """Step 1 of the page."""
    ends = [float(end) for end in posts.removeprefix("ln ").split(" to ")]
    low, high = np.log(ends) if posts.startswith("ln") else ends
    score = 10 * (np.clip(value, low, high) - low) / (high - low)
    return score if direction == "+" else 10 - score


def test_step_1_values_become_scores(tables, told) -> None:
    recipe, given = load_recipe("trafficking"), {one["id"]: one for one in told["contributions"]["indicators"]}
    assert [row[0] for row in tables[0]] == list(recipe.indicators)
    for key, component, weight, value, posts, direction, score, support, age in tables[0]:
        part, leaf = recipe.indicators[key], given[key]
        assert (component, number(weight)) == (part.component, pytest.approx(part.weight))
        assert number(value) == pytest.approx(
            leaf["value"] if leaf["value"] is not None else np.nan, abs=1e-4, nan_ok=True
        )
        assert number(score) == pytest.approx(placed(number(value), posts, direction), abs=LAST, nan_ok=True)
        assert support == (leaf["support"] or "")
        assert age == ("" if leaf["age_days"] is None else f"{leaf['age_days']:.0f}")


def test_step_2_scores_become_components(tables, leaves, told) -> None:
    recipe = load_recipe("trafficking")
    given = {one["id"]: one["score"] for one in told["contributions"]["components"]}
    for key, dimension, weight, known, score in tables[1]:
        assert (dimension, float(weight)) == (recipe.components[key].dimension, recipe.components[key].weight)
        there = {one: share for one, share in recipe.indicators_of(key).items() if not np.isnan(leaves[one])}
        assert float(known) == pytest.approx(sum(there.values()), abs=0.005)
        mean = sum(share * leaves[one] for one, share in there.items()) / sum(there.values())
        assert number(score) == pytest.approx(mean if float(known) >= 0.5 else np.nan, abs=CHAIN, nan_ok=True)
        assert number(score) == pytest.approx(given[key] if given[key] is not None else np.nan, abs=LAST, nan_ok=True)


def test_step_3_components_become_dimensions(tables, page, told) -> None:
    components = {row[0]: (row[1], float(row[2]), number(row[4])) for row in tables[1]}
    given = {one["id"]: one["score"] for one in told["contributions"]["dimensions"]}
    for key, score in tables[2]:
        known = [(weight, x) for of, weight, x in components.values() if of == key and not np.isnan(x)]
        logs = sum(weight * np.log((10 - x) / 10 * 9 + 1) for weight, x in known) / sum(weight for weight, _ in known)
        assert float(score) == pytest.approx((10 - np.exp(logs)) / 9 * 10, abs=CHAIN)
        assert float(score) == pytest.approx(given[key], abs=LAST)
    away = [float(part) for part in re.search(r"three components are ([\d., ]+) away", page)[1].split(", ")]
    mean = float(re.search(r"with weights\n0.4, 0.25 and 0.35 is ([\d.]+),", page)[1])
    crisis = [(weight, x) for of, weight, x in components.values() if of == "crisis"]
    assert away == pytest.approx([(10 - x) / 10 * 9 + 1 for _, x in crisis], abs=CHAIN)
    assert mean == pytest.approx(np.exp(np.dot([weight for weight, _ in crisis], np.log(away))), abs=CHAIN)


def test_step_4_the_index_its_class_coverage_and_bounds(tables, page, leaves, told) -> None:
    recipe = load_recipe("trafficking")
    score = float(re.search(r"\^\(1/3\) = ([\d.]+)`", page)[1])
    assert score == pytest.approx(np.prod([float(row[1]) for row in tables[2]]) ** (1 / 3), abs=CHAIN)
    assert score == pytest.approx(told["score"], abs=LAST)
    edges = [step.below for step in recipe.classes[:-1]]
    (named,) = re.findall(r"class is \*\*(.+?)\*\*", page)
    assert named == recipe.classes[int(np.searchsorted(edges, score, side="right"))].name == told["class"]
    ends = re.search(r"Classes end at (.+), so", page)[1].replace(" and ", ", ").split(", ")
    assert [float(end) for end in ends] == edges
    weights, parts = recipe.effective_weights(), {row[0]: number(row[1]) for row in tables[4]}
    coverage = float(re.search(r"counts sum to ([\d.]+)\.\s", page)[1])
    assert coverage == pytest.approx(sum(weights[key] for key in leaves if not np.isnan(parts[key])), abs=5e-5)
    assert coverage == pytest.approx(told["coverage"], abs=5e-5)
    low, high = re.search(r"at 0 the index would be ([\d.]+), with all of it at 10 ([\d.]+)\.\s", page).groups()
    reach = tree_reach(recipe.tree(), {key: np.array([leaf]) for key, leaf in leaves.items()})
    assert [float(low), float(high)] == pytest.approx([end["risk"][0] for end in reach], abs=CHAIN)
    assert [float(low), float(high)] == pytest.approx([told["low"], told["high"]], abs=LAST)


def test_step_5_what_each_part_adds(tables, leaves, told) -> None:
    scores = {row[0]: float(row[1]) for row in tables[2]}
    groups = [() if row[0] == "none" else tuple(row[0].split(", ")) for row in tables[3]]
    assert groups == [one for size in range(4) for one in itertools.combinations(scores, size)]
    for group, row in zip(groups, tables[3], strict=True):
        mean = np.prod([scores[key] for key in group]) ** (1 / len(group)) if group else 0.0
        assert float(row[1]) == pytest.approx(mean, abs=CHAIN)
    tree = load_recipe("trafficking").tree()
    anew = tree_parts(tree, {key: np.array([leaf]) for key, leaf in leaves.items()})
    given = {one["id"]: one["contribution"] for parts in told["contributions"].values() for one in parts}
    printed = {row[0]: number(row[1]) for row in tables[4]}
    assert printed.keys() == given.keys()
    for key, points in printed.items():
        assert points == pytest.approx(anew[key][0], abs=CHAIN, nan_ok=True)
        assert points == pytest.approx(np.nan if given[key] is None else given[key], abs=LAST, nan_ok=True)


def test_step_6_what_moved_it(tables, page, leaves, told) -> None:
    posts = {row[0]: (row[4], row[5]) for row in tables[0]}
    before = leaves | {key: placed(number(value), *posts[key]) for key, value, _, _ in tables[5]}
    after = leaves | {key: placed(number(value), *posts[key]) for key, _, value, _ in tables[5]}
    first, last = ({key: np.array([leaf]) for key, leaf in side.items()} for side in (before, after))
    anew = tree_changes(load_recipe("trafficking").tree(), first, last)
    given = {one["id"]: one for one in told["change"]["indicators"]}
    assert [row[0] for row in tables[5]] == list(given)
    for key, was, came, points in tables[5]:
        assert [number(was), number(came)] == pytest.approx([given[key]["before"], given[key]["after"]], abs=1e-4)
        assert number(points) == pytest.approx(anew[key][0], abs=5e-4)
        assert number(points) == pytest.approx(given[key]["contribution"], abs=6e-5)
    since, score, moved = re.search(r"In (\S+) the score was ([\d.]+), so it moved by ([-+\d.]+)\.\s", page).groups()
    assert since == told["change"]["since"]
    assert [float(score), float(moved)] == pytest.approx(
        [told["change"]["before"], told["change"]["difference"]], abs=LAST
    )


def test_step_7_the_words_are_those_of_the_library(page, told) -> None:
    """What a snapshot may tell of errors beside is not on the page."""
    said = re.sub(r"With errors allowed for, .*? and [\d.]+\. ", "", told["sentence"])
    assert re.findall(r"^> (.+)$", page, re.MULTILINE) == [said]


def test_every_sum_on_the_page_comes_to_what_it_says(page) -> None:
    sums = re.findall(r"`([\d().+\-*/·^ ]+) = ([\d.]+)`", page)
    assert len(sums) == 5
    for left, right in sums:
        tree = ast.parse(left.replace("·", "*").replace("^", "**"), mode="eval")
        assert worked(tree.body) == pytest.approx(float(right), abs=CHAIN)
