"""What the map's tests share: the built map over the small world, and a real headless browser that looks at it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))

import small_world
from serving import served

from riskmap_api.app import STATIC

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WAIT_MS = 30_000


@dataclass
class Visit:
    """One open page of the map, with what it asked for and what it complained about."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, fragment: str = "") -> None:
        """Loads the map and waits until it is drawn."""
        self.page.goto(f"{self.address}/{fragment}")
        self.drawn()

    def drawn(self) -> None:
        """Waits until the map shows what was asked for."""
        self.page.wait_for_selector("#map[aria-busy=false]", timeout=_WAIT_MS)

    def click_middle(self) -> None:
        """Clicks on the middle of the map."""
        self.page.locator("#map").click()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real service with the built map over the small world."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the map is not built; run `npm ci && npm run build` in api/web")
    store = tmp_path_factory.mktemp("map") / "store"
    small_world.publish(store)
    with served(store) as where:
        yield where


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window; drawing in software."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture(params=[(1280, 800)], ids=["desk"])
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Visit]:
    """A fresh page; its requests and complaints are written down."""
    width, height = request.param
    page = browser.new_page(viewport={"width": width, "height": height})
    made = Visit(page, address)
    page.on("request", lambda asked: made.requests.append(asked.url))
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on("console", lambda said: made.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    yield made
    page.close()
