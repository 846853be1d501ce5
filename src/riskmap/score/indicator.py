"""Measuring: from the measures of a cube to the indicators of a recipe, before they are normalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from riskmap.errors import PeriodUnknown, RecipeError
from riskmap.model.cube import Cube, Floats, Measure, Support
from riskmap.model.kernel import Kernel
from riskmap.model.overlap import GROUPS
from riskmap.model.score import IndicatorValues
from riskmap.score.aggregate import TOLERANCE
from riskmap.score.lookback import half_life_weights, looked_back, window_weights
from riskmap.score.normalise import transformed
from riskmap.score.parts import Feed, Indicator
from riskmap.score.recipe import Recipe


def measure_indicators(cube: Cube, recipe: Recipe, periods: int) -> Mapping[str, IndicatorValues]:
    """Every indicator that some measure of the cube feeds, in the order of the recipe.

    A value counts where at least `thresholds.indicator` of its cell, period and look-back was observed, and where its
    population, if it is told by one, is known.

    Args:
        cube: The measures; its periods before the last `periods` are look-back.
        recipe: Says which measures, and what is done to them.
        periods: How many periods, at the end of the cube's, to give values for.

    Raises:
        PeriodUnknown: The cube has fewer periods.
        RecipeError: It adds measures that count the same people or incidents.
    """
    if not 1 <= periods <= len(cube.periods):
        raise PeriodUnknown(f"{periods} periods were asked for; the cube has {len(cube.periods)}")
    people = population_of(cube, recipe, periods)
    found = {}
    for key, indicator in recipe.indicators.items():
        feeds = _readings(cube, indicator, periods, recipe.thresholds.indicator)
        if feeds:
            found[key] = _finished(_combined(key, indicator, feeds), indicator, people)
    return found


def population_of(cube: Cube, recipe: Recipe, periods: int) -> Floats:
    """People by period and cell: of the recipe's population measures the first that is known there; NaN = unknown.

    Args:
        cube: The measures.
        recipe: Names the measures of population.
        periods: How many periods, at the end of the cube's, to give people for.
    """
    people = np.full((periods, len(cube.cells)), np.nan)
    for name in recipe.population:
        if name in cube.measures:
            people = np.where(np.isnan(people), cube.measures[name].values[-periods:], people)
    return people


def _readings(cube: Cube, indicator: Indicator, periods: int, least: float) -> dict[int, Measure]:
    """What each feed that the cube holds gives, by its position; null where too little was observed."""
    found = {}
    for position, feed in enumerate(indicator.feeds):
        reading = _reading(cube, indicator, feed, periods)
        if reading is not None:
            known = ~np.isnan(reading.values) & (reading.coverage >= least - TOLERANCE)
            found[position] = replace(reading, values=np.where(known, reading.values, np.nan))
    return found


def _reading(cube: Cube, indicator: Indicator, feed: Feed, periods: int) -> Measure | None:
    kernels = indicator.kernels_of(feed)
    names = [f"{feed.measure}@{kernel.key}" for kernel in kernels] or [feed.measure]
    if any(name not in cube.measures for name in names):
        return None
    seen = [cube.measures[name] for name in names]
    if indicator.memory_days():
        return looked_back(seen[0], cube.periods, periods, _day_weights(indicator))
    recent, *baseline = (_last(measure, periods) for measure in seen)
    return _rate_ratio(recent, baseline[0], kernels) if baseline else recent


def _day_weights(indicator: Indicator) -> Floats:
    days = indicator.memory_days()
    if indicator.half_life_days is None:
        return window_weights(days)
    return half_life_weights(indicator.half_life_days, days)


def _last(measure: Measure, periods: int) -> Measure:
    return replace(
        measure,
        values=measure.values[-periods:],
        coverage=measure.coverage[-periods:],
        support=measure.support[-periods:],
        age_days=measure.age_days[-periods:],
    )


def _rate_ratio(recent: Measure, baseline: Measure, kernels: Sequence[Kernel]) -> Measure:
    """Recent events over those that the baseline's rate leads one to expect, one event added to both.

    The added event keeps one skirmish in a quiet place from being a tenfold rise: it shrinks the ratio towards 1 the
    more, the fewer events there are. Coverage is the smaller of the two; support the coarser.
    """
    recent_days, baseline_days = (
        window[1] - window[0] for kernel in kernels if (window := kernel.window_days) is not None
    )
    expected = baseline.values * (recent_days / baseline_days)
    return replace(
        recent,
        values=(recent.values + 1.0) / (expected + 1.0),
        coverage=np.minimum(recent.coverage, baseline.coverage),
        support=np.maximum(recent.support, baseline.support),
        age_days=np.fmin(recent.age_days, baseline.age_days),
    )


def _combined(key: str, indicator: Indicator, feeds: Mapping[int, Measure]) -> IndicatorValues:
    if indicator.combine == "sum":
        return _added(key, feeds)
    return _chosen(feeds, largest=indicator.combine == "max")


def _added(key: str, feeds: Mapping[int, Measure]) -> IndicatorValues:
    """All feeds added, where all are known; the coverage of the least covered, the support of the coarsest.

    Raises:
        RecipeError: Two of them count the same people or incidents.
    """
    seen: dict[str, str] = {}
    for measure in feeds.values():
        name, group = measure.name.partition("@")[0], measure.overlap_group
        if group and group in seen:
            raise RecipeError(
                f"indicator {key}: {seen[group]} and {name} both count {GROUPS[group]} ({group}), so they cannot be"
                " added; use combine = 'first' or 'max'"
            )
        seen[group] = name
    parts = list(feeds.values())
    values = np.sum([part.values for part in parts], axis=0)
    known = ~np.isnan(values)
    return IndicatorValues(
        values=values,
        coverage=np.min([part.coverage for part in parts], axis=0),
        support=np.max([part.support for part in parts], axis=0),
        age_days=np.max([part.age_days for part in parts], axis=0),
        feed=np.where(known, min(feeds), -1).astype(np.int8),
    )


def _chosen(feeds: Mapping[int, Measure], *, largest: bool) -> IndicatorValues:
    """One value by period and cell: of the first feed known there, or the largest of all known ones."""
    shape = next(iter(feeds.values())).values.shape
    chosen = IndicatorValues(
        values=np.full(shape, np.nan),
        coverage=np.zeros(shape, dtype=np.float32),
        support=np.full(shape, Support.NONE, dtype=np.int8),
        age_days=np.full(shape, np.nan, dtype=np.float32),
        feed=np.full(shape, -1, dtype=np.int8),
    )
    for position, reading in feeds.items():
        better = np.isnan(chosen.values) & ~np.isnan(reading.values)
        if largest:
            better |= reading.values > chosen.values
        chosen.values[better] = reading.values[better]
        chosen.coverage[better] = reading.coverage[better]
        chosen.support[better] = reading.support[better]
        chosen.age_days[better] = reading.age_days[better]
        chosen.feed[better] = position
    return chosen


def _finished(chosen: IndicatorValues, indicator: Indicator, people: Floats) -> IndicatorValues:
    values = transformed(_by_people(chosen.values, indicator, people), indicator.transform)
    known = ~np.isnan(values)
    return IndicatorValues(
        values=values,
        coverage=_where(known, chosen.coverage, 0),
        support=np.where(known, chosen.support, Support.NONE).astype(np.int8),
        age_days=_where(known, chosen.age_days, np.nan),
        feed=np.where(known, chosen.feed, -1).astype(np.int8),
    )


def _where(known: npt.NDArray[np.bool_], values: npt.NDArray[np.float32], other: float) -> npt.NDArray[np.float32]:
    return np.where(known, values, np.float32(other))


def _by_people(values: Floats, indicator: Indicator, people: Floats) -> Floats:
    """Values per so many people, or times people; unknown where people are, or where nobody is there to divide by."""
    if indicator.times:
        return values * people
    if not indicator.per:
        return values
    with np.errstate(over="ignore"):
        rate = np.divide(values, people, out=np.full(values.shape, np.nan), where=people > 0)
        rate *= indicator.per_amount or 1.0
    return np.where(np.isfinite(rate), rate, np.nan)
