"""USGS feed: an earthquake twice, one of unknown magnitude, a quarry blast, one deleted, one without a position."""

import json

from example import Example


def _feature(identifier: str, ids: str, updated: int, **changes: object) -> dict[str, object]:
    told = {
        "mag": 5.5,
        "place": "12 km E of Somewhere",
        "time": 1717200000000,
        "updated": updated,
        "url": f"https://earthquake.usgs.gov/earthquakes/eventpage/{identifier}",
        "status": "reviewed",
        "sig": 465,
        "net": identifier[:2],
        "code": identifier[2:],
        "ids": ids,
        "types": ",origin,phase-data,",
        "magType": "mww",
        "type": "earthquake",
    }
    geometry = None if changes.pop("nowhere", False) else {"type": "Point", "coordinates": [36.5, 3.25, 10.0]}
    return {"type": "Feature", "properties": told | changes, "geometry": geometry, "id": identifier}


_FEATURES = [
    _feature("us2", ",us2,", 1717200600000, mag=5.25, status="automatic"),
    _feature("us2", ",ci1,us2,", 1717300000000),
    _feature("us3", ",us3,", 1717200600000, mag=4.5),
    _feature("us4", ",us4,", 1717200600000, mag=None, magType=None),
    _feature("us5", ",us5,", 1717200600000, type="quarry blast"),
    _feature("us6", ",us6,", 1717200600000, status="deleted", nowhere=True),
    _feature("us7", ",us7,", 1717200600000, nowhere=True),
    _feature("us3", ",us3,", 1717200500000, mag=6.75),
]


def _feed(features: list[dict[str, object]]) -> bytes:
    metadata = {"generated": 1717300001000, "title": "USGS Earthquakes", "status": 200, "count": len(features)}
    return json.dumps({"type": "FeatureCollection", "metadata": metadata, "features": features}).encode()


EXAMPLE = Example(
    name="4.5_month.geojson",
    content=_feed(_FEATURES),
    read=8,
    quarantined={"no position": 1, "repeated id": 1, "type: not an earthquake": 1},
    totals={"earthquake_magnitude": 10.0},  # 5.5 + 4.5; us2 of the first row is taken back by the second
    shuffled=_feed(_FEATURES[::-1]),
)
