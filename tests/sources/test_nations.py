"""National indicators: INFORM, WGI, TIP tiers and the Palermo protocol; whole countries, never finer."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from examples import inform, palermo, tip_tiers, wgi
from faking import Question

from riskmap.errors import FetchError, InputError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.countries import iso3_of_codes, iso3_of_names
from riskmap.sources.palermo import Palermo
from riskmap.sources.sight import look
from riskmap.sources.source import source

NAMES = ("inform", "wgi", "tip_tiers", "palermo")


def told(layer: Layer, measure: str) -> Mapping[str, float | None]:
    """Values of a measure by record."""
    table = layer.of(measure).table
    return dict(zip(table["record_id"].to_pylist(), table["value"].to_pylist(), strict=True))


def test_codes_of_their_own_become_those_of_the_standard() -> None:
    codes = pa.array(["KOS", "KSV", "XKX", "ROM", "ZAR", "TMP", "ADO", "WBG", "nam", "-99", "NA", "AFE", "ANT", None])
    assert iso3_of_codes(codes).to_pylist() == [
        *["XKX"] * 3,
        *["ROU", "COD", "TLS", "AND", "PSE", "NAM"],
        *[None] * 5,
    ]


def test_names_are_looked_up_and_never_guessed() -> None:
    names = ["Bolivia (Plurinational State of)", "Congo", "Democratic Republic of the Congo", "Niger", "Nigeria"]
    assert iso3_of_names(pa.array(names)).to_pylist() == ["BOL", "COG", "COD", "NER", "NGA"]
    names = ["Turkey", "Swaziland", "China 2,3", "Kosovo", "Congo-ish", "European Union", None]
    assert iso3_of_names(pa.array(names)).to_pylist() == ["TUR", "SWZ", "CHN", "XKX", None, None, None]


@pytest.mark.parametrize("name", NAMES)
def test_a_national_value_never_looks_finer_than_a_country(raw, name: str) -> None:
    example = {"inform": inform, "wgi": wgi, "tip_tiers": tip_tiers, "palermo": palermo}[name].EXAMPLE
    table = source(name).read(raw(example.content, example.name), example.options).layer.table
    for column, value in (("pcode_level", 0), ("geo_precision", "country"), ("spread", "intensive"), ("kind", "index")):
        assert set(table[column].to_pylist()) == {value}
    assert pc.all(pc.equal(pc.utf8_length(table["pcode"]), 3)).as_py()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("inform_risk_2025_v069_wide.csv", "inform"),
        ("worldbank_wgi_1996_2019.csv", "wgi"),
        ("tip_report_tiers_1999_2014.csv", "tip_tiers"),
        ("tip_3p_policy_index_2000_2013.csv", "tip_tiers"),
        ("un_treaty_palermo_TIP_protocol_ratifications_2015.csv", "palermo"),
        ("hapi_operational_presence_global.csv", ""),
    ],
)
def test_real_files_are_claimed_by_their_own_source(real_data, path: str, name: str) -> None:
    sight = look(Raw(real_data / "global" / "vulnerability" / path, path, ""))
    assert [one for one in NAMES if source(one).recognises(sight)] == ([name] if name else [])


# --- INFORM


def test_a_later_release_stands_before_an_earlier_one(read) -> None:
    """Release 92 came before release 493: text that is not padded would say otherwise."""
    older = read("inform", json.dumps([inform.score("SOM", "INFORM", 8.1, workflow=92)])).layer
    newer = read("inform", json.dumps([inform.score("SOM", "INFORM", 8.5, workflow=493)])).layer
    assert told(Layer.concat([newer, older]).standing(), "inform_risk") == {"SOM/2024": 8.5}


def test_years_told_anew_are_years_of_their_own(read) -> None:
    rows = [inform.score("SOM", "INFORM", year / 1000, year) for year in (2022, 2023)]
    table = read("inform", json.dumps(rows)).layer.table
    assert [f"{day:%Y-%m-%d}" for day in table["start"].to_pylist()] == ["2022-01-01", "2023-01-01"]
    assert [f"{day:%Y-%m-%d}" for day in table["end"].to_pylist()] == ["2023-01-01", "2024-01-01"]


def test_scores_without_a_year_need_one(raw) -> None:
    rows = [{"Iso3": "SOM", "IndicatorId": "INFORM", "IndicatorScore": 8.5}]
    made, text = source("inform"), json.dumps(rows)
    assert told(made.read(raw(text, "a.json"), {"year": 2025}).layer, "inform_risk") == {"SOM/2025": 8.5}
    reading = made.read(raw(text, "inform_2026.json"), {})
    assert told(reading.layer, "inform_risk") == {"SOM/2026": 8.5}
    assert reading.notes == ("year 2026 is taken from the file's name",)
    with pytest.raises(InputError, match=r"option year is missing: .* its name holds none; give it"):
        made.read(raw(text, "a.json"), {})


def test_a_year_that_is_none_is_refused(read) -> None:
    rows = [inform.score("SOM", "INFORM", 8.5) | {"GNAYear": odd} for odd in (24, 2024.5, "soon", None)]
    reading = read("inform", json.dumps(rows))
    assert dict(reading.quarantined) == {"GNAYear: missing": 1, "GNAYear: not a number": 1, "GNAYear: not a year": 2}


def test_the_real_wide_table(read_real) -> None:
    reading = read_real("inform", "global/vulnerability/inform_risk_2025_v069_wide.csv")
    assert (reading.read, reading.accepted, dict(reading.quarantined)) == (191, 191, {})
    assert told(reading.layer, "inform_risk")["NAM/2025"] is not None
    afghanistan = {m: told(reading.layer, m)["AFG/2025"] for m in ("inform_risk", "inform_hazard", "inform_coping")}
    assert afghanistan == {"inform_risk": 7.7, "inform_hazard": 7.6, "inform_coping": 7.1}


def test_the_newest_release_is_asked_for_and_its_trends_fetched(provider, ask, vault) -> None:
    def answer(question: Question) -> str:
        if question.path == "/Workflows/Default":
            return json.dumps({"WorkflowId": 505, "Name": "INFORM Risk 2026", "GNAYear": 2025})
        return json.dumps(inform.ROWS)

    fake = provider(answer)
    ask("inform", fake.url, "")
    assert [(one.path, dict(one.args)) for one in fake.asked] == [
        ("/Workflows/Default", {}),
        ("/Countries/Trends/", {"WorkflowId": "505"}),
    ]
    assert vault.receipts("inform")[-1].labels == {"workflow": "505", "release": "INFORM Risk 2026"}
    ask("inform", fake.url, "", options={"workflow": "482"})
    assert fake.asked[-1].args == {"WorkflowId": "482"}


def test_replies_that_do_not_name_their_release_take_it_from_the_fetch(raw) -> None:
    held = raw(json.dumps([{"Iso3": "SOM", "IndicatorId": "HA", "IndicatorScore": 8.5, "GNAYear": 2025}]), "a.json")
    labelled = Raw(held.path, held.name, "", labels={"workflow": "505", "published": "2026-03-23"})
    (record,) = source("inform").read(labelled, {}).layer.table.to_pylist()
    assert (record["version"], f"{record['published']:%Y-%m-%d}") == ("00000505", "2026-03-23")


@pytest.mark.parametrize(
    ("default", "trends", "problem"),
    [
        ('{"WorkflowId": 481}', "[]", "gives no scores; the release may never have been published"),
        ('{"WorkflowId": 481}', '{"Message": "no"}', "gives no scores"),
        ("[]", "[]", "names no release"),
        ("<html>", "[]", "is no JSON"),
    ],
)
def test_a_release_that_was_never_published_is_told(provider, ask, default: str, trends: str, problem: str) -> None:
    fake = provider(lambda question: default if question.path.endswith("Default") else trends)
    with pytest.raises(FetchError, match=problem):
        ask("inform", fake.url, "")


# --- WGI


LONG = '"","Country/Territory","Code","Year","Estimate","Lower","NumSrc","Rank","StdErr","Upper","Indicator"\n'


def test_bounds_are_made_of_the_standard_error_and_not_of_ranks(read) -> None:
    row = '"1","Namibia","NAM",1996,0.5,40,4,55,0.2,70,"RuleofLaw"\n'
    (record,) = read("wgi", LONG + row).layer.table.to_pylist()
    assert (record["measure"], record["value"]) == ("rule_of_law", 0.5)
    assert (record["low"], record["high"]) == (pytest.approx(0.171), pytest.approx(0.829))


def test_old_codes_and_empty_estimates_of_the_long_table(read) -> None:
    rows = (
        '"1","Congo, Dem. Rep.","ZAR",1996,-1.5,0,4,1,0.2,5,"ControlofCorruption"\n'
        '"2","Namibia","NAM",1996,NA,NA,NA,NA,NA,NA,"ControlofCorruption"\n'
        '"3","Netherlands Antilles (former)","ANT",1996,1,1,1,1,0.2,1,"ControlofCorruption"\n'
        '"4","Namibia","NAM",1996,0.5,1,1,1,NA,1,"VoiceandAccountability"\n'
        '"5","Namibia","NAM",1996,0.5,1,1,1,0.1,1,"Happiness"\n'
    )
    reading = read("wgi", LONG + rows)
    assert told(reading.layer, "control_of_corruption") == {"COD/1996": -1.5}
    assert reading.layer.of("voice_and_accountability").table["low"].to_pylist() == [None]
    assert dict(reading.quarantined) == {
        "Code: not a country": 1,
        "Estimate: none was made": 1,
        "Indicator: none of the six": 1,
    }


def test_the_day_of_the_update_is_the_version(read) -> None:
    (first, *_) = read("wgi", wgi.EXAMPLE.content).layer.table.to_pylist()
    assert (first["version"], f"{first['published']:%Y-%m-%d}") == ("2025-09-26", "2025-09-26")
    undated = json.dumps([{"page": 1, "pages": 1}, wgi.ROWS])
    assert read("wgi", undated).layer.table["version"].null_count == 3


def test_a_page_of_many_says_so(read) -> None:
    reading = read("wgi", json.dumps([wgi.META | {"pages": 3, "total": 18}, wgi.ROWS]))
    assert reading.notes == ("one page of 3: 6 of 18 rows",)


def test_only_replies_of_these_series_are_claimed(raw) -> None:
    old = json.dumps([wgi.META, [wgi.estimate("SOM", 2019, -2.0, "RL.EST")]])
    others = json.dumps([wgi.META, [wgi.estimate("SOM", 2019, 2e7, "SP.POP.TOTL")]])
    assert [source("wgi").recognises(look(raw(text, "a.json"))) for text in (old, others)] == [True, False]


@pytest.mark.parametrize("content", ['[{"message": []}]', '{"a": 1}', "[{}, []]", "[1, 2]"])
def test_a_reply_of_another_form_is_refused(read, content: str) -> None:
    with pytest.raises(InputError, match="a reply of two parts, facts and rows, is needed"):
        read("wgi", content)


def test_rows_without_series_or_name_are_refused_by_reason(read) -> None:
    row = wgi.estimate("SOM", 2023, 1.0) | {"indicator": None, "country": None}
    reading = read("wgi", json.dumps([wgi.META, [row, *wgi.ROWS]]))
    assert reading.quarantined["indicator: not an estimate of WGI"] == 2


def test_the_real_long_table(read_real) -> None:
    """26,964 rows, 983 of them without estimate; those of the Netherlands Antilles are no country's."""
    reading = read_real("wgi", "global/vulnerability/worldbank_wgi_1996_2019.csv")
    assert (reading.read, reading.accepted) == (26_964, 25_921)
    assert dict(reading.quarantined) == {"Code: not a country": 126, "Estimate: none was made": 917}
    assert reading.notes == ("not UTF-8; read as latin-1",)
    assert told(reading.layer, "voice_and_accountability")["AFG/1996"] == -1.90854012966156
    places = dict(zip(reading.layer.table["pcode"].to_pylist(), reading.layer.table["place"].to_pylist(), strict=True))
    assert (places["CIV"], places["XKX"]) == ("Côte d'Ivoire", "Kosovo")


