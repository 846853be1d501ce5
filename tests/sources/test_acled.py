"""ACLED: three schemas, four ways to write a date, and weekly sums that are no events."""

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

WEEK = {
    "WEEK": "2024-11-02",
    "COUNTRY": "Sudan",
    "ADMIN1": "Khartoum",
    "EVENT_TYPE": "Battles",
    "SUB_EVENT_TYPE": "Armed clash",
    "EVENTS": 3,
    "FATALITIES": 15,
    "DISORDER_TYPE": "Political violence",
    "CENTROID_LATITUDE": 15.6,
    "CENTROID_LONGITUDE": 32.5,
}


def only(layer: Layer, measure: str) -> dict[str, object]:
    (row,) = layer.of(measure).table.to_pylist()
    return row


def test_a_battle_is_an_event_with_deaths_and_their_logarithm(read: Read, record: Record) -> None:
    layer = read("acled", [record["acled"]()]).layer
    assert sorted(layer.table["measure"].to_pylist()) == ["conflict_deaths", "conflict_events", "conflict_severity"]
    event = only(layer, "conflict_events")
    assert (event["value"], event["unit"]) == (1, "events")
    assert (f"{event['start']:%F %T}", f"{event['end']:%F %T}") == ("2022-03-14 00:00:00", "2022-03-15 00:00:00")
    assert (event["theme"], event["kind"], event["spread"]) == ("conflict", "flow", "extensive")
    assert (event["record_id"], event["version"], event["overlap_group"]) == ("SOM1", "001704766941", "conflict-events")
    assert f"{event['published']:%F}" == "2024-01-09"
    assert shapely.from_wkb(event["geometry"]).coords[0] == (43.6498, 3.1138)
    assert only(layer, "conflict_deaths")["value"] == 3
    assert only(layer, "conflict_severity")["value"] == pytest.approx(math.log(4))


@pytest.mark.parametrize(
    ("changes", "measures"),
    [
        ({"event_type": "Violence against civilians"}, {"conflict", "civilian"}),
        (
            {"event_type": "Explosions/Remote violence", "civilian_targeting": "Civilian targeting"},
            {"conflict", "civilian"},
        ),
        ({"event_type": "Protests"}, {"unrest"}),
        ({"event_type": "Riots", "sub_event_type": "Sexual violence"}, {"unrest", "civilian"}),
        ({"event_type": "Strategic developments"}, {"strategic"}),
        ({"sub_event_type": "Abduction/forced disappearance"}, {"conflict", "civilian"}),
        ({"event_type": "BATTLES"}, {"conflict"}),
    ],
)
def test_what_an_event_counts_as(changes: dict[str, str], measures: set[str], read: Read, record: Record) -> None:
    """Strategic developments and unrest are no violence; harm to civilians counts beside whatever else it was."""
    names = {
        "conflict": "conflict_events",
        "civilian": "civilian_targeting_events",
        "unrest": "unrest_events",
        "strategic": "strategic_events",
    }
    found = set(read("acled", [record["acled"](**changes)]).layer.table["measure"].to_pylist())
    assert {short for short, name in names.items() if name in found} == measures
    assert ("conflict_deaths" in found) == ("conflict" in measures)


@pytest.mark.parametrize(("code", "word"), [(1, "exact"), (2, "near"), (3, "adm1")])
def test_precision_of_place(code: int, word: str, read: Read, record: Record) -> None:
    layer = read("acled", [record["acled"](geo_precision=code)]).layer
    assert set(layer.table["geo_precision"].to_pylist()) == {word}


@pytest.mark.parametrize(("code", "word"), [(1, "day"), (2, "week"), (3, "month")])
def test_precision_of_time(code: int, word: str, read: Read, record: Record) -> None:
    layer = read("acled", [record["acled"](time_precision=code)]).layer
    assert set(layer.table["time_precision"].to_pylist()) == {word}


