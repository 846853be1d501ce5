"""Every answer carries the headers that keep a browser to this service."""

from __future__ import annotations

import asyncio

import pytest
import small_world
from starlette.testclient import TestClient

from riskmap import Settings, Shelf
from riskmap_api.app import create_app
from riskmap_api.security import CONTENT_POLICY, HEADERS, SecurityHeaders, is_loopback


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "/openapi.json",
        "/v1/snapshots",
        "/v1/snapshots/latest/tiles/risk/2024-01/0/0/0.mvt",
        "/v1/snapshots/latest/tiles/nothing/2024-01/0/0/0.mvt",
        "/no/such/page",
    ],
)
def test_page_data_tile_and_refusal_carry_them_alike(client, path):
    answer = client.get(path)

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_no_inline_script_and_no_other_site_is_allowed():
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert "default-src 'none'" in CONTENT_POLICY


def test_another_sites_page_may_not_read_the_data(client):
    answer = client.get("/v1/snapshots", headers={"Origin": "https://example.org"})

    assert "access-control-allow-origin" not in answer.headers


def test_what_is_not_a_request_passes_untouched():
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(SecurityHeaders(inner)({"type": "lifespan"}, None, None))

    assert seen == ["lifespan"]


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("maps", False)]
)
def test_only_addresses_of_this_machine_are_local(host, local):
    assert is_loopback(host) is local


@pytest.fixture
def closed_store(tmp_path):
    """A store whose snapshot rests on data that may not be passed on, not even in derived form."""
    manifest = small_world.manifest("Closed", synthetic=True)
    manifest["inputs"][0]["licence"] = {**manifest["inputs"][0]["licence"], "derived": False}
    Shelf(tmp_path).publish(small_world.tables(), manifest, {})
    return tmp_path


PATHS = ("/v1/scores", "/v1/snapshots/latest", "/v1/snapshots/latest/tiles/risk/2024-03/0/0/0.mvt", "/v1/indicators")


@pytest.mark.parametrize("path", PATHS)
def test_what_a_licence_keeps_here_is_not_served_to_others(path, closed_store):
    client = TestClient(create_app(Settings(store=closed_store, host="0.0.0.0")))
    answer = client.get(path)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ACLED-terms (acled: acled.csv)" in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_on_this_machine_it_can_be_looked_at(path, closed_store):
    assert TestClient(create_app(Settings(store=closed_store))).get(path).status_code in (200, 204)


def test_answers_carry_the_credits_and_the_way_to_the_licences(client, snapshot):
    answer = client.get("/v1/scores")
    assert answer.json()["credits"] == ["ACLED"]
    assert answer.headers["link"] == f'</v1/snapshots/{snapshot.id}>; rel="license"'
