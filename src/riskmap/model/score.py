"""Scores: the index by period and cell, with everything it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Cells, Floats
from riskmap.model.period import Period


class Status(IntEnum):
    """How much of the index stands on data: drawn as it is, drawn as partial, or not scored at all."""

    SCORED = 0
    PARTIAL = 1
    INSUFFICIENT = 2


@dataclass(frozen=True)
class IndicatorValues:
    """One indicator before normalisation; arrays of shape (periods, cells).

    Args:
        values: In the indicator's unit; NaN = unknown.
        coverage: Observed share 0..1; 0 where null.
        support: `riskmap.model.cube.Support` codes.
        age_days: Age of the newest data used; NaN where null.
        feed: Which of the recipe's feeds gave the value, by position; -1 where null.
    """

    values: Floats
    coverage: npt.NDArray[np.float32]
    support: npt.NDArray[np.int8]
    age_days: npt.NDArray[np.float32]
    feed: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Score:
    """The index of a case; arrays of shape (periods, cells).

    Args:
        cells: Sorted H3 cells, shape (cells,).
        periods: The case's periods, look-back dropped.
        value: Index on the recipe's scale; NaN where insufficient.
        low: What the index would be if everything missing were at its best; NaN where insufficient.
        high: What it would be if everything missing were at its worst; NaN where insufficient.
        class_index: Position in the recipe's classes; -1 where insufficient.
        status: `Status` codes.
        coverage: Share 0..1 of the index's weight that stands on observed indicators.
        nodes: Scores of dimensions, components and indicators by id, on the recipe's scale; NaN = unknown.
        indicators: Raw indicator values by id; only those that some feed reached.
        population: People of the cell; NaN = unknown.
    """

    cells: Cells
    periods: tuple[Period, ...]
    value: Floats
    low: Floats
    high: Floats
    class_index: npt.NDArray[np.int8]
    status: npt.NDArray[np.int8]
    coverage: npt.NDArray[np.float32]
    nodes: Mapping[str, Floats]
    indicators: Mapping[str, IndicatorValues]
    population: Floats
