"""Leaving out: how far the index moves without each of its sources or indicators, and what rests on one alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from riskmap.errors import RecipeError
from riskmap.model.cube import Cube, Floats
from riskmap.model.score import Score
from riskmap.score.recipe import Recipe
from riskmap.score.rescore import leaves_of, rank_shifts, rescored
from riskmap.score.standing import Bools, cell_weights


@dataclass(frozen=True)
class Influence:
    """What an index is without one part of it; arrays of shape (periods, cells).

    Args:
        weight: Share 0..1 of each cell's index that the part carries.
        moved: Score without the part less the score with it, told also where too little is left for a score to count;
            NaN where there was none, or where a dimension has nothing left.
        lost: Where the score is lost with the part.
        shifts: Places moved in the ranking of the period, as `rank_shifts` tells them, over the cells that moved is
            told of.
    """

    weight: Floats
    moved: Floats
    lost: Bools
    shifts: Floats

    @property
    def mean_weight(self) -> float:
        """Mean share of the index that the part carries, over scored cells; NaN where none is."""
        return _mean(np.where(self._scored, self.weight, np.nan))

    @property
    def mean_move(self) -> float:
        """Mean distance that scores move, in points of the index; NaN where none is left."""
        return _mean(np.abs(self.moved))

    @property
    def mean_shift(self) -> float:
        """Mean distance that cells move in the ranking, in places; NaN where none is left."""
        return _mean(np.abs(self.shifts))

    @property
    def lost_share(self) -> float:
        """Share of the scores that are lost; NaN where there is none."""
        scored = int(self._scored.sum())
        return int(self.lost.sum()) / scored if scored else float("nan")

    @property
    def _scored(self) -> Bools:
        return self.lost | ~np.isnan(self.moved)


def feeds_of(score: Score, recipe: Recipe) -> tuple[str, ...]:
    """Feeds (`source:measure`) that gave some value of the index, sorted."""
    found = set()
    for key, values in score.indicators.items():
        feeds = recipe.indicators[key].feeds
        found |= {feeds[position].measure for position in np.unique(values.feed).tolist() if position >= 0}
    return tuple(sorted(found))


def by_source(feeds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Feeds by the source that they come from, sorted."""
    found: dict[str, tuple[str, ...]] = {}
    for feed in sorted(feeds):
        source = feed.partition(":")[0]
        found[source] = (*found.get(source, ()), feed)
    return found


def without_feeds(score: Score, recipe: Recipe, feeds: Collection[str]) -> Score:
    """The index where all that some feeds gave is missing.

    Nothing takes the place of what is left out, not even where another feed would have: of a score only the values
    chosen are known. `cube_without`, scored again, lets other feeds step in, and leaves out their people too.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        feeds: As `source:measure`.
    """
    return rescored(score, recipe, _leaves_without(score, recipe, feeds))


def cube_without(cube: Cube, feeds: Collection[str]) -> Cube:
    """The cube without some measures; scored again, other feeds step in where a recipe names them.

    Args:
        cube: The measures.
        feeds: As `source:measure`; a measure seen through a kernel goes with its own.
    """
    return replace(
        cube, measures={name: one for name, one in cube.measures.items() if name.partition("@")[0] not in feeds}
    )


def feeds_influence(score: Score, recipe: Recipe, feeds: Collection[str]) -> Influence:
    """What the index is without one feed, or without all of a source or provider.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        feeds: As `source:measure`.
    """
    leaves = _leaves_without(score, recipe, feeds)
    after, anyway = (rescored(score, one, leaves) for one in (recipe, _lenient(recipe)))
    return influence(score, after, feeds_weight(score, recipe, feeds), anyway)


