"""Points and polygons with numbers: two good ones, one twice, a line, a number that is none and a day that is none."""

import json

from example import Example


def _feature(geometry: object, number: object, day: str = "2024/03/05") -> dict[str, object]:
    return {"type": "Feature", "properties": {"Date": day, "Number": number}, "geometry": geometry}


_POINT = {"type": "Point", "coordinates": [37.5, 48.1]}
_SQUARE = {"type": "Polygon", "coordinates": [[[37, 48], [38, 48], [38, 49], [37, 49], [37, 48]]]}
_LINE = {"type": "LineString", "coordinates": [[37, 48], [38, 49]]}
_FEATURES = [
    _feature(_POINT, 3),
    _feature(_POINT, 3),
    _feature(_SQUARE, 20),
    _feature(_LINE, 5),
    _feature(_POINT, "many"),
    _feature(_POINT, 4, "soon"),
]


def _collection(features: list[dict[str, object]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


EXAMPLE = Example(
    name="incidents.geojson",
    content=_collection(_FEATURES),
    read=6,
    quarantined={
        "repeated feature": 1,
        "a line: values along lines are not shared out over cells; make areas of them with a buffer first": 1,
        "Number: not a number": 1,
        "Date: not a date of the form %Y/%m/%d": 1,
    },
    totals={"incidents": 23.0},
    options={
        "start": "Date",
        "days": 1,
        "measures": {
            "incidents": {
                "column": "Number",
                "unit": "incidents",
                "kind": "flow",
                "spread": "extensive",
                "theme": "conflict",
            }
        },
    },
    shuffled=_collection(_FEATURES[::-1]),
)
