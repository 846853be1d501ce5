"""GIDD: a year by country; flows and stocks kept apart, days that contradict their year, pages without identifiers."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from faking import Answer, Fake, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.gidd import Gidd
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Make = Callable[[str, str], Raw]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]
Total = Callable[[Layer, str], float]

DISASTERS = "global/displacement/idmc_gidd_disasters_global.csv"
CLIENT = "a-client-id"
YEARS = (date(2020, 3, 1), date(2021, 3, 1))


def row(**changes: object) -> dict[str, object]:
    told = {
        "iso3": "TGO",
        "country_name": "Togo",
        "year": 2020,
        "start_date": "2020-01-07",
        "start_date_accuracy": "Day",
        "end_date": "2020-01-08",
        "end_date_accuracy": "Day",
        "event_name": "Togo: Flood",
        "new_displacement": 100,
        "new_displacement_rounded": 1000,
        "total_displacement": None,
        "total_displacement_rounded": None,
        "hazard_sub_type": 13,
    }
    return told | changes


def page(*rows: Mapping[str, object], **changes: object) -> str:
    told = {"count": len(rows), "next": None, "previous": None, "results": rows, "last_updated": "2024-05-13"}
    return json.dumps(told | changes)


def spans(layer: Layer, measure: str = "new_displacement") -> list[tuple[str, str, str]]:
    rows = layer.of(measure).table.to_pylist()
    return [(f"{one['start']:%F}", f"{one['end']:%F}", one["time_precision"]) for one in rows]


def test_new_displacement_is_a_flow_over_the_days_of_its_event(read: Read) -> None:
    layer = read("gidd", page(row())).layer
    assert sorted(layer.table["measure"].to_pylist()) == ["disaster_displacement", "new_displacement"]
    (told,) = layer.of("new_displacement").table.to_pylist()
    assert (told["value"], told["kind"], told["overlap_group"]) == (100, "flow", "displacement-movements")
    assert (told["pcode"], told["pcode_level"], told["place"], told["geo_precision"]) == ("TGO", 0, "Togo", "country")
    assert (told["version"], f"{told['published']:%F}") == ("2024-05-13", "2024-05-13")
    assert spans(layer) == [("2020-01-07", "2020-01-09", "day")]


def test_total_displacement_is_the_stock_at_the_end_of_the_year(read: Read) -> None:
    layer = read("gidd", page(row(new_displacement=None, total_displacement=0))).layer
    assert sorted(layer.table["measure"].to_pylist()) == ["disaster_idps", "idps"]
    (told,) = layer.of("idps").table.to_pylist()
    assert (told["value"], told["kind"], told["overlap_group"]) == (0, "stock", "displaced-people")
    assert spans(layer, "idps") == [("2020-12-31", "2021-12-31", "year")]


def test_conflicts_are_one_sum_for_the_year(read: Read) -> None:
    told = {"iso3": "SDN", "country_name": "Sudan", "year": 2020, "new_displacement": 79, "total_displacement": 2276}
    layer = read("gidd", json.dumps([told])).layer
    assert set(layer.table["measure"].to_pylist()) == {
        "new_displacement",
        "conflict_displacement",
        "idps",
        "conflict_idps",
    }
    assert spans(layer) == [("2020-01-01", "2021-01-01", "year")]


@pytest.mark.parametrize(
    ("changes", "span"),
    [
        ({"start_date_accuracy": "Week"}, ("2020-01-07", "2020-01-09", "week")),
        ({"start_date_accuracy": "Month", "end_date_accuracy": "Week"}, ("2020-01-07", "2020-01-09", "month")),
        ({"end_date_accuracy": "Year"}, ("2020-01-07", "2020-01-09", "year")),
        ({"start_date_accuracy": None}, ("2020-01-07", "2020-01-09", "none")),
    ],
)
def test_the_coarser_accuracy_of_the_two_days_counts(
    changes: dict[str, object], span: tuple[str, str, str], read: Read
) -> None:
    assert spans(read("gidd", page(row(**changes))).layer) == [span]


@pytest.mark.parametrize(
    ("accuracy", "span"),
    [
        ("Day", ("2020-02-03", "2020-02-04", "day")),
        ("Week", ("2020-02-03", "2020-02-10", "week")),
        ("Month", ("2020-02-03", "2020-03-01", "month")),
        ("Year", ("2020-02-03", "2021-01-01", "year")),
        ("", ("2020-02-03", "2020-02-04", "none")),
    ],
)
def test_without_a_last_day_the_accuracy_of_the_first_stands_for_it(
    accuracy: str, span: tuple[str, str, str], read: Read
) -> None:
    told = row(start_date="2020-02-03", start_date_accuracy=accuracy, end_date=None, end_date_accuracy=None)
    reading = read("gidd", page(told))
    assert spans(reading.layer) == [span]
    assert reading.notes == ("1 figures without a last day end as the accuracy of the first allows",)


@pytest.mark.parametrize(
    "changes",
    [
        {"start_date": "2020-03-02", "end_date": "2020-02-03"},
        {"start_date": None},
        {"start_date": "2018-03-02", "end_date": "2018-03-04"},
    ],
)
def test_days_that_are_unknown_or_contradict_the_year_give_the_whole_year(
    changes: dict[str, object], read: Read
) -> None:
    reading = read("gidd", page(row(**changes)))
    assert spans(reading.layer) == [("2020-01-01", "2021-01-01", "year")]
    assert reading.notes == ("1 figures whose days are unknown or contradict their year spread over the year",)


def test_a_figure_counts_in_its_year_alone(read: Read) -> None:
    """An event over the turn of a year is told once for each of them."""
    told = {"start_date": "2019-12-29", "end_date": "2020-01-04"}
    layer = read("gidd", page(row(year=2019, **told), row(year=2020, **told))).layer
    assert spans(layer) == [("2019-12-29", "2020-01-01", "day"), ("2020-01-01", "2020-01-05", "day")]


def test_rows_of_one_name_are_several_events(read: Read, total: Total) -> None:
    """There is no identifier, and two events may even have one number."""
    rows = [row(), row(), row(new_displacement=30)]
    layer = read("gidd", page(*rows)).layer
    assert total(layer.canonical(), "new_displacement") == 230
    ids = sorted(set(layer.table["record_id"].to_pylist()))
    key = "TGO|2020|Togo: Flood|2020-01-07|13"
    assert ids == [key, f"{key}#2", f"{key}#3"]


def test_codes_that_are_no_countries_are_counted(read: Read) -> None:
    """AB9 is IDMC's own code for Abyei; XKX is in use for Kosovo."""
    rows = [
        row(iso3="AB9", country_name="Abyei Area"),
        row(iso3="XKX", country_name="Kosovo"),
        row(iso3="AB9", country_name=""),
    ]
    reading = read("gidd", page(*rows))
    placed = {(one["pcode"], one["place"]) for one in reading.layer.table.to_pylist()}
    assert placed == {(None, "Abyei Area"), ("XKX", "Kosovo")}
    assert dict(reading.quarantined) == {"iso3: no ISO 3166 country, and no name": 1}
    assert reading.notes == ("1 rows placed by name, their codes being no ISO 3166 countries: 'AB9'",)


