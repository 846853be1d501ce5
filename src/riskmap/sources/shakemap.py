"""ShakeMap: how strongly the ground shook, as the grid that the US Geological Survey computes for an earthquake.

A map comes in many versions, first made by machines and later by people. Each stands wholly in place of the one
before: every band of intensity is told by every version, and one that a version lacks is taken back by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from pydantic import Field
from rasterio import features

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import received
from riskmap.sources.options import Given, checked
from riskmap.sources.shakemap_fetch import check_maps, fetch_maps
from riskmap.sources.shakemap_grids import Facts, Shaking, read_map
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.usgs_query import ENDPOINT
from riskmap.sources.vectors import areas_km2, wrapped
from riskmap.sources.wire import Wire

_WEAKEST_MMI = 4.0
_TOP_MMI = 10.0
_STEP_MMI = 0.5
_DAMAGING_MMI = 6.0
_LADDER = tuple(float(low) for low in np.arange(_WEAKEST_MMI, _TOP_MMI + _STEP_MMI, _STEP_MMI))

_ACCESS = Access(
    "open",
    endpoints={"query": ENDPOINT, "detail": "https://earthquake.usgs.gov/earthquakes/feed/v1.0/detail"},
    hosts=("earthquake.usgs.gov",),
    pace_s=0.6,
)
_LICENCE = Licence(
    id="US-PD",
    attribution="U.S. Geological Survey, ShakeMap",
    url="https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits",
    raw=True,
    derived=True,
)


class _Options(Given):
    active_days: int = Field(default=30, gt=0)
    scenario: bool = False


@dataclass(frozen=True)
class _Part:
    """One band of intensity, or the area that was damaged.

    Args:
        record_id: Of its record.
        low: Lower end of the band; None for the damaged area.
        shape: Where it is; None where this version has none, and takes back what an earlier one had.
    """

    record_id: str
    low: float | None
    shape: shapely.Geometry | None

    @property
    def damaged(self) -> bool:
        """Whether it is the damaged area."""
        return self.low is None

    @property
    def values(self) -> tuple[float | None, float | None, float | None]:
        """Value, low and high."""
        if self.shape is None:
            return None, None, None
        return (1.0, 1.0, 1.0) if self.low is None else (self.low + _STEP_MMI / 2, self.low, self.low + _STEP_MMI)


@dataclass(frozen=True)
class ShakeMap:
    """Shaking of one earthquake.

    Measures: `shaking_mmi`, Modified Mercalli Intensity from 4 on, as areas of half a unit each with the middle of its
    band (10 and more as one); `hazard_extent`, value 1 where it is 6 (damaging) and more.
    """

    name: str = "shakemap"
    title: str = "USGS ShakeMap: shaking of one earthquake"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        zipped = sight.kind == "gzip" and sight.name.endswith("grid.xml.gz")
        return zipped or sight.tag == "shakemap_grid" or {"domain", "parameters", "ranges"} <= sight.keys

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the newest map of every earthquake of magnitude 5 and more, in or near the box of an area.

        What a later fetch no longer brings was deleted, or belongs to an earthquake that was.

        Raises:
            FetchError: The provider did not give it.
        """
        fetch_maps(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for one earthquake with a map.

        Raises:
            FetchError: USGS does not answer as expected.
        """
        check_maps(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one `grid.xml`, gzipped or not, or coverage, which counts as one.

        A pure function of its bytes, the options, and what was told with it: a coverage does not say whose it is.

        Options: `active_days`, for how long the shaking counts as a hazard (30); `scenario`, true to accept an
        earthquake that did not happen.

        Raises:
            InputError: The file is no ShakeMap grid, is cut short, is a scenario, or an option is wrong.
        """
        given = checked(_Options, raw, options)
        facts, shaking = read_map(raw)
        if facts.scenario and not given.scenario:
            raise InputError(raw.name, "is a scenario, no earthquake that happened; option scenario = true accepts it")
        bands = _bands(shaking)
        layer = self._layer(raw, facts, _version(facts, shaking), _parts(facts, bands), given.active_days)
        return Reading(layer, 1, 1, notes=_notes(shaking, bands))

    def _layer(self, raw: Raw, facts: Facts, version: str, parts: Sequence[_Part], active_days: int) -> Layer:
        count = len(parts)
        return Layer.build(
            {
                "record_id": [part.record_id for part in parts],
                "event_id": facts.event,
                "version": version,
                "source": self.name,
                "theme": "disaster",
                "measure": ["hazard_extent" if part.damaged else "shaking_mmi" for part in parts],
                "kind": ["hazard" if part.damaged else "index" for part in parts],
                "spread": "intensive",
                "value": [part.values[0] for part in parts],
                "low": [part.values[1] for part in parts],
                "high": [part.values[2] for part in parts],
                "unit": ["share of cell" if part.damaged else "MMI" for part in parts],
                "start": _seconds(facts.day, count),
                "end": _seconds(facts.day + np.timedelta64(active_days, "D"), count),
                "published": None if facts.published is None else _seconds(facts.published, count),
                "retrieved": received(raw, count),
                "geometry": pa.array([shapely.to_wkb(part.shape) for part in parts], pa.binary()),
                "geo_precision": ["none" if part.shape is None else "exact" for part in parts],
                "preliminary": not facts.final,
                "withdrawn": [part.shape is None for part in parts],
                "overlap_group": ["hazard-areas" if part.damaged else None for part in parts],
                "licence": self.licence.id,
            }
        )


def _parts(facts: Facts, bands: Mapping[float, shapely.Geometry]) -> list[_Part]:
    """Every band of the ladder, and the damaged area, under each id that the earthquake has.

    What is not there is taken back, and so is everything under an id other than the first.
    """
    damaging = [shape for low, shape in bands.items() if low >= _DAMAGING_MMI]
    shapes: dict[float | None, shapely.Geometry | None] = {low: bands.get(low) for low in _LADDER}
    shapes[None] = shapely.union_all(damaging) if damaging else None
    return [
        _Part(one if low is None else f"{one}/mmi {low:.1f}", low, shape if one == facts.event else None)
        for one in (facts.event, *facts.others)
        for low, shape in shapes.items()
    ]


def _version(facts: Facts, shaking: Shaking) -> str:
    """Text that sorts as versions follow; of one version told by two grids the finer comes last."""
    made = "" if facts.published is None else str(facts.published)
    return f"{made}/{facts.version.zfill(4)}/{shaking.mmi.size:09d}"


def _bands(shaking: Shaking) -> Mapping[float, shapely.Geometry]:
    """Areas of half a unit of MMI, by the lower end of their band, weakest first."""
    known = np.minimum(np.nan_to_num(shaking.mmi, nan=0.0), _TOP_MMI)
    bands: npt.NDArray[np.int32] = np.floor(known / _STEP_MMI).astype(np.int32)
    found: dict[float, list[shapely.Geometry]] = {}
    strong = bands >= _WEAKEST_MMI / _STEP_MMI
    for shape, band in features.shapes(bands, mask=strong, transform=shaking.transform):
        found.setdefault(band * _STEP_MMI, []).append(shapely.geometry.shape(shape))
    return {low: wrapped(shapely.union_all(found[low])) for low in sorted(found)}


def _notes(shaking: Shaking, bands: Mapping[float, shapely.Geometry]) -> tuple[str, ...]:
    unknown = int(np.isnan(shaking.mmi).sum())
    damaged = areas_km2(np.array([shape for low, shape in bands.items() if low >= _DAMAGING_MMI], dtype=object))
    strongest = f"strongest MMI {np.nanmax(shaking.mmi):g}" if unknown < shaking.mmi.size else "no MMI known"
    notes = (
        f"{shaking.mmi.size} nodes, {strongest}; {damaged.sum():,.0f} km2 with MMI {_DAMAGING_MMI:g} or more",
        f"{unknown} nodes without MMI are unknown" if unknown else "",
        "" if bands else f"nowhere MMI {_WEAKEST_MMI:g} or more: what earlier versions told is taken back",
    )
    return tuple(filter(None, notes))


def _seconds(moment: np.datetime64, length: int) -> npt.NDArray[np.datetime64]:
    return np.full(length, moment.astype("datetime64[s]"))
