"""The parts of a recipe, word for word as its TOML file writes them; each checks itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from riskmap.model.kernel import Kernel, Shape
from riskmap.score.lines import Problem

Direction = Literal["+", "-"]
Transform = Literal["none", "ln", "log1p"]
Combine = Literal["first", "max", "sum"]
Mean = Literal["arithmetic", "geometric", "scaled_geometric"]
Method = Literal[
    "arithmetic",
    "geometric",
    "harmonic",
    "power",
    "scaled_geometric",
    "maximum",
    "minimum",
    "copeland",
    "outranking",
]


def _ordered(posts: tuple[float, float]) -> tuple[float, float]:
    if posts[1] <= posts[0]:
        raise ValueError(
            f"[{posts[0]:g}, {posts[1]:g}] is inverted; the smaller one first, and direction = '-' where less is worse"
        )
    return posts


def _lasting(window: tuple[int, int]) -> tuple[int, int]:
    if window[1] <= window[0]:
        raise ValueError(f"[{window[0]}, {window[1]}] is an empty window of ages; the younger age first")
    return window


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Above = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Days = Annotated[int, Field(strict=True, ge=0)]
Goalposts = Annotated[tuple[Number, Number], AfterValidator(_ordered)]
Window = Annotated[tuple[Days, Days], AfterValidator(_lasting)]
Name = Annotated[str, Field(min_length=1)]
MeasureName = Annotated[str, Field(pattern=r"^[a-z0-9_]+:[a-z0-9_]+$")]

SCALE = (0.0, 10.0)
"""Best and worst score of every node."""

INDEX = "risk"
"""Id of the index itself among the nodes of its tree."""

COMPOSITE = "composite"
"""Kind of a recipe that scores tables of units; a recipe without a kind scores cells."""

HALF_LIVES = 4
"""Half-lives that a decayed sum over the cube's own periods looks back; what is older weighs less than 1/16."""

_LEAST_GOALPOST = {"none": -math.inf, "ln": 1.0, "log1p": 0.0}


