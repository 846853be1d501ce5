"""The fifteen traps of humanitarian data, each walked into on purpose; and every ugly real file.

Each source has its own tests of its own quirks. Here each trap is followed to where it would mislead: onto the grid, into
an export, into the vault.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas
import h3
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import rasterio
import shapely
from faking import Answer
from pyogrio import read_info
from pyproj import Transformer
from rasterio.transform import from_origin
from test_examples import example_of

import riskmap
from riskmap.errors import FetchError, InputError, RecipeError
from riskmap.grid.cells import Grid
from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.merge import MergeInput, merge
from riskmap.grid.rasters import sum_tiles
from riskmap.grid.spread import Ground
from riskmap.model.area import Area, Crossing
from riskmap.model.cube import Measure
from riskmap.model.layer import Layer
from riskmap.model.period import Period
from riskmap.model.raw import Raw
from riskmap.pipeline.inspect import inspect_file
from riskmap.score.indicator import measure_indicators
from riskmap.score.recipe import parse_recipe
from riskmap.sources.source import source
from riskmap.sources.tabular import read_table
from riskmap.sources.vectors import read_features

CENTRE = h3.latlng_to_cell(9.5, 30.5, 6)
CELLS = Grid(np.array(sorted(h3.str_to_int(cell) for cell in h3.grid_disk(CENTRE, 3)), np.uint64), 6)
COUNTRY = shapely.union_all(CELLS.polygons)
YEAR = tuple(Period(date(2024, month, 1), "month") for month in range(1, 13))


def ground(*regions: Area) -> Ground:
    """Thirty-seven cells with a hundred people each, as one country."""
    areas = {0: (Area("SSD", "South Sudan", 0, COUNTRY),)}
    if regions:
        areas[1] = regions
    return Ground(CELLS, areas, np.full(len(CELLS), 100.0))


def merged(name: str, layer: Layer, world: Ground, **given):
    return merge([MergeInput(name, layer, **given)], world, YEAR, {}, YEAR)


def reading(name: str, tmp_path: Path, content: str | bytes, file: str = "file.csv", **options: object):
    path = tmp_path / file
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return source(name).read(Raw(path, file, ""), options)


def dtm_round(number: int, people: int, **changes: object) -> dict[str, object]:
    row = {
        "operation": "Countrywide",
        "admin0Name": "South Sudan",
        "admin0Pcode": "SSD",
        "admin1Name": "Lakes",
        "admin1Pcode": "SS01",
        "numPresentIdpInd": people,
        "reportingDate": f"{2023 + (number - 1) // 12}-{1 + (number - 1) % 12:02d}-01T00:00:00",
        "roundNumber": number,
        "displacementReason": "Conflict",
        "assessmentType": "BA",
    }
    return row | changes


def dtm_reply(rows: list[dict[str, object]]) -> str:
    return json.dumps({"isSuccess": True, "statusCode": 200, "errorMessages": None, "result": rows})


def test_trap_01_stocks_are_not_summed_over_rounds(tmp_path: Path) -> None:
    rounds = [dtm_round(number, 1000 + number) for number in range(1, 17)]
    layer = reading("dtm", tmp_path, dtm_reply(rounds), "dtm.json").layer
    region = Area("SS01", "Lakes", 1, COUNTRY, parent="SS")
    found = merged("dtm", layer, ground(region)).cube.measures["dtm:idps"].values
    assert found[3].sum() == pytest.approx(1016), "April 2024 is round 16 of 16, and no sum of them"
    assert found[0].sum() == pytest.approx(1013)


def test_trap_02_rows_of_closed_licences_leave_neither_in_exports_nor_in_the_manifest(
    tmp_path: Path, sample_data: Path, root: Path
) -> None:
    case = riskmap.load_case(root / "data" / "cases" / "sample.toml", resolution=4)
    snapshot = riskmap.build(case, sample_data, tmp_path / "store")
    closed = {one["attribution"] for one in snapshot.licences if not one["raw"]}
    assert any("ACLED" in credit for credit in closed)
    riskmap.export_snapshot(snapshot, tmp_path / "risk.csv", "csv", [snapshot.periods[-1]])
    told = json.loads((tmp_path / "risk.csv.json").read_text())
    assert closed <= {one["attribution"] for one in told["licences"]}, "every product shows the credits"
    events = (sample_data / "acled.csv").read_text().splitlines()[1:50]
    ids = {line.split(",")[0].strip('"') for line in events}
    left = (tmp_path / "risk.csv").read_text() + json.dumps(dict(snapshot.manifest))
    assert [one for one in ids if one and one in left] == []


def test_trap_03_events_known_by_region_only_never_make_one_hot_cell(tmp_path: Path) -> None:
    lat, lon = h3.cell_to_latlng(CENTRE)
    header = "id,type_of_violence,where_prec,latitude,longitude,date_prec,date_start,date_end,best,high,low\n"
    rows = "".join(f"{n},1,4,{lat},{lon},1,2024-03-01,2024-03-01,1,1,1\n" for n in range(42))
    layer = reading("ucdp", tmp_path, header + rows).layer
    region = Area("SS01", "Lakes", 1, COUNTRY, parent="SS")
    cube = merged("ucdp", layer, ground(region), observed=(date(2024, 1, 1), date(2024, 12, 31))).cube
    values = cube.measures["ucdp:conflict_events"].values[2]
    assert values.sum() == pytest.approx(42)
    assert values.max() == pytest.approx(42 / len(CELLS)), "spread over the people of the region"


def test_trap_04_areas_that_were_not_analysed_are_null_and_not_phase_1(tmp_path: Path) -> None:
    layer = reading("ipc", tmp_path, *_ipc_with_an_empty_projection()).layer
    shares = layer.of("phase3plus_share").standing().table.to_pylist()
    by_place = {row["place"]: (row["value"], row["assessed"]) for row in shares}
    assert by_place["Analysed"] == (pytest.approx(40.0), True)
    assert by_place.get("Not analysed", (None, False)) == (None, False)
    assert not any(row["value"] == 0 for row in shares)


def _ipc_with_an_empty_projection() -> tuple[bytes, str]:
    header = "Date of analysis,Country,Total country population,Level 1,Area,Validity period,From,To,Phase,Number,Percentage\n"
    rows = [
        f"May 2024,SSD,3000,Lakes,Analysed,current,2024-05-01,2024-09-30,{phase},{number},{number / 1000}\n"
        for phase, number in [("all", 1000), ("1", 300), ("2", 300), ("3+", 400), ("3", 200), ("4", 150), ("5", 50)]
    ]
    empty = ["May 2024,SSD,3000,Lakes,Not analysed,current,2024-05-01,2024-09-30,all,900,\n"]
    empty += [
        f"May 2024,SSD,3000,Lakes,Not analysed,current,2024-05-01,2024-09-30,{phase},,\n" for phase in ("1", "3+")
    ]
    return (header + "".join(rows + empty)).encode(), "ipc_ssd_area_long.csv"


def test_trap_05_roles_of_one_event_are_not_added_nor_flow_with_stock(tmp_path: Path) -> None:
    example = example_of("idmc")
    layer = reading("idmc", tmp_path, example.content, example.name).layer.standing()
    ids = layer.of("disaster_displacement").table
    assert pc.sum(ids["value"]).as_py() == 90, "the recommended figure; its reports would make it 175"
    example = example_of("gidd")
    table = reading("gidd", tmp_path, example.content, example.name).layer.table
    kinds = {(row["measure"], row["kind"]) for row in table.select(["measure", "kind"]).to_pylist()}
    assert {("new_displacement", "flow"), ("idps", "stock")} <= kinds
    assert not {measure for measure, kind in kinds if kind == "flow"} & {
        measure for measure, kind in kinds if kind == "stock"
    }


def test_trap_06_a_reused_code_goes_by_its_name_or_by_the_crosswalk_and_totals_stay(make_layer) -> None:
    west, east = (COUNTRY.intersection(shapely.box(*box)) for box in ((0, -90, 30.5, 90), (30.5, -90, 90, 90)))
    regions = (Area("ML09", "Taoudenni", 1, west, parent="ML"), Area("ML11", "Bamako", 1, east, parent="ML"))
    layer = make_layer(
        [
            {"pcode": "ML09", "place": "Bamako", "pcode_level": 1, "value": 10.0},
            {"pcode": "ML09", "pcode_level": 1, "value": 5.0, "start": "2024-02-01", "end": "2024-02-02"},
            {"pcode": "ML09", "pcode_level": 1, "value": 3.0, "start": "2024-08-01", "end": "2024-08-02"},
            {"pcode": "MLI-XXX", "pcode_level": 1, "value": 2.0},
        ]
    )
    crosswalk = (Crossing(to_code="ML11", code="ML09", valid_to=date(2024, 6, 30)),)
    areas = {0: (Area("MLI", "Mali", 0, COUNTRY),), 1: regions}
    world = Ground(CELLS, areas, np.full(len(CELLS), 100.0))
    found = merge([MergeInput("demo", layer)], world, YEAR, {}, YEAR, Crosswalk(crosswalk))
    (row,) = found.ledger
    assert row.cells_total + sum(value for *_, value in row.outside) == pytest.approx(row.accepted_total) == 20
    assert sum(value for *_, value in row.outside) == 2, "the placeholder, counted aloud"
    cells = found.cube.measures["demo:m"].values
    eastern = CELLS.lon > 30.55
    assert np.nansum(cells[:2, CELLS.lon < 30.45]) == pytest.approx(0, abs=0.5)
    assert np.nansum(cells[:2, eastern]) > 10
    assert np.nansum(cells[7, eastern]) == pytest.approx(0, abs=0.5)


def test_trap_07_versions_of_one_event_supersede_and_what_was_deleted_is_gone_but_kept(tmp_path: Path) -> None:
    header = "event_id_cnty,event_date,event_type,sub_event_type,latitude,longitude,geo_precision,time_precision,fatalities,timestamp\n"
    rows = (
        "SSD1,2024-03-01,Battles,Armed clash,9.5,30.5,1,1,3,1709300000\n"
        "SSD1,2024-03-01,Battles,Armed clash,9.5,30.5,1,1,5,1709400000\n"
        "SSD2,2024-03-02,Battles,Armed clash,9.5,30.5,1,1,7,1709400000\n"
    )
    events = reading("acled", tmp_path, header + rows).layer
    deleted = reading("acled", tmp_path, "event_id_cnty,deleted_timestamp\nSSD2,1709500000\n", "deleted.csv").layer
    both = Layer.concat([events, deleted])
    assert pc.sum(both.standing().of("conflict_deaths").table["value"]).as_py() == 5
    assert "SSD2" in both.table["record_id"].to_pylist(), "history stays"
    example = example_of("gdacs")
    hazards = reading("gdacs", tmp_path, example.content, example.name).layer.standing()
    assert hazards.table["event_id"].to_pylist().count("FL1100001") == 1


def test_trap_08_sources_of_the_same_incidents_are_never_added() -> None:
    recipe = (Path(riskmap.__file__).parent / "score" / "recipes" / "trafficking.toml").read_text()
    feeds = 'feeds = [{ measure = "acled:conflict_severity" }, { measure = "ucdp:conflict_severity" }]'
    assert feeds in recipe
    adding = parse_recipe(recipe.replace(feeds, f'{feeds}\ncombine = "sum"', 1), "adding.toml")
    key = next(kernel.key for kernel in adding.kernels()["acled:conflict_severity"])
    measures = {}
    for name in ("acled", "ucdp"):
        full = f"{name}:conflict_severity@{key}"
        measures[full] = severity_of(full)
    with pytest.raises(RecipeError, match="both count incidents of violence"):
        measure_indicators(riskmap.Cube(CELLS.cells, YEAR, measures), adding, 1)


def severity_of(name: str):
    shape = (len(YEAR), len(CELLS))
    return Measure(
        name,
        np.ones(shape),
        np.ones(shape, np.float32),
        np.zeros(shape, np.int8),
        np.zeros(shape, np.float32),
        "ln(1+deaths)",
        "extensive",
        "x",
        "conflict-events",
    )


def test_trap_08_overlapping_event_types_are_measures_of_their_own(tmp_path: Path) -> None:
    example = example_of("hapi")
    table = reading("hapi", tmp_path, example.content, example.name).layer.table
    groups = {(row["measure"], row["overlap_group"]) for row in table.select(["measure", "overlap_group"]).to_pylist()}
    assert {("conflict_events", "conflict-events"), ("civilian_targeting_events", "conflict-events")} <= groups


def test_trap_09_codes_of_countries_survive_the_way_through_a_table(tmp_path: Path) -> None:
    """Namibia is no missing value, Kosovo is one country under every code, and UNHCR's own codes are not ISO's."""
    rows = [
        {"year": 2023, "coo": "-", "coo_iso": "-", "coa": "GFR", "coa_iso": "DEU", "refugees": "5"},
        {"year": 2023, "coo": "-", "coo_iso": "-", "coa": "NAM", "coa_iso": "NAM", "refugees": "7"},
        {"year": 2023, "coo": "-", "coo_iso": "-", "coa": "KOS", "coa_iso": "XKX", "refugees": "-"},
    ]
    content = json.dumps({"page": 1, "maxPages": 1, "items": [_unhcr(row) for row in rows]})
    layer = reading("unhcr", tmp_path, content, "population.json").layer.of("refugees")
    values = dict(zip(layer.table["pcode"].to_pylist(), layer.table["value"].to_pylist(), strict=True))
    assert values["DEU"] == 5
    assert values["NAM"] == 7
    assert values.get("XKX") is None, "'-' is not applicable, not zero"
    assert "GFR" not in values


def _unhcr(row: dict[str, object]) -> dict[str, object]:
    empty = dict.fromkeys(
        ("asylum_seekers", "returned_refugees", "idps", "returned_idps", "stateless", "ooc", "oip", "hst"), "0"
    )
    names = {"coo_id": "-", "coo_name": "-", "coa_id": 1, "coa_name": "Somewhere"}
    return {**empty, **names, **row}


LIES = {
    "dtm": Answer(json.dumps({"isSuccess": False, "errorMessages": ["No data"], "result": None})),
    "firms": Answer("Invalid MAP_KEY."),
    "ucdp": Answer(json.dumps({"TotalCount": 5000, "TotalPages": 5, "NextPageUrl": "x", "Result": []})),
    "hapi": Answer("<html>gateway</html>"),
    "unhcr": Answer("<html>gateway</html>"),
}
KEYS = {"dtm": "dtm_key", "firms": "firms_key", "ucdp": "ucdp_token", "hapi": "hapi_app_identifier"}


@pytest.mark.parametrize("name", LIES)
def test_trap_10_an_answer_that_lies_with_status_200_is_refused_and_kept_as_refused(name, provider, ask, vault) -> None:
    secret = "0123456789abcdef" * 2
    needed = dict.fromkeys(source(name).access.credentials, secret)
    fake = provider(lambda _question: LIES[name])
    with pytest.raises(FetchError):
        ask(name, fake.url, "SSD", options={"bbox": "24,3,36,13"} if name == "firms" else {}, **needed)
    assert fake.asked
    receipts = vault.receipts(name)
    assert not any(one.role == "records" for one in receipts)
    assert secret not in repr(receipts)


def test_trap_11_latitude_and_longitude_are_never_swapped_and_longitudes_come_back(tmp_path: Path) -> None:
    idu = example_of("idmc")
    points = reading("idmc", tmp_path, idu.content, idu.name).layer.table["geometry"].drop_null().to_pylist()
    assert {(shape.x, shape.y) for shape in shapely.from_wkb(points)} >= {(76.0, 10.0)}
    quake = json.dumps({"type": "FeatureCollection", "metadata": {}, "features": [_quake(-179.9, 5.0, depth_km=60.0)]})
    layer = reading("usgs", tmp_path, quake, "quakes.geojson").layer
    (place,) = shapely.from_wkb(layer.table["geometry"].to_pylist())
    assert (place.x, place.y, place.has_z) == (-179.9, 5.0, False), "the third coordinate is a depth"


def _quake(lon: float, lat: float, *, depth_km: float) -> dict[str, object]:
    properties = {
        "mag": 6.1,
        "place": "sea",
        "time": 1709300000000,
        "updated": 1709400000000,
        "ids": ",us1,",
        "net": "us",
        "code": "1",
        "status": "reviewed",
        "type": "earthquake",
        "magType": "mww",
        "types": ",origin,",
        "sources": ",us,",
    }
    geometry = {"type": "Point", "coordinates": [lon, lat, depth_km]}
    return {"type": "Feature", "id": "us1", "properties": properties, "geometry": geometry}


def test_trap_11_cells_beyond_the_antimeridian_keep_their_total(make_layer, make_point) -> None:
    home = h3.latlng_to_cell(-16.5, 179.99, 4)
    grid = Grid(np.array(sorted(h3.str_to_int(cell) for cell in h3.grid_disk(home, 2)), np.uint64), 4)
    assert (grid.lon > 179).any()
    assert (grid.lon < -179).any()
    country = shapely.union_all(grid.polygons)
    world = Ground(grid, {0: (Area("FJI", "Fiji", 0, country),)}, np.ones(len(grid)))
    places = [make_point(179.95, -16.5), make_point(-179.95, -16.5)]
    layer = make_layer([{"geometry": place, "geo_precision": "exact", "value": 1.0} for place in places])
    (row,) = merge([MergeInput("demo", layer)], world, YEAR, {}, YEAR).ledger
    assert row.cells_total == 2


def test_trap_12_times_of_four_kinds_are_read_as_what_they_are(tmp_path: Path) -> None:
    quake = json.dumps({"type": "FeatureCollection", "metadata": {}, "features": [_quake(30.0, 5.0, depth_km=9.0)]})
    row = reading("usgs", tmp_path, quake, "quakes.geojson").layer.table.to_pylist()[0]
    assert row["published"] == datetime.fromtimestamp(1_709_400_000, UTC), "milliseconds of the update"
    assert row["start"].date() == date(2024, 3, 1), "not the day of the update"
    day_first = "day,XM01\n" + "".join(f"0{n}/04/2024,{n}\n" for n in range(1, 9))
    (tmp_path / "days.csv").write_text(day_first)
    table = read_table(Raw(tmp_path / "days.csv", "days.csv", ""))
    with pytest.raises(InputError, match="as well as"):
        table.date_format("day")


def test_trap_13_counts_on_an_equal_area_grid_are_summed_where_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    people = rng.gamma(0.4, 60, (60, 60)).astype(np.float32)
    west, south, east, north = COUNTRY.bounds
    to_mollweide = Transformer.from_crs("OGC:CRS84", "ESRI:54009", always_xy=True)
    left, top = to_mollweide.transform((west + east) / 2, (south + north) / 2)
    path = tmp_path / "GHS_POP_E2020_GLOBE_R2023A_54009_100_V1_0.tif"
    where = {"transform": from_origin(left - 3000, top + 3000, 100, 100), "crs": "ESRI:54009", "nodata": -200}
    with rasterio.open(path, "w", driver="GTiff", width=60, height=60, count=1, dtype="float32", **where) as raster:
        raster.write(people, 1)
    found = sum_tiles([path.as_posix()], CELLS, "count").values
    assert np.nansum(found) == pytest.approx(float(people.sum(dtype=np.float64)), rel=1e-9)


def test_trap_14_a_column_that_is_null_in_its_first_features_keeps_its_type(tmp_path, sample_data, root) -> None:
    case = riskmap.load_case(root / "data" / "cases" / "sample.toml", resolution=4)
    snapshot = riskmap.build(case, sample_data, tmp_path / "store")
    riskmap.export_snapshot(snapshot, tmp_path / "risk.gpkg", "gpkg", [snapshot.periods[0]])
    types = dict(zip(*(read_info(tmp_path / "risk.gpkg")[key] for key in ("fields", "dtypes")), strict=True))
    frame = geopandas.read_file(tmp_path / "risk.gpkg", rows=10)
    empty = [name for name in frame.columns if name != "geometry" and frame[name].isna().all()]
    assert empty, "the first ten features hold a column that is null in all of them"
    numbers = {name for name in empty if name.endswith(("_value", "score", "low", "high"))}
    assert all(types[name].startswith("float") for name in numbers)
    assert len(types) > 40


def test_trap_15_cells_leave_as_text_and_densities_stand_on_true_areas(tmp_path, sample_data, root) -> None:
    case = riskmap.load_case(root / "data" / "cases" / "sample.toml", resolution=4)
    snapshot = riskmap.build(case, sample_data, tmp_path / "store")
    riskmap.export_snapshot(snapshot, tmp_path / "risk.csv", "csv", [snapshot.periods[-1]])
    first = (tmp_path / "risk.csv").read_text().splitlines()[1].split(",")[0].strip('"')
    assert h3.is_valid_cell(first)
    cells = snapshot.table("cells")
    areas = np.array([h3.cell_area(h3.int_to_str(cell), "km^2") for cell in snapshot.cells.tolist()])
    np.testing.assert_allclose(cells["area_km2"].to_numpy(), areas, rtol=4e-3)
    assert pa.types.is_uint64(cells.schema.field("cell").type)


UGLY = {
    "cadre_harmonise_WCA_adm1_2024_10_01_UGLY.json": ("refused", "list of records is"),
    "cod_SYR_adm4_pplp_20210113.shp": (
        "refused",
        "its companion cod_SYR_adm4_pplp_20210113.dbf (attributes) is missing",
    ),
    "cod_SYR_adm4_pplp_20210113.shx": ("refused", "companion"),
    "cod_SYR_adm4_pplp_20210113.prj": ("refused", "companion"),
    "cod_SYR_adm4_pplp_20210113.cpg": ("refused", "companion"),
    "cod_ab_SOM_adm2_ibf.geojson": ("told", "read by coordinates"),
    "cod_ab_TCD_adm2_ibf.geojson": ("told", "read by coordinates"),
    "dtm_sdn_locality_idps_raw.csv": ("refused", "title"),
    "flee_mali2022_2024_routes.geojson": ("refused", "option measures: is missing"),
}


@pytest.mark.parametrize("name", UGLY)
def test_an_ugly_file_is_refused_or_repaired_aloud_and_never_read_as_nothing(name: str, real_data: Path) -> None:
    outcome, words = UGLY[name]
    found = inspect_file(real_data / "ugly" / name, real_data / "ugly")
    if outcome == "refused":
        assert found.summary is None
        assert words in found.refusal
    else:
        assert found.summary is not None, found.refusal
        assert any(words in note for note in found.summary.notes)


def test_axes_that_are_swapped_are_told_where_the_country_is_known(real_data: Path) -> None:
    name = "ugly/flee_mali2022_2024_routes.geojson"
    with pytest.raises(InputError, match="longitude and latitude are swapped"):
        read_features(Raw(real_data / name, name, ""), expect_bbox=(-12.3, 10.1, 4.3, 25.1))


def test_every_ugly_file_is_named_here(real_data: Path) -> None:
    assert {path.name for path in (real_data / "ugly").iterdir()} == set(UGLY)


@pytest.fixture
def make_layer():
    def made(records: list[dict[str, object]]) -> Layer:
        keys = sorted({key for record in records for key in record} - {"start", "end"})
        columns = {key: [record.get(key) for record in records] for key in keys}
        columns["record_id"] = [f"r{row}" for row in range(len(records))]
        if "geo_precision" not in columns:
            columns["geo_precision"] = ["adm1"] * len(records)
        for name, default in (("start", "2024-01-01"), ("end", "2024-01-02")):
            columns[name] = [
                datetime.fromisoformat(str(record.get(name, default))).replace(tzinfo=UTC) for record in records
            ]
        words = {"source": "demo", "theme": "conflict", "measure": "m", "kind": "flow", "spread": "extensive"}
        return Layer.build(words | {"unit": "n", "licence": "none"} | columns)

    return made


@pytest.fixture
def make_point():
    return lambda lon, lat: shapely.to_wkb(shapely.Point(lon, lat))
