"""Hazard areas: any file of polygons that shows where a hazard was, such as a flood extent seen by satellite."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from pydantic import Field, model_validator

from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.licence import UNSTATED, Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Quarantine, Table, layer_of, received
from riskmap.sources.options import Given, Where, checked, matching
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.vectors import Box, Features, areas_km2, is_areal, read_features

MEASURES = {"rapid": "hazard_extent", "slow": "slow_hazard_extent"}


class _Options(Given):
    hazard: Literal["rapid", "slow"]
    where: Where = Field(default_factory=dict)
    start: date | None = None
    end: date | None = None
    start_column: str | None = None
    end_column: str | None = None
    date_format: str | None = None
    published: date | None = None
    crs: str | None = None
    layer: str | None = None
    expect_bbox: Box | None = None
    licence: str = UNSTATED.id
    attribution: str = UNSTATED.attribution
    redistribute_raw: bool = False

    @model_validator(mode="after")
    def _dated(self) -> _Options:
        for name in ("start", "end"):
            if (getattr(self, name) is None) == (getattr(self, f"{name}_column") is None):
                raise ValueError(f"give either {name} (a day, such as 2023-03-27) or {name}_column")
        if self.start and self.end and self.end <= self.start:
            raise ValueError(f"end ({self.end}) is the first day after, so it must come after start ({self.start})")
        return self


@dataclass(frozen=True)
class HazardAreas:
    """Polygons of one hazard, each in force from its start to the day before its end.

    Measures: `hazard_extent` or, of a slow hazard such as drought, `slow_hazard_extent`; value 1 inside.
    """

    name: str = "hazard_areas"
    title: str = "Areas under a hazard: any polygon file"
    licence: Licence = UNSTATED
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(_Options.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.kind in {"shapefile", "geopackage", "flatgeobuf", "parquet"} or "features" in sight.keys

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file; a pure function of its bytes and the options.

        Options: `hazard` (`rapid` or `slow`, required); `where` (attribute -> value or values: only these features);
        `start` and `end` (days; `end` is the first day after) or `start_column` and `end_column`, with `date_format`;
        `published` (the day on which the file was given out, where that is known); `crs`, `layer`, `expect_bbox`;
        `licence`, `attribution`, `redistribute_raw`.

        Raises:
            InputError: The file cannot be read, no feature matches, or an option is missing or wrong.
        """
        given = checked(_Options, raw, options)
        found = read_features(raw, given.crs, given.layer, given.expect_bbox)
        chosen = matching(found.table, given.where)
        features = found.where(chosen)
        quarantine = features.quarantine()
        quarantine.refuse(~is_areal(features.shapes), "not a polygon")
        start, end = _span(features.table, quarantine, given)
        columns = {
            "record_id": _ids(features, start, end),
            "source": self.name,
            "theme": "disaster",
            "measure": MEASURES[given.hazard],
            "kind": "hazard",
            "spread": "intensive",
            "value": 1.0,
            "unit": "share of cell",
            "start": start,
            "end": end,
            "published": np.full(len(features), np.datetime64(given.published, "D")),
            "retrieved": received(raw, len(features)),
            "geometry": pa.array(shapely.to_wkb(features.shapes), pa.binary()),
            "geo_precision": "exact",
            "overlap_group": "hazard-areas",
            "licence": given.licence,
        }
        layer = layer_of(columns, quarantine.kept)
        return quarantine.reading(layer, _areas_told(found, chosen, quarantine))


def _span(table: Table, quarantine: Quarantine, given: _Options) -> tuple[Days, Days]:
    """First day and first day after of every feature, shape (features,) each."""
    columns = [column for column in (given.start_column, given.end_column) if column is not None]
    chosen = table.date_format(*columns, given=given.date_format) if columns else ""

    def days(fixed: date | None, column: str | None) -> Days:
        if column is not None:
            return quarantine.days(chosen, column)
        return np.full(len(table), np.datetime64(fixed, "D"))

    start, end = days(given.start, given.start_column), days(given.end, given.end_column)
    quarantine.refuse(end <= start, "ends before it starts")
    return start, np.maximum(start, end)


def _ids(features: Features, start: Days, end: Days) -> pa.Array:
    """Ids by content, so that a polygon that comes twice is one record."""
    shapes: npt.NDArray[np.object_] = shapely.to_wkb(shapely.normalize(features.shapes))
    texts = (
        hashlib.sha256((shape or b"") + f"{first}/{after}".encode()).hexdigest()[:24]
        for shape, first, after in zip(shapes, start, end, strict=True)
    )
    return pa.array(texts, pa.string())


def _areas_told(found: Features, chosen: npt.NDArray[np.bool_], quarantine: Quarantine) -> tuple[str, ...]:
    km2 = areas_km2(found.shapes)
    kept = f"{int(quarantine.kept.sum())} polygons of together {km2[chosen][quarantine.kept].sum():,.1f} km2 kept"
    out = f"{int((~chosen).sum())} of {km2[~chosen].sum():,.1f} km2 left out by where"
    return (kept,) if chosen.all() else (f"{kept}; {out}",)
