"""Operational Data Portal: series by origin told on different days, running totals, names and codes of its own."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from faking import Answer, Fake, Question

from riskmap.errors import FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.sources.unhcr_odp import UnhcrOdp
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Make = Callable[[str, str], Raw]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]

SITUATIONS = "ukraine/unhcr_situations_flow.csv"
SITES = "global/displacement/unhcr_displacement_locations_global.csv"
PRESENT, ARRIVED = "refugees_and_asylum_seekers", "refugee_arrivals"


def series(origin: str = "Sudan", **changes: object) -> dict[str, object]:
    told = {
        "geomaster_name": "Uganda",
        "admin_level": "Country",
        "pop_type_name": "Refugees",
        "pop_data_type_code": "REG",
        "pop_frequency_code": "M",
        "pop_frequency_cumulative_code": "C",
        "pop_origin_name": origin,
        "pop_origin_code": "OWN",
        "date": "2024-05-31",
        "population_group_id": "1",
        "individuals": "100",
    }
    return told | changes


def arrivals(**changes: object) -> dict[str, object]:
    return series(**{"pop_data_type_code": "NEW", "pop_frequency_cumulative_code": "NC"} | changes)


def answer(*rows: Mapping[str, object]) -> str:
    return json.dumps({"data": rows})


def spans(layer: Layer, measure: str = PRESENT) -> list[tuple[str, str, float]]:
    rows = layer.of(measure).table.sort_by("start").to_pylist()
    return [(f"{row['start']:%F}", f"{row['end']:%F}", row["value"]) for row in rows]


def test_origins_are_added_up_and_forgotten(read: Read) -> None:
    layer = read("unhcr_odp", answer(series(), series("South Sudan", individuals="900"))).layer
    (row,) = layer.table.to_pylist()
    assert (row["measure"], row["value"], row["kind"]) == (PRESENT, 1000, "stock")
    assert (row["pcode"], row["pcode_level"], row["place"], row["geo_precision"]) == ("UGA", 0, "Uganda", "country")
    assert (row["record_id"], row["overlap_group"]) == ("UGA|2024-05-31", "refugees")
    assert not any("Sudan" in str(value) for value in row.values())


def test_the_kind_that_a_sum_is_named_after_says_little(read: Read) -> None:
    """The portal adds groups of refugees and of asylum seekers, and names the sum after one of them."""
    layer = read("unhcr_odp", answer(series(pop_type_name="Asylum-Seekers"), series("Eritrea"))).layer
    assert spans(layer) == [("2024-05-31", "2025-05-31", 200)]


def test_a_country_is_known_when_the_last_of_its_series_was_told(read: Read) -> None:
    """Each series stands until it is told again; before all had been told once a total would be a part."""
    rows = [
        series(date="2024-02-29", individuals=10),
        series(date="2024-03-31", individuals=20),
        series(date="2024-06-30", individuals=30),
        series("Eritrea", date="2024-04-30", individuals=500),
    ]
    reading = read("unhcr_odp", answer(*rows))
    assert spans(reading.layer) == [("2024-04-30", "2024-06-30", 520), ("2024-06-30", "2025-06-30", 530)]
    assert dict(reading.quarantined) == {"told before every origin of its country had been, and again by then": 1}


def test_a_series_that_was_told_no_more_falls_out_after_a_year(read: Read) -> None:
    rows = [
        series(date="2022-01-31", individuals=10),
        series("Eritrea", date="2022-03-31", individuals=5),
        series(date="2024-05-31", individuals=20),
    ]
    assert spans(read("unhcr_odp", answer(*rows)).layer) == [
        ("2022-03-31", "2023-03-31", 15),
        ("2024-05-31", "2025-05-31", 20),
    ]


def test_parts_of_one_series_and_day_are_added(read: Read) -> None:
    rows = [series(), series(pop_type_name="Asylum-Seekers", individuals="7")]
    assert spans(read("unhcr_odp", answer(*rows)).layer) == [("2024-05-31", "2025-05-31", 107)]


def test_running_totals_of_arrivals_are_taken_apart(read: Read) -> None:
    told = {"pop_frequency_cumulative_code": "C"}
    rows = [
        arrivals(date="2024-01-31", individuals="80", **told),
        arrivals(date="2024-02-29", individuals="95", **told),
        arrivals(date="2024-03-31", individuals="90", **told),
        arrivals(date="2024-03-31", individuals="91", **told),
        arrivals(date="2024-04-30", individuals="99", **told),
        arrivals(date="2024-04-30", individuals="5", population_group_id="2", **told),
    ]
    reading = read("unhcr_odp", answer(*rows))
    assert spans(reading.layer, ARRIVED) == [("2024-02-01", "2024-03-01", 15), ("2024-04-01", "2024-05-01", 8)]
    assert {row["kind"] for row in reading.layer.table.to_pylist()} == {"flow"}
    assert dict(reading.quarantined) == {
        "a running total that went down": 1,
        "a running total without an earlier one to take from it": 2,
        "a second running total of the same day": 1,
    }


@pytest.mark.parametrize(
    ("period", "span"),
    [
        ("D", ("2024-05-31", "2024-06-01", 107)),
        ("M", ("2024-05-01", "2024-06-01", 107)),
        ("A", ("2024-01-01", "2025-01-01", 107)),
    ],
)
def test_other_arrivals_are_of_their_day_month_or_year(period: str, span: tuple[str, str, float], read: Read) -> None:
    rows = [arrivals(pop_frequency_code=period), arrivals(origin="Eritrea", individuals="7", pop_frequency_code=period)]
    layer = read("unhcr_odp", answer(*rows)).layer
    assert spans(layer, ARRIVED) == [span]
    assert layer.table["measure"].to_pylist() == [ARRIVED]


def test_a_name_that_is_no_country_of_the_standard_stays_a_name(read: Read) -> None:
    reading = read("unhcr_odp", answer(series(geomaster_name="Rep. of Chad"), series(geomaster_name="kenya")))
    assert {(row["pcode"], row["place"]) for row in reading.layer.table.to_pylist()} == {
        (None, "Rep. of Chad"),
        ("KEN", "kenya"),
    }
    assert reading.notes == ("1 rows placed by name, which is none of ISO 3166: 'Rep. of Chad'",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "repeated row"),
        ({"id": 7}, "repeated row"),
        ({"individuals": "many"}, "individuals: not a number"),
        ({"individuals": None}, "individuals: missing"),
        ({"date": "May"}, "date: not a date of the form %Y-%m-%d"),
        ({"geomaster_name": None}, "geomaster_name: missing"),
        ({"admin_level": "Settlement"}, "admin_level: not a country"),
        ({"pop_type_name": "Returnees"}, "population type: neither refugees nor asylum-seekers"),
        ({"pop_origin_name": "Uganda"}, "people whose origin is the country that they are in"),
        (
            {"pop_data_type_code": "NEW", "pop_frequency_cumulative_code": None},
            "pop_frequency_cumulative_code: not known",
        ),
        (
            {"pop_data_type_code": "NEW", "pop_frequency_cumulative_code": "NC", "pop_frequency_code": "W"},
            "pop_frequency_code: not known",
        ),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(changes: dict[str, object], reason: str, read: Read) -> None:
    reading = read("unhcr_odp", answer(series(), series("Eritrea"), series() | changes))
    assert (reading.accepted, dict(reading.quarantined)) == (2, {reason: 1})


def test_sums_of_unlike_groups_are_refused(read: Read) -> None:
    row = {"geomaster_name": "Uganda", "date": "2024-05-31", "individuals": "1", "population_groups_concat": "A, B"}
    with pytest.raises(InputError, match="cannot be told apart; ask for the answer by origin"):
        read("unhcr_odp", answer(row))


def test_the_rows_of_an_answer_may_come_without_it(read: Read) -> None:
    assert spans(read("unhcr_odp", json.dumps([series()])).layer) == [("2024-05-31", "2025-05-31", 100)]


def test_the_table_of_situations(read_real: Read) -> None:
    reading = read_real("unhcr_odp", SITUATIONS)
    assert (reading.read, reading.accepted) == (25, 23)
    assert dict(reading.quarantined) == {"people whose origin is the country that they are in": 2}
    rows = {row["pcode"]: (f"{row['start']:%F}", row["value"]) for row in reading.layer.table.to_pylist()}
    assert rows == {
        "BEN": ("2024-05-31", 4_716),
        "CIV": ("2023-05-31", 1_152),
        "GIN": ("2024-05-31", 9),
        "SDN": ("2024-03-31", 663_431),
        "SSD": ("2024-06-30", 792_637),
        "UGA": ("2024-06-30", 1_741_957),
    }


def test_a_list_of_shelters_is_refused_for_good(read_real: Read, read: Read) -> None:
    with pytest.raises(InputError, match="places of shelter are never kept"):
        read_real("unhcr_odp", SITES)
    with pytest.raises(InputError, match="it counts nobody"):
        read("unhcr_odp", "name,loc_type,loc_subtype,POINT_X,POINT_Y\nOpit,IDP Camp,N/A,32.4,2.6\n")


@pytest.mark.parametrize("name", [SITUATIONS, SITES])
def test_its_files_are_recognised(name: str, real_data: Path) -> None:
    assert UnhcrOdp().recognises(look(Raw(real_data / name, name, "")))


def test_each_country_of_the_portal_is_asked_for(
    provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]]
) -> None:
    names = {"220": "Uganda", "259": "Kenya"}
    fake = provider(
        lambda asked: answer(
            *([series(geomaster_name=names[asked.args["geo_id"]])] if asked.args["geo_id"] in names else [])
        )
    )
    ask("unhcr_odp", fake.url, "", options={"geo_id": "220,259,999"})
    assert [(one.path, one.args["geo_id"], one.args["population_collection"]) for one in fake.asked] == [
        ("/origin", "220", "4,29"),
        ("/origin", "259", "4,29"),
        ("/origin", "999", "4,29"),
    ]
    layer = Layer.concat([reading.layer for reading in read_vault("unhcr_odp")])
    assert sorted(layer.table["pcode"].to_pylist()) == ["KEN", "UGA"]


@pytest.mark.parametrize(
    "options", [{}, {"geo_id": "UGA"}, {"geo_id": "220", "population_collection": "x"}, {"x": "1"}]
)
def test_the_portals_own_numbers_are_needed(options: dict[str, str], provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: answer(series()))
    with pytest.raises(FetchError, match="needs the option geo_id"):
        ask("unhcr_odp", fake.url, "UGA", options=options)
    assert fake.asked == []


def test_what_is_no_list_of_series_is_refused(provider: Provide, ask: Ask) -> None:
    with pytest.raises(ProviderRefused, match="answered with no list of series"):
        ask("unhcr_odp", provider(lambda _: json.dumps({"data": {}})).url, "", options={"geo_id": "220"})
    with pytest.raises(ProviderRefused, match="no counts of geo_id 220"):
        ask("unhcr_odp", provider(lambda _: answer()).url, "", options={"geo_id": "220"})


def test_a_check_asks_for_one_country(provider: Provide, vault: Vault) -> None:
    fake = provider(lambda _: answer(series()))
    check("unhcr_odp", Settings(vault=vault.folder, endpoints={"unhcr_odp_api": fake.url}))
    assert len(fake.asked) == 1
