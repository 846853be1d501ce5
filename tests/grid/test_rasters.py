"""Rasters to cells: every pixel's people are somewhere, and where they belong."""

from pathlib import Path

import exactextract
import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from riskmap.errors import InputError
from riskmap.grid import rasters
from riskmap.grid.cells import grid_over
from riskmap.grid.rasters import sum_cells

AREA = shapely.box(-24.0, -29.0, -23.0, -28.0)


def raster(path: Path, pixels: np.ndarray, crs: str | None = "EPSG:4326", **more) -> str:
    height, width = pixels.shape[-2:]
    more = {"transform": from_origin(-24.0, -28.0, 1 / width, 1 / height), "nodata": -99999.0, **more}
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype="float32", crs=crs, **more
    ) as file:
        file.write(pixels.astype("float32"), 1)
    return str(path)


@pytest.fixture(scope="module")
def grid():
    return grid_over(AREA, 5)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.floats(0, 1e6), st.just(-99999.0), st.just(float("nan"))), min_size=9, max_size=9))
def test_the_total_is_on_the_cells_whatever_the_pixels(tmp_path_factory, grid, pixels) -> None:
    path = raster(tmp_path_factory.mktemp("r") / "people.tif", np.array(pixels).reshape(3, 3))
    found = sum_cells(path, grid, "count")
    known = np.array(pixels, np.float32).astype(float)
    total = known[known >= 0].sum()
    assert found.total_in == pytest.approx(total, rel=1e-6)
    assert np.nansum(found.values) + found.total_outside == pytest.approx(found.total_in, rel=1e-12)
    assert abs(found.total_outside) <= 1e-9 * max(total, 1)


def test_placement_agrees_with_an_independent_library(tmp_path, grid) -> None:
    pixels = np.random.default_rng(7).gamma(0.5, 200.0, (120, 120))
    path = raster(tmp_path / "people.tif", pixels)
    ours = sum_cells(path, grid, "count")
    cells = gpd.GeoDataFrame({"row": range(len(grid))}, geometry=list(grid.polygons), crs="EPSG:4326")
    theirs = exactextract.exact_extract(path, cells, "sum", output="pandas")["sum"].to_numpy()
    misplaced = np.abs(np.nan_to_num(ours.values) - theirs).sum() / 2 / theirs.sum()
    assert misplaced < 5e-4


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
    from pyproj import Geod

    km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(AREA, 0.02))[0]) / 1e6
    assert found.total_in == pytest.approx(2 * km2, rel=1e-4)


def test_a_projected_raster_is_summed_in_its_own_system(tmp_path, grid) -> None:
    """No pixel is resampled, so the total is that of the file."""
    utm = {"transform": from_origin(200_000, 6_900_000, 2_000, 2_000), "crs": "EPSG:32727"}
    found = sum_cells(raster(tmp_path / "utm.tif", np.full((40, 40), 3.0), **utm), grid, "count")
    assert found.total_in == 4_800
    assert np.nansum(found.values) + found.total_outside == pytest.approx(4_800, rel=1e-12)
    dense = sum_cells(raster(tmp_path / "utm2.tif", np.full((40, 40), 3.0), **utm), grid, "density")
    assert dense.total_in == pytest.approx(4_800 * 4)


def test_the_scan_gives_the_same_uncompiled(tmp_path, grid, monkeypatch) -> None:
    path = raster(tmp_path / "people.tif", np.arange(36.0).reshape(6, 6))
    compiled = sum_cells(path, grid, "count")
    for name in ("_scan", "_measure", "_crossing"):
        monkeypatch.setattr(rasters, name, getattr(rasters, name).py_func)
    plain = sum_cells(path, grid, "count")
    assert np.array_equal(compiled.values, plain.values, equal_nan=True)


def test_windows_do_not_show_in_the_result(tmp_path, grid, monkeypatch) -> None:
    path = raster(tmp_path / "people.tif", np.random.default_rng(3).random((90, 40)))
    whole = sum_cells(path, grid, "count")
    monkeypatch.setattr(rasters, "_WINDOW_ROWS", 7)
    assert np.nan_to_num(sum_cells(path, grid, "count").values) == pytest.approx(np.nan_to_num(whole.values), rel=1e-12)


@pytest.mark.parametrize(
    ("more", "band", "message"),
    [
        ({"crs": None}, 1, "no coordinate system"),
        ({"transform": rasterio.Affine(0.1, 0.02, -24, 0.02, -0.1, -28)}, 1, "rotated"),
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


def test_a_cell_on_the_antimeridian_takes_pixels_from_both_edges_of_the_world(tmp_path) -> None:
    both = shapely.union_all([shapely.box(179, -18, 180, -17), shapely.box(-180, -18, -179, -17)])
    world = {"transform": rasterio.Affine(0.1, 0, -180, 0, -0.1, -16.0)}
    found = sum_cells(raster(tmp_path / "world.tif", np.ones((40, 3600)), **world), grid_over(both, 4), "count")
    assert found.coverage.min() == 1
