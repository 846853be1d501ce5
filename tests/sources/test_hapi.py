"""HAPI: national rows beside districts, parts beside totals, placeholders, rounding; and answers that may be cut."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import pytest
from faking import Answer, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.hapi import Hapi
from riskmap.sources.sight import look

IDENTIFIER = "cmlza21hcDptYXBAZXhhbXBsZS5vcmc="

PLACE = {
    "location_code": "SOM",
    "location_name": "Somalia",
    "admin1_code": "SO24",
    "admin1_name": "Bay",
    "provider_admin1_name": "Bay",
    "admin2_code": "SO2401",
    "admin2_name": "Baydhaba",
    "provider_admin2_name": "Baidoa",
    "admin_level": 2,
}
NATIONAL = {name: "" for name in PLACE if name.startswith(("admin", "provider"))} | {"admin_level": 0}
JANUARY = {"reference_period_start": "2025-01-01T00:00:00", "reference_period_end": "2025-01-31T00:00:00"}
YEAR = {"reference_period_start": "2024-01-01T00:00:00", "reference_period_end": "2024-12-31T00:00:00"}

EVENTS = PLACE | JANUARY | {"event_type": "political_violence", "events": 7, "fatalities": 4}
PHASE = PLACE | JANUARY | {"ipc_phase": "3+", "ipc_type": "current", "population_in_phase": 300}
PHASE |= {"population_fraction_in_phase": 0.25}
NEED = PLACE | YEAR | {"sector_code": "Intersectoral", "category": "", "population_status": "INN", "population": 90}
PEOPLE = PLACE | YEAR | {"gender": "all", "age_range": "all", "min_age": None, "max_age": None, "population": 1000}
ORGANISATION = (
    PLACE | JANUARY | {"org_acronym": "A", "org_name": "Aid", "sector_code": "PRO", "sector_name": "Protection"}
)
REFUGEES = YEAR | {"origin_location_code": "ETH", "asylum_location_code": "SOM", "asylum_location_name": "Somalia"}
REFUGEES |= {"population_group": "REF", "gender": "all", "age_range": "all", "population": 100}
REFUGEES |= {"origin_location_name": "Ethiopia"}


@pytest.fixture
def read(raw):
    """A reading of an API answer."""

    def reading(*rows: dict[str, object], labels: dict[str, str] | None = None, **options: object):
        made = raw(json.dumps({"data": rows}), "a.json")
        return Hapi().read(Raw(made.path, made.name, made.sha256, labels=labels or {}), options)

    return reading


@pytest.fixture
def real(read_real):
    return partial(read_real, "hapi")


def values(reading, measure: str) -> dict[str, float | None]:
    """Code or name of the place -> value of a measure."""
    told = reading.layer.of(measure).table.to_pylist()
    return {one["pcode"] or one["place"]: one["value"] for one in told}


def test_one_row_is_a_record_by_code_guarded_by_its_name(read) -> None:
    (events, deaths) = read(EVENTS).layer.table.to_pylist()
    assert (events["measure"], events["value"], deaths["measure"], deaths["value"]) == (
        "conflict_events",
        7,
        "conflict_deaths",
        4,
    )
    assert (events["pcode"], events["place"], events["place_parent"]) == ("SO2401", "Baydhaba", "Bay")
    assert (events["pcode_level"], events["geo_precision"], events["overlap_group"]) == (2, "adm2", "conflict-events")
    assert (f"{events['start']:%F}", f"{events['end']:%F}", events["time_precision"]) == (
        "2025-01-01",
        "2025-02-01",
        "month",
    )


def test_a_country_is_never_placed_more_finely(read) -> None:
    record = read(EVENTS | NATIONAL).layer.table.to_pylist()[0]
    assert (record["pcode"], record["pcode_level"], record["place"]) == ("SOM", 0, "Somalia")
    assert (record["geo_precision"], record["place_parent"]) == ("country", None)


def test_kosovo_is_a_country_and_unknown_is_none(read) -> None:
    kosovo, unknown = {"location_code": "XKX"}, {"location_code": "UNK"}
    reading = read(EVENTS | NATIONAL | kosovo, EVENTS | NATIONAL | unknown)
    assert values(reading, "conflict_events") == {"XKX": 7}
    assert reading.quarantined == {"location_code: no country": 1}


def test_levels_are_never_added(read) -> None:
    region = {"admin2_code": None, "admin2_name": None, "provider_admin2_name": None, "admin_level": 1}
    other = {"location_code": "KEN", "location_name": "Kenya"}
    rows = (EVENTS, EVENTS | NATIONAL | {"events": 90}, EVENTS | region | {"events": 20}, EVENTS | NATIONAL | other)
    reading = read(*rows)
    assert values(reading, "conflict_events") == {"SO2401": 7, "KEN": 7}
    assert reading.notes == ("2 rows of other levels left aside",)
    assert values(read(*rows, level=0), "conflict_events") == {"SOM": 90, "KEN": 7}
    assert values(read(*rows, level=1), "conflict_events") == {"SO24": 20}
    with pytest.raises(InputError, match="all 1 rows are of other levels; nothing has option level"):
        read(EVENTS, level=1)


def test_levels_are_chosen_for_each_period(read) -> None:
    earlier = {"reference_period_start": "2024-12-01T00:00:00", "reference_period_end": "2024-12-31T00:00:00"}
    reading = read(EVENTS, EVENTS | NATIONAL | earlier)
    assert values(reading, "conflict_events") == {"SO2401": 7, "SOM": 7}


def test_the_finest_name_or_code_tells_the_level_where_no_column_does(read) -> None:
    row = {name: value for name, value in EVENTS.items() if name != "admin_level"}
    assert read(row).layer.table["pcode_level"].to_pylist() == [2, 2]
    bad = read(EVENTS, EVENTS | {"admin_level": "two", "admin2_code": "SO9999"}, level=None)
    assert values(bad, "conflict_events") == {"SO2401": 7}


def test_kinds_of_events_overlap_and_are_measures_of_their_own(read) -> None:
    kinds = ("political_violence", "civilian_targeting", "demonstration")
    layer = read(*(EVENTS | {"event_type": kind, "fatalities": None} for kind in kinds)).layer
    assert layer.table["measure"].to_pylist() == ["conflict_events", "civilian_targeting_events", "unrest_events"]
    assert set(layer.table["overlap_group"].to_pylist()) == {"conflict-events"}


def test_an_explicit_zero_is_an_observed_one(read) -> None:
    assert values(read(EVENTS | {"events": 0, "fatalities": None}), "conflict_events") == {"SO2401": 0}


def test_a_placeholder_is_no_code_and_what_stands_under_it_is_told(read) -> None:
    """Every area of a country under one code: by code they would be one row, and dropping it loses millions."""
    areas = [PHASE | {"admin2_code": "MDG-XXX", "admin2_name": None, "provider_admin2_name": name} for name in "AB"]
    reading = read(*areas, PHASE | {"admin2_code": "MDG-XXX", "admin2_name": None, "provider_admin2_name": ""})
    assert values(reading, "phase3plus_people") == {"A": 300, "B": 300}
    assert reading.layer.table["pcode"].null_count == 4
    assert reading.quarantined == {"neither code nor name of its place": 1}
    told = "600 people in phase 3 or worse stand under placeholders such as 'MDG-XXX': placed by name"
    assert told in reading.notes


def test_rows_that_differ_by_rounding_count_once(read) -> None:
    reading = read(PHASE, PHASE | {"population_in_phase": 301})
    assert values(reading, "phase3plus_people") == {"SO2401": 301}
    assert reading.quarantined == {"repeated row": 1}
    assert reading.notes == ()
    far = read(PHASE, PHASE | {"population_in_phase": 900})
    assert far.notes == ("1 repeated rows differ by more than rounding; the highest is kept",)


def test_analyses_of_one_kind_are_read_at_a_time(read) -> None:
    later = PHASE | {"ipc_type": "first projection", "population_in_phase": 500}
    assert values(read(PHASE, later), "phase3plus_people") == {"SO2401": 300}
    projected = read(PHASE, later, period="first projection")
    assert values(projected, "phase3plus_people") == {"SO2401": 500}
    assert projected.layer.table["preliminary"].to_pylist() == [True, True]
    with pytest.raises(InputError, match="all 1 rows are of other analyses; nothing has option period"):
        read(PHASE, period="second projection")


def test_missing_phases_never_fall_through_to_phase_1(read) -> None:
    unseen = PHASE | {"admin2_code": "SO2402", "ipc_phase": "all", "population_in_phase": 5000}
    unseen |= {"population_fraction_in_phase": 1}
    reading = read(PHASE, unseen)
    assert values(reading, "phase3plus_people") == {"SO2401": 300, "SO2402": None}
    assert reading.layer.of("phase3plus_share").table["assessed"].to_pylist() == [True, False]
    assert reading.notes == ("1 areas without phases are not assessed, neither in phase 1 nor zero",)


def test_phases_three_to_five_stand_for_their_sum_where_it_is_not_told(read) -> None:
    phases = [PHASE | {"ipc_phase": str(phase), "population_in_phase": 100 * phase} for phase in range(1, 6)]
    everybody = PHASE | {"ipc_phase": "all", "population_in_phase": 1500, "population_fraction_in_phase": 1}
    reading = read(*phases, everybody)
    assert values(reading, "phase3plus_people") == {"SO2401": 1200}
    assert values(reading, "phase3plus_share") == {"SO2401": 80}


def test_needs_are_those_of_all_people_in_need_and_never_added_to_the_targeted(read) -> None:
    rows = [
        NEED,
        NEED | {"population_status": "TGT", "population": 50},
        NEED | {"population_status": "all", "population": 500},
        NEED | {"category": "Female", "population": 45},
        NEED | {"sector_code": "PRO-GBV", "population": 30},
        NEED | {"sector_code": "FSC", "population": 80},
        NEED | {"population_status": "XYZ"},
    ]
    reading = read(*rows)
    assert values(reading, "people_in_need") == {"SO2401": 90}
    assert values(reading, "gbv_people_in_need") == {"SO2401": 30}
    assert reading.notes == (
        "1 rows that are parts of others left aside",
        "3 rows that no measure counts left aside",
    )
    assert reading.quarantined == {"population_status: not one of 'AFF', 'INN', 'TGT', 'REA', 'all'": 1}


def test_negative_needs_are_refused(read) -> None:
    assert read(NEED, NEED | {"population": -4}).quarantined == {"population: negative": 1}


def test_parts_by_age_and_sex_are_not_added_to_the_total(read) -> None:
    reading = read(PEOPLE, PEOPLE | {"gender": "f", "population": 480}, PEOPLE | {"age_range": "0-4", "population": 90})
    assert values(reading, "population") == {"SO2401": 1000}
    with pytest.raises(InputError, match="all 1 rows are parts of others; nothing has a total"):
        read(PEOPLE | {"gender": "f"})


def test_refugees_are_added_over_origins_at_the_place_where_they_are(read) -> None:
    reading = read(
        REFUGEES,
        REFUGEES | {"origin_location_code": "YEM", "population": 40},
        REFUGEES | {"origin_location_code": "YEM", "population_group": "ASY", "population": 9},
        REFUGEES | {"gender": "f", "population": 60},
        REFUGEES | {"population_group": "IDP", "population": 3_000_000},
    )
    assert values(reading, "refugees") == {"SOM": 140}
    assert values(reading, "asylum_seekers") == {"SOM": 9}
    assert "1 rows that no measure counts left aside" in reading.notes
    table = reading.layer.table
    assert (table["geo_precision"][0].as_py(), table["overlap_group"][0].as_py()) == ("country", "refugees")
    assert not any("YEM" in str(cell) for row in table.to_pylist() for cell in row.values())


def test_returned_people_are_at_home_again(read) -> None:
    reading = read(REFUGEES | {"population_group": "RET"}, REFUGEES | {"population_group": "RDP", "population": 7})
    assert values(reading, "returned_refugees") == {"ETH": 100}
    assert values(reading, "returned_idps") == {"ETH": 7}
    assert set(reading.layer.table["kind"].to_pylist()) == {"flow"}


def test_a_theme_may_be_known_from_how_it_was_asked_for(read) -> None:
    """Without a returned person in it, an answer on returnees looks like one on refugees."""
    with pytest.raises(InputError, match="nothing has a measure"):
        read(REFUGEES, labels={"theme": "returnees"})


def test_organisations_count_once_and_are_never_named(read) -> None:
    reading = read(
        ORGANISATION,
        ORGANISATION | {"sector_code": "HEA"},
        ORGANISATION | {"org_name": "  AID "},
        ORGANISATION | {"org_name": "Other", "sector_code": "PRO-MIN"},
        ORGANISATION | {"org_name": None, "org_acronym": "OTH", "sector_code": "PRO-GBV"},
        ORGANISATION | {"org_name": None, "org_acronym": None},
    )
    assert values(reading, "organisations_present") == {"SO2401": 3}
    assert values(reading, "protection_organisations_present") == {"SO2401": 2}
    assert reading.quarantined == {"org_name: missing": 1}
    assert "Aid" not in str(reading.layer.table.to_pylist())
    assert values(read(ORGANISATION, sectors=["protection"]), "organisations_present") == {"SO2401": 1}
    with pytest.raises(InputError, match="no sector 'WASH'; found 'PRO', 'Protection'"):
        read(ORGANISATION, sectors=["WASH"])


def test_national_risk_poverty_rain_and_funding(read) -> None:
    place = {"location_code": "SOM", "location_name": "Somalia"}
    risk = place | YEAR | {"risk_class": "5", "overall_risk": 8.7, "hazard_exposure_risk": 8.9}
    risk |= {"vulnerability_risk": 8.8, "coping_capacity_risk": 8.5}
    assert values(read(risk), "inform_risk") == {"SOM": 8.7}
    poverty = PLACE | YEAR | {"mpi": 0.4, "headcount_ratio": 67.5, "in_severe_poverty": 43.1}
    assert values(read(poverty), "poverty_headcount") == {"SO2401": 67.5}
    rain = PLACE | JANUARY | {"aggregation_period": "3-month", "version": "final", "rainfall_anomaly_pct": 45.0}
    reading = read(rain, rain | {"version": "forecast"}, rain | {"aggregation_period": "dekad"})
    assert values(reading, "rainfall_of_normal") == {"SO2401": 45}
    appeal = place | YEAR | {"appeal_code": "HSOM24", "requirements_usd": 1600, "funding_usd": 700}
    money = read(appeal, appeal | {"appeal_code": "FSOM24", "requirements_usd": 100, "funding_usd": None})
    assert values(money, "appeal_requirements") == {"SOM": 1700}
    assert values(money, "appeal_funding") == {"SOM": 700}


def test_people_displaced_by_round_are_left_to_dtm(read, real) -> None:
    with pytest.raises(InputError, match="read this file with the source dtm, which knows rounds"):
        read(PLACE | JANUARY | {"operation": "o", "reporting_round": 1, "population": 7})
    with pytest.raises(InputError, match="read this file with the source dtm"):
        real("sudan/hapi_idps_sdn_2023_2025.csv")


def test_a_table_of_no_theme_is_refused(read) -> None:
    with pytest.raises(InputError, match="no theme of HAPI has the columns"):
        read(PLACE | JANUARY)


def test_rows_of_other_countries_are_left_aside(read) -> None:
    reading = read(EVENTS, EVENTS | NATIONAL | {"location_code": "KEN"}, country="som")
    assert values(reading, "conflict_events") == {"SO2401": 7}
    with pytest.raises(InputError, match="nothing has option country"):
        read(EVENTS, country="KEN")


def test_an_answer_without_rows_is_an_answer(read) -> None:
    reading = read()
    assert (reading.read, len(reading.layer), reading.notes) == (0, 0, ("HAPI has no rows for this question",))


def test_a_period_that_runs_backwards_is_refused(read) -> None:
    reading = read(EVENTS, EVENTS | {"reference_period_end": "2024-01-01T00:00:00"})
    assert reading.quarantined == {"reference_period_end before reference_period_start": 1}


def test_a_later_edition_stands_in_place_of_an_earlier_one(read) -> None:
    """HAPI tells no version of a row; the file's date stands for it."""
    earlier = read(EVENTS | {"events": 9}, labels={"modified": "2025-02-03T00:00:00"}).layer
    later = read(EVENTS, labels={"modified": "2025-03-03T00:00:00"}).layer
    both = type(later).concat([later, earlier]).standing()
    assert both.of("conflict_events").table["value"].to_pylist() == [7]
    assert f"{later.table['published'][0].as_py():%F}" == "2025-03-03"
    assert read(EVENTS, labels={"modified": "soon"}).layer.table["version"].to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("file", "mine"),
    [
        ("global/vulnerability/hapi_operational_presence_global.csv", True),
        ("sudan/hapi_idps_sdn_2023_2025.csv", False),
        ("sudan/hno_sdn_2025.csv", False),
    ],
)
def test_real_files_are_recognised(real_data, file: str, mine: bool) -> None:
    assert Hapi().recognises(look(Raw(real_data / file, file, ""))) is mine


