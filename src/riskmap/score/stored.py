"""Stored: a recipe over indicators that another one has measured, held to what can be scored anew from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskmap.score.parts import Indicator
from riskmap.score.recipe import Recipe

MAKING = (
    "kernel",
    "slow_half_life_days",
    "baseline_days",
    "window_days",
    "half_life_days",
    "per",
    "per_amount",
    "times",
    "transform",
    "combine",
)
"""Keys of an indicator that are spent when its values are measured; so are the measures of its feeds, in order."""


@dataclass(frozen=True)
class Held:
    """A recipe as far as stored values can follow it.

    Args:
        recipe: What they can be scored with. An indicator that is measured otherwise has the goalposts, direction and
            feeds of the recipe that measured it, since those of its own are for values that are not there.
        taken: What each such indicator has otherwise, in words, by its id.
        unmeasured: Ids of indicators that were never measured, and so are unknown everywhere.
        unmoved: What of the whole recipe was spent in measuring and is otherwise, in words.
    """

    recipe: Recipe
    taken: Mapping[str, tuple[str, ...]]
    unmeasured: tuple[str, ...]
    unmoved: tuple[str, ...]


def held_to_stored(recipe: Recipe, measured: Recipe) -> Held:
    """A recipe over the values of indicators that another one measured.

    Weights, the tree, means, thresholds of components and of the index, classes, goalposts and directions hold as the
    recipe has them. How an indicator is measured (`MAKING` and the measures of its feeds) cannot be done again from
    values: it stays as it was measured, and is named.

    Args:
        recipe: What is to be scored with.
        measured: What the values were measured with.
    """
    known = {key: part for key, part in recipe.indicators.items() if key in measured.indicators}
    moved = {key: _otherwise(part, measured.indicators[key]) for key, part in known.items()}
    taken = {key: words for key, words in moved.items() if words}
    held = {
        key: _placed(measured.indicators[key], part) if key in taken else part
        for key, part in recipe.indicators.items()
    }
    return Held(
        recipe=recipe.model_copy(update={"indicators": held}),
        taken=taken,
        unmeasured=tuple(key for key in recipe.indicators if key not in known),
        unmoved=tuple(_spent(recipe, measured)),
    )


def _otherwise(part: Indicator, stored: Indicator) -> tuple[str, ...]:
    """What of an indicator's measuring is not as it was."""
    words = [name.replace("_", " ") for name in MAKING if getattr(part, name) != getattr(stored, name)]
    feeds, before = ([feed.measure for feed in one.feeds] for one in (part, stored))
    if feeds != before:
        words.append("order of feeds" if sorted(feeds) == sorted(before) else "feeds")
    return tuple(words)


def _placed(stored: Indicator, part: Indicator) -> Indicator:
    """The indicator as it was measured, with the place and weight that it has now."""
    return stored.model_copy(update={"component": part.component, "label": part.label, "weight": part.weight})


def _spent(recipe: Recipe, measured: Recipe) -> list[str]:
    told = {
        "threshold of indicators": recipe.thresholds.indicator != measured.thresholds.indicator,
        "measures of population": recipe.population != measured.population,
    }
    return [name for name, moved in told.items() if moved]
