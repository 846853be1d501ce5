"""Denominating: amounts told for the size of what they belong to, such as deaths per 1,000 people."""

from __future__ import annotations

import numpy as np

from riskmap.model.cube import Floats


def denominate(values: Floats, by: Floats, factor: float = 1.0) -> Floats:
    """Values per so many units of a denominator: x / (d / factor).

    Args:
        values: Shape (units,), or any; NaN = unknown.
        by: The denominator, of the same shape; NaN = unknown.
        factor: Units of the denominator that a value is told for, such as 1000 people.

    Returns:
        Of the same shape; NaN where either is unknown or the denominator is 0, which there is nothing to divide by.
    """
    scaled = by / factor
    rate: Floats = np.divide(values, scaled, out=np.full(values.shape, np.nan), where=scaled != 0)
    return rate
