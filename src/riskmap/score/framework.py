"""Composite recipes: an index of a table of units, its framework and every step to it, as one TOML file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from riskmap.errors import RecipeError
from riskmap.score.lines import Problem
from riskmap.score.outliers import Limits, Then
from riskmap.score.parts import (
    COMPOSITE,
    Above,
    Direction,
    Goalposts,
    Method,
    Name,
    Number,
    Part,
    RiskClass,
    Share,
    class_problems,
)
from riskmap.score.reading import content_hash, content_of, recipe_text, validated
from riskmap.score.scaling import Scaling
from riskmap.score.tree import Node, Tree

Weight = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Digits = Annotated[int, Field(strict=True, ge=0, le=12)]
Count = Annotated[int, Field(strict=True, ge=0)]
Weighting = Literal["given", "equal", "pca", "factor", "entropy", "balanced"]


class Denominate(Part):
    """What an indicator is divided by.

    Args:
        by: Column of the table.
        factor: Units of it that a value is told for, such as 1000 people.
    """

    by: Name
    factor: Above = 1.0


class Missing(Part):
    """What is done where a value is missing.

    Args:
        method: `none` it is left out and the other weights scaled up; `mean`, `median` of the group; `neighbours` the
            weighted mean of those observed; `parent` the value of what the unit lies in.
        group: Column of the table with each unit's group; None: all units are one.
    """

    method: Literal["none", "mean", "median", "neighbours", "parent"] = "none"
    group: Name | None = None


class Outliers(Part):
    """What is done with outliers.

    Args:
        method: `none`; `winsorise` with the limits below; `ln` ln(max(x, 1)) or `log1p` ln(1 + max(x, 0)) of every
            value, and of its goalposts.
        skewness: A distribution passes where its absolute skewness lies below this,
        kurtosis: or where its excess kurtosis lies below this.
        most: How many values may be winsorised.
        then: What follows where that is not enough.
    """

    method: Literal["none", "winsorise", "ln", "log1p"] = "none"
    skewness: Above = 2.0
    kurtosis: Number = 3.5
    most: Count = 5
    then: Then = "log"

    @property
    def limits(self) -> Limits:
        """The limits as the treatment takes them."""
        return Limits(self.skewness, self.kurtosis, self.most, self.then)


class Normalise(Part):
    """How an indicator is brought to the common scale.

    Args:
        method: As in `riskmap.score.scaling.scale`.
        scale: Scores at the two ends of min_max and goalposts.
        goalposts: Values at those ends, the smaller one first.
        target: Value of distance_to_target.
        reference: Id of the unit of distance_to_reference.
        cap: Whether what lies beyond goalposts, target or reference is cut off there.
        mean: Mean of z-scores.
        deviation: Standard deviation of z-scores.
    """

    method: Scaling = "min_max"
    scale: Goalposts = (0.0, 100.0)
    goalposts: Goalposts | None = None
    target: Number | None = None
    reference: Name | None = None
    cap: bool = True
    mean: Number = 0.0
    deviation: Above = 1.0

    @model_validator(mode="after")
    def _told(self) -> Normalise:
        needs = {"goalposts": "goalposts", "distance_to_target": "target", "distance_to_reference": "reference"}
        key = needs.get(self.method)
        if key is not None and getattr(self, key) is None:
            raise ValueError(f"method {self.method!r} needs {key}")
        return self


class Screen(Part):
    """Which units are left out for want of data.

    Args:
        least: Least share of all indicators that a unit must have.
        on: Whether values count as `observed`, or as `imputed` so that filled ones count too.
    """

    least: Share
    on: Literal["observed", "imputed"] = "observed"


class UnitIndicator(Part):
    """One indicator; steps that it does not name are those of the whole recipe.

    Args:
        parent: Id of its node.
        label: What a person reads.
        column: Column of the table; None: its id.
        unit: Unit of its values.
        weight: Weight among the parts of its node, in any unit.
        direction: `+` where more gives a higher score.
        denominate: What it is divided by.
        missing: In place of the recipe's own.
        outliers: In place of the recipe's own.
        normalise: In place of the recipe's own.
        decimals: In place of the recipe's own.
    """

    parent: Name
    label: Name
    column: Name | None = None
    unit: str = ""
    weight: Weight = 1.0
    direction: Direction = "+"
    denominate: Denominate | None = None
    missing: Missing | None = None
    outliers: Outliers | None = None
    normalise: Normalise | None = None
    decimals: Digits | None = None


class Group(Part):
    """One node above the indicators.

    Args:
        label: What a person reads.
        parent: Id of the node that it is a part of; None for the index.
        weight: Weight among the parts of that node, in any unit.
        method: How its parts become one score.
        exponent: p of the power mean.
        weights: Where the weights of its parts come from: as `given`, all `equal`, or from the scores of the parts as
            `riskmap.score.weights` tells: `pca`, `factor`, `entropy`, `balanced` for equal influence.
        least: Least share of its parts' weight that must be known.
        least_children: Least share of the number of its parts that must be known.
        decimals: In place of the recipe's own.
    """

    label: Name
    parent: Name | None = None
    weight: Weight = 1.0
    method: Method = "arithmetic"
    exponent: Number = 1.0
    weights: Weighting = "given"
    least: Share = 0.0
    least_children: Share = 0.0
    decimals: Digits | None = None


class Composite(Part):
    """An index of a table of units: everything that moves a score.

    Args:
        kind: Always `composite`.
        name: Short name; the stem of a built-in recipe's file.
        title: What a person reads.
        version: Version of the recipe.
        about: What it measures and what it does not.
        missing: For indicators that do not say otherwise.
        outliers: For indicators that do not say otherwise.
        normalise: For indicators that do not say otherwise.
        screen: Which units are left out; None: none.
        decimals: Digits that every indicator and node is rounded to, halves upwards; None: not at all.
        classes: Classes of the index, lowest first; the last has no upper end. None at all may be.
        nodes: By id, in any order; one has no parent and is the index.
        indicators: By id.
    """

    kind: Literal["composite"]
    name: Name
    title: Name
    version: Name
    about: str = ""
    missing: Missing = Missing()
    outliers: Outliers = Outliers()
    normalise: Normalise = Normalise()
    screen: Screen | None = None
    decimals: Digits | None = None
    classes: tuple[RiskClass, ...] = ()
    nodes: Mapping[str, Group] = Field(min_length=1)
    indicators: Mapping[str, UnitIndicator] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Composite:
        for path, problem in _problems(self):
            raise PydanticCustomError("recipe", "{problem}", {"problem": problem, "path": path})
        return self

    @property
    def hash(self) -> str:
        """Hex sha256 of the content: comments, white space and the order of keys do not count."""
        return content_hash(self)

    def children_of(self, node: str) -> Mapping[str, float]:
        """Parts of a node with their weights, indicators first, in the order of the file."""
        parts: dict[str, UnitIndicator | Group] = {**self.indicators, **self.nodes}
        return {key: part.weight for key, part in parts.items() if part.parent == node}

    def tree(self) -> Tree:
        """The framework; parts whose weights come from data are weighted equally until data are there."""
        leaves = [Node(key, decimals=self._digits(part)) for key, part in self.indicators.items()]
        return Tree((*leaves, *(self._node(key) for key in _upwards(self.nodes))))

    def _node(self, key: str) -> Node:
        group, children = self.nodes[key], self.children_of(key)
        weights = tuple(children.values()) if group.weights == "given" else (1.0,) * len(children)
        return Node(
            key=key,
            children=tuple(children),
            weights=weights,
            method=group.method,
            least=group.least,
            decimals=self._digits(group),
            exponent=group.exponent,
            least_children=group.least_children,
        )

    def _digits(self, part: UnitIndicator | Group) -> int | None:
        return self.decimals if part.decimals is None else part.decimals


def load_composite(name: str | Path) -> Composite:
    """A built-in composite recipe by its name, or any by the path of its TOML file.

    Raises:
        RecipeError: There is no such recipe, or it is not a valid one; names file, key and line.
    """
    return parse_composite(*recipe_text(name))


def parse_composite(text: str, file: str) -> Composite:
    """The composite recipe that a TOML text describes; one that `extends` another says only what is different.

    Args:
        text: Content of the recipe file.
        file: How messages call it.

    Raises:
        RecipeError: The first problem, with its line and key.
    """
    content = content_of(text, file)
    if content.get("kind") != COMPOSITE:
        raise RecipeError(
            f"recipe {file}: scores cells, not tables of units; a recipe for these says kind = 'composite'"
        )
    return validated(content, Composite, text, file)


def _upwards(nodes: Mapping[str, Group]) -> list[str]:
    """Ids, parts before what they are part of; in the order of the file where that leaves a choice."""
    depth = {key: len(_line(key, nodes)) for key in nodes}
    return sorted(nodes, key=lambda key: -depth[key])


def _line(key: str, nodes: Mapping[str, Group]) -> list[str]:
    """A node and those above it, up to the index or to where the line runs in a circle or ends in nothing."""
    found = [key]
    while (parent := nodes[found[-1]].parent) is not None and parent in nodes and parent not in found:
        found.append(parent)
    return found


def _problems(recipe: Composite) -> Iterator[Problem]:
    """What no part can see alone."""
    for level, parts in (("indicators", recipe.indicators), ("nodes", recipe.nodes)):
        for key, part in parts.items():
            yield from _parent_problems((level, key), part.parent, recipe)
    tops = [key for key, node in recipe.nodes.items() if node.parent is None]
    if len(tops) != 1:
        told = "none is" if not tops else f"{', '.join(tops)} are"
        yield ("nodes",), f"one node has no parent and is the index; {told} so"
    for key, node in recipe.nodes.items():
        yield from _node_problems(key, node, recipe)
    if recipe.classes:
        yield from class_problems(recipe.classes, (-math.inf, math.inf))


def _parent_problems(path: tuple[str, str], parent: str | None, recipe: Composite) -> Iterator[Problem]:
    level, key = path
    if parent is not None and parent not in recipe.nodes:
        yield (level, key, "parent"), f"no node {parent!r}; there are {', '.join(recipe.nodes)}"
    if level == "nodes" and key in recipe.indicators:
        yield path, f"id {key!r} is taken by indicators; choose another"
    if level == "nodes" and recipe.nodes[_line(key, recipe.nodes)[-1]].parent in recipe.nodes:
        yield (level, key, "parent"), "lies in a circle of nodes; let one of them be part of another"


def _node_problems(key: str, node: Group, recipe: Composite) -> Iterator[Problem]:
    weights = recipe.children_of(key)
    if not weights:
        yield ("nodes", key), "has no parts; add one or remove it"
    elif not sum(weights.values()) > 0:
        yield ("nodes", key), "none of its parts has a weight above 0"
    if node.method == "power" and node.exponent == 0:
        yield ("nodes", key, "exponent"), "a power mean needs another exponent; its limit at 0 is the geometric mean"
