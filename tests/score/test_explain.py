"""Parts of one index value: by hand for two dimensions, and adding up for any cell."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import CellUnknown, PeriodUnknown, RecipeError
from riskmap.score.difference import load_any
from riskmap.score.explain import contributions, score_parts, tree_changes, tree_parts, tree_reach
from riskmap.score.index import score_cube
from riskmap.score.orders import shared_out
from riskmap.score.tree import Node, Tree

leaf = st.one_of(st.none(), st.floats(0, 1))


def one_cell(cube, x, y, z, w):
    return cube({"t:x": [[x]], "t:y": [[y]], "t:z": [[z]], "t:w": [[w]]})


def test_two_dimensions_of_one_component_each_by_hand(small, cube) -> None:
    """A = 8 (of A2 alone), B = 2, index 4: A brings 8 when first, 4 - 2 when second; B brings 2 or 4 - 8."""
    parts = contributions(score_cube(one_cell(cube, None, None, 3.2, 0.2), small, 1), small, 0, 0)
    assert parts.dimensions == pytest.approx({"a": (8 + 2) / 2, "b": (2 - 4) / 2})
    assert parts.components == pytest.approx({"a2": 5, "b1": -1})


def test_components_inside_a_dimension_by_hand(small, cube) -> None:
    """Orders that keep A1 and A2 together: (A1 A2 B), (A2 A1 B), (B A1 A2), (B A2 A1), each as likely.

    A1 = 3, A2 = 10, B = 5, so that A = 7.4488 and the index 6.1028.
    """
    whole_a = (10 - 7.3**0.6) / 0.9
    index = (whole_a * 5) ** 0.5
    first_a1 = [3, whole_a - 10, 15**0.5 - 5, index - 50**0.5]
    first_a2 = [whole_a - 3, 10, index - 15**0.5, 50**0.5 - 5]
    parts = contributions(score_cube(one_cell(cube, 4, 80, 4, 0.5), small, 1), small, 0, 0)
    assert parts.components["a1"] == pytest.approx(np.mean(first_a1))
    assert parts.components["a2"] == pytest.approx(np.mean(first_a2))
    assert parts.dimensions["b"] == pytest.approx((5 + index - whole_a) / 2)


@given(x=leaf, y=leaf, z=leaf, w=leaf)
def test_parts_sum_to_the_value_and_to_their_dimension(small, cube, x, y, z, w) -> None:
    given_values = (
        None if share is None else share * top for share, top in zip((x, y, z, w), (10, 100, 4, 1), strict=True)
    )
    score = score_cube(one_cell(cube, *given_values), small, 1)
    parts = contributions(score, small, 0, 0)
    if np.isnan(score.value[0, 0]):
        assert parts.dimensions == parts.components == {}
        return
    assert sum(parts.dimensions.values()) == pytest.approx(score.value[0, 0], abs=1e-9)
    for key, part in parts.dimensions.items():
        inner = [parts.components[c] for c in small.components_of(key) if c in parts.components]
        assert sum(inner) == pytest.approx(part, abs=1e-9)
    assert {key for key in small.components if not np.isnan(score.nodes[key])} == set(parts.components)


def test_equal_parts_share_equally(small, cube) -> None:
    """Everything at 6: each dimension brings 3, and components share theirs evenly, since none moves the mean."""
    parts = contributions(score_cube(one_cell(cube, 6, 40, 2.4, 0.6), small, 1), small, 0, 0)
    assert parts.dimensions == pytest.approx({"a": 3, "b": 3})
    assert parts.components == pytest.approx({"a1": 1.5, "a2": 1.5, "b1": 3})


def test_places_that_are_not_there(small, cube) -> None:
    score = score_cube(one_cell(cube, 1, 1, 1, 1), small, 1)
    with pytest.raises(CellUnknown, match="no cell at position 1; there are 1"):
        contributions(score, small, 1, 0)
    with pytest.raises(PeriodUnknown, match="no period at position -1; there are 1"):
        contributions(score, small, 0, -1)


@given(x=leaf, y=leaf, z=leaf, w=leaf)
def test_indicators_sum_to_their_component_to_the_ninth_digit(small, cube, x, y, z, w) -> None:
    given_values = (
        None if share is None else share * top for share, top in zip((x, y, z, w), (10, 100, 4, 1), strict=True)
    )
    parts = contributions(score_cube(one_cell(cube, *given_values), small, 1), small, 0, 0)
    for key, part in parts.components.items():
        inner = [parts.indicators[one] for one in small.indicators_of(key) if one in parts.indicators]
        assert sum(inner) == pytest.approx(part, abs=1e-9)


def test_indicators_inside_a_component_by_hand(small, cube) -> None:
    """X = 4 and Y = 2 make A1 = 3; with B = 5 alone beside it, each joins first or second, before or after B."""
    parts = contributions(score_cube(one_cell(cube, 4, 80, None, 0.5), small, 1), small, 0, 0)
    first_x = [4, 20**0.5 - 5]
    then_y = [3 - 4, 15**0.5 - 20**0.5]
    first_y = [2, 10**0.5 - 5]
    then_x = [3 - 2, 15**0.5 - 10**0.5]
    assert parts.indicators["x"] == pytest.approx((np.mean(first_x) + np.mean(then_x)) / 2)
    assert parts.indicators["y"] == pytest.approx((np.mean(first_y) + np.mean(then_y)) / 2)
    assert "z" not in parts.indicators


def test_all_cells_at_once_are_told_as_one_by_one(small, cube) -> None:
    """Three cells in two periods; the last cell lacks a dimension and so has no score and no parts."""
    world = {
        "t:x": [[1, 2, 3], [4, 5, 6]],
        "t:y": [[50] * 3] * 2,
        "t:z": [[1, None, 2]] * 2,
        "t:w": [[0.5, 1, None]] * 2,
    }
    score = score_cube(cube(world), small, 2)
    found = score_parts(score, small)
    assert set(found) == {*small.dimensions, *small.components, *small.indicators}
    assert all(np.isnan(part[:, 2]).all() for part in found.values())
    for period, cell in itertools.product(range(2), range(2)):
        one = contributions(score, small, cell, period)
        for key, part in {**one.dimensions, **one.components, **one.indicators}.items():
            assert found[key][period, cell] == pytest.approx(part, abs=1e-12)
    assert np.isnan(found["a2"][:, 1]).all()


TREE = Tree(
    (
        *(Node(key) for key in "pqrstu"),
        Node("m", ("p", "q", "r"), (0.5, 0.3, 0.2), least=0.5),
        Node("n", ("s", "t"), (1, 2), "scaled_geometric"),
        Node("o", ("m", "n"), (2, 1), "power", exponent=2),
        Node("top", ("o", "u"), (1, 1), "geometric", decimals=3),
    )
)
"""Three levels, leaves at two of them, a threshold and a rounding."""

score = st.one_of(st.just(np.nan), st.floats(0.5, 10))
six = st.lists(score, min_size=6, max_size=6).map(
    lambda found: dict(zip("pqrstu", np.array(found)[:, None], strict=True))
)


def orders(tree, key):
    """Every order of the leaves under a node in which those of one node follow one another."""
    children = tree.node(key).children
    if not children:
        return [(key,)]
    return [
        tuple(itertools.chain(*chosen))
        for permuted in itertools.permutations(children)
        for chosen in itertools.product(*(orders(tree, child) for child in permuted))
    ]


def by_all_orders(tree, before, after):
    """The definition, word for word: walk every order, and note what each step does."""
    found = {key: np.zeros(len(before[key])) for key in tree.leaves}
    every = orders(tree, tree.index)
    for order in every:
        now, was = dict(before), np.nan_to_num(tree.climb(before)[tree.index])
        for key in order:
            now[key] = after[key]
            here = np.nan_to_num(tree.climb(now)[tree.index])
            found[key] += (here - was) / len(every)
            was = here
    return found


def test_a_change_is_what_all_orders_make_of_it() -> None:
    draw = np.random.default_rng(4)
    before, after = (
        {key: np.where(draw.random(200) < 0.3, np.nan, draw.uniform(0.5, 10, 200)) for key in TREE.leaves}
        for _ in range(2)
    )
    found, expected = shared_out(TREE, before, after), by_all_orders(TREE, before, after)
    for key in TREE.leaves:
        np.testing.assert_allclose(found[key], expected[key], atol=1e-9)


@given(leaves=six)
def test_in_any_tree_parts_sum_to_the_index_and_to_each_node(leaves) -> None:
    parts, nodes = tree_parts(TREE, leaves), TREE.climb(leaves)
    index = nodes["top"][0]
    assert set(parts) == set(nodes)
    if np.isnan(index):
        assert np.isnan(list(parts.values())).all()
        return
    assert np.nansum([parts[key] for key in TREE.leaves]) == pytest.approx(index, abs=1e-9)
    for node in TREE.nodes:
        if node.children and not np.isnan(parts[node.key][0]):
            assert np.nansum([parts[key] for key in node.children]) == pytest.approx(parts[node.key][0], abs=1e-9)


@given(before=six, after=six, kept=st.sets(st.sampled_from("pqrstu")))
def test_changes_sum_to_the_difference_and_what_stays_has_no_part(before, after, kept) -> None:
    after = {key: before[key] if key in kept else leaf for key, leaf in after.items()}
    parts = tree_changes(TREE, before, after)
    moved = TREE.climb(after)["top"] - TREE.climb(before)["top"]
    if np.isnan(moved[0]):
        assert np.isnan(list(parts.values())).all()
        return
    assert sum(parts[key][0] for key in TREE.leaves) == pytest.approx(moved[0], abs=1e-9)
    assert parts["top"][0] == pytest.approx(moved[0], abs=1e-9)
    assert all(parts[key][0] == 0 for key in kept)


def test_what_does_not_count_has_no_part() -> None:
    """Only R of M is known, a fifth of its weight: M is unknown, and R, though known, counts for nothing."""
    leaves = {key: np.array([value]) for key, value in zip("pqrstu", (np.nan, np.nan, 9, 4, 4, 4.0), strict=True)}
    parts = tree_parts(TREE, leaves)
    assert np.isnan([parts[key][0] for key in "pqrm"]).all()
    assert parts["top"][0] == pytest.approx(4)


def test_a_part_reaches_from_all_missing_at_its_best_to_all_at_its_worst() -> None:
    leaves = {key: np.array([value]) for key, value in zip("pqrstu", (6, np.nan, np.nan, 3, 3, 5.0), strict=True)}
    low, high = tree_reach(TREE, leaves)
    assert (low["q"][0], high["q"][0]) == (0, 10)
    assert (low["p"][0], high["p"][0]) == (6, 6)
    assert (low["m"][0], high["m"][0]) == pytest.approx((3, 8))
    assert low["top"][0] < TREE.climb(leaves)["top"][0] < high["top"][0]


def test_composites_are_explained_like_cells() -> None:
    """INFORM's tree, five levels deep with roundings: parts of three countries sum to their scores."""
    tree = load_any("inform").tree()
    draw = np.random.default_rng(5)
    leaves = {key: np.where(draw.random(3) < 0.2, np.nan, draw.uniform(0.5, 9.5, 3)) for key in tree.leaves}
    index = tree.climb(leaves)[tree.index]
    np.testing.assert_allclose(
        np.nansum([tree_parts(tree, leaves)[key] for key in tree.leaves], axis=0), index, atol=1e-9
    )


