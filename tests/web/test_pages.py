"""Pages that stand alone, in a real browser: they ask for nothing, complain of nothing and fit a telephone."""

from pathlib import Path

import pytest

import riskmap
from riskmap.publish.audit import Audit, Effort
from riskmap.publish.audit_page import write_audit
from riskmap.publish.compare import compare
from riskmap.publish.delta_map import write_delta_map


@pytest.fixture(scope="module")
def pages(tmp_path_factory, root: Path, sample_data: Path) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    snapshot = riskmap.build(riskmap.load_case(root / "data" / "cases" / "sample.toml", 4), sample_data, folder / "s")
    return {
        "audit": write_audit(Audit(snapshot, Effort(rows=8, cells=25)), folder / "audit.html"),
        "delta": write_delta_map(compare(snapshot, snapshot), folder / "delta.html"),
    }


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ["audit", "delta"])
def test_a_page_asks_for_nothing_and_fits_its_window(browser, pages, name: str, width: int) -> None:
    asked, complaints = [], []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(pages[name].as_uri())
    assert asked == [pages[name].as_uri()]
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").is_visible()
    page.close()
