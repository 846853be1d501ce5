"""What the contract suite needs to know of a source: one small hand-made file in its provider's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Example:
    """A small file, worked out by hand.

    Args:
        name: Of the file, with the suffix that the provider gives it.
        content: Its bytes, in the exact documented shape. At least one row is bad, and one repeats another or is an
            older version of it, where the format can hold such.
        read: Rows in it.
        quarantined: Reason -> rows refused for it.
        totals: Measure -> sum of the values of its standing records, by hand; unknown ones do not count.
        options: Of `read`.
        shuffled: The same file with its rows in another order; None where the format has no order of rows.
        labels: What a fetch would have known of it.
    """

    name: str
    content: bytes
    read: int
    quarantined: Mapping[str, int]
    totals: Mapping[str, float]
    options: Mapping[str, object] = field(default_factory=dict)
    shuffled: bytes | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
