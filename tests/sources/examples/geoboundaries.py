"""A geoBoundaries layer as its GeoJSON comes: two regions with ids of the provider, and one without a shape."""

import json

from example import Example


def unit(number: int, west: float | None) -> dict[str, object]:
    ring = [[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]
    geometry = None
    if west is not None:
        geometry = {"type": "Polygon", "coordinates": [[[x + west, y] for x, y in ring]]}
    facts = {
        "shapeName": f"Region {number}",
        "shapeISO": "",
        "shapeID": f"1234567B{number}",
        "shapeGroup": "XMV",
        "shapeType": "ADM1",
    }
    return {"type": "Feature", "properties": facts, "geometry": geometry}


UNITS = (unit(1, 0.0), unit(2, 1.0), unit(3, None))


def collection(units: tuple[dict[str, object], ...]) -> bytes:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": list(units)}).encode()


EXAMPLE = Example(
    name="geoBoundaries-XMV-ADM1.geojson",
    content=collection(UNITS),
    read=3,
    quarantined={"no geometry": 1},
    totals={},
    shuffled=collection(UNITS[::-1]),
    labels={"level": "1", "licence": "Open Data Commons Open Database License 1.0"},
)
