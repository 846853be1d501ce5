"""Standing: on which indicators an index stands in each cell, and with what share of its weight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.score.recipe import Recipe

Bools = npt.NDArray[np.bool_]


def counted(score: Score, recipe: Recipe) -> Mapping[str, Bools]:
    """Where each indicator is known and its component counts; by id, shape (periods, cells).

    Args:
        score: The index.
        recipe: The recipe that it was made with.
    """
    counts = {key: ~np.isnan(score.nodes[key]) for key in recipe.components}
    return {key: ~np.isnan(score.nodes[key]) & counts[part.component] for key, part in recipe.indicators.items()}


def cell_weights(score: Score, recipe: Recipe) -> Mapping[str, Floats]:
    """Share of a cell's index that each indicator carries there, once what is missing is left out at every level.

    Args:
        score: The index.
        recipe: The recipe that it was made with.

    Returns:
        By id, shape (periods, cells), 0 where the indicator does not count; they sum to 1 wherever one does.
    """
    known = counted(score, recipe)
    whole = _renormalised({key: part.weight for key, part in recipe.dimensions.items()}, score.nodes)
    shares: dict[str, Floats] = {}
    for dimension in recipe.dimensions:
        inner = _renormalised(recipe.components_of(dimension), score.nodes)
        for component, held in inner.items():
            leaves = {key: np.where(known[key], score.nodes[key], np.nan) for key in recipe.indicators_of(component)}
            outer = _renormalised(recipe.indicators_of(component), leaves)
            shares |= {key: whole[dimension] * held * share for key, share in outer.items()}
    return {key: shares[key] for key in recipe.indicators}


def _renormalised(weights: Mapping[str, float], values: Mapping[str, Floats]) -> dict[str, Floats]:
    """Weights of what is known, scaled up to sum to 1; all 0 where nothing is."""
    given = {key: np.where(np.isnan(values[key]), 0.0, weight) for key, weight in weights.items()}
    total = np.sum(list(given.values()), axis=0)
    return {key: np.divide(part, total, out=np.zeros(total.shape), where=total > 0) for key, part in given.items()}
