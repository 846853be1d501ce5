"""The sample: an invented country, the same to the byte on every run, in the providers' own formats."""

import json
import math
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from riskmap.model.case import Case, parse_case

NOTICE = "Synthetic data, riskmap sample"

# The nearest real land in every direction: (lon, lat).
REAL_LAND = {
    "Trindade": (-29.32, -20.52),
    "Martim Vaz": (-28.85, -20.51),
    "Saint Helena": (-5.71, -15.96),
    "Ascension": (-14.36, -7.94),
    "Tristan da Cunha": (-12.28, -37.11),
    "Gough Island": (-9.94, -40.35),
    "South Georgia": (-36.75, -54.3),
    "Cabo Frio, Brazil": (-41.97, -22.99),
    "Rio Grande, Brazil": (-52.1, -32.16),
    "Walvis Bay, Namibia": (14.45, -22.9),
}


def make(folder: Path) -> dict[str, bytes]:
    script = Path(__file__).parents[2] / "data" / "make_sample.py"
    subprocess.run([sys.executable, script, "--out", folder], check=True, capture_output=True, timeout=120)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return make(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def case(root: Path) -> Case:
    return parse_case((root / "data" / "cases" / "sample.toml").read_text(encoding="utf-8"), "sample")


# -------------------------------------------------------------------------------------------------- the whole sample
def test_two_runs_give_the_same_bytes(fresh: dict[str, bytes], tmp_path: Path) -> None:
    assert make(tmp_path) == fresh


def test_the_committed_files_are_those_of_a_fresh_run(fresh: dict[str, bytes], sample_data: Path) -> None:
    committed = {path.name: path.read_bytes() for path in sorted(sample_data.iterdir())}
    assert sorted(committed) == sorted(fresh)
    assert [name for name in fresh if fresh[name] != committed[name]] == []


def test_the_command_says_what_it_wrote(tmp_path: Path, root: Path) -> None:
    command = [sys.executable, "data/make_sample.py", "--out", tmp_path / "deep" / "folder"]
    told = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, timeout=120).stdout
    assert told.startswith("23 files, ")
    assert len(list((tmp_path / "deep" / "folder").iterdir())) == 23


def test_it_is_small_and_text_files_end_lines_the_same_everywhere(fresh: dict[str, bytes]) -> None:
    assert sum(map(len, fresh.values())) < 6_000_000
    texts = {name: content for name, content in fresh.items() if not name.endswith(".tif")}
    assert all(content.endswith(b"\n") and b"\r" not in content for content in texts.values())
    assert all(content.decode("utf-8") for content in texts.values())


def test_every_file_says_that_it_is_invented(fresh: dict[str, bytes]) -> None:
    assert [name for name, content in fresh.items() if NOTICE.encode() not in content] == []


def test_the_island_is_far_from_any_land(country: shapely.Geometry) -> None:
    corners = shapely.get_coordinates(country.convex_hull)
    for name, (lon, lat) in REAL_LAND.items():
        nearest = min(great_circle_km(lon, lat, float(x), float(y)) for x, y in corners)
        assert nearest > 800, name


def great_circle_km(lon: float, lat: float, lon2: float, lat2: float) -> float:
    a, b, turn = math.radians(lat), math.radians(lat2), math.radians(lon2 - lon)
    return 6371 * math.acos(math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn))


def test_no_real_place_of_the_providers_is_in_it(fresh: dict[str, bytes]) -> None:
    codes = {row["iso3"] for row in json.loads(fresh["idmc_idu.json"])}
    codes |= {row["admin0Pcode"] for row in json.loads(fresh["dtm_admin2.json"])["result"]}
    assert codes == {"XMV"}


# -------------------------------------------------------------------------------------------------------- boundaries
def test_districts_fit_together_without_gap_or_overlap(districts: dict[str, dict], country: shapely.Geometry) -> None:
    shapes = [district["shape"] for district in districts.values()]
    assert len(shapes) == 22
    assert all(shape.is_valid for shape in shapes)
    assert [pair for pair in combinations(shapes, 2) if pair[0].intersection(pair[1]).area > 0] == []
    assert country.area == pytest.approx(sum(shape.area for shape in shapes), rel=1e-12)
    assert [len(part.interiors) for part in shapely.get_parts(country)] == [0, 0]
    assert len(shapely.coverage_invalid_edges(shapes)) == 22
    assert all(edge.is_empty for edge in shapely.coverage_invalid_edges(shapes))


def test_regions_are_exactly_their_districts(features, districts: dict[str, dict], sample_data: Path) -> None:
    for region in features(sample_data / "adm1.geojson"):
        code = region["properties"]["ADM1_PCODE"]
        own = [district["shape"] for district in districts.values() if district["ADM1_PCODE"] == code]
        assert shapely.geometry.shape(region["geometry"]).equals(shapely.union_all(own)), code


