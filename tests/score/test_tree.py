"""Trees: one of three levels by hand, its weights, and every way a tree can be wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import RecipeError
from riskmap.score.aggregate import TOLERANCE, aggregate
from riskmap.score.recipe import load_recipe
from riskmap.score.tree import Node, Tree

TREE = Tree(
    (
        Node("x"),
        Node("y"),
        Node("z", decimals=1),
        Node("a", ("x", "y"), (3, 1)),
        Node("top", ("a", "z"), (1, 1), "geometric", decimals=2),
    )
)


def scores(x, y, z):
    return {"x": np.array([x]), "y": np.array([y]), "z": np.array([z])}


def test_it_climbs_from_the_leaves_to_the_index() -> None:
    """A = (3·4 + 8) / 4 = 5; Z = 3.26 rounds to 3.3; top = √16.5 = 4.062 rounds to 4.06."""
    found = TREE.climb(scores(4.0, 8.0, 3.26))
    assert list(found) == ["x", "y", "z", "a", "top"]
    assert {key: float(values[0]) for key, values in found.items()} == pytest.approx(
        {"x": 4, "y": 8, "z": 3.3, "a": 5, "top": 4.06}
    )


def test_its_parts_have_names() -> None:
    assert TREE.index == "top"
    assert TREE.leaves == ("x", "y", "z")
    assert TREE.parents == {"x": "a", "y": "a", "a": "top", "z": "top"}
    assert TREE.node("a").weights == (3, 1)


def test_weights_multiply_down_to_the_leaves() -> None:
    weights = TREE.effective_weights()
    assert weights == {"x": 0.375, "y": 0.125, "z": 0.5, "a": 0.5, "top": 1.0}
    assert sum(weights[key] for key in TREE.leaves) == 1


def test_a_node_needs_its_share_of_weight_or_of_children() -> None:
    known = np.array([[1.0, 1, np.nan], [1, np.nan, 1], [np.nan, np.nan, 1]])
    by_weight = Node("n", ("a", "b", "c"), (0.5, 0.25, 0.25), least=0.5)
    by_number = Node("n", ("a", "b", "c"), (0.5, 0.25, 0.25), least_children=2 / 3)
    np.testing.assert_array_equal(by_weight.combine(known), [1, 1, 1])
    np.testing.assert_array_equal(by_number.combine(known), [1, np.nan, 1])
    np.testing.assert_array_equal(
        Node("n", ("a", "b"), (0.4, 0.6), least=0.5).combine(known[[0, 2]]), [np.nan, np.nan, 1]
    )


def test_one_indicator_is_a_tree() -> None:
    assert Tree((Node("x"),)).climb({"x": np.array([2.0])})["x"] == 2


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ((), "^tree, node '': a tree has at least one node$"),
        ((Node("x"), Node("x")), "'x': stands twice"),
        ((Node("a", ("x",), (1,)), Node("x")), "'a': its child 'x' does not stand before it"),
        ((Node("a", ("a",), (1,)),), "'a': its child 'a' does not stand before it"),
        (
            (Node("x"), Node("a", ("x",), (1,)), Node("b", ("x", "a"), (1, 1))),
            "'b': its child 'x' already belongs to 'a'",
        ),
        ((Node("x"), Node("y"), Node("a", ("x",), (1,))), "'y': belongs to no other node"),
        ((Node("x"), Node("a", ("x",), (1, 2))), "'a': 2 weights for 1 children"),
        ((Node("x"), Node("a", ("x",), (-1,))), "'a': a weight is a number of 0 or more"),
        ((Node("x"), Node("a", ("x",), (float("nan"),))), "'a': a weight is a number of 0 or more"),
        ((Node("x"), Node("a", ("x",), (0,))), "'a': at least one child needs a weight above 0"),
        ((Node("x"), Node("a", ("x",), (1,), "median")), "'a': no method 'median'; there are arithmetic, "),
        ((Node("x"), Node("a", ("x",), (1,), "power", exponent=0)), "'a': a power mean needs an exponent other than 0"),
        ((Node("x"), Node("a", ("x",), (1,), "power", exponent=np.inf)), "'a': a power mean needs an exponent"),
        ((Node("x"), Node("a", ("x",), (np.inf,))), "'a': a weight is a number of 0 or more"),
        ((Node("x"), Node("a", ("x",), (1,), least=2)), "'a': least and least_children are shares"),
        ((Node("x"), Node("a", ("x",), (1,), least_children=1.5)), "'a': least and least_children are shares"),
        ((Node("x", decimals=-1),), "'x': decimals is a number of digits"),
    ],
)
def test_each_mistake_names_the_node(nodes, message) -> None:
    with pytest.raises(RecipeError, match=message):
        Tree(nodes)


def test_what_is_not_there_or_not_defined_names_the_node() -> None:
    with pytest.raises(RecipeError, match="no node 'q' in the tree; there are x, y, z, a, top"):
        TREE.node("q")
    with pytest.raises(RecipeError, match="node 'z': no scores were given"):
        TREE.climb({"x": np.array([1.0]), "y": np.array([1.0])})
    with pytest.raises(RecipeError, match="node 'top': a geometric mean takes values of 0 or more, not -8"):
        TREE.climb(scores(4.0, 8.0, -8.0))


@given(values=st.lists(st.one_of(st.floats(0, 10), st.just(np.nan)), min_size=3, max_size=3))
def test_a_tree_of_one_level_is_its_mean(values) -> None:
    tree = Tree((Node("x"), Node("y"), Node("z"), Node("top", ("x", "y", "z"), (1, 2, 3), "scaled_geometric")))
    parts = np.array(values)[:, None]
    found = tree.climb(dict(zip("xyz", parts, strict=True)))["top"]
    np.testing.assert_array_equal(found, aggregate(parts, [1, 2, 3], "scaled_geometric"))


def test_a_recipe_gives_its_tree() -> None:
    recipe = load_recipe("trafficking")
    tree = recipe.tree()
    assert tree.index == "risk"
    assert tree.leaves == tuple(recipe.indicators)
    assert tree.node("conflict").least == 0.5
    assert tree.node("risk").children == ("crisis", "vulnerability", "protection")
    assert {key: tree.effective_weights()[key] for key in recipe.indicators} == recipe.effective_weights()


@pytest.mark.parametrize(
    "node",
    [
        Node("a", ("x",), (1,), least=1),
        Node("a", ("x",), (1,), least_children=1),
        Node("a", ("x",), (1,), decimals=0),
        Node("a", ("x",), (1,), exponent=0),
        Node("a", ("x",), (1,), "power", exponent=-0.5),
    ],
)
def test_what_lies_on_the_edge_is_still_a_tree(node) -> None:
    assert Tree((Node("x"), node)).index == "a"


def test_a_node_hands_on_its_exponent() -> None:
    squares = Node("a", ("x", "y"), (1, 1), "power", exponent=2)
    assert squares.combine(np.array([1.0, 7.0])) == pytest.approx(5)
    assert Node("a", ("x", "y"), (1, 1), "power").combine(np.array([1.0, 7.0])) == pytest.approx(4)


def test_a_share_that_falls_short_by_the_tolerance_still_counts() -> None:
    """Half of the weight is known; asked for is half and the tolerance, and then a little more."""
    known = np.array([3.0, np.nan])
    assert Node("a", ("x", "y"), (1, 1), least=0.5 + TOLERANCE).combine(known) == 3
    assert np.isnan(Node("a", ("x", "y"), (1, 1), least=0.5 + 2 * TOLERANCE).combine(known))
