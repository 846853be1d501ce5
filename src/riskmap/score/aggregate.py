"""Aggregating: several scores into one, by a weighted mean of those that are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats
from riskmap.score.parts import SCALE, Method

_TOP = SCALE[1]


def aggregate(values: Floats, weights: npt.ArrayLike, method: Method) -> Floats:
    """Weighted mean over the first axis; unknown values are left out and the other weights scaled up.

    All three are quasi-arithmetic means, f⁻¹(Σ w f(x) / Σ w): never outside what goes in, never falling where a value
    rises, and blind to the order of what goes in.

    - `arithmetic`, f(x) = x: a low part makes up for a high one in full.
    - `geometric`, f(x) = ln x: 0 where any part is 0.
    - `scaled_geometric`, f(x) = ln((10-x)/10·9+1): the geometric mean of the distance from the worst, so that a high
      part is not averaged away; of 10 and 0 it makes 7.60.

    Args:
        values: Shape (n, ...), on the scale 0..10; NaN = unknown.
        weights: Shape (n,), none negative.
        method: The mean.

    Returns:
        Shape (...); NaN where nothing with a weight is known.

    Source: INFORM Risk Index methodology, Joint Research Centre (scaled geometric average).
    """
    share = np.asarray(weights, dtype=np.float64).reshape(-1, *([1] * (values.ndim - 1)))
    known = ~np.isnan(values) & (share > 0)
    forward, backward = _MEANS[method]
    total = np.sum(np.where(known, share, 0.0), axis=0)
    with np.errstate(divide="ignore"):
        summed = np.sum(np.where(known, share * forward(np.where(known, values, _TOP)), 0.0), axis=0)
    mean = np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
    seen = np.where(known, values, np.nan)
    # Powers and logarithms round in the last digit; a mean may still not leave what it is a mean of.
    return np.asarray(np.clip(backward(mean), np.fmin.reduce(seen, axis=0), np.fmax.reduce(seen, axis=0)))


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


def _same(values: Floats) -> Floats:
    return values


def _log_distance(values: Floats) -> Floats:
    return np.log((_TOP - values) / _TOP * 9.0 + 1.0)


def _from_log_distance(values: Floats) -> Floats:
    return (10.0 - np.exp(values)) / 9.0 * _TOP


_MEANS: dict[Method, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "arithmetic": (_same, _same),
    "geometric": (np.log, np.exp),
    "scaled_geometric": (_log_distance, _from_log_distance),
}
