"""A recipe of four indicators that fits on a page, and cubes written out by hand."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
import pytest

from riskmap.model.cube import Cube, Measure, Support
from riskmap.model.period import Period
from riskmap.score.recipe import Recipe, parse_recipe

SMALL = """
name = "small"
title = "Four indicators"
version = "1"
population = ["t:people", "u:people"]

[thresholds]
indicator = 0.5
component = 0.5
insufficient = 0.5
partial = 0.75

[aggregation]
component = "arithmetic"
dimension = "scaled_geometric"
index = "geometric"

[[classes]]
name = "low"
below = 5.0
[[classes]]
name = "high"

[dimensions.a]
label = "A"
weight = 1.0
[dimensions.b]
label = "B"
weight = 1.0

[components.a1]
dimension = "a"
label = "A1"
weight = 0.6
[components.a2]
dimension = "a"
label = "A2"
weight = 0.4
[components.b1]
dimension = "b"
label = "B1"
weight = 1.0

[indicators.x]
component = "a1"
label = "X"
unit = "points"
weight = 0.5
goalposts = [0, 10]
feeds = [{ measure = "t:x" }]
[indicators.y]
component = "a1"
label = "Y"
unit = "%"
weight = 0.5
direction = "-"
goalposts = [0, 100]
feeds = [{ measure = "t:y" }]
[indicators.z]
component = "a2"
label = "Z"
unit = "points"
weight = 1.0
goalposts = [0, 4]
feeds = [{ measure = "t:z" }]
[indicators.w]
component = "b1"
label = "W"
unit = "share"
weight = 1.0
goalposts = [0, 1]
feeds = [{ measure = "t:w" }]
"""

ONE = """
name = "one"
title = "One indicator"
version = "1"
population = ["t:people", "u:people"]
thresholds = { indicator = 0.5, component = 0.5, insufficient = 0.5, partial = 0.75 }
aggregation = { component = "arithmetic", dimension = "arithmetic", index = "arithmetic" }
classes = [{ name = "any" }]
dimensions = { a = { label = "A", weight = 1 } }
components = { a1 = { dimension = "a", label = "A1", weight = 1 } }

[indicators.x]
component = "a1"
label = "X"
unit = "points"
weight = 1
"""

Table = Sequence[Sequence[float | None]]


def measure_of(
    name: str, values: Table, coverage: object = None, support: object = 0, age_days: object = 0.0
) -> Measure:
    """A measure whose coverage, support and age are one for all places, or written out; None is a null."""
    known = np.array(values, dtype=float)
    told = np.broadcast_to(np.array(1.0 if coverage is None else coverage), known.shape)
    null = np.isnan(known)
    return Measure(
        name=name,
        values=known,
        coverage=np.where(null, 0, told).astype(np.float32),
        support=np.where(null, Support.NONE, np.broadcast_to(np.array(support), known.shape)).astype(np.int8),
        age_days=np.where(null, np.nan, np.broadcast_to(np.array(age_days), known.shape)).astype(np.float32),
        unit="",
        spread="intensive",
        licence="test",
    )


def cube_of(measures: Mapping[str, Table | Measure], first: date = date(2022, 1, 1), step: str = "month") -> Cube:
    """A cube of consecutive periods."""
    made = {name: one if isinstance(one, Measure) else measure_of(name, one) for name, one in measures.items()}
    count, cells = next(iter(made.values())).values.shape
    periods = [Period(first, step)]
    while len(periods) < count:
        periods.append(periods[-1].shift(1))
    return Cube(np.arange(cells, dtype=np.uint64) + 100, tuple(periods), made)


@pytest.fixture(scope="session")
def small_text() -> str:
    return SMALL


@pytest.fixture(scope="session")
def small() -> Recipe:
    return parse_recipe(SMALL, "small.toml")


@pytest.fixture(scope="session")
def one() -> Callable[[str], Recipe]:
    """A recipe of one indicator, the rest of whose lines the test writes."""
    return lambda rest: parse_recipe(ONE + rest, "one.toml")


@pytest.fixture(scope="session")
def measure() -> Callable[..., Measure]:
    return measure_of


@pytest.fixture(scope="session")
def cube() -> Callable[..., Cube]:
    return cube_of