def test_all_six_series_are_fetched_page_by_page(provider, ask, read_vault) -> None:
    def answer(question: Question) -> str:
        page, series = int(question.args["page"]), question.path.rpartition("/")[2]
        rows = [wgi.estimate("SOM", 2020 + page, -2.0, series)]
        return json.dumps([{"page": page, "pages": 2, "total": 2, "lastupdated": "2025-09-26"}, rows])

    fake = provider(answer)
    ask("wgi", fake.url, "", (date(2024, 5, 1), date(2024, 6, 1)))
    assert len(fake.asked) == 12
    assert fake.asked[0].path == "/country/all/indicator/GOV_WGI_VA.EST"
    assert fake.asked[1].args == {
        "source": "3",
        "format": "json",
        "date": "2021:2024",
        "per_page": "1000",
        "page": "2",
    }
    measures = {name for one in read_vault("wgi") for name in one.layer.table["measure"].to_pylist()}
    assert len(measures) == 6


def test_an_error_with_a_good_status_is_refused(provider, ask) -> None:
    fake = provider(lambda _: '[{"message": [{"id": "175", "key": "Invalid format", "value": "not found"}]}]')
    with pytest.raises(FetchError, match="Invalid format"):
        ask("wgi", fake.url, "")
    assert len(fake.asked) == 1


