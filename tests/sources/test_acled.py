"""ACLED: three schemas, four ways to write a date, weekly sums that are no events, edits and deletions."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow.compute as pc
import pytest
import shapely
from checking import check_at
from faking import Answer, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.acled_fetch import FIELDS
from riskmap.sources.sight import look
from riskmap.sources.source import Reading, source

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
    (row,) = layer.standing().of(measure).table.to_pylist()
    return row


def measures_of(layer: Layer) -> set[str]:
    """Those that stand."""
    return set(layer.standing().table["measure"].to_pylist())


def test_a_battle_is_an_event_with_deaths_and_their_logarithm(read: Read, record: Record) -> None:
    layer = read("acled", [record["acled"]()]).layer
    assert measures_of(layer) == {"conflict_deaths", "conflict_events", "conflict_severity"}
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
    found = measures_of(read("acled", [record["acled"](**changes)]).layer)
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
    assert len(reading.layer.standing().of("conflict_events")) == 2
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


def test_an_event_coded_anew_as_another_kind_counts_only_as_that(read: Read, record: Record, total: Total) -> None:
    """Editors turn battles into riots; the battle would go on counting, since riots are another measure."""
    before = read("acled", [record["acled"](timestamp=1_600_000_000, fatalities=4)]).layer
    after = read("acled", [record["acled"](timestamp=1_700_000_000, fatalities=4, event_type="Riots")]).layer
    for layers in ([before, after], [after, before]):
        standing = Layer.concat(layers).standing()
        assert standing.table["measure"].to_pylist() == ["unrest_events"]
        assert total(standing, "unrest_events") == 1


def test_two_exports_that_share_events_count_them_once(read: Read, record: Record, total: Total) -> None:
    """Of each event the last edit stands: here its deaths changed and it moved."""
    older = [record["acled"](timestamp=1_600_000_000 + n, event_id_cnty=f"SOM{n}") for n in range(3)]
    newer = [record["acled"](timestamp=1_700_000_000, event_id_cnty="SOM1", fatalities=9, latitude=2.5)]
    both = Layer.concat([read("acled", newer).layer, read("acled", older).layer]).standing()
    assert (total(both, "conflict_events"), total(both, "conflict_deaths")) == (3, 15)
    moved = both.of("conflict_deaths").table.filter(pc.field("record_id") == "SOM1").to_pylist()[0]
    assert shapely.from_wkb(moved["geometry"]).y == 2.5


def deletions(*rows: tuple[str, object]) -> str:
    data = [{"event_id_cnty": event, "deleted_timestamp": stamp} for event, stamp in rows]
    return json.dumps({"status": 200, "success": True, "count": len(data), "data": data})


def test_a_deleted_event_is_gone_from_every_measure(read: Read, record: Record) -> None:
    events = read("acled", [record["acled"](event_type="Violence against civilians")]).layer
    gone = read("acled", deletions(("SOM1", "1704766942")))
    assert (gone.read, gone.accepted, gone.notes) == (1, 1, ("events that were deleted",))
    assert len(Layer.concat([events, gone.layer]).standing()) == 0
    assert len(gone.layer) == 6
    row = gone.layer.table.to_pylist()[0]
    assert (row["version"], row["withdrawn"], row["geometry"]) == ("001704766942", True, None)
    assert f"{row['published']:%F %T}" == "2024-01-09 02:22:22"


def test_an_event_that_came_back_after_its_deletion_counts(read: Read, record: Record) -> None:
    gone = read("acled", deletions(("SOM1", 1_600_000_000))).layer
    again = read("acled", [record["acled"]()]).layer
    assert measures_of(Layer.concat([again, gone])) == {"conflict_deaths", "conflict_events", "conflict_severity"}


def test_deletions_are_checked_row_by_row(read: Read) -> None:
    """Also as the CSV that the same address gives."""
    csv = "event_id_cnty,deleted_timestamp\nSOM1,1704766942\nSOM1,1704766000\nSOM2,\n,1704766000\nSOM3,soon\n"
    reading = read("acled", csv)
    assert (reading.read, reading.accepted) == (5, 1)
    assert dict(reading.quarantined) == {
        "deleted_timestamp: missing": 1,
        "deleted_timestamp: not a number": 1,
        "event_id_cnty: missing": 1,
        "repeated deletion": 1,
    }


def test_a_list_of_deletions_without_ids_takes_nothing_back(read: Read) -> None:
    assert read("acled", deletions(("", 1_750_000_000))).quarantined == {"event_id_cnty: missing": 1}
    with pytest.raises(InputError, match="no column 'event_id_cnty'"):
        read("acled", json.dumps({"data": [{"deleted_timestamp": 1_750_000_000}]}))


def test_an_answer_of_the_api_gives_the_same_records_as_an_export(read: Read, record: Record) -> None:
    """Numbers may be strings there, and the codes of who fought whom numbers or words."""
    rows = [
        record["acled"](inter1=1),
        record["acled"](event_id_cnty="SOM2", event_type="Protests", inter1="Protesters"),
    ]
    texts = [{name: str(value) for name, value in row.items()} for row in rows]
    expected = read("acled", rows).layer.canonical().table
    for data in (rows, texts):
        envelope = {"status": 200, "success": True, "count": 2, "messages": [], "data": data}
        for answer in (envelope, data):
            assert read("acled", json.dumps(answer)).layer.canonical().table.equals(expected)


def test_an_answer_without_events_is_read_as_none(read: Read) -> None:
    reading = read("acled", json.dumps({"status": 200, "success": True, "count": 0, "data": []}))
    assert (reading.read, reading.accepted, len(reading.layer)) == (0, 0, 0)


def test_a_refusal_is_no_answer(read: Read) -> None:
    with pytest.raises(InputError, match="an answer of ACLED with its data is needed; it may be a refusal"):
        read("acled", json.dumps({"status": 403, "message": "Access denied"}))


def test_monthly_counts_of_overlapping_categories_are_refused_by_name(raw, read: Read) -> None:
    """As ACLED gives them to HDX: one workbook for each category, which only its file's name tells."""
    header = "Country,Admin1,Admin2,ISO3,Admin2 Pcode,Admin1 Pcode,Month,Year,Events,Fatalities\n"
    content = header + "Somalia,Bay,Baidoa,SOM,SO2401,SO24,January,2024,12,30\n"
    assert source("acled").recognises(look(raw(content)))
    with pytest.raises(InputError, match="civilian targeting lies inside political violence"):
        read("acled", content)


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


