"""One cell: the same numbers as the library's, and a refusal that tells unknown from malformed."""

from __future__ import annotations

import pytest
import small_world

from riskmap import cell_detail

ROW = small_world.row_with(small_world.SCORED)
CELL = small_world.CELLS[ROW]
DARK = small_world.CELLS[small_world.row_with(small_world.INSUFFICIENT)]


def test_a_cell_tells_its_score_and_what_it_was_made_of(client, snapshot):
    told = client.get(f"/v1/cells/{CELL}?period=2024-02").json()

    assert told["snapshot"] == snapshot.id
    assert told["synthetic"] is True
    assert told["score"] == pytest.approx(small_world.value_of(1, ROW), abs=1e-6)
    assert told["low"] <= told["score"] <= told["high"]
    by_library = cell_detail(snapshot, CELL, "2024-02")
    assert {name: told[name] for name in by_library} == by_library


def test_the_last_period_where_none_is_named(client):
    assert client.get(f"/v1/cells/{CELL}").json()["period"] == "2024-03"


def test_a_cell_without_enough_data_has_no_score(client):
    told = client.get(f"/v1/cells/{DARK}").json()

    assert told["score"] is None
    assert told["low"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("86754e64fffffff", 404),
        (f"{CELL}?period=1999-01", 404),
        ("nonsense", 422),
        (CELL.upper(), 422),
        (f"{CELL}?period=spring", 422),
    ],
)
def test_unknown_is_404_and_malformed_is_422(client, path, status):
    answer = client.get(f"/v1/cells/{path}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
