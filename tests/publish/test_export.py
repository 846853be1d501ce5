"""Files for GIS, Python and spreadsheets: whole or not at all, with terms and limits inside."""

import json
import sqlite3
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
from pyarrow import csv

from riskmap.errors import PeriodUnknown, QueryError, StoreError
from riskmap.publish import export
from riskmap.publish.columns import query_scores
from riskmap.publish.export import export_snapshot
from riskmap.publish.shapes import cell_shapes

COLUMNS = [
    *("cell", "period", "score", "low", "high", "class", "status", "coverage"),
    *("pressure", "shelter", "conflict", "homes", "raids", "crowding", "rents", "raids_value", "crowding_value"),
    *("population", "area_km2", "lon", "lat", "admin1_pcode", "admin1_name", "admin2_pcode", "admin2_name"),
]


@pytest.fixture(scope="module")
def tiny(make_snapshot, disk):
    """Seven cells, three periods."""
    return make_snapshot(disk(2.5, 45.2, 6, 1))


def read(path: Path, file_format: str) -> pa.Table:
    """A file as Arrow, its geometry left out."""
    if file_format == "csv":
        options = csv.ConvertOptions(
            strings_can_be_null=True, quoted_strings_can_be_null=False, column_types={"admin2_pcode": pa.string()}
        )
        return csv.read_csv(path, convert_options=options)
    if file_format == "geoparquet":
        return pq.read_table(path).drop_columns(["geom", "bbox"])
    return pyogrio.read_arrow(path, read_geometry=False)[1]


def metadata(path: Path, file_format: str) -> dict:
    if file_format == "csv":
        return json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
    if file_format == "geoparquet":
        return json.loads(pq.read_schema(path).metadata[b"riskmap"])
    told = pyogrio.read_info(path)["dataset_metadata"]
    plain = ("title", "meaning", "snapshot", "as_of", "code_version")
    return {key: value if key in plain else json.loads(value) for key, value in told.items()}


@pytest.mark.parametrize("file_format", ["gpkg", "geoparquet", "csv"])
def test_every_format_holds_the_same_rows_by_cell_and_period(tiny, out, file_format) -> None:
    path = out / f"risk.{file_format}"
    assert export_snapshot(tiny, path, file_format) == path
    table = read(path, file_format)
    assert table.column_names == COLUMNS
    expected = query_scores(tiny, tiny.periods, fields=[name.replace("_value", ".value") for name in COLUMNS])
    expected = expected.sort_by([("cell", "ascending"), ("period", "ascending")]).rename_columns(COLUMNS)
    for name in COLUMNS:
        values = table[name].to_pylist()
        if pa.types.is_floating(expected[name].type):
            values = [None if value is None or np.isnan(value) else pytest.approx(value, rel=1e-6) for value in values]
        assert expected[name].to_pylist() == values, name
    assert None in expected["score"].to_pylist()
    assert 0.0 in expected["score"].to_pylist()


@pytest.mark.parametrize("file_format", ["gpkg", "geoparquet", "csv"])
def test_every_format_tells_what_must_be_known(tiny, out, file_format) -> None:
    path = out / f"risk.{file_format}"
    export_snapshot(tiny, path, file_format, ["2024-02"])
    told = metadata(path, file_format)
    assert (told["snapshot"], told["as_of"], told["synthetic"]) == (tiny.id, "2024-03-31", True)
    assert "Not an incidence map" in told["meaning"]
    assert told["periods"] == ["2024-02"]
    assert [one["attribution"] for one in told["licences"]][:2] == ["ACLED & partners", "National <survey>"]
    assert told["recipe"]["name"] == "small"
    assert told["columns"]["crowding_value"] == "Crowding, per <1,000>"
    assert set(told["columns"]) <= set(COLUMNS)


@pytest.mark.parametrize("file_format", ["gpkg", "geoparquet"])
def test_geometry_is_the_cells_outline_in_a_column_named_geom(tiny, out, file_format) -> None:
    path = out / f"risk.{file_format}"
    export_snapshot(tiny, path, file_format, ["2024-01", "2024-02"])
    frame = geopandas.read_parquet(path) if file_format == "geoparquet" else geopandas.read_file(path)
    assert frame.crs.to_epsg() == 4326 or frame.crs.to_string() == "OGC:CRS84"
    expected = np.repeat(cell_shapes(tiny), 2)
    assert frame.geometry.geom_equals_exact(geopandas.GeoSeries(expected, crs=frame.crs), 1e-9).all()
    if file_format == "gpkg":
        assert pyogrio.read_info(path)["geometry_name"] == "geom"
    else:
        assert frame.geometry.name == "geom"


def test_a_geopackage_says_it_in_words_where_gis_show_them(tiny, out) -> None:
    export_snapshot(tiny, out / "risk.gpkg", "gpkg")
    with sqlite3.connect(out / "risk.gpkg") as database:
        ((layer, title, words, crs),) = database.execute(
            "select table_name, identifier, description, srs_id from gpkg_contents"
        ).fetchall()
    database.close()
    assert (layer, title, crs) == ("risk", "Small world", 4326)
    for part in ("SYNTHETIC", "Not an incidence map", tiny.id, "2024-03-31", "ACLED-terms", "CC-BY-4.0"):
        assert part in words


