"""Cases: what to build, from one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from riskmap.errors import CaseError
from riskmap.model.period import Period, Step, period_range

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Boundary(BaseModel):
    """One boundary file of an area.

    Args:
        level: Administrative level of its features.
        path: File, relative to the inputs folder; empty where `vault`.
        vault: Source of boundaries, such as `cod_ab`, whose newest fetched file is taken in place of a path.
        options: Which columns hold code, name and parent, where they cannot be told from the file.
        licence: Licence id, where the file's own provider cannot be told or says otherwise.
        attribution: Credit line, likewise.
    """

    model_config = _STRICT

    level: int = Field(ge=0, le=5)
    path: str = ""
    vault: str = ""
    options: Mapping[str, Any] = {}
    licence: str = ""
    attribution: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> Boundary:
        if bool(self.path) == bool(self.vault):
            raise ValueError("give either path, the file, or vault, the source that it was fetched from")
        return self


class CrosswalkFile(BaseModel):
    """One table of codes and names of other boundaries and what they are in ours.

    Args:
        path: File, relative to the inputs folder.
    """

    model_config = _STRICT

    path: str


class CaseInput(BaseModel):
    """One input of a case.

    Args:
        source: Registry name of its source.
        path: File or glob, relative to the inputs folder; empty where `vault`.
        vault: True to take what `riskmap fetch` brought for the area in place of files.
        received: When the files were received, one day for all or by file name; without it they count as known when
            their records say they were published.
        options: Passed to the source's `read`.
        observed: First and last day over which the input lists everything that happened in the area, so that
            absence is an observed zero; None where absence means unknown.
        valid_days: How long a stock or an index stays in force after its start, where its source does not say;
            None: until its end.
        timeless: True where the values are taken as constant over the case's periods although dated otherwise.
        keep_private: True where nothing that is made of the input may be exported, or served beyond this machine.
        aliases: Place names as the input writes them -> names as the boundaries write them.
        assumed: Those of the aliases that are assumed rather than known.
    """

    model_config = _STRICT

    source: str
    path: str = ""
    vault: bool = False
    received: date | Mapping[str, date] | None = None
    options: Mapping[str, Any] = {}
    observed: tuple[date, date] | None = None
    valid_days: int | None = Field(default=None, gt=0)
    timeless: bool = False
    keep_private: bool = False
    aliases: Mapping[str, str] = {}
    assumed: frozenset[str] = frozenset()

    def received_on(self, name: str) -> date | None:
        """The day on which a file of that name was received; None where that is not told."""
        return self.received.get(name) if isinstance(self.received, Mapping) else self.received

    @model_validator(mode="after")
    def _consistent(self) -> CaseInput:
        if bool(self.path) == self.vault:
            raise ValueError("give either path, the files, or vault = true for what was fetched")
        if self.vault and self.received is not None:
            raise ValueError("the vault knows itself when things were received; remove received")
        if self.observed and self.observed[1] < self.observed[0]:
            raise ValueError(f"observed ends ({self.observed[1]}) before it starts ({self.observed[0]})")
        strange = self.assumed - set(self.aliases)
        if strange:
            raise ValueError(f"assumed names {sorted(strange)} are not among the aliases")
        return self


class Case(BaseModel):
    """Area, resolution, periods, recipe and inputs of one build.

    Args:
        name: Stable short name; the file's stem.
        title: What a person reads.
        iso3: Country code (ISO 3166-1 alpha-3) of level 0; empty for an area by `bbox`.
        boundaries: Boundary files, coarse to fine; empty for an area by `bbox`.
        bbox: West, south, east, north in degrees; None for an area by boundaries.
        resolution: H3 resolution, 3 to 9.
        periods: Consecutive periods.
        recipe: Name of a recipe, or path of its TOML file.
        inputs: In the order of the file.
        pcode_level: Finest level that values known only by code may be spread over.
        synthetic: True for an invented place; said on every map and export.
        crosswalks: Files of crosswalks, relative to the inputs folder.
    """

    model_config = _STRICT

    name: str
    title: str
    iso3: str
    boundaries: tuple[Boundary, ...]
    bbox: tuple[float, float, float, float] | None
    resolution: int
    periods: tuple[Period, ...]
    recipe: str
    inputs: tuple[CaseInput, ...]
    pcode_level: int
    synthetic: bool
    crosswalks: tuple[str, ...] = ()


class _AreaTable(BaseModel):
    model_config = _STRICT

    iso3: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    boundaries: tuple[Boundary, ...] = ()
    crosswalks: tuple[CrosswalkFile, ...] = ()
    bbox: tuple[float, float, float, float] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> _AreaTable:
        if bool(self.boundaries) == (self.bbox is not None):
            raise ValueError("give the area either by [[area.boundaries]] or by bbox")
        if self.boundaries and not self.iso3:
            raise ValueError("an area by boundaries needs its iso3")
        if len({boundary.level for boundary in self.boundaries}) < len(self.boundaries):
            raise ValueError("two boundary files of one level")
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise ValueError("bbox is west, south, east, north in degrees, west < east and south < north")
        return self


class _PeriodsTable(BaseModel):
    model_config = _STRICT

    start: str | date
    end: str | date
    step: Step = "month"

    @field_validator("start", "end")
    @classmethod
    def _as_day(cls, value: str | date) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(f"{value}-01" if len(value) == len("2022-01") else value)
        except ValueError:
            raise ValueError(f"{value!r} is not a day (2022-01-31) or a month (2022-01)") from None


class _CaseTable(BaseModel):
    model_config = _STRICT

    title: str
    synthetic: bool = False
    resolution: int = Field(ge=3, le=9)
    recipe: str = "trafficking"
    pcode_level: Literal[0, 1, 2, 3, 4, 5] = 2
    area: _AreaTable
    periods: _PeriodsTable
    inputs: tuple[CaseInput, ...] = Field(min_length=1)


def parse_case(text: str, name: str, resolution: int | None = None) -> Case:
    """The case that a TOML text describes.

    Args:
        text: Content of the case file.
        name: Its stem, used in messages and as the case's name.
        resolution: Takes the place of the file's own resolution where given.

    Raises:
        CaseError: One problem, with the key it stands under: not TOML, an unknown key, a missing one, a value out of
            range, periods that end before they start.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"case {name}: not valid TOML: {error}") from error
    if resolution is not None:
        content["resolution"] = resolution
    try:
        table = _CaseTable.model_validate(content)
        periods = period_range(_day(table.periods.start), _day(table.periods.end), table.periods.step)
    except ValidationError as error:
        raise CaseError(f"case {name}: {_first(error)}") from error
    except CaseError as error:
        raise CaseError(f"case {name}: {error}") from error
    return Case(
        name=name,
        title=table.title,
        iso3=table.area.iso3,
        boundaries=tuple(sorted(table.area.boundaries, key=lambda boundary: boundary.level)),
        bbox=table.area.bbox,
        resolution=table.resolution,
        periods=periods,
        recipe=table.recipe,
        inputs=table.inputs,
        pcode_level=table.pcode_level,
        synthetic=table.synthetic,
        crosswalks=tuple(one.path for one in table.area.crosswalks),
    )


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _first(error: ValidationError) -> str:
    """The first problem in words: where, what, and what may stand there."""
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {where}; remove it or mend its spelling"
    if problem["type"] == "missing":
        return f"{where} is missing"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"
