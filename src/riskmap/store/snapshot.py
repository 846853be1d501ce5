"""Snapshots: one published build, immutable, mapped into memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from riskmap.errors import FieldUnknown, LicenceForbids, PeriodUnknown, SnapshotDamaged, SnapshotMissing
from riskmap.model.cube import Cells
from riskmap.store.manifest import check_files, is_id, read_manifest
from riskmap.store.tables import CELLS, KEYS, map_tables

SNAPSHOTS = "snapshots"
LATEST = "latest"
LOGS = "logs"

Numbers = npt.NDArray[np.number]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One published build; reading it never changes it, and a publish or a prune does not touch whoever holds it.

    Args:
        folder: Where it lies.
        manifest: What it says of itself: case, recipe, inputs, reconciliation, files.
        tables: `cells` (one row a cell, sorted), `scores` and `indicators` (one row a period and cell, by period and
            then by cell, one chunk a period), `parents` (one row a period and coarser cell) and `areas` (one row a
            period and administrative unit); null = unknown, 0 = observed zero.
    """

    folder: Path
    manifest: Mapping[str, Any] = field(repr=False)
    tables: Mapping[str, pa.Table] = field(repr=False)

    @property
    def id(self) -> str:
        """Sixteen hex digits that stand for the whole content."""
        return str(self.manifest["id"])

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Labels of the periods, earliest first."""
        return tuple(self.manifest["case"]["periods"])

    @cached_property
    def cells(self) -> Cells:
        """H3 cells, sorted, shape (cells,); mapped, not copied."""
        cells: Cells = self.table(CELLS)["cell"].chunk(0).to_numpy()
        return cells

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Columns of `scores` beside its keys: the index first, then every dimension, component and indicator."""
        return tuple(name for name in self.table("scores").column_names if name not in KEYS)

    @cached_property
    def licences(self) -> tuple[Mapping[str, Any], ...]:
        """Terms of all inputs and boundaries, each once, in the order of the case."""
        found: list[Mapping[str, Any]] = []
        for entry in (*self.manifest["inputs"], *self.manifest.get("boundaries", ())):
            if "licence" in entry and entry["licence"] not in found:
                found.append(entry["licence"])
        return tuple(found)

    @cached_property
    def credits(self) -> tuple[str, ...]:
        """Credit lines that every product made from it must show, each once."""
        return tuple(dict.fromkeys(one["attribution"] for one in self.licences if one["attribution"]))

    def check_may_leave(self) -> None:
        """Nothing, where all that it is made of may be passed on in derived form.

        Raises:
            LicenceForbids: Something may not; names every such licence and file.
        """
        closed = [entry for entry in self.manifest["inputs"] if not entry["licence"]["derived"]]
        if closed:
            named = ", ".join(f"{entry['licence']['id']} ({entry['source']}: {entry['path']})" for entry in closed)
            raise LicenceForbids(
                f"snapshot {self.id} may not leave: what is made from these data may not be passed on: {named};"
                " build again without these inputs"
            )

    def table(self, name: str) -> pa.Table:
        """One table.

        Raises:
            FieldUnknown: There is none of that name.
        """
        if name not in self.tables:
            raise FieldUnknown(f"snapshot {self.id} has no table {name!r}; it has {', '.join(self.tables)}")
        return self.tables[name]

    def period_index(self, label: str) -> int:
        """Position of a period.

        Raises:
            PeriodUnknown: The snapshot does not have it.
        """
        if label not in self.periods:
            span = f"{self.periods[0]} to {self.periods[-1]}"
            raise PeriodUnknown(f"{label!r} is not a period of snapshot {self.id}; it has {span}")
        return self.periods.index(label)

    def column(self, table: str, name: str, period_index: int | None = None) -> Numbers:
        """Numbers of one column, of one period where its position is given; not copied where that can be helped.

        Args:
            table: Name of the table.
            name: Name of the column.
            period_index: Position of the period; None for the whole column.

        Returns:
            Shape (cells,), or (rows,) for the whole column; null as NaN.

        Raises:
            FieldUnknown: There is no such column, or it holds no numbers.
            PeriodUnknown: There is no such position.
        """
        if period_index is not None:
            return _numbers(self.array(table, name, period_index))
        parts = [_numbers(self._checked(chunk, table, name)) for chunk in self._chunks(table, name)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def array(self, table: str, name: str, period_index: int) -> pa.Array:
        """One column of numbers in one period, as it is mapped; shape (cells,).

        Args:
            table: Name of the table; `cells` is the same in every period.
            name: Name of the column.
            period_index: Position of the period.

        Raises:
            FieldUnknown: There is no such column, or it holds no numbers.
            PeriodUnknown: There is no such position.
        """
        if not 0 <= period_index < len(self.periods):
            raise PeriodUnknown(f"snapshot {self.id} has {len(self.periods)} periods; {period_index} is none")
        chunks = self._chunks(table, name)
        return self._checked(chunks[0 if table == CELLS else period_index], table, name)

    def _chunks(self, table: str, name: str) -> list[pa.Array]:
        found = self.table(table)
        if name not in found.column_names:
            raise FieldUnknown(f"{name!r} is not in table {table!r} of snapshot {self.id}")
        return list(found[name].chunks)

    def _checked(self, array: pa.Array, table: str, name: str) -> pa.Array:
        if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
            raise FieldUnknown(f"{name!r} of table {table!r} holds no numbers; read it with table()")
        return array


def open_snapshot(store: Path, name: str = LATEST, *, verify: bool = False) -> Snapshot:
    """Opens a snapshot of a store.

    Args:
        store: Folder of snapshots.
        name: Its id, or `latest`.
        verify: True to hash every byte first; sizes are always looked at.

    Raises:
        SnapshotMissing: There is none of that id, or none published yet.
        SnapshotDamaged: Bytes on disk differ from the manifest; names the file.
        StoreError: It was written in a layout that this version does not know.
    """
    if name != LATEST:
        return _open(store, name, verify=verify)
    identifier = latest_id(store)
    while True:
        try:
            return _open(store, identifier, verify=verify)
        except SnapshotMissing:
            # Published over and pruned between the two looks: what is newest now is there.
            before, identifier = identifier, latest_id(store)
            if identifier == before:
                raise


def latest_id(store: Path) -> str:
    """Id of the newest snapshot.

    Raises:
        SnapshotMissing: Nothing is published yet.
    """
    try:
        return (store / LATEST).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SnapshotMissing(
            f"store {store} has no snapshot yet ({error.strerror}); run `riskmap build` or name another store"
        ) from error
    except UnicodeDecodeError as error:
        raise SnapshotDamaged(f"{store / LATEST} does not hold an id; build again") from error


def _open(store: Path, identifier: str, *, verify: bool) -> Snapshot:
    folder = store / SNAPSHOTS / identifier
    if not is_id(identifier) or not folder.is_dir():
        raise SnapshotMissing(f"store {store} has no snapshot {identifier!r}; `riskmap snapshots` lists what it has")
    try:
        manifest = read_manifest(folder)
        check_files(folder, manifest, deep=verify)
        return Snapshot(folder, manifest, map_tables(folder, manifest["case"]["periods"]))
    except (OSError, pa.ArrowInvalid, SnapshotDamaged) as error:
        if not folder.is_dir():
            raise SnapshotMissing(f"store {store} has no snapshot {identifier!r}: it was just removed") from error
        if isinstance(error, SnapshotDamaged):
            raise
        raise SnapshotDamaged(f"a table of {folder} cannot be read: {error}; build again") from error


def _numbers(array: pa.Array) -> Numbers:
    if pa.types.is_floating(array.type):
        # Stored with NaN under each null, so the bytes themselves are the answer.
        whole = np.frombuffer(array.buffers()[1], array.type.to_pandas_dtype())
        return whole[array.offset : array.offset + len(array)]
    numbers: Numbers = array.to_numpy(zero_copy_only=False)
    return numbers
