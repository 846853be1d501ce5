"""Spreading: every area's value is on its cells, by people, to the last one."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from riskmap.grid.spread import Ground
from riskmap.model.area import Area


def test_a_region_is_spread_by_its_people(ground, seven, centre) -> None:
    """West has its own cells whole (10 people each) and half of those on the meridian (30 each, the centre's among them)."""
    shares, by_area = ground.shares(1)
    assert not by_area.any()
    west = shares.toarray()[0]
    overlap = ground.overlaps(1).km2.toarray()
    part = overlap[0] / overlap.sum(axis=0)
    expected = part * ground.people / (part * ground.people).sum()
    assert west == pytest.approx(expected, rel=1e-9)
    assert part[centre] == pytest.approx(0.5, abs=0.02)


def test_without_people_area_decides_and_is_told(ground, seven) -> None:
    shares, by_area = Ground(seven, ground.areas).shares(0)
    assert by_area.tolist() == [True]
    assert shares.toarray()[0] == pytest.approx(np.full(7, 1 / 7), rel=0.02)


def test_an_area_where_nobody_is_known_to_live_is_spread_by_area(ground, seven) -> None:
    people = np.where(ground.people > 20, 30.0, np.nan)
    _, by_area = Ground(seven, {0: ground.areas[0]}, people).shares(0)
    assert by_area.tolist() == [False]
    _, by_area = Ground(seven, {0: ground.areas[0]}, np.zeros(7)).shares(0)
    assert by_area.tolist() == [True]


def test_an_area_off_the_grid_has_no_cells(seven) -> None:
    far = {0: (Area("XFA", "Far", 0, shapely.box(10, 10, 11, 11)),)}
    assert Ground(seven, far, np.ones(7)).shares(0)[0].sum() == 0


@given(st.lists(st.floats(0, 1e6), min_size=7, max_size=7))
def test_rows_sum_to_one_whatever_the_people(ground, people) -> None:
    shares, _ = Ground(ground.grid, ground.areas, np.array(people), ground._kept).shares(1)
    assert np.asarray(shares.sum(axis=1)).ravel() == pytest.approx([1, 1], rel=1e-14)
