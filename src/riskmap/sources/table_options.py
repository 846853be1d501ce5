"""How a case says what a table holds: the options of the source `tables`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from riskmap.model.licence import UNSTATED
from riskmap.model.overlap import GROUPS
from riskmap.model.period import Step
from riskmap.sources.options import Given, Where


class MeasureOptions(Given):
    """One measure of a table.

    Args:
        column: Column of its numbers.
        count_distinct: In place of it: column whose different texts are counted for each place and start.
        filled: In place of it: column that gives 1 where it is filled and 0 where it is empty.
        unit: Unit after `scale`.
        kind: As in the layer schema, hazards excepted.
        spread: `extensive` adds up over an area, `intensive` is an average of it.
        theme: As in the layer schema.
        scale: Factor on the numbers, such as 100 for shares given as fractions.
        map: Text -> number; any other text is then refused, unless it stands for unknown.
        overlap: Group of `model.overlap` that it belongs to, where others count the same people or incidents.
    """

    column: str | None = None
    count_distinct: str | None = None
    filled: str | None = None
    unit: str
    kind: Literal["stock", "flow", "cumulative", "exposure", "index"]
    spread: Literal["extensive", "intensive"]
    theme: Literal["displacement", "conflict", "disaster", "population", "vulnerability", "protection"]
    scale: float = 1.0
    map: Mapping[str, float] = Field(default_factory=dict)
    overlap: str | None = None

    @property
    def of(self) -> str:
        """The column it is taken from, whichever way."""
        return self.column or self.count_distinct or self.filled or ""

    @model_validator(mode="after")
    def _one_way(self) -> MeasureOptions:
        if sum(way is not None for way in (self.column, self.count_distinct, self.filled)) != 1:
            raise ValueError("give exactly one of column, count_distinct and filled")
        if self.overlap is not None and self.overlap not in GROUPS:
            raise ValueError(f"overlap is one of {', '.join(GROUPS)}, not {self.overlap!r}")
        return self


class TableOptions(Given):
    """What a table holds and where.

    Args:
        records: Path to the list of a JSON file, such as `DataList` or `0.groups`.
        sheet: Sheet of a workbook.
        delimiter: Of a delimited file, where it cannot be told from its header.
        encoding: Of a delimited file that is not UTF-8.
        header_row: Row in which the names of the columns stand, where titles stand above it; the first of two.
        header_rows: 2 where merged cells above the names tell what several columns have in common.
        pcode: Column of place codes.
        place: Column of place names, in place of codes; or beside them, to guard codes that were used anew.
        place_parent: Column of the names one level up.
        level: Level of the places, or the column that holds it.
        where: Column -> value or values: only these rows.
        start: Column of first days.
        start_date: In place of it: first day of all rows.
        year: In place of both: column of years.
        end: Column of the first days after.
        end_date: In place of it: first day after, for all rows.
        step: In place of both: length from the start of each row.
        end_inclusive: True where `end` or `end_date` is the last day and not the first one after.
        date_format: Of the date columns, where it cannot be told from them.
        measures: By name.
        latest: True to keep only the newest known value of each place.
        sum: True to add up rows of one place and start, which otherwise must agree; a sum with an unknown part is
            unknown. `known` leaves unknown parts out, for tables whose empty cells mean that there was nothing to tell.
        licence: Licence id.
        attribution: Credit line.
        redistribute_raw: Whether rows may be passed on.
    """

    records: str | None = None
    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    header_row: int = Field(default=1, ge=1)
    header_rows: Literal[1, 2] = 1
    pcode: str | None = None
    place: str | None = None
    place_parent: str | None = None
    level: int | str
    where: Where = Field(default_factory=dict)
    start: str | None = None
    start_date: date | None = None
    year: str | None = None
    end: str | None = None
    end_date: date | None = None
    step: Step | None = None
    end_inclusive: bool = False
    date_format: str | None = None
    measures: Mapping[str, MeasureOptions] = Field(min_length=1)
    latest: bool = False
    sum: bool | Literal["known"] = False
    licence: str = UNSTATED.id
    attribution: str = ""
    redistribute_raw: bool = False

    @model_validator(mode="after")
    def _placed(self) -> TableOptions:
        if self.pcode is None and self.place is None:
            raise ValueError("give pcode or place or both, the columns that say where a row is")
        if isinstance(self.level, int) and not 0 <= self.level <= 5:
            raise ValueError(f"level is 0 to 5, or a column that holds it, not {self.level}")
        return self

    @model_validator(mode="after")
    def _dated(self) -> TableOptions:
        if sum(way is not None for way in (self.start, self.start_date, self.year)) != 1:
            raise ValueError("give exactly one of start (a column), start_date (a day) and year (a column)")
        ends = sum(way is not None for way in (self.end, self.end_date, self.step))
        if ends != (0 if self.year else 1):
            raise ValueError(
                "a column of years says its end itself"
                if self.year
                else "give exactly one of end (a column), end_date (a day) and step (such as month)"
            )
        return self
