"""Signals: being asked to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ASKING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping_on_signals() -> Iterator[Callable[[], bool]]:
    """Whether somebody asked this process to stop, by SIGINT (Ctrl-C) or SIGTERM; only in the main thread.

    The first signal asks. From then on each kind does again what it did before, so that a second one ends at once.
    """
    asked: list[int] = []
    before = {kind: signal.getsignal(kind) for kind in _ASKING}

    def note(kind: int, _frame: FrameType | None) -> None:
        asked.append(kind)
        restore()

    def restore() -> None:
        for kind, handler in before.items():
            signal.signal(kind, handler)

    for kind in _ASKING:
        signal.signal(kind, note)
    try:
        yield lambda: bool(asked)
    finally:
        restore()