def test_many_places_are_worked_in_blocks_to_the_same_end() -> None:
    draw = np.random.default_rng(6)
    leaves = {key: draw.uniform(1, 10, (2, 40_000)) for key in TREE.leaves}
    found = tree_parts(TREE, leaves)
    few = tree_parts(TREE, {key: leaf[:, 39_990:] for key, leaf in leaves.items()})
    for key, part in found.items():
        assert part.shape == (2, 40_000)
        np.testing.assert_allclose(part[:, 39_990:], few[key], atol=1e-12)


def test_an_index_of_one_indicator_is_its_own_part() -> None:
    assert tree_parts(Tree((Node("x"),)), {"x": np.array([2.0, np.nan])})["x"] == pytest.approx(
        [2, np.nan], nan_ok=True
    )


def flat(children, method="arithmetic"):
    keys = [f"x{child}" for child in range(children)]
    return Tree((*map(Node, keys), Node("top", tuple(keys), (1.0,) * children, method)))


def chain(levels, width):
    """A node of so many indicators with as many beside it, and so on upwards."""
    nodes, inner = [], None
    for level in range(levels):
        keys = [f"x{level}_{child}" for child in range(width)]
        nodes += map(Node, keys)
        inside = (*keys, *([inner] if inner else []))
        inner = f"n{level}"
        nodes.append(Node(inner, inside, (1.0,) * len(inside)))
    return Tree(tuple(nodes))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (flat(13), "node 'top': 13 parts can join in too many orders to weigh all; at most 12"),
        (flat(3, "copeland"), "node 'top': copeland ranks units against each other"),
        (chain(3, 11), "with all that stands beside and above it there are more than 1,048,576 groups"),
    ],
)
def test_what_cannot_be_told_exactly_is_refused(tree, message) -> None:
    with pytest.raises(RecipeError, match=message):
        tree_parts(tree, {key: np.ones(1) for key in tree.leaves})


def test_twelve_indicators_can_be_told() -> None:
    tree = flat(12)
    parts = tree_parts(tree, {key: np.array([float(place)]) for place, key in enumerate(tree.leaves)})
    assert sum(parts[key][0] for key in tree.leaves) == pytest.approx(5.5, abs=1e-9)