def test_a_real_place_is_not_called_invented(make_snapshot, disk, out) -> None:
    real = make_snapshot(disk(2.5, 45.2, 6, 0), change=lambda manifest: manifest["case"].update(synthetic=False))
    export_snapshot(real, out / "risk.gpkg", "gpkg")
    assert "SYNTHETIC" not in pyogrio.read_info(out / "risk.gpkg")["layer_metadata"]["DESCRIPTION"]


def test_geoparquet_is_1_1_with_a_box_a_row_that_readers_use(tiny, out) -> None:
    path = out / "risk.parquet"
    export_snapshot(tiny, path, "geoparquet", ["2024-01"])
    geo = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geom")
    assert geo["columns"]["geom"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    west, south, east, north = cell_shapes(tiny)[0].bounds
    inner = (west + 0.04, south + 0.04, east - 0.04, north - 0.04)
    assert len(geopandas.read_parquet(path, bbox=inner)) < 7


def test_cells_on_the_antimeridian_can_be_written(make_snapshot, disk, out) -> None:
    snapshot = make_snapshot(disk(-17.0, 179.9, 4, 2))
    export_snapshot(snapshot, out / "risk.gpkg", "gpkg", ["2024-01"])
    frame = geopandas.read_file(out / "risk.gpkg")
    assert set(frame.geom_type) == {"Polygon", "MultiPolygon"}
    assert frame.total_bounds[[0, 2]].tolist() == [-180, 180]


def test_periods_are_written_in_their_own_order_each_once(tiny, out) -> None:
    export_snapshot(tiny, out / "risk.csv", "csv", ["2024-03", "2024-01", "2024-03"])
    assert read(out / "risk.csv", "csv")["period"].to_pylist()[:3] == ["2024-01", "2024-03", "2024-01"]


def test_an_older_file_is_replaced_and_nothing_else_is_left(tiny, out) -> None:
    for name in ("risk.csv", "risk.csv.json"):
        (out / name).write_text("old")
    export_snapshot(tiny, str(out / "risk.csv"), "csv")
    assert sorted(path.name for path in out.iterdir()) == ["risk.csv", "risk.csv.json"]
    assert (out / "risk.csv").read_text() != "old"


def test_where_writing_fails_the_older_file_stays(tiny, out, monkeypatch) -> None:
    def half(_snapshot, _table, _metadata, path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    (out / "risk.csv").write_text("old")
    monkeypatch.setattr(export, "FORMATS", {"csv": half})
    with pytest.raises(StoreError, match="No space left on device"):
        export_snapshot(tiny, out / "risk.csv", "csv")
    assert [path.name for path in out.iterdir()] == ["risk.csv"]
    assert (out / "risk.csv").read_text() == "old"


@pytest.mark.parametrize("file_format", ["gpkg", "geoparquet", "csv"])
def test_a_folder_that_cannot_be_is_told(tiny, out, file_format) -> None:
    (out / "file").write_text("")
    with pytest.raises(StoreError, match="name a file in a folder that can be written"):
        export_snapshot(tiny, out / "file" / "risk", file_format)


@pytest.mark.parametrize("file_format", ["gpkg", "geoparquet", "csv"])
def test_a_name_that_is_a_folder_is_told(tiny, out, file_format) -> None:
    (out / "risk").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        export_snapshot(tiny, out / "risk", file_format)
    assert [path.name for path in out.iterdir()] == ["risk"]


def test_a_folder_that_is_not_there_is_made(tiny, out) -> None:
    assert export_snapshot(tiny, out / "new" / "risk.csv", "csv").is_file()


def test_an_unknown_format_is_told_with_those_there_are(tiny, out) -> None:
    with pytest.raises(QueryError, match="no format 'shapefile'; formats are gpkg, geoparquet, csv"):
        export_snapshot(tiny, out / "risk.shp", "shapefile")


def test_unknown_or_no_periods_are_told(tiny, out) -> None:
    with pytest.raises(PeriodUnknown):
        export_snapshot(tiny, out / "risk.csv", "csv", ["1999-01"])
    with pytest.raises(QueryError, match="no period"):
        export_snapshot(tiny, out / "risk.csv", "csv", [])


def test_what_may_not_be_passed_on_is_not_written_and_every_such_licence_named(make_snapshot, disk, out) -> None:
    def close(manifest):
        for index in (0, 3):
            manifest["inputs"][index]["licence"]["derived"] = False

    snapshot = make_snapshot(disk(2.5, 45.2, 6, 0), change=close)
    with pytest.raises(QueryError, match=r"ACLED-terms \(acled: acled\.csv\), CC-BY-4\.0 \(worldpop: worldpop\.csv\)"):
        export_snapshot(snapshot, out / "risk.csv", "csv")
    assert list(out.iterdir()) == []