def test_a_column_of_ids_that_is_wholly_empty_sets_every_row_aside(read: Read, record: Record) -> None:
    reading = read("acled", [record["acled"](event_id_cnty=""), record["acled"](event_id_cnty=" ")])
    assert (reading.read, reading.accepted, dict(reading.quarantined)) == (2, 0, {"event_id_cnty: missing": 2})
    rows = [record["acled"](event_id_cnty=""), record["acled"](country="Kenya")]
    assert read("acled", rows, country="Somalia").quarantined == {"event_id_cnty: missing": 1}
    older = read("acled", [record["acled"](event_id_cnty="", data_id="8812")])
    assert set(older.layer.table["record_id"].to_pylist()) == {"8812"}


def test_an_export_whose_rows_all_have_a_cell_too_many_is_read_as_none(read: Read, record: Record) -> None:
    event = record["acled"]()
    text = ",".join(event) + "\n" + ",".join([*map(str, event.values()), "beyond"]) + "\n"
    reading = read("acled", text)
    assert (reading.read, reading.accepted) == (1, 0)
    assert reading.quarantined == {"another number of cells than the header": 1}


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


@pytest.mark.parametrize(
    "path",
    [
        "somalia/acled_som_2022_2023.csv",
        "sudan/acled_sdn_week_before_war.csv",
        "sudan/acled_sdn_weekly_admin1_aggregated.csv",
    ],
)
def test_real_exports_are_recognised(path: str, real_data: Path) -> None:
    assert source("acled").recognises(look(Raw(real_data / path, path, "")))


def test_somalia(read_real: Read, total: Total) -> None:
    reading = read_real("acled", "somalia/acled_som_2022_2023.csv")
    assert (reading.read, reading.accepted) == (6557, 6557)
    events = reading.layer.standing().of("conflict_events").table
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


