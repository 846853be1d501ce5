"""GHS-POP: equal-area counts that are never moved onto other pixels."""

import math
from datetime import date

import numpy as np
import pytest
import shapely
from faking import Answer, Question
from pictures import MOLLWEIDE, picture, zipped
from pyproj import Transformer
from rasterio.transform import from_origin

from riskmap.errors import FetchError, InputError
from riskmap.grid.cells import grid_over
from riskmap.grid.merge import MergeInput, merge
from riskmap.grid.spread import Ground
from riskmap.model.area import Area
from riskmap.model.period import period_range
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.ghs_pop import GhsPop
from riskmap.sources.sight import look

NAME = "GHS_POP_E2020_GLOBE_R2023A_54009_1000_V1_0"
WEST, NORTH = 4_400_000, 1_200_000
"""A corner in the Horn of Africa, in Mollweide metres, far from its central meridian."""


def tile(pixels, side_m: float = 1000.0, **profile: object) -> bytes:
    """A raster in equal-area metres, with the provider's nodata."""
    told = {"crs": MOLLWEIDE, "transform": from_origin(WEST, NORTH, side_m, side_m), "nodata": -200}
    return picture(np.asarray(pixels, np.float64), **(told | profile))


@pytest.fixture
def read_tile(raw):
    """What is made of a raster under a name."""

    def reading(content: bytes, name: str = f"{NAME}.tif"):
        return GhsPop().read(raw(content, name), {})

    return reading


def test_a_raster_is_one_record_in_force_until_the_next_epoch(read_tile) -> None:
    reading = read_tile(tile([[1.5, 2.25], [-200, 3]]))
    (record,) = reading.layer.table.to_pylist()
    assert (record["record_id"], record["version"], record["unit"]) == (
        "54009/1000/GLOBE/2020",
        "R2023A.V1_0",
        "people",
    )
    assert (f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}") == ("2020-01-01", "2025-01-01")
    assert (record["preliminary"], record["overlap_group"]) == (False, "residents")
    assert reading.notes == (
        "epoch 2020, R2023A, EPSG/ESRI 54009, 1000, the whole world: in force until the next epoch",
        "7 people on 3 km2 taken as count; taken otherwise they would be 7",
    )


def test_a_projection_is_preliminary_and_told(read_tile) -> None:
    reading = read_tile(tile([[1]]), "GHS_POP_E2030_GLOBE_R2023A_54009_1000_V1_0_R9_C23.tif")
    assert reading.layer.table["preliminary"].to_pylist() == [True]
    assert reading.notes[0].startswith("epoch 2030, a projection, R2023A, EPSG/ESRI 54009, 1000, R9_C23")


def test_nodata_of_minus_200_counts_nobody(read_tile) -> None:
    assert read_tile(tile([[-200, 4]])).notes[1].startswith("4 people on 1 km2")
    untold = read_tile(tile([[-200, 4]], nodata=None))
    assert "1 negative pixels that are not nodata are unknown" in untold.notes


def test_the_raster_inside_a_zip_file_is_read_in_place(read_tile) -> None:
    reading = read_tile(zipped({f"{NAME}.tif": tile([[5]]), "readme.pdf": b"%PDF"}), f"{NAME}.zip")
    assert reading.layer.table["href"][0].as_py().endswith(f"{NAME}.zip}}/{NAME}.tif")
    assert reading.accepted == 1


