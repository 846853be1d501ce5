"""3W: organisations are counted once in each place and month, and never named."""

import pyarrow as pa
import pytest

from riskmap.errors import InputError
from riskmap.sources.organisations import protective
from riskmap.sources.presence import Presence
from riskmap.sources.presence_columns import looks_like
from riskmap.sources.sight import look

YEAR = {"start_date": "2024-01-01", "end_date": "2024-02-01"}
PLAIN = "Organisation,Cluster,adm2_name,adm2_pcode\n"


@pytest.fixture
def read(raw):
    return lambda text, **options: Presence().read(raw(text, "3w.csv"), YEAR | options)


def counts(reading, measure: str = "organisations_present") -> dict[str, float]:
    """Place and month -> organisations."""
    told = reading.layer.of(measure).table.to_pylist()
    return {f"{one['pcode'] or one['place']} {one['start']:%Y-%m}": one["value"] for one in told}


def test_organisations_count_once_whatever_they_do_there(read) -> None:
    reading = read(PLAIN + "Aid,Health,Borama,SO1101\nAID ,WASH,Borama,SO1101\nOther,Health,Borama,SO1101\n")
    assert counts(reading) == {"SO1101 2024-01": 2}
    record = reading.layer.table.to_pylist()[0]
    assert (record["unit"], record["kind"], record["spread"], record["overlap_group"], record["theme"]) == (
        "organisations",
        "index",
        "intensive",
        "presence",
        "protection",
    )
    assert (record["pcode_level"], record["place"], record["time_precision"]) == (2, "Borama", "month")


def test_organisations_are_never_named(read) -> None:
    reading = read(PLAIN + "Secret Shelter,Health,Borama,SO1101\n,Health,Borama,SO1101\n")
    assert "secret shelter" not in str(reading).casefold()


def test_activities_count_in_every_month_that_they_touch(read) -> None:
    text = "Org,Sector,Admin 2,Start Date,End Date\nAid,Health,Borama,2024-01-31,2024-03-01\nB,Health,Borama,2024-03-05,2024-03-06\n"
    assert counts(read(text, start_date=None, end_date=None)) == {
        "Borama 2024-01": 1,
        "Borama 2024-02": 1,
        "Borama 2024-03": 2,
    }


def test_an_activity_without_an_end_is_refused_unless_the_case_tells_one(read) -> None:
    text = (
        "Org,Sector,Admin 2,Start Date,End Date\nA,Health,Borama,2024-01-05,\nB,Health,Borama,2024-01-05,2024-01-09\n"
    )
    strict = read(text, start_date=None, end_date=None)
    assert (counts(strict), strict.quarantined) == ({"Borama 2024-01": 1}, {"End Date: missing": 1})
    open_ended = read(text, start_date=None, end_date="2024-03-01")
    assert counts(open_ended) == {"Borama 2024-01": 2, "Borama 2024-02": 1}


def test_days_that_are_none_and_spans_that_cannot_be_are_refused(read) -> None:
    rows = ("soon,2024-01-09", "2024-01-05,2023-01-09", "1990-01-05,2024-01-09", "2024-01-05,2024-01-09")
    text = "Org,Sector,Admin 2,Start Date,End Date\n" + "".join(f"A,Health,Borama,{row}\n" for row in rows)
    assert read(text, date_format="%Y-%m-%d").quarantined == {
        "Start Date: not a date of the form %Y-%m-%d": 1,
        "ends before it starts": 1,
        "lasts longer than 20 years": 1,
    }
    with pytest.raises(InputError, match="date_format '%Y' lacks day, month or year"):
        read(text, date_format="%Y")


def test_days_that_no_column_tells_are_asked_for(raw) -> None:
    table = raw(PLAIN + "Aid,Health,Borama,SO1101\n", "3w.csv")
    with pytest.raises(InputError, match="no column tells first days; give the option start_date"):
        Presence().read(table, {})
    with pytest.raises(InputError, match="no column tells last days; give the option end_date"):
        Presence().read(table, {"start_date": "2024-01-01"})


def test_what_is_finished_or_planned_is_no_presence(read) -> None:
    text = "Org,Sector,Admin 2,Status\nA,H,Borama,Ongoing\nB,H,Borama,Planned\nC,H,Borama,\nD,H,Borama,Perhaps\n"
    reading = read(text)
    assert (counts(reading), reading.quarantined) == ({"Borama 2024-01": 2}, {"Status: not known": 1})
    assert reading.notes == (
        "1 rows finished, planned or suspended left aside",
        "1 rows without a status are taken as under way",
    )
    assert len(read("Org,Sector,Admin 2,Status\nA,H,Borama,Completed\n").layer) == 0


@pytest.mark.parametrize(
    ("sector", "protects"),
    [
        ("PRO", True),
        ("PRO-GBV", True),
        ("PRO-CPN", True),
        ("PRO-MIN", False),
        ("PRO-HLP", False),
        ("Protection", True),
        ("General Protection", True),
        ("Protection (General)", True),
        ("Protection générale", True),
        ("Protección", True),
        ("Gender-Based Violence (GBV)", True),
        ("Violences basées sur le genre", True),
        ("Child Protection", True),
        ("Protection de l'enfance", True),
        ("Counter-trafficking", True),
        ("Social protection", False),
        ("Health", False),
        ("Mine Action", False),
        (None, False),
    ],
)
def test_protection_is_told_from_other_sectors(sector: str | None, protects: bool) -> None:
    assert protective(pa.array([sector], pa.string())).tolist() == [protects]


