"""Rolling up: scores of cells told for what holds them, a parent or an administrative unit, by the people there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.pyramid import exact_step, rounded
from riskmap.model.cube import Floats

QUANTILE = 0.9
"""Share of the people that live at or below the upper value told."""

_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Scores:
    """Scores of cells; arrays of shape (periods, cells).

    Args:
        value: NaN where there is no score.
        class_index: Position in the classes; -1 where there is no score.
        people: NaN where unknown.
    """

    value: Floats
    class_index: npt.NDArray[np.int8]
    people: Floats


@dataclass(frozen=True)
class Rollup:
    """Scores of units; arrays of shape (periods, units), NaN where a unit has no known people.

    Args:
        people: People of the unit.
        mean: Mean score by people, over those who live in scored cells; NaN where nobody does.
        upper: The score at or below which `QUANTILE` of them live, always that of a cell; NaN where nobody does.
        high_share: Share of all people of the unit who live in cells of the class asked for or a higher one. It is at
            least that: those of `unknown_share` may live in such cells too.
        unknown_share: Share of all people of the unit who live in cells without a score.
        uncounted_share: Share of the unit's cells whose people are not known; they weigh nothing in the rest.
    """

    people: Floats
    mean: Floats
    upper: Floats
    high_share: Floats
    unknown_share: Floats
    uncounted_share: Floats


def rollup(scores: Scores, units: sparse.csr_matrix, high: int) -> Rollup:
    """Scores told for units, by the people who live in them; never the plain mean of cells.

    People are rounded to multiples of a power of two, by at most 2^-51 of all of them, so that their sums are exact
    and the order of the cells changes no byte.

    Args:
        scores: Of the cells.
        units: What part of each cell, and of its people, is in each unit; shape (units, cells), 0..1.
        high: Position of the lowest class that counts as high.

    Source: population-weighted mean and 90th percentile, the weighted quantile being the inverse of the cumulative
    distribution (definition 1 of Hyndman and Fan 1996).
    """
    inside = units.tocoo()
    told = [_told(_held(scores, row, inside), high) for row in range(len(scores.value))]
    return Rollup(*(np.stack(rows) for rows in zip(*told, strict=True)))


@dataclass(frozen=True)
class _Held:
    """One period's parts of cells in units, sorted by unit, value and people; arrays of shape (parts,)."""

    units: int
    unit: npt.NDArray[np.int64]
    value: Floats
    class_index: npt.NDArray[np.int8]
    people: Floats
    share: Floats
    counted: npt.NDArray[np.bool_]

    def sum(self, amounts: Floats) -> Floats:
        """Sums by unit."""
        return np.bincount(self.unit, amounts, self.units).astype(np.float64)


def people_inside(people: Floats, inside: sparse.coo_matrix) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """People of each part of a cell in a unit, rounded so that their sums are exact, and whether they are known.

    Args:
        people: Of the cells, NaN where unknown; shape (cells,).
        inside: What part of each cell is in each unit; shape (units, cells), 0..1.

    Returns:
        People, 0 where unknown, and where known; shape (parts,), in the order of `inside`.
    """
    found = people[inside.col] * inside.data
    known = ~np.isnan(found)
    found = np.nan_to_num(found)
    return rounded(found, exact_step(found)), known


def _held(scores: Scores, row: int, inside: sparse.coo_matrix) -> _Held:
    people, counted = people_inside(scores.people[row], inside)
    value = scores.value[row][inside.col]
    order = np.lexsort((inside.data, people, value, inside.row))
    return _Held(
        units=inside.shape[0],
        unit=inside.row[order].astype(np.int64),
        value=value[order],
        class_index=scores.class_index[row][inside.col][order],
        people=people[order],
        share=inside.data[order],
        counted=counted[order],
    )


def _told(held: _Held, high: int) -> tuple[Floats, ...]:
    """The fields of `Rollup` for one period, shape (units,) each."""
    people = held.sum(held.people)
    known = ~np.isnan(held.value)
    mean, upper = _middle(held, np.flatnonzero(known & (held.people > 0)))
    return (
        np.where(people > 0, people, np.nan),
        mean,
        upper,
        _share(held.sum(held.people * (known & (held.class_index >= high))), people),
        _share(held.sum(held.people * ~known), people),
        _share(held.sum(held.share * ~held.counted), held.sum(held.share)),
    )


def _middle(held: _Held, told: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean and upper value of each unit over the parts told, which have people and a value; NaN where it has none."""
    unit, value, people = held.unit[told], held.value[told], held.people[told]
    total = np.bincount(unit, people, held.units).astype(np.float64)
    mean = _share(np.bincount(unit, people * value, held.units).astype(np.float64), total)
    below = np.cumsum(people) - (np.cumsum(total) - total)[unit]
    reached = np.flatnonzero(below >= QUANTILE * total[unit] * (1 - _TOLERANCE))
    low, high, upper = (np.full(held.units, np.nan) for _ in range(3))
    low[unit[::-1]], high[unit] = value[::-1], value
    upper[unit[reached[::-1]]] = value[reached[::-1]]
    return np.clip(mean, low, high), upper


def _share(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return share
