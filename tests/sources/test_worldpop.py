"""Population rasters are checked before the grid sums them."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from faking import Answer, Question
from pictures import picture
from rasterio import Affine
from rasterio.transform import from_origin

from riskmap.errors import FetchError, InputError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.sight import Sight, look
from riskmap.sources.worldpop import WorldPop

COUNT = {"quantity": "count"}


@pytest.fixture
def write(tmp_path):
    """A raster of the given pixels, a degree each from 10 E 2 N unless told otherwise."""

    def make(pixels, name: str = "xmv_pop_2024.tif", **profile: object) -> Raw:
        (tmp_path / name).write_bytes(picture(pixels, **profile))
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


def product(write, name: str, options: dict[str, object] | None = None, **labels: str):
    """What is made of a raster of one person in each of two pixels, under a name."""
    raw = write(np.ones((1, 2), np.float32), name)
    return WorldPop().read(Raw(raw.path, name, "", labels=labels), options or {})


@pytest.mark.parametrize(
    ("name", "record", "version", "unit"),
    [
        ("som_pop_2024_CN_100m_R2025A_v1.tif", "SOM/2024", "R2025A.1.1.01", "people"),
        ("som_pop_2024_UC_1km_R2024B_UA_v2.tif", "SOM/2024", "R2024B.0.0.02", "people"),
        ("som_ppp_2020_UNadj_constrained.tif", "SOM/2020", "R2018A.1.1.01", "people"),
        ("som_ppp_2020_1km_Aggregated.tif", "SOM/2020", "R2018A.0.0.00", "people"),
        ("SOM_ppp_v2b_2015_UNadj.tif", "SOM/2015", "R2018A.0.1.01", "people"),
        ("som_pd_2020_1km.tif", "SOM/2020", "R2018A.0.0.00", "people/km2"),
        ("ppp_2020_1km_Aggregated.tif", "/2020", "R2018A.0.0.00", "people"),
    ],
)
def test_a_file_under_its_own_name_needs_no_option(write, name: str, record: str, version: str, unit: str) -> None:
    (told,) = product(write, name).layer.table.to_pylist()
    assert (told["record_id"], told["version"], told["unit"]) == (record, version, unit)
    assert told["overlap_group"] == "residents"


def test_constrained_and_unconstrained_people_are_never_added(write) -> None:
    names = ("xmv_pop_2024_UC_100m_R2025A_v1.tif", "xmv_pop_2024_CN_100m_R2025A_v1.tif", "xmv_ppp_2024.tif")
    both = Layer.concat([product(write, name).layer for name in names]).standing()
    assert [href.rpartition("/")[2] for href in both.table["href"].to_pylist()] == [names[1]]


def test_the_product_is_recorded(write) -> None:
    notes = product(write, "xmv_pop_2024_CN_100m_R2025A_v1.tif").notes
    assert notes[-1] == (
        "WorldPop XMV, constrained to settled pixels, release R2025A, 100m; an alpha version, which may still change"
    )
    notes = product(write, "ppp_2020_1km_Aggregated.tif").notes
    assert notes[-1] == "WorldPop of the world, unconstrained, first global series"
    assert product(write, "xmv_ppp_2020_UNadj.tif").notes[-1].endswith("first global series, adjusted to UN totals")


def test_an_alpha_release_is_preliminary(write) -> None:
    names = ("xmv_pop_2024_CN_100m_R2025A_v1.tif", "xmv_ppp_2020.tif")
    assert [product(write, name).layer.table["preliminary"][0].as_py() for name in names] == [True, False]


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("xmv_pph_2020.tif", {}, "holds people per hectare"),
        ("xmv_pd_2020_1km.tif", COUNT, "option quantity is count, but WorldPop's name says density"),
        ("xmv_ppp_2020.tif", {"year": 2021}, "option year is 2021, but WorldPop's name says 2020"),
    ],
)
def test_options_may_not_contradict_the_name(write, name: str, options: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        product(write, name, options)


def test_options_that_agree_with_the_name_are_fine(write) -> None:
    assert product(write, "xmv_ppp_2020.tif", COUNT | {"year": 2020}).accepted == 1


@pytest.mark.parametrize(
    ("name", "claimed"),
    [
        ("global/xmv_pop_2024.tif", True),
        ("worldpop_AFRICA_afripop2020_20km.tif", True),
        ("xmv_ppp_2020_constrained.tif", True),
        ("GHS_POP_E2025_GLOBE_R2023A_54009_100_V1_0_R9_C20.tif", False),
        ("xmv_f_15_2024_CN_100m_R2025A_v1.tif", False),
        ("gpw_PRT_count_2020.tif", False),
        ("flood.tif", False),
    ],
)
def test_it_claims_rasters_by_name(write, name: str, claimed: bool) -> None:
    raw = write(np.ones((1, 1), np.float32), Path(name).name)
    assert WorldPop().recognises(look(Raw(raw.path, name, ""))) == claimed
    assert not WorldPop().recognises(Sight(name, ".tif", "unknown"))


def test_it_claims_the_real_one_and_not_those_of_others(real_data) -> None:
    folder = real_data / "global" / "population"
    claimed = {path.name for path in folder.glob("*.tif") if WorldPop().recognises(look(Raw(path, path.name, "")))}
    assert claimed == {"worldpop_AFRICA_afripop2020_20km.tif"}


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        ({"transform": Affine.identity()}, "tells not where it lies"),
        ({"transform": Affine(1, 0.5, 10, 0.5, -1, 2)}, "is rotated or not north up"),
        ({"transform": from_origin(10, 2, 1, -1)}, "is rotated or not north up"),
    ],
)
@pytest.mark.filterwarnings("ignore:The given matrix is equal to Affine.identity")
def test_a_raster_that_lies_askew_or_nowhere_is_refused(write, profile: dict[str, object], problem: str) -> None:
    raw = write(np.ones((2, 2), np.float32), **profile)
    with pytest.raises(InputError, match=problem):
        WorldPop().read(raw, COUNT)


def test_a_header_that_promises_more_than_the_bytes_can_hold_is_refused(tmp_path) -> None:
    path, side = tmp_path / "xmv_ppp_2020.tif", 30_000
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    profile |= {"transform": from_origin(10, 2, 0.001, 0.001), "sparse_ok": True, "tiled": True}
    with rasterio.open(path, "w", blockxsize=4096, blockysize=4096, **profile):
        pass
    with pytest.raises(InputError, match=r"declares 30,000 x 30,000 pixels in [\d,]+ bytes"):
        WorldPop().read(Raw(path, path.name, ""), {})


def test_a_raster_cut_short_is_refused(write) -> None:
    raw = write(np.ones((500, 500), np.float32))
    raw.path.write_bytes(raw.path.read_bytes()[:100_000])
    with pytest.raises(InputError, match="cannot be read as a raster"):
        WorldPop().read(raw, COUNT)


def hub_record(year: int, iso: str = "xkx", **changes: object) -> dict[str, object]:
    file = f"GIS/Population/Global_2015_2030/R2025A/{year}/{iso.upper()}/v1/100m/constrained/"
    file += f"{iso}_pop_{year}_CN_100m_R2025A_v1.tif"
    record = {
        "id": str(year),
        "title": "Spatial Distribution of Population",
        "date": "2025-06-01",
        "popyear": str(year),
        "data_file": file,
        "iso3": "KOS",
        "files": [f"https://data.worldpop.org/{file}"],
    }
    return record | changes


@pytest.fixture
def hub(provider):
    """A hub that lists some records and hands out one raster for every file."""

    def make(*records: dict[str, object], raster: bytes | None = None):
        def answer(question: Question) -> Answer | str | bytes | None:
            if question.path.endswith(".tif"):
                return picture(np.ones((1, 2), np.float32)) if raster is None else raster
            return json.dumps({"data": list(records)})

        return provider(answer)

    return make


def test_the_years_asked_for_are_fetched_and_need_no_option(hub, ask, read_vault) -> None:
    fake = hub(*(hub_record(year) for year in range(2015, 2031)))
    fetched = ask("worldpop", fake.url, "XKX", (date(2023, 11, 1), date(2025, 1, 1)))
    index, *files = fake.asked
    assert (index.path, index.args) == ("/pop/G2_CN_POP_R25A_100m", {"iso3": "KOS"})
    assert ["xkx_pop_2023" in files[0].path, "/XKX/" in files[0].path, "xkx_pop_2024" in files[1].path] == [True] * 3
    assert (len(files), fetched.payloads) == (2, 1)
    (reading,) = read_vault("worldpop")
    (record,) = reading.layer.table.to_pylist()
    assert record["record_id"] in {"XKX/2023", "XKX/2024"}
    assert (f"{record['published']:%Y-%m-%d}", record["unit"]) == ("2025-06-01", "people")
    assert record["retrieved"] is not None


def test_another_product_may_be_asked_for(hub, ask) -> None:
    fake = hub(hub_record(2024))
    ask("worldpop", fake.url, "SDN", options={"product": "G2_UC_POP_R24B_100m"})
    assert (fake.asked[0].path, fake.asked[0].args) == ("/pop/G2_UC_POP_R24B_100m", {"iso3": "SDN"})


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ((), "lists no file; the hub knows no such country or product"),
        ((hub_record(2020),), "lists G2_CN_POP_R25A_100m of SDN for 2020 to 2020, not for 2024 to 2024"),
        ((hub_record(2024, popyear="n/a"),), "for 0 to 0"),
        ((hub_record(2024, files=["https://elsewhere.example/a.tif"]),), "which is none of its hosts"),
    ],
)
def test_a_hub_that_has_nothing_is_told(hub, ask, records: tuple[dict[str, object], ...], problem: str) -> None:
    with pytest.raises(FetchError, match=problem):
        ask("worldpop", hub(*records).url)


def test_a_record_without_files_brings_none(hub, ask) -> None:
    assert ask("worldpop", hub(hub_record(2024, files=None)).url).payloads == 0


def test_an_error_page_with_a_good_status_is_no_raster(hub, ask, vault) -> None:
    fake = hub(hub_record(2024), raster=b"<html>busy</html>")
    with pytest.raises(FetchError, match="is no raster and no archive"):
        ask("worldpop", fake.url)
    assert [one.path for one in fake.asked].count(fake.asked[1].path) == 5
    assert {one.role for one in vault.receipts("worldpop")} == {"index", "refused"}


def test_a_hub_that_moved_is_told(provider, ask) -> None:
    with pytest.raises(FetchError, match="gives no list of files"):
        ask("worldpop", provider(lambda _: '{"message": "moved"}').url)


def test_the_whole_world_is_not_to_be_had(ask) -> None:
    with pytest.raises(FetchError, match="gives its files by country"):
        ask("worldpop", "https://hub.example", "")


def test_it_can_be_checked(hub, tmp_path) -> None:
    fake = hub(hub_record(2024))
    check("worldpop", Settings(vault=tmp_path, endpoints={"worldpop_hub": fake.url}))
    assert fake.asked[0].args == {"iso3": "SMR"}
