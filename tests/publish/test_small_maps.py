"""Small maps: a raster of cells, and its runs of one colour."""

import re

import numpy as np
import pytest

from riskmap.publish.outlines import Rings, rings_of
from riskmap.publish.small_maps import PIXELS, raster_of, small_map


def squares(*places):
    """Rings of squares ten units wide, by their north-west corners."""
    x, y = np.array(places, np.int32).T
    spare = np.zeros((len(places), 2), np.int32)
    across = np.stack([x, x + 10, x + 10, x], axis=1)
    down = np.stack([y, y, y + 10, y + 10], axis=1)
    return Rings(np.hstack([across, spare]), np.hstack([down, spare]), np.full(len(places), 4, np.int8))


def drawn(svg, stroke):
    """Pixels of a colour, as (row, column)."""
    path = re.search(rf'<path d="([^"]*)" stroke="{re.escape(stroke)}"', svg)
    found, x, y = set(), 0, 0
    for sign, right, below, length in re.findall(r"([Mm])(-?\d+) (-?\d+)(?:\.5)?h(\d+)", path[1] if path else ""):
        x, y = (int(right), int(below)) if sign == "M" else (x + int(right), y + int(below))
        found |= {(y, column) for column in range(x, x + int(length))}
        x += int(length)
    return found


def test_each_pixel_shows_the_cell_that_it_lies_in() -> None:
    raster = raster_of(squares((0, 0), (10, 0), (30, 10)), 8)
    assert raster.tolist() == [
        [0, 0, 1, 1, -1, -1, -1, -1],
        [0, 0, 1, 1, -1, -1, -1, -1],
        [-1, -1, -1, -1, -1, -1, 2, 2],
        [-1, -1, -1, -1, -1, -1, 2, 2],
    ]


def test_a_world_of_one_cell_is_filled_by_it() -> None:
    assert raster_of(squares((5, 5)), 4).tolist() == [[0] * 4] * 4


def test_cells_smaller_than_a_pixel_leave_no_gap() -> None:
    raster = raster_of(squares(*((column * 10, row * 10) for row in range(20) for column in range(20))), 5)
    assert raster.shape == (5, 5)
    assert (raster >= 0).all()


def test_runs_of_each_colour_cover_its_pixels_once() -> None:
    raster = np.array([[0, 0, 1, -1], [2, 0, 0, 0], [3, 3, 3, 3]])
    svg = small_map(raster, np.array([0, 1, 0, 2]), ("#111", "#222", None), "A & B")
    assert drawn(svg, "#111") == {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (1, 3)}
    assert drawn(svg, "#222") == {(0, 2)}
    assert drawn(svg, "url(#lost)") == {(2, column) for column in range(4)}
    assert 'viewBox="0 0 4 3"' in svg
    assert 'aria-label="A &amp; B"' in svg
    assert svg.count('<path d="M0 0.5h2m-2 1h4"') == 1


def test_colours_that_no_cell_has_are_not_drawn() -> None:
    assert small_map(np.array([[0]]), np.array([1]), ("#111", "#222"), "one").count('stroke="#111"') == 0


@pytest.mark.parametrize("seed", range(3))
def test_codes_come_back_from_the_picture(small, seed) -> None:
    raster = raster_of(rings_of(small))
    codes = np.random.default_rng(seed).integers(0, 3, len(small.cells))
    strokes = ("#111", "#222", "#333")
    svg = small_map(raster, codes, strokes, "random")
    for code, stroke in enumerate(strokes):
        assert drawn(svg, stroke) == {tuple(at) for at in np.argwhere((raster >= 0) & (codes[raster] == code)).tolist()}
    assert max(raster.shape) == PIXELS
    assert set(np.unique(raster)) == {-1, *range(len(small.cells))}


def test_the_worst_map_stays_small() -> None:
    """Six maps on which no two neighbours look alike leave the rest of a page room below a megabyte."""
    raster = np.arange(PIXELS**2).reshape(PIXELS, PIXELS)
    codes = np.random.default_rng(4).integers(0, 9, PIXELS**2)
    assert 6 * len(small_map(raster, codes, ["#b2182b"] * 9, "noise")) < 800_000