# --- TIP tiers


def test_who_was_not_ranked_is_no_tier_one(read) -> None:
    rows = "Somalia,SOM,2013,520,NA\nSomalia,SOM,2014,520,Special Case\nSomalia,SOM,2015,520,\n"
    reading = read("tip_tiers", tip_tiers.HEADER + rows)
    assert told(reading.layer, "tip_tier") == {"SOM/2013": None, "SOM/2014": None, "SOM/2015": None}
    assert reading.layer.table["assessed"].to_pylist() == [False] * 3
    assert reading.notes[0] == "3 countries and years without a tier, 1 of them special cases: not assessed"


@pytest.mark.parametrize(
    ("word", "step"),
    [
        ("Tier 1", 1),
        ("tier 2  ", 2),
        ("Watchlist", 2.5),
        ("Tier 2 Watch List", 2.5),
        ("2WL", 2.5),
        ("2.5", 2.5),
        ("3", 3),
    ],
)
def test_every_spelling_of_a_tier(read, word: str, step: float) -> None:
    reading = read("tip_tiers", f"{tip_tiers.HEADER}Chad,TCD,2014,483,{word}\n")
    assert told(reading.layer, "tip_tier") == {"TCD/2014": step}


def test_a_tier_is_known_when_the_report_comes_out(read) -> None:
    layer = read("tip_tiers", f"{tip_tiers.HEADER}Chad,TCD,2014,483,Tier 2\n").layer
    assert len(layer.known_by(datetime(2014, 6, 30, tzinfo=UTC))) == 0
    assert len(layer.known_by(datetime(2014, 7, 2, tzinfo=UTC))) == 1


