"""Rasters to cells: every pixel's people are somewhere, and where they belong."""

import math
from datetime import date
from pathlib import Path

import exactextract
import geopandas as gpd
import h3
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from rasterio.transform import from_origin

from riskmap.errors import InputError, PlacementError
from riskmap.grid import coverage, mesh, scan, windows
from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.merge import MergeInput, merge
from riskmap.grid.rasters import mean_cells, mean_tiles, pixel_support, stacked, sum_cells, sum_stack, sum_tiles
from riskmap.model.cube import Support
from riskmap.model.period import period_range

AREA = shapely.box(-24.0, -29.0, -23.0, -28.0)
WORLD = {"transform": from_origin(-180, 90, 1, 1)}


def raster(path: Path, pixels: np.ndarray, crs: str | None = "EPSG:4326", **more) -> str:
    pixels = np.asarray(pixels)
    bands, height, width = (1, *pixels.shape)[-3:]
    more = {
        "transform": from_origin(-24.0, -28.0, 1 / width, 1 / height),
        "nodata": -99999.0,
        "dtype": "float32",
        **more,
    }
    with rasterio.open(path, "w", driver="GTiff", height=height, width=width, count=bands, crs=crs, **more) as file:
        file.write(pixels.reshape(bands, height, width).astype(more["dtype"]))
    return str(path)


def cells_of(texts) -> Grid:
    cells = np.array(sorted(h3.str_to_int(text) for text in texts), np.uint64)
    return Grid(cells, h3.get_resolution(next(iter(texts))))


def theirs(path: str, grid: Grid, operation: str, weights: str | None = None) -> np.ndarray:
    """The same by an independent library."""
    frame = gpd.GeoDataFrame({"row": list(map(str, range(len(grid))))}, geometry=list(grid.polygons), crs="EPSG:4326")
    with rasterio.open(path) as file:
        frame = frame.to_crs(file.crs)
    return (
        exactextract.exact_extract(path, frame, operation, weights=weights, output="pandas").iloc[:, 0].to_numpy(float)
    )


@pytest.fixture(scope="module")
def grid():
    return grid_over(AREA, 5)


ANYTHING = st.one_of(
    st.floats(-1e6, 1e6, width=32),
    st.floats(width=32),
    st.sampled_from([-99999.0, np.nan, np.inf, -np.inf, 3.4e38, -0.0, 1e-40]),
)


@settings(max_examples=60, deadline=None)
@given(pixels=st.lists(ANYTHING, min_size=9, max_size=9), nodata=st.one_of(st.none(), st.floats(width=32)))
def test_the_total_is_on_the_cells_whatever_the_pixels(tmp_path_factory, grid, pixels, nodata) -> None:
    path = raster(tmp_path_factory.mktemp("r") / "people.tif", np.reshape(pixels, (3, 3)), nodata=nodata)
    found = sum_cells(path, grid, "count")
    with rasterio.open(path) as file:
        known = file.read(1, masked=True).astype(float).filled(np.nan)
    total = math.fsum(known[(known >= 0) & np.isfinite(known)])
    assert found.total_in == pytest.approx(total, rel=1e-12)
    assert math.fsum(np.nan_to_num(found.values)) + found.total_outside == pytest.approx(found.total_in, rel=1e-12)
    assert abs(found.total_outside) <= 1e-12 * total
    assert (np.nan_to_num(found.values) >= 0).all()
    assert ((found.coverage > 0) == ~np.isnan(found.values)).all()


@settings(max_examples=60, deadline=None)
@given(pixels=st.lists(ANYTHING, min_size=9, max_size=9), nodata=st.one_of(st.none(), st.floats(width=32)))
def test_a_mean_stays_within_its_pixels_whatever_they_are(tmp_path_factory, grid, pixels, nodata) -> None:
    path = raster(tmp_path_factory.mktemp("r") / "index.tif", np.reshape(pixels, (3, 3)), nodata=nodata)
    found = mean_cells(path, grid)
    with rasterio.open(path) as file:
        known = file.read(1, masked=True).astype(float).filled(np.nan)
    known = known[np.isfinite(known)]
    told = found.values[~np.isnan(found.values)]
    assert (len(told) > 0) == (len(known) > 0)
    assert (told >= known.min(initial=np.inf)).all()
    assert (told <= known.max(initial=-np.inf)).all()


