"""Surveys: where knowing one more indicator in one area would narrow the index most, or change its ranking most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from riskmap.errors import QueryError
from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.score.parts import SCALE
from riskmap.score.recipe import Recipe
from riskmap.score.rescore import leaves_of, only, rescored
from riskmap.score.standing import Bools

POINTS = 5
"""Values that stand for what a survey might find."""

Areas = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Survey:
    """What one indicator, asked in one area, can be expected to tell.

    Args:
        indicator: Id.
        area: Number of the area.
        cells: Cells of the area in which the indicator is not known, or is old.
        narrowed: Expected fall of the distance from low to high, in points, mean over all cells of the area; a cell
            without a score has the whole scale before it.
        gained: Cells of the area that would get a score, expected.
        shifted: Expected mean distance, in places, that all scored cells move in the ranking.
    """

    indicator: str
    area: int
    cells: int
    narrowed: float
    gained: float
    shifted: float


def surveys(score: Score, recipe: Recipe, areas: Areas, old_days: float | None = None) -> list[Survey]:
    """What asking for each indicator in each area that lacks it would be worth, the largest expected shift first.

    A survey finds one value for all cells of the area that lack the indicator. What it finds is taken from where the
    indicator is known: at so many evenly spaced quantiles of its scores, each as likely; from the whole scale where it
    is known nowhere. Narrower never means wider: whatever is found, low and high move towards one another.

    Args:
        score: The index of one period.
        recipe: The recipe that it was made with.
        areas: Number of the area that each cell is in, from 0, shape (cells,); -1 for none.
        old_days: Age from which a value is asked for anew; None for never.

    Raises:
        QueryError: The score has several periods.

    Source: expected value of sample information (H. Raiffa, R. Schlaifer 1961), with distances in place of losses.
    """
    _check_one(score)
    found = [one for key in recipe.indicators for one in _of_indicator(score, recipe, key, areas, old_days)]
    return sorted(found, key=lambda one: (-one.shifted, -one.narrowed, one.indicator, one.area))


def cell_surveys(score: Score, recipe: Recipe, cell: int, known: Mapping[str, Floats]) -> dict[str, float]:
    """What asking for each indicator that one cell lacks would narrow its index by, as `surveys` tells it of an area.

    Args:
        score: The index of one period.
        recipe: The recipe that it was made with.
        cell: Position in `score.cells`.
        known: Scores of indicators by id wherever they are known, shape (any,), NaN = unknown; what a survey might find
            is taken from them, and from the whole scale where one is not given.

    Returns:
        Expected fall of the distance from low to high, in points, by id, the largest first.

    Raises:
        QueryError: The score has several periods.
    """
    _check_one(score)
    lacking = [key for key in recipe.indicators if np.isnan(score.nodes[key][0, cell])]
    asked = only(score, 0, np.full(POINTS * len(lacking), cell))
    leaves = {key: leaf.copy() for key, leaf in leaves_of(asked, recipe).items()}
    for place, key in enumerate(lacking):
        leaves[key][0, place * POINTS :][:POINTS] = _findings(known.get(key, np.empty(0)))
    fall = _width(asked) - _width(rescored(asked, recipe, leaves))
    told = dict(zip(lacking, fall.reshape(len(lacking), POINTS).mean(axis=1).tolist(), strict=True))
    return dict(sorted(told.items(), key=lambda one: (-one[1], one[0])))


@dataclass(frozen=True)
class _Outcome:
    """The index with one value in every lacking cell; arrays of shape (cells,)."""

    value: Floats
    width: Floats


def _of_indicator(score: Score, recipe: Recipe, key: str, areas: Areas, old_days: float | None) -> Iterator[Survey]:
    lacking = _lacking(score, key, old_days)
    asked = np.unique(areas[lacking & (areas >= 0)])
    if not asked.size:
        return
    outcomes = [_outcome(score, recipe, key, lacking, found) for found in _findings(score.nodes[key][0])]
    usual, width = score.value[0], _width(score)
    for area in asked.tolist():
        inside = areas == area
        yield Survey(
            indicator=key,
            area=area,
            cells=int((lacking & inside).sum()),
            narrowed=float(np.mean([np.mean((width - one.width)[inside]) for one in outcomes])),
            gained=float(np.mean([(np.isnan(usual) & ~np.isnan(one.value))[inside].sum() for one in outcomes])),
            shifted=float(np.mean([_shift(usual, np.where(inside, one.value, usual)) for one in outcomes])),
        )


def _check_one(score: Score) -> None:
    if len(score.periods) != 1:
        raise QueryError(f"surveys are told for one period; this score has {len(score.periods)}")


def _lacking(score: Score, key: str, old_days: float | None) -> Bools:
    lacking: Bools = np.isnan(score.nodes[key][0])
    if old_days is not None and key in score.indicators:
        lacking |= np.nan_to_num(score.indicators[key].age_days[0]) >= old_days
    return lacking


def _findings(leaf: Floats) -> Floats:
    """What a survey might find: middles of equal shares of what is known, or of the scale."""
    shares = (np.arange(POINTS) + 0.5) / POINTS
    known = leaf[~np.isnan(leaf)]
    if not known.size:
        return SCALE[0] + (SCALE[1] - SCALE[0]) * shares
    return np.asarray(np.quantile(known, shares))


def _outcome(score: Score, recipe: Recipe, key: str, lacking: Bools, found: float) -> _Outcome:
    leaves = dict(leaves_of(score, recipe))
    leaves[key] = np.where(lacking, found, leaves[key])
    after = rescored(score, recipe, leaves)
    return _Outcome(after.value[0], _width(after))


def _width(score: Score) -> Floats:
    """Distance from low to high, shape (cells,); the whole scale where there is no score."""
    return np.where(np.isnan(score.value[0]), SCALE[1] - SCALE[0], (score.high - score.low)[0])


def _shift(before: Floats, after: Floats) -> float:
    """Mean distance, in places, over cells scored in both; 0 where there are none."""
    both = ~np.isnan(before) & ~np.isnan(after)
    if not both.any():
        return 0.0
    return float(np.abs(rankdata(after[both]) - rankdata(before[both])).mean())
