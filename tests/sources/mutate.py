"""Files as they may come from a broken line, a careless hand or a hostile one: each a small step from a good file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import numpy as np

Chance = np.random.Generator
Mutation = Callable[[bytes, Chance], bytes]
Files = Mapping[str, bytes]
"""Name -> content; the first is the file itself, the others lie beside it."""

NASTY: Sequence[str] = (
    "",
    " ",
    "-",
    "null",
    "NaN",
    "nan",
    "NA",
    "inf",
    "-Infinity",
    "1e308",
    "1.8e308",
    "-1e308",
    "1e-320",
    "1e5",
    "9" * 400,
    "1" * 5000,
    "18446744073709551616",
    "-9223372036854775809",
    "2147483648",
    "-1",
    "0",
    "0.0000001",
    "1,234",
    "1 234",
    "1_000",
    "0x1F",
    "１２",
    "1e",
    "+",
    "180.0000001",
    "-90.5",
    "540",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59.999Z",
    "0000-00-00",
    "2024-02-30",
    "32/13/2024",
    "01/02/2024",
    "1970-01-01T00:00:00+14:00",
    "2024-W53-7",
    "24:00",
    "\u202e123",
    "\ufeff7",
    "é" * 300,
    "a\u0301",
    "\U0001f9ed",
    "\x00",
    "\x1f",
    "\x85",
    "line\nbreak",
    'a"b',
    "a;b,c\td|e",
    "=1+1",
    "<b>x</b>",
    "&amp;",
    "[1, [2, [3]]]",
    '{"a": {"b": 1}}',
    "[" * 1000,
    "XXX",
    "UNSPECIFIED",
    "SOM",
    "true",
    "XFD1048576",
    "1048576",
)

LEAVES: Sequence[object] = (
    *NASTY,
    None,
    True,
    0,
    -1,
    1e308,
    -1e308,
    1e-320,
    2**63,
    -(2**63) - 1,
    10**30,
    [],
    {},
    [[]],
    [None],
    [[[[[[1]]]]]],
    {"": {}},
    {"type": "Point", "coordinates": [1e308, None]},
    {"type": "Polygon", "coordinates": [[[0, 0]]]},
    {"type": "GeometryCollection", "geometries": []},
    {"type": "LineString", "coordinates": [[1, 2], [1, 2]]},
    "\ud800",
)

BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">{}]>"""
BOMB = BOMB.format("".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 40}">' for n in range(9)))
"""A document type whose last entity is 40 to the ninth times as long as its first."""

FOREIGN = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/hostname">]>'


def some(chance: Chance, of: Sequence[Any]) -> Any:
    return of[int(chance.integers(len(of)))]


def between(chance: Chance, content: Sequence[Any]) -> tuple[int, int]:
    """Where a slice of it begins and ends; most are short."""
    start = int(chance.integers(len(content) + 1))
    return start, min(len(content), start + int(chance.geometric(some(chance, [0.3, 0.01]))))


# Any bytes


def flipped(content: bytes, chance: Chance) -> bytes:
    data = bytearray(content)
    for _ in range(int(chance.geometric(0.3))):
        if data:
            data[int(chance.integers(len(data)))] ^= 1 << int(chance.integers(8))
    return bytes(data)


def cut(content: bytes, chance: Chance) -> bytes:
    return content[: int(chance.integers(len(content) + 1))]


def doubled(content: bytes, chance: Chance) -> bytes:
    start, end = between(chance, content)
    return content[:end] + content[start:end] * int(chance.integers(1, 4)) + content[end:]


def without(content: bytes, chance: Chance) -> bytes:
    start, end = between(chance, content)
    return content[:start] + content[end:]


def moved(content: bytes, chance: Chance) -> bytes:
    (start, end), place = between(chance, content), int(chance.integers(len(content) + 1))
    rest = content[:start] + content[end:]
    return rest[:place] + content[start:end] + rest[place:]


def filled(content: bytes, chance: Chance) -> bytes:
    start, end = between(chance, content)
    return content[:start] + some(chance, [b"\x00", b"\xff", b" ", b"9", b'"']) * (end - start) + content[end:]


