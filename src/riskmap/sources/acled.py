"""ACLED: political violence and protest, one row an event, or already summed by week and region; and what was deleted.

Columns are bound by name, since each export has its own set and order of them. Raw rows may not be given to others.

An event may be coded anew, as another kind of event even: of each event and measure the last edit stands, and it takes
back the measures that it no longer gives. A deletion takes back all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.acled_fetch import CREDENTIALS, SITE, check_account, fetch_events
from riskmap.sources.columns import (
    Floats,
    Mask,
    Measured,
    Quarantine,
    Table,
    as_mask,
    layer_of,
    listed,
    points,
    received,
    revisable,
    text_option,
    worded,
)
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, sheet_names, table_of_records
from riskmap.sources.wire import Wire

_CONFLICT = ("battles", "explosions/remote violence", "violence against civilians")
_UNREST = ("protests", "riots")
_STRATEGIC = ("strategic developments",)
_AGAINST_CIVILIANS = ("violence against civilians",)
_PERSONAL_HARM = ("abduction/forced disappearance", "sexual violence")

_GEO_PRECISIONS = {1: "exact", 2: "near", 3: "adm1"}
_TIME_PRECISIONS = {1: "day", 2: "week", 3: "month"}
_LAST_STAMP = 4_102_444_800  # 2100-01-01
_IDS = ("event_id_cnty", "data_id")
_STABLE = ("event_date", "event_type", "sub_event_type", "actor1", "actor2", "location", "latitude", "longitude")
_WEEKLY = ("week", "country", "admin1", "event_type", "sub_event_type", "disorder_type", "events", "fatalities")
_MONTHLY = ("month", "year", "events")
_SINGLE = ("time_precision", "geo_precision", "civilian_targeting", "fatalities", "timestamp", "deleted_timestamp")
_EVENT = ("event_date", "event_type", "sub_event_type", "country", "latitude", "longitude")
_COLUMNS = frozenset({*_IDS, *_EVENT, *_SINGLE, *_MONTHLY, "week"})
_PADDED = 12

_ACCESS = Access(
    way="account",
    credentials=CREDENTIALS,
    endpoints={SITE: "https://acleddata.com"},
    pace_s=1.0,
    home="https://acleddata.com/user/register",
)

_SEVERITY = "conflict_severity"
_WHY_NO_MONTHS = (
    "monthly counts as ACLED gives them to HDX are not read: which of three categories a file counts stands nowhere in"
    " it, and the categories overlap, since civilian targeting lies inside political violence; use the export or the"
    " API of ACLED, which have the single events"
)

_LICENCE = Licence(
    id="ACLED-terms",
    attribution="Armed Conflict Location & Event Data Project (ACLED), acleddata.com",
    url="https://acleddata.com/terms-and-conditions",
    raw=False,
    derived=True,
)


@dataclass(frozen=True)
class Acled:
    """Events of the Armed Conflict Location & Event Data project.

    Measures: `conflict_events`, `conflict_deaths`, `conflict_severity` (ln(1+deaths) of each event, from single events
    only), `civilian_targeting_events`, `unrest_events` and `strategic_events`. An estimate of deaths of 0 is kept as
    published; an empty one is unknown.

    A fetch does not list all: what vanished is told by the list of deletions, which it brings as well.
    """

    name: str = "acled"
    title: str = "ACLED: political violence and protest events"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"date_format", "country"})
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        layouts = (
            ("event_type", "sub_event_type", "fatalities"),
            ("event_type", "week", "fatalities"),
            ("event_id_cnty", "deleted_timestamp"),
            ("iso3", "admin2 pcode", *_MONTHLY),
        )
        return any(sight.has(*layout) for layout in layouts)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the events of a country and span, and for what was deleted since the span began.

        Options of the question: `since` and `deleted`, as `fetch_events` tells.

        Raises:
            FetchError: ACLED did not give it.
        """
        fetch_events(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for a token and one event.

        Raises:
            FetchError: They do not come.
        """
        check_account(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one export; a pure function of its bytes and the options.

        Options: `date_format` where days and months cannot be told apart; `country` keeps the rows of one country.

        Raises:
            InputError: The file is no ACLED export, or an option is missing or wrong.
        """
        country, given = text_option(raw, options, "country"), text_option(raw, options, "date_format")
        table = _table(raw)
        if table is None:
            return Reading(Layer.empty(), 0, 0)
        if table.find("deleted_timestamp") is not None:
            return self._deletions(raw, table)
        if table.find("event_type") is None and all(table.find(name) is not None for name in _MONTHLY):
            raise InputError(raw.name, _WHY_NO_MONTHS)
        table = _of_country(table, country)
        weekly = table.find("week") is not None and table.find("events") is not None
        return self._weeks(raw, table, given) if weekly else self._events(raw, table, given)

    def _events(self, raw: Raw, table: Table, date_format: str | None) -> Reading:
        """Single events, at points."""
        quarantine = Quarantine(table)
        start = quarantine.days(table.date_format("event_date", given=date_format), "event_date")
        lon, lat = quarantine.positions(["longitude"], ["latitude"])
        deaths = quarantine.counts("fatalities", required=False)
        stamp = _stamps(quarantine, "timestamp")
        geo, geo_note = _worded(quarantine, "geo_precision", _GEO_PRECISIONS, "near")
        time, time_note = _worded(quarantine, "time_precision", _TIME_PRECISIONS, "none")
        ids, id_note = _ids(quarantine, table)
        _refuse_strange(quarantine, table)
        quarantine.keep_newest(ids, "superseded by a newer version", stamp)
        columns = {
            **self._everywhere(raw, len(table)),
            "record_id": ids,
            "event_id": ids,
            **_edited(stamp),
            "start": start,
            "end": start + 1,
            "time_precision": time,
            "geometry": points(lon, lat),
            "geo_precision": geo,
        }
        kinds = _kinds(table)
        once = np.ones(len(table))
        severe = kinds["conflict"] & ~np.isnan(deaths)
        severity = Measured(_SEVERITY, "ln(1+deaths)", np.log1p(deaths), severe)
        layer = revisable(columns, quarantine.kept, [*_measured(kinds, once, deaths), severity])
        unknown = int((quarantine.kept & kinds["conflict"] & np.isnan(deaths)).sum())
        death_note = f"{unknown} events with unknown deaths" if unknown else ""
        return quarantine.reading(layer, filter(None, (id_note, geo_note, time_note, death_note)))

    def _deletions(self, raw: Raw, table: Table) -> Reading:
        """Events taken back, whatever they were."""
        quarantine = Quarantine(table)
        stamp = _stamps(quarantine, "deleted_timestamp")
        quarantine.refuse(as_mask(pc.is_null(stamp)), "deleted_timestamp: missing", "deleted_timestamp")
        ids = _told_ids(quarantine, table)
        quarantine.keep_newest(ids, "repeated deletion", stamp)
        moment = pc.cast(pc.fill_null(stamp, 0), pa.timestamp("s"))
        times = {"start": moment, "end": moment, "time_precision": "none", **_edited(stamp)}
        columns = {**self._everywhere(raw, len(table)), "record_id": ids, "event_id": ids, **times}
        never, unknown = np.zeros(len(table), dtype=np.bool_), np.full(len(table), np.nan)
        nothing = dict.fromkeys(("conflict", "civilian", "unrest", "strategic"), never)
        gone = [*_measured(nothing, unknown, unknown), Measured(_SEVERITY, "ln(1+deaths)", unknown, never)]
        return quarantine.reading(revisable(columns, quarantine.kept, gone), ("events that were deleted",))

    def _weeks(self, raw: Raw, table: Table, date_format: str | None) -> Reading:
        """Sums by week and first-level region; the region's centroid is no place where anything happened."""
        countries = pc.unique(pc.drop_null(table.optional("country"))).to_pylist()
        if len(countries) > 1:
            raise InputError(table.name, f"regions of several countries, {listed(countries)}; give the option country")
        quarantine = Quarantine(table)
        start = quarantine.days(table.date_format("week", given=date_format), "week")
        events, deaths = quarantine.counts("events"), quarantine.counts("fatalities", required=False)
        region = table.text("admin1")
        quarantine.refuse(as_mask(pc.is_null(region)), "admin1: missing", "admin1")
        _refuse_strange(quarantine, table)
        ids = _joined(table, *_WEEKLY[:6])
        quarantine.keep_newest(ids, "repeated week, region and type", events, deaths)
        columns = {
            **self._everywhere(raw, len(table)),
            "record_id": ids,
            "start": start,
            "end": start + 7,
            "time_precision": "week",
            "place": region,
            "pcode_level": 1,
            "geo_precision": "adm1",
        }
        kept = quarantine.kept
        layers = [
            layer_of({**columns, "measure": one.measure, "unit": one.unit, "value": one.value}, kept & one.where)
            for one in _measured(_kinds(table), events, deaths)
        ]
        notes = ("weekly sums by region: conflict_severity cannot be had from sums; placed by region, not by centroid",)
        return quarantine.reading(Layer.concat(layers), notes)

    def _everywhere(self, raw: Raw, length: int) -> Mapping[str, object]:
        """What all records have in common."""
        return {
            "source": self.name,
            "theme": "conflict",
            "kind": "flow",
            "spread": "extensive",
            "retrieved": received(raw, length),
            "overlap_group": "conflict-events",
            "licence": self.licence.id,
        }


def _table(raw: Raw) -> Table | None:
    """The rows of an export or of an answer of the API; None for an answer without any."""
    if not is_json(raw):
        sheet = next((name for name in sheet_names(raw) if name.strip().casefold() == "data"), None)
        table = read_table(raw, sheet=sheet, columns=_COLUMNS)
        named = any(table.find(name) is not None for name in _IDS)
        return table if named else read_table(raw, sheet=sheet, columns=_COLUMNS | {*_STABLE, *_WEEKLY})
    told = read_json(raw)
    if isinstance(told, list):
        return table_of_records(raw.name, json_list(raw.name, told))
    if not isinstance(told, Mapping) or "data" not in told:
        raise InputError(raw.name, "an answer of ACLED with its data is needed; it may be a refusal, fetch it again")
    return table_of_records(raw.name, json_list(raw.name, told, "data")) if told["data"] else None


def _of_country(table: Table, country: str | None) -> Table:
    if country is None:
        return table
    wanted = as_mask(pc.equal(pc.utf8_lower(table.text("country")), country.strip().lower()))
    if not wanted.any():
        found = pc.unique(pc.drop_null(table.text("country"))).to_pylist()
        raise InputError(table.name, f"no rows of {country!r}; found {listed(found)}", field="country")
    others = int((~wanted).sum())
    return table.where(wanted).noting(f"{others} rows of other countries left aside") if others else table


def _kinds(table: Table) -> Mapping[str, Mask]:
    """Which rows are of which kind, by event type and sub-type."""
    kind, harm = pc.utf8_lower(table.text("event_type")), pc.utf8_lower(table.optional("sub_event_type"))
    targeted = as_mask(pc.is_valid(table.optional("civilian_targeting")))
    return {
        "conflict": _among(kind, _CONFLICT),
        "unrest": _among(kind, _UNREST),
        "strategic": _among(kind, _STRATEGIC),
        "civilian": _among(kind, _AGAINST_CIVILIANS) | _among(harm, _PERSONAL_HARM) | targeted,
    }


def _among(text: pa.Array, words: tuple[str, ...]) -> Mask:
    return as_mask(pc.is_in(text, pa.array(words)))


def _refuse_strange(quarantine: Quarantine, table: Table) -> None:
    """An unknown event type is refused, so that a renamed one cannot vanish unseen."""
    kind = table.text("event_type")
    known = _among(pc.utf8_lower(kind), _CONFLICT + _UNREST + _STRATEGIC)
    quarantine.refuse(~known, "event_type: not known", "event_type", kind)


def _measured(kinds: Mapping[str, Mask], events: Floats, deaths: Floats) -> list[Measured]:
    """The measures that can be had from counts of events and deaths."""
    counts = {
        "conflict_events": kinds["conflict"],
        "civilian_targeting_events": kinds["civilian"],
        "unrest_events": kinds["unrest"],
        "strategic_events": kinds["strategic"],
    }
    counted = [Measured(measure, "events", events, of_kind) for measure, of_kind in counts.items()]
    return [*counted, Measured("conflict_deaths", "people", deaths, kinds["conflict"] & ~np.isnan(deaths))]


def _worded(quarantine: Quarantine, field: str, words: Mapping[int, str], otherwise: str) -> tuple[pa.Array, str]:
    """A column of codes as words of the layer schema; `otherwise`, with a note, where there is no code."""
    codes = quarantine.numbers(field, required=False)
    unknown = np.isnan(codes)
    quarantine.refuse(~unknown & ~np.isin(codes, list(words)), f"{field}: not one of {listed(map(str, words))}", field)
    count = int((unknown & quarantine.kept).sum())
    note = f"{field} is unknown for {count} events: taken as {otherwise!r}, never as exact" if count else ""
    return worded(codes, words, otherwise), note


def _ids(quarantine: Quarantine, table: Table) -> tuple[pa.Array, str]:
    """Event ids, or a digest of the columns that do not change where the export has no column of ids."""
    if any(table.find(field) is not None for field in _IDS):
        return _told_ids(quarantine, table), ""
    content = _joined(table, *_STABLE)
    digests = [hashlib.blake2b(text.encode(), digest_size=12).hexdigest() for text in content.to_pylist()]
    return pa.array(digests, pa.string()), f"no event ids: made from {', '.join(_STABLE)}"


def _told_ids(quarantine: Quarantine, table: Table) -> pa.Array:
    """Event ids as told, of the first column of them that is not wholly empty; rows without one are refused.

    Raises:
        InputError: There is no column of ids.
    """
    there = [field for field in _IDS if table.find(field) is not None]
    filled = [field for field in there if table.text(field).null_count < len(table)]
    field = (filled or there or _IDS)[0]
    ids = table.text(field)
    quarantine.refuse(as_mask(pc.is_null(ids)), f"{field}: missing", field)
    return ids


def _joined(table: Table, *fields: str) -> pa.Array:
    columns = [pc.fill_null(table.optional(field), "") for field in fields]
    return pc.binary_join_element_wise(*columns, "|")


def _stamps(quarantine: Quarantine, field: str) -> pa.Array:
    """Moments as whole Unix seconds, null where not told."""
    seconds = quarantine.numbers(field, required=False)
    strange = (seconds < 0) | (seconds > _LAST_STAMP)
    quarantine.refuse(strange, f"{field}: not a Unix time of this age", field)
    return pa.array(np.where(strange, np.nan, np.floor(seconds)), from_pandas=True).cast(pa.int64())


def _edited(stamp: pa.Array) -> Mapping[str, pa.Array]:
    """Version and publication of what was edited at some moment; versions are padded, so that they sort as text."""
    text = pc.utf8_lpad(stamp.cast(pa.string()), _PADDED, "0")
    return {"version": text, "published": pc.cast(stamp, pa.timestamp("s"))}
