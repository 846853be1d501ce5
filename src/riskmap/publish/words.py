"""Words: what codes mean to a reader, and the parts of the index by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmap.model.cube import Support
from riskmap.model.score import Status
from riskmap.score.reliability import GRADES
from riskmap.store.snapshot import Snapshot

MEANING = "Where conditions favour trafficking, not where it happens"
"""Said on everything that leaves."""

STATUS: Mapping[int, str] = {
    Status.SCORED: "scored",
    Status.PARTIAL: "partial",
    Status.INSUFFICIENT: "insufficient",
}

GRADE: Mapping[int, str] = dict(enumerate(GRADES))

SUPPORT: Mapping[int, str | None] = {
    Support.CELL: "the cell itself",
    Support.NEAR: "a place nearby",
    Support.ADM2: "the whole district (admin 2)",
    Support.ADM1: "the whole region (admin 1)",
    Support.COUNTRY: "the whole country",
    Support.NONE: None,
}


def nodes_of(snapshot: Snapshot) -> dict[str, Mapping[str, Any]]:
    """Dimensions, components and indicators that the snapshot has scores of, by id, in the recipe's order."""
    recipe, scored = snapshot.manifest["recipe"], set(snapshot.fields)
    levels = (recipe["dimensions"], recipe["components"], recipe["indicators"])
    return {part["id"]: part for level in levels for part in level if part["id"] in scored}


def class_names(snapshot: Snapshot) -> list[str]:
    """Names of the classes, lowest first."""
    return [step["name"] for step in snapshot.manifest["recipe"]["classes"]]


def place_name(snapshot: Snapshot, row: int) -> str:
    """Names of the units that a cell is in, the smallest first, with commas between; empty where none has a name."""
    cells = snapshot.table("cells")
    names = [cells[f"admin{level}_name"][row].as_py() for level in (2, 1)]
    return ", ".join(name for name in names if name)
