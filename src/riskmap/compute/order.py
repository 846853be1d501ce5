"""Orders: a pure function over many items, a bounded number of them under way, results in the order of the items."""

from __future__ import annotations

import pickle
import reprlib
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from riskmap.errors import ComputeError, RiskmapError, TaskFailed

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

AHEAD = 2
"""Items under way for each worker: one that it works on, one that waits for it or for the reader."""
RETRIES = 3
"""How often an item is tried again after the worker that had it died."""


class Pending(Protocol[R_co]):
    """A result that may still be on its way, such as a future."""

    def result(self) -> R_co:
        """The result, waited for."""
        ...

    def cancel(self) -> object:
        """Gives it up where it was not begun."""
        ...


@dataclass(frozen=True)
class Failed:
    """What comes back in place of a result.

    Args:
        error: Why; it can be pickled, with the worker's own traceback as a note.
    """

    error: RiskmapError


class Caught(Generic[R]):
    """Catches what goes wrong in its body, so that it can be sent home as a value and raised there.

    A `RiskmapError` stays what it is; anything else becomes a `TaskFailed` that names its kind. What is not an
    `Exception`, such as an interrupt, passes.

    Args:
        outcome: What its body gives, which sets it, or `Failed`.
    """

    def __init__(self) -> None:
        self.outcome: R | Failed = Failed(ComputeError("nothing was done"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        told = error if isinstance(error, RiskmapError) else TaskFailed(f"{type(error).__name__}: {error}")
        if told is not error:
            told.add_note("".join(traceback.format_exception(error)))
        self.outcome = Failed(told)
        return True


def attempt(task: Callable[[T], R], item: T) -> R | Failed:
    """What a task makes of an item, or why it does not."""
    caught = Caught[R]()
    with caught:
        caught.outcome = task(item)
    return caught.outcome


def packed(task: Callable[[Any], Any]) -> bytes:
    """A task as it travels: the name of a function of a module, or a value of a class of one, never a closure.

    Raises:
        ComputeError: It cannot travel.
    """
    try:
        return pickle.dumps(task, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ComputeError(
            f"{name_of(task)} cannot be sent to a worker ({error}); give a function of a module, or a frozen dataclass"
        ) from error


def name_of(task: Callable[[Any], Any]) -> str:
    """What a task is called."""
    return str(getattr(task, "__qualname__", type(task).__qualname__))


def in_order(
    task: Callable[[T], R], items: Sequence[T], begin: Callable[[T], Pending[R | Failed]], ahead: int
) -> Iterator[R]:
    """Results in the order of the items, of which no more than `ahead` are under way or unread.

    The error raised is that of the first item that fails in this order, whatever the timing, so that it is the same on
    every engine; nothing is begun after it, and what waits is given up. So it is where the reader stops early.

    Args:
        task: Only to name it.
        items: Taken one by one as there is room.
        begin: Sends one item out.
        ahead: At least 1.

    Raises:
        TaskFailed: A task broke; names the item.
        RiskmapError: What a task raised; the item stands in a note.
    """
    under_way: deque[Pending[R | Failed]] = deque()
    begun = 0
    try:
        for position in range(len(items)):
            while begun < min(position + ahead, len(items)):
                under_way.append(begin(items[begun]))
                begun += 1
            yield unpacked(attempt(_waited, under_way.popleft()), task, items, position)
    finally:
        for one in under_way:
            one.cancel()


def unpacked(outcome: R | Failed, task: Callable[[T], R], items: Sequence[T], position: int) -> R:
    """A result; where it failed, its error is raised with the item named.

    Raises:
        TaskFailed: The task broke.
        RiskmapError: What the task raised, with a note.
    """
    if not isinstance(outcome, Failed):
        return outcome
    where = f"{name_of(task)} on item {position + 1} of {len(items)}, {_shown(items[position])}"
    error = outcome.error
    if type(error) not in {TaskFailed, ComputeError}:
        error.add_note(where)
        raise error
    named = type(error)(f"{where}: {error}")
    for note in getattr(error, "__notes__", ()):
        named.add_note(note)
    raise named


def _waited(pending: Pending[R]) -> R:
    return pending.result()


def _shown(item: object) -> str:
    """An item in few words, however large it is."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 120
    return short.repr(item)
