"""A first look at a file: enough to tell which provider it is from, without reading it whole."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson
import python_calamine

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import plain
from riskmap.sources.workbooks import open_workbook

_HEAD_BYTES = 1 << 16
_WHOLE_JSON_BYTES = 1 << 25
_DEEPEST_LIST = 4
_SHEET_ROWS = 8
_MAGIC = {
    b"PAR1": "parquet",
    b"II*\x00": "raster",
    b"MM\x00*": "raster",
    b"II+\x00": "raster",
    b"MM\x00+": "raster",
    b"\x00\x00\x27\x0a": "shapefile",
    b"SQLite format 3": "geopackage",
    b"fgb": "flatgeobuf",
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0": "workbook",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_COMPANIONS = frozenset({".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix"})
"""Suffixes of files that say nothing without the shapefile beside them."""
_BOOK_PARTS = ("xl/", "content.xml")
_KEY = re.compile(r'"([^"\\]+)"\s*:')
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_TAG = re.compile(rb"</?([\w.-]+:[\w.-]+)")


@dataclass(frozen=True)
class Sight:
    """What a first look at a file shows.

    Args:
        name: How messages call the file.
        suffix: Of its name, lower case, with the dot.
        kind: `delimited`, `workbook`, `json`, `xml`, `raster`, `shapefile`, `geopackage`, `flatgeobuf`, `parquet`,
            `gzip`, `zip` (of anything but a workbook) or `unknown`.
        columns: Names of the columns of a table, of the properties of features, or of the keys of listed JSON objects;
            without case and stray spaces, as `columns.plain` gives them.
        keys: Keys of the outermost JSON object, or names of the files in a zip, as written.
        tag: Root element of an XML file, with no prefix.
        text: Beginning of a text file.
    """

    name: str
    suffix: str
    kind: str
    columns: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    tag: str = ""
    text: str = ""

    def has(self, *columns: str) -> bool:
        """Whether all these columns are there; case and stray spaces do not matter."""
        return {plain(column) for column in columns} <= self.columns


def look(raw: Raw) -> Sight:
    """A first look at a file; one that cannot be read is `unknown`."""
    suffix = raw.path.suffix.lower()
    try:
        with raw.path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return Sight(raw.name, suffix, "unknown")
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")
    if suffix in _COMPANIONS:
        return Sight(raw.name, suffix, "unknown")
    if kind == "zip":
        return _of_zip(raw, suffix)
    if kind in _NAMES:
        return Sight(raw.name, suffix, kind, _named(_NAMES[kind](raw)))
    if kind:
        return Sight(raw.name, suffix, kind)
    return _of_text(raw, suffix, head.removeprefix(codecs.BOM_UTF8).lstrip())


def _of_zip(raw: Raw, suffix: str) -> Sight:
    try:
        with zipfile.ZipFile(raw.path) as file:
            inside = frozenset(file.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Sight(raw.name, suffix, "unknown")
    if not any(name.startswith(_BOOK_PARTS) for name in inside):
        return Sight(raw.name, suffix, "zip", keys=inside)
    return Sight(raw.name, suffix, "workbook", _named(_workbook_names(raw)))


def _of_text(raw: Raw, suffix: str, head: bytes) -> Sight:
    text = head.decode("utf-8", errors="replace")
    if head[:1] in (b"{", b"["):
        keys, names = _json_names(raw)
        return Sight(raw.name, suffix, "json", _named(names), frozenset(keys), text=text)
    if head[:1] == b"<":
        root = _ROOT.search(head)
        tag = root.group(1).decode() if root else ""
        return Sight(raw.name, suffix, "xml", _named(one.decode() for one in _TAG.findall(head)), tag=tag, text=text)
    if b"\x00" in head or not text.strip():
        return Sight(raw.name, suffix, "unknown", text=text)
    return Sight(raw.name, suffix, "delimited", _named(_header(text)), text=text)


def _named(names: Iterable[str]) -> frozenset[str]:
    return frozenset(plain(name) for name in names if name.strip())


def _header(text: str) -> list[str]:
    first = text.splitlines()[0]
    delimiter = max(",;\t|", key=first.count)
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _json_names(raw: Raw) -> tuple[list[str], list[str]]:
    """Keys of the outermost object, and those of the first record of the first list of objects in it."""
    if raw.path.stat().st_size > _WHOLE_JSON_BYTES:
        return _beginning_names(raw)
    try:
        value: object = orjson.loads(raw.path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return [], []
    keys = [str(key) for key in value] if isinstance(value, Mapping) else []
    return keys, _record_names(value)


def _beginning_names(raw: Raw) -> tuple[list[str], list[str]]:
    """The same of a file too large to be read whole: keys before its first list, and those of the record there."""
    with raw.path.open("rb") as file:
        text = file.read(_HEAD_BYTES).decode("utf-8-sig", errors="replace").lstrip()
    before, _, after = text.partition("[")
    keys = _KEY.findall(before) if text.startswith("{") else []
    try:
        first, _ = json.JSONDecoder().raw_decode(after.lstrip())
    except (ValueError, RecursionError):
        return keys, []
    return keys, _record_names([first])


def _record_names(value: object, depth: int = 0) -> list[str]:
    if isinstance(value, list):
        first = next((one for one in value if isinstance(one, Mapping)), {})
        properties = first.get("properties")
        return [str(key) for key in (properties if isinstance(properties, Mapping) else first)]
    if not isinstance(value, Mapping) or depth > _DEEPEST_LIST:
        return []
    if value.get("type") == "Feature":
        return _record_names([value])
    for one in value.values():
        if isinstance(one, list) and one and isinstance(one[0], Mapping):
            return _record_names(one)
    nested = (_record_names(one, depth + 1) for one in value.values() if isinstance(one, Mapping))
    return next((names for names in nested if names), [])


def _workbook_names(raw: Raw) -> list[str]:
    """The cells of the first rows of all sheets: whichever of them is the header, its names are there."""
    try:
        book = open_workbook(raw.name, raw.path.read_bytes())
        sheets = [book.get_sheet_by_name(name).to_python(nrows=_SHEET_ROWS) for name in book.sheet_names]
    except (python_calamine.CalamineError, InputError):
        return []
    return [cell for rows in sheets for row in rows for cell in row if isinstance(cell, str)]


def _parquet_names(raw: Raw) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(raw.path).names)
    except (pa.ArrowException, OSError, ValueError):
        return []


def _shapefile_names(raw: Raw) -> list[str]:
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return [str(name) for name in pyogrio.read_info(raw.path)["fields"]]
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, IndexError, ValueError, NameError):
            return []


_NAMES = {"workbook": _workbook_names, "parquet": _parquet_names, "shapefile": _shapefile_names}
"""What tells the names of the columns of a file that is no text."""
