"""Plan: what is drawn once for all cells - weights, goalposts and means - and the tables that errors come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riskmap.model.cube import Floats
from riskmap.score.chance import NORMAL, key_of, uniforms
from riskmap.score.climbing import (
    ARITHMETIC,
    GEOMETRIC,
    LIFTED_GEOMETRIC,
    PLUS,
    SCALED_GEOMETRIC,
    TIMES,
    TIMES_LOG1P,
    Places,
    Plan,
    Singles,
)
from riskmap.score.normalise import transformed
from riskmap.score.parts import Feed, Indicator, Mean
from riskmap.score.recipe import Recipe

_CODES: Mapping[Mean, int] = {
    "arithmetic": ARITHMETIC,
    "scaled_geometric": SCALED_GEOMETRIC,
    "geometric": LIFTED_GEOMETRIC,
}


def leaf_order(recipe: Recipe) -> tuple[str, ...]:
    """Indicators by dimension and component, in which order a plan has them."""
    return tuple(key for part in _component_order(recipe) for key in recipe.indicators_of(part))


def plan_of(recipe: Recipe, pools: Floats, draws: int) -> Plan:
    """What a recipe's table of uncertainty gives in so many draws.

    Args:
        recipe: The index.
        pools: What a missing indicator is drawn from, shape (leaves, 256), leaves in `leaf_order`.
        draws: How many.
    """
    told, components = recipe.uncertainty, _component_order(recipe)
    spreads = np.array([np.hypot(error, kernel) for error in told.errors().values() for kernel in (0.0, told.kernel)])
    leaves, inner = (
        [recipe.indicators_of(key) for key in components],
        list(map(recipe.components_of, recipe.dimensions)),
    )
    return Plan(
        **_marks(recipe, draws),
        leaf_weights=_weights(recipe, leaves, draws),
        component_weights=_weights(recipe, inner, draws),
        dimension_weights=_weights(recipe, [{key: one.weight for key, one in recipe.dimensions.items()}], draws),
        leaves=_starts(leaves),
        components=_starts(inner),
        means=np.stack([_means(recipe, level, draws) for level in ("component", "dimension", "index")]),
        spreads=spreads.astype(np.float32),
        factors=np.exp(spreads[:, None] * NORMAL).astype(np.float32),
        normal=NORMAL.astype(np.float32),
        pools=pools.astype(np.float32),
        keys=np.array([key_of(told.seed, f"value:{key}") for key in leaf_order(recipe)], np.uint64),
    )


def _component_order(recipe: Recipe) -> list[str]:
    return [key for dimension in recipe.dimensions for key in recipe.components_of(dimension)]


def _starts(parts: Sequence[Mapping[str, float]]) -> Places:
    return np.cumsum([0, *map(len, parts)])


def _weights(recipe: Recipe, parts: Sequence[Mapping[str, float]], draws: int) -> Singles:
    """Weights of the parts of each whole, summing to 1 in it; shape (parts of all, draws)."""
    told, found = recipe.uncertainty, []
    for weights in parts:
        drawn = [
            weight * (1 + told.weights * (2 * uniforms(told.seed, f"weight:{key}", draws) - 1))
            for key, weight in weights.items()
        ]
        found.append(np.stack(drawn) / np.sum(drawn, axis=0))
    return np.concatenate(found).astype(np.float32)


def _means(recipe: Recipe, level: str, draws: int) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    """Codes of the mean of a level: the plain geometric one only where the recipe itself takes it."""
    told = recipe.uncertainty
    known = {**_CODES, "geometric": GEOMETRIC} if getattr(recipe.aggregation, level) == "geometric" else _CODES
    codes = np.array([known[mean] for mean in getattr(told.means, level)], np.int8)
    return codes[(uniforms(told.seed, f"mean:{level}", draws) * len(codes)).astype(np.int64)]


def _marks(recipe: Recipe, draws: int) -> dict[str, Any]:
    """How a value of each leaf and feed becomes a score in every draw, and how an error meets it."""
    order = leaf_order(recipe)
    feeds = max(len(recipe.indicators[key].feeds) for key in order)
    slope, start = np.zeros((2, len(order), feeds, draws), np.float32)
    way, width = np.zeros((len(order), feeds), np.int8), np.zeros((len(order), feeds), np.float32)
    floor = np.full((len(order), feeds), -np.inf, np.float32)
    told = recipe.uncertainty
    for leaf, key in enumerate(order):
        part = recipe.indicators[key]
        moved = [told.goalposts * (2 * uniforms(told.seed, f"{end}:{key}", draws) - 1) for end in ("low", "high")]
        for place, feed in enumerate(part.feeds):
            slope[leaf, place], start[leaf, place] = _line(part, feed, moved)
            way[leaf, place], width[leaf, place], floor[leaf, place] = _meeting(part, feed)
    return {"slope": slope, "start": start, "way": way, "width": width, "floor": floor}


def _line(part: Indicator, feed: Feed, moved: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Slope and start of the score, in shares of the scale, with each goalpost moved by a share of their distance."""
    low, high = transformed(np.array(part.goalposts_of(feed), np.float64), part.transform)
    apart = 1 + moved[1] - moved[0]
    slope = 1 / ((high - low) * apart)
    start = -(low / (high - low) + moved[0]) / apart
    return (slope, start) if part.direction_of(feed) == "+" else (-slope, 1 - start)


def _meeting(part: Indicator, feed: Feed) -> tuple[int, float, float]:
    """How an error meets values of a feed: the way, the width of a term, and what no value falls below."""
    low, high = part.goalposts_of(feed)
    if part.transform == "ln":
        return PLUS, 1.0, 0.0
    if part.transform == "log1p":
        return TIMES_LOG1P, 0.0, -np.inf
    return (PLUS, (high - low) / 2, -np.inf) if low < 0 else (TIMES, 0.0, -np.inf)
