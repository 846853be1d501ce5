"""Assumptions: what a recipe takes for granted, as factors, and how far the ranking moves with each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import rankdata

from riskmap.errors import QueryError
from riskmap.model.cube import Floats
from riskmap.model.score import IndicatorValues, Score
from riskmap.score.aggregate import aggregate
from riskmap.score.normalise import transformed
from riskmap.score.parts import SCALE, Indicator, Method
from riskmap.score.recipe import Recipe
from riskmap.score.rescore import only
from riskmap.score.sensitivity import Discrete, Factor, Uniform
from riskmap.score.standing import Bools, counted

METHODS: tuple[Method, ...] = ("arithmetic", "scaled_geometric", "geometric")
"""Those that a recipe is most often asked to be tried with."""

WEIGHT_SPREAD = 0.25
"""Each weight is taken up to a quarter smaller or larger."""

POST_SPREAD = 0.10
"""Each goalpost is moved by up to a tenth of the distance between the two."""

WEIGHTS = {
    "indicators": "weights of indicators",
    "components": "weights of components",
    "dimensions": "weights of dimensions",
}
MEANS = {"component": "mean of indicators", "dimension": "mean of components", "index": "mean of dimensions"}
_KINDS = {"low": "goalposts", "high": "goalposts", "transform": "transform of indicators"}


@dataclass(frozen=True)
class Assumptions:
    """The cells of one period under any assumptions; a model for `riskmap.score.sensitivity`.

    Which cells are scored, and which components count in them, stays as the recipe has it, so that every ranking is of
    the same cells.

    Args:
        recipe: The index.
        score: Scores of one period, all of its cells with a score.
    """

    recipe: Recipe
    score: Score

    @cached_property
    def factors(self) -> Mapping[str, Factor]:
        """Factors by name: `weight:id`, `mean:level`, the goalposts `low:id` and `high:id`, and `transform:id`."""
        found: dict[str, Factor] = {}
        for level in WEIGHTS:
            found |= {f"weight:{key}": Uniform(1 - WEIGHT_SPREAD, 1 + WEIGHT_SPREAD) for key in self._branching(level)}
        found |= {f"mean:{level}": Discrete(len(self.methods)) for level in MEANS}
        for end in ("low", "high"):
            found |= {f"{end}:{key}": Uniform(-POST_SPREAD, POST_SPREAD) for key in self._measured}
        return found | {f"transform:{key}": Discrete(2) for key in self._transformed}

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """The assumption, in words, that each factor belongs to."""
        words = {f"weight:{key}": words for level, words in WEIGHTS.items() for key in getattr(self.recipe, level)}
        words |= {f"mean:{level}": told for level, told in MEANS.items()}
        return {name: words.get(name) or _KINDS[name.partition(":")[0]] for name in self.factors}

    @property
    def usual(self) -> list[float]:
        """Each factor as the recipe has it, in the order of the factors."""
        means = {f"mean:{level}": float(self.methods.index(self._method(level, {}))) for level in MEANS}
        return [1.0 if name.startswith("weight:") else means.get(name, 0.0) for name in self.factors]

    @cached_property
    def methods(self) -> tuple[Method, ...]:
        """The means that each level may be taken with: `METHODS`, and any other that the recipe itself takes."""
        return tuple(dict.fromkeys((*METHODS, *(self._method(level, {}) for level in MEANS))))

    def values(self, drawn: Mapping[str, float]) -> Floats:
        """The index of each cell, shape (cells,).

        Args:
            drawn: Factors by name; those left out are as the recipe has them.
        """
        means = {level: self._method(level, drawn) for level in MEANS}
        nodes: dict[str, Floats] = {key: self._leaf(key, drawn) for key in self.recipe.indicators}
        for key in self.recipe.components:
            nodes[key] = self._mean(nodes, self.recipe.indicators_of(key), means["component"], drawn)
        for key in self.recipe.dimensions:
            nodes[key] = self._mean(nodes, self.recipe.components_of(key), means["dimension"], drawn)
        whole = {key: part.weight for key, part in self.recipe.dimensions.items()}
        return self._mean(nodes, whole, means["index"], drawn)

    def rank_shift(self, rows: Floats) -> Floats:
        """Mean distance, in places, that cells move in the ranking from where the recipe has them; shape (rows,).

        Args:
            rows: Factors, shape (rows, factors).
        """
        usual = rankdata(self.values({}))
        shifts = [
            np.abs(rankdata(self.values(dict(zip(self.factors, row, strict=True)))) - usual).mean() for row in rows
        ]
        return np.array(shifts)

    def _branching(self, level: str) -> list[str]:
        """Parts of a level whose weight matters: those that have a sibling with values."""
        parts: Mapping[str, object] = getattr(self.recipe, level)
        known = [key for key in parts if not np.isnan(self.score.nodes[key]).all()]
        parents = [getattr(parts[key], _PARENT[level], "") for key in known]
        return [key for key, parent in zip(known, parents, strict=True) if parents.count(parent) > 1]

    @cached_property
    def _places(self) -> Mapping[str, tuple[Floats, ...]]:
        """Place of each value between its goalposts, not cut off: transformed, and not; NaN where it does not count."""
        known = counted(self.score, self.recipe)
        return {
            key: tuple(np.where(known[key][0], place, np.nan) for place in _places(self.score.indicators[key], part))
            for key, part in self.recipe.indicators.items()
            if key in self.score.indicators
        }

    @cached_property
    def _measured(self) -> list[str]:
        return [key for key, places in self._places.items() if not np.isnan(places[0]).all()]

    @property
    def _transformed(self) -> list[str]:
        return [key for key in self._measured if self.recipe.indicators[key].transform != "none"]

    def _leaf(self, key: str, drawn: Mapping[str, float]) -> Floats:
        if key not in self._places:
            return np.full(len(self.score.cells), np.nan)
        place = self._places[key][int(drawn.get(f"transform:{key}", 0.0))]
        low, high = drawn.get(f"low:{key}", 0.0), drawn.get(f"high:{key}", 0.0)
        moved = np.clip((place - low) / (1.0 + high - low), 0.0, 1.0)
        best, worst = SCALE
        falling = self._falling[key]
        return np.asarray(best + (worst - best) * np.where(falling, 1.0 - moved, moved))

    @cached_property
    def _falling(self) -> Mapping[str, Bools]:
        """Where less is worse, by indicator."""
        found = {}
        for key, values in self.score.indicators.items():
            part = self.recipe.indicators[key]
            down = [position for position, feed in enumerate(part.feeds) if part.direction_of(feed) == "-"]
            found[key] = np.isin(values.feed[0], down)
        return found

    def _method(self, level: str, drawn: Mapping[str, float]) -> Method:
        usual: Method = getattr(self.recipe.aggregation, level)
        return self.methods[int(drawn[f"mean:{level}"])] if f"mean:{level}" in drawn else usual

    @staticmethod
    def _mean(
        nodes: Mapping[str, Floats], weights: Mapping[str, float], method: Method, drawn: Mapping[str, float]
    ) -> Floats:
        shares = [weight * drawn.get(f"weight:{key}", 1.0) for key, weight in weights.items()]
        return aggregate(np.stack([nodes[key] for key in weights]), shares, method)


_PARENT = {"indicators": "component", "components": "dimension", "dimensions": ""}


def assumptions_of(score: Score, recipe: Recipe, most: int, seed: int, period: int = -1) -> Assumptions:
    """The assumptions behind the scores of one period, over a sample of its scored cells.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        most: Most cells to take.
        seed: Of the sample.
        period: Position of the period; from the end where negative.

    Raises:
        QueryError: Fewer than two cells are scored, so that there is no ranking.
    """
    scored = np.flatnonzero(~np.isnan(score.value[period]))
    if len(scored) < 2:
        raise QueryError(f"{len(scored)} cells have a score in this period; a ranking takes two")
    if len(scored) > most:
        scored = np.sort(np.random.default_rng(seed).choice(scored, most, replace=False))
    return Assumptions(recipe, only(score, period, scored))


def _places(found: IndicatorValues, indicator: Indicator) -> tuple[Floats, ...]:
    """Places of the values of one period between goalposts: as the recipe transforms them, and untransformed."""
    values, feed = found.values[0], found.feed[0]
    backward = {"ln": np.exp, "log1p": np.expm1}
    ways = [(values, True)]
    if indicator.transform != "none":
        ways.append((backward[indicator.transform](values), False))
    places = []
    for seen, through in ways:
        place = np.full(values.shape, np.nan)
        for position, one in enumerate(indicator.feeds):
            posts = np.array(indicator.goalposts_of(one))
            low, high = transformed(posts, indicator.transform) if through else posts
            place = np.where(feed == position, (seen - low) / (high - low), place)
        places.append(place)
    return tuple(places)
