"""Coverage: the kept matrix is the scan itself, and adds up to the area of the cells."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.grid.cells import grid_over
from riskmap.grid.coverage import coverage_of, sums_of, worth
from riskmap.grid.mesh import Mesh, outlines_on
from riskmap.grid.scan import Paths, Window, list_shares

AREA = shapely.box(-24.0, -29.0, -23.0, -28.0)


def mesh(size: int, west: float = -24.0, span: float = 1.0) -> Mesh:
    return Mesh("", True, (west, -28.0), (span / size, -1 / size), (size, size))


@pytest.fixture(scope="module")
def grid():
    return grid_over(AREA, 5)


def windows(pixels: np.ndarray, rows: int) -> list[Window]:
    """The pixels, shape (bands, rows, columns), so many rows at a time; every row has a weight of its own."""
    weight, pixels = np.linspace(1, 2, pixels.shape[1]), np.moveaxis(pixels, 0, 2)
    return [
        Window(pixels[first : first + rows].copy(), first, weight[first : first + rows])
        for first in range(0, len(pixels), rows)
    ]


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 40), rows=st.integers(1, 40), seed=st.integers(0, 99))
def test_the_matrix_gives_what_the_scan_gives_to_the_last_bit(grid, size, rows, seed) -> None:
    outlines = outlines_on(mesh(size), grid)
    pixels = np.random.default_rng(seed).normal(size=(3, size, size))
    pixels[pixels < -1] = np.nan
    kept = sums_of(coverage_of(mesh(size), outlines), windows(pixels, rows), 3)
    assert np.array_equal(kept, sums_of(outlines, windows(pixels, size), 3))


def test_every_pixel_is_shared_out_whole(grid) -> None:
    outlines = outlines_on(mesh(30), grid)
    shares = coverage_of(mesh(30), outlines).shares
    assert np.asarray(shares.sum(axis=0)).ravel() == pytest.approx(np.ones(900), abs=1e-12)
    inside = np.asarray(shares.sum(axis=1)).ravel()
    whole = (inside > 0) & (np.abs(grid.lon + 23.5) < 0.3) & (np.abs(grid.lat + 28.5) < 0.3)
    assert inside[whole] == pytest.approx(outlines.pixels[whole], rel=1e-11)
    assert shares.indices.dtype == np.int32
    assert shares.has_sorted_indices


def test_a_plain_matrix_product_says_the_same(grid) -> None:
    outlines, pixels = outlines_on(mesh(25), grid), np.random.default_rng(1).random((1, 25, 25))
    cover = coverage_of(mesh(25), outlines)
    weight = np.linspace(1, 2, 25)
    plain = cover.shares @ (pixels[0] * weight[:, None]).ravel()
    assert cover.sums(windows(pixels, 4), 1)[:, 0, 0] == pytest.approx(plain, rel=1e-12)


def test_a_cell_that_lies_on_both_edges_of_the_world_has_both_in_one_row() -> None:
    both = shapely.union_all([shapely.box(179, -29, 180, -28), shapely.box(-180, -29, -179, -28)])
    grid, world = grid_over(both, 4), mesh(36, -180, 360)
    outlines = outlines_on(world, grid)
    assert len(outlines.owner) > len(grid)
    pixels = np.random.default_rng(1).random((1, 36, 36))
    cover = coverage_of(world, outlines)
    assert cover.sums(windows(pixels, 36), 1) == pytest.approx(sums_of(outlines, windows(pixels, 36), 1), rel=1e-12)


def test_a_matrix_that_is_not_worth_its_room_is_known_beforehand(grid) -> None:
    """Too large in all, or for each cell so large that a scan is as fast."""
    outlines = outlines_on(mesh(30), grid)
    entries = coverage_of(mesh(30), outlines).shares.nnz
    assert worth(mesh(30), outlines)
    assert not worth(mesh(30), outlines, entries - 1)
    assert not worth(mesh(90), outlines_on(mesh(90), grid))
    assert worth(mesh(60, 20.0), outlines_on(mesh(60, 20.0), grid), 0)


@pytest.mark.parametrize("listed", [list_shares, list_shares.py_func], ids=["compiled", "plain"])
def test_a_sliver_is_no_share(listed) -> None:
    """A square that reaches over the edge of a pixel by less than coordinates can tell."""
    square = np.array([[1 - 1e-14, 0.0], [1 - 1e-14, 2.0], [2.5, 2.0], [2.5, 0.0]])
    count, pixel, share = listed(Paths(square, np.array([0, 4]), np.ones(1)), (2, 4), np.array([0]))
    assert count.tolist() == [4]
    assert pixel.tolist() == [1, 2, 5, 6]
    assert share == pytest.approx([1, 0.5, 1, 0.5], abs=1e-12)
