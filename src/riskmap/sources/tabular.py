"""Files that hold a table: delimited text, workbooks and JSON lists, each read into a `Table` of text columns."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Mask, Table, as_mask, listed, plain
from riskmap.sources.delimited import Delimited, Malformed, decoded, delimiter_of, read_delimited
from riskmap.sources.workbooks import is_workbook, open_workbook

_HEAD_BYTES = 1 << 16
_MOST_COLUMNS = 1 << 14
_UNNAMED = "Unnamed:"

Row = TypeVar("Row", bound=Sequence[object])


@dataclass(frozen=True)
class Header:
    """Which rows of a file name its columns.

    Args:
        row: The first of them, 1-based, blank rows counted; what stands above is left out.
        rows: How many; of two, the upper holds what merged cells say of several columns.
    """

    row: int = 1
    rows: int = 1


FIRST = Header()


def read_table(
    raw: Raw,
    sheet: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: Header = FIRST,
    columns: Collection[str] | None = None,
) -> Table:
    """The table in a delimited file, a workbook or a JSON list, told apart by content.

    Args:
        raw: The file.
        sheet: Sheet of a workbook; its first where None.
        delimiter: Of a delimited file; found in the header where None.
        encoding: Of a delimited file that is not UTF-8; latin-1 where None.
        header: Where the names of the columns stand, in a workbook or a delimited file.
        columns: All names that will be asked for. Of a long delimited file the others are never held; None for all.

    Raises:
        InputError: It is empty, is none of these, has title rows above its header, or has no rows below it.
    """
    head = _beginning(raw)
    if is_workbook(head):
        return _from_workbook(raw.name, raw.path.read_bytes(), sheet, header)
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{"):
        return table_of_records(raw.name, json_list(raw.name, read_json(raw)))
    if header == FIRST:
        return _from_delimited(raw, delimiter, encoding, columns)
    text, notes = decoded(raw.name, raw.path.read_bytes(), encoding)
    return _from_rows(raw.name, text, delimiter, header, notes)


def sheet_names(raw: Raw) -> tuple[str, ...]:
    """Sheets of a workbook; none where the file is something else.

    Raises:
        InputError: It is a workbook that cannot be read.
    """
    with raw.path.open("rb") as file:
        workbook = is_workbook(file.read(_HEAD_BYTES))
    return tuple(open_workbook(raw.name, raw.path.read_bytes()).sheet_names) if workbook else ()


def is_json(raw: Raw) -> bool:
    """Whether the file's first character opens a JSON list or object."""
    with raw.path.open("rb") as file:
        return file.read(64).removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{")


def read_json(raw: Raw) -> object:
    """The value that a JSON file holds.

    Raises:
        InputError: It is not JSON.
    """
    try:
        value: object = orjson.loads(raw.path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise InputError(raw.name, f"not valid JSON ({error}); the download may have been cut short") from error
    return value


def json_list(name: str, value: object, path: str = "") -> Sequence[object]:
    """The list that stands in a JSON value under a path such as `result` or `0.groups`.

    Raises:
        InputError: There is nothing at the path, it is no list, or the list is empty.
    """
    for step in filter(None, path.split(".")):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise InputError(name, f"nothing at {path!r}; found {_shape(value)}")
    if not isinstance(value, list):
        raise InputError(name, f"a list of records is needed; found {_shape(value)}")
    if not value:
        raise InputError(name, "the list of records is empty")
    return value


def table_of_records(name: str, records: Sequence[object], notes: tuple[str, ...] = ()) -> Table:
    """The table of a list of JSON objects: a column for each key met; nested values stay JSON text.

    Raises:
        InputError: A record is no object.
    """
    names: dict[str, None] = {}
    rows: list[Mapping[str, object]] = []
    for row, record in enumerate(records, 1):
        if not isinstance(record, Mapping):
            raise InputError(name, f"an object is needed; found {_shape(record)}", row=row)
        names.update(dict.fromkeys(record))
        rows.append(record)
    columns = {key: _text_column([row.get(key) for row in rows]) for key in names}
    return Table(name, columns, np.arange(1, len(rows) + 1), notes=notes)


def _beginning(raw: Raw) -> bytes:
    """The first bytes of a file that are not all blank."""
    with raw.path.open("rb") as file:
        while block := file.read(_HEAD_BYTES):
            if block.strip():
                return block
    raise InputError(raw.name, "the file is empty")


def _from_workbook(name: str, content: bytes, sheet: str | None, where: Header) -> Table:
    book = open_workbook(name, content)
    if sheet is not None and sheet not in book.sheet_names:
        raise InputError(name, f"no sheet {sheet!r}; found {listed(book.sheet_names)}")
    try:
        # Rows are counted as a person sees them only where empty ones at the top are kept.
        rows = book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python(skip_empty_area=where == FIRST)
    except python_calamine.CalamineError as error:
        raise InputError(name, f"a sheet cannot be read: {error}") from error
    header, below = _split(name, [[_cell(value) or "" for value in row] for row in rows[: _end(where)]], rows, where)
    columns = dict(enumerate(_text_column(column) for column in zip(*below, strict=True)))
    return _under_header(name, header, columns, (), f"the workbook has the sheets {listed(book.sheet_names)}")


def _from_rows(name: str, text: str, delimiter: str | None, where: Header, notes: tuple[str, ...]) -> Table:
    """The table of a delimited file whose header is not its first row alone."""
    lines = text.splitlines()
    named = lines[min(_end(where), len(lines)) - 1]
    delimiter = delimiter_of(name, delimiter, named)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(name, f"not a delimited table: {error}") from error
    header, below = _split(name, rows[: _end(where)], rows, where)
    below = [row for row in below if row]
    malformed = tuple((row, str(len(cells))) for row, cells in enumerate(below, 1) if len(cells) != len(header))
    fitting = zip(*(row for row in below if len(row) == len(header)), strict=True)
    columns = dict(enumerate(_text_column(column) for column in fitting))
    return _under_header(name, header, columns, malformed, f"its delimiter is taken to be {delimiter!r}", notes)


def _end(where: Header) -> int:
    """Rows of a file down to the last of its header."""
    return where.row + where.rows - 1


def _split(name: str, top: Sequence[Sequence[str]], rows: Sequence[Row], where: Header) -> tuple[list[str], list[Row]]:
    """Names of the columns, and the rows below them.

    Raises:
        InputError: There are fewer rows than that.
    """
    if where != FIRST and len(top) < _end(where):
        raise InputError(name, f"it has {len(top)} rows; the option header_row points below them")
    header = [""] * max((len(row) for row in top), default=1)
    for row in top[where.row - 1 :]:
        upper = ""
        for place, cell in enumerate(row):
            upper = cell.strip() or (upper if row is not top[-1] else "")
            header[place] = f"{header[place]} {upper}".strip()
    return header, list(rows[_end(where) :])


def _from_delimited(raw: Raw, delimiter: str | None, encoding: str | None, wanted: Collection[str] | None) -> Table:
    """The table of a delimited file; all of it where a part does not show which rows are blank or hold tags."""
    plainly = None if wanted is None else {plain(name) for name in wanted}

    def choose(header: Sequence[str]) -> Sequence[int]:
        names = _distinct(raw.name, header)
        told = [place for place, name in names.items() if plainly is None or plain(name) in plainly]
        return told or list(names) or [0]

    found = read_delimited(raw, delimiter, encoding, choose)
    if plainly is not None and _needs_the_rest(found):
        return _from_delimited(raw, delimiter, encoding, None)
    hint = f"its delimiter is taken to be {found.delimiter!r}"
    return _under_header(raw.name, found.header, found.columns, found.malformed, hint, found.notes)


def _needs_the_rest(found: Delimited) -> bool:
    columns = list(found.columns.values())
    tagged = any(len(column) and (column[0].as_py() or "").startswith("#") for column in columns)
    return tagged or not _filled(columns).all()


def _under_header(
    name: str,
    header: Sequence[str],
    columns: Mapping[int, pa.Array],
    malformed: Malformed,
    hint: str,
    notes: tuple[str, ...] = (),
) -> Table:
    """The table below a header, without tag row, blank rows and nameless columns.

    Raises:
        InputError: The header is a title, or nothing stands below it.
    """
    names = _distinct(name, header)
    if len(names) * 2 < len(header):
        title = listed(names.values())
        raise InputError(
            name,
            f"its first row is a title, not column names: {title}; remove the rows above the header, or tell the source"
            f" tables or hxl by header_row where it stands; {hint}",
        )
    numbers = np.arange(1, len(next(iter(columns.values()), ())) + len(malformed) + 1)
    numbers = numbers[~np.isin(numbers, [row for row, _ in malformed])] if malformed else numbers
    held = {told: columns[place] for place, told in names.items() if place in columns}
    unread = tuple(told for place, told in names.items() if place not in columns)
    table = Table(name, held, numbers, malformed, notes, unread=unread)
    table = _without_blank_rows(_without_tags(table))
    if not len(table) and not malformed:
        raise InputError(name, f"no rows below the header; {hint}")
    return table


def _distinct(name: str, header: Sequence[str]) -> Mapping[int, str]:
    """Position -> name of the named columns; a repeated name is padded, which `Table.find` sees through.

    Raises:
        InputError: There are more than a table can have.
    """
    if len(header) > _MOST_COLUMNS:
        raise InputError(
            name, f"its first row has {len(header):,} cells, which is no header; its line ends may be lost"
        )
    names: dict[int, str] = {}
    met: Counter[str] = Counter()
    for place, cell in enumerate(header):
        told = cell.strip()
        if told and not told.startswith(_UNNAMED):
            names[place] = told + " " * met[told]
            met[told] += 1
    return names


def _without_tags(table: Table) -> Table:
    """Take out a first row of HXL tags: at least half of its filled cells start with `#`."""
    if not len(table):
        return table
    cells = {name: cell for name, column in table.columns.items() if (cell := column[0].as_py()) is not None}
    tags = {name: cell for name, cell in cells.items() if cell.startswith("#")}
    if not tags or len(tags) * 2 < len(cells):
        return table
    return replace(table.where(np.arange(len(table)) > 0), tags=tags).noting("1 row of HXL tags skipped")


def _without_blank_rows(table: Table) -> Table:
    filled = _filled(list(table.columns.values()))
    blank = int((~filled).sum())
    return table.where(filled).noting(f"{blank} blank rows skipped") if blank else table


def _filled(columns: Sequence[pa.Array]) -> Mask:
    """Rows with something in one of the columns at least; shape (rows,)."""
    filled = np.zeros(len(columns[0]) if columns else 0, dtype=np.bool_)
    if any(not column.null_count for column in columns):
        return ~filled
    for column in columns:
        filled |= as_mask(pc.is_valid(column))
    return filled


def _text_column(values: Sequence[object]) -> pa.Array:
    return pa.array([_cell(value) for value in values], pa.string())


def _cell(value: object) -> str | None:
    """A typed cell as trimmed text: whole numbers without a point, days as ISO; null where empty."""
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if isinstance(value, bool | dict | list):
        return orjson.dumps(value).decode()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return value.isoformat() if isinstance(value, date) else str(value)


def _shape(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, Mapping):
        return f"an object with {listed(str(key) for key in value)}"
    return f"a list of {len(value)}" if isinstance(value, list) else repr(value)[:80]
