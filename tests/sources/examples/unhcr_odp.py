"""Operational Data Portal, answer by origin: UNHCR's own codes, numbers as text, a repeated row, running arrivals."""

import json

from example import Example


def _series(**changes: object) -> dict[str, object]:
    series = {
        "id": 2686698,
        "geomaster_name": "Uganda",
        "geomaster_id": 220,
        "admin_level": "Country",
        "centroid_lon": 32.3301,
        "centroid_lat": 1.51328,
        "pop_data_type_code": "REG",
        "pop_data_type_name": "Registered",
        "pop_type_code": "REF",
        "pop_type_name": "Refugees",
        "pop_frequency_name": "Monthly",
        "pop_frequency_code": "M",
        "pop_frequency_cumulative": "cumulative",
        "pop_frequency_cumulative_code": "C",
        "pop_origin_name": "Sudan",
        "pop_origin_code": "SUD",
        "date": "2024-05-31",
        "month": 5,
        "year": 2024,
        "population_groups": "Refugees from Sudan",
        "population_group_id": "5148",
        "source": "UNHCR, Government",
        "individuals": "1000",
        "households": None,
    }
    return series | changes


_NEW = {"pop_data_type_code": "NEW", "pop_data_type_name": "New Arrivals", "population_group_id": "5550"}
_ROWS = [
    _series(),
    _series(id=7),
    _series(pop_origin_name="Eritrea", pop_origin_code="ERT", pop_type_name="Asylum-Seekers", individuals="500"),
    _series(date="2024-06-30", individuals="1100"),
    _series(individuals="80", **_NEW),
    _series(date="2024-06-30", individuals="95", **_NEW),
    _series(pop_origin_name="Uganda", pop_origin_code="UGA", individuals="3"),
]


def _answer(rows: list[dict[str, object]]) -> bytes:
    return json.dumps({"pop_frequency_code": ["M"], "pop_frequency_cumulative_code": [], "data": rows}).encode()


EXAMPLE = Example(
    name="origin.json",
    content=_answer(_ROWS),
    read=7,
    quarantined={
        "a running total without an earlier one to take from it": 1,
        "people whose origin is the country that they are in": 1,
        "repeated row": 1,
    },
    totals={"refugees_and_asylum_seekers": 1500.0 + 1600.0, "refugee_arrivals": 15.0},
    shuffled=_answer(_ROWS[::-1]),
)
