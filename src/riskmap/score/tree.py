"""The tree of an index, of any depth: indicators at its leaves, a way of aggregating at every node above them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats
from riskmap.score.aggregate import TOLERANCE, aggregate, half_up, observed_share
from riskmap.score.parts import Method


@dataclass(frozen=True)
class Node:
    """One node of a tree; without children it is an indicator.

    Args:
        key: Its id.
        children: Ids of the nodes it is made of; empty for an indicator.
        weights: Weight of each child, in any unit; none negative.
        method: How children become the node.
        least: Share 0..1 of the children's weight that must be known, else the node is not; 0 = any.
        decimals: Digits that the node is rounded to, halves upwards; None = not at all.
        exponent: p of the power mean.
        least_children: Share 0..1 of the number of children that must be known, whatever their weights; 0 = any.
    """

    key: str
    children: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    method: Method = "arithmetic"
    least: float = 0.0
    decimals: int | None = None
    exponent: float = 1.0
    least_children: float = 0.0

    def combine(self, parts: Floats) -> Floats:
        """Scores of the node from those of its children, in their order.

        Args:
            parts: Shape (children, ...); NaN = unknown.

        Returns:
            Shape (...), rounded where the node is; NaN where it is not known.

        Raises:
            RecipeError: The mean is not defined for a value; names the node.
        """
        try:
            scores = aggregate(parts, self.weights, self.method, self.exponent)
        except RecipeError as error:
            raise RecipeError(f"tree, node {self.key!r}: {error}") from error
        for least, weights in ((self.least, self.weights), (self.least_children, (1.0,) * len(self.children))):
            if least > 0:
                scores = np.where(observed_share(~np.isnan(parts), weights) >= least - TOLERANCE, scores, np.nan)
        return self.rounded(scores)

    def rounded(self, scores: Floats) -> Floats:
        """Scores as the node keeps them, rounded where it rounds."""
        return scores if self.decimals is None else half_up(scores, self.decimals)


@dataclass(frozen=True)
class Tree:
    """Nodes, children before parents; the last one is the index, and every other one has one parent.

    Args:
        nodes: As above.

    Raises:
        RecipeError: It is no such tree; names the node.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        for key, problem in _problems(self.nodes):
            raise RecipeError(f"tree, node {key!r}: {problem}")

    @property
    def index(self) -> str:
        """Id of the node that everything goes into."""
        return self.nodes[-1].key

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Ids of the indicators, in order."""
        return tuple(node.key for node in self.nodes if not node.children)

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """Id of each node's parent; the index has none."""
        return {child: node.key for node in self.nodes for child in node.children}

    def node(self, key: str) -> Node:
        """The node of that id.

        Raises:
            RecipeError: There is none.
        """
        for node in self.nodes:
            if node.key == key:
                return node
        raise RecipeError(f"no node {key!r} in the tree; there are {', '.join(node.key for node in self.nodes)}")

    def effective_weights(self) -> Mapping[str, float]:
        """Share of the index that each node carries, weights multiplied down the tree; those of the leaves sum to 1."""
        found = {self.index: 1.0}
        for node in reversed(self.nodes):
            total = sum(node.weights)
            for child, weight in zip(node.children, node.weights, strict=True):
                found[child] = found[node.key] * (weight / total)
        return {node.key: found[node.key] for node in self.nodes}

    def climb(self, leaves: Mapping[str, Floats]) -> Mapping[str, Floats]:
        """Scores of every node, the leaves' own included, from those of the leaves.

        Args:
            leaves: Scores by id, all of one shape, on one scale with one direction; NaN = unknown.

        Returns:
            By id, in the order of the nodes; NaN where a node is not known.

        Raises:
            RecipeError: A leaf is not given, or a mean is not defined for a value; names the node.
        """
        found: dict[str, Floats] = {}
        for node in self.nodes:
            if node.children:
                found[node.key] = node.combine(np.stack([found[key] for key in node.children]))
            elif node.key in leaves:
                found[node.key] = node.rounded(leaves[node.key])
            else:
                raise RecipeError(f"tree, node {node.key!r}: no scores were given for it")
        return found


def _problems(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    if not nodes:
        yield "", "a tree has at least one node"
    seen: set[str] = set()
    taken: dict[str, str] = {}
    for node in nodes:
        if node.key in seen:
            yield node.key, "stands twice; give each node its own id"
        seen.add(node.key)
        for child in node.children:
            if child not in seen or child == node.key:
                yield node.key, f"its child {child!r} does not stand before it"
            if child in taken:
                yield node.key, f"its child {child!r} already belongs to {taken[child]!r}"
            taken[child] = node.key
        yield from ((node.key, problem) for problem in _own_problems(node))
    yield from (
        (node.key, "belongs to no other node and is not the last") for node in nodes[:-1] if node.key not in taken
    )


def _own_problems(node: Node) -> Iterator[str]:
    """What is wrong with a node by itself."""
    if len(node.weights) != len(node.children):
        yield f"{len(node.weights)} weights for {len(node.children)} children; give each child one"
    if not all(0 <= weight < math.inf for weight in node.weights):
        yield "a weight is a number of 0 or more"
    if node.children and not sum(node.weights) > 0:
        yield "at least one child needs a weight above 0"
    if node.method not in get_args(Method):
        yield f"no method {node.method!r}; there are {', '.join(get_args(Method))}"
    if node.method == "power" and (node.exponent == 0 or not math.isfinite(node.exponent)):
        yield "a power mean needs an exponent other than 0; the limit at 0 is the geometric mean"
    if not (0 <= node.least <= 1 and 0 <= node.least_children <= 1):
        yield "least and least_children are shares from 0 to 1"
    if node.decimals is not None and node.decimals < 0:
        yield "decimals is a number of digits, 0 or more"
