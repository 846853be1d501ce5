"""Scored: a snapshot's tables as the score and the recipe that they came from, to be looked into or scored anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats
from riskmap.model.period import Period, floor
from riskmap.model.score import IndicatorValues, Score
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


def score_of(snapshot: Snapshot) -> Score:
    """The score that a snapshot holds, all periods.

    Values are those stored, in single precision; the people of a cell are those of its last period throughout, since
    a snapshot holds no others.
    """
    periods, shape = _periods(snapshot), (len(snapshot.periods), len(snapshot.cells))
    people = np.asarray(snapshot.column("cells", "population"), dtype=np.float64)
    recipe, measured = snapshot.manifest["recipe"], set(snapshot.table("indicators").column_names)
    nodes = [part["id"] for level in ("dimensions", "components", "indicators") for part in recipe[level]]
    return Score(
        cells=snapshot.cells,
        periods=periods,
        value=_floats(snapshot, "value", shape),
        low=_floats(snapshot, "low", shape),
        high=_floats(snapshot, "high", shape),
        class_index=_codes(snapshot, "scores", "class", shape),
        status=_codes(snapshot, "scores", "status", shape),
        coverage=np.asarray(snapshot.column("scores", "coverage"), dtype=np.float32).reshape(shape),
        nodes={key: _floats(snapshot, key, shape) for key in nodes},
        indicators={
            part["id"]: _indicator(snapshot, part["id"], shape)
            for part in recipe["indicators"]
            if part["id"] in measured
        },
        population=np.broadcast_to(people, shape),
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


def _floats(snapshot: Snapshot, name: str, shape: tuple[int, int], table: str = "scores") -> Floats:
    return np.asarray(snapshot.column(table, name), dtype=np.float64).reshape(shape)


def _codes(snapshot: Snapshot, table: str, name: str, shape: tuple[int, int]) -> npt.NDArray[np.int8]:
    return np.asarray(snapshot.column(table, name), dtype=np.int8).reshape(shape)


def _indicator(snapshot: Snapshot, key: str, shape: tuple[int, int]) -> IndicatorValues:
    return IndicatorValues(
        values=_floats(snapshot, key, shape, "indicators"),
        coverage=_floats(snapshot, f"{key}.coverage", shape, "indicators").astype(np.float32),
        support=_codes(snapshot, "indicators", f"{key}.support", shape),
        age_days=_floats(snapshot, f"{key}.age_days", shape, "indicators").astype(np.float32),
        feed=_codes(snapshot, "indicators", f"{key}.feed", shape),
    )
