"""Orders: the difference of two indices of one tree, shared out exactly among the leaves that make it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import factorial, prod

import numpy as np
import numpy.typing as npt

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats
from riskmap.score.tree import Node, Tree

Bools = npt.NDArray[np.bool_]

LARGEST = 12
"""Most children of a node: they form 4,096 groups, each of which is weighed."""

MOST_GROUPS = 1 << 20
"""Most groups weighed for one node and place, those of the nodes above it multiplied."""

_STATES = 1 << 19
"""Values held at once for one node: few enough for the processor's cache."""

_RANKING = ("copeland", "outranking")


def shared_out(tree: Tree, before: Mapping[str, Floats], after: Mapping[str, Floats]) -> dict[str, Floats]:
    """What each leaf adds to the difference of two indices; the parts sum to it.

    A leaf's part is the mean change of the index as it goes from its value before to its value after, over all orders
    in which the leaves can go, where those of one node go one after the other, at every level. An index that is not
    known counts as 0. A leaf that stays as it is has no part.

    Args:
        tree: The tree, its thresholds and roundings included.
        before: Scores of the leaves, all of one shape; NaN = unknown.
        after: The same leaves otherwise.

    Returns:
        By leaf, in the shape of what was given.

    Raises:
        RecipeError: A node has too many children for every order to be weighed, or ranks units against each other, so
            that the score of one is not made of its own parts alone; names the node.

    Source: E. Winter, A value for cooperative games with levels structure of cooperation (1989), which carries
    G. Owen's (1977) and L. S. Shapley's (1953) values to trees of any depth.
    """
    for key, problem in _problems(tree):
        raise RecipeError(f"tree, node {key!r}: {problem}")
    shape = np.shape(after[tree.leaves[0]])
    sides = [{key: np.reshape(side[key], -1) for key in tree.leaves} for side in (before, after)]
    places = sides[0][tree.leaves[0]].size
    found = {key: np.empty(places) for key in tree.leaves}
    step = max(1, _STATES // max(_groups_of(tree, node) for node in tree.nodes))
    blocks = [slice(start, start + step) for start in range(0, places, step)]
    fill = partial(_fill, tree, sides, found)
    if len(blocks) > 1:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(fill, blocks))
    else:
        for block in blocks:
            fill(block)
    return {key: part.reshape(shape) for key, part in found.items()}


def summed_up(tree: Tree, leaves: Mapping[str, Floats]) -> dict[str, Floats]:
    """Parts of every node, each the sum of its children's, from those of the leaves; in the order of the nodes."""
    found: dict[str, Floats] = {}
    for node in tree.nodes:
        parts = [found[key] for key in node.children]
        found[node.key] = np.sum(parts, axis=0) if parts else leaves[node.key]
    return found


def _fill(tree: Tree, sides: list[dict[str, Floats]], found: Mapping[str, Floats], block: slice) -> None:
    """The parts of one block of places."""
    ends = [tree.climb({key: leaf[block] for key, leaf in side.items()}) for side in sides]
    for node in tree.nodes:
        inner = [key for key in node.children if key in found]
        if inner:
            worth = _worth(tree, node, *ends)
            for key in inner:
                found[key][block] = _joining(worth, node.children.index(key), len(node.children))
    if not tree.nodes[-1].children:
        found[tree.index][block] = np.nan_to_num(ends[1][tree.index]) - np.nan_to_num(ends[0][tree.index])


def _worth(tree: Tree, node: Node, before: Mapping[str, Floats], after: Mapping[str, Floats]) -> Floats:
    """The index for every group of a node's children that has gone, mean over what else may have; (groups, places)."""
    values = _grouped(node.children, before, after)
    values, chances = node.combine(values), np.ones(1)
    values = values[None]
    while node.key in tree.parents:
        above = tree.node(tree.parents[node.key])
        others = [key for key in above.children if key != node.key]
        joined = _grouped(others, before, after)[:, :, None, None]
        shape = (joined.shape[1], *values.shape)
        stack = [np.broadcast_to(one, shape) for one in joined]
        stack.insert(above.children.index(node.key), np.broadcast_to(values, shape))
        values = above.combine(np.stack(stack)).reshape(-1, *values.shape[1:])
        sizes = _groups(len(others)).sum(axis=1)
        chances = np.outer([_chance(int(size), len(others)) for size in sizes], chances).ravel()
        node = above
    return np.asarray(np.tensordot(chances, np.nan_to_num(values), axes=1))


def _grouped(keys: tuple[str, ...] | list[str], before: Mapping[str, Floats], after: Mapping[str, Floats]) -> Floats:
    """Scores where each group of nodes is as after and the others as before, shape (nodes, groups, places)."""
    gone = _groups(len(keys)).T
    if not keys:
        return np.empty((0, 1, next(iter(after.values())).size))
    first, last = (np.stack([side[key] for key in keys]) for side in (before, after))
    return np.where(gone[:, :, None], last[:, None, :], first[:, None, :])


def _joining(worth: Floats, member: int, members: int) -> Floats:
    """Mean change of worth as one member joins, over all orders of the members; shape (places,)."""
    groups = _groups(members)
    joined = np.flatnonzero(groups[:, member])
    chances = np.array([_chance(int(size) - 1, members - 1) for size in groups[joined].sum(axis=1)])
    return np.asarray(chances @ (worth[joined] - worth[joined ^ (1 << member)]))


def _groups(members: int) -> Bools:
    """Every group of so many members, one a row, in binary order: member 0 is the last bit."""
    return np.asarray((np.arange(2**members)[:, None] >> np.arange(members)) % 2 == 1)


def _chance(joined: int, others: int) -> float:
    """Share of all orders in which just so many of the others, and just these, come before a given one."""
    return factorial(joined) * factorial(others - joined) / factorial(others + 1)


def _groups_of(tree: Tree, node: Node) -> int:
    """Groups that are weighed to share out one node's part."""
    above = []
    while node.key in tree.parents:
        above.append(tree.node(tree.parents[node.key]))
        node = above[-1]
    return int(prod(2 ** (len(one.children) - 1) for one in above))


def _problems(tree: Tree) -> Iterator[tuple[str, str]]:
    for node in tree.nodes:
        if node.method in _RANKING:
            yield node.key, f"{node.method} ranks units against each other; its scores have no parts of their own"
        if len(node.children) > LARGEST:
            yield (
                node.key,
                f"{len(node.children)} parts can join in too many orders to weigh all; at most {LARGEST} can be told",
            )
        if _groups_of(tree, node) > MOST_GROUPS:
            yield node.key, f"with all that stands beside and above it there are more than {MOST_GROUPS:,} groups"
