"""Steps: the pure steps of a build, each run only where its result is not kept yet.

A result is known by the hash of all that went into it, the code and the libraries included, so that a build after one
changed input redoes what that input touches and nothing else, and gives the same bytes as a build from nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pyarrow as pa

from riskmap.compute.engine import Engine
from riskmap.grid.column import Column
from riskmap.grid.ledger import LedgerRow
from riskmap.grid.merge import Done, Task, Terrain, run
from riskmap.grid.places import Gazetteer
from riskmap.model.cube import Floats
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.source import Cover, Options, Reading, Source
from riskmap.store.results import Results, key_of, read_note, write_note

_LIBRARIES = ("h3ronpy", "numba", "numpy", "pyarrow", "pyproj", "rasterio", "scipy", "shapely")
_ARRAYS = ("values", "coverage", "support", "age_days")
_LAYER = "layer.arrow"
_TABLE = "table.arrow"


@dataclass
class Steps:
    """Runs steps and keeps what they give.

    Args:
        results: Where results lie.
        code: Hash of the code and its libraries, as `code_hash` gives it.
        engine: Where measures are merged; the results are the same on any.
        made: Steps that were run, by kind.
        kept: Steps whose result was there already, by kind.
    """

    results: Results
    code: str
    engine: Engine
    made: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    def reading(self, reader: Source, raw: Raw, options: Options) -> Reading:
        """What a source makes of a file.

        Raises:
            InputError: The file cannot be read as what it claims to be.
        """
        key = key_of(
            self.code, "reading", reader.name, raw.sha256, raw.name, str(raw.path), raw.retrieved, raw.url,
            dict(raw.labels), dict(options),
        )  # fmt: skip
        return _read_reading(self._kept("reading", key, lambda to: _write_reading(to, reader.read(raw, options))))

    def people(self, told: Sequence[object], grid_hash: str, make: Callable[[], Floats]) -> Floats:
        """People of each cell, shape (cells,).

        Args:
            told: What they depend on beside the grid: hashes of rasters, and what these hold.
            grid_hash: Of the cells.
            make: Counts them.
        """
        key = key_of(self.code, "people", list(told), grid_hash)
        found = self._kept("people", key, lambda to: np.save(to / "people.npy", make()))
        return np.asarray(np.load(found / "people.npy"))

    def table(self, name: str, told: Sequence[object], make: Callable[[], pa.Table]) -> pa.Table:
        """A table that depends on what is told, and on nothing else."""
        found = self._kept(name, key_of(self.code, name, list(told)), lambda to: _write_table(to / _TABLE, make()))
        return _read_table(found / _TABLE)

    def measures(self, tasks: Sequence[Task], merging: Merging, terrain_hash: str) -> list[Done]:
        """Measures merged, in the order of the tasks; those not kept yet on an engine, several at once.

        Args:
            tasks: The measures.
            merging: Merges one of them.
            terrain_hash: Hash of what they are merged onto.

        Raises:
            ComputeError: The engine is lost.
        """
        keys = [self._key_of(task, terrain_hash) for task in tasks]
        found = [None if key is None else self.results.get(key) for key in keys]
        lacking = [place for place, one in enumerate(found) if one is None]
        self._count(self.kept, "measure", len(tasks) - len(lacking))
        self._count(self.made, "measure", len(lacking))
        done: dict[int, Done] = {}
        for place, one in zip(lacking, self.engine.map(merging, [tasks[place] for place in lacking]), strict=True):
            done[place] = self._keep(keys[place], one)
        return [_read_done(one) if one is not None else done[place] for place, one in enumerate(found)]

    def _key_of(self, task: Task, terrain_hash: str) -> str | None:
        """Key of a measure; None where it stands on rasters that are no files, which nothing here can know apart."""
        given, rasters = task.given, _files_of(task.given.layer)
        if rasters is None:
            return None
        told = {
            "observed": given.observed,
            "valid_days": given.valid_days,
            "timeless": given.timeless,
            "aliases": dict(given.aliases),
            "assumed": sorted(given.assumed),
            "rasters": rasters,
            "kernels": [asdict(kernel) for kernel in task.kernels],
        }
        return key_of(self.code, "measure", task.name, told, layer_hash(given.layer), terrain_hash)

    def _keep(self, key: str | None, done: Done) -> Done:
        """Keeps a result and gives it as it will be read again: mapped, and no longer in memory."""
        if key is None:
            return done
        return _read_done(self.results.get_or_make(key, lambda to: _write_done(to, done))[0])

    def _kept(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        found, was_there = self.results.get_or_make(key, make)
        self._count(self.kept if was_there else self.made, kind, 1)
        return found

    @staticmethod
    def _count(counts: dict[str, int], kind: str, count: int) -> None:
        if count:
            counts[kind] = counts.get(kind, 0) + count


@dataclass(frozen=True)
class Merging:
    """Merges measures, on whatever engine: it travels once to each worker, and the measures after it.

    Args:
        terrain: What they are merged onto.
        gazetteer: The ground's areas, by name and code.
    """

    terrain: Terrain
    gazetteer: Gazetteer

    def __call__(self, task: Task) -> Done:
        """One measure merged."""
        return run(task, self.terrain, self.gazetteer)


def steps_in(folder: Path, engine: Engine) -> Steps:
    """Steps that keep their results in a folder, and merge on an engine."""
    return Steps(Results(folder), code_hash(), engine)


def code_hash() -> str:
    """Hash of this package's code and recipes, and of the libraries that compute."""
    digest = hashlib.sha256(repr([(name, version(name)) for name in _LIBRARIES]).encode())
    for path, content in sorted(_sources(files("riskmap"), "")):
        digest.update(path.encode() + b"\0" + content)
    return digest.hexdigest()


