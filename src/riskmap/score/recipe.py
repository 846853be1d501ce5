"""Recipes: what an index is made of, as one frozen value from one TOML file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from riskmap.errors import RecipeError
from riskmap.model.kernel import Kernel
from riskmap.score import lines
from riskmap.score.lines import Problem
from riskmap.score.parts import (
    COMPOSITE,
    INDEX,
    SCALE,
    Aggregation,
    Component,
    Dimension,
    Feed,
    Indicator,
    Mean,
    MeasureName,
    Name,
    Part,
    RiskClass,
    Thresholds,
    class_problems,
)
from riskmap.score.reading import built_in, content_hash, content_of, recipe_text, validated
from riskmap.score.spread import Uncertainty
from riskmap.score.tree import Node, Tree

_TOLERANCE = 1e-6
_ID = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = frozenset(
    {"cell", "class", "coverage", "high", "low", "period", "population", INDEX, "score", "status", "value"}
    | {"q05", "q95", "p_high", "people_at_risk", "reliability", "grade"}
    | {"lon", "lat", "area_km2", "admin1_pcode", "admin1_name", "admin2_pcode", "admin2_name"}
)


class Recipe(Part):
    """Indicators, their tree, weights, directions, goalposts and means: everything that moves a score.

    Args:
        name: Short name; the stem of a built-in recipe's file.
        title: What a person reads.
        version: Version of the recipe.
        about: What it measures and what it does not.
        population: Measures of the people of a cell; the first one known there is used.
        thresholds: How much must be observed.
        aggregation: The mean of each level.
        classes: Classes of the index, lowest first; the last has no upper end.
        dimensions: By id.
        components: By id.
        indicators: By id.
        uncertainty: How far all of it may be off.
    """

    name: Name
    title: Name
    version: Name
    about: str = ""
    population: tuple[MeasureName, ...] = ()
    thresholds: Thresholds
    aggregation: Aggregation
    classes: tuple[RiskClass, ...] = Field(min_length=1)
    dimensions: Mapping[str, Dimension] = Field(min_length=1)
    components: Mapping[str, Component]
    indicators: Mapping[str, Indicator]
    uncertainty: Uncertainty = Uncertainty()

    @model_validator(mode="after")
    def _whole(self) -> Recipe:
        for path, problem in _problems(self):
            raise PydanticCustomError("recipe", "{problem}", {"problem": problem, "path": path})
        return self

    @property
    def hash(self) -> str:
        """Hex sha256 of the content: comments, white space and the order of keys do not count."""
        return content_hash(self)

    @property
    def high_class(self) -> int:
        """Position of the lowest class that counts as high."""
        names = [step.name for step in self.classes]
        wanted = self.uncertainty.high or "high"
        return names.index(wanted) if wanted in names else len(names) - 1

    def components_of(self, dimension: str) -> Mapping[str, float]:
        """Components of a dimension with their weights, in the order of the file."""
        return {key: part.weight for key, part in self.components.items() if part.dimension == dimension}

    def indicators_of(self, component: str) -> Mapping[str, float]:
        """Indicators of a component with their weights, in the order of the file."""
        return {key: part.weight for key, part in self.indicators.items() if part.component == component}

    def tree(self) -> Tree:
        """Indicators, components, dimensions and the index as one tree; a component needs its share of weight."""
        weights = {key: part.weight for key, part in self.dimensions.items()}
        means, least = self.aggregation, self.thresholds.component
        components = [_node(key, self.indicators_of(key), means.component, least) for key in self.components]
        dimensions = [_node(key, self.components_of(key), means.dimension) for key in self.dimensions]
        leaves = [Node(key) for key in self.indicators]
        return Tree((*leaves, *components, *dimensions, _node(INDEX, weights, means.index)))

    def effective_weights(self) -> Mapping[str, float]:
        """Share of the whole index that each indicator carries: its weights multiplied up the tree; they sum to 1."""
        weights = self.tree().effective_weights()
        return {key: weights[key] for key in self.indicators}

    def feeds(self) -> tuple[str, ...]:
        """Every measure that the recipe reads, those of population included, sorted."""
        named = {feed.measure for indicator in self.indicators.values() for feed in indicator.feeds}
        return tuple(sorted(named | set(self.population)))

    def kernels(self) -> Mapping[str, tuple[Kernel, ...]]:
        """The kernels that each measure must be seen through, each once."""
        found: dict[str, dict[str, Kernel]] = {}
        for indicator in self.indicators.values():
            for feed in indicator.feeds:
                for kernel in indicator.kernels_of(feed):
                    found.setdefault(feed.measure, {})[kernel.key] = kernel
        return {measure: tuple(by_key[key] for key in sorted(by_key)) for measure, by_key in sorted(found.items())}

    def lookback_days(self) -> int:
        """Days that the cube's own periods must reach back from the last day of the first one scored.

        What kernels remember is not counted: they are evaluated on records, not on periods.
        """
        return max((indicator.memory_days() for indicator in self.indicators.values()), default=0)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON-ready data: the file's content with defaults, hash, scale and effective weights."""
        told = self.model_dump(mode="json")
        weights = self.effective_weights()
        told["hash"], told["scale"] = self.hash, list(SCALE)
        for level in ("dimensions", "components", "indicators"):
            told[level] = [{"id": key, **part} for key, part in told[level].items()]
        for entry in told["indicators"]:
            entry["effective_weight"] = weights[entry["id"]]
            entry["feeds"] = [_feed(self.indicators[entry["id"]], feed) for feed in self.indicators[entry["id"]].feeds]
        return told


