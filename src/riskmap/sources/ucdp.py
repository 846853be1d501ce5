"""UCDP: georeferenced events of organised violence, in every layout that was published so far.

Columns are bound by name: 45 to 53 of them, in varying order, below HXL tags or not, with an index column or not, as
GeoJSON, where the position stands in the geometry only, or as a page of the API. A release is known by what the fetch
asked for, by an option, or by the name that UCDP gives its files; then it stands in place of less final ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import (
    Floats,
    Mask,
    Measured,
    Quarantine,
    Table,
    as_mask,
    points,
    received,
    revisable,
    text_option,
    worded,
)
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, table_of_records
from riskmap.sources.ucdp_fetch import API, KEY, check_token, fetch_releases
from riskmap.sources.ucdp_releases import Release, release, release_of_file
from riskmap.sources.wire import Wire

_GEO_PRECISIONS = {1: "exact", 2: "near", 3: "adm2", 4: "adm1", 5: "adm1", 6: "country", 7: "none"}
_TIME_PRECISIONS = {1: "day", 2: "week", 3: "week", 4: "month", 5: "year"}
_NEAR_M = 25_000.0
_ONE_SIDED = 3
_COLUMNS = (
    "id",
    "code_status",
    "type_of_violence",
    "where_prec",
    "latitude",
    "longitude",
    "date_prec",
    "date_start",
    "date_end",
    "best",
    "high",
    "low",
)

_ACCESS = Access(
    way="key",
    credentials=(KEY,),
    endpoints={API: "https://ucdpapi.pcr.uu.se/api"},
    # About 40 requests a minute are answered, and 5,000 a day.
    pace_s=1.5,
    home="https://ucdp.uu.se/apidocs/",
)

_LICENCE = Licence(
    id="CC-BY-4.0",
    attribution="Uppsala Conflict Data Program (UCDP), Georeferenced Event Dataset",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)


@dataclass(frozen=True)
class Ucdp:
    """Events of the Uppsala Conflict Data Program (GED and Candidate).

    Measures: `conflict_events`, `conflict_deaths` (best estimate, with low and high), `conflict_severity`
    (ln(1+deaths), likewise) and `civilian_targeting_events` (one-sided violence).
    """

    name: str = "ucdp"
    title: str = "UCDP GED: events of organised violence with deaths"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"date_format", "version"})
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.has("type_of_violence", "where_prec", "best")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one release, or of a page of one; a pure function of its bytes and the options.

        Options: `date_format`; `version`, the release such as `25.1` or `26.0.3`, of which only yearly `.1` ones are
        final; without it, what the label `version` or the name of the file says.

        Raises:
            InputError: The file is no UCDP release, or an option is wrong.
        """
        date_format, given = text_option(raw, options, "date_format"), text_option(raw, options, "version")
        told, assumed = _release(raw, given)
        cover = told.cover if told else None
        table = _read(raw)
        if table is None:
            return Reading(Layer.empty(), 0, 0, cover=cover)
        quarantine = Quarantine(table)
        columns = self._columns(raw, table, quarantine, date_format)
        columns |= {"version": told.version if told else None, "preliminary": _preliminary(table, told)}
        violence = _coded(quarantine, "type_of_violence", (1, 2, _ONE_SIDED))
        best, low, high, note = _deaths(quarantine)
        ids = _ids(table)
        quarantine.refuse(as_mask(pc.is_null(ids)), "id: missing", "id")
        quarantine.keep_newest(ids, "repeated id")
        columns |= {"record_id": pc.fill_null(ids, ""), "event_id": ids}
        kept = quarantine.kept
        once, always = np.ones(len(table)), np.ones(len(table), dtype=np.bool_)
        severity = np.log1p(best), always, np.log1p(low), np.log1p(high)
        measures = [
            Measured("conflict_events", "events", once, always),
            Measured("conflict_deaths", "people", best, always, low, high),
            Measured("conflict_severity", "ln(1+deaths)", *severity),
            Measured("civilian_targeting_events", "events", once, violence == _ONE_SIDED),
        ]
        reading = quarantine.reading(revisable(columns, kept, measures), filter(None, (*assumed, note)))
        return replace(reading, cover=cover)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the releases that list a span of a country.

        Raises:
            FetchError: UCDP did not give them.
        """
        fetch_releases(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for one event.

        Raises:
            FetchError: It does not come.
        """
        check_token(wire)

    def _columns(self, raw: Raw, table: Table, quarantine: Quarantine, date_format: str | None) -> dict[str, object]:
        """What all measures of an event have in common."""
        chosen = table.date_format("date_start", "date_end", given=date_format)
        start, last = quarantine.days(chosen, "date_start"), quarantine.days(chosen, "date_end")
        quarantine.refuse(last < start, "date_end before date_start", "date_end", table.text("date_end"))
        lon, lat = quarantine.positions(["longitude"], ["latitude"])
        where = _coded(quarantine, "where_prec", tuple(_GEO_PRECISIONS))
        when = _coded(quarantine, "date_prec", tuple(_TIME_PRECISIONS))
        return {
            "source": self.name,
            "theme": "conflict",
            "kind": "flow",
            "spread": "extensive",
            "start": start,
            # A refused row may run backwards; its end is not used.
            "end": np.maximum(last, start) + 1,
            "time_precision": worded(when, _TIME_PRECISIONS, "none"),
            "retrieved": received(raw, len(table)),
            "geometry": points(lon, lat),
            "geo_precision": worded(where, _GEO_PRECISIONS, "none"),
            "precision_m": np.where(where == 2, _NEAR_M, np.nan),
            "overlap_group": "conflict-events",
            "licence": self.licence.id,
        }


