"""Cuts: the squares under the cells, each pixel as it is and where it is, and none that no cell lies over."""

import io
from pathlib import Path

import h3
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.cuts import SQUARE, Cut, cut
from riskmap.grid.rasters import mean_cells, sum_cells

AREA = shapely.box(-23.7, -28.6, -23.3, -28.3)


class Bytes(io.BytesIO):
    """A stream that notes which bytes were read."""

    def __init__(self, content: bytes, read: np.ndarray) -> None:
        super().__init__(content)
        self.noted = read

    def read(self, size: int | None = -1) -> bytes:
        first = self.tell()
        found = super().read(size)
        self.noted[first : first + len(found)] = True
        return found


def raster(path: Path, pixels: np.ndarray, **more) -> Path:
    pixels = np.asarray(pixels)
    bands, height, width = (1, *pixels.shape)[-3:]
    profile = {
        "driver": "GTiff",
        "count": bands,
        "height": height,
        "width": width,
        "dtype": "float32",
        "nodata": -1.0,
        "crs": "EPSG:4326",
        "transform": from_origin(-24.0, -28.0, 1 / width, 1 / height),
        **more,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels.reshape(bands, height, width).astype(profile["dtype"]))
    return path


def taken(path: Path, grid: Grid) -> tuple[Path, Cut | None, float]:
    """The copy, what it holds, and the share of the file's bytes that were read for it."""
    content, target = path.read_bytes(), path.with_name(f"cut_{path.name}")
    noted = np.zeros(len(content), bool)
    found = cut(lambda: Bytes(content, noted), path.name, grid, target)
    return target, found, float(noted.mean())


def assert_same(path: Path, grid: Grid, band: int = 1) -> None:
    """To the last bit: sums, means and what they cover."""
    copy = path.with_name(f"cut_{path.name}")
    for found, whole in (
        (sum_cells(f"{one}#band={band}", grid, "density") for one in (copy, path)),
        (mean_cells(f"{one}#band={band}", grid) for one in (copy, path)),
    ):
        assert np.array_equal(found.values, whole.values, equal_nan=True)
        assert np.array_equal(found.coverage, whole.coverage)


TILES = {"tiled": True, "blockxsize": 128, "blockysize": 128}


@pytest.mark.parametrize(
    "layout",
    [TILES, TILES | {"compress": "deflate"}, TILES | {"blockxsize": 512, "blockysize": 512}, {}, {"compress": "lzw"}],
    ids=["tiles", "compressed", "large tiles", "strips", "compressed strips"],
)
def test_cells_have_the_same_of_a_part_as_of_the_whole(tmp_path, layout) -> None:
    grid = grid_over(AREA, 6)
    path = raster(tmp_path / "people.tif", np.random.default_rng(1).random((1500, 1700)) - 0.1, **layout)
    _, found, share = taken(path, grid)
    assert (found.of, found.squares) == (6 * 7, 14)
    assert share < 0.6
    assert_same(path, grid)


def test_a_small_area_of_a_large_raster_takes_a_small_share_of_its_bytes(tmp_path) -> None:
    path = raster(tmp_path / "people.tif", np.random.default_rng(1).random((4096, 4096)), **TILES)
    grid = grid_over(shapely.box(-23.52, -28.52, -23.5, -28.5), 7)
    copy, found, share = taken(path, grid)
    assert found.squares <= 4
    assert share < 0.02
    assert copy.stat().st_size < path.stat().st_size * 0.03
    assert_same(path, grid)


@settings(max_examples=25, deadline=None)
@given(
    west=st.floats(-24.2, -22.8), south=st.floats(-29.2, -27.8), size=st.floats(0.01, 0.6), resolution=st.integers(4, 6)
)
def test_wherever_the_area_lies_nothing_is_missing(tmp_path_factory, west, south, size, resolution) -> None:
    """Within the raster, across its edge, or beyond it."""
    path = raster(tmp_path_factory.mktemp("r") / "people.tif", np.random.default_rng(2).random((600, 700)), **TILES)
    grid = grid_over(shapely.box(west, south, west + size, south + size), resolution)
    _, found, _ = taken(path, grid)
    assert found.of == 9
    assert_same(path, grid)


def test_an_area_on_the_antimeridian_takes_both_edges_of_the_world_and_not_what_lies_between(tmp_path) -> None:
    fiji = shapely.union_all([shapely.box(179.5, -18, 180, -17), shapely.box(-180, -18, -179.5, -17)])
    world = {"transform": from_origin(-180, 90, 0.1, 0.1), **TILES}
    path = raster(tmp_path / "world.tif", np.random.default_rng(3).random((1800, 3600)), **world)
    grid = grid_over(fiji, 5)
    _, found, share = taken(path, grid)
    assert found.squares <= 4
    assert share < 0.1
    assert_same(path, grid)


