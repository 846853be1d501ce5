"""Two timelines: when something was so, and when it was known; and which of several tellings stands.

What is not known yet on a day is left out of a build as of that day: a file by when it was received, a record by when
it was published. What is known is then believed by rank: a final release stands in place of the candidates of its
days, and a later complete list in place of an earlier one, so that what vanished from it counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import CaseError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.source import Cover, Reading


@dataclass(frozen=True)
class Telling:
    """One file with what it gave, and what it lists completely.

    Args:
        raw: The file.
        reading: What it gave.
        cover: Days that it, with all files of the same rank, lists completely.
        area: Country that it was asked for; empty where all, or where it was not asked.
        told: Rank of the last fetch or poll that told it, where that is higher than the rank of its cover.
    """

    raw: Raw
    reading: Reading
    cover: Cover | None = None
    area: str = ""
    told: int = -1


def end_of(day: date) -> datetime:
    """The last second of a day (UTC)."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(seconds=1)


def known(telling: Telling, as_of: date) -> Telling:
    """A telling without the records that were not known on a day; a list that was not whole then covers nothing.

    Raises:
        CaseError: A record says neither when it was published nor when it was received.
    """
    layer = telling.reading.layer
    if layer.known.null_count:
        raise CaseError(
            f"{telling.raw.name} does not say when it became known, so it cannot be used as of {as_of}; give its input"
            " received = DATE"
        )
    then = layer.known_by(end_of(as_of))
    late = len(layer) - len(then)
    notes = (*telling.reading.notes, *((f"{late} records published after {as_of} left out",) if late else ()))
    reading = replace(telling.reading, layer=then, notes=notes)
    return replace(telling, reading=reading, cover=None if late else telling.cover)


def believed(tellings: Sequence[Telling]) -> tuple[Telling, ...]:
    """Every telling without the records in whose place one of a higher rank stands; each says how many these were."""
    return tuple(_without_outranked(one, tellings) for one in tellings)


def known_until(layers: Iterable[Layer]) -> str | None:
    """The latest moment at which something used became known, as ISO text; None where nothing says."""
    moments = [moment for layer in layers if (moment := pc.max(layer.known).as_py()) is not None]
    return max(moments).isoformat() if moments else None


def _without_outranked(telling: Telling, tellings: Sequence[Telling]) -> Telling:
    rank = max(telling.cover.rank if telling.cover else -1, telling.told)
    higher = [
        other.cover
        for other in tellings
        if other.cover is not None and other.cover.rank > rank and other.area in ("", telling.area)
    ]
    layer = telling.reading.layer
    if not higher or not len(layer):
        return telling
    start = layer.table["start"].combine_chunks().cast(pa.timestamp("s")).to_numpy()
    outranked = np.zeros(len(layer), dtype=np.bool_)
    for cover in higher:
        outranked |= (start >= np.datetime64(cover.start, "s")) & (start < np.datetime64(cover.end, "s"))
    count = int(outranked.sum())
    if not count:
        return telling
    note = f"{count} records left out: a later or more final release lists those days completely"
    reading = replace(telling.reading, layer=layer.only(pa.array(~outranked)), notes=(*telling.reading.notes, note))
    return replace(telling, reading=reading)
