"""Scaling: units of a table brought to a common scale, against one another or against fixed points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from riskmap.model.cube import Floats
from riskmap.score.parts import Direction

Scaling = Literal[
    "min_max",
    "goalposts",
    "z_score",
    "rank",
    "percentile_rank",
    "borda",
    "distance_to_maximum",
    "distance_to_reference",
    "distance_to_target",
    "fraction_of_maximum",
    "none",
]


@dataclass(frozen=True)
class Scale:
    """How an indicator is scaled.

    Args:
        method: As in `scale`.
        ends: Scores at the two ends of `min_max` and `goalposts`.
        goalposts: Values at those ends, the smaller one first.
        target: The value that `distance_to_target` is told for.
        reference: Position of the unit that `distance_to_reference` is told for.
        cap: Whether what lies beyond goalposts, target or reference is cut off there.
        mean: Mean of z-scores.
        deviation: Standard deviation of z-scores.
    """

    method: Scaling = "min_max"
    ends: tuple[float, float] = (0.0, 100.0)
    goalposts: tuple[float, float] = (0.0, 1.0)
    target: float = 1.0
    reference: int = 0
    cap: bool = True
    mean: float = 0.0
    deviation: float = 1.0


@dataclass(frozen=True)
class Scaled:
    """Scores of one indicator.

    Args:
        scores: Shape (units,); NaN = unknown.
        problem: Why there are none at all; empty where there are.
    """

    scores: Floats
    problem: str = ""


def scale(values: Floats, how: Scale, direction: Direction = "+") -> Scaled:
    """Scores of one indicator. Its direction is turned first: with `-`, every value is seen with its sign changed.

    Let x be the value seen so, and min, max, mean and s (n - 1) those of the known ones.

    - `min_max`: l + (u - l)(x - min) / (max - min), `ends` being l and u.
    - `goalposts`: the same between fixed values; with `-` the larger one is at l.
    - `z_score`: mean' + s'(x - mean) / s.
    - `rank`: 1 for the smallest, equal values sharing the smallest of their ranks r. `percentile_rank`: (r - 1) /
      (n - 1). `borda`: r - 1.
    - `distance_to_maximum`: 1 - (max - x) / (max - min). `distance_to_reference`, `distance_to_target`: the same with
      the reference unit's value, or the target, in place of the maximum; a target is told in the indicator's own unit.
    - `fraction_of_maximum`: x / max.
    - `none`: x.

    Args:
        values: Shape (units,); NaN = unknown.
        how: The method, and what it takes.
        direction: `+` where more gives a higher score.

    Source: OECD and JRC Handbook on Constructing Composite Indicators (2008), step 5.
    """
    if np.isnan(values).all():
        return Scaled(values, "no unit has a value")
    sign = 1.0 if direction == "+" else -1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = _SCALES[how.method](values * sign, how, sign)
    scores = np.where(np.isfinite(scores), scores, np.nan)
    return Scaled(scores, _NOTHING[how.method] if np.isnan(scores).all() else "")


def ranks(values: Floats, *, largest_first: bool = True) -> Floats:
    """Rank of each unit, 1 the first; equal values share the smallest of their ranks, the unknown have none.

    Args:
        values: Shape (units,); NaN = unknown.
        largest_first: Whether 1 is the largest value.

    Returns:
        Shape (units,); whole numbers, NaN where unknown.
    """
    seen = -values if largest_first else values
    return np.asarray(stats.rankdata(seen, method="min", nan_policy="omit"), dtype=np.float64)


def _min_max(x: Floats, how: Scale, _sign: float) -> Floats:
    low, high = np.nanmin(x), np.nanmax(x)
    return _between(x, low, high, how)


def _goalposts(x: Floats, how: Scale, sign: float) -> Floats:
    low, high = sorted(post * sign for post in how.goalposts)
    return _between(np.clip(x, low, high) if how.cap else x, low, high, how)


def _between(x: Floats, low: float, high: float, how: Scale) -> Floats:
    best, worst = how.ends
    return np.asarray((x - low) / (high - low) * (worst - best) + best)


def _z_score(x: Floats, how: Scale, _sign: float) -> Floats:
    known = x[~np.isnan(x)]
    spread = known.std(ddof=1) if known.size > 1 and np.ptp(known) > 0 else np.nan
    return np.asarray((x - known.mean()) / spread * how.deviation + how.mean)


def _rank(x: Floats, _how: Scale, _sign: float) -> Floats:
    return ranks(x, largest_first=False)


def _percentile_rank(x: Floats, _how: Scale, _sign: float) -> Floats:
    return np.asarray((ranks(x, largest_first=False) - 1) / (np.count_nonzero(~np.isnan(x)) - 1))


def _borda(x: Floats, _how: Scale, _sign: float) -> Floats:
    return ranks(x, largest_first=False) - 1


def _to_maximum(x: Floats, _how: Scale, _sign: float) -> Floats:
    return _distance(x, np.nanmax(x), cap=False)


def _to_reference(x: Floats, how: Scale, _sign: float) -> Floats:
    return _distance(x, x[how.reference], cap=how.cap)


def _to_target(x: Floats, how: Scale, sign: float) -> Floats:
    return _distance(x, how.target * sign, cap=how.cap)


def _distance(x: Floats, goal: float, *, cap: bool) -> Floats:
    reached = 1 - (goal - x) / (goal - np.nanmin(x))
    return np.minimum(reached, 1.0) if cap else reached


def _fraction(x: Floats, _how: Scale, _sign: float) -> Floats:
    return np.asarray(x / np.nanmax(x))


def _none(x: Floats, _how: Scale, _sign: float) -> Floats:
    return x


_SCALES: dict[Scaling, Callable[[Floats, Scale, float], Floats]] = {
    "min_max": _min_max,
    "goalposts": _goalposts,
    "z_score": _z_score,
    "rank": _rank,
    "percentile_rank": _percentile_rank,
    "borda": _borda,
    "distance_to_maximum": _to_maximum,
    "distance_to_reference": _to_reference,
    "distance_to_target": _to_target,
    "fraction_of_maximum": _fraction,
    "none": _none,
}

_NOTHING: dict[Scaling, str] = dict.fromkeys(_SCALES, "all known values are equal, so they have no range") | {
    "distance_to_reference": "the reference unit has no value, or the smallest one",
    "distance_to_target": "the target is the smallest value",
    "fraction_of_maximum": "the largest value is 0",
    "percentile_rank": "a percentile rank needs at least two values",
}
