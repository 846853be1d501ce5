"""HXL: what a table holds is read from its tags; what they do not tell is asked for."""

from functools import partial

import pytest

from riskmap.errors import InputError
from riskmap.sources.hxl import Hxl
from riskmap.sources.hxl_columns import Tag, column_of
from riskmap.sources.sight import look
from riskmap.sources.tabular import read_table

YEAR = {"start_date": "2024-01-01", "end_date": "2025-01-01"}
DISTRICTS = "LGA,Pcode,IDPs\n#adm2+name,#adm2+code,#affected+idps\n"


@pytest.fixture
def read(raw):
    return lambda text, **options: Hxl().read(raw(text, "t.csv"), YEAR | options)


@pytest.fixture
def real(read_real):
    return partial(read_real, "hxl")


def records(reading) -> list[tuple[object, ...]]:
    told = reading.layer.table.to_pylist()
    return [(one["measure"], one["pcode"], one["place"], one["pcode_level"], one["value"]) for one in told]


def days(reading) -> list[str]:
    return [f"{one['start']:%F} {one['end']:%F}" for one in reading.layer.table.to_pylist()]


@pytest.mark.parametrize(
    ("text", "word", "attributes"),
    [("#ADM2 +Code", "#adm2", {"code"}), ("#affected+ind+idps", "#affected", {"idps", "ind"}), ("#geo", "#geo", set())],
)
def test_attributes_come_in_any_order(text: str, word: str, attributes: set[str]) -> None:
    assert Tag.of(text) == Tag(word, frozenset(attributes))


def test_columns_are_found_by_their_tags(read) -> None:
    reading = read(DISTRICTS + "Jere,NG0813,7\n")
    assert records(reading) == [("idps", "NG0813", "Jere", 2, 7)]
    record = reading.layer.table.to_pylist()[0]
    assert (record["theme"], record["kind"], record["overlap_group"]) == ("displacement", "stock", "displaced-people")
    assert (record["unit"], record["licence"], record["source"]) == ("people", "unstated", "hxl")


def test_swapped_tags_of_code_and_name_are_told_apart_by_what_they_hold(read) -> None:
    reading = read("LGA,Pcode,IDPs\n#adm2+code,#adm2+name,#affected+idps\nJere,NG0813,7\n")
    assert records(reading) == [("idps", "NG0813", "Jere", 2, 7)]
    assert "#adm2: the tags of code and name are swapped; 'Pcode' holds the codes" in reading.notes


def test_a_tag_without_attribute_is_a_code_or_a_name_by_what_it_holds(read) -> None:
    assert records(read("p,IDPs\n#adm2,#affected+idps\nNG0813,7\n")) == [("idps", "NG0813", None, 2, 7)]
    assert records(read("p,IDPs\n#adm2,#affected+idps\nJere,7\n")) == [("idps", None, "Jere", 2, 7)]


def test_the_place_of_origin_is_not_the_place(read) -> None:
    text = "from,to,IDPs\n#adm2+name+origin,#adm1+name,#affected+idps\nJere,Borno,7\n"
    assert records(read(text)) == [("idps", None, "Borno", 1, 7)]


def test_the_finest_filled_level_is_read_unless_another_is_asked_for(read) -> None:
    text = "c,s,w,IDPs\n#country+code,#adm1+name,#adm3+name,#affected+idps\nNGA,Borno,,7\n"
    assert records(read(text)) == [("idps", None, "Borno", 1, 7)]
    assert records(read(text, level=0)) == [("idps", "NGA", None, 0, 7)]
    with pytest.raises(InputError, match="the tags do not tell a place of level 3"):
        read(text, level=3)
    with pytest.raises(InputError, match="the tags do not tell a place; they are '#affected"):
        read("IDPs\n#affected+idps\n7\n")


