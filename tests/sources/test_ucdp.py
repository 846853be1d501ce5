"""UCDP: five layouts, releases that replace one another, and places that are only as exact as their code says."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely
from checking import check_at
from faking import Answer, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.timeline import Telling, believed
from riskmap.sources.sight import look
from riskmap.sources.source import Reading, source
from riskmap.sources.ucdp_fetch import country_filter
from riskmap.sources.ucdp_releases import months_together, one_month, release

Read = Callable[..., Reading]
Record = Mapping[str, Callable[..., dict[str, object]]]
Total = Callable[[Layer, str], float]


def only(layer: Layer, measure: str) -> dict[str, object]:
    (row,) = layer.standing().of(measure).table.to_pylist()
    return row


def answering(*events: dict[str, object], pages: int = 1, count: int | None = None, following: str = "") -> str:
    """A page of the API."""
    total = len(events) if count is None else count
    envelope = {"TotalCount": total, "TotalPages": pages, "PreviousPageUrl": "", "NextPageUrl": following}
    return json.dumps(envelope | {"Result": list(events)})


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
    assert len(layer.standing().of("civilian_targeting_events")) == 0
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
        ({}, {"version": "25.1"}, False, "3.25.01"),
        ({}, {"version": "26.01.26.06"}, True, "2.26.01.26.06"),
        ({}, {"version": "26.0.3"}, True, "1.26.00.03"),
        ({}, {"version": "26.0.11"}, True, "1.26.00.11"),
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
    """Versions sort as text the way releases are believed: months, then months together, then years."""
    event = only(read("ucdp", [record["ucdp"](**changes)], **options).layer, "conflict_events")
    assert (event["preliminary"], event["version"]) == (preliminary, version)


@pytest.mark.parametrize("version", ["latest", "26", "26.0.13", "26.01.25.06", "26.2.26.06", "", "1.26.1"])
def test_a_version_that_is_none_is_refused(version: str, read: Read, record: Record) -> None:
    with pytest.raises(InputError, match=r"option version must be a release such as 25\.1 or 26\.0\.3"):
        read("ucdp", [record["ucdp"]()], version=version)


@pytest.mark.parametrize(
    ("version", "days"),
    [
        ("25.1", (date(1989, 1, 1), date(2025, 1, 1))),
        ("26.01.26.06", (date(2026, 1, 1), date(2026, 7, 1))),
        ("26.01.26.12", (date(2026, 1, 1), date(2027, 1, 1))),
        ("26.0.7", (date(2026, 7, 1), date(2026, 8, 1))),
        ("26.0.12", (date(2026, 12, 1), date(2027, 1, 1))),
    ],
)
def test_a_release_lists_its_days_completely(version: str, days: tuple[date, date], read: Read, record: Record) -> None:
    cover = read("ucdp", [record["ucdp"]()], version=version).cover
    assert cover is not None
    assert (cover.start, cover.end) == days


def test_the_more_final_release_ranks_higher_and_the_later_one_of_its_kind() -> None:
    names = ["26.0.2", "26.0.10", "25.01.25.12", "26.01.26.03", "26.01.26.06", "17.2", "24.1", "25.1"]
    releases = [release(name) for name in names]
    ranks = [one.cover.rank for one in releases if one]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(names)
    versions = [one.version for one in releases if one]
    assert versions == sorted(versions)


def test_a_candidate_that_is_not_in_the_final_release_vanishes(raw, record: Record, total: Total) -> None:
    """And one that is in both counts once, as the final release has it, even where its date is another year's."""

    def telling(version: str, *events: dict[str, object]) -> Telling:
        content = json.dumps({"TotalCount": len(events), "TotalPages": 1, "Result": list(events)})
        page = replace(raw(content, f"{version}.json"), labels={"version": version})
        reading = source("ucdp").read(page, {})
        return Telling(page, reading, reading.cover, "NGA")

    day = {"date_start": "2024-05-04", "date_end": "2024-05-04"}
    candidates = telling("24.0.5", record["ucdp"](**day, best=7), record["ucdp"](**day, id=1002, best=9, high=9))
    final = telling("25.1", record["ucdp"](**day, best=5))
    for tellings in ([candidates, final], [final, candidates]):
        layer = Layer.concat([one.reading.layer for one in believed(tellings)]).standing()
        assert (total(layer, "conflict_events"), total(layer, "conflict_deaths")) == (1, 5)


def test_pages_of_one_release_do_not_outrank_one_another(raw, record: Record) -> None:
    pages = [replace(raw(answering(record["ucdp"](id=n)), f"{n}"), labels={"version": "25.1"}) for n in range(2)]
    readings = [source("ucdp").read(page, {}) for page in pages]
    told = believed([Telling(page, one, one.cover) for page, one in zip(pages, readings, strict=True)])
    assert [len(one.reading.layer) for one in told] == [len(one.layer) for one in readings]


