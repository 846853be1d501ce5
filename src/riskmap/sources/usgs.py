"""USGS: earthquakes, as the US Geological Survey lists them in feeds, answers to queries, and one by one.

Networks merge what they saw: one earthquake has several ids, and the one that stands first may change. Its record
bears the smallest of them, and takes back whatever was told under the others. A position has depth as its third number,
in kilometres and downwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Floats, Mask, Quarantine, Table, as_mask, layer_of, points, received
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, table_of_records
from riskmap.sources.usgs_query import ENDPOINT, check_options, counted, ids_of, quakes, whole
from riskmap.sources.wire import Ask, Wire

_MEASURE = "earthquake_magnitude"
_STATUSES = ("automatic", "deleted", "reviewed")
_LEAST_MAGNITUDE = 4.5
_LATEST_MS = 4e12
_PROPERTIES = ("mag", "magType", "status", "time", "type", "updated")

# The feeds are made anew every minute. A week reaches over a stop of the poller, and over most revisions of magnitudes.
_FEED = "4.5_week.geojson"
_ACCESS = Access(
    "open",
    endpoints={"query": ENDPOINT, "feed": "https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary"},
    pace_s=0.6,
    cadence_s=60,
)
_LICENCE = Licence(
    id="US-PD",
    attribution="U.S. Geological Survey, ANSS Comprehensive Earthquake Catalog",
    url="https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits",
    raw=True,
    derived=True,
)


@dataclass(frozen=True)
class _Quakes:
    """What a file holds.

    Args:
        table: A row for each feature.
        ids: All ids of each, in order.
    """

    table: Table
    ids: tuple[Sequence[str], ...]


@dataclass(frozen=True)
class Usgs:
    """Earthquakes as points.

    Measures: `earthquake_magnitude`, on the day of the earthquake at its epicentre; how far that may be off is not
    told, and unknown magnitudes stay unknown. It is no area of damage: that is what ShakeMap draws.
    """

    name: str = "usgs"
    title: str = "USGS: earthquakes and their magnitudes"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset()
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        empty = "metadata" in sight.keys and "earthquake.usgs.gov" in sight.text
        return sight.kind == "json" and (empty or sight.has("mag", "magType", "ids", "sig"))

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for all earthquakes of magnitude 4.5 and more in the days, worldwide or in the box of an area.

        What a later fetch no longer lists was deleted, merged into another or found weaker.

        Raises:
            FetchError: The provider did not give it.
        """
        for _ in quakes(asked, wire, Ask(sound=whole), {"minmagnitude": _LEAST_MAGNITUDE}):
            pass

    def poll(self, asked: Asked, wire: Wire) -> None:
        """Asks for the earthquakes of the week, worldwide, from magnitude 4.5 on as `fetch` does.

        Raises:
            FetchError: The provider did not give it, or an option is wrong.
        """
        check_options(asked)
        wire.get(wire.at("feed", _FEED), ask=Ask(sound=whole))

    def check(self, wire: Wire) -> None:
        """Asks for one earthquake.

        Raises:
            FetchError: USGS does not answer as expected.
        """
        wire.get(wire.at("query"), {"format": "geojson", "limit": 1}, ask=Ask("index", sound=whole))

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of a feed, an answer to a query or the details of one earthquake; a pure function of its bytes.

        What is no earthquake (a quarry blast) is refused, and takes back what was told of it as one; one that was
        deleted takes back itself.

        Raises:
            InputError: The file is none of these, is cut short, or an option is given.
        """
        checked(Given, raw, options)
        found = _read(raw)
        if not len(found.table):
            return Reading(Layer.empty(), 0, 0, notes=("no earthquake in it",))
        table, quarantine = found.table, Quarantine(found.table)
        columns = self._dated(raw, quarantine)
        columns["record_id"] = columns["event_id"] = pa.array([one[0] if one else "" for one in found.ids], pa.string())
        quarantine.refuse(np.array([not one for one in found.ids]), "id: missing", "id")
        status = pc.utf8_lower(table.text("status"))
        known = as_mask(pc.is_in(status, pa.array(_STATUSES)))
        quarantine.refuse(~known, f"status: none of {', '.join(_STATUSES)}", "status", status)
        deleted, whole_rows = as_mask(pc.equal(status, "deleted")), quarantine.kept
        blast = ~as_mask(pc.equal(pc.utf8_lower(table.text("type")), "earthquake"))
        quarantine.refuse(blast & ~deleted, "type: not an earthquake", "type", table.text("type"))
        columns |= _placed(quarantine, table, deleted)
        columns["value"] = quarantine.numbers("mag", required=False)
        quarantine.keep_newest(columns["record_id"], "repeated id", columns["version"])
        columns["preliminary"] = as_mask(pc.not_equal(status, "reviewed"))
        gone = whole_rows & (deleted | blast)
        layers = [
            layer_of(columns, quarantine.kept & ~deleted),
            _withdrawals(columns, found.ids, quarantine.kept | gone, gone),
        ]
        return quarantine.reading(Layer.concat(layers), _notes(table, quarantine.kept, gone))

    def _dated(self, raw: Raw, quarantine: Quarantine) -> dict[str, object]:
        """What a record says beside its place and its magnitude."""
        happened, updated = (_milliseconds(quarantine, name) for name in ("time", "updated"))
        day = happened.astype("datetime64[D]")
        return {
            "version": pa.array([f"{at:015d}" for at in updated.astype(np.int64).tolist()], pa.string()),
            "source": self.name,
            "theme": "disaster",
            "measure": _MEASURE,
            "kind": "index",
            "spread": "intensive",
            "unit": "magnitude",
            "start": day,
            "end": day + 1,
            "published": updated.astype("datetime64[s]"),
            "retrieved": received(raw, len(day)),
            "licence": self.licence.id,
        }


def _read(raw: Raw) -> _Quakes:
    if not is_json(raw):
        raise InputError(raw.name, "no GeoJSON of USGS; ask for format=geojson, since only it tells all ids of a quake")
    content = read_json(raw)
    kind = content.get("type") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or kind not in ("Feature", "FeatureCollection"):
        raise InputError(raw.name, "no feed and no earthquake of USGS: a Feature or FeatureCollection is needed")
    told = counted(content)
    empty = kind == "FeatureCollection" and told == 0 and content.get("features") == []
    features = () if empty else [content] if kind == "Feature" else json_list(raw.name, content, "features")
    if told is not None and told != len(features):
        raise InputError(raw.name, f"cut short: it says {told} earthquakes and holds {len(features)}; fetch it again")
    rows = [_flat(raw, row, feature) for row, feature in enumerate(features, 1)]
    return _Quakes(table_of_records(raw.name, [row for row, _ in rows]), tuple(ids for _, ids in rows))


def _flat(raw: Raw, row: int, feature: object) -> tuple[Mapping[str, object], Sequence[str]]:
    """A feature as a row, longitude first and depth left out, with all its ids."""
    told = feature.get("properties") if isinstance(feature, Mapping) else None
    if not isinstance(feature, Mapping) or not isinstance(told, Mapping):
        raise InputError(raw.name, "a feature with properties is needed", row=row)
    geometry = feature.get("geometry")
    position = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    lon, lat = position[:2] if isinstance(position, list) and len(position) >= 2 else (None, None)
    flat = {"id": feature.get("id"), **{name: told.get(name) for name in _PROPERTIES}}
    return {**flat, "longitude": lon, "latitude": lat}, ids_of(told, feature.get("id"))


def _milliseconds(quarantine: Quarantine, name: str) -> npt.NDArray[np.datetime64]:
    """Moments told in milliseconds since 1970; those out of range are refused and come back as 1970."""
    found = quarantine.numbers(name)
    good = np.abs(found) <= _LATEST_MS
    quarantine.refuse(~good, f"{name}: no milliseconds since 1970", name)
    return np.where(good, found, 0.0).astype(np.int64).astype("datetime64[ms]")


def _placed(quarantine: Quarantine, table: Table, deleted: Mask) -> dict[str, object]:
    """Epicentres; what was deleted needs none. Longitudes beyond 180 degrees are brought back."""
    lon = quarantine.numbers("longitude", required=False)
    lat = quarantine.numbers("latitude", required=False)
    quarantine.refuse((np.isnan(lon) | np.isnan(lat)) & ~deleted, "no position", "longitude")
    quarantine.refuse(np.abs(lon) > 540, "longitude out of range", "longitude", table.text("longitude"))
    quarantine.refuse(np.abs(lat) > 90, "latitude out of range", "latitude", table.text("latitude"))
    east: Floats = np.where(np.abs(lon) > 180, (lon + 180) % 360 - 180, lon)
    return {"geometry": points(np.nan_to_num(east), np.nan_to_num(lat)), "geo_precision": "near"}


def _withdrawals(columns: Mapping[str, object], ids: Sequence[Sequence[str]], told: Mask, gone: Mask) -> Layer:
    """Records that take back what was told under the other ids of an earthquake, and all of one that is none."""
    rows = [(row, one) for row in np.flatnonzero(told).tolist() for one in (ids[row] if gone[row] else ids[row][1:])]
    picked = np.array([row for row, _ in rows], dtype=np.int64)
    names = pa.array([one for _, one in rows], pa.string())
    kept = {name: value for name, value in columns.items() if name not in ("geometry", "geo_precision", "value")}
    cut = {
        name: value[picked] if isinstance(value, np.ndarray) else value.take(pa.array(picked))
        for name, value in kept.items()
        if isinstance(value, np.ndarray | pa.Array)
    }
    return layer_of({**kept, **cut, "record_id": names, "withdrawn": True}, np.ones(len(rows), dtype=np.bool_))


def _notes(table: Table, kept: Mask, gone: Mask) -> tuple[str, ...]:
    unknown = int((as_mask(pc.is_null(table.text("mag"))) & kept & ~gone).sum())
    scales = pc.value_counts(pc.fill_null(table.text("magType"), "none").filter(pa.array(kept & ~gone))).to_pylist()
    told = ", ".join(f"{one['counts']} {one['values']}" for one in sorted(scales, key=lambda one: str(one["values"])))
    notes = (
        f"scales of magnitude, not quite alike: {told}" if told else "",
        f"{unknown} earthquakes of unknown magnitude" if unknown else "",
        f"{int(gone.sum())} deleted or found to be no earthquakes, and taken back" if gone.any() else "",
    )
    return tuple(filter(None, notes))
