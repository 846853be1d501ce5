"""Spread: how far what a recipe takes as given may be off, word for word as its TOML file writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, cast

from pydantic import Field

from riskmap.model.cube import Support
from riskmap.score.parts import Mean, Name, Part

Deviation = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=2)]
Below = Annotated[float, Field(strict=True, ge=0, lt=0.5)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=1 << 63)]
Draws = Annotated[int, Field(strict=True, ge=20, le=10_000)]
Choices = Annotated[tuple[Mean, ...], Field(min_length=1)]

MEANS: tuple[Mean, ...] = ("arithmetic", "scaled_geometric", "geometric")
"""Means that a level may be taken with where the recipe does not say."""


class ErrorTable(Part):
    """Relative standard errors of values, by the size of the place that they were known for.

    Args:
        cell: Known for the cell itself.
        near: Known for a place nearby.
        adm2: Known for the district.
        adm1: Known for the region.
        country: Known for the country.
    """

    cell: Deviation = 0.10
    near: Deviation = 0.15
    adm2: Deviation = 0.20
    adm1: Deviation = 0.30
    country: Deviation = 0.40


class MeanTable(Part):
    """Means that each level is drawn from, all alike likely.

    The geometric mean of a level that the recipe takes otherwise is that of scores on a scale of 1 to 10, lest one zero
    make all of it zero.

    Args:
        component: Indicators into a component.
        dimension: Components into a dimension.
        index: Dimensions into the index.
    """

    component: Choices = MEANS
    dimension: Choices = MEANS
    index: Choices = MEANS


class Uncertainty(Part):
    """How much each thing that an index rests on is varied, and how often.

    Args:
        seed: Of all that is drawn.
        draws: How many draws each interval stands on.
        error: Errors of values.
        kernel: Relative standard error of what is seen through a kernel, beside that of the values: what other lengths
            and half-lives would give.
        imputation: Whether what is missing is drawn; else it is left out, as in the index itself.
        goalposts: Each goalpost is moved by up to this share of the distance between the two.
        weights: Each weight is taken up to this share smaller or larger.
        means: The means of the three levels.
        high: Name of the lowest class that counts as high; where not said, the one called so, else the last.
    """

    seed: Seed = 1
    draws: Draws = 128
    error: ErrorTable = ErrorTable()
    kernel: Deviation = 0.45
    imputation: bool = True
    goalposts: Below = 0.10
    weights: Below = 0.25
    means: MeanTable = MeanTable()
    high: Name | None = None

    def errors(self) -> Mapping[int, float]:
        """Relative standard error by `Support` code."""
        return {code: cast("float", getattr(self.error, code.name.lower())) for code in Support if code != Support.NONE}
