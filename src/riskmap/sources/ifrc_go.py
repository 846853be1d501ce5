"""IFRC GO: emergencies, and appeals of Red Cross and Red Crescent with the people they mean to reach, by country."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError, Transient
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw, Role
from riskmap.sources.columns import Days, Quarantine, Table, received
from riskmap.sources.glide import glide_parts
from riskmap.sources.isocodes import is_country
from riskmap.sources.moments import moments
from riskmap.sources.options import Given, checked
from riskmap.sources.paging import Params, numbered
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import json_list, read_json, table_of_records
from riskmap.sources.wire import Ask, Reply, Wire

_PAGE = 200
_ACTIVE = "0"

_LICENCE = Licence(
    id="IFRC-GO-terms",
    attribution="International Federation of Red Cross and Red Crescent Societies (IFRC), IFRC GO",
    url="https://go.ifrc.org/terms-and-conditions",
    raw=False,
    derived=True,
)
_ACCESS = Access("open", endpoints={"api": "https://goadmin.ifrc.org/api/v2"}, pace_s=0.5)


@dataclass(frozen=True)
class _Rows:
    """Appeals or emergencies with their days; arrays have shape (rows,).

    Args:
        table: As text.
        quarantine: Of the same rows.
        countries: Codes of each.
        start: First day.
        end: First day after.
    """

    table: Table
    quarantine: Quarantine
    countries: Sequence[tuple[str, ...]]
    start: Days
    end: Days


@dataclass(frozen=True)
class IfrcGo:
    """Appeals and emergencies of IFRC GO, known for a country and no finer.

    Measures: `appeal_beneficiaries`, the people an appeal means to reach while it runs, a stock of which several at one
    time are never added up, since they may be the same people; and `reported_emergencies`, one for each emergency and
    country on the day it began. An appeal for 0 people is one whose number was not filled in, and so unknown.
    """

    name: str = "ifrc_go"
    title: str = "IFRC GO: emergency appeals and emergencies by country"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset()
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        appeals, emergencies = sight.has("aid", "num_beneficiaries"), sight.has("disaster_start_date", "countries")
        return "results" in sight.keys and (appeals or emergencies)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for all appeals and all emergencies, of any country and time; the wire keeps each page.

        Raises:
            FetchError: The provider did not give it.
        """
        del asked  # Both lists are short, and filters that the provider does not know are ignored by it in silence.
        for what in ("appeal", "event"):
            for _ in numbered(partial(_page, wire, what, _PAGE), _is_last, parameter="offset", first=0, step=_PAGE):
                pass

    def check(self, wire: Wire) -> None:
        """One small request, for one appeal.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        _page(wire, "appeal", 1, {"offset": 0}, "index")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one page, counted in appeals or emergencies; a pure function of its bytes.

        Raises:
            InputError: The file is no such page, or an option is given.
        """
        checked(Given, raw, options)
        records = [one for one in json_list(raw.name, read_json(raw), "results") if isinstance(one, Mapping)]
        if all("aid" in one for one in records):
            return self._appeals(raw, records)
        if all("disaster_start_date" in one for one in records):
            return self._emergencies(raw, records)
        raise InputError(raw.name, "neither appeals (with aid) nor emergencies (with disaster_start_date) of IFRC GO")

    def _appeals(self, raw: Raw, records: Sequence[Mapping[str, object]]) -> Reading:
        rows = _appeal_rows(raw, records)
        table, quarantine = rows.table, rows.quarantine
        people = quarantine.counts("num_beneficiaries", required=False)
        unfilled = people == 0
        version = table.optional("real_data_update")
        quarantine.keep_newest(table.text("aid"), "repeated appeal", version)
        kept: list[int] = np.flatnonzero(quarantine.kept).tolist()
        chosen = pa.array(kept, pa.int64())
        columns = {
            **self._everywhere(raw, len(kept)),
            "record_id": table.text("aid").take(chosen),
            "event_id": _text(records[row].get("event") for row in kept),
            "version": version.take(chosen),
            "measure": "appeal_beneficiaries",
            "kind": "stock",
            "value": np.where(unfilled, np.nan, people)[kept],
            "unit": "people",
            "start": rows.start[kept],
            "end": rows.end[kept],
            "published": moments(_either(records[row], "real_data_update", "created_at") for row in kept),
            "pcode": pa.array([rows.countries[row][0] for row in kept], pa.string()),
            "preliminary": pc.equal(pc.fill_null(table.optional("status"), ""), _ACTIVE).take(chosen),
            "overlap_group": "people-in-need",
        }
        return quarantine.reading(Layer.build(columns), _unfilled_note(int(unfilled[kept].sum())))

    def _emergencies(self, raw: Raw, records: Sequence[Mapping[str, object]]) -> Reading:
        rows = _emergency_rows(raw, records)
        version = rows.table.optional("updated_at")
        rows.quarantine.keep_newest(rows.table.text("id"), "repeated emergency", version)
        kept: list[int] = np.flatnonzero(rows.quarantine.kept).tolist()
        spread = [row for row in kept for _ in rows.countries[row]]
        codes = [code for row in kept for code in rows.countries[row]]
        ids = rows.table.text("id").take(pa.array(spread, pa.int64()))
        columns = {
            **self._everywhere(raw, len(spread)),
            "record_id": pc.binary_join_element_wise(ids, pa.array(codes, pa.string()), "/"),
            "event_id": pa.array([_event(records[row]) for row in spread], pa.string()),
            "version": version.take(pa.array(spread, pa.int64())),
            "measure": "reported_emergencies",
            "kind": "flow",
            "value": 1.0,
            "unit": "emergencies",
            "start": rows.start[spread],
            "end": rows.end[spread],
            "published": moments(_either(records[row], "created_at") for row in spread),
            "pcode": pa.array(codes, pa.string()),
        }
        return rows.quarantine.reading(Layer.build(columns))

    def _everywhere(self, raw: Raw, length: int) -> dict[str, object]:
        """What all records have in common."""
        return {
            "source": self.name,
            "theme": "disaster",
            "spread": "extensive",
            "retrieved": received(raw, length),
            "pcode_level": 0,
            "geo_precision": "country",
            "licence": self.licence.id,
        }


