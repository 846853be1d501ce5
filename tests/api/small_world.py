"""A small invented snapshot whose every number can be told from its row: the service's tests stand on it."""

from __future__ import annotations

from pathlib import Path

import h3
import numpy as np
import pyarrow as pa

from riskmap import Shelf, Snapshot

CENTRE = (2.5, 45.2)  # lat, lon, as h3 takes them
RESOLUTION = 6
PERIODS = ("2024-01", "2024-02", "2024-03")
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(*CENTRE, RESOLUTION), 6))
SCORED, PARTIAL, INSUFFICIENT = 0, 1, 2
CLASSES = (("very low", 2.0), ("low", 3.5), ("medium", 5.0), ("high", 6.5), ("very high", None))

_LATLON = np.array([h3.cell_to_latlng(cell) for cell in CELLS])
LAT, LON = _LATLON[:, 0], _LATLON[:, 1]

STATUS = np.select([CENTRE[1] - 0.12 > LON, CENTRE[1] + 0.12 < LON], [INSUFFICIENT, PARTIAL], SCORED).astype(np.int8)
"""The west is insufficiently known, the east partly, the middle well; the same in every period."""

NODES = ("pressure", "shelter", "conflict", "homes", "raids", "crowding", "rents")
UNFED = "rents"


def value_of(period: int, row: int) -> float:
    """Score of a cell that has one: tenths that walk through the whole scale as row and period grow."""
    return (row * 7 + period * 13) % 100 / 10


def scores_of(period: int) -> np.ndarray:
    """Scores of all cells in one period; NaN where insufficient."""
    values = np.array([value_of(period, row) for row in range(len(CELLS))])
    return np.where(STATUS == INSUFFICIENT, np.nan, values)


def row_with(status: int) -> int:
    """A row of that status, away from the edge of the area where there are several."""
    rows = np.flatnonzero(status == STATUS)
    return int(rows[np.argmin(np.abs(LAT[rows] - CENTRE[0]) + np.abs(LON[rows] - LON[rows].mean()))])


def publish(store: Path, *, title: str = "Small world, 2024", synthetic: bool = True) -> Snapshot:
    """Publishes the small world; another title gives another snapshot."""
    return Shelf(store).publish(tables(), manifest(title, synthetic=synthetic), {"seconds": {}})


def tables() -> dict[str, pa.Table]:
    """Cells, scores and indicators, as the pipeline hands them to the store."""
    return {"cells": _cells(), "scores": _scores(), "indicators": _indicators()}


def manifest(title: str, *, synthetic: bool) -> dict[str, object]:
    """What the pipeline says of the build."""
    acled = {"id": "ACLED-terms", "attribution": "ACLED", "url": "https://acleddata.com", "raw": False, "derived": True}
    return {
        "format": 1,
        "code_version": "0.1.0",
        "case": {
            "name": "small",
            "title": title,
            "synthetic": synthetic,
            "iso3": "SOM",
            "resolution": RESOLUTION,
            "periods": list(PERIODS),
            "step": "month",
            "as_of": "2024-03-31",
            "pcode_level": 2,
        },
        "bounds": [float(LON.min()) - 0.05, float(LAT.min()) - 0.05, float(LON.max()) + 0.05, float(LAT.max()) + 0.05],
        "recipe": _recipe(),
        "support": {"0": "cell", "1": "near", "2": "adm2", "3": "adm1", "4": "country", "9": "none"},
        "limits": ["Shows where conditions favour trafficking, never where it happens: it is not an incidence map."],
        "inputs": [
            _input("acled", "Events", acled),
            _input("tables", "Homes", acled | {"id": "CC-BY-4.0"}),
            _input("tables", "Rooms", acled | {"id": "CC-BY-4.0"}),
        ],
        "boundaries": [],
        "reconciliation": [],
        "people_by_class": {},
    }


def _input(source: str, title: str, licence: dict[str, object]) -> dict[str, object]:
    told = {"source": source, "title": title, "path": f"{source}.csv", "sha256": "0" * 64, "bytes": 1, "measures": []}
    return told | {"licence": licence, "read": 2, "accepted": 2, "quarantined": {}, "examples": {}, "notes": []}


