"""Tiers of the Trafficking in Persons Report, and the 3P index of what countries do against trafficking.

A tier says how far a government meets the standards of one country's law. It is a judgement of policy, not a count of
people, and comes once a year in the middle of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Floats, Quarantine, Table, as_mask, layer_of
from riskmap.sources.nations import coded_countries, first_days, national, within, without, years
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table

_TIERS: Mapping[str, float] = MappingProxyType(
    {
        "1": 1.0,
        "2": 2.0,
        "2.5": 2.5,
        "2wl": 2.5,
        "2 watch list": 2.5,
        "2 watchlist": 2.5,
        "watchlist": 2.5,
        "watch list": 2.5,
        "3": 3.0,
    }
)
"""Tiers as files write them, lower case and without the word -> steps: the watch list lies between 2 and 3."""

_UNRANKED = ("special case", "special")
_GRADES = ("prosecution", "prevention", "protection")
_GRADE_SCALE = (1.0, 5.0)
_MONTHS_TO_REPORT = 6
"""The report of a year comes out in its June or July, so that its tiers are known from July on."""

_LICENCE = Licence(
    id="US-public-domain",
    attribution="US Department of State, Trafficking in Persons Report; 3P Anti-trafficking Policy Index (S.-Y. Cho)",
    url="https://www.state.gov/trafficking-in-persons-report/",
    raw=False,
    derived=True,
)


class _Options(Given):
    """None: a file tells all."""


@dataclass(frozen=True)
class TipTiers:
    """Tiers by country and year, and the three grades of the 3P index where a file has them.

    Measures: `tip_tier` (1, 2, 2.5 for the watch list, 3; high is bad; steps, not distances) and `tip_prosecution`,
    `tip_prevention`, `tip_protection` (1 to 5; high is good). A country without a tier was not ranked in that year,
    which is told as not assessed and is no tier 1; nor is a special case, which the report leaves unranked.
    """

    name: str = "tip_tiers"
    title: str = "TIP report tiers and 3P index: policy against trafficking"
    licence: Licence = _LICENCE
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(_Options.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of these."""
        return sight.has("countryname", "iso", "year", "tier")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of a table of countries and years. There are no options.

        Raises:
            InputError: It has not the columns.
        """
        checked(_Options, raw, options)
        table = without(read_table(raw), "NA", "tier", *_GRADES)
        quarantine = Quarantine(table)
        iso3 = coded_countries(quarantine, table, "iso", names="countryname")
        of = years(quarantine, "year")
        tier, unranked = _tiers(quarantine, table)
        record = pc.binary_join_element_wise(iso3, pa.array(of).cast(pa.string()), "/")
        grades = {grade: quarantine.numbers(grade, required=False) for grade in _GRADES if table.find(grade)}
        for grade, values in grades.items():
            within(quarantine, values, *_GRADE_SCALE, grade)
        quarantine.keep_newest(record, "repeated")
        kept = quarantine.kept
        columns = self._columns(raw, iso3, table, of) | {"record_id": pc.fill_null(record, "")}
        reported = {"published": _reported(of), "measure": "tip_tier", "value": tier, "assessed": ~np.isnan(tier)}
        layers = [layer_of({**columns, **reported, "unit": "tier"}, kept)]
        layers += [
            layer_of({**columns, "measure": f"tip_{grade}", "value": values, "unit": "grade"}, kept & ~np.isnan(values))
            for grade, values in grades.items()
        ]
        absent = int((kept & np.isnan(tier)).sum())
        special = int((kept & unranked).sum())
        notes = (
            f"{absent} countries and years without a tier, {special} of them special cases: not assessed",
            f"the watch list counts as {_TIERS['watchlist']:g}",
        )
        return quarantine.reading(Layer.concat(layers), notes)

    def _columns(
        self, raw: Raw, iso3: pa.Array, table: Table, of: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> dict[str, object]:
        return {
            **national(raw, iso3, table.text("countryname")),
            "source": self.name,
            "theme": "protection",
            "start": first_days(of),
            "end": first_days(of + 1),
            "licence": self.licence.id,
        }


def _tiers(quarantine: Quarantine, table: Table) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Steps, NaN where there is none, and which rows are special cases; words that are not known are refused."""
    told = table.text("tier")
    words = pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(told), r"^tier\s*", ""))
    place = pc.index_in(words, pa.array(list(_TIERS)))
    steps = pa.array(list(_TIERS.values())).take(place).to_numpy(zero_copy_only=False)
    unranked = as_mask(pc.is_in(words, pa.array(_UNRANKED)))
    strange = as_mask(pc.is_valid(told)) & np.isnan(steps) & ~unranked
    quarantine.refuse(strange, "tier: not known", "tier", told)
    return steps, unranked


def _reported(of: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    months = (of - 1970).astype("datetime64[Y]").astype("datetime64[M]") + _MONTHS_TO_REPORT
    return months.astype("datetime64[D]")
