"""Leaving out: how far the index moves without each of its sources or indicators, and what rests on one alone."""

from __future__ import annotations

from collections.abc import Mapping
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


def sources_of(score: Score, recipe: Recipe) -> tuple[str, ...]:
    """Sources that gave some value of the index, sorted."""
    return tuple(sorted({feed.partition(":")[0] for feed in feeds_of(score, recipe)}))


def feeds_of(score: Score, recipe: Recipe) -> tuple[str, ...]:
    """Feeds (`source:measure`) that gave some value of the index, sorted."""
    found = set()
    for key, values in score.indicators.items():
        feeds = recipe.indicators[key].feeds
        found |= {feeds[position].measure for position in np.unique(values.feed).tolist() if position >= 0}
    return tuple(sorted(found))


def without_origin(score: Score, recipe: Recipe, origin: str) -> Score:
    """The index where all that one source, or one feed, gave is missing.

    Nothing takes the place of what is left out, not even where another feed would have: of a score only the values
    chosen are known. `cube_without`, scored again, lets other feeds step in, and leaves out the source's people too.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        origin: A source, or a feed as `source:measure`.
    """
    return rescored(score, recipe, _leaves_without(score, recipe, origin))


def cube_without(cube: Cube, origin: str) -> Cube:
    """The cube without the measures of one source, or without one measure; scored again, other feeds step in.

    Args:
        cube: The measures.
        origin: A source, or a measure as `source:measure`.
    """
    kept = {name: measure for name, measure in cube.measures.items() if not _is_of(name.partition("@")[0], origin)}
    return replace(cube, measures=kept)


def origin_influence(score: Score, recipe: Recipe, origin: str) -> Influence:
    """What the index is without one source, or one feed.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        origin: A source, or a feed as `source:measure`.
    """
    leaves = _leaves_without(score, recipe, origin)
    after, anyway = (rescored(score, one, leaves) for one in (recipe, _lenient(recipe)))
    return influence(score, after, _origin_weight(score, recipe, origin), anyway)


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


def origin_weights(score: Score, recipe: Recipe) -> Mapping[str, Floats]:
    """Share 0..1 of each cell's index that each source carries, by source; shape (periods, cells).

    They sum to 1 wherever there is a score. A value that several feeds add up to counts as the first one's.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
    """
    return {source: _origin_weight(score, recipe, source) for source in sources_of(score, recipe)}


def above_cap(score: Score, recipe: Recipe, cap: float) -> Mapping[str, Bools]:
    """Where one source carries more than a given share of the index, by source.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        cap: The largest share 0..1 that one source should carry.

    Returns:
        Only sources that carry more somewhere; shape (periods, cells), never where there is no score.
    """
    scored = ~np.isnan(score.value)
    found = {source: scored & (share > cap) for source, share in origin_weights(score, recipe).items()}
    return {source: where for source, where in found.items() if where.any()}


def _lenient(recipe: Recipe) -> Recipe:
    """The recipe with an index however little of it is covered."""
    thresholds = recipe.thresholds.model_copy(update={"insufficient": 0.0, "partial": 0.0})
    return recipe.model_copy(update={"thresholds": thresholds})


def _leaves_without(score: Score, recipe: Recipe, origin: str) -> Mapping[str, Floats]:
    given = _given(score, recipe, origin)
    leaves = leaves_of(score, recipe)
    return {key: np.where(given[key], np.nan, leaf) if key in given else leaf for key, leaf in leaves.items()}


def _origin_weight(score: Score, recipe: Recipe, origin: str) -> Floats:
    given, weights = _given(score, recipe, origin), cell_weights(score, recipe)
    total = np.zeros(score.value.shape)
    for key, where in given.items():
        total += weights[key] * where
    return total


def _given(score: Score, recipe: Recipe, origin: str) -> dict[str, Bools]:
    """Where each indicator's value came from an origin; only indicators that it feeds."""
    found = {}
    for key, values in score.indicators.items():
        feeds = recipe.indicators[key].feeds
        positions = [position for position, feed in enumerate(feeds) if _is_of(feed.measure, origin)]
        if positions:
            found[key] = np.isin(values.feed, positions)
    return found


def _is_of(measure: str, origin: str) -> bool:
    return origin in {measure, measure.partition(":")[0]}


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
