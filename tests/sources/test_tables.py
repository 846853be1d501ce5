"""Any table by place: small ones made by hand, and every real one that the cases use."""

import random
from functools import partial

import pytest

from riskmap.errors import InputError
from riskmap.sources.tables import Tables

INDEX = {"unit": "%", "kind": "index", "spread": "intensive", "theme": "vulnerability"}
PEOPLE = {"unit": "people", "kind": "stock", "spread": "extensive", "theme": "population"}
PLACED = {"pcode": "code", "level": 2, "start_date": "2024-01-01", "end_date": "2025-01-01"}
YEAR_2024 = {"start_date": "2024-01-01", "end_date": "2025-01-01"}


@pytest.fixture
def read(raw):
    """A reading of a CSV; without options of its own it holds a population by district of 2024."""

    def reading(text: str, **options: object):
        given = PLACED | {"measures": {"population": PEOPLE | {"column": "people"}}} | options
        return Tables().read(raw(text, "t.csv"), {key: value for key, value in given.items() if value is not None})

    return reading


def values(reading) -> dict[str, float]:
    """Place and start -> value of the records of a reading."""
    table = reading.layer.table
    return dict(zip(table["record_id"].to_pylist(), table["value"].to_pylist(), strict=True))


def spans(reading) -> list[str]:
    return [
        f"{one['start']:%Y-%m-%d} {one['end']:%Y-%m-%d} {one['time_precision']}"
        for one in reading.layer.table.to_pylist()
    ]


def test_a_row_is_a_record_by_code(read) -> None:
    reading = read("code,people\nSO1101,0\nSO1102,1.5e3\n", licence="CC-BY-4.0")
    record = reading.layer.table.to_pylist()[1]
    assert (record["record_id"], record["pcode"], record["pcode_level"], record["value"]) == (
        "2/SO1102/2024-01-01",
        "SO1102",
        2,
        1500,
    )
    assert (record["measure"], record["unit"], record["kind"], record["spread"]) == (
        "population",
        "people",
        "stock",
        "extensive",
    )
    assert (record["theme"], record["geo_precision"], record["licence"]) == ("population", "adm2", "CC-BY-4.0")
    assert values(reading) == {"2/SO1101/2024-01-01": 0, "2/SO1102/2024-01-01": 1500}
    assert (reading.read, reading.accepted, spans(reading)[0]) == (2, 2, "2024-01-01 2025-01-01 year")


def test_a_row_is_a_record_by_name_inside_its_parent(read) -> None:
    reading = read(
        "district,region,people\nJowhar,Middle Shabelle,7\n", pcode=None, place="district", place_parent="region"
    )
    record = reading.layer.table.to_pylist()[0]
    assert (record["place"], record["place_parent"], record["pcode"]) == ("Jowhar", "Middle Shabelle", None)


def test_a_name_beside_a_code_guards_it(read) -> None:
    """The provider gives two districts one code; their names and parents tell them apart."""
    text = "code,district,state,people\nNG3202,Bassa,Kogi,10\nNG3202,Bassa,Plateau,20\n"
    reading = read(text, place="district", place_parent="state")
    assert values(reading) == {"2/Kogi/NG3202/Bassa/2024-01-01": 10, "2/Plateau/NG3202/Bassa/2024-01-01": 20}
    record = reading.layer.table.to_pylist()[0]
    assert (record["pcode"], record["place"], record["place_parent"]) == ("NG3202", "Bassa", "Kogi")
    with pytest.raises(InputError, match="NG3202 has several values of population"):
        read(text)


def test_a_placeholder_beside_a_name_is_no_code(read) -> None:
    reading = read("code,district,people\nMDG-XXX,Betioky,10\nMDG-XXX,,20\n,,30\n", place="district")
    assert [(one["pcode"], one["place"]) for one in reading.layer.table.to_pylist()] == [(None, "Betioky")]
    assert reading.quarantined == {"code: missing": 1, "code: stands for no place": 1}
    assert reading.notes == ("population: 30 people stand under codes of no place, placed by name where there is one",)


def test_a_measure_may_tell_who_else_counts_the_same(read) -> None:
    residents = {"population": PEOPLE | {"column": "people", "overlap": "residents"}}
    assert read("code,people\nA,1\n", measures=residents).layer.table["overlap_group"].to_pylist() == ["residents"]