def load_recipe(name: str | Path) -> Recipe:
    """A built-in recipe by its name, or any recipe by the path of its TOML file.

    Raises:
        RecipeError: There is no such recipe, or it is not a valid index definition; names file, key and line.
    """
    return parse_recipe(*recipe_text(name))


def variants_of(recipe: Recipe) -> dict[str, Recipe]:
    """The built-in variants of a recipe, by name; none where it is not built in word for word.

    Args:
        recipe: The one that they say they extend, `trafficking` of `trafficking_equal`.
    """
    if recipe.name not in built_in() or load_recipe(recipe.name).hash != recipe.hash:
        return {}
    return {name: load_recipe(name) for name in built_in() if name.startswith(f"{recipe.name}_")}


def parse_recipe(text: str, file: str) -> Recipe:
    """The recipe that a TOML text describes; one that `extends` another says only what is different.

    Args:
        text: Content of the recipe file.
        file: How messages call it.

    Raises:
        RecipeError: The first problem, with its line and key.
    """
    content = content_of(text, file)
    if content.get("kind") == COMPOSITE:
        raise RecipeError(f"recipe {file}: scores tables of units, not cells; give a recipe without kind = 'composite'")
    return validated(content, Recipe, text, file)


def _node(key: str, weights: Mapping[str, float], method: Mean, least: float = 0.0) -> Node:
    return Node(key, tuple(weights), tuple(weights.values()), method, least)


def _feed(indicator: Indicator, feed: Feed) -> dict[str, Any]:
    low, high = indicator.goalposts_of(feed)
    return {
        "measure": feed.measure,
        "proxy": feed.proxy,
        "direction": indicator.direction_of(feed),
        "goalposts": [low, high],
    }


def _problems(recipe: Recipe) -> Iterator[Problem]:
    """What no part can see alone."""
    yield from class_problems(recipe.classes, SCALE)
    yield from _name_problems(recipe)
    for key, component in recipe.components.items():
        if component.dimension not in recipe.dimensions:
            known = ", ".join(recipe.dimensions)
            yield ("components", key, "dimension"), f"no dimension {component.dimension!r}; there are {known}"
    for key, indicator in recipe.indicators.items():
        if indicator.component not in recipe.components:
            known = ", ".join(recipe.components)
            yield ("indicators", key, "component"), f"no component {indicator.component!r}; there are {known}"
        if (indicator.per or indicator.times) and not recipe.population:
            yield ("indicators", key), "is told by population, but the recipe names no measure of it under 'population'"
    names = [step.name for step in recipe.classes]
    if recipe.uncertainty.high not in (None, *names):
        yield ("uncertainty", "high"), f"no class {recipe.uncertainty.high!r}; there are {', '.join(names)}"
    for key in recipe.dimensions:
        yield from _weight_problems(("dimensions", key), "components", recipe.components_of(key))
    for key in recipe.components:
        yield from _weight_problems(("components", key), "indicators", recipe.indicators_of(key))


def _name_problems(recipe: Recipe) -> Iterator[Problem]:
    """Ids become columns and layers of a snapshot, so each is one plain word used once."""
    seen = dict.fromkeys(_TAKEN, "the snapshot itself")
    levels = {"dimensions": recipe.dimensions, "components": recipe.components, "indicators": recipe.indicators}
    for level, parts in levels.items():
        for key in parts:
            if not _ID.fullmatch(key):
                yield (level, key), f"{key!r} is not an id; use lower-case letters, digits and underscores"
            if key in seen:
                yield (level, key), f"id {key!r} is taken by {seen[key]}; choose another"
            seen[key] = level


def _weight_problems(path: lines.Path, of: str, weights: Mapping[str, float]) -> Iterator[Problem]:
    if not weights:
        yield path, f"has no {of}; add one or remove it"
    elif abs(sum(weights.values()) - 1) > _TOLERANCE:
        told = " + ".join(f"{weight:g}" for weight in weights.values())
        yield path, f"weights of its {of} sum to {sum(weights.values()):.7g}, not 1 ({told})"
