"""IPC and Cadre Harmonise: what was looked at, what was projected, and what nobody looked at."""

import json
from collections.abc import Mapping
from datetime import date
from functools import partial

import pytest
from faking import Answer, Question

from riskmap.errors import CredentialsMissing, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.ipc import Ipc
from riskmap.sources.ipc_layouts import alpha2, alpha3, month_span
from riskmap.sources.sight import look

KEY = "0a1b2c3d-secret"

PHASES = {"phase1_population": 400, "phase2_population": 200, "phase3_population": 250}
PHASES |= {"phase4_population": 100, "phase5_population": 50, "p3plus": 400, "p3plus_percentage": 0.4}
PROJECTED = {f"{name}_projected": value for name, value in (PHASES | {"p3plus": 600}).items()}
AREA = {"name": "Baidoa", "estimated_population": 1000, "estimated_population_projected": 1000, "overall_phase": 3}
ANALYSIS = {
    "analysis_date": "Aug 2022",
    "condition": "A",
    "country": "SO",
    "current_period_dates": "Jul 2022 - Sep 2022",
    "projected_period_dates": "Oct 2022 - Dec 2022",
    "second_projected_period_dates": "",
}
COLUMNS = (
    "Date of analysis,Country,Total country population,Level 1,Area,Validity period,From,To,Phase,Number,Percentage\n"
)


def analysis(*areas: Mapping[str, object], **changes: object) -> dict[str, object]:
    return {**ANALYSIS, "groups": [{"name": "Bay", "areas": list(areas)}], **changes}


@pytest.fixture
def read(raw):
    """A reading of an answer of the service."""
    return lambda *analyses, **options: Ipc().read(raw(json.dumps(analyses), "population.json"), options)


@pytest.fixture
def table(raw):
    """A reading of a file as it is on HDX."""
    return lambda rows, **options: Ipc().read(raw(COLUMNS + rows, "ipc_area_long.csv"), options)


@pytest.fixture
def real(read_real):
    return partial(read_real, "ipc")


def values(reading, measure: str) -> dict[str, float | None]:
    told = reading.layer.of(measure).table.to_pylist()
    return {one["place"] or one["pcode"]: one["value"] for one in told}


def total(layer: Layer, measure: str) -> float:
    return sum(value for value in layer.standing().of(measure).table["value"].to_pylist() if value is not None)


def test_an_area_gives_people_a_share_and_a_phase(read) -> None:
    people, share, phase = read(analysis(AREA | PHASES)).layer.table.to_pylist()
    assert (people["measure"], people["value"], people["overlap_group"]) == (
        "phase3plus_people",
        400,
        "food-insecure-people",
    )
    assert (share["measure"], share["value"], share["unit"]) == ("phase3plus_share", 40, "%")
    assert (phase["measure"], phase["value"], phase["kind"]) == ("food_insecurity_phase", 3, "index")
    assert (people["place"], people["place_parent"], people["pcode"], people["pcode_level"]) == (
        "Baidoa",
        "Bay",
        None,
        2,
    )


def test_months_are_whole_and_known_at_the_end_of_the_month_of_analysis(read) -> None:
    record = read(analysis(AREA | PHASES)).layer.table.to_pylist()[0]
    assert (f"{record['start']:%F}", f"{record['end']:%F}") == ("2022-07-01", "2022-10-01")
    assert (f"{record['published']:%F}", record["version"], record["time_precision"]) == (
        "2022-08-31",
        "2022-08",
        "quarter",
    )


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Apr 2023 - Apr 2023", ("2023-04-01", "2023-04-30")),
        ("Nov 2023 - Feb 2024", ("2023-11-01", "2024-02-29")),
        ("", None),
        ("Apr 2023", None),
        ("soon - later", None),
    ],
)
def test_periods_are_told_as_text(text: str, span: tuple[str, str] | None) -> None:
    assert month_span(text) == span


def test_missing_phases_never_fall_through_to_phase_1(read) -> None:
    """The row of everybody keeps its full scope where a projection covers fewer areas."""
    reading = read(analysis(AREA | PHASES | PROJECTED, AREA | PHASES | {"name": "Dinsoor"}), period="projected")
    assert values(reading, "phase3plus_people") == {"Baidoa": 600, "Dinsoor": None}
    assert reading.layer.of("phase3plus_people").table["assessed"].to_pylist() == [True, False]
    assert "1 areas without phases are not assessed, neither in phase 1 nor zero" in reading.notes


