"""Polygons to cells: exact areas that add up, against an independent library."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tobler.area_weighted import area_interpolate

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.polygons import area_shares, cell_areas_km2

BOX = shapely.box(-24.5, -30.0, -22.5, -28.0)


def test_a_polygon_that_is_one_cell_covers_that_cell_alone(seven, centre) -> None:
    shares = area_shares([seven.polygons[centre]], seven)
    dense = shares.km2.toarray()[0]
    assert dense[centre] == pytest.approx(cell_areas_km2(seven)[centre], rel=1e-9)
    assert np.delete(dense, centre).max() < 1e-6 * dense[centre]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-24.4, -22.6), st.floats(-29.9, -28.1)), min_size=3, max_size=8, unique=True))
def test_the_parts_of_a_polygon_add_up_to_the_whole(points) -> None:
    polygon = shapely.convex_hull(shapely.MultiPoint(points))
    if polygon.geom_type != "Polygon" or polygon.area < 1e-6:
        return
    shares = area_shares([polygon], grid_over(BOX, 5))
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-9)


def test_holes_and_what_lies_off_the_grid_are_left_out(seven, centre) -> None:
    wide = shapely.box(-26, -31, -21, -26).difference(seven.polygons[centre])
    shares = area_shares([wide], seven)
    assert shares.km2.toarray()[0, centre] == pytest.approx(0, abs=1e-6)
    assert shares.km2.sum() < shares.total_km2[0] / 100


def test_nothing_over_nothing_is_nothing(seven) -> None:
    assert area_shares([], seven).km2.shape == (0, 7)
    assert area_shares([BOX], Grid(np.array([], np.uint64), 6)).km2.shape == (1, 0)


def test_people_land_where_an_independent_library_puts_them() -> None:
    halves = [shapely.box(-24.5, -30, -23.4, -28), shapely.box(-23.4, -30, -22.5, -28)]
    grid = grid_over(BOX, 4)
    shares = area_shares(halves, grid)
    ours = np.array([100.0, 900.0]) @ (shares.km2.toarray() / shares.total_km2[:, None])
    flat = "ESRI:54034"
    source = gpd.GeoDataFrame(
        {"people": [100.0, 900.0]}, geometry=list(shapely.segmentize(halves, 0.25)), crs="OGC:CRS84"
    ).to_crs(flat)
    target = gpd.GeoDataFrame(geometry=list(shapely.segmentize(grid.polygons, 0.25)), crs="OGC:CRS84").to_crs(flat)
    theirs = area_interpolate(source, target, extensive_variables=["people"])["people"].to_numpy()
    assert ours == pytest.approx(theirs, rel=1e-6)
    assert ours.sum() == pytest.approx(1_000, rel=1e-12)


def test_an_area_on_both_sides_of_the_antimeridian_is_whole() -> None:
    both = shapely.union_all([shapely.box(179, -18, 180, -17), shapely.box(-180, -18, -179, -17)])
    shares = area_shares([both], grid_over(both, 4))
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-9)
    assert shares.total_km2[0] == pytest.approx(23_507, rel=1e-3)


def test_areas_are_those_of_the_reference_projection() -> None:
    flat = gpd.GeoSeries([shapely.segmentize(BOX, 0.01)], crs="OGC:CRS84").to_crs("ESRI:54034").area.iloc[0] / 1e6
    assert area_shares([BOX], grid_over(BOX, 3)).total_km2[0] == pytest.approx(flat, rel=1e-9)
