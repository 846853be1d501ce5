"""Cadence: when something is to be done again, told on a clock that only runs forwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

LONGEST_PAUSE_S = 900.0
"""Longest pause after failures, for what is done more often than that."""


@dataclass(frozen=True)
class Cadence:
    """When one thing is due.

    Times are seconds of a monotonic clock: setting the clock of the machine moves nothing.

    Args:
        every_s: Seconds from one beginning to the next.
        due_s: When it is due; at once where not said.
        failures: How often it failed since it last went well.
    """

    every_s: float
    due_s: float = float("-inf")
    failures: int = 0

    def is_due(self, now_s: float) -> bool:
        """Whether it may begin."""
        return now_s >= self.due_s

    def succeeded(self, begun_s: float) -> Cadence:
        """The cadence after it went well, having begun then; what took longer than its time is due at once."""
        return replace(self, due_s=begun_s + self.every_s, failures=0)

    def failed(self, ended_s: float) -> Cadence:
        """The cadence after a failure that ended then; each pause is twice the one before, up to a longest one."""
        failures = self.failures + 1
        # No more doublings than it takes from a second to the longest pause, so that no number overflows.
        pause = self.every_s * 2 ** min(failures, 20)
        return replace(self, due_s=ended_s + min(pause, max(self.every_s, LONGEST_PAUSE_S)), failures=failures)
