"""Outliers: skew and kurtosis tell of them, winsorising or a logarithm takes their weight away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats

Then = Literal["log", "log_plain", "none"]
Treatment = Literal["none", "winsorised", "log", "untestable"]

LOG_SHIFT = 0.01
"""Share of the range that is added before a logarithm, so that the smallest value has one."""


@dataclass(frozen=True)
class Limits:
    """When a distribution passes, and what is done where it does not.

    Args:
        skewness: It passes where its absolute skewness lies below this,
        kurtosis: or where its excess kurtosis lies below this.
        most: How many values may be winsorised.
        then: What follows where winsorising so many is not enough: `log` a logarithm from the side of the skew,
            `log_plain` one from the low side whatever the skew, `none` nothing.
    """

    skewness: float = 2.0
    kurtosis: float = 3.5
    most: int = 5
    then: Then = "log"


@dataclass(frozen=True)
class Treated:
    """One indicator after treatment; arrays of shape (units,).

    Args:
        values: NaN stays NaN.
        treatment: What was done; `untestable` where skew and kurtosis are not defined: fewer than 4 values, or no
            spread.
        moved: Where winsorising moved a value.
        before: Skewness and kurtosis as given.
        after: Skewness and kurtosis as treated.
    """

    values: Floats
    treatment: Treatment
    moved: npt.NDArray[np.bool_]
    before: tuple[float, float]
    after: tuple[float, float]


def skewness(values: Floats) -> float:
    """Sample skewness G1 of what is known, √n Σd³ / (Σd²)^1.5 · √(n(n-1)) / (n-2); NaN below 3 values or spread 0.

    Args:
        values: Any shape; NaN = unknown.

    Source: Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis.
    """
    known = values[~np.isnan(values)]
    n, away = known.size, known - known.mean() if known.size else known
    square = float(np.sum(away**2))
    if n < 3 or square == 0:
        return float("nan")
    return float(n**0.5 * np.sum(away**3) / square**1.5 * (n * (n - 1)) ** 0.5 / (n - 2))


def kurtosis(values: Floats) -> float:
    """Sample excess kurtosis G2 of what is known; NaN below 4 values or without spread.

    ((n+1)(r-3) + 6)(n-1) / ((n-2)(n-3)), r = n Σd⁴ / (Σd²)².

    Args:
        values: Any shape; NaN = unknown.

    Source: Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis.
    """
    known = values[~np.isnan(values)]
    n, away = known.size, known - known.mean() if known.size else known
    square = float(np.sum(away**2))
    if n < 4 or square == 0:
        return float("nan")
    ratio = n * float(np.sum(away**4)) / square**2
    return ((n + 1) * (ratio - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def treat(values: Floats, limits: Limits | None = None) -> Treated:
    """One indicator with its outliers treated, where it has any.

    1. Where it passes its limits it stays as it is.
    2. Else its most extreme value, on the side of the skew, is set to the next one; again until it passes or as many
       as may be are moved. Tied values move together and count each, so the last move may go over that number.
    3. Where it still does not pass, a logarithm is taken of what was given, not of what was winsorised.

    Args:
        values: Shape (units,); NaN = unknown.
        limits: When it passes; None: the defaults.

    Source: OECD and JRC Handbook on Constructing Composite Indicators (2008), step 3, and the JRC's COIN Tool.
    """
    limits = limits or Limits()
    before = skewness(values), kurtosis(values)
    still = np.zeros(values.shape, dtype=np.bool_)
    if np.isnan(before).any():
        return Treated(values, "untestable", still, before, before)
    if _passes(before, limits):
        return Treated(values, "none", still, before, before)
    cut, moved = winsorise(values, limits)
    after = skewness(cut), kurtosis(cut)
    if _passes(after, limits) or limits.then == "none":
        return Treated(cut, "winsorised", moved, before, after)
    logged = log_from_skew(values) if limits.then == "log" else log_from_low(values)
    return Treated(logged, "log", still, before, (skewness(logged), kurtosis(logged)))


def winsorise(values: Floats, limits: Limits) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Values with the most extreme ones set to the next, until the limits are kept or `limits.most` are moved.

    Args:
        values: Shape (units,), with at least 4 known and some spread; NaN = unknown.
        limits: When to end.

    Returns:
        The values, and where they were moved.
    """
    found = values.copy()
    high, low = np.zeros((2, *values.shape), dtype=np.bool_)
    told = skewness(found), kurtosis(found)
    while not np.isnan(told).any() and not _passes(told, limits) and high.sum() + low.sum() < limits.most:
        if told[0] >= 0:
            high = found == np.nanmax(found)
            found[high] = np.nanmax(found[~high])
        else:
            low = found == np.nanmin(found)
            found[low] = np.nanmin(found[~low])
        told = skewness(found), kurtosis(found)
    return found, high | low


def log_from_low(values: Floats) -> Floats:
    """ln(x - min + a), a being a hundredth of the range.

    Args:
        values: Shape (units,), not all equal; NaN stays NaN.

    Source: the JRC's COIN Tool.
    """
    low, high = np.nanmin(values), np.nanmax(values)
    return np.asarray(np.log(values - low + LOG_SHIFT * (high - low)))


def log_from_skew(values: Floats) -> Floats:
    """ln(x - min + a) where the skew is positive, else -ln(max + a - x); a being a hundredth of the range.

    Args:
        values: Shape (units,), not all equal; NaN stays NaN.

    Source: the JRC's COIN Tool, mirrored for negative skew.
    """
    return log_from_low(values) if skewness(values) > 0 else -log_from_low(-values)


def _passes(told: tuple[float, float], limits: Limits) -> bool:
    return abs(told[0]) < limits.skewness or told[1] < limits.kurtosis