@pytest.mark.parametrize(("resolution", "size"), [(3, 300), (5, 120), (7, 40), (8, 3)])
def test_sums_are_those_of_an_independent_library(tmp_path, resolution, size) -> None:
    """Cells far larger than pixels, and far smaller."""
    grid = grid_over(AREA, resolution)
    path = raster(tmp_path / "people.tif", np.random.default_rng(7).gamma(0.5, 200.0, (size, size)))
    ours, other = np.nan_to_num(sum_cells(path, grid, "count").values), theirs(path, grid, "sum")
    assert np.abs(ours - other).sum() / 2 / other.sum() < 1e-6
    assert math.fsum(ours) == pytest.approx(sum_cells(path, grid, "count").total_in, rel=1e-12)


def test_means_are_those_of_an_independent_library(tmp_path, grid) -> None:
    path = raster(tmp_path / "index.tif", np.random.default_rng(8).normal(0.0, 3.0, (90, 90)))
    ours = mean_cells(path, grid)
    whole = ours.coverage == 1
    assert whole.sum() > 20
    assert ours.values[whole] == pytest.approx(theirs(path, grid, "mean")[whole], abs=2e-3)  # theirs weigh rows alike
    with rasterio.open(path) as file:
        assert ours.mean_in == pytest.approx(file.read(1).mean(), abs=1e-2)


@settings(max_examples=15, deadline=None)
@given(
    pixels=st.lists(ANYTHING, min_size=36, max_size=36),
    nodata=st.one_of(st.none(), st.floats(width=32)),
    resolution=st.sampled_from([4, 5]),
)
def test_whatever_the_pixels_cells_have_what_an_independent_library_gives_them(
    tmp_path_factory, pixels, nodata, resolution
) -> None:
    """Any nodata, NaN, infinite, negative and huge values: sums, means by area and the share that is known.

    Theirs hold the share of a pixel in a cell in single precision: sums agree to a hundred-thousandth of the largest
    pixel; means, where they stand on more than a hundredth of a pixel, to a ten-thousandth of it.
    """
    folder, grid = tmp_path_factory.mktemp("r"), grid_over(AREA, resolution)
    path = raster(folder / "odd.tif", np.reshape(pixels, (6, 6)), nodata=nodata)
    with rasterio.open(path) as file:
        known = file.read(1, masked=True).astype(float).filled(np.nan)
    known[~np.isfinite(known)] = np.nan
    rows = [shapely.box(-24, -28 - (row + 1) / 6, -24 + 1 / 6, -28 - row / 6) for row in range(6)]
    km2 = [abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(row, 0.002))[0]) for row in rows]
    weights = raster(folder / "km2.tif", np.repeat(np.array(km2)[:, None], 6, axis=1) / 1e6, dtype="float64")
    in_pixels = shapely.area(grid.polygons) * 36

    def compare(found, values: np.ndarray, operation: str, close: float, least: float) -> None:
        plain = raster(folder / f"{operation}.tif", values, nodata=np.nan, dtype="float64")
        share = theirs(plain, grid, "count")
        assert found.coverage == pytest.approx(share / in_pixels, abs=1e-5)
        some = share > least
        largest = np.abs(values[~np.isnan(values)]).max(initial=0.0)
        expected = theirs(plain, grid, operation, weights)[some]
        assert found.values[some] == pytest.approx(expected, abs=close * largest, rel=1e-9)

    compare(sum_cells(path, grid, "count"), np.where(known < 0, np.nan, known), "sum", 1e-5, 1e-5)
    compare(mean_cells(path, grid), known, "weighted_mean", 1e-4, 1e-2)


def test_unknown_pixels_lower_the_coverage_and_no_pixels_give_null(tmp_path, grid) -> None:
    pixels = np.ones((60, 60))
    pixels[:, :30] = -99999
    found = sum_cells(raster(tmp_path / "half.tif", pixels), grid, "count")
    west = grid.lon < -23.8
    assert np.isnan(found.values[west]).all()
    assert (found.coverage[west] == 0).all()
    assert found.coverage[(grid.lon > -23.4) & (grid.lon < -23.1) & (np.abs(grid.lat + 28.5) < 0.3)].min() == 1


