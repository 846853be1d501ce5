"""Traps: what would mislead whoever used a file's records without care, found in the records themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.pipeline.summary import STATES, totals

_STACKED = 10
_PRECISE = ("exact", "near")


def traps_of(layer: Layer, licence: Licence) -> tuple[str, ...]:
    """What must be known before these records are used, in plain words; empty where nothing was found."""
    if not len(layer):
        return ()
    standing = layer.standing()
    found = [*_versions(layer, standing), *_each_measure(standing), *_places(standing), *_terms(standing, licence)]
    return tuple(found)


def _versions(layer: Layer, standing: Layer) -> Iterator[str]:
    older = len(layer) - len(layer.canonical())
    if older:
        yield f"{older:,} records are older versions or repetitions of others: counted once"
    withdrawn = layer.only(layer.table["withdrawn"]).table["record_id"]
    stand = pc.is_in(withdrawn, standing.table["record_id"].combine_chunks())
    gone = pc.count_distinct(withdrawn.filter(pc.invert(stand))).as_py()
    if gone:
        yield f"{gone:,} ids are withdrawn: whatever was told of them before is taken back"


def _each_measure(layer: Layer) -> Iterator[str]:
    for name in sorted(pc.unique(layer.table["measure"]).to_pylist()):
        table = layer.of(name).table
        kind = table["kind"][0].as_py()
        if kind in STATES and table["spread"][0].as_py() == "extensive":
            yield from _rounds(name, table)
        unknown = table["value"].null_count if table["href"].null_count == len(table) else 0
        if unknown:
            yield f"{name}: {unknown:,} values are unknown, which is not zero"


def _rounds(name: str, table: pa.Table) -> Iterator[str]:
    """A stock told again and again: what adding everything up would give, and what the newest of each place gives."""
    everything, latest = totals(table)
    rounds = pc.count_distinct(table["start"]).as_py()
    if rounds > 1 and everything > latest > 0:
        yield (
            f"{name}: a {table['kind'][0].as_py()} told at {rounds} dates; adding them up would give"
            f" {everything:,.0f}, {everything / latest:.1f} times the newest of each place, {latest:,.0f}"
        )


def _places(layer: Layer) -> Iterator[str]:
    table = layer.table
    by_precision = pc.value_counts(table["geo_precision"])
    counted = {one["values"]: one["counts"] for one in by_precision.to_pylist()}
    coarse = {word: count for word, count in counted.items() if word not in _PRECISE and word != "none"}
    points = table.filter(pc.is_valid(table["geometry"]))
    if len(points) and coarse:
        told = ", ".join(f"{count:,} {word}" for word, count in sorted(coarse.items()))
        yield f"known only for areas, not for points: {told}"
    for word in _PRECISE:
        exact = points.filter(pc.equal(points["geo_precision"], word))
        if len(exact):
            stacked = _stacked(exact)
            if stacked >= _STACKED:
                yield f"up to {stacked:,} records told as {word} stand on one point: it may stand for an area"
    preliminary = int(pc.sum(pc.cast(table["preliminary"], pa.int64())).as_py() or 0)
    if preliminary:
        yield f"{preliminary:,} records are preliminary and may change or vanish"


def _stacked(table: pa.Table) -> int:
    """Most records of one measure on one point."""
    keys = table.group_by(["measure", "geometry"]).aggregate([("record_id", "count")])
    return int(np.max(keys["record_id_count"].to_numpy()))


def _terms(layer: Layer, licence: Licence) -> Iterator[str]:
    groups = sorted(filter(None, pc.unique(layer.table["overlap_group"]).to_pylist()))
    if groups:
        yield f"never to be added to other sources of {', '.join(groups)}"
    if not licence.raw:
        yield f"rows may not be passed on ({licence.id})"
    if not licence.derived:
        yield f"nor what is made of them ({licence.id})"
