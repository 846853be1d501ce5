"""The cube: values by period, cell and measure, each with how far and how finely it was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from riskmap.model.period import Period

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.uint64]


class Support(IntEnum):
    """Native support: the size of the place a value was really known for, finest first.

    `NONE` marks a null.
    """

    CELL = 0
    NEAR = 1
    ADM2 = 2
    ADM1 = 3
    COUNTRY = 4
    NONE = 9


@dataclass(frozen=True)
class Measure:
    """One measure on the grid: arrays of shape (periods, cells).

    Args:
        name: `source:measure`, with `@kernel` behind it where seen through a kernel.
        values: NaN = unknown, 0 = observed zero.
        coverage: Share 0..1 of the cell and period that was observed; 0 where the value is null.
        support: `Support` codes.
        age_days: Days from the newest record used to the period's last day; NaN where null.
        unit: Unit of the values.
        spread: `extensive` values add up over cells, `intensive` ones average.
        licence: Licence id of the source.
        overlap_group: Whom it may never be added to, as in `riskmap.model.overlap`; empty where anyone.
    """

    name: str
    values: Floats
    coverage: npt.NDArray[np.float32]
    support: npt.NDArray[np.int8]
    age_days: npt.NDArray[np.float32]
    unit: str
    spread: str
    licence: str
    overlap_group: str = ""


@dataclass(frozen=True)
class Cube:
    """Every measure of a case on one grid.

    Args:
        cells: Sorted H3 cells, shape (cells,).
        periods: Consecutive periods, look-back first.
        measures: By `Measure.name`.
    """

    cells: Cells
    periods: tuple[Period, ...]
    measures: Mapping[str, Measure]
