"""UNHCR population statistics: refugees and others at the end of each year, by country.

A row is a pair of countries, of origin and of asylum; origins are added up and forgotten. Numbers come as numbers or
as text, a dash means that a question does not apply, and counts below five are rounded to 0 or 5 by the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Floats, Mask, Quarantine, Table, as_mask, received, text_option
from riskmap.sources.figure_years import Years, stock_at_end, whole_years
from riskmap.sources.isocodes import is_country
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, table_of_records
from riskmap.sources.unhcr_fetch import PART, SIDE, check_answers, fetch_years
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="CC-BY-4.0",
    attribution="UNHCR Refugee Population Statistics Database",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)
_ACCESS = Access("open", endpoints={PART: "https://api.unhcr.org/population/v1"}, pace_s=1.5)
_ASYLUM = ("coa_iso", "Country of Asylum Code", "Country of asylum (ISO)")
_ASYLUM_NAME = ("coa_name", "Country of Asylum Name", "Country of asylum")
_ORIGIN = ("coo_iso", "Country of Origin Code", "Country of origin (ISO)")
_ORIGIN_NAME = ("coo_name", "Country of Origin Name", "Country of origin")
_NOBODY = ("-", "unknown", "various", "various / unknown", "stateless")


@dataclass(frozen=True)
class _Kind:
    """A kind of people in a row.

    Args:
        columns: Names that its column may have.
        flow: Whether it counts movements of the year, and no people at its end.
        at_origin: Whether they are in the country of origin, since they came back to it.
        group: Overlap group; None where no other source counts them.
    """

    columns: tuple[str, ...]
    flow: bool = False
    at_origin: bool = False
    group: str | None = "refugees"


_KINDS: Mapping[str, _Kind] = {
    "refugees": _Kind(("refugees", "Refugees under UNHCR's mandate")),
    "asylum_seekers": _Kind(("asylum_seekers", "Asylum-seekers", "Asylum seekers")),
    "returned_refugees": _Kind(
        ("returned_refugees", "Returned refugees"), flow=True, at_origin=True, group="returned-people"
    ),
    "idps": _Kind(("idps", "IDPs of concern to UNHCR", "Internally displaced persons"), group="displaced-people"),
    "returned_idps": _Kind(("returned_idps", "Returned IDPss", "Returned IDPs"), flow=True, group="returned-people"),
    "stateless": _Kind(("stateless", "Stateless persons"), group=None),
}


@dataclass(frozen=True)
class Unhcr:
    """Countries and years of the Refugee Population Statistics Database.

    Measures: the stocks `refugees`, `asylum_seekers`, `idps` (those of concern to UNHCR) and `stateless` at the end of
    a year, by country of asylum; the flows `returned_idps`, and `returned_refugees` by the country that they came back
    to, which the provider calls their origin. All are of whole countries.
    """

    name: str = "unhcr"
    title: str = "UNHCR: refugees and others at the end of each year"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"country"})
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        paired = any(sight.has(asylum, origin) for asylum, origin in zip(_ASYLUM, _ORIGIN, strict=True))
        return paired and any(sight.has(name) for name in _KINDS["refugees"].columns)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the ends of all years that matter.

        Raises:
            FetchError: The provider did not give them.
        """
        fetch_years(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for one row.

        Raises:
            FetchError: It does not come.
        """
        check_answers(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of a page of the API or of a table of the same rows.

        Options: `country`, an ISO 3166 alpha-3 code, keeps the records of one country.

        Raises:
            InputError: The file is neither.
        """
        only = text_option(raw, options, "country")
        table, page = _read(raw)
        quarantine = Quarantine(table)
        year = whole_years(quarantine, "year")
        kinds = _told(raw)
        people = {name: quarantine.counts(*kind.columns, required=False) for name, kind in kinds.items()}
        where = {False: _country(table, _ASYLUM, _ASYLUM_NAME), True: _country(table, _ORIGIN, _ORIGIN_NAME)}
        _refuse_strange(quarantine, table, people, where[False]["unit"])
        layers, notes = [], []
        for name, kind in kinds.items():
            place, known = where[kind.at_origin], quarantine.kept & ~np.isnan(people[name])
            lost = known & as_mask(pc.is_null(place["unit"]))
            if people[name][lost].sum():
                notes.append(f"{people[name][lost].sum():,.0f} {name} of unknown countries left aside")
            wanted = known & ~lost if only is None else known & as_mask(pc.equal(place["code"], only))
            layers.append(self._layer(raw, name, _sums(place, year, people[name], wanted), page))
        return quarantine.reading(Layer.concat(layers), notes)

    def _layer(self, raw: Raw, name: str, sums: pa.Table, page: str) -> Layer:
        """One record for each country and year."""
        kind = _KINDS[name]
        year = sums["year"].to_numpy().astype("datetime64[Y]")
        whole = {"kind": "flow", "start": year.astype("datetime64[D]"), "end": (year + 1).astype("datetime64[D]")}
        text = pa.array([str(one) for one in year], pa.string())
        columns: Mapping[str, object] = {
            **(whole if kind.flow else stock_at_end(year)),
            "record_id": pc.binary_join_element_wise(sums["unit"].combine_chunks(), text, *filter(None, [page]), "|"),
            "source": self.name,
            "theme": "displacement",
            "measure": name,
            "spread": "extensive",
            "value": sums["people_sum"],
            "unit": "people",
            "time_precision": "year",
            "retrieved": received(raw, len(sums)),
            "version": raw.retrieved.strftime("%Y-%m-%dT%H:%M:%S") if raw.retrieved else None,
            "pcode": sums["code_min"],
            "pcode_level": 0,
            "place": sums["name_min"],
            "geo_precision": "country",
            "overlap_group": kind.group,
            "licence": self.licence.id,
        }
        return Layer.build(columns)


def _refuse_strange(quarantine: Quarantine, table: Table, people: Mapping[str, Floats], unit: pa.Array) -> None:
    """Refuse rows without figures or countries, sums over countries, and pairs of countries that come again."""
    asylum, origin = table.text(*_ASYLUM), table.optional(*_ORIGIN)
    empty = np.all([np.isnan(values) for values in people.values()], axis=0)
    quarantine.refuse(empty, "no figure", _ASYLUM[0], asylum)
    quarantine.refuse(as_mask(pc.equal(asylum, "-")), "a sum over countries of asylum", _ASYLUM[0], asylum)
    summed = as_mask(pc.equal(origin, "-"))
    if not summed.all():
        quarantine.refuse(summed, "a sum over countries of origin beside its parts", _ORIGIN[0], origin)
    nowhere = as_mask(pc.is_null(unit))
    quarantine.refuse(nowhere, "neither an ISO 3166 country of asylum nor its name", _ASYLUM[0], asylum)
    names = table.optional(*_ORIGIN_NAME)
    told = [pc.fill_null(one, "") for one in (table.text("year"), unit, origin, names)]
    quarantine.keep_newest(pc.binary_join_element_wise(*told, "|"), "repeated pair of countries and year")


def _read(raw: Raw) -> tuple[Table, str]:
    """The rows of a file, dashes taken out of their numbers, and what tells its page from others; empty where alone."""
    if not is_json(raw):
        return _without_dashes(read_table(raw)), ""
    reply = read_json(raw)
    alone = not isinstance(reply, Mapping)
    rows = json_list(raw.name, reply, "" if alone else "items")
    several = isinstance(reply, Mapping) and str(reply.get("maxPages", 1)) != "1"
    page = f"page {reply.get('page')}" if isinstance(reply, Mapping) and several else ""
    return _without_dashes(table_of_records(raw.name, rows)), page


def _without_dashes(table: Table) -> Table:
    columns = dict(table.columns)
    for kind in _KINDS.values():
        name = table.find(*kind.columns)
        if name is not None:
            dash = pc.equal(columns[name], "-")
            columns[name] = pc.if_else(dash, pa.scalar(None, pa.string()), columns[name])
    return replace(table, columns=columns)


def _told(raw: Raw) -> Mapping[str, _Kind]:
    """The kinds that a file tells wholly: what was asked for one country has only part of the others' people."""
    side = raw.labels.get(SIDE)
    return {name: kind for name, kind in _KINDS.items() if side is None or kind.at_origin == (side == "origin")}


def _country(table: Table, codes: tuple[str, ...], names: tuple[str, ...]) -> Mapping[str, pa.Array]:
    """Code and name of a country, and `unit`, the one of them that tells it from others; null where there is none."""
    none = pa.scalar(None, pa.string())
    code, name = table.optional(*codes), table.optional(*names)
    code = pc.if_else(pa.array(is_country(code)), code, none)
    nobody = pc.is_in(pc.utf8_lower(name), pa.array(_NOBODY))
    name = pc.if_else(nobody, none, name)
    return {"unit": pc.coalesce(code, name), "code": code, "name": name}


def _sums(place: Mapping[str, pa.Array], year: Years, people: Floats, keep: Mask) -> pa.Table:
    """People by country and year, over all countries on the other side."""
    rows = pa.table({**place, "year": year.astype("datetime64[D]"), "people": people}).filter(pa.array(keep))
    sums = rows.group_by(["unit", "year"]).aggregate([("people", "sum"), ("code", "min"), ("name", "min")])
    return sums.sort_by([("unit", "ascending"), ("year", "ascending")])
