"""UNHCR's Operational Data Portal: refugees and asylum seekers in a country, as its operations last counted them.

A row is one series: the people of one origin in one country. Series of one country are told on different days, so the
country's total is known from the day on which the last of them was told. Origins are added up and forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Days, Floats, Mask, Quarantine, Table, as_mask, listed, plain, received, text_option
from riskmap.sources.isocodes import codes_of, is_country
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, table_of_records
from riskmap.sources.unhcr_odp_fetch import PART, check_portal, fetch_origins
from riskmap.sources.unhcr_odp_series import Codes, Counts, Told, between, over_period, standing
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="CC-BY-IGO",
    attribution="UNHCR Operational Data Portal, data.unhcr.org",
    url="https://creativecommons.org/licenses/by/3.0/igo/",
    raw=True,
    derived=True,
)
_ACCESS = Access("open", endpoints={PART: "https://data.unhcr.org/population/get"}, pace_s=1.5)
_COUNTRY = ("geomaster_name", "Country")
_TYPE = ("pop_type_name", "Population type")
_ORIGIN = ("pop_origin_name", "Country of Origin")
_TYPES = ("refugees", "asylum-seekers")
_FREQUENCIES = {"D": ("D", "day"), "M": ("M", "month"), "A": ("Y", "year")}


@dataclass(frozen=True)
class UnhcrOdp:
    """Counts of the Operational Data Portal, and the table made of them month by month.

    Measures: the stock `refugees_and_asylum_seekers`, since the portal adds groups of both kinds and names the sum
    after one of them; the flow `refugee_arrivals`, where a series counts new arrivals: running totals are taken apart,
    and the first of them gives nothing. All are of whole countries.

    The portal's list of camps and sites is refused: it counts nobody, and places of shelter are not kept.
    """

    name: str = "unhcr_odp"
    title: str = "UNHCR Operational Data Portal: refugees and asylum seekers by country"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"date_format"})
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's, its list of sites included."""
        table = sight.has("Country of Origin", "ISO3 of Origin", "Population type", "Individuals")
        widget = sight.has("geomaster_name", "individuals", "date")
        return table or widget or sight.has("loc_type", "loc_subtype", "POINT_X", "POINT_Y")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the last counts of some countries.

        Options: `geo_id`, needed; `population_collection`.

        Raises:
            FetchError: The provider did not give them.
        """
        fetch_origins(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for one country.

        Raises:
            FetchError: It does not come.
        """
        check_portal(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of an answer by origin, or of the table of situations.

        Options: `date_format`.

        Raises:
            InputError: The file is neither, lists shelters, or the option is wrong.
        """
        table = _read(raw)
        quarantine = Quarantine(table)
        given = text_option(raw, options, "date_format")
        day = quarantine.days(table.date_format("date", given=given), "date")
        people = quarantine.counts("individuals")
        country, origin = table.text(*_COUNTRY), table.text(*_ORIGIN)
        code = _codes(table, country)
        _refuse_strange(quarantine, table, country, origin)
        unit = pc.coalesce(code, country)
        counts = _counts(table, quarantine.kept, unit, day, people)
        arriving = as_mask(pc.equal(table.optional("pop_data_type_code"), "NEW"))[counts.row]
        arrived = _arrived(quarantine, table, counts.where(arriving))
        there, unused = standing(counts.where(~arriving))
        late = "told before every origin of its country had been, and again by then"
        quarantine.refuse(np.isin(np.arange(len(table)), unused), late, "date", table.text("date"))
        where = {"unit": unit, "pcode": code, "place": country}
        layers = [
            self._layer(raw, told, where, measure, kind)
            for told, measure, kind in (
                (arrived, "refugee_arrivals", "flow"),
                (there, "refugees_and_asylum_seekers", "stock"),
            )
        ]
        return quarantine.reading(Layer.concat(layers), _notes(quarantine.kept, code, country))

    def _layer(self, raw: Raw, told: Sequence[Told], where: Mapping[str, pa.Array], measure: str, kind: str) -> Layer:
        """One record for each country and span of days; what is told of one span is added up."""
        rows = pa.array([one.row for one in told], pa.int64())
        cells = {name: column.take(rows) for name, column in where.items()}
        cells["start"] = pa.array(np.array([one.start for one in told], dtype="datetime64[D]"))
        cells["end"] = pa.array(np.array([one.end for one in told], dtype="datetime64[D]"))
        cells["precision"] = pa.array([one.precision for one in told], pa.string())
        cells["people"] = pa.array([one.people for one in told], pa.float64())
        keys = ["unit", "start", "end", "precision"]
        sums = pa.table(cells).group_by(keys).aggregate([("people", "sum"), ("pcode", "min"), ("place", "min")])
        first, after = (sums[name].combine_chunks() for name in ("start", "end"))
        # What stands is told anew with each count, and where it ends only then; movements are told of their days.
        days = [pc.strftime(first, "%Y-%m-%d"), *([] if kind == "stock" else [pc.strftime(after, "%Y-%m-%d")])]
        columns: Mapping[str, object] = {
            "record_id": pc.binary_join_element_wise(sums["unit"].combine_chunks(), *days, "|"),
            "version": raw.retrieved.strftime("%Y-%m-%dT%H:%M:%S") if raw.retrieved else None,
            "source": self.name,
            "theme": "displacement",
            "measure": measure,
            "kind": kind,
            "spread": "extensive",
            "value": sums["people_sum"],
            "unit": "people",
            "start": first.cast(pa.timestamp("s")),
            "end": after.cast(pa.timestamp("s")),
            "time_precision": sums["precision"],
            "retrieved": received(raw, len(sums)),
            "pcode": sums["pcode_min"],
            "pcode_level": 0,
            "place": sums["place_min"],
            "geo_precision": "country",
            "overlap_group": "refugees",
            "licence": self.licence.id,
        }
        return Layer.build(columns)


def _read(raw: Raw) -> Table:
    """The rows of an answer by origin or of the table of situations.

    Raises:
        InputError: It lists shelters, or sums of unlike groups.
    """
    if is_json(raw):
        reply = read_json(raw)
        table = table_of_records(raw.name, json_list(raw.name, reply, "data" if isinstance(reply, Mapping) else ""))
    else:
        table = read_table(raw)
    if table.find("loc_type") is not None:
        problem = "a list of camps and sites: it counts nobody, and places of shelter are never kept"
        raise InputError(raw.name, f"{problem}; use counts by country or district")
    if table.find("population_groups_concat") is not None:
        problem = "sums of groups of unlike kinds, which cannot be told apart"
        raise InputError(raw.name, f"{problem}; ask for the answer by origin")
    return table


def _codes(table: Table, country: pa.Array) -> pa.Array:
    """ISO 3166 codes: as told, or those of the names; null where there is none."""
    told = table.optional("ISO3")
    return pc.coalesce(pc.if_else(pa.array(is_country(told)), told, pa.scalar(None, pa.string())), codes_of(country))


def _refuse_strange(quarantine: Quarantine, table: Table, country: pa.Array, origin: pa.Array) -> None:
    """Refuse what is no count of people from elsewhere in a country, and rows that come again."""
    quarantine.refuse(as_mask(pc.is_null(country)), f"{_COUNTRY[0]}: missing", _COUNTRY[0])
    level = table.optional("admin_level")
    inside = as_mask(pc.not_equal(pc.utf8_lower(level), "country"))
    quarantine.refuse(inside, "admin_level: not a country", "admin_level", level)
    kind = table.text(*_TYPE)
    known = as_mask(pc.is_in(pc.utf8_lower(kind), pa.array(_TYPES)))
    quarantine.refuse(~known, "population type: neither refugees nor asylum-seekers", _TYPE[0], kind)
    own = as_mask(pc.equal(pc.utf8_lower(country), pc.utf8_lower(origin)))
    quarantine.refuse(own, "people whose origin is the country that they are in", _ORIGIN[0], origin)
    whole = [pc.fill_null(column, "") for name, column in sorted(table.columns.items()) if plain(name) != "id"]
    quarantine.keep_newest(pc.binary_join_element_wise(*whole, "\x1f"), "repeated row")


def _counts(table: Table, keep: Mask, unit: pa.Array, day: Days, people: Floats) -> Counts:
    """The rows that are kept as counts; a series is one origin, and of new arrivals one group."""
    arriving = pc.equal(table.optional("pop_data_type_code"), "NEW")
    group = pc.if_else(arriving, pc.fill_null(table.optional("population_group_id"), ""), "")
    told = [pc.fill_null(column, "") for column in (unit, table.text(*_ORIGIN), group)]
    series = pc.binary_join_element_wise(*told, "|")
    rows = np.flatnonzero(keep)
    return Counts(rows, _numbered(unit)[rows], _numbered(series)[rows], day[rows], people[rows])


def _numbered(texts: pa.Array) -> Codes:
    numbers = pc.index_in(pc.fill_null(texts, ""), pc.unique(pc.fill_null(texts, "")))
    return np.asarray(numbers, dtype=np.int64)


def _arrived(quarantine: Quarantine, table: Table, counts: Counts) -> list[Told]:
    """Movements from series of new arrivals: of their own day, month or year, or between running totals."""
    running, period = (table.optional(f"pop_frequency_{name}") for name in ("cumulative_code", "code"))
    totals, whole = (as_mask(pc.equal(running, word))[counts.row] for word in ("C", "NC"))
    here = np.isin(np.arange(len(table)), counts.row)
    strange = here & ~as_mask(pc.is_in(running, pa.array(["C", "NC"])))
    quarantine.refuse(strange, "pop_frequency_cumulative_code: not known", "pop_frequency_cumulative_code", running)
    unknown = here & as_mask(pc.equal(running, "NC")) & ~as_mask(pc.is_in(period, pa.array(list(_FREQUENCIES))))
    quarantine.refuse(unknown, "pop_frequency_code: not known", "pop_frequency_code", period)
    found, refused = between(counts.where(totals))
    for reason, rows in refused.items():
        quarantine.refuse(np.isin(np.arange(len(table)), rows), reason, "individuals", table.text("individuals"))
    for code, words in _FREQUENCIES.items():
        found += over_period(counts.where(whole & as_mask(pc.equal(period, code))[counts.row]), *words)
    return found


def _notes(kept: Mask, code: pa.Array, country: pa.Array) -> list[str]:
    uncoded = kept & as_mask(pc.is_null(code))
    names = listed(sorted(pc.unique(country.filter(pa.array(uncoded))).to_pylist()))
    count = int(uncoded.sum())
    return [f"{count} rows placed by name, which is none of ISO 3166: {names}"] if count else []