def test_sectors_may_be_chosen(read) -> None:
    text = PLAIN + "A,Health,Borama,SO1101\nB,Protection,Borama,SO1101\nC,WASH,Borama,SO1101\n"
    reading = read(text, sectors=["health", "Protection"])
    assert counts(reading) == {"SO1101 2024-01": 2}
    assert counts(reading, "protection_organisations_present") == {"SO1101 2024-01": 1}
    with pytest.raises(InputError, match="no sector 'Shelter'; found 'Health', 'Protection', 'WASH'"):
        read(text, sectors=["Shelter"])


def test_without_sectors_protection_cannot_be_told(read) -> None:
    text = "Organisation,Admin 2\nA,Borama\n"
    assert read(text).notes == ("no column tells sectors: protection cannot be told from the rest",)
    with pytest.raises(InputError, match="no column tells sectors; tell it by the option sector"):
        read(text, sectors=["Health"])


def test_columns_are_found_by_tag_whatever_their_names(read) -> None:
    """Who pays is no one at work, and swapped tags are told by what they hold."""
    text = (
        "Wer,Geld,Was,Wo,Code\n#org+impl,#org+donor,#sector,#adm2+code,#adm2+name\n"
        "A,Rich,Protection,Borama,SO1101\nB,Rich,Protection,Borama,SO1101\n"
    )
    reading = read(text)
    assert counts(reading) == {"SO1101 2024-01": 2}
    assert "#adm2: the tags of code and name are swapped; 'Code' holds the codes" in reading.notes


def test_columns_may_be_told(read) -> None:
    text = "Wer,Was,Wo,Region\nA,Schutz,Borama,Awdal\n"
    options = {"organisation": "Wer", "sector": "Was", "place": "Wo", "place_parent": "Region", "level": 2}
    record = read(text, **options).layer.table.to_pylist()[0]
    assert (record["place"], record["place_parent"], record["pcode_level"]) == ("Borama", "Awdal", 2)
    assert counts(read(text, organisation="Wer", pcode="Wo", level=1)) == {"Borama 2024-01": 1}
    with pytest.raises(InputError, match="option level: is missing"):
        read(text, organisation="Wer", place="Wo")
    with pytest.raises(InputError, match="no column names organisations"):
        read(text)
    with pytest.raises(InputError, match="no column tells a place"):
        read(text, organisation="Wer")


def test_a_row_of_a_region_tells_nothing_of_its_districts(read) -> None:
    text = "Org,Sector,Admin 1,Admin 2\nA,H,Awdal,Borama\nB,H,Awdal,\nC,H,,\n"
    reading = read(text)
    assert counts(reading) == {"Borama 2024-01": 1}
    assert reading.notes == ("1 rows without a place of level 2 left aside",)
    assert reading.quarantined == {"neither code nor name of its place": 1}
    assert counts(read(text, level=1)) == {"Awdal 2024-01": 2}


def test_rows_may_be_chosen_by_column_or_tag(read) -> None:
    text = PLAIN + "#org,#sector,#adm2+name,#adm2+code\nA,Health,Borama,SO1101\nB,WASH,Baki,SO1102\n"
    reading = read(text, where={"#sector": "WASH"})
    assert (counts(reading), reading.notes[-1]) == ({"SO1102 2024-01": 1}, "1 rows not matching where left aside")


def test_titles_above_the_header_are_left_out(read) -> None:
    assert counts(read("Who does what where,,,\n" + PLAIN + "A,Health,Borama,SO1101\n", header_row=2)) == {
        "SO1101 2024-01": 1
    }


@pytest.mark.parametrize(
    ("text", "mine"),
    [
        (PLAIN + "A,B,C,D\n", True),
        ("Wer,Was,Wo\n#org,#sector,#adm2\nA,B,C\n", True),
        ("Admin 1 PCode,Cluster,In Need\nSD01,ALL,7\n", False),
        ("Organisation,Cluster,adm2_name,reference_period_start\nA,B,C,D\n", False),
        ("[]", False),
    ],
)
def test_a_file_is_recognised_by_who_what_and_where(raw, text: str, mine: bool) -> None:
    assert Presence().recognises(look(raw(text, "a.csv"))) is mine


@pytest.mark.parametrize("name", ["Admin2", "ADM2_EN", "adm2_name", "Admin 2 P-Code", "admin2Pcode", "Admin Level 2"])
def test_places_go_by_many_names(name: str) -> None:
    assert looks_like(("Implementing Partner", "Sector/Cluster", name), "")


def test_real_needs_are_no_presence(real_data, raw) -> None:
    assert not Presence().recognises(look(raw((real_data / "sudan/hno_sdn_2025.csv").read_bytes(), "a.csv")))
