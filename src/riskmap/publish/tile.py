"""Tiles: one layer of one period as vector tiles, and the TileJSON that leads to them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskmap.errors import FieldUnknown, QueryError
from riskmap.publish import mvt, mvt_numpy
from riskmap.publish.layer import (
    HUNDREDTHS,
    Column,
    cell_column,
    hundredths,
    layer_bytes,
    number_column,
    tags_of,
    whole_column,
)
from riskmap.publish.outlines import Ints, Place, outlines_of
from riskmap.publish.words import MEANING, nodes_of
from riskmap.store.snapshot import Numbers, Snapshot
from riskmap.version import VERSION

RISK = "risk"
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
MAX_ZOOM = 12

_STATUS = "0 scored, 1 partial data, 2 insufficient data for an index"
_RISK_FIELDS = {
    "cell": "String: H3 cell",
    "score": "Number: the index, to 0.01; left out where data are insufficient",
    "low": "Number: the index if everything missing were at its best",
    "high": "Number: the index if everything missing were at its worst",
    "class": "Number: position among the classes of the legend, -1 where data are insufficient",
    "status": f"Number: {_STATUS}",
    "coverage": "Number: share 0 to 1 of the index's weight that stands on observed indicators",
}


@dataclass(frozen=True)
class Tile:
    """One tile.

    Args:
        data: Its bytes, not compressed; empty where it shows nothing.
        media_type: What they are.
        etag: Quoted text that is the same only for the same bytes.
    """

    data: bytes
    media_type: str
    etag: str


def make_tile(snapshot: Snapshot, layer: str, period: str, z: int, x: int, y: int) -> Tile:
    """One vector tile, in web mercator, with a buffer of 64 of its 4096 units.

    Every cell that lies in the tile or its buffer is shown once, at every zoom; unknown properties are left out.

    Args:
        snapshot: Where the cells and their values come from.
        layer: `risk`, or the id of a dimension, component or indicator.
        period: Label of a period.
        z: Zoom, 0 to 12.
        x: Column from the west.
        y: Row from the north.

    Raises:
        FieldUnknown: There is no such layer.
        PeriodUnknown: There is no such period.
        QueryError: There is no such tile.
    """
    index = snapshot.period_index(period)
    _check_layer(snapshot, layer)
    place = _checked(Place(z, x, y))
    etag = f'"{snapshot.id}/{layer}/{period}/{z}/{x}/{y}/{VERSION}"'
    return Tile(_encoded(snapshot, layer, index, place), MEDIA_TYPE, etag)


def tilejson(snapshot: Snapshot, layer: str, period: str, base_url: str) -> dict[str, Any]:
    """TileJSON 3.0 of one layer and period; its addresses name the snapshot, so they may be cached for ever.

    Args:
        snapshot: Whose tiles.
        layer: `risk`, or the id of a dimension, component or indicator.
        period: Label of a period.
        base_url: Scheme, host and path before `/v1`.

    Raises:
        FieldUnknown: There is no such layer.
        PeriodUnknown: There is no such period.
    """
    snapshot.period_index(period)
    _check_layer(snapshot, layer)
    label = "Trafficking risk" if layer == RISK else nodes_of(snapshot)[layer]["label"]
    address = f"{base_url.rstrip('/')}/v1/snapshots/{snapshot.id}/tiles/{layer}/{period}/{{z}}/{{x}}/{{y}}.mvt"
    return {
        "tilejson": "3.0.0",
        "name": f"{snapshot.manifest['case']['title']}: {label}, {period}",
        "description": MEANING,
        "tiles": [address],
        "vector_layers": [
            {"id": layer, "description": label, "fields": _fields(layer), "minzoom": 0, "maxzoom": MAX_ZOOM}
        ],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "bounds": _bounds(snapshot.manifest["bounds"]),
        "attribution": _attribution(snapshot),
    }


def _encoded(snapshot: Snapshot, layer: str, index: int, place: Place) -> bytes:
    outlines = outlines_of(snapshot)
    parts = outlines.parts(place)
    rows = parts.rows[parts.is_first]
    if not len(rows):
        return b""
    columns = _risk_columns(snapshot, index, rows) if layer == RISK else _node_columns(snapshot, layer, index, rows)
    # Where nothing may be compiled, array arithmetic is far quicker than the compiler's loops run one by one.
    encoder = mvt.encode if mvt.COMPILED else mvt_numpy.encode
    features = encoder(outlines.rings, parts, tags_of(columns), place)
    return layer_bytes(layer, features, columns) if features else b""


def _risk_columns(snapshot: Snapshot, index: int, rows: Ints) -> list[Column]:
    def of(name: str) -> Numbers:
        return snapshot.column("scores", name, index)[rows]

    classes = of("class")
    limits = [step["below"] for step in snapshot.manifest["recipe"]["classes"]]
    return [
        cell_column("cell", snapshot.cells[rows]),
        number_column("score", _kept_in_class(of("value"), classes, limits)),
        number_column("low", hundredths(of("low"))),
        number_column("high", hundredths(of("high"))),
        whole_column("class", classes),
        whole_column("status", of("status")),
        number_column("coverage", hundredths(of("coverage"))),
    ]


def _node_columns(snapshot: Snapshot, layer: str, index: int, rows: Ints) -> list[Column]:
    return [
        cell_column("cell", snapshot.cells[rows]),
        number_column("value", hundredths(snapshot.column("scores", layer, index)[rows])),
        whole_column("status", snapshot.column("scores", "status", index)[rows]),
    ]


def _kept_in_class(values: Numbers, classes: Numbers, limits: Sequence[float | None]) -> Numbers:
    """Scores in hundredths, rounded but never over a limit: a map coloured by them shows the class that is told."""
    below = np.array([np.inf if limit is None else limit * HUNDREDTHS for limit in limits])
    highest = np.ceil(np.round(below, 6)) - 1
    lowest = np.concatenate([[-np.inf], highest[:-1] + 1])
    # Class -1 has no score, so the limits that it picks touch nothing.
    return np.clip(hundredths(values), lowest[classes], highest[classes])


def _check_layer(snapshot: Snapshot, layer: str) -> None:
    known = (RISK, *nodes_of(snapshot))
    if layer not in known:
        raise FieldUnknown(f"{layer!r} is not a layer of snapshot {snapshot.id}; it has {', '.join(known)}")


def _checked(place: Place) -> Place:
    z, x, y = place
    if not 0 <= z <= MAX_ZOOM:
        raise QueryError(f"no tiles at zoom {z}; zooms are 0 to {MAX_ZOOM}")
    if not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise QueryError(f"no tile {x}, {y} at zoom {z}; columns and rows are 0 to {(1 << z) - 1}")
    return place


def _fields(layer: str) -> dict[str, str]:
    if layer == RISK:
        return _RISK_FIELDS
    value = "Number: score of this part of the index, to 0.01; left out where unknown"
    return {"cell": _RISK_FIELDS["cell"], "value": value, "status": f"Number: {_STATUS}"}


def _bounds(bounds: Sequence[float]) -> list[float]:
    """Bounds that TileJSON allows: an area that crosses the antimeridian goes round the world."""
    west, south, east, north = bounds
    if west < -180 or east > 180 or west > east:
        west, east = -180, 180
    return [west, max(south, -90), east, min(north, 90)]


def _attribution(snapshot: Snapshot) -> str:
    """Credits as HTML, in which clients show them."""
    invented = ["SYNTHETIC: an invented place"] if snapshot.manifest["case"]["synthetic"] else []
    told = [MEANING, *invented, *snapshot.credits]
    return " | ".join(html.escape(part) for part in told)
