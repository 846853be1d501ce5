"""GDACS geometry replies in one list: an event in two episodes, a drought, one without id, one of an unknown kind."""

import json

from example import Example


def _square(size: float) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[[30, 10], [30 + size, 10], [30 + size, 12], [30, 12], [30, 10]]]}


def _feature(kind: str, event: str, episode: str, part: str, geometry: object, modified: str) -> dict[str, object]:
    return {
        "type": "Feature",
        "bbox": [30.0, 10.0, 32.0, 12.0],
        "geometry": geometry,
        "properties": {
            "eventtype": kind,
            "eventid": event,
            "episodeid": episode,
            "eventname": "",
            "glide": "",
            "name": "Flood in Somewhere",
            "url": {"geometry": f"https://www.gdacs.org/gdacsapi/api/polygons/getgeometry?eventid={event}"},
            "alertlevel": "Orange",
            "alertscore": "2",
            "istemporary": "false",
            "iscurrent": "true",
            "country": "Somewhere",
            "fromdate": "2024-07-01T00:00:00",
            "todate": "2024-07-09T23:59:00",
            "datemodified": modified,
            "iso3": "",
            "source": "GLOFAS",
            "polygonlabel": "Affected area",
            "Class": part,
            "affectedcountries": [{"iso2": "XX", "iso3": "XXX", "countryname": "Somewhere"}],
            "severitydata": {"severity": 0.0, "severitytext": "Magnitude 0 ", "severityunit": ""},
        },
    }


_CENTROID = {"type": "Point", "coordinates": [31.0, 11.0]}
_FEATURES = [
    _feature("FL", "1100001", "1", "Point_Centroid", _CENTROID, "2024-07-03T10:00:00"),
    _feature("FL", "1100001", "1", "Poly_Affected", _square(2.0), "2024-07-03T10:00:00"),
    _feature("FL", "1100001", "1", "Poly_Global", _square(9.0), "2024-07-03T10:00:00"),
    _feature("FL", "1100001", "2", "Poly_Affected", _square(1.0), "2024-07-05T10:00:00"),
    _feature("DR", "1100001", "4", "Poly_area", _square(5.0), "2024-07-05T10:00:00"),
    _feature("FL", "", "1", "Point_Centroid", _CENTROID, "2024-07-03T10:00:00"),
    _feature("TS", "1100002", "1", "Point_Centroid", _CENTROID, "2024-07-03T10:00:00"),
]


def _reply(features: list[dict[str, object]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, "bbox": None}).encode()


EXAMPLE = Example(
    name="getgeometry.json",
    content=_reply(_FEATURES),
    read=5,
    quarantined={"eventid: missing": 1, "eventtype: none of DR, EQ, FL, TC, VO, WF": 1},
    totals={"hazard_extent": 1.0, "slow_hazard_extent": 1.0},
    shuffled=_reply(_FEATURES[::-1]),
)
