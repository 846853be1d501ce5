"""Engines: where a pure function is mapped over items: in this process, in others beside it, or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, Self, TypeVar

from riskmap.compute.local import InProcess, Processes
from riskmap.errors import ComputeError

T = TypeVar("T")
R = TypeVar("R")

_SCHEDULERS = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


class Engine(Protocol):
    """Maps pure functions over items. The results are the same on every engine, and come in the same order.

    It is closed when done with, best by `with`.
    """

    @property
    def workers(self) -> int:
        """How many items it works on at once, at least 1."""
        ...

    def map(self, task: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """Results of a task for each item, in the order of the items.

        No more than two items for each worker are under way or unread at any time, so that memory depends on the
        workers and not on the number of items. An item whose worker dies is tried again on another, three times.

        Args:
            task: Pure, and able to travel: a function of a module, or a frozen dataclass with `__call__` whose fields
                are what it needs. It travels once to each worker, so that it may hold what all items share.
            items: Values that can be pickled; small ones, such as names and ranges, since each of them travels.

        Raises:
            ComputeError: The task cannot travel, workers die under an item, or the cluster is lost.
            TaskFailed: The task broke; names the first item, in their order, that it broke on.
            RiskmapError: What the task raised on purpose, as it was, with a note that names the item.
        """
        ...

    def close(self) -> None:
        """Ends the workers that it started; on a cluster, the connection."""
        ...

    def __enter__(self) -> Self:
        """Itself."""
        ...

    def __exit__(self, *details: object) -> None:
        """Closes it."""
        ...


def engine_of(text: str | None = None, workers: int | None = None) -> Engine:
    """The engine that a person names.

    Args:
        text: Address of a Dask scheduler, such as `tcp://host:8786`; None for this machine.
        workers: Processes on this machine, 1 for this one alone; None for one a processor it may use. A cluster has
            those it has.

    Raises:
        ComputeError: The address is none, the scheduler does not answer or has no workers, the package is missing, or
            `workers` is less than 1.
    """
    if text is not None:
        return _cluster(text)
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    if count < 1:
        raise ComputeError(f"{count} workers can do nothing; give at least 1")
    return InProcess() if count == 1 else Processes(count)


def _cluster(address: str) -> Engine:
    if not address.startswith(_SCHEDULERS):
        raise ComputeError(f"{address!r} is no address of a scheduler; give one such as tcp://host:8786")
    try:
        from riskmap.compute.dask import Cluster
    except ImportError as error:
        raise ComputeError(f"a cluster needs the extra riskmap[scale] ({error}); install it") from error
    return Cluster(address)
