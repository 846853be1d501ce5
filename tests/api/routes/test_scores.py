"""Scores as columns: JSON, CSV and Arrow say the same, null stays null, and wrong questions are told apart."""

from __future__ import annotations

import io
import math

import numpy as np
import pyarrow as pa
import pytest
import small_world
from pyarrow import csv

CELL = small_world.CELLS[small_world.row_with(small_world.SCORED)]
DARK = small_world.CELLS[small_world.row_with(small_world.INSUFFICIENT)]


def columns(client, question: str) -> dict[str, list[object]]:
    answer = client.get(f"/v1/scores?{question}")
    assert answer.status_code == 200, answer.text
    return answer.json()["columns"]


def test_every_cell_of_the_last_period_by_default(client, snapshot):
    told = client.get("/v1/scores").json()

    assert told["snapshot"] == snapshot.id
    assert told["synthetic"] is True
    assert "not where it happens" in told["note"]
    assert told["periods"] == ["2024-03"]
    assert sorted(told["columns"]["cell"]) == small_world.CELLS


def test_scores_are_those_of_the_snapshot_and_unknown_is_null(client):
    told = columns(client, "period=2024-02&fields=score,low,high")

    scores = [math.nan if one is None else one for one in told["score"]]
    np.testing.assert_allclose(scores, small_world.scores_of(1), atol=1e-6)
    assert [one is None for one in told["low"]] == [one is None for one in told["score"]]


def test_numbers_are_as_short_as_their_precision(client):
    told = columns(client, f"period=2024-01&cells={CELL}&fields=score")

    assert told["score"] == [small_world.value_of(0, small_world.CELLS.index(CELL))]


def test_fields_come_in_the_order_asked(client):
    told = columns(client, f"cells={CELL}&fields=coverage,crowding,score")

    assert [name for name in told if name in {"coverage", "crowding", "score"}] == ["coverage", "crowding", "score"]


def test_all_periods_of_chosen_cells(client):
    told = columns(client, f"period=all&cells={CELL},{DARK}&fields=score")

    assert sorted(set(told["period"])) == list(small_world.PERIODS)
    assert set(told["cell"]) == {CELL, DARK}
    assert len(told["cell"]) == 6


def test_a_box_keeps_the_cells_inside(client):
    west, south, east, north = 45.15, 2.4, 45.25, 2.6
    told = columns(client, f"bbox={west},{south},{east},{north}")

    inside = (west <= small_world.LON) & (east >= small_world.LON)
    inside &= (south <= small_world.LAT) & (north >= small_world.LAT)
    centres = {cell for cell, shown in zip(small_world.CELLS, inside, strict=True) if shown}
    assert centres <= set(told["cell"])
    assert len(told["cell"]) < len(small_world.CELLS)


@pytest.mark.parametrize("how", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv, */*"}}])
def test_csv_holds_the_same_rows(client, snapshot, how):
    answer = client.get("/v1/scores", **how)
    table = csv.read_csv(io.BytesIO(answer.content))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["riskmap-snapshot"] == snapshot.id
    assert table["score"].to_pylist() == client.get("/v1/scores").json()["columns"]["score"]


@pytest.mark.parametrize(
    "how", [{"params": {"format": "arrow"}}, {"headers": {"Accept": "application/vnd.apache.arrow.stream"}}]
)
def test_arrow_holds_the_same_rows_and_names_its_snapshot(client, snapshot, how):
    answer = client.get("/v1/scores", **how)
    table = pa.ipc.open_stream(answer.content).read_all()

    told = client.get("/v1/scores").json()["columns"]
    assert table["cell"].to_pylist() == told["cell"]
    np.testing.assert_allclose(table["score"].drop_null(), [one for one in told["score"] if one is not None])
    assert table.schema.metadata[b"Riskmap-Snapshot"].decode() == snapshot.id
    assert table.schema.metadata[b"Riskmap-Synthetic"] == b"true"


def test_a_client_that_takes_anything_gets_json(client):
    answer = client.get("/v1/scores", headers={"Accept": "image/png"})

    assert answer.headers["content-type"] == "application/json"


def test_a_repeated_question_is_answered_304(client):
    first = client.get("/v1/scores?period=2024-01")
    again = client.get("/v1/scores?period=2024-01", headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert client.get("/v1/scores?period=2024-02").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("period=1999-01", 404),
        ("fields=nothing", 404),
        ("cells=86754e64fffffff", 404),
        ("snapshot=0000000000000000", 404),
        ("cells=nonsense", 422),
        ("snapshot=nonsense", 422),
        ("format=xml", 422),
        ("bbox=1,2,3", 422),
        ("bbox=a,b,c,d", 422),
        ("bbox=44,1,45,nan", 422),
        ("bbox=nan,1,45,2", 422),
        ("bbox=181,1,182,2", 422),
        ("bbox=44,3,46,1", 422),
    ],
)
def test_a_wrong_question_is_a_problem_of_its_own_kind(client, question, status):
    answer = client.get(f"/v1/scores?{question}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_malformed_question_names_the_field(client):
    told = client.get("/v1/scores?bbox=1,2,3").json()

    assert told["errors"] == [{"where": "query.bbox", "what": "give four numbers: west,south,east,north"}]


def test_an_answer_over_the_limit_is_refused_with_a_way_out(small_client):
    answer = small_client.get("/v1/scores")

    assert answer.status_code == 413
    assert "riskmap export" in answer.json()["detail"]
    assert small_client.get(f"/v1/scores?cells={CELL}").status_code == 200
