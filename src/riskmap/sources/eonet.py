"""EONET: natural events that NASA's Earth Observatory points to.

A curated list of links, kept where somebody keeps it: what is in it happened, what is not may have happened as well.
A storm that moves is one event with many positions, each with its own moment. Fires that were set on purpose stand
among the wildfires, told by their title alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from riskmap.errors import FetchError, InputError, ProviderRefused
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Days, Quarantine, Table, as_mask, layer_of, received
from riskmap.sources.dates import parse_days
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_json, table_of_records
from riskmap.sources.vectors import Shapes, shape_of, valid, wrapped
from riskmap.sources.wire import Ask, Reply, Wire

_HAZARDS = (
    "drought",
    "dustHaze",
    "earthquakes",
    "floods",
    "landslides",
    "manmade",
    "severeStorms",
    "snow",
    "tempExtremes",
    "volcanoes",
    "wildfires",
)
_HARMLESS = ("seaLakeIce", "waterColor")
_ON_PURPOSE = "prescribed fire"
_DAYS = "%Y-%m-%d"
_DAY = np.timedelta64(1, "D")

_ACCESS = Access("open", endpoints={"api": "https://eonet.gsfc.nasa.gov/api/v3"}, pace_s=1.0)
_LICENCE = Licence(
    id="NASA-open",
    attribution="NASA Earth Observatory Natural Event Tracker (EONET)",
    url="https://eonet.gsfc.nasa.gov/what-is-eonet",
    raw=True,
    derived=True,
)

Told = Mapping[str, object]


@dataclass(frozen=True)
class _Positions:
    """What a file holds.

    Args:
        table: A row for each position of each event, or for an event without any.
        shapes: Where they are, None where that cannot be read; shape (rows,).
        repaired: How many of them were invalid.
    """

    table: Table
    shapes: Shapes
    repaired: int


@dataclass(frozen=True)
class Eonet:
    """Natural events as NASA points to them.

    Measures: `reported_hazard`, value 1 at each position of an event from its day until the event moved on or closed;
    of one still open, the last day told. Magnitudes come in acres, knots or nothing, and are left aside. Elsewhere it
    is unknown whether there was one: a pointer, never a count and never an absence. EONET does not tell when it
    learned of an event.
    """

    name: str = "eonet"
    title: str = "NASA EONET: natural events, as a pointer"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset()
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        listing = {"events", "features"} & sight.keys
        return sight.kind == "json" and bool(listing) and "eonet" in sight.text[:4000].casefold()

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for every event of the days, open or closed, worldwide.

        Raises:
            FetchError: The provider did not give it, or an option is given.
        """
        if asked.options:
            raise FetchError(f"option {min(asked.options)!r} is not known; it takes none")
        last = np.datetime64(asked.end, "D") - _DAY
        params = {"status": "all", "start": asked.start.isoformat(), "end": str(last)}
        wire.get(wire.at("api", "events"), params, ask=Ask(sound=_listing))

    def check(self, wire: Wire) -> None:
        """Asks for one event.

        Raises:
            FetchError: EONET does not answer as expected.
        """
        wire.get(wire.at("api", "events"), {"limit": 1}, ask=Ask("index", sound=_listing))

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of a list of events in either of its forms, counted in positions; a pure function of its bytes.

        Raises:
            InputError: The file is none, is of an older version, or an option is given.
        """
        checked(Given, raw, options)
        found = _read(raw)
        if not len(found.table):
            return Reading(Layer.empty(), 0, 0, notes=("no event in it",))
        table, quarantine = found.table, Quarantine(found.table)
        day, closed = quarantine.days(_DAYS, "date"), _closed(quarantine, table)
        _refuse(quarantine, found)
        keys = zip(*(pc.fill_null(table.text(name), "").to_pylist() for name in ("id", "date")), strict=True)
        moments = [f"{event}/{date}" for event, date in keys]
        places = shapely.to_wkb(found.shapes, hex=True)
        whole = pa.array([f"{key} {place}" for key, place in zip(moments, places, strict=True)], pa.string())
        quarantine.keep_newest(whole, "repeated position")
        end, version = _spans(table, day, closed, quarantine.kept)
        columns = {
            "record_id": pa.array(_numbered(moments, places, quarantine.kept), pa.string()),
            "event_id": table.text("id"),
            "version": pa.array(version, pa.string()),
            "source": self.name,
            "theme": "disaster",
            "measure": "reported_hazard",
            "kind": "hazard",
            "spread": "intensive",
            "value": 1.0,
            "unit": "reported",
            "start": day,
            "end": end,
            "retrieved": received(raw, len(table)),
            "geometry": pa.array(shapely.to_wkb(found.shapes), pa.binary()),
            "geo_precision": "near",
            "preliminary": np.isnat(closed),
            "overlap_group": "hazard-areas",
            "licence": self.licence.id,
        }
        return quarantine.reading(layer_of(columns, quarantine.kept), _notes(found, quarantine))


def _read(raw: Raw) -> _Positions:
    content = read_json(raw)
    if not isinstance(content, Mapping):
        raise InputError(raw.name, "no list of events of EONET: an object with events or features is needed")
    rows = list(_rows(raw, content))
    shapes = np.array([shape_of(place)[0] for _, place in rows], dtype=object)
    there = ~shapely.is_missing(shapes)
    far = np.abs(shapely.bounds(shapes)).max(axis=1, initial=0.0) > 540
    turned = there & ~far
    shapes[turned] = [wrapped(shape) for shape in shapes[turned]]
    mended, repaired = valid(shapes)
    return _Positions(table_of_records(raw.name, [row for row, _ in rows]), mended, repaired)


def _rows(raw: Raw, content: Told) -> Iterator[tuple[Told, object]]:
    """Every position with what is told of its event, in either form of a list, or of one event alone."""
    if isinstance(content.get("features"), list):
        for row, feature in enumerate(_objects(raw, content["features"]), 1):
            told = feature.get("properties")
            if not isinstance(told, Mapping):
                raise InputError(raw.name, "a feature with properties is needed", row=row)
            yield _row(told, told.get("date")), feature.get("geometry")
        return
    events = content.get("events", [content] if "categories" in content else None)
    if not isinstance(events, list):
        raise InputError(raw.name, f"no list of events of EONET; found {', '.join(map(str, content)) or 'nothing'}")
    for event in _objects(raw, events):
        if "geometries" in event:
            raise InputError(raw.name, "is of version 2.1, whose categories are numbers; ask version 3")
        for place in _objects(raw, event.get("geometry") or [{}]):
            yield _row(event, place.get("date")), {name: place.get(name) for name in ("type", "coordinates")}


def _objects(raw: Raw, values: object) -> Iterator[Told]:
    for row, value in enumerate(values if isinstance(values, list) else [values], 1):
        if not isinstance(value, Mapping):
            raise InputError(raw.name, f"an object is needed; found {str(value)[:80]!r}", row=row)
        yield value


def _row(event: Told, date: object) -> Told:
    listed = event.get("categories")
    kinds = [str(one.get("id")) for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    told = {name: event.get(name) for name in ("id", "title", "closed")}
    return {**told, "date": date, "category": ", ".join(sorted(kinds))}


def _closed(quarantine: Quarantine, table: Table) -> Days:
    """Days on which events closed, not-a-time where they are open."""
    text = table.text("closed")
    parsed = parse_days(text, _DAYS)
    days: Days = np.full(len(table), np.datetime64("NaT", "D")) if parsed is None else parsed
    quarantine.refuse(as_mask(pc.is_valid(text)) & np.isnat(days), "closed: not a date", "closed", text)
    return days


def _refuse(quarantine: Quarantine, found: _Positions) -> None:
    """Sets aside what has no id, no place, or is no hazard to people."""
    table, shapes = found.table, found.shapes
    quarantine.refuse(as_mask(pc.is_null(table.text("id"))), "id: missing", "id")
    words = [set(filter(None, (told or "").split(", "))) for told in table.text("category").to_pylist()]
    unknown = np.array([not told or bool(told - {*_HAZARDS, *_HARMLESS}) for told in words])
    harmless = np.array([told <= set(_HARMLESS) for told in words])
    quarantine.refuse(unknown, f"category: none of {', '.join(_HAZARDS)}", "category", table.text("category"))
    quarantine.refuse(harmless, "category: no hazard to people", "category", table.text("category"))
    lit = as_mask(pc.match_substring(pc.utf8_lower(table.text("title")), _ON_PURPOSE))
    quarantine.refuse(lit, "a fire set on purpose", "title", table.text("title"))
    west, south, east, north = shapely.bounds(shapes).T
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    quarantine.refuse(missing, "no geometry")
    quarantine.refuse((west < -180) | (east > 180) | (south < -90) | (north > 90), "position out of range")
    quarantine.refuse((west == 0) & (east == 0) & (south == 0) & (north == 0), "coordinates 0, 0 stand for none")


def _spans(table: Table, day: Days, closed: Days, kept: npt.NDArray[np.bool_]) -> tuple[Days, npt.NDArray[np.object_]]:
    """First day after each position, and the version of its event, shape (rows,) each.

    An event is at a position until the day on which it is at another, or until it closes; at least for a day. It is
    in a later version where it is told up to a later day, by more positions, or closed.
    """
    end, version = day + _DAY, np.full(len(day), "", dtype=object)
    of_event: dict[str, list[int]] = {}
    for row, event in enumerate(table.text("id").to_pylist()):
        if kept[row]:
            of_event.setdefault(event, []).append(row)
    for rows in of_event.values():
        days, shut = np.unique(day[rows]), closed[rows][~np.isnat(closed[rows])]
        after = np.append(days[1:], np.max([days[-1], *shut]) + _DAY)
        end[rows] = after[np.searchsorted(days, day[rows])]
        version[rows] = f"{days[-1]}/{len(rows):06d}/{shut.max() if len(shut) else ''}"
    return end, version


def _numbered(moments: Sequence[str], places: Shapes, kept: npt.NDArray[np.bool_]) -> Sequence[str]:
    """Ids of positions: event and moment, with a number where an event was at several places at one moment."""
    names = list(moments)
    met: Counter[str] = Counter()
    for row in sorted(np.flatnonzero(kept).tolist(), key=lambda row: (moments[row], places[row])):
        met[moments[row]] += 1
        if met[moments[row]] > 1:
            names[row] = f"{moments[row]} {met[moments[row]]}"
    return names


def _notes(found: _Positions, quarantine: Quarantine) -> tuple[str, ...]:
    told = found.table.where(quarantine.kept)
    kinds = dict(zip(told.text("id").to_pylist(), told.text("category").to_pylist(), strict=True))
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(kinds.values()).items()))
    notes = (
        f"{len(kinds)} events: {counts}" if kinds else "",
        f"{found.repaired} invalid shapes repaired" if found.repaired else "",
    )
    return tuple(filter(None, notes))


def _listing(reply: Reply) -> None:
    """Nothing, for a list of events.

    Raises:
        Transient: It was cut short.
        ProviderRefused: It is something else.
    """
    content = reply.json()
    if not isinstance(content, Mapping) or not isinstance(content.get("events"), list):
        raise ProviderRefused(f"{reply.raw.url} answered with no list of events; look whether its form has changed")