@pytest.mark.parametrize("phases", [dict.fromkeys(PHASES, 0), dict.fromkeys(PHASES)])
def test_phases_of_nobody_are_no_assessment(read, phases: Mapping[str, object]) -> None:
    reading = read(analysis(AREA | PHASES, AREA | phases | {"name": "Dinsoor", "p3plus_percentage": None}))
    assert values(reading, "phase3plus_people")["Dinsoor"] is None


def test_nobody_in_crisis_is_an_observed_zero(read) -> None:
    phases = {"phase1_population": 1000, "phase2_population": 0, "p3plus": 0}
    assert values(read(analysis(AREA | phases)), "phase3plus_people") == {"Baidoa": 0}


def test_a_projection_is_not_what_was_observed(read) -> None:
    told = analysis(AREA | PHASES | PROJECTED)
    assert read(told).layer.table["preliminary"].to_pylist() == [False] * 3
    projected = read(told, period="projected")
    assert (values(projected, "phase3plus_people"), set(projected.layer.table["preliminary"].to_pylist())) == (
        {"Baidoa": 600},
        {True},
    )
    with pytest.raises(InputError, match="no analysis has the period 'second_projected'"):
        read(told, period="second_projected")


def test_chronic_conditions_are_not_acute_ones(read) -> None:
    reading = read(analysis(AREA | PHASES), analysis(AREA | PHASES, condition="C"))
    assert reading.quarantined == {"condition is not acute (A)": 1}


def test_an_area_told_twice_counts_once_even_where_rounding_differs(read) -> None:
    again = AREA | PHASES | {"p3plus": 401}
    reading = read(analysis(AREA | PHASES, again))
    assert (total(reading.layer, "phase3plus_people"), reading.quarantined) == (400, {"repeated area and period": 1})


def test_parts_of_an_area_are_added_and_the_worst_phase_holds(read) -> None:
    camp = AREA | PHASES | {"estimated_population": 500, "p3plus": 300, "overall_phase": 4}
    reading = read(analysis(AREA | PHASES, camp))
    assert values(reading, "phase3plus_people") == {"Baidoa": 700}
    assert values(reading, "phase3plus_share") == {"Baidoa": pytest.approx(700 / 15)}
    assert values(reading, "food_insecurity_phase") == {"Baidoa": 4}
    assert "1 areas are told in parts: people added, the worst phase taken" in reading.notes


def test_a_part_that_nobody_looked_at_leaves_the_sum_unknown(read) -> None:
    reading = read(analysis(AREA | PHASES, AREA | {"estimated_population": 500}))
    assert values(reading, "phase3plus_people") == {"Baidoa": None}


def test_the_latest_analysis_of_an_area_and_period_holds(read) -> None:
    later = analysis(AREA | PHASES | {"p3plus": 500}, analysis_date="Oct 2022")
    reading = read(analysis(AREA | PHASES), later)
    assert values(reading, "phase3plus_people") == {"Baidoa": 500}
    assert reading.quarantined == {"older analysis of the same area and period": 1}
    alone = Layer.concat([read(later).layer, read(analysis(AREA | PHASES)).layer])
    assert total(alone, "phase3plus_people") == 500


def test_levels_are_never_added_and_the_finest_with_phases_is_read(read) -> None:
    group = {"name": "Bay", "estimated_population": 2000, "p3plus": 900, "phase1_population": 1100}
    told = {**ANALYSIS, "estimated_population": 9000, "p3plus": 4000, "groups": [group | {"areas": [AREA | PHASES]}]}
    assert values(read(told), "phase3plus_people") == {"Baidoa": 400}
    assert values(read(told, level=1), "phase3plus_people") == {"Bay": 900}
    national = read(told, level=0).layer.table.to_pylist()[0]
    assert (national["pcode"], national["value"], national["geo_precision"]) == ("SOM", 4000, "country")
    untold = {**ANALYSIS, "groups": [group | {"areas": [AREA]}]}
    assert values(read(untold), "phase3plus_people") == {"Bay": 900}
    assert values(read({**ANALYSIS, "estimated_population": 9000, "p3plus": 4000}), "phase3plus_people") == {
        "SOM": 4000
    }


