"""Polygons to cells: exact areas that add up, against an independent library."""

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry.polygon import orient
from tobler.area_weighted import area_interpolate

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.outlines import Rings
from riskmap.grid.polygons import area_shares, cell_areas_km2

GEOD = Geod(ellps="WGS84")
BOX = shapely.box(-24.5, -30.0, -22.5, -28.0)
GRID = grid_over(BOX, 5)
INSIDE = st.tuples(st.floats(-24.4, -22.6), st.floats(-29.9, -28.1))


def everywhere(resolution: int) -> Grid:
    cells = [child for cell in h3.get_res0_cells() for child in h3.cell_to_children(cell, resolution)]
    return Grid(np.array(sorted(map(h3.str_to_int, cells)), np.uint64), resolution)


def clipped(polygon: shapely.Geometry, grid: Grid) -> np.ndarray:
    """What GEOS says lies inside each cell, measured in km² on the ellipsoid."""
    found = np.zeros(len(grid))
    parts, cell = shapely.get_parts(shapely.intersection(polygon, grid.polygons), return_index=True)
    for part, row in zip(parts, cell, strict=True):
        for hole, ring in enumerate(shapely.get_rings(part) if part.geom_type == "Polygon" else ()):
            points = shapely.get_coordinates(ring)[:-1]
            area = abs(Rings(points, np.array([0, len(points)])).areas_m2[0]) / 1e6
            found[row] += -area if hole else area
    return found


