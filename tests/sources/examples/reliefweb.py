"""ReliefWeb version 2: a flood in two countries and its older version, an alert, one archived, one without a country."""

import json

from example import Example


def _disaster(number: int, status: str, countries: list[str], changed: str = "2024-06-02") -> dict[str, object]:
    fields = {
        "id": number,
        "glide": f"FL-2024-{number:06d}-TCD",
        "status": status,
        "date": {
            "created": "2024-05-20T09:00:00+00:00",
            "changed": f"{changed}T10:00:00+00:00",
            "event": "2024-05-17T00:00:00+00:00",
        },
        "country": [{"iso3": code} for code in countries],
        "type": [{"code": "FL"}],
    }
    return {"id": str(number), "fields": fields, "href": f"https://api.reliefweb.int/v2/disasters/{number}"}


_DISASTERS = [
    _disaster(52001, "ongoing", ["tcd", "cmr"]),
    _disaster(52001, "alert", ["tcd"], "2024-05-21"),
    _disaster(52002, "alert", ["tcd"]),
    _disaster(52003, "alert-archive", ["tcd"]),
    _disaster(52004, "past", ["wld"]),
]


def _answer(disasters: list[dict[str, object]]) -> bytes:
    href = "https://api.reliefweb.int/v2/disasters"
    return json.dumps(
        {
            "href": href,
            "links": {"self": {"href": href}},
            "took": 5,
            "totalCount": len(disasters),
            "count": len(disasters),
            "data": disasters,
        }
    ).encode()


EXAMPLE = Example(
    name="disasters.json",
    content=_answer(_DISASTERS),
    read=5,
    quarantined={
        "repeated disaster": 1,
        "status alert-archive: an alert that became no disaster": 1,
        "no country with a code of ISO 3166-1": 1,
    },
    totals={"reported_disasters": 3.0},
    shuffled=_answer(_DISASTERS[::-1]),
)
