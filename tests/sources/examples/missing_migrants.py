"""Missing Migrants as its yearly list gives it: an incident in two parts, a repeated row, one without a position."""

import json

from example import Example


def _row(**changes: str) -> dict[str, str]:
    row = {
        "web_id": "2025.MMP0001",
        "region": "Mediterranean",
        "reported_date": "2025-06-12",
        "number_dead": "1",
        "number_missing": "4",
        "total_dead_and_missing": "5",
        "number_of_survivors": "",
        "number_of_female": "",
        "number_of_male": "4",
        "number_of_children": "",
        "cause_death": "Drowning",
        "country_of_incident": "Libya",
        "location_description": "Off the coast\\n",
        "unsd_geographic_grouping": "Uncategorized",
        "location_coodinates": "33.6, 12.8",
        "migration_route": "Central Mediterranean",
        "information_source": "IOM Libya",
        "url": "",
        "source_quality": "4",
        "region_origin": "Northern Africa",
        "country_origin": "Egypt",
    }
    return row | changes


_ROWS = [
    _row(),
    _row(),
    _row(country_origin="Sudan", number_dead="", number_missing="2"),
    _row(web_id="2025.MMP0002", location_coodinates="", number_dead="1,022", number_missing="0"),
    _row(web_id="2025.MMP0003", location_coodinates="33.6 N"),
]

EXAMPLE = Example(
    name="2025.json",
    content=json.dumps(_ROWS).encode(),
    read=5,
    quarantined={"coordinates are not latitude, longitude": 1, "repeated row": 1},
    totals={"migrant_deaths": 1023.0, "migrant_missing": 6.0},
    shuffled=json.dumps(_ROWS[::-1]).encode(),
)
