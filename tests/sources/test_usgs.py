"""Earthquakes: one record each, whatever networks call them, and asked for in pieces that fit."""

import json
from collections import Counter
from datetime import date, datetime

import pytest
import shapely
from faking import Answer

from riskmap.errors import FetchError, InputError
from riskmap.model.layer import Layer
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.sight import look
from riskmap.sources.usgs import Usgs

EARLY, LATE = 1717200600000, 1717286400000
DISASTERS = "global/disaster"


def quake(identifier="us1", ids=",us1,", position=(36.5, 3.25, 33.1), **changes):
    told = {"mag": 5.5, "time": 1717200000000, "updated": EARLY, "status": "reviewed", "ids": ids, "sig": 400}
    geometry = None if position is None else {"type": "Point", "coordinates": list(position)}
    properties = {**told, "magType": "mww", "type": "earthquake", **changes}
    return {"type": "Feature", "properties": properties, "geometry": geometry, "id": identifier}


def listed(*quakes, count=None):
    metadata = {"url": "https://earthquake.usgs.gov/x", "count": len(quakes) if count is None else count}
    return json.dumps({"type": "FeatureCollection", "metadata": metadata, "features": quakes})


@pytest.fixture
def read(raw):
    return lambda *quakes, **more: Usgs().read(raw(listed(*quakes, **more), "feed.geojson"), {})


def standing(*readings):
    table = Layer.concat([reading.layer for reading in readings]).standing().table
    return dict(zip(table["record_id"].to_pylist(), table["value"].to_pylist(), strict=True))


def test_an_earthquake_is_a_point_on_its_day(read) -> None:
    (record,) = read(quake()).layer.table.to_pylist()
    assert (record["record_id"], record["event_id"], record["version"]) == ("us1", "us1", "001717200600000")
    assert (record["measure"], record["kind"], record["value"]) == ("earthquake_magnitude", "index", 5.5)
    assert (f"{record['start']:%Y-%m-%d %H}", f"{record['end']:%Y-%m-%d %H}") == ("2024-06-01 00", "2024-06-02 00")
    assert (record["geo_precision"], record["precision_m"], record["preliminary"]) == ("near", None, False)


def test_updated_is_milliseconds_and_says_when_it_became_known(read) -> None:
    (record,) = read(quake()).layer.table.to_pylist()
    assert f"{record['published']:%Y-%m-%dT%H:%M:%S}" == "2024-06-01T00:10:00"


def test_the_third_coordinate_is_depth_and_longitude_comes_first(read) -> None:
    (record,) = read(quake(position=(36.5, 3.25, 573.8))).layer.table.to_pylist()
    assert shapely.from_wkb(record["geometry"]).wkt == "POINT (36.5 3.25)"


def test_when_networks_merge_an_earthquake_stays_one(read) -> None:
    """First two networks know it each by its own id; then one id comes first, then the other."""
    apart = read(quake("us9", ",us9,", updated=EARLY), quake("ci1", ",ci1,", updated=EARLY, mag=5.25))
    merged = read(quake("us9", ",us9,ci1,", updated=LATE, mag=5.75))
    turned = read(quake("ci1", ",ci1,us9,", updated=LATE + 1, mag=6.0))
    assert standing(apart) == {"us9": 5.5, "ci1": 5.25}
    assert standing(apart, merged) == standing(merged, apart) == {"ci1": 5.75}
    assert standing(turned, apart, merged) == {"ci1": 6.0}


def test_networks_that_part_again_give_two_earthquakes(read) -> None:
    merged = read(quake("us9", ",us9,ci1,", updated=EARLY))
    parted = read(quake("us9", ",us9,", updated=LATE, mag=4.5), quake("ci1", ",ci1,", updated=LATE, mag=5.0))
    assert standing(merged, parted) == {"us9": 4.5, "ci1": 5.0}


def test_a_later_update_takes_the_place_of_an_earlier(read) -> None:
    first, second = read(quake(status="automatic", mag=4.75)), read(quake(updated=LATE))
    assert first.layer.table["preliminary"].to_pylist() == [True]
    assert standing(second, first) == {"us1": 5.5}


def test_a_deleted_earthquake_takes_itself_back_and_needs_no_place(read) -> None:
    deleted = read(quake(ids=",us1,ci1,", updated=LATE, status="deleted", position=None, mag=None))
    assert (deleted.accepted, deleted.quarantined) == (1, {})
    assert standing(read(quake(), quake("ci1", ",ci1,")), deleted) == {}
    assert deleted.notes == ("1 deleted or found to be no earthquakes, and taken back",)


