"""Workbooks, looked over before they are read.

The reader keeps a sheet as a full rectangle. One stray cell in the last row and column of an otherwise small sheet
makes it ask for more memory than any machine has, which ends the whole process and not only the file.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import IO

import python_calamine

from riskmap.errors import InputError

MOST_CELLS = 1 << 25
"""Cells of the rectangle that a sheet may fill."""

MOST_BYTES = 1 << 30
"""Bytes that a workbook may hold, unpacked."""

_MAGIC = b"PK"
_OLD_MAGIC = b"\xd0\xcf\x11\xe0"
_PIECE_BYTES = 1 << 20
_OVERLAP_BYTES = 256
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]{0,200}?\br=[\"'](\d{1,9})")
_WIDE = re.compile(rb"\br=[\"']([A-Z]{2,4})\d")
_LETTERS = 26


def is_workbook(content: bytes) -> bool:
    """Whether a file begins as a workbook does; every zip file does so as well."""
    return content.startswith((_MAGIC, _OLD_MAGIC))


def open_workbook(name: str, content: bytes) -> python_calamine.CalamineWorkbook:
    """A workbook, with at least one sheet, that is safe to read.

    Args:
        name: How messages call the file.
        content: Its bytes.

    Raises:
        InputError: It cannot be read, holds too much, or has a sheet with a stray cell far from the others.
    """
    if content.startswith(_MAGIC):
        _look_over(name, content)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except python_calamine.CalamineError as error:
        raise InputError(name, f"not a workbook that can be read: {error}") from error
    if not book.sheet_names:
        raise InputError(name, "the workbook has no sheet; the download may have been cut short")
    return book


def _look_over(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MOST_BYTES:
                raise InputError(name, f"the workbook unpacks to more than {MOST_BYTES:,} bytes; save it as CSV")
            for part in parts:
                with archive.open(part) as file:
                    rows, columns = _reach(file)
                if rows * columns > MOST_CELLS:
                    told = f"a sheet reaches to row {rows:,} and column {columns:,}"
                    limit = f"which is more than {MOST_CELLS:,} cells"
                    raise InputError(name, f"{told}, {limit}; delete the stray cells at its end, or save it as CSV")
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise InputError(name, f"not a workbook that can be read: {error}; fetch it again") from error


def _reach(file: IO[bytes]) -> tuple[int, int]:
    """Last row and an upper bound of the last column of a sheet; 0 rows of what is none."""
    rows, columns, tail = 0, _LETTERS, b""
    while piece := file.read(_PIECE_BYTES):
        text = tail + piece
        rows = max(rows, max(map(int, _ROW.findall(text)), default=0))
        columns = max(columns, max(map(_number, set(_WIDE.findall(text))), default=0))
        tail = text[-_OVERLAP_BYTES:]
    return rows, columns


def _number(letters: bytes) -> int:
    """The number of a column: 27 is AA."""
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number
