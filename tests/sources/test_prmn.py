"""PRMN: a flow table where two equal rows are two arrivals."""

from collections.abc import Callable, Mapping

import pyarrow.compute as pc
import pytest

from riskmap.model.layer import Layer
from riskmap.sources.source import Reading

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