def test_density_is_multiplied_by_the_area_of_each_pixel(tmp_path, grid) -> None:
    found = sum_cells(raster(tmp_path / "density.tif", np.full((50, 50), 2.0)), grid, "density")
    km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(AREA, 0.002))[0]) / 1e6
    assert found.total_in == pytest.approx(2 * km2, rel=1e-7)


def test_density_in_mercators_projection_counts_true_areas(tmp_path, grid) -> None:
    """Its plane is 29 % too large at this latitude."""
    west, south, east, north = gpd.GeoSeries([AREA], crs="EPSG:4326").to_crs("EPSG:3857").total_bounds
    place = {"transform": from_origin(west, north, (east - west) / 40, (north - south) / 40), "crs": "EPSG:3857"}
    found = sum_cells(raster(tmp_path / "web.tif", np.full((40, 40), 2.0), **place), grid, "density")
    km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(AREA, 0.002))[0]) / 1e6
    assert found.total_in == pytest.approx(2 * km2, rel=1e-6)
    assert abs(found.total_outside) < 1e-9 * found.total_in


def test_a_projected_raster_is_summed_in_its_own_system(tmp_path, grid) -> None:
    """No pixel is resampled, so the total is that of the file."""
    utm = {"transform": from_origin(200_000, 6_900_000, 2_000, 2_000), "crs": "EPSG:32727"}
    path = raster(tmp_path / "utm.tif", np.random.default_rng(5).random((40, 40)), **utm)
    found = sum_cells(path, grid, "count")
    assert np.nansum(found.values) + found.total_outside == pytest.approx(found.total_in, rel=1e-12)
    assert np.nan_to_num(found.values) == pytest.approx(np.nan_to_num(theirs(path, grid, "sum")), rel=1e-6, abs=1e-6)
    dense = sum_cells(raster(tmp_path / "utm2.tif", np.full((40, 40), 3.0), **utm), grid, "density")
    assert dense.total_in == pytest.approx(4_800 * 4)


def test_south_up_is_the_same_as_north_up(tmp_path, grid) -> None:
    pixels = np.random.default_rng(4).random((50, 50))
    up = sum_cells(raster(tmp_path / "north.tif", pixels), grid, "density")
    place = {"transform": rasterio.Affine(1 / 50, 0, -24, 0, 1 / 50, -29)}
    down = sum_cells(raster(tmp_path / "south.tif", pixels[::-1], **place), grid, "density")
    assert np.nan_to_num(down.values) == pytest.approx(np.nan_to_num(up.values), rel=1e-9)


def test_everything_is_the_same_uncompiled(tmp_path, grid, monkeypatch) -> None:
    """The compiled loops, and what they say in plain Python; narrow bands too, as of the very widest outlines."""
    whole = np.arange(120.0).reshape(6, 20) / 3
    hrefs = [raster(tmp_path / f"{one}.tif", np.where(np.eye(6, 20), np.nan, whole - one)) for one in range(10)]
    compiled = [sum_cells(hrefs[1], grid, "count"), *sum_stack(hrefs, grid, "count"), mean_cells(hrefs[1], grid)]
    for module in (scan, coverage, windows):
        for name, found in vars(module).items():
            if hasattr(found, "py_func"):
                monkeypatch.setattr(module, name, found.py_func)
    monkeypatch.setattr(scan, "_BAND", 4)
    plain = [sum_cells(hrefs[1], grid, "count"), *sum_stack(hrefs, grid, "count"), mean_cells(hrefs[1], grid)]
    for one, other in zip(compiled, plain, strict=True):
        assert np.array_equal(one.values, other.values, equal_nan=True)
    assert [one.total_in for one in compiled[:-1]] == [one.total_in for one in plain[:-1]]


