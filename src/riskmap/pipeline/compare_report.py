"""What `riskmap compare` answers: how two snapshots differ, as tables or JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from riskmap.pipeline.report import as_json_text, as_text, titled
from riskmap.publish.compare import Comparison
from riskmap.publish.differences import input_effects, recipe_differences, split
from riskmap.store.manifest import MANIFEST
from riskmap.store.shelf import Shelf
from riskmap.store.snapshot import Snapshot, open_snapshot

MOVERS = 20
"""Cells listed as having moved most."""


def found_snapshot(shelf: Shelf, name: str) -> Snapshot:
    """A snapshot by its id, by `latest`, by its own folder, or the newest of a store by the store's folder.

    Args:
        shelf: Where ids are looked up.
        name: Id, `latest`, or path of a folder.

    Raises:
        SnapshotMissing: There is none.
        SnapshotDamaged: Its bytes differ from its manifest.
    """
    folder = Path(name)
    if not folder.is_dir():
        return shelf.open(name)
    if (folder / MANIFEST).is_file():
        whole = folder.resolve()
        return open_snapshot(whole.parent.parent, whole.name)
    return Shelf(folder).open()


def compare_report(comparison: Comparison, *, as_json: bool) -> str:
    """How two snapshots differ: counts, classes, the cells that moved most, inputs and recipe."""
    told = _told(comparison)
    if as_json:
        return as_json_text(told)
    tables = (_counts(told), _classes(told), _movers(told), _inputs(told), _recipe(told))
    return as_text(*tables) + f"\n{told['before']} -> {told['after']}, {told['period']}"


def _told(comparison: Comparison) -> dict[str, Any]:
    """Everything, as JSON has it."""
    return {
        "before": comparison.before.id,
        "after": comparison.after.id,
        "period": comparison.period,
        "counts": comparison.counts(),
        "split": split(comparison),
        "transitions": [asdict(one) for one in comparison.transitions()],
        "movers": comparison.movers(MOVERS),
        "inputs": input_effects(comparison),
        "recipe": recipe_differences(comparison.before, comparison.after),
    }


def _counts(told: dict[str, Any]) -> Table:
    table = titled("Cells", "what", "how many, or how far")
    parts = told["split"] or {}
    named = {"mean move by the recipe": parts.get("recipe"), "mean move by the data": parts.get("data")}
    for name, count in (told["counts"] | named).items():
        table.add_row(name.replace("_", " "), _number(count))
    return table


def _classes(told: dict[str, Any]) -> Table:
    table = titled("From class to class", "earlier", "later", "cells", "people")
    for one in told["transitions"]:
        table.add_row(one["before"], one["after"], f"{one['cells']:,}", f"{one['people']:,.0f}")
    return table


def _movers(told: dict[str, Any]) -> Table:
    table = titled("Cells that moved most", "cell", "place", "earlier", "later", "moved", "indicators that moved")
    for one in told["movers"]:
        parts = "; ".join(
            f"{part['id']} {_number(part['before'])}>{_number(part['after'])}" for part in one["indicators"]
        )
        table.add_row(
            one["cell"], one["place"], _number(one["before"]), _number(one["after"]), f"{one['moved']:+.2f}", parts
        )
    return table


def _inputs(told: dict[str, Any]) -> Table:
    table = titled("Files that differ", "source", "file", "earlier", "later", "indicators moved", "cells")
    for one in told["inputs"]:
        hashes = [(one[side] or "not read")[:12] for side in ("before", "after")]
        table.add_row(one["source"], one["path"], *hashes, ", ".join(one["indicators"]), f"{one['cells']:,}")
    return table


def _recipe(told: dict[str, Any]) -> Table:
    table = titled("Lines of the recipe that differ", "line", "earlier", "later")
    for one in told["recipe"]:
        table.add_row(one["key"], str(one["before"]), str(one["after"]))
    return table


def _number(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
