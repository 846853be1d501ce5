"""Two timelines: what was known on a day, and which of several tellings is believed."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from riskmap.errors import CaseError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.timeline import Telling, believed, end_of, known, known_until
from riskmap.sources.source import Cover, Reading


def telling(name: str, days: dict[str, str], cover: Cover | None = None, area: str = "", **columns: object) -> Telling:
    """A file with one event a day: id -> day."""
    count = len(days)
    layer = Layer.build(
        {
            "record_id": list(days),
            "source": "demo",
            "theme": "conflict",
            "measure": "events",
            "kind": "flow",
            "spread": "extensive",
            "value": 1.0,
            "unit": "events",
            "start": [datetime.fromisoformat(f"{day}T00:00Z") for day in days.values()],
            "end": [datetime.fromisoformat(f"{day}T23:00Z") for day in days.values()],
            "pcode": "XM01",
            "pcode_level": 1,
            "licence": "none",
        }
        | columns
    )
    return Telling(Raw(Path(name), name, name), Reading(layer, count, count), cover, area)


def ids(tellings: tuple[Telling, ...]) -> list[list[str]]:
    return [one.reading.layer.table["record_id"].to_pylist() for one in tellings]


YEARLY = Cover(date(1989, 1, 1), date(2024, 1, 1), 3)
QUARTERLY = Cover(date(2024, 1, 1), date(2024, 4, 1), 2)
MONTHLY = Cover(date(2024, 2, 1), date(2024, 3, 1), 1)


def test_a_final_release_stands_in_the_place_of_candidates_that_vanished_from_it() -> None:
    final = telling("25.1", {"a": "2023-05-01"}, YEARLY)
    candidate = telling("24.0.5", {"a": "2023-05-01", "gone": "2023-05-09", "new": "2024-02-03"}, MONTHLY)
    assert ids(believed([final, candidate])) == [["a"], ["new"]]


def test_a_quarter_stands_in_the_place_of_its_months_whatever_the_order_of_files() -> None:
    quarter = telling("quarter", {"a": "2024-02-03"}, QUARTERLY)
    month = telling("month", {"a": "2024-02-03", "b": "2024-02-04"}, MONTHLY)
    assert ids(believed([quarter, month])) == [["a"], []]
    assert ids(believed([month, quarter])) == [[], ["a"]]
    assert believed([month, quarter])[0].reading.notes == (
        "2 records left out: a later or more final release lists those days completely",
    )


def test_pages_of_one_release_do_not_push_each_other_out() -> None:
    pages = [telling(f"page {page}", {f"e{page}": "2023-05-01"}, YEARLY) for page in range(3)]
    assert ids(believed(pages)) == [["e0"], ["e1"], ["e2"]]


def test_a_list_of_another_country_says_nothing_of_this_one() -> None:
    ours = telling("ours", {"a": "2023-05-01"}, Cover(date(2023, 1, 1), date(2024, 1, 1), 0), "SDN")
    theirs = telling("theirs", {"b": "2023-05-01"}, Cover(date(2023, 1, 1), date(2024, 1, 1), 1), "TCD")
    world = telling("world", {"c": "2023-05-01"}, Cover(date(2023, 1, 1), date(2024, 1, 1), 2))
    assert ids(believed([ours, theirs])) == [["a"], ["b"]]
    assert ids(believed([ours, theirs, world])) == [[], [], ["c"]]


def test_what_was_published_later_is_left_out_and_counted() -> None:
    published = [datetime(2024, 1, 5, tzinfo=UTC), datetime(2024, 2, 5, tzinfo=UTC)]
    found = known(telling("f", {"a": "2024-01-01", "b": "2024-01-02"}, published=published), date(2024, 1, 31))
    assert found.reading.layer.table["record_id"].to_pylist() == ["a"]
    assert found.reading.notes == ("1 records published after 2024-01-31 left out",)


def test_a_release_that_was_not_out_yet_pushes_nothing_out() -> None:
    later = [datetime(2025, 6, 1, tzinfo=UTC)]
    then = [datetime(2024, 3, 1, tzinfo=UTC)]
    final = known(telling("25.1", {"a": "2023-05-01"}, YEARLY, published=later), date(2024, 12, 31))
    candidate = known(telling("24.0.5", {"b": "2023-05-01"}, MONTHLY, published=then), date(2024, 12, 31))
    assert ids(believed([final, candidate])) == [[], ["b"]]


def test_the_whole_day_counts() -> None:
    assert end_of(date(2024, 1, 31)) == datetime(2024, 1, 31, 23, 59, 59, tzinfo=UTC)


def test_a_file_that_does_not_say_when_it_became_known_is_refused() -> None:
    with pytest.raises(CaseError, match=r"events\.csv does not say when it became known.*received = DATE"):
        known(telling("events.csv", {"a": "2024-01-01"}), date(2024, 1, 31))


def test_the_last_moment_of_knowledge_is_that_of_the_newest_record() -> None:
    layers = [
        telling("f", {"a": "2024-01-01"}, published=[datetime(2024, 1, 5, tzinfo=UTC)]).reading.layer,
        telling("g", {"b": "2024-01-01"}).reading.layer,
    ]
    assert known_until(layers) == "2024-01-05T00:00:00+00:00"
    assert known_until([Layer.empty()]) is None
