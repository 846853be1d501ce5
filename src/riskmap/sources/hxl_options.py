"""What the tags of a table do not tell: the options of the source `hxl`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from riskmap.model.licence import UNSTATED
from riskmap.model.period import Step
from riskmap.sources.options import Given, Where


class HxlMeasure(Given):
    """One measure of a tagged table.

    Args:
        tag: Of its column, such as `#affected+idps`, or the name of the column.
        count_distinct: In place of it: tag of the column whose different texts are counted.
        unit: As in `MeasureOptions`, like all that follow.
        kind: Likewise.
        spread: Likewise.
        theme: Likewise.
        scale: Likewise.
        map: Likewise.
        overlap: Likewise.
    """

    tag: str | None = None
    count_distinct: str | None = None
    unit: str
    kind: str
    spread: str
    theme: str
    scale: float = 1.0
    map: Mapping[str, float] = Field(default_factory=dict)
    overlap: str | None = None


class HxlOptions(Given):
    """What the tags of a table do not tell.

    Args:
        sheet: Sheet of a workbook.
        delimiter: Of a delimited file, where it cannot be told from its header.
        encoding: Of a delimited file that is not UTF-8.
        header_row: Row in which the names of the columns stand, right above the tags.
        header_rows: 2 where merged cells stand above the names.
        level: Level of the places; the finest that the tags tell where not given.
        where: Tag or column -> value or values: only these rows.
        start: Tag or column of first days; the date that the tags tell where not given.
        start_date: In place of it: first day of all rows.
        end: Tag or column of first days after.
        end_date: In place of it: first day after, for all rows.
        step: In place of both: length from the start of each row.
        end_inclusive: True where `end` or `end_date` is the last day and not the first one after.
        date_format: Of the date columns, where it cannot be told from them.
        measures: By name; those that the tags tell where not given.
        latest: True to keep only the newest known value of each place.
        sum: True to add up rows of one place and start, which otherwise must agree; `known` leaves unknown ones out.
        licence: Licence id.
        attribution: Credit line.
        redistribute_raw: Whether rows may be passed on.
    """

    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    header_row: int = Field(default=1, ge=1)
    header_rows: Literal[1, 2] = 1
    level: int | None = None
    where: Where = Field(default_factory=dict)
    start: str | None = None
    start_date: date | None = None
    end: str | None = None
    end_date: date | None = None
    step: Step | None = None
    end_inclusive: bool = False
    date_format: str | None = None
    measures: Mapping[str, HxlMeasure] = Field(default_factory=dict)
    latest: bool = False
    sum: bool | Literal["known"] = False
    licence: str = UNSTATED.id
    attribution: str = ""
    redistribute_raw: bool = False
