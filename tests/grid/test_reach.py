"""Kernels in space: against every pair of point and cell, and against a ball tree of great circles."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.neighbors import BallTree

from riskmap.grid import reach
from riskmap.grid.cells import Grid, cells_from_text, grid_over
from riskmap.grid.reach import EARTH_KM, Sources, convolve, reach_km, tallied
from riskmap.model.kernel import Kernel

SHAPES = {
    "exponential": lambda km, length: np.exp(-km / length),
    "gaussian": lambda km, length: np.exp(-(km**2) / (2 * length**2)),
    "quartic": lambda km, length: (1 - (km / length) ** 2) ** 2,
    "footprint": lambda km, length: np.exp(-(km**2) / (2 * length**2)),
}
KERNEL = Kernel("exponential", 25.0, 90)
BOX = shapely.box(-24.0, -29.0, -22.5, -28.0)
FEW = settings(max_examples=30, deadline=None)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return grid_over(BOX, 5)


def sources(lon, lat, amounts) -> Sources:
    return Sources(np.array(lon, float), np.array(lat, float), sparse.csr_matrix(np.array(amounts, float)))


def great_circle_km(lon, lat, grid: Grid) -> np.ndarray:
    a, b = np.radians([lon, lat])
    c, d = np.radians(grid.lon), np.radians(grid.lat)
    h = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0)))


def weights(lon, lat, grid: Grid, kernel: Kernel) -> np.ndarray:
    """Of every point on every cell, shape (points, cells)."""
    km = np.stack([great_circle_km(x, y, grid) for x, y in zip(lon, lat, strict=True)])
    inside = np.minimum(km, reach_km(kernel))
    return np.where(km <= reach_km(kernel), SHAPES[kernel.shape](inside, kernel.length_km), 0.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("length", [25.0, 600.0, 2_000.0, 30_000.0])
def test_weights_are_those_of_a_loop_over_all_pairs(grid, shape, length) -> None:
    """A point on the grid, one beside it, one on another continent, and one on the other side of the Earth."""
    lon, lat, kernel = [-23.2, -24.5, 10.0, 156.5], [-28.4, -28.9, 50.0, 28.6], Kernel(shape, length, 90)
    found = convolve(sources(lon, lat, np.eye(4)), grid, kernel)
    assert found == pytest.approx(weights(lon, lat, grid, kernel), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("resolution", [0, 1, 3])
def test_a_grid_over_the_poles_and_the_antimeridian_is_one_like_any_other(resolution) -> None:
    texts = {
        0: ["8001fffffffffff", "80f3fffffffffff", "807ffffffffffff"],
        1: ["81033ffffffffff"],
        3: ["837eb5fffffffff"],
    }
    grid = Grid(np.sort(cells_from_text(texts[resolution])), resolution)
    kernel = Kernel("gaussian", 900.0, 90)
    lon, lat = [180.0, -180.0, -179.9, 15.0, 0.0], [0.5, 0.5, -2.0, 89.9, -90.0]
    found = convolve(sources(lon, lat, np.eye(5)), grid, kernel)
    assert found == pytest.approx(weights(lon, lat, grid, kernel), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("kernel", [KERNEL, Kernel("gaussian", 25.0, 90), Kernel("quartic", 60.0, 90)])
def test_sums_are_those_of_a_ball_tree(kernel) -> None:
    grid, chance = grid_over(shapely.box(-24.0, -29.0, -22.0, -27.0), 6), np.random.default_rng(5)
    lon, lat, amount = chance.uniform(-25, -21, 900), chance.uniform(-30, -26, 900), chance.exponential(size=900)
    tree = BallTree(np.radians(np.stack([grid.lat, grid.lon], axis=1)), metric="haversine")
    near, away = tree.query_radius(
        np.radians(np.stack([lat, lon], axis=1)), reach_km(kernel) / EARTH_KM, return_distance=True
    )
    expected = np.zeros(len(grid))
    for point, (cells, angle) in enumerate(zip(near, away, strict=True)):
        expected[cells] += amount[point] * SHAPES[kernel.shape](angle * EARTH_KM, kernel.length_km)
    assert convolve(sources(lon, lat, amount[:, None]), grid, kernel)[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_point_on_a_centre_has_the_whole_weight(seven, centre) -> None:
    found = convolve(sources(seven.lon[[centre]], seven.lat[[centre]], [[1.0]]), seven, KERNEL)[0]
    assert found[centre] == 1
    assert found.argmax() == centre


def test_the_strongest_is_the_largest_product_and_never_below_zero(grid) -> None:
    lon, lat, kernel = [-23.2, -23.2, -23.0, -23.4], [-28.4, -28.4, -28.5, -28.4], Kernel("footprint", 25.0, 60)
    amounts = np.array([[1.0, 0.0], [3.0, 0.0], [2.0, -1.0], [0.0, 0.0]])
    found = convolve(sources(lon, lat, amounts), grid, kernel, strongest=True)
    expected = (amounts[:, :, None] * weights(lon, lat, grid, kernel)[:, None, :]).max(axis=0)
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    assert found[1].tolist() == [0.0] * len(grid)


def test_what_has_no_amount_no_place_or_no_cell_is_felt_nowhere(grid) -> None:
    assert convolve(sources([], [], np.empty((0, 2))), grid, KERNEL).tolist() == np.zeros((2, len(grid))).tolist()
    lost = sources([-23.2, 500.0, np.nan], [-28.4, 0.0, 0.0], [[0.0], [1.0], [1.0]])
    assert not convolve(lost, grid, KERNEL).any()
    empty = Grid(np.empty(0, np.uint64), 5)
    assert convolve(sources([-23.2], [-28.4], [[1.0]]), empty, KERNEL).shape == (1, 0)


POINTS = st.lists(
    st.tuples(
        st.sampled_from([-23.2, -23.21, -24.4, -22.0]) | st.floats(-25, -21),
        st.sampled_from([-28.4, -28.41]) | st.floats(-30, -27),
        st.integers(0, 2),
        st.floats(-100, 1e6),
    ),
    min_size=1,
    max_size=25,
)


def felt(points, grid: Grid, **more) -> np.ndarray:
    lon, lat, column, amount = (np.array(row) for row in zip(*points, strict=True))
    rows = np.arange(len(points))
    return convolve(Sources(lon, lat, tallied(rows, column, amount, (len(points), 3))), grid, KERNEL, **more)


@FEW
@given(points=POINTS, random=st.randoms(), strongest=st.booleans())
def test_the_order_of_points_changes_no_byte(grid, points, random, strongest) -> None:
    shuffled = list(points)
    random.shuffle(shuffled)
    ours, again = (felt(one, grid, strongest=strongest) for one in (points, shuffled))
    assert ours.tobytes() == again.tobytes()


@FEW
@given(points=POINTS, cuts=st.lists(st.integers(0, 60), max_size=4), threads=st.integers(1, 3))
def test_neither_threads_nor_the_cut_of_a_grid_change_a_byte(grid, points, cuts, threads) -> None:
    whole = felt(points, grid, threads=1)
    edges = sorted({0, len(grid), *(cut for cut in cuts if cut < len(grid))})
    parts = [Grid(grid.cells[low:high], 5) for low, high in pairwise(edges)]
    assert np.hstack([felt(points, part, threads=threads) for part in parts]).tobytes() == whole.tobytes()


@FEW
@given(points=POINTS)
def test_what_is_felt_of_two_halves_adds_up_to_the_whole(grid, points) -> None:
    halves = [felt(half, grid) for half in (points[::2], points[1::2]) if half]
    assert felt(points, grid) == pytest.approx(np.sum(halves, axis=0), rel=1e-9, abs=1e-6)


def test_many_tasks_give_what_one_gives(grid, monkeypatch) -> None:
    points = [(-23.2, -28.4, 0, 2.0), (-23.9, -28.9, 2, 1.0)]
    whole = felt(points, grid)
    monkeypatch.setattr(reach, "_TILES_A_TASK", 1)
    assert felt(points, grid).tobytes() == whole.tobytes()


@pytest.mark.parametrize("shape", ["exponential", "gaussian", "quartic"])
@pytest.mark.parametrize("length", [25.0, 5_000.0])
def test_the_pass_gives_the_same_uncompiled(seven, monkeypatch, shape, length) -> None:
    lon, lat = np.append(np.linspace(-24.6, -22.0, 14), 30.0), np.append(np.linspace(-28.9, -27.6, 14), 10.0)
    near = sources(lon, lat, np.arange(2.0 * len(lon)).reshape(-1, 2))
    kernel = Kernel(shape, length, 90)
    compiled = [convolve(near, seven, kernel, strongest=strongest) for strongest in (False, True)]
    for name in ("_feel_tiles", "_gap", "_measure", "_weigh", "_decayed", "_put"):
        monkeypatch.setattr(reach, name, getattr(reach, name).py_func)
    plain = [convolve(near, seven, kernel, strongest=strongest) for strongest in (False, True)]
    assert [one.tobytes() for one in plain] == [one.tobytes() for one in compiled]


ENTRIES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(-1e9, 1e9)), max_size=20)


@settings(deadline=None)
@given(entries=ENTRIES, random=st.randoms(), strongest=st.booleans())
def test_entries_are_tallied_alike_in_any_order(entries, random, strongest) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)
    ours, again = (
        tallied(
            np.array([entry[0] for entry in one], np.int64),
            np.array([entry[1] for entry in one], np.int64),
            np.array([entry[2] for entry in one], float),
            (4, 3),
            strongest=strongest,
        ).toarray()
        for one in (entries, shuffled)
    )
    assert ours.tobytes() == again.tobytes()
    for row, column in np.ndindex(4, 3):
        amounts = [amount for r, c, amount in entries if (r, c) == (row, column) and amount]
        expected = (max(amounts) if strongest else sum(amounts)) if amounts else 0.0
        assert ours[row, column] == pytest.approx(expected, rel=1e-9, abs=1e-5)


def test_a_part_of_a_grid_needs_the_records_within_reach_of_it() -> None:
    assert [reach_km(replace(KERNEL, shape=shape)) for shape in SHAPES] == [100, 75, 25, 75]