def test_an_unknown_precision_of_time_is_none(read: Read, record: Record) -> None:
    reading = read("acled", [record["acled"](time_precision="")])
    assert set(reading.layer.table["time_precision"].to_pylist()) == {"none"}
    assert reading.notes == ("time_precision is unknown for 1 events: taken as 'none', never as exact",)


def test_an_export_without_precision_is_near_and_says_so_but_never_exact(read: Read, record: Record) -> None:
    event = record["acled"]()
    del event["geo_precision"]
    reading = read("acled", [event])
    assert set(reading.layer.table["geo_precision"].to_pylist()) == {"near"}
    assert reading.layer.table["precision_m"].null_count == len(reading.layer)
    assert reading.notes == ("geo_precision is unknown for 1 events: taken as 'near', never as exact",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"latitude": ""}, "latitude: missing"),
        ({"latitude": "N3"}, "latitude: not a number"),
        ({"latitude": 91}, "latitude out of range"),
        ({"longitude": -181}, "longitude out of range"),
        ({"latitude": 0, "longitude": 0}, "coordinates 0, 0 stand for none"),
        ({"fatalities": "several"}, "fatalities: not a number"),
        ({"fatalities": -1}, "fatalities: negative"),
        ({"event_date": "2022-02-30"}, "event_date: not a date of the form %Y-%m-%d"),
        ({"event_date": ""}, "event_date: missing"),
        ({"event_type": "Skirmish"}, "event_type: not known"),
        ({"geo_precision": 4}, "geo_precision: not one of '1', '2', '3'"),
        ({"timestamp": 1e300}, "timestamp: not a Unix time of this age"),
        ({"timestamp": "yesterday"}, "timestamp: not a number"),
        ({"event_id_cnty": ""}, "event_id_cnty: missing"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(
    changes: dict[str, object], reason: str, read: Read, record: Record
) -> None:
    good = [record["acled"](event_id_cnty=f"SOM{row}") for row in range(10, 13)]
    reading = read("acled", [*good, record["acled"](**changes)])
    assert (reading.read, reading.accepted, dict(reading.quarantined)) == (4, 3, {reason: 1})
    assert reading.examples[reason][0].startswith("row 4")
    assert set(reading.layer.table["record_id"].to_pylist()) == {"SOM10", "SOM11", "SOM12"}


def test_unknown_deaths_are_not_none(read: Read, record: Record) -> None:
    reading = read("acled", [record["acled"](fatalities=""), record["acled"](event_id_cnty="SOM2", fatalities=0)])
    assert reading.layer.of("conflict_events").table.num_rows == 2
    assert only(reading.layer, "conflict_deaths")["value"] == 0
    assert "1 events with unknown deaths" in reading.notes


def test_of_several_versions_the_newest_counts(read: Read, record: Record) -> None:
    rows = [
        record["acled"](timestamp=999_999_999, fatalities=1),
        record["acled"](timestamp=1_700_000_000, fatalities=2),
        record["acled"](timestamp=1_650_000_000, fatalities=9),
    ]
    reading = read("acled", rows)
    assert only(reading.layer, "conflict_deaths")["value"] == 2
    assert dict(reading.quarantined) == {"superseded by a newer version": 2}


@pytest.mark.parametrize("written", ["13 May 2022", "2022-05-13", "13/05/2022", "13-May-2022"])
def test_every_way_an_export_writes_the_day(written: str, read: Read, record: Record) -> None:
    layer = read("acled", [record["acled"](event_date=written)]).layer
    assert f"{only(layer, 'conflict_events')['start']:%F}" == "2022-05-13"


def test_days_that_read_both_ways_are_asked_about(read: Read, record: Record) -> None:
    rows = [record["acled"](event_date="04/05/2022")]
    with pytest.raises(InputError, match="option date_format") as refused:
        read("acled", rows)
    assert refused.value.field == "event_date"
    assert f"{only(read('acled', rows, date_format='%d/%m/%Y').layer, 'conflict_events')['start']:%F}" == "2022-05-04"


def test_the_old_schema_is_keyed_by_data_id(read: Read, record: Record) -> None:
    event = record["acled"](data_id="8812", iso3="SOM", event_id_no_cnty="1")
    del event["event_id_cnty"]
    assert set(read("acled", [event]).layer.table["record_id"].to_pylist()) == {"8812"}


def test_events_without_any_id_get_one_that_outlives_a_revision(read: Read, record: Record) -> None:
    event = record["acled"](fatalities=1)
    del event["event_id_cnty"]
    first, revised = read("acled", [event]), read("acled", [event | {"fatalities": 7}])
    assert first.layer.table["record_id"].equals(revised.layer.table["record_id"])
    assert first.notes[0].startswith("no event ids: made from event_date, event_type")
    assert read("acled", [event, event]).accepted == 1


def test_the_rows_of_one_country(read: Read, record: Record) -> None:
    rows = [record["acled"](), record["acled"](event_id_cnty="KEN1", country="Kenya")]
    reading = read("acled", rows, country="somalia")
    assert (reading.read, reading.notes) == (1, ("1 rows of other countries left aside",))
    with pytest.raises(InputError, match="no rows of 'Chad'; found 'Somalia', 'Kenya'"):
        read("acled", rows, country="Chad")
    assert read("acled", rows[:1], country="Somalia").notes == ()


def test_weekly_sums_are_placed_by_region_and_never_by_centroid(read: Read, total: Total) -> None:
    civilian = WEEK | {"EVENT_TYPE": "Violence against civilians", "EVENTS": 2, "FATALITIES": ""}
    reading = read("acled", [WEEK, civilian])
    assert total(reading.layer, "conflict_events") == 5
    assert total(reading.layer, "conflict_deaths") == 15
    assert total(reading.layer, "civilian_targeting_events") == 2
    assert len(reading.layer.of("conflict_severity")) == 0
    row = only(reading.layer, "conflict_deaths")
    assert (row["place"], row["pcode_level"], row["geometry"], row["geo_precision"]) == ("Khartoum", 1, None, "adm1")
    assert (f"{row['start']:%F}", f"{row['end']:%F}", row["time_precision"]) == ("2024-11-02", "2024-11-09", "week")
    assert "conflict_severity cannot be had from sums" in reading.notes[0]


def test_weekly_sums_of_several_countries_are_asked_about(read: Read) -> None:
    rows = [WEEK, WEEK | {"COUNTRY": "Chad"}]
    with pytest.raises(InputError, match="several countries, 'Sudan', 'Chad'; give the option country"):
        read("acled", rows)
    assert read("acled", rows, country="Chad").accepted == 1


def test_a_weekly_sum_needs_its_region_and_counts_once(read: Read) -> None:
    reading = read("acled", [WEEK, WEEK, WEEK | {"ADMIN1": ""}])
    assert dict(reading.quarantined) == {"admin1: missing": 1, "repeated week, region and type": 1}


def test_somalia(read_real: Read, total: Total) -> None:
    reading = read_real("acled", "somalia/acled_som_2022_2023.csv")
    assert (reading.read, reading.accepted) == (6557, 6557)
    events = reading.layer.of("conflict_events").table
    assert (len(events), total(reading.layer, "conflict_deaths")) == (5751, 14830)
    starts = events["start"].to_pylist()
    assert (f"{min(starts):%F}", f"{max(starts):%F}") == ("2022-01-01", "2023-12-31")
    assert total(reading.layer, "civilian_targeting_events") == 1065


def test_sudan_before_the_war(read_real: Read, total: Total) -> None:
    reading = read_real("acled", "sudan/acled_sdn_week_before_war.csv")
    assert (reading.read, reading.accepted) == (47, 47)
    assert total(reading.layer, "strategic_events") == 15


def test_sudan_by_week(read_real: Read, total: Total) -> None:
    reading = read_real("acled", "sudan/acled_sdn_weekly_admin1_aggregated.csv")
    assert (reading.read, reading.accepted) == (2451, 2451)
    assert total(reading.layer, "conflict_deaths") == 18461
    assert len(set(reading.layer.table["place"].to_pylist())) == 19