def test_one_country_may_be_kept(read: Read) -> None:
    content = page(row(), row(iso3="BEN", country_name="Benin"))
    assert read("gidd", content, country="BEN").read == 1
    with pytest.raises(InputError, match="no row matches where; its values are 'BEN', 'TGO'"):
        read("gidd", content, country="SDN")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"year": "2020.5"}, "year: not a year"),
        ({"year": None}, "year: missing"),
        ({"start_date": "07/01/2020"}, "start_date: not a date of the form %Y-%m-%d"),
        ({"end_date_accuracy": "Decade"}, "end_date_accuracy: not known"),
        ({"new_displacement": "many"}, "new_displacement: not a number"),
        ({"new_displacement": -1}, "new_displacement: negative"),
        ({"new_displacement": None}, "neither new nor total displacement"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(changes: dict[str, object], reason: str, read: Read) -> None:
    reading = read("gidd", page(row(), row(**changes)))
    assert (reading.accepted, dict(reading.quarantined)) == (1, {reason: 1})


def test_a_release_without_its_day_is_unpublished(read: Read) -> None:
    table = read("gidd", page(row(), last_updated="soon")).layer.table
    assert table["published"].null_count == table["version"].null_count == len(table)


def test_disasters_of_the_world(read_real: Read, total: Total) -> None:
    reading = read_real("gidd", DISASTERS)
    assert (reading.read, reading.accepted) == (22_119, 22_113)
    assert dict(reading.quarantined) == {"iso3: no ISO 3166 country, and no name": 6}
    # 84,420 and 26,000 of the file's totals are of the six rows of AB9.
    assert total(reading.layer.canonical(), "new_displacement") == 448_583_621 - 84_420
    assert total(reading.layer.canonical(), "idps") == 20_269_429 - 26_000
    assert read_real("gidd", DISASTERS, country="SOM").read < 22_119


def test_its_file_is_recognised(real_data: Path) -> None:
    assert Gidd().recognises(look(Raw(real_data / DISASTERS, DISASTERS, "")))


def pages(size: int, disasters: int, conflicts: int = 1) -> Callable[[Question], str]:
    """A provider that gives no more than so many rows a page, and echoes the client in its links."""

    def answer(asked: Question) -> str:
        count = disasters if asked.path == "/disasters/" else conflicts
        rows = [row(new_displacement=10 + number) for number in range(count)]
        if asked.path == "/conflicts/":
            rows = [{"iso3": "TGO", "year": 2020, "new_displacement": 1, "total_displacement": 2} for _ in rows]
        offset = int(asked.args.get("offset", 0))
        more = offset + size < count
        link = f"https://example.org{asked.path}?client_id={asked.args['client_id']}&offset={offset + size}"
        return page(*rows[offset : offset + size], count=count, next=link if more else None)

    return answer


def test_all_pages_come_and_no_link_betrays_the_client(
    provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]], vault: Vault
) -> None:
    fake = provider(pages(size=2, disasters=5))
    ask("gidd", fake.url, "TGO", YEARS, idmc_client_id=CLIENT)
    assert [(one.path, one.args["offset"]) for one in fake.asked] == [
        ("/disasters/", "0"),
        ("/disasters/", "2"),
        ("/disasters/", "4"),
        ("/conflicts/", "0"),
    ]
    first, last = fake.asked[0].args, fake.asked[-1].args
    assert (first["start_year"], first["end_year"], first["iso3__in"]) == ("2019", "2021", "TGO")
    assert (first["ordering"], last["iso3__iexact"]) == ("year", "TGO")
    layer = Layer.concat([reading.layer for reading in read_vault("gidd")]).canonical()
    assert sum(layer.of("disaster_displacement").table["value"].to_pylist()) == 10 + 11 + 12 + 13 + 14
    assert sum(layer.of("conflict_idps").table["value"].to_pylist()) == 2
    assert not any(CLIENT in path.read_text() for path in vault.folder.rglob("*") if path.is_file())


