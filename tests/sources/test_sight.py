"""A first look at files of every kind, whole, torn and strange: the kind is right, and nothing is ever raised."""

from __future__ import annotations

import gzip
import io
import json
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from riskmap.model.raw import Raw
from riskmap.sources import sight, workbooks
from riskmap.sources.sight import Sight, look

Make = Callable[[str | bytes, str], Raw]

PLACE = {"name": "Here", "Level 2": "1"}


def seen(path: Path) -> Sight:
    return look(Raw(path, path.name, ""))


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "Region;Number of  people\n1;2\n",
        "\ufeffRegion;Number of  people\n1;2\n",
        "\n\r\n  Region;Number of  people\n",
        '"Region";"Number of\npeople";""\n',
        "region;NUMBER OF PEOPLE;",
    ],
)
def test_a_table_shows_the_names_of_its_columns_without_case_and_stray_spaces(raw: Make, content) -> None:
    found = look(raw(content, "A.CSV"))
    assert (found.kind, found.suffix, found.name) == ("delimited", ".csv", "A.CSV")
    assert found.columns == {"region", "number of people"}
    assert found.has("REGION", " number  of people ")
    assert not found.has("region", "sex")


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_the_most_frequent_one(raw: Make, delimiter) -> None:
    found = look(raw(delimiter.join(["a", "b", "c x"]) + "\n", "a.txt"))
    assert found.columns == {"a", "b", "c x"}


def test_latin_letters_are_no_obstacle(raw: Make) -> None:
    found = look(raw("Région,Année,name\n".encode("latin-1"), "a.csv"))
    assert found.kind == "delimited"
    assert found.has("name")


def test_a_header_that_never_ends_is_cut(raw: Make) -> None:
    found = look(raw('a,"' + "x" * 140_000 + "\n", "a.csv"))
    assert found.kind == "delimited"


@pytest.mark.parametrize(
    "content", [b"", b" \n\r\n", b"\xef\xbb\xbf", "a,b\n".encode("utf-16"), b"\x89PNG\r\n\x1a\n\x00\x00"]
)
def test_what_holds_nothing_or_nothing_known_is_unknown(raw: Make, content) -> None:
    assert look(raw(content, "a.csv")).kind == "unknown"


def test_what_is_not_there_or_a_folder_is_unknown(tmp_path) -> None:
    assert seen(tmp_path / "nothing.csv") == Sight("nothing.csv", ".csv", "unknown")
    assert seen(tmp_path).kind == "unknown"


