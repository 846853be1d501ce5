"""IDMC GIDD: displacement of a year by country, validated once a year; disasters by event, conflicts as one sum.

`new_displacement` is a flow of the year, `total_displacement` the stock at its end: they are kept apart. Rows have no
identifier. Exact columns are read and their rounded twins left aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Mask, Quarantine, Table, as_mask, layer_of, listed, received, text_option
from riskmap.sources.figure_years import day_in, flow_over, spans_of, stock_at_end, whole_years
from riskmap.sources.gidd_fetch import ACCESS, PAGE, check_client, fetch_years
from riskmap.sources.isocodes import is_country
from riskmap.sources.options import matching
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, table_of_records
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="CC-BY-IGO",
    attribution="Internal Displacement Monitoring Centre (IDMC), Global Internal Displacement Database (GIDD)",
    url="https://creativecommons.org/licenses/by/3.0/igo/",
    raw=True,
    derived=True,
)
_NEW, _TOTAL = "new_displacement", "total_displacement"
_FIELDS = (("start_date", "start_date_accuracy"), ("end_date", "end_date_accuracy"))
_KEY = ("iso3", "year", "event_name", "start_date", "hazard_sub_type")


@dataclass(frozen=True)
class Gidd:
    """Countries and years of the Global Internal Displacement Database.

    Measures: of the flow `new_displacement`, and `disaster_displacement` or `conflict_displacement`; of the stock at
    the end of the year `idps`, and `disaster_idps` or `conflict_idps`. All are of whole countries. A figure spreads
    over the days of its event that lie in its year; over the whole year where these are unknown or contradict it.
    """

    name: str = "gidd"
    title: str = "IDMC GIDD: internal displacement by country and year"
    licence: Licence = _LICENCE
    access: Access = ACCESS
    options: frozenset[str] = frozenset({"country"})
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.has("iso3", "year", _NEW, _TOTAL)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the disasters and the conflicts of all years that matter.

        Raises:
            FetchError: The provider did not give them.
        """
        fetch_years(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for one country.

        Raises:
            FetchError: It does not come.
        """
        check_client(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of a page of the API or of a table with the same columns.

        Options: `country`, an ISO 3166 alpha-3 code, keeps the rows of one country.

        Raises:
            InputError: The file is neither, or has no rows of that country.
        """
        table, released = _read(raw)
        country = text_option(raw, options, "country")
        table = table if country is None else table.where(matching(table, {"iso3": country}))
        quarantine = Quarantine(table)
        year = whole_years(quarantine, "year")
        cause = "conflict" if table.find("event_name") is None else "disaster"
        spans = spans_of(quarantine, table, year, _FIELDS if cause == "disaster" else None)
        new, total = (quarantine.counts(name, required=False) for name in (_NEW, _TOTAL))
        quarantine.refuse(np.isnan(new) & np.isnan(total), "neither new nor total displacement", _NEW, table.text(_NEW))
        code, name = table.text("iso3"), table.optional("country_name")
        coded = is_country(code)
        quarantine.refuse(~coded & as_mask(pc.is_null(name)), "iso3: no ISO 3166 country, and no name", "iso3", code)
        columns = {
            **self._everywhere(raw, released, len(table)),
            "record_id": _ids(table, raw.labels.get(PAGE, "")),
            "pcode": pc.if_else(pa.array(coded), code, pa.scalar(None, pa.string())),
            "place": name,
        }
        layers = [
            layer_of({**columns, **told, "value": values, "measure": measure}, quarantine.kept & ~np.isnan(values))
            for told, values, measures in (
                (flow_over(spans), new, ("new_displacement", f"{cause}_displacement")),
                (stock_at_end(year), total, ("idps", f"{cause}_idps")),
            )
            for measure in measures
        ]
        notes = [*spans.notes(quarantine.kept), *_notes(quarantine.kept & ~coded, code)]
        return quarantine.reading(Layer.concat(layers), notes)

    def _everywhere(self, raw: Raw, released: str | None, length: int) -> Mapping[str, object]:
        """What all records have in common."""
        return {
            "source": self.name,
            "theme": "displacement",
            "spread": "extensive",
            "unit": "people",
            "published": None if released is None else np.full(length, np.datetime64(released, "s")),
            "retrieved": received(raw, length),
            "version": released or (raw.retrieved.strftime("%Y-%m-%dT%H:%M:%S") if raw.retrieved else None),
            "pcode_level": 0,
            "geo_precision": "country",
            "licence": self.licence.id,
        }


def _read(raw: Raw) -> tuple[Table, str | None]:
    """The table of a file, and the day of its release where a page of the API tells it."""
    if not is_json(raw):
        return read_table(raw), None
    reply = read_json(raw)
    released = str(reply.get("last_updated") or "") if isinstance(reply, Mapping) else ""
    rows = json_list(raw.name, reply, "results" if isinstance(reply, Mapping) else "")
    return table_of_records(raw.name, rows), day_in(released, "%Y-%m-%d")


def _ids(table: Table, page: str) -> pa.Array:
    """What tells rows apart: what they are of, and, where several are of the same, a number and the page."""
    told = [pc.fill_null(table.optional(name), "") for name in _KEY]
    key = pc.binary_join_element_wise(*told, "|")
    whole = [pc.fill_null(column, "") for _, column in sorted(table.columns.items())]
    rows = pa.table({"key": key, "whole": pc.binary_join_element_wise(*whole, "\x1f")})
    order = pc.sort_indices(rows, sort_keys=[("key", "ascending"), ("whole", "ascending")]).to_numpy()
    ordered = key.take(pa.array(order))
    first = np.append([True], as_mask(pc.not_equal(ordered[1:], ordered[:-1]))) if len(table) else np.array([], bool)
    places = np.arange(len(table))
    number = np.empty(len(table), dtype=np.int64)
    number[order] = places - np.maximum.accumulate(np.where(first, places, 0)) + 1
    numbered = pc.binary_join_element_wise(key, pc.cast(pa.array(number), pa.string()), "#")
    told_apart = pc.if_else(pa.array(number > 1), numbered, key)
    return pc.binary_join_element_wise(told_apart, page, "@") if page else told_apart


def _notes(uncoded: Mask, code: pa.Array) -> list[str]:
    count = int(uncoded.sum())
    told = listed(sorted(pc.unique(pc.fill_null(code.filter(pa.array(uncoded)), "(empty)")).to_pylist()))
    return [f"{count} rows placed by name, their codes being no ISO 3166 countries: {told}"] if count else []
