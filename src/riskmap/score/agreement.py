"""Agreement: how alike two indices order the same places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats
from riskmap.model.score import IndicatorValues
from riskmap.score.index import score_indicators
from riskmap.score.recipe import Recipe


@dataclass(frozen=True)
class Agreement:
    """How alike two orders are.

    Args:
        tau: Kendall's tau-b, 1 the same order, 0 none, -1 the opposite; NaN with fewer than 2 places or no order.
        places: How many places have both scores.
    """

    tau: float
    places: int


def rank_agreement(scores: Mapping[str, Floats], against: str) -> Mapping[str, Agreement]:
    """Agreement of every index with one of them, over the places where both have a score.

    Args:
        scores: By name, of one shape; NaN = no score.
        against: The name that the others are held against; it is left out of what comes back.

    Raises:
        RecipeError: There is no such name.

    Source: M. G. Kendall, The treatment of ties in ranking problems (1945).
    """
    if against not in scores:
        raise RecipeError(f"no scores of {against!r} to hold others against; there are {', '.join(sorted(scores))}")
    found = {}
    for name, values in scores.items():
        known = ~np.isnan(values) & ~np.isnan(scores[against])
        one, other = values[known], scores[against][known]
        orders = one.size > 1 and np.ptp(one) > 0 and np.ptp(other) > 0
        tau = float(stats.kendalltau(one, other, variant="b").statistic) if orders else float("nan")
        found[name] = Agreement(tau, int(one.size))
    del found[against]
    return found


def variant_agreement(
    indicators: Mapping[str, IndicatorValues], recipe: Recipe, variants: Mapping[str, Recipe], shape: tuple[int, ...]
) -> Mapping[str, Agreement]:
    """Agreement of a recipe's variants with itself, on indicators measured by it.

    Args:
        indicators: By id, as measured with `recipe`.
        recipe: The one that the others are variants of.
        variants: By name; the same indicators under other weights, means or goalposts.
        shape: Shape of every array.

    Raises:
        RecipeError: A variant is fed by something else, so that it would have to be measured anew; names it.
    """
    for name, variant in variants.items():
        if {key: part.feeds for key, part in variant.indicators.items()} != {
            key: part.feeds for key, part in recipe.indicators.items()
        }:
            raise RecipeError(f"{name} has other indicators or feeds than {recipe.name}; measure it by itself")
    every = {"": recipe, **variants}
    scores = {name: score_indicators(indicators, one, shape).value for name, one in every.items()}
    return rank_agreement(scores, "")
