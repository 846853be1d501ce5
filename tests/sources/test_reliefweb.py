"""ReliefWeb: disasters by country, of which nothing but ids, days and codes is kept."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from checking import check_at
from faking import Answer, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.sight import look
from riskmap.sources.source import source

APPNAME = "example-planner-9QwZ"
DATES = {"created": "2024-05-20T09:00:00+00:00", "changed": "2024-06-02T10:00:00+00:00", "event": "2024-05-17"}


def disaster(number: int = 1, **fields: object) -> dict[str, object]:
    told = {"id": number, "name": "A flood", "status": "past", "date": DATES, "country": [{"iso3": "tcd"}]} | fields
    return {"id": str(number), "fields": {key: value for key, value in told.items() if value is not None}}


def answer(*disasters: object, total: int | None = None, following: bool = False) -> str:
    links = {"next": {"href": f"https://api.reliefweb.int/v2/disasters?appname={APPNAME}&offset=1000"}}
    return json.dumps(
        {
            "href": "https://api.reliefweb.int/v2/disasters",
            "links": links if following else {},
            "totalCount": len(disasters) if total is None else total,
            "data": disasters,
        }
    )


def record(read, **fields: object) -> Mapping[str, object]:
    (found,) = read("reliefweb", answer(disaster(**fields))).layer.table.to_pylist()
    return found


def test_a_disaster_is_known_for_its_country_and_no_finer(read) -> None:
    found = record(read, glide="FL-2024-000139-TCD")
    assert (found["pcode"], found["pcode_level"], found["geo_precision"]) == ("TCD", 0, "country")
    assert (found["measure"], found["value"], found["event_id"]) == ("reported_disasters", 1.0, "FL-2024-000139-TCD")
    assert (f"{found['start']:%Y-%m-%d}", f"{found['end']:%Y-%m-%d}") == ("2024-05-17", "2024-05-18")


def test_it_was_known_from_its_first_listing_and_its_last_edit_is_its_version(read) -> None:
    found = record(read)
    assert (f"{found['published']:%Y-%m-%d}", found["version"]) == ("2024-05-20", DATES["changed"])
    older = read("reliefweb", answer(disaster(date=DATES | {"changed": "2024-05-21T00:00:00+00:00"}, status="alert")))
    newer = read("reliefweb", answer(disaster()))
    assert Layer.concat([newer.layer, older.layer]).standing().table["preliminary"].to_pylist() == [False]


def test_a_disaster_in_two_countries_counts_in_each(read, total) -> None:
    reading = read("reliefweb", answer(disaster(country=[{"iso3": "tcd"}, {"iso3": "CMR"}, {"iso3": "tcd"}])))
    assert (reading.accepted, total(reading.layer, "reported_disasters")) == (1, 2)


def test_codes_that_are_no_countries_are_told_and_kosovo_is_one(read) -> None:
    reading = read("reliefweb", answer(disaster(country=[{"iso3": "XKX"}, {"iso3": "wld"}, {"name": "none"}])))
    assert reading.layer.table["pcode"].to_pylist() == ["XKX"]
    assert "1 country codes that are none of ISO 3166-1 left out" in reading.notes


@pytest.mark.parametrize(
    "country", [{"country": {"iso3": "tcd"}}, {"country": None, "primary_country": {"iso3": "tcd"}}]
)
def test_the_country_may_stand_in_other_ways(read, country: Mapping[str, object]) -> None:
    assert record(read, **country)["pcode"] == "TCD"


def test_namibia_is_no_missing_value(read) -> None:
    assert record(read, country=[{"iso3": "nam"}])["pcode"] == "NAM"


def test_without_a_date_the_year_of_the_glide_number_is_all_that_is_known(read) -> None:
    reading = read("reliefweb", answer(disaster(date=None, country=None, glide="FL-2024-000139-TCD")))
    (found,) = reading.layer.table.to_pylist()
    assert (found["time_precision"], found["pcode"]) == ("year", "TCD")
    assert (f"{found['start']:%Y-%m-%d}", f"{found['end']:%Y-%m-%d}") == ("2024-01-01", "2025-01-01")
    assert reading.notes == (
        "1 disasters without a date: dated by the year of their GLIDE number, placed by its country",
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "alert-archive"}, "status alert-archive: an alert that became no disaster"),
        ({"status": "external"}, "status external: kept for others, not listed as a disaster"),
        ({"status": "draft"}, "status draft: not published"),
        ({"status": "imminent"}, "status: not known"),
        ({"country": None}, "no country with a code of ISO 3166-1"),
        ({"date": None}, "no date, and no GLIDE number that tells its year"),
        ({"date": None, "glide": "a flood"}, "no date, and no GLIDE number that tells its year"),
    ],
)
def test_what_is_no_disaster_or_tells_too_little_is_refused(read, fields: Mapping[str, object], reason: str) -> None:
    assert read("reliefweb", answer(disaster(**fields))).quarantined == {reason: 1}


def test_records_without_an_id_or_any_field_are_refused(read) -> None:
    reading = read("reliefweb", answer({"fields": disaster()["fields"]}, "nothing"))
    assert reading.quarantined == {
        "id: missing": 1,
        "status: not known": 1,
    }


def test_no_text_is_kept(read) -> None:
    layer = read("reliefweb", answer(disaster(name="Chad: Floods", description="Written by others"))).layer
    assert "Written by others" not in str(layer.table.to_pylist())
    assert "Chad" not in str(layer.table.to_pylist())


def test_what_is_no_answer_is_refused(read) -> None:
    with pytest.raises(InputError, match="nothing at 'data'"):
        read("reliefweb", json.dumps({"error": "no"}))
    with pytest.raises(InputError, match="option colour"):
        read("reliefweb", answer(disaster()), colour="red")


def test_the_real_list_of_version_one_holds_no_dates(read_real, total) -> None:
    """Counted with the json module: 1,000 disasters, of which 104 archived alerts, 3 external, 2 with no country."""
    reading = read_real("reliefweb", "global/disaster/reliefweb_disasters_v1.json")
    assert reading.read == 1000
    assert reading.quarantined["status alert-archive: an alert that became no disaster"] == 104
    assert reading.quarantined["status external: kept for others, not listed as a disaster"] == 3
    assert total(reading.layer, "reported_disasters") == 891
    assert set(reading.layer.table["time_precision"].to_pylist()) == {"year"}


def paged(question: Question) -> str | Answer:
    """2,300 disasters of Chad in pages."""
    if question.args.get("appname") != APPNAME:
        return Answer('{"status":403,"error":{"message":"You are not using an approved appname"}}', 403)
    first, size = int(question.args["offset"]), int(question.args["limit"])
    numbers = range(first, min(first + size, 2300))
    return answer(*(disaster(number + 1) for number in numbers), total=2300, following=first + size < 2300)


def test_all_pages_come(provider, ask, read_vault) -> None:
    fake = provider(paged)
    fetched = ask("reliefweb", fake.url, "TCD", (date(2024, 1, 1), date(2025, 1, 1)), reliefweb_appname=APPNAME)
    assert [question.args["offset"] for question in fake.asked] == ["0", "1000", "2000"]
    assert fetched.payloads == 3
    layer = Layer.concat([reading.layer for reading in read_vault("reliefweb")])
    assert len(layer.standing()) == 2300


def test_dates_are_asked_for_with_their_plus_sign_and_both_ends(provider, ask) -> None:
    fake = provider(paged)
    ask("reliefweb", fake.url, "TCD", (date(2024, 1, 1), date(2025, 1, 1)), reliefweb_appname=APPNAME)
    args = fake.asked[0].args
    assert args["filter[conditions][0][value][from]"] == "2024-01-01T00:00:00+00:00"
    assert args["filter[conditions][0][value][to]"] == "2024-12-31T23:59:59+00:00"
    assert args["filter[conditions][1][value]"] == "tcd"


def test_the_whole_world_needs_no_country(provider, ask) -> None:
    fake = provider(paged)
    ask("reliefweb", fake.url, "", reliefweb_appname=APPNAME)
    assert "filter[conditions][1][field]" not in fake.asked[0].args


@pytest.mark.parametrize(
    "lie",
    [
        answer(total=2300),
        answer(disaster(), total=2300, following=True),
        answer(*(disaster(number) for number in range(1000)), total=2300),
        json.dumps({"data": [], "totalCount": "many"}),
        "[]",
        '{"data": [',
    ],
    ids=["empty", "short", "no next", "no total", "a list", "cut short"],
)
def test_a_page_in_the_middle_that_lies_is_asked_for_again(provider, ask, lie: str) -> None:
    lies = [lie]
    fake = provider(lambda question: lies.pop() if lies else paged(question))
    assert ask("reliefweb", fake.url, "TCD", reliefweb_appname=APPNAME).payloads == 3
    assert [question.args["offset"] for question in fake.asked] == ["0", "0", "1000", "2000"]


def test_a_lie_that_stays_is_an_error(provider, ask) -> None:
    fake = provider(lambda _question: answer(total=2300))
    with pytest.raises(FetchError, match="ends after 0 of 2300 disasters; gave up after 5 tries"):
        ask("reliefweb", fake.url, "TCD", reliefweb_appname=APPNAME)


def test_a_name_that_was_not_approved_is_refused_at_once(provider, ask) -> None:
    fake = provider(paged)
    with pytest.raises(ProviderRefused, match="approved appname"):
        ask("reliefweb", fake.url, "TCD", reliefweb_appname="another-name")
    assert len(fake.asked) == 1


def test_without_a_name_nothing_is_asked(provider, ask) -> None:
    fake = provider(paged)
    with pytest.raises(CredentialsMissing, match="RELIEFWEB_APPNAME"):
        ask("reliefweb", fake.url, "TCD")
    assert fake.asked == []


def test_the_name_that_answers_echo_is_nowhere_in_the_vault(provider, ask, vault) -> None:
    ask("reliefweb", provider(paged).url, "TCD", reliefweb_appname=APPNAME)
    kept = [path.read_bytes() for path in vault.folder.rglob("*") if path.is_file()]
    assert kept
    assert not any(APPNAME.encode() in content for content in kept)
    assert any(receipt.scrubbed for receipt in vault.receipts("reliefweb"))


def test_a_check_asks_for_one_disaster(provider, tmp_path: Path) -> None:
    fake = provider(paged)
    check_at("reliefweb", fake.url, tmp_path, reliefweb_appname=APPNAME)
    assert [question.args["limit"] for question in fake.asked] == ["1"]


def test_the_real_file_is_claimed_by_its_first_look(real_data: Path) -> None:
    path = "global/disaster/reliefweb_disasters_v1.json"
    assert source("reliefweb").recognises(look(Raw(real_data / path, path, "")))
