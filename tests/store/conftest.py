"""A world of seven cells and two periods, as the pipeline hands it to the store."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import h3
import numpy as np
import pyarrow as pa
import pytest

CENTRE = h3.latlng_to_cell(2.5, 45.2, 6)
CELLS = np.array(sorted(h3.str_to_int(cell) for cell in h3.grid_disk(CENTRE, 1)), np.uint64)
PERIODS = ("2024-01", "2024-02")
UNKNOWN = math.nan
SCORES = np.array(
    [
        [0.0, 1.5, 3.0, 4.5, 6.0, 7.5, UNKNOWN],
        [0.5, 2.0, 3.5, 5.0, 6.5, UNKNOWN, 0.0],
    ]
)
"""By period and cell: the last cell is unknown first and then an observed zero."""


def _floats(values: np.ndarray) -> pa.Array:
    flat = values.ravel().astype(np.float32)
    return pa.array(flat, mask=np.isnan(flat))


def _keys() -> dict[str, pa.Array]:
    return {
        "period": pa.array(np.repeat(np.arange(2, dtype=np.int16), 7)),
        "cell": pa.array(np.tile(CELLS, 2)),
    }


def _tables() -> dict[str, pa.Table]:
    latlon = [h3.cell_to_latlng(h3.int_to_str(int(cell))) for cell in CELLS]
    rings = pa.array([[1, 2, 3, 4, 5, 6, 1, 1, 1, 1]] * 7, pa.list_(pa.int32(), 10))
    cells = pa.table(
        {
            "cell": pa.array(CELLS),
            "lon": [lon for _, lon in latlon],
            "lat": [lat for lat, _ in latlon],
            "population": pa.array([100.0, 0.0, None, 300.0, 400.0, 500.0, 600.0]),
            "admin1_name": pa.array(["North", "North", "South", "South", None, "South", ""]),
            "ring_x": rings,
            "ring_y": rings,
            "ring_n": pa.array([6] * 7, pa.int8()),
        }
    )
    status = np.where(np.isnan(SCORES), 2, 0).ravel().astype(np.int8)
    scores = pa.table(_keys() | {"value": _floats(SCORES), "status": pa.array(status), "conflict": _floats(SCORES / 2)})
    indicators = pa.table(_keys() | {"raids": _floats(SCORES * 10), "raids.feed": pa.array(status)})
    return {"cells": cells, "scores": scores, "indicators": indicators}


def _manifest(**case: Any) -> dict[str, Any]:
    told = {
        "name": "seven",
        "title": "Seven cells",
        "synthetic": True,
        "iso3": "XXX",
        "resolution": 6,
        "periods": list(PERIODS),
        "step": "month",
    }
    return {"format": 1, "case": told | case, "code_version": "0", "inputs": [], "reconciliation": []}


@pytest.fixture
def tables() -> dict[str, pa.Table]:
    """Fresh tables of the seven cells."""
    return _tables()


@pytest.fixture
def make_manifest() -> Callable[..., dict[str, Any]]:
    """Makes a manifest; what is given replaces parts of its case."""
    return _manifest


@pytest.fixture
def cells() -> np.ndarray:
    """The seven cells, sorted."""
    return CELLS


@pytest.fixture
def scores() -> np.ndarray:
    """Expected scores, shape (2, 7), NaN = unknown."""
    return SCORES
