"""UCDP: georeferenced events of organised violence, in every layout that was published so far.

Columns are bound by name: 45 to 53 of them, in varying order, below HXL tags or not, with an index column or not, or
as GeoJSON, where the position stands in the geometry only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import (
    Floats,
    Mask,
    Quarantine,
    Table,
    as_mask,
    layer_of,
    points,
    received,
    text_option,
)
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, table_of_records

_GEO_PRECISIONS = {1: "exact", 2: "near", 3: "adm2", 4: "adm1", 5: "adm1", 6: "country", 7: "none"}
_TIME_PRECISIONS = {1: "day", 2: "week", 3: "week", 4: "month", 5: "year"}
_NEAR_M = 25_000.0
_ONE_SIDED = 3

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
    options: frozenset[str] = frozenset({"date_format", "version"})

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one release; a pure function of its bytes and the options.

        Options: `date_format`; `version`, the release such as `25.1` or `26.0.3`, of which only yearly `.1` ones are
        final.

        Raises:
            InputError: The file is no UCDP release, or an option is wrong.
        """
        table = _read(raw)
        quarantine = Quarantine(table)
        version = _version(raw, text_option(raw, options, "version"))
        columns = self._columns(raw, table, quarantine, text_option(raw, options, "date_format"))
        columns |= {"version": version, "preliminary": _preliminary(table, version)}
        violence = _coded(quarantine, "type_of_violence", (1, 2, _ONE_SIDED))
        best, low, high, note = _deaths(quarantine)
        ids = _ids(table)
        quarantine.refuse(as_mask(pc.is_null(ids)), "id: missing", "id")
        quarantine.keep_newest(ids, "repeated id")
        columns |= {"record_id": pc.fill_null(ids, ""), "event_id": ids}
        kept = quarantine.kept
        once = {"unit": "events", "value": np.ones(len(table))}
        people = {"unit": "people", "value": best, "low": low, "high": high}
        severity = {"unit": "ln(1+deaths)", "value": np.log1p(best), "low": np.log1p(low), "high": np.log1p(high)}
        layers = [
            layer_of({**columns, "measure": "conflict_events", **once}, kept),
            layer_of({**columns, "measure": "conflict_deaths", **people}, kept),
            layer_of({**columns, "measure": "conflict_severity", **severity}, kept),
            layer_of({**columns, "measure": "civilian_targeting_events", **once}, kept & (violence == _ONE_SIDED)),
        ]
        return quarantine.reading(Layer.concat(layers), filter(None, (note,)))

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
            "time_precision": _worded(when, _TIME_PRECISIONS, "none"),
            "retrieved": received(raw, len(table)),
            "geometry": points(lon, lat),
            "geo_precision": _worded(where, _GEO_PRECISIONS, "none"),
            "precision_m": np.where(where == 2, _NEAR_M, np.nan),
            "overlap_group": "conflict-events",
            "licence": self.licence.id,
        }


def _read(raw: Raw) -> Table:
    """The table of a CSV, or of the properties of a GeoJSON with the position taken out of each point."""
    content = read_json(raw) if is_json(raw) else None
    if not isinstance(content, Mapping) or "features" not in content:
        return read_table(raw)
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


def _version(raw: Raw, version: str | None) -> str | None:
    """A release as text that sorts as releases follow one another."""
    if version is None:
        return None
    if not re.fullmatch(r"\d+(\.\d+)+", version):
        raise InputError(raw.name, f"option version must be a release such as 25.1 or 26.0.3, not {version!r}")
    return ".".join(part.zfill(2) for part in version.split("."))


def _preliminary(table: Table, version: str | None) -> Mask:
    """Events of a Candidate release, or not yet marked as clear."""
    candidate = version is not None and not re.fullmatch(r"\d+\.0*1", version)
    status = pc.utf8_lower(table.optional("code_status"))
    return as_mask(pc.not_equal(status, "clear")) | candidate


def _coded(quarantine: Quarantine, field: str, codes: tuple[int, ...]) -> Floats:
    """A column of codes; what is none of them is refused."""
    found = quarantine.numbers(field)
    quarantine.refuse(~np.isin(found, codes), f"{field}: not one of {codes[0]} to {codes[-1]}", field)
    return found


def _worded(codes: Floats, words: Mapping[int, str], otherwise: str) -> pa.Array:
    worded = np.full(len(codes), otherwise, dtype=object)
    for code, word in words.items():
        worded[codes == code] = word
    return pa.array(worded, pa.string())


def _deaths(quarantine: Quarantine) -> tuple[Floats, Floats, Floats, str]:
    """Best, low and high estimate; bounds that leave the best outside are widened to it, and counted."""
    best = quarantine.counts("best")
    low, high = quarantine.counts("low", required=False), quarantine.counts("high", required=False)
    outside = (low > best) | (high < best)
    count = int((outside & quarantine.kept).sum())
    note = f"{count} events with the best estimate outside low and high: bounds widened to it" if count else ""
    return best, np.minimum(low, best), np.maximum(high, best), note