def test_neither_windows_nor_threads_show_in_the_result(tmp_path, grid, monkeypatch) -> None:
    path = raster(tmp_path / "people.tif", np.random.default_rng(3).random((90, 40)))
    whole = sum_cells(path, grid, "count")
    monkeypatch.setattr(windows, "_PIXELS", 7 * 40)
    monkeypatch.setattr(coverage, "_SLICE", 5)
    assert np.array_equal(sum_cells(path, grid, "count").values, whole.values, equal_nan=True)


def test_windows_are_whole_blocks_of_the_file(tmp_path, grid, monkeypatch) -> None:
    tiled = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    path = raster(tmp_path / "tiled.tif", np.ones((60, 40)), **tiled)
    monkeypatch.setattr(windows, "_PIXELS", 35 * 40)
    with windows.opened([path], 0.0) as bands:
        assert [first for first, _, _ in bands.windows()] == [0, 32]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_every_type_of_pixel_is_summed(tmp_path, grid, dtype) -> None:
    pixels = np.arange(100).reshape(10, 10)
    found = sum_cells(raster(tmp_path / "typed.tif", pixels, dtype=dtype, nodata=99), grid, "count")
    assert found.total_in == 99 * 98 / 2


def test_values_next_to_nodata_are_taken_as_gdal_takes_them(tmp_path, grid) -> None:
    near = np.float32(-1e30)
    pixels = np.array([[near, np.nextafter(near, np.float32(0)), near * np.float32(0.999)], [1, 2, 3]], np.float32)
    path = raster(tmp_path / "near.tif", pixels, nodata=float(near))
    with rasterio.open(path) as file:
        known = int((~file.read(1, masked=True).mask).sum())
    found = mean_cells(path, grid)
    assert found.total_km2 == pytest.approx(known * found.total_km2 / known)
    assert known == 4
    assert found.mean_in < -1e28, "one of them is a value"


def test_a_nodata_beyond_the_type_stands_for_nothing() -> None:
    assert np.isnan(windows._none(1e308, np.dtype("float32"))[0])
    assert windows._none(1e308, np.dtype("float64"))[0] == 1e308
    assert np.isnan(windows._none(None, np.dtype("float32"))[0])


def test_a_mask_of_its_own_makes_pixels_unknown(tmp_path, grid) -> None:
    path = raster(tmp_path / "masked.tif", np.ones((10, 10)), nodata=None)
    with rasterio.open(path, "r+") as file:
        file.write_mask(np.repeat([[True] * 5 + [False] * 5], 10, axis=0))
    assert sum_cells(path, grid, "count").total_in == 50


def test_only_what_was_observed_counts(tmp_path, grid) -> None:
    path = raster(tmp_path / "water.tif", np.ones((10, 10)))
    seen = np.ones((2, 10, 10))
    seen[1, :, :4] = 0
    seen[1, 0, 9] = 255
    mask = raster(tmp_path / "seen.tif", seen, dtype="uint8", nodata=255) + "#band=2"
    found = sum_cells(path, grid, "count", mask)
    assert found.total_in == 59
    assert mean_cells(path, grid, mask).values[found.coverage > 0] == pytest.approx(1)
    other = raster(tmp_path / "coarse.tif", np.ones((5, 5)))
    with pytest.raises(InputError, match=r"coarse\.tif: has other pixels than .*water\.tif"):
        sum_cells(path, grid, "count", other)


def test_a_stack_is_the_same_as_one_by_one(tmp_path, grid) -> None:
    """Several bands in one pass, and more rasters than go abreast."""
    pixels = np.random.default_rng(2).random((11, 30, 30)) - 0.1
    path = raster(tmp_path / "months.tif", pixels)
    hrefs = [f"{path}#band={band}" for band in range(1, 12)]
    for few in (hrefs, hrefs[:3]):
        for one, href in zip(sum_stack(few, grid, "density"), few, strict=True):
            alone = sum_cells(href, grid, "density")
            assert np.array_equal(one.values, alone.values, equal_nan=True)
            assert np.array_equal(one.coverage, alone.coverage)
            assert (one.total_in, one.total_outside) == (alone.total_in, alone.total_outside)
    kept = stacked(
        [*hrefs[:2], raster(tmp_path / "other.tif", np.ones((4, 4)))], lambda group: sum_stack(group, grid, "count")
    )
    assert list(kept) == hrefs[:2]