ACCOUNT = {"acled_username": "planner@example.org", "acled_password": "correct horse battery"}
TOKENS = {"token_type": "Bearer", "expires_in": 86400, "access_token": "token-of-the-day", "refresh_token": "for-later"}


def answering(*events: dict[str, object], **changes: object) -> str:
    told = {
        "status": 200,
        "success": True,
        "last_update": 2,
        "count": len(events),
        "messages": [],
        "data": list(events),
    }
    return json.dumps(told | changes)


class Acled:
    """The site on loopback: it hands out tokens, pages events, and lists deletions.

    Args:
        pages: Answers to the questions for events, by page; empty beyond.
        deleted: Answer to the question for deletions.
        any_day: Answer to the question for one event, whatever its day.
    """

    def __init__(self, *pages: str | Answer, deleted: str | Answer = "", any_day: str = "") -> None:
        self.pages, self.deleted, self.any_day = pages, deleted or answering(), any_day or answering()
        self.tokens: Answer | str = json.dumps(TOKENS)

    def __call__(self, question: Question) -> Answer | str:
        if question.path == "/oauth/token":
            return self.tokens
        if question.headers.get("authorization") != "Bearer token-of-the-day":
            return Answer('{"message": "The resource owner or authorization server denied the request."}', 401)
        if question.path == "/api/deleted/read":
            return self.deleted
        assert question.path == "/api/acled/read"
        if question.args["limit"] == "1":
            return self.any_day
        page = int(question.args["page"])
        return self.pages[page - 1] if page <= len(self.pages) else answering()


def test_all_pages_of_a_country_and_then_the_deletions(provider, ask, read_vault, record: Record, total: Total) -> None:
    full = [record["acled"](event_id_cnty=f"SDN{n}", fatalities=1) for n in range(5_000)]
    last = [record["acled"](event_id_cnty="SDN5000", fatalities=1)]
    gone = answering({"event_id_cnty": "SDN7", "deleted_timestamp": "1800000000"})
    fake = provider(Acled(answering(*full), answering(*last), deleted=gone))
    fetched = ask("acled", fake.url, **ACCOUNT)
    assert fetched.payloads == 3
    standing = Layer.concat([reading.layer for reading in read_vault("acled")]).standing()
    assert total(standing, "conflict_events") == 5_000
    assert "SDN7" not in set(standing.table["record_id"].to_pylist())

    login, first, second, deleted = fake.asked
    assert (login.method, login.form) == (
        "POST",
        {
            "client_id": "acled",
            "grant_type": "password",
            "username": ACCOUNT["acled_username"],
            "password": ACCOUNT["acled_password"],
        },
    )
    assert first.args == {
        "_format": "json",
        "iso": "729",
        "event_date": "2024-01-01|2024-01-31",
        "event_date_where": "BETWEEN",
        "fields": "|".join(FIELDS),
        "limit": "5000",
        "page": "1",
    }
    assert second.args == {**first.args, "page": "2"}
    assert deleted.args == {
        "_format": "json",
        "deleted_timestamp": "1704067200",
        "deleted_timestamp_where": ">=",
        "limit": "5000",
        "page": "1",
    }


def test_neither_actors_nor_free_text_are_asked_for() -> None:
    assert not {"actor1", "actor2", "assoc_actor_1", "notes", "source", "tags"} & set(FIELDS)


def test_no_secret_is_kept_anywhere(provider, ask, vault, record: Record) -> None:
    """Not the password, and not the token, even where an answer echoes it."""
    fake = provider(Acled(answering(record["acled"](), echo="token-of-the-day")))
    ask("acled", fake.url, **ACCOUNT)
    kept = b"".join(path.read_bytes() for path in vault.folder.rglob("*") if path.is_file())
    assert b"SOM1" in kept
    for secret in (*ACCOUNT.values(), "token-of-the-day", "for-later"):
        assert secret.encode() not in kept