def influence(before: Score, after: Score, weight: Floats, anyway: Score | None = None) -> Influence:
    """How two scores of the same cells and periods differ.

    Args:
        before: The index.
        after: The index without the part.
        weight: Share 0..1 of each cell's index that the part carries, shape (periods, cells).
        anyway: The index without the part, scored however little is left; `after` where left out.
    """
    left = after if anyway is None else anyway
    return Influence(
        weight=weight,
        moved=left.value - before.value,
        lost=~np.isnan(before.value) & np.isnan(after.value),
        shifts=rank_shifts(before.value, left.value),
    )


def without_indicator(recipe: Recipe, key: str) -> Recipe:
    """The recipe as if it had never had an indicator: its weight goes to the others of its component.

    A component or dimension that this leaves empty goes with it.

    Args:
        recipe: The index.
        key: Id of the indicator.

    Raises:
        RecipeError: There is no such indicator, or it is the only one.
    """
    if key not in recipe.indicators or len(recipe.indicators) == 1:
        raise RecipeError(f"recipe {recipe.name} cannot do without indicator {key!r}; it is not there, or the only one")
    indicators = {name: part for name, part in recipe.indicators.items() if name != key}
    held = {part.component for part in indicators.values()}
    components = {name: part for name, part in recipe.components.items() if name in held}
    above = {part.dimension for part in components.values()}
    dimensions = {name: part for name, part in recipe.dimensions.items() if name in above}
    return recipe.model_copy(update={"indicators": indicators, "components": components, "dimensions": dimensions})


def indicator_influence(score: Score, recipe: Recipe, key: str) -> Influence:
    """What the index is where it is defined without one indicator, as against one that is missing.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        key: Id of the indicator.

    Raises:
        RecipeError: There is no such indicator, or it is the only one.
    """
    other = without_indicator(recipe, key)
    after, anyway = (rescored(score, one) for one in (other, _lenient(other)))
    return influence(score, after, cell_weights(score, recipe)[key], anyway)


def feeds_weight(score: Score, recipe: Recipe, feeds: Collection[str]) -> Floats:
    """Share 0..1 of each cell's index that some feeds carry together; shape (periods, cells).

    Over all feeds it is 1 wherever there is a score. A value that several feeds add up to counts as the first one's.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        feeds: As `source:measure`.
    """
    weights, total = cell_weights(score, recipe), np.zeros(score.value.shape)
    for key, where in _given(score, recipe, feeds).items():
        total += weights[key] * where
    return total


def above_cap(score: Score, recipe: Recipe, origins: Mapping[str, Collection[str]], cap: float) -> Mapping[str, Bools]:
    """Where one origin carries more than a given share of the index.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        origins: Feeds of each, by name: of a source as `by_source` tells them, of a provider, or each on its own.
        cap: The largest share 0..1 that one of them should carry.

    Returns:
        Only those that carry more somewhere; shape (periods, cells), never where there is no score.
    """
    scored = ~np.isnan(score.value)
    found = {name: scored & (feeds_weight(score, recipe, feeds) > cap) for name, feeds in origins.items()}
    return {name: where for name, where in found.items() if where.any()}


def _lenient(recipe: Recipe) -> Recipe:
    """The recipe with an index however little of it is covered."""
    thresholds = recipe.thresholds.model_copy(update={"insufficient": 0.0, "partial": 0.0})
    return recipe.model_copy(update={"thresholds": thresholds})


def _leaves_without(score: Score, recipe: Recipe, feeds: Collection[str]) -> Mapping[str, Floats]:
    given, leaves = _given(score, recipe, feeds), leaves_of(score, recipe)
    return {key: np.where(given[key], np.nan, leaf) if key in given else leaf for key, leaf in leaves.items()}


def _given(score: Score, recipe: Recipe, feeds: Collection[str]) -> dict[str, Bools]:
    """Where each indicator's value came from one of some feeds; only indicators that they feed."""
    found = {}
    for key, values in score.indicators.items():
        own = recipe.indicators[key].feeds
        positions = [position for position, feed in enumerate(own) if feed.measure in feeds]
        if positions:
            found[key] = np.isin(values.feed, positions)
    return found


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