def noisy(content: bytes, chance: Chance) -> bytes:
    start, end = between(chance, content)
    return content[:start] + chance.bytes(end - start) + content[end:]


def nasty_inside(content: bytes, chance: Chance) -> bytes:
    start, end = between(chance, content)
    return content[:start] + some(chance, NASTY).encode() + content[end:]


def packed(content: bytes, chance: Chance) -> bytes:
    if chance.random() < 0.5:
        return gzip.compress(content)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(some(chance, ["a.csv", "xl/workbook.xml", "a/../../b.tif", ""]) or "x", content)
    return held.getvalue()


def bomb(content: bytes, chance: Chance) -> bytes:
    """Much of nothing, packed tightly, as a gzip, a zip or a workbook."""
    return some(chance, bombs())


@cache
def bombs() -> Sequence[bytes]:
    archives = []
    for names in (["a.csv"], ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"]):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for name in names:
                file.writestr(name, bytes(400 << 20))
        archives.append(held.getvalue())
    return gzip.compress(bytes(400 << 20), 1), *archives


def recoded(content: bytes, chance: Chance) -> bytes:
    text = content.decode("utf-8", errors="replace")
    coding = some(
        chance, ["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "cp1256", "utf-8-sig", "utf-7", "cp037"]
    )
    encoded: bytes = text.encode(coding, errors="replace")
    return encoded


def other_lines(content: bytes, chance: Chance) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", some(chance, [b"\r", b"\r\n", b"\n\n", b"\n\r", b"\x0b"]))


# Tables, JSON, XML, workbooks and rasters


def of_table(content: bytes, chance: Chance) -> bytes:
    """The same table with a few cells, rows or columns changed; quoted as a writer does that knows what it does."""
    text = content.decode("utf-8", errors="replace")
    delimiter = max(",;\t|", key=text.partition("\n")[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return flipped(content, chance)
    for _ in range(int(chance.geometric(0.4))):
        _change_rows(rows, chance)
    held = io.StringIO(newline="")
    csv.writer(held, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return held.getvalue().encode(errors="replace")


def _change_rows(rows: list[list[str]], chance: Chance) -> None:
    full = [row for row in rows if row]
    if not full:
        return
    row, other = some(chance, full), some(chance, full)
    place, there = int(chance.integers(len(row))), int(chance.integers(len(other)))
    what = int(chance.integers(8))
    if what <= 2:
        row[place] = some(chance, NASTY)
    elif what == 3:
        row[place], other[there] = other[there], row[place]
    elif what == 4:
        rows.insert(int(chance.integers(len(rows) + 1)), list(other))
    elif what == 5:
        rows.remove(row)
    elif what == 6:
        row[place : place + 1] = []
    else:
        bad = some(chance, NASTY)
        for one in rows[1:]:
            one[place : place + 1] = [bad]


def of_json(content: bytes, chance: Chance) -> bytes:
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return flipped(content, chance)
    for _ in range(int(chance.geometric(0.4))):
        value = _changed(value, chance)
    return json.dumps(value, ensure_ascii=bool(chance.integers(2))).encode(errors="surrogatepass")


def _changed(value: Any, chance: Chance) -> Any:
    """A step down at random, and something else there."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.08:
        return deepcopy(some(chance, LEAVES))
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, what = some(chance, keys), chance.random()
    if what < 0.06:
        del value[key]
    elif what < 0.12 and isinstance(value, list):
        value.insert(int(chance.integers(len(value) + 1)), deepcopy(value[key]))
    elif what < 0.16 and isinstance(value, dict):
        value[some(chance, NASTY)] = deepcopy(value[key])
    elif what < 0.2:
        other = some(chance, keys)
        value[key], value[other] = value[other], value[key]
    else:
        value[key] = _changed(value[key], chance)
    return value


def of_xml(content: bytes, chance: Chance) -> bytes:
    what = chance.random()
    bare = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", content)
    if what < 0.1:
        entity = some(chance, [b"&j;", b"&a;"])
        return some(chance, [BOMB, FOREIGN]).encode() + re.sub(rb">[^<>]+<", b">" + entity + b"<", bare, count=1)
    places = list(re.finditer(rb'>([^<>]*)<|="([^"]*)"|</?([\w:]+)', content))
    if not places:
        return flipped(content, chance)
    found = some(chance, places)
    start, end = found.span(found.lastindex or 0)
    new = some(chance, NASTY) if what < 0.7 else some(chance, places).group(0).decode(errors="replace")
    return content[:start] + new.encode(errors="replace") + content[end:]


def of_zip(content: bytes, chance: Chance) -> bytes:
    """The same archive with one member changed inside, so that its checksum holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            if sum(one.file_size for one in file.infolist()) > 1 << 24:
                return flipped(content, chance)
            members = {name: file.read(name) for name in file.namelist()}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError):
        return flipped(content, chance)
    if not members:
        return content
    name = some(chance, sorted(members))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for one, inside in members.items():
            if one != name:
                file.writestr(one, inside)
            elif chance.random() > 0.03:
                file.writestr(one, mutated_bytes(inside, chance)[0])
    return held.getvalue()


def of_raster(content: bytes, chance: Chance) -> bytes:
    """The same TIFF with one entry of its directory changed: its size, its type, where its strips lie."""
    order = "<" if content[:2] == b"II" else ">"
    try:
        start = struct.unpack_from(f"{order}I", content, 4)[0]
        count = struct.unpack_from(f"{order}H", content, start)[0]
        place = start + 2 + 12 * int(chance.integers(max(1, count)))
        data = bytearray(content)
        field = some(chance, [(0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I"), (8, "I")])
        value = some(chance, [0, 1, 2, 3, 255, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, len(content)])
        struct.pack_into(
            f"{order}{field[1]}", data, place + field[0], value & (0xFFFF if field[1] == "H" else 0xFFFFFFFF)
        )
    except struct.error:
        return flipped(content, chance)
    return bytes(data)


ANY: Sequence[Mutation] = (flipped, cut, doubled, without, moved, filled, noisy, nasty_inside)
RARE: Sequence[Mutation] = (packed, recoded, other_lines)


def fitting(content: bytes) -> Sequence[Mutation]:
    """Changes that know what kind of file they change."""
    head = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:4] == b"PK\x03\x04":
        return (of_zip,)
    if head[:4] in (b"II*\x00", b"MM\x00*"):
        return (of_raster,)
    if head[:1] in (b"{", b"["):
        return (of_json,)
    if head[:1] == b"<":
        return (of_xml,)
    return () if b"\x00" in head else (of_table,)


def mutated_bytes(content: bytes, chance: Chance) -> tuple[bytes, str]:
    """A file one or a few steps away, and the steps."""
    steps = []
    for _ in range(int(chance.geometric(0.7))):
        kind = chance.random()
        known = fitting(content)
        choices = RARE if kind < 0.08 else known if known and kind < 0.65 else ANY
        step = bomb if kind > 0.995 else some(chance, choices)
        content = step(content, chance)
        steps.append(step.__name__)
    return content, "+".join(steps)


def mutated(files: Files, chance: Chance) -> tuple[Files, str]:
    """A file, with what lies beside it, one or a few steps away, and the steps."""
    changed = dict(files)
    name = some(chance, sorted(changed))
    changed[name], how = mutated_bytes(changed[name], chance)
    first, kind = next(iter(files)), chance.random()
    if kind < 0.05:
        suffix = some(
            chance, [".csv", ".json", ".xlsx", ".tif", ".shp", ".parquet", ".gpkg", ".xml", ".zip", ".gz", ""]
        )
        return {str(PurePosixPath(first).with_suffix(suffix)): changed.pop(first), **changed}, f"{how}+named{suffix}"
    if kind < 0.08 and len(changed) > 1:
        lost = some(chance, sorted(set(changed) - {first}))
        del changed[lost]
        return changed, f"{how}+lost {lost}"
    return changed, how