@pytest.mark.parametrize(("crs", "lat"), [("EPSG:3995", 90), ("EPSG:3031", -90), ("ESRI:54009", -28.5)])
def test_a_projected_raster_is_cut_in_its_own_system(tmp_path, crs, lat) -> None:
    """A pole and its neighbourhood, and equal areas."""
    grid = Grid(np.array(sorted(map(h3.str_to_int, h3.grid_disk(h3.latlng_to_cell(lat, -23.5, 4), 2))), np.uint64), 4)
    side = {"transform": from_origin(-3_000_000, 3_000_000, 5_000, 5_000), "crs": crs, **TILES}
    if crs == "ESRI:54009":
        side["transform"] = from_origin(-4_000_000, -1_000_000, 5_000, 5_000)
    path = raster(tmp_path / "flat.tif", np.random.default_rng(4).random((1200, 1200)), **side)
    _, found, _ = taken(path, grid)
    assert 0 < found.squares < found.of / 2
    assert_same(path, grid)


def test_a_square_that_was_not_copied_is_unknown_and_never_zero(tmp_path) -> None:
    """Even where the file has no value for none of its own."""
    path = raster(tmp_path / "people.tif", np.ones((1500, 1700)), nodata=None, **TILES)
    copy, found, _ = taken(path, grid_over(AREA, 6))
    with rasterio.open(copy) as file:
        pixels = file.read(1, masked=True)
    assert pixels.count() == found.squares * SQUARE**2
    assert set(pixels.compressed()) == {1}


def test_bands_and_what_they_are_called_come_along(tmp_path) -> None:
    path = raster(tmp_path / "months.tif", np.random.default_rng(5).integers(0, 90, (3, 600, 600)), dtype="uint8",
                  nodata=255, **TILES)  # fmt: skip
    with rasterio.open(path, "r+") as file:
        file.update_tags(AREA_OR_POINT="Point", maker="demo")
        file.update_tags(2, month="February")
        file.set_band_description(2, "2024-02")
    grid = grid_over(AREA, 6)
    copy, _, _ = taken(path, grid)
    with rasterio.open(copy) as file:
        assert (file.descriptions, file.tags()["maker"], file.tags(2)["month"]) == (
            (None, "2024-02", None),
            "demo",
            "February",
        )
        assert file.transform == rasterio.open(path).transform
    for band in (1, 2, 3):
        assert_same(path, grid, band)


def test_the_same_cells_give_the_same_bytes(tmp_path) -> None:
    path = raster(tmp_path / "people.tif", np.random.default_rng(6).random((900, 900)), **TILES)
    first = taken(path, grid_over(AREA, 6))[0].read_bytes()
    assert taken(path, grid_over(AREA, 6))[0].read_bytes() == first


class TestRefused:
    """What cannot be read in parts is left to who can read it whole, or tell what is wrong with it."""

    @pytest.mark.parametrize(
        "more",
        [
            {"dtype": "int32", "nodata": None},
            {"crs": None},
            {"transform": rasterio.Affine(0.1, 0.02, -24, 0.02, -0.1, -28)},
        ],
        ids=["no value for none", "lies nowhere", "rotated"],
    )
    def test_by_what_it_says_of_itself(self, tmp_path, more) -> None:
        assert taken(raster(tmp_path / "odd.tif", np.ones((300, 300)), **more), grid_over(AREA, 6))[1] is None

    def test_by_a_mask_of_its_own(self, tmp_path) -> None:
        path = raster(tmp_path / "masked.tif", np.ones((300, 300)), nodata=None)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
            file.write_mask(np.eye(300, dtype=bool))
        assert taken(path, grid_over(AREA, 6))[1] is None

    def test_by_another_format(self, tmp_path) -> None:
        assert taken(raster(tmp_path / "other.img", np.ones((300, 300)), driver="HFA"), grid_over(AREA, 6))[1] is None

    def test_by_damage(self, tmp_path) -> None:
        path = raster(tmp_path / "torn.tif", np.random.default_rng(7).random((900, 900)), compress="deflate")
        path.write_bytes(path.read_bytes()[:-1_500_000])
        assert taken(path, grid_over(AREA, 6))[1] is None
        (tmp_path / "text.tif").write_text("people")
        assert taken(tmp_path / "text.tif", grid_over(AREA, 6))[1] is None


def test_no_cells_take_nothing(tmp_path) -> None:
    path = raster(tmp_path / "people.tif", np.ones((300, 300)))
    copy, found, _ = taken(path, Grid(np.empty(0, np.uint64), 6))
    assert found == Cut(0, 4)
    with rasterio.open(copy) as file:
        assert not file.read(1, masked=True).count()
