"""EONET events: a storm in three positions, one of them twice; a flood; a prescribed fire; an iceberg; one nowhere."""

import json

from example import Example


def _event(number: int, category: str, *geometry: dict[str, object], **changes: object) -> dict[str, object]:
    told = {
        "id": f"EONET_{number}",
        "title": f"Event {number}",
        "description": None,
        "link": f"https://eonet.gsfc.nasa.gov/api/v3/events/EONET_{number}",
        "closed": None,
        "categories": [{"id": category, "title": category.capitalize()}],
        "sources": [{"id": "GDACS", "url": f"https://www.gdacs.org/report.aspx?eventid={number}"}],
        "geometry": list(geometry),
    }
    return told | changes


def _at(date: str, lon: float, lat: float, **changes: object) -> dict[str, object]:
    told = {"magnitudeValue": 45.0, "magnitudeUnit": "kts", "date": date, "type": "Point", "coordinates": [lon, lat]}
    return told | changes


_RING = [[[40.0, 2.0], [41.0, 2.0], [41.0, 3.0], [40.0, 3.0], [40.0, 2.0]]]
_EVENTS = [
    _event(
        1,
        "severeStorms",
        _at("2024-05-02T06:00:00Z", 60.0, -12.0),
        _at("2024-05-03T06:00:00Z", 58.5, -13.0),
        _at("2024-05-03T06:00:00Z", 58.5, -13.0),
        _at("2024-05-04T06:00:00Z", 57.0, -14.5),
        closed="2024-05-06T00:00:00Z",
    ),
    _event(2, "floods", _at("2024-05-07T00:00:00Z", 0, 0, type="Polygon", coordinates=_RING, magnitudeValue=None)),
    _event(3, "wildfires", _at("2024-05-07T15:20:00Z", -96.25, 45.5), title="Dismal Marsh Prescribed Fire, Nowhere"),
    _event(4, "seaLakeIce", _at("2024-05-07T00:00:00Z", -45.0, -60.0)),
    _event(5, "volcanoes"),
]


def _reply(events: list[dict[str, object]]) -> bytes:
    head = {"title": "EONET Events", "description": "Natural events from EONET.", "link": "https://eonet.gsfc.nasa.gov"}
    return json.dumps({**head, "events": events}).encode()


EXAMPLE = Example(
    name="events.json",
    content=_reply(_EVENTS),
    read=8,
    quarantined={
        "a fire set on purpose": 1,
        "category: no hazard to people": 1,
        "date: missing": 1,
        "repeated position": 1,
    },
    totals={"reported_hazard": 4.0},
    shuffled=_reply(_EVENTS[::-1]),
)
