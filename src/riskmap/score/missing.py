"""Missing values: filled from a group, from neighbours or from a parent, and each filled value marked as such."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.model.cube import Floats

Centre = Literal["mean", "median"]


class Filling(IntEnum):
    """Where a value comes from."""

    OBSERVED = 0
    MISSING = 1
    GROUP = 2
    NEIGHBOURS = 3
    PARENT = 4


@dataclass(frozen=True)
class Filled:
    """Values of one indicator; arrays of shape (units,).

    Args:
        values: NaN where there was nothing to fill from.
        how: `Filling` codes.
    """

    values: Floats
    how: npt.NDArray[np.int8]


def left(values: Floats) -> Filled:
    """Values as they are: what is missing is left out of every mean, and the other weights are scaled up.

    Args:
        values: Shape (units,); NaN = unknown.
    """
    return _filled(values, np.full(values.shape, np.nan), Filling.MISSING)


def fill_from_group(values: Floats, groups: npt.NDArray[np.str_] | None = None, centre: Centre = "mean") -> Filled:
    """Each missing value filled with the mean or median of the units of its group.

    Args:
        values: Shape (units,); NaN = unknown.
        groups: Group of each unit; units with an empty one are left as they are. None: all units are one group.
        centre: Which middle.

    Source: OECD and JRC Handbook on Constructing Composite Indicators (2008), step 3, unconditional mean imputation.
    """
    names = np.full(values.shape, "all") if groups is None else np.asarray(groups, dtype=str)
    given = np.full(values.shape, np.nan)
    for name in np.unique(names[names != ""]):
        inside = names == name
        known = values[inside & ~np.isnan(values)]
        if known.size:
            given[inside] = known.mean() if centre == "mean" else np.median(known)
    return _filled(values, given, Filling.GROUP)


def fill_from_neighbours(values: Floats, neighbours: sparse.csr_matrix) -> Filled:
    """Each missing value filled with the weighted mean of its neighbours that were observed.

    What was filled fills nothing else, so that a guess does not travel.

    Args:
        values: Shape (units,); NaN = unknown.
        neighbours: Weight of each unit (column) for each unit (row), none negative; shape (units, units).
    """
    known = ~np.isnan(values)
    total = np.asarray(neighbours @ np.where(known, values, 0.0))
    weight = np.asarray(neighbours @ known.astype(np.float64))
    given: Floats = np.divide(total, weight, out=np.full(values.shape, np.nan), where=weight > 0)
    return _filled(values, given, Filling.NEIGHBOURS)


def fill_from_parent(values: Floats, parent: npt.NDArray[np.int64], parent_values: Floats) -> Filled:
    """Each missing value filled with that of the unit's parent, such as its district or country.

    Args:
        values: Shape (units,); NaN = unknown.
        parent: Position of each unit's parent in `parent_values`; -1 where it has none.
        parent_values: Shape (parents,), of the same indicator in the same unit; NaN = unknown.
    """
    given = np.append(parent_values, np.nan)[parent]
    return _filled(values, given, Filling.PARENT)


def _filled(values: Floats, given: Floats, how: Filling) -> Filled:
    unknown = np.isnan(values)
    filled = np.where(unknown, given, values)
    marks = np.where(np.isnan(filled), Filling.MISSING, np.where(unknown, how, Filling.OBSERVED))
    return Filled(filled, marks.astype(np.int8))
