"""Lines to cells: a road's parts add up to the road, and lie in the cells it runs through."""

from datetime import date

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from riskmap.grid import lines
from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.lines import length_shares
from riskmap.grid.merge import MergeInput, merge
from riskmap.model.cube import Support
from riskmap.model.period import period_range

GEOD = Geod(ellps="WGS84")
BOX = shapely.box(-24.5, -30.0, -22.5, -28.0)


def km(shape: shapely.Geometry) -> float:
    """Length on the ellipsoid of a line that is straight in lon/lat."""
    return GEOD.geometry_length(shapely.segmentize(shape, 0.002)) / 1000 if shape.length else 0.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-24.4, -22.6), st.floats(-29.9, -28.1)), min_size=2, max_size=8))
def test_the_parts_of_a_line_add_up_to_the_whole(points) -> None:
    line = shapely.LineString(points)
    shares = length_shares([line], grid_over(BOX, 5))
    assert shares.km.sum() == pytest.approx(shares.total_km[0], rel=1e-11, abs=1e-11)
    assert shares.total_km[0] == pytest.approx(km(line), rel=1e-7, abs=1e-9)


def test_each_cell_has_what_an_independent_library_cuts_out_of_it() -> None:
    grid, rng = grid_over(BOX, 6), np.random.default_rng(3)
    roads = [shapely.LineString(rng.uniform([-24.4, -29.9], [-22.6, -28.1], (5, 2))) for _ in range(4)]
    ours = length_shares(roads, grid).km.toarray()
    theirs = [[km(part) for part in shapely.intersection(road, grid.polygons)] for road in roads]
    assert ours == pytest.approx(np.array(theirs), abs=1e-4)


def test_a_line_along_a_border_is_there_once(seven, centre) -> None:
    """Along an edge of the middle cell, whichever way it is run."""
    corners = shapely.get_coordinates(seven.polygons[centre])[:2]
    for points in (corners, corners[::-1]):
        shares = length_shares([shapely.LineString(points)], seven)
        assert shares.km.sum() == pytest.approx(shares.total_km[0], rel=1e-6)


def test_what_is_no_line_has_no_length(seven) -> None:
    shapes = [shapely.Point(-23.5, -28.5), BOX, shapely.LineString(), shapely.LineString([(-23.5, -28.5)] * 2)]
    shares = length_shares(shapes, seven)
    assert shares.km.nnz == 0
    assert shares.total_km.tolist() == [0, 0, 0, 0]
    assert length_shares([], seven).km.shape == (0, 7)
    assert length_shares([BOX.exterior], Grid(np.empty(0, np.uint64), 6)).km.shape == (1, 0)


def test_a_ring_and_a_collection_are_lines_too(seven) -> None:
    ring = seven.polygons[0].exterior
    mixed = shapely.GeometryCollection([shapely.MultiLineString([[(-23.5, -28.5), (-23.52, -28.5)]]), BOX])
    assert length_shares([ring, mixed], seven).total_km == pytest.approx([km(ring), km(mixed.geoms[0])], rel=1e-7)


def test_a_line_over_the_antimeridian_is_whole_however_it_is_written() -> None:
    both = shapely.union_all([shapely.box(179, -18, 180, -17), shapely.box(-180, -18, -179, -17)])
    on_and_on = shapely.LineString([(179.5, -17.7), (180.5, -17.2)])
    west_of_it = shapely.LineString([(-180.5, -17.7), (-179.5, -17.2)])
    jump = shapely.LineString([(179.5, -17.7), (-179.5, -17.2)])
    cut = shapely.MultiLineString([[(179.5, -17.7), (180, -17.45)], [(-180, -17.45), (-179.5, -17.2)]])
    shares = length_shares([on_and_on, west_of_it, jump, cut], grid_over(both, 5))
    dense = shares.km.toarray()
    assert dense.sum(axis=1) == pytest.approx(shares.total_km, rel=1e-9)
    assert shares.total_km == pytest.approx(np.full(4, km(on_and_on)), rel=1e-9)
    assert dense[1:] == pytest.approx(np.tile(dense[0], (3, 1)), abs=1e-6)


def test_a_line_over_a_pole_is_whole() -> None:
    cells = h3.grid_disk(h3.latlng_to_cell(90, 0, 3), 1)
    grid = Grid(np.array(sorted(map(h3.str_to_int, cells)), np.uint64), 3)
    shares = length_shares(
        [shapely.LineString([(-150, 89.5), (150, 89.5)]), shapely.LineString([(10, 89), (10, 90)])], grid
    )
    assert np.asarray(shares.km.sum(axis=1)).ravel() == pytest.approx(shares.total_km, rel=1e-9)


def test_the_same_uncompiled(seven, monkeypatch) -> None:
    road = [shapely.LineString([(-23.6, -28.6), (-23.4, -28.4), (-23.5, -28.45)])]
    compiled = length_shares(road, seven).km
    for name in ("_inside", "_crossing"):
        monkeypatch.setattr(lines, name, getattr(lines, name).py_func)
    assert np.array_equal(length_shares(road, seven).km.toarray(), compiled.toarray())


def test_travellers_on_a_route_are_spread_by_its_length(ground, seven, make_layer) -> None:
    """Half the route lies off the grid, and so do half the travellers."""
    west, south, east, north = shapely.total_bounds(seven.polygons)
    middle = (south + north) / 2
    route = shapely.LineString([((west + east) / 2, middle), ((west + east) / 2 + 2, middle)])
    records = make_layer([{"geometry": route.wkb, "geo_precision": "exact", "value": 100.0, "end": "2024-01-31"}])
    months = period_range(date(2024, 1, 1), date(2024, 1, 1))
    result = merge([MergeInput("demo", records)], ground, months, {}, months)
    values = result.cube.measures["demo:m"].values[0]
    shares = length_shares([route], seven)
    there = ~np.isnan(values)
    assert there.sum() == shares.km.nnz
    assert values[there] == pytest.approx(100 * shares.km.toarray()[0][there] / shares.total_km[0])
    assert set(result.cube.measures["demo:m"].support[0][there]) == {Support.CELL}
    row = result.ledger[0]
    assert row.cells_total + row.outside[0][3] == pytest.approx(100)
