"""Aggregating: several scores into one, by a weighted mean of those that are known, or by outranking."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats
from riskmap.score.outrank import copeland, outranked
from riskmap.score.parts import SCALE, Method

TOLERANCE = 1e-6
"""How far a share may lie below its threshold and still meet it: coverages are kept in single precision."""

_TOP = SCALE[1]
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Mean:
    """A quasi-arithmetic mean f⁻¹(Σ w f(x) / Σ w), and the values that f takes."""

    forward: Callable[[Floats], Floats]
    backward: Callable[[Floats], Floats]
    least: float = -math.inf
    most: float = math.inf


def aggregate(values: Floats, weights: npt.ArrayLike, method: Method, exponent: float = 1.0) -> Floats:
    """One score from several, over the first axis; unknown values are left out and the other weights scaled up.

    The first five are quasi-arithmetic means, f⁻¹(Σ w f(x) / Σ w): never outside what goes in, never falling where a
    value rises, and blind to the order of what goes in. So are the two extremes, their limits.

    - `arithmetic`, f(x) = x: a low part makes up for a high one in full.
    - `geometric`, f(x) = ln x: 0 where any part is 0.
    - `harmonic`, f(x) = 1/x: sterner still towards low parts; 0 where any part is 0.
    - `power`, f(x) = x^p, the generalised mean: p = 1 arithmetic, -1 harmonic, 2 leans towards high parts.
    - `scaled_geometric`, f(x) = ln((10-x)/10·9+1): the geometric mean of the distance from the worst, so that a high
      part is not averaged away; of 10 and 0 it makes 7.60.
    - `maximum`, `minimum`: the largest or smallest known part that has a weight.
    - `copeland`, `outranking`: ranks units against each other, see `riskmap.score.outrank`; the other axes are units.

    Args:
        values: Shape (n, ...); NaN = unknown. Geometric, harmonic and power means take none below 0; the scaled
            geometric mean is for the scale 0..10.
        weights: Shape (n,), none negative.
        method: The mean.
        exponent: p of the power mean, not 0.

    Returns:
        Shape (...); NaN where nothing with a weight is known.

    Raises:
        RecipeError: A value for which the mean is not defined.

    Source: OECD and JRC Handbook on Constructing Composite Indicators (2008), step 7; INFORM Risk Index methodology,
    Joint Research Centre (scaled geometric average).
    """
    shares = np.asarray(weights, dtype=np.float64)
    if not np.all(shares > 0):
        values, shares = values[shares > 0], shares[shares > 0]
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    if method in _OUTRANKING:
        return _OUTRANKING[method](values, shares)
    low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    if method in ("maximum", "minimum"):
        return np.asarray(high if method == "maximum" else low)
    mean = _power(exponent) if method == "power" else _MEANS[method]
    _check(mean, method, low, high)
    with np.errstate(divide="ignore", over="ignore"):
        middle = mean.backward(_weighted(values, shares, mean.forward))
    # Powers and logarithms round in the last digit; a mean may still not leave what it is a mean of.
    return np.asarray(np.clip(middle, low, high))


def _weighted(values: Floats, shares: Floats, forward: Callable[[Floats], Floats]) -> Floats:
    """Weighted arithmetic mean of f(x) over what is known, one part after the other."""
    unknown = np.isnan(values)
    summed: Floats = np.zeros(values.shape[1:])
    if not unknown.any():
        for part, share in zip(values, shares, strict=True):
            summed += share * forward(part)
        # Added in the order of the other way below, so that a place does not hang on what its neighbours miss.
        return np.asarray(summed / sum(shares.tolist()))
    total = np.zeros(values.shape[1:])
    for part, missing, share in zip(values, unknown, shares, strict=True):
        summed += np.where(missing, 0.0, share * forward(part))
        total += np.where(missing, 0.0, share)
    mean: Floats = np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
    return mean


def observed_share(known: npt.NDArray[np.bool_], weights: npt.ArrayLike) -> Floats:
    """Share 0..1 of the weight that is known, over the first axis.

    Args:
        known: Shape (n, ...).
        weights: Shape (n,), with a sum above 0.
    """
    share = np.asarray(weights, dtype=np.float64)
    total = np.zeros(known.shape[1:])
    for part, here in zip(share / share.sum(), known, strict=True):
        total += part * here
    return np.minimum(total, 1.0)


def half_up(values: Floats, decimals: int) -> Floats:
    """Values rounded to so many decimals, halves upwards, as a spreadsheet rounds positive numbers.

    A value less than 1e-9 of a last digit below a half counts as the half: sums of decimals fall short of it in binary.

    Args:
        values: Any shape; NaN stays NaN.
        decimals: Digits behind the point.
    """
    scale = 10.0**decimals
    return np.asarray(np.floor(values * scale + (0.5 + _ROUNDING)) / scale)


def _check(mean: _Mean, method: Method, low: Floats, high: Floats) -> None:
    for end in (low[low < mean.least], high[high > mean.most]):
        if end.size:
            reach = f"{mean.least:g} or more" if mean.most == math.inf else f"{mean.least:g} to {mean.most:g}"
            raise RecipeError(
                f"a {method.replace('_', ' ')} mean takes values of {reach}, not {end[0]:g}; normalise to such a scale"
            )


def _same(values: Floats) -> Floats:
    return values


def _log_distance(values: Floats) -> Floats:
    return np.log((_TOP - values) / _TOP * 9.0 + 1.0)


def _from_log_distance(values: Floats) -> Floats:
    return (10.0 - np.exp(values)) / 9.0 * _TOP


def _power(exponent: float) -> _Mean:
    return _Mean(lambda values: np.power(values, exponent), lambda sums: np.power(sums, 1.0 / exponent), least=0.0)


_MEANS: dict[Method, _Mean] = {
    "arithmetic": _Mean(_same, _same),
    "geometric": _Mean(np.log, np.exp, least=0.0),
    "harmonic": _Mean(np.reciprocal, np.reciprocal, least=0.0),
    "scaled_geometric": _Mean(_log_distance, _from_log_distance, *SCALE),
}

_OUTRANKING: dict[Method, Callable[[Floats, Floats], Floats]] = {"copeland": copeland, "outranking": outranked}
