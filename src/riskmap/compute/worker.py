"""Workers: a process of its own that does one item after the other, and dies with whoever started it."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Generic, TypeVar, cast

import pyarrow as pa

from riskmap.compute.order import Failed, attempt
from riskmap.errors import ComputeError

T = TypeVar("T")
R = TypeVar("R")
Parcel = Sequence[bytes | bytearray | memoryview]

_loads = ForkingPickler.loads


class WorkerLost(Exception):
    """A worker ended before it answered."""


@dataclass(frozen=True, eq=False)
class Job(Generic[T, R]):
    """One task, which a worker is given once and then keeps for all its items.

    Args:
        task: As `packed` gives it.
    """

    task: bytes


class Worker:
    """A process that is started when it is first asked something, and again after it died.

    Args:
        beside: How many work on this machine at once, so that each takes its part of the processors.
    """

    def __init__(self, beside: int) -> None:
        self._beside = beside
        self._process: Any = None
        self._connection: Connection | None = None
        self._job: Job[Any, Any] | None = None

    def ask(self, job: Job[T, R], item: T) -> R | Failed:
        """What the job's task makes of an item.

        Raises:
            WorkerLost: The process died; it can be asked again.
        """
        connection = self._connection or self._start()
        asked = parcel((None if job is self._job else job.task, item))
        try:
            send(connection, asked)
            self._job = job
            answer = receive(connection)
        except (EOFError, OSError) as error:
            self.end()
            raise WorkerLost from error
        return cast("R | Failed", opened(answer))

    def kill(self) -> None:
        """Kills the process, whatever it does; who waits for its answer is told that it is lost."""
        if self._process is not None:
            self._process.kill()

    def end(self) -> None:
        """Kills the process and puts everything away; only for who asks it, or where nobody does any more."""
        self.kill()
        if self._process is not None:
            self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = self._job = None

    def _start(self) -> Connection:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._beside), daemon=True, name="riskmap-worker")
        self._process.start()
        theirs.close()
        self._connection = ours
        return ours


def serve(connection: Connection, beside: int) -> None:
    """What a worker does: answers until nobody is left to ask.

    Args:
        connection: Items come and answers go this way.
        beside: How many work on this machine at once.
    """
    # Who presses Ctrl-C means the process that was started; it ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_cpu_count(max(1, len(os.sched_getaffinity(0)) // beside))
    bench = _Bench()
    with suppress(EOFError, OSError):
        while True:
            answer = attempt(bench.answer, receive(connection))
            send(connection, parcel(answer) if isinstance(answer, Failed) else answer)


class _Bench:
    """Where a worker keeps the task of the job that it is at."""

    def __init__(self) -> None:
        self._task: Callable[[Any], Any] | None = None

    def answer(self, asked: Parcel) -> Parcel:
        given, item = cast("tuple[bytes | None, object]", opened(asked))
        if given is not None:
            self._task = _loads(given)
        if self._task is None:
            raise ComputeError("a worker was given an item and no task")
        return parcel(attempt(self._task, item))


def parcel(value: object) -> Parcel:
    """A value as bytes: its pickle first, then what large arrays hold, which is not copied."""
    held: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=held.append)
    return [head, *(one.raw() for one in held)]


def opened(parts: Parcel) -> object:
    """The value of a parcel; arrays in it can be written to."""
    value: object = _loads(parts[0], buffers=parts[1:])
    return value


def send(connection: Connection, parts: Parcel) -> None:
    """Sends a parcel."""
    connection.send([memoryview(part).nbytes for part in parts])
    for part in parts:
        connection.send_bytes(part)


def receive(connection: Connection) -> Parcel:
    """Waits for a parcel.

    Raises:
        EOFError: Nobody is at the other end.
    """
    parts = [bytearray(size) for size in connection.recv()]
    for part in parts:
        connection.recv_bytes_into(part)
    return parts
