"""Jobs: work under way, each piece in a thread of its own, of which an outcome always comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from riskmap.errors import RiskmapError

Found = Mapping[str, Any]
Job = Callable[[], Found]

_UNEXPECTED = "it ended unexpectedly; the reason stands above"


@dataclass(frozen=True)
class Done:
    """The outcome of one job.

    Args:
        name: Of the job.
        begun_s: When it began, on the clock of the jobs.
        ended_s: When it ended.
        found: What it gave; nothing where it failed.
        why: Why it failed; empty where it did not.
    """

    name: str
    begun_s: float
    ended_s: float
    found: Found
    why: str = ""


class Crew(Protocol):
    """Who does jobs; `Jobs` does them in threads."""

    @property
    def running(self) -> frozenset[str]:
        """Names of the jobs whose outcome was not taken yet."""

    def now_s(self) -> float:
        """Seconds of a monotonic clock."""

    def start(self, name: str, job: Job) -> None:
        """Begins a job of a name that is not running."""

    def take(self, most_s: float) -> Done | None:
        """The next outcome; None where none comes in so many seconds."""


class Jobs:
    """Does jobs in threads, which end with the process."""

    def __init__(self) -> None:
        self._running: set[str] = set()
        self._done: SimpleQueue[Done] = SimpleQueue()

    @property
    def running(self) -> frozenset[str]:
        """Names of the jobs whose outcome was not taken yet."""
        return frozenset(self._running)

    def now_s(self) -> float:
        """Seconds of a clock that nobody can set."""
        return time.monotonic()

    def start(self, name: str, job: Job) -> None:
        """Begins a job; one that fails in a way that nobody foresaw is told on standard error, and counts as failed."""
        self._running.add(name)
        threading.Thread(target=self._do, args=(name, job), name=name, daemon=True).start()

    def take(self, most_s: float) -> Done | None:
        """The next outcome; None where none comes in so many seconds."""
        try:
            done = self._done.get(timeout=max(most_s, 0.0))
        except Empty:
            return None
        self._running.discard(done.name)
        return done

    def _do(self, name: str, job: Job) -> None:
        begun, why = self.now_s(), _UNEXPECTED
        given: Found = {}
        try:
            given = job()
            why = ""
        except (RiskmapError, OSError) as error:
            why = str(error)
        finally:
            self._done.put(Done(name, begun, self.now_s(), given, why))
