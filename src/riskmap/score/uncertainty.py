"""Uncertainty: the index many times over, with everything that it takes as given varied as far as it may be off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from riskmap.grid.abreast import in_slices
from riskmap.model.cube import Cells, Floats, Support
from riskmap.model.score import Score
from riskmap.score.chance import MIDDLES
from riskmap.score.climbing import Codes, Observed, Singles, climb
from riskmap.score.parts import SCALE
from riskmap.score.plan import leaf_order, plan_of
from riskmap.score.recipe import Recipe

TAILS = (0.05, 0.95)
"""Shares of the draws below the two ends of an interval."""

_BLOCK = 512
_SUPPORTS = [code for code in Support if code != Support.NONE]


@dataclass(frozen=True)
class Evidence:
    """What the scores of one period stand on; arrays of shape (cells,).

    Args:
        cells: The cells.
        scored: Whether each has a score.
        score: Scores of indicators by id, 0..10; NaN = unknown.
        counts: Where each component counts, by id.
        value: Values of the indicators that some feed reached, by id.
        feed: Position of the feed, by id; -1 where unknown.
        support: `Support` codes, by id.
    """

    cells: Cells
    scored: npt.NDArray[np.bool_]
    score: Mapping[str, Singles]
    counts: Mapping[str, npt.NDArray[np.bool_]]
    value: Mapping[str, Singles]
    feed: Mapping[str, Codes]
    support: Mapping[str, Codes]


@dataclass(frozen=True)
class Interval:
    """Where a number lies over the draws; arrays of shape (units,), NaN where there is none.

    Args:
        mean: Mean over the draws.
        q05: Value that one draw in twenty lies below; never above the mean.
        q95: Value that one draw in twenty lies above; never below the mean.
    """

    mean: Floats
    q05: Floats
    q95: Floats


@dataclass(frozen=True)
class Uncertain:
    """How sure the index of one period is; arrays of shape (cells,), NaN where there is no score.

    Args:
        mean: Mean over the draws.
        q05: Value that one draw in twenty lies below; never above the mean.
        q95: Value that one draw in twenty lies above; never below the mean.
        classes: Share of the draws in each class, shape (classes, cells).
        high: Share of the draws in a class that counts as high.
    """

    mean: Floats
    q05: Floats
    q95: Floats
    classes: Floats
    high: Floats


def evidence_of(score: Score, recipe: Recipe, period: int = -1) -> Evidence:
    """What the scores of a period stand on, in single precision, as a snapshot keeps it.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        period: Position of the period; from the end where negative.
    """
    return Evidence(
        cells=score.cells,
        scored=~np.isnan(score.value[period]),
        score={key: score.nodes[key][period].astype(np.float32) for key in recipe.indicators},
        counts={key: ~np.isnan(score.nodes[key][period]) for key in recipe.components},
        value={key: found.values[period].astype(np.float32) for key, found in score.indicators.items()},
        feed={key: found.feed[period] for key, found in score.indicators.items()},
        support={key: found.support[period] for key, found in score.indicators.items()},
    )


def drawn(
    evidence: Evidence, recipe: Recipe, draws: int | None = None, origins: Mapping[int, Cells] | None = None
) -> Singles:
    """The index in every draw.

    In each draw all of these are taken anew, as the recipe's table of uncertainty says how far:

    - for all cells alike: every weight, both goalposts of every indicator, and the mean of each level;
    - for each indicator and what its value was known for: the error of the value. It is a factor `exp(s z)`, with z
      standard normal and s the relative error of the support, and of the kernel where there is one; so that an
      observed zero stays zero. Values without a true zero, whose goalposts reach below 0, are moved by `s z` times half
      the distance between their goalposts.
    - for each cell and indicator that is missing: what it is. It is one of the values known in the same period, all
      alike likely, and any score of the scale where nobody knows one.

    A number depends on the seed, the draw, the cell and the indicator alone: on no other cell but through the values
    known in the period, and not on the period, so that a change between periods is not noise.

    Args:
        evidence: Of one period, all of its cells.
        recipe: The recipe that they were scored with.
        draws: How many; as the recipe says where not given. Those of fewer are the first of those of more.
        origins: By `Support` code, a number for each cell that is the same for cells whose value is of one place, so
            that they share its error; shape (cells,). Where not given, all share the country's, and none any other.

    Returns:
        Shape (draws, cells), 0..10; NaN where there is no score.

    Source: Handbook on Constructing Composite Indicators (OECD and JRC, 2008), step 7, uncertainty analysis.
    """
    count = recipe.uncertainty.draws if draws is None else draws
    rows = np.flatnonzero(evidence.scored)
    plan = plan_of(recipe, _pools(evidence, recipe), count)
    seen = _observed(evidence, recipe, rows, origins or {})
    found = np.full((len(evidence.cells), count), np.nan, np.float32)

    def fill(here: slice) -> None:
        part = np.empty((here.stop - here.start, count), np.float32)
        climb(plan, seen, here.start, part)
        found[rows[here]] = part

    in_slices(fill, len(rows), _BLOCK)
    return found.T


def uncertainty(evidence: Evidence, recipe: Recipe, origins: Mapping[int, Cells] | None = None) -> Uncertain:
    """How sure each score of a period is, from as many draws as the recipe says; see `drawn`.

    The ends of an interval are quantiles of definition 6 of Hyndman and Fan (1996): one more draw would lie between
    them nine times in ten, however few there are. Where the mean lies beyond an end, as it may where a few draws lie
    far out, the interval reaches up to it.

    Args:
        evidence: Of one period, all of its cells.
        recipe: The recipe that they were scored with.
        origins: As in `drawn`.
    """
    rows = np.flatnonzero(evidence.scored)
    plan = plan_of(recipe, _pools(evidence, recipe), recipe.uncertainty.draws)
    seen = _observed(evidence, recipe, rows, origins or {})
    found, edges = np.full((3 + len(recipe.classes), len(evidence.cells)), np.nan), _edges(recipe)

    def fill(here: slice) -> None:
        part = np.empty((here.stop - here.start, recipe.uncertainty.draws), np.float32)
        climb(plan, seen, here.start, part)
        found[:, rows[here]] = _summarised(part, edges)

    in_slices(fill, len(rows), _BLOCK)
    return _uncertain(found, recipe)


def summary(draws: npt.NDArray[np.floating], recipe: Recipe) -> Uncertain:
    """What `uncertainty` tells, of draws that are at hand.

    Args:
        draws: Shape (draws, units); NaN where there is no score.
        recipe: Whose classes they are told in.
    """
    return _uncertain(_told(draws, _edges(recipe)), recipe)


def interval(draws: npt.NDArray[np.floating]) -> Interval:
    """Mean and ends of any number over its draws, as `uncertainty` has them.

    Args:
        draws: Shape (draws, units); NaN where there is none, in all draws alike.
    """
    mean, q05, q95, _ = _told(draws, np.empty(0, np.float32))
    return Interval(mean, np.minimum(q05, mean), np.maximum(q95, mean))


def ends(draws: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """The two quantiles alone, not reaching up to the mean; see `interval`."""
    _, q05, q95, _ = _told(draws, np.empty(0, np.float32))
    return q05, q95


def _edges(recipe: Recipe) -> Singles:
    return np.array([step.below for step in recipe.classes[:-1]], np.float32)


def _told(draws: npt.NDArray[np.floating], edges: Singles) -> Floats:
    """What `_summarised` tells, of draws of shape (draws, units)."""
    told = np.ascontiguousarray(draws.T, np.float32)
    found = np.empty((4 + len(edges), len(told)))

    def fill(here: slice) -> None:
        found[:, here] = _summarised(told[here], edges)

    in_slices(fill, len(told), _BLOCK)
    return found


def _summarised(draws: Singles, edges: Singles) -> Floats:
    """Mean, both quantiles and the share of each class, of units whose draws lie side by side; (3 + classes, units)."""
    found = np.full((4 + len(edges), len(draws)), np.nan)
    _summarise(draws, edges, found)
    return found


def _uncertain(found: Floats, recipe: Recipe) -> Uncertain:
    mean, q05, q95, *classes = found
    q05, q95 = np.minimum(q05, mean), np.maximum(q95, mean)
    return Uncertain(mean, q05, q95, found[3:], np.sum(classes[recipe.high_class :], axis=0))


def _pools(evidence: Evidence, recipe: Recipe) -> Floats:
    """What a missing indicator may be: quantiles of what is known of it, or of the scale; shape (leaves, 256)."""
    best, worst = SCALE
    pools = np.tile(best + (worst - best) * MIDDLES, (len(recipe.indicators), 1))
    for leaf, key in enumerate(leaf_order(recipe)):
        known = np.sort(evidence.score[key][~np.isnan(evidence.score[key])])
        if len(known):
            pools[leaf] = known[(MIDDLES * len(known)).astype(np.int64)]
    return pools


def _observed(
    evidence: Evidence, recipe: Recipe, rows: npt.NDArray[np.int64], origins: Mapping[int, Cells]
) -> Observed:
    """The scored cells as the climb takes them."""
    order = leaf_order(recipe)
    value = np.zeros((len(order), len(rows)), np.float32)
    feed, support = np.full((2, len(order), len(rows)), -1, np.int8)
    spread = np.zeros((len(order), len(rows)), np.int8)
    for leaf, key in enumerate(order):
        if key in evidence.value:
            counts = evidence.counts[recipe.indicators[key].component][rows]
            value[leaf] = evidence.value[key][rows]
            feed[leaf] = np.where(counts, evidence.feed[key][rows], -1)
            support[leaf] = np.minimum(evidence.support[key][rows], _SUPPORTS[-1])
            spread[leaf] = 2 * support[leaf] + (recipe.indicators[key].kernel is not None)
    cells = evidence.cells[rows]
    shared = {Support.COUNTRY: np.zeros_like(cells)} | {code: one[rows] for code, one in origins.items()}
    return Observed(
        cell=cells,
        origin=np.stack([shared.get(code, cells) for code in _SUPPORTS]),
        value=value,
        feed=feed,
        support=support,
        spread=spread,
        impute=recipe.uncertainty.imputation,
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _summarise(draws: Singles, edges: Singles, found: Floats) -> None:
    """Fills in what `_summarised` tells."""
    count, classes = draws.shape[1], len(edges) + 1
    for unit in range(len(draws)):
        ordered = np.sort(draws[unit])
        if np.isnan(ordered[0]):
            continue
        mean, inside = 0.0, np.zeros(classes, np.int64)
        for draw in range(count):
            mean += np.float64(ordered[draw])
        mean /= count
        found[0, unit] = mean
        found[1, unit] = _quantile(ordered, TAILS[0])
        found[2, unit] = _quantile(ordered, TAILS[1])
        place = 0
        for draw in range(count):
            while place < len(edges) and ordered[draw] >= edges[place]:
                place += 1
            inside[place] += 1
        for place in range(classes):
            found[3 + place, unit] = inside[place] / count


@numba.njit(cache=True, nogil=True)
def _quantile(ordered: Singles, share: float) -> float:
    """A quantile of values in order, between the two that its place lies between."""
    place = min(max(share * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (np.float64(ordered[high]) - ordered[low]))
