"""The ledger: for every measure, what came in, what stands on cells, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.grid.placing import Places
from riskmap.grid.points import OUTSIDE
from riskmap.model.cube import Floats

BEYOND = "outside the periods"

Outside = tuple[str, str, int, float]
"""Reason, place as the records call it, records, value."""


@dataclass(frozen=True)
class LedgerRow:
    """The account of one measure over a case's periods.

    Args:
        source: Name of its source.
        measure: Its name.
        unit: Unit of the totals.
        spread: `extensive` totals are conserved: accepted = on cells + outside; of `intensive` ones means are told.
        kind: Its kind.
        records: Records that count: flows inside the periods, stocks in force in the last period that has any.
        accepted_total: Their total.
        cells_total: The total on cells.
        outside: What is on no cell, by reason and place.
        beyond: Records outside the periods, which are in no total, by what else would keep them off the cells.
        on_border: Records, whenever, beyond the boundary that a cell of the area still holds.
        aliases: Names taken for others: as written, as meant, `known` or `assumed`.
        notes: What was assumed, in words.
    """

    source: str = ""
    measure: str = ""
    unit: str = ""
    spread: str = ""
    kind: str = ""
    records: int = 0
    accepted_total: float = 0.0
    cells_total: float = 0.0
    outside: tuple[Outside, ...] = ()
    beyond: tuple[tuple[str, int], ...] = ()
    on_border: int = 0
    aliases: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = ()


def account(places: Places, counts: Floats, amounts: Floats, cells_total: float) -> LedgerRow:
    """The account of an extensive measure.

    Args:
        places: Its places.
        counts: Records of each place, shape (places,).
        amounts: Total of each place, shape (places,).
        cells_total: Sum over cells.
    """
    every = np.bincount(places.of_record, minlength=len(counts))
    return LedgerRow(
        records=int(counts.sum()),
        accepted_total=float(amounts.sum()),
        cells_total=cells_total,
        outside=_outside(places, counts, amounts),
        beyond=_beyond(places, every - counts),
        on_border=int(every[places.on_border].sum()),
    )


def _beyond(places: Places, counts: Floats) -> tuple[tuple[str, int], ...]:
    """Records that do not count in the periods, by reason."""
    found: dict[str, int] = {}
    for row in np.flatnonzero(counts > 0):
        reason = f"{BEYOND}, and {places.reason[row]}" if places.reason[row] else BEYOND
        found[reason] = found.get(reason, 0) + int(counts[row])
    return tuple(sorted(found.items()))


def _outside(places: Places, counts: Floats, amounts: Floats) -> tuple[Outside, ...]:
    """What no cell got: whole places with their reason, and the parts of polygons that lie outside."""
    reached = np.asarray(places.shares.sum(axis=1)).ravel()
    found: dict[tuple[str, str], list[float]] = {}
    for row in np.flatnonzero((counts > 0) & (places.reason != "")):
        _add(found, (str(places.reason[row]), str(places.name[row])), counts[row], amounts[row])
    partial = (amounts != 0) & (places.reason == "") & (reached < 1 - 1e-12)
    for row in np.flatnonzero(partial):
        _add(found, (OUTSIDE, str(places.name[row])), counts[row], amounts[row] * (1 - reached[row]))
    return tuple((reason, name, int(count), value) for (reason, name), (count, value) in sorted(found.items()))


def _add(found: dict[tuple[str, str], list[float]], key: tuple[str, str], count: float, value: float) -> None:
    entry = found.setdefault(key, [0.0, 0.0])
    entry[0] += float(count)
    entry[1] += float(value)


def mean_of(values: npt.NDArray[np.float64]) -> float:
    """Mean of what is known; 0 where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
