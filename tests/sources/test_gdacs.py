"""Disasters: one record an event, with the one shape that stands for the affected area."""

import json
import random

import pytest
import shapely

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.gdacs import Gdacs


def square(size: float) -> dict[str, object]:
    return json.loads(shapely.to_geojson(shapely.box(0, 0, size, size)))


def feature(part: str, geometry: object, **changes: object) -> dict[str, object]:
    told = {"eventtype": "EQ", "eventid": 7, "episodeid": 2, "alertlevel": "Orange", "istemporary": "false"}
    days = {"fromdate": "2024-05-08T23:59:00", "todate": "2024-05-09T00:01:00", "datemodified": "2024-05-10T12:00:00"}
    return {"type": "Feature", "properties": {**told, **days, "Class": part, **changes}, "geometry": geometry}


CENTROID = feature("Point_Centroid", {"type": "Point", "coordinates": [0.5, 0.5]})


@pytest.fixture
def read(raw):
    def reading(*features: object):
        return Gdacs().read(raw(json.dumps({"type": "FeatureCollection", "features": features}), "gdacs.json"), {})

    return reading


def area_of(layer: Layer) -> float:
    return float(shapely.from_wkb(layer.table["geometry"][0].as_py()).area)


def test_an_event_is_one_record_of_whole_days(read) -> None:
    reading = read(CENTROID, feature("Poly_Affected", square(2)))
    (record,) = reading.layer.table.to_pylist()
    assert (reading.read, reading.accepted) == (1, 1)
    assert (record["record_id"], record["event_id"], record["version"]) == ("EQ7", "EQ7", "0000000002.area")
    assert (record["measure"], record["kind"], record["spread"], record["value"]) == (
        "hazard_extent",
        "hazard",
        "intensive",
        1,
    )
    assert (f"{record['start']:%Y-%m-%d %H}", f"{record['end']:%Y-%m-%d %H}") == ("2024-05-08 00", "2024-05-10 00")
    assert f"{record['published']:%Y-%m-%dT%H}" == "2024-05-10T12"
    assert (record["geo_precision"], record["preliminary"], record["licence"]) == ("exact", False, "GDACS")


def test_drought_is_slow(read) -> None:
    assert read(feature("Poly_area", square(1), eventtype="DR")).layer.table["measure"].to_pylist() == [
        "slow_hazard_extent"
    ]


@pytest.mark.parametrize(
    ("parts", "area"),
    [
        ({"Poly_Affected": 2, "Poly_Global": 9, "Poly_area": 4}, 4),
        ({"Poly_area": 4, "Poly_Circle": 9}, 16),
        ({"Poly_Circle": 9, "Poly_SMPInt_5.0": 5, "Poly_SMPInt_6.0": 3, "Poly_SMPInt_7.0": 1}, 9),
        ({"Poly_Circle": 9, "Poly_SMPInt_4.0": 5, "Poly_SMPInt_5.0": 3}, 9),
        ({"Poly_Red": 1, "Poly_Orange": 2, "Poly_Cones": 9}, 4),
    ],
)
def test_one_of_the_nested_shapes_is_the_affected_area(read, parts: dict[str, float], area: float) -> None:
    features = [feature(part, square(size)) for part, size in parts.items()]
    layer = read(CENTROID, *features).layer
    assert area_of(layer) == area
    assert read(*reversed(features), CENTROID).layer == layer


def test_the_outermost_wind_over_the_whole_track_comes_before_single_positions(read) -> None:
    whole = feature("Poly_Green", square(5), polygonlabel="60 km/h")
    strong = feature("Poly_Orange", square(3), polygonlabel="90 km/h")
    position = feature("Poly_Green", square(2), polygonlabel="28/01 06:00")
    assert area_of(read(position, strong, whole).layer) == 25
    assert area_of(read(position, strong).layer) == 9


def test_a_centroid_stands_in_only_where_there_is_no_area(read) -> None:
    reading = read(CENTROID, feature("Poly_Circle", square(9)), feature("Poly_Affected", square(0)))
    (record,) = reading.layer.table.to_pylist()
    assert (shapely.from_wkb(record["geometry"]).wkt, record["geo_precision"]) == ("POINT (0.5 0.5)", "near")
    assert record["version"] == "0000000002"
    assert "shapes left aside: 1 Poly_Affected, 1 Poly_Circle" in reading.notes


def test_of_two_files_of_one_episode_the_one_with_the_area_wins(read) -> None:
    layers = [read(CENTROID).layer, read(CENTROID, feature("Poly_area", square(3))).layer]
    for order in (layers, layers[::-1]):
        assert area_of(Layer.concat(order).canonical()) == 9


def test_a_later_episode_takes_the_place_of_an_earlier(read) -> None:
    first, second = (feature("Poly_area", square(n), episodeid=n, alertlevel="Red") for n in (9, 10))
    assert area_of(read(first, second).layer.canonical()) == 100


def test_ids_are_unique_within_a_type_only(read) -> None:
    reading = read(CENTROID, feature("Point_Centroid", {"type": "Point", "coordinates": [9, 9]}, eventtype="FL"))
    assert reading.layer.table["record_id"].to_pylist() == ["EQ7", "FL7"]


def test_longitudes_beyond_the_antimeridian_come_back(read) -> None:
    far = feature("Point_Centroid", {"type": "Point", "coordinates": [-181.25, 10]})
    assert shapely.from_wkb(read(far).layer.table["geometry"][0].as_py()).x == 178.75


