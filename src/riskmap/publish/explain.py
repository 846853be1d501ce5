"""Explaining a cell: what its index is made of, what moved it, what it lacks and which cells are like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from riskmap.grid.cells import cell_text
from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.publish.columns import cell_detail, cell_rows, inputs_of
from riskmap.publish.scored import recipe_of, score_of
from riskmap.publish.sentences import paragraph
from riskmap.publish.words import class_names, place_name
from riskmap.score.alike import most_alike
from riskmap.score.explain import tree_changes, tree_parts, tree_reach
from riskmap.score.orders import summed_up
from riskmap.score.parts import SCALE
from riskmap.score.recipe import Recipe
from riskmap.score.reliability import CONFLICT, GRADES, graded, high_intensity, reliability
from riskmap.score.survey import cell_surveys
from riskmap.score.tree import Tree
from riskmap.store.snapshot import Snapshot

ALIKE = 3
"""Cells told as being most like one."""

BOUNDS = ("q05", "q95", "p_high")
"""What some snapshots tell of errors, beside low and high."""

_FACTS = ("value", "unit", "coverage", "support", "age_days", "measure", "proxy")


def explain(snapshot: Snapshot, cell: str, period: str | None = None, alike: int = ALIKE) -> dict[str, Any]:
    """Why one cell has its score in one period, ready for JSON: null = unknown.

    Args:
        snapshot: Where it comes from.
        cell: H3 cell as text.
        period: Label; the last one where left out.
        alike: Most cells told as being like it.

    Returns:
        `sentence` (all of it in plain words); `cell`, `place`, `period`, `score`, `low`, `high`, `class`, `status`,
        `coverage`, and `q05`, `q95`, `p_high` where the snapshot has them; `contributions` by level, in points, which
        sum to the score at each, with the `low` and `high` that missing data leave each part, and for indicators what
        was measured, for which place, how old, by which source and under which licence; `missing` indicators with what
        asking for each would narrow the index by; `change` since the period before, which the parts of its
        `indicators` sum to; `reliability`; `alike`, the cells made up most like it.

    Raises:
        CellUnknown: It is not one of the snapshot's.
        PeriodUnknown: The period is not one of the snapshot's.
        RecipeError: The recipe of the snapshot is not one of this version, or has too many indicators in a component.
    """
    label = snapshot.periods[-1] if period is None else period
    place = _Place(snapshot, cell_detail(snapshot, cell, label), recipe_of(snapshot))
    told = place.told(alike)
    edges = [step.below for step in place.recipe.classes if step.below is not None]
    return {"sentence": paragraph(told, edges), **told}


@dataclass(frozen=True, eq=False)
class _Place:
    """One cell in one period.

    Args:
        snapshot: Where it comes from.
        detail: What `cell_detail` tells of it.
        recipe: The recipe of the snapshot.
    """

    snapshot: Snapshot
    detail: Mapping[str, Any]
    recipe: Recipe

    def told(self, alike: int) -> dict[str, Any]:
        """Everything but the sentence."""
        usual = ("cell", "period", "score", "low", "high", "class", "status", "coverage")
        bounds = {name: _short(self.column(name)[self.row]) for name in BOUNDS if name in self.snapshot.fields}
        return {
            **{name: self.detail[name] for name in usual},
            **bounds,
            "scale": list(SCALE),
            "place": place_name(self.snapshot, self.row),
            "contributions": self.contributions(),
            "missing": self.missing(),
            "change": self.change(),
            "reliability": self.reliability(),
            "alike": self.alike(alike),
        }

    @cached_property
    def row(self) -> int:
        return int(cell_rows(self.snapshot, [self.detail["cell"]])[0])

    @cached_property
    def index(self) -> int:
        return self.snapshot.period_index(self.detail["period"])

    @cached_property
    def tree(self) -> Tree:
        return self.recipe.tree()

    @cached_property
    def score(self) -> Score:
        """The cell's index in this period alone."""
        return score_of(self.snapshot, np.array([self.row]), [self.index])

    @cached_property
    def before(self) -> Score | None:
        """The cell's index in the period before; None in the first one."""
        return score_of(self.snapshot, np.array([self.row]), [self.index - 1]) if self.index else None

    @cached_property
    def leaves(self) -> Mapping[str, Floats]:
        return _leaves(self.score, self.recipe)

    def column(self, name: str) -> Floats:
        return np.asarray(self.snapshot.column("scores", name, self.index), dtype=np.float64)

    def contributions(self) -> dict[str, list[dict[str, Any]]]:
        """By level: each part with what it adds, its bounds, and what was measured."""
        low, high = tree_reach(self.tree, self.leaves)
        points = self._points()
        told: dict[str, list[dict[str, Any]]] = {"dimensions": [], "components": [], "indicators": []}
        for dimension in self.detail["dimensions"]:
            told["dimensions"].append(dimension)
            for component in dimension["components"]:
                told["components"].append(component | {"dimension": dimension["id"]})
                told["indicators"] += [
                    leaf | {"component": component["id"], **self._origin(leaf)} for leaf in component["indicators"]
                ]
        return {level: [_part(one, level, points, low, high) for one in parts] for level, parts in told.items()}

    def _points(self) -> dict[str, float]:
        """What each part that counts adds, so that the parts sum to the score as it is told."""
        if self.detail["score"] is None:
            return {}
        found = {key: float(part[0]) for key, part in tree_parts(self.tree, self.leaves).items()}
        counting = {key: part for key, part in found.items() if not np.isnan(part)}
        leaves = {key: counting[key] for key in self.tree.leaves if key in counting}
        closed = {key: np.array([part]) for key, part in _closed(leaves, self.detail["score"]).items()}
        nothing = dict.fromkeys(self.tree.leaves, np.zeros(1))
        whole = summed_up(self.tree, nothing | closed)
        return {key: float(part[0]) for key, part in whole.items() if key in counting}

    def _origin(self, leaf: Mapping[str, Any]) -> dict[str, Any]:
        """Where the value of an indicator came from, and on which terms."""
        measure = leaf["measure"]
        inputs = inputs_of(self.snapshot.manifest, {measure}) if measure else []
        return {
            "source": measure.partition(":")[0] if measure else None,
            "licences": sorted({one["licence"]["id"] for one in inputs}),
            "credits": sorted({one["licence"]["attribution"] for one in inputs}),
        }

    def missing(self) -> list[dict[str, Any]]:
        """Indicators that are not known, those that would narrow the index most first."""
        leaves = {leaf["id"]: leaf for one in self.detail["dimensions"] for two in one["components"]
                  for leaf in two["indicators"]}  # fmt: skip
        known = {key: self.column(key) for key, leaf in leaves.items() if leaf["score"] is None}
        narrowed = cell_surveys(self.score, self.recipe, 0, known)
        return [
            {**{name: leaves[key][name] for name in ("id", "label", "fed", "effective_weight")}, "narrowing": points}
            for key, points in narrowed.items()
        ]

    def change(self) -> dict[str, Any] | None:
        """What moved since the period before; None in the first period."""
        if self.before is None:
            return None
        earlier, later = _short(self.before.value[0, 0]), self.detail["score"]
        told = {"since": self.snapshot.periods[self.index - 1], "before": earlier, "after": later}
        if earlier is None or later is None:
            return told | {"difference": None, "indicators": []}
        found = tree_changes(self.tree, _leaves(self.before, self.recipe), self.leaves)
        moved = _closed({key: float(found[key][0]) for key in self.tree.leaves}, later - earlier)
        order = sorted(moved, key=lambda key: (-abs(moved[key]), key))
        parts = [self._moved(key, moved[key], self.before) for key in order if moved[key]]
        return told | {"difference": later - earlier, "indicators": parts}

    def _moved(self, key: str, points: float, before: Score) -> dict[str, Any]:
        part = self.recipe.indicators[key]
        values = [
            _short(score.indicators[key].values[0, 0]) if key in score.indicators else None
            for score in (before, self.score)
        ]
        told = {"id": key, "label": part.label, "unit": part.unit, "contribution": points}
        return told | dict(zip(("before", "after"), values, strict=True))

    def reliability(self) -> dict[str, Any]:
        """How far the score can be leaned on, as stored where the snapshot tells it."""
        found = reliability(self.score, self.recipe, high_intensity(self.score, self.recipe, CONFLICT))
        value, grade = found.value, int(found.grade[0, 0])
        if "reliability" in self.snapshot.fields:
            value = self.column("reliability")[self.row].reshape(1, 1)
            grade = int(graded(value, ~np.isnan(value) & (found.grade >= 0))[0, 0])
        return {
            "value": _plain(value),
            "grade": GRADES[grade] if grade >= 0 else None,
            "missing": _plain(found.missing),
            "age_years": _plain(found.age_years),
            "national": _plain(found.national),
        }

    def alike(self, count: int) -> list[dict[str, Any]]:
        """The scored cells made up most like this one."""
        value, here = self.column("value"), np.arange(len(self.snapshot.cells)) == self.row
        scored = ~np.isnan(value) | here
        values = {key: np.where(scored, self.column(key), np.nan) for key in self.recipe.components}
        found = most_alike(values, self.tree.effective_weights(), [self.row], count)
        rows = [row for row in found.rows[0].tolist() if row >= 0]
        names, codes = class_names(self.snapshot), self.column("class")
        return [
            {
                "cell": text,
                "place": place_name(self.snapshot, row),
                "score": _short(value[row]),
                "class": names[int(codes[row])],
                "distance": distance,
            }
            for text, row, distance in zip(
                cell_text(self.snapshot.cells[rows]), rows, found.distances[0].tolist(), strict=False
            )
        ]


