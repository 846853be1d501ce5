"""GIDD disaggregated GeoJSON: flow and stock in one file, households, several places, an unknown category."""

import json

from example import Example


def _figure(points: list[list[float]] | None, **changes: object) -> dict[str, object]:
    told = {
        "ID": 1,
        "ISO3": "SYR",
        "Country": "Syria",
        "Geographical region": "Middle East and North Africa",
        "Figure cause": "Disaster",
        "Year": 2023,
        "Figure category": "Internal Displacements",
        "Figure unit": "Household",
        "Reported figures": 30,
        "Household size": 5.0,
        "Total figures": 150,
        "Start date": "2023-02-06",
        "Start date accuracy": "Day",
        "End date": "2023-03-09",
        "End date accuracy": "Month",
        "Event ID": 22194,
        "Locations name": ["Aleppo, Syria"],
        "Locations accuracy": ["State/Region/Province (ADM1)"],
        "Locations type": ["Destination"],
        "Displacement occurred": "",
    }
    geometry = None if points is None else {"type": "MultiPoint", "coordinates": points}
    return {"type": "Feature", "geometry": geometry, "properties": told | changes}


_STOCK = {"Figure category": "IDPs", "Stock date": "2021-10-16", "Stock reporting date": "2023-12-31"}
_FEATURES = [
    _figure([[37.4, 36.15]]),
    _figure([[37.4, 36.15]]),
    _figure([[36.7, 35.9], [36.6, 35.8]], ID=2, **{"Locations accuracy": ["Point", "Point"], "Figure unit": "Person"}),
    _figure(None, ID=3, **{"Figure cause": "Conflict", "Total figures": 4000}, **_STOCK),
    _figure([[37.4, 36.15]], ID=4, **{"Figure category": "Returns"}),
]


def _collection(features: list[dict[str, object]]) -> bytes:
    told = {"type": "FeatureCollection", "readme": "LAST UPDATE: May 13, 2024\\n", "features": features}
    return json.dumps(told).encode()


EXAMPLE = Example(
    name="IDMC_GIDD_Internal_Displacement_Disaggregated.geojson",
    content=_collection(_FEATURES),
    read=5,
    quarantined={"Figure category: not known": 1, "repeated ID": 1},
    totals={"new_displacement": 300.0, "disaster_displacement": 300.0, "idps": 4000.0, "conflict_idps": 4000.0},
    shuffled=_collection(_FEATURES[::-1]),
)
