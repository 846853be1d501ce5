"""Engines against one another: the same errands in one loop, on two processes, and on two workers of a cluster.

What an item costs beside its work is told by errands that do nothing; what bytes cost by errands that give eight
megabytes each; what two processes are worth by errands that take the processor for a tenth of a second. The cluster is
real, two processes under a scheduler on loopback, started before anything is timed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import numpy as np
from lines import Line

from riskmap.compute.engine import Engine, engine_of

T = TypeVar("T")


def nothing(number: int) -> int:
    """An errand without work."""
    return number


def eight_megabytes(number: int) -> np.ndarray:
    """An errand whose result is large."""
    return np.full(1 << 20, float(number))


def a_tenth_of_a_second(number: int) -> float:
    """An errand that takes the processor for about as long, without the lock of the interpreter for the most part."""
    chance = np.random.default_rng(number)
    return sum(float(np.sort(chance.random(200_000)).sum()) for _ in range(60))


def medians_s(runs: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median of the seconds that each run takes, after one to warm up; by turns, so that a busy moment hits them all."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(1 + repeats):
        for name, run in runs.items():
            begun = time.perf_counter()
            run()
            if repeat:
                seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(told) for name, told in seconds.items()}


def drained(engine: Engine, task: Callable[[int], object], items: Sequence[int]) -> Callable[[], None]:
    """A run that reads every result and keeps none."""

    def run() -> None:
        for _ in engine.map(task, items):
            pass

    return run


def pooled(pool: ProcessPoolExecutor, task: Callable[[int], object], items: Sequence[int]) -> Callable[[], None]:
    """The same on the standard library's pool of processes, which neither bounds what is under way nor outlives a kill."""

    def run() -> None:
        for _ in pool.map(task, items):
            pass

    return run


def lines(scale: float = 1.0, repeats: int = 3) -> list[Line]:
    """Every line.

    Args:
        scale: Part of the usual number of items.
        repeats: Runs of each, at least 3; the median counts.
    """
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made,
        engine_of(workers=1) as one,
        engine_of(workers=2) as two,
        engine_of(made.scheduler_address) as far,
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool,
    ):
        found = []
        for task, count, goals in JOBS:
            items = range(max(8, int(count * scale)))
            runs = {
                ONE: drained(one, task, items),
                TWO: drained(two, task, items),
                POOL: pooled(pool, task, items),
                FAR: drained(far, task, items),
            }
            seconds = medians_s(runs, repeats)
            found += [_line(task.__name__, len(items), seconds, *told) for told in goals]
        return found


ONE, TWO, POOL, FAR = "one process", "two processes", "ProcessPoolExecutor(2)", "two workers of a cluster"
JOBS = (
    (nothing, 500, ((TWO, POOL, 1.0), (FAR, TWO, 0.0))),
    (eight_megabytes, 30, ((TWO, POOL, 1.0), (FAR, TWO, 0.5))),
    (a_tenth_of_a_second, 16, ((TWO, ONE, 1.5), (TWO, POOL, 0.9), (FAR, TWO, 0.8))),
)
"""Errand, number of items, and what is held against what with which goal; 0 where the figure is only told."""


def _line(work: str, count: int, seconds: dict[str, float], ours: str, peer: str, goal: float) -> Line:
    each = [f"{seconds[name] / count * 1e3:.3g}" for name in (ours, peer)]
    told = f"{each[0]} ms an item against {each[1]}"
    return Line(f"{count} x {work.replace('_', ' ')}, {ours}", seconds[ours], peer, seconds[peer], goal, told)
