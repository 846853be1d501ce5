"""A cluster: the workers of a Dask scheduler that runs elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.reduction import ForkingPickler
from typing import Any, Generic, Self, TypeVar
from uuid import uuid4

import dask.config
import distributed
from distributed import KilledWorker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from riskmap.compute.order import AHEAD, RETRIES, Failed, attempt, in_order, packed
from riskmap.errors import ComputeError
from riskmap.version import VERSION

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE_S = 30
_INLINE_BYTES = 16 << 10
"""A task up to this size travels with each item; a larger one once to each worker."""

_WARNING = "distributed.admin.large-graph-warning-threshold"

_loads = ForkingPickler.loads
_Client: Any = distributed.Client


class Cluster:
    """The workers of a scheduler; each has the same riskmap installed, and reaches the same files by the same names.

    Results come straight from the workers, so that this process should be where it can reach them; where it cannot,
    they come by way of the scheduler, after a wait.

    Args:
        address: Of the scheduler, such as `tcp://host:8786`.
        patience_s: Seconds to wait for the scheduler, and for the first worker.

    Raises:
        ComputeError: The scheduler does not answer, or has no workers.
    """

    def __init__(self, address: str, patience_s: float = _PATIENCE_S) -> None:
        # An item may be a whole layer, which the client would warn of each time.
        dask.config.set({_WARNING: "1TiB"})
        try:
            self._client = _Client(address, timeout=patience_s, set_as_default=False, direct_to_workers=True)
        except (OSError, ValueError) as error:
            raise ComputeError(f"the scheduler {address} does not answer ({error}); start it or mend it") from error
        try:
            self._client.wait_for_workers(1, timeout=patience_s)
        except TimeoutError as error:
            self.close()
            raise ComputeError(f"the scheduler {address} has no workers; start some with dask worker") from error

    @property
    def workers(self) -> int:
        """Threads of all workers, as of now."""
        threads: int = sum(self._client.nthreads().values())
        return max(1, threads)

    def map(self, task: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """As `Engine.map`; the workers are counted as it begins."""
        return self._mapped(task, packed(task), items)

    def close(self) -> None:
        """Leaves the cluster, which goes on."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def _mapped(self, task: Callable[[T], R], given: bytes, items: Sequence[T]) -> Iterator[R]:
        kept = _Kept(given) if len(given) > _INLINE_BYTES else None
        if kept:
            self._client.register_plugin(kept, name=kept.name)
        order = Order[T, R](kept.name if kept else given, VERSION)
        try:
            yield from in_order(task, items, lambda item: self._begin(order, item), AHEAD * self.workers)
        finally:
            if kept:
                self._client.unregister_worker_plugin(kept.name)

    def _begin(self, order: Order[T, R], item: T) -> _Coming[R]:
        key = f"riskmap-{uuid4().hex}"
        future = self._client.submit(order, item, key=key, pure=False)
        # Fetched as soon as it is there, not when it is asked for, so that the reader does not wait for the wire.
        loop = self._client.loop.asyncio_loop
        return _Coming(future, asyncio.run_coroutine_threadsafe(_fetched(future), loop))


@dataclass(frozen=True)
class Order(Generic[T, R]):
    """What a worker is sent: a task, or the name of one that it was given before; called with an item.

    Args:
        task: As `packed` gives it, or the name of the plugin that holds it.
        version: Of the riskmap that asks.
    """

    task: bytes | str
    version: str

    def __call__(self, item: T) -> R | Failed:
        """What the task makes of the item."""
        return attempt(self._do, item)

    def _do(self, item: T) -> R:
        if self.version != VERSION:
            raise ComputeError(f"a worker has riskmap {VERSION}, this is {self.version}; install the same everywhere")
        task: Callable[[T], R] = _kept(self.task) if isinstance(self.task, str) else _loads(self.task)
        return task(item)


class _Kept(WorkerPlugin):
    """A task that every worker is given once, also one that joins later."""

    def __init__(self, given: bytes) -> None:
        self.name = f"riskmap-task-{uuid4().hex}"
        self._given = given

    @cached_property
    def task(self) -> Callable[[Any], Any]:
        found: Callable[[Any], Any] = _loads(self._given)
        return found


def _kept(name: str) -> Callable[[Any], Any]:
    plugin: Any = get_worker().plugins[name]
    task: Callable[[Any], Any] = plugin.task
    return task


@dataclass(frozen=True)
class _Coming(Generic[R]):
    """A result on its way from the cluster: the future of `distributed`, and that of its bytes coming home."""

    future: Any
    fetched: Future[R | Failed]

    def result(self) -> R | Failed:
        try:
            return self.fetched.result()
        except KilledWorker:
            died = f"its workers died {1 + RETRIES} times; if memory ran out, give them more or use smaller parts"
            return Failed(ComputeError(died))
        except (CancelledError, OSError) as error:
            return Failed(ComputeError(f"the scheduler was lost ({error}); start it and build again"))

    def cancel(self) -> None:
        self.fetched.cancel()
        self.future.cancel()


async def _fetched(future: Awaitable[R]) -> R:
    return await future
