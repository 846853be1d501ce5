"""IDMC: several figures of one event, several places in one figure, latitude first."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from faking import Answer, Fake, Question

from riskmap.errors import CredentialsMissing, FetchError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.idmc import Idmc
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]
Record = Mapping[str, Callable[..., dict[str, object]]]
Total = Callable[[Layer, str], float]


def figures(layer: Layer) -> dict[str, tuple[tuple[float, float], float]]:
    """Record -> longitude and latitude, and people."""
    rows = layer.of("new_displacement").table.to_pylist()
    return {row["record_id"]: (shapely.from_wkb(row["geometry"]).coords[0], row["value"]) for row in rows}


def test_a_figure_is_a_flow_over_its_days_at_a_place_written_latitude_first(read: Read, record: Record) -> None:
    reading = read("idmc", [record["idmc"]()])
    assert sorted(reading.layer.table["measure"].to_pylist()) == ["disaster_displacement", "new_displacement"]
    (row,) = reading.layer.of("new_displacement").table.to_pylist()
    assert shapely.from_wkb(row["geometry"]).coords[0] == (76.0, 10.0)
    assert (f"{row['start']:%F}", f"{row['end']:%F}") == ("2023-11-06", "2023-11-08")
    assert (row["value"], row["kind"], row["unit"], row["preliminary"]) == (90, "flow", "people", True)
    assert (row["record_id"], row["event_id"], row["version"]) == ("1", "7", "2023-11-08T19:37:23.870Z")
    assert (f"{row['published']:%FT%T}", row["overlap_group"]) == ("2023-11-08T19:37:23", "displacement-movements")
    assert reading.notes == ()


@pytest.mark.parametrize(
    ("cause", "measure"), [("Conflict", "conflict_displacement"), ("Disaster", "disaster_displacement")]
)
def test_why_people_moved(cause: str, measure: str, read: Read, record: Record) -> None:
    layer = read("idmc", [record["idmc"](displacement_type=cause)]).layer
    assert set(layer.table["measure"].to_pylist()) == {"new_displacement", measure}


def test_another_cause_counts_as_new_displacement_and_is_told(read: Read, record: Record) -> None:
    reading = read(
        "idmc", [record["idmc"](displacement_type="Development"), record["idmc"](id=2, displacement_type="")]
    )
    assert set(reading.layer.table["measure"].to_pylist()) == {"new_displacement"}
    assert reading.notes == ("2 figures of other causes, '(empty)', 'development', count as new_displacement only",)


def test_a_recommended_figure_silences_the_others_of_its_event(read: Read, record: Record, total: Total) -> None:
    rows = [
        record["idmc"](),
        record["idmc"](id=2, role="Triangulation", figure=80),
        record["idmc"](id=3, role="Recommended figure", figure=10, locations_coordinates="11.0, 77.0"),
        record["idmc"](id=4, role="Triangulation", event_id=8, figure=5),
    ]
    reading = read("idmc", rows)
    assert total(reading.layer, "new_displacement") == 90 + 10 + 5
    assert dict(reading.quarantined) == {"triangulation beside a recommended figure": 1}


def test_where_none_is_recommended_the_newest_of_each_place_counts(read: Read, record: Record, total: Total) -> None:
    told = {"role": "Triangulation"}
    rows = [
        record["idmc"](id=1, figure=10, created_at="2023-11-01T00:00:00Z", **told),
        record["idmc"](id=2, figure=20, created_at="2023-11-09T00:00:00Z", **told),
        record["idmc"](id=3, figure=30, created_at="2023-11-05T00:00:00Z", locations_coordinates="12.0, 77.0", **told),
    ]
    reading = read("idmc", rows)
    assert total(reading.layer, "new_displacement") == 50
    assert dict(reading.quarantined) == {"older triangulation of the same place": 1}


def test_figures_without_event_stand_for_themselves(read: Read, record: Record, total: Total) -> None:
    rows = [record["idmc"](id=row, event_id="", role="Triangulation") for row in (1, 2)]
    assert total(read("idmc", rows).layer, "new_displacement") == 180


def test_the_older_payload_has_no_roles_and_may_double_count(read: Read, record: Record) -> None:
    row = {key: value for key, value in record["idmc"]().items() if not key.startswith(("role", "event", "locations"))}
    reading = read("idmc", [row])
    assert figures(reading.layer) == {"1": ((76.0, 10.0), 90)}
    assert reading.notes == (
        "no role field: figures of one event may double count",
        "accuracy is unknown for 1 figures: taken as 'near', never as exact",
    )
    assert set(reading.layer.table["geo_precision"].to_pylist()) == {"near"}


def test_a_newer_version_of_a_figure_takes_its_place(read: Read, record: Record, total: Total) -> None:
    rows = [record["idmc"](), record["idmc"](figure=70, created_at="2023-11-10T00:00:00.000Z")]
    reading = read("idmc", rows)
    assert total(reading.layer, "new_displacement") == 70
    assert dict(reading.quarantined) == {"superseded by a newer version": 1}


def test_several_places_share_a_figure_and_the_mean_of_them_gets_nothing(read: Read, record: Record) -> None:
    """The mean of the two may lie where nobody was."""
    row = record["idmc"](
        locations_coordinates="10.0, 76.0; 20.0, 80.0",
        locations_accuracy="State/Region/Province (ADM1); District/Zone/Department (ADM2)",
        latitude=15.0,
        longitude=78.0,
    )
    reading = read("idmc", [row])
    assert figures(reading.layer) == {"1:1/2": ((76.0, 10.0), 45), "1:2/2": ((80.0, 20.0), 45)}
    precisions = reading.layer.of("new_displacement").table["geo_precision"].to_pylist()
    assert precisions == ["adm1", "adm2"]
    assert reading.notes == ("1 figures of several places split evenly between them",)


def test_people_are_where_they_arrived(read: Read, record: Record) -> None:
    row = record["idmc"](
        locations_coordinates="10.0, 76.0; 20.0, 80.0; 30.0, 81.0",
        locations_accuracy="Point; Point; Point",
        locations_type="Origin; Destination; Origin and destination",
    )
    assert figures(read("idmc", [row]).layer) == {"1:2/3": ((80.0, 20.0), 45), "1:3/3": ((81.0, 30.0), 45)}


def test_types_that_match_no_places_are_left_aside(read: Read, record: Record) -> None:
    row = record["idmc"](locations_coordinates="1, 2; 3, 4", locations_type="Destination")
    assert len(figures(read("idmc", [row]).layer)) == 2


@pytest.mark.parametrize(
    ("accuracy", "word"),
    [
        ("Point", "exact"),
        ("Locality", "near"),
        ("County/City/town/Village/Woreda (ADM3)", "adm2"),
        ("District/Zone/Department (ADM2)", "adm2"),
        ("State/Region/Province (ADM1)", "adm1"),
        ("Country/territory (AM0)", "country"),
        ("ADM0", "country"),
    ],
)
def test_precision_of_place(accuracy: str, word: str, read: Read, record: Record) -> None:
    layer = read("idmc", [record["idmc"](locations_accuracy=accuracy)]).layer
    assert set(layer.table["geo_precision"].to_pylist()) == {word}


@pytest.mark.parametrize(
    ("qualifier", "low", "high"), [("total", None, None), ("more than", 90, None), ("up to", None, 90)]
)
def test_a_qualifier_bounds_the_figure(
    qualifier: str, low: float | None, high: float | None, read: Read, record: Record
) -> None:
    row = read("idmc", [record["idmc"](qualifier=qualifier)]).layer.table.to_pylist()[0]
    assert (row["low"], row["value"], row["high"]) == (low, 90, high)


def test_preventive_evacuations_are_kept_and_told(read: Read, record: Record) -> None:
    reading = read("idmc", [record["idmc"](displacement_occurred="Displacement with preventive evacuation")])
    assert reading.notes == ("1 figures of preventive evacuations kept",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"figure": None}, "figure: missing"),
        ({"figure": "1-2"}, "figure: not a number"),
        ({"unit": "Household"}, "figure counts households, not people"),
        ({"id": None}, "id: missing"),
        ({"created_at": "08/11/2023"}, "created_at: not a moment in UTC"),
        ({"role": "Guess"}, "role: not known"),
        ({"displacement_end_date": "2023-11-05T00:00:00Z"}, "end before start"),
        ({"displacement_start_date": None}, "displacement_start_date: missing"),
        ({"locations_coordinates": "10.0 76.0"}, "coordinates are not latitude, longitude"),
        ({"locations_coordinates": "76.0, 190.0"}, "coordinates are not latitude, longitude"),
        ({"locations_coordinates": "0, 0"}, "coordinates are not latitude, longitude"),
        ({"locations_coordinates": "10, 76; nan, 3"}, "coordinates are not latitude, longitude"),
        ({"locations_coordinates": None, "latitude": None}, "no coordinates"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(
    changes: dict[str, object], reason: str, read: Read, record: Record
) -> None:
    rows = [record["idmc"](id=row, event_id=row) for row in (1, 2, 3)] + [record["idmc"](id=4, event_id=4) | changes]
    reading = read("idmc", json.dumps(rows))
    assert (reading.accepted, dict(reading.quarantined)) == (3, {reason: 1})


@pytest.mark.parametrize("name", ["idmc_idu_ind.json", "idmc_idu_ind_events.csv"])
def test_india_as_reply_and_as_table(name: str, read_real: Read, total: Total) -> None:
    reading = read_real("idmc", f"global/displacement/{name}")
    assert (reading.read, reading.accepted) == (113, 113)
    assert total(reading.layer, "new_displacement") == 112_759
    assert total(reading.layer, "conflict_displacement") == 4_173
    assert reading.notes[0] == "no role field: figures of one event may double count"


@pytest.mark.parametrize("name", ["idmc_idu_ind.json", "idmc_idu_ind_events.csv"])
def test_its_files_are_recognised(name: str, real_data: Path) -> None:
    assert Idmc().recognises(look(Raw(real_data / "global/displacement" / name, name, "")))


CLIENT = "a-client-id"


def test_the_whole_list_comes_over_a_redirect_to_a_dump(
    provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]], vault: Vault, record: Record, total: Total
) -> None:
    def answer(asked: Question) -> Answer | str:
        if asked.path == "/all/":
            return Answer(status=302, headers={"Location": "/media/idus_all.json?client_id=" + CLIENT})
        return json.dumps([record["idmc"](source_url=f"https://example.org/?client_id={CLIENT}")])

    fake = provider(answer)
    ask("idmc", fake.url, idmc_client_id=CLIENT)
    assert [(one.path, one.args) for one in fake.asked] == [
        ("/all/", {"client_id": CLIENT}),
        ("/media/idus_all.json", {"client_id": CLIENT}),
    ]
    (reading,) = read_vault("idmc")
    assert total(reading.layer, "new_displacement") == 90
    assert not any(CLIENT in path.read_text() for path in vault.folder.rglob("*") if path.is_file())


def test_the_short_list_is_enough_for_the_last_180_days(provider: Provide, ask: Ask, record: Record) -> None:
    fake = provider(lambda _: json.dumps([record["idmc"]()]))
    today = datetime.now(UTC).date()
    recent = {"list": "last-180-days"}
    ask("idmc", fake.url, "IND", (today - timedelta(90), today), recent, idmc_client_id=CLIENT)
    assert [one.path for one in fake.asked] == ["/last-180-days/"]
    with pytest.raises(FetchError, match="the list of the last 180 days begins on"):
        ask("idmc", fake.url, "IND", (today - timedelta(300), today), recent, idmc_client_id=CLIENT)
    for wrong in ({"list": "disaster"}, {"iso3": "IND"}):
        with pytest.raises(FetchError, match="one of all, last-180-days"):
            ask("idmc", fake.url, "IND", (date(2024, 1, 1), today), wrong, idmc_client_id=CLIENT)
    assert len(fake.asked) == 1


def test_an_empty_list_means_that_the_list_is_being_made(provider: Provide, ask: Ask, record: Record) -> None:
    bodies = iter([Answer("[]", 202), Answer("[]"), Answer('[{"id": 1'), Answer(json.dumps([record["idmc"]()]))])
    fake = provider(lambda _: next(bodies))
    ask("idmc", fake.url, idmc_client_id=CLIENT)
    assert len(fake.asked) == 4


def test_no_list_and_no_client_are_refusals(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: json.dumps({"detail": "Client is not registered."}))
    with pytest.raises(ProviderRefused, match=r"answered with no list: .*not registered"):
        ask("idmc", fake.url, idmc_client_id=CLIENT)
    with pytest.raises(CredentialsMissing, match="RISKMAP_CREDENTIALS__IDMC_CLIENT_ID"):
        ask("idmc", fake.url, "IND")
    assert len(fake.asked) == 1


@pytest.mark.parametrize("lie", ["[[[]]]", "[null]", "[{}]", '[{"id": 1}]', "{}"])
def test_a_list_of_anything_but_figures_is_no_list(lie: str, provider: Provide, ask: Ask, vault: Vault) -> None:
    """Taken for the whole list it would take all figures back."""
    with pytest.raises(ProviderRefused, match="answered with no list"):
        ask("idmc", provider(lambda _: lie).url, idmc_client_id=CLIENT)
    assert {one.role for one in vault.receipts("idmc")} == {"refused"}


def test_a_check_asks_for_the_short_list(provider: Provide, vault: Vault, record: Record) -> None:
    fake = provider(lambda _: json.dumps([record["idmc"]()]))
    settings = Settings(vault=vault.folder, endpoints={"idmc_api": fake.url}, credentials={"idmc_client_id": CLIENT})
    check("idmc", settings)
    assert [one.path for one in fake.asked] == ["/last-180-days/"]
