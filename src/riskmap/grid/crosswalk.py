"""Crosswalks: codes and names of other boundaries, and what they are in ours on a given day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from riskmap.errors import PlacementError
from riskmap.grid.codes import clean_code
from riskmap.grid.names import folded
from riskmap.model.area import Crossing

Target = tuple[str, float]
"""P-code in our boundaries, and the part of a value that goes there."""

_EXACT = 1e-6
_Key = tuple[str, str]


@dataclass(frozen=True)
class Crosswalk:
    """Crossings, found by code or name, and by spells of days over which the same ones hold.

    Args:
        crossings: In any order.

    Raises:
        PlacementError: One ends before it begins, says neither code nor name, leads twice to one place, or the shares
            of one code on one day do not sum to 1.
    """

    crossings: Sequence[Crossing] = ()
    _turns: npt.NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _targets: tuple[Mapping[_Key, tuple[Target, ...]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for one in self.crossings:
            _check(one)
        turns = {day for one in self.crossings for day in _edges(one) if day is not None}
        object.__setattr__(self, "_turns", np.array(sorted(turns), np.int64))
        object.__setattr__(self, "_targets", tuple(self._valid(spell) for spell in range(len(turns) + 1)))

    def spells(self, days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Which spell each day (ordinal) is in, shape (days,); all the same where no crossing has dates."""
        return np.searchsorted(self._turns, days, side="right")

    def targets(self, code: str, name: str, spell: int) -> tuple[Target, ...]:
        """Where a code or name leads in a spell; what names both comes first, then the code, then the name.

        Args:
            code: As the record writes it; empty where it does not.
            name: Likewise.
            spell: From `spells`.
        """
        code, name = clean_code(code), folded(name)
        keys = ((code, name), (code, ""), ("", name))
        return next((self._targets[spell][key] for key in keys if any(key) and key in self._targets[spell]), ())

    def _valid(self, spell: int) -> Mapping[_Key, tuple[Target, ...]]:
        """What holds in a spell, by code and name."""
        found: dict[_Key, dict[str, float]] = {}
        for one in self.crossings:
            if not self._holds(one, spell):
                continue
            parts = found.setdefault((clean_code(one.code), folded(one.name)), {})
            target = clean_code(one.to_code)
            if target in parts:
                raise PlacementError(f"crosswalk: {_told(one)} leads twice to {one.to_code} on the same days")
            parts[target] = one.share
        for (code, name), parts in found.items():
            if abs(sum(parts.values()) - 1) > _EXACT:
                raise PlacementError(
                    f"crosswalk: the shares of {code or name} sum to {sum(parts.values()):.6g} over {len(parts)} places"
                    " that hold on the same days; they must sum to 1"
                )
        return {key: tuple(sorted(parts.items())) for key, parts in found.items()}

    def _holds(self, one: Crossing, spell: int) -> bool:
        first, after = _edges(one)
        day = self._turns[spell - 1] if spell else -np.inf
        return (first is None or first <= day) and (after is None or day < after)


def _check(one: Crossing) -> None:
    if not (clean_code(one.code) or folded(one.name)):
        raise PlacementError(f"crosswalk: what leads to {one.to_code} has neither code nor name")
    if one.valid_from and one.valid_to and one.valid_to < one.valid_from:
        raise PlacementError(f"crosswalk: {_told(one)} ends ({one.valid_to}) before it begins ({one.valid_from})")
    if not 0 < one.share <= 1:
        raise PlacementError(f"crosswalk: the share of {_told(one)} is {one.share:g}; it must be above 0 and at most 1")


def _edges(one: Crossing) -> tuple[int | None, int | None]:
    """First day it holds and first day it no longer does, as ordinals."""
    return (
        one.valid_from.toordinal() if one.valid_from else None,
        one.valid_to.toordinal() + 1 if one.valid_to else None,
    )


def _told(one: Crossing) -> str:
    return " ".join(filter(None, (one.code, one.name)))
