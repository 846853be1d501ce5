"""INFORM Risk: the index of the Joint Research Centre by country and year, and the three dimensions it is made of.

Each release tells the years before it anew by its own method, so that a later release stands before an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from riskmap.errors import FetchError, InputError, ProviderRefused
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Quarantine, Table, as_mask, layer_of, listed
from riskmap.sources.nations import coded_countries, first_days, national, told_day, within, years
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table
from riskmap.sources.wire import Ask, Reply, Wire

_MEASURES: Mapping[str, tuple[str, str]] = {
    "inform_risk": ("INFORM", "inform_risk"),
    "inform_hazard": ("HA", "hazard_and_exposure"),
    "inform_vulnerability": ("VU", "vulnerability"),
    "inform_coping": ("CC", "lack_of_coping_capacity"),
}
"""Measure -> id in the API, column of the wide table."""

_SCALE = (0.0, 10.0)
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_WORKFLOW_DIGITS = 8

_LICENCE = Licence(
    id="CC-BY-4.0",
    attribution="INFORM Risk Index, European Commission Joint Research Centre (DRMKC)",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)
_ACCESS = Access(
    "open",
    endpoints={"api": "https://drmkc.jrc.ec.europa.eu/inform-index/API/InformAPI"},
    pace_s=1.0,
    home="https://drmkc.jrc.ec.europa.eu/inform-index",
)


class _Options(Given):
    year: int | None = Field(default=None, ge=2000, le=2100)


@dataclass(frozen=True)
class Inform:
    """INFORM Risk by country and year, each from 0 to 10, where 10 is worst.

    Measures: `inform_risk`, `inform_hazard` (hazard and exposure), `inform_vulnerability` and `inform_coping` (lack of
    coping capacity). A value holds for the year it is told for, not for that of the release, which is named a year
    ahead.
    """

    name: str = "inform"
    title: str = "INFORM Risk: hazard, vulnerability and coping capacity of countries"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        wide = sight.has("iso3", *(column for _, column in _MEASURES.values()))
        return wide or sight.has("IndicatorId", "Iso3", "IndicatorScore")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """All years and countries of one release. Option: `workflow`, its number; the newest published otherwise.

        Raises:
            FetchError: The provider did not give it, or the release was never published.
        """
        chosen = asked.options.get("workflow")
        facts = _release(wire) if chosen is None else {"WorkflowId": chosen}
        labels = {"workflow": str(facts["WorkflowId"]), "release": str(facts.get("Name") or "")}
        # Without the last slash there is nothing.
        url = wire.at("api", "Countries/Trends/")
        wire.get(url, {"WorkflowId": labels["workflow"]}, ask=Ask("records", labels, _is_list))

    def check(self, wire: Wire) -> None:
        """One small request: which release is the newest.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        _release(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of an API reply, or of the wide table of one release.

        Option: `year`, which a wide table and replies without `GNAYear` do not hold; taken from the file's name where
        that holds exactly one.

        Raises:
            InputError: The file is neither, or its year cannot be told.
        """
        given = checked(_Options, raw, options)
        table = read_table(raw)
        if table.find("IndicatorId") is None:
            return self._of_wide(raw, table, given.year)
        return self._of_scores(raw, table, given.year)

    def _of_scores(self, raw: Raw, table: Table, year: int | None) -> Reading:
        """Rows of one indicator, country and year each."""
        quarantine = Quarantine(table)
        kinds = table.text("IndicatorId")
        ids = {told: measure for measure, (told, _) in _MEASURES.items()}
        known = as_mask(pc.is_in(kinds, pa.array(list(ids))))
        quarantine.refuse(~known, "IndicatorId: none of INFORM, HA, VU, CC", "IndicatorId", kinds)
        iso3 = coded_countries(quarantine, table, "Iso3")
        notes = []
        if table.find("GNAYear") is None:
            chosen, note = _year(raw, year)
            of = np.full(len(table), chosen, dtype=np.int64)
            notes.append(note)
        else:
            of = years(quarantine, "GNAYear")
        score = quarantine.numbers("IndicatorScore")
        within(quarantine, score, *_SCALE, "IndicatorScore")
        version = _versions(raw, table)
        record = pc.binary_join_element_wise(iso3, pa.array(of).cast(pa.string()), "/")
        quarantine.keep_newest(pc.binary_join_element_wise(kinds, record, "/"), "repeated", version)
        columns = self._columns(raw, iso3, None) | _in_years(of)
        columns |= {"record_id": pc.fill_null(record, ""), "value": score, "version": version}
        layers = [
            layer_of({**columns, "measure": measure}, quarantine.kept & as_mask(pc.equal(kinds, told)))
            for told, measure in ids.items()
        ]
        return quarantine.reading(Layer.concat(layers), filter(None, notes))

    def _of_wide(self, raw: Raw, table: Table, year: int | None) -> Reading:
        """Rows of one country each; all four values are needed."""
        quarantine = Quarantine(table)
        iso3 = coded_countries(quarantine, table, "iso3")
        chosen, note = _year(raw, year)
        of = np.full(len(table), chosen, dtype=np.int64)
        values = {measure: quarantine.numbers(column) for measure, (_, column) in _MEASURES.items()}
        for measure, (_, column) in _MEASURES.items():
            within(quarantine, values[measure], *_SCALE, column)
        record = pc.binary_join_element_wise(iso3, pa.array(of).cast(pa.string()), "/")
        quarantine.keep_newest(record, "repeated")
        columns = self._columns(raw, iso3, table.optional("country")) | _in_years(of)
        columns |= {"record_id": pc.fill_null(record, "")}
        layers = [
            layer_of({**columns, "measure": measure, "value": values[measure]}, quarantine.kept) for measure in values
        ]
        return quarantine.reading(Layer.concat(layers), filter(None, [note]))

    def _columns(self, raw: Raw, iso3: pa.Array, names: pa.Array | None) -> dict[str, object]:
        return {
            **national(raw, iso3, names),
            "source": self.name,
            "theme": "vulnerability",
            "unit": "index 0-10",
            "published": told_day(raw.labels.get("published"), len(iso3)),
            "licence": self.licence.id,
        }


def _in_years(of: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, object]:
    return {"start": first_days(of), "end": first_days(of + 1)}


def _year(raw: Raw, given: int | None) -> tuple[int, str]:
    """The year of a file that does not hold it, and where that was found."""
    if given is not None:
        return given, ""
    file = raw.path.name
    found = sorted(set(_YEAR.findall(file)))
    if len(found) != 1:
        raise InputError(
            raw.name, f"option year is missing: the file does not hold it, and its name holds {listed(found)}; give it"
        )
    return int(found[0]), f"year {found[0]} is taken from the file's name"


def _versions(raw: Raw, table: Table) -> pa.Array:
    """Numbers of the releases as text that sorts as they follow one another; null where not told."""
    told = pc.coalesce(table.optional("WorkflowId"), pa.scalar(raw.labels.get("workflow"), pa.string()))
    return pc.utf8_lpad(told, _WORKFLOW_DIGITS, "0")


def _release(wire: Wire) -> Mapping[str, object]:
    """The newest published release."""
    reply = wire.get(wire.at("api", "Workflows/Default"), ask=Ask("index", sound=_is_release))
    value = reply.json()
    return value if isinstance(value, Mapping) else {}


def _is_release(reply: Reply) -> None:
    value = reply.json()
    if not isinstance(value, Mapping) or not value.get("WorkflowId"):
        raise ProviderRefused(f"{reply.raw.url} names no release")


def _is_list(reply: Reply) -> None:
    """A release that was never published has an empty list."""
    value = reply.json()
    if not isinstance(value, list) or not value:
        raise FetchError(f"{reply.raw.url} gives no scores; the release may never have been published")
