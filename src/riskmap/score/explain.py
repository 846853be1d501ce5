"""Explaining: how much of an index each part accounts for, how much of its change, and how far it may reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from riskmap.errors import CellUnknown, PeriodUnknown
from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.score.orders import shared_out, summed_up
from riskmap.score.parts import SCALE
from riskmap.score.recipe import Recipe
from riskmap.score.tree import Tree

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contributions:
    """Parts of one index value, in points of the index; a part is negative where it pulls the index down.

    Args:
        dimensions: By id; they sum to the value. Empty where there is no score.
        components: By id; those of a dimension sum to its part. Only those that count.
        indicators: By id; those of a component sum to its part. Only those that count.
    """

    dimensions: Mapping[str, float]
    components: Mapping[str, float]
    indicators: Mapping[str, float]


def contributions(score: Score, recipe: Recipe, cell: int, period: int) -> Contributions:
    """An exact additive split of one index value over dimensions, their components, and their indicators.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        cell: Position in `score.cells`.
        period: Position in `score.periods`.

    Raises:
        CellUnknown: No such cell.
        PeriodUnknown: No such period.
        RecipeError: A component has too many indicators, as `tree_parts` says.
    """
    if not 0 <= cell < len(score.cells):
        raise CellUnknown(f"no cell at position {cell}; there are {len(score.cells)}")
    if not 0 <= period < len(score.periods):
        raise PeriodUnknown(f"no period at position {period}; there are {len(score.periods)}")
    if np.isnan(score.value[period, cell]):
        return Contributions({}, {}, {})
    leaves = {key: score.nodes[key][period, cell].reshape(1) for key in recipe.indicators}
    found = {key: float(part[0]) for key, part in tree_parts(recipe.tree(), leaves).items()}
    levels = (recipe.dimensions, recipe.components, recipe.indicators)
    return Contributions(*({key: found[key] for key in level if not np.isnan(found[key])} for level in levels))


def score_parts(score: Score, recipe: Recipe) -> Mapping[str, Floats]:
    """The split of every cell's index at once.

    Args:
        score: The index.
        recipe: The recipe that it was made with.

    Returns:
        By id of dimension, component and indicator, shape (periods, cells); NaN where a part does not count, or the
        cell has no score.

    Raises:
        RecipeError: A component has too many indicators, as `tree_parts` says.
    """
    tree, scored = recipe.tree(), ~np.isnan(score.value)
    found = tree_parts(tree, {key: score.nodes[key] for key in recipe.indicators})
    return {key: np.where(scored, part, np.nan) for key, part in found.items() if key != tree.index}


def tree_parts(tree: Tree, leaves: Mapping[str, Floats]) -> Mapping[str, Floats]:
    """An exact additive split of the index over the nodes of every level of its tree.

    A part is the mean change of the index as it joins the others, over all orders in which they can join, where those
    of one node join one after the other. What has not joined is left out and the rest weighted up; before anything has
    joined the index is 0. How much must be known for a node to count is asked of what is known, not of what has joined.

    Args:
        tree: The tree.
        leaves: Scores of its leaves, all of one shape; NaN = unknown.

    Returns:
        By id of every node, the index's own included; children sum to their parent. NaN where a node does not count:
        it is unknown, or what it goes into is.

    Raises:
        RecipeError: As `riskmap.score.orders.shared_out` says.
    """
    counts = _counts(tree, leaves)
    known = {key: np.where(counts[key], leaves[key], np.nan) for key in tree.leaves}
    free = Tree(tuple(replace(node, least=0.0, least_children=0.0) for node in tree.nodes))
    nothing = {key: np.full(np.shape(leaf), np.nan) for key, leaf in known.items()}
    parts = summed_up(tree, shared_out(free, nothing, known))
    return {key: np.where(counts[key], part, np.nan) for key, part in parts.items()}


def tree_changes(tree: Tree, before: Mapping[str, Floats], after: Mapping[str, Floats]) -> Mapping[str, Floats]:
    """An exact split of the difference of two indices over the nodes of every level of their tree.

    A part is the mean change of the index as its leaves go from what they were to what they are, in all orders as
    `tree_parts` takes them; a leaf may have become known, or unknown. What stays as it was has a part of 0.

    Args:
        tree: The tree of both.
        before: Scores of its leaves, all of one shape; NaN = unknown.
        after: The same, later.

    Returns:
        By id of every node, the index's own included; children sum to their parent. NaN where either index is unknown.

    Raises:
        RecipeError: As `riskmap.score.orders.shared_out` says.
    """
    first, last = (tree.climb(side)[tree.index] for side in (before, after))
    both = ~np.isnan(first) & ~np.isnan(last)
    parts = summed_up(tree, shared_out(tree, before, after))
    return {key: np.where(both, part, np.nan) for key, part in parts.items()}


def tree_reach(tree: Tree, leaves: Mapping[str, Floats]) -> tuple[Mapping[str, Floats], Mapping[str, Floats]]:
    """Scores of every node with all that does not count at its best, and at its worst.

    Args:
        tree: The tree.
        leaves: Scores of its leaves on the scale 0..10, all of one shape; NaN = unknown.

    Returns:
        Lowest and highest, by id of every node.
    """
    counts = _counts(tree, leaves)
    low, high = (tree.climb({key: np.where(counts[key], leaves[key], end) for key in tree.leaves}) for end in SCALE)
    return low, high


def _counts(tree: Tree, leaves: Mapping[str, Floats]) -> dict[str, Bools]:
    """Where each node is known and so is everything above it."""
    nodes = tree.climb(leaves)
    found = {tree.index: ~np.isnan(nodes[tree.index])}
    for node in reversed(tree.nodes):
        for child in node.children:
            found[child] = found[node.key] & ~np.isnan(nodes[child])
    return found