@pytest.mark.parametrize("missing", ["acled_username", "acled_password"])
@pytest.mark.parametrize("given", [{}, {"": ""}])
def test_an_unset_account_is_told_and_nothing_is_asked(missing: str, given: dict[str, str], provider, ask) -> None:
    """Once an unset variable became no field of the form at all, and a feed was down for eight weeks."""
    fake = provider(Acled())
    account = {**ACCOUNT, missing: ""} if given else {key: value for key, value in ACCOUNT.items() if key != missing}
    with pytest.raises(CredentialsMissing, match=f"RISKMAP_CREDENTIALS__{missing.upper()}"):
        ask("acled", fake.url, **account)
    assert fake.asked == []


def test_a_wrong_password_is_told(provider, ask) -> None:
    site = Acled()
    site.tokens = Answer('{"error": "invalid_grant", "message": "The user credentials were incorrect."}', 400)
    fake = provider(site)
    with pytest.raises(ProviderRefused, match="The user credentials were incorrect"):
        ask("acled", fake.url, **ACCOUNT)
    assert len(fake.asked) == 1


@pytest.mark.parametrize("told", ['{"token_type": "Bearer"}', "[]", '{"access_token": null}'])
def test_a_good_status_without_a_token_is_told(told: str, provider, ask) -> None:
    site = Acled()
    site.tokens = told
    with pytest.raises(ProviderRefused, match="acled gave no token; check acled_username and acled_password"):
        ask("acled", provider(site).url, **ACCOUNT)


def test_a_token_that_is_no_longer_taken_is_renewed_once(provider, ask, read_vault, record: Record) -> None:
    site, tokens = Acled(answering(record["acled"]())), [TOKENS | {"access_token": "expired"}, TOKENS]

    def answer(question: Question) -> Answer | str:
        return json.dumps(tokens.pop(0)) if question.path == "/oauth/token" else site(question)

    fake = provider(answer)
    ask("acled", fake.url, **ACCOUNT)
    assert [one.accepted for one in read_vault("acled")] == [1, 0]
    assert fake.asked[2].form == {"client_id": "acled", "grant_type": "refresh_token", "refresh_token": "for-later"}


def test_where_the_refresh_is_not_taken_either_the_password_is(provider, ask, record: Record) -> None:
    site, tokens = Acled(answering(record["acled"]())), [{"access_token": "expired"}, TOKENS]

    def answer(question: Question) -> Answer | str:
        return json.dumps(tokens.pop(0)) if question.path == "/oauth/token" else site(question)

    fake = provider(answer)
    ask("acled", fake.url, **ACCOUNT)
    assert [one.form["grant_type"] for one in fake.asked if one.form] == ["password", "password"]


@pytest.mark.parametrize(
    "body",
    [
        "Access denied",
        "<html><body>Log in</body></html>",
        '{"message": "Access denied"}',
        '{"status": 403, "success": false, "data": []}',
        '{"status": 200, "success": false, "error": [{"message": "no access"}], "data": []}',
        '[{"event_id_cnty": "SDN1"}]',
    ],
)
def test_a_refusal_with_a_good_status_is_one(body: str, provider, ask, vault) -> None:
    """A token is handed out to any account, and then the data are denied to most."""
    with pytest.raises(ProviderRefused, match="the account may lack access to the API"):
        ask("acled", provider(Acled(body)).url, **ACCOUNT)
    assert [one.role for one in vault.receipts("acled")] == ["refused"]


def test_another_refusal_is_told_and_no_new_token_asked_for(provider, ask) -> None:
    fake = provider(Acled(Answer('{"message": "Consent not accepted"}', 403)))
    with pytest.raises(ProviderRefused, match=r"Consent not accepted.*check acled_username, acled_password"):
        ask("acled", fake.url, **ACCOUNT)
    assert [one.path for one in fake.asked] == ["/oauth/token", "/api/acled/read"]


def test_an_answer_that_was_cut_short_is_asked_for_again(provider, ask, record: Record) -> None:
    site, cut = Acled(answering(record["acled"]())), [answering(record["acled"]())[:-9]]

    def answer(question: Question) -> Answer | str:
        return cut.pop() if cut and question.path == "/api/acled/read" else site(question)

    fake = provider(answer)
    assert ask("acled", fake.url, **ACCOUNT).payloads == 2
    assert [one.path for one in fake.asked].count("/api/acled/read") == 2


