"""Differences: what went into two snapshots, file by file and recipe line by line, and what that did to the scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats
from riskmap.publish.compare import LEAST_MOVE, Comparison
from riskmap.publish.scored import recipe_of, score_of
from riskmap.score.index import score_indicators
from riskmap.score.rescore import only
from riskmap.score.stored import held_to_stored
from riskmap.store.snapshot import Snapshot

_DERIVED = frozenset({"hash", "effective_weight", "fed"})


def input_differences(before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """Files that only one of two snapshots read, or that hold something else, as JSON has it.

    Returns:
        `source`, `path`, `measures`, and `before`, `after`: the sha256 of the content, null where it was not read.
    """
    sides = [{(one["source"], one["path"]): one for one in snapshot.manifest["inputs"]} for snapshot in (before, after)]
    found = []
    for key in sorted(sides[0].keys() | sides[1].keys()):
        entries = [side.get(key) for side in sides]
        hashes = [None if entry is None else entry["sha256"] for entry in entries]
        if hashes[0] != hashes[1]:
            measures = sorted({one for entry in entries if entry for one in entry.get("measures", ())})
            told = {"source": key[0], "path": key[1], "measures": measures}
            found.append({**told, "before": hashes[0], "after": hashes[1]})
    return found


def recipe_differences(before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """Lines of the recipe that differ between two snapshots.

    What follows from other lines, such as effective weights, is left out.

    Returns:
        `key`, `before` and `after`; null where there is no such line.
    """
    sides = [dict(_lines(snapshot.manifest["recipe"], "")) for snapshot in (before, after)]
    keys = dict.fromkeys([*sides[0], *sides[1]])
    return [
        {"key": key, "before": sides[0].get(key), "after": sides[1].get(key)}
        for key in keys
        if sides[0].get(key) != sides[1].get(key)
    ]


def input_effects(comparison: Comparison) -> list[dict[str, Any]]:
    """What each changed file touched: the indicators that it feeds on either side, and where these moved.

    Returns:
        The entries of `input_differences` with `indicators` (ids) and `cells` in which one of them moved. A cell that
        several files feed counts for each; people are not told apart by file.
    """
    found = []
    for entry in input_differences(comparison.before, comparison.after):
        names = {f"{entry['source']}:{measure}" for measure in entry["measures"]}
        fed, moved = [], np.zeros(len(comparison.cells), dtype=bool)
        for key in _scored(comparison):
            touched = _moved(comparison, key) & (_given(comparison, key, 0, names) | _given(comparison, key, 1, names))
            if touched.any():
                fed.append(key)
                moved |= touched
        found.append({**entry, "indicators": fed, "cells": int(moved.sum())})
    return found


def split(comparison: Comparison) -> dict[str, float | None] | None:
    """How much of the move is the recipe's doing, and how much that of the data.

    The earlier data are scored with the later recipe, as far as stored values can follow it (`held_to_stored`): what
    that moves is the recipe's part, the rest the data's. Indicators that only the later one measured are unknown in it;
    those that it measures otherwise stay as they were, so that measuring them anew counts with the data.

    Returns:
        Means over cells that have all three scores: `recipe` and `data` of the distance moved, `cells` of their number;
        None where one of the recipes is not of this version, so that nothing can be scored anew.
    """
    try:
        old, new = recipe_of(comparison.before), recipe_of(comparison.after)
    except RecipeError:
        return None
    row = comparison.before.period_index(comparison.period)
    earlier = only(score_of(comparison.before), row)
    held = held_to_stored(new, old).recipe
    between = _by_cell(comparison, score_indicators(earlier.indicators, held, earlier.value.shape).value[0])
    first, last = comparison.values
    parts = [between - first, last - between]
    known = ~np.isnan(parts[0]) & ~np.isnan(parts[1])
    means = [float(np.abs(part[known]).mean()) if known.any() else None for part in parts]
    return {"recipe": means[0], "data": means[1], "cells": int(known.sum())}


def _lines(value: object, key: str) -> Iterator[tuple[str, object]]:
    """Leaves of a recipe by dotted key; entries of a list that have an id or a name are told by it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _DERIVED:
                yield from _lines(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, Sequence) and value and all(isinstance(one, Mapping) for one in value):
        for position, inner in enumerate(value):
            name = inner.get("id", inner.get("measure", inner.get("name", position)))
            rest = {part: told for part, told in inner.items() if part != "id"}
            yield from _lines(rest, f"{key}.{name}")
    else:
        yield key, value


def _scored(comparison: Comparison) -> list[str]:
    """Indicators that both snapshots have scores of."""
    shared = set(comparison.before.fields) & set(comparison.after.fields)
    return [part["id"] for part in comparison.after.manifest["recipe"]["indicators"] if part["id"] in shared]


def _moved(comparison: Comparison, key: str) -> np.ndarray:
    one, other = comparison.column(key, 0), comparison.column(key, 1)
    came = np.isnan(one) != np.isnan(other)
    return np.asarray(came | (np.abs(np.nan_to_num(other - one)) >= LEAST_MOVE))


def _given(comparison: Comparison, key: str, side: int, names: set[str]) -> np.ndarray:
    """Where a measure of these names gave an indicator its value; nowhere where nothing reached it."""
    snapshot = (comparison.before, comparison.after)[side]
    if f"{key}.feed" not in snapshot.table("indicators").column_names:
        return np.zeros(len(comparison.cells), dtype=bool)
    parts = snapshot.manifest["recipe"]["indicators"]
    feeds = next(part["feeds"] for part in parts if part["id"] == key)
    positions = [position for position, feed in enumerate(feeds) if feed["measure"] in names]
    return np.isin(comparison.column(f"{key}.feed", side, "indicators"), positions)


def _by_cell(comparison: Comparison, values: Floats) -> Floats:
    rows = comparison.rows[0]
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)
