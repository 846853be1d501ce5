"""Flood extents as rasters: where water was seen, where none was, and where nobody could see.

A pixel that was not observed is not dry. So two kinds of record are given: the flooded area with the value 1 and the
area seen dry with the value 0; what lies in neither is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa
import shapely
from pydantic import Field

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources import flood_raster_fetch
from riskmap.sources.columns import received
from riskmap.sources.flood_raster_areas import Coding, Seen, look_over
from riskmap.sources.moments import moments
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.vectors import Box, areas_km2
from riskmap.sources.wire import Wire

_MEASURES = {"latest": "hazard_extent", "cumulative": "cumulative_flood_extent"}
_GFM = re.compile(r"ENSEMBLE_FLOOD_(?P<day>\d{8})T\d{6}_")
_NOTHING_SEEN = "no pixel was observed"

_LICENCE = Licence(
    id="Copernicus-GFM",
    attribution="Copernicus Emergency Management Service, Global Flood Monitoring (contains modified Copernicus data)",
    url="https://global-flood.emergency.copernicus.eu/legal/",
    raw=True,
    derived=True,
)
_ACCESS = Access("open", endpoints={"stac": "https://stac.eodc.eu/api/v1"}, hosts=("data.eodc.eu",), pace_s=0.5)


class _Options(Given):
    mode: Literal["latest", "cumulative"] | None = None
    start: date | None = None
    end: date | None = None
    published: date | None = None
    flooded: tuple[float, ...] = (1.0,)
    dry: tuple[float, ...] = (0.0,)
    nodata: tuple[float, ...] = (255.0,)
    band: int = Field(default=1, ge=1)
    observed_band: int | None = Field(default=None, ge=1)
    expect_bbox: Box | None = None
    licence: str = _LICENCE.id
    attribution: str = _LICENCE.attribution
    redistribute_raw: bool = _LICENCE.raw


@dataclass(frozen=True)
class _Scene:
    """What one raster shows of which days.

    Args:
        id: Of the observation.
        measure: By its mode.
        start: First day.
        end: First day after.
        published: When it was given out, as text; empty where not told.
    """

    id: str
    measure: str
    start: date
    end: date
    published: str


@dataclass(frozen=True)
class FloodRaster:
    """Floods by pixel, such as those of Copernicus GFM.

    Measures: `hazard_extent` of what was seen at one time (mode `latest`), or `cumulative_flood_extent` of what was
    flooded at some time of a span (mode `cumulative`), which is another question; 1 inside flooded areas, 0 inside
    areas seen dry, nothing where nobody could see.
    """

    name: str = "flood_raster"
    title: str = "Copernicus GFM or any other flood extent raster"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's: rasters tell it by their name alone."""
        return sight.kind == "raster" and "flood" in sight.name.casefold()

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """The flood extents of Copernicus GFM of a country's box (option `bbox`) and span; the wire keeps each.

        Raises:
            FetchError: The provider did not give them, or no country is named.
        """
        flood_raster_fetch.fetch(asked, wire)

    def check(self, wire: Wire) -> None:
        """One small request, for the description of the collection.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        flood_raster_fetch.check(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one raster, which counts as one; a pure function of its bytes, labels and options.

        Options: `mode` (`latest` or `cumulative`), `start` and `end` (days; `end` is the first day after), all of which
        a GFM file under its own name tells itself; `published` (a day); `flooded`, `dry` and `nodata` (values, of
        which the file's own nodata is one; 1, 0 and 255 where not given); `band`; `observed_band` (of a mask, 0 where
        nobody could see); `expect_bbox`; `licence`, `attribution`, `redistribute_raw`.

        Raises:
            InputError: The raster cannot be read, holds other values, lies elsewhere, or an option is missing or wrong.
        """
        given = checked(_Options, raw, options)
        scene = _scene(raw, given)
        coding = Coding(given.flooded, given.dry, given.nodata, given.band, given.observed_band)
        seen = look_over(raw, coding, given.expect_bbox)
        if seen.is_blind:
            quarantined = {_NOTHING_SEEN: 1}
            return Reading(Layer.empty(), 1, 0, quarantined, {_NOTHING_SEEN: (raw.name,)}, seen.notes)
        shapes = {f"{scene.id}/flooded": (1.0, seen.flooded)}
        shapes |= {f"{scene.id}/dry/{name}": (0.0, shape) for name, shape in seen.dry.items()}
        layer = self._layer(raw, scene, shapes, given.licence)
        return Reading(layer, 1, 1, notes=(*seen.notes, *_notes(seen)))

    def _layer(
        self, raw: Raw, scene: _Scene, shapes: Mapping[str, tuple[float, shapely.Geometry | None]], licence: str
    ) -> Layer:
        """A record for each area; those that this state of the raster lacks are withdrawn, lest an older one stand."""
        wkb = [None if shape is None else shape.wkb for _, shape in shapes.values()]
        return Layer.build(
            {
                "record_id": pa.array(shapes, pa.string()),
                "event_id": scene.id,
                "version": scene.published or None,
                "source": self.name,
                "theme": "disaster",
                "measure": scene.measure,
                "kind": "hazard",
                "spread": "intensive",
                "value": pa.array([value for value, _ in shapes.values()]),
                "unit": "share of cell",
                "start": np.full(len(shapes), np.datetime64(scene.start, "s")),
                "end": np.full(len(shapes), np.datetime64(scene.end, "s")),
                "published": np.repeat(moments([scene.published]), len(shapes)),
                "retrieved": received(raw, len(shapes)),
                "geometry": pa.array(wkb, pa.binary()),
                "geo_precision": "exact",
                "withdrawn": pa.array([one is None for one in wkb]),
                "overlap_group": "hazard-areas",
                "licence": licence,
            }
        )


def _scene(raw: Raw, given: _Options) -> _Scene:
    """What the options say of a raster, or else its labels, or else its name.

    Raises:
        InputError: None of them says what is needed.
    """
    told = _day_told(raw)
    mode = given.mode or ("latest" if told else None)
    if mode is None:
        raise InputError(
            raw.name,
            "option mode is missing: 'latest' where the file shows what was seen at one time, 'cumulative' where it"
            " shows all that was flooded at some time of a span",
        )
    start = given.start or told
    if start is None or (mode == "cumulative" and given.end is None):
        raise InputError(raw.name, f"option {'end' if start else 'start'} is missing: the file does not say its days")
    end = given.end or start + timedelta(days=1)
    if end <= start:
        raise InputError(raw.name, f"end ({end}) is the first day after, so it must come after start ({start})")
    published = given.published.isoformat() if given.published else raw.labels.get("published", "")
    return _Scene(raw.labels.get("item", "") or raw.path.stem, _MEASURES[mode], start, end, published)


def _day_told(raw: Raw) -> date | None:
    """The day that the labels of a file tell, or else its name; None where neither does."""
    named = _GFM.search(raw.path.name)
    try:
        return date.fromisoformat(raw.labels.get("start", "")[:10] or (named["day"] if named else ""))
    except ValueError:
        return None


def _notes(seen: Seen) -> Iterator[str]:
    dry = np.array([shape for shape in seen.dry.values() if shape is not None], dtype=object)
    wet = areas_km2(np.array([seen.flooded], dtype=object))[0]
    dried = areas_km2(dry).sum()
    yield f"{wet:,.2f} km2 flooded, {dried:,.2f} km2 seen dry, {seen.unseen:.1%} of the pixels not observed"
