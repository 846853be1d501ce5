"""Influence: how much of the index's variance each part accounts for, whatever its weight says."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import make_smoothing_spline

from riskmap.model.cube import Floats

_LEAST = 5


def main_effect(part: Floats, index: Floats) -> float:
    """First-order sensitivity index S = Var(E[I | x]) / Var(I): the share of variance a part would take, if fixed.

    The conditional mean is a cubic smoothing spline through the units, its smoothness chosen by generalised
    cross-validation; units of the same x enter as their mean, weighted by how many they are.

    Args:
        part: Scores of one part, shape (units,); NaN = unknown.
        index: Scores of the index, shape (units,); NaN = unknown.

    Returns:
        Share 0..1; NaN with fewer than 5 different values or without spread.

    Source: Paruolo, Saisana and Saltelli (2013), Ratings and rankings: voodoo or science?
    """
    known = ~np.isnan(part) & ~np.isnan(index)
    x, y = part[known], index[known]
    places, where, counts = np.unique(x, return_inverse=True, return_counts=True)
    if len(places) < _LEAST or np.ptp(y) == 0:
        return float("nan")
    # The choice of smoothness is not stable on any scale but this one.
    along = (places - places[0]) / (places[-1] - places[0])
    means = np.bincount(where, y) / counts
    smooth = make_smoothing_spline(along, means, w=counts.astype(np.float64))
    return float(np.clip(np.var(smooth(along)[where]) / np.var(y), 0.0, 1.0))
