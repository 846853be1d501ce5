"""Alike: the cells whose index is made up most like that of a given one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.score.recipe import Recipe

LEAST_SHARED = 0.5
"""Share of the weight that two cells must both know to be held against each other."""

_STATES = 1 << 19
"""Distances held at once."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Alike:
    """The nearest of some cells, the most alike first; arrays of shape (cells asked about, k).

    Args:
        rows: Position of each among all cells; -1 where there are no more.
        distances: How far each is, in points of the scale; NaN where there are no more.
    """

    rows: Ints
    distances: Floats


def most_alike(values: Mapping[str, Floats], weights: Mapping[str, float], rows: npt.ArrayLike, k: int = 3) -> Alike:
    """The cells nearest to each of some, by what all of them are made of.

    The distance of two cells is √(Σ w (x − y)² / Σ w) over the parts that both know. Cells that know less than
    `LEAST_SHARED` of the weight in common are not held against each other. Of cells as near as each other the one that
    stands first is taken first.

    Args:
        values: Scores of the parts by id, shape (cells,), cells sorted; NaN = unknown.
        weights: Weight of each part.
        rows: Positions of the cells asked about, shape (n,); none of them is alike itself.
        k: How many, at most.
    """
    asked, cells = np.asarray(rows, dtype=np.int64), next(iter(values.values())).size
    found = Alike(np.full((len(asked), k), -1), np.full((len(asked), k), np.nan))
    step = max(1, _STATES // max(cells, 1))
    for start in range(0, len(asked), step):
        block = asked[start : start + step]
        for at, distances in enumerate(_distances(values, weights, block), start):
            near = _nearest(distances, k)
            found.rows[at, : len(near)], found.distances[at, : len(near)] = near, distances[near]
    return found


def cells_alike(score: Score, recipe: Recipe, cell: int, period: int, k: int = 3) -> Alike:
    """The scored cells of a period most like one cell, by their components.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        cell: Position in `score.cells`.
        period: Position in `score.periods`.
        k: How many, at most.
    """
    scored, weights = ~np.isnan(score.value[period]), recipe.tree().effective_weights()
    scored[cell] = True
    values = {key: np.where(scored, score.nodes[key][period], np.nan) for key in recipe.components}
    return most_alike(values, weights, [cell], k)


def _distances(values: Mapping[str, Floats], weights: Mapping[str, float], rows: Ints) -> Floats:
    """Distance of each of some cells from every cell, shape (rows, cells); infinite where they share too little."""
    squares, shared = np.zeros((2, len(rows), next(iter(values.values())).size))
    for key, part in values.items():
        apart = part[rows, None] - part
        both = ~np.isnan(apart)
        squares += weights[key] * np.where(both, apart, 0.0) ** 2
        shared += weights[key] * both
    # Weights add up in another order for each set of known parts; half of them may fall a hair short of half.
    enough = shared >= LEAST_SHARED * sum(weights[key] for key in values) - 1e-9
    distances = np.sqrt(np.divide(squares, shared, out=np.full(squares.shape, np.inf), where=enough & (shared > 0)))
    distances[np.arange(len(rows)), rows] = np.inf
    return np.asarray(distances)


def _nearest(distances: Floats, k: int) -> Ints:
    """Positions of the smallest, those that stand first before others as small; fewer where there are not so many."""
    finite = int(np.isfinite(distances).sum())
    count = min(k, finite)
    if not count:
        return np.empty(0, dtype=np.int64)
    within = np.flatnonzero(distances <= np.partition(distances, count - 1)[count - 1])
    return within[np.argsort(distances[within], kind="stable")][:count]
