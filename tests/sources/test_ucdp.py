"""UCDP: one provider, five layouts, and places that are only as exact as their code says."""

import json
import math
from collections.abc import Callable, Mapping

import pytest
import shapely

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.sources.source import Reading

Read = Callable[..., Reading]
Record = Mapping[str, Callable[..., dict[str, object]]]
Total = Callable[[Layer, str], float]


def only(layer: Layer, measure: str) -> dict[str, object]:
    (row,) = layer.of(measure).table.to_pylist()
    return row


def as_geojson(event: dict[str, object], geometry: object) -> str:
    properties = {key: value for key, value in event.items() if key not in {"longitude", "latitude"}}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def test_an_event_with_its_range_of_deaths(read: Read, record: Record) -> None:
    layer = read("ucdp", [record["ucdp"]()]).layer
    deaths = only(layer, "conflict_deaths")
    assert (deaths["low"], deaths["value"], deaths["high"], deaths["unit"]) == (2, 5, 14, "people")
    severity = only(layer, "conflict_severity")
    assert [severity[key] for key in ("low", "value", "high")] == pytest.approx(
        [math.log(3), math.log(6), math.log(15)]
    )
    assert only(layer, "conflict_events")["value"] == 1
    assert len(layer.of("civilian_targeting_events")) == 0
    assert deaths["record_id"] == "1001"


def test_the_last_day_belongs_to_the_event(read: Read, record: Record) -> None:
    event = only(read("ucdp", [record["ucdp"]()]).layer, "conflict_events")
    assert (f"{event['start']:%F}", f"{event['end']:%F}") == ("2009-06-09", "2009-06-11")


def test_one_sided_violence_is_against_civilians(read: Read, record: Record) -> None:
    assert only(read("ucdp", [record["ucdp"](type_of_violence=3)]).layer, "civilian_targeting_events")["value"] == 1


@pytest.mark.parametrize(
    ("code", "word", "precision_m"),
    [
        (1, "exact", None),
        (2, "near", 25_000),
        (3, "adm2", None),
        (4, "adm1", None),
        (5, "adm1", None),
        (6, "country", None),
        (7, "none", None),
    ],
)
def test_precision_of_place(code: int, word: str, precision_m: float | None, read: Read, record: Record) -> None:
    event = only(read("ucdp", [record["ucdp"](where_prec=code)]).layer, "conflict_events")
    assert (event["geo_precision"], event["precision_m"]) == (word, precision_m)