def test_an_event_that_is_no_longer_one_sided_counts_as_that_no_more(read: Read, record: Record) -> None:
    before = read("ucdp", [record["ucdp"](type_of_violence=3)], version="24.0.5").layer
    after = read("ucdp", [record["ucdp"](type_of_violence=1)], version="25.1").layer
    assert len(Layer.concat([before, after]).standing().of("civilian_targeting_events")) == 0


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("GEDEvent_v25_1.csv", "3.25.01"),
        ("inputs/gedevent_v26_0_8.csv", "1.26.00.08"),
        ("GEDEvent_v26_01_26_06.csv", "2.26.01.26.06"),
        ("GEDEvent_v26_9_9_9.csv", None),
        ("conflict_data_nga.csv", None),
    ],
)
def test_a_file_under_its_own_name_tells_its_release(name: str, version: str | None, raw, record: Record) -> None:
    file = replace(raw(answering(record["ucdp"]())), name=name)
    reading = source("ucdp").read(file, {})
    assert only(reading.layer, "conflict_events")["version"] == version
    assert [note.startswith("release ") for note in reading.notes] == ([True] if version else [])
    assert (reading.cover is None) == (version is None)


def test_a_page_of_the_api_gives_the_same_records_as_a_file(read: Read, record: Record) -> None:
    rows = [record["ucdp"](), record["ucdp"](id=1002, type_of_violence=3)]
    assert read("ucdp", answering(*rows)).layer.canonical() == read("ucdp", rows).layer.canonical()


def test_a_month_in_which_nothing_happened_is_read_as_that(read: Read) -> None:
    reading = read("ucdp", answering(), version="26.0.3")
    assert (reading.read, len(reading.layer)) == (0, 0)
    assert reading.cover is not None


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
    "path",
    [
        "nigeria/ucdp_nga_1990_2019_hdx.csv",
        "ukraine/ucdp_ukr_2014_2018_hdx_oldschema.csv",
        "ukraine/ucdp_ukr_2014_2021_hdx.csv",
        "central_african_republic/ucdp_caf_1989_2022.geojson",
    ],
)
def test_real_releases_are_recognised(path: str, real_data: Path) -> None:
    assert source("ucdp").recognises(look(Raw(real_data / path, path, "")))


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
    events = reading.layer.standing().of("conflict_events").table
    assert (len(events), total(reading.layer, "conflict_deaths")) == (rows, deaths)
    coarse = sum(word in {"adm1", "country", "none"} for word in events["geo_precision"].to_pylist())
    assert coarse == imprecise
    assert (f"{min(events['start'].to_pylist()):%F}", f"{max(events['end'].to_pylist()):%F}") == span


TOKEN = {"ucdp_token": "a-token-of-ucdp"}


class Ucdp:
    """The API on loopback.

    Args:
        releases: By name, its pages in order.
    """

    def __init__(self, **releases: list[str]) -> None:
        self.releases = {name.strip("_").replace("_", "."): pages for name, pages in releases.items()}

    def __call__(self, question: Question) -> Answer | str | None:
        if question.headers.get("x-ucdp-access-token") != TOKEN["ucdp_token"]:
            return Answer("API token required", 401)
        folder, _, name = question.path.rpartition("/")
        assert folder == "/gedevents"
        pages = self.releases.get(name)
        return None if pages is None else pages[int(question.args["page"])]


def asked_for(fake) -> list[str]:
    """Releases in the order in which they were asked for, each once."""
    return list(dict.fromkeys(question.path.rpartition("/")[2] for question in fake.asked))


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> date:
    """The fifth of August 2026, for whoever asks which releases may be out."""
    day = datetime(2026, 8, 5, 9, tzinfo=UTC)

    class Clock:
        @staticmethod
        def now(zone: object) -> datetime:
            assert zone is UTC
            return day

    monkeypatch.setattr("riskmap.sources.ucdp_fetch.datetime", Clock)
    return day.date()


