"""Recipe change: the stored indicators of one snapshot scored under two recipes, and how its cells move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from riskmap.errors import RecipeError
from riskmap.model.score import Score
from riskmap.publish.compare import Comparison
from riskmap.publish.scored import recipe_of, score_of
from riskmap.score.difference import AnyRecipe
from riskmap.score.framework import Composite
from riskmap.score.index import score_indicators
from riskmap.score.recipe import Recipe
from riskmap.score.stored import Held, held_to_stored
from riskmap.store.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class RecipeChange:
    """One snapshot under two recipes, in one period.

    Args:
        snapshot: What gave the indicators.
        before: The first recipe.
        after: The second one.
        comparison: The snapshot scored with either.
        held: Either recipe as far as stored values can follow it.
    """

    snapshot: Snapshot
    before: Recipe
    after: Recipe
    comparison: Comparison
    held: tuple[Held, Held]

    @property
    def names(self) -> tuple[str, str]:
        """What the recipes are called, told apart also where both have one name."""
        if self.before.name != self.after.name:
            return self.before.name, self.after.name
        return f"{self.before.name} (first)", f"{self.after.name} (second)"

    @property
    def limits(self) -> tuple[str, ...]:
        """What of the recipes stored values cannot show, a sentence each without its full stop."""
        return tuple(words for side in (0, 1) for words in self._limits(side))

    def _limits(self, side: int) -> list[str]:
        name, held = self.names[side], self.held[side]
        return [
            *(f"{name}: indicator {key} is taken as stored ({', '.join(words)})" for key, words in held.taken.items()),
            *(f"{name}: indicator {key} was not measured and is unknown" for key in held.unmeasured),
            *(f"{name}: values stay as measured with another {words}" for words in held.unmoved),
        ]


def recipe_change(snapshot: Snapshot, before: AnyRecipe, after: AnyRecipe, period: str | None = None) -> RecipeChange:
    """A snapshot's stored indicators under two recipes.

    Both are scored from what is stored, in single precision, so that equal recipes give equal scores. What measuring
    an indicator takes (kernel, half-life, window, people, transform, feeds) cannot be done again from it: such an
    indicator keeps the score that the snapshot has of it, and `limits` names it.

    Args:
        snapshot: What gives the indicators.
        before: The first recipe.
        after: The second one.
        period: Label; the last one where left out.

    Raises:
        PeriodUnknown: The snapshot does not have it.
        RecipeError: A recipe scores tables of units, or that of the snapshot is not one of this version.
    """
    one, other = _of_cells(before), _of_cells(after)
    label = snapshot.periods[-1] if period is None else period
    score = score_of(snapshot, periods=[snapshot.period_index(label)])
    measured = recipe_of(snapshot)
    held = held_to_stored(one, measured), held_to_stored(other, measured)
    sides = [
        _under(snapshot, score, recipe, part.recipe, label) for recipe, part in zip((one, other), held, strict=True)
    ]
    return RecipeChange(snapshot, one, other, Comparison(sides[0], sides[1], label), held)


def _of_cells(recipe: AnyRecipe) -> Recipe:
    if isinstance(recipe, Composite):
        raise RecipeError(f"recipe {recipe.name} scores tables of units; a map needs one that scores cells")
    return recipe


def _under(snapshot: Snapshot, score: Score, recipe: Recipe, held: Recipe, label: str) -> Snapshot:
    """The snapshot in one period, with the scores of a recipe in place of its own; nothing is written."""
    found = score_indicators(score.indicators, held, score.value.shape)
    columns: dict[str, Any] = {"value": found.value, **found.nodes}
    table = {name: pa.array(values[0].astype(np.float32)) for name, values in columns.items()}
    table["class"] = pa.array(found.class_index[0])
    manifest = {
        **snapshot.manifest,
        "case": {**snapshot.manifest["case"], "periods": [label]},
        "recipe": recipe.to_dict(),
    }
    return replace(snapshot, manifest=manifest, tables={"cells": snapshot.table("cells"), "scores": pa.table(table)})
