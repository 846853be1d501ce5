"""Missing Migrants: everything as text, latitude first in a misspelt field, incidents in parts."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
import shapely
from faking import Answer, Fake, Question

from riskmap.errors import FetchError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.missing_migrants import MissingMigrants
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Make = Callable[[str, str], Raw]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]
Total = Callable[[Layer, str], float]

REAL = "global/displacement/iom_missing_migrants_2025.json"


def row(**changes: object) -> dict[str, object]:
    told = {
        "web_id": "2025.MMP0001",
        "reported_date": "2025-06-12",
        "number_dead": "1",
        "number_missing": "4",
        "number_of_female": "1",
        "country_of_incident": "Libya",
        "location_coodinates": "33.6, 12.8",
        "country_origin": "Egypt",
    }
    return told | changes


def listed(*rows: Mapping[str, object]) -> str:
    return json.dumps(rows)


def test_an_incident_is_a_point_at_sea_that_may_be_far_off(read: Read) -> None:
    layer = read("missing_migrants", listed(row())).layer
    (dead,) = layer.of("migrant_deaths").table.to_pylist()
    assert shapely.from_wkb(dead["geometry"]).coords[0] == (12.8, 33.6)
    assert (dead["geo_precision"], dead["value"], dead["low"], dead["kind"]) == ("near", 1, None, "flow")
    assert (f"{dead['start']:%F}", f"{dead['end']:%F}", dead["theme"]) == ("2025-06-12", "2025-06-13", "protection")
    assert dead["record_id"] == "2025.MMP0001|2025-06-12|33.6, 12.8"
    assert dead["event_id"] == "2025.MMP0001"


def test_the_missing_are_at_least_so_many(read: Read) -> None:
    (missing,) = read("missing_migrants", listed(row())).layer.of("migrant_missing").table.to_pylist()
    assert (missing["value"], missing["low"], missing["high"]) == (4, 4, None)


def test_parts_of_an_incident_by_origin_are_added_up(read: Read) -> None:
    """They share identifier, day and place; two rows that differ in nothing are one."""
    rows = [row(), row(country_origin="Sudan", number_missing="2"), row(), row(location_coodinates="33.7, 12.8")]
    reading = read("missing_migrants", listed(*rows))
    assert sorted(reading.layer.of("migrant_missing").table["value"].to_pylist()) == [4, 6]
    assert dict(reading.quarantined) == {"repeated row": 1}
    assert not any("Egypt" in str(one.values()) for one in reading.layer.table.to_pylist())


def test_empty_is_unknown_and_zero_is_none(read: Read, total: Total) -> None:
    reading = read("missing_migrants", listed(row(number_dead="", number_missing="0")))
    assert set(reading.layer.table["measure"].to_pylist()) == {"migrant_missing"}
    assert total(reading.layer, "migrant_missing") == 0
    assert reading.notes == ("1 rows whose number of dead is unknown give no deaths",)


def test_a_table_may_tell_of_the_dead_alone(read: Read) -> None:
    told = {name: text for name, text in row().items() if name != "number_missing"}
    assert read("missing_migrants", listed(told)).layer.table["measure"].to_pylist() == ["migrant_deaths"]


def test_commas_part_thousands(read: Read, total: Total) -> None:
    assert total(read("missing_migrants", listed(row(number_dead="1,022"))).layer, "migrant_deaths") == 1_022


def test_without_a_position_the_country_stands(read: Read) -> None:
    rows = [row(location_coodinates=""), row(location_coodinates="", country_of_incident="Mediterranean Sea")]
    reading = read("missing_migrants", listed(*rows))
    placed = {
        (one["pcode"], one["place"], one["pcode_level"], one["geo_precision"])
        for one in reading.layer.table.to_pylist()
    }
    assert placed == {("LBY", "Libya", 0, "country"), (None, "Mediterranean Sea", 0, "country")}
    assert reading.notes == ("2 rows without coordinates placed by country",)


def test_the_download_has_names_of_its_own(read: Read, raw: Make) -> None:
    text = (
        "Main ID,Incident ID,Incident Date,Number of Dead,Minimum Estimated Number of Missing,Country of Incident,"
        'Coordinates\nA,B,2014-01-06,1,0,Mexico,"31.65, -110.36"\n'
    )
    (one,) = read("missing_migrants", text).layer.of("migrant_deaths").table.to_pylist()
    assert shapely.from_wkb(one["geometry"]).coords[0] == (-110.36, 31.65)
    assert one["event_id"] == "B"
    assert MissingMigrants().recognises(look(raw(text, "Missing_Migrants_Global_Figures.csv")))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"web_id": ""}, "web_id: missing"),
        ({"reported_date": ""}, "reported_date: missing"),
        ({"reported_date": "June"}, "reported_date: not a date of the form %Y-%m-%d"),
        ({"number_dead": "some"}, "number_dead: not a number"),
        ({"number_missing": "-1"}, "number_missing: negative"),
        ({"number_dead": "", "number_missing": ""}, "neither dead nor missing are told"),
        ({"location_coodinates": "12.8"}, "coordinates are not latitude, longitude"),
        ({"location_coodinates": "112.8, 33.6"}, "coordinates are not latitude, longitude"),
        ({"location_coodinates": "0, 0"}, "coordinates are not latitude, longitude"),
        ({"location_coodinates": "", "country_of_incident": ""}, "neither coordinates nor country"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(changes: dict[str, object], reason: str, read: Read) -> None:
    rows = [row(web_id=str(number)) for number in range(3)]
    reading = read("missing_migrants", listed(*rows, row(**changes)))
    assert (reading.accepted, dict(reading.quarantined)) == (3, {reason: 1})


def test_the_year_2025(read_real: Read, total: Total) -> None:
    """Counted in the file: 2,502 dead and 1,278 missing, of which three repeated rows hold 3 and 1."""
    reading = read_real("missing_migrants", REAL)
    assert (reading.read, reading.accepted) == (975, 972)
    assert dict(reading.quarantined) == {"repeated row": 3}
    assert total(reading.layer.canonical(), "migrant_deaths") == 2_502 - 3
    assert total(reading.layer.canonical(), "migrant_missing") == 1_278 - 1
    assert reading.notes == ("63 rows whose number of dead is unknown give no deaths",)


def test_its_file_is_recognised(real_data: Path) -> None:
    assert MissingMigrants().recognises(look(Raw(real_data / REAL, REAL, "")))


def test_a_list_for_each_year(provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]]) -> None:
    """A year that has just begun may have none."""
    fake = provider(lambda asked: listed(row()) if asked.path == "/2024/json" else "[]")
    ask("missing_migrants", fake.url, "", (date(2024, 12, 1), date(2025, 1, 2)))
    assert [one.path for one in fake.asked] == ["/2024/json", "/2025/json"]
    assert len(read_vault("missing_migrants")) == 1
    with pytest.raises(ProviderRefused, match="no incidents in 2025 to 2025"):
        ask("missing_migrants", fake.url, "", (date(2025, 1, 1), date(2025, 1, 2)))


def test_what_is_no_list_is_refused_and_a_cut_one_asked_again(provider: Provide, ask: Ask) -> None:
    bodies = iter([listed(row())[:-5], listed(row())])
    fake = provider(lambda _: next(bodies))
    ask("missing_migrants", fake.url)
    assert len(fake.asked) == 2
    with pytest.raises(ProviderRefused, match=r"answered with no list: .*moved"):
        ask("missing_migrants", provider(lambda _: json.dumps({"message": "moved"})).url)


@pytest.mark.parametrize("lie", ["[[[]]]", "[null]", "[{}]", "{}", "null", "0"])
def test_a_list_of_anything_but_incidents_is_no_list(lie: str, provider: Provide, ask: Ask) -> None:
    with pytest.raises(ProviderRefused, match="answered with no list"):
        ask("missing_migrants", provider(lambda _: lie).url)


def test_it_takes_no_options_when_asked(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: listed(row()))
    with pytest.raises(FetchError, match="missing_migrants takes no options"):
        ask("missing_migrants", fake.url, options={"route": "x"})
    assert fake.asked == []


def test_a_check_asks_for_the_first_year(provider: Provide, vault: Vault) -> None:
    fake = provider(lambda _: listed(row()))
    check("missing_migrants", Settings(vault=vault.folder, endpoints={"missing_migrants_api": fake.url}))
    assert [one.path for one in fake.asked] == ["/2014/json"]
