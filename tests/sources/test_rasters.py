"""Any raster: the grid sums numbers and densities and averages averages; hazards become polygons."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest
import rasterio
import shapely
from geotiff import geotiff
from rasterio.io import MemoryFile

from riskmap.errors import InputError
from riskmap.grid.cells import grid_over
from riskmap.grid.merge import MergeInput, merge
from riskmap.grid.spread import Ground
from riskmap.model.area import Area
from riskmap.model.cube import Measure
from riskmap.model.layer import Layer
from riskmap.model.period import period_range
from riskmap.sources.rasters import Rasters
from riskmap.sources.vectors import areas_km2

AVERAGE = {
    "measure": "drought_index",
    "unit": "index",
    "theme": "disaster",
    "kind": "index",
    "spread": "intensive",
    "start": "2024-09-01",
    "end": "2024-10-01",
}
NUMBER = AVERAGE | {"measure": "livestock", "unit": "animals", "kind": "stock", "spread": "extensive"}
HAZARD = AVERAGE | {"measure": "wave_height", "unit": "m", "kind": "hazard"}
MOON = "IAU_2015:30100"
AREA = shapely.box(30, 0, 33, 2)


@pytest.fixture
def read(raw):
    def reading(
        pixels, given: Mapping[str, object] = AVERAGE, place=(30.0, 2.0, 1.0), crs="EPSG:4326", own=None, **options
    ):
        content = geotiff(np.asarray(pixels, dtype=options.pop("dtype", np.float32)), *place, crs, own)
        return Rasters().read(raw(content, "raster.tif"), {**given, **options})

    return reading


def on_grid(layer: Layer) -> Measure:
    ground = Ground(grid_over(AREA, 4), {0: (Area("XMV", "Xamava", 0, AREA),)})
    months = period_range(date(2024, 9, 1), date(2024, 9, 30))
    (measure,) = merge([MergeInput("rasters", layer)], ground, months, {}, months).cube.measures.values()
    return measure


def test_pixels_of_one_value_side_by_side_are_one_polygon(read) -> None:
    layer = read([[3, 3, 5], [3, 5, 5]], HAZARD).layer
    shapes = shapely.from_wkb(layer.table["geometry"].to_pylist())
    assert layer.table["value"].to_pylist() == [3, 5, 3, 5]
    assert [shape.bounds for shape in shapes] == [(30, 1, 32, 2), (32, 1, 33, 2), (30, 0, 31, 1), (31, 0, 33, 1)]
    assert layer.table["record_id"].to_pylist()[1] == "raster.tif#1/2024-09-01/0/2"


@pytest.mark.parametrize("given", [AVERAGE, HAZARD], ids=["by pixels", "by polygons"])
def test_an_average_reaches_the_grid_as_an_average(read, given) -> None:
    """Cells inside one pixel hold its value, those between two pixels something between; unknown pixels stay unknown."""
    measure = on_grid(read([[3, 3, np.nan], [3, 5, np.nan]], given).layer)
    values, coverage = measure.values[0], measure.coverage[0]
    assert np.nanmin(values) == pytest.approx(3)
    assert np.nanmax(values) == pytest.approx(5)
    assert np.isnan(values).any()
    whole = coverage > 0.999
    known = areas_km2(np.array([shapely.box(30, 0, 32, 2)], dtype=object))[0]
    assert whole.sum() > 5
    assert known < areas_km2(np.array([AREA], dtype=object))[0]


def test_numbers_are_summed_on_the_grid(read) -> None:
    reading = read([[10, 20, 30], [40, 50, 60]], NUMBER)
    assert reading.layer.table["href"].to_pylist()[0].endswith("raster.tif")
    assert np.nansum(on_grid(reading.layer).values) == pytest.approx(210, rel=1e-3)
    assert reading.notes == ("210 animals on 73,840 km2, taken as numbers, pixel by pixel",)


def test_what_others_count_as_well_is_told_by_the_case(read) -> None:
    layer = read([[10]], NUMBER | {"measure": "people", "unit": "people"}, overlap="residents").layer
    assert layer.table["overlap_group"].to_pylist() == ["residents"]


def test_densities_are_told_by_their_unit(read) -> None:
    reading = read([[1, 1, 1], [1, 1, 1]], NUMBER | {"unit": "animals/km2"})
    assert np.nansum(on_grid(reading.layer).values) == pytest.approx(73_840, rel=1e-3)
    assert "taken as a density (animals/km2)" in reading.notes[0]


def test_another_value_for_none_and_a_factor_are_heeded_by_the_grid_too(read) -> None:
    reading = read([[10, 20, 999], [40, 50, 60]], NUMBER, nodata=[999], scale=0.5)
    assert "90 animals" in reading.notes[0]
    assert np.nansum(on_grid(reading.layer).values) == pytest.approx(90, rel=1e-3)


def test_the_files_own_value_for_none_stays_none_beside_a_factor(read) -> None:
    own = read([[10, 20, 999], [40, 50, 60]], NUMBER, own=999, scale=2.0)
    assert np.nansum(on_grid(own.layer).values) == pytest.approx(360, rel=1e-3)


@pytest.fixture
def read_own(raw):
    def reading(own: float, given: Mapping[str, object], **options):
        pixels = np.array([[10, 20, 999], [40, 777, 60]], dtype=np.float32)
        return Rasters().read(raw(geotiff(pixels, 30, 2, 1, nodata=own), "raster.tif"), {**given, **options})

    return reading


def test_several_values_stand_for_none_beside_the_files_own(read_own) -> None:
    both = read_own(999, NUMBER, nodata=[777, -1], scale=0.5)
    assert "65 animals" in both.notes[0]
    assert np.nansum(on_grid(both.layer).values) == pytest.approx(65, rel=1e-3)
    assert "907 animals" in read_own(999, NUMBER, nodata=[-32000, -(2**31)]).notes[0]
    assert "1,129 animals" in read_own(-1, NUMBER, nodata=[777]).notes[0]
    averaged = read_own(999, AVERAGE, nodata=[777, 10, 60, np.nan])
    assert "20 to 40, on average 30" in averaged.notes[0]
    values = on_grid(averaged.layer).values
    assert 20 <= np.nanmin(values) < np.nanmax(values) <= 40


def test_a_mask_of_its_own_holds_beside_a_factor(raw) -> None:
    with MemoryFile(geotiff(np.array([[10, 20, 30], [40, 50, 60]], np.float32), 30, 2, 1)) as memory:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), memory.open() as file:
            profile, pixels = file.profile, file.read()
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as other:
            with other.open(**profile) as file:
                file.write(pixels)
                file.write_mask(np.array([[True, True, False], [True, True, True]]))
            content = bytes(other.read())
    assert "360 animals" in Rasters().read(raw(content, "raster.tif"), NUMBER | {"scale": 2.0}).notes[0]
    averaged = Rasters().read(raw(content, "raster.tif"), AVERAGE | {"scale": 2.0})
    assert "20 to 120" in averaged.notes[0]
    assert np.nanmax(on_grid(averaged.layer).values) <= 120


def test_pixels_and_polygons_are_the_same_averages(read) -> None:
    """Whole, scaled, in part, and in metres."""
    pixels = np.random.default_rng(1).normal(0, 5, (20, 30)).round(2)
    pixels[3:6, 4:12] = np.nan
    cases = [
        {"place": (30.0, 2.0, 0.1)},
        {"place": (30.0, 2.0, 0.1), "scale": 0.25},
        {"place": (30.0, 2.0, 0.1), "bbox": [30.55, 0.45, 31.95, 1.75]},
        {"place": (200_000.0, 200_000.0, 8_000.0), "crs": "EPSG:32636"},
    ]
    for words in cases:
        averaged, outlined = (read(pixels, given, dtype=np.float64, **words) for given in (AVERAGE, HAZARD))
        by_pixels, by_polygons = on_grid(averaged.layer), on_grid(outlined.layer)
        assert np.array_equal(np.isnan(by_pixels.values), np.isnan(by_polygons.values))
        assert by_pixels.values == pytest.approx(by_polygons.values, abs=0.02, nan_ok=True)
        ours, theirs = (reading.notes[0].partition(" km2: ") for reading in (averaged, outlined))
        assert ours[2].partition(", on average")[0] == theirs[2].partition(", on average")[0]


def test_two_values_for_none_as_those_of_gfds(read) -> None:
    pixels = np.array([[-32000, -(2**31), 540], [0, 12, 540]], dtype=np.int32)
    outlined = read(pixels, HAZARD, dtype=np.int32, nodata=[-32000, -(2**31)])
    assert outlined.layer.table["value"].to_pylist() == [540, 0, 12, 540]
    averaged = read(pixels, dtype=np.int32, nodata=[-32000, -(2**31)])
    assert "0 to 540, on average 272.98 index" in averaged.notes[0]
    for reading in (outlined, averaged):
        assert "33.3% of the pixels are unknown" in reading.notes[0]
    by_polygons, by_pixels = (on_grid(reading.layer) for reading in (outlined, averaged))
    assert by_pixels.values == pytest.approx(by_polygons.values, rel=1e-4, nan_ok=True)


def test_below_zero_is_a_value_of_an_average_and_unknown_in_a_sum(read) -> None:
    assert read([[-2, 1, 1]], HAZARD).layer.table["value"].to_pylist() == [-2, 1]
    assert read([[-2, 1, 1]]).notes[0].startswith("3 pixels on 36,914 km2: -2 to 1, on average 0 ")
    assert "1 negative pixels that are not nodata are unknown" in read([[-2, 1, 1]], NUMBER).notes


def test_bands_are_chosen_by_number(read) -> None:
    bands = [[[1, 2]], [[30, 40]]]
    assert read(bands, HAZARD, band=2).layer.table["value"].to_pylist() == [30, 40]
    assert read(bands, band=2).layer.table["href"].to_pylist()[0].endswith("raster.tif#band=2")
    assert "60 to 80" in read(bands, band=2, scale=2.0).notes[0]
    assert read(bands, NUMBER, band=2).layer.table["href"].to_pylist()[0].endswith("raster.tif#band=2")
    assert "35 animals" in read(bands, NUMBER, band=2, scale=0.5).notes[0]
    with pytest.raises(InputError, match="has no band 3"):
        read(bands, band=3)


def test_only_pixels_that_touch_a_box_are_read(read) -> None:
    box, pixels = [31.2, 0.2, 31.8, 0.8], [[1, 2, 3], [4, 5, 6]]
    averaged = read(pixels, bbox=box)
    assert averaged.notes[0].endswith("km2: 5 to 5, on average 5 index; 0.0% of the pixels are unknown")
    values = on_grid(averaged.layer).values
    assert set(values[~np.isnan(values)]) == {5.0}
    reading = read(pixels, HAZARD, bbox=box)
    assert reading.layer.table["value"].to_pylist() == [5]
    assert reading.layer.table["record_id"].to_pylist() == ["raster.tif#1/2024-09-01/1/1"]


@pytest.mark.parametrize("given", [AVERAGE, HAZARD], ids=["by pixels", "by polygons"])
def test_a_raster_elsewhere_is_refused(read, given) -> None:
    with pytest.raises(InputError, match=r"lies elsewhere: 30.00, 0.00 to 33.00, 2.00, which is outside"):
        read([[1, 2, 3], [4, 5, 6]], given, bbox=[-74, 17, -71, 20])


def test_metres_are_brought_into_degrees_with_their_areas(read) -> None:
    shapes = shapely.from_wkb(
        read([[1] * 200, [2] * 200], HAZARD, place=(400_000, 500_000, 1000), crs="EPSG:32636")
        .layer.table["geometry"]
        .to_pylist()
    )
    assert areas_km2(shapes) == pytest.approx([200, 200], rel=2e-3)
    assert len(shapely.get_coordinates(shapes[0])) > 5


def test_longitudes_up_to_360_and_the_antimeridian(read) -> None:
    (shape,) = shapely.from_wkb(read([[7, 7]], HAZARD, place=(179.0, 1.0, 1.0)).layer.table["geometry"].to_pylist())
    assert shape.bounds == (-180, 0, 180, 1)
    (east,) = shapely.from_wkb(read([[7]], HAZARD, place=(200.0, 1.0, 1.0)).layer.table["geometry"].to_pylist())
    assert east.bounds == (-160, 0, -159, 1)
    (utm,) = shapely.from_wkb(
        read([[7] * 10], HAZARD, place=(700_000, 200_000, 40_000), crs="EPSG:32660").layer.table["geometry"].to_pylist()
    )
    assert (utm.bounds[0], utm.bounds[2]) == (-180, 180)


def test_bits_that_warn_whoever_touches_them_are_unknown_like_any_nan(read) -> None:
    pixels = np.array([[1, 2, 0]], np.float32)
    pixels.view(np.uint32)[0, 2] = 0x7FA00000
    assert read(pixels, HAZARD).layer.table["value"].to_pylist() == [1, 2]
    assert read(pixels).notes[0].startswith("2 pixels on")
    assert read(pixels, NUMBER).notes[0].startswith("3 animals")


def test_values_beyond_all_numbers_are_refused(read) -> None:
    """When they are scaled, and when they are summed; that of a polygon is one of them still."""
    huge = [[1e308, 1e308]]
    assert "on average 1e+308" in read(huge, HAZARD, dtype=np.float64).notes[0]
    for given, pixels in ((HAZARD, huge), (AVERAGE, [[1e300]])):
        with pytest.raises(InputError, match=r"times 1e\+09 go beyond all numbers; mend the option scale"):
            read(pixels, given, dtype=np.float64, scale=1e9)
    for given in (NUMBER, AVERAGE):
        for pixels in (huge, [[1e308, 1e308], [-1e308, -1e308]]):
            with pytest.raises(InputError, match=r"its values reach 1e\+308 and have no sum"):
                read(pixels, given, dtype=np.float64)


def test_complex_numbers_are_no_values(read) -> None:
    with pytest.raises(InputError, match="band 1 holds complex numbers"):
        read([[1j]], dtype=np.complex64)


def test_a_box_that_the_system_of_a_raster_does_not_reach_is_told(read) -> None:
    with pytest.raises(InputError, match="its coordinate system does not reach"):
        read([[1]], place=(0.0, 0.0, 1000.0), crs="+proj=gnom +lat_0=90 +datum=WGS84", bbox=[10, -90, 20, -80])


@pytest.mark.parametrize("given", [AVERAGE, HAZARD], ids=["by pixels", "by polygons"])
def test_a_raster_without_any_value_gives_nothing_and_says_so(read, given) -> None:
    reading = read([[np.nan, -9999]], given, nodata=[-9999])
    assert (reading.read, reading.accepted, dict(reading.quarantined)) == (1, 0, {"no pixel has a value": 1})


@pytest.mark.parametrize(
    ("place", "crs", "problem"),
    [
        ((30.0, 95.0, 1.0), "EPSG:4326", "its pixels lie nowhere on Earth"),
        ((9000.0, 2.0, 1.0), "EPSG:4326", "its pixels lie nowhere on Earth"),
        ((30.0, 90.0, 1e-7), "EPSG:4326", "its pixels have no area"),
        ((30.0, 2.0, 1e-20), "EPSG:4326", "lies nowhere: pixels of 1e-20 x 1e-20 from 30, 2 on"),
        ((30.0, 1e300, 1.0), "EPSG:4326", "lies nowhere"),
        ((np.nan, 2.0, 1.0), "EPSG:4326", "lies nowhere"),
        ((np.inf, 2.0, 1.0), "EPSG:4326", "lies nowhere"),
        ((30.0, 2.0, 1.0), MOON, "its coordinate system is none on Earth"),
        ((30.0, 2.0, 1.0), None, "names no coordinate system"),
    ],
)
@pytest.mark.parametrize("given", [AVERAGE, HAZARD], ids=["by pixels", "by polygons"])
def test_a_raster_that_lies_nowhere_is_refused(
    read, given, place: tuple[float, ...], crs: str | None, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        read([[1, 2]], given, place=place, crs=crs)


def test_when_it_was_given_out_is_its_version(read) -> None:
    (first, second) = (read([[value]], HAZARD, published=f"2024-10-0{value}").layer for value in (3, 5))
    assert Layer.concat([second, first]).standing().table["value"].to_pylist() == [5]
    (first, second) = (read([[value]], published=f"2024-10-0{value}").layer for value in (3, 5))
    assert Layer.concat([second, first]).standing().table["version"].to_pylist() == ["2024-10-05"]


@pytest.mark.parametrize("limit", ["MOST_PIXELS", "MOST_RUNS"])
def test_what_would_be_too_many_polygons_is_refused(read, monkeypatch, limit: str) -> None:
    monkeypatch.setattr(f"riskmap.sources.rasters_runs.{limit}", 2)
    with pytest.raises(InputError, match="give the option bbox"):
        read([[1, 2, 3]], HAZARD)
    assert read([[1, 2, 3]]).accepted == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"measure": None}, "option measure"),
        ({"measure": "Drought Index"}, "option measure: String should match"),
        ({"unit": ""}, "option unit"),
        ({"kind": "flow"}, "option kind"),
        ({"kind": "stock"}, "it is extensive"),
        ({"spread": "extensive"}, "a kind of index does not add up over an area"),
        ({"kind": "exposure", "spread": "extensive", "bbox": [0, 0, 1, 1]}, "bbox is for intensive rasters"),
        ({"end": "2024-09-01"}, "must come after start"),
        ({"scale": 0}, "option scale"),
        ({"overlap": "sheep"}, "overlap is one of"),
    ],
)
def test_options_that_make_no_sense_are_refused(read, options: Mapping[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read([[1]], **options)


def test_the_real_density_of_africa_is_another_raster_than_counts(read_real) -> None:
    """3.70 million as a sum of pixels, 1.21 billion after multiplying by their areas; nodata is a float32's least."""
    path = "global/population/worldpop_AFRICA_afripop2020_20km.tif"
    given = NUMBER | {"measure": "people", "theme": "population"}
    counts, densities = (read_real("rasters", path, **given | {"unit": unit}) for unit in ("people", "people/km2"))
    assert counts.notes[0].startswith("3.7006e+06 people on ")
    assert densities.notes[0].startswith("1.21")
    averaged = read_real("rasters", path, **HAZARD | {"unit": "people/km2"}, bbox=[40, -2, 46, 5])
    assert min(averaged.layer.table["value"].to_pylist()) >= 0
    by_pixels = read_real("rasters", path, **AVERAGE | {"unit": "people/km2", "kind": "exposure"}, bbox=[40, -2, 46, 5])
    assert by_pixels.notes[0].partition(" km2: ")[2] == averaged.notes[0].partition(" km2: ")[2]


def test_the_real_land_areas_of_an_island_by_pixel(read_real) -> None:
    path = "global/population/gpw_PRT_saomiguel_gpw_v411_2020_density_2020.tif"
    outlined = read_real("rasters", path, **HAZARD | {"unit": "people/km2"})
    assert outlined.accepted == 1
    assert len(outlined.layer) > 100
    averaged = read_real("rasters", path, **AVERAGE | {"measure": "density", "unit": "people/km2", "kind": "exposure"})
    assert averaged.notes[0].partition(" km2: ")[2] == outlined.notes[0].partition(" km2: ")[2]
    with pytest.raises(InputError, match="lies elsewhere"):
        read_real("rasters", path, **AVERAGE, bbox=[30, 0, 31, 1])
