"""Pointers to natural events: each position of each event, for as long as the event was there."""

import json
from datetime import date

import pytest
import shapely
from faking import Answer

from riskmap.errors import FetchError, InputError
from riskmap.model.layer import Layer
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.eonet import Eonet
from riskmap.sources.sight import look


def at(day: int, lon: float = 60.0, lat: float = -12.0, **changes):
    return {"date": f"2024-05-{day:02d}T06:00:00Z", "type": "Point", "coordinates": [lon, lat], **changes}


def event(*geometry, kind="severeStorms", **changes):
    told = {"id": "EONET_1", "title": "Storm", "closed": None, "categories": [{"id": kind, "title": kind}]}
    return {**told, "link": "https://eonet.gsfc.nasa.gov/x", "geometry": list(geometry), **changes}


def listed(*events) -> str:
    return json.dumps({"title": "EONET Events", "events": events})


def as_geojson(*events) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {**{name: told for name, told in one.items() if name != "geometry"}, "date": place["date"]},
            "geometry": {"type": place["type"], "coordinates": place["coordinates"]},
        }
        for one in events
        for place in one["geometry"]
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def read(raw):
    return lambda *events: Eonet().read(raw(listed(*events), "events.json"), {})


def spans(*readings) -> list[tuple[str, str, str]]:
    table = Layer.concat([reading.layer for reading in readings]).standing().table
    return [
        (one["record_id"], f"{one['start']:%m-%d}", f"{one['end']:%m-%d}")
        for one in sorted(table.to_pylist(), key=lambda one: one["record_id"])
    ]


def test_an_event_is_a_pointer_and_no_measurement(read) -> None:
    (record,) = read(event(at(2))).layer.table.to_pylist()
    assert (record["measure"], record["kind"], record["value"]) == ("reported_hazard", "hazard", 1)
    assert (record["event_id"], record["geo_precision"], record["overlap_group"]) == ("EONET_1", "near", "hazard-areas")
    assert (record["published"], record["low"], record["high"]) == (None, None, None)


def test_a_moving_storm_is_one_event_that_is_where_it_was_each_day(read) -> None:
    reading = read(event(at(2), at(3, 58.5), at(5, 57.0), closed="2024-05-08T00:00:00Z"))
    assert set(reading.layer.table["event_id"].to_pylist()) == {"EONET_1"}
    assert [one[1:] for one in spans(reading)] == [("05-02", "05-03"), ("05-03", "05-05"), ("05-05", "05-09")]
    assert reading.notes == ("1 events: 1 severeStorms",)


def test_an_open_event_is_known_up_to_its_last_day(read) -> None:
    open_, closed = read(event(at(2), at(4))), read(event(at(2), at(4), closed="2024-05-09T00:00:00Z"))
    assert [one[2] for one in spans(open_)] == ["05-04", "05-05"]
    assert open_.layer.table["preliminary"].to_pylist() == [True, True]
    assert closed.layer.table["preliminary"].to_pylist() == [False, False]


def test_an_event_that_closed_before_its_last_position_ends_there(read) -> None:
    assert [one[2] for one in spans(read(event(at(4), closed="2024-05-03T00:00:00Z")))] == ["05-05"]


def test_a_later_list_replaces_an_earlier(read) -> None:
    """The storm moves on, and closes."""
    first = read(event(at(2)))
    second = read(event(at(2), at(6, 58.5)))
    third = read(event(at(2), at(6, 58.5), closed="2024-05-08T00:00:00Z"))
    wanted = [("EONET_1/2024-05-02T06:00:00Z", "05-02", "05-06"), ("EONET_1/2024-05-06T06:00:00Z", "05-06", "05-09")]
    assert spans(first, second, third) == spans(third, second, first) == wanted


def test_both_forms_of_a_list_are_the_same(raw, read) -> None:
    told = event(at(2), at(3, 58.5), closed="2024-05-08T00:00:00Z")
    assert Eonet().read(raw(as_geojson(told), "events.geojson"), {}) == read(told)


def test_one_event_alone_is_read_too(raw, read) -> None:
    assert Eonet().read(raw(json.dumps(event(at(2))), "event.json"), {}) == read(event(at(2)))


def test_an_event_at_several_places_at_one_moment_is_at_all_of_them(read) -> None:
    forwards, backwards = (read(event(*places)) for places in ([at(2), at(2, 10.0)], [at(2, 10.0), at(2)]))
    assert forwards.layer.canonical() == backwards.layer.canonical()
    assert [one[0][-2:] for one in spans(forwards)] == ["0Z", " 2"]


def test_a_polygon_stays_one_and_is_mended(read) -> None:
    bow_tie = [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]
    reading = read(event(at(2, type="Polygon", coordinates=bow_tie), kind="floods"))
    assert shapely.from_wkb(reading.layer.table["geometry"][0].as_py()).area == pytest.approx(2)
    assert reading.notes == ("1 events: 1 floods", "1 invalid shapes repaired")