def _recipe() -> dict[str, object]:
    return {
        "name": "small",
        "title": "Small index",
        "version": "0.1",
        "hash": "0" * 16,
        "scale": [0, 10],
        "classes": [{"name": name, "below": below} for name, below in CLASSES],
        "thresholds": {"indicator": 0.5, "component": 0.5, "insufficient": 0.5, "partial": 2 / 3},
        "aggregation": {"component": "arithmetic", "dimension": "scaled_geometric", "index": "geometric"},
        "dimensions": [
            {"id": "pressure", "label": "Pressure", "weight": 1.0},
            {"id": "shelter", "label": "Shelter", "weight": 1.0},
        ],
        "components": [
            {"id": "conflict", "dimension": "pressure", "label": "Conflict", "weight": 1.0},
            {"id": "homes", "dimension": "shelter", "label": "Homes", "weight": 1.0},
        ],
        "indicators": [
            _indicator("raids", "conflict", "Raids", "events", 1.0, "acled:raids"),
            _indicator("crowding", "homes", "Crowding", "people a room", 0.6, "tables:crowding"),
            _indicator("rents", "homes", "Rents", "% of income", 0.4, "tables:rents"),
        ],
    }


def _indicator(name: str, component: str, label: str, unit: str, weight: float, measure: str) -> dict[str, object]:
    return {
        "id": name,
        "component": component,
        "label": label,
        "unit": unit,
        "weight": weight,
        "effective_weight": weight / 2,
        "goalposts": [0, 100],
        "direction": "+",
        "feeds": [{"measure": measure, "proxy": "beds in place of rooms" if name == "crowding" else None}],
        "fed": name != UNFED,
    }


def _cells() -> pa.Table:
    rings = [_ring(cell) for cell in CELLS]
    count = len(CELLS)
    return pa.table(
        {
            "cell": pa.array([h3.str_to_int(cell) for cell in CELLS], pa.uint64()),
            "lon": LON,
            "lat": LAT,
            "area_km2": [h3.cell_area(cell, "km^2") for cell in CELLS],
            "population": [1000.0 + row for row in range(count)],
            "admin1_pcode": pa.array(["SW01"] * count),
            "admin1_name": pa.array(["Westland"] * count),
            "admin2_pcode": pa.array(["SW0101"] * count),
            "admin2_name": pa.array(["Old Town"] * count),
            "ring_x": pa.array([x for x, _ in rings], pa.list_(pa.int32(), 10)),
            "ring_y": pa.array([y for _, y in rings], pa.list_(pa.int32(), 10)),
            "ring_n": pa.array([6] * count, pa.int8()),
        }
    )


def _ring(cell: str) -> tuple[list[int], list[int]]:
    """Web-mercator outline in 2**30 world units, clockwise in tile space, padded with its first vertex."""
    lat, lon = np.array(h3.cell_to_boundary(cell)[::-1]).T
    x = np.rint((lon / 360 + 0.5) * 2**30).astype(int)
    y = np.rint((0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)) * 2**30).astype(int)
    return [*x.tolist(), *[int(x[0])] * 4], [*y.tolist(), *[int(y[0])] * 4]


def _scores() -> pa.Table:
    values = np.concatenate([scores_of(period) for period in range(len(PERIODS))])
    known = ~np.isnan(values)
    below = [limit for _, limit in CLASSES if limit is not None]
    status = np.tile(STATUS, len(PERIODS))
    columns = {
        "value": _floats(values),
        "low": _floats(np.clip(values - 1, 0, 10)),
        "high": _floats(np.clip(values + 1, 0, 10)),
        "class": pa.array(np.where(known, np.searchsorted(below, values, side="right"), -1).astype(np.int8)),
        "status": pa.array(status),
        "coverage": pa.array(np.choose(status, [0.9, 0.6, 0.3]).astype(np.float32)),
    }
    nodes = {name: _floats(np.full_like(values, np.nan) if name == UNFED else values) for name in NODES}
    return pa.table(_keys() | columns | nodes)


def _indicators() -> pa.Table:
    values = np.concatenate([scores_of(period) for period in range(len(PERIODS))])
    known = ~np.isnan(values)
    columns: dict[str, pa.Array] = {}
    for name in ("raids", "crowding"):
        columns[name] = _floats(values * 10)
        columns[f"{name}.coverage"] = pa.array(known.astype(np.float32))
        columns[f"{name}.support"] = pa.array(np.where(known, 2, 9).astype(np.int8))
        columns[f"{name}.age_days"] = _floats(np.where(known, 40.0, np.nan))
        columns[f"{name}.feed"] = pa.array(np.where(known, 0, -1).astype(np.int8))
    return pa.table(_keys() | columns)


def _keys() -> dict[str, pa.Array]:
    numbers = np.array([h3.str_to_int(cell) for cell in CELLS], dtype=np.uint64)
    periods = np.repeat(np.arange(len(PERIODS), dtype=np.int16), len(CELLS))
    return {"period": pa.array(periods), "cell": pa.array(np.tile(numbers, len(PERIODS)))}


def _floats(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=np.isnan(values))
