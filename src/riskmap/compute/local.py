"""This machine: in this process, or in as many as it has processors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import LifoQueue
from typing import Self, TypeVar

from riskmap.compute.order import AHEAD, RETRIES, Failed, attempt, in_order, packed, unpacked
from riskmap.compute.worker import Job, Worker, WorkerLost
from riskmap.errors import ComputeError

T = TypeVar("T")
R = TypeVar("R")


class InProcess:
    """This process alone: each item when its result is asked for."""

    workers = 1

    def map(self, task: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """As `Engine.map`; the task must be able to travel here too, so that it does on every engine."""
        packed(task)
        return (unpacked(attempt(task, item), task, items, at) for at, item in enumerate(items))

    def close(self) -> None:
        """Nothing: there is nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()


class Processes:
    """Processes beside this one, started when first needed.

    A thread waits for each; an item whose process dies goes to a new one. They are spawned, never forked, so that no
    lock or thread of a library is carried over, and end when this process does, however it ends. A script that uses
    them needs `if __name__ == "__main__":`, since a spawned process loads it again.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._team = [Worker(workers) for _ in range(workers)]
        self._idle: LifoQueue[Worker] = LifoQueue()
        for worker in reversed(self._team):
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="riskmap-worker")
        self._closed = False

    def map(self, task: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """As `Engine.map`."""
        job = Job[T, R](packed(task))
        return in_order(task, items, lambda item: self._threads.submit(self._do, job, item), AHEAD * self.workers)

    def close(self) -> None:
        """Ends all processes at once; what is under way is lost."""
        self._closed = True
        for worker in self._team:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._team:
            worker.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def _do(self, job: Job[T, R], item: T) -> R | Failed:
        worker = self._idle.get()
        try:
            for _ in range(1 + RETRIES):
                if self._closed:
                    break
                try:
                    return worker.ask(job, item)
                except WorkerLost:
                    continue
        finally:
            self._idle.put(worker)
        return Failed(ComputeError(_died(closed=self._closed)))


def _died(*, closed: bool) -> str:
    if closed:
        return "the engine was closed"
    return f"the worker died {1 + RETRIES} times; if memory ran out, use fewer workers or smaller parts"