def test_grades_of_the_policy_index(read) -> None:
    header = "countryname,year,cow,tier,p,prosecution,prevention,protection,iso\n"
    rows = "Namibia,2005,565,2,9,3,4,2,NAM\nSao Tome,2005,403,NA,NA,NA,NA,NA,NA\nChad,2005,483,1,9,9,1,1,TCD\n"
    reading = read("tip_tiers", header + rows)
    assert [told(reading.layer, f"tip_{one}") for one in ("prosecution", "prevention", "protection")] == [
        {"NAM/2005": 3},
        {"NAM/2005": 4},
        {"NAM/2005": 2},
    ]
    assert told(reading.layer, "tip_tier") == {"NAM/2005": 2, "STP/2005": None}
    assert dict(reading.quarantined) == {"prosecution: outside 1 to 5": 1}


@pytest.mark.parametrize(
    ("path", "rows", "tiers"),
    [
        # 387 x 1 + 1113 x 2 + 494 x 2.5 + 257 x 3, and 957 without a tier
        ("tip_report_tiers_1999_2014.csv", 3208, 4619.0),
        # 357 x 1 + 1024 x 2 + 450 x 2.5 + 234 x 3, and 956 without one
        ("tip_3p_policy_index_2000_2013.csv", 3021, 4232.0),
    ],
)
def test_real_tiers(read_real, total, path: str, rows: int, tiers: float) -> None:
    reading = read_real("tip_tiers", f"global/vulnerability/{path}")
    assert (reading.read, reading.accepted) == (rows, rows)
    assert total(reading.layer, "tip_tier") == tiers
    assert "XKX/2013" in told(reading.layer, "tip_tier")


# --- Palermo protocol


def in_force(layer: Layer, iso3: str, day: date) -> list[float]:
    """Values that hold for a state on a day."""
    return [
        row["value"]
        for row in layer.table.to_pylist()
        if row["pcode"] == iso3 and row["start"].date() <= day < row["end"].date()
    ]


@pytest.fixture
def treaty(raw):
    """What the example's list says, with some options."""

    def reading(rows: tuple[str, ...] = palermo.ROWS, retrieved: datetime | None = None, **options: object):
        held = raw(palermo.HEADER + "".join(rows), "palermo.csv")
        return Palermo().read(Raw(held.path, held.name, "", retrieved=retrieved), options)

    return reading


def test_a_state_is_a_party_from_its_instrument_on(treaty) -> None:
    layer = treaty(as_of="2015-01-01").layer
    assert in_force(layer, "BHR", date(2004, 6, 6)) == [0]
    assert in_force(layer, "BHR", date(2004, 6, 7)) == [1]
    assert in_force(layer, "BHR", date(2025, 1, 1)) == [1]


