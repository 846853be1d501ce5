"""Delimited files, read in blocks by several threads, so that neither their length nor their width costs memory.

A first pass tells how the file is written; a second one parses it, and keeps only the columns that are wanted. Where a
row does not fit, or a cell is longer than a block, the file is parsed again the slow way, which can number every row.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from riskmap.errors import InputError
from riskmap.model.raw import Raw

Malformed = tuple[tuple[int, str], ...]
"""Rows that have another number of cells than the header: row, 1-based below the header, and its number of cells."""

Choose = Callable[[Sequence[str]], Sequence[int]]
"""Positions of the columns wanted, from the cells of the header."""

_DELIMITERS = ",;\t|"
_BLOCK_BYTES = 1 << 20
_LEAST_BLOCK_BYTES = 1 << 10


@dataclass(frozen=True)
class Delimited:
    """What stands in a delimited file.

    Args:
        header: Cells of its first row that is not blank, as written.
        columns: Text below it by position, for the positions wanted: shape (rows,) each, trimmed, null where empty.
        malformed: Rows in no column.
        delimiter: What was taken to part the cells.
        notes: What was assumed.
    """

    header: Sequence[str]
    columns: dict[int, pa.Array]
    malformed: Malformed
    delimiter: str
    notes: tuple[str, ...]


def read_delimited(raw: Raw, delimiter: str | None, encoding: str | None, choose: Choose) -> Delimited:
    """The wanted columns of a delimited file.

    Args:
        raw: The file.
        delimiter: Between cells; found in the header where None.
        encoding: Of a file that is not UTF-8; latin-1 where None.
        choose: Tells which columns.

    Raises:
        InputError: It is empty, cannot be decoded, a quote in it never closes, or the delimiter is none.
    """
    content = _utf8(raw, encoding)
    try:
        header, delimiter = _header(raw.name, content, delimiter)
        if content.quotes % 2:
            _check_quotes(content, delimiter)
        layout = _Layout(delimiter, len(header), tuple(choose(header)))
        columns, malformed = _parsed(content, layout)
    except (csv.Error, pa.ArrowInvalid) as error:
        raise InputError(raw.name, f"not a delimited table: {error}") from error
    return Delimited(header, dict(zip(layout.places, columns, strict=True)), malformed, delimiter, content.notes)


def decoded(name: str, content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and what was assumed: UTF-8, or else the encoding told, or else latin-1, which is noted.

    Raises:
        InputError: It is none of these.
    """
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        chosen = encoding or "latin-1"
    try:
        return content.decode(chosen), (f"not UTF-8; read as {chosen}",)
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(name, f"neither UTF-8 nor {chosen} ({error}); give the option encoding") from error


def delimiter_of(name: str, given: str | None, header: str) -> str:
    """The delimiter given, or the one that the header has most of.

    Raises:
        InputError: What is given is not one character.
    """
    if given is not None and len(given) != 1:
        raise InputError(name, f"option delimiter must be one character, not {given!r}")
    return given or max(_DELIMITERS, key=header.count)


@dataclass(frozen=True)
class _Content:
    """A file as UTF-8.

    Args:
        held: The file, or what it was decoded to.
        start: Bytes before its first line that is not blank: a byte order mark, line ends.
        quotes: Their number.
        notes: What was assumed.
    """

    held: Path | bytes
    start: int
    quotes: int
    notes: tuple[str, ...] = ()

    def binary(self) -> pa.NativeFile:
        """From the first line on."""
        # Not by path, which would tell from a suffix what to unpack.
        file = pa.OSFile(str(self.held)) if isinstance(self.held, Path) else pa.BufferReader(self.held)
        file.seek(self.start)
        return file

    @contextmanager
    def text(self) -> Iterator[io.TextIOWrapper]:
        """From the first line on, with line ends as they are."""
        with _opened(self.held) as file:
            file.seek(self.start)
            yield io.TextIOWrapper(file, encoding="utf-8", newline="")


@dataclass(frozen=True)
class _Layout:
    """How cells stand.

    Args:
        delimiter: Between cells.
        width: Cells of the header.
        places: Positions of the columns wanted.
    """

    delimiter: str
    width: int
    places: tuple[int, ...]