def test_a_quarry_blast_is_refused_and_takes_back_the_earthquake_it_was_taken_for(read) -> None:
    blast = read(quake(updated=LATE, type="quarry blast"))
    assert blast.quarantined == {"type: not an earthquake": 1}
    assert blast.examples["type: not an earthquake"] == ("row 1: type = 'quarry blast'",)
    assert standing(read(quake()), blast) == {}


def test_an_unknown_magnitude_is_unknown_and_not_zero(read) -> None:
    reading = read(quake(mag=None))
    assert reading.layer.table["value"].to_pylist() == [None]
    assert "1 earthquakes of unknown magnitude" in reading.notes


def test_a_longitude_beyond_the_antimeridian_comes_back(read) -> None:
    table = read(quake(position=(-181.25, -17.0, 5)), quake("us2", ",us2,", (180.0, -17.0, 5))).layer.table
    assert [shapely.from_wkb(one).x for one in table["geometry"].to_pylist()] == [178.75, 180.0]


def test_what_is_wrong_with_an_earthquake_is_counted(read) -> None:
    reading = read(
        quake(),
        quake("us2", ",us2,", status="guessed"),
        quake("us3", ",us3,", position=(36.5,)),
        quake("us4", ",us4,", position=(3.25, 91.0, 0)),
        quake("us5", ",us5,", position=(900.0, 3.0, 0)),
        quake("us6", ",us6,", time=1e20),
        quake("us7", ",us7,", updated=None),
        quake(None, None),
    )
    assert (reading.read, reading.accepted) == (8, 1)
    assert reading.quarantined == {
        "id: missing": 1,
        "latitude out of range": 1,
        "longitude out of range": 1,
        "no position": 1,
        "status: none of automatic, deleted, reviewed": 1,
        "time: no milliseconds since 1970": 1,
        "updated: missing": 1,
    }


def test_an_earthquake_whose_place_is_refused_takes_nothing_back(read) -> None:
    nowhere = read(quake("us9", ",us9,us1,", position=None, updated=LATE))
    assert standing(read(quake()), nowhere) == {"us1": 5.5}


