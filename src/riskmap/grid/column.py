"""Columns: from what each place had to the values, coverage, support and age of every cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.model.cube import Floats, Support


@dataclass
class Column:
    """One measure while it is being filled; arrays of shape (periods, cells), all unknown at first."""

    values: Floats
    coverage: npt.NDArray[np.float32]
    support: npt.NDArray[np.int8]
    age_days: npt.NDArray[np.float32]

    @classmethod
    def unknown(cls, periods: int, cells: int) -> Column:
        """A column that knows nothing yet."""
        shape = (periods, cells)
        return cls(
            np.full(shape, np.nan),
            np.zeros(shape, np.float32),
            np.full(shape, Support.NONE, np.int8),
            np.full(shape, np.nan, np.float32),
        )

    def put(self, period: int, known: npt.NDArray[np.bool_], filled: Filled) -> None:
        """Fills the known cells of one period; the others stay unknown."""
        self.values[period, known] = filled.values[known]
        self.coverage[period, known] = np.clip(filled.coverage[known], 0.0, 1.0)
        self.support[period, known] = filled.support[known]
        self.age_days[period, known] = np.maximum(filled.age_days[known], 0.0)


@dataclass(frozen=True)
class Filled:
    """One period of a column; arrays of shape (cells,)."""

    values: Floats
    coverage: Floats
    support: npt.NDArray[np.int8]
    age_days: Floats


def median_support(
    matrix: sparse.csr_matrix, amounts: Floats, codes: npt.NDArray[np.int8], fallback: int
) -> npt.NDArray[np.int8]:
    """Weighted median of the support of what made each cell's value: half of it was known at least that finely.

    Args:
        matrix: Shape (places, cells).
        amounts: What each place had, shape (places,); the size of it is the weight.
        codes: `Support` codes, shape (places,).
        fallback: Code for cells that nothing reached.

    Returns:
        Shape (cells,).
    """
    present = np.unique(codes[codes != Support.NONE])
    weights = np.abs(amounts) + 1e-12
    layers = [matrix.T @ np.where(codes == code, weights, 0.0) for code in present]
    return median_of(np.array(layers).reshape(len(present), matrix.shape[1]), present, fallback)


def median_of(layers: Floats, codes: npt.NDArray[np.int8], fallback: int) -> npt.NDArray[np.int8]:
    """Weighted median of support, from what each cell has of every code.

    Args:
        layers: Weights, shape (codes, cells).
        codes: `Support` codes, ascending.
        fallback: Code for cells that have nothing.

    Returns:
        Shape (cells,).
    """
    if not len(codes):
        return np.full(layers.shape[1], fallback, np.int8)
    total = layers.sum(axis=0)
    reached = np.cumsum(layers, axis=0) >= total / 2 * (1 - 1e-12)
    return np.where(total > 0, codes[np.argmax(reached, axis=0)], fallback).astype(np.int8)


def youngest(matrix: sparse.csr_matrix, ages: Floats) -> Floats:
    """Age of the youngest of the places that reach each cell; NaN where none does; shape (cells,)."""
    entries = sparse.coo_matrix(matrix)
    found = np.full(matrix.shape[1], np.inf)
    np.minimum.at(found, entries.col, ages[entries.row])
    return np.where(np.isinf(found), np.nan, found)