def test_real_presence_in_four_countries(real) -> None:
    """One row of the 4,999 is national, beside 903 of districts; 32 are marked as wrong. Counted with another program."""
    reading = real("global/vulnerability/hapi_operational_presence_global.csv")
    assert (reading.read, reading.quarantined) == (4_998, {"HAPI marks the row as wrong": 32})
    everybody, protecting = (
        reading.layer.of(name).table["value"].to_pylist()
        for name in ("organisations_present", "protection_organisations_present")
    )
    assert (len(everybody), sum(everybody)) == (267, 3_169)
    assert (len(protecting), sum(protecting)) == (180, 1_039)
    somalia = real("global/vulnerability/hapi_operational_presence_global.csv", country="SOM", sectors=["CCM"])
    found = values(somalia, "organisations_present")
    assert (len(found), sum(found.values())) == (25, 38)
    assert values(reading, "protection_organisations_present")["SO1101"] == 7


def serving(rows: Sequence[dict[str, object]], most: int) -> Callable[[Question], Answer | str | None]:
    """HAPI with some events, which gives those that touch the days asked for, and at most so many."""

    def answer(question: Question) -> Answer | str | None:
        if question.headers.get("x-hdx-hapi-app-identifier") != IDENTIFIER:
            return Answer('{"detail": "app identifier missing"}', 403)
        if question.path != "/coordination-context/conflict-events":
            return json.dumps({"data": []})
        first, after = question.args["start_date"], question.args["end_date"]
        found = [
            row
            for row in rows
            if str(row["reference_period_start"])[:10] < after and str(row["reference_period_end"])[:10] >= first
        ]
        return json.dumps({"data": found[:most]})

    return answer