def test_boundaries_have_the_columns_of_common_operational_datasets(
    features, districts: dict[str, dict], sample_data: Path
) -> None:
    needed = {
        "ADM2_EN",
        "ADM2_PCODE",
        "ADM2ALT1EN",
        "ADM1_EN",
        "ADM1_PCODE",
        "ADM0_EN",
        "ADM0_PCODE",
        "date",
        "validOn",
        "validTo",
    }
    assert all(needed <= set(district) for district in districts.values())
    assert all(code.startswith(district["ADM1_PCODE"]) for code, district in districts.items())
    regions = {
        f["properties"]["ADM1_PCODE"]: f["properties"]["ADM1_EN"] for f in features(sample_data / "adm1.geojson")
    }
    assert {(d["ADM1_PCODE"], d["ADM1_EN"]) for d in districts.values()} == set(regions.items())
    assert {d["ADM0_PCODE"] for d in districts.values()} == {"XM"}


def test_one_name_stands_in_two_regions_and_some_have_accents(districts: dict[str, dict]) -> None:
    names = Counter(district["ADM2_EN"] for district in districts.values())
    assert [name for name, count in names.items() if count > 1] == ["Porvane"]
    assert len({district["ADM1_PCODE"] for district in districts.values() if district["ADM2_EN"] == "Porvane"}) == 2
    assert sum(not name.isascii() for name in names) >= 5


def test_the_country_has_one_to_two_thousand_cells(country: shapely.Geometry) -> None:
    h3 = pytest.importorskip("h3")
    shape = h3.geo_to_h3shape(shapely.geometry.mapping(country))
    assert 1_200 <= len(set(h3.h3shape_to_cells_experimental(shape, 6, "overlap"))) <= 2_000


# ------------------------------------------------------------------------------------------------------------ people
def test_the_raster_is_one_of_counts_with_the_sea_unknown(sample_data: Path, country: shapely.Geometry) -> None:
    with rasterio.open(sample_data / "worldpop_2024.tif") as raster:
        assert (raster.crs.to_epsg(), raster.dtypes, raster.nodata) == (4326, ("float32",), -99999)
        assert raster.profile["tiled"]
        assert raster.profile["compress"] == "lzw"
        people = raster.read(1, masked=True)
        bounds = raster.bounds
    assert shapely.box(*bounds).contains(country)
    assert people.sum(dtype="f8") == pytest.approx(1_915_000, rel=0.001)
    assert people.mask[0].all()
    assert (people.compressed() >= 0).all()
    assert (people.compressed() == 0).any()


def test_the_population_table_is_the_sum_of_the_raster(table, sample_data: Path, districts: dict[str, dict]) -> None:
    tags, *rows = table(sample_data / "population.csv")
    assert all(tag.startswith("#") for tag in tags.values())
    with rasterio.open(sample_data / "worldpop_2024.tif") as raster:
        people = raster.read(1, masked=True).filled(0).astype("f8")
        lon, lat = (
            np.asarray(axis).reshape(people.shape) for axis in raster.xy(*np.indices(people.shape).reshape(2, -1))
        )
    assert [row["ADM2_PCODE"] for row in rows] == sorted(districts)
    for row in rows:
        inside = shapely.contains_xy(districts[row["ADM2_PCODE"]]["shape"], lon, lat)
        assert int(row["T_TL"]) == pytest.approx(people[inside].sum(), abs=0.51), row["ADM2_NAME"]


# ---------------------------------------------------------------------------------------------------------- the case
def test_the_case_reads_every_file_but_the_single_events(case: Case, sample_data: Path) -> None:
    used = {path.name for given in case.inputs for path in sample_data.glob(given.path)}
    used |= {boundary.path for boundary in case.boundaries}
    assert {path.name for path in sample_data.iterdir()} - used == {"gdacs_dr_event.json", "gdacs_eq_event.json"}
    assert (case.synthetic, case.iso3, len(case.periods), case.resolution) == (True, "XMV", 18, 6)


def test_the_columns_that_the_case_names_are_there(table, case: Case, sample_data: Path) -> None:
    for given in (given for given in case.inputs if given.source == "tables"):
        columns = set(table(sample_data / given.path)[0])
        named = {given.options[key] for key in ("pcode", "start", "end", "year") if key in given.options}
        named |= {measure["column"] for measure in given.options["measures"].values()} | set(
            given.options.get("where", {})
        )
        assert named <= columns, given.path


def test_every_tier_in_the_table_has_its_number_in_the_case(table, case: Case, sample_data: Path) -> None:
    national = next(given for given in case.inputs if given.path == "national.csv")
    tiers = {row["tip_tier"] for row in table(sample_data / "national.csv")}
    assert tiers <= set(national.options["measures"]["tip_tier"]["map"])
