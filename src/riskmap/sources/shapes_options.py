"""How a case says what a file of shapes holds: the options of the source `shapes`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from riskmap.model.licence import UNSTATED
from riskmap.sources.options import Given, Where
from riskmap.sources.table_options import MeasureOptions
from riskmap.sources.vectors import Box


class ShapesOptions(Given):
    """What a file of shapes holds, and when.

    Args:
        measures: By name, as for tables; each takes a `column` of numbers, or `filled`, a column that gives 1 where it
            is filled.
        where: Attribute -> value or values: only these features.
        id: Attribute that tells features apart; their content does where None.
        start: Attribute with the first day.
        start_date: In place of it: first day of all features.
        end: Attribute with the first day after.
        end_date: In place of it: first day after, of all features.
        days: In place of both: number of days from the start of each feature.
        date_format: Of the attributes with days, where it cannot be told from them.
        published: Day on which the file was given out, where that is known.
        point_precision: How exactly points are placed, as in the layer schema.
        crs: Coordinate system of the file, where it names none, or a wrong one.
        layer: Layer of the file, where it has several.
        expect_bbox: West, south, east, north in degrees, of which the shapes should lie somewhere inside.
        licence: Licence id.
        attribution: Credit line.
        redistribute_raw: Whether features may be passed on.
    """

    measures: Mapping[str, MeasureOptions] = Field(min_length=1)
    where: Where = Field(default_factory=dict)
    id: str | None = None
    start: str | None = None
    start_date: date | None = None
    end: str | None = None
    end_date: date | None = None
    days: int | None = Field(default=None, ge=1)
    date_format: str | None = None
    published: date | None = None
    point_precision: Literal["exact", "near", "adm2", "adm1", "country"] = "near"
    crs: str | None = None
    layer: str | None = None
    expect_bbox: Box | None = None
    licence: str = UNSTATED.id
    attribution: str = ""
    redistribute_raw: bool = False

    @model_validator(mode="after")
    def _sensible(self) -> ShapesOptions:
        if (self.start is None) == (self.start_date is None):
            raise ValueError("give either start (an attribute) or start_date (a day)")
        if sum(way is not None for way in (self.end, self.end_date, self.days)) != 1:
            raise ValueError("give exactly one of end (an attribute), end_date (a day) and days (a number of days)")
        if any(measure.count_distinct for measure in self.measures.values()):
            raise ValueError("count_distinct is for tables: a feature stands for itself alone")
        return self
