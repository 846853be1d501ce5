"""Flood rasters: no data is not dry, tiles lie on other continents, and two modes answer two questions."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from checking import check_at
from faking import Fake, Question
from geotiff import geotiff
from rasterio._err import CPLE_NotSupportedError

from riskmap.errors import FetchError, InputError, ProviderRefused
from riskmap.grid.cells import grid_over
from riskmap.grid.merge import MergeInput, merge
from riskmap.grid.spread import Ground
from riskmap.model.area import Area
from riskmap.model.layer import Layer
from riskmap.model.period import period_range
from riskmap.model.raw import Raw
from riskmap.sources.flood_raster import FloodRaster
from riskmap.sources.vectors import areas_km2

SEEN = {"mode": "latest", "start": "2024-09-01"}
UTM = "EPSG:32636"


@pytest.fixture
def read(raw):
    def reading(
        pixels, name="flood.tif", west=30.0, north=2.0, size=1.0, crs="EPSG:4326", nodata=None, unseen=(255,), **options
    ):
        made = raw(geotiff(np.asarray(pixels, dtype=np.uint8), west, north, size, crs, nodata), name)
        return FloodRaster().read(made, SEEN | {"nodata": unseen} | options)

    return reading


def areas(layer: Layer) -> dict[float, shapely.Geometry]:
    table = layer.standing().table
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    values = np.array(table["value"].to_pylist())
    return {value: shapely.union_all(shapes[values == value]) for value in set(values.tolist())}


def test_flooded_dry_and_unseen_are_three_things(read) -> None:
    reading = read([[1, 0, 255], [0, 0, 255]])
    found = areas(reading.layer)
    assert found[1.0].equals(shapely.box(30, 1, 31, 2))
    assert found[0.0].equals(shapely.box(30, 0, 32, 2) - shapely.box(30, 1, 31, 2))
    assert "33.3% of the pixels not observed" in reading.notes[-1]
    assert set(reading.layer.table["overlap_group"].to_pylist()) == {"hazard-areas"}


def test_on_the_grid_dry_is_zero_and_unseen_is_unknown(read) -> None:
    area = shapely.box(30, 0, 33, 2)
    ground = Ground(grid_over(area, 4), {0: (Area("XMV", "Xamava", 0, area),)})
    days = period_range(date(2024, 9, 1), date(2024, 9, 1), "day")
    layer = read([[1, 0, 255], [0, 0, 255]]).layer
    (measure,) = merge([MergeInput("flood_raster", layer)], ground, days, {}, days).cube.measures.values()
    values, lon = measure.values[0], ground.grid.lon
    assert np.nanmax(values) == 1
    assert np.nanmin(values) == 0
    assert np.isnan(values[lon > 32.5]).all()
    assert not np.isnan(values[(lon > 30.3) & (lon < 31.7)]).any()


def test_the_files_own_nodata_is_not_dry_either(read) -> None:
    found = areas(read([[1, 0, 7]], nodata=7).layer)
    assert found[0.0].bounds[2] == 32


def test_a_mask_of_what_was_observed_goes_before_dry(read) -> None:
    pixels = [[[1, 0, 0]], [[1, 1, 0]]]
    assert areas(read(pixels, observed_band=2).layer)[0.0].equals(shapely.box(31, 1, 32, 2))
    with pytest.raises(InputError, match="has no band 3, only 2; mend the option observed_band"):
        read(pixels, observed_band=3)


def test_metres_are_brought_into_degrees_with_their_areas(read) -> None:
    """Twenty pixels of 20 m, counted: 0.008 km2; UTM makes them smaller by 0.08 % at its middle meridian."""
    pixels = np.zeros((40, 40))
    pixels[10:14, 10:15] = 1
    pixels[:, 30:] = 255
    found = areas(read(pixels, west=500_000, north=200_000, size=20.0, crs=UTM).layer)
    assert areas_km2([found[1.0]])[0] == pytest.approx(20 * 0.0004, rel=1e-3)
    assert areas_km2([found[0.0]])[0] == pytest.approx((1200 - 20) * 0.0004, rel=1e-3)


def test_a_large_raster_comes_in_windows_that_leave_no_seams(read) -> None:
    pixels = np.zeros((1100, 1300))
    pixels[1000:1050, 1000:1100] = 1
    reading = read(pixels, west=500_000, north=200_000, size=20.0, crs=UTM)
    records = reading.layer.table["record_id"].to_pylist()
    assert records == ["flood/flooded", *(f"flood/dry/{window}" for window in ("0/0", "0/1024", "1024/0", "1024/1024"))]
    found = areas(reading.layer)
    assert found[1.0].geom_type == "Polygon"
    assert areas_km2([found[1.0]])[0] == pytest.approx(5000 * 0.0004, rel=1e-3)
    assert areas_km2([found[0.0]])[0] == pytest.approx((1100 * 1300 - 5000) * 0.0004, rel=1e-3)


def test_a_raster_over_the_antimeridian_stays_small(read) -> None:
    found = areas(read([[1, 1]], west=179.5, north=1.0, size=0.5).layer)
    assert found[1.0].bounds == (-180, 0.5, 180, 1)
    wide = areas(read([[1] * 10], west=700_000, north=200_000, size=40_000, crs="EPSG:32660").layer)
    assert (wide[1.0].bounds[0], wide[1.0].bounds[2]) == (-180, 180)
    assert areas_km2([wide[1.0]])[0] == pytest.approx(10 * 1600, rel=0.02)


def test_what_was_seen_at_one_time_is_that_of_one_day(read) -> None:
    table = read([[1, 0]]).layer.table
    assert set(table["measure"].to_pylist()) == {"hazard_extent"}
    assert {f"{day:%m-%d}" for day in table["start"].to_pylist()} == {"09-01"}
    assert {f"{day:%m-%d}" for day in table["end"].to_pylist()} == {"09-02"}


def test_what_was_flooded_at_some_time_is_another_measure(read) -> None:
    table = read([[1, 0]], mode="cumulative", end="2024-09-15").layer.table
    assert set(table["measure"].to_pylist()) == {"cumulative_flood_extent"}


def test_a_file_of_the_provider_tells_its_day_by_its_name(read) -> None:
    name = "ENSEMBLE_FLOOD_20240915T003107_VV_AS020M_E027N015T3.tif"
    reading = read([[1, 0]], name, mode=None, start=None, published="2024-09-16")
    (first, _) = reading.layer.table.to_pylist()
    assert (f"{first['start']:%Y-%m-%d}", f"{first['published']:%Y-%m-%d}") == ("2024-09-15", "2024-09-16")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"mode": None}, "option mode is missing: 'latest'"),
        ({"start": None}, "option start is missing"),
        ({"mode": "cumulative"}, "option end is missing"),
        ({"end": "2024-09-01"}, "must come after start"),
        ({"mode": "newest"}, "option mode: Input should be 'latest' or 'cumulative'"),
        ({"band": 2}, "has no band 2"),
        ({"expect_bbox": [-74, 17, -71, 20]}, r"lies elsewhere: 30.00, 1.00 to 32.00, 2.00"),
        ({"crs": None}, "names no coordinate system"),
    ],
)
def test_what_is_missing_or_wrong_is_said(read, options, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read([[1, 0]], **options)


def test_values_that_mean_nothing_are_refused_and_never_dry(read) -> None:
    with pytest.raises(InputError, match="holds 2 pixels that are neither flooded, dry nor nodata, such as 2, 3"):
        read([[1, 0, 2, 3]])
    assert set(areas(read([[1, 0, 2, 3]], flooded=[1, 2], unseen=[3]).layer)) == {0.0, 1.0}


def test_anomalies_are_no_extent(raw) -> None:
    """GFDS has two values for no data and amounts in between."""
    pixels = np.array([[-32000, -(2**31), 540, 12]], dtype=np.int32)
    with pytest.raises(InputError, match="read amounts and anomalies by rasters"):
        FloodRaster().read(raw(geotiff(pixels, 30, 2, 0.09), "gfds.tif"), SEEN | {"nodata": [-32000, -(2**31)]})


def test_a_raster_outside_the_reach_of_its_system_lies_nowhere(read) -> None:
    with pytest.raises(InputError, match="its coordinate system does not reach"):
        read([[1, 0]], west=9e8, north=9e8, size=20.0, crs="ESRI:54009", expect_bbox=[29, 0, 31, 3])
    with pytest.raises(InputError, match="lies nowhere: pixels of 1 x 1 from nan, 2 on"):
        read([[1, 0]], west=np.nan)


def test_what_gdal_alone_has_a_name_for_is_refused_in_words(read, monkeypatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise CPLE_NotSupportedError(3, 6, "no such thing")

    monkeypatch.setattr("riskmap.sources.flood_raster_areas.outlines", failing)
    with pytest.raises(InputError, match=r"cannot be read as a raster: .*no such thing"):
        read([[1, 0]])


def test_a_footprint_that_meets_the_box_may_hold_nothing_there(read) -> None:
    reading = read([[255, 255, 1]], expect_bbox=[29, 0, 31.5, 3])
    assert "its footprint meets the expected box" in reading.notes[0]
    assert len(read([[255, 1, 1]], expect_bbox=[29, 0, 31.5, 3]).notes) == 1


def test_a_raster_in_which_nothing_was_seen_gives_nothing_and_says_so(read) -> None:
    reading = read([[255, 255]], expect_bbox=[29, 0, 31, 3])
    assert (reading.read, reading.accepted, len(reading.layer)) == (1, 0, 0)
    assert reading.quarantined == {"no pixel was observed": 1}


def test_a_later_state_takes_areas_back_that_it_lacks(read) -> None:
    early = read([[1, 0]], published="2024-09-01").layer
    late = read([[0, 0]], published="2024-09-03").layer
    assert set(areas(Layer.concat([late, early]))) == {0.0}
    drowned = read([[1, 1]], published="2024-09-04").layer
    assert set(areas(Layer.concat([drowned, late, early]))) == {1.0}


def test_rasters_too_large_are_refused_before_they_are_read(raw, monkeypatch) -> None:
    monkeypatch.setattr("riskmap.sources.flood_raster_areas._MOST_PIXELS", 1)
    with pytest.raises(InputError, match="cut it to the area"):
        FloodRaster().read(raw(geotiff(np.zeros((1, 2), np.uint8), 30, 2, 1), "flood.tif"), SEEN)


@pytest.mark.parametrize(
    ("path", "problem"),
    [("global/population/gfdrr_TUN_POP.tif", "neither flooded, dry nor nodata"), ("README.md", "cannot be read")],
)
def test_real_files_that_are_no_flood_are_refused(real_data, path: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        FloodRaster().read(Raw(real_data / path, path, ""), SEEN)


def tile(number: int) -> bytes:
    return geotiff(np.array([[1, 0, 255, *[0] * number]], dtype=np.uint8), 30, 2, 1.0, nodata=255)


ELSEWHERE = shapely.box(105, 10, 108, 13)


def scene(fake_url: str, number: int, outline: shapely.Geometry | None = None, **changes: object) -> dict[str, object]:
    href = f"{fake_url}/tiles/ENSEMBLE_FLOOD_{number}.tif"
    told = {
        "id": f"S1A_{number}",
        "geometry": json.loads(shapely.to_geojson(outline or shapely.box(30, 1, 33, 2))),
        "properties": {"datetime": "2024-01-05T03:00:00Z", "created": "2024-01-05T05:00:00Z"},
        "assets": {"ensemble_flood_extent": {"href": href}, "exclusion_mask": {"href": "https://elsewhere.example"}},
    }
    return told | changes


def catalogue(pages: list[list[dict[str, object]]], fakes: list[Fake], **link: str):
    """A provider with scenes in pages, each of which leads to the next."""

    def answer(question: Question) -> str | bytes | None:
        if question.path.startswith("/tiles/"):
            return tile(int(question.path.removesuffix(".tif").rsplit("_")[-1]))
        if question.path == "/collections/GFM":
            return json.dumps({"id": "GFM"})
        number = int(question.args.get("token", "0"))
        links = [{"rel": "self", "href": "x"}, "stray"]
        if number + 1 < len(pages):
            href = f"{fakes[0].url}/collections/GFM/items?token={number + 1}"
            links.append({"rel": "next", "href": href} | link)
        return json.dumps({"type": "FeatureCollection", "features": pages[number], "links": links})

    return answer


@pytest.fixture
def serve(provider):
    def serving(*pages: list[object], **link: str) -> Fake:
        fakes: list[Fake] = []
        made: list[list[object]] = []
        fakes.append(provider(catalogue(made, fakes, **link)))
        made.extend([item(fakes[0].url) if callable(item) else item for item in page] for page in pages)
        return fakes[0]

    return serving


BOX = {"bbox": "29,0,34,3"}


def test_all_pages_and_their_rasters_come_but_not_those_elsewhere(serve, ask, read_vault) -> None:
    first = [lambda url: scene(url, 1), lambda url: scene(url, 2, ELSEWHERE)]
    fake = serve(first, [lambda url: scene(url, 3), lambda url: scene(url, 4, geometry=None)])
    fetched = ask("flood_raster", fake.url, "UGA", options=BOX)
    assert [question.path for question in fake.asked] == [
        "/collections/GFM/items",
        "/tiles/ENSEMBLE_FLOOD_1.tif",
        "/collections/GFM/items",
        "/tiles/ENSEMBLE_FLOOD_3.tif",
    ]
    assert fake.asked[0].args == {
        "bbox": "29,0,34,3",
        "datetime": "2024-01-01T00:00:00Z/2024-01-31T23:59:59Z",
        "limit": "100",
    }
    assert fetched.payloads == 2
    (_, reading) = read_vault("flood_raster", expect_bbox=[29, 0, 34, 3])
    (wet, _) = reading.layer.table.to_pylist()
    assert (wet["event_id"], f"{wet['start']:%m-%d}", f"{wet['published']:%H:%M}") == ("S1A_3", "01-05", "05:00")


@pytest.mark.parametrize(
    ("changes", "error", "problem"),
    [
        ({"assets": {}}, FetchError, "has no ensemble_flood_extent"),
        ({"properties": {}}, FetchError, "has no ensemble_flood_extent or no datetime"),
        ({"properties": None}, FetchError, "answered with no list of scenes"),
        (
            {"assets": {"ensemble_flood_extent": {"href": "https://elsewhere.example/x.tif"}}},
            ProviderRefused,
            "none of its hosts",
        ),
    ],
)
def test_scenes_of_another_shape_are_an_error(serve, ask, changes, error, problem: str) -> None:
    with pytest.raises(error, match=problem):
        ask("flood_raster", serve([lambda url: scene(url, 1) | changes]).url, "UGA", options=BOX)


def test_a_next_page_by_post_is_refused_aloud(serve, ask) -> None:
    with pytest.raises(ProviderRefused, match="wants its next page asked for by POST"):
        ask("flood_raster", serve([], [], method="POST").url, "UGA", options=BOX)


@pytest.mark.parametrize("lie", [json.dumps({"code": "error"}), "[]", '{"features": ['])
def test_an_answer_that_is_no_list_is_asked_for_again(provider, ask, lie: str) -> None:
    lies = [lie]
    fake = provider(lambda _question: lies.pop() if lies else json.dumps({"type": "FeatureCollection", "features": []}))
    assert ask("flood_raster", fake.url, "UGA", options=BOX).payloads == 0
    assert len(fake.asked) == 2


def test_a_page_in_place_of_a_raster_is_no_raster(provider, ask) -> None:
    fakes: list[Fake] = []

    def answer(question: Question) -> str:
        if question.path.startswith("/tiles/"):
            return "<html>busy</html>"
        return json.dumps({"type": "FeatureCollection", "features": [scene(fakes[0].url, 1)], "links": None})

    fakes.append(provider(answer))
    with pytest.raises(FetchError, match="answered with what is no raster"):
        ask("flood_raster", fakes[0].url, "UGA", options=BOX)


def test_the_world_is_not_asked_for(serve, ask) -> None:
    fake = serve([])
    with pytest.raises(FetchError, match="name a country and its bbox"):
        ask("flood_raster", fake.url, "", (date(2024, 1, 1), date(2024, 1, 2)))
    assert fake.asked == []


def test_a_check_asks_for_the_collection(serve, provider, tmp_path: Path) -> None:
    fake = serve([])
    check_at("flood_raster", fake.url, tmp_path)
    assert [question.path for question in fake.asked] == ["/collections/GFM"]
    with pytest.raises(ProviderRefused, match="describes no collection GFM"):
        check_at("flood_raster", provider(lambda _question: "{}").url, tmp_path)