def test_one_of_the_two_lists_may_be_empty(provider: Provide, ask: Ask) -> None:
    ask("gidd", provider(pages(size=9, disasters=0)).url, "", YEARS, idmc_client_id=CLIENT)
    with pytest.raises(ProviderRefused, match="neither disasters nor conflicts of TGO"):
        ask("gidd", provider(pages(size=9, disasters=0, conflicts=0)).url, "TGO", YEARS, idmc_client_id=CLIENT)


def test_a_list_that_gives_less_than_it_says_is_no_list(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: page(row(), count=3))
    with pytest.raises(FetchError, match="says that it has 3 disasters, and gave 1"):
        ask("gidd", fake.url, "TGO", YEARS, idmc_client_id=CLIENT)


def test_an_empty_page_in_the_middle_is_asked_again(provider: Provide, ask: Ask) -> None:
    lies = iter([page(count=3, next="more"), page(count=3)])
    whole = pages(size=2, disasters=3)
    fake = provider(lambda asked: next(lies, None) or whole(asked))
    ask("gidd", fake.url, "TGO", YEARS, idmc_client_id=CLIENT)
    assert [one.args["offset"] for one in fake.asked] == ["0", "0", "0", "2", "0"]


@pytest.mark.parametrize(
    ("body", "told"),
    [("[]", "answered with no object"), (json.dumps({"detail": "Not found."}), "answered with no list: .*Not found")],
)
def test_what_is_no_list_is_refused(body: str, told: str, provider: Provide, ask: Ask) -> None:
    with pytest.raises(ProviderRefused, match=told):
        ask("gidd", provider(lambda _: body).url, "TGO", YEARS, idmc_client_id=CLIENT)


def test_nothing_is_asked_without_a_client_or_with_an_option(provider: Provide, ask: Ask) -> None:
    fake = provider(pages(size=9, disasters=1))
    with pytest.raises(CredentialsMissing, match="RISKMAP_CREDENTIALS__IDMC_CLIENT_ID"):
        ask("gidd", fake.url, "TGO", YEARS)
    with pytest.raises(FetchError, match="gidd takes no options"):
        ask("gidd", fake.url, "TGO", YEARS, {"year": "2020"}, idmc_client_id=CLIENT)
    assert fake.asked == []


def test_a_check_asks_for_one_country(provider: Provide, vault: Vault) -> None:
    fake = provider(lambda _: page({"iso2": "AF", "iso3": "AFG", "country_name": "Afghanistan"}))
    settings = Settings(vault=vault.folder, endpoints={"gidd_api": fake.url}, credentials={"idmc_client_id": CLIENT})
    check("gidd", settings)
    assert [(one.path, one.args["limit"]) for one in fake.asked] == [("/countries/", "1")]