@pytest.mark.parametrize(
    ("value", "keys", "columns"),
    [
        ([PLACE], set(), {"name", "level 2"}),
        ({"result": [PLACE], "isSuccess": True}, {"result", "isSuccess"}, {"name", "level 2"}),
        ({"count": 1, "page": {"of": 2, "rows": [PLACE]}}, {"count", "page"}, {"name", "level 2"}),
        ({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": PLACE, "geometry": None}]},
         {"type", "features"}, {"name", "level 2"}),
        ({"type": "Feature", "properties": PLACE, "geometry": None}, {"type", "properties", "geometry"}, {"name", "level 2"}),
        ({"type": "Feature", "properties": None, "geometry": None}, {"type", "properties", "geometry"},
         {"type", "properties", "geometry"}),
        ([1, None, PLACE], set(), {"name", "level 2"}),
        ([], set(), set()),
        ({}, set(), set()),
        ({"message": "no", "list": [1, 2], "deep": {"deeper": {}}}, {"message", "list", "deep"}, set()),
    ],
)  # fmt: skip
def test_json_shows_its_keys_and_those_of_its_records(raw: Make, value, keys, columns) -> None:
    for content in (json.dumps(value), "\ufeff\n " + json.dumps(value, indent=2)):
        found = look(raw(content, "a.json"))
        assert (found.kind, found.keys, found.columns) == ("json", keys, columns)


def test_json_that_nests_without_end_is_left_unread(raw: Make) -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900
    assert look(raw(deep, "a.json")).columns == frozenset()
    assert look(raw(deep * 2, "a.json")).keys == frozenset()
    assert look(raw("[" * 200_000, "a.json")).kind == "json"


def test_json_that_is_torn_is_still_json(raw: Make) -> None:
    found = look(raw('{"result": [{"na', "a.json"))
    assert (found.kind, found.keys, found.columns) == ("json", frozenset(), frozenset())


@pytest.mark.parametrize(
    ("content", "keys", "columns"),
    [
        (json.dumps([PLACE] * 9), set(), {"name", "level 2"}),
        (
            json.dumps({"type": "FeatureCollection", "features": [{"properties": PLACE}] * 9}),
            {"type", "features"},
            {"name", "level 2"},
        ),
        ('\ufeff{"rows": [1, 2]}', {"rows"}, set()),
        ('{"rows": [{"name": "a', {"rows"}, set()),
        ("[" * 100_000, set(), set()),
        ('{"rows": 7}', {"rows"}, set()),
    ],
)
def test_of_a_large_json_the_beginning_is_looked_at(raw: Make, monkeypatch, content, keys, columns) -> None:
    monkeypatch.setattr(sight, "_WHOLE_JSON_BYTES", 5)
    found = look(raw(content, "a.json"))
    assert (found.kind, found.keys, found.columns) == ("json", keys, columns)


@pytest.mark.parametrize(
    "content",
    [
        '<?xml version="1.0"?><!-- a <b> --><rss><gdacs:iso3>SDN</gdacs:iso3></rss>',
        '\n<!DOCTYPE x><x:rss xmlns:x="y"><gdacs:iso3/></x:rss>',
    ],
)
def test_xml_shows_its_root_and_its_prefixed_elements(raw: Make, content) -> None:
    found = look(raw(content.replace("<b>", "b"), "a.xml"))
    assert (found.kind, found.tag) == ("xml", "rss")
    assert found.has("gdacs:iso3")


def test_a_web_page_is_no_table(raw: Make) -> None:
    found = look(raw("<!doctype html>\n<HTML><body>Log in, please", "a.csv"))
    assert (found.kind, found.tag) == ("xml", "HTML")
    assert look(raw("<", "a.csv")).tag == ""


def test_a_workbook_shows_the_cells_of_the_first_rows_of_all_its_sheets(tmp_path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Title of the table", None, 7])
    book.active.append(["Region", "Month End"])
    book.create_sheet("Second").append(["Other"])
    for _ in range(10):
        book.active.append(["far below"])
    book.save(tmp_path / "a.xlsx")
    found = seen(tmp_path / "a.xlsx")
    assert found.kind == "workbook"
    assert found.columns == {"title of the table", "region", "month end", "other", "far below"}


def test_a_workbook_that_is_torn_or_would_unpack_to_too_much_has_no_names(tmp_path, raw: Make, monkeypatch) -> None:
    found = look(raw(zipped(**{"xl/workbook.xml": b"<", "[Content_Types].xml": b"<"}), "a.xlsx"))
    assert (found.kind, found.columns) == ("workbook", frozenset())
    assert look(raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls")).kind == "workbook"
    book = openpyxl.Workbook()
    book.active.append(["Region"])
    book.save(tmp_path / "b.xlsx")
    monkeypatch.setattr(workbooks, "MOST_BYTES", 1000)
    assert (seen(tmp_path / "b.xlsx").kind, seen(tmp_path / "b.xlsx").columns) == ("workbook", frozenset())


def test_a_zip_of_something_else_is_no_workbook(raw: Make) -> None:
    found = look(raw(zipped(**{"ged.csv": b"a,b\n"}), "ged.zip"))
    assert (found.kind, found.keys, found.columns) == ("zip", {"ged.csv"}, frozenset())
    assert look(raw(zipped(), "empty.zip")).kind == "zip"
    assert look(raw(zipped(**{"ged.csv": b"a,b\n"})[:30], "torn.zip")).kind == "unknown"
    assert look(raw("PK,name\n1,2\n", "keys.csv")).columns == {"pk", "name"}


def test_gzip_is_told(raw: Make) -> None:
    assert look(raw(gzip.compress(b"a,b\n"), "a.csv.gz")).kind == "gzip"


def test_parquet_shows_its_columns(tmp_path) -> None:
    pq.write_table(pa.table({"Region": ["a"], "geometry": [b""]}), tmp_path / "a.parquet")
    assert (seen(tmp_path / "a.parquet").kind, seen(tmp_path / "a.parquet").columns) == (
        "parquet",
        {"region", "geometry"},
    )
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-9])
    assert (seen(tmp_path / "torn.parquet").kind, seen(tmp_path / "torn.parquet").columns) == ("parquet", frozenset())


def shapes(path: Path, driver: str) -> Path:
    points = shapely.to_wkb(np.array([shapely.Point(1, 2)], dtype=object))
    values = [np.array(["a"], dtype=object)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write(path, points, values, ["Region"], driver=driver, geometry_type="Point", crs="EPSG:4326")
    return path


def test_files_of_shapes_are_told_by_their_content(tmp_path) -> None:
    shapefile = seen(shapes(tmp_path / "a.shp", "ESRI Shapefile"))
    assert (shapefile.kind, shapefile.columns) == ("shapefile", {"region"})
    assert seen(shapes(tmp_path / "a.gpkg", "GPKG")).kind == "geopackage"
    assert seen(shapes(tmp_path / "a.fgb", "FlatGeobuf")).kind == "flatgeobuf"


@pytest.mark.parametrize("suffix", [".shx", ".dbf", ".prj", ".cpg"])
def test_a_companion_of_a_shapefile_is_nothing_by_itself(tmp_path, suffix) -> None:
    shapes(tmp_path / "a.shp", "ESRI Shapefile")
    assert seen(tmp_path / f"a{suffix}").kind == "unknown"


def test_a_shapefile_without_its_companions_or_torn_has_no_names(tmp_path) -> None:
    shapes(tmp_path / "a.shp", "ESRI Shapefile")
    (tmp_path / "a.dbf").unlink()
    assert (seen(tmp_path / "a.shp").kind, seen(tmp_path / "a.shp").columns) == ("shapefile", frozenset())
    (tmp_path / "b.shp").write_bytes((tmp_path / "a.shp").read_bytes()[:20])
    assert (seen(tmp_path / "b.shp").kind, seen(tmp_path / "b.shp").columns) == ("shapefile", frozenset())


@pytest.mark.parametrize(
    "options", [{}, {"BIGTIFF": "YES"}, {"ENDIANNESS": "BIG"}, {"ENDIANNESS": "BIG", "BIGTIFF": "YES"}]
)
def test_a_raster_is_told(tmp_path, options) -> None:
    path = tmp_path / "a.tif"
    profile = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, transform=from_origin(10, 10, 0.5, 0.5), **options) as file:
        file.write(np.ones((1, 2, 2), np.uint8))
    assert seen(path).kind == "raster"


REAL = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".md": "delimited",
    ".json": "json",
    ".geojson": "json",
    ".xlsx": "workbook",
    ".xml": "xml",
    ".parquet": "parquet",
    ".tif": "raster",
    ".shp": "shapefile",
    ".shx": "unknown",
    ".dbf": "unknown",
    ".prj": "unknown",
    ".cpg": "unknown",
}


def test_every_real_file_is_of_the_kind_that_its_name_says_and_shows_its_columns(real_data) -> None:
    files = [path for path in real_data.rglob("*") if path.is_file()]
    found = {path: seen(path) for path in files}
    assert len(files) > 80
    assert {path.name: one.kind for path, one in found.items() if one.kind != REAL[path.suffix]} == {}
    bare = Counter(one.kind for path, one in found.items() if not one.columns and path.parent.name != "ugly")
    assert set(bare) == {"raster", "unknown", "xml"}