@pytest.fixture
def months() -> list[dict[str, object]]:
    """One event type in one district, month by month over a year."""
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    spans = [(f"2023-{month:02}-01", f"2023-{month:02}-{length}") for month, length in enumerate(days, 1)]
    return [
        EVENTS | {"reference_period_start": first, "reference_period_end": last, "events": number}
        for number, (first, last) in enumerate(spans, 1)
    ]


def test_a_full_answer_is_never_trusted(provider, vault, monkeypatch, read_vault, ask, months) -> None:
    """HAPI tells no total: the question is halved until every answer is short, and no group of rows is torn."""
    monkeypatch.setattr("riskmap.sources.hapi_fetch.ROWS", 5)
    fake = provider(serving(months, 5))
    span = (date(2023, 1, 1), date(2024, 1, 1))
    fetched = ask("hapi", fake.url, "SOM", span, {"themes": "conflict-events"}, hapi_app_identifier=IDENTIFIER)
    assert fetched.payloads == 4
    assert {question.args["limit"] for question in fake.asked} == {"5"}
    assert {question.args["location_code"] for question in fake.asked} == {"SOM"}
    layers = [reading.layer for reading in read_vault("hapi")]
    whole = layers[0].concat(layers).standing().of("conflict_events")
    assert sum(whole.table["value"].to_pylist()) == sum(range(1, 13))
    assert [one.role for one in vault.receipts("hapi")].count("refused") == 3
    assert IDENTIFIER not in "".join(str(one) for one in vault.receipts("hapi"))
    assert {one.labels["theme"] for one in vault.receipts("hapi")} == {"conflict-events"}


