"""Areas: the administrative units of a snapshot as outlines, for finding one's way on a map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from riskmap.publish.shapes import Shapes, cell_shapes
from riskmap.store.snapshot import Snapshot

_LEVELS = (1, 2)
_DECIMALS = 5


def area_outlines(snapshot: Snapshot) -> dict[str, Any]:
    """Regions and districts as a GeoJSON feature collection (RFC 7946).

    Each unit is the union of the cells named after it: right to a cell's width, and no finer than the map itself.
    Properties: `level`, `pcode`, `name`, and `lon`, `lat` of a point inside for a label.
    """
    # Neighbouring cells share corners to the last stored digit or two; rounding makes them one.
    shapes = shapely.transform(cell_shapes(snapshot), lambda corners: np.round(corners, _DECIMALS))
    features = [feature for level in _LEVELS for feature in _features(snapshot, shapes, level)]
    return {"type": "FeatureCollection", "features": features}


def _features(snapshot: Snapshot, shapes: Shapes, level: int) -> Iterator[dict[str, Any]]:
    cells = snapshot.table("cells")
    codes = np.array([code or "" for code in cells[f"admin{level}_pcode"].to_pylist()])
    names = np.array([name or "" for name in cells[f"admin{level}_name"].to_pylist()])
    for code in np.unique(codes[codes != ""]).tolist():
        mine = codes == code
        whole = shapely.coverage_union_all(shapes[mine])
        label = shapely.point_on_surface(whole)
        yield {
            "type": "Feature",
            "properties": {
                "level": level,
                "pcode": code,
                "name": str(names[mine][0]),
                "lon": round(label.x, _DECIMALS),
                "lat": round(label.y, _DECIMALS),
            },
            "geometry": shapely.geometry.mapping(whole),
        }