def _read(raw: Raw) -> Table | None:
    """The table of a CSV, of a page of the API, or of the properties of a GeoJSON with the position of each point.

    None for a page without events, as of a month in which nothing happened.
    """
    content = read_json(raw) if is_json(raw) else None
    if isinstance(content, Mapping) and "Result" in content:
        return table_of_records(raw.name, json_list(raw.name, content, "Result")) if content["Result"] else None
    if not isinstance(content, Mapping) or "features" not in content:
        return read_table(raw, columns=_COLUMNS)
    features = json_list(raw.name, content, "features")
    return table_of_records(raw.name, [_flat(raw, row, feature) for row, feature in enumerate(features, 1)])


def _flat(raw: Raw, row: int, feature: object) -> Mapping[str, object]:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("properties"), Mapping):
        raise InputError(raw.name, "a GeoJSON feature with properties is needed", row=row)
    geometry = feature.get("geometry") or {}
    position = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    lon, lat = position[:2] if isinstance(position, list) and len(position) >= 2 else (None, None)
    return {**feature["properties"], "longitude": lon, "latitude": lat}


def _ids(table: Table) -> pa.Array:
    """Ids as whole numbers in text: some layouts write 15960.0."""
    return pc.replace_substring_regex(table.text("id"), r"\.0+$", "")


def _release(raw: Raw, given: str | None) -> tuple[Release | None, tuple[str, ...]]:
    """The release that a file is of, or None where nothing tells, and what was assumed.

    Raises:
        InputError: It is no release.
    """
    name = given if given is not None else raw.labels.get("version")
    if name is None:
        found = release_of_file(raw.name)
        return found, (f"release {found.name}, by the name of the file",) if found else ()
    found = release(name)
    if found is None:
        raise InputError(raw.name, f"option version must be a release such as 25.1 or 26.0.3, not {name!r}")
    return found, ()


def _preliminary(table: Table, told: Release | None) -> Mask:
    """Events of a Candidate release, or not yet marked as clear."""
    candidate = told is not None and not told.final
    status = pc.utf8_lower(table.optional("code_status"))
    return as_mask(pc.not_equal(status, "clear")) | candidate


def _coded(quarantine: Quarantine, field: str, codes: tuple[int, ...]) -> Floats:
    """A column of codes; what is none of them is refused."""
    found = quarantine.numbers(field)
    quarantine.refuse(~np.isin(found, codes), f"{field}: not one of {codes[0]} to {codes[-1]}", field)
    return found


def _deaths(quarantine: Quarantine) -> tuple[Floats, Floats, Floats, str]:
    """Best, low and high estimate; bounds that leave the best outside are widened to it, and counted."""
    best = quarantine.counts("best")
    low, high = quarantine.counts("low", required=False), quarantine.counts("high", required=False)
    outside = (low > best) | (high < best)
    count = int((outside & quarantine.kept).sum())
    note = f"{count} events with the best estimate outside low and high: bounds widened to it" if count else ""
    return best, np.minimum(low, best), np.maximum(high, best), note