def test_a_signature_alone_makes_no_party(treaty) -> None:
    layer = treaty(as_of="2015-01-01").layer
    assert in_force(layer, "JPN", date(2014, 1, 1)) == [0]


def test_who_is_not_in_the_list_is_none_until_its_day_and_unknown_after_it(treaty) -> None:
    layer = treaty(as_of="2015-01-01").layer
    assert in_force(layer, "SOM", date(2015, 1, 1)) == [0]
    assert in_force(layer, "SOM", date(2015, 1, 2)) == []
    assert in_force(layer, "GUF", date(2014, 1, 1)) == []  # a territory is no state


def test_a_later_list_stands_before_an_earlier_one(treaty) -> None:
    """Japan ratified in 2017: what the list of 2015 said of the years before stays true, and no more."""
    later = treaty(("Japan,9 Dec 2002,11 Jul 2017 A\n",), as_of="2020-01-01").layer
    both = Layer.concat([later, treaty(as_of="2015-01-01").layer]).standing()
    assert in_force(both, "JPN", date(2016, 1, 1)) == [0]
    assert in_force(both, "JPN", date(2018, 1, 1)) == [1]


def test_without_its_day_a_list_says_nothing_of_who_is_absent(treaty) -> None:
    reading = treaty()
    assert in_force(reading.layer, "SOM", date(2014, 1, 1)) == in_force(reading.layer, "JPN", date(2014, 1, 1)) == []
    assert reading.notes[-1].startswith("the day of the list is not told (option as_of)")
    received = treaty(retrieved=datetime(2016, 2, 3, 4, tzinfo=UTC)).layer
    assert in_force(received, "SOM", date(2016, 2, 3)) == [0]


def test_a_participant_that_is_not_known_may_be_anyone(treaty) -> None:
    reading = treaty(("Atlantis,12 Dec 2000,21 Aug 2002\n",), as_of="2015-01-01")
    assert len(reading.layer) == 0
    assert reading.notes[-1].startswith("some participants are not known by name")


def test_a_state_whose_day_cannot_be_read_is_not_called_absent(treaty) -> None:
    assert in_force(treaty(as_of="2015-01-01").layer, "NER", date(2014, 1, 1)) == []


def test_a_state_bound_before_there_was_a_protocol_is_refused_and_not_called_absent(treaty) -> None:
    reading = treaty(("Albania,12 Dec 2000,21 Aug 1902\n", "Japan,9 Dec 2002,11 Jul 2017 A\n"), as_of="2020-01-01")
    (reason,) = reading.quarantined
    assert (reading.accepted, reason.endswith("before there was a protocol")) == (1, True)
    assert in_force(reading.layer, "ALB", date(2014, 1, 1)) == []


def test_a_row_without_days_is_refused(treaty) -> None:
    reading = treaty(("Albania,,\n", "Japan,9 Dec 2002,\n"), as_of="2015-01-01")
    assert dict(reading.quarantined) == {"neither signed nor bound": 1}


def test_a_list_cannot_be_older_than_what_it_tells(treaty) -> None:
    with pytest.raises(InputError, match="option as_of is 2003-01-01, but the list tells of 2006-10-23"):
        treaty(as_of="2003-01-01")


def test_the_real_list(read_real) -> None:
    reading = read_real(
        "palermo", "global/vulnerability/un_treaty_palermo_TIP_protocol_ratifications_2015.csv", as_of="2015-01-01"
    )
    assert (reading.read, reading.accepted) == (167, 166)
    assert dict(reading.examples) == {"Participant: not a country": ("row 50: Participant = 'European Union'",)}
    assert reading.notes == (
        "158 states are parties, 8 only signed",
        "39 states were no parties on 2015-01-01, the day of the list",
    )


def test_both_providers_can_be_checked(provider, tmp_path) -> None:
    inform_api = provider(lambda _: '{"WorkflowId": 505}')
    bank = provider(lambda _: json.dumps([wgi.META, wgi.ROWS]))
    endpoints = {"inform_api": inform_api.url, "wgi_api": bank.url}
    for name in ("inform", "wgi"):
        check(name, Settings(vault=tmp_path, endpoints=endpoints))
    assert (len(inform_api.asked), len(bank.asked)) == (1, 1)
    assert bank.asked[0].path == "/country/SOM/indicator/GOV_WGI_RL.EST"