def test_counts_moved_onto_degrees_by_the_provider_are_told(read_tile) -> None:
    name = "GHS_POP_E2020_GLOBE_R2023A_4326_30ss_V1_0.tif"
    degrees = tile([[5]], crs="EPSG:4326", transform=from_origin(45, 2, 30 / 3600, 30 / 3600))
    assert read_tile(degrees, name).notes[-1] == (
        "its provider has moved the counts onto degrees; the equal-area file (54009) keeps them as they were made"
    )


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (tile([[5]], crs="EPSG:4326", transform=from_origin(45, 2, 0.01, 0.01)), f"{NAME}.tif", "but it is in longlat"),
        (tile([[5]], side_m=5000), f"{NAME}.tif", "but its pixels are 5000 wide: resampling counts changes"),
        (tile([[5]]), "people.tif", "'people.tif' is no name of GHS-POP's"),
        (zipped({"a.txt": b""}), f"{NAME}.zip", "holds no raster"),
        (zipped({"people.tif": tile([[5]])}), f"{NAME}.zip", "'people.tif' is no name of GHS-POP's"),
        (b"PK\x03\x04 cut short", f"{NAME}.zip", "cannot be read as a zip file"),
    ],
)
def test_what_was_changed_on_its_way_is_refused(read_tile, content: bytes, name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_tile(content, name)


def test_it_takes_no_options(raw) -> None:
    with pytest.raises(InputError, match="option year: is not known"):
        GhsPop().read(raw(tile([[1]]), f"{NAME}.tif"), {"year": 2020})


@pytest.mark.parametrize(("name", "claimed"), [(f"{NAME}.tif", True), (f"{NAME}_R9_C23.tif", True), ("a.tif", False)])
def test_it_claims_files_by_name(raw, name: str, claimed: bool) -> None:
    assert GhsPop().recognises(look(raw(tile([[1]]), name))) == claimed
    assert GhsPop().recognises(look(raw(zipped({f"{NAME}/{name}": b"", "b.pdf": b""}), "download.zip"))) == claimed


def test_the_total_is_kept_when_cells_take_equal_area_pixels(read_tile) -> None:
    """Its pixels of 1 km, summed in their own system over a country that holds all of them."""
    pixels = np.random.default_rng(7).gamma(0.3, 400, (40, 30))
    layer = read_tile(tile(pixels)).layer
    corners = [(WEST, NORTH), (WEST + 30_000, NORTH), (WEST + 30_000, NORTH - 40_000), (WEST, NORTH - 40_000)]
    outline = shapely.Polygon(corners).segmentize(1000)
    to_degrees = Transformer.from_crs(MOLLWEIDE, "OGC:CRS84", always_xy=True)
    country = shapely.transform(outline, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))).buffer(
        0.05
    )
    ground = Ground(grid_over(country, 6), {0: (Area("XMV", "Xamava", 0, country),)})
    months = period_range(date(2023, 3, 1), date(2023, 3, 31))
    merged = merge([MergeInput("ghs_pop", layer)], ground, months, {}, months)
    people = merged.cube.measures["ghs_pop:population"].values
    assert math.isclose(float(np.nansum(people)), float(pixels.sum()), rel_tol=1e-3)


@pytest.fixture
def shelf(provider):
    """A folder that has some tiles."""

    def make(*there: str, page: bytes | None = None):
        def answer(question: Question) -> Answer | str | bytes | None:
            if question.path.endswith("/"):
                return "<html>Index of</html>"
            file = question.path.rpartition("/")[2]
            if there and not any(tile in file for tile in there):
                return None
            return page or zipped({file.replace(".zip", ".tif"): tile([[5]], side_m=1000)})

        return provider(answer)

    return make


def test_the_epoch_in_force_is_fetched_for_the_whole_world(shelf, ask, read_vault) -> None:
    fake = shelf()
    ask("ghs_pop", fake.url, "SOM", (date(2022, 1, 1), date(2025, 1, 1)))
    (asked,) = fake.asked
    assert asked.path == ("/GHS_POP_E2020_GLOBE_R2023A_54009_1000/V1-0/GHS_POP_E2020_GLOBE_R2023A_54009_1000_V1_0.zip")
    assert read_vault("ghs_pop")[0].layer.table["record_id"].to_pylist() == ["54009/1000/GLOBE/2020"]