def test_tiles_side_by_side_are_one(tmp_path, grid) -> None:
    pixels = np.random.default_rng(1).normal(5.0, 1.0, (60, 60))
    whole = raster(tmp_path / "whole.tif", pixels)
    west = raster(tmp_path / "west.tif", pixels[:, :20], transform=from_origin(-24, -28, 1 / 60, 1 / 60))
    east = raster(tmp_path / "east.tif", pixels[:, 20:], transform=from_origin(-24 + 1 / 3, -28, 1 / 60, 1 / 60))
    one, both = sum_cells(whole, grid, "count"), sum_tiles([west, east], grid, "count")
    assert np.nan_to_num(both.values) == pytest.approx(np.nan_to_num(one.values), rel=1e-9)
    assert both.total_in == pytest.approx(one.total_in)
    mean, means = mean_cells(whole, grid), mean_tiles([west, east], grid)
    assert np.nan_to_num(means.values) == pytest.approx(np.nan_to_num(mean.values), rel=1e-9)
    assert means.mean_in == pytest.approx(mean.mean_in)
    assert means.coverage == pytest.approx(mean.coverage, abs=1e-6)
    assert mean_tiles([west], grid, {west: mean}) is mean
    with pytest.raises(PlacementError, match=r"over one another in \d+ cells: whole\.tif, east\.tif"):
        mean_tiles([whole, east], grid)
    nothing = raster(tmp_path / "nothing.tif", np.full((2, 2), np.nan), transform=from_origin(40, 40, 1, 1))
    assert np.isnan(mean_tiles([nothing, nothing], grid).mean_in)


@pytest.mark.parametrize(
    ("more", "band", "message"),
    [
        ({"crs": None}, 1, "no coordinate system"),
        ({"transform": rasterio.Affine(0.1, 0.02, -24, 0.02, -0.1, -28)}, 1, "rotated"),
        ({"transform": rasterio.Affine(-0.1, 0, -24, 0, -0.1, -28)}, 1, "rotated"),
        ({}, 2, "no band 2; it has 1"),
    ],
)
def test_what_cannot_be_summed_is_told(tmp_path, grid, more, band, message) -> None:
    path = raster(tmp_path / "odd.tif", np.ones((4, 4)), **more)
    with pytest.raises(InputError, match=message):
        sum_cells(f"{path}#band={band}", grid, "count")


def test_what_is_no_raster_is_told(tmp_path, grid) -> None:
    (tmp_path / "text.tif").write_text("people")
    with pytest.raises(InputError, match="cannot be read as a raster"):
        sum_cells(str(tmp_path / "text.tif"), grid, "count")
    path = Path(raster(tmp_path / "torn.tif", np.random.default_rng(1).random((200, 200)), compress="deflate"))
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(InputError, match="cannot be read as a raster"):
        sum_cells(str(path), grid, "count")


def test_no_cells_and_no_pixels_among_them(tmp_path, grid) -> None:
    path = raster(tmp_path / "people.tif", np.ones((4, 4)))
    assert sum_cells(path, Grid(np.empty(0, np.uint64), 5), "count").total_outside == 16
    far = raster(tmp_path / "far.tif", np.ones((4, 4)), transform=from_origin(40, 40, 1, 1))
    assert np.isnan(sum_cells(far, grid, "count").values).all()
    assert len(sum_stack([far] * 9, grid, "count")) == 9


FIJI = shapely.union_all([shapely.box(179, -18, 180, -17), shapely.box(-180, -18, -179, -17)])


@pytest.mark.parametrize(
    ("crs", "place"),
    [
        ("EPSG:4326", rasterio.Affine(0.1, 0, -180, 0, -0.1, -16.0)),
        ("EPSG:4326", rasterio.Affine(0.1, 0, 0, 0, -0.1, -16.0)),
        ("EPSG:3832", from_origin(2_600_000, -1_700_000, 10_000, 10_000)),
        ("ESRI:54009", from_origin(-18_000_000, -1_900_000, 10_000, 10_000)),
    ],
    ids=["degrees from -180", "degrees from 0", "Mercator of the Pacific", "Mollweide"],
)
def test_a_cell_on_the_antimeridian_has_all_its_pixels(tmp_path, crs, place) -> None:
    grid = grid_over(FIJI, 4)
    found = sum_cells(raster(tmp_path / "sea.tif", np.ones((60, 3600)), crs=crs, transform=place), grid, "density")
    assert found.coverage.min() > 0.999999
    assert found.values == pytest.approx(grid.area_km2, rel=5e-3)


