"""Governance indicators as the World Bank's API hands them out: countries, an aggregate, and a year without estimate."""

import json

from example import Example

META = {"page": 1, "pages": 1, "per_page": 1000, "total": 6, "sourceid": "3", "lastupdated": "2025-09-26"}


def estimate(code: str, year: int, value: float | None, series: str = "GOV_WGI_RL.EST") -> dict[str, object]:
    return {
        "indicator": {"id": series, "value": "Rule of Law: Estimate"},
        "country": {"id": code[:2], "value": code.title()},
        "countryiso3code": code,
        "date": str(year),
        "value": value,
        "unit": "",
        "obs_status": "",
        "decimal": 0,
    }


ROWS = (
    estimate("SOM", 2023, -2.25),
    estimate("XKX", 2023, -0.5),
    estimate("NAM", 2022, 0.25),
    estimate("AFE", 2023, -0.5),
    estimate("SOM", 2022, None),
    estimate("SOM", 2023, 12.0, "GOV_WGI_RL.SC"),
)

EXAMPLE = Example(
    name="rule_of_law.json",
    content=json.dumps([META, ROWS]).encode(),
    read=6,
    quarantined={
        "countryiso3code: not a country": 1,
        "indicator: not an estimate of WGI": 1,
        "value: none was made": 1,
    },
    totals={"rule_of_law": -2.5},
    shuffled=json.dumps([META, ROWS[::-1]]).encode(),
)
