"""Cells: the same ones, in the same places, as the reference library says."""

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.errors import CellUnknown, PlacementError
from riskmap.grid.cells import Grid, cell_text, cells_at, cells_from_text, grid_over, parents, vertices

LON, LAT = st.floats(-180, 180), st.floats(-89.9, 89.9)


def ints(texts) -> np.ndarray:
    return np.array(sorted(h3.str_to_int(text) for text in texts), np.uint64)


@settings(deadline=None)
@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=20), st.integers(3, 9))
def test_points_fall_into_the_cells_of_the_reference(points, resolution) -> None:
    lon, lat = np.array(points).T
    expected = [h3.str_to_int(h3.latlng_to_cell(y, x, resolution)) for x, y in points]
    assert cells_at(lon, lat, resolution).tolist() == expected


def test_what_is_no_place_has_no_cell() -> None:
    lon, lat = np.array([np.nan, 0.0, np.inf, 0.0, 190.0]), np.array([0.0, 91.0, 0.0, np.nan, 0.0])
    found = cells_at(lon, lat, 5)
    assert found[:4].tolist() == [0, 0, 0, 0]
    assert found[4] == h3.str_to_int(h3.latlng_to_cell(0.0, -170.0, 5))


def everywhere(count: int, seed: int) -> np.ndarray:
    """Places (lon, lat): over the whole sphere, and as many each round the poles, the antimeridian and pentagons."""
    chance = np.random.default_rng(seed)
    sphere = np.stack([chance.uniform(-180, 180, count), np.degrees(np.arcsin(chance.uniform(-1, 1, count)))], axis=1)
    poles = np.stack(
        [chance.uniform(-180, 180, count), chance.choice([-1, 1], count) * chance.uniform(89, 90, count)], 1
    )
    seam = np.stack(
        [chance.choice([-1, 1], count) * chance.uniform(179.9, 180, count), chance.uniform(-90, 90, count)], 1
    )
    corners = np.array([h3.cell_to_latlng(cell)[::-1] for cell in h3.get_pentagons(3)])
    pentagons = corners[chance.integers(0, 12, count)] + chance.normal(0, 2, (count, 2))
    return np.concatenate([sphere, poles, seam, pentagons]).clip([-180, -90], [180, 90])


@pytest.mark.parametrize("resolution", range(3, 10))
def test_a_million_points_fall_where_the_reference_puts_them(resolution) -> None:
    """One in seven of a million at each resolution."""
    places = everywhere(35_715, resolution)
    expected = [h3.str_to_int(h3.latlng_to_cell(lat, lon, resolution)) for lon, lat in places.tolist()]
    assert np.count_nonzero(cells_at(*places.T.copy(), resolution) != np.array(expected, np.uint64)) == 0


@pytest.mark.parametrize("resolution", [0, 1, 3, 8, 15])
def test_points_on_borders_and_corners_fall_where_the_reference_puts_them(resolution) -> None:
    found = {h3.latlng_to_cell(lat, lon, resolution) for lon, lat in everywhere(100, 1).tolist()}
    corners = np.array([corner for cell in sorted(found) for corner in h3.cell_to_boundary(cell)])
    middles = (corners[1:] + corners[:-1]) / 2
    lat, lon = np.concatenate([corners, middles, [(90, 0), (-90, 7), (0, 180), (0, -180)]]).T.copy()
    expected = [h3.str_to_int(h3.latlng_to_cell(y, x, resolution)) for y, x in zip(lat, lon, strict=True)]
    assert cells_at(lon, lat, resolution).tolist() == expected


def test_many_points_are_the_same_as_few_at_a_time() -> None:
    lon, lat = np.tile(everywhere(50, 2), (3_000, 1)).T.copy()
    assert np.array_equal(cells_at(lon, lat, 6), np.tile(cells_at(lon[:200], lat[:200], 6), 3_000))


@given(LON, LAT, st.integers(4, 9), st.integers(0, 4))
def test_parents_are_those_of_the_reference(lon, lat, resolution, up) -> None:
    cell = h3.latlng_to_cell(lat, lon, resolution)
    expected = h3.str_to_int(h3.cell_to_parent(cell, resolution - up))
    assert parents(np.array([h3.str_to_int(cell)], np.uint64), resolution - up).tolist() == [expected]