@pytest.mark.parametrize("resolution", [0, 1, 2])
def test_the_whole_world_is_on_its_cells(tmp_path, resolution) -> None:
    """Both poles, all pentagons and the antimeridian: nothing is lost or counted twice."""
    cells = h3.get_res0_cells()
    grid = cells_of({child for cell in cells for child in h3.cell_to_children(cell, resolution)})
    pixels = np.random.default_rng(6).random((180, 360))
    found = sum_cells(raster(tmp_path / "world.tif", pixels, **WORLD), grid, "count")
    assert abs(found.total_outside) < 1e-9 * found.total_in
    assert found.coverage.min() > 1 - 1e-6
    turned = {"transform": from_origin(0, 90, 1, 1)}
    again = sum_cells(raster(tmp_path / "from0.tif", np.roll(pixels, 180, axis=1), **turned), grid, "count")
    assert again.values == pytest.approx(found.values, rel=1e-9)


@pytest.mark.parametrize(("lat", "crs"), [(90, "EPSG:3995"), (-90, "EPSG:3031")])
def test_the_cell_over_a_pole_is_summed_in_a_polar_projection(tmp_path, lat, crs) -> None:
    grid = cells_of(h3.grid_disk(h3.latlng_to_cell(lat, 0, 3), 1))
    place = {"transform": from_origin(-300_000, 300_000, 5_000, 5_000), "crs": crs}
    found = sum_cells(raster(tmp_path / "ice.tif", np.ones((120, 120)), **place), grid, "count")
    assert found.coverage.min() > 0.9999
    assert found.values * 25 == pytest.approx(grid.area_km2, rel=0.2), "edges are straight in degrees, and so are arcs"
    high = {"transform": from_origin(-180, 90 if lat > 0 else -80, 1, 0.1)}
    degrees = sum_cells(raster(tmp_path / "high.tif", np.ones((100, 360)), **high), grid, "density")
    assert degrees.coverage.min() > 0.9999
    assert degrees.values.sum() == pytest.approx(grid.area_km2.sum(), rel=0.06)


@pytest.mark.parametrize("resolution", [5, 6, 7])
def test_pentagons_and_the_cells_round_them_are_summed(tmp_path, resolution) -> None:
    pentagon = h3.get_pentagons(resolution)[3]
    grid = cells_of(h3.grid_disk(pentagon, 2))
    west, south, east, north = shapely.total_bounds(grid.polygons)
    size = {"transform": from_origin(west, north, (east - west) / 50, (north - south) / 50)}
    path = raster(tmp_path / "five.tif", np.random.default_rng(9).random((50, 50)), **size)
    ours = sum_cells(path, grid, "count").values
    assert ours == pytest.approx(theirs(path, grid, "sum"), rel=1e-6)


def test_what_a_projection_cannot_reach_is_left_out(tmp_path) -> None:
    """Of a plane that shows half the world, cells of the other half have nothing."""
    grid = grid_over(shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(179, 0, 180, 1)]), 3)
    plane = {"crs": "+proj=ortho +lat_0=0 +lon_0=0", "transform": from_origin(-2e6, 2e6, 4e4, 4e4)}
    found = sum_cells(raster(tmp_path / "half.tif", np.ones((100, 100)), **plane), grid, "count")
    assert (found.coverage[grid.lon < 90] > 0.999).all()
    assert np.isnan(found.values[grid.lon > 90]).all()


def test_mercators_pole_is_far_away_and_no_trouble(tmp_path) -> None:
    grid = cells_of({h3.latlng_to_cell(90, 0, 2)})
    plane = {"crs": "EPSG:3395", "transform": from_origin(-20_037_508, 40_000_000, 400_750, 400_000)}
    found = sum_cells(raster(tmp_path / "world.tif", np.ones((100, 100)), **plane), grid, "count")
    assert 0 < found.coverage[0] <= 1


