"""Tables on disk: one canonical form, so that equal content is equal bytes, written for serving and for people."""

from __future__ import annotations

from collections.abc import Mapping
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


def map_tables(folder: Path) -> dict[str, pa.Table]:
    """Every table of a snapshot folder by name, mapped into memory: nothing is read before it is used."""
    found = {}
    for path in sorted(folder.glob("*.arrow")):
        with pa.ipc.open_file(pa.memory_map(str(path), "r")) as reader:
            found[path.stem] = reader.read_all()
    return found


def canonical(tables: Mapping[str, pa.Table], periods: int) -> dict[str, pa.Table]:
    """The tables in the form in which they are stored.

    Chunks, schema metadata and the bytes that happen to lie under nulls are taken away; a NaN becomes a null, and under
    each null of a floating column lies a NaN, so that it can be read as an array without a copy.

    Args:
        tables: By name; `cells` has one row a cell, all others one row a period and cell.
        periods: Number of periods.

    Raises:
        StoreError: There is no period, `cells` is missing, empty or not sorted by cell, or another table does not hold
            every cell of every period in this order.
    """
    if periods < 1:
        raise StoreError("a snapshot needs at least one period; mend what the build hands over")
    found = {name: _canonical_table(name, table) for name, table in tables.items()}
    cells = _checked_cells(found)
    for name, table in found.items():
        if name != CELLS:
            _check_rows(name, table, cells, periods)
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
