"""A world small enough to check by hand: one cell in the open ocean and the six around it."""

from datetime import UTC, datetime

import h3
import numpy as np
import pytest
import shapely

from riskmap.grid.cells import Grid
from riskmap.grid.spread import Ground
from riskmap.model.area import Area
from riskmap.model.layer import Layer

CENTRE = h3.latlng_to_cell(-28.5, -23.5, 6)


def layer(records: list[dict[str, object]], **same: object) -> Layer:
    """A layer from a few records; dates are days of 2024 as ISO text."""
    keys = sorted({key for record in records for key in record} | {"record_id", "start", "end"})
    columns: dict[str, object] = {key: [record.get(key) for record in records] for key in keys}
    columns["record_id"] = [record.get("record_id", f"r{row}") for row, record in enumerate(records)]
    if "geo_precision" in columns:
        columns["geo_precision"] = [word or "none" for word in columns["geo_precision"]]
    for name, default in (("start", "2024-01-01"), ("end", "2024-02-01")):
        texts = [str(record.get(name, default)) for record in records]
        columns[name] = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]
    words = {"source": "demo", "theme": "conflict", "measure": "m", "kind": "flow", "spread": "extensive", "unit": "n"}
    return Layer.build(words | {"licence": "none"} | same | columns)


def point(lon: float, lat: float) -> bytes:
    return shapely.to_wkb(shapely.Point(lon, lat))


@pytest.fixture(scope="session")
def seven() -> Grid:
    """The centre cell and its ring, sorted."""
    return Grid(np.array(sorted(h3.str_to_int(cell) for cell in h3.grid_disk(CENTRE, 1)), np.uint64), 6)


@pytest.fixture(scope="session")
def centre(seven: Grid) -> int:
    """Position of the centre cell."""
    return int(seven.positions(np.array([h3.str_to_int(CENTRE)], np.uint64))[0])


@pytest.fixture(scope="session")
def make_layer():
    return layer


@pytest.fixture(scope="session")
def make_point():
    return point


@pytest.fixture(scope="session")
def country(seven: Grid) -> shapely.Geometry:
    """The seven cells as one polygon."""
    return shapely.union_all(seven.polygons)


@pytest.fixture(scope="session")
def ground(seven: Grid, country: shapely.Geometry) -> Ground:
    """Two regions, cut along the meridian of the centre: West with ten people a cell, East with thirty."""
    lon = float(seven.lon[seven.positions(np.array([h3.str_to_int(CENTRE)], np.uint64))[0]])
    west = country.intersection(shapely.box(-30, -40, lon, 0))
    east = country.intersection(shapely.box(lon, -40, 0, 0))
    areas = {
        0: (Area("XMV", "Maravela", 0, country),),
        1: (
            Area("XM01", "Poniente", 1, west, parent="XM", alternatives=("West",)),
            Area("XM02", "Levante", 1, east, parent="XM"),
        ),
    }
    people = np.where(seven.lon < lon, 10.0, 30.0)
    return Ground(seven, areas, people)
