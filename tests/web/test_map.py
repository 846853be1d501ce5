"""The map in a real browser: drawn from this service alone, honest about what is not known."""

from __future__ import annotations

import httpx2
import numpy as np
import pytest
import small_world
from rasterio.io import MemoryFile

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]

PHONE = pytest.mark.parametrize("visit", [(1280, 800), (390, 844)], ids=["desk", "phone"], indirect=True)


def at(status: int, **more: str) -> str:
    """Address part that puts a cell of that status into the middle, large."""
    row = small_world.row_with(status)
    view = f"11/{small_world.LAT[row]:.4f}/{small_world.LON[row]:.4f}"
    return "#" + "&".join(f"{name}={value}" for name, value in {"view": view, **more}.items())


def shown(score: float) -> str:
    """A score as the page writes it: cut to one decimal, not rounded."""
    return f"{np.floor(score * 10 + 1e-6) / 10:.1f}"


def colours_in_middle(visit, reach: int = 20) -> set[tuple[int, int, int]]:
    """Colours of a small square in the middle of the map, the names over it put away."""
    visit.page.wait_for_selector(".region-name", state="attached")
    visit.page.evaluate("for (const name of document.querySelectorAll('.region-name')) name.hidden = true")
    box = visit.page.locator("#map").bounding_box()
    middle = {"x": box["x"] + box["width"] / 2 - reach, "y": box["y"] + box["height"] / 2 - reach}
    shot = visit.page.screenshot(clip={**middle, "width": 2 * reach, "height": 2 * reach})
    with MemoryFile(shot) as file, file.open() as image:
        pixels = image.read([1, 2, 3]).reshape(3, -1).T
    return {tuple(int(part) for part in colour) for colour in np.unique(pixels, axis=0)}


def ramp(visit) -> list[tuple[int, int, int]]:
    """Class colours, lowest first, as the service tells them."""
    told = httpx2.get(f"{visit.address}/v1/legend").json()["classes"]
    return [tuple(bytes.fromhex(step["colour"].removeprefix("#"))) for step in told]


def scores_by_api(visit, row: int, period: str) -> dict[str, object]:
    return httpx2.get(f"{visit.address}/v1/cells/{small_world.CELLS[row]}?period={period}").json()


@PHONE
def test_the_page_asks_nothing_of_any_other_host_and_does_not_complain(visit):
    visit.open()

    outside = [url for url in visit.requests if not url.startswith((visit.address, "data:", "blob:"))]
    assert outside == []
    assert visit.complaints == []
    assert any(".mvt" in url for url in visit.requests)


@PHONE
def test_what_must_always_be_said_is_on_the_screen(visit):
    visit.open()
    page = visit.page

    assert page.locator("#title").inner_text() == "Small world, 2024"
    assert "not where it happens" in page.locator("#said").inner_text()
    assert page.locator("#synthetic").is_visible()
    snapshot = httpx2.get(f"{visit.address}/health").json()["snapshot"]
    assert page.locator("#snapshot").inner_text() == snapshot
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_legend_tells_partial_insufficient_and_not_assessed_apart_from_classes(visit):
    visit.open()
    words = visit.page.locator("#legend").inner_text()

    for name in ("very low", "very high", "partial data", "insufficient data", "not assessed"):
        assert name in words


def test_a_scored_cell_has_the_colour_of_its_class(visit):
    visit.open(at(small_world.SCORED, period="2024-01"))

    row = small_world.row_with(small_world.SCORED)
    limits = [below for _, below in small_world.CLASSES if below is not None]
    expected = ramp(visit)[int(np.searchsorted(limits, small_world.value_of(0, row), side="right"))]
    assert colours_in_middle(visit) == {expected}


def test_a_cell_without_enough_data_is_hatched_and_never_coloured(visit):
    visit.open(at(small_world.INSUFFICIENT))
    found = colours_in_middle(visit)

    assert len(found) > 1
    assert not found & set(ramp(visit))
    assert all(max(colour) - min(colour) < 16 for colour in found), "the hatch is grey"


def test_a_partly_known_cell_has_its_colour_and_a_mark(visit):
    visit.open(at(small_world.PARTIAL, period="2024-01"))
    found = colours_in_middle(visit)

    assert len(found) > 1
    assert len(found & set(ramp(visit))) == 1


