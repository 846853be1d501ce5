"""Disasters: one record an event, with the one shape that stands for the affected area."""

import json
import random
from datetime import UTC, datetime

import pytest
import shapely
from faking import Answer

from riskmap.errors import FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.pipeline.fetched import fetched
from riskmap.pipeline.timeline import Telling, believed
from riskmap.settings import Settings
from riskmap.sources.gdacs import Gdacs
from riskmap.sources.sight import look


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


def test_three_episodes_replayed_are_one_hazard(read) -> None:
    """Whatever the order in which they come, and with an alert that rises and falls."""
    episodes = [
        read(feature("Poly_area", square(n), episodeid=n, alertlevel=level)).layer
        for n, level in ((1, "Green"), (2, "Red"), (3, "Orange"))
    ]
    for order in (episodes, episodes[::-1], episodes[1:] + episodes[:1], episodes * 2):
        layer = Layer.concat(order).standing()
        assert (len(layer), area_of(layer)) == (1, 9)


def test_an_episode_that_was_modified_stands_as_it_was_last(read) -> None:
    early, late = (
        read(feature("Poly_area", square(n), datemodified=f"2024-05-1{n}T00:00:00", todate=f"2024-05-1{n}T00:00:00"))
        for n in (1, 2)
    )
    (record,) = Layer.concat([late.layer, early.layer]).standing().table.to_pylist()
    assert (f"{record['end']:%Y-%m-%d}", f"{record['published']:%Y-%m-%d}") == ("2024-05-13", "2024-05-12")


def test_it_is_never_added_to_other_areas_of_hazard(read) -> None:
    assert read(CENTROID).layer.table["overlap_group"].to_pylist() == ["hazard-areas"]


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


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("today", None),
        ("now", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2024-05-20T00:00:00+14", datetime(2024, 5, 19, 10, tzinfo=UTC)),
    ],
)
def test_what_is_no_moment_is_never_taken_for_one(read, text: str, moment: datetime | None) -> None:
    """Least of all for the moment of reading."""
    reading = read(CENTROID | {"properties": {**CENTROID["properties"], "datemodified": text}})
    assert reading.layer.table["published"].to_pylist() == [moment]


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


def event(kind: str, number: int, level: str = "Green", **changes: object) -> dict[str, object]:
    told = {"eventtype": kind, "eventid": number, "episodeid": 1, "alertlevel": level, "iso3": "SDN"}
    days = {"fromdate": "2024-01-10T00:00:00", "todate": "2024-01-12T00:00:00", "datemodified": "2024-01-13T08:00:00"}
    countries = {"affectedcountries": [{"iso2": "SD", "iso3": "SDN", "countryname": "Sudan"}]}
    properties = {**told, **days, **countries, "Class": "Point_Centroid", **changes}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [32.5, 15.5]}, "properties": properties}