def _leaves(score: Score, recipe: Recipe) -> dict[str, Floats]:
    return {key: score.nodes[key][0] for key in recipe.indicators}


def _part(
    one: Mapping[str, Any],
    level: str,
    points: Mapping[str, float],
    low: Mapping[str, Floats],
    high: Mapping[str, Floats],
) -> dict[str, Any]:
    """A part of the index as it is told."""
    key = one["id"]
    shared = {name: one[name] for name in ("id", "label", "score", "effective_weight")}
    told = {**shared, "contribution": points.get(key), "low": float(low[key][0]), "high": float(high[key][0])}
    if level == "components":
        return told | {"dimension": one["dimension"]}
    if level == "indicators":
        names = ("component", *_FACTS, "source", "licences", "credits")
        return told | {name: one[name] for name in names}
    return told


def _closed(parts: Mapping[str, float], total: float) -> dict[str, float]:
    """Parts that sum to a total: what storing in single precision left over is shared out by their size."""
    sizes = {key: abs(part) for key, part in parts.items()}
    whole = sum(sizes.values())
    shares = {key: size / whole if whole else 1 / len(parts) for key, size in sizes.items()}
    left = total - sum(parts.values())
    return {key: part + left * shares[key] for key, part in parts.items()}


def _short(value: float) -> float | None:
    """A value stored in single precision, as short as it is stored."""
    return None if np.isnan(value) else float(str(np.float32(value)))


def _plain(values: Floats) -> float | None:
    value = float(values[0, 0])
    return None if np.isnan(value) else value
