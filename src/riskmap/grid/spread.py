"""Spreading: values known only for an area, shared out over its cells by people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.cells import Grid
from riskmap.grid.polygons import AreaShares, area_shares
from riskmap.model.area import Area
from riskmap.model.cube import Floats

_NOBODY = 1e-6
"""People below which an area counts as one where nobody is known to live."""


@dataclass(frozen=True)
class Ground:
    """A grid with the areas over it and, where known, its people.

    Args:
        grid: The cells.
        areas: Areas by level, level 0 (the country) among them.
        people: People of each cell, shape (cells,), NaN where unknown; None where the case has no population raster.
    """

    grid: Grid
    areas: Mapping[int, tuple[Area, ...]]
    people: Floats | None = None
    _kept: dict[int, AreaShares] = field(default_factory=dict, repr=False, compare=False)

    def overlaps(self, level: int) -> AreaShares:
        """Areas of one level over the cells, in km²."""
        if level not in self._kept:
            self._kept[level] = area_shares([area.geometry for area in self.areas[level]], self.grid)
        return self._kept[level]

    def shares(self, level: int) -> tuple[sparse.csr_matrix, npt.NDArray[np.bool_]]:
        """How each area's value is spread over its cells, and for which areas that was by area alone.

        A cell's people belong to the areas in it by the area each has of it. Rows sum to 1 for every area that touches
        the grid, to 0 for the others.

        Returns:
            Shape (areas, cells), and shape (areas,).
        """
        km2 = self.overlaps(level).km2
        if self.people is None:
            return _rows_to_one(km2), np.ones(km2.shape[0], bool)
        inside = np.asarray(km2.sum(axis=0)).ravel()
        density = np.divide(np.nan_to_num(self.people), inside, out=np.zeros_like(inside), where=inside > 0)
        weighted = km2 @ sparse.diags(density)
        by_area = np.asarray(weighted.sum(axis=1)).ravel() < _NOBODY
        mixed = weighted + sparse.diags(by_area.astype(float)) @ km2
        return _rows_to_one(mixed), by_area

    @cached_property
    def land_km2(self) -> Floats:
        """Area of each cell inside the country, shape (cells,)."""
        return np.asarray(self.overlaps(min(self.areas)).km2.sum(axis=0)).ravel()


def _rows_to_one(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows divided by their sums; the division is repeated once so that they sum to 1 to the last digit or two."""
    result = sparse.csr_matrix(matrix)
    for _ in range(2):
        sums = np.asarray(result.sum(axis=1)).ravel()
        result = sparse.csr_matrix(sparse.diags(np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)) @ result)
    result.eliminate_zeros()
    result.sort_indices()
    return result