def test_the_slider_changes_the_period_from_the_keyboard(visit):
    visit.open(at(small_world.SCORED, period="2024-03"))
    before = colours_in_middle(visit)

    visit.page.locator("#period").press("ArrowLeft")
    visit.drawn()

    assert visit.page.locator("#period-label").inner_text() == "February 2024"
    assert "period=2024-02" in visit.page.url
    assert any("/risk/2024-02/" in url for url in visit.requests)
    assert colours_in_middle(visit) != before


@PHONE
def test_a_click_on_a_cell_tells_the_same_score_as_the_api(visit):
    visit.open(at(small_world.SCORED, period="2024-02"))
    visit.click_middle()
    visit.page.wait_for_selector("#panel h2")

    row = small_world.row_with(small_world.SCORED)
    told = scores_by_api(visit, row, "2024-02")
    panel = visit.page.locator("#panel").inner_text()
    assert visit.page.locator("#panel-score").inner_text() == shown(told["score"])
    assert f"low {shown(told['low'])}, high {shown(told['high'])}" in panel
    assert told["class"] in panel
    assert "Old Town, Westland" in panel
    assert "stand-in: beds in place of rooms" in panel
    assert "40 days old" in panel
    assert "no input of this snapshot gives it" in panel
    assert "CC-BY-4.0" in panel
    assert f"cell={small_world.CELLS[row]}" in visit.page.url


def test_the_panel_of_a_cell_without_enough_data_gives_no_number(visit):
    visit.open(at(small_world.INSUFFICIENT))
    visit.click_middle()
    visit.page.wait_for_selector("#panel h2")

    assert "Unknown is not safe" in visit.page.locator("#panel").inner_text()
    assert visit.page.locator("#panel-score").count() == 0


def test_enter_opens_the_cell_in_the_middle_without_a_mouse(visit):
    visit.open(at(small_world.SCORED))
    visit.page.locator("#map canvas").press("Enter")
    visit.page.wait_for_selector("#panel h2")

    assert f"cell={small_world.CELLS[small_world.row_with(small_world.SCORED)]}" in visit.page.url


def test_escape_closes_the_panel(visit):
    visit.open(at(small_world.SCORED))
    visit.click_middle()
    visit.page.wait_for_selector("#panel h2")

    visit.page.keyboard.press("Escape")

    visit.page.wait_for_selector("#panel", state="hidden")
    assert "cell=" not in visit.page.url


@pytest.mark.parametrize("layer", ["pressure", "homes", "crowding"])
def test_other_layers_are_drawn_from_their_own_tiles(visit, layer):
    visit.open(at(small_world.SCORED))
    visit.page.locator("#layer").select_option(layer)
    visit.drawn()

    assert any(f"/tiles/{layer}/" in url for url in visit.requests)
    assert colours_in_middle(visit) <= set(ramp(visit))
    assert f"layer={layer}" in visit.page.url


def test_an_unfed_indicator_cannot_be_chosen(visit):
    visit.open()

    assert visit.page.locator(f"#layer option[value={small_world.UNFED}]").is_disabled()


def test_the_address_brings_back_what_was_looked_at(visit):
    row = small_world.row_with(small_world.SCORED)
    visit.open(at(small_world.SCORED, period="2024-01", layer="homes", cell=small_world.CELLS[row]))
    visit.page.wait_for_selector("#panel h2")

    assert visit.page.locator("#layer").input_value() == "homes"
    assert visit.page.locator("#period-label").inner_text() == "January 2024"


def test_controls_have_names_and_a_refusal_is_told(visit):
    visit.open("#cell=8067fffffffffff")
    page = visit.page

    for name in ("Layer", "Period", "Earlier period", "Later period"):
        assert page.get_by_label(name, exact=False).count() >= 1
    page.wait_for_selector("#message", state="visible")
    assert "8067fffffffffff" in page.locator("#message").inner_text()


def test_regions_are_named_and_bordered(visit) -> None:
    """Names come from the snapshot itself; nothing is asked of the outside world for them."""
    visit.open()
    names = visit.page.locator(".region-name")
    names.first.wait_for(state="attached")
    told = httpx2.get(f"{visit.address}/v1/areas").json()["features"]
    assert names.all_inner_texts() == [one["properties"]["name"] for one in told if one["properties"]["level"] == 1]
