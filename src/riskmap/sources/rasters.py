"""Rasters: any values by pixel. The grid itself sums counts and densities, and averages averages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from riskmap.errors import InputError
from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.layer import Layer
from riskmap.model.licence import UNSTATED, Licence
from riskmap.model.overlap import GROUPS
from riskmap.model.raw import Raw
from riskmap.sources.columns import Floats, received
from riskmap.sources.options import Given, checked
from riskmap.sources.pixels import check_sums, looked_over, survey
from riskmap.sources.rasters_href import Wanted, href_of, opened_as
from riskmap.sources.rasters_runs import read_runs
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.vectors import Box, areas_km2

_NOTHING = "no pixel has a value"
_NO_AREA = "its pixels have no area; give it its place with gdal_edit.py -a_ullr"


class _Options(Given):
    measure: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    unit: str = Field(min_length=1)
    theme: Literal["displacement", "conflict", "disaster", "population", "vulnerability", "protection"]
    kind: Literal["stock", "hazard", "exposure", "index"]
    spread: Literal["extensive", "intensive"]
    start: date
    end: date
    published: date | None = None
    band: int = Field(default=1, ge=1)
    nodata: tuple[float, ...] = ()
    scale: float = Field(default=1.0, gt=0)
    bbox: Box | None = None
    overlap: str | None = None
    licence: str = UNSTATED.id
    attribution: str = UNSTATED.attribution
    redistribute_raw: bool = False

    @model_validator(mode="after")
    def _fits(self) -> _Options:
        if self.end <= self.start:
            raise ValueError(f"end ({self.end}) is the first day after, so it must come after start ({self.start})")
        if self.spread == "intensive" and self.kind == "stock":
            raise ValueError("a stock is a number of something, which adds up over an area: it is extensive")
        if self.spread == "extensive" and self.kind in ("hazard", "index"):
            raise ValueError(f"a kind of {self.kind} does not add up over an area: it is intensive")
        if self.spread == "extensive" and self.bbox is not None:
            raise ValueError("bbox is for intensive rasters; the grid itself leaves out what lies in no cell")
        if self.overlap is not None and self.overlap not in GROUPS:
            raise ValueError(f"overlap is one of {', '.join(GROUPS)}, not {self.overlap!r}")
        return self


@dataclass(frozen=True)
class Averages:
    """What a raster of averages holds.

    Args:
        pixels: Pixels with a value.
        unknown: Pixels without.
        km2: Area of the former.
        lowest: Least value.
        highest: Greatest value.
        mean: Mean value by area.
    """

    pixels: int
    unknown: int
    km2: float
    lowest: float
    highest: float
    mean: float

    def in_words(self, unit: str) -> str:
        """As a note."""
        return (
            f"{self.pixels:,} pixels on {self.km2:,.0f} km2: {self.lowest:g} to {self.highest:g}, on average"
            f" {self.mean:.6g} {unit}; {self.unknown / (self.pixels + self.unknown):.1%} of the pixels are unknown"
        )


@dataclass(frozen=True)
class Rasters:
    """Any measure by pixel, as the case's options say.

    It is one record that names the raster. The unit of an extensive one says what pixels hold: numbers, or densities
    where it ends in `/km2`; the grid adds them up. Of an intensive one it takes the mean by area; pixels without a
    value are unknown and lower its coverage. A hazard is felt beyond its pixels, and so is a polygon for each row of
    pixels with one value.
    """

    name: str = "rasters"
    title: str = "Any raster of values by pixel"
    licence: Licence = UNSTATED
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(_Options.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.kind == "raster"

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one raster, which counts as one; a pure function of its bytes and the options.

        Options: `measure`, `unit` (after `scale`), `theme`, `kind` (`stock`, `hazard`, `exposure` or `index`),
        `spread`, `start` and `end` (days; `end` is the first day after), all required; `published` (a day); `band` (1);
        `nodata` (values that stand for none, beside the file's own); `scale` (factor on the values); `bbox` (of an
        intensive raster only the pixels that touch it); `overlap` (group in which others count the same); `licence`,
        `attribution`, `redistribute_raw`.

        Raises:
            InputError: The raster cannot be read, lies nowhere or elsewhere, is too large, holds integers that have
                overflowed, or an option is missing or wrong.
        """
        given = checked(_Options, raw, options)
        if given.spread == "extensive":
            return self._summed(raw, given)
        return self._outlined(raw, given) if given.kind == "hazard" else self._averaged(raw, given)

    def _summed(self, raw: Raw, given: _Options) -> Reading:
        """One record, which the grid sums pixel by pixel."""
        # The grid takes what is below zero as unknown by itself.
        href = href_of(raw, Wanted(given.band, [value for value in given.nodata if value >= 0], given.scale))
        sums, _ = survey(raw, *opened_as(href))
        density = given.unit.endswith("/km2")
        total = sums.weighted if density else sums.total
        told = f"{total:,.6g} {given.unit.removesuffix('/km2')} on {sums.km2:,.0f} km2, taken as "
        notes = [told + (f"a density ({given.unit})" if density else "numbers, pixel by pixel")]
        if sums.negative:
            notes.append(f"{sums.negative} negative pixels that are not nodata are unknown")
        return self._one(raw, given, href, notes)

    def _averaged(self, raw: Raw, given: _Options) -> Reading:
        """One record, which the grid averages pixel by pixel."""
        wanted = Wanted(given.band, given.nodata, box=given.bbox)
        sums, lattice, _ = looked_over(raw, *opened_as(href_of(raw, wanted)))
        if not sums.pixels:
            return Reading(Layer.empty(), 1, 0, {_NOTHING: 1}, {_NOTHING: (raw.name,)})
        check_sums(raw, sums)
        if not sums.km2 > 0:
            raise InputError(raw.name, _NO_AREA)
        low, high, mean = _scaled(raw, np.array([sums.lowest, sums.highest, sums.weighted / sums.km2]), given.scale)
        told = Averages(sums.pixels, lattice.width * lattice.height - sums.pixels, sums.km2, low, high, mean)
        return self._one(raw, given, href_of(raw, replace(wanted, scale=given.scale)), [told.in_words(given.unit)])

    def _one(self, raw: Raw, given: _Options, href: str, notes: list[str]) -> Reading:
        columns = self._columns(raw, given, [_name(raw, given)])
        return Reading(Layer.build(columns | {"value": None, "href": pa.array([href])}), 1, 1, notes=tuple(notes))

    def _outlined(self, raw: Raw, given: _Options) -> Reading:
        """A record for each row of pixels with one value."""
        runs = read_runs(raw, given.band, given.nodata, given.bbox)
        if not runs.pixels:
            return Reading(Layer.empty(), 1, 0, {_NOTHING: 1}, {_NOTHING: (raw.name,)})
        km2 = areas_km2(runs.shapes)
        if not km2.sum() > 0:
            raise InputError(raw.name, _NO_AREA)
        values = _scaled(raw, runs.values, given.scale)
        start = _name(raw, given)
        ids = [f"{start}/{row}/{column}" for row, column in zip(runs.row.tolist(), runs.column.tolist(), strict=True)]
        columns = self._columns(raw, given, ids)
        wkb = pa.array([shape.wkb for shape in runs.shapes], pa.binary())
        layer = Layer.build(columns | {"value": values, "geometry": wkb, "geo_precision": "exact"})
        mean = float((values * (km2 / km2.sum())).sum())
        told = Averages(runs.pixels, runs.unknown, float(km2.sum()), float(values.min()), float(values.max()), mean)
        return Reading(layer, 1, 1, notes=(told.in_words(given.unit),))

    def _columns(self, raw: Raw, given: _Options, ids: list[str]) -> dict[str, object]:
        """What all records have in common."""
        published = np.datetime64(given.published, "s")
        return {
            "record_id": pa.array(ids, pa.string()),
            "version": None if given.published is None else given.published.isoformat(),
            "source": self.name,
            "theme": given.theme,
            "measure": given.measure,
            "kind": given.kind,
            "spread": given.spread,
            "unit": given.unit,
            "start": np.full(len(ids), np.datetime64(given.start, "s")),
            "end": np.full(len(ids), np.datetime64(given.end, "s")),
            "published": np.full(len(ids), published),
            "retrieved": received(raw, len(ids)),
            "overlap_group": given.overlap,
            "licence": given.licence,
        }


def _name(raw: Raw, given: _Options) -> str:
    return f"{raw.name}#{given.band}/{given.start}"


def _scaled(raw: Raw, values: Floats, scale: float) -> Floats:
    """Values times a factor.

    Raises:
        InputError: They go beyond all numbers.
    """
    with np.errstate(over="ignore"):
        scaled = values * scale
    if not np.isfinite(scaled).all():
        raise InputError(raw.name, f"its values times {scale:g} go beyond all numbers; mend the option scale")
    return scaled
