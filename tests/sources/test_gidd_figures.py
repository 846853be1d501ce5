"""GIDD, disaggregated: flow and stock in one file, households beside people, several places in one figure."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from faking import Answer, Fake, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.gidd_figures import GiddFigures
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]
Total = Callable[[Layer, str], float]

REAL = "global/displacement/idmc_gidd_disaggregated.geojson"
CLIENT = "a-client-id"
STOCK = {"Figure category": "IDPs", "Stock date": "2023-10-16", "Stock reporting date": "2023-12-31"}


def figure(geometry: object = ((37.4, 36.1),), **changes: object) -> dict[str, object]:
    told = {
        "ID": 1,
        "ISO3": "SYR",
        "Country": "Syria",
        "Figure cause": "Disaster",
        "Year": 2023,
        "Figure category": "Internal Displacements",
        "Figure unit": "Household",
        "Reported figures": 30,
        "Household size": 5.0,
        "Total figures": 150,
        "Start date": "2023-02-06",
        "Start date accuracy": "Day",
        "End date": "2023-02-09",
        "End date accuracy": "Week",
        "Event ID": 7,
        "Locations accuracy": ["Point"],
        "Locations type": ["Origin"],
    }
    shape = {"type": "MultiPoint", "coordinates": geometry} if isinstance(geometry, tuple) else geometry
    return {"type": "Feature", "geometry": shape, "properties": told | changes}


def collection(*features: object, **changes: object) -> str:
    return json.dumps(
        {"type": "FeatureCollection", "readme": "LAST UPDATE: May 13, 2024\n", "features": features} | changes
    )


def figures(layer: Layer, measure: str = "new_displacement") -> dict[str, tuple[tuple[float, float], float, str]]:
    """Record -> longitude and latitude, people and precision."""
    return {
        row["record_id"]: (shapely.from_wkb(row["geometry"]).coords[0], row["value"], row["geo_precision"])
        for row in layer.of(measure).table.to_pylist()
    }


def test_a_figure_counts_people_and_never_households(read: Read) -> None:
    layer = read("gidd_figures", collection(figure())).layer
    assert sorted(layer.table["measure"].to_pylist()) == ["disaster_displacement", "new_displacement"]
    assert figures(layer) == {"1": ((37.4, 36.1), 150, "exact")}
    row = layer.table.to_pylist()[0]
    assert (row["kind"], row["event_id"], row["time_precision"]) == ("flow", "7", "week")
    assert (f"{row['start']:%F}", f"{row['end']:%F}") == ("2023-02-06", "2023-02-10")
    assert row["overlap_group"] == "displacement-movements"


def test_flow_and_stock_of_one_file_are_measures_of_their_own(read: Read, total: Total) -> None:
    features = [figure(), figure(ID=2, **{"Figure cause": "Conflict", "Total figures": 4000}, **STOCK)]
    layer = read("gidd_figures", collection(*features)).layer
    assert total(layer, "new_displacement") == total(layer, "disaster_displacement") == 150
    assert total(layer, "idps") == total(layer, "conflict_idps") == 4000
    (row,) = layer.of("idps").table.to_pylist()
    assert (row["kind"], f"{row['start']:%F}", f"{row['end']:%F}") == ("stock", "2023-12-31", "2024-12-31")
    assert row["overlap_group"] == "displaced-people"


def test_several_places_share_a_figure(read: Read) -> None:
    told = {"Locations accuracy": ["Point", "State/Region/Province (ADM1)"], "Locations type": ["Origin", "Origin"]}
    reading = read("gidd_figures", collection(figure(((36.0, 35.0), (37.0, 36.0)), **told)))
    assert figures(reading.layer) == {
        "1:1/2": ((36.0, 35.0), 75, "exact"),
        "1:2/2": ((37.0, 36.0), 75, "adm1"),
    }
    assert reading.notes == ("1 figures of several places split evenly between them",)


def test_people_are_where_they_arrived(read: Read) -> None:
    told = {"Locations accuracy": "Point; Point", "Locations type": "Origin; Destination"}
    layer = read("gidd_figures", collection(figure(((36.0, 35.0), (37.0, 36.0)), **told))).layer
    assert figures(layer) == {"1": ((37.0, 36.0), 150, "exact")}


def test_words_that_match_no_places_are_left_aside(read: Read) -> None:
    told = {"Locations accuracy": ["Point", "Point"], "Locations type": None}
    assert figures(read("gidd_figures", collection(figure(**told))).layer) == {"1": ((37.4, 36.1), 150, "near")}


def test_a_single_point_is_a_place_too(read: Read) -> None:
    layer = read("gidd_figures", collection(figure({"type": "Point", "coordinates": [37.4, 36.1]}))).layer
    assert figures(layer) == {"1": ((37.4, 36.1), 150, "exact")}


def test_a_figure_without_places_is_of_its_country(read: Read) -> None:
    reading = read("gidd_figures", collection(figure(None), figure(None, ID=2, ISO3="AB9")))
    (row,) = reading.layer.of("new_displacement").table.to_pylist()
    assert (row["pcode"], row["place"], row["pcode_level"], row["geo_precision"]) == ("SYR", "Syria", 0, "country")
    assert dict(reading.quarantined) == {"neither places nor an ISO 3166 country": 1}
    assert reading.notes == ("1 figures without places placed by country",)


def test_a_stock_may_be_older_than_the_year_that_it_stands_for(read: Read) -> None:
    reading = read("gidd_figures", collection(figure(**STOCK | {"Stock date": "2021-10-16"})))
    assert reading.notes == ("1 stocks were counted more than a year before the end of the year they stand for",)


def test_another_cause_is_told(read: Read) -> None:
    reading = read("gidd_figures", collection(figure(**{"Figure cause": "Other"})))
    assert reading.layer.table["measure"].to_pylist() == ["new_displacement"]
    assert reading.notes == ("1 figures of other causes count as new_displacement or idps only",)


@pytest.mark.parametrize(
    ("changes", "day"),
    [({}, "2024-05-13"), ({"lastUpdated": "2025-05-13"}, "2025-05-13"), ({"readme": ""}, None)],
)
def test_the_release_stands_in_a_field_or_in_the_readme(
    changes: dict[str, object], day: str | None, read: Read
) -> None:
    row = read("gidd_figures", collection(figure(), **changes)).layer.table.to_pylist()[0]
    assert row["version"] == day
    assert (f"{row['published']:%F}" if row["published"] else None) == day


def test_one_country_may_be_kept(read: Read) -> None:
    content = collection(figure(), figure(ID=2, ISO3="TUR"))
    assert read("gidd_figures", content, country="TUR").read == 1
    with pytest.raises(InputError, match="no figures of 'SDN'; found 'SYR', 'TUR'"):
        read("gidd_figures", content, country="SDN")


@pytest.mark.parametrize(
    ("geometry", "changes", "reason"),
    [
        (((37.4, 36.1),), {"Figure category": "Returns"}, "Figure category: not known"),
        (((37.4, 36.1),), {"Figure unit": "Dwelling"}, "Figure unit: not known"),
        (((37.4, 36.1),), {"Total figures": None}, "Total figures: missing"),
        (((37.4, 36.1),), {"ID": None}, "ID: missing"),
        (((37.4, 36.1),), {"ID": 1}, "repeated ID"),
        (((37.4, 96.1),), {}, "geometry: not points of longitude and latitude"),
        (((37.4,),), {}, "geometry: not points of longitude and latitude"),
        (("37.4",), {}, "geometry: not points of longitude and latitude"),
        (((0, 0),), {}, "geometry: not points of longitude and latitude"),
    ],
)
def test_a_bad_figure_is_set_aside_with_its_reason(
    geometry: object, changes: dict[str, object], reason: str, read: Read
) -> None:
    reading = read("gidd_figures", collection(figure(), figure(geometry, **{"ID": 2} | changes)))
    assert (reading.accepted, dict(reading.quarantined)) == (1, {reason: 1})


def test_syria_and_turkey_after_the_earthquake(read_real: Read, total: Total) -> None:
    """Counted in the file itself: 90 flows and 10 stocks, and 2,067,591 as the sum of what was reported in any unit."""
    reading = read_real("gidd_figures", REAL)
    assert (reading.read, reading.accepted) == (100, 100)
    assert total(reading.layer, "new_displacement") == total(reading.layer, "disaster_displacement") == 699_598
    assert total(reading.layer, "idps") == 1_921_486
    assert (total(reading.layer, "disaster_idps"), total(reading.layer, "conflict_idps")) == (821_993, 1_099_493)


def test_its_file_is_recognised(real_data: Path) -> None:
    assert GiddFigures().recognises(look(Raw(real_data / REAL, REAL, "")))


def test_the_latest_year_is_asked_for(
    provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]], vault: Vault, total: Total
) -> None:
    fake = provider(lambda asked: collection(figure(), readme=f"client_id={asked.args['client_id']}"))
    ask("gidd_figures", fake.url, "SYR", idmc_client_id=CLIENT)
    (asked,) = fake.asked
    assert asked.path == "/disaggregations/disaggregation-geojson/"
    assert (asked.args["iso3__in"], asked.args["client_id"]) == ("SYR", CLIENT)
    (reading,) = read_vault("gidd_figures")
    assert total(reading.layer, "new_displacement") == 150
    assert not any(CLIENT in path.read_text() for path in vault.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (json.dumps({"detail": "no"}), "answered with no features"),
        (collection(None), "answered with no features"),
        (collection(), "no figures of the latest year"),
        ("[]", "answered with no object"),
    ],
)
def test_what_is_no_list_of_figures_is_refused(body: str, told: str, provider: Provide, ask: Ask) -> None:
    with pytest.raises(ProviderRefused, match=told):
        ask("gidd_figures", provider(lambda _: body).url, "", idmc_client_id=CLIENT)


def test_nothing_is_asked_without_a_client_or_with_an_option(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: collection(figure()))
    with pytest.raises(CredentialsMissing, match="RISKMAP_CREDENTIALS__IDMC_CLIENT_ID"):
        ask("gidd_figures", fake.url)
    with pytest.raises(FetchError, match="gidd_figures takes no options"):
        ask("gidd_figures", fake.url, options={"year": "2020"}, idmc_client_id=CLIENT)
    assert fake.asked == []


def test_a_check_asks_for_one_country(provider: Provide, vault: Vault) -> None:
    fake = provider(lambda _: json.dumps({"count": 1, "results": [{"iso3": "AFG"}]}))
    settings = Settings(
        vault=vault.folder, endpoints={"gidd_figures_api": fake.url}, credentials={"idmc_client_id": CLIENT}
    )
    check("gidd_figures", settings)
    assert [one.path for one in fake.asked] == ["/countries/"]
