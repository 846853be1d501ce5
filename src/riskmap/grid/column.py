"""Columns: values, coverage, support and age of every cell, over all periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.model.cube import Floats, Support


@dataclass(frozen=True)
class Column:
    """One measure on cells; arrays of shape (periods, cells).

    Args:
        values: NaN = unknown.
        coverage: Share 0..1 that was observed; 0 where unknown.
        support: `Support` codes.
        age_days: NaN where unknown.
    """

    values: Floats
    coverage: npt.NDArray[np.float32]
    support: npt.NDArray[np.int8]
    age_days: npt.NDArray[np.float32]

    @classmethod
    def of(
        cls,
        known: npt.NDArray[np.bool_],
        values: Floats,
        coverage: Floats,
        support: npt.NDArray[np.int8],
        age_days: Floats,
    ) -> Column:
        """A column that knows what it is told to know; the others may be of any shape that fits."""
        shape = known.shape
        return cls(
            np.where(known, values, np.nan),
            np.where(known, np.clip(coverage, 0.0, 1.0), 0.0).astype(np.float32),
            np.where(known, support, np.int8(Support.NONE)).astype(np.int8).reshape(shape),
            np.where(known, np.maximum(age_days, 0.0), np.nan).astype(np.float32),
        )

    @classmethod
    def joined(cls, parts: Sequence[Column]) -> Column:
        """The columns of shards, one behind the other."""
        if len(parts) == 1:
            return parts[0]
        names = ("values", "coverage", "support", "age_days")
        return cls(*(np.concatenate([getattr(part, name) for part in parts], axis=1) for name in names))


def median_support(
    matrix: sparse.spmatrix, weights: Floats, codes: npt.NDArray[np.int8], fallback: int
) -> npt.NDArray[np.int8]:
    """Weighted median of the support of what made each cell's value: half of it was known at least that finely.

    Args:
        matrix: Shape (places, cells).
        weights: Of each place in each period, shape (places, periods).
        codes: `Support` codes, shape (places,).
        fallback: Code for cells that nothing reached.

    Returns:
        Shape (periods, cells).
    """
    present = np.unique(codes[codes != Support.NONE])
    shape = (weights.shape[1], matrix.shape[1])
    if present.tolist() in ([], [fallback]):
        return np.full(shape, fallback, np.int8)
    layers = [(matrix.T @ np.where((codes == code)[:, None], weights, 0.0)).T for code in present]
    return median_of(np.stack(layers), present, fallback)


def median_of(layers: Floats, codes: npt.NDArray[np.int8], fallback: int) -> npt.NDArray[np.int8]:
    """Weighted median of support, from what each cell has of every code.

    Args:
        layers: Weights, shape (codes, ...).
        codes: `Support` codes, ascending.
        fallback: Code for cells that have nothing.

    Returns:
        Shape (...).
    """
    found = np.full(layers.shape[1:], fallback, np.int8)
    left = layers.sum(axis=0) / 2 * (1 - 1e-12)
    pending = left > 0
    for code, layer in zip(codes, layers, strict=True):
        left -= layer
        reached = pending & (left <= 0)
        found[reached] = code
        pending &= ~reached
    return found
