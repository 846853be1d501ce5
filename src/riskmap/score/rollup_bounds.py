"""Bounds of what is rolled up: every draw of the cells told for a parent or an administrative unit, by its people."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.abreast import in_slices
from riskmap.model.cube import Floats
from riskmap.score.climbing import Singles
from riskmap.score.recipe import Recipe
from riskmap.score.rollup import QUANTILE, people_inside
from riskmap.score.uncertainty import Interval, Uncertain, interval, summary

_WHOLE = 1 << 28
"""Steps that the people of a unit are told in, and"""

_POINT = 1 << 20
"""steps of a point of the index: both so that every sum is exact, and the order of the cells changes no byte."""

_UNITS = 16

Steps = npt.NDArray[np.int32]


@dataclass(frozen=True)
class RollupBounds:
    """How sure what is told of units is; arrays of shape (units,), NaN where nobody lives in a scored cell.

    Args:
        people: People of the unit; NaN where it has none that are known.
        value: The mean score by people.
        upper: The score at or below which `QUANTILE` of the people in scored cells live.
        high_share: Share of all people of the unit in cells of a class that counts as high.
        at_risk: Those people. Its mean is the sum of the people of each cell times its chance of being high.
    """

    people: Floats
    value: Uncertain
    upper: Interval
    high_share: Interval
    at_risk: Interval


def rollup_bounds(
    draws: npt.NDArray[np.floating], people: Floats, units: sparse.csr_matrix, recipe: Recipe
) -> RollupBounds:
    """Draws of one period told for units, each draw by itself, as `riskmap.score.rollup` tells the index.

    What cells have in common in a draw - weights, goalposts, means, the error of a value known for many of them - does
    not average out over a unit; what each has for itself does.

    Args:
        draws: Scores of the cells, shape (draws, cells), 0..10; NaN where there is no score, in all draws alike.
        people: Of the cells, NaN where unknown; shape (cells,).
        units: What part of each cell, and of its people, is in each unit; shape (units, cells), 0..1.
        recipe: Whose classes they are told in.

    Returns:
        Draws are read to 2^-20 of a point, people of a unit to 2^-28 of all of them.
    """
    inside = units.tocsr()
    lived, _ = people_inside(people, inside.tocoo())
    scored, unit = ~np.isnan(draws[0])[inside.indices], np.repeat(np.arange(inside.shape[0]), np.diff(inside.indptr))
    everybody, told = (np.bincount(unit, amounts, inside.shape[0]) for amounts in (lived, lived * scored))
    share = np.divide(lived * scored, told[unit], out=np.zeros(len(lived)), where=told[unit] > 0)
    weights, cells = np.rint(share * _WHOLE).astype(np.int32), np.ascontiguousarray(draws.T, np.float32)
    high = np.float32(recipe.classes[recipe.high_class - 1].below) if recipe.high_class else np.float32(-np.inf)
    found = np.full((3, inside.shape[0], len(draws)), np.nan, np.float32)

    def fill(here: slice) -> None:
        parts = (inside.indptr[here.start : here.stop + 1], inside.indices, weights)
        _roll(cells, parts, high, found[:, here])

    in_slices(fill, inside.shape[0], _UNITS)
    found[2] *= np.divide(told, everybody, out=np.zeros(len(told)), where=everybody > 0)[:, None]
    shares, known = interval(found[2].T), np.where(everybody > 0, everybody, np.nan)
    at_risk = Interval(shares.mean * known, shares.q05 * known, shares.q95 * known)
    return RollupBounds(known, summary(found[0].T, recipe), interval(found[1].T), shares, at_risk)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _roll(cells: Singles, parts: tuple[Steps, Steps, Steps], high: np.float32, found: Singles) -> None:
    """Fills in mean, upper value and share of people in high cells, by unit and draw; not where nobody is told."""
    starts, places, weights = parts
    draws = cells.shape[1]
    for unit in range(found.shape[1]):
        here = places[starts[unit] : starts[unit + 1]]
        shares = weights[starts[unit] : starts[unit + 1]]
        counted = here[shares > 0]
        shares = shares[shares > 0]
        if not len(counted):
            continue
        steps = np.empty((len(counted), draws), np.int32)
        sums, above, whole = np.zeros(draws), np.zeros(draws, np.int32), 0
        for place in range(len(counted)):
            share, row, step = shares[place], cells[counted[place]], steps[place]
            whole += share
            for draw in range(draws):
                step[draw] = np.int32(row[draw] * np.float32(_POINT) + np.float32(0.5))
                sums[draw] += np.float64(share) * np.float64(step[draw])
                above[draw] += share if row[draw] >= high else np.int32(0)
        upper = _upper(steps, shares, np.int32(np.ceil(QUANTILE * whole)))
        for draw in range(draws):
            found[0, unit, draw] = sums[draw] / whole / _POINT
            found[1, unit, draw] = upper[draw] / _POINT
            found[2, unit, draw] = above[draw] / whole


@numba.njit(cache=True, nogil=True)
def _upper(steps: Steps, shares: Steps, wanted: np.int32) -> Steps:
    """The smallest value of a cell in each draw up to which so many shares lie, by halving where it may be."""
    draws = steps.shape[1]
    low, high = np.full(draws, -1, np.int32), np.full(draws, 10 * _POINT, np.int32)
    middle, below = np.empty(draws, np.int32), np.empty(draws, np.int32)
    width = 10 * _POINT + 1
    while width > 1:
        for draw in range(draws):
            middle[draw] = (low[draw] + high[draw]) >> 1
            below[draw] = 0
        for place in range(len(shares)):
            share, step = shares[place], steps[place]
            for draw in range(draws):
                below[draw] += share if step[draw] <= middle[draw] else np.int32(0)
        width = 0
        for draw in range(draws):
            if below[draw] >= wanted:
                high[draw] = middle[draw]
            else:
                low[draw] = middle[draw]
            width = max(width, high[draw] - low[draw])
    return high
