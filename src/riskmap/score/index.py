"""The index: indicators up the tree to one score by period and cell, with class, coverage and bounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Cube, Floats
from riskmap.model.score import IndicatorValues, Score, Status
from riskmap.score.aggregate import aggregate, observed_share
from riskmap.score.indicator import TOLERANCE, measure_indicators, population_of
from riskmap.score.normalise import normalised
from riskmap.score.parts import SCALE, Method
from riskmap.score.recipe import Recipe

Bools = npt.NDArray[np.bool_]


def score_cube(cube: Cube, recipe: Recipe, periods: int) -> Score:
    """The index of a cube's last periods.

    A component counts where at least `thresholds.component` of its weight is observed. What is missing is left out and
    the rest weighted up. There is no index where a dimension has no component that counts, or where the coverage (the
    share of the index's weight on observed indicators of components that count) lies below `thresholds.insufficient`.

    `low` and `high` put everything missing at its best and at its worst, with full weights; a component that does not
    count is missing as a whole.

    Args:
        cube: The measures, look-back first.
        recipe: The index.
        periods: How many periods, at the end of the cube's, to score.

    Raises:
        PeriodUnknown: The cube has fewer periods.
    """
    indicators = measure_indicators(cube, recipe, periods)
    unknown = np.full((periods, len(cube.cells)), np.nan)
    leaves = {key: _leaf(recipe, key, indicators, unknown) for key in recipe.indicators}
    counted = _counted(recipe, leaves)
    nodes, raw = _tree(recipe, counted)
    coverage = _coverage(recipe, counted)
    status = _status(recipe, nodes, coverage)
    value, low, high = _bounded(recipe, counted, raw, status != Status.INSUFFICIENT)
    return Score(
        cells=cube.cells,
        periods=cube.periods[-periods:],
        value=value,
        low=low,
        high=high,
        class_index=_class_index(recipe, value),
        status=status,
        coverage=coverage.astype(np.float32),
        nodes=nodes | leaves,
        indicators=indicators,
        population=population_of(cube, recipe, periods),
    )


def _leaf(recipe: Recipe, key: str, indicators: Mapping[str, IndicatorValues], unknown: Floats) -> Floats:
    return normalised(indicators[key], recipe.indicators[key]) if key in indicators else unknown


def _counted(recipe: Recipe, leaves: Mapping[str, Floats]) -> dict[str, Floats]:
    """Scores of indicators, unknown where too little of their component is observed for it to count."""
    found: dict[str, Floats] = {}
    for component in recipe.components:
        weights = recipe.indicators_of(component)
        known = np.stack([~np.isnan(leaves[key]) for key in weights])
        counts = observed_share(known, list(weights.values())) >= recipe.thresholds.component - TOLERANCE
        found |= {key: np.where(counts, leaves[key], np.nan) for key in weights}
    return found


def _tree(recipe: Recipe, leaves: Mapping[str, Floats]) -> tuple[dict[str, Floats], Floats]:
    """Scores of components and dimensions by id, and the index, each of what is known below it."""
    nodes: dict[str, Floats] = {}
    for key in recipe.components:
        nodes[key] = _mean(leaves, recipe.indicators_of(key), recipe.aggregation.component)
    for key in recipe.dimensions:
        nodes[key] = _mean(nodes, recipe.components_of(key), recipe.aggregation.dimension)
    weights = {key: dimension.weight for key, dimension in recipe.dimensions.items()}
    return nodes, _mean(nodes, weights, recipe.aggregation.index)


def _mean(scores: Mapping[str, Floats], weights: Mapping[str, float], method: Method) -> Floats:
    return aggregate(np.stack([scores[key] for key in weights]), list(weights.values()), method)


def _coverage(recipe: Recipe, counted: Mapping[str, Floats]) -> Floats:
    weights = recipe.effective_weights()
    known = np.stack([~np.isnan(counted[key]) for key in weights])
    return observed_share(known, list(weights.values()))


def _status(recipe: Recipe, nodes: Mapping[str, Floats], coverage: Floats) -> npt.NDArray[np.int8]:
    status = np.where(coverage < recipe.thresholds.partial - TOLERANCE, Status.PARTIAL, Status.SCORED)
    empty = np.any([np.isnan(nodes[key]) for key in recipe.dimensions], axis=0)
    lacking = empty | (coverage < recipe.thresholds.insufficient - TOLERANCE)
    return np.where(lacking, Status.INSUFFICIENT, status).astype(np.int8)


def _bounded(
    recipe: Recipe, counted: Mapping[str, Floats], index: Floats, scored: Bools
) -> tuple[Floats, Floats, Floats]:
    """Value, low and high; NaN where there is no score."""
    low, high = (
        _tree(recipe, {key: np.where(np.isnan(leaf), end, leaf) for key, leaf in counted.items()})[1] for end in SCALE
    )
    # A quasi-arithmetic mean lies between these two; only its last digit, rounded on other paths, may not.
    ordered = (index, np.minimum(low, index), np.maximum(high, index))
    value, least, most = (np.where(scored, found, np.nan) for found in ordered)
    return value, least, most


def _class_index(recipe: Recipe, value: Floats) -> npt.NDArray[np.int8]:
    """Position in the classes, of the value in single precision as it is stored, so that the two never disagree."""
    edges = np.array([step.below for step in recipe.classes[:-1]], dtype=np.float32)
    found = np.searchsorted(edges, value.astype(np.float32), side="right")
    return np.where(np.isnan(value), -1, found).astype(np.int8)