def test_invalid_shapes_are_repaired_and_counted(read) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    reading = read(feature("Poly_Affected", bow_tie))
    assert area_of(reading.layer) == pytest.approx(2)
    assert "1 invalid shapes repaired" in reading.notes


def test_what_is_wrong_with_an_event_is_counted(read) -> None:
    reading = read(
        CENTROID,
        feature("Point_Centroid", CENTROID["geometry"], eventid=None),
        feature("Point_Centroid", CENTROID["geometry"], eventid=1, eventtype="XX"),
        feature("Point_Centroid", CENTROID["geometry"], eventid=2, fromdate="2024-05-20T00:00:00"),
        feature("Point_Centroid", CENTROID["geometry"], eventid=3, fromdate="soon", datemodified="soon"),
        feature("Point_Centroid", None, eventid=4),
    )
    assert (reading.read, reading.accepted, len(reading.layer)) == (6, 1, 1)
    assert reading.quarantined == {
        "eventid: missing": 1,
        "eventtype: none of DR, EQ, FL, TC, VO, WF": 1,
        "fromdate: not a date of the form %Y-%m-%d": 1,
        "no geometry": 1,
        "todate before fromdate": 1,
    }


def test_green_alerts_are_kept_and_levels_counted(read) -> None:
    centroid = CENTROID["geometry"]
    levels = ("green", "GREEN", "Red", None)
    reading = read(*(feature("Point_Centroid", centroid, eventid=n, alertlevel=one) for n, one in enumerate(levels)))
    assert reading.accepted == 4
    assert reading.notes[0] == "alert levels: 2 Green, 1 Red, 1 none"


def test_a_running_event_is_preliminary(read) -> None:
    running = feature("Point_Centroid", CENTROID["geometry"], iscurrent="true")
    assert read(running).layer.table["preliminary"].to_pylist() == [True]


def test_order_and_repetition_do_not_matter(read) -> None:
    features = [feature("Poly_area", square(n), eventid=n // 2, episodeid=n % 2) for n in range(1, 7)]
    shuffled = random.Random(7).sample(features * 2, 12)
    assert read(*features).layer.canonical() == read(*shuffled).layer.canonical()


def test_rows_that_do_not_fit_the_header_of_a_list_are_counted(raw) -> None:
    header = "eventid,eventtype,fromdate,todate,alertlevel,geometry"
    good = "1,FL,2024-05-08,2024-05-09,Green,\"{'type': 'Point', 'coordinates': [1, 2]}\""
    reading = Gdacs().read(raw(f"{header}\n{good}\n2,FL\n", "list.csv"), {})
    assert (reading.read, reading.accepted) == (2, 1)
    assert reading.quarantined == {"another number of cells than the header": 1}
    with pytest.raises(InputError, match="no event in it"):
        Gdacs().read(raw(f"{header}\n2,FL\n", "list.csv"), {})


def test_it_takes_no_options(raw) -> None:
    with pytest.raises(InputError, match="option colour: is not known"):
        Gdacs().read(raw(json.dumps(CENTROID), "event.json"), {"colour": "red"})


@pytest.mark.parametrize(
    ("path", "record", "version", "taken"),
    [
        ("gdacs_dr-1016449-ep7-geometry.json", "DR1016449", "0000000007.area", "1 Poly_area"),
        ("gdacs_fl-1102983-ep1-geometry.json", "FL1102983", "0000000001.area", "1 Poly_Affected"),
        ("gdacs_tc-1001253-ep1-geometry.json", "TC1001253", "0000000001.area", "1 Poly_Green"),
        ("gdacs_tc-1001253-event.json", "TC1001253", "0000000007", "1 Point_Centroid"),
        ("gdacs_cap1.xml", "EQ1243255", "0001342589", "1 Point_Centroid"),
        ("gdacs_global_gdacs-rss-24h.xml", "DR1012728", "0000000043", "21 Point_Centroid"),
    ],
)
def test_real_files(read_real, path: str, record: str, version: str, taken: str) -> None:
    reading = read_real("gdacs", f"global/disaster/{path}")
    first = reading.layer.table.to_pylist()[0]
    assert (first["record_id"], first["version"], reading.notes[1]) == (record, version, f"shapes taken: {taken}")
    assert reading.quarantined == {}


def test_the_real_cyclone_is_its_whole_wind_field(read_real) -> None:
    layer = read_real("gdacs", "global/disaster/gdacs_tc-1001253-ep1-geometry.json").layer
    bounds = shapely.from_wkb(layer.table["geometry"][0].as_py()).bounds
    assert bounds == pytest.approx((168.6924, -27.526, 175.1388, -15.566))


def test_the_real_flood_list(read_real) -> None:
    reading = read_real("gdacs", "global/disaster/gdacs_global_flood_db_20260204.csv")
    assert (reading.read, reading.accepted) == (3990, 3989)
    assert reading.quarantined == {"todate before fromdate": 1}
    assert reading.notes[0] == "alert levels: 3821 Green, 150 Orange, 18 Red"
    assert len(set(reading.layer.table["record_id"].to_pylist())) == 3989


def test_the_sample_drought_in_its_latest_episode(sample_data) -> None:
    layers = [
        Gdacs().read(Raw(path, path.name, ""), {}).layer for path in sorted(sample_data.glob("gdacs_*_geometry.json"))
    ]
    records = Layer.concat(layers).canonical().table.to_pylist()
    assert [(one["record_id"], one["measure"]) for one in records] == [
        ("EQ9900211", "hazard_extent"),
        ("DR9900103", "slow_hazard_extent"),
    ]
    assert f"{records[1]['end']:%Y-%m-%d}" == "2025-07-01"