def test_titles_above_the_header_are_left_out(read) -> None:
    text = "Population of 2024,\n,\ncode,people\nSO1101,7\n"
    assert values(read(text, header_row=3)) == {"2/SO1101/2024-01-01": 7}
    with pytest.raises(InputError, match="its first row is a title"):
        read("Population of 2024,,,\ncode,people,a,b\nSO1101,7,,\n")
    with pytest.raises(InputError, match="it has 4 rows; the option header_row points below them"):
        read(text, header_row=9)


def test_a_cell_without_end_below_a_title_is_refused(read) -> None:
    with pytest.raises(InputError, match="not a delimited table: field larger than field limit"):
        read("Population of 2024,\ncode,people\nSO1101," + "7" * 200_000 + "\n", header_row=2)


def test_merged_cells_above_the_header_join_the_names(read) -> None:
    text = "PLACE,,PEOPLE,\ncode,name,all,girls\nSO1101,Borama,7,3\n"
    girls = {"girls": PEOPLE | {"column": "PEOPLE girls"}}
    reading = read(text, header_rows=2, pcode="PLACE code", place="PLACE name", measures=girls)
    assert values(reading) == {"2/SO1101/Borama/2024-01-01": 3}


@pytest.mark.parametrize(("level", "precision"), [(0, "country"), (1, "adm1"), (2, "adm2"), (4, "adm2")])
def test_the_level_says_how_precise_a_place_is(read, level: int, precision: str) -> None:
    assert read("code,people\nX,1\n", level=level).layer.table["geo_precision"].to_pylist() == [precision]


def test_the_level_may_stand_in_a_column(read) -> None:
    reading = read("code,lev,people\nX,1,1\nX1,2,1\nX2,one,1\nX3,9,1\n", level="lev")
    assert reading.layer.table["pcode_level"].to_pylist() == [1, 2]
    assert reading.quarantined == {"lev: no level of 0 to 5": 1, "lev: not a number": 1}


def test_rows_left_out_by_a_filter_are_counted_apart(read) -> None:
    reading = read("code,kind,people\nX,a,1\nY,b,1\nZ,c,1\n", where={"kind": ["a", "c"]})
    assert (reading.read, reading.accepted, reading.notes) == (2, 2, ("1 rows left out by where",))


def test_dates_in_columns(read) -> None:
    dated = partial(
        read,
        "code,from,to,people\nX,01-Sept-2021,01-Oct-2021,1\nY,15-Jan-2021,01-Jan-2021,1\n",
        start_date=None,
        end_date=None,
    )
    assert spans(dated(start="from", end="to")) == ["2021-09-01 2021-10-01 month"]
    assert dated(start="from", end="to").quarantined == {"ends before it starts": 1}
    assert spans(dated(start="from", end="to", end_inclusive=True))[0] == "2021-09-01 2021-10-02 month"
    assert spans(dated(start="from", end_date="2021-09-08"))[0].endswith("2021-09-08 week") is True
    assert spans(dated(start_date="2021-08-31", end="to", date_format="%d-%b-%Y"))[0] == "2021-08-31 2021-10-01 month"
    with pytest.raises(InputError, match="no column 'begin'"):
        dated(start="begin", end="to")


@pytest.mark.parametrize(
    ("step", "span"),
    [
        ("day", "2024-01-31 2024-02-01 day"),
        ("week", "2024-01-31 2024-02-07 week"),
        ("month", "2024-01-31 2024-02-29 month"),
        ("quarter", "2024-01-31 2024-04-30 quarter"),
        ("year", "2024-01-31 2025-01-31 year"),
    ],
)
def test_a_start_and_a_step(read, step: str, span: str) -> None:
    reading = read("code,day,people\nX,2024-01-31,1\n", start_date=None, end_date=None, start="day", step=step)
    assert spans(reading) == [span]


def test_a_column_of_years(read) -> None:
    reading = read("code,y,people\nX,2019,1\nX,2019.5,1\nX,,1\n", start_date=None, end_date=None, year="y")
    assert spans(reading) == ["2019-01-01 2020-01-01 year"]
    assert reading.quarantined == {"y: missing": 1, "y: not a year": 1}


def test_what_stands_for_unknown_is_unknown_and_not_zero(read) -> None:
    reading = read("code,people\nA,0\nB,\nC,NA\nD,-\nE,null\n")
    assert values(reading) == {"2/A/2024-01-01": 0}
    assert (reading.accepted, reading.quarantined) == (5, {})
    assert reading.notes == ("population: 4 unknown values give no record",)