@pytest.mark.parametrize(("code", "word"), [(1, "day"), (2, "week"), (3, "week"), (4, "month"), (5, "year")])
def test_precision_of_time(code: int, word: str, read: Read, record: Record) -> None:
    assert only(read("ucdp", [record["ucdp"](date_prec=code)]).layer, "conflict_events")["time_precision"] == word


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"where_prec": 8}, "where_prec: not one of 1 to 7"),
        ({"date_prec": ""}, "date_prec: missing"),
        ({"type_of_violence": 4}, "type_of_violence: not one of 1 to 3"),
        ({"best": ""}, "best: missing"),
        ({"best": -2}, "best: negative"),
        ({"high": "many"}, "high: not a number"),
        ({"date_end": "2009-06-08"}, "date_end before date_start"),
        ({"date_end": "soon"}, "date_end: not a date of the form %Y-%m-%d"),
        ({"longitude": 999}, "longitude out of range"),
        ({"id": ""}, "id: missing"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(
    changes: dict[str, object], reason: str, read: Read, record: Record
) -> None:
    reading = read("ucdp", [record["ucdp"](id=row) for row in (1, 2, 3)] + [record["ucdp"](id=4) | changes])
    assert (reading.accepted, dict(reading.quarantined)) == (3, {reason: 1})


def test_a_repeated_id_counts_once(read: Read, record: Record) -> None:
    reading = read("ucdp", [record["ucdp"](), record["ucdp"]()])
    assert dict(reading.quarantined) == {"repeated id": 1}


def test_bounds_that_leave_the_best_outside_are_widened_aloud(read: Read, record: Record) -> None:
    reading = read("ucdp", [record["ucdp"](best=20)])
    deaths = only(reading.layer, "conflict_deaths")
    assert (deaths["low"], deaths["value"], deaths["high"]) == (2, 20, 20)
    assert reading.notes == ("1 events with the best estimate outside low and high: bounds widened to it",)


def test_a_release_without_bounds_has_none(read: Read, record: Record) -> None:
    event = {key: value for key, value in record["ucdp"]().items() if key not in {"low", "high"}}
    deaths = only(read("ucdp", [event]).layer, "conflict_deaths")
    assert (deaths["low"], deaths["high"]) == (None, None)


@pytest.mark.parametrize(
    ("changes", "options", "preliminary", "version"),
    [
        ({}, {}, False, None),
        ({"code_status": "Check deaths"}, {}, True, None),
        ({"code_status": ""}, {}, False, None),
        ({}, {"version": "25.1"}, False, "25.01"),
        ({}, {"version": "26.0.3"}, True, "26.00.03"),
        ({}, {"version": "26.0.11"}, True, "26.00.11"),
    ],
)
def test_what_is_preliminary(
    changes: dict[str, str],
    options: dict[str, str],
    preliminary: bool,
    version: str | None,
    read: Read,
    record: Record,
) -> None:
    """Releases sort as text the way they follow one another, so that the yearly one overrides the monthly ones."""
    event = only(read("ucdp", [record["ucdp"](**changes)], **options).layer, "conflict_events")
    assert (event["preliminary"], event["version"]) == (preliminary, version)


def test_a_version_that_is_none_is_refused(read: Read, record: Record) -> None:
    with pytest.raises(InputError, match="option version must be a release"):
        read("ucdp", [record["ucdp"]()], version="latest")


def test_geojson_holds_the_position_in_the_geometry_only(read: Read, record: Record) -> None:
    text = as_geojson(record["ucdp"](), {"type": "Point", "coordinates": [13.5, 11.25]})
    event = only(read("ucdp", text).layer, "conflict_events")
    assert shapely.from_wkb(event["geometry"]).coords[0] == (13.5, 11.25)


@pytest.mark.parametrize("geometry", [None, {"type": "Point", "coordinates": []}, [1, 2]])
def test_geojson_without_a_position_is_set_aside(geometry: object, read: Read, record: Record) -> None:
    assert dict(read("ucdp", as_geojson(record["ucdp"](), geometry)).quarantined) == {"longitude: missing": 1}


def test_geojson_without_properties_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match="row 1: a GeoJSON feature with properties is needed"):
        read("ucdp", json.dumps({"features": [{"geometry": None}]}))


def test_hxl_tags_index_column_and_decimal_ids(read: Read) -> None:
    """As one real release writes it: saved from a data frame, with tags below the header."""
    text = (
        ",ID,type_of_violence,where_prec,latitude,iso3,longitude,date_prec,date_start,date_end,best,high,low\n"
        "0,,,,#geo+lat,#country+code,#geo+lon,,#date+start,#date+end,#affected+killed,,\n"
        "1,15960.0,1.0,1.0,11.8,NGA,13.1,1.0,2009-06-09,2009-06-09,0.0,14.0,0.0\n"
    )
    reading = read("ucdp", text)
    assert (reading.read, reading.notes) == (1, ("1 row of HXL tags skipped",))
    assert only(reading.layer, "conflict_deaths")["record_id"] == "15960"


@pytest.mark.parametrize(
    ("path", "rows", "deaths", "imprecise", "span"),
    [
        ("nigeria/ucdp_nga_1990_2019_hdx.csv", 4603, 57032, 390, ("1990-09-25", "2020-01-01")),
        ("ukraine/ucdp_ukr_2014_2018_hdx_oldschema.csv", 993, 6632, 404, ("2014-01-22", "2019-01-01")),
        ("ukraine/ucdp_ukr_2014_2021_hdx.csv", 2989, 7882, 701, ("2014-01-22", "2022-01-01")),
        ("central_african_republic/ucdp_caf_1989_2022.geojson", 1848, 14948, 111, ("1991-08-08", "2023-01-01")),
    ],
)
def test_every_real_layout(
    path: str, rows: int, deaths: int, imprecise: int, span: tuple[str, str], read_real: Read, total: Total
) -> None:
    reading = read_real("ucdp", path)
    assert (reading.read, reading.accepted, dict(reading.quarantined)) == (rows, rows, {})
    events = reading.layer.of("conflict_events").table
    assert (len(events), total(reading.layer, "conflict_deaths")) == (rows, deaths)
    coarse = sum(word in {"adm1", "country", "none"} for word in events["geo_precision"].to_pylist())
    assert coarse == imprecise
    assert (f"{min(events['start'].to_pylist()):%F}", f"{max(events['end'].to_pylist()):%F}") == span
