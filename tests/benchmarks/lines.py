"""Lines of the benchmarks: one work, done by riskmap and by a peer in the same run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """How long a work took.

    Args:
        work: What was done, with its scale.
        ours: Seconds riskmap took.
        peer: What else did it.
        theirs: Seconds that took.
        goal: Ratio to hold.
        note: How it was measured, where that needs saying.
    """

    work: str
    ours: float
    peer: str
    theirs: float
    goal: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times faster riskmap is."""
        return self.theirs / self.ours