@pytest.mark.parametrize("resolution", [3, 5])
def test_every_cell_that_overlaps_an_area_is_in_its_grid(resolution) -> None:
    area = shapely.Polygon([(-24, -30), (-22, -29.5), (-22.4, -27), (-24.2, -27.6)])
    grid = grid_over(area, resolution)
    assert np.array_equal(grid.cells, np.unique(grid.cells))
    around = {cell for own in grid.cells.tolist() for cell in h3.grid_disk(h3.int_to_str(own), 1)}
    expected = [
        cell for cell in around if shapely.Polygon([p[::-1] for p in h3.cell_to_boundary(cell)]).intersects(area)
    ]
    assert np.array_equal(grid.cells, ints(expected))


def test_a_cell_touched_by_two_parts_of_an_area_is_there_once() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 0.01, 0.01), shapely.box(0.02, 0, 0.03, 0.01)])
    grid = grid_over(parts, 4)
    assert len(grid) == len(set(grid.cells.tolist()))


def test_an_empty_area_is_refused() -> None:
    with pytest.raises(PlacementError, match="empty"):
        grid_over(shapely.Polygon(), 5)


def test_outlines_areas_and_centres_are_those_of_the_reference() -> None:
    texts = [h3.latlng_to_cell(-28.5, -23.5, 6), h3.get_pentagons(3)[4], h3.latlng_to_cell(65.0, 20.0, 5)]
    grid = Grid(ints(texts), 6)
    rings, counts = vertices(grid.cells)
    for cell, ring, count in zip(grid.cells.tolist(), rings, counts, strict=True):
        outline = h3.cell_to_boundary(h3.int_to_str(cell))
        assert count == len(outline)
        assert sorted(map(tuple, ring[:count, ::-1].round(9))) == sorted((round(y, 9), round(x, 9)) for y, x in outline)
        assert shapely.LinearRing(ring[:count]).is_ccw
    assert grid.area_km2 == pytest.approx([h3.cell_area(h3.int_to_str(cell)) for cell in grid.cells.tolist()], rel=1e-6)
    expected = [h3.cell_to_latlng(h3.int_to_str(cell)) for cell in grid.cells.tolist()]
    assert np.stack([grid.lat, grid.lon], axis=1) == pytest.approx(np.array(expected), abs=1e-9)


def test_a_ring_over_the_antimeridian_does_not_jump() -> None:
    rings, _ = vertices(ints(h3.grid_disk(h3.latlng_to_cell(0.0, 180.0, 3), 3)))
    assert np.ptp(rings[..., 0], axis=1).max() < 10


def test_positions_find_cells_and_only_them(seven) -> None:
    assert seven.positions(seven.cells).tolist() == list(range(7))
    assert seven.positions(np.array([7], np.uint64)).tolist() == [-1]
    assert Grid(np.array([], np.uint64), 6).positions(seven.cells).tolist() == [-1] * 7


def test_text_and_number_are_two_forms_of_one_cell(seven) -> None:
    texts = cell_text(seven.cells)
    assert all(h3.is_valid_cell(text) for text in texts)
    assert np.array_equal(cells_from_text(texts), seven.cells)
    with pytest.raises(CellUnknown, match="'atlantis' is not an H3 cell"):
        cells_from_text(["atlantis"])


def test_a_box_round_most_of_the_world_is_covered_and_not_its_gap() -> None:
    grid = grid_over(shapely.box(-170, -10, 170, 10), 1)
    points = [(lon, lat) for lon in np.linspace(-169.9, 169.9, 200) for lat in np.linspace(-9.9, 9.9, 11)]
    assert (grid.positions(cells_at(*np.array(points).T, 1)) >= 0).all()
    assert grid.positions(cells_at(np.array([179.9]), np.array([0.0]), 1)).tolist() == [-1]


def test_pentagons_and_their_neighbours_are_polygons_too() -> None:
    lat, lon = h3.cell_to_latlng(h3.get_pentagons(4)[2])
    grid = grid_over(shapely.box(lon - 1, lat - 1, lon + 1, lat + 1), 4)
    assert shapely.is_valid(grid.polygons).all()
    assert len({len(shapely.get_coordinates(polygon)) for polygon in grid.polygons}) > 1
