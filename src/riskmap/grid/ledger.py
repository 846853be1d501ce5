"""The ledger: for every measure, what came in, what stands on cells, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.grid.placing import Places
from riskmap.grid.points import OUTSIDE
from riskmap.model.cube import Floats

BEYOND = "outside the periods"
_EXAMPLES = 5
_NO_RECORD = 1e-9
"""Below this a difference of parts of records is rounding."""

Outside = tuple[str, str, int, float]
"""Reason, place as the records call it, records, value."""

Counted = tuple[str, int, float]
"""A word, the records it stands for, and their value."""

Doubt = tuple[str, int, float, tuple[str, ...]]
"""What a person should look at, the records, their value, and up to five of the places."""


@dataclass(frozen=True)
class Tally:
    """Records that count in the periods and what they hold: by place, and by the words that said where.

    Args:
        counts: Records of each place, shape (places,); one whose place was split counts by its parts.
        amounts: Total of each place, shape (places,).
        worded_counts: Records of each wording, shape (wordings,).
        worded_amounts: Total of each wording, shape (wordings,).
    """

    counts: Floats
    amounts: Floats
    worded_counts: Floats
    worded_amounts: Floats


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
        matched: Records and value by how their places were found: a way of matching, or `geometry`.
        unmatched: Those whose place was not found, by reason; with `matched` they are all records and the whole value.
        doubts: Of the matched ones those whose code and name did not quite agree, with examples.
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
    matched: tuple[Counted, ...] = ()
    unmatched: tuple[Counted, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    aliases: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = ()


def account(places: Places, tally: Tally, cells_total: float) -> LedgerRow:
    """The account of an extensive measure.

    Args:
        places: Its places.
        tally: What counts in the periods.
        cells_total: Sum over cells.
    """
    counts, words = tally.counts, places.wordings
    every = np.bincount(places.of_record, places.part, minlength=len(counts))
    matched = _counted(words.way, tally)
    return LedgerRow(
        records=round(counts.sum()),
        accepted_total=float(tally.amounts.sum()),
        cells_total=cells_total,
        outside=_outside(places, counts, tally.amounts),
        beyond=_beyond(places, every - counts),
        on_border=round(every[places.on_border].sum()),
        matched=matched,
        unmatched=_counted(words.reason, tally),
        doubts=tuple((*one, _examples(places, tally, one[0])) for one in _counted(words.doubt, tally)),
    )


def _counted(words: npt.NDArray[np.object_], tally: Tally) -> tuple[Counted, ...]:
    """Records and value by word, empty ones left out.

    Args:
        words: A word for each wording, shape (wordings,).
        tally: What counts.
    """
    there = np.flatnonzero((words != "") & (tally.worded_counts > 0))
    kinds, which = np.unique(words[there].astype(str), return_inverse=True)
    records = np.bincount(which, tally.worded_counts[there], minlength=len(kinds))
    values = np.bincount(which, tally.worded_amounts[there], minlength=len(kinds))
    return tuple(zip(kinds.tolist(), map(round, records.tolist()), values.tolist(), strict=True))


def _examples(places: Places, tally: Tally, doubt: str) -> tuple[str, ...]:
    """The first few places of a doubt, in the order of their words."""
    words = places.wordings
    chosen = (words.doubt == doubt) & (tally.worded_counts > 0)
    return tuple(sorted(set(words.example[chosen].tolist()))[:_EXAMPLES])


def _beyond(places: Places, counts: Floats) -> tuple[tuple[str, int], ...]:
    """Records that do not count in the periods, by reason."""
    found: dict[str, float] = {}
    for row in np.flatnonzero(counts > _NO_RECORD):
        reason = f"{BEYOND}, and {places.reason[row]}" if places.reason[row] else BEYOND
        found[reason] = found.get(reason, 0.0) + float(counts[row])
    return tuple((reason, round(count)) for reason, count in sorted(found.items()))


def _outside(places: Places, counts: Floats, amounts: Floats) -> tuple[Outside, ...]:
    """What no cell got: whole places with their reason, and the parts of polygons that lie outside."""
    reached = np.asarray(places.shares.sum(axis=1)).ravel()
    found: dict[tuple[str, str], list[float]] = {}
    for row in np.flatnonzero((counts > 0) & (places.reason != "")):
        _add(found, (str(places.reason[row]), str(places.name[row])), counts[row], amounts[row])
    partial = (amounts != 0) & (places.reason == "") & (reached < 1 - 1e-12)
    for row in np.flatnonzero(partial):
        _add(found, (OUTSIDE, str(places.name[row])), counts[row], amounts[row] * (1 - reached[row]))
    return tuple((reason, name, round(count), value) for (reason, name), (count, value) in sorted(found.items()))


def _add(found: dict[tuple[str, str], list[float]], key: tuple[str, str], count: float, value: float) -> None:
    entry = found.setdefault(key, [0.0, 0.0])
    entry[0] += float(count)
    entry[1] += float(value)


def mean_of(values: npt.NDArray[np.float64]) -> float:
    """Mean of what is known; 0 where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