def listed(events: list[dict[str, object]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": events}) if events else ""


class Alerts:
    """A provider that lists by kind and level, a hundred a page, and draws an area for each event."""

    def __init__(self, *events: dict[str, object]) -> None:
        self.events = list(events)
        self.current: list[dict[str, object]] = []
        self.areas: dict[str, list[Answer]] = {}

    def __call__(self, question):
        name, args = question.path.rpartition("/")[2], question.args
        if name == "SEARCH":
            found = [
                one
                for one in self.events
                if one["properties"]["eventtype"] == args["eventlist"]
                and one["properties"]["alertlevel"] == args["alertlevel"]
            ]
            most = min(int(args["pageSize"]), 100)
            first = (int(args["pageNumber"]) - 1) * most
            return listed(found[first : first + most])
        if name == "EVENTS4APP":
            return listed(self.current)
        if self.areas.get(args["eventid"]):
            return self.areas[args["eventid"]].pop(0)
        asked = (args["eventid"], args["episodeid"])
        known = {
            (str(one["properties"]["eventid"]), str(one["properties"]["episodeid"])): one
            for one in self.events + self.current
        }
        centroid = known[asked]
        area = {**centroid, "geometry": square(2), "properties": {**centroid["properties"], "Class": "Poly_Affected"}}
        return listed([centroid, area])


def areas_asked(fake) -> list[str]:
    return [one.args["eventid"] for one in fake.asked if one.path.endswith("/getgeometry")]


def standing(readings) -> dict[str, str]:
    table = Layer.concat([reading.layer for reading in readings]).standing().table
    return dict(zip(table["record_id"].to_pylist(), table["geo_precision"].to_pylist(), strict=True))


def test_every_page_of_every_kind_and_level_comes(provider, ask, read_vault) -> None:
    """A list stops at a hundred events a page, whatever is asked for, and ends with an empty body."""
    floods = [event("FL", n, iso3="BRA", affectedcountries=[{"iso3": "BRA"}]) for n in range(250)]
    fake = provider(Alerts(*floods, event("TC", 7, "Red"), event("DR", 7, "Orange")))
    ask("gdacs", fake.url)
    assert len(standing(read_vault("gdacs"))) == 252
    searches = [one.args for one in fake.asked if one.path.endswith("/events/geteventlist/SEARCH")]
    assert {(one["eventlist"], one["alertlevel"]) for one in searches} == {
        (kind, level) for kind in ("DR", "EQ", "FL", "TC", "VO", "WF") for level in ("Green", "Orange", "Red")
    }
    assert [one["pageNumber"] for one in searches if (one["eventlist"], one["alertlevel"]) == ("FL", "Green")] == [
        "1",
        "2",
        "3",
        "4",
    ]
    assert {(one["fromDate"], one["toDate"], one["pageSize"]) for one in searches} == {
        ("2024-01-01", "2024-02-01", "100")
    }


def test_an_event_that_is_listed_twice_is_one_in_its_newest_state(provider, ask, read_vault) -> None:
    """Its alert level rises while the levels are asked for one after the other."""
    risen = event("FL", 1, "Orange", episodeid=2, datemodified="2024-01-14T08:00:00")
    fake = provider(Alerts(event("FL", 1, "Red"), risen, event("FL", 1)))
    ask("gdacs", fake.url)
    (question,) = [one.args for one in fake.asked if one.path.endswith("/getgeometry")]
    assert question == {"eventtype": "FL", "eventid": "1", "episodeid": "2"}
    assert standing(read_vault("gdacs")) == {"FL1": "exact"}


def test_an_area_is_asked_for_again_only_when_its_event_was_modified(provider, ask) -> None:
    alerts = Alerts(event("FL", 1), event("FL", 2))
    fake = provider(alerts)
    ask("gdacs", fake.url)
    alerts.events[1] = event("FL", 2, datemodified="2024-01-20T00:00:00")
    again = ask("gdacs", fake.url)
    assert areas_asked(fake) == ["1", "2", "2"]
    assert again.payloads == 4  # The list, its end, and both areas, one of which is as it was.


def test_an_event_that_vanishes_from_a_finished_list_counts_no_more(provider, ask, vault) -> None:
    """While the area of another, which was not asked for again, still does."""
    alerts = Alerts(event("FL", 1), event("FL", 2))
    fake = provider(alerts)
    ask("gdacs", fake.url)
    del alerts.events[0]
    ask("gdacs", fake.url)
    assert areas_asked(fake) == ["1", "2"]
    payloads = fetched("gdacs", "SDN", vault)
    tellings = [Telling(one.raw, Gdacs().read(one.raw, {}), one.cover, one.area) for one in payloads]
    assert standing([one.reading for one in tellings]) == {"FL1": "exact", "FL2": "exact"}
    assert standing([one.reading for one in believed(tellings)]) == {"FL2": "exact"}


def test_a_provider_that_ignores_paging_is_not_followed(provider, ask) -> None:
    fake = provider(lambda _: listed([event("DR", 1)]))
    with pytest.raises(FetchError, match="the provider ignores paging"):
        ask("gdacs", fake.url)
    assert len(fake.asked) == 2


def test_areas_are_asked_for_where_the_country_may_be_touched(provider, ask) -> None:
    """A code may be the provider's own, or missing; then the event may be anywhere."""
    elsewhere = {"iso3": "BRA", "affectedcountries": [{"iso3": "BRA"}, {"iso3": "PER"}]}
    fake = provider(
        Alerts(
            event("FL", 1, iso3="TCD", affectedcountries=[{"iso3": "TCD"}, {"iso3": "SDN"}]),
            event("FL", 2, **elsewhere),
            event("FL", 3, iso3="", affectedcountries=[]),
            event("FL", 4, iso3="XJE", affectedcountries=[{"iso3": "XJE"}]),
            event("FL", 5, iso3=None, affectedcountries=None),
        )
    )
    ask("gdacs", fake.url)
    assert areas_asked(fake) == ["1", "3", "4", "5"]


def test_the_whole_world_leaves_nothing_out(provider, ask) -> None:
    fake = provider(Alerts(event("FL", 2, iso3="BRA", affectedcountries=[{"iso3": "BRA"}])))
    ask("gdacs", fake.url, "")
    assert areas_asked(fake) == ["2"]


def test_events_under_way_come_too_and_areas_only_of_those_in_the_days(provider, ask, read_vault) -> None:
    alerts = Alerts()
    alerts.current = [event("VO", 1), event("VO", 2, fromdate="2024-03-01T00:00:00", todate="2024-03-02T00:00:00")]
    alerts.current.append(event("VO", 3, fromdate="2023-03-01T00:00:00", todate=""))
    alerts.current.append(event("VO", 4, fromdate="2023-03-01T00:00:00"))
    fake = provider(alerts)
    ask("gdacs", fake.url)
    assert areas_asked(fake) == ["1", "4"]
    assert len(standing(read_vault("gdacs"))) == 3  # The third says no last day, and is quarantined.


@pytest.mark.parametrize(
    "answer", [Answer(""), Answer("", 404), Answer('{"type": "FeatureCollection", "features": null}')]
)
def test_an_event_without_an_area_stays_at_its_centroid(provider, ask, read_vault, answer: Answer) -> None:
    alerts = Alerts(event("FL", 1))
    alerts.areas["1"] = [answer]
    ask("gdacs", provider(alerts).url)
    assert standing(read_vault("gdacs")) == {"FL1": "near"}


def test_an_area_that_does_not_come_stops_no_other_and_is_told(provider, ask, read_vault) -> None:
    alerts = Alerts(*(event("FL", n) for n in range(3)))
    alerts.areas["1"] = [Answer("broken", 500)] * 5
    fake = provider(alerts)
    with pytest.raises(FetchError, match=r"1 areas did not come, fetch again later \(FL1: .* answered 500: broken"):
        ask("gdacs", fake.url)
    assert standing(read_vault("gdacs")) == {"FL0": "exact", "FL1": "near", "FL2": "exact"}
    asked = len(fake.asked)
    ask("gdacs", fake.url)
    assert areas_asked(fake)[-1:] == ["1"]
    assert len(fake.asked) == asked + 1  # What came before the fetch broke off is not asked for again.


def test_a_provider_that_is_down_is_not_asked_for_every_area(provider, ask) -> None:
    alerts = Alerts(*(event("FL", n) for n in range(9)))
    alerts.areas = {str(n): [Answer("no", 403)] for n in range(9)}
    fake = provider(alerts)
    with pytest.raises(FetchError, match="5 areas did not come"):
        ask("gdacs", fake.url)
    assert len(areas_asked(fake)) == 5


@pytest.mark.parametrize("lie", ["<html>maintenance</html>", listed([event("FL", 1)])[:-20]])
def test_a_lie_with_a_good_status_is_asked_again(provider, ask, read_vault, lie: str) -> None:
    alerts = Alerts(event("FL", 1))
    alerts.areas["1"] = [Answer(lie)]
    fake = provider(alerts)
    ask("gdacs", fake.url)
    assert areas_asked(fake) == ["1", "1"]
    assert standing(read_vault("gdacs")) == {"FL1": "exact"}


@pytest.mark.parametrize(
    "lie",
    [
        "[]",
        "{}",
        '{"data": null}',
        '{"features": []}',
        '{"type": "FeatureCollection"}',
        '{"type": "FeatureCollection", "features": null}',
        '{"type": "FeatureCollection", "features": "none"}',
        '{"type": "FeatureCollection", "features": [null]}',
        '{"type": "FeatureCollection", "features": [{"properties": null}]}',
    ],
)
def test_a_list_in_another_form_is_refused_and_takes_no_event_back(provider, ask, vault, lie: str) -> None:
    alerts, said = Alerts(event("FL", 1)), [""]
    fake = provider(lambda question: said[-1] or alerts(question))
    ask("gdacs", fake.url)
    said.append(lie)
    with pytest.raises(ProviderRefused, match="no features; look whether its form has changed"):
        ask("gdacs", fake.url)
    tellings = [
        Telling(one.raw, Gdacs().read(one.raw, {}), one.cover, one.area) for one in fetched("gdacs", "SDN", vault)
    ]
    assert standing([one.reading for one in believed(tellings)]) == {"FL1": "exact"}


def test_a_list_is_whole_or_misleads_so_no_option_narrows_it(provider, ask) -> None:
    fake = provider(Alerts())
    with pytest.raises(FetchError, match="option 'eventtype' is not known"):
        ask("gdacs", fake.url, options={"eventtype": "FL"})
    assert fake.asked == []


def test_a_check_asks_for_the_events_under_way(provider, vault) -> None:
    fake = provider(Alerts())
    check("gdacs", Settings(vault=vault.folder, endpoints={"gdacs_api": fake.url}))
    assert [one.path for one in fake.asked] == ["/events/geteventlist/EVENTS4APP"]


def test_it_knows_its_files(raw, real_data) -> None:
    files = sorted((real_data / "global/disaster").glob("gdacs_*"))
    assert len(files) == 10
    for path in files:
        assert Gdacs().recognises(look(raw(path.read_bytes(), path.name))), path.name
    assert not Gdacs().recognises(look(raw('{"events": [{"id": "EONET_1", "sources": [{"id": "GDACS"}]}]}', "a.json")))


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
