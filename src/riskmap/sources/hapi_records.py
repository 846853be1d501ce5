"""HAPI records: what the rows of a theme say, as records of one measure, place and period each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.layer import Layer
from riskmap.sources.columns import Floats, Mask, as_mask, layer_of
from riskmap.sources.hapi_rows import HapiRows, says
from riskmap.sources.hapi_themes import Count, Shape
from riskmap.sources.ipc_phases import by_area
from riskmap.sources.organisations import (
    PRESENT,
    PROTECTING,
    counted,
    folded_names,
    layer_of_counts,
    protective,
)
from riskmap.sources.spans import precision_of

Everywhere = Callable[[int], dict[str, object]]
"""Columns that all records of a file have in common, for so many of them."""

_KEYS = (
    "event_type",
    "ipc_phase",
    "ipc_type",
    "population_status",
    "sector_code",
    "population_group",
    "origin_location_code",
    "asylum_location_code",
    "appeal_code",
    "aggregation_period",
    "version",
)
"""Columns that tell two rows of one place and period apart."""

_ROUNDING = 2.0
_ROUNDING_SHARE = 0.005


def layers_of(rows: HapiRows, everywhere: Everywhere) -> tuple[Layer, list[str]]:
    """Records of the rows that are not refused, and what was assumed for them.

    Raises:
        InputError: A column is missing.
    """
    return _SHAPES[rows.theme.shape](rows, everywhere)


def _each(rows: HapiRows, everywhere: Everywhere) -> tuple[Layer, list[str]]:
    """A record for each row and measure."""
    values, notes = _values(rows)
    kept, columns = rows.quarantine.kept, _columns(rows, everywhere)
    layers = [
        layer_of({**columns, **_counting(count), "value": values[count.value]}, kept & mine)
        for count, mine in _matching(rows, values)
    ]
    return Layer.concat(layers), notes


def _sums(rows: HapiRows, everywhere: Everywhere) -> tuple[Layer, list[str]]:
    """A record for each country, period and measure: the sum over origins, or over appeals."""
    values, notes = _values(rows)
    kept, ids, columns = rows.quarantine.kept, rows.ids, _columns(rows, everywhere)
    layers = []
    for count, mine in _matching(rows, values):
        chosen = np.flatnonzero(kept & mine)
        # In order of value, so that the rounding of a sum does not depend on the order of the rows.
        chosen = chosen[np.argsort(values[count.value][chosen], kind="stable")]
        first, sums = _added(ids.take(pa.array(chosen)), values[count.value][chosen])
        whole = np.zeros(len(kept), dtype=np.bool_)
        whole[chosen[first]] = True
        amounts = np.zeros(len(kept))
        amounts[chosen[first]] = sums
        layers.append(layer_of({**columns, **_counting(count), "value": amounts}, whole))
    return Layer.concat(layers), notes


def _phases(rows: HapiRows, everywhere: Everywhere) -> tuple[Layer, list[str]]:
    """Two records for each place and period: people in phase 3 or worse, and their share."""
    people = rows.quarantine.counts("population_in_phase")
    share = rows.quarantine.numbers("population_fraction_in_phase", required=False)
    phase = pc.utf8_lower(rows.table.text("ipc_phase"))
    crisis = as_mask(pc.equal(phase, "3+"))
    notes = list(_placeholders(rows, "people in phase 3 or worse", people, crisis))
    notes += _repetitions(rows, people)
    kept = np.flatnonzero(rows.quarantine.kept)
    first, found = by_area(rows.ids.take(pa.array(kept)), phase.take(pa.array(kept)), people[kept], share[kept])
    unseen = int((~found.assessed).sum())
    notes += [f"{unseen} areas without phases are not assessed, neither in phase 1 nor zero"] if unseen else []
    columns = _columns(rows, everywhere, kept[first]) | {
        "theme": "vulnerability",
        "assessed": found.assessed,
        "preliminary": not says(rows.table, "ipc_type", "current").all(),
    }
    counts = {"kind": "stock", "spread": "extensive", "unit": "people", "overlap_group": "food-insecure-people"}
    shares = {"kind": "index", "spread": "intensive", "unit": "%"}
    return Layer.concat(
        [
            Layer.build({**columns, **counts, "measure": "phase3plus_people", "value": found.people}),
            Layer.build({**columns, **shares, "measure": "phase3plus_share", "value": found.share}),
        ]
    ), notes


def _organisations(rows: HapiRows, everywhere: Everywhere) -> tuple[Layer, list[str]]:
    """A record for each place and period: how many organisations work there."""
    names = folded_names(rows.table.text("org_name"), rows.table.text("org_acronym"))
    rows.quarantine.refuse(as_mask(pc.is_null(names)), "org_name: missing", "org_name")
    kept, sector = rows.quarantine.kept, pc.coalesce(rows.table.text("sector_code"), pa.scalar(""))
    measures = {PRESENT: kept, PROTECTING: kept & protective(sector)}
    counts = counted(rows.units, rows.start, rows.end, names, measures)
    return layer_of_counts(counts, rows.units, everywhere(len(counts))), list(
        _placeholders(rows, "rows", np.ones(len(kept)), kept)
    )


_SHAPES: Mapping[Shape, Callable[[HapiRows, Everywhere], tuple[Layer, list[str]]]] = {
    "rows": _each,
    "sums": _sums,
    "phases": _phases,
    "organisations": _organisations,
}


def _values(rows: HapiRows) -> tuple[Mapping[str, Floats], list[str]]:
    """Column -> numbers of every measure; repeated rows are refused, and negative counts."""
    values: dict[str, Floats] = {}
    notes: list[str] = []
    for count in rows.theme.counts:
        if count.value not in values:
            parsed = rows.quarantine.numbers if count.kind == "index" else rows.quarantine.counts
            values[count.value] = parsed(count.value, required=False)
    first = rows.theme.counts[0]
    if first.spread == "extensive":
        notes += _placeholders(rows, first.unit, values[first.value], np.ones(len(rows.table), dtype=np.bool_))
    return values, [*notes, *_repetitions(rows, values[first.value])]


def _matching(rows: HapiRows, values: Mapping[str, Floats]) -> Iterator[tuple[Count, Mask]]:
    """Every measure with the rows that tell it."""
    for count in rows.theme.counts:
        mine = ~np.isnan(values[count.value])
        for column, word in count.only.items():
            mine &= says(rows.table, column, word)
        yield count, mine


def _columns(rows: HapiRows, everywhere: Everywhere, at: npt.NDArray[np.int64] | None = None) -> dict[str, object]:
    """What the records of all rows, or of some, have in common."""
    at = np.arange(len(rows.table)) if at is None else at
    placed = {
        name: column[at] if isinstance(column, np.ndarray) else pc.take(column, pa.array(at))
        for name, column in rows.units.columns.items()
    }
    return {
        **everywhere(len(at)),
        **placed,
        "record_id": rows.ids.take(pa.array(at)),
        "start": rows.start[at].astype("datetime64[s]"),
        "end": rows.end[at].astype("datetime64[s]"),
        "time_precision": precision_of(rows.start[at], rows.end[at]),
    }


def _counting(count: Count) -> dict[str, object]:
    return {
        "measure": count.measure,
        "unit": count.unit,
        "kind": count.kind,
        "spread": count.spread,
        "theme": count.theme,
        "overlap_group": count.overlap,
    }


def _repetitions(rows: HapiRows, values: Floats) -> list[str]:
    """Refuse rows that repeat another but for its value, and keep the highest; tell of those that contradict."""
    told = [pc.fill_null(rows.table.optional(column), "") for column in _KEYS]
    key = pc.binary_join_element_wise(rows.ids, *told, "\x1f")
    kept = pa.array(rows.quarantine.kept)
    table = pa.table({"key": key, "value": pa.array(values, from_pandas=True)}).filter(kept)
    spans = table.group_by("key").aggregate([("value", "min"), ("value", "max")])
    low, high = (np.nan_to_num(spans[name].to_numpy()) for name in ("value_min", "value_max"))
    far = int((high - low > np.maximum(_ROUNDING, _ROUNDING_SHARE * high)).sum())
    rows.quarantine.keep_newest(key, "repeated row", values)
    return [f"{far} repeated rows differ by more than rounding; the highest is kept"] if far else []


def _placeholders(rows: HapiRows, what: str, values: Floats, mine: Mask) -> Iterator[str]:
    """How much stands under codes that stand for no place."""
    under = as_mask(pc.is_valid(rows.units.placeholder)) & rows.quarantine.kept & mine
    if under.any():
        codes = sorted(set(rows.units.placeholder.filter(pa.array(under)).to_pylist()))
        yield f"{np.nansum(values[under]):,.12g} {what} stand under placeholders such as {codes[0]!r}: placed by name"


def _added(ids: pa.Array, values: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """First row of each id, and the sum of its values."""
    encoded = ids.dictionary_encode()
    group = encoded.indices.to_numpy().astype(np.int64)
    first = np.full(len(encoded.dictionary), len(ids))
    np.minimum.at(first, group, np.arange(len(ids)))
    return first, np.bincount(group, weights=values, minlength=len(encoded.dictionary)).astype(np.float64)
