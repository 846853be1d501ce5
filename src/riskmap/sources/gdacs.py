"""GDACS: disasters as the Global Disaster Alert and Coordination System publishes them.

An event comes again under the same id with every episode, and each episode with several shapes that nest and overlap:
search circles, forecasts, one area for each wind speed or intensity. One of them is the affected area, and which one is
said in `_rank`; the others are counted and left aside. Alert levels change, and an event that is cancelled is no longer
listed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Days, Quarantine, as_mask, layer_of, received
from riskmap.sources.gdacs_feeds import CENTROID, Sighting, is_end, read_feed
from riskmap.sources.gdacs_fetch import check_events, fetch_events, poll_events
from riskmap.sources.moments import moments
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import table_of_records
from riskmap.sources.vectors import is_areal, valid, wrapped
from riskmap.sources.wire import Wire

_MEASURES = {
    "DR": "slow_hazard_extent",
    "EQ": "hazard_extent",
    "FL": "hazard_extent",
    "TC": "hazard_extent",
    "VO": "hazard_extent",
    "WF": "hazard_extent",
}
_DAMAGING_MMI = 6.0
_WINDS = ("Poly_Green", "Poly_Orange", "Poly_Red")
_DAYS = "%Y-%m-%d"

_ACCESS = Access("open", endpoints={"api": "https://www.gdacs.org/gdacsapi/api"}, pace_s=0.5, cadence_s=360)
_LICENCE = Licence(
    id="GDACS",
    attribution="Global Disaster Alert and Coordination System (GDACS), United Nations and European Commission",
    url="https://www.gdacs.org/About/termofuse.aspx",
    raw=True,
    derived=True,
)


@dataclass(frozen=True)
class _Event:
    """One episode of one event with the shape chosen for it.

    Args:
        told: First and last moment, publication, alert level and the like, over all its sightings.
        shape: The affected area, or the centroid where there is none; None where there is neither.
        part: What was chosen, in the provider's words.
        aside: Classes of the shapes left aside.
    """

    told: Sighting
    shape: shapely.Geometry | None
    part: str
    aside: tuple[str, ...]

    @property
    def is_area(self) -> bool:
        """Whether the shape is an area, not a centroid."""
        return self.part != CENTROID


@dataclass(frozen=True)
class Gdacs:
    """Disasters with the areas they affect.

    Measures: `hazard_extent` (earthquake, cyclone, flood, volcano, wildfire) and `slow_hazard_extent` (drought); value
    1 inside the affected area, from the event's first to its last day.
    """

    name: str = "gdacs"
    title: str = "GDACS: disasters and the areas they affect"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset()
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        if sight.kind == "xml":
            return sight.tag in {"rss", "alert"} and "gdacs.org" in sight.text
        impact = sight.has("storm_id", "advisory_number")
        return impact or sight.has("eventtype", "eventid", "alertlevel") or sight.has("gdacs_id", "eventid", "fromdate")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for every event of the days, those under way now, and the areas of those that may touch the country.

        The lists tell of every event in the world, each at its centroid, so that one that no list of a finished fetch
        holds any more was cancelled, though its area may still lie there from before.

        Raises:
            FetchError: A list or an area did not come, or an option is given.
        """
        fetch_events(asked, wire)

    def poll(self, asked: Asked, wire: Wire) -> None:
        """Asks for the events under way, and for the areas of those that may touch the country and were modified.

        Raises:
            FetchError: The list or an area did not come.
        """
        poll_events(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for the events under way.

        Raises:
            FetchError: GDACS does not answer as expected.
        """
        check_events(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file, counted in episodes of events; a pure function of its bytes.

        What was fetched and is empty is the end of a list, or an event without an area, and gives nothing.

        Raises:
            InputError: The file is no feed, event, geometry or list of GDACS, or an option is given.
        """
        checked(Given, raw, options)
        if raw.labels and is_end(raw):
            return Reading(Layer.empty(), 0, 0, notes=("no event in it: the end of a list, or no area",))
        feed = read_feed(raw)
        if not feed.sightings:
            raise InputError(raw.name, "no event in it")
        events, repaired = _events(feed.sightings)
        quarantine, start, end = _sifted(raw, events, feed.malformed)
        kept = quarantine.kept
        columns = self._columns(raw, events) | {"start": start, "end": end}
        told = [event for event, keep in zip(events, kept, strict=True) if keep]
        return quarantine.reading(layer_of(columns, kept), (*feed.notes, *_notes(told, repaired)))

    def _columns(self, raw: Raw, events: Sequence[_Event]) -> dict[str, object]:
        ids = pa.array([f"{event.told.kind}{event.told.event}" for event in events], pa.string())
        return {
            "record_id": ids,
            "event_id": ids,
            "version": pa.array([_version(event) for event in events], pa.string()),
            "source": self.name,
            "theme": "disaster",
            "measure": pa.array([_MEASURES.get(event.told.kind, "") for event in events], pa.string()),
            "kind": "hazard",
            "spread": "intensive",
            "value": 1.0,
            "unit": "share of cell",
            "published": moments(event.told.modified for event in events),
            "retrieved": received(raw, len(events)),
            "geometry": pa.array([shapely.to_wkb(event.shape) for event in events], pa.binary()),
            "geo_precision": pa.array(["exact" if event.is_area else "near" for event in events], pa.string()),
            "preliminary": pa.array([event.told.ongoing for event in events], pa.bool_()),
            "overlap_group": "hazard-areas",
            "licence": self.licence.id,
        }


def _events(sightings: Sequence[Sighting]) -> tuple[list[_Event], int]:
    """The episodes of events that the sightings are parts of, and how many invalid shapes were repaired."""
    shapes, repaired = valid(np.array([one.shape for one in sightings], dtype=object))
    grouped: dict[tuple[str, str, str], list[Sighting]] = {}
    for row, (one, shape) in enumerate(zip(sightings, shapes, strict=True)):
        key = (one.kind, one.event or f"without id, {row}", one.episode)
        usable = None if shape is None or shape.is_empty else shape
        grouped.setdefault(key, []).append(replace(one, shape=usable))
    return [_event(parts) for parts in grouped.values()], repaired


def _event(parts: Sequence[Sighting]) -> _Event:
    """One event from its parts, whatever their order."""
    told = replace(
        parts[0],
        start=min(part.start for part in parts),
        end=max(part.end for part in parts),
        modified=max(part.modified for part in parts),
        alert=max(part.alert for part in parts),
        ongoing=any(part.ongoing for part in parts),
    )
    ranks = [_rank(part) for part in parts]
    best = min((rank for rank in ranks if rank is not None), default=None)
    chosen = [part for part, rank in zip(parts, ranks, strict=True) if rank == best and best is not None]
    chosen = chosen or [part for part in parts if isinstance(part.shape, shapely.Point)]
    aside = tuple(sorted(part.part for part in parts if part not in chosen and part.part != CENTROID))
    if not chosen:
        return _Event(told, None, CENTROID, aside)
    # By content, so that neither order nor repetition of the parts moves a vertex.
    distinct = sorted({shapely.to_wkb(part.shape) for part in chosen})
    shape = wrapped(shapely.union_all(shapely.from_wkb(distinct)))
    if best is None:
        return _Event(told, shapely.centroid(shape), CENTROID, aside)
    return _Event(told, shape, chosen[0].part, aside)


def _rank(part: Sighting) -> tuple[int, float] | None:
    """How well a shape stands for the affected area, least first; None where it does not.

    First the area that the provider calls affected. Of an earthquake the area of damaging shaking (intensity 6 and
    more), or else of the strongest. Of a cyclone the outermost wind area over its whole track, or else those of its
    single positions together. Never a search circle, a cone of uncertainty, or the outline of all that was looked at.
    """
    if part.shape is None or not is_areal(np.array([part.shape]))[0]:
        return None
    named = {"Poly_Affected": (0, 0.0), "Poly_area": (1, 0.0)}
    if part.part in named:
        return named[part.part]
    intensity = re.fullmatch(r"Poly_SMPInt_(\d+(?:\.\d+)?)", part.part)
    if intensity:
        mmi = float(intensity.group(1))
        return (2, mmi) if mmi >= _DAMAGING_MMI else (3, -mmi)
    if part.part in _WINDS:
        speed = re.fullmatch(r"(\d+) ?km/h", part.label)
        return (2, float(speed.group(1))) if speed else (3, float(_WINDS.index(part.part)))
    return None


def _sifted(
    raw: Raw, events: Sequence[_Event], malformed: tuple[tuple[int, str], ...]
) -> tuple[Quarantine, Days, Days]:
    """Which events are whole, with their first day and the first day after, shape (events,) each."""
    facts = [
        {"eventtype": one.told.kind, "eventid": one.told.event, "fromdate": one.told.start, "todate": one.told.end}
        for one in events
    ]
    table = replace(table_of_records(raw.name, facts), malformed=malformed)
    quarantine = Quarantine(table)
    kinds, ids = table.text("eventtype"), table.text("eventid")
    quarantine.refuse(as_mask(pc.is_null(ids)), "eventid: missing", "eventid")
    known = as_mask(pc.is_in(kinds, pa.array(list(_MEASURES))))
    quarantine.refuse(~known, f"eventtype: none of {', '.join(_MEASURES)}", "eventtype", kinds)
    first, last = quarantine.days(_DAYS, "fromdate"), quarantine.days(_DAYS, "todate")
    quarantine.refuse(last < first, "todate before fromdate", "todate", table.text("todate"))
    quarantine.refuse(np.array([one.shape is None for one in events]), "no geometry")
    return quarantine, first, np.maximum(first, last) + 1


def _version(event: _Event) -> str:
    """The episode as text that sorts as episodes follow; of one episode told twice the one with an area comes last."""
    return f"{event.told.episode.zfill(10)}{'.area' if event.is_area else ''}"


def _notes(events: Sequence[_Event], repaired: int) -> Iterable[str]:
    yield f"alert levels: {_counted(event.told.alert or 'none' for event in events)}"
    yield f"shapes taken: {_counted(event.part for event in events)}"
    aside = _counted(part for event in events for part in event.aside)
    if aside:
        yield f"shapes left aside: {aside}"
    if repaired:
        yield f"{repaired} invalid shapes repaired"


def _counted(words: Iterable[str]) -> str:
    counts: Mapping[str, int] = Counter(words)
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
