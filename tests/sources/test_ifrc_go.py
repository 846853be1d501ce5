"""IFRC GO: appeals as people to be reached while they run, emergencies as pointers, both for a country alone."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from checking import check_at
from faking import Question

from riskmap.errors import FetchError, InputError
from riskmap.model.layer import Layer


def appeal(aid: str = "17693", **changes: object) -> dict[str, object]:
    told = {
        "aid": aid,
        "status": 1,
        "num_beneficiaries": 300,
        "amount_requested": "299929.00",
        "start_date": "2023-02-26T00:00:00Z",
        "end_date": "2023-07-31T00:00:00Z",
        "real_data_update": "2023-02-27 14:20:05+00:00",
        "created_at": "2023-02-26 00:46:59.047725+00:00",
        "modified_at": "2023-02-28 21:48:38.484157+00:00",
        "event": 6358,
        "country": {"iso": "GQ", "iso3": "GNQ"},
    }
    return told | changes


def emergency(number: int = 6358, **changes: object) -> dict[str, object]:
    told = {
        "id": number,
        "name": "A flood",
        "glide": "FL-2023-000021-MDG",
        "disaster_start_date": "2023-02-21T00:00:00Z",
        "created_at": "2023-02-21T10:52:00.123Z",
        "updated_at": "2023-03-01T08:00:00Z",
        "countries": [{"iso3": "MDG"}, {"iso3": "MOZ"}],
    }
    return told | changes


def page(*results: object, count: int | None = None, following: str | None = None) -> str:
    told = len(results) if count is None else count
    return json.dumps({"count": told, "next": following, "previous": None, "results": results})


def only(reading) -> Mapping[str, object]:
    (found,) = reading.layer.table.to_pylist()
    return found


def test_an_appeal_is_a_stock_of_people_in_a_country_while_it_runs(read) -> None:
    found = only(read("ifrc_go", page(appeal())))
    assert (found["measure"], found["kind"], found["value"], found["unit"]) == (
        "appeal_beneficiaries",
        "stock",
        300,
        "people",
    )
    assert (found["pcode"], found["pcode_level"], found["geo_precision"]) == ("GNQ", 0, "country")
    assert (f"{found['start']:%Y-%m-%d}", f"{found['end']:%Y-%m-%d}") == ("2023-02-26", "2023-08-01")
    assert (found["event_id"], found["overlap_group"], found["preliminary"]) == ("6358", "people-in-need", False)


def test_the_nightly_run_of_the_platform_is_no_publication(read) -> None:
    """`modified_at` changes every night for every appeal; `real_data_update` tells when the data did."""
    found = only(read("ifrc_go", page(appeal(modified_at="2026-01-01 21:00:00+00:00"))))
    assert (f"{found['published']:%Y-%m-%d}", found["version"]) == ("2023-02-27", "2023-02-27 14:20:05+00:00")
    late = only(read("ifrc_go", page(appeal(real_data_update=None))))
    assert f"{late['published']:%Y-%m-%d}" == "2023-02-26"


def test_an_appeal_under_way_may_still_change(read) -> None:
    assert only(read("ifrc_go", page(appeal(status=0))))["preliminary"] is True


def test_an_appeal_for_nobody_was_not_filled_in_and_is_unknown(read) -> None:
    reading = read("ifrc_go", page(appeal(num_beneficiaries=0), appeal("2", num_beneficiaries=None)))
    assert reading.layer.table["value"].to_pylist() == [None, None]
    assert reading.notes == ("1 appeals for 0 people: their number was not filled in, and is unknown",)


def test_a_later_state_of_an_appeal_replaces_an_earlier_one(read) -> None:
    later = appeal(num_beneficiaries=900, real_data_update="2023-05-01 00:00:00+00:00")
    both = read("ifrc_go", page(later, appeal()))
    assert (only(both)["value"], dict(both.quarantined)) == (900, {"repeated appeal": 1})
    apart = Layer.concat([read("ifrc_go", page(one)).layer for one in (later, appeal())])
    assert apart.standing().table["value"].to_pylist() == [900]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"country": None}, "no country with a code of ISO 3166-1"),
        ({"country": {"iso3": None}}, "no country with a code of ISO 3166-1"),
        ({"country": {"iso3": "AFR"}}, "no country with a code of ISO 3166-1"),
        ({"start_date": None}, "start_date: no moment"),
        ({"end_date": "soon"}, "end_date: no moment"),
        ({"end_date": "2023-01-01T00:00:00Z"}, "ends before it starts"),
        ({"num_beneficiaries": -4}, "num_beneficiaries: negative"),
        ({"num_beneficiaries": "many"}, "num_beneficiaries: not a number"),
        ({"aid": ""}, "aid: missing"),
    ],
)
def test_appeals_that_tell_too_little_are_refused(read, changes: Mapping[str, object], reason: str) -> None:
    reading = read("ifrc_go", page(appeal(), appeal("2") | changes))
    assert (reading.accepted, dict(reading.quarantined)) == (1, {reason: 1})


def test_an_emergency_points_to_each_of_its_countries(read) -> None:
    layer = read("ifrc_go", page(emergency())).layer
    assert layer.table["measure"].to_pylist() == ["reported_emergencies"] * 2
    assert layer.table["record_id"].to_pylist() == ["6358/MDG", "6358/MOZ"]
    assert set(layer.table["event_id"].to_pylist()) == {"FL-2023-000021-MDG"}
    assert "A flood" not in str(layer.table.to_pylist())


def test_an_emergency_without_a_glide_number_is_known_by_its_own(read) -> None:
    layer = read("ifrc_go", page(emergency(glide="unknown", countries=[{"iso3": "MDG"}, {"iso3": "MDG"}, None]))).layer
    assert layer.table["event_id"].to_pylist() == ["6358"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None}, "id: missing"),
        ({"countries": []}, "no country with a code of ISO 3166-1"),
        ({"countries": None}, "no country with a code of ISO 3166-1"),
        ({"disaster_start_date": ""}, "disaster_start_date: no moment"),
    ],
)
def test_emergencies_that_tell_too_little_are_refused(read, changes: Mapping[str, object], reason: str) -> None:
    reading = read("ifrc_go", page(emergency(), emergency(2, **changes)))
    assert (reading.accepted, dict(reading.quarantined)) == (1, {reason: 1})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (json.dumps({"detail": "Not found."}), "nothing at 'results'"),
        (page(appeal(), emergency()), "neither appeals .* nor emergencies"),
        (page({"surge": 1}), "neither appeals .* nor emergencies"),
    ],
)
def test_what_is_no_page_of_either_is_refused(read, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read("ifrc_go", content)


def listing(question: Question) -> str:
    """450 appeals and 3 emergencies in pages."""
    make, count = {"/appeal/": (appeal, 450), "/event/": (emergency, 3)}[question.path]
    first, size = int(question.args["offset"]), int(question.args["limit"])
    numbers = range(first, min(first + size, count))
    following = f"http://elsewhere.example{question.path}?offset={first + size}" if first + size < count else None
    return page(*(make(str(number + 1)) for number in numbers), count=count, following=following)


def test_all_pages_of_both_come_by_offset_whatever_their_links_say(provider, ask, read_vault) -> None:
    fake = provider(listing)
    assert ask("ifrc_go", fake.url).payloads == 4
    assert [(question.path, question.args["offset"]) for question in fake.asked] == [
        ("/appeal/", "0"),
        ("/appeal/", "200"),
        ("/appeal/", "400"),
        ("/event/", "0"),
    ]
    layer = Layer.concat([reading.layer for reading in read_vault("ifrc_go")]).standing()
    assert len(layer.of("appeal_beneficiaries")) == 450
    assert len(layer.of("reported_emergencies")) == 6


@pytest.mark.parametrize(
    "lie",
    [
        page(count=450, following="http://elsewhere.example/"),
        page(appeal(), count=450, following="http://elsewhere.example/"),
        page(*(appeal(str(number)) for number in range(200)), count=450),
        json.dumps({"results": "none", "count": 1}),
        json.dumps([]),
        '{"count": 450, "resul',
    ],
    ids=["empty", "short", "no next", "no list", "a list", "cut short"],
)
def test_a_page_in_the_middle_that_lies_is_asked_for_again(provider, ask, lie: str) -> None:
    lies = [lie]
    fake = provider(lambda question: lies.pop() if lies else listing(question))
    assert ask("ifrc_go", fake.url).payloads == 4
    assert [question.args["offset"] for question in fake.asked[:3]] == ["0", "0", "200"]


def test_a_lie_that_stays_is_an_error(provider, ask) -> None:
    fake = provider(lambda _question: page(count=450, following="http://elsewhere.example/"))
    with pytest.raises(FetchError, match="ends after 0 of 450 results"):
        ask("ifrc_go", fake.url)


def test_a_check_asks_for_one_appeal(provider, tmp_path: Path) -> None:
    fake = provider(listing)
    check_at("ifrc_go", fake.url, tmp_path)
    assert [(question.path, question.args["limit"]) for question in fake.asked] == [("/appeal/", "1")]