def test_the_newest_yearly_release_with_all_its_pages(provider, ask, read_vault, vault, record: Record, today) -> None:
    """Days that it holds need no candidates. The first page is page 0; a year not out yet is a 404 and no failure."""
    pages = [
        answering(*[record["ucdp"](id=page * 1000 + n) for n in range(1000)], pages=3, following="next")
        for page in range(2)
    ]
    fake = provider(Ucdp(_25_1=[*pages, answering(record["ucdp"](id=5000), pages=3)]))
    assert ask("ucdp", fake.url, **TOKEN).payloads == 3
    readings = read_vault("ucdp")
    assert sum(reading.read for reading in readings) == 2001
    assert {reading.cover for reading in readings} == {release("25.1").cover}
    assert asked_for(fake) == ["26.1", "25.1"]
    assert fake.asked[1].args == {"pagesize": "1000", "Country": "625", "page": "0"}
    assert [question.args["page"] for question in fake.asked] == ["0", "0", "1", "2"]
    assert {receipt.labels["version"] for receipt in vault.receipts("ucdp") if receipt.role == "records"} == {"25.1"}


def test_later_months_come_from_candidates_as_many_in_one_release_as_there_are(
    provider, ask, read_vault, record: Record, today
) -> None:
    """The yearly release ends with 2025; January to June 2026 are out together, July alone, August not yet."""
    one = [answering(record["ucdp"]())]
    fake = provider(Ucdp(_26_1=one, _26_01_26_06=one, _26_01_26_03=one, _26_0_7=[answering()]))
    ask("ucdp", fake.url, span=(date(2025, 6, 1), date(2027, 1, 1)), **TOKEN)
    assert asked_for(fake) == ["26.1", "26.01.26.06", "26.0.7", "26.0.8"]
    assert [reading.read for reading in read_vault("ucdp")] == [1, 0]


def test_days_that_end_with_the_yearly_release_need_no_candidates(provider, ask, record: Record, today) -> None:
    fake = provider(Ucdp(_26_1=[answering(record["ucdp"]())]))
    ask("ucdp", fake.url, span=(date(2025, 6, 1), date(2026, 1, 1)), **TOKEN)
    assert asked_for(fake) == ["26.1"]


def test_years_without_a_yearly_release_are_pieced_together(provider, ask, record: Record, today) -> None:
    one = [answering(record["ucdp"]())]
    months = {f"_26_0_{month}": one for month in (1, 2)}
    fake = provider(Ucdp(_25_1=one, _25_01_25_12=one, **months))
    ask("ucdp", fake.url, span=(date(2025, 3, 1), date(2026, 3, 1)), **TOKEN)
    assert asked_for(fake) == ["26.1", "25.1", "25.01.25.12", "26.01.26.06", "26.01.26.03", "26.0.1", "26.0.2"]


def test_a_month_missing_between_others_is_no_peace(provider, ask, record: Record, today) -> None:
    one = [answering(record["ucdp"]())]
    fake = provider(Ucdp(_26_1=one, _26_0_1=one, _26_0_3=one))
    with pytest.raises(FetchError, match=r"ucdp has 26.0.3 but not 26.0.2: a month in between would look peaceful"):
        ask("ucdp", fake.url, span=(date(2026, 1, 1), date(2026, 6, 1)), **TOKEN)


def test_an_empty_page_in_the_middle_is_asked_for_again(provider, ask, read_vault, record: Record, today) -> None:
    full = answering(*[record["ucdp"](id=n) for n in range(1000)], pages=2, following="next")
    empty, last = answering(pages=2, count=1001), answering(record["ucdp"](id=2000), pages=2, count=1001)
    answers = {"0": [answering(pages=2, count=1001, following="next"), full], "1": [empty, empty, last]}

    def answer(question: Question) -> str | None:
        return answers[question.args["page"]].pop(0) if question.path == "/gedevents/26.1" else None

    ask("ucdp", provider(answer).url, **TOKEN)
    assert sum(reading.read for reading in read_vault("ucdp")) == 1001
    assert answers == {"0": [], "1": []}


def test_a_last_page_that_stays_empty_is_believed(provider, ask, read_vault, record: Record, today) -> None:
    """The number of pages counts events of a fourth type of violence, which are never given out."""
    full = answering(*[record["ucdp"](id=n) for n in range(1000)], pages=2, count=1600, following="next")
    fake = provider(Ucdp(_26_1=[full, answering(pages=2, count=1600)]))
    ask("ucdp", fake.url, **TOKEN)
    assert [question.args["page"] for question in fake.asked] == ["0", "1", "1", "1"]
    assert [reading.read for reading in read_vault("ucdp")] == [1000, 0]


def test_a_page_in_the_middle_that_stays_empty_is_not_believed(provider, ask, today) -> None:
    fake = provider(Ucdp(_26_1=[answering(pages=2, count=1600, following="next")]))
    with pytest.raises(FetchError, match="is an empty page among 2"):
        ask("ucdp", fake.url, **TOKEN)


