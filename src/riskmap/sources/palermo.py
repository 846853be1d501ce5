"""Parties to the Palermo protocol against trafficking in persons, from the list of the UN Treaty Collection.

A state is a party from the day of its instrument on. A signature alone makes none. Who is not in the list was no party
on the day of the list; of later days it says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pycountry

from riskmap.errors import InputError
from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Mask, Quarantine, Table, as_mask, layer_of
from riskmap.sources.dates import parse_days
from riskmap.sources.nations import named_countries, national
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table

_ADOPTED = np.datetime64("2000-11-15", "D")
_NO_END = np.datetime64("9999-12-31", "D")
_UNION = "European Union"
_FORMAT = "%d %B %Y"
_INSTRUMENT = re.compile(r"ratification", re.IGNORECASE)
_HOW = r"\s*\(?[Aad]{1,2}\)?$"
"""The letters behind a day: acceptance (A), approval (AA), accession (a), succession (d)."""

_TERRITORIES = (
    "ABW AIA ALA ASM ATA ATF BES BLM BMU BVT CCK CUW CXR CYM ESH FLK FRO GGY GIB GLP GRL GUF GUM HKG HMD IMN IOT JEY"
    " MAC MAF MNP MSR MTQ MYT NCL NFK PCN PRI PYF REU SGS SHN SJM SPM SXM TCA TKL TWN UMI VGB VIR WLF"
)
"""Codes of the standard that stand for territories, which are no parties by themselves."""

_LICENCE = Licence(
    id="UN-treaty-collection",
    attribution="United Nations Treaty Collection, chapter XVIII 12.a",
    url="https://treaties.un.org/Pages/ViewDetails.aspx?src=TREATY&mtdsg_no=XVIII-12-a&chapter=18",
    raw=False,
    derived=True,
)


class _Options(Given):
    as_of: date | None = None


@dataclass(frozen=True)
class Palermo:
    """Whether a state is a party to the protocol.

    Measure: `palermo_party`, 1 from the day of the state's instrument on, and 0 before it. A state that only signed, or
    is not in the list, is 0 until the day of the list and unknown after it; where that day is not told, nothing is said
    of them.
    """

    name: str = "palermo"
    title: str = "Palermo protocol: parties to the treaty against trafficking"
    licence: Licence = _LICENCE
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(_Options.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of these."""
        return sight.has("Participant", "Signature") and any(_INSTRUMENT.match(column) for column in sight.columns)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of the table of participants. Option: `as_of`, the day of the list (the day it was received, if not).

        Raises:
            InputError: It has not the columns, or its list is older than one of its days.
        """
        given = checked(_Options, raw, options)
        table = read_table(raw)
        quarantine = Quarantine(table)
        column = next((name for name in table.columns if _INSTRUMENT.match(name)), "Ratification")
        iso3 = named_countries(quarantine, table, "Participant")
        signed = _days(quarantine, table, "Signature")
        bound = _days(quarantine, table, column)
        neither = np.isnat(signed) & np.isnat(bound)
        quarantine.refuse(neither, "neither signed nor bound", "Participant", table.text("Participant"))
        quarantine.refuse(bound < _ADOPTED, f"{column}: before there was a protocol", column, table.text(column))
        quarantine.keep_newest(iso3, "repeated", pa.array(bound.astype("datetime64[D]")))
        as_of = _as_of(raw, given.as_of, np.concatenate([signed, bound]))
        kept = quarantine.kept
        party = kept & ~np.isnat(bound)
        names = table.text("Participant")
        layers = [
            self._records(raw, iso3, names, (bound, np.full(len(table), _NO_END), 1.0), party, as_of),
            self._records(raw, iso3, names, (np.full(len(table), _ADOPTED), bound, 0.0), party, as_of),
        ]
        notes = [f"{int(party.sum())} states are parties, {int((kept & np.isnat(bound)).sum())} only signed"]
        unknown = as_mask(pc.is_null(iso3)) & ~as_mask(pc.equal(names, _UNION))
        if as_of is None:
            notes.append(
                "the day of the list is not told (option as_of): of states that are no parties nothing is known"
            )
        elif unknown.any():
            notes.append("some participants are not known by name: of states that are not in the list nothing is known")
        else:
            others = _others(iso3.filter(pa.array(party | ~kept)))
            ends = (np.full(len(others), _ADOPTED), np.full(len(others), as_of + 1), 0.0)
            layers.append(self._records(raw, others, None, ends, np.ones(len(others), dtype=np.bool_), as_of))
            notes.append(f"{len(others)} states were no parties on {as_of}, the day of the list")
        return quarantine.reading(Layer.concat(layers), notes)

    def _records(
        self,
        raw: Raw,
        iso3: pa.Array,
        names: pa.Array | None,
        told: tuple[Days, Days, float],
        keep: Mask,
        as_of: np.datetime64 | None,
    ) -> Layer:
        """Records of one value with their first day and the first day after."""
        start, end, value = told
        part = "party" if value else "before"
        return layer_of(
            {
                **national(raw, iso3, names),
                "record_id": pc.fill_null(pc.binary_join_element_wise(iso3, part, "/"), ""),
                "version": None if as_of is None else str(as_of),
                "source": self.name,
                "theme": "protection",
                "measure": "palermo_party",
                "value": np.full(len(iso3), value),
                "unit": "party",
                "start": np.where(keep, start, _ADOPTED),
                "end": np.where(keep, end, _NO_END),
                "time_precision": "day",
                "published": np.where(keep, start, _ADOPTED),
                "licence": self.licence.id,
            },
            keep,
        )


def _days(quarantine: Quarantine, table: Table, field: str) -> Days:
    """Days with the letters behind them left aside; not-a-time where empty, refused where they are none."""
    told = table.text(field)
    plain = pc.replace_substring_regex(told, _HOW, "")
    found = parse_days(plain, _FORMAT)
    days = np.full(len(table), np.datetime64("NaT", "D")) if found is None else found
    quarantine.refuse(as_mask(pc.is_valid(told)) & np.isnat(days), f"{field}: not a day", field, told)
    return days


def _as_of(raw: Raw, given: date | None, days: Days) -> np.datetime64 | None:
    """The day of the list: as told, else the day the file was received."""
    if given is None:
        return None if raw.retrieved is None else np.datetime64(raw.retrieved.date(), "D")
    latest = np.sort(np.append(days[~np.isnat(days)], _ADOPTED))[-1]
    if np.datetime64(given, "D") < latest:
        raise InputError(raw.name, f"option as_of is {given}, but the list tells of {latest}; give its own day")
    return np.datetime64(given, "D")


def _others(told: pa.Array) -> pa.Array:
    """Codes of all states but these."""
    without = {*told.to_pylist(), *_TERRITORIES.split()}
    return pa.array(sorted({one.alpha_3 for one in pycountry.countries} - without), pa.string())
