"""Licences as data: what may be done with a provider's rows and with what is made of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """Terms of one provider, carried from raw bytes to every export.

    Args:
        id: Short stable name, such as `CC-BY-4.0` or `ACLED-terms`.
        attribution: Credit line that every product must show.
        url: Where the terms stand.
        raw: Whether received rows may be given to others.
        derived: Whether cell aggregates may be given to others.
    """

    id: str
    attribution: str
    url: str = ""
    raw: bool = False
    derived: bool = True


UNSTATED = Licence("unstated", "")
"""Terms that nobody has told: of files of anybody's, where the case is silent."""
