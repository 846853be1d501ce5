"""Abreast: one pure function over slices of arrays, in as many threads as the machine has processors.

What it calls must release the interpreter's lock for most of its time, as Numba (`nogil`), shapely and h3ronpy do.
Slices are fixed by the data, never by the number of threads, and results come in the order of the slices.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_I = TypeVar("_I")
_T = TypeVar("_T")

THREADS = os.cpu_count() or 1
"""Threads used at once."""


def in_slices(function: Callable[[slice], _T], count: int, size: int) -> list[_T]:
    """Results of a function for every slice of at most `size` of `count` things, in order; one slice where none is.

    Args:
        function: Takes a slice; what it writes to, it alone does.
        count: Number of things.
        size: Things a slice.
    """
    slices = [slice(first, min(first + size, count)) for first in range(0, max(count, 1), size)]
    if len(slices) == 1:
        return [function(slices[0])]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, slices))


def in_turn(function: Callable[[_I], _T], items: Iterable[_I]) -> Iterator[_T]:
    """Results of a function for every item, in order, while the next few are worked on; items may be without end.

    Args:
        function: Must not change what others read.
        items: Taken only a few ahead of the results, so that a stream never lies in memory as a whole.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[_T]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