def test_what_is_no_number_and_what_counts_below_zero_is_quarantined(read) -> None:
    reading = read("code,people\nA,300 - 400\nB,-5\nC,5\n")
    assert reading.quarantined == {"people: negative": 1, "people: not a number": 1}
    below = {"wealth": INDEX | {"column": "people"}}
    assert values(read("code,people\nB,-0.5\n", measures=below)) == {"2/B/2024-01-01": -0.5}


def test_codes_of_no_place_are_quarantined_with_what_they_hold(read) -> None:
    reading = read("code,people\nMDG-XXX,1000000\nXXX-XXX,2000000\nUNSPECIFIED,5\n,7\nMG11,9\n")
    assert (reading.accepted, reading.quarantined) == (1, {"code: missing": 1, "code: stands for no place": 3})
    assert reading.notes == ("population: 3,000,005 people stand under codes of no place",)


def test_texts_become_numbers_by_a_map(read) -> None:
    tiers = {"tier": INDEX | {"column": "t", "map": {"Tier 1": 1, "Watchlist ": 2.5}}}
    reading = read("code,t\nA,Tier 1   \nB,Watchlist\nC,NA\nD,Tier 9\n", measures=tiers)
    assert values(reading) == {"2/A/2024-01-01": 1, "2/B/2024-01-01": 2.5}
    assert reading.quarantined == {"t: not in the option map": 1}
    special = {"tier": INDEX | {"column": "t", "map": {"NA": 4}}}
    assert values(read("code,t\nA,NA\n", measures=special)) == {"2/A/2024-01-01": 4}


def test_shares_are_scaled(read) -> None:
    share = {"poor": INDEX | {"column": "s", "scale": 100}}
    assert values(read("code,s\nA,0.16\n", measures=share)) == {"2/A/2024-01-01": 16}


def test_different_texts_are_counted(read) -> None:
    presence = {"presence": INDEX | {"count_distinct": "org"}}
    reading = read("code,org\nA,X\nA,Y\nA,X\nA,NA\nB,\n", measures=presence)
    assert values(reading) == {"2/A/2024-01-01": 2}
    assert reading.notes == ("presence: 2 rows that tell none count nothing",)


def test_a_filled_column_is_one_and_an_empty_one_zero(read) -> None:
    party = {"party": INDEX | {"filled": "since"}}
    assert values(read("code,since\nA,2004\nB,\n", measures=party)) == {"2/A/2024-01-01": 1, "2/B/2024-01-01": 0}


def test_the_newest_known_value_of_each_place(read) -> None:
    text = "code,y,people\nA,2019,1\nA,2020,2\nA,2021,NA\nB,2018,3\n"
    reading = read(text, start_date=None, end_date=None, year="y", latest=True)
    assert values(reading) == {"2/A/2020-01-01": 2, "2/B/2018-01-01": 3}
    assert "population: 1 values left out for newer ones" in reading.notes


def test_rows_that_differ_are_refused_unless_they_are_to_be_added(read) -> None:
    text = "code,people\nJere,7823\nJere,291416\n"
    with pytest.raises(InputError, match="Jere has several values of population"):
        read(text)
    assert values(read(text, sum=True)) == {"2/Jere/2024-01-01": 299239}


def test_unknown_parts_of_a_sum_are_left_out_only_where_told(read) -> None:
    text = "code,people\nA,5\nA,\nB,\n"
    assert values(read(text, sum=True)) == {}
    reading = read(text, sum="known")
    assert values(reading) == {"2/A/2024-01-01": 5}
    assert reading.notes == ("population: 2 unknown values left out of sums",)