def _appeal_rows(raw: Raw, records: Sequence[Mapping[str, object]]) -> _Rows:
    """Appeals with a country and days; the others are refused."""
    table = table_of_records(raw.name, records)
    quarantine = Quarantine(table)
    quarantine.refuse(np.array([not one.get("aid") for one in records]), "aid: missing", "aid")
    countries = _known([_codes([one.get("country")]) for one in records])
    quarantine.refuse(np.array([not codes for codes in countries]), "no country with a code of ISO 3166-1", "country")
    start, last = (_days(records, quarantine, field) for field in ("start_date", "end_date"))
    quarantine.refuse(last < start, "ends before it starts", "end_date")
    return _Rows(table, quarantine, countries, start, np.maximum(start, last) + 1)


def _emergency_rows(raw: Raw, records: Sequence[Mapping[str, object]]) -> _Rows:
    """Emergencies with at least one country and a day; the others are refused."""
    table = table_of_records(raw.name, records)
    quarantine = Quarantine(table)
    quarantine.refuse(np.array([not one.get("id") for one in records]), "id: missing", "id")
    listed = [one.get("countries") for one in records]
    countries = _known([_codes(one if isinstance(one, list) else []) for one in listed])
    quarantine.refuse(np.array([not codes for codes in countries]), "no country with a code of ISO 3166-1", "countries")
    start = _days(records, quarantine, "disaster_start_date")
    return _Rows(table, quarantine, countries, start, start + 1)


def _codes(countries: Iterable[object]) -> tuple[str, ...]:
    """Codes of some countries, each once and in order."""
    told = (one.get("iso3") for one in countries if isinstance(one, Mapping))
    return tuple(sorted({str(code).upper() for code in told if code}))


def _known(told: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The same with those left out that are none of ISO 3166-1."""
    codes = pa.array(sorted({code for some in told for code in some}), pa.string())
    known = set(codes.filter(pa.array(is_country(codes))).to_pylist())
    return [tuple(code for code in some if code in known) for some in told]


def _days(records: Sequence[Mapping[str, object]], quarantine: Quarantine, field: str) -> Days:
    """Whole days of a moment, shape (rows,); 1970-01-01 where there is none, which is refused."""
    found = moments(_either(one, field) for one in records).astype("datetime64[D]")
    quarantine.refuse(np.isnat(found), f"{field}: no moment", field, _text(one.get(field) for one in records))
    return np.where(np.isnat(found), np.datetime64("1970-01-01", "D"), found)


def _either(record: Mapping[str, object], *fields: str) -> str:
    """The first of some fields that is filled, as text."""
    return next((str(record[field]) for field in fields if record.get(field)), "")


def _text(values: Iterable[object]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _event(record: Mapping[str, object]) -> str:
    """The GLIDE number, which other providers share, or the emergency's own id."""
    glide = _either(record, "glide").strip().upper()
    return glide if glide_parts(glide) else _either(record, "id")


def _unfilled_note(count: int) -> Iterator[str]:
    if count:
        yield f"{count} appeals for 0 people: their number was not filled in, and is unknown"


def _page(wire: Wire, what: str, size: int, place: Params, role: Role = "records") -> Reply:
    query = {"limit": size, "format": "json", **place}
    sound = partial(_check_page, first=int(place["offset"]), size=size)
    return wire.get(wire.at("api", f"{what}/"), query, ask=Ask(role, sound=sound))


def _check_page(reply: Reply, first: int, size: int) -> None:
    """A page in the middle that is shorter than it should be, or leads to no other, is no end.

    Raises:
        Transient: It is, or the answer is no page.
    """
    told = reply.json()
    found, count = (told.get("results"), told.get("count")) if isinstance(told, Mapping) else (None, None)
    if not isinstance(found, list) or not isinstance(count, int):
        raise Transient(f"{reply.raw.url} answered with no page of results")
    after = first + len(found)
    if len(found) < min(size, count - first) or (after < count and _is_last(reply)):
        raise Transient(f"{reply.raw.url} ends after {after} of {count} results")


def _is_last(reply: Reply) -> bool:
    told = reply.json()
    return not (isinstance(told, Mapping) and told.get("next"))
