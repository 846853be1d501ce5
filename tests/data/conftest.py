"""The sample's districts and country as geometries, and how its files are read by nothing but standard tools."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _features(path: Path) -> list[dict]:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection"
    return content["features"]


@pytest.fixture(scope="session")
def table() -> Callable[[Path], list[dict[str, str]]]:
    """Reads a comma-separated table, all cells as text."""
    return _table


@pytest.fixture(scope="session")
def features() -> Callable[[Path], list[dict]]:
    """Reads the features of a GeoJSON collection."""
    return _features


@pytest.fixture(scope="session")
def districts(sample_data: Path) -> dict[str, dict]:
    """Properties and shape of every district by code."""
    found = _features(sample_data / "adm2.geojson")
    return {
        f["properties"]["ADM2_PCODE"]: f["properties"] | {"shape": shapely.geometry.shape(f["geometry"])} for f in found
    }


@pytest.fixture(scope="session")
def country(districts: dict[str, dict]) -> shapely.Geometry:
    return shapely.union_all([district["shape"] for district in districts.values()])