def test_several_measures_of_one_row(read) -> None:
    measures = {"a": INDEX | {"column": "x"}, "b": INDEX | {"column": "y"}}
    reading = read("code,x,y\nA,1,2\nB,NA,4\n", measures=measures)
    assert reading.layer.table["measure"].to_pylist() == ["a", "b", "b"]
    assert (reading.read, reading.accepted) == (2, 2)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"level": None}, "option level: is missing"),
        ({"level": "lev"}, "no column 'lev'"),
        ({"pcode": "place"}, "no column 'place'; found 'code', 'people'"),
        ({"place_parent": "region"}, "no column 'region'"),
        ({"measures": {"population": PEOPLE | {"column": "persons"}}}, "no column 'persons'"),
        ({"measures": {"population": INDEX}}, "option measures.population: give exactly one of column"),
        ({"where": {"code": "Z"}}, "no row matches where"),
        ({"end_date": "soon"}, "option end_date: Input should be a valid date"),
    ],
)
def test_wrong_options_are_refused(read, options: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read("code,people\nA,1\n", **options)


def test_order_and_repetition_of_rows_do_not_matter(read) -> None:
    lines = [f"X{n},{n}" for n in range(20)]
    shuffled = random.Random(7).sample(lines * 2, 40)
    one, other = (read("code,people\n" + "\n".join(some)).layer.canonical() for some in (lines, shuffled))
    assert one == other


@pytest.fixture
def real(read_real):
    return partial(read_real, "tables")


@pytest.mark.parametrize(
    ("country", "districts", "people"), [("somalia/ibf_SOM", 74, 17_597_509), ("nigeria/ibf_NGA", 774, None)]
)
def test_real_population_of_two_levels_in_one_file(real, country: str, districts: int, people: float | None) -> None:
    population = {"population": PEOPLE | {"column": "value"}}
    file = f"{country}_adm_population.csv"
    one = real(file, pcode="placeCode", level=2, where={"adminLevel": 2}, measures=population, **YEAR_2024)
    both = real(file, pcode="placeCode", level="adminLevel", measures=population, **YEAR_2024)
    assert (one.accepted, one.quarantined) == (districts, {})
    assert people is None or sum(values(one).values()) == people
    assert set(both.layer.table["pcode_level"].to_pylist()) == {1, 2}


@pytest.mark.parametrize(
    ("file", "pcode", "level", "column", "first", "count"),
    [
        ("ipc", "ADM2_PCODE", 2, "perc_ph3_5", 17, 74),
        ("pop", "ADM2_PCODE", 2, "pop_2024", 431_593, 74),
        ("poverty", "ADM1_PCODE", 1, "poverty", 39.4, 17),
    ],
)
def test_real_prism_records(real, file: str, pcode: str, level: int, column: str, first: float, count: int) -> None:
    options = {"records": "DataList", "pcode": pcode, "level": level, "measures": {"m": INDEX | {"column": column}}}
    reading = real(f"somalia/prism_SOM_som-{file}.json", **options, **YEAR_2024)
    assert (len(reading.layer), reading.layer.table["value"][0].as_py()) == (count, first)


def test_real_ipc_groups_by_name(real) -> None:
    share = {"food_insecure_share": INDEX | {"column": "p3plus_percentage", "scale": 100}}
    period = {"start_date": "2022-07-01", "end_date": "2022-10-01"}
    reading = real("somalia/ipc_som_api.json", records="0.groups", place="name", level=1, measures=share, **period)
    assert (reading.accepted, values(reading)["1/Awdal/2022-07-01"], spans(reading)[0][-7:]) == (18, 16, "quarter")


def test_real_food_insecurity_in_parts(real) -> None:
    people = {"food_insecure": PEOPLE | {"column": "phase35"}}
    options = {"records": "DataList", "pcode": "adm2_pcod2", "level": 2, "start": "start_date", "end": "end_date"}
    file = "nigeria/cadre_harmonise_NGA_adm2_2023_06_01.json"
    with pytest.raises(InputError, match="NG0713 has several values of food_insecure"):
        real(file, measures=people, **options)
    reading = real(file, measures=people, **options, sum=True, end_inclusive=True)
    assert values(reading)["2/NG0813/2023-06-01"] == 160_612 + 1_956 + 90_339
    assert spans(reading)[0] == "2023-06-01 2023-10-01 year"


def test_a_real_stub_and_a_real_title_row_are_refused(real) -> None:
    options = {"pcode": "code", "level": 2, "measures": {"m": INDEX | {"column": "v"}}} | YEAR_2024
    with pytest.raises(InputError, match="the list of records is empty"):
        real("ugly/cadre_harmonise_WCA_adm1_2024_10_01_UGLY.json", records="DataList", **options)
    with pytest.raises(InputError, match="title"):
        real("ugly/dtm_sdn_locality_idps_raw.csv", **options)


def test_real_titles_above_a_header_of_two_rows(real) -> None:
    """181 localities; the sum was counted with another program."""
    idps = {"idps": PEOPLE | {"column": "TOTAL IDPs"}}
    names = {"pcode": "LOCATION INFORMATION LOCALITY CODE", "place": "LOCATION INFORMATION LOCALITY OF DISPLACEMENT"}
    options = {"header_row": 3, "header_rows": 2, "level": 2, "measures": idps, **names, **YEAR_2024}
    reading = real("ugly/dtm_sdn_locality_idps_raw.csv", **options)
    assert (reading.accepted, sum(values(reading).values())) == (181, 6_552_118)


def test_real_population_by_commune_in_a_country_of_one_table(real) -> None:
    people = {"population": PEOPLE | {"column": "T_TL"}}
    file = "central_african_republic/cod_ps_download-caf-admpop-adm3-2015-v2.csv"
    options = {"pcode": "Adm3_pcode", "place": "Adm3_name", "place_parent": "Adm2_name", "level": 3}
    reading = real(file, measures=people, **options, **YEAR_2024)
    assert (reading.accepted, sum(values(reading).values())) == (177, 4_953_014)


def test_real_governance_in_latin_1(real) -> None:
    law = {"rule_of_law": INDEX | {"column": "Estimate"}}
    where = {"Code": "SOM", "Indicator": "RuleofLaw"}
    file = "global/vulnerability/worldbank_wgi_1996_2019.csv"
    options = {"pcode": "Code", "level": 0, "year": "Year", "measures": law}
    assert values(real(file, where=where, latest=True, **options)) == {"0/SOM/2019-01-01": -2.35035824775696}
    everywhere = real(file, where={"Indicator": "RuleofLaw"}, **options)
    assert "not UTF-8; read as latin-1" in everywhere.notes
    assert everywhere.quarantined == {}


def test_real_tiers_padded_with_blanks(real) -> None:
    tiers = {"tip_tier": INDEX | {"column": "tier", "map": {"Tier 1": 1, "Tier 2": 2, "Watchlist": 2.5, "Tier 3": 3}}}
    reading = real(
        "global/vulnerability/tip_report_tiers_1999_2014.csv", pcode="iso", level=0, year="year", measures=tiers
    )
    assert (reading.read, reading.quarantined) == (3208, {})
    assert len(reading.layer) == 3208 - 957
    assert values(reading)["0/AFG/2010-01-01"] == 2.5


def test_real_policy_index(real) -> None:
    policy = {"policy_3p": INDEX | {"column": "p"}}
    file = "global/vulnerability/tip_3p_policy_index_2000_2013.csv"
    options = {"pcode": "iso", "level": 0, "year": "year", "measures": policy, "latest": True}
    assert values(real(file, where={"iso": "SOM", "in.report": "TRUE"}, **options)) == {"0/SOM/2013-01-01": 7}


@pytest.mark.parametrize(("sectors", "places", "borama"), [(["PRO", "PRO-GBV", "PRO-CPN"], 68, 7), ("CCM", 25, None)])
def test_real_presence_of_organisations(real, sectors: object, places: int, borama: int | None) -> None:
    presence = {"presence": INDEX | {"count_distinct": "org_name", "unit": "organisations"}}
    where = {"location_code": "SOM", "sector_code": sectors}
    days = {"start": "reference_period_start", "end": "reference_period_end", "end_inclusive": True}
    file = "global/vulnerability/hapi_operational_presence_global.csv"
    reading = real(file, pcode="admin2_code", level=2, where=where, measures=presence, **days)
    assert len(reading.layer) == places
    assert values(reading).get("2/SO1101/2025-01-01") == borama


def test_real_inform_of_one_country(real) -> None:
    part = {"inform_communication": INDEX | {"column": "communication"}}
    file = "global/vulnerability/inform_risk_2025_v069_wide.csv"
    reading = real(file, pcode="iso3", level=0, where={"iso3": "SOM"}, measures=part, **YEAR_2024)
    assert values(reading) == {"0/SOM/2024-01-01": 7.9}


def test_real_parties_to_the_palermo_protocol_by_name(real) -> None:
    column = "Ratification, Acceptance(A), Approval(AA), Accession(a), Succession(d)"
    file = "global/vulnerability/un_treaty_palermo_TIP_protocol_ratifications_2015.csv"
    reading = real(file, place="Participant", level=0, measures={"party": INDEX | {"filled": column}}, **YEAR_2024)
    party = values(reading)
    assert (party["0/Albania/2024-01-01"], party["0/Barbados/2024-01-01"]) == (1, 0)


def test_real_district_months_with_two_spellings_of_september(real) -> None:
    rain = {"rainfall": INDEX | {"column": "Rainfall", "unit": "mm"}}
    names = {"place": "Districts", "place_parent": "Regions", "level": 2}
    reading = real("somalia/fsnau_som_district_month.csv", **names, start="date", step="month", measures=rain)
    assert (reading.read, reading.quarantined) == (11_692, {})
    assert "2/Awdal/Borama/2021-09-01" in values(reading)
    assert {one.split()[2] for one in spans(reading)} == {"month"}
