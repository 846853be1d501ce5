"""Scored: a snapshot's tables as the score and the recipe that they came from, to be looked into or scored anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats
from riskmap.model.period import Period, floor
from riskmap.model.score import IndicatorValues, Score
from riskmap.publish.outlines import Ints
from riskmap.score.recipe import Recipe
from riskmap.store.snapshot import Snapshot

_TOLD = frozenset({"id", "fed", "effective_weight"})


def recipe_of(snapshot: Snapshot) -> Recipe:
    """The recipe that a snapshot was made with, from what its manifest tells of it.

    Raises:
        RecipeError: It is not a recipe that this version knows.
    """
    told = dict(snapshot.manifest["recipe"])
    for level in ("dimensions", "components", "indicators"):
        told[level] = {part["id"]: _part(part) for part in told[level]}
    for indicator in told["indicators"].values():
        indicator["feeds"] = [_feed(feed, indicator) for feed in indicator["feeds"]]
    try:
        return Recipe.model_validate({key: value for key, value in told.items() if key in Recipe.model_fields})
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise RecipeError(f"the recipe of snapshot {snapshot.id} is not one of this version: {problem}") from error


def score_of(snapshot: Snapshot, rows: Ints | None = None, periods: Sequence[int] | None = None) -> Score:
    """The score that a snapshot holds.

    Values are those stored, in single precision; the people of a cell are those of its last period throughout, since
    a snapshot holds no others.

    Args:
        snapshot: Where it comes from.
        rows: Positions of cells; None for all.
        periods: Positions of periods; None for all.
    """
    at = _Places(snapshot, rows, periods)
    recipe, measured = snapshot.manifest["recipe"], set(snapshot.table("indicators").column_names)
    nodes = [part["id"] for level in ("dimensions", "components", "indicators") for part in recipe[level]]
    people = snapshot.column("cells", "population")[slice(None) if rows is None else rows]
    value = at.floats("value")
    every = _periods(snapshot)
    return Score(
        cells=snapshot.cells if rows is None else snapshot.cells[rows],
        periods=every if periods is None else tuple(every[period] for period in periods),
        value=value,
        low=at.floats("low"),
        high=at.floats("high"),
        class_index=at.codes("class"),
        status=at.codes("status"),
        coverage=at.floats("coverage").astype(np.float32),
        nodes={key: at.floats(key) for key in nodes},
        indicators={part["id"]: at.indicator(part["id"]) for part in recipe["indicators"] if part["id"] in measured},
        population=np.broadcast_to(people.astype(np.float64), value.shape),
    )


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in _TOLD}


def _feed(feed: Mapping[str, Any], indicator: Mapping[str, Any]) -> dict[str, Any]:
    """A feed as its file writes it: what is the indicator's own is not said again."""
    own = ("direction", "goalposts")
    return {key: value for key, value in feed.items() if key not in own or list(value) != list(indicator[key])}


def _periods(snapshot: Snapshot) -> tuple[Period, ...]:
    case = snapshot.manifest["case"]
    last = Period(floor(date.fromisoformat(case["as_of"]), case["step"]), case["step"])
    return tuple(last.shift(back - len(snapshot.periods) + 1) for back in range(len(snapshot.periods)))


@dataclass(frozen=True)
class _Places:
    """Columns of a snapshot at some cells in some periods, shape (periods, cells)."""

    snapshot: Snapshot
    rows: Ints | None
    periods: Sequence[int] | None

    def read(self, name: str, table: str) -> npt.NDArray[np.number]:
        rows = slice(None) if self.rows is None else self.rows
        if self.periods is None:
            return self.snapshot.column(table, name).reshape(-1, len(self.snapshot.cells))[:, rows]
        return np.stack([self.snapshot.column(table, name, period)[rows] for period in self.periods])

    def floats(self, name: str, table: str = "scores") -> Floats:
        return np.asarray(self.read(name, table), dtype=np.float64)

    def codes(self, name: str, table: str = "scores") -> npt.NDArray[np.int8]:
        return np.asarray(self.read(name, table), dtype=np.int8)

    def indicator(self, key: str) -> IndicatorValues:
        return IndicatorValues(
            values=self.floats(key, "indicators"),
            coverage=self.floats(f"{key}.coverage", "indicators").astype(np.float32),
            support=self.codes(f"{key}.support", "indicators"),
            age_days=self.floats(f"{key}.age_days", "indicators").astype(np.float32),
            feed=self.codes(f"{key}.feed", "indicators"),
        )
