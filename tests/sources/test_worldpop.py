"""Population rasters are checked before the grid sums them."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.worldpop import WorldPop

COUNT = {"quantity": "count"}


@pytest.fixture
def write(tmp_path):
    """A raster of the given pixels, a degree each from 10 E 2 N unless told otherwise."""

    def make(pixels, name: str = "xmv_pop_2024.tif", **profile: object) -> Raw:
        band = np.atleast_2d(np.asarray(pixels))
        told = {"driver": "GTiff", "height": band.shape[0], "width": band.shape[1], "count": 1, "dtype": band.dtype}
        told |= {"crs": "EPSG:4326", "transform": from_origin(10, 2, 1, 1), "nodata": -99999}
        with rasterio.open(tmp_path / name, "w", **(told | profile)) as raster:
            raster.write(band, 1)
        return Raw(tmp_path / name, name, "")

    return make


@pytest.fixture
def people(write) -> Raw:
    """Six people in three pixels, and one that is not known."""
    return write(np.array([[1, 2], [3, -99999]], np.float32))


def test_a_raster_is_one_record_that_names_it(people: Raw) -> None:
    reading = WorldPop().read(people, COUNT)
    (record,) = reading.layer.table.to_pylist()
    assert (record["measure"], record["kind"], record["spread"], record["theme"]) == (
        "population",
        "stock",
        "extensive",
        "population",
    )
    assert (record["unit"], record["value"], record["pcode"], record["href"]) == (
        "people",
        None,
        None,
        people.path.as_posix(),
    )
    assert (f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}") == ("2024-01-01", "2025-01-01")
    assert (reading.read, reading.accepted, record["licence"]) == (1, 1, "CC-BY-4.0")


def test_count_and_density_differ_by_the_area_of_a_pixel(people: Raw) -> None:
    # On WGS84 a one-degree pixel has 12,304.8 km2 at 1 to 2 N and 12,308.5 km2 at 0 to 1 N.
    count, density = (WorldPop().read(people, {"quantity": one}) for one in ("count", "density"))
    told = "year 2024 is taken from the file's name"
    assert count.notes == (told, "6 people on 36,918 km2 taken as count; taken otherwise they would be 73,840")
    assert density.notes == (told, "73,840 people on 36,918 km2 taken as density; taken otherwise they would be 6")
    assert density.layer.table["unit"].to_pylist() == ["people/km2"]


def test_a_pixel_in_metres_has_the_same_area_everywhere(write) -> None:
    raw = write(np.array([[5.0]], np.float32), crs="EPSG:32738", transform=from_origin(500000, 9000000, 100, 100))
    assert WorldPop().read(raw, {"quantity": "density"}).notes[1].startswith("0 people on 0 km2")
    raw = write(np.array([[5.0]], np.float32), crs="EPSG:32738", transform=from_origin(500000, 9000000, 10000, 10000))
    assert WorldPop().read(raw, {"quantity": "density"}).notes[1].startswith("500 people on 100 km2")


def test_count_or_density_must_be_said(people: Raw) -> None:
    with pytest.raises(InputError, match=r"option quantity is missing: 'count' where .* the file does not say"):
        WorldPop().read(people, {})
    with pytest.raises(InputError, match="option quantity: Input should be 'count' or 'density'"):
        WorldPop().read(people, {"quantity": "people"})


def test_the_year_is_told_or_stands_in_the_name(write) -> None:
    pixels = np.ones((1, 1), np.float32)
    for name in ("population.tif", "pop_2015_to_2020.tif"):
        with pytest.raises(InputError, match="option year is missing"):
            WorldPop().read(write(pixels, name), COUNT)
    reading = WorldPop().read(write(pixels, "population.tif"), COUNT | {"year": 2020})
    assert f"{reading.layer.table['start'][0].as_py():%Y}" == "2020"


def test_negative_pixels_are_unknown_and_told(write) -> None:
    reading = WorldPop().read(write(np.array([[5, -1]], np.float32)), COUNT)
    assert "1 negative pixels that are not nodata are unknown" in reading.notes


@pytest.mark.parametrize(("pixels", "dtype"), [([255, 3], np.uint8), ([-32768, 3], np.int16), ([32767, 3], np.int16)])
def test_integers_at_the_end_of_their_type_have_overflowed(write, pixels: list[int], dtype: type) -> None:
    with pytest.raises(InputError, match=r"reach the end of u?int"):
        WorldPop().read(write(np.array(pixels, dtype), nodata=None), COUNT)


def test_integers_within_their_type_are_fine(write) -> None:
    assert WorldPop().read(write(np.array([254, 3], np.uint8), nodata=None), COUNT).accepted == 1


def test_a_density_taken_for_a_count_is_suspected(write) -> None:
    sparse = write(np.full((4, 4), 100, np.float32))
    assert "only 0.0081 people per km2: this looks like a density, not a count" in WorldPop().read(sparse, COUNT).notes


def test_more_people_than_the_world_has_are_suspected(write) -> None:
    crowded = write(np.full((1, 1), 1e7, np.float32))
    notes = WorldPop().read(crowded, {"quantity": "density"}).notes
    assert "more people than the world has: this looks like a count" in notes
    crowded = write(np.full((1, 1), 2e10, np.float64))
    assert "more people than the world has: this looks like a density" in WorldPop().read(crowded, COUNT).notes


def test_many_rows_are_read_in_windows(write) -> None:
    tall = np.zeros((1500, 1), np.float32)
    tall[-1] = 7
    tall[:1100] = -99999
    raw = write(tall, transform=from_origin(10, 2, 0.001, 0.001))
    assert WorldPop().read(raw, COUNT).notes[1].startswith("7 people on ")


def test_what_is_no_population_raster_is_refused(write, raw) -> None:
    with pytest.raises(InputError, match="names no coordinate system"):
        WorldPop().read(write(np.ones((1, 1), np.float32), crs=None), COUNT)
    with pytest.raises(InputError, match="has no band 2, only 1"):
        WorldPop().read(write(np.ones((1, 1), np.float32)), COUNT | {"band": 2})
    with pytest.raises(InputError, match="holds no value at all"):
        WorldPop().read(write(np.full((1, 1), -99999, np.float32)), COUNT)
    with pytest.raises(InputError, match="cannot be read as a raster"):
        WorldPop().read(raw("nothing", "pop_2020.tif"), COUNT)


@pytest.mark.parametrize(
    ("path", "quantity", "told"),
    [
        ("worldpop_AFRICA_afripop2020_20km.tif", "density", "1,213,215,648 people"),
        ("gpw_PRT_saomiguel_gpw_v411_2020_count_2020.tif", "count", "145,603 people"),
    ],
)
def test_real_rasters(read_real, path: str, quantity: str, told: str) -> None:
    assert read_real("worldpop", f"global/population/{path}", quantity=quantity).notes[1].startswith(told)


def test_the_real_density_taken_for_a_count_is_suspected(read_real) -> None:
    reading = read_real("worldpop", "global/population/worldpop_AFRICA_afripop2020_20km.tif", quantity="count")
    assert reading.notes[-1] == "only 0.12 people per km2: this looks like a density, not a count"


def test_the_sample_has_its_people(sample_data) -> None:
    reading = WorldPop().read(Raw(sample_data / "worldpop_2024.tif", "worldpop_2024.tif", ""), COUNT | {"year": 2024})
    assert reading.notes[0].startswith("1,914,372 people")


def test_a_band_other_than_the_first_stands_behind_the_path(write) -> None:
    raw = write(np.full((1, 1), 5, np.float32), count=2)
    with rasterio.open(raw.path, "r+") as raster:
        raster.write(np.full((1, 1), 7, np.float32), 2)
    reading = WorldPop().read(raw, COUNT | {"band": 2})
    assert reading.notes[1].startswith("7 people")
    assert reading.layer.table["href"].to_pylist() == [f"{raw.path.as_posix()}#band=2"]
