"""What the tests send to workers; a module, since workers load what they are sent by its name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from riskmap.errors import InputError


def table_of(number: int) -> pa.Table:
    """A table that depends on the number alone: sums by group, in order."""
    chance = np.random.default_rng(number)
    group, value = chance.integers(0, 50, 2_000), chance.normal(size=2_000)
    found = (
        pa.table({"group": group, "value": value}).group_by("group", use_threads=False).aggregate([("value", "sum")])
    )
    return found.sort_by("group").append_column("number", pa.array([number] * len(found)))


def bytes_of(table: pa.Table) -> bytes:
    """All of a table, its chunks and its schema."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@dataclass(frozen=True, eq=False)
class Weighed:
    """A task that carries what all its items share."""

    weights: np.ndarray

    def __call__(self, number: int) -> np.ndarray:
        return self.weights[number] * np.arange(3.0)


def first_of(numbers: np.ndarray) -> float:
    return float(numbers[0])


def slower_first(number: int) -> int:
    """The earlier the item, the later its result."""
    time.sleep(max(0.0, 0.2 - number * 0.02))
    return number


def process_of(_item: object) -> int:
    """Who works."""
    time.sleep(0.05)
    return os.getpid()


def read_badly(number: int) -> int:
    """Breaks on 5 and on 7, and sooner on 7."""
    if number == 5:
        time.sleep(0.2)
        raise ValueError(f"{number} is not good")
    if number == 7:
        raise InputError("events.csv", "is no table", row=3, field="date")
    return number


def refuse_sevens(number: int) -> int:
    return read_badly(7 if number == 7 else 0)


def give_a_closure(number: int) -> Callable[[], int]:
    return lambda: number


def die_at_first(marker: Path) -> str:
    """Dies on the marker's first sight of a process; the next that comes finds it, and is done."""
    if marker.name != "calm" and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return marker.name


def die(_item: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Noting:
    """Leaves a file for every item that was begun."""

    folder: Path

    def __call__(self, number: int) -> int:
        (self.folder / str(number)).touch()
        return number


@dataclass(frozen=True)
class Waiting:
    """Tells who it is, and then takes long."""

    folder: Path
    seconds: float

    def __call__(self, number: int) -> int:
        (self.folder / str(os.getpid())).touch()
        time.sleep(self.seconds)
        return number