def test_a_name_is_guarded_by_the_name_of_the_unit_above(read) -> None:
    text = "s,l,p,IDPs\n#adm1+name,#adm2+name,#adm2+pcode,#affected+idps\nKogi,Bassa,NG3202,7\n"
    assert read(text).layer.table["place_parent"].to_pylist() == ["Kogi"]


def test_households_and_parts_are_not_taken_for_people(read) -> None:
    tags = "#adm2+code,#affected+idps+hh,#affected+idps+ind,#affected+idps+ind+f,#affected+idps+cause+flood"
    assert records(read(f"a,b,c,d,e\n{tags}\nNG0813,1,7,4,2\n")) == [("idps", "NG0813", None, 2, 7)]


def test_two_columns_that_tell_the_same_are_not_chosen_between(read) -> None:
    text = "p,a,b\n#adm2+code,#affected+idps+ind,#affected+idps+total\nNG0813,7,8\n"
    with pytest.raises(InputError, match="'a' and 'b' both tell idps; choose one by the option measures"):
        read(text)
    chosen = {"idps": {"tag": "#affected+idps+total", "theme": "displacement", "kind": "stock", "unit": "people"}}
    chosen["idps"] |= {"spread": "extensive"}
    assert records(read(text, measures=chosen)) == [("idps", "NG0813", None, 2, 8)]


def test_other_measures_are_told_by_tag(read) -> None:
    rate = {"unit": "%", "kind": "index", "spread": "intensive", "theme": "vulnerability", "scale": 100}
    orgs = {"unit": "organisations", "kind": "index", "spread": "intensive", "theme": "protection"}
    text = "p,rate,org\n#adm2+code,#indicator+poverty+pct,#org+name\nNG0813,0.4,A\nNG0813,0.4,B\n"
    measures = {
        "poverty": rate | {"tag": "#indicator+poverty"},
        "presence": orgs | {"count_distinct": "#org", "overlap": "presence"},
    }
    assert [one[4] for one in records(read(text, measures=measures))] == [40, 2]


def test_a_tag_that_is_not_there_or_stands_for_several_is_refused_with_those_that_are(raw) -> None:
    table = read_table(raw("p,a,b\n#adm2+code,#affected+f,#affected+m\nNG0813,7,8\n", "t.csv"))
    with pytest.raises(InputError, match=r"no column has #inneed; write a tag as the file does: '#adm2\+code'"):
        column_of(table, "#inneed")
    with pytest.raises(InputError, match="2 columns have the tag #affected, 'a', 'b'"):
        column_of(table, "#affected")
    with pytest.raises(InputError, match="no column 'c'"):
        column_of(table, "c")
    assert column_of(table, "a") == "a"


def test_what_the_tags_tell_of_time_is_used(read) -> None:
    told = "x,y,p,IDPs\n#date+start,#date+end,#adm2+code,#affected+idps\n2023-01-01,2023-03-31,NG0813,7\n"
    nothing = {"start_date": None, "end_date": None}
    assert days(read(told, **nothing)) == ["2023-01-01 2023-04-01"]
    reported = "x,o,p,IDPs\n#date+occurred,#date+reported,#adm2+code,#affected+idps\n2023-01-01,2023-02-05,NG0813,7\n"
    assert days(read(reported, **nothing, step="month")) == ["2023-02-05 2023-03-05"]
    plain = "x,p,IDPs\n#date,#adm2+code,#affected+idps\n2023-01-01,NG0813,7\n"
    assert days(read(plain, start_date=None, end_date="2023-06-01")) == ["2023-01-01 2023-06-01"]
    assert days(read(told, **nothing, start="#date+end", step="week")) == ["2023-03-31 2023-04-07"]
    assert days(read(told, **nothing, start="x", end="#date+end")) == ["2023-01-01 2023-03-31"]


def test_what_the_tags_do_not_tell_of_time_is_asked_for(read) -> None:
    nothing = {"start_date": None, "end_date": None}
    with pytest.raises(InputError, match="the tags tell no date; give the option start_date"):
        read(DISTRICTS + "Jere,NG0813,7\n", **nothing)
    with pytest.raises(InputError, match="the tags tell no end; give the option step"):
        read("x,p,IDPs\n#date,#adm2+code,#affected+idps\n2023-01-01,NG0813,7\n", **nothing)