def test_a_cell_smaller_than_a_pixel_is_known_by_what_lies_near(tmp_path, grid) -> None:
    coarse = raster(tmp_path / "coarse.tif", np.ones((3, 3)))
    fine = raster(tmp_path / "fine.tif", np.ones((90, 90)))
    utm = {"transform": from_origin(200_000, 6_900_000, 50_000, 50_000), "crs": "EPSG:32727"}
    assert set(pixel_support(coarse, grid)) == {Support.NEAR}
    assert set(pixel_support(fine, grid)) == {Support.CELL}
    assert set(pixel_support(raster(tmp_path / "utm.tif", np.ones((3, 3)), **utm), grid)) == {Support.NEAR}


def test_a_system_that_is_not_a_projection_has_its_seam_at_the_antimeridian() -> None:
    from pyproj import CRS

    assert mesh._seam(CRS.from_epsg(4978)) == 180
    assert mesh._seam(CRS.from_epsg(3832)) == 330


def test_months_of_averages_become_a_column(tmp_path, ground, seven, make_layer) -> None:
    """Rasters of indices: the mean by area of what is in force, with what it covers and how finely it is known."""
    west, south, east, north = shapely.total_bounds(seven.polygons)
    hrefs = [f"{tmp_path}/{month}.tif" for month in (1, 2, 3)]
    for href, size in zip(hrefs, (40, 40, 2), strict=True):
        pixels = np.full((size, size), -2.0)
        pixels[:, : size // 2] = np.nan
        place = from_origin(west, north, (east - west) / size, (north - south) / size)
        raster(Path(href), pixels * (hrefs.index(href) + 1), transform=place)
    days = [(f"2024-0{month}-01", f"2024-0{month + 1}-01") for month in (1, 2, 3)]
    records = [{"href": href, "start": first, "end": after} for href, (first, after) in zip(hrefs, days, strict=True)]
    layer = make_layer(records, kind="index", spread="intensive", unit="index")
    periods = period_range(date(2024, 1, 1), date(2024, 5, 1))
    result = merge([MergeInput("demo", layer)], ground, periods, {}, periods)
    measure = result.cube.measures["demo:m"]
    known = ~np.isnan(measure.values)
    assert known.sum(axis=1)[:3].min() >= 4
    assert not known[3:].any()
    for month in range(3):
        assert measure.values[month][known[month]] == pytest.approx(-2.0 * (month + 1), abs=1e-12)
    assert 0.1 < measure.coverage[0][known[0]].min() < 0.8
    assert measure.coverage[0].max() == 1
    assert [set(measure.support[month][known[month]]) for month in range(3)] == [{Support.CELL}] * 2 + [{Support.NEAR}]
    row = result.ledger[0]
    assert (row.records, row.accepted_total, row.cells_total, row.outside) == (1, -6.0, -6.0, ())


def test_an_average_of_nothing_is_unknown(tmp_path, ground, make_layer) -> None:
    href = raster(tmp_path / "nothing.tif", np.full((2, 2), np.nan))
    layer = make_layer([{"href": href}], kind="index", spread="intensive", unit="index")
    periods = period_range(date(2024, 1, 1), date(2024, 1, 1))
    result = merge([MergeInput("demo", layer)], ground, periods, {}, periods)
    assert np.isnan(result.cube.measures["demo:m"].values).all()
    assert result.ledger[0].accepted_total == 0


def test_a_real_raster_of_people_keeps_everybody(real_data) -> None:
    path = str(real_data / "global" / "population" / "gfdrr_TUN_POP.tif")
    with rasterio.open(path) as file:
        box = gpd.GeoSeries([shapely.box(*file.bounds)], crs=file.crs).to_crs("EPSG:4326").union_all()
    grid = grid_over(box, 6)
    found = sum_cells(path, grid, "count")
    assert abs(found.total_outside) < 1e-12 * found.total_in
    other = np.nan_to_num(theirs(path, grid, "sum"))
    assert np.abs(np.nan_to_num(found.values) - other).sum() / 2 / other.sum() < 1e-6
