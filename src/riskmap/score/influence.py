"""Influence: how much of the index's variance each part accounts for, whatever its weight says."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline

from riskmap.model.cube import Floats

_LEAST = 5
_PIECES = 12
_DEGREE = 3
_SMOOTHNESS = np.geomspace(1e-6, 1e6, 49)


def main_effect(part: Floats, index: Floats) -> float:
    """First-order sensitivity index S = Var(E[I | x]) / Var(I): the share of variance that knowing the part explains.

    The conditional mean is a penalised cubic spline of 12 pieces through the units, its smoothness chosen by
    generalised cross-validation.

    Args:
        part: Scores of one part, shape (units,); NaN = unknown.
        index: Scores of the index, shape (units,); NaN = unknown.

    Returns:
        Share 0..1; NaN with fewer than 5 different values or without spread.

    Source: Paruolo, Saisana and Saltelli (2013), Ratings and rankings: voodoo or science?; Eilers and Marx (1996),
    Flexible smoothing with B-splines and penalties.
    """
    known = ~np.isnan(part) & ~np.isnan(index)
    x, y = part[known], index[known]
    if len(np.unique(x)) < _LEAST or np.ptp(y) == 0:
        return float("nan")
    fitted = _smoothed((x - x.min()) / np.ptp(x), y)
    return float(np.clip(np.var(fitted) / np.var(y), 0.0, 1.0))


def _smoothed(x: Floats, y: Floats) -> Floats:
    """Smooth values at x, which lies in 0..1."""
    knots = np.arange(-_DEGREE, _PIECES + _DEGREE + 1) / _PIECES
    basis = BSpline.design_matrix(x, knots, _DEGREE).toarray()
    bends = np.diff(np.eye(basis.shape[1]), 2, axis=0)
    inner, outer = basis.T @ basis, basis.T @ y
    fits: list[tuple[float, Floats]] = []
    for smoothness in _SMOOTHNESS * len(x):
        # The last term keeps pieces without units from being anything at all.
        system = inner + smoothness * bends.T @ bends + 1e-9 * np.eye(len(inner))
        freedom = float(np.trace(np.linalg.solve(system, inner)))
        fitted = np.asarray(basis @ np.linalg.solve(system, outer))
        fits.append((float(np.mean((y - fitted) ** 2)) / (1 - min(freedom / len(x), 0.999)) ** 2, fitted))
    return min(fits, key=lambda fit: fit[0])[1]
