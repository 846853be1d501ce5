"""Areas on the ellipsoid: closed forms, chords of another library, and sums that do not depend on where a ring is cut."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.grid.outlines import Rings
from riskmap.grid.plane import to_plane

EARTH_M2 = 510_065_621_724_078.94


def area(*corners: tuple[float, float]) -> float:
    return float(Rings(np.array(corners, float), np.array([0, len(corners)])).areas_m2[0])


def box(west: float, south: float, east: float, north: float) -> float:
    return area((west, south), (east, south), (east, north), (west, north))


@pytest.mark.parametrize("high", [0.5, 3.0, 20.0, 39.0, 41.0, 75.0, 150.0])
def test_boxes_have_the_area_of_the_closed_form(high) -> None:
    for south in np.linspace(-89.9, 89.9 - high, 7):
        x, y = to_plane(np.array([10.0, 60.0]), np.array([south, south + high]))
        rounding = (x[1] - x[0]) * np.spacing(np.abs(y)).max()
        assert box(10.0, south, 60.0, south + high) == pytest.approx(
            (x[1] - x[0]) * (y[1] - y[0]), rel=1e-12, abs=rounding
        )


def test_the_world_is_whole() -> None:
    assert box(-180, -90, 180, 90) == pytest.approx(EARTH_M2, rel=1e-13)
    assert box(-180, -90, 180, 0) == pytest.approx(EARTH_M2 / 2, rel=1e-13)


@pytest.mark.parametrize("size", [0.01, 1.0, 30.0, 70.0])
def test_slanted_edges_are_those_of_very_short_chords(size) -> None:
    triangle = np.array([(5.0, 10.0), (5.0 + size, 10.0 + size / 10), (5.0 + size / 3, 10.0 + size)])
    chords = shapely.get_coordinates(shapely.segmentize(shapely.Polygon(triangle), size / 30_000))
    flat = shapely.Polygon(np.stack(to_plane(*chords.T), axis=1))
    assert area(*triangle) == pytest.approx(flat.area, rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.floats(-170, 150), st.floats(-80, 60), st.floats(1e-5, 25), st.floats(1e-5, 25), st.floats(0.1, 0.9))
def test_a_ring_is_the_sum_of_its_parts(west, south, wide, high, cut) -> None:
    """Cut along its diagonal and then along a line from a corner to a point of that diagonal, however small it is."""
    east, north = west + wide, south + high
    x, y = west + cut * (east - west), south + cut * (north - south)
    parts = (
        area((west, south), (east, south), (x, y)),
        area((east, south), (east, north), (x, y)),
        area((west, south), (x, y), (east, north), (west, north)),
    )
    assert sum(parts) == pytest.approx(box(west, south, east, north), rel=1e-9 if min(wide, high) < 1e-3 else 1e-11)


def test_a_ring_run_the_other_way_counts_below_zero_and_an_empty_one_nothing() -> None:
    assert area((0, 0), (0, 1), (1, 1), (1, 0)) == pytest.approx(-box(0, 0, 1, 1), rel=1e-14)
    assert Rings(np.empty((0, 2)), np.array([0, 0])).areas_m2.tolist() == [0.0]


def test_rings_of_many_corners_are_measured_beside_small_ones() -> None:
    turn = np.linspace(0, 2 * np.pi, 5_000, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    areas = Rings(np.concatenate([square, circle, square]), np.array([0, 4, 5_004, 5_008])).areas_m2
    assert areas[0] == areas[2]
    assert areas[1] / areas[0] == pytest.approx(np.pi, rel=1e-3)
