"""The page at the root, its files, and whether the service is well."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from riskmap import Settings
from riskmap_api.app import create_app


@pytest.fixture
def built(store, tmp_path):
    """A service with a stand-in for the built map."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>the map</title>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("export {};")
    with TestClient(create_app(Settings(store=store), static=tmp_path)) as client:
        yield client


def test_the_root_is_the_map_and_is_asked_for_anew_each_time(built):
    answer = built.get("/")

    assert "the map" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_the_maps_files_are_served_with_their_own_types(built):
    answer = built.get("/assets/index-1a2b.js")

    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert built.get("/assets/none.js").headers["content-type"] == "application/problem+json"


def test_a_map_that_was_not_built_tells_how(empty_client):
    answer = empty_client.get("/")

    assert answer.status_code == 200
    assert "make web" in answer.text


def test_health_names_snapshot_and_case(client, snapshot):
    assert client.get("/health").json() == {
        "status": "ok",
        "note": "Shows where conditions favour trafficking, not where it happens. Unknown is not safe.",
        "snapshot": snapshot.id,
        "case": "Small world, 2024",
        "synthetic": True,
    }


def test_health_is_503_with_a_reason_where_nothing_is_published(empty_client):
    answer = empty_client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["reason"]
    assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_page_is_a_problem(client):
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "GET /no/such/page: Not Found"


def test_data_are_read_only(client):
    answer = client.post("/v1/snapshots")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
