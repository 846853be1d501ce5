"""PRMN: a flow table where two equal rows are two arrivals."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest
from faking import Answer, Fake, Question

from riskmap.errors import FetchError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.prmn import Prmn
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Make = Callable[[str, str], Raw]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]
Record = Mapping[str, Callable[..., dict[str, object]]]
Total = Callable[[Layer, str], float]

DISTRICT, REGION, PEOPLE = "Current (Arrival) District", "Current (Arrival) Region", "Number of Individuals"


def test_equal_rows_are_two_arrivals_of_one_month_and_district(read: Read, record: Record) -> None:
    reading = read("prmn", [record["prmn"](), record["prmn"]()])
    (arrivals,) = reading.layer.of("new_arrivals").table.to_pylist()
    assert (reading.read, reading.accepted, arrivals["value"]) == (2, 2, 12)
    assert arrivals["record_id"] == "2022-01|Bay|Baydhaba"
    assert (arrivals["place"], arrivals["place_parent"], arrivals["pcode_level"]) == ("Baydhaba", "Bay", 2)
    assert (f"{arrivals['start']:%F}", f"{arrivals['end']:%F}") == ("2022-01-01", "2022-02-01")
    assert (arrivals["kind"], arrivals["time_precision"], arrivals["geo_precision"]) == ("flow", "month", "adm2")
    assert arrivals["overlap_group"] == "displacement-movements"


@pytest.mark.parametrize(
    ("reason", "measures"),
    [
        ("Drought related", {"new_arrivals", "disaster_displacement"}),
        ("Flood", {"new_arrivals", "disaster_displacement"}),
        ("Conflict/Insecurity", {"new_arrivals", "conflict_displacement"}),
        ("Other", {"new_arrivals"}),
    ],
)
def test_why_people_moved(reason: str, measures: set[str], read: Read, record: Record) -> None:
    reading = read("prmn", [record["prmn"](Reason=reason)])
    assert set(reading.layer.table["measure"].to_pylist()) == measures
    assert reading.notes == ()


def test_a_reason_not_known_counts_as_arrival_and_is_told(read: Read, record: Record) -> None:
    reading = read("prmn", [record["prmn"](Reason="Locusts"), record["prmn"](Reason="")])
    assert set(reading.layer.table["measure"].to_pylist()) == {"new_arrivals"}
    assert reading.notes == ("2 rows of unknown reasons, '(empty)', 'Locusts', count as new_arrivals only",)


def test_a_namesake_in_another_region_is_another_place(read: Read, record: Record) -> None:
    reading = read("prmn", [record["prmn"](), record["prmn"](**{REGION: "Gedo"}), record["prmn"](**{REGION: ""})])
    ids = reading.layer.of("new_arrivals").table["record_id"].to_pylist()
    assert ids == ["2022-01|Bay|Baydhaba", "2022-01|Gedo|Baydhaba", "2022-01||Baydhaba"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({DISTRICT: ""}, "no arrival district"),
        ({PEOPLE: ""}, "Number of Individuals: missing"),
        ({PEOPLE: "1,000"}, "Number of Individuals: not a number"),
        ({PEOPLE: -5}, "Number of Individuals: negative"),
        ({"Month End": "31/13/2022"}, "Month End: not a date of the form %d/%m/%Y"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(
    changes: dict[str, object], reason: str, read: Read, record: Record
) -> None:
    reading = read("prmn", [record["prmn"](), record["prmn"](), record["prmn"](**changes)])
    assert (reading.accepted, dict(reading.quarantined)) == (2, {reason: 1})


def test_somalia(read_real: Read, total: Total) -> None:
    reading = read_real("prmn", "somalia/unhcr_prmn_som_2016_202302.xlsx")
    assert (reading.read, reading.accepted, reading.notes) == (57666, 57666, ())
    assert total(reading.layer, "new_arrivals") == 7_904_052
    months = pc.strftime(reading.layer.table["start"], "%Y-%m")
    case = reading.layer.only(pc.and_(pc.greater_equal(months, "2022-01"), pc.less_equal(months, "2023-03")))
    assert total(case, "new_arrivals") == 2_605_141
    assert total(case, "disaster_displacement") + total(case, "conflict_displacement") < 2_605_141
    assert len(reading.layer.canonical()) == len(reading.layer)


TABLE = """Month End,Current (Arrival) Region,Current (Arrival) District,Reason,Number of Individuals
31/01/2022,Bay,Baydhaba,Flood,6
"""


def catalogue(*names: str) -> Callable[[Question], str]:
    """A dataset with files of these names, all of which hold one table."""

    def answer(asked: Question) -> str:
        if asked.path != "/package_show":
            return TABLE
        there = f"http://{asked.headers['host']}/files"
        files = [
            {"name": name, "url": f"{there}/{name}", "format": "CSV", "last_modified": "2023-10-16T08:00:00.1"}
            for name in names
        ]
        return json.dumps({"success": True, "result": {"resources": files}})

    return answer


def test_the_whole_table_comes_from_the_catalogue(
    provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]]
) -> None:
    fake = provider(catalogue("QuickCharts.csv", "SOM_UNHCR-PRMN-Displacement-Dataset.csv"))
    ask("prmn", fake.url, "SOM")
    assert [one.path for one in fake.asked] == ["/package_show", "/files/SOM_UNHCR-PRMN-Displacement-Dataset.csv"]
    assert fake.asked[0].args == {"id": "somalia-internally-displaced-persons-idps"}
    (reading,) = read_vault("prmn")
    row = reading.layer.of("new_arrivals").table.to_pylist()[0]
    assert (row["value"], row["version"], f"{row['published']:%F}") == (6, "2023-10-16T08:00:00", "2023-10-16")


def test_a_later_table_stands_in_place_of_an_earlier_one(raw: Make, total: Total) -> None:
    """The table is revised: the same month and district may have fewer arrivals later."""
    layers = []
    for day, people in (("2023-04-01", 9), ("2023-10-16", 6)):
        file = raw(TABLE.replace(",6", f",{people}"), f"{day}.csv")
        layers.append(Prmn().read(replace(file, labels={"modified": f"{day}T08:00:00"}), {}).layer)
    for order in (layers, layers[::-1]):
        assert total(Layer.concat(order).canonical(), "new_arrivals") == 6


def test_another_country_has_no_such_table(provider: Provide, ask: Ask) -> None:
    fake = provider(catalogue("prmn.csv"))
    for area, options in (("SDN", {}), ("SOM", {"region": "Bay"})):
        with pytest.raises(FetchError, match="prmn is of Somalia"):
            ask("prmn", fake.url, area, options=options)
    assert fake.asked == []


def test_a_dataset_without_the_table_is_told(provider: Provide, ask: Ask, vault: Vault) -> None:
    fake = provider(catalogue("QuickCharts.csv"))
    with pytest.raises(FetchError, match=r"has no such file; it has 'QuickCharts\.csv'"):
        ask("prmn", fake.url, "SOM")
    with pytest.raises(FetchError, match="has no table of PRMN any more"):
        check("prmn", Settings(vault=vault.folder, endpoints={"prmn_ckan": fake.url}))
    check("prmn", Settings(vault=vault.folder, endpoints={"prmn_ckan": provider(catalogue("PRMN.csv")).url}))


def test_its_file_is_recognised(real_data: Path) -> None:
    name = "somalia/unhcr_prmn_som_2016_202302.xlsx"
    assert Prmn().recognises(look(Raw(real_data / name, name, "")))
