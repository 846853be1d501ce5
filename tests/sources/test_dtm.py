"""DTM: stocks by round, each in force until the next, never added over rounds, operations or levels."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely
from faking import Answer, Fake, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.dtm import Dtm
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Make = Callable[[str, str], Raw]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]
Record = Mapping[str, Callable[..., dict[str, object]]]
Total = Callable[[Layer, str], float]

SETTLEMENT = {
    " Reported Date": "2021-03-30",
    "region_name": "Gedo",
    "District Name": "Doolow",
    "Settlement Code": "S1",
    "X Coordinates": "42.1",
    "Y Coordinates": "3.9",
    "IDPs ind Total ": "180",
}


def spans(layer: Layer) -> dict[str, tuple[str, str, float]]:
    rows = layer.table.to_pylist()
    return {row["record_id"]: (f"{row['start']:%F}", f"{row['end']:%F}", row["value"]) for row in rows}


def in_force(layer: Layer, day: str) -> float:
    """People present on a day."""
    return sum(value for start, end, value in spans(layer).values() if start <= day < end)


def test_rows_of_one_round_are_split_by_reason_and_origin(read: Read, record: Record) -> None:
    rows = [record["dtm"](), record["dtm"](displacementReason="Natural disaster", numPresentIdpInd=40)]
    reading = read("dtm", rows)
    assert (reading.read, reading.accepted) == (2, 2)
    (row,) = reading.layer.table.to_pylist()
    assert (row["measure"], row["kind"], row["value"], row["theme"]) == ("idps", "stock", 140, "displacement")
    assert (row["pcode"], row["pcode_level"], row["geo_precision"]) == ("TD07", 1, "adm1")
    assert row["record_id"] == "TCD|Countrywide|BA|1|2020-02-29|TD07"


def test_a_round_is_in_force_until_the_next_and_for_a_year_at_most(read: Read, record: Record) -> None:
    rows = [
        record["dtm"](),
        record["dtm"](roundNumber=2, reportingDate="2020-05-31T00:00:00", admin1Pcode="TD08", numPresentIdpInd=7),
        record["dtm"](roundNumber=3, reportingDate="2021-12-31T00:00:00", numPresentIdpInd=9),
    ]
    assert spans(read("dtm", rows).layer) == {
        "TCD|Countrywide|BA|1|2020-02-29|TD07": ("2020-02-29", "2020-05-31", 100),
        "TCD|Countrywide|BA|2|2020-05-31|TD08": ("2020-05-31", "2021-05-31", 7),
        "TCD|Countrywide|BA|3|2021-12-31|TD07": ("2021-12-31", "2022-12-31", 9),
    }


def test_the_year_is_an_option_and_months_may_be_short(read: Read, record: Record) -> None:
    rows = [record["dtm"](), record["dtm"](operation="Later", reportingDate="2022-01-31T00:00:00")]
    ends = [end for _, end, _ in spans(read("dtm", rows, valid_months=1).layer).values()]
    assert ends == ["2020-03-29", "2022-02-28"]
    with pytest.raises(InputError, match="option valid_months must be 1 or more, not 0"):
        read("dtm", rows, valid_months=0)
    with pytest.raises(InputError, match="option valid_months must be a whole number, not 'x'"):
        read("dtm", rows, valid_months="x")


def test_a_baseline_stands_for_the_sites_it_counted_too(read: Read, record: Record) -> None:
    """Both assessments of round 1 tell of the same people; the site rounds count only while no baseline does."""
    site = {"assessmentType": "SA"}
    rows = [
        record["dtm"](reportingDate="2019-01-31", numPresentIdpInd=50, **site),
        record["dtm"](reportingDate="2019-06-30", roundNumber=2),
        record["dtm"](reportingDate="2019-06-30", roundNumber=2, **site),
        record["dtm"](reportingDate="2020-06-01", roundNumber=3, numPresentIdpInd=60, **site),
        record["dtm"](reportingDate="2021-03-31", roundNumber=4, numPresentIdpInd=70),
    ]
    reading = read("dtm", rows)
    assert spans(reading.layer) == {
        "TCD|Countrywide|SA|1|2019-01-31|TD07": ("2019-01-31", "2019-06-30", 50),
        "TCD|Countrywide|BA|2|2019-06-30|TD07": ("2019-06-30", "2020-06-30", 100),
        "TCD|Countrywide|SA|3|2020-06-01|TD07": ("2020-06-30", "2021-03-31", 60),
        "TCD|Countrywide|BA|4|2021-03-31|TD07": ("2021-03-31", "2022-03-31", 70),
    }
    assert dict(reading.quarantined) == {
        "never in force: a later round of that day, or a baseline, stands in its place": 1
    }


def test_round_ten_follows_round_nine_even_as_text(read: Read, record: Record) -> None:
    rows = [record["dtm"](roundNumber="9", numPresentIdpInd=1), record["dtm"](roundNumber="10", numPresentIdpInd=2)]
    assert [value for _, _, value in spans(read("dtm", rows).layer).values()] == [2]


def test_operations_that_overlap_are_never_added(read: Read, record: Record) -> None:
    rows = [record["dtm"](), record["dtm"](operation="Floods", reportingDate="2020-10-31", numPresentIdpInd=5)]
    with pytest.raises(InputError, match="'Countrywide', 'Floods'; choose one by the option operation"):
        read("dtm", rows)
    reading = read("dtm", rows, operation="Floods")
    assert (reading.read, reading.notes) == (1, ("1 rows of other operations left aside",))
    assert in_force(reading.layer, "2020-11-30") == 5
    with pytest.raises(InputError, match="no operation 'Flood'; found 'Countrywide', 'Floods'"):
        read("dtm", rows, operation="Flood")


def test_operations_that_follow_one_another_need_no_choice(read: Read, record: Record) -> None:
    rows = [record["dtm"](), record["dtm"](operation="Later", reportingDate="2021-02-28")]
    assert len(read("dtm", rows).layer) == 2


def test_an_operation_without_any_day_overlaps_none(read: Read, record: Record) -> None:
    rows = [record["dtm"](), record["dtm"](admin1Pcode="TD08"), record["dtm"](operation="Undated", reportingDate=None)]
    assert dict(read("dtm", rows).quarantined) == {"reportingDate: missing": 1}


def test_levels_repeat_one_another_and_only_one_is_read(read: Read) -> None:
    text = "location_code,admin1_code,admin2_code,admin_level,operation,assessment_type,population,"
    text += "reporting_round,reference_period_start\n"
    text += "SDN,,,0,Overview,BA,30,27,2025-08-31\n"
    text += "SDN,SD01,,1,Overview,BA,30,27,2025-08-31\n"
    text += "SDN,SD01,SD01001,2,Overview,BA,10,27,2025-08-31\n"
    text += "SDN,SD01,SD01002,2,Overview,BA,20,27,2025-08-31\n"
    finest = read("dtm", text)
    assert finest.layer.table["pcode"].to_pylist() == ["SD01001", "SD01002"]
    assert finest.notes == ("2 rows of other administrative levels left aside",)
    country = read("dtm", text, level=0).layer.table
    assert (country["pcode"].to_pylist(), country["geo_precision"].to_pylist()) == (["SDN"], ["country"])
    with pytest.raises(InputError, match=r"no rows of level 3; found \[0, 1, 2\]"):
        read("dtm", text, level=3)


def test_a_level_that_the_reply_does_not_hold_is_refused(read: Read, record: Record) -> None:
    with pytest.raises(InputError, match=r"no rows of level 2; found \[1\]"):
        read("dtm", [record["dtm"]()], level=2)
    with pytest.raises(InputError, match=r"no rows of level 0 to 2; found \[\]"):
        read("dtm", [record["dtm"](admin0Pcode=None, admin1Pcode="Not available")])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "repeated row"),
        ({"error": "Duplicate row"}, "marked as an error by its publisher"),
        ({"numPresentIdpInd": None}, "numPresentIdpInd: missing"),
        ({"numPresentIdpInd": -1}, "numPresentIdpInd: negative"),
        ({"admin1Pcode": "TCD-XXX"}, "neither place code nor name"),
        ({"admin1Pcode": "Not available", "admin1Name": "N/A"}, "neither place code nor name"),
        ({"assessmentType": "QA"}, "assessment type is neither BA nor SA"),
        ({"reportingDate": "Feb"}, "reportingDate: not a date of the form %Y-%m-%d"),
        ({"roundNumber": "R4"}, "roundNumber: not a number"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(
    changes: dict[str, object], reason: str, read: Read, record: Record
) -> None:
    reading = read("dtm", [record["dtm"](), record["dtm"](admin1Pcode="TD08"), record["dtm"](**changes)])
    assert (reading.accepted, dict(reading.quarantined)) == (2, {reason: 1})


def test_a_unit_bears_its_name_as_a_guard_of_its_code(read: Read, record: Record) -> None:
    """A code may have been used anew after a reform; the name tells."""
    rows = [record["dtm"](admin0Name="Chad", admin1Name="Lac", id=1)]
    (row,) = read("dtm", rows).layer.table.to_pylist()
    assert (row["pcode"], row["place"], row["place_parent"]) == ("TD07", "Lac", "Chad")
    assert row["overlap_group"] == "displaced-people"


def test_a_placeholder_is_no_code_and_the_name_takes_its_place(read: Read, record: Record) -> None:
    named = {"admin1Pcode": "TCD-XXX", "admin0Name": "Chad"}
    rows = [record["dtm"](), record["dtm"](admin1Name="Lac", **named), record["dtm"](admin1Name="Kanem", **named)]
    reading = read("dtm", rows)
    placed = {(row["pcode"], row["place"], row["place_parent"]) for row in reading.layer.table.to_pylist()}
    assert placed == {("TD07", None, None), (None, "Lac", "Chad"), (None, "Kanem", "Chad")}
    assert len(reading.layer.canonical()) == 3
    assert reading.notes == ("2 rows placed by name, their codes being none: 'TCD-XXX'",)


def test_an_unnamed_assessment_counts_as_a_baseline_and_is_told(read: Read, record: Record) -> None:
    reading = read("dtm", [record["dtm"](assessmentType=None)])
    assert reading.notes == ("1 rows without an assessment type taken for baselines (BA)",)


def test_the_id_is_no_key(read: Read, record: Record) -> None:
    """It is empty for countries and used again between levels; two rows that differ in nothing else are one."""
    rows = [record["dtm"](id=1), record["dtm"](id=1, displacementReason="Flood"), record["dtm"](id=2)]
    reading = read("dtm", rows)
    assert in_force(reading.layer, "2020-03-31") == 200
    assert dict(reading.quarantined) == {"repeated row": 1}


def test_a_round_may_have_the_number_0_and_operations_run_side_by_side(read: Read, record: Record) -> None:
    told = {"admin0Pcode": "HTI", "admin1Pcode": "HT01", "assessmentType": "SA"}
    rows = [
        record["dtm"](operation="Earthquake", roundNumber=0, numPresentIdpInd=90, **told),
        record["dtm"](operation="Earthquake", reportingDate="2020-06-30", numPresentIdpInd=70, **told),
        record["dtm"](operation="Hurricane", reportingDate="2020-05-31", numPresentIdpInd=40, **told),
    ]
    with pytest.raises(InputError, match="'Earthquake', 'Hurricane'; choose one"):
        read("dtm", rows)
    layer = read("dtm", rows, operation="Earthquake").layer
    assert spans(layer) == {
        "HTI|Earthquake|SA|0|2020-02-29|HT01": ("2020-02-29", "2020-06-30", 90),
        "HTI|Earthquake|SA|1|2020-06-30|HT01": ("2020-06-30", "2021-06-30", 70),
    }


def test_operations_of_one_name_in_several_countries_do_not_end_one_another(read: Read, record: Record) -> None:
    rows = [
        record["dtm"](),
        record["dtm"](admin0Pcode="NER", admin1Pcode="NE01", reportingDate="2020-04-30", roundNumber=2),
        record["dtm"](operation="Floods", admin0Pcode="NGA", admin1Pcode="NG01", reportingDate="2020-04-30"),
    ]
    layer = read("dtm", rows).layer
    assert {row["pcode"]: f"{row['end']:%F}" for row in layer.table.to_pylist()} == {
        "TD07": "2021-02-28",
        "NE01": "2021-04-30",
        "NG01": "2021-04-30",
    }


def test_a_row_without_its_country_is_of_the_only_one(read: Read, record: Record) -> None:
    rows = [record["dtm"](), record["dtm"](admin0Pcode=None, admin1Pcode="TD08")]
    assert [row["record_id"][:3] for row in read("dtm", rows).layer.table.to_pylist()] == ["TCD", "TCD"]


def test_a_later_reply_ends_the_round_that_an_earlier_one_left_open(raw: Make, record: Record) -> None:
    first, second = record["dtm"](), record["dtm"](roundNumber=2, reportingDate="2020-05-31", admin1Pcode="TD08")
    layers = []
    for month, rows in ((3, [first]), (6, [first, second])):
        received = replace(
            raw(json.dumps({"result": rows}), f"{month}.json"), retrieved=datetime(2020, month, 9, tzinfo=UTC)
        )
        layers.append(Dtm().read(received, {}).layer)
    for order in (layers, layers[::-1]):
        assert in_force(Layer.concat(order).canonical(), "2020-07-31") == 100
        assert in_force(Layer.concat(order).canonical(), "2020-04-30") == 100


def test_a_reply_may_carry_a_failure_with_status_200(read: Read) -> None:
    reply = {"isSuccess": False, "statusCode": 200, "errorMessages": ["no such country"], "result": []}
    with pytest.raises(InputError, match="no such country"):
        read("dtm", json.dumps(reply))
    with pytest.raises(InputError, match="no message"):
        read("dtm", json.dumps({"isSuccess": False}))


def test_a_settlement_is_a_point(read: Read) -> None:
    text = ",".join(SETTLEMENT) + "\n" + ",".join(SETTLEMENT.values()) + "\n"
    (row,) = read("dtm", text).layer.table.to_pylist()
    assert shapely.from_wkb(row["geometry"]).coords[0] == (42.1, 3.9)
    assert (row["value"], row["geo_precision"], row["record_id"]) == (180, "exact", "Doolow|S1")
    assert (f"{row['start']:%F}", f"{row['end']:%F}") == ("2021-03-30", "2022-03-30")


def test_settlements_without_coordinates_go_to_their_district(read: Read) -> None:
    rows = [
        SETTLEMENT,
        SETTLEMENT | {"Settlement Code": "S2", "X Coordinates": "", "Y Coordinates": ""},
        SETTLEMENT | {"Settlement Code": "S3", "X Coordinates": "", "District Name": ""},
        SETTLEMENT | {"Settlement Code": "S4", "Y Coordinates": "390"},
        SETTLEMENT,
        SETTLEMENT | {"District Name": "Jowhar"},
    ]
    text = "\n".join([",".join(SETTLEMENT), *(",".join(row.values()) for row in rows)])
    reading = read("dtm", text)
    assert (reading.read, reading.accepted) == (6, 3)
    assert dict(reading.quarantined) == {
        "coordinates out of range": 1,
        "neither coordinates nor district": 1,
        "repeated settlement": 1,
    }
    assert reading.notes == ("1 settlements without coordinates placed by district",)
    (named,) = [row for row in reading.layer.table.to_pylist() if row["place"]]
    assert (named["place"], named["place_parent"], named["pcode_level"]) == ("Doolow", "Gedo", 2)
    assert named["geo_precision"] == "adm2"


def test_settlements_are_told_by_point_or_by_district(read: Read) -> None:
    text = ",".join(SETTLEMENT) + "\n" + ",".join(SETTLEMENT.values()) + "\n"
    (row,) = read("dtm", text, level=2).layer.table.to_pylist()
    assert (row["place"], row["geo_precision"], row["value"]) == ("Doolow", "adm2", 180)
    with pytest.raises(InputError, match="by district with level = 2, not with 1"):
        read("dtm", text, level=1)


def test_the_rows_of_a_reply_may_come_without_it(read: Read, record: Record) -> None:
    assert in_force(read("dtm", json.dumps([record["dtm"]()])).layer, "2020-03-31") == 100


def test_a_date_format_that_is_none_is_refused(read: Read, record: Record) -> None:
    with pytest.raises(InputError, match="lacks day, month or year"):
        read("dtm", [record["dtm"]()], date_format="%Y-%m")


def test_afghanistan_latest_round_and_not_nine_times_as_many(read_real: Read, total: Total) -> None:
    layer = read_real("dtm", "global/displacement/dtm_api_admin1_afg.json").layer
    assert in_force(layer, "2023-01-31") == 6_557_855
    assert in_force(layer, "2017-04-01") == 246_362
    assert total(layer, "idps") == 59_411_923


def test_chad_counts_its_people_once(read_real: Read) -> None:
    reading = read_real("dtm", "global/displacement/dtm_api_admin1_tcd.json")
    assert (reading.read, reading.accepted) == (56, 48)
    assert in_force(reading.layer, "2017-10-31") == 147_032
    assert in_force(reading.layer, "2024-07-31") == 220_610


def test_sudan_overview(read_real: Read) -> None:
    path = "sudan/hapi_idps_sdn_2023_2025.csv"
    with pytest.raises(InputError, match="Armed Clashes in Sudan \\(Monthly\\)"):
        read_real("dtm", path)
    layer = read_real("dtm", path, operation="Armed Clashes in Sudan (Overview)").layer
    assert in_force(layer, "2025-08-31") == 9_819_680
    last = [row for row in layer.table.to_pylist() if f"{row['start']:%F}" == "2025-08-31"]
    assert len({row["pcode"] for row in last}) == 185


def test_somali_settlements(read_real: Read, total: Total) -> None:
    """The sheet of data stands behind a summary; its own summary says 1,166,657 in sites and 519,388 elsewhere."""
    reading = read_real("dtm", "somalia/dtm_som_baseline2_settlements_2021.xlsx")
    assert (reading.read, reading.accepted) == (5330, 5330)
    assert total(reading.layer, "idps") == 1_166_657 + 519_388
    assert reading.notes[1] == "315 settlements without coordinates placed by district"


def test_a_summary_sheet_is_no_table(read_real: Read) -> None:
    with pytest.raises(InputError, match="a title, not column names: 'Mobility Tracking"):
        read_real("dtm", "somalia/dtm_som_baseline2_settlements_2021.xlsx", sheet="Summary Analysis")


def test_a_list_below_a_title_row_is_refused_with_the_title(read_real: Read) -> None:
    with pytest.raises(InputError, match="title, not column names: 'DTM SUDAN: IDP Master List 25-03-2024'"):
        read_real("dtm", "ugly/dtm_sdn_locality_idps_raw.csv")


def test_an_empty_reply_of_something_else_is_refused(read_real: Read) -> None:
    with pytest.raises(InputError, match="nothing at 'result'"):
        read_real("dtm", "ugly/cadre_harmonise_WCA_adm1_2024_10_01_UGLY.json")


def test_the_order_of_operations_in_the_file_does_not_matter(real_data: Path, raw: Make) -> None:
    header, *rows = (real_data / "sudan/hapi_idps_sdn_2023_2025.csv").read_text(encoding="utf-8-sig").splitlines()
    turned = raw("\n".join([header, *reversed(rows)]), "turned.csv")
    layer = Dtm().read(turned, {"operation": "Armed Clashes in Sudan (Overview)"}).layer
    assert in_force(layer, "2025-08-31") == 9_819_680
    last = [row for row in layer.table.to_pylist() if f"{row['start']:%F}" == "2025-08-31"]
    assert len({row["pcode"] for row in last}) == 185
    assert all(row["place"] and row["place_parent"] for row in last)


@pytest.mark.parametrize(
    "name",
    [
        "global/displacement/dtm_api_admin1_afg.json",
        "global/displacement/dtm_api_admin1_tcd.json",
        "somalia/dtm_som_baseline2_settlements_2021.xlsx",
        "sudan/hapi_idps_sdn_2023_2025.csv",
    ],
)
def test_its_files_are_recognised(name: str, real_data: Path) -> None:
    assert Dtm().recognises(look(Raw(real_data / name, name, "")))


KEY = "a-subscription-key"


def reply(*rows: dict[str, object], **changes: object) -> str:
    told = {"result": rows, "statusCode": 200, "isSuccess": True, "errorMessages": [], "totalRecordsCount": len(rows)}
    return json.dumps(told | changes)


def test_the_finest_level_that_has_rows_is_kept(
    provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]], vault: Vault, record: Record
) -> None:
    fake = provider(lambda asked: reply() if asked.path.endswith("admin2") else reply(record["dtm"]()))
    ask("dtm", fake.url, "TCD", (date(2020, 3, 1), date(2020, 4, 1)), dtm_key=KEY)
    assert [one.path for one in fake.asked] == ["/admin2", "/admin1"]
    assert fake.asked[1].args == {
        "Admin0Pcode": "TCD",
        "FromReportingDate": "2019-03-01",
        "ToReportingDate": "2020-03-31",
    }
    assert fake.asked[1].headers["ocp-apim-subscription-key"] == KEY
    (reading,) = read_vault("dtm")
    assert in_force(reading.layer, "2020-03-15") == 100
    assert not any(KEY in text for path in vault.folder.rglob("*") if path.is_file() for text in [path.read_text()])


def test_a_level_and_an_operation_may_be_asked_for(provider: Provide, ask: Ask, record: Record) -> None:
    fake = provider(lambda _: reply(record["dtm"]()))
    ask("dtm", fake.url, "TCD", options={"level": "0", "operation": "Floods"}, dtm_key=KEY)
    (asked,) = fake.asked
    assert (asked.path, asked.args["Operation"]) == ("/admin0", "Floods")
    for wrong in ({"level": "3"}, {"round": "1"}):
        with pytest.raises(FetchError, match="dtm takes the options level"):
            ask("dtm", fake.url, "TCD", options=wrong, dtm_key=KEY)


def test_the_whole_world_is_asked_country_by_country(provider: Provide, ask: Ask, record: Record) -> None:
    """A country that has nothing in these days is no failure."""

    def answer(asked: Question) -> str:
        if asked.path == "/country-list":
            return reply({"admin0Name": "Chad", "admin0Pcode": "TCD"}, {"admin0Name": "Fiji", "admin0Pcode": "FJI"})
        return reply(record["dtm"]()) if asked.args["Admin0Pcode"] == "TCD" else reply()

    fake = provider(answer)
    ask("dtm", fake.url, "", dtm_key=KEY)
    assert [(one.path, one.args.get("Admin0Pcode")) for one in fake.asked] == [
        ("/country-list", None),
        ("/admin2", "FJI"),
        ("/admin1", "FJI"),
        ("/admin0", "FJI"),
        ("/admin2", "TCD"),
    ]


def test_a_country_without_rows_is_told(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: reply())
    with pytest.raises(ProviderRefused, match="no rows of TCD in 2 or 1 or 0"):
        ask("dtm", fake.url, "TCD", dtm_key=KEY)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (reply(isSuccess=False, errorMessages=["no such country"]), "reports a failure: .*no such country"),
        (json.dumps({"isSuccess": False}), "reports a failure: no message"),
        (json.dumps([1]), "answered with no object"),
    ],
)
def test_a_failure_with_status_200_is_a_failure(body: str, told: str, provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: body)
    with pytest.raises(ProviderRefused, match=told):
        ask("dtm", fake.url, "TCD", dtm_key=KEY)
    assert len(fake.asked) == 1


def test_a_reply_that_was_cut_short_is_asked_again(provider: Provide, ask: Ask, record: Record) -> None:
    bodies = iter([reply(record["dtm"]())[:-9], reply(record["dtm"](), totalRecordsCount=2), reply(record["dtm"]())])
    fake = provider(lambda _: next(bodies))
    ask("dtm", fake.url, "TCD", dtm_key=KEY)
    assert len(fake.asked) == 3


def test_nothing_is_asked_without_a_key(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: reply())
    with pytest.raises(CredentialsMissing, match="RISKMAP_CREDENTIALS__DTM_KEY"):
        ask("dtm", fake.url, "TCD")
    assert fake.asked == []


def test_a_check_asks_for_the_list_of_countries(provider: Provide, vault: Vault) -> None:
    fake = provider(lambda _: reply({"admin0Pcode": "TCD"}))
    settings = Settings(vault=vault.folder, endpoints={"dtm_api": fake.url}, credentials={"dtm_key": KEY})
    check("dtm", settings)
    assert [one.path for one in fake.asked] == ["/country-list"]
