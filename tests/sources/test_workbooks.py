"""Workbooks are looked over before they are read: too large a one ends the process that reads it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from riskmap.errors import InputError
from riskmap.sources import workbooks
from riskmap.sources.workbooks import is_workbook, open_workbook


def book(*stray: tuple[int, int]) -> bytes:
    made, held = openpyxl.Workbook(), io.BytesIO()
    made.active.append(["Region", "People"])
    made.active.append(["North", 7])
    for row, column in stray:
        made.active.cell(row, column, "x")
    made.save(held)
    return held.getvalue()


def changed(content: bytes, **members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, members.get(name, before.read(name)))
    return held.getvalue()


def test_a_workbook_is_told_by_its_first_bytes() -> None:
    assert is_workbook(book())
    assert is_workbook(b"\xd0\xcf\x11\xe0\xa1\xb1")
    assert not is_workbook(b"Region,People\n")


def test_a_workbook_opens_with_its_sheets() -> None:
    opened = open_workbook("a.xlsx", book((5, 30)))
    assert opened.get_sheet_by_name(opened.sheet_names[0]).to_python()[1][:2] == ["North", 7.0]


@pytest.mark.parametrize("stray", [(1_048_576, 16_384), (1_048_576, 100), (10_000, 16_384)])
def test_a_stray_cell_far_away_is_told_and_does_not_end_the_process(stray) -> None:
    row, column = stray
    told = (
        rf"a\.xlsx: a sheet reaches to row {row:,} and column {column:,}, which is more than 33,554,432 cells; delete"
    )
    with pytest.raises(InputError, match=told):
        open_workbook("a.xlsx", book(stray))


@pytest.mark.parametrize("stray", [(1_048_576, 3), (2, 16_384), (2_000, 16_384)])
def test_a_long_or_a_wide_sheet_is_read(stray) -> None:
    assert open_workbook("a.xlsx", book(stray)).sheet_names == ["Sheet"]


@pytest.mark.parametrize(
    "sheet",
    [
        b'<x:worksheet xmlns:x="u"><x:sheetData><x:row spans="1:2" r="1048576"><x:c r="XFD1048576"/></x:row>',
        b"<worksheet><sheetData><row r='1048576'><c r='XFD1048576' t='s'/></row>",
        b'<row r="1"/>' + b" " * (1 << 20) + b'<row r="1048576"><c r="XFD1048576"/>',
        b" " * ((1 << 20) - 7) + b'<row r="1048576"><c r="XFD1048576"/></row>',
    ],
    ids=["prefixed", "other quotes", "far behind", "across two pieces"],
)
def test_however_it_is_written_it_is_found(sheet) -> None:
    with pytest.raises(InputError, match="row 1,048,576 and column 16,384"):
        open_workbook("a.xlsx", changed(book(), **{"xl/worksheets/sheet1.xml": sheet}))


def test_a_workbook_that_unpacks_to_too_much_is_told(monkeypatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="unpacks to more than 1,000 bytes; save it as CSV"):
        open_workbook("a.xlsx", book())


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9, 0.99])
def test_a_workbook_that_is_torn_is_told(at) -> None:
    content = book()
    with pytest.raises(InputError, match="not a workbook that can be read"):
        open_workbook("a.xlsx", content[: int(len(content) * at)])


def test_a_workbook_that_says_less_than_it_unpacks_to_is_told() -> None:
    content = bytearray(changed(book(), **{"xl/worksheets/sheet1.xml": b"<row/>" * 100_000}))
    place = content.index(b"PK\x01\x02")
    while b"sheet1.xml" not in content[place : place + 90]:
        place = content.index(b"PK\x01\x02", place + 4)
    content[place + 24 : place + 28] = (100).to_bytes(4, "little")
    with pytest.raises(InputError, match="not a workbook that can be read"):
        open_workbook("a.xlsx", bytes(content))


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"PK\x05\x06" + bytes(18)]
)
def test_what_only_begins_like_one_is_told(content) -> None:
    with pytest.raises(InputError, match="not a workbook that can be read"):
        open_workbook("a.xlsx", content)


def test_a_workbook_without_a_sheet_is_told() -> None:
    with zipfile.ZipFile(io.BytesIO(book())) as file:
        parts = file.read("xl/workbook.xml")
    bare = parts[: parts.index(b"<sheets>")] + b"<sheets/>" + parts[parts.index(b"</sheets>") + 9 :]
    with pytest.raises(InputError, match="the workbook has no sheet"):
        open_workbook("a.xlsx", changed(book(), **{"xl/workbook.xml": bare}))


def test_real_workbooks_open(real_data) -> None:
    files = sorted(real_data.rglob("*.xlsx"))
    assert len(files) == 4
    assert all(open_workbook(path.name, Path(path).read_bytes()).sheet_names for path in files)