def layer_hash(layer: Layer) -> str:
    """Hash of a layer's records, without when they were received: nothing on the grid depends on that."""
    return table_hash(layer.table.drop_columns(["retrieved"]))


def table_hash(table: pa.Table) -> str:
    """Hash of a table's content, whatever its chunks."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _sources(folder: Traversable, below: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        path = f"{below}/{entry.name}"
        if entry.is_dir():
            found += _sources(entry, path)
        elif entry.name.endswith((".py", ".toml")):
            found.append((path, entry.read_bytes()))
    return found


def _files_of(layer: Layer) -> list[list[object]] | None:
    """Size and age of the rasters that records name, since a layer holds their paths; None where one is no file."""
    hrefs = sorted(set(layer.table["href"].drop_null().to_pylist()))
    paths = [Path(href.partition("#")[0]) for href in hrefs]
    try:
        return [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
    except OSError:
        return None


def _write_table(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _read_table(path: Path) -> pa.Table:
    with pa.ipc.open_file(pa.memory_map(str(path), "r")) as reader:
        return reader.read_all()


def _write_reading(folder: Path, reading: Reading) -> None:
    _write_table(folder / _LAYER, reading.layer.table)
    told = {
        "read": reading.read,
        "accepted": reading.accepted,
        "quarantined": dict(reading.quarantined),
        "examples": {reason: list(places) for reason, places in reading.examples.items()},
        "notes": list(reading.notes),
        "cover": None if reading.cover is None else _told(reading.cover),
    }
    write_note(folder, told)


def _read_reading(folder: Path) -> Reading:
    told = read_note(folder)
    return Reading(
        Layer(_read_table(folder / _LAYER)),
        told["read"],
        told["accepted"],
        told["quarantined"],
        {reason: tuple(places) for reason, places in told["examples"].items()},
        tuple(told["notes"]),
        None if told["cover"] is None else _cover(*told["cover"]),
    )


def _told(cover: Cover) -> list[str | int]:
    return [cover.start.isoformat(), cover.end.isoformat(), cover.rank]


def _cover(start: str, end: str, rank: int) -> Cover:
    return Cover(date.fromisoformat(start), date.fromisoformat(end), rank)


def _write_done(folder: Path, done: Done) -> None:
    for number, column in enumerate(done.columns.values()):
        for name in _ARRAYS:
            np.save(folder / f"{number}.{name}.npy", getattr(column, name))
    write_note(folder, {"columns": list(done.columns), "row": asdict(done.row)})


def _read_done(folder: Path) -> Done:
    told = read_note(folder)
    columns = {
        key: Column(*(np.load(folder / f"{number}.{name}.npy", mmap_mode="r") for name in _ARRAYS))
        for number, key in enumerate(told["columns"])
    }
    return Done(columns, LedgerRow(**told["row"]))
