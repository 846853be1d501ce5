"""Files that hold a table: delimited text, workbooks and JSON lists, each read into a `Table` of text columns."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import python_calamine

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Table, as_mask, listed

_DELIMITERS = ",;\t|"
_UNNAMED = "Unnamed:"

Malformed = tuple[tuple[int, str], ...]


def read_table(raw: Raw, sheet: str | None = None, delimiter: str | None = None, encoding: str | None = None) -> Table:
    """The table in a delimited file, a workbook or a JSON list, told apart by content.

    Args:
        raw: The file.
        sheet: Sheet of a workbook; its first where None.
        delimiter: Of a delimited file; found in the header where None.
        encoding: Of a delimited file that is not UTF-8; latin-1 where None.

    Raises:
        InputError: It is empty, is none of these, has title rows above its header, or has no rows below it.
    """
    content = raw.path.read_bytes()
    if not content.strip():
        raise InputError(raw.name, "the file is empty")
    if _is_workbook(content):
        return _from_workbook(raw.name, content, sheet)
    if content.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{"):
        return table_of_records(raw.name, json_list(raw.name, read_json(raw)))
    return _from_delimited(raw.name, content, delimiter, encoding)


def sheet_names(raw: Raw) -> tuple[str, ...]:
    """Sheets of a workbook; none where the file is something else.

    Raises:
        InputError: It is a workbook that cannot be read.
    """
    content = raw.path.read_bytes()
    return tuple(_book(raw.name, content).sheet_names) if _is_workbook(content) else ()


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


def _is_workbook(content: bytes) -> bool:
    return content.startswith((b"PK", b"\xd0\xcf\x11\xe0"))


def _book(name: str, content: bytes) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except python_calamine.CalamineError as error:
        raise InputError(name, f"not a workbook that can be read: {error}") from error


def _from_workbook(name: str, content: bytes, sheet: str | None) -> Table:
    book = _book(name, content)
    if sheet is not None and sheet not in book.sheet_names:
        raise InputError(name, f"no sheet {sheet!r}; found {listed(book.sheet_names)}")
    try:
        rows = book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python()
    except python_calamine.CalamineError as error:
        raise InputError(name, f"a sheet cannot be read: {error}") from error
    header = [_cell(value) or "" for value in rows[0]] if rows else [""]
    columns = [_text_column(column) for column in zip(*rows[1:], strict=True)]
    return _under_header(name, header, columns, (), f"the workbook has the sheets {listed(book.sheet_names)}")


def _from_delimited(name: str, content: bytes, delimiter: str | None, encoding: str | None) -> Table:
    text, notes = _decoded(name, content, encoding)
    text = text.lstrip("\r\n")
    delimiter = delimiter or max(_DELIMITERS, key=text.splitlines()[0].count)
    if len(delimiter) != 1:
        raise InputError(name, f"option delimiter must be one character, not {delimiter!r}")
    try:
        if text.count('"') % 2:
            # Only a strict pass tells a harmless stray quote from one that swallows the rest of the file.
            for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
                pass
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        columns, malformed = _delimited_columns(text.rstrip("\r\n").encode() + b"\n", delimiter, len(header))
    except (csv.Error, pa.ArrowInvalid) as error:
        raise InputError(name, f"not a delimited table: {error}") from error
    return _under_header(name, header, columns, malformed, f"its delimiter is taken to be {delimiter!r}", notes)


def _delimited_columns(content: bytes, delimiter: str, width: int) -> tuple[Sequence[pa.Array], Malformed]:
    """The columns below the header, as they stand, and the rows that have another number of cells."""
    malformed: list[tuple[int, str]] = []

    def skip(row: pv.InvalidRow) -> str:
        malformed.append((row.number - 1, str(row.actual_columns)))
        return "skip"

    names = [str(position) for position in range(width)]
    table = pv.read_csv(
        io.BytesIO(content),
        # One block and one thread: a cell may hold line breaks, and a refused row must know its number.
        pv.ReadOptions(
            use_threads=False, block_size=max(len(content), 1024), column_names=names, skip_rows_after_names=1
        ),
        pv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip),
        pv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return [_trimmed(table[name].combine_chunks()) for name in names], tuple(malformed)


def _decoded(name: str, content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """The text of a file: UTF-8, or else the encoding told, or else latin-1, which is noted."""
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        chosen = encoding or "latin-1"
    try:
        return content.decode(chosen), (f"not UTF-8; read as {chosen}",)
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(name, f"neither UTF-8 nor {chosen} ({error}); give the option encoding") from error


def _under_header(
    name: str,
    header: Sequence[str],
    columns: Sequence[pa.Array],
    malformed: Malformed,
    hint: str,
    notes: tuple[str, ...] = (),
) -> Table:
    """The table below a header, without tag row, blank rows and nameless columns.

    Raises:
        InputError: The header is a title, or nothing stands below it.
    """
    names = _distinct(header)
    if len(names) * 2 < len(header):
        title = listed(names.values())
        raise InputError(
            name, f"its first row is a title, not column names: {title}; remove the rows above the header; {hint}"
        )
    numbers = np.arange(1, (len(columns[0]) if columns else 0) + len(malformed) + 1)
    numbers = numbers[~np.isin(numbers, [row for row, _ in malformed])]
    table = Table(name, {told: columns[place] for place, told in names.items()}, numbers, malformed, notes)
    table = _without_blank_rows(_without_tags(table))
    if not len(table) and not malformed:
        raise InputError(name, f"no rows below the header; {hint}")
    return table


def _distinct(header: Sequence[str]) -> Mapping[int, str]:
    """Position -> name of the named columns; a repeated name is padded, which `Table.find` sees through."""
    names: dict[int, str] = {}
    for place, cell in enumerate(header):
        told = cell.strip()
        while told in names.values():
            told += " "
        if told.strip() and not told.startswith(_UNNAMED):
            names[place] = told
    return names


def _without_tags(table: Table) -> Table:
    """Drop a first row of HXL tags: at least half of its filled cells start with `#`."""
    if not len(table):
        return table
    cells = [cell for cell in (column[0].as_py() for column in table.columns.values()) if cell is not None]
    if not cells or sum(cell.startswith("#") for cell in cells) * 2 < len(cells):
        return table
    return table.where(np.arange(len(table)) > 0).noting("1 row of HXL tags skipped")


def _without_blank_rows(table: Table) -> Table:
    filled = np.zeros(len(table), dtype=np.bool_)
    for column in table.columns.values():
        filled |= as_mask(pc.is_valid(column))
    blank = int((~filled).sum())
    return table.where(filled).noting(f"{blank} blank rows skipped") if blank else table


def _trimmed(text: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


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