def test_nothing_instead_of_an_error_is_seen_through(provider, ask, record: Record, read_vault) -> None:
    """A quiet month is believed of an account that is shown other events of the country, and of no other."""
    with pytest.raises(ProviderRefused, match="shows this account no event there on any day"):
        ask("acled", provider(Acled()).url, **ACCOUNT)
    fake = provider(Acled(any_day=answering(record["acled"]())))
    ask("acled", fake.url, **ACCOUNT)
    assert [one.read for one in read_vault("acled")][-1] == 0
    assert [one.args.get("event_date") for one in fake.asked] == [None, "2024-01-01|2024-01-31", None, None]


@pytest.mark.parametrize(("until", "refused"), [("2024-01-30", True), ("2024-01-31", False)])
def test_days_that_the_account_may_not_see_are_not_taken_for_peace(
    until: str, refused: bool, provider, ask, record: Record
) -> None:
    """Many accounts are shown nothing of the last twelve months, and only the answer itself says so."""
    limits = {"date_recency": {"quantity": 12, "unit": "Months", "date": until}}
    fake = provider(Acled(answering(record["acled"](), data_query_restrictions=limits)))
    if refused:
        with pytest.raises(
            ProviderRefused, match=r"shows this account nothing after 2024-01-30.*ask for days up to then"
        ):
            ask("acled", fake.url, **ACCOUNT)
    else:
        assert ask("acled", fake.url, **ACCOUNT).payloads == 2


@pytest.mark.parametrize("since", ["2024-01-09", "1704758400"])
def test_only_what_was_edited_or_deleted_since(since: str, provider, ask) -> None:
    """No edit since is a good answer, so nothing else is asked."""
    fake = provider(Acled())
    ask("acled", fake.url, options={"since": since}, **ACCOUNT)
    _, events, deleted = fake.asked
    assert (events.args["timestamp"], events.args["timestamp_where"]) == ("1704758400", ">=")
    assert deleted.args["deleted_timestamp"] == "1704758400"


def test_deletions_may_be_left_aside_by_name(provider, ask, record: Record) -> None:
    denied = Answer("Access denied", 403)
    fake = provider(Acled(answering(record["acled"]()), deleted=denied))
    with pytest.raises(ProviderRefused, match="Access denied"):
        ask("acled", fake.url, **ACCOUNT)
    assert ask("acled", fake.url, options={"deleted": "no"}, **ACCOUNT).payloads == 1


@pytest.mark.parametrize(
    ("area", "wanted"), [("", {}), ("XKX", {"country": "Kosovo"}), ("AFG", {"iso": "4"}), ("COD", {"iso": "180"})]
)
def test_countries_are_asked_for_by_number(area: str, wanted: dict[str, str], provider, ask, record: Record) -> None:
    """By number, since ACLED spells their names in its own way."""
    fake = provider(Acled(answering(record["acled"]())))
    ask("acled", fake.url, area, **ACCOUNT)
    assert {key: value for key, value in fake.asked[1].args.items() if key in {"iso", "country"}} == wanted


@pytest.mark.parametrize(
    ("area", "options", "problem"),
    [
        ("QQQ", {}, "'QQQ' is no country code"),
        ("SDN", {"since": "lately"}, "option since must be a day such as 2026-01-31 or a Unix time, not 'lately'"),
        ("SDN", {"deleted": "maybe"}, r"acled takes the options since .* and deleted"),
        ("SDN", {"limit": "10"}, r"acled takes the options since .* and deleted"),
    ],
)
def test_a_question_that_makes_no_sense_is_not_asked(
    area: str, options: dict[str, str], problem: str, provider, ask
) -> None:
    fake = provider(Acled())
    with pytest.raises(FetchError, match=problem):
        ask("acled", fake.url, area, options=options, **ACCOUNT)
    assert fake.asked == []


def test_a_check_is_a_login_and_one_event(provider, vault, record: Record) -> None:
    fake = provider(Acled(any_day=answering(record["acled"]())))
    check_at("acled", fake.url, vault.folder, **ACCOUNT)
    assert [one.path for one in fake.asked] == ["/oauth/token", "/api/acled/read"]
    with pytest.raises(ProviderRefused, match="shows this account no events at all"):
        check_at("acled", provider(Acled()).url, vault.folder, **ACCOUNT)
