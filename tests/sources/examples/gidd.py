"""GIDD disasters as its API pages them: an event over the turn of a year, two rows of one name, a code that is none."""

import json

from example import Example


def _row(**changes: object) -> dict[str, object]:
    row = {
        "iso3": "TGO",
        "country_name": "Togo",
        "year": 2020,
        "start_date": "2020-01-07",
        "start_date_accuracy": "Day",
        "end_date": "2020-01-08",
        "end_date_accuracy": "Week",
        "event_name": "Togo: Flood - 07/01/2020",
        "new_displacement": 2041,
        "new_displacement_rounded": 2000,
        "total_displacement": None,
        "total_displacement_rounded": None,
        "hazard_category": 2,
        "hazard_category_name": "Weather related",
        "hazard_sub_category": 3,
        "hazard_sub_category_name": "Hydrological",
        "hazard_type": 10,
        "hazard_type_name": "Flood",
        "hazard_sub_type": 13,
        "hazard_sub_type_name": "Flood",
        "event_codes": ["FL-2020-000001-TGO"],
        "event_codes_type": ["Glide Number"],
    }
    return row | changes


_ROWS = [
    _row(),
    _row(new_displacement=100),
    _row(new_displacement=100),
    _row(iso3="AB9", country_name="Abyei Area", new_displacement=None, total_displacement=26000),
    _row(iso3="AB9", country_name=""),
    _row(year=2019, end_date="2020-01-04", start_date="2019-12-29", new_displacement=7, total_displacement=0),
]


def _page(rows: list[dict[str, object]]) -> bytes:
    told = {"last_updated": "2024-05-13", "count": 6, "next": None, "previous": None, "results": rows}
    return json.dumps(told).encode()


EXAMPLE = Example(
    name="disasters.json",
    content=_page(_ROWS),
    read=6,
    quarantined={"iso3: no ISO 3166 country, and no name": 1},
    totals={
        "new_displacement": 2248.0,
        "disaster_displacement": 2248.0,
        "idps": 26000.0,
        "disaster_idps": 26000.0,
    },
    shuffled=_page(_ROWS[::-1]),
)
