"""Merging in steps: every measure on every shard, each only where its result is not kept yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, overload
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from riskmap.errors import ResultDamaged
from riskmap.grid.column import Column
from riskmap.grid.ledger import LedgerRow
from riskmap.grid.merge import Filled, Laid, Piece, Terrain, fill, lay, piece_of, settled
from riskmap.grid.places import Gazetteer
from riskmap.grid.shard import Cut, Shard
from riskmap.grid.tasks import Task
from riskmap.model.layer import Layer
from riskmap.pipeline.steps import Steps
from riskmap.store.results import Results, key_of, read_note, write_note

_ARRAYS = ("values", "coverage", "support", "age_days")


@dataclass(frozen=True)
class KeptPart:
    """A measure on the cells of one shard, as it is kept.

    Args:
        results: Where it lies.
        folder: Its folder there.
        cells: Number of cells.
        digests: Of each column, a hash of what it says in each period.
        totals: As of `riskmap.grid.merge.Filled`.
    """

    results: Results
    folder: Path
    cells: int
    digests: Mapping[str, Sequence[str]]
    totals: Sequence[Sequence[float]]

    def rows(self, name: str, first: int, after: int) -> Column:
        """Some periods of a column, held against what was kept; mapped, not copied.

        Args:
            name: Name of the column.
            first: Position of the first period.
            after: Position after the last one.

        Raises:
            ResultDamaged: They are not what was kept.
        """
        number = sorted(self.digests).index(name)
        with suppress(OSError, ValueError):
            column = Column(*(self._array(f"{number}.{array}.npy", first, after) for array in _ARRAYS))
            if digests_of(column) == list(self.digests[name][first:after]):
                return column
        self.results.remove(self.folder)
        raise ResultDamaged(f"{self.folder} is not what was kept, and was taken away; build again")

    def is_whole(self) -> bool:
        """Whether all of it is what was kept; where it is not, it is taken away."""
        with suppress(ResultDamaged):
            for name, told in self.digests.items():
                self.rows(name, 0, len(told))
            return True
        return False

    def _array(self, file: str, first: int, after: int) -> npt.NDArray[Any]:
        stored = np.load(self.folder / file, mmap_mode="r")
        return np.broadcast_to(stored[first:after], (after - first, self.cells))


@dataclass(frozen=True)
class KeptMeasure:
    """A measure that is merged.

    Args:
        row: Its account.
        parts: What it is on each shard.
    """

    row: LedgerRow
    parts: tuple[KeptPart, ...]


class Pieces(Sequence[Piece]):
    """What reaches each shard of each measure, worked out when it is asked for.

    Args:
        tasks: The measures.
        terrain: What they are merged onto.
        whole: The grid, cut.
    """

    def __init__(self, tasks: Sequence[Task], terrain: Terrain, whole: Cut) -> None:
        self._tasks, self._terrain, self._whole = tasks, terrain, whole
        self._gazetteer = Gazetteer(terrain.ground.areas)
        self._laid: dict[int, Laid] = {}

    def __len__(self) -> int:
        return len(self._tasks) * len(self._whole.shards)

    @overload
    def __getitem__(self, position: int) -> Piece: ...

    @overload
    def __getitem__(self, position: slice) -> list[Piece]: ...

    def __getitem__(self, position: int | slice) -> Piece | list[Piece]:
        if isinstance(position, slice):
            return [self[one] for one in range(*position.indices(len(self)))]
        measure, part = divmod(position, len(self._whole.shards))
        return piece_of(self._tasks[measure].name, self.laid(measure), self._terrain, self._whole, part)

    def laid(self, measure: int) -> Laid:
        """One measure, laid out by place."""
        if measure not in self._laid:
            self._laid[measure] = lay(self._tasks[measure], self._terrain, self._gazetteer)
        return self._laid[measure]

    def settled(self, measure: int, parts: Sequence[KeptPart]) -> LedgerRow:
        """Its account once it stands on all shards, after which it is let go."""
        totals = [np.array(part.totals) for part in parts]
        row = settled(self.laid(measure), totals, len(self._terrain.window))
        del self._laid[measure]
        return row


def merged(tasks: Sequence[Task], terrain: Terrain, terrain_hash: str, whole: Cut, steps: Steps) -> list[KeptMeasure]:
    """Measures merged, in the order of the tasks; shards not kept yet on an engine, several at once.

    Args:
        tasks: The measures.
        terrain: What they are merged onto.
        terrain_hash: Hash of that.
        whole: The grid, cut.
        steps: Keeps results.

    Raises:
        ComputeError: The engine is lost.
    """
    parts = whole.shards
    keys = [_key_of(task, steps.code, terrain_hash) for task in tasks]
    found = [_found(key, parts, steps) for key in keys]
    lacking = [place for place, one in enumerate(found) if one is None]
    steps.count("measure", len(tasks) - len(lacking), made=False)
    steps.count("measure", len(lacking), made=True)
    pieces = Pieces([tasks[place] for place in lacking], terrain, whole)
    filled = steps.engine.map(fill, pieces)
    for at, place in enumerate(lacking):
        kept = tuple(_keep(key, next(filled), steps.results) for key in _part_keys(keys[place], parts))
        row = pieces.settled(at, kept)
        steps.results.get_or_make(keys[place], partial(write_note, content=asdict(row)))
        found[place] = KeptMeasure(row, kept)
    return [one for one in found if one is not None]


def digests_of(column: Column) -> list[str]:
    """A hash of what a column says in each period, however its arrays are stored."""
    told = []
    for period in range(len(column.values)):
        digest = hashlib.sha256()
        for name in _ARRAYS:
            row = _narrow(getattr(column, name)[period : period + 1])
            digest.update(b"one" if row.shape[1] == 1 else b"all")
            digest.update(np.ascontiguousarray(row).data)
        told.append(digest.hexdigest())
    return told


def _narrow(rows: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Rows of one cell each, where in every row all cells say the same."""
    if not rows.strides[1]:
        return rows[:, :1]
    bits = rows.view(f"u{rows.itemsize}")
    return rows[:, :1] if (bits == bits[:, :1]).all() else rows


