"""Outranking: units scored by how they stand against each other unit, so that nothing makes up for anything."""

from __future__ import annotations

import numpy as np

from riskmap.errors import TooLarge
from riskmap.model.cube import Floats

MOST_UNITS = 10_000
"""Units that are ranked against each other at most; every pair takes its place in memory."""

_SAME = 1e-12


def outranking_matrix(values: Floats, weights: Floats) -> Floats:
    """Share of the weight on which each unit lies above each other one; equal values count half.

    Only indicators known for both units of a pair count, and their weights are scaled up to 1; so the two shares of a
    pair always sum to 1, whatever the order of the units.

    Args:
        values: Shape (n, units); NaN = unknown.
        weights: Shape (n,), none negative.

    Returns:
        Shape (units, units): row above column; 0 on the diagonal; NaN where a pair has no indicator in common.

    Raises:
        TooLarge: There are more than `MOST_UNITS`.

    Source: Munda and Nardo (2009), Noncompensatory/nonlinear composite indicators for ranking countries.
    """
    units = values.shape[1]
    if units > MOST_UNITS:
        raise TooLarge(f"outranking compares every pair of {units:,} units; it takes at most {MOST_UNITS:,}")
    above, shared = np.zeros((2, units, units))
    for row, weight in zip(values, weights, strict=True):
        left, right = row[:, None], row[None, :]
        above += weight * ((left > right) + 0.5 * (left == right))
        shared += weight * (~np.isnan(left) & ~np.isnan(right))
    matrix: Floats = np.divide(above, shared, out=np.full(above.shape, np.nan), where=shared > 0)
    np.fill_diagonal(matrix, 0.0)
    return matrix


def copeland(values: Floats, weights: Floats) -> Floats:
    """Copeland scores: units that a unit outranks, less those that outrank it.

    Args:
        values: Shape (n, ...), the other axes being units; NaN = unknown.
        weights: Shape (n,), none negative.

    Returns:
        Shape (...); -(units-1)..units-1; NaN where nothing with a weight is known.
    """
    matrix = outranking_matrix(values.reshape(len(values), -1), weights)
    edge = matrix - 0.5
    np.fill_diagonal(edge, 0.0)
    # Shares are sums of weights; equality with one half must not hang on their last digit.
    won = np.where(np.isnan(edge) | (np.abs(edge) < _SAME), 0.0, np.sign(edge))
    return _known(won.sum(axis=1), values, weights)


def outranked(values: Floats, weights: Floats) -> Floats:
    """Sum over all other units of the share of weight on which a unit lies above them, 0..units-1.

    Args:
        values: Shape (n, ...), the other axes being units; NaN = unknown.
        weights: Shape (n,), none negative.

    Returns:
        Shape (...); NaN where nothing with a weight is known.
    """
    matrix = outranking_matrix(values.reshape(len(values), -1), weights)
    return _known(np.nansum(matrix, axis=1), values, weights)


def _known(scores: Floats, values: Floats, weights: Floats) -> Floats:
    known = np.any(~np.isnan(values[weights > 0]), axis=0)
    return np.where(known, scores.reshape(known.shape), np.nan)
