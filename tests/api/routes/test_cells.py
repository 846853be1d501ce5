"""One cell: the same numbers as the library's, and a refusal that tells unknown from malformed."""

from __future__ import annotations

import pytest
import small_world
from starlette.testclient import TestClient

from riskmap import Settings, Shelf, cell_detail, explain
from riskmap_api.app import create_app

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


def test_an_explanation_stands_beside_it_the_same_as_the_librarys(client, snapshot):
    """Every part of the small world scores like its index, so that its two dimensions share each score evenly."""
    told = client.get(f"/v1/cells/{CELL}?period=2024-02").json()
    explanation = told["explanation"]

    assert explanation == explain(snapshot, CELL, "2024-02")
    halves = [part["contribution"] for part in explanation["contributions"]["dimensions"]]
    assert halves == pytest.approx([told["score"] / 2] * 2, abs=1e-9)
    assert explanation["change"]["difference"] == told["score"] - explanation["change"]["before"]
    assert explanation["sentence"].startswith("In 2024-02, conditions that favour trafficking stand at")
    assert len(explanation["alike"]) == 3
    assert [one["id"] for one in explanation["missing"]] == [small_world.UNFED]


def test_a_snapshot_of_a_recipe_of_another_version_is_told_without_explanation(tmp_path):
    other = small_world.manifest("Other", synthetic=True)
    del other["recipe"]["aggregation"]
    Shelf(tmp_path).publish(small_world.tables(), other, {"seconds": {}})
    with TestClient(create_app(Settings(store=tmp_path))) as client:
        told = client.get(f"/v1/cells/{CELL}").json()

    assert told["explanation"] is None
    assert told["score"] is not None


def test_the_last_period_where_none_is_named(client):
    assert client.get(f"/v1/cells/{CELL}").json()["period"] == "2024-03"


def test_a_cell_without_enough_data_has_no_score(client):
    told = client.get(f"/v1/cells/{DARK}").json()

    assert told["score"] is None
    assert told["low"] is None
    assert "Unknown is not safe" in told["explanation"]["sentence"]


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
