"""Steps: the pure steps of a build, each run only where its result is not kept yet.

A result is known by the hash of all that went into it, the code and the libraries included, so that a build after one
changed input redoes what that input touches and nothing else, and gives the same bytes as a build from nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pyarrow as pa

from riskmap.compute.engine import Engine
from riskmap.model.cube import Floats
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.source import Cover, Options, Reading, Source
from riskmap.store.results import Results, key_of, read_note, write_note

_LIBRARIES = ("h3ronpy", "numba", "numpy", "pyarrow", "pyproj", "rasterio", "scipy", "shapely")
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
        doubting: True where something kept was found damaged, so that all of it is looked at before it is used.
    """

    results: Results
    code: str
    engine: Engine
    made: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    doubting: bool = False

    def reading(self, reader: Source, raw: Raw, options: Options) -> Reading:
        """What a source makes of a file.

        Raises:
            InputError: The file cannot be read as what it claims to be.
        """
        key = key_of(
            self.code, "reading", reader.name, raw.sha256, raw.name, str(raw.path), raw.retrieved, raw.url,
            dict(raw.labels), dict(options),
        )  # fmt: skip
        return _read_reading(self.keep("reading", key, lambda to: _write_reading(to, reader.read(raw, options))))

    def people(self, told: Sequence[object], grid_hash: str, make: Callable[[], Floats]) -> Floats:
        """People of each cell, shape (cells,).

        Args:
            told: What they depend on beside the grid: hashes of rasters, and what these hold.
            grid_hash: Of the cells.
            make: Counts them.
        """
        key = key_of(self.code, "people", list(told), grid_hash)
        found = self.keep("people", key, lambda to: np.save(to / "people.npy", make()))
        return np.asarray(np.load(found / "people.npy"))

    def table(self, name: str, told: Sequence[object], make: Callable[[], pa.Table]) -> pa.Table:
        """A table that depends on what is told, and on nothing else."""
        found = self.keep(name, key_of(self.code, name, list(told)), lambda to: write_table(to / _TABLE, make()))
        return read_table(found / _TABLE)

    def keep(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """The folder of a step's result, made where it is not kept yet.

        Args:
            kind: What is counted.
            key: As `riskmap.store.results.key_of` gives it, of all that the step depends on.
            make: Writes its files.
        """
        found, was_there = self.results.get_or_make(key, make)
        self.count(kind, 1, made=not was_there)
        return found

    def count(self, kind: str, steps: int, *, made: bool) -> None:
        """Notes that so many steps of a kind were made, or were there already."""
        counts = self.made if made else self.kept
        if steps:
            counts[kind] = counts.get(kind, 0) + steps


def steps_in(folder: Path, engine: Engine) -> Steps:
    """Steps that keep their results in a folder, and merge on an engine."""
    return Steps(Results(folder), code_hash(), engine)


def code_hash() -> str:
    """Hash of this package's code and recipes, and of the libraries that compute."""
    digest = hashlib.sha256(repr([(name, version(name)) for name in _LIBRARIES]).encode())
    for path, content in sorted(_sources(files("riskmap"), "")):
        digest.update(path.encode() + b"\0" + content)
    return digest.hexdigest()


def _sources(folder: Traversable, below: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        path = f"{below}/{entry.name}"
        if entry.is_dir():
            found += _sources(entry, path)
        elif entry.name.endswith((".py", ".toml")):
            found.append((path, entry.read_bytes()))
    return found


def write_table(path: Path, table: pa.Table) -> None:
    """Writes a table of a result."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def read_table(path: Path) -> pa.Table:
    """A table of a result, mapped."""
    with pa.ipc.open_file(pa.memory_map(str(path), "r")) as reader:
        return reader.read_all()


def _write_reading(folder: Path, reading: Reading) -> None:
    write_table(folder / _LAYER, reading.layer.table)
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
        Layer(read_table(folder / _LAYER)),
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
