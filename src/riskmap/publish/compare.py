"""Comparing: two snapshots of the same cells, and by how much each cell's score and class differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmap.errors import QueryError
from riskmap.grid.cells import cell_text
from riskmap.model.cube import Cells, Floats
from riskmap.publish.words import class_names, place_name
from riskmap.store.snapshot import Snapshot

INSUFFICIENT, ABSENT = "insufficient", "not in it"
"""Classes of cells without a score, and of cells that a snapshot does not have."""

LEAST_MOVE = 0.05
"""Points of the scale from which a score, or a part of it, counts as moved."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Transition:
    """Cells that went from one class to another, or stayed.

    Args:
        before: Name of the class, `insufficient`, or `not in it`.
        after: The same, of the later snapshot.
        cells: How many.
        people: Known people in them.
    """

    before: str
    after: str
    cells: int
    people: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two snapshots in one period, over all cells of either.

    Args:
        before: The one compared with.
        after: The one compared.
        period: Label of the period.
    """

    before: Snapshot
    after: Snapshot
    period: str

    @cached_property
    def cells(self) -> Cells:
        """Cells of either, sorted, shape (cells,)."""
        return np.union1d(self.before.cells, self.after.cells)

    @cached_property
    def rows(self) -> tuple[Ints, Ints]:
        """Row of each cell in either snapshot, shape (cells,); -1 where it does not have it."""
        return _rows(self.before, self.cells), _rows(self.after, self.cells)

    @cached_property
    def values(self) -> tuple[Floats, Floats]:
        """Scores in either, shape (cells,); NaN where there is none."""
        return self.column("value", 0), self.column("value", 1)

    @property
    def moved(self) -> Floats:
        """Score of the later less that of the earlier, shape (cells,); NaN where they cannot be compared."""
        return self.values[1] - self.values[0]

    @cached_property
    def classes(self) -> tuple[list[str], list[str]]:
        """Name of each cell's class in either."""
        return self._classes(0), self._classes(1)

    @property
    def changed(self) -> Bools:
        """Where both have a score and the class is another one, shape (cells,)."""
        differ = np.array([one != other for one, other in zip(*self.classes, strict=True)])
        return np.asarray(differ & ~np.isnan(self.moved))

    @cached_property
    def people(self) -> Floats:
        """People of each cell, of the later snapshot where it knows them; shape (cells,), NaN = unknown."""
        earlier, later = (self.column("population", side, "cells") for side in (0, 1))
        return np.where(np.isnan(later), earlier, later)

    def column(self, name: str, side: int, table: str = "scores") -> Floats:
        """A column of one side by cell, shape (cells,); NaN where it is null, or the snapshot does not have the cell.

        Args:
            name: Name of the column.
            side: 0 for the earlier, 1 for the later.
            table: Name of the table.
        """
        snapshot, rows = (self.before, self.after)[side], self.rows[side]
        period = None if table == "cells" else snapshot.period_index(self.period)
        values = np.asarray(snapshot.column(table, name, period), dtype=np.float64)
        return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)

    def transitions(self) -> list[Transition]:
        """From which class to which, by cells and people; those of the most cells first."""
        found: dict[tuple[str, str], list[int]] = {}
        for row, pair in enumerate(zip(*self.classes, strict=True)):
            found.setdefault(pair, []).append(row)
        told = [Transition(*pair, len(rows), float(np.nansum(self.people[rows]))) for pair, rows in found.items()]
        return sorted(told, key=lambda one: (-one.cells, one.before, one.after))

    def counts(self) -> dict[str, int | float | None]:
        """How many cells can be compared, moved, changed class, gained or lost a score; and how far they moved."""
        moved, (earlier, later) = self.moved, self.values
        known = np.abs(moved[~np.isnan(moved)])
        return {
            "cells": len(self.cells),
            "compared": known.size,
            "moved": int((known >= LEAST_MOVE).sum()),
            "changed_class": int(self.changed.sum()),
            "gained_a_score": int((np.isnan(earlier) & ~np.isnan(later)).sum()),
            "lost_its_score": int((~np.isnan(earlier) & np.isnan(later)).sum()),
            "mean_move": float(known.mean()) if known.size else None,
            "largest_move": float(known.max()) if known.size else None,
        }

    def movers(self, most: int) -> list[dict[str, Any]]:
        """The cells that moved most, each with the parts of its score that moved, as JSON has it.

        Args:
            most: Most cells.
        """
        far = np.abs(np.nan_to_num(self.moved))
        rows = [int(row) for row in np.argsort(-far, kind="stable")[:most] if far[row] >= LEAST_MOVE]
        texts, shared = cell_text(self.cells[rows]), self._shared_indicators()
        parts = {key: (self.column(key, 0), self.column(key, 1)) for key in shared}
        return [self._mover(row, text, shared, parts) for row, text in zip(rows, texts, strict=True)]

    def _mover(
        self, row: int, text: str, shared: Mapping[str, str], parts: Mapping[str, tuple[Floats, Floats]]
    ) -> dict[str, Any]:
        moves = [
            {"id": key, "label": shared[key], "before": _plain(one[row]), "after": _plain(other[row])}
            for key, (one, other) in parts.items()
            if _differs(float(one[row]), float(other[row]))
        ]
        place = self.after if self.rows[1][row] >= 0 else self.before
        at = int(self.rows[1][row]) if place is self.after else int(self.rows[0][row])
        return {
            "cell": text,
            "place": place_name(place, at),
            "people": _plain(self.people[row]),
            "before": _plain(self.values[0][row]),
            "after": _plain(self.values[1][row]),
            "moved": _plain(self.moved[row]),
            "class_before": self.classes[0][row],
            "class_after": self.classes[1][row],
            "indicators": sorted(moves, key=lambda one: (-_distance(one["before"], one["after"]), str(one["id"]))),
        }

    def _shared_indicators(self) -> dict[str, str]:
        """Label of each indicator that both have scores of, by id."""
        earlier = {part["id"] for part in self.before.manifest["recipe"]["indicators"]}
        return {
            part["id"]: part["label"] for part in self.after.manifest["recipe"]["indicators"] if part["id"] in earlier
        }

    def _classes(self, side: int) -> list[str]:
        names = class_names((self.before, self.after)[side])
        codes, there = self.column("class", side), self.rows[side] >= 0
        return [
            ABSENT if not here else names[int(code)] if code >= 0 else INSUFFICIENT
            for code, here in zip(codes.tolist(), there.tolist(), strict=True)
        ]