def _key_of(task: Task, code: str, terrain_hash: str) -> str:
    """Key of a measure; never the same twice where it stands on rasters that are no files, and so cannot be known."""
    told = [
        [one.observed, one.valid_days, one.timeless, dict(one.aliases), sorted(one.assumed), _files_of(one.layer)]
        for one in task.inputs
    ]
    kernels = [asdict(kernel) for kernel in task.kernels]
    return key_of(code, "measure", task.name, told, kernels, task.digest, terrain_hash)


def _files_of(layer: Layer) -> list[list[object]] | str:
    """Size and age of the rasters that records name, since a layer holds their paths."""
    hrefs = sorted(set(layer.table["href"].drop_null().to_pylist()))
    paths = [Path(href.partition("#")[0]) for href in hrefs]
    try:
        return [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
    except OSError:
        return uuid4().hex


def _part_keys(key: str, parts: Sequence[Shard]) -> list[str]:
    return [key_of(key, part.first, part.after) for part in parts]


def _found(key: str, parts: Sequence[Shard], steps: Steps) -> KeptMeasure | None:
    """A measure that is kept, with all its shards; None where something of it is not."""
    whole = steps.results.get(key)
    folders = [steps.results.get(part) for part in _part_keys(key, parts)] if whole else []
    kept = [_part(folder, steps.results) for folder in folders if folder is not None]
    if steps.doubting:
        kept = [part for part in kept if part.is_whole()]
    if whole is None or len(kept) < len(parts):
        return None
    return KeptMeasure(LedgerRow(**read_note(whole)), tuple(kept))


def _keep(key: str, filled: Filled, results: Results) -> KeptPart:
    """Keeps a measure on a shard; what it is stays no longer in memory."""
    return _part(results.get_or_make(key, partial(_write, filled=filled), noted=True)[0], results)


def _part(folder: Path, results: Results) -> KeptPart:
    return KeptPart(results, folder, **read_note(folder))


def _write(folder: Path, filled: Filled) -> None:
    for number, (_, column) in enumerate(sorted(filled.columns.items())):
        for name in _ARRAYS:
            np.save(folder / f"{number}.{name}.npy", _narrow(getattr(column, name)))
    digests = {key: digests_of(column) for key, column in filled.columns.items()}
    cells = next(iter(filled.columns.values())).values.shape[1]
    write_note(folder, {"cells": cells, "digests": digests, "totals": filled.totals.tolist()})