def test_a_full_answer_of_one_day_leads_to_the_files(provider, ask, monkeypatch, months) -> None:
    monkeypatch.setattr("riskmap.sources.hapi_fetch.ROWS", 1)
    fake = provider(serving(months, 1))
    span = (date(2023, 1, 1), date(2023, 1, 3))
    with pytest.raises(FetchError, match="of a single day; take the files instead, by the option files = yes"):
        ask("hapi", fake.url, "SOM", span, {"themes": "conflict-events"}, hapi_app_identifier=IDENTIFIER)


def test_all_themes_are_asked_for_where_none_is_named(provider, ask, months) -> None:
    fake = provider(serving(months, 100))
    fetched = ask("hapi", fake.url, "SOM", hapi_app_identifier=IDENTIFIER)
    assert len(fake.asked) == 11
    assert fetched.payloads == 1  # no theme had a row in these days, and the same nothing is kept once
    refugees = next(one for one in fake.asked if one.path.endswith("refugees-persons-of-concern"))
    assert refugees.args["asylum_location_code"] == "SOM"


def test_what_cannot_be_asked_is_refused_before_a_request(provider, ask) -> None:
    fake = provider(lambda _question: "")
    with pytest.raises(CredentialsMissing, match="hapi needs hapi_app_identifier"):
        ask("hapi", fake.url, "SOM")
    with pytest.raises(FetchError, match="asked country by country"):
        ask("hapi", fake.url, "", hapi_app_identifier=IDENTIFIER)
    with pytest.raises(FetchError, match="fetch them with the source dtm"):
        ask("hapi", fake.url, "SOM", options={"themes": "idps"}, hapi_app_identifier=IDENTIFIER)
    with pytest.raises(FetchError, match="no theme 'weather'"):
        ask("hapi", fake.url, "SOM", options={"themes": "weather"}, hapi_app_identifier=IDENTIFIER)
    assert fake.asked == []


