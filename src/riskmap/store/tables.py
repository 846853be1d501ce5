"""Tables on disk: one canonical form, so that equal content is equal bytes, written for serving and for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmap.errors import StoreError

CELLS = "cells"
KEYS = ("period", "cell")

Bools = npt.NDArray[np.bool_]


def part_name(name: str, label: str) -> str:
    """What the part of a table that holds one period is called."""
    return f"{name}.{label}"


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Writes each table twice: `<name>.arrow`, uncompressed to be mapped, and `<name>.parquet`, small, for people.

    Args:
        folder: Where to; it exists.
        tables: By name, in canonical form.
    """
    plain = pa.ipc.IpcWriteOptions(compression=None)
    for name, table in sorted(tables.items()):
        with (
            pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink,
            pa.ipc.new_file(sink, table.schema, options=plain) as w,
        ):
            w.write_table(table)
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def write_part(folder: Path, name: str, label: str, table: pa.Table) -> None:
    """Writes one period of a table as `write_tables` would, had it been given the whole.

    Args:
        folder: Where to; it exists.
        name: Name of the table.
        label: Label of the period.
        table: Its rows, one a cell, in the order of the cells.

    Raises:
        StoreError: A column is of a type that cannot be stored.
    """
    write_tables(folder, {part_name(name, label): _canonical_table(name, table)})


def map_tables(folder: Path, labels: Sequence[str]) -> dict[str, pa.Table]:
    """Every table of a snapshot folder by name, mapped into memory: nothing is read before it is used.

    Args:
        folder: The folder.
        labels: Of the periods, in order; a table that has a part for each is given with one chunk a period.
    """
    found: dict[str, list[pa.Table]] = {}
    order = {label: place for place, label in enumerate(labels)}
    paths = [(*path.stem.partition("."), path) for path in folder.glob("*.arrow")]
    for name, _, _, path in sorted(paths, key=lambda one: (one[0], order.get(one[2], -1))):
        with pa.ipc.open_file(pa.memory_map(str(path), "r")) as reader:
            found.setdefault(name, []).append(reader.read_all())
    return {name: pa.concat_tables(parts) for name, parts in found.items()}


def canonical(tables: Mapping[str, pa.Table], labels: Sequence[str]) -> dict[str, pa.Table]:
    """The tables in the form in which they are stored: `cells` whole, of all others one part a period.

    Chunks, schema metadata and the bytes that happen to lie under nulls are taken away; a NaN becomes a null, and under
    each null of a floating column lies a NaN, so that it can be read as an array without a copy.

    Args:
        tables: By name; `cells` has one row a cell, all others one row a period and cell.
        labels: Of the periods, in order.

    Raises:
        StoreError: There is no period, `cells` is missing, empty or not sorted by cell, or another table does not hold
            every cell of every period in this order.
    """
    if not labels:
        raise StoreError("a snapshot needs at least one period; mend what the build hands over")
    found = {name: _canonical_table(name, table) for name, table in tables.items() if name == CELLS}
    cells = _checked_cells(found)
    for name in sorted(tables.keys() - {CELLS}):
        _check_rows(name, tables[name], cells, len(labels))
        for place, label in enumerate(labels):
            part = tables[name].slice(place * len(cells), len(cells))
            found[part_name(name, label)] = _canonical_table(name, part)
    return found


def _checked_cells(tables: Mapping[str, pa.Table]) -> npt.NDArray[np.uint64]:
    if CELLS not in tables or not tables[CELLS].num_rows:
        raise StoreError("a snapshot needs a table 'cells' with at least one row; mend what the build hands over")
    column = tables[CELLS]["cell"] if "cell" in tables[CELLS].column_names else pa.chunked_array([pa.array([None])])
    if column.type != pa.uint64() or column.null_count:
        raise StoreError("table 'cells' needs a column 'cell' of uint64 without nulls")
    cells: npt.NDArray[np.uint64] = column.chunk(0).to_numpy()
    if not (cells[1:] > cells[:-1]).all():
        raise StoreError("table 'cells' must be sorted by cell, each cell once")
    return cells


def _check_rows(name: str, table: pa.Table, cells: npt.NDArray[np.uint64], periods: int) -> None:
    expected = {"period": np.repeat(np.arange(periods), len(cells)), "cell": np.tile(cells, periods)}
    for key, values in expected.items():
        if key not in table.column_names or not np.array_equal(table[key].to_numpy(), values):
            raise StoreError(
                f"table {name!r} must hold every cell of every period, by period and then by cell;"
                f" its column {key!r} does not"
            )


def _canonical_table(name: str, table: pa.Table) -> pa.Table:
    try:
        columns = {field.name: _canonical_column(table[field.name]) for field in table.schema}
    except pa.ArrowException as error:
        raise StoreError(f"table {name!r} has a column of a type that cannot be stored: {error}") from error
    return pa.table(columns)


def _canonical_column(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    kind = array.type
    if pa.types.is_floating(kind):
        return _floats(array)
    if pa.types.is_fixed_size_list(kind):
        values = _whole(array.flatten())
        return pa.FixedSizeListArray.from_arrays(values, kind.list_size)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind):
        return pa.array(array.to_pylist(), kind)
    return _whole(array)


def _floats(array: pa.Array) -> pa.Array:
    """Floating numbers with NaN as null, and NaN under every null."""
    values = array.to_numpy(zero_copy_only=False)
    known = ~np.isnan(values) & array.is_valid().to_numpy(zero_copy_only=False)
    kept = np.where(known, values, np.array(np.nan, values.dtype))
    return pa.Array.from_buffers(array.type, len(array), [_bitmap(known), pa.py_buffer(kept)])


def _whole(array: pa.Array) -> pa.Array:
    """Whole numbers, with 0 under every null."""
    known = array.is_valid().to_numpy(zero_copy_only=False)
    values = pc.fill_null(array, 0).to_numpy()
    return pa.Array.from_buffers(array.type, len(array), [_bitmap(known), pa.py_buffer(np.ascontiguousarray(values))])


def _bitmap(known: Bools) -> pa.Buffer | None:
    return None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
