"""Recipes: what an index is made of, as one frozen value from one TOML file."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from riskmap.errors import RecipeError
from riskmap.model.kernel import Kernel
from riskmap.score import lines
from riskmap.score.parts import (
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
)
from riskmap.score.tree import Node, Tree

_TOLERANCE = 1e-6
_ID = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = frozenset(
    {"cell", "class", "coverage", "high", "low", "period", "population", INDEX, "score", "status", "value"}
    | {"lon", "lat", "area_km2", "admin1_pcode", "admin1_name", "admin2_pcode", "admin2_name"}
)

Problem = tuple[lines.Path, str]


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

    @model_validator(mode="after")
    def _whole(self) -> Recipe:
        for path, problem in _problems(self):
            raise PydanticCustomError("recipe", "{problem}", {"problem": problem, "path": path})
        return self

    @property
    def hash(self) -> str:
        """Hex sha256 of the content: comments, white space and the order of keys do not count."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

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
    built_in = {
        entry.name.removesuffix(".toml"): entry for entry in files("riskmap.score").joinpath("recipes").iterdir()
    }
    if str(name) in built_in:
        return parse_recipe(built_in[str(name)].read_text(encoding="utf-8"), f"{name}.toml")
    if Path(name).suffix != ".toml":
        known = ", ".join(sorted(built_in))
        raise RecipeError(f"recipe {str(name)!r}: no such recipe; known are {known}, or give the path of a .toml file")
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {name} cannot be read: {error}") from error
    return parse_recipe(text, str(name))


def parse_recipe(text: str, file: str) -> Recipe:
    """The recipe that a TOML text describes.

    Args:
        text: Content of the recipe file.
        file: How messages call it.

    Raises:
        RecipeError: The first problem, with its line and key.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"recipe {file}: not valid TOML: {error}") from error
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        path, problem = _first(error)
        raise RecipeError(f"recipe {file}, line {lines.line_of(text, path)}, {_told(path)}: {problem}") from error


def _first(error: ValidationError) -> Problem:
    """The first problem: under which key, and what is wrong there."""
    found = error.errors()[0]
    path, context = found["loc"], found.get("ctx", {})
    if found["type"] == "recipe":
        return tuple(context["path"]), str(context["problem"])
    if found["type"] == "extra_forbidden":
        return path, "unknown key; remove it or mend its spelling"
    if found["type"] == "missing":
        return path, "is missing"
    return path, found["msg"].removeprefix("Value error, ")


def _told(path: lines.Path) -> str:
    """A key path as people write it: `indicators.poverty.feeds[1].measure`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


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
    yield from _class_problems(recipe.classes)
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
    for key in recipe.dimensions:
        yield from _weight_problems(("dimensions", key), "components", recipe.components_of(key))
    for key in recipe.components:
        yield from _weight_problems(("components", key), "indicators", recipe.indicators_of(key))


def _class_problems(classes: Sequence[RiskClass]) -> Iterator[Problem]:
    floor = SCALE[0]
    for index, step in enumerate(classes[:-1]):
        if step.below is None:
            yield ("classes", index), f"class {step.name!r} needs below; only the last class goes without"
        elif not floor < step.below < SCALE[1]:
            yield (
                ("classes", index, "below"),
                f"class {step.name!r} ends at {step.below:g}, outside ({floor:g}, {SCALE[1]:g}); order classes upwards",
            )
        floor = step.below or floor
    if classes[-1].below is not None:
        yield ("classes", len(classes) - 1, "below"), "the last class goes up to the end of the scale; remove below"
    names = [step.name for step in classes]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("classes", index, "name"), f"a second class {name!r}; give each its own name"


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
