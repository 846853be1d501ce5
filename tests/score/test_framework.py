"""Composite recipes: what they hold, their hash, and every way such a file can be wrong."""

import pytest

from riskmap.errors import RecipeError
from riskmap.score.framework import load_composite, parse_composite

TEXT = """\
kind = "composite"
name = "small"
title = "Two indicators"
version = "1"
normalise = { method = "min_max", scale = [0, 10] }

[[classes]]
name = "low"
below = 5
[[classes]]
name = "high"

[nodes.top]
label = "Top"
[nodes.a]
label = "A"
parent = "top"
method = "power"
exponent = 2
least = 0.5

[indicators.x]
parent = "a"
label = "X"
weight = 2
[indicators.y]
parent = "a"
label = "Y"
"""


def test_the_tree_is_that_of_the_file() -> None:
    recipe = parse_composite(TEXT, "small.toml")
    tree = recipe.tree()
    assert [node.key for node in tree.nodes] == ["x", "y", "a", "top"]
    assert tree.node("a").weights == (2, 1)
    assert (tree.node("a").method, tree.node("a").exponent, tree.node("a").least) == ("power", 2, 0.5)
    assert recipe.children_of("top") == {"a": 1}


def test_the_order_of_nodes_in_the_file_is_free_and_depth_too() -> None:
    deep = TEXT.replace(
        "[nodes.top]", '[nodes.b]\nlabel = "B"\nparent = "c"\n[nodes.c]\nlabel = "C"\nparent = "a"\n[nodes.top]'
    )
    deep += '[indicators.z]\nparent = "b"\nlabel = "Z"\n'
    tree = parse_composite(deep, "deep.toml").tree()
    assert [node.key for node in tree.nodes] == ["x", "y", "z", "b", "c", "a", "top"]
    assert tree.node("a").children == ("x", "y", "c")


def test_the_hash_sees_content_and_nothing_else() -> None:
    recipe = parse_composite(TEXT, "small.toml")
    assert parse_composite(TEXT.replace("weight = 2", "# why\nweight = 2.0"), "x.toml").hash == recipe.hash
    assert parse_composite(TEXT.replace("weight = 2", "weight = 3"), "x.toml").hash != recipe.hash


def test_a_recipe_that_extends_another_says_what_is_different() -> None:
    inform, older = load_composite("inform"), load_composite("inform_2020")
    assert (older.version, older.title) == ("2020", inform.title)
    assert older.nodes["human"].method == "maximum"
    assert older.nodes["human"].label == inform.nodes["human"].label
    assert [step.below for step in older.classes] == [2, 3.5, 5, 6.5, None]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Two indicators"\n', "", "line 1, title: is missing"),
        ("scale = [0, 10]", "scale = [10, 0]", r"line 5, normalise\.scale: \[10, 0\] is inverted"),
        ('"min_max", scale = [0, 10]', '"goalposts"', r"line 5, normalise: method 'goalposts' needs goalposts"),
        ('"min_max", scale = [0, 10]', '"distance_to_target"', "needs target"),
        ('"min_max", scale = [0, 10]', '"distance_to_reference"', "needs reference"),
        ("exponent = 2", "exponent = 0", r"line 19, nodes\.a\.exponent: a power mean needs another exponent"),
        ("least = 0.5", "least = 5", r"line 20, nodes\.a\.least: Input should be less than or equal to 1"),
        ("least = 0.5", "colour = 5", r"line 20, nodes\.a\.colour: unknown key; remove it or mend its spelling"),
        ('parent = "top"', 'parent = "tip"', r"line 17, nodes\.a\.parent: no node 'tip'; there are top, a"),
        ('parent = "top"\n', "", r"line 1, nodes: one node has no parent and is the index; top, a are so"),
        ('label = "Top"', 'label = "Top"\nparent = "a"', r"line 15, nodes\.top\.parent: lies in a circle of nodes"),
        ('parent = "a"\nlabel = "X"', 'parent = "q"\nlabel = "X"', r"line 23, indicators\.x\.parent: no node 'q'"),
        ("[indicators.y]", "[indicators.top]", r"line 13, nodes\.top: id 'top' is taken by indicators"),
        ("[nodes.a]", '[nodes.c]\nlabel = "C"\nparent = "top"\n[nodes.a]', r"line 15, nodes\.c: has no parts; add one"),
        (
            'parent = "a"\nlabel = "Y"',
            'parent = "top"\nlabel = "Y"\n[nodes.d]\nlabel = "D"\nparent = "top"\n[indicators.w]\nparent = "d"\nlabel = "W"\nweight = 0',
            r"line 29, nodes\.d: none of its parts has a weight above 0",
        ),
        ("below = 5\n", "", r"line 7, classes\[0\]: class 'low' needs below"),
        ("weight = 2", "weight = -2", r"line 25, indicators\.x\.weight: Input should be greater than or equal to 0"),
    ],
)
def test_each_mistake_is_told_with_file_line_and_key(old, new, message) -> None:
    assert old in TEXT
    with pytest.raises(RecipeError, match=message) as told:
        parse_composite(TEXT.replace(old, new, 1), "small.toml")
    assert str(told.value).startswith("recipe small.toml, line ")


def test_a_recipe_for_cells_is_none_for_tables() -> None:
    with pytest.raises(RecipeError, match=r"trafficking\.toml: scores cells, not tables of units"):
        load_composite("trafficking")
