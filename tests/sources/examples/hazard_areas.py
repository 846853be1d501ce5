"""Polygons of one flood: two good ones, one of them twice, and one feature that is no polygon."""

import json

from example import Example


def _box(west: float, event: str) -> dict[str, object]:
    ring = [[west, 0.0], [west + 1, 0.0], [west + 1, 1.0], [west, 1.0], [west, 0.0]]
    return {
        "type": "Feature",
        "properties": {"EventCode": event},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


_GAUGE = {"type": "Feature", "properties": {"EventCode": "A"}, "geometry": {"type": "Point", "coordinates": [0, 0]}}
_FEATURES = [_box(0, "A"), _box(3, "B"), _box(0, "A"), _GAUGE]


def _collection(features: list[dict[str, object]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


EXAMPLE = Example(
    name="flood_extent.geojson",
    content=_collection(_FEATURES),
    read=4,
    quarantined={"not a polygon": 1},
    totals={"hazard_extent": 2.0},
    options={"hazard": "rapid", "start": "2024-03-27", "end": "2024-04-15", "published": "2024-03-29"},
    shuffled=_collection(_FEATURES[::-1]),
)