def _utf8(raw: Raw, encoding: str | None) -> _Content:
    try:
        return _Content(raw.path, _first_line(raw.path), _quotes(raw.path))
    except UnicodeDecodeError:
        text, notes = decoded(raw.name, raw.path.read_bytes(), encoding)
        content = text.encode()
        return _Content(content, _first_line(content), text.count('"'), notes)


def _opened(held: Path | bytes) -> BinaryIO:
    return held.open("rb") if isinstance(held, Path) else io.BytesIO(held)


def _quotes(path: Path) -> int:
    """The number of quotes in a file of UTF-8; any other fails to decode."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            quotes += decoder.decode(block).count('"')
    decoder.decode(b"", final=True)
    return quotes


def _first_line(held: Path | bytes) -> int:
    """Bytes before the first line that is not blank."""
    with _opened(held) as file:
        start = len(codecs.BOM_UTF8) if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0
        file.seek(start)
        while file.read(1) in {b"\r", b"\n"}:
            start += 1
    return start


def _header(name: str, content: _Content, given: str | None) -> tuple[list[str], str]:
    """Cells of the header, and the delimiter between them."""
    with content.text() as text:
        first = text.readline()
    if not first.strip():
        raise InputError(name, "the file is empty")
    delimiter = delimiter_of(name, given, first)
    with content.text() as text:
        return next(csv.reader(text, delimiter=delimiter)), delimiter


def _check_quotes(content: _Content, delimiter: str) -> None:
    """Only a strict pass tells a harmless stray quote from one that swallows the rest of the file."""
    with content.text() as text:
        for _ in csv.reader(text, delimiter=delimiter, strict=True):
            pass


def _parsed(content: _Content, layout: _Layout) -> tuple[Sequence[pa.Array], Malformed]:
    """The columns, and the rows that have another number of cells."""
    for threads in (True, False):
        try:
            columns, malformed = _blocks(content.binary(), layout, _BLOCK_BYTES, threads=threads)
        except pa.ArrowInvalid:
            continue  # A cell may be longer than a block.
        if not (malformed and threads):  # Threads do not number the rows.
            return _texts(columns), malformed
    whole = content.binary().read().rstrip(b"\r\n") + b"\n"
    block_bytes = max(len(whole), _LEAST_BLOCK_BYTES)
    columns, malformed = _blocks(pa.BufferReader(whole), layout, block_bytes, threads=False)
    return _texts(columns), malformed


def _blocks(
    file: pa.NativeFile, layout: _Layout, block_bytes: int, *, threads: bool
) -> tuple[list[pa.ChunkedArray], Malformed]:
    malformed: list[tuple[int, str]] = []

    def skip(row: pv.InvalidRow) -> str:
        malformed.append(((row.number or 0) - 1, str(row.actual_columns)))
        return "skip"

    names = [str(place) for place in range(layout.width)]
    wanted = [names[place] for place in layout.places]
    table = pv.read_csv(
        file,
        pv.ReadOptions(use_threads=threads, block_size=block_bytes, column_names=names, skip_rows_after_names=1),
        pv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=skip),
        pv.ConvertOptions(
            column_types=dict.fromkeys(wanted, pa.string()),
            include_columns=wanted,
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return table.columns, tuple(malformed)


def _texts(columns: list[pa.ChunkedArray]) -> Sequence[pa.Array]:
    """Each column in one piece and trimmed; its pieces are let go one after the other, and the list is empty then."""
    columns.reverse()
    return [_trimmed(columns.pop().combine_chunks()) for _ in range(len(columns))]


def _trimmed(text: pa.Array) -> pa.Array:
    """Texts without white space around them, null where nothing is left; the same array where there is none."""
    if not _may_be_padded(text):
        return text
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _may_be_padded(text: pa.Array) -> bool:
    """Whether a text begins or ends with a byte that may be of white space; shape (rows,), from its first row on."""
    _, offsets, data = text.buffers()
    if data is None or not data.size:
        return False
    bounds = np.frombuffer(offsets, np.int32, len(text) + 1, text.offset * 4)
    filled = bounds[1:] > bounds[:-1]
    letters = np.frombuffer(data, np.uint8)
    edges = (letters[bounds[:-1][filled]], letters[bounds[1:][filled] - 1])
    # The space and all control characters lie up to 32, everything beyond ASCII from 128 on.
    return any(bool(((edge <= 32) | (edge >= 128)).any()) for edge in edges)
