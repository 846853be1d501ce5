"""Any polygon file as the area of a hazard."""

import json
import random

import pytest
import shapely

from riskmap.errors import InputError
from riskmap.sources.hazard_areas import HazardAreas

GIVEN = {"hazard": "rapid", "start": "2024-03-27", "end": "2024-04-15"}


def box(west: float, south: float) -> dict[str, object]:
    return json.loads(shapely.to_geojson(shapely.box(west, south, west + 1, south + 1)))


def flood(event: str, geometry: object = None, **more: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"event": event, **more}, "geometry": geometry or box(0, 0)}


def collection(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def read(raw):
    return lambda *features, **options: HazardAreas().read(raw(collection(*features), "flood.geojson"), GIVEN | options)


def test_a_polygon_is_a_hazard_from_its_start_to_the_day_before_its_end(read) -> None:
    reading = read(flood("FL1"), licence="SWALIM", attribution="FAO")
    (record,) = reading.layer.table.to_pylist()
    assert (record["source"], record["theme"], record["measure"]) == ("hazard_areas", "disaster", "hazard_extent")
    assert (record["kind"], record["spread"], record["value"], record["unit"]) == (
        "hazard",
        "intensive",
        1,
        "share of cell",
    )
    assert (f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}") == ("2024-03-27", "2024-04-15")
    assert shapely.from_wkb(record["geometry"]).equals(shapely.box(0, 0, 1, 1))
    assert record["licence"] == "SWALIM"
    assert reading.notes == ("1 polygons of together 12,308.8 km2 kept",)


def test_a_slow_hazard_is_another_measure(read) -> None:
    assert read(flood("DR1"), hazard="slow").layer.table["measure"].to_pylist() == ["slow_hazard_extent"]


def test_a_filter_tells_the_area_of_what_it_keeps_and_leaves_out(read) -> None:
    reading = read(flood("FL1"), flood("FL2", box(5, 0)), flood("FL3", box(7, 0)), where={"event": "FL1"})
    assert (reading.read, reading.accepted, len(reading.layer)) == (1, 1, 1)
    assert reading.notes == ("1 polygons of together 12,308.8 km2 kept; 2 of 24,617.6 km2 left out by where",)


def test_what_is_no_polygon_is_quarantined(read) -> None:
    reading = read(
        flood("FL1"), flood("FL2", {"type": "Point", "coordinates": [0, 0]}), flood("FL3") | {"geometry": None}
    )
    assert (reading.read, reading.accepted) == (3, 1)
    assert reading.quarantined == {"no geometry": 1, "not a polygon": 1}


def test_days_may_stand_in_columns(read) -> None:
    first = flood("FL1", seen="01/05/2024", gone="31/05/2024")
    backwards = flood("FL2", box(5, 0), seen="20/05/2024", gone="10/05/2024")
    columns = {"start": None, "end": None, "start_column": "seen", "end_column": "gone"}
    reading = read(first, backwards, **columns, date_format="%d/%m/%Y")
    assert [f"{day:%Y-%m-%d}" for day in reading.layer.table["start"].to_pylist()] == ["2024-05-01"]
    assert reading.quarantined == {"ends before it starts": 1}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"hazard": None}, "option hazard: Input should be 'rapid' or 'slow'"),
        ({"start": None}, "give either start"),
        ({"end_column": "gone"}, "give either end"),
        ({"end": "2024-03-27"}, "must come after start"),
        ({"where": {"event": "FL9"}}, "no row matches where"),
        ({"expect_bbox": [30, 0, 40, 1], "colour": "red"}, "option colour: is not known"),
    ],
)
def test_wrong_options_are_refused(read, options: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(flood("FL1"), **options)


def test_order_and_repetition_do_not_matter(read) -> None:
    features = [flood("FL1", box(place, 0)) for place in range(5)]
    shuffled = random.Random(7).sample(features * 2, 10)
    assert read(*features).layer.canonical() == read(*shuffled).layer.canonical()


def test_two_of_the_159_real_gu_polygons_are_the_flood(read_real) -> None:
    reading = read_real(
        "hazard_areas",
        "somalia/som_flood_gu_2023.shp",
        hazard="rapid",
        where={"EventCode": "FL20230327SOM"},
        start="2023-03-27",
        end="2023-04-15",
    )
    assert (reading.read, reading.accepted, len(reading.layer)) == (2, 2, 2)
    assert reading.notes == ("2 polygons of together 477.9 km2 kept; 157 of 2,320.1 km2 left out by where",)