def test_areas_without_groups_are_regions_unless_told_otherwise(read) -> None:
    told = {**ANALYSIS, "areas": [AREA | PHASES], "groups": None}
    assert read(told).layer.table["pcode_level"].to_pylist() == [1, 1, 1]
    assert read(told, area_level=2).layer.table["geo_precision"].to_pylist() == ["adm2"] * 3


def test_camps_cities_and_zones_are_told(read) -> None:
    names = ("Baidoa IDPs", "Bay Urban", "Cluster 2", "Dinsoor (1)", "Baidoa")
    reading = read(analysis(*(AREA | PHASES | {"name": name} for name in names)))
    assert "4 areas look like camps, cities, zones or parts of districts, which boundaries may lack" in reading.notes


@pytest.mark.parametrize(("phase", "told"), [(0, None), (6, None), (10, None), (None, None), (2, 2)])
def test_areas_on_the_map_that_were_not_analysed_have_no_phase(read, phase: int | None, told: int | None) -> None:
    found = values(read(analysis(AREA | PHASES | {"overall_phase": phase})), "food_insecurity_phase")
    assert found == ({} if told is None else {"Baidoa": told})


def test_a_phase_that_is_none_is_refused(read) -> None:
    assert read(analysis(AREA | PHASES, AREA | {"overall_phase": 7})).quarantined == {"phase: none of 1 to 5": 1}


def test_countries_have_two_letters_there_and_three_here() -> None:
    assert (alpha3("SO"), alpha3("XK"), alpha3("LAC"), alpha2("SOM"), alpha2("XKX"), alpha2("ZZZ")) == (
        "SOM",
        "XKX",
        "LAC",
        "SO",
        "XK",
        "ZZZ",
    )


