"""Which cells a tile shows, by bounding boxes, at the edges of the world too."""

import gc
import weakref

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.publish.outlines import BUFFER, EXTENT, WORLD, Place, outlines_of, rings_of

PLACES = st.integers(0, 12).flatmap(lambda z: st.tuples(st.just(z), st.integers(0, 2**z - 1), st.integers(0, 2**z - 1)))


@pytest.fixture(scope="module")
def globe(make_snapshot):
    """Every cell of resolution 2 but those over the poles, where web mercator ends."""
    cells = [cell for top in h3.get_res0_cells() for cell in h3.cell_to_children(top, 2)]
    away = [cell for cell in cells if max(abs(lat) for lat, _ in h3.cell_to_boundary(cell)) < 80]
    return make_snapshot([h3.str_to_int(cell) for cell in away], np.zeros((1, len(away))))


def shown(rings, row, world, place) -> bool:
    """Whether the box of a ring, moved so many worlds east, meets a tile and its buffer; in plain Python."""
    z, x, y = place
    width = WORLD / 2**z
    edge = width * BUFFER / EXTENT
    xs = [int(value) + world * WORLD for value in rings.x[row, : rings.vertices[row]]]
    ys = [int(value) for value in rings.y[row, : rings.vertices[row]]]
    across = min(xs) < (x + 1) * width + edge and max(xs) > x * width - edge
    return across and min(ys) < (y + 1) * width + edge and max(ys) > y * width - edge


@pytest.mark.parametrize(
    "place", [(0, 0, 0), (1, 0, 0), (1, 1, 1), (3, 0, 3), (3, 7, 4), (4, 9, 7), (6, 63, 20), (9, 256, 250)]
)
def test_a_tile_shows_just_the_cells_whose_boxes_meet_it(globe, place) -> None:
    rings, parts = rings_of(globe), outlines_of(globe).parts(Place(*place))
    expected = [
        (row, world) for row in range(len(globe.cells)) for world in (-1, 0, 1) if shown(rings, row, world, place)
    ]
    assert list(zip(parts.rows.tolist(), parts.worlds.tolist(), strict=True)) == expected


@settings(deadline=None)
@given(place=PLACES)
def test_rows_are_sorted_and_none_comes_twice_in_one_world(globe, place) -> None:
    parts = outlines_of(globe).parts(Place(*place))
    pairs = list(zip(parts.rows.tolist(), parts.worlds.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert parts.rows[parts.is_first].tolist() == sorted({row for row, _ in pairs})


def test_only_the_whole_world_shows_a_cell_at_both_its_edges(globe) -> None:
    twice = outlines_of(globe).parts(Place(0, 0, 0))
    assert not twice.is_first.all()
    for x in (0, 1):
        assert outlines_of(globe).parts(Place(1, x, 0)).is_first.all()


def test_a_tile_far_from_all_cells_shows_none(small) -> None:
    parts = outlines_of(small).parts(Place(8, 3, 3))
    assert len(parts.rows) == len(parts.worlds) == len(parts.is_first) == 0


def test_boxes_leave_out_the_padding_of_short_rings(make_snapshot, disk) -> None:
    """The store says how many vertices hold; what stands behind them is not looked at."""
    snapshot = make_snapshot(disk(0.5, 0.5, 6, 1))
    boxes = outlines_of(snapshot).boxes
    rings = rings_of(snapshot)
    assert np.array_equal(boxes[0], rings.x[:, :6].min(axis=1))
    assert np.array_equal(boxes[3], rings.y[:, :6].max(axis=1))


def test_outlines_are_worked_out_once_and_go_with_their_snapshot(make_snapshot, disk) -> None:
    snapshot = make_snapshot(disk(3.5, 0.5, 6, 1))
    outlines = outlines_of(snapshot)
    assert outlines_of(snapshot) is outlines
    gone = weakref.ref(outlines)
    del snapshot, outlines
    gc.collect()
    assert gone() is None


def test_rings_are_views_of_the_file(small) -> None:
    rings = rings_of(small)
    assert rings.x.shape == rings.y.shape == (127, 10)
    assert not rings.x.flags.writeable
