"""Any file of points or polygons as values; every ugly one is refused or repaired aloud, none is read as nothing."""

import json
from collections.abc import Mapping

import pytest
import shapely

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.sources.shapes import Shapes

POINT = {"type": "Point", "coordinates": [37.5, 48.1]}
SQUARE = {"type": "Polygon", "coordinates": [[[37, 48], [38, 48], [38, 49], [37, 49], [37, 48]]]}
INCIDENTS = {"unit": "incidents", "kind": "flow", "spread": "extensive", "theme": "conflict"}
GIVEN = {"start": "Date", "days": 1, "measures": {"incidents": {"filled": "Date", **INCIDENTS}}}
NUMBERS = {"measures": {"incidents": {"column": "Number", **INCIDENTS}}}


def feature(geometry: object = POINT, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"Date": "2024/03/05"} | properties, "geometry": geometry}


@pytest.fixture
def read(raw):
    def reading(*features: object, name: str = "file.geojson", **options: object):
        content = json.dumps({"type": "FeatureCollection", "features": features})
        return Shapes().read(raw(content, name), GIVEN | options)

    return reading


def test_a_point_is_near_unless_the_case_says_how_exact_it_is(read) -> None:
    (record,) = read(feature()).layer.table.to_pylist()
    assert (record["measure"], record["value"], record["geo_precision"]) == ("incidents", 1, "near")
    assert (f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}") == ("2024-03-05", "2024-03-06")
    assert read(feature(), point_precision="adm2").layer.table["geo_precision"].to_pylist() == ["adm2"]
    assert read(feature(SQUARE), point_precision="adm2").layer.table["geo_precision"].to_pylist() == ["exact"]


def test_numbers_come_from_an_attribute_and_unknown_is_no_zero(read) -> None:
    reading = read(
        feature(Number=3), feature(Number="NA"), feature(Number=None, Note="?"), feature(Number=0), **NUMBERS
    )
    assert sorted(reading.layer.table["value"].to_pylist(), key=str) == [0, 3, None, None]


def test_one_file_may_hold_several_measures(read, total) -> None:
    both = {"incidents": GIVEN["measures"]["incidents"], "dead": {"column": "Dead", **INCIDENTS, "unit": "people"}}
    reading = read(feature(Dead=2), feature(SQUARE, Dead=5), measures=both)
    assert (total(reading.layer, "incidents"), total(reading.layer, "dead")) == (2, 7)
    assert reading.accepted == 2
    assert reading.notes == ("1 polygons of together 8,217.6 km2", "1 points")


def test_the_same_feature_twice_counts_once_and_two_events_at_one_place_count_twice(read) -> None:
    reading = read(feature(Note="shelling"), feature(Note="shelling"), feature(Note="raid"))
    assert (len(reading.layer), dict(reading.quarantined)) == (2, {"repeated feature": 1})


def test_an_id_tells_features_apart_and_a_later_file_replaces_them(read) -> None:
    first = read(feature(Code="A", Number=3), feature(Code=None), id="Code", published="2024-03-06", **NUMBERS)
    assert dict(first.quarantined) == {"Code: missing": 1}
    later = read(feature(Code="A", Number=4), id="Code", published="2024-03-09", **NUMBERS)
    (standing,) = Layer.concat([later.layer, first.layer]).standing().table.to_pylist()
    assert (standing["value"], standing["record_id"]) == (4, "A/2024-03-05")
    assert f"{standing['published']:%m-%d}" == "03-09"


def test_what_others_count_as_well_is_told_by_the_case(read) -> None:
    measure = GIVEN["measures"]["incidents"] | {"overlap": "conflict-events"}
    assert read(feature(), measures={"incidents": measure}).layer.table["overlap_group"].to_pylist() == [
        "conflict-events"
    ]


@pytest.mark.parametrize(
    ("span", "days"),
    [
        ({"start": "Date", "days": 7}, ("03-05", "03-12")),
        ({"start": None, "start_date": "2024-01-01", "days": None, "end_date": "2024-02-01"}, ("01-01", "02-01")),
        ({"days": None, "end": "Gone"}, ("03-05", "03-20")),
    ],
)
def test_days_stand_in_attributes_or_in_the_case(read, span: Mapping[str, object], days: tuple[str, str]) -> None:
    (record,) = read(feature(Gone="2024/03/20"), **span).layer.table.to_pylist()
    assert (f"{record['start']:%m-%d}", f"{record['end']:%m-%d}") == days


def test_what_ends_before_it_starts_is_refused(read) -> None:
    assert read(feature(Gone="2024/03/01"), days=None, end="Gone").quarantined == {"ends before it starts": 1}


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "no geometry"),
        (
            {"type": "MultiPoint", "coordinates": [[1, 1], [2, 2]]},
            "several points: one value is not told apart among them",
        ),
        ({"type": "GeometryCollection", "geometries": [POINT]}, "neither point nor polygon"),
        (
            {"type": "MultiLineString", "coordinates": [[[1, 1], [2, 2]]]},
            "a line: values along lines are not shared out over cells; make areas of them with a buffer first",
        ),
    ],
)
def test_shapes_that_cannot_hold_a_value_are_refused(read, geometry: object, reason: str) -> None:
    reading = read(feature(), feature(geometry))
    assert (reading.accepted, dict(reading.quarantined)) == (1, {reason: 1})


def test_a_list_of_one_point_is_that_point(read) -> None:
    (wkb,) = read(feature({"type": "MultiPoint", "coordinates": [[37.5, 48.1]]})).layer.table["geometry"].to_pylist()
    assert shapely.from_wkb(wkb).equals(shapely.Point(37.5, 48.1))