def test_tiles_are_told_or_found_in_a_box(shelf, ask) -> None:
    fake = shelf()
    ask("ghs_pop", fake.url, options={"resolution": "100", "tiles": "R9_C23 R9_C24"})
    # The Canary Islands lie in R6_C17, as the provider's own map of tiles says.
    ask("ghs_pop", fake.url, options={"resolution": "100", "bbox": "-17.9, 28.0, -13.5, 29.0"})
    product = "GHS_POP_E2020_GLOBE_R2023A_54009_100"
    folder = f"/{product}/V1-0/tiles/{product}_V1_0"
    assert [one.path for one in fake.asked] == [f"{folder}_{tile}.zip" for tile in ("R9_C23", "R9_C24", "R6_C17")]


def test_a_tile_of_sea_alone_does_not_exist(shelf, ask) -> None:
    fake = shelf("R9_C24")
    assert ask("ghs_pop", fake.url, options={"tiles": "R9_C23 R9_C24"}).payloads == 1
    with pytest.raises(FetchError, match="has none of the tiles R1_C1"):
        ask("ghs_pop", fake.url, options={"tiles": "R1_C1"})


@pytest.mark.parametrize(
    ("span", "options", "problem"),
    [
        ((date(2024, 1, 1), date(2024, 2, 1)), {"resolution": "10"}, "option resolution is '10'"),
        ((date(2024, 1, 1), date(2024, 2, 1)), {"resolution": "100"}, "at 100 m comes in tiles"),
        ((date(2024, 1, 1), date(2024, 2, 1)), {"tiles": "R9C24"}, "tiles look like R9_C24"),
        ((date(2024, 1, 1), date(2024, 2, 1)), {"bbox": "1,2,3"}, "it takes west, south, east and north"),
        ((date(2024, 1, 1), date(2024, 2, 1)), {"bbox": "41,12,51,-1"}, "it takes west, south, east and north"),
        ((date(1970, 1, 1), date(1971, 1, 1)), {}, "begins in 1975"),
    ],
)
def test_wrong_questions_are_told(ask, span: tuple[date, date], options: dict[str, str], problem: str) -> None:
    with pytest.raises(FetchError, match=problem):
        ask("ghs_pop", "http://127.0.0.1:9", span=span, options=options)


def test_an_error_page_with_a_good_status_is_no_archive(shelf, ask) -> None:
    with pytest.raises(FetchError, match="is no zip file"):
        ask("ghs_pop", shelf(page=b"<html>busy</html>").url)


@pytest.mark.parametrize("cut", [4, -30])
def test_a_zip_file_cut_short_does_not_open(shelf, ask, cut: int) -> None:
    whole = zipped({f"{NAME}.tif": tile([[5]], side_m=1000)})
    with pytest.raises(FetchError, match="is no zip file that opens"):
        ask("ghs_pop", shelf(page=whole[:cut]).url)
    with pytest.raises(FetchError, match=r"is a zip file without any \.tif"):
        ask("ghs_pop", shelf(page=zipped({"readme.txt": b"moved"})).url)


def test_it_can_be_checked(shelf, tmp_path) -> None:
    fake = shelf()
    check("ghs_pop", Settings(vault=tmp_path, endpoints={"ghs_pop_files": fake.url}))
    assert fake.asked[0].path == "/GHS_POP_E2025_GLOBE_R2023A_54009_1000/"


def test_archives_that_would_not_end_are_not_unpacked(raw) -> None:
    bomb = zipped({f"{NAME}.tif": bytes(8 << 20)})
    with pytest.raises(InputError, match="grows more than 200 times"):
        GhsPop().read(raw(bomb, f"{NAME}.zip"), {})
    many = zipped({f"{one}.txt": b"" for one in range(10_001)})
    with pytest.raises(InputError, match=r"holds 10,001 files"):
        GhsPop().read(Raw(raw(many, f"{NAME}.zip").path, "many.zip", ""), {})