def test_rows_are_chosen_by_tag(read) -> None:
    text = "p,k,IDPs\n#adm2+code,#category,#inneed\nNG0813,total,9\nNG0813,girls,4\n"
    assert records(read(text, where={"#category": "total"})) == [("people_in_need", "NG0813", None, 2, 9)]


def test_a_table_without_tags_or_known_counts_is_refused(read) -> None:
    with pytest.raises(InputError, match="no row of HXL tags below the header"):
        read("p,IDPs\nNG0813,7\n")
    with pytest.raises(InputError, match="no tag tells a count of people that is known here"):
        read("p,x\n#adm2+code,#indicator+rate\nNG0813,7\n")
    with pytest.raises(InputError, match=r"option measures.m.unit: is missing"):
        read(DISTRICTS + "Jere,NG0813,7\n", measures={"m": {"tag": "#affected"}})


@pytest.mark.parametrize(
    ("text", "name", "mine"),
    [
        (DISTRICTS + "Jere,NG0813,7\n", "t.csv", True),
        ('a;b\n"#adm2+code";#inneed\nNG0813;7\n', "t.csv", True),
        ("a,b\n1,2\n", "t.csv", False),
        ("#adm1,b\n1,2\n", "t.csv", False),
        ("[]", "t.json", False),
    ],
)
def test_a_file_is_recognised_by_its_second_row(raw, text: str, name: str, mine: bool) -> None:
    assert Hxl().recognises(look(raw(text, name))) is mine


@pytest.mark.parametrize("file", ["nigeria/dtm_nga_r38.xlsx", "central_african_republic/dtm_car_r14.xlsx"])
def test_real_workbooks_are_recognised(real_data, raw, file: str) -> None:
    assert Hxl().recognises(look(raw((real_data / file).read_bytes(), "t.xlsx")))


def test_real_round_with_swapped_tags_in_nigeria(real) -> None:
    """790 wards in 107 local government areas; ward codes are told from names although both tags are swapped."""
    reading = real("nigeria/dtm_nga_r38.xlsx", level=2, sum=True, step="month")
    assert (reading.accepted, reading.quarantined, len(reading.layer)) == (790, {}, 107)
    assert sum(reading.layer.table["value"].to_pylist()) == 2_182_613
    assert sum("swapped" in note for note in reading.notes) == 2
    assert reading.layer.table["pcode"].to_pylist()[0].startswith("NG0")
    assert set(days(reading)) == {"2021-07-30 2021-08-30"}


def test_real_round_in_french_where_empty_means_nothing_told(real) -> None:
    """2,496 localities, 1,053 of them without any figure; 426,600 people in the others."""
    told = partial(real, "central_african_republic/dtm_car_r14.xlsx", level=2, step="month")
    everything = told(sum="known")
    assert (everything.accepted, sum(everything.layer.table["value"].to_pylist())) == (2_496, 426_600)
    assert "idps: 1053 unknown values left out of sums" in everything.notes
    strict = told(sum=True)
    assert (len(strict.layer), sum(strict.layer.table["value"].to_pylist())) == (7, 47_869)


def test_real_needs_never_add_the_country_to_its_districts(real) -> None:
    """The country's row stands among those of its 188 districts: adding all would double 30,440,770 people."""
    where = {"#sector+cluster+code": "ALL", "#category": "total"}
    reading = real("sudan/hno_sdn_2025.csv", where=where, start_date="2025-01-01", end_date="2026-01-01")
    assert (reading.read, reading.quarantined) == (189, {"Admin 2 PCode: missing": 1})
    needed = reading.layer.of("people_in_need").table["value"].to_pylist()
    assert (len(needed), sum(needed)) == (188, 30_440_769)
    assert len(reading.layer.of("population")) == 188