@pytest.mark.parametrize("words", ["Women's shelter", "SAFE HOUSE", "transit centre Nord", "reception sites"])
def test_the_place_of_a_shelter_is_never_kept(read, words: str) -> None:
    reading = read(feature(), feature(Kind=words))
    assert reading.quarantined == {"the place of a shelter, which is never kept": 1}
    assert words not in str(reading.examples)
    assert read(feature(SQUARE, Kind=words)).accepted == 1


@pytest.mark.parametrize("changes", [{"name": "safe_houses.geojson"}, {"Shelter_Name": "x"}])
def test_a_file_of_shelters_is_refused_whole(read, changes: Mapping[str, str]) -> None:
    name = changes.get("name", "file.geojson")
    properties = {key: value for key, value in changes.items() if key != "name"}
    with pytest.raises(InputError, match="points of shelters are never kept"):
        read(feature(**properties), name=name)
    assert read(feature(SQUARE, **properties), name=name).accepted == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"start": None}, "give either start"),
        ({"end_date": "2025-01-01"}, "give exactly one of end"),
        ({"measures": {}}, "option measures"),
        ({"measures": {"incidents": {"count_distinct": "Date", **INCIDENTS}}}, "count_distinct is for tables"),
        ({"measures": {"incidents": {"column": "Nowhere", **INCIDENTS}}}, "no column 'Nowhere'"),
        ({"start": "Nowhere"}, "no column 'Nowhere'"),
        ({"where": {"Date": "2025/01/01"}}, "no row matches where"),
        ({"colour": "red"}, "option colour: is not known"),
    ],
)
def test_wrong_options_are_refused(read, options: Mapping[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(feature(), **options)


def test_features_without_any_attribute_can_be_placed_but_hold_nothing(read) -> None:
    bare = {"type": "Feature", "properties": None, "geometry": POINT}
    with pytest.raises(InputError, match="no column 'Date'"):
        read(bare)


def test_the_real_hostilities_with_truncated_names(read_real, total) -> None:
    """Counted with the json module: 596 points, 591 of them different; 34 and 33 on 31 December."""
    path = "ukraine/ocha_ukr_hostilities_20221213_31.geojson"
    box = [22, 44, 41, 53]
    reading = read_real("shapes", path, **GIVEN, expect_bbox=box)
    assert (reading.read, reading.accepted, total(reading.layer, "incidents")) == (596, 591, 591)
    some = read_real("shapes", path, **GIVEN, where={"Date": "2022/12/31"})
    assert (some.read, some.accepted) == (34, 33)
    assert some.notes[-1] == "562 features left out by where"


def test_the_real_border_crossings_are_places_and_no_shelters(read_real, total) -> None:
    crossings = {"border_crossings": {"filled": "Name_ENG", **INCIDENTS, "kind": "stock", "theme": "protection"}}
    reading = read_real(
        "shapes",
        "ukraine/ocha_ukr_border_crossings_20230530.geojson",
        measures=crossings,
        start="StatusAsOf",
        end_date="2023-12-31",
        where={"Status": "Operational"},
    )
    assert total(reading.layer, "border_crossings") == 46
    assert not reading.quarantined


def test_real_routes_are_refused_as_lines_or_with_the_area_told_as_swapped(read_real) -> None:
    path = "ugly/flee_mali2022_2024_routes.geojson"
    span = {"start_date": "2022-01-01", "end_date": "2025-01-01", "measures": GIVEN["measures"]}
    with pytest.raises(InputError, match="longitude and latitude are swapped"):
        read_real("shapes", path, **span, expect_bbox=[-12.5, 10, 4.5, 25])
    with pytest.raises(InputError, match="every feature is a line"):
        read_real("shapes", path, **span)


def test_real_points_without_their_attributes_are_refused(read_real) -> None:
    with pytest.raises(InputError, match=r"cod_SYR_adm4_pplp_20210113\.dbf \(attributes\) is missing"):
        read_real("shapes", "ugly/cod_SYR_adm4_pplp_20210113.shp", **GIVEN)


@pytest.mark.parametrize(
    ("path", "count", "told"), [("SOM", 74, "58 of 74 geometries"), ("TCD", 70, "69 of 70 geometries")]
)
def test_real_polygons_typed_wrongly_are_repaired_aloud(read_real, path: str, count: int, told: str) -> None:
    span = {"start_date": "2022-01-01", "end_date": "2025-01-01"}
    units = {"units": {"filled": "ADM2_PCODE", **INCIDENTS, "kind": "stock", "theme": "population"}}
    reading = read_real("shapes", f"ugly/cod_ab_{path}_adm2_ibf.geojson", **span, measures=units)
    assert reading.accepted == count
    assert reading.notes[0].startswith(told)


def test_a_real_stub_is_refused(read_real) -> None:
    with pytest.raises(InputError):
        read_real("shapes", "ugly/cadre_harmonise_WCA_adm1_2024_10_01_UGLY.json", **GIVEN)


def test_a_real_flood_in_metres_is_brought_into_degrees(read_real) -> None:
    """121,883 km2 on the plane of its projection, 121,809 km2 on the ellipsoid."""
    flooded = {"flooded": {"filled": "fid", **INCIDENTS, "kind": "index", "spread": "intensive", "theme": "disaster"}}
    reading = read_real(
        "shapes",
        "somalia/som_flood_deyr_2023_dissolved.shp",
        measures=flooded,
        start_date="2023-11-01",
        end_date="2023-12-01",
        expect_bbox=[40, -2, 52, 12],
    )
    assert reading.notes == ("1 polygons of together 121,808.7 km2",)