def test_a_country_without_any_event_is_an_answer(provider, ask, read_vault, today) -> None:
    fake = provider(Ucdp(_26_1=[answering(pages=0)]))
    ask("ucdp", fake.url, **TOKEN)
    assert [reading.read for reading in read_vault("ucdp")] == [0]
    assert len(fake.asked) == 1


def test_a_provider_that_ignores_the_page_is_not_read_twice(provider, ask, record: Record, today) -> None:
    same = answering(record["ucdp"](), pages=2)
    with pytest.raises(FetchError, match="gives the same page as the one before it"):
        ask("ucdp", provider(Ucdp(_26_1=[same, same])).url, **TOKEN)


def test_a_release_that_goes_away_between_two_pages_is_told(provider, ask, record: Record, today) -> None:
    page = answering(record["ucdp"](), pages=2, following="next")

    def answer(question: Question) -> str | None:
        return page if question.args["page"] == "0" else None

    with pytest.raises(FetchError, match="is not there, though the pages before it are"):
        ask("ucdp", provider(answer).url, **TOKEN)


def test_a_provider_without_any_yearly_release_is_told(provider, ask, today) -> None:
    fake = provider(Ucdp())
    with pytest.raises(FetchError, match="ucdp has no yearly release at all"):
        ask("ucdp", fake.url, **TOKEN)
    assert asked_for(fake) == [f"{year}.1" for year in range(26, 16, -1)]


@pytest.mark.parametrize(
    "body", ["[]", '{"TotalPages": 1}', '{"Result": [{"id": 1}]}', '{"Result": [], "TotalPages": 1}']
)
def test_an_answer_in_another_form_is_no_answer(body: str, provider, ask, today) -> None:
    with pytest.raises(ProviderRefused, match="the provider has changed its form"):
        ask("ucdp", provider(Ucdp(_26_1=[body])).url, **TOKEN)


@pytest.mark.parametrize("token", [{}, {"ucdp_token": ""}])
def test_an_unset_token_is_told_and_nothing_is_asked(token: dict[str, str], provider, ask) -> None:
    fake = provider(Ucdp())
    with pytest.raises(
        CredentialsMissing, match=r"set RISKMAP_CREDENTIALS__UCDP_TOKEN; get it at https://ucdp\.uu\.se"
    ):
        ask("ucdp", fake.url, **token)
    assert fake.asked == []


def test_a_wrong_token_is_told_and_kept_nowhere(provider, ask, vault) -> None:
    fake = provider(Ucdp())
    with pytest.raises(ProviderRefused, match="API token required; check ucdp_token"):
        ask("ucdp", fake.url, ucdp_token="not-the-token")
    kept = b"".join(path.read_bytes() for path in vault.folder.rglob("*") if path.is_file())
    assert b"API token required" in kept
    assert b"not-the-token" not in kept


@pytest.mark.parametrize(
    ("area", "number"),
    [("UKR", "369"), ("SOM", "520"), ("YEM", "678"), ("SRB", "345"), ("PSE", "666"), ("XKX", "345"), ("SSD", "626")],
)
def test_countries_have_numbers_of_their_own(area: str, number: str) -> None:
    """Gaza and the West Bank are under Israel there, and Kosovo is under Serbia."""
    assert country_filter(area) == {"Country": number}


def test_the_whole_world_and_what_is_no_country(provider, ask, record: Record, today) -> None:
    fake = provider(Ucdp(_26_1=[answering(record["ucdp"]())]))
    ask("ucdp", fake.url, "", **TOKEN)
    assert fake.asked[0].args == {"pagesize": "1000", "page": "0"}
    with pytest.raises(FetchError, match="ucdp knows no country 'QQQ'; ask for the whole world"):
        ask("ucdp", fake.url, "QQQ", **TOKEN)
    with pytest.raises(FetchError, match="ucdp takes no options"):
        ask("ucdp", fake.url, options={"version": "25.1"}, **TOKEN)
    assert len(fake.asked) == 1


def test_what_may_be_out_on_a_day() -> None:
    day = date(2026, 8, 5)
    assert [one.name for one in months_together(2026, 1, day)] == ["26.01.26.06", "26.01.26.03"]
    assert [one.name for one in months_together(2026, 5, day)] == ["26.01.26.06"]
    assert [one.name for one in months_together(2025, 11, day)] == ["25.01.25.12"]
    assert one_month(2026, 12).end == date(2027, 1, 1)


def test_a_check_asks_for_one_event(provider, vault, record: Record, today) -> None:
    fake = provider(Ucdp(_25_1=[answering(record["ucdp"]())]))
    check_at("ucdp", fake.url, vault.folder, **TOKEN)
    assert [(question.path, question.args) for question in fake.asked] == [
        ("/gedevents/25.1", {"pagesize": "1", "page": "0"})
    ]
