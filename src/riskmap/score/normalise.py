"""Normalising: from an indicator's unit to the common scale, between goalposts that do not move."""

from __future__ import annotations

import numpy as np

from riskmap.model.cube import Floats
from riskmap.model.score import IndicatorValues
from riskmap.score.parts import SCALE, Direction, Indicator, Transform


def transformed(values: Floats, transform: Transform) -> Floats:
    """Values, or goalposts, as their transform sees them: `ln` ln(max(x, 1)), `log1p` ln(1 + max(x, 0)).

    Args:
        values: Any shape; NaN stays NaN.
        transform: Its word in the recipe.
    """
    if transform == "ln":
        return np.log(np.maximum(values, 1.0))
    if transform == "log1p":
        return np.log1p(np.maximum(values, 0.0))
    return values


def min_max(values: Floats, goalposts: tuple[float, float], direction: Direction) -> Floats:
    """Scores 0 (best) to 10 (worst): the place of each value between fixed goalposts, cut off at both.

    Fixed goalposts keep scores comparable between periods, and unmoved when a cell is added.

    Args:
        values: Any shape, in the unit of the goalposts; NaN stays NaN.
        goalposts: Smaller and larger.
        direction: `+` where the larger goalpost is the worst, `-` where the smaller one is.

    Source: min-max with goalposts, OECD and JRC Handbook on Constructing Composite Indicators (2008), step 5.
    """
    low, high = goalposts
    place = (np.clip(values, low, high) - low) / (high - low)
    best, worst = SCALE
    return best + (worst - best) * (place if direction == "+" else 1.0 - place)


def normalised(found: IndicatorValues, indicator: Indicator) -> Floats:
    """Scores 0..10 of an indicator, each value between the goalposts of the feed that gave it; NaN = unknown.

    Args:
        found: The indicator's values.
        indicator: Its part of the recipe.
    """
    scores = np.full(found.values.shape, np.nan)
    for position, feed in enumerate(indicator.feeds):
        given = found.feed == position
        if given.any():
            low, high = transformed(np.array(indicator.goalposts_of(feed)), indicator.transform)
            scores = np.where(given, min_max(found.values, (low, high), indicator.direction_of(feed)), scores)
    return scores
