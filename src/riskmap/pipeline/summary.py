"""Summaries: what a file gave, in a few numbers that can be kept and held against another reading of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.layer import Layer
from riskmap.sources.source import Reading

STATES = frozenset({"stock", "cumulative"})
"""Kinds that are told again and again: the newest takes the place of those before."""


@dataclass(frozen=True)
class MeasureSummary:
    """One measure of a file.

    Args:
        records: Those that stand: each once, in its last version, not withdrawn.
        unit: Of the total.
        kind: Stock, flow and the like.
        total: Sum of their known values, of a stock those of the newest at each place; None where values do not add up.
        first: First day, as ISO text.
        last: Day on which the last record starts.
    """

    records: int
    unit: str
    kind: str
    total: float | None
    first: str
    last: str


@dataclass(frozen=True)
class Summary:
    """One file.

    Args:
        read: Rows in it.
        accepted: Rows that gave a record.
        quarantined: Rows refused, by reason.
        measures: By name.
        notes: What was repaired or assumed.
    """

    read: int
    accepted: int
    quarantined: Mapping[str, int] = field(default_factory=dict)
    measures: Mapping[str, MeasureSummary] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def newest(self) -> str | None:
        """Day on which its last record starts; None where it has none."""
        return max((one.last for one in self.measures.values()), default=None)


def summarise(reading: Reading) -> Summary:
    """What a reading comes to."""
    layer = reading.layer.standing()
    names = sorted(pc.unique(layer.table["measure"]).to_pylist())
    return Summary(
        reading.read,
        reading.accepted,
        dict(sorted(reading.quarantined.items())),
        {name: _measure(layer.of(name)) for name in names},
        reading.notes,
    )


def summary_of(told: Mapping[str, Any]) -> Summary:
    """The summary that was kept as plain data."""
    measures = {name: MeasureSummary(**one) for name, one in told["measures"].items()}
    return Summary(told["read"], told["accepted"], told["quarantined"], measures, tuple(told["notes"]))


def totals(table: pa.Table) -> tuple[float, float]:
    """Sum of all known values of one measure, and of those that start last at each place."""
    words = pc.coalesce(table["pcode"], table["place"], pa.scalar(""))
    key = pc.if_else(pc.is_valid(table["geometry"]), table["record_id"], words)
    rows = pa.table({"key": key, "start": table["start"], "value": table["value"]})
    newest = rows.group_by("key").aggregate([("start", "max")])
    joined = rows.join(newest, "key").filter(pc.field("start") == pc.field("start_max"))
    everything, latest = (float(pc.sum(one["value"]).as_py() or 0.0) for one in (rows, joined))
    return everything, latest


def _measure(layer: Layer) -> MeasureSummary:
    table = layer.table
    adds_up = table["spread"][0].as_py() == "extensive" and table["href"].null_count == len(layer)
    kind = str(table["kind"][0].as_py())
    everything, newest = totals(table) if adds_up else (None, None)
    return MeasureSummary(
        records=len(layer),
        unit=str(table["unit"][0].as_py()),
        kind=kind,
        total=newest if kind in STATES else everything,
        first=_day(pc.min(table["start"]).as_py()),
        last=_day(pc.max(table["start"]).as_py()),
    )


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