class Part(BaseModel):
    """What all parts share: frozen, and no key that the grammar does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Thresholds(Part):
    """How much must be observed.

    Args:
        indicator: Least observed share of cell, period and look-back for a value to count.
        component: Least observed share of a component's weight for it to count.
        insufficient: Coverage below which there is no index.
        partial: Coverage below which the index is drawn as partial.
    """

    indicator: Share
    component: Share
    insufficient: Share
    partial: Share

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        if self.partial < self.insufficient:
            raise ValueError(f"partial ({self.partial:g}) lies below insufficient ({self.insufficient:g}); swap them")
        return self


class Aggregation(Part):
    """The mean used at each level.

    Args:
        component: Indicators into a component.
        dimension: Components into a dimension.
        index: Dimensions into the index.
        parents: The index of coarser cells: the `mean` of their cells by people, or `recomputed` from their measures.
    """

    component: Mean
    dimension: Mean
    index: Mean
    parents: Literal["mean", "recomputed"] = "mean"


class RiskClass(Part):
    """One class of the index.

    Args:
        name: What a person reads.
        below: Upper end, itself excluded; None for the last class.
    """

    name: Name
    below: Number | None = None


def class_problems(classes: Sequence[RiskClass], scale: tuple[float, float]) -> Iterator[Problem]:
    """What is wrong with classes as a whole: each where it stands in the recipe.

    Args:
        classes: Lowest first, one or more.
        scale: Best and worst value that they share out.
    """
    floor = scale[0]
    for index, step in enumerate(classes[:-1]):
        if step.below is None:
            yield ("classes", index), f"class {step.name!r} needs below; only the last class goes without"
        elif not floor < step.below < scale[1]:
            yield (
                ("classes", index, "below"),
                f"class {step.name!r} ends at {step.below:g}, outside ({floor:g}, {scale[1]:g}); order classes upwards",
            )
        floor = step.below or floor
    if classes[-1].below is not None:
        yield ("classes", len(classes) - 1, "below"), "the last class goes up to the end of the scale; remove below"
    names = [step.name for step in classes]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("classes", index, "name"), f"a second class {name!r}; give each its own name"


class Dimension(Part):
    """One dimension.

    Args:
        label: What a person reads.
        weight: Weight among the dimensions, in any unit.
    """

    label: Name
    weight: Above


class Component(Part):
    """One component.

    Args:
        dimension: Id of its dimension.
        label: What a person reads.
        weight: Share of its dimension's weight.
    """

    dimension: str
    label: Name
    weight: Above


class KernelTable(Part):
    """A kernel as written: a shape and length in space; in time either a half-life or a window.

    Args:
        shape: Decay in space.
        length_km: Its length.
        half_life_days: Decay in time, by halves.
        window_days: Youngest age included and the age that ends the window.
    """

    shape: Shape
    length_km: Above
    half_life_days: Above | None = None
    window_days: Window | None = None

    @model_validator(mode="after")
    def _one_time(self) -> KernelTable:
        if (self.half_life_days is None) == (self.window_days is None):
            raise ValueError("a kernel takes either half_life_days or window_days, and just one of them")
        return self

    @property
    def kernel(self) -> Kernel:
        """The kernel as the grid evaluates it."""
        return Kernel(self.shape, self.length_km, self.half_life_days, self.window_days)


class Feed(Part):
    """One measure that can give an indicator its values.

    Args:
        measure: `source:measure`.
        proxy: Where the measure only stands in for what is meant: for what, in plain words.
        direction: In place of the indicator's own.
        goalposts: In place of the indicator's own.
    """

    measure: MeasureName
    proxy: Name | None = None
    direction: Direction | None = None
    goalposts: Goalposts | None = None


class Indicator(Part):
    """One indicator.

    Args:
        component: Id of its component.
        label: What a person reads.
        unit: Unit of its values, after `per`, `times` and `transform`.
        weight: Share of its component's weight.
        goalposts: Values, before `transform`, at which the score reaches its two ends; the smaller one first.
        feeds: Where its values come from, in order of preference.
        direction: `+` where more is worse, `-` where more is better.
        kernel: How far and how long records are felt; None: as the cube holds the measure.
        slow_half_life_days: Half-life of feeds whose measure starts with `slow_`, in place of the kernel's.
        baseline_days: Window of ages against whose rate the kernel's own window is held, as a ratio.
        window_days: Sum over so many last days.
        half_life_days: Sum decayed by this half-life.
        per: What values are divided by.
        per_amount: Units of `per` that a value is told for, such as 1000 people.
        times: What values are multiplied by.
        transform: `ln` ln(max(x, 1)); `log1p` ln(1 + max(x, 0)).
        combine: `first` the first feed known in a cell; `max` the largest of all known; `sum` all of them added, where
            all that the case has are known there. Measures of one overlap group are never added.
    """

    component: str
    label: Name
    unit: Name
    weight: Above
    goalposts: Goalposts
    feeds: tuple[Feed, ...] = Field(min_length=1)
    direction: Direction = "+"
    kernel: KernelTable | None = None
    slow_half_life_days: Above | None = None
    baseline_days: Window | None = None
    window_days: Annotated[int, Field(strict=True, gt=0)] | None = None
    half_life_days: Above | None = None
    per: Literal["population"] | None = None
    per_amount: Above | None = None
    times: Literal["population"] | None = None
    transform: Transform = "none"
    combine: Combine = "first"

    @model_validator(mode="after")
    def _consistent(self) -> Indicator:
        self._check_time()
        self._check_amounts()
        self._check_feeds()
        return self

    def _check_time(self) -> None:
        ways = (self.kernel, self.window_days, self.half_life_days)
        if sum(way is not None for way in ways) > 1:
            raise ValueError("kernel, window_days and half_life_days exclude one another; keep one")
        if self.slow_half_life_days is not None and (self.kernel is None or self.kernel.half_life_days is None):
            raise ValueError("slow_half_life_days needs a kernel with half_life_days")
        if self.baseline_days is not None and (self.kernel is None or self.kernel.window_days is None):
            raise ValueError("baseline_days needs a kernel with window_days")

    def _check_amounts(self) -> None:
        if self.per and self.times:
            raise ValueError("per and times exclude one another; keep one")
        if self.per_amount is not None and not self.per:
            raise ValueError("per_amount needs per")

    def _check_feeds(self) -> None:
        names = [feed.measure for feed in self.feeds]
        if len(set(names)) < len(names):
            raise ValueError("a measure stands twice among the feeds; keep the first")
        if self.combine != "first" and any(feed.goalposts or feed.direction for feed in self.feeds):
            does = "adds" if self.combine == "sum" else "compares"
            raise ValueError(
                f"combine = {self.combine!r} {does} raw values: its feeds take no goalposts or direction of their own"
            )
        least = min(self.goalposts_of(feed)[0] for feed in self.feeds)
        if least < _LEAST_GOALPOST[self.transform]:
            raise ValueError(
                f"goalpost {least:g} is cut off by transform = {self.transform!r}; "
                f"give at least {_LEAST_GOALPOST[self.transform]:g}"
            )

    def goalposts_of(self, feed: Feed) -> tuple[float, float]:
        """Goalposts that hold for values of a feed, before the transform."""
        return feed.goalposts or self.goalposts

    def direction_of(self, feed: Feed) -> Direction:
        """Direction that holds for values of a feed."""
        return feed.direction or self.direction

    def kernels_of(self, feed: Feed) -> tuple[Kernel, ...]:
        """Kernels that a feed's measure is seen through: none, one, or a recent window and its baseline."""
        if self.kernel is None:
            return ()
        kernel = self.kernel.kernel
        if self.slow_half_life_days is not None and feed.measure.partition(":")[2].startswith("slow_"):
            return (replace(kernel, half_life_days=self.slow_half_life_days),)
        if self.baseline_days is not None:
            return (kernel, replace(kernel, window_days=self.baseline_days))
        return (kernel,)

    def memory_days(self) -> int:
        """Days of the cube's own periods that one value looks back over; 0 where it reads one period or a kernel."""
        if self.window_days is not None:
            return self.window_days
        return math.ceil(HALF_LIVES * self.half_life_days) if self.half_life_days is not None else 0
