"""Explaining: how much of one cell's index each dimension and component accounts for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from riskmap.errors import CellUnknown, PeriodUnknown
from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.score.aggregate import aggregate
from riskmap.score.recipe import Recipe

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contributions:
    """Parts of one index value, in points of the index; a part is negative where it pulls the index down.

    Args:
        dimensions: By id; they sum to the value. Empty where there is no score.
        components: By id; those of a dimension sum to its part. Only those that count.
    """

    dimensions: Mapping[str, float]
    components: Mapping[str, float]


def contributions(score: Score, recipe: Recipe, cell: int, period: int) -> Contributions:
    """An exact additive split of one index value over dimensions, and over the components inside them.

    A part is the mean change of the index when it joins the others, over all orders in which they can join, where
    those of one dimension join one after the other. What has not joined is left out and the rest weighted up, as with
    missing data; before anything has joined the index is 0.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        cell: Position in `score.cells`.
        period: Position in `score.periods`.

    Raises:
        CellUnknown: No such cell.
        PeriodUnknown: No such period.

    Source: G. Owen, Values of games with a priori unions (1977), which splits L. S. Shapley's value (1953) of each
    union among its members.
    """
    if not 0 <= cell < len(score.cells):
        raise CellUnknown(f"no cell at position {cell}; there are {len(score.cells)}")
    if not 0 <= period < len(score.periods):
        raise PeriodUnknown(f"no period at position {period}; there are {len(score.periods)}")
    if np.isnan(score.value[period, cell]):
        return Contributions({}, {})
    known = {key: float(values[period, cell]) for key, values in score.nodes.items()}
    dimensions, components = {}, {}
    for key in recipe.dimensions:
        parts = _parts(recipe, key, known)
        dimensions[key] = sum(parts.values())
        components.update(parts)
    return Contributions(dimensions, components)


def _parts(recipe: Recipe, dimension: str, known: Mapping[str, float]) -> dict[str, float]:
    """What each component of a dimension adds, over all orders in which it and the other dimensions can join."""
    weights = {key: weight for key, weight in recipe.components_of(dimension).items() if not np.isnan(known[key])}
    groups = _groups(len(weights))
    scores = np.where(groups, [known[key] for key in weights], np.nan).T
    inner = aggregate(scores, list(weights.values()), recipe.aggregation.dimension)
    others = [key for key in recipe.dimensions if key != dimension]
    added = np.zeros(len(weights))
    for joined in _groups(len(others)):
        outer = np.where(joined, [known[key] for key in others], np.nan)
        stack = np.vstack([inner, np.repeat(outer[:, None], len(inner), axis=1)])
        shares = [recipe.dimensions[key].weight for key in (dimension, *others)]
        index = np.nan_to_num(aggregate(stack, shares, recipe.aggregation.index))
        added += _chance(int(joined.sum()), len(others)) * _joining(groups, index)
    return dict(zip(weights, added.tolist(), strict=True))


def _groups(members: int) -> Bools:
    """Every group of so many members, one a row, in binary order: member 0 is the last bit."""
    return np.asarray((np.arange(2**members)[:, None] >> np.arange(members)) % 2 == 1)


def _joining(groups: Bools, worth: Floats) -> Floats:
    """Mean change of worth as each member joins, over all orders of the members."""
    sizes = groups.sum(axis=1)
    chances = np.array([_chance(int(size) - 1, groups.shape[1] - 1) if size else 0.0 for size in sizes])
    rows = np.arange(len(groups))
    return np.array(
        [
            float(np.sum((chances * (worth - worth[rows & ~(1 << member)]))[groups[:, member]]))
            for member in range(groups.shape[1])
        ]
    )


def _chance(joined: int, others: int) -> float:
    """Share of all orders in which just so many of the others, and just these, come before a given one."""
    return factorial(joined) * factorial(others - joined) / factorial(others + 1)
