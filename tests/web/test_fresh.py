"""A map that is open notices what is published after it was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import small_world
from serving import served

from riskmap_api.app import STATIC

pytestmark = pytest.mark.browser

HALF_A_MINUTE = 31_000
_ASKED = "/v1/snapshots/latest"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the map is not built; run `npm ci && npm run build` in api/web")
    small_world.publish(tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def address(store: Path) -> Iterator[str]:
    """A service over a store in which the test publishes."""
    with served(store) as where:
        yield where


def test_an_open_map_offers_what_is_published_and_keeps_what_it_shows(visit, store: Path) -> None:
    page = visit.page
    page.clock.install()
    visit.open("#layer=homes&period=2024-01")
    first = page.locator("#snapshot").inner_text()
    with page.expect_response(lambda answer: answer.url.endswith(_ASKED)):
        page.clock.fast_forward(HALF_A_MINUTE)
    assert page.locator("#fresh").is_hidden()

    newer = small_world.publish(store, title="Small world, later")
    page.clock.fast_forward(HALF_A_MINUTE)
    page.wait_for_selector("#fresh:not([hidden])")
    assert "New data are published" in page.locator("#fresh").inner_text()
    assert page.locator("#snapshot").inner_text() == first != newer.id

    page.locator("#fresh button").click()
    page.wait_for_function("id => document.getElementById('snapshot').textContent === id", arg=newer.id)
    visit.drawn()
    assert page.locator("#fresh").is_hidden()
    assert page.locator("#title").inner_text() == "Small world, later"
    assert "layer=homes" in page.url
    assert "period=2024-01" in page.url
    assert visit.complaints == []


def test_a_service_that_does_not_answer_is_asked_again_and_nothing_is_offered(visit, store: Path) -> None:
    page = visit.page
    page.clock.install()
    visit.open()
    page.route(f"**{_ASKED}", lambda route: route.fulfill(status=503, body="{}"))
    with page.expect_response(lambda answer: answer.url.endswith(_ASKED)):
        page.clock.fast_forward(HALF_A_MINUTE)
    assert page.locator("#fresh").is_hidden()
    page.unroute(f"**{_ASKED}")
    small_world.publish(store, title="Small world, later")
    page.clock.fast_forward(HALF_A_MINUTE)
    page.wait_for_selector("#fresh:not([hidden])")
