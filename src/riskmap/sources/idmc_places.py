"""The places of a figure of displacement, as IDMC lists them: several of them share one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.sources.columns import points

_PRECISIONS = (
    ("adm3", "adm2"),
    ("adm2", "adm2"),
    ("adm1", "adm1"),
    ("adm0", "country"),
    ("am0", "country"),
    ("point", "exact"),
)
_SHARED = ("value", "low", "high")

Position = tuple[float, float]
"""Longitude and latitude in degrees."""


@dataclass(frozen=True)
class Spot:
    """One of the places of a figure.

    Args:
        row: Row of the figure in its table.
        share: Part of the figure that belongs here.
        suffix: What tells its record from the others of the figure; empty where it is the only one.
        lon: Degrees.
        lat: Degrees.
        precision: Word of the layer schema.
    """

    row: int
    share: float
    suffix: str
    lon: float
    lat: float
    precision: str


def spots_of(
    row: int, positions: Sequence[Position], accuracies: Sequence[str], types: Sequence[str]
) -> Sequence[Spot]:
    """The places of one figure, each with an even share.

    Where some are told to be destinations, those alone count: there the people are.

    Args:
        row: Row of the figure.
        positions: Of its places.
        accuracies: As IDMC words them; left aside where they are not as many as the places.
        types: `Origin`, `Destination` or both in one text; likewise.
    """
    count = len(positions)
    accuracies = accuracies if len(accuracies) == count else [""] * count
    types = types if len(types) == count else [""] * count
    chosen = [place for place in range(count) if "destination" in types[place].lower()] or list(range(count))
    return [
        Spot(
            row,
            1 / len(chosen),
            f":{place + 1}/{count}" if len(chosen) > 1 else "",
            *positions[place],
            _precision(accuracies[place]),
        )
        for place in chosen
    ]


def is_position(lon: float, lat: float) -> bool:
    """Whether two numbers are degrees in range, and not the 0, 0 that stands for none."""
    return abs(lat) <= 90 and abs(lon) <= 180 and (lon, lat) != (0, 0)


def at_spots(columns: Mapping[str, object], spots: Sequence[Spot]) -> dict[str, object]:
    """Columns of figures as columns of their places: values are shared out, all else is repeated.

    Args:
        columns: By name, `record_id` among them: arrays of shape (figures,), or one scalar for all.
        spots: In the order wanted.

    Returns:
        The same columns of shape (spots,), with `geometry` and `geo_precision`.
    """
    rows = np.array([spot.row for spot in spots], dtype=np.int64)
    share = np.array([spot.share for spot in spots])
    taken = {name: _taken(values, rows) for name, values in columns.items()}
    shared = {name: np.asarray(taken[name]) * share for name in _SHARED if name in columns}
    suffixes = pa.array([spot.suffix for spot in spots], pa.string())
    return {
        **taken,
        **shared,
        "record_id": pc.binary_join_element_wise(taken["record_id"], suffixes, ""),
        "geometry": points(np.array([spot.lon for spot in spots]), np.array([spot.lat for spot in spots])),
        "geo_precision": pa.array([spot.precision for spot in spots], pa.string()),
    }


def _taken(values: object, rows: npt.NDArray[np.int64]) -> object:
    if isinstance(values, np.ndarray):
        return values[rows]
    return pc.take(values, pa.array(rows)) if isinstance(values, pa.Array) else values


def _precision(accuracy: str) -> str:
    """A word of the layer schema; `near` where the accuracy is not told, since it may be a centroid."""
    return next((word for told, word in _PRECISIONS if told in accuracy.lower()), "near")
