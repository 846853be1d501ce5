"""Delta map: one page, drawn from what it compares."""

import re

import numpy as np
import pytest

from riskmap.errors import LicenceForbids
from riskmap.publish.compare import compare
from riskmap.publish.delta_map import COLOURS, STEPS, delta_page, delta_svg, write_delta_map


@pytest.fixture(scope="module")
def cells(disk):
    return sorted(disk(2.5, 45.2, 6, 1))


@pytest.fixture(scope="module")
def found(make_snapshot, cells):
    earlier = np.array([[5, 5, 5, 5, 5, 5, np.nan]])
    return compare(
        make_snapshot(cells, earlier), make_snapshot(cells, earlier + np.array([-2, -0.6, -0.2, 0, 0.3, 3, 1]))
    )


def rings(svg, fill):
    path = re.search(rf'<path d="([^"]*)" fill="{re.escape(fill)}"', svg)
    return [] if path is None else path[1].strip("z").split("z")


def test_each_cell_is_drawn_once_in_the_colour_of_its_move(found) -> None:
    svg = delta_svg(found)
    assert [len(rings(svg, colour)) for colour in COLOURS] == [1, 1, 1, 1, 1, 0, 1]
    assert len(rings(svg, "url(#unknown)")) == 1
    assert len(STEPS) + 1 == len(COLOURS)


def test_outlines_fit_the_frame(found) -> None:
    svg = delta_svg(found)
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    numbers = [float(one) for fill in COLOURS for ring in rings(svg, fill) for one in re.findall(r"[\d.]+", ring)]
    assert max(width, height) == 2000
    assert min(numbers) >= 0
    assert max(numbers) <= 2000
    assert all(ring.count("L") == 5 for fill in COLOURS for ring in rings(svg, fill))
    assert "Westland</text>" in svg


def test_the_page_tells_what_changed(found) -> None:
    text = delta_page(found)
    assert "not where it happens" in text
    assert "Synthetic: an invented place" in text
    assert "cannot be compared (1 cells)" in text
    assert "The same files, byte for byte." in text
    assert "The same recipe, line for line." in text
    assert "National &lt;survey&gt;" in text
    assert not re.search(r'(?:src|href)="(?!#)', text)


def test_a_page_of_two_equals_says_that_nothing_moved(found) -> None:
    assert "No cell moved." in delta_page(compare(found.before, found.before))


def test_it_names_files_lines_and_moved_indicators(invented, island) -> None:
    other = invented(recipe={"goalposts = [0, 20]": "goalposts = [0, 10]"})
    text = delta_page(compare(island, other))
    assert "indicators.conflict_exposure.goalposts" in text.replace("<wbr>", "")
    assert "Conflict exposure" in text
    assert "mean move by the recipe" in text


def test_it_is_written_only_where_it_may_leave(found, make_snapshot, cells, tmp_path) -> None:
    path = write_delta_map(found, tmp_path / "delta.html")
    assert path.read_text() == delta_page(found)

    def close(manifest):
        manifest["inputs"][0]["licence"]["derived"] = False

    closed = make_snapshot(cells, change=close)
    with pytest.raises(LicenceForbids):
        write_delta_map(compare(closed, found.after, "2024-01"), tmp_path / "closed.html")
    assert not (tmp_path / "closed.html").exists()
