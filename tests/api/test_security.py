"""Every answer carries the headers that keep a browser to this service."""

from __future__ import annotations

import asyncio

import pytest

from riskmap_api.security import CONTENT_POLICY, HEADERS, SecurityHeaders


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