def measured(shape: shapely.Geometry) -> float:
    """Area in km² by an independent library, whose edges are geodesics: edges are parted until that is no matter."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [orient(shapely.segmentize(part, 0.002)) for part in parts]
    return sum(abs(GEOD.geometry_area_perimeter(ring)[0]) for ring in rings) / 1e6


@st.composite
def rough(draw, east: float = 0.0) -> shapely.Polygon:
    """What GEOS calls valid and surveys are full of.

    Holes that touch the shell in a corner, necks of no width, slivers a hand wide and spikes.
    """
    x, y = draw(st.floats(-0.2, 0.2)) - 23.5 + east, draw(st.floats(-0.2, 0.2)) - 29.0
    # A corner or a spike reaches 1.42 sizes far, and with its middle no farther than a star does: inside the grid.
    size, thin = draw(st.floats(0.05, 0.49)), draw(st.sampled_from([1e-6, 1e-4, 0.3]))
    kind = draw(st.sampled_from(["pinched", "touched", "sliver", "spiked"]))
    shell = {
        "pinched": [(0, 0), (1, -1), (1, 1), (0, 0), (-1, 1), (-1, -1)],
        "touched": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
        "sliver": [(-1, -1), (1, 1), (1 - thin, 1)],
        "spiked": [(-1, -1), (1, -1), (1, 0), (1.4, thin), (1, 2 * thin), (1, 1), (-1, 1)],
    }[kind]
    hole = [[(1, 1), (0.2, 0.6), (0.5, -thin)]] if kind == "touched" else []
    place = [(np.array(ring, float) * size + [x, y]).tolist() for ring in (shell, *hole)]
    return shapely.affinity.rotate(shapely.Polygon(place[0], place[1:]), draw(st.floats(0, 360)), origin=(x, y))


@st.composite
def stars(draw, east: float = 0.0) -> shapely.Polygon:
    """A ring round a middle, with spikes and slivers, and often a smaller one in it as a hole."""
    x, y = draw(st.floats(-0.2, 0.2)) - 23.5 + east, draw(st.floats(-0.2, 0.2)) - 29.0
    count = draw(st.integers(3, 12))
    far = np.array(draw(st.lists(st.floats(0.05, 0.7), min_size=count, max_size=count)))
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    shell = np.stack([x + far * np.cos(turn), y + far * np.sin(turn)], axis=1)
    hole = [x, y] + (shell - [x, y]) * draw(st.floats(0.1, 0.9))
    return shapely.Polygon(shell, [hole] if draw(st.booleans()) else [])


def test_a_polygon_that_is_one_cell_covers_that_cell_alone(seven, centre) -> None:
    shares = area_shares([seven.polygons[centre]], seven)
    dense = shares.km2.toarray()[0]
    assert dense[centre] == pytest.approx(cell_areas_km2(seven)[centre], rel=1e-9)
    assert np.delete(dense, centre).max() < 1e-6 * dense[centre]


@settings(max_examples=60, deadline=None)
@given(st.lists(INSIDE, min_size=3, max_size=8, unique=True))
def test_the_parts_of_a_polygon_add_up_to_the_whole(points) -> None:
    polygon = shapely.convex_hull(shapely.MultiPoint(points))
    if polygon.geom_type != "Polygon" or polygon.area < 1e-6:
        return
    shares = area_shares([polygon], GRID)
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(stars())
def test_stars_with_holes_lie_where_an_independent_library_clips_them(polygon) -> None:
    shares = area_shares([polygon], GRID)
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-12)
    assert shares.km2.toarray()[0] == pytest.approx(clipped(polygon, GRID), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.one_of(stars(), rough()))
def test_areas_are_those_of_an_independent_library(polygon) -> None:
    """Of the whole, and of what each cell has of it: to ten square metres."""
    shares = area_shares([polygon], GRID)
    assert shares.total_km2[0] == pytest.approx(measured(polygon), rel=1e-7, abs=1e-5)
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-12, abs=1e-9)
    theirs = [measured(part) for part in shapely.intersection(shapely.make_valid(polygon), GRID.polygons)]
    assert shares.km2.toarray()[0] == pytest.approx(np.array(theirs), rel=1e-7, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.one_of(stars(east=203.5), rough(east=203.5)))
def test_areas_over_the_antimeridian_are_those_of_an_independent_library(polygon) -> None:
    grid = grid_over(shapely.union_all([shapely.box(178, -31, 180, -27), shapely.box(-180, -31, -178, -27)]), 4)
    shares = area_shares([polygon], grid)
    assert shares.total_km2[0] == pytest.approx(measured(polygon), rel=1e-7, abs=1e-5)
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-12, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(stars(), st.integers(2, 6))
def test_neighbours_share_out_every_cell_between_them(polygon, strips) -> None:
    """Cut along meridians: what the slices have of a cell is what the whole has."""
    edges = np.linspace(-25, -22, strips + 1)
    slices = shapely.intersection(polygon, shapely.box(edges[:-1], -31, edges[1:], -27))
    together = area_shares(list(slices), GRID).km2.toarray().sum(axis=0)
    assert together == pytest.approx(area_shares([polygon], GRID).km2.toarray()[0], abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(stars(east=203.5))
def test_a_star_over_the_antimeridian_is_the_same_in_one_piece_or_two(polygon) -> None:
    """Its longitudes run beyond 180; cut there and wound back, it is the same."""
    east, west = shapely.intersection(polygon, [shapely.box(170, -35, 180, -25), shapely.box(180, -35, 190, -25)])
    parted = shapely.union_all([east, shapely.transform(west, lambda points: points - [360.0, 0.0])])
    grid = grid_over(shapely.union_all([shapely.box(178, -31, 180, -27), shapely.box(-180, -31, -178, -27)]), 4)
    one, two = area_shares([polygon, parted], grid).km2.toarray()
    assert one == pytest.approx(two, abs=1e-8)
    assert one.sum() == pytest.approx(area_shares([polygon], grid).total_km2[0], rel=1e-12)


def test_a_level_border_through_a_cell_parts_it() -> None:
    """An edge along a parallel has no height, but the cells it runs through are not all inside or all outside."""
    box = shapely.box(-24.0, -29.5, -23.0, -28.5)
    assert area_shares([box], GRID).km2.toarray()[0] == pytest.approx(clipped(box, GRID), abs=1e-9)


def test_a_ring_that_touches_itself_and_one_that_turns_the_other_way_are_no_matter() -> None:
    eight = shapely.Polygon([(-24, -29), (-23.5, -29), (-23, -29.5), (-23, -28.5), (-23.5, -29), (-24, -28.5)])
    left = shapely.Polygon([(-24, -29), (-23.5, -29), (-24, -28.5)])
    right = shapely.Polygon([(-23, -29.5), (-23, -28.5), (-23.5, -29)])
    parts = area_shares([left, shapely.reverse(right)], GRID).km2.toarray().sum(axis=0)
    assert area_shares([eight], GRID).km2.toarray()[0] == pytest.approx(parts, abs=1e-9)


def test_lines_and_points_have_no_area_and_collections_that_of_their_polygons() -> None:
    line, box = shapely.LineString([(-24, -29), (-23, -29)]), shapely.box(-24, -29, -23.5, -28.5)
    mixed = shapely.GeometryCollection([line, shapely.MultiPolygon([box])])
    shares = area_shares([line, shapely.Point(-24, -29), mixed, box, shapely.Polygon()], GRID)
    assert shares.total_km2[[0, 1, 4]].tolist() == [0, 0, 0]
    assert shares.km2.getrow(0).nnz + shares.km2.getrow(1).nnz == 0
    assert np.array_equal(shares.km2[2].toarray(), shares.km2[3].toarray())
    assert area_shares([line], GRID).km2.nnz == 0


@pytest.mark.parametrize("off", [(30, 0), (0, 50), (0, -50)])
def test_a_polygon_that_no_cell_is_near_is_nowhere(off) -> None:
    shares = area_shares([shapely.transform(BOX, lambda points: points + off)], GRID)
    assert (shares.km2.nnz, shares.total_km2[0] > 0) == (0, True)


def test_the_whole_world_is_in_the_cells_of_the_world() -> None:
    """Golden over both poles, all pentagons and the antimeridian: each cell is covered with its own area, once."""
    grid = everywhere(1)
    shares = area_shares([shapely.box(-180, -90, 180, 90)], grid)
    assert shares.km2.toarray()[0] == pytest.approx(cell_areas_km2(grid), rel=1e-11)
    assert shares.km2.sum() == pytest.approx(510_065_621.72407894, rel=1e-12)


@pytest.mark.parametrize(("south", "north"), [(70, 90), (-90, -75)])
def test_a_polar_cap_is_whole(south, north) -> None:
    shares = area_shares([shapely.box(-180, south, 180, north), shapely.box(10, south, 95, north)], everywhere(2))
    assert np.asarray(shares.km2.sum(axis=1)).ravel() == pytest.approx(shares.total_km2, rel=1e-12)


@pytest.mark.parametrize("resolution", [3, 4, 6])
def test_land_round_a_pentagon_is_whole_and_clipped_as_elsewhere(resolution) -> None:
    lat, lon = h3.cell_to_latlng(h3.get_pentagons(resolution)[2])
    land = shapely.Point(lon, lat).buffer(12 / 2.6**resolution)
    grid = grid_over(land, resolution)
    shares = area_shares([land], grid)
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-12)
    assert shares.km2.toarray()[0] == pytest.approx(clipped(land, grid), abs=1e-7)


@pytest.mark.parametrize("resolution", range(3, 10))
def test_every_resolution_shares_out_a_small_district_whole(resolution) -> None:
    district = shapely.Polygon([(45.31, 2.02), (45.36, 2.01), (45.4, 2.06), (45.35, 2.11), (45.3, 2.07)])
    grid = grid_over(district, resolution)
    shares = area_shares([district], grid)
    assert shares.km2.sum() == pytest.approx(shares.total_km2[0], rel=1e-12)
    assert (shares.km2.toarray()[0] <= cell_areas_km2(grid)).all()


def test_shares_are_the_same_bytes_in_one_slice_or_many(monkeypatch) -> None:
    districts = [shapely.box(-24.4 + x, -29.9 + y, -24.1 + x, -29.5 + y) for x in (0, 0.3, 0.9) for y in (0, 0.4, 1.1)]
    many = area_shares(districts, GRID).km2
    monkeypatch.setattr("riskmap.grid.polygons._BATCHES", 1)
    one = area_shares(districts, GRID).km2
    assert (one.data.tobytes(), one.indices.tobytes()) == (many.data.tobytes(), many.indices.tobytes())


def test_real_districts_are_whole_and_where_an_independent_library_puts_them(real_data) -> None:
    districts = gpd.read_file(real_data / "somalia" / "cod_ab_SOM_prism_som_admbnda_adm2_ocha_20230308_dv.geojson")
    people = np.arange(1.0, len(districts) + 1)
    grid = grid_over(districts.union_all(), 5)
    shares = area_shares(list(districts.geometry), grid)
    ours = (people / shares.total_km2) @ shares.km2
    flat = "ESRI:54034"
    source = gpd.GeoDataFrame(
        {"people": people}, geometry=list(shapely.segmentize(districts.geometry, 0.01)), crs="OGC:CRS84"
    )
    target = gpd.GeoDataFrame(geometry=list(shapely.segmentize(grid.polygons, 0.01)), crs="OGC:CRS84").to_crs(flat)
    theirs = area_interpolate(source.to_crs(flat), target, extensive_variables=["people"])["people"].to_numpy()
    assert ours.sum() == pytest.approx(people.sum(), rel=1e-12)
    assert ours == pytest.approx(theirs, abs=people.sum() * 1e-9)


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
        {"people": [100.0, 900.0]}, geometry=list(shapely.segmentize(halves, 0.002)), crs="OGC:CRS84"
    ).to_crs(flat)
    target = gpd.GeoDataFrame(geometry=list(shapely.segmentize(grid.polygons, 0.002)), crs="OGC:CRS84").to_crs(flat)
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
