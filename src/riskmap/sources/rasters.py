"""Rasters: any values by pixel. Counts and densities are summed on the grid, averages become polygons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
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
from riskmap.sources.pixels import Lattice, opened, survey
from riskmap.sources.rasters_runs import Runs, read_runs
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.vectors import Box, areas_km2

_NOTHING = "no pixel has a value"


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
class Rasters:
    """Any measure by pixel, as the case's options say.

    An extensive one is one record that names the raster, whose unit says what pixels hold: numbers, or densities where
    it ends in `/km2`. An intensive one is a polygon for each row of pixels with one value, which the grid averages by
    area; pixels without a value are unknown and lower its coverage.
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
        return self._summed(raw, given) if given.spread == "extensive" else self._averaged(raw, given)

    def _summed(self, raw: Raw, given: _Options) -> Reading:
        """One record, which the grid sums pixel by pixel."""
        href = _href(raw, given)
        sums, _ = survey(raw, href.partition("#band=")[0], 1 if href.startswith("<") else given.band)
        density = given.unit.endswith("/km2")
        total = sums.weighted if density else sums.total
        told = f"{total:,.6g} {given.unit.removesuffix('/km2')} on {sums.km2:,.0f} km2, taken as "
        notes = [told + (f"a density ({given.unit})" if density else "numbers, pixel by pixel")]
        if sums.negative:
            notes.append(f"{sums.negative} negative pixels that are not nodata are unknown")
        columns = self._columns(raw, given, [_name(raw, given)])
        return Reading(Layer.build(columns | {"value": None, "href": pa.array([href])}), 1, 1, notes=tuple(notes))

    def _averaged(self, raw: Raw, given: _Options) -> Reading:
        """A record for each row of pixels with one value."""
        runs = read_runs(raw, given.band, given.nodata, given.bbox)
        if not runs.pixels:
            return Reading(Layer.empty(), 1, 0, {_NOTHING: 1}, {_NOTHING: (raw.name,)})
        km2 = areas_km2(runs.shapes)
        if not km2.sum() > 0:
            raise InputError(raw.name, "its pixels have no area; give it its place with gdal_edit.py -a_ullr")
        values = _scaled(raw, runs.values, given.scale)
        start = _name(raw, given)
        ids = [f"{start}/{row}/{column}" for row, column in zip(runs.row.tolist(), runs.column.tolist(), strict=True)]
        columns = self._columns(raw, given, ids)
        wkb = pa.array([shape.wkb for shape in runs.shapes], pa.binary())
        layer = Layer.build(columns | {"value": values, "geometry": wkb, "geo_precision": "exact"})
        return Reading(layer, 1, 1, notes=(_average_told(runs, values, km2, given.unit),))

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


def _href(raw: Raw, given: _Options) -> str:
    """What the grid opens: the file itself, or GDAL's own description of it with other values for none and a factor.

    Raises:
        InputError: Several values of 0 and more stand for none, of which a description holds one.
    """
    path = raw.path.as_posix()
    with opened(raw, path, given.band) as raster:
        own = raster.nodatavals[given.band - 1]
        lattice = Lattice(
            "", raster.crs.to_wkt(), raster.width, raster.height, tuple(map(float, raster.transform.to_gdal()))
        )
    # The grid takes what is below zero as unknown by itself.
    none = sorted({value for value in given.nodata if value >= 0} - {own})
    if not none and given.scale == 1.0:
        return path + (f"#band={given.band}" if given.band > 1 else "")
    if own is not None and own >= 0:
        none.append(own)
    if len(none) > 1:
        told = ", ".join(f"{value:g}" for value in none)
        raise InputError(raw.name, f"{told} stand for none; write one of them into the file with gdal_calc.py")
    return _described(path, given, lattice, none[0] if none else own)


def _described(path: str, given: _Options, lattice: Lattice, none: float | None) -> str:
    nodata = "" if none is None else f"<NODATA>{none!r}</NODATA>"
    return (
        f'<VRTDataset rasterXSize="{lattice.width}" rasterYSize="{lattice.height}"><SRS>{escape(lattice.wkt)}</SRS>'
        f"<GeoTransform>{', '.join(map(repr, lattice.geotransform))}</GeoTransform>"
        '<VRTRasterBand dataType="Float64" band="1"><NoDataValue>nan</NoDataValue><ComplexSource>'
        f'<SourceFilename relativeToVRT="0">{escape(path)}</SourceFilename><SourceBand>{given.band}</SourceBand>'
        f"<ScaleOffset>0</ScaleOffset><ScaleRatio>{given.scale!r}</ScaleRatio>{nodata}"
        "</ComplexSource></VRTRasterBand></VRTDataset>"
    )


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


def _average_told(runs: Runs, values: Floats, km2: Floats, unit: str) -> str:
    mean = float((values * (km2 / km2.sum())).sum())
    share = runs.unknown / (runs.pixels + runs.unknown)
    return (
        f"{runs.pixels:,} pixels on {km2.sum():,.0f} km2: {values.min():g} to {values.max():g}, on average {mean:.6g}"
        f" {unit}; {share:.1%} of the pixels are unknown"
    )
