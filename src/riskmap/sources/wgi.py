"""Worldwide Governance Indicators of the World Bank: six estimates by country and year, with their margins.

All years are estimated anew with every update, so that a later update stands before an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError, ProviderRefused
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Floats, Mask, Quarantine, Table, as_mask, layer_of
from riskmap.sources.nations import coded_countries, first_days, national, told_day, within, without, years
from riskmap.sources.options import Given, checked
from riskmap.sources.paging import numbered
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, read_json, read_table, table_of_records
from riskmap.sources.wire import Ask, Reply, Wire

_CODES: Mapping[str, str] = MappingProxyType(
    {
        "VA": "voice_and_accountability",
        "PV": "political_stability",
        "GE": "government_effectiveness",
        "RQ": "regulatory_quality",
        "RL": "rule_of_law",
        "CC": "control_of_corruption",
    }
)
_WORDS: Mapping[str, str] = MappingProxyType(
    {measure.replace("_and_", "and").replace("_of_", "of").replace("_", ""): measure for measure in _CODES.values()}
)
"""Spellings of the long tables, lower case, such as `ruleoflaw` -> measure."""

_SERIES = r"^(?:GOV_WGI_)?(VA|PV|GE|RQ|RL|CC)\.EST$"
_FURTHEST = 5.0
_NORMAL_90 = 1.645
"""Half width of an interval that holds nine tenths of a normal distribution, in standard errors."""

_PARAMS: dict[str, str | int] = {"source": 3, "format": "json"}
"""The database of these indicators, without which the provider does not know them."""

_PAGE, _YEARS_BACK = 1000, 3
_FIRST_YEAR = 1996

_LICENCE = Licence(
    id="CC-BY-4.0",
    attribution="World Bank, Worldwide Governance Indicators",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)
_ACCESS = Access(
    "open",
    endpoints={"api": "https://api.worldbank.org/v2"},
    pace_s=0.5,
    home="https://www.worldbank.org/en/publication/worldwide-governance-indicators",
)


class _Options(Given):
    """None: a file tells all."""


@dataclass(frozen=True)
class Wgi:
    """Governance by country and year, as estimates of mean 0 and deviation 1 over the world, where high is good.

    Measures: `voice_and_accountability`, `political_stability`, `government_effectiveness`, `regulatory_quality`,
    `rule_of_law` and `control_of_corruption`, with the bounds of nine tenths where a file has standard errors. The
    columns Lower and Upper are bounds of ranks, not of estimates, and are not read.
    """

    name: str = "wgi"
    title: str = "World Bank WGI: governance of countries"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        if sight.has("page", "pages", "per_page", "total"):
            return '"GOV_WGI_' in sight.text or re.search(r'"(VA|PV|GE|RQ|RL|CC)\.EST"', sight.text) is not None
        return sight.has("Code", "Year", "Estimate", "NumSrc", "Indicator")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """All countries and all six estimates, from three years before the days asked for, since they come late.

        Raises:
            FetchError: The provider did not give them.
        """
        first = max(_FIRST_YEAR, asked.start.year - _YEARS_BACK)
        for code in _CODES:
            url = wire.at("api", f"country/all/indicator/GOV_WGI_{code}.EST")
            params = _PARAMS | {"date": f"{first}:{asked.end.year}", "per_page": _PAGE}
            for _ in numbered(partial(_page, wire, url, params), _is_last):
                pass

    def check(self, wire: Wire) -> None:
        """One small request: one country's estimate.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        url = wire.at("api", "country/SOM/indicator/GOV_WGI_RL.EST")
        wire.get(url, _PARAMS | {"per_page": 1}, ask=Ask("index", sound=_is_reply))

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of an API reply (`[meta, rows]`), or of a long table with a column `Indicator`. There are no options.

        Raises:
            InputError: The file is neither.
        """
        checked(_Options, raw, options)
        if is_json(raw):
            return self._of_reply(raw)
        table = without(read_table(raw), "NA", "Estimate", "StdErr")
        quarantine = Quarantine(table)
        told = table.text("Indicator")
        words = pc.utf8_lower(pc.replace_substring_regex(told, r"[^A-Za-z]", ""))
        measures = pa.array([_WORDS.get(word or "") for word in words.to_pylist()], pa.string())
        quarantine.refuse(as_mask(pc.is_null(measures)), "Indicator: none of the six", "Indicator", told)
        iso3 = coded_countries(quarantine, table, "Code")
        of = years(quarantine, "Year")
        value = _estimates(quarantine, table, "Estimate")
        error = quarantine.counts("StdErr", required=False)
        names = table.optional("Country/Territory", "Country")
        columns = self._columns(raw, iso3, names, of) | {
            "value": value,
            "low": value - _NORMAL_90 * error,
            "high": value + _NORMAL_90 * error,
        }
        return self._reading(quarantine, columns, measures, ())

    def _of_reply(self, raw: Raw) -> Reading:
        """Rows of one series, country and year each, below facts about the reply."""
        meta, rows = _parts(raw.name, read_json(raw))
        table = table_of_records(raw.name, [_flat(row) for row in rows])
        quarantine = Quarantine(table)
        series = table.text("series")
        code = pc.struct_field(pc.extract_regex(series, _SERIES.replace("(VA", "(?P<code>VA")), "code")
        measures = pa.array([_CODES.get(one or "") for one in code.to_pylist()], pa.string())
        quarantine.refuse(as_mask(pc.is_null(measures)), "indicator: not an estimate of WGI", "indicator", series)
        iso3 = coded_countries(quarantine, table, "countryiso3code")
        of = years(quarantine, "date")
        value = _estimates(quarantine, table, "value")
        updated = told_day(meta.get("lastupdated"), len(table))
        columns = self._columns(raw, iso3, table.optional("name"), of) | {
            "value": value,
            "version": None if updated is None else str(updated[0]),
            "published": updated,
        }
        return self._reading(quarantine, columns, measures, _untold(meta, rows))

    def _columns(
        self, raw: Raw, iso3: pa.Array, names: pa.Array, of: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> dict[str, object]:
        return {
            **national(raw, iso3, names),
            "record_id": pc.fill_null(pc.binary_join_element_wise(iso3, pa.array(of).cast(pa.string()), "/"), ""),
            "source": self.name,
            "theme": "protection",
            "unit": "estimate, mean 0 and deviation 1",
            "start": first_days(of),
            "end": first_days(of + 1),
            "licence": self.licence.id,
        }

    def _reading(
        self, quarantine: Quarantine, columns: Mapping[str, object], measures: pa.Array, notes: Sequence[str]
    ) -> Reading:
        quarantine.keep_newest(pc.binary_join_element_wise(measures, columns["record_id"], "/"), "repeated")
        layers = [
            layer_of({**columns, "measure": measure}, quarantine.kept & _is(measures, measure))
            for measure in _CODES.values()
        ]
        return quarantine.reading(Layer.concat(layers), notes)


def _is(texts: pa.Array, word: str) -> Mask:
    return as_mask(pc.equal(texts, word))


def _estimates(quarantine: Quarantine, table: Table, field: str) -> Floats:
    """Estimates; years without one are refused aloud, since nothing was estimated."""
    quarantine.refuse(as_mask(pc.is_null(table.text(field))), f"{field}: none was made", field)
    value = quarantine.numbers(field)
    within(quarantine, value, -_FURTHEST, _FURTHEST, field)
    return value


def _parts(name: str, value: object) -> tuple[Mapping[str, object], Sequence[Mapping[str, object]]]:
    """Facts about a reply, and its rows."""
    whole = isinstance(value, list) and len(value) == 2
    meta, rows = value if isinstance(value, list) and whole else (None, None)
    if not isinstance(meta, Mapping) or not isinstance(rows, list) or not rows:
        raise InputError(name, f"a reply of two parts, facts and rows, is needed; found {str(value)[:120]!r}")
    return meta, [row for row in rows if isinstance(row, Mapping)]


def _flat(row: Mapping[str, object]) -> Mapping[str, object]:
    """A row with the nested series and name beside the others."""
    indicator, country = row.get("indicator"), row.get("country")
    return {
        **row,
        "series": indicator.get("id") if isinstance(indicator, Mapping) else None,
        "name": country.get("value") if isinstance(country, Mapping) else None,
    }


def _untold(meta: Mapping[str, object], rows: Sequence[object]) -> tuple[str, ...]:
    total, pages = meta.get("total"), meta.get("pages")
    more = isinstance(pages, int) and pages > 1
    return (f"one page of {pages}: {len(rows)} of {total} rows",) if more else ()


def _page(wire: Wire, url: str, params: Mapping[str, str | int], page: Mapping[str, str | int]) -> Reply:
    return wire.get(url, {**params, **page}, ask=Ask("records", sound=_is_reply))


def _is_reply(reply: Reply) -> None:
    """The provider says what is wrong with a good status."""
    try:
        _parts(reply.raw.url, reply.json())
    except InputError as error:
        raise ProviderRefused(str(error)) from error


def _is_last(reply: Reply) -> bool:
    meta, _ = _parts(reply.raw.url, reply.json())
    page, pages = meta.get("page"), meta.get("pages")
    return not (isinstance(page, int) and isinstance(pages, int) and page < pages)
