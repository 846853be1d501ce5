"""COD-AB in its present layout: two districts that share a border, a lake without a code, and a row without a shape."""

import json

from example import Example


def square(west: float) -> dict[str, object]:
    ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
    return {"type": "Polygon", "coordinates": [ring]}


def unit(code: str | None, name: str, geometry: dict[str, object] | None) -> dict[str, object]:
    facts = {
        "adm2_name": name,
        "adm2_name1": None,
        "adm2_pcode": code,
        "adm1_name": "Norsu",
        "adm1_pcode": "XM01",
        "adm0_name": "Xamava",
        "adm0_pcode": "XM",
        "valid_on": "2023-09-01",
        "valid_to": None,
        "area_sqkm": 12308.5,
        "version": "v01",
        "lang": "en",
        "iso2": "XM",
        "iso3": "XMV",
        "center_lat": 0.5,
        "center_lon": 10.5,
    }
    return {"type": "Feature", "properties": facts, "geometry": geometry}


UNITS = (
    unit("XM0101", "Boréma\u200f", square(10)),
    unit("XM0102", "Dulka", square(11)),
    unit(None, "Lake", square(12)),
    unit("XM0103", "Nowhere", None),
)


def collection(units: tuple[dict[str, object], ...]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(units)}).encode()


EXAMPLE = Example(
    name="xmv_admin2.geojson",
    content=collection(UNITS),
    read=4,
    quarantined={"adm2_pcode: missing": 1, "no geometry": 1},
    totals={},
    shuffled=collection(UNITS[::-1]),
)
