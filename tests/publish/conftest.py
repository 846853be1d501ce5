"""A small invented snapshot whose every number can be told from its row and period."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h3
import numpy as np
import pyarrow as pa
import pytest

import riskmap
from riskmap.store.shelf import Shelf
from riskmap.store.snapshot import Snapshot

CENTRE = (2.5, 45.2)
"""Latitude and longitude, as h3 takes them."""

PERIODS = ("2024-01", "2024-02", "2024-03")
CLASSES = (("very low", 2.0), ("low", 3.5), ("medium", 5.0), ("high", 6.5), ("very high", None))
NODES = ("pressure", "shelter", "conflict", "homes", "raids", "crowding", "rents")
UNFED = "rents"
UNKNOWN = math.nan


def _value(period: int, row: int) -> float:
    """Tenths that walk through the scale; every fifth cell is unknown, row 0 an observed zero."""
    return UNKNOWN if row % 5 == 4 else (row * 7 + period * 13 * (row > 0)) % 101 / 10


def _floats(values: np.ndarray) -> pa.Array:
    flat = np.asarray(values).ravel().astype(np.float32)
    return pa.array(flat, mask=np.isnan(flat))


def _ring(cell: int) -> tuple[list[int], list[int], int]:
    """Outline in world units, clockwise on the map, on beyond the edge of the world where it crosses it."""
    lat, lon = np.array(h3.cell_to_boundary(h3.int_to_str(cell))[::-1]).T
    lon = np.where(lon - lon[0] > 180, lon - 360, np.where(lon - lon[0] < -180, lon + 360, lon))
    x = np.rint((lon / 360 + 0.5) * 2**30).astype(int)
    y = np.rint((0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)) * 2**30).astype(int)
    spare = [0] * (10 - len(x))
    return [*x.tolist(), *[int(x[0]) for _ in spare]], [*y.tolist(), *[int(y[0]) for _ in spare]], len(x)


def _cells(cells: np.ndarray) -> pa.Table:
    rings = [_ring(int(cell)) for cell in cells]
    latlon = np.array([h3.cell_to_latlng(h3.int_to_str(int(cell))) for cell in cells])
    count = len(cells)
    return pa.table(
        {
            "cell": pa.array(cells),
            "lon": latlon[:, 1],
            "lat": latlon[:, 0],
            "area_km2": [h3.cell_area(h3.int_to_str(int(cell)), "km^2") for cell in cells],
            "population": pa.array([None if row == 1 else 1000.0 * row for row in range(count)]),
            "admin1_pcode": pa.array(["SW01"] * count),
            "admin1_name": pa.array(["Westland"] * count),
            "admin2_pcode": pa.array([None] * count, pa.string()),
            "admin2_name": pa.array([None if row == 2 else 'Old "Town", ünder' for row in range(count)]),
            "ring_x": pa.array([x for x, _, _ in rings], pa.list_(pa.int32(), 10)),
            "ring_y": pa.array([y for _, y, _ in rings], pa.list_(pa.int32(), 10)),
            "ring_n": pa.array([n for _, _, n in rings], pa.int8()),
        }
    )


def _keys(cells: np.ndarray, periods: int) -> dict[str, pa.Array]:
    index = np.repeat(np.arange(periods, dtype=np.int16), len(cells))
    return {"period": pa.array(index), "cell": pa.array(np.tile(cells, periods))}


def _scores(cells: np.ndarray, values: np.ndarray) -> pa.Table:
    flat = values.ravel()
    known = ~np.isnan(flat)
    below = [limit for _, limit in CLASSES if limit is not None]
    status = np.where(known, np.where(np.arange(len(flat)) % 5 == 3, 1, 0), 2).astype(np.int8)
    columns = {
        "value": _floats(flat),
        "low": _floats(np.clip(flat - 1, 0, 10)),
        "high": _floats(np.clip(flat + 1.25, 0, 10)),
        "class": pa.array(np.where(known, np.searchsorted(below, flat, side="right"), -1).astype(np.int8)),
        "status": pa.array(status),
        "coverage": pa.array(np.choose(status, [0.9, 0.6, 0.3]).astype(np.float32)),
    }
    nodes = {name: _floats(np.full_like(flat, np.nan) if name == UNFED else flat / 2) for name in NODES}
    return pa.table(_keys(cells, len(values)) | columns | nodes)


def _indicators(cells: np.ndarray, values: np.ndarray) -> pa.Table:
    flat, known = values.ravel(), ~np.isnan(values.ravel())
    columns: dict[str, pa.Array] = {}
    for name, feed in (("raids", 1), ("crowding", 0)):
        columns[name] = _floats(flat * 10)
        columns[f"{name}.coverage"] = pa.array(known.astype(np.float32))
        columns[f"{name}.support"] = pa.array(np.where(known, 2, 9).astype(np.int8))
        columns[f"{name}.age_days"] = _floats(np.where(known, 40.0, np.nan))
        columns[f"{name}.feed"] = pa.array(np.where(known, feed, -1).astype(np.int8))
    return pa.table(_keys(cells, len(values)) | columns)


def _licence(name: str, attribution: str, *, derived: bool = True) -> dict[str, Any]:
    return {"id": name, "attribution": attribution, "url": "https://example.org", "raw": False, "derived": derived}


def _input(source: str, measures: Sequence[str], licence: Mapping[str, Any]) -> dict[str, Any]:
    told = {"source": source, "title": f"Title of {source}", "path": f"{source}.csv", "sha256": "0" * 64, "bytes": 1}
    counts = {"read": 2, "accepted": 2, "quarantined": {}, "notes": []}
    return told | counts | {"measures": list(measures), "licence": dict(licence)}


def _indicator(name: str, component: str, label: str, weight: float, measures: Sequence[str]) -> dict[str, Any]:
    return {
        "id": name,
        "component": component,
        "label": label,
        "unit": "per <1,000>",
        "weight": weight,
        "effective_weight": weight / 2,
        "goalposts": [0, 100],
        "direction": "+",
        "feeds": [{"measure": one, "proxy": "beds in place of rooms" if "tables" in one else None} for one in measures],
        "fed": name != UNFED,
    }


def _recipe() -> dict[str, Any]:
    return {
        "name": "small",
        "version": "0.1",
        "hash": "0" * 64,
        "scale": [0, 10],
        "population": ["worldpop:population"],
        "classes": [{"name": name, "below": below} for name, below in CLASSES],
        "thresholds": {"indicator": 0.5, "component": 0.5, "insufficient": 0.5, "partial": 2 / 3},
        "dimensions": [
            {"id": "pressure", "label": "Pressure", "weight": 1.0},
            {"id": "shelter", "label": "Shelter", "weight": 1.0},
        ],
        "components": [
            {"id": "conflict", "dimension": "pressure", "label": "Conflict", "weight": 1.0},
            {"id": "homes", "dimension": "shelter", "label": "Homes", "weight": 1.0},
        ],
        "indicators": [
            _indicator("raids", "conflict", "Raids", 1.0, ["ucdp:raids", "acled:raids"]),
            _indicator("crowding", "homes", "Crowding", 0.6, ["tables:crowding"]),
            _indicator("rents", "homes", "Rents", 0.4, ["tables:rents"]),
        ],
    }


def _manifest(bounds: Sequence[float], periods: Sequence[str], **case: Any) -> dict[str, Any]:
    acled, open_licence = _licence("ACLED-terms", "ACLED & partners"), _licence("CC-BY-4.0", "National <survey>")
    told = {
        "name": "small",
        "title": "Small world",
        "synthetic": True,
        "iso3": "XSW",
        "resolution": 6,
        "periods": list(periods),
        "step": "month",
        "as_of": "2024-03-31",
    }
    return {
        "format": 1,
        "code_version": "0.1.0",
        "case": told | case,
        "bounds": list(bounds),
        "recipe": _recipe(),
        "inputs": [
            _input("acled", ["raids"], acled),
            _input("tables", ["crowding"], open_licence),
            _input("tables", ["rents"], _licence("X", "Rent office")),
            _input("worldpop", ["population"], _licence("CC-BY-4.0", "WorldPop")),
            _input("ucdp", ["raids"], _licence("CC-BY-4.0", "UCDP")),
        ],
        "reconciliation": [],
        "people_by_class": {},
    }


@pytest.fixture(scope="session")
def make_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Snapshot]:
    """Publishes a small world of given cells; `values` (periods, cells) in place of its own, `change` for its manifest."""

    def make(
        cells: Sequence[int], values: np.ndarray | None = None, change: Callable[..., Any] | None = None
    ) -> Snapshot:
        ordered = np.array(sorted(cells), np.uint64)
        if values is None:
            values = np.array([[_value(period, row) for row in range(len(ordered))] for period in range(3)])
        table = _cells(ordered)
        lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
        manifest = _manifest(
            [lon.min() - 0.1, lat.min() - 0.1, lon.max() + 0.1, lat.max() + 0.1], PERIODS[: len(values)]
        )
        if change:
            change(manifest)
        tables = {"cells": table, "scores": _scores(ordered, values), "indicators": _indicators(ordered, values)}
        return Shelf(tmp_path_factory.mktemp("store")).publish(tables, manifest, {})

    return make


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory, root: Path, sample_data: Path) -> Callable[..., Snapshot]:
    """Builds the sample with large cells; `recipe` changes the recipe's text, `case` the case's."""
    folder = tmp_path_factory.mktemp("invented")
    store = folder / "store"

    def make(recipe: Mapping[str, str] | None = None, case: Mapping[str, str] | None = None) -> Snapshot:
        told = (root / "src" / "riskmap" / "score" / "recipes" / "trafficking.toml").read_text()
        text = (root / "data" / "cases" / "sample.toml").read_text()
        for old, new in (recipe or {}).items():
            told = told.replace(old, new)
        for old, new in (case or {}).items():
            text = text.replace(old, new)
        (folder / "other.toml").write_text(told)
        text = text.replace('recipe = "trafficking"', f'recipe = "{folder / "other.toml"}"')
        (folder / "case.toml").write_text(text)
        return riskmap.build(riskmap.load_case(folder / "case.toml", 4), sample_data, store)

    return make


@pytest.fixture(scope="session")
def island(invented: Callable[..., Snapshot]) -> Snapshot:
    """The sample as it is, with large cells."""
    return invented()


@pytest.fixture(scope="session")
def disk() -> Callable[..., list[int]]:
    """Cells within so many rings of a place, given as lat, lon and resolution."""

    def around(lat: float, lon: float, resolution: int, rings: int) -> list[int]:
        return [h3.str_to_int(cell) for cell in h3.grid_disk(h3.latlng_to_cell(lat, lon, resolution), rings)]

    return around


@pytest.fixture(scope="session")
def small(make_snapshot: Callable[..., Snapshot], disk: Callable[..., list[int]]) -> Snapshot:
    """127 cells of resolution 6 in three periods."""
    return make_snapshot(disk(*CENTRE, 6, 6))


@pytest.fixture(scope="session")
def world() -> SimpleNamespace:
    """What the small world is made from: periods, classes, parts, and its value by period and row."""
    return SimpleNamespace(periods=PERIODS, classes=CLASSES, nodes=NODES, unfed=UNFED, centre=CENTRE, value=_value)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Folder for files."""
    return tmp_path
