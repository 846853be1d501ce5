"""Reliability: how far the data behind each score can be leaned on, from 0 to 10, and as a grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats, Support
from riskmap.model.score import IndicatorValues, Score, Status
from riskmap.score.parts import SCALE
from riskmap.score.recipe import Recipe
from riskmap.score.standing import Bools, counted

GRADES = ("A", "B", "C", "D")
"""From the most reliable to the least."""

EDGES = (8.0, 6.0, 4.0)
"""Least reliability of A, B and C.

All data there and fresh get A, even where they are national; all there but five years old B; all there, old and
national C. An index that rests on two thirds of its weight gets B at best, one that rests on half of it C.
"""

OLD, COARSE = 0.3, 0.2
"""What an indicator loses by being old and by being coarse; the other 0.5 it loses only by being missing."""

FULL_AGE_DAYS = 5 * 365.25
"""Age from which data count as wholly old."""

CONFLICT_FACTOR = 1.3
"""What unreliability is multiplied by in active conflict of high intensity, where little can be seen or checked."""

COARSENESS: Mapping[int, float] = {
    Support.CELL: 0.0,
    Support.NEAR: 0.0,
    Support.ADM2: 0.25,
    Support.ADM1: 0.5,
    Support.COUNTRY: 1.0,
    Support.NONE: 1.0,
}
"""How much of `COARSE` each support costs: a national value says nothing of how places in a country differ."""

CONFLICT = "conflict"
"""Id of the component whose highest class counts as active conflict of high intensity, where a recipe has it."""

DISAGREEMENT = 0.5
"""Share of an indicator's credit that is lost where its feeds contradict one another wholly."""


@dataclass(frozen=True)
class Reliability:
    """Reliability of an index; arrays of shape (periods, cells).

    Args:
        value: 0 (nothing known) to 10 (all known, fresh, and known for the cell itself).
        grade: Position in `GRADES`; -1 where there is no score to grade.
        missing: Share 0..1 of the index's weight that is not observed.
        age_years: Mean age of what is observed, by weight; NaN where nothing is.
        national: Share 0..1 of the index's weight known for the whole country only.
    """

    value: Floats
    grade: npt.NDArray[np.int8]
    missing: Floats
    age_years: Floats
    national: Floats


def reliability(
    score: Score,
    recipe: Recipe,
    conflict: Bools | None = None,
    agreed: Mapping[str, Floats] | None = None,
) -> Reliability:
    """Reliability of each score: 10 less the unreliability of its indicators, by their effective weights.

    U = 10 Σ w (1 - c (1 - 0.3 a - 0.2 s) d), with w the effective weight, c the observed share (0 where the indicator
    is missing, or its component does not count), a = min(1, age / 5 years), s the coarseness of the support, and
    d = 1 - 0.5 (1 - agreement) where several feeds tell it. In conflict of high intensity U is taken 1.3 times, up to
    10. So U is 0.5 for what is missing, 0.3 for what is old and 0.2 for what is national, where what is missing counts
    as all three: nothing is ever more reliable for knowing less, later or more coarsely.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        conflict: Where there is active conflict of high intensity, shape (periods, cells); None for nowhere.
        agreed: Agreement 0..1 of the feeds of an indicator, by id, as `agreement` tells it; NaN = unknown.

    Source: after the lack of reliability index of INFORM Risk (Joint Research Centre), which counts missing indicators,
    age of data and conflict.
    """
    known, shape = counted(score, recipe), score.value.shape
    trust, missing, national, aged, seen = np.zeros((5, *shape))
    for key, weight in recipe.effective_weights().items():
        found = score.indicators.get(key)
        if found is None:
            missing += weight
            continue
        observed = np.where(known[key], np.clip(found.coverage, 0.0, 1.0), 0.0).astype(np.float64)
        credit = observed * _credit(found)
        if agreed is not None and key in agreed:
            credit = credit * (1.0 - DISAGREEMENT * (1.0 - np.where(np.isnan(agreed[key]), 1.0, agreed[key])))
        trust += weight * credit
        missing += weight * (1.0 - observed)
        national += weight * (known[key] & (found.support == Support.COUNTRY))
        aged += weight * np.where(known[key], np.nan_to_num(found.age_days), 0.0) / 365.25
        seen += weight * known[key]
    value = _relied(trust, conflict)
    return Reliability(
        value=value,
        grade=graded(value, score.status != Status.INSUFFICIENT),
        missing=np.clip(missing, 0.0, 1.0),
        age_years=np.divide(aged, seen, out=np.full(shape, np.nan), where=seen > 0),
        national=national,
    )


def high_intensity(score: Score, recipe: Recipe, component: str) -> Bools:
    """Where a component stands in the highest class of the index; not where it is unknown.

    Args:
        score: The index.
        recipe: The recipe that it was made with; with one class only there is no highest.
        component: Id of the component that tells of conflict; nowhere where the recipe has none of that id.

    Returns:
        Shape (periods, cells).
    """
    edge = recipe.classes[-2].below if len(recipe.classes) > 1 else None
    if component not in recipe.components or edge is None:
        return np.zeros(score.value.shape, dtype=bool)
    return np.nan_to_num(score.nodes[component], nan=SCALE[0]) >= edge


def agreement(readings: Floats) -> Floats:
    """How far several feeds of one indicator tell the same: 1 less their range as a share of the scale.

    Args:
        readings: Scores of the indicator by each feed on the scale 0..10, shape (feeds, ...); NaN = unknown.

    Returns:
        0 (one says best, another worst) to 1, shape (...); NaN where fewer than two are known.
    """
    several = np.sum(~np.isnan(readings), axis=0) > 1
    spread = np.fmax.reduce(readings, axis=0) - np.fmin.reduce(readings, axis=0)
    return np.where(several, 1.0 - spread / (SCALE[1] - SCALE[0]), np.nan)


def _credit(found: IndicatorValues) -> Floats:
    """What an observed value is worth by its age and support, 0.5..1; an age that is not known counts as old."""
    old = np.clip(np.nan_to_num(found.age_days.astype(np.float64), nan=FULL_AGE_DAYS) / FULL_AGE_DAYS, 0.0, 1.0)
    coarse = np.ones(found.support.shape)
    for code, cost in COARSENESS.items():
        coarse[found.support == code] = cost
    return np.asarray(1.0 - OLD * old - COARSE * coarse)


def _relied(trust: Floats, conflict: Bools | None) -> Floats:
    worst = SCALE[1]
    unreliable = worst * (1.0 - trust)
    if conflict is not None:
        unreliable = np.where(conflict, unreliable * CONFLICT_FACTOR, unreliable)
    return np.asarray(worst - np.clip(unreliable, 0.0, worst))


def graded(value: Floats, scored: Bools) -> npt.NDArray[np.int8]:
    """Position of each grade in `GRADES`; -1 where there is no score to grade.

    Args:
        value: Reliability, any shape.
        scored: Where there is a score.
    """
    # Compared a hair below its edge, since weights do not sum to 1 in the last digit.
    below = np.sum([value < edge - 1e-9 for edge in EDGES], axis=0)
    return np.where(scored, below, -1).astype(np.int8)