def compare(before: Snapshot, after: Snapshot, period: str | None = None) -> Comparison:
    """Two snapshots in one period.

    Args:
        before: The one compared with.
        after: The one compared.
        period: Label; the newest that both have where left out.

    Raises:
        QueryError: Their cells are of different sizes, or they have no period in common.
        PeriodUnknown: One of them does not have the period.
    """
    sizes = [snapshot.manifest["case"]["resolution"] for snapshot in (before, after)]
    if sizes[0] != sizes[1]:
        raise QueryError(
            f"snapshot {before.id} has cells of resolution {sizes[0]} and {after.id} of {sizes[1]};"
            " build one of them again at the other's resolution"
        )
    shared = [label for label in after.periods if label in before.periods]
    if period is None and not shared:
        raise QueryError(
            f"snapshot {before.id} ({before.periods[0]} to {before.periods[-1]}) and {after.id} ({after.periods[0]} to"
            f" {after.periods[-1]}) have no period in common"
        )
    label = shared[-1] if period is None else period
    for snapshot in (before, after):
        snapshot.period_index(label)
    return Comparison(before, after, label)


def _rows(snapshot: Snapshot, cells: Cells) -> Ints:
    found = np.searchsorted(snapshot.cells, cells).clip(max=len(snapshot.cells) - 1)
    return np.where(snapshot.cells[found] == cells, found, -1)


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _differs(before: float, after: float) -> bool:
    return np.isnan(before) != np.isnan(after) or abs(after - before) >= LEAST_MOVE


def _distance(before: float | None, after: float | None) -> float:
    """How far a part moved; one that came or went stands before all others."""
    return float("inf") if before is None or after is None else abs(after - before)
