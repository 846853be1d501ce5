"""From the areas of an analysis to records: people in phase 3 or worse, their share, and the phase of the area."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.layer import Layer
from riskmap.sources.admin_units import Units
from riskmap.sources.columns import Days, Floats, Mask, Quarantine, Table, as_mask, layer_of
from riskmap.sources.ipc_layouts import last_day, months_of
from riskmap.sources.ipc_phases import Assessed, percent_of
from riskmap.sources.spans import precision_of

Everywhere = Callable[[int], dict[str, object]]
"""Columns that all records of a file have in common, for so many of them."""

_PARTS = (
    r"(?i)\b(idps?|camps?|refugees?|returnees?|urban|rural|city|ville|cluster|zone|host|accessible|inaccessible)\b"
    r"|\(\d\)|_\d$"
)
"""Names of areas that are camps, cities, zones or parts of a district, and so may have no outline of their own."""

_SAME_SHARE, _SAME_PEOPLE = 0.005, 2.0
_WORLD_PEOPLE = 1.1e10
_CLASSES = (1, 2, 3, 4, 5)
_NOT_ANALYSED = (0, 6, 10)
"""What the service writes for areas that are on its map and were not analysed."""

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Areas:
    """Areas of one period, or parts of them, shape (areas,) each.

    Args:
        units: Where they are.
        start: First day.
        end: First day after.
        analysed: Month of the analysis, as told; null where not.
        everybody: People analysed, NaN where unknown.
        found: People in phase 3 or worse, and their share.
        phase: 1 to 5 of the area as a whole, NaN where not told.
    """

    units: Units
    start: Days
    end: Days
    analysed: pa.Array
    everybody: Floats
    found: Assessed
    phase: Floats

    @property
    def ids(self) -> pa.Array:
        """A text for each that tells its place and first day."""
        day = pa.array(self.start.astype("datetime64[D]").astype(str))
        return pc.binary_join_element_wise(self.units.ids, day, "/")


def repeated(ids: pa.Array, everybody: Floats, people: Floats, kept: Mask) -> Mask:
    """Rows that tell of the same people again: of one id, with numbers that are equal or differ by rounding.

    Args:
        ids: Text for area and period of each row, shape (rows,).
        everybody: People analysed.
        people: In phase 3 or worse.
        kept: Rows that count; others repeat nothing.
    """
    key = ids.dictionary_encode().indices.to_numpy()
    numbers = [np.nan_to_num(one, nan=-1.0) for one in (everybody, people)]
    order = np.lexsort((numbers[1], numbers[0], key))
    order = order[kept[order]]
    same = key[order][1:] == key[order][:-1]
    for one in numbers:
        low, high = one[order][:-1], one[order][1:]
        same &= np.abs(high - low) <= np.maximum(_SAME_PEOPLE, _SAME_SHARE * np.abs(high))
    mask = np.zeros(len(ids), dtype=np.bool_)
    mask[order[1:]] = same
    return mask


def records(areas: Areas, kept: Mask, everywhere: Everywhere, *, projected: bool) -> tuple[Layer, list[str]]:
    """Records of the areas that are kept, parts of one area taken together, and what was assumed for them."""
    rows = np.flatnonzero(kept)
    encoded = areas.ids.take(pa.array(rows)).dictionary_encode()
    group, count = encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)
    first = np.full(count, len(areas.start))
    np.minimum.at(first, group, rows)
    parts = np.bincount(group, minlength=count)
    found = _together(areas, rows, group, parts)
    phase = np.full(count, -np.inf)
    np.maximum.at(phase, group, np.nan_to_num(areas.phase[rows], nan=-np.inf))
    phase = np.where(np.isfinite(phase), phase, np.nan)
    columns = _columns(areas, first, everywhere) | {"preliminary": projected}
    people = {"kind": "stock", "spread": "extensive", "unit": "people", "overlap_group": "food-insecure-people"}
    index = {"kind": "index", "spread": "intensive"}
    told = {"assessed": found.assessed}
    layers = [
        Layer.build({**columns, **people, **told, "measure": "phase3plus_people", "value": found.people}),
        Layer.build({**columns, **index, **told, "unit": "%", "measure": "phase3plus_share", "value": found.share}),
        layer_of(
            {**columns, **index, "unit": "phase", "measure": "food_insecurity_phase", "value": phase}, ~np.isnan(phase)
        ),
    ]
    return Layer.concat(layers), _notes(areas, first, found, parts)


def version_of(analysed: pa.Array, given: Mapping[str, object]) -> dict[str, object]:
    """Columns that say which analysis records are of, and when it was known: at the end of its month, never earlier.

    Args:
        analysed: Months such as `Aug 2022`, null where not told.
        given: What the file tells of itself: `version`, and `published` or None.
    """
    months = months_of(analysed)
    editions = str(given.get("version") or "")
    texts = ["|".join(filter(None, ("" if np.isnat(month) else str(month)[:7], editions))) or None for month in months]
    told = {} if given.get("published") is not None else {"published": last_day(months).astype("datetime64[s]")}
    return {"version": pa.array(texts, pa.string()), **told}


def people_of(quarantine: Quarantine, table: Table, field: str, *, required: bool) -> Floats:
    """People, NaN where they are not told or the row is refused, as one with more of them than the world has is."""
    people = quarantine.counts(field, required=required)
    strange = people > _WORLD_PEOPLE
    quarantine.refuse(strange, f"{field}: more people than the world has", field, table.optional(field))
    return np.where(strange, np.nan, people)


def shares_of(quarantine: Quarantine, table: Table, field: str) -> Floats:
    """Fractions of people, NaN where they are not told or the row is refused, as one with a percentage is."""
    share = quarantine.numbers(field, required=False)
    strange = (share < 0) | (share > 1)
    quarantine.refuse(strange, f"{field}: not a fraction from 0 to 1", field, table.optional(field))
    return np.where(strange, np.nan, share)


def phases_of(quarantine: Quarantine, field: str) -> Floats:
    """Phases of areas, 1 to 5, NaN where they were not analysed; anything else is refused."""
    phase = quarantine.numbers(field, required=False)
    strange = ~np.isnan(phase) & ~np.isin(phase, (*_CLASSES, *_NOT_ANALYSED))
    quarantine.refuse(strange, f"{field}: none of 1 to 5", field)
    return np.where(np.isin(phase, _CLASSES), phase, np.nan)


def refuse_chronic(quarantine: Quarantine, table: Table) -> None:
    """Refuse what is not acute."""
    condition = table.optional("condition")
    acute = as_mask(pc.equal(pc.utf8_upper(pc.fill_null(condition, "A")), "A"))
    quarantine.refuse(~acute, "condition is not acute (A)", "condition", condition)


def _together(areas: Areas, rows: Positions, group: Positions, parts: Positions) -> Assessed:
    """Areas from their parts: people are added, unknown where any part is; shares follow from them."""
    people, everybody = (
        np.bincount(group, weights=values[rows], minlength=len(parts)).astype(np.float64)
        for values in (areas.found.people, areas.everybody)
    )
    share = np.full(len(parts), np.nan)
    share[group] = areas.found.share[rows]
    share = np.where(parts > 1, percent_of(people, everybody), share)
    return Assessed(people, np.where(np.isnan(people), np.nan, share), ~np.isnan(people))


def _columns(areas: Areas, at: Positions, everywhere: Everywhere) -> dict[str, object]:
    given = everywhere(len(at))
    placed = {
        name: column[at] if isinstance(column, np.ndarray) else pc.take(column, pa.array(at))
        for name, column in areas.units.columns.items()
    }
    return {
        **given,
        **placed,
        **version_of(areas.analysed.take(pa.array(at)), given),
        "record_id": areas.ids.take(pa.array(at)),
        "theme": "vulnerability",
        "start": areas.start[at].astype("datetime64[s]"),
        "end": areas.end[at].astype("datetime64[s]"),
        "time_precision": precision_of(areas.start[at], areas.end[at]),
    }


def _notes(areas: Areas, first: Positions, found: Assessed, parts: Positions) -> list[str]:
    unseen, several = int((~found.assessed).sum()), int((parts > 1).sum())
    name = areas.units.name.take(pa.array(first))
    vague = int(pc.sum(pc.fill_null(pc.match_substring_regex(name, _PARTS), fill_value=False)).as_py() or 0)
    notes = {
        f"{unseen} areas without phases are not assessed, neither in phase 1 nor zero": unseen,
        f"{several} areas are told in parts: people added, the worst phase taken": several,
        f"{vague} areas look like camps, cities, zones or parts of districts, which boundaries may lack": vague,
    }
    return [note for note, met in notes.items() if met]