def test_longitudes_beyond_the_antimeridian_come_back(read) -> None:
    reading = read(event(at(2, 181.25)))
    assert shapely.from_wkb(reading.layer.table["geometry"][0].as_py()).x == -178.75


def test_what_is_wrong_with_an_event_is_counted(read) -> None:
    reading = read(
        event(at(2)),
        event(at(2), id="EONET_2", kind="comets"),
        event(at(2), id="EONET_3", categories=None),
        event(at(2), id="EONET_4", kind="waterColor"),
        event(at(2), id="EONET_5", title="RX 7 Prescribed Fire", kind="wildfires"),
        event(at(2), id=None),
        event(at(2), id="EONET_6", closed="soon"),
        event(at(2, coordinates=None), id="EONET_7"),
        event(at(2, 0, 0), id="EONET_8"),
        event(at(2, 900.0), id="EONET_9"),
        event(at(2, 60.0, 95.0), id="EONET_10"),
        event(at(2) | {"date": "soon"}, id="EONET_11"),
    )
    assert (reading.read, reading.accepted) == (12, 1)
    kinds = "drought, dustHaze, earthquakes, floods, landslides, manmade, severeStorms, snow, tempExtremes, volcanoes"
    assert reading.quarantined == {
        "a fire set on purpose": 1,
        "category: no hazard to people": 1,
        f"category: none of {kinds}, wildfires": 2,
        "closed: not a date": 1,
        "coordinates 0, 0 stand for none": 1,
        "date: not a date of the form %Y-%m-%d": 1,
        "id: missing": 1,
        "no geometry": 1,
        "position out of range": 2,
    }


def test_an_event_of_several_kinds_is_a_hazard_if_one_is(read) -> None:
    both = [{"id": "waterColor"}, {"id": "volcanoes"}]
    assert read(event(at(2), categories=both)).notes == ("1 events: 1 volcanoes, waterColor",)


def test_days_without_events_are_an_answer_and_no_absence(read) -> None:
    assert (read().read, len(read().layer), read().notes) == (0, 0, ("no event in it",))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (listed(event(at(2)))[:-9], "not valid JSON"),
        ("[]", "no list of events of EONET"),
        ("{}", "found nothing"),
        ('{"title": "EONET Categories", "categories_of": []}', "found title, categories_of"),
        ('{"events": [3]}', "an object is needed; found '3'"),
        ('{"events": [{"id": "EONET_1", "geometries": []}]}', "is of version 2.1"),
        ('{"features": [{"type": "Feature"}]}', "a feature with properties is needed"),
    ],
)
def test_what_is_no_list_of_events_is_refused(raw, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        Eonet().read(raw(content, "file"), {})


def test_it_knows_its_files_in_both_forms(raw) -> None:
    assert Eonet().recognises(look(raw(listed(event(at(2))), "a.json")))
    assert Eonet().recognises(look(raw(as_geojson(event(at(2))), "b.geojson")))
    assert not Eonet().recognises(look(raw('{"events": [{"id": 7}]}', "c.json")))


def test_open_and_closed_events_of_the_days_are_asked_for(provider, ask, read_vault) -> None:
    fake = provider(lambda _: listed(event(at(2))))
    ask("eonet", fake.url, "SDN", (date(2024, 5, 1), date(2024, 6, 1)))
    (question,) = fake.asked
    assert (question.path, question.args) == ("/events", {"status": "all", "start": "2024-05-01", "end": "2024-05-31"})
    assert [reading.accepted for reading in read_vault("eonet")] == [1]


def test_a_busy_provider_is_asked_again(provider, ask, read_vault) -> None:
    answers = [Answer("busy", 503), Answer(listed(event(at(2)))[:-9]), Answer(listed(event(at(2))))]
    fake = provider(lambda _: answers.pop(0))
    ask("eonet", fake.url)
    assert len(fake.asked) == 3
    assert len(read_vault("eonet")) == 1


def test_what_is_no_list_with_a_good_status_is_refused(provider, ask) -> None:
    with pytest.raises(FetchError, match="no list of events"):
        ask("eonet", provider(lambda _: '{"error": "none"}').url)


def test_an_option_is_refused_before_anything_is_asked(provider, ask) -> None:
    fake = provider(lambda _: listed())
    with pytest.raises(FetchError, match="option 'category' is not known"):
        ask("eonet", fake.url, options={"category": "floods"})
    assert fake.asked == []


def test_what_vanishes_from_a_curated_list_was_not_withdrawn() -> None:
    assert not Eonet().lists_all


def test_a_check_asks_for_one_event(provider, vault) -> None:
    fake = provider(lambda _: listed(event(at(2))))
    check("eonet", Settings(vault=vault.folder, endpoints={"eonet_api": fake.url}))
    assert [one.args for one in fake.asked] == [{"limit": "1"}]
