"""The index: indicators up the tree to one score by period and cell, with class, coverage and bounds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Cube, Floats
from riskmap.model.score import IndicatorValues, Score, Status
from riskmap.score.aggregate import TOLERANCE, observed_share
from riskmap.score.indicator import measure_indicators, population_of
from riskmap.score.normalise import normalised
from riskmap.score.parts import SCALE
from riskmap.score.recipe import Recipe

Bools = npt.NDArray[np.bool_]

_BLOCK = 1 << 15
"""Places scored at once: few enough for the processor's cache, enough that threads do not wait for one another."""


@dataclass(frozen=True)
class Scored:
    """What `Score` tells of values, without where and when; arrays of one shape.

    Args:
        value: As in `Score`.
        low: As in `Score`.
        high: As in `Score`.
        class_index: As in `Score`.
        status: As in `Score`.
        coverage: As in `Score`.
        nodes: As in `Score`.
    """

    value: Floats
    low: Floats
    high: Floats
    class_index: npt.NDArray[np.int8]
    status: npt.NDArray[np.int8]
    coverage: npt.NDArray[np.float32]
    nodes: Mapping[str, Floats]


def score_cube(cube: Cube, recipe: Recipe, periods: int) -> Score:
    """The index of a cube's last periods, as `score_indicators` scores what `measure_indicators` measures.

    Args:
        cube: The measures, look-back first.
        recipe: The index.
        periods: How many periods, at the end of the cube's, to score.

    Raises:
        PeriodUnknown: The cube has fewer periods.
    """
    indicators = measure_indicators(cube, recipe, periods)
    scored = score_indicators(indicators, recipe, (periods, len(cube.cells)))
    return Score(
        cells=cube.cells,
        periods=cube.periods[-periods:],
        indicators=indicators,
        population=population_of(cube, recipe, periods),
        **{field.name: getattr(scored, field.name) for field in fields(Scored)},
    )


def score_indicators(indicators: Mapping[str, IndicatorValues], recipe: Recipe, shape: tuple[int, ...]) -> Scored:
    """The index of indicators that are measured already.

    A component counts where at least `thresholds.component` of its weight is observed. What is missing is left out and
    the rest weighted up. There is no index where a dimension has no component that counts, or where the coverage (the
    share of the index's weight on observed indicators of components that count) lies below `thresholds.insufficient`.

    `low` and `high` put everything missing at its best and at its worst, with full weights; a component that does not
    count is missing as a whole.

    Every place is scored by itself, in blocks on all processors; the result does not depend on how many there are.

    Args:
        indicators: By id; those of the recipe that are not given are unknown everywhere.
        recipe: The index.
        shape: Shape of every array, one or more axes.
    """
    flat = {key: _flat(indicators[key]) for key in recipe.indicators if key in indicators}
    made = _Ascent(recipe, flat, int(np.prod(shape)))
    edges = range(0, made.places, _BLOCK)
    if len(edges) > 1:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(made.score, edges))
    else:
        made.score(0)
    return made.scored(shape)


class _Ascent:
    """Arrays over all places, filled block by block.

    Args:
        recipe: The index.
        indicators: Those that are given, over one axis of places.
        places: How many there are.
    """

    def __init__(self, recipe: Recipe, indicators: Mapping[str, IndicatorValues], places: int) -> None:
        self.recipe, self.indicators, self.places = recipe, indicators, places
        self.tree, self.weights = recipe.tree(), recipe.effective_weights()
        unknown = np.full(places, np.nan)
        unfed = recipe.indicators.keys() - indicators.keys()
        keys = [*recipe.components, *recipe.dimensions, *recipe.indicators]
        self.nodes = {key: unknown if key in unfed else np.empty(places) for key in keys}
        self.value, self.low, self.high = np.empty((3, places))
        self.class_index, self.status = np.empty((2, places), dtype=np.int8)
        self.coverage = np.empty(places, dtype=np.float32)

    def score(self, start: int) -> None:
        """Fills one block."""
        here = slice(start, min(start + _BLOCK, self.places))
        leaves = {key: self._leaf(key, here) for key in self.recipe.indicators}
        nodes = self.tree.climb(leaves)
        counts = {key: ~np.isnan(leaf) & ~np.isnan(nodes[self.tree.parents[key]]) for key, leaf in leaves.items()}
        coverage = observed_share(np.stack(list(counts.values())), list(self.weights.values()))
        status = _status(self.recipe, nodes, coverage)
        index, scored = nodes[self.tree.index], status != Status.INSUFFICIENT
        ends = [self._filled(leaves, counts, end) for end in SCALE]
        # A quasi-arithmetic mean lies between these two; only its last digit, rounded on other paths, may not.
        told = (index, np.minimum(ends[0], index), np.maximum(ends[1], index))
        for whole, part in zip((self.value, self.low, self.high), told, strict=True):
            whole[here] = np.where(scored, part, np.nan)
        self.class_index[here] = class_of(self.recipe, self.value[here])
        self.status[here], self.coverage[here] = status, coverage
        for key in self.nodes.keys() - (self.recipe.indicators.keys() - self.indicators.keys()):
            self.nodes[key][here] = nodes[key]

    def scored(self, shape: tuple[int, ...]) -> Scored:
        """The arrays in the shape of what was given."""
        told = {field.name: getattr(self, field.name) for field in fields(Scored)}
        shaped = {name: array.reshape(shape) for name, array in told.items() if name != "nodes"}
        return Scored(**shaped, nodes={key: array.reshape(shape) for key, array in self.nodes.items()})

    def _leaf(self, key: str, here: slice) -> Floats:
        if key not in self.indicators:
            return self.nodes[key][here]
        found = self.indicators[key]
        parts = {field.name: getattr(found, field.name)[here] for field in fields(IndicatorValues)}
        return normalised(IndicatorValues(**parts), self.recipe.indicators[key])

    def _filled(self, leaves: Mapping[str, Floats], counts: Mapping[str, Bools], end: float) -> Floats:
        """The index where all that does not count is at one end of the scale."""
        filled = {key: np.where(counts[key], leaf, end) for key, leaf in leaves.items()}
        return self.tree.climb(filled)[self.tree.index]


def _flat(found: IndicatorValues) -> IndicatorValues:
    return IndicatorValues(**{field.name: getattr(found, field.name).reshape(-1) for field in fields(IndicatorValues)})


def _status(recipe: Recipe, nodes: Mapping[str, Floats], coverage: Floats) -> npt.NDArray[np.int8]:
    status = np.where(coverage < recipe.thresholds.partial - TOLERANCE, Status.PARTIAL, Status.SCORED)
    empty = np.any([np.isnan(nodes[key]) for key in recipe.dimensions], axis=0)
    lacking = empty | (coverage < recipe.thresholds.insufficient - TOLERANCE)
    return np.where(lacking, Status.INSUFFICIENT, status).astype(np.int8)


def class_of(recipe: Recipe, value: npt.NDArray[np.floating]) -> npt.NDArray[np.int8]:
    """Position in the classes, -1 where there is no value.

    It is that of the value in single precision as it is stored, so that the two never disagree.
    """
    edges = np.array([step.below for step in recipe.classes[:-1]], dtype=np.float32)
    found = np.searchsorted(edges, value.astype(np.float32), side="right")
    return np.where(np.isnan(value), -1, found).astype(np.int8)