def test_a_refusal_with_a_good_status_is_refused(provider, ask) -> None:
    fake = provider(lambda _question: '{"detail": "no such theme"}')
    with pytest.raises(ProviderRefused, match="gives no list of data"):
        ask("hapi", fake.url, "SOM", options={"themes": "funding"}, hapi_app_identifier=IDENTIFIER)


def test_an_answer_cut_short_is_asked_for_again(provider, ask) -> None:
    answers = iter(['{"data": [{"loc', json.dumps({"data": []})])
    fake = provider(lambda _question: next(answers))
    fetched = ask("hapi", fake.url, "SOM", options={"themes": "funding"}, hapi_app_identifier=IDENTIFIER)
    assert (fetched.payloads, len(fake.asked)) == (1, 2)


def test_files_of_the_years_asked_for_need_no_identifier(provider, ask, read_vault) -> None:
    def answer(question: Question) -> str | None:
        there = f"http://{question.headers['host']}"
        files = [
            {"name": f"Conflict Events ({year})", "url": f"{there}/{year}.csv", "format": "CSV"}
            for year in (2022, 2023)
        ]
        if question.path == "/package_show":
            return json.dumps({"success": True, "result": {"resources": files}})
        row = EVENTS | {"reference_period_start": "2023-01-01", "reference_period_end": "2023-01-31"}
        return ",".join(row) + "\n" + ",".join(str(value) for value in row.values()) + "\n"

    fake = provider(answer)
    span = (date(2023, 1, 1), date(2024, 1, 1))
    fetched = ask("hapi", fake.url, "", span, {"themes": "conflict-events", "files": "yes"})
    assert fetched.payloads == 1
    assert [question.path for question in fake.asked] == ["/package_show", "/2023.csv"]
    assert fake.asked[0].args["id"] == "hdx-hapi-conflict-event"
    assert values(read_vault("hapi")[0], "conflict_events") == {"SO2401": 7}


def test_a_check_is_one_small_request(provider, vault) -> None:
    fake = provider(lambda _question: json.dumps({"data": []}))
    check(
        "hapi",
        Settings(vault=vault.folder, endpoints={"hapi_api": fake.url}, credentials={"hapi_app_identifier": IDENTIFIER}),
    )
    assert [(one.path, one.args["limit"]) for one in fake.asked] == [("/coordination-context/national-risk", "1")]
