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


def test_what_others_draw_of_the_same_disaster_is_never_added_to_it(read) -> None:
    assert read(flood("FL1")).layer.table["overlap_group"].to_pylist() == ["hazard-areas"]


def test_the_day_of_publication_is_told_by_the_case_or_not_known(read) -> None:
    assert read(flood("FL1")).layer.table["published"].to_pylist() == [None]
    (published,) = read(flood("FL1"), published="2024-04-02").layer.table["published"].to_pylist()
    assert f"{published:%Y-%m-%d}" == "2024-04-02"


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


def test_a_flood_in_metres_is_brought_into_degrees(read_real) -> None:
    """121,883 km2 is far too much for water: it is the area that was affected; the figure is that of the file."""
    reading = read_real(
        "hazard_areas",
        "somalia/som_flood_deyr_2023_dissolved.shp",
        hazard="rapid",
        start="2023-11-01",
        end="2023-12-01",
        expect_bbox=[40, -2, 52, 12],
    )
    (shape,) = shapely.from_wkb(reading.layer.table["geometry"].to_pylist())
    assert shapely.box(40, -2, 52, 12).contains(shape)
    assert "121,8" in reading.notes[-1]


def test_polygons_typed_wrongly_are_repaired_aloud(read_real) -> None:
    reading = read_real("hazard_areas", "ugly/cod_ab_SOM_adm2_ibf.geojson", **GIVEN)
    assert (reading.read, reading.accepted) == (74, 74)
    assert reading.notes[0] == "58 of 74 geometries hold other coordinates than their type says; read by coordinates"


def test_a_shapefile_without_its_attributes_is_refused(read_real) -> None:
    with pytest.raises(InputError, match=r"companion cod_SYR_adm4_pplp_20210113\.dbf \(attributes\) is missing"):
        read_real("hazard_areas", "ugly/cod_SYR_adm4_pplp_20210113.shp", **GIVEN)


def test_an_empty_answer_is_refused(read_real) -> None:
    with pytest.raises(InputError):
        read_real("hazard_areas", "ugly/cadre_harmonise_WCA_adm1_2024_10_01_UGLY.json", **GIVEN)


def test_swapped_axes_are_refused_where_the_area_is_told(read_real) -> None:
    with pytest.raises(InputError, match="longitude and latitude are swapped"):
        read_real("hazard_areas", "ugly/flee_mali2022_2024_routes.geojson", **GIVEN, expect_bbox=[-12.5, 10, 4.5, 25])


def test_without_the_area_lines_give_no_hazard_and_say_so(read_real) -> None:
    reading = read_real("hazard_areas", "ugly/flee_mali2022_2024_routes.geojson", **GIVEN)
    assert (reading.accepted, dict(reading.quarantined)) == (0, {"not a polygon": 20})