def test_an_hour_without_earthquakes_is_an_answer(read) -> None:
    reading = read()
    assert (reading.read, reading.accepted, len(reading.layer)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (listed(quake(), count=3), "cut short: it says 3 earthquakes and holds 1"),
        (listed(quake())[:-9], "not valid JSON"),
        ('{"type": "FeatureCollection", "features": []}', "the list of records is empty"),
        ('{"type": "FeatureCollection", "features": [3]}', "a feature with properties is needed"),
        ('{"type": "Topology"}', "no feed and no earthquake of USGS"),
        ("[]", "no feed and no earthquake of USGS"),
        ("time,latitude,longitude,depth,mag\n", "only it tells all ids"),
    ],
)
def test_what_is_no_list_of_earthquakes_is_refused(raw, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        Usgs().read(raw(content, "feed"), {})


def test_it_knows_its_feeds(raw) -> None:
    assert Usgs().recognises(look(raw(listed(quake()), "a.geojson")))
    assert Usgs().recognises(look(raw(listed(), "b.geojson")))
    assert not Usgs().recognises(look(raw('{"type": "FeatureCollection", "features": []}', "c.geojson")))


def test_the_real_week_counted_by_hand(real_data, read_real) -> None:
    path = f"{DISASTERS}/usgs_earthquakes_feed_vega.geojson"
    told = [one["properties"] for one in json.loads((real_data / path).read_text())["features"]]
    kinds = Counter(one["type"] for one in told)
    assert (len(told), kinds["earthquake"]) == (1707, 1679)
    reading = read_real("usgs", path)
    assert (reading.read, reading.accepted) == (1707, 1679)
    assert reading.quarantined == {"type: not an earthquake": kinds["explosion"] + kinds["quarry blast"]}
    found = standing(reading)
    assert sum(found.values()) == pytest.approx(sum(one["mag"] for one in told if one["type"] == "earthquake"))
    others = sum(one["ids"].count(",") - 2 for one in told if one["type"] == "earthquake")
    blasts = sum(one["ids"].count(",") - 1 for one in told if one["type"] != "earthquake")
    assert len(reading.layer) == 1679 + others + blasts


def test_the_real_details_of_one_earthquake(read_real, real_data, raw) -> None:
    path = f"{DISASTERS}/usgs_details.json"
    (record,) = read_real("usgs", path).layer.table.to_pylist()
    assert (record["record_id"], record["value"], f"{record['start']:%Y-%m-%d}") == ("us6000pi9w", 7.1, "2025-01-07")
    assert shapely.from_wkb(record["geometry"]).coords[0] == (87.3608, 28.639)
    for name in ("usgs_details.json", "usgs_earthquakes_feed_vega.geojson"):
        assert Usgs().recognises(look(raw((real_data / DISASTERS / name).read_bytes(), name)))


class Catalogue:
    """A provider that knows one earthquake an hour, and gives at most so many at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.before: list[Answer] = []

    def __call__(self, question):
        if self.before:
            return self.before.pop()
        start, end = (datetime.fromisoformat(question.args[name]) for name in ("starttime", "endtime"))
        hours = range(round((end - start).total_seconds() / 3600))
        if len(hours) > self.most:
            told = f"{len(hours)} matching events exceeds search limit of 20000. Modify the search"
            return Answer(f"Error 400: Bad Request\n\n{told} to match fewer events.", 400)
        first = round((start - datetime.fromisoformat("2024-01-01")).total_seconds() / 3600)
        return listed(*(quake(f"us{first + hour}", f",us{first + hour},") for hour in hours))


def test_a_span_with_too_many_earthquakes_is_halved_until_it_fits(provider, ask, read_vault) -> None:
    fake = provider(Catalogue(200))
    ask("usgs", fake.url, "", (date(2024, 1, 1), date(2024, 2, 1)))
    assert len(standing(*read_vault("usgs"))) == 31 * 24
    assert [one.args["starttime"] for one in fake.asked][:3] == ["2024-01-01T00:00:00"] * 3
    assert {one.args["minmagnitude"] for one in fake.asked} == {"4.5"}
    assert len(fake.asked) == 7


def test_too_many_in_an_hour_is_an_error(provider, ask) -> None:
    with pytest.raises(FetchError, match="exceeds search limit"):
        ask("usgs", provider(Catalogue(0)).url, "")


def test_another_refusal_is_not_halved(provider, ask) -> None:
    fake = provider(lambda _: Answer("Error 400: Bad Request\n\nBad starttime value", 400))
    with pytest.raises(FetchError, match="Bad starttime"):
        ask("usgs", fake.url, "")
    assert len(fake.asked) == 1


def test_a_provider_that_is_asked_too_fast_is_asked_again(provider, ask, read_vault) -> None:
    busy = Catalogue(20_000)
    busy.before = [Answer("slow down", 429, {"Retry-After": "1"})]
    fake = provider(busy)
    ask("usgs", fake.url, "", (date(2024, 1, 1), date(2024, 1, 2)))
    assert len(fake.asked) == 2
    assert len(standing(*read_vault("usgs"))) == 24


def test_an_answer_cut_short_is_asked_again(provider, ask, read_vault) -> None:
    lying = Catalogue(20_000)
    lying.before = [Answer(listed(quake(), count=9)), Answer(listed(quake())[:-9])]
    fake = provider(lying)
    ask("usgs", fake.url, "", (date(2024, 1, 1), date(2024, 1, 2)))
    assert len(fake.asked) == 3
    assert len(standing(*read_vault("usgs"))) == 24


def test_what_is_no_list_with_a_good_status_is_refused(provider, ask) -> None:
    for lie in ('{"error": "down"}', "{}", "[null]", '{"features": []}'):
        with pytest.raises(FetchError, match="no list of earthquakes"):
            ask("usgs", provider(lambda _, lie=lie: lie).url, "")


def test_a_country_is_asked_for_by_its_box(provider, ask) -> None:
    fake = provider(lambda _: listed())
    ask("usgs", fake.url, "FJI", options={"bbox": "176,-21,180,-12"})
    box = {name: value for name, value in fake.asked[0].args.items() if name[3:] in ("longitude", "latitude")}
    assert box == {"minlongitude": "176.0", "minlatitude": "-21.0", "maxlongitude": "180.0", "maxlatitude": "-12.0"}


@pytest.mark.parametrize(
    ("area", "options", "problem"),
    [("SDN", {}, "give the option bbox"), ("", {"minmagnitude": "2"}, "option 'minmagnitude' is not known")],
)
def test_a_question_that_cannot_be_answered_as_asked_is_not_sent(provider, ask, area, options, problem) -> None:
    fake = provider(lambda _: listed())
    with pytest.raises(FetchError, match=problem):
        ask("usgs", fake.url, area, options=options)
    assert fake.asked == []


def test_a_check_asks_for_one_earthquake(provider, vault) -> None:
    fake = provider(lambda _: listed(quake()))
    check("usgs", Settings(vault=vault.folder, endpoints={"usgs_query": fake.url}))
    assert [one.args["limit"] for one in fake.asked] == ["1"]