def test_one_country_of_several(read) -> None:
    other = analysis(AREA | PHASES, country="KE")
    assert set(read(analysis(AREA | PHASES), other).layer.table["record_id"].to_pylist()) == {
        "SOM/2/Bay//Baidoa/2022-07-01",
        "KEN/2/Bay//Baidoa/2022-07-01",
    }
    reading = read(analysis(AREA | PHASES), other, country="ken")
    assert (len(reading.layer), reading.notes[0]) == (3, "1 rows of other countries left aside")
    with pytest.raises(InputError, match="all 1 rows are of other countries"):
        read(other, country="SOM")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "the list of records is empty"),
        ("[1]", "an analysis with analysis_date is needed"),
        ('{"DataList": []}', "the list of records is empty"),
        ('{"DataList": [{"a": 1}]}', "no layout of phases has the columns 'a'"),
        ("a,b\n1,2\n", "no column 'Validity period'"),
    ],
)
def test_what_is_no_analysis_is_refused(raw, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        Ipc().read(raw(text, "a.json"), {})


def test_files_hold_a_row_for_each_phase(table) -> None:
    when = "Apr 2023,CAF,6000000,Ouaka,Grimari,current,2023-04-01,2023-08-31"
    rows = f"{when},all,50000,1.0\n{when},3+,25000,0.5\n{when},1,25000,0.5\n{when},3+,25001,0.5\n{when},x,1,0.1\n"
    projected = "Apr 2023,CAF,6000000,Ouaka,Grimari,first projection,2023-09-01,2024-03-31,3+,30000,0.6\n"
    reading = table(rows + projected + "Apr 2023,CAF,6000000,Ouaka,,current,2023-04-01,2023-08-31,3+,90000,0.4\n")
    assert values(reading, "phase3plus_people") == {"Grimari": 25001}
    assert reading.quarantined == {
        "Phase: not one of '1', '2', '3', '4', '5', '3+', 'all'": 1,
        "repeated phase of an area and period": 1,
    }
    assert reading.notes[:2] == ("1 rows of other periods left aside", "1 rows of other levels left aside")
    assert values(table(rows + projected, period="projected"), "phase3plus_share") == {"Grimari": 60}
    with pytest.raises(InputError, match="all 6 rows are of other periods"):
        table(rows + projected, period="second_projected")


def test_files_of_regions_and_of_countries(table) -> None:
    region = "Apr 2023,CAF,6000000,Ouaka,,current,2023-04-01,2023-08-31,3+,90000,0.4\n"
    country = "Apr 2023,CAF,6000000,,,current,2023-04-01,2023-08-31,3+,2000000,0.4\n"
    alone = "Apr 2023,CAF,6000000,,Bangui,current,2023-04-01,2023-08-31,3+,7,0.4\n"
    assert values(table(region + country), "phase3plus_people") == {"Ouaka": 90_000}
    assert values(table(region + country, level=0), "phase3plus_people") == {"CAF": 2_000_000}
    assert table(alone).layer.table["pcode_level"].to_pylist() == [1, 1]
    assert table(alone, area_level=2).layer.table["pcode_level"].to_pylist() == [2, 2]


def test_a_file_of_several_analyses_keeps_the_latest_of_an_area_and_period(table) -> None:
    earlier = "Sep 2022,CAF,6000000,Ouaka,Grimari,current,2023-04-01,2023-08-31,3+,10000,0.2\n"
    later = "Apr 2023,CAF,6000000,Ouaka,Grimari,current,2023-04-01,2023-08-31,all,50000,1\n"
    reading = table(earlier + later)
    assert values(reading, "phase3plus_people") == {"Grimari": None}
    assert reading.quarantined == {"older analysis of the same area and period": 1}


def test_numbers_that_no_people_and_no_share_can_be_are_refused(table, read) -> None:
    """A percentage where a fraction belongs would count a hundredfold."""
    when = "Apr 2023,CAF,6000000,Ouaka,Grimari,current,2023-04-01,2023-08-31"
    rows = "".join(f"{when},{told}\n" for told in ("3+,10,0.2", "all,1e308,1", "1,1,40", "2,1,-0.1", "4,1,1e308"))
    reading = table(rows)
    assert (reading.read, reading.accepted) == (5, 1)
    assert reading.quarantined == {
        "Number: more people than the world has": 1,
        "Percentage: not a fraction from 0 to 1": 3,
    }
    assert "row 3: Percentage = '40'" in reading.examples["Percentage: not a fraction from 0 to 1"]
    assert values(reading, "phase3plus_share") == {"Grimari": 20}
    wrong = read(analysis(AREA | PHASES, AREA | PHASES | {"name": "Dinsoor", "p3plus": 2e10}))
    assert wrong.quarantined == {"3+: more people than the world has": 1}


def test_less_than_one_person_has_no_share(read) -> None:
    told = analysis(AREA | {"p3plus": 1, "estimated_population": 1e-320})
    assert values(read(told), "phase3plus_share") == {"Baidoa": None}


def test_a_period_that_runs_backwards_is_refused(table) -> None:
    good = "Apr 2023,CAF,6000000,Ouaka,Grimari,current,2023-04-01,2023-08-31,3+,10000,0.2\n"
    reading = table(good + good.replace("2023-08-31", "2022-08-31").replace("Grimari", "Ippy"))
    assert reading.quarantined == {"To before From": 1}


CADRE = {
    "adm0_pcod3": "NGA",
    "adm1_name": "Borno",
    "adm2_name": "Jere",
    "adm2_pcod2": "NG0813",
    "chtype": "current",
    "exercise_label": "Jan-May",
    "exercise_year": 2023,
    "start_date": "2023-03-01",
    "end_date": "2023-05-31",
    "population": 1000,
    "phase_class": 3,
    "phase1": 600,
    "phase2": 150,
    "phase3": 200,
    "phase4": 50,
    "phase5": None,
    "phase35": 250,
}


def test_cadre_harmonise_keeps_codes_as_written_with_the_name_as_guard(raw) -> None:
    rows = [CADRE, CADRE | {"adm2_name": "Bama", "adm2_pcod2": "NG0813"}]
    reading = Ipc().read(raw(json.dumps({"DataList": rows}), "a.json"), {})
    told = reading.layer.of("phase3plus_people").table.to_pylist()
    assert [(one["pcode"], one["place"], one["place_parent"], one["value"]) for one in told] == [
        ("NG0813", "Jere", "Borno", 250),
        ("NG0813", "Bama", "Borno", 250),
    ]
    assert told[0]["version"] == "2023-05"


def test_outlines_give_phases_where_no_boundaries_do(raw) -> None:
    square = {"type": "Polygon", "coordinates": [[[44, 2], [45, 2], [45, 3], [44, 3], [44, 2]]]}
    told = {"aar_id": 1, "area": "Bay agropastoral", "country": "SO", "condition": "A", "analysis_date": "Mar 2023"}
    told |= {"from": "Apr 2023", "to": "Jun 2023", "overall_phase": 4, "confidence_level": "2"}
    told |= {"estimated_population": "120000"}
    shapes: list[tuple[object, dict[str, object]]] = [
        (square, told),
        (square, told),
        ({"type": "Point", "coordinates": [43.6, 3.1]}, told | {"aar_id": 2}),
        (square, told | {"aar_id": 3, "overall_phase": 0}),
        (square, told | {"aar_id": 4, "from": "soon"}),
        (square, told | {"aar_id": 5, "to": "Jan 2023"}),
        (square, told | {"aar_id": 6, "condition": "C"}),
        (square, told | {"aar_id": 7, "period": "P"}),
    ]
    features = [{"type": "Feature", "geometry": shape, "properties": one} for shape, one in shapes]
    made = raw(json.dumps({"type": "FeatureCollection", "features": features}), "areas.geojson")
    reading = Ipc().read(made, {})
    assert reading.quarantined == {
        "a camp or town, told as a point": 1,
        "condition is not acute (A)": 1,
        "from: not a month such as Apr 2023": 1,
        "overall_phase: not analysed": 1,
        "repeated area and period": 1,
        "to before from": 1,
    }
    (record,) = reading.layer.table.to_pylist()
    assert (record["measure"], record["value"], record["geo_precision"]) == ("food_insecurity_phase", 4, "adm2")
    assert (f"{record['start']:%F}", f"{record['end']:%F}") == ("2023-04-01", "2023-07-01")
    assert (record["geometry"] is not None, f"{record['published']:%F}") == (True, "2023-03-31")
    assert reading.notes[-1] == "1 areas of other periods left aside"
    projected = Ipc().read(made, {"period": "projected"})
    assert projected.layer.table["preliminary"].to_pylist() == [True]
    with pytest.raises(InputError, match="no area has the period 'second_projected'"):
        Ipc().read(made, {"period": "second_projected"})


@pytest.mark.parametrize(
    "file",
    [
        "somalia/ipc_som_api.json",
        "somalia/prism_SOM_som-ipc.json",
        "central_african_republic/ipc_caf_area_long_latest.csv",
        "nigeria/cadre_harmonise_NGA_adm2_2023_06_01.json",
    ],
)
def test_real_files_are_recognised(real_data, file: str) -> None:
    assert Ipc().recognises(look(Raw(real_data / file, file, "")))


@pytest.mark.parametrize(("period", "people"), [("current", 4_272_750), ("projected", 6_680_764)])
def test_real_answer_on_somalia_by_state(real, period: str, people: int) -> None:
    """The states add up to what the country row says of the current period, and to 6 fewer of the projected one."""
    reading = real("somalia/ipc_som_api.json", period=period)
    assert (reading.accepted, reading.quarantined) == (18, {})
    assert total(reading.layer, "phase3plus_people") == people
    assert set(reading.layer.table["pcode_level"].to_pylist()) == {1}
    assert values(reading, "phase3plus_share")["Awdal"] == pytest.approx(
        100 * (91_900 if period == "current" else 141_240) / 557_046
    )


@pytest.mark.parametrize(("period", "rows", "people"), [("current", 553, 2_371_969), ("projected", 552, 2_091_229)])
def test_real_file_of_the_central_african_republic(real, period: str, rows: int, people: int) -> None:
    reading = real("central_african_republic/ipc_caf_area_long_latest.csv", period=period)
    assert (reading.accepted, reading.quarantined) == (rows, {})
    assert (len(reading.layer), total(reading.layer, "phase3plus_people")) == (2 * 79, people)


def test_real_cadre_harmonise_of_nigeria(real) -> None:
    """569 rows of 552 areas: 12 are told in two or three parts, and two codes stand for two places each."""
    file = "nigeria/cadre_harmonise_NGA_adm2_2023_06_01.json"
    with pytest.raises(InputError, match="no rows of period 'current'; choose 'projected' by the option period"):
        real(file)
    reading = real(file, period="projected")
    people = reading.layer.of("phase3plus_people").table.to_pylist()
    assert (reading.accepted, len(people), total(reading.layer, "phase3plus_people")) == (569, 552, 24_961_341)
    assert [(one["place"], one["place_parent"]) for one in people if one["pcode"] == "NG3202"] == [
        ("Bassa", "Kogi"),
        ("Bassa", "Plateau"),
    ]
    assert values(reading, "phase3plus_people")["Jere"] == 160_612 + 1_956 + 90_339


def test_real_people_by_phase_that_tell_no_days(real) -> None:
    file = "somalia/prism_SOM_som-ipc.json"
    with pytest.raises(InputError, match="this layout tells no days; give the options start_date and end_date"):
        real(file)
    with pytest.raises(InputError, match="option end_date must be a day, not 'soon'"):
        real(file, start_date="2022-07-01", end_date="soon")
    reading = real(file, start_date="2022-07-01", end_date="2022-10-01")
    assert (reading.accepted, total(reading.layer, "phase3plus_people")) == (74, 3_560_690)
    assert reading.layer.table["version"].null_count == 3 * 74


def test_a_real_stub_is_refused(real) -> None:
    with pytest.raises(InputError, match="the list of records is empty"):
        real("ugly/cadre_harmonise_WCA_adm1_2024_10_01_UGLY.json")


@pytest.fixture
def service(provider):
    """The service: analyses, people and outlines, for who has a key."""

    def answer(question: Question) -> Answer | str | None:
        if question.args.get("key") != KEY:
            return Answer('{"message": "Forbidden"}', 403)
        if question.path == "/areas":
            return json.dumps({"type": "FeatureCollection", "features": []})
        if question.args.get("country") == "XK":
            return json.dumps({"message": "no such country"})
        return json.dumps([analysis(AREA | PHASES)])

    return provider(answer)


def test_people_are_asked_for_by_two_letters_and_years(service, ask, vault, read_vault) -> None:
    fetched = ask("ipc", service.url, "SOM", (date(2022, 1, 1), date(2023, 2, 1)), ipc_key=KEY)
    assert fetched.payloads == 1
    assert [(one.path, one.args["country"], one.args["start"], one.args["end"]) for one in service.asked] == [
        ("/population", "SO", "2022", "2023")
    ]
    assert values(read_vault("ipc")[0], "phase3plus_people") == {"Baidoa": 400}
    told = "".join(str(receipt) for receipt in vault.receipts("ipc"))
    assert KEY not in told
    assert "***" in told


def test_outlines_are_asked_for_year_by_year_in_their_place(service, ask) -> None:
    span = (date(2022, 1, 1), date(2023, 2, 1))
    ask("ipc", service.url, "", span, {"outlines": "yes"}, ipc_key=KEY)
    assert [(one.path, one.args["year"], one.args["format"]) for one in service.asked] == [
        ("/areas", "2022", "geojson"),
        ("/areas", "2023", "geojson"),
    ]
    assert "country" not in service.asked[0].args


def test_what_the_service_refuses(service, ask, provider) -> None:
    with pytest.raises(CredentialsMissing, match="ipc needs ipc_key"):
        ask("ipc", service.url, "SOM")
    assert service.asked == []
    with pytest.raises(ProviderRefused, match="check ipc_key"):
        ask("ipc", service.url, "SOM", ipc_key="another-key")
    with pytest.raises(ProviderRefused, match="gives no list of analyses"):
        ask("ipc", service.url, "XKX", ipc_key=KEY)
    odd = provider(lambda _question: "[]")
    with pytest.raises(ProviderRefused, match="gives no features"):
        ask("ipc", odd.url, "SOM", options={"outlines": "yes"}, ipc_key=KEY)


@pytest.mark.parametrize("lie", ["[[[]]]", "[null]", "[{}]", "{}", '{"features": [{"properties": null}]}'])
def test_a_list_of_anything_but_analyses_is_no_list(provider, ask, lie: str) -> None:
    lying = provider(lambda _question: lie)
    with pytest.raises(ProviderRefused, match="gives no list of analyses"):
        ask("ipc", lying.url, "SOM", ipc_key=KEY)
    with pytest.raises(ProviderRefused, match="gives no features"):
        ask("ipc", lying.url, "SOM", options={"outlines": "yes"}, ipc_key=KEY)


def test_a_check_is_one_small_request(service, vault) -> None:
    check("ipc", Settings(vault=vault.folder, endpoints={"ipc_api": service.url}, credentials={"ipc_key": KEY}))
    assert [one.path for one in service.asked] == ["/analyses"]
