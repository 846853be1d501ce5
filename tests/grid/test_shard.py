"""Shards: parts of a grid that together are all of it, each with every place and point that can reach it."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.grid import shard as room
from riskmap.grid.cells import EARTH_KM, Grid, grid_over, parents, unit_vectors
from riskmap.grid.shard import Shard, cut
from riskmap.model.cube import Support

FEW = settings(max_examples=50, deadline=None)


@pytest.fixture(scope="module")
def grid() -> Grid:
    """About 24,000 cells in the open ocean: more than one shard holds."""
    return grid_over(shapely.box(-30.0, -31.0, -20.0, -23.0), 6)


def test_a_small_grid_is_one_shard(grid) -> None:
    assert cut(Grid(grid.cells[:9], 6)).shards == (Shard(0, 9),)


def test_shards_are_the_cells_of_one_parent_each_and_together_all(grid) -> None:
    parts = cut(grid).shards
    assert len(grid) > room.WHOLE
    assert len(parts) > 1
    assert [part.first for part in parts[1:]] == [part.after for part in parts[:-1]]
    assert (parts[0].first, parts[-1].after) == (0, len(grid))
    above = parents(grid.cells, grid.resolution - room.LEVELS)
    assert [len(set(above[part.cells])) for part in parts] == [1] * len(parts)
    assert len(set(above)) == len(parts)


def test_no_shard_has_more_cells_than_a_parent_has_children(grid) -> None:
    assert max(map(len, cut(grid).shards)) <= 7**room.LEVELS


def test_a_grid_of_the_coarsest_cells_is_cut_by_base_cells() -> None:
    coarse = grid_over(shapely.box(-30.0, -31.0, -20.0, -24.0), 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "WHOLE", 10)
        parts = cut(coarse).shards
    assert len(parts) == len(set(parents(coarse.cells, 0)))


@FEW
@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=20), st.floats(1, 2000))
def test_a_ball_misses_no_point_within_reach(grid, points, reach_km) -> None:
    part = Grid(grid.cells[:200], grid.resolution)
    lon, lat = (np.array(column) for column in zip(*points, strict=True))
    cosine = np.clip(unit_vectors(part.lon, part.lat).T @ unit_vectors(lon, lat), -1, 1)
    near = (np.arccos(cosine) * EARTH_KM).min(axis=0) <= reach_km - 1e-3
    assert not (near & ~cut(part).balls[0].grown(reach_km).holds(unit_vectors(lon, lat))).any()


def test_cells_near_a_shard_are_found_beyond_its_border(grid) -> None:
    whole = cut(grid)
    ball = whole.balls[0].grown(30.0)
    near = whole.near(ball)
    assert near.tolist() == np.flatnonzero(ball.holds(unit_vectors(grid.lon, grid.lat))).tolist()
    assert len(whole.shards[0]) < len(near) < len(grid)


def test_the_finest_support_of_nothing_is_that_of_a_cell() -> None:
    assert room.finest(np.array([Support.NONE], np.int8)) == Support.CELL
    assert room.finest(np.array([Support.NONE, Support.ADM1, Support.ADM2], np.int8)) == Support.ADM2
