"""INFORM Risk as the API hands it out: three countries, one row repeated by an older release, one of a sub-indicator."""

import json

from example import Example


def score(iso3: str, kind: str, value: float, year: int = 2024, workflow: int = 493) -> dict[str, object]:
    return {
        "IndicatorId": kind,
        "FullName": "INFORM Risk Index",
        "Iso3": iso3,
        "CountryName": "",
        "GNAYear": year,
        "IndicatorScore": value,
        "WorkflowId": workflow,
        "MethodologyId": 436,
        "ShortDescription": "",
        "ParentLevel": 0,
        "StepNumber": 17,
        "Ranking": 0,
    }


ROWS = (
    score("SOM", "INFORM", 8.5),
    score("SOM", "INFORM", 8.1, workflow=92),
    score("NAM", "INFORM", 3.5),
    score("NAM", "HA", 2.0),
    score("NAM", "VU", 4.5),
    score("NAM", "CC", 5.0),
    score("NAM", "HA.NAT", 3.0),
    score("KOS", "INFORM", 3.0, 2023),
    score("X01", "INFORM", 3.0),
    score("SDN", "INFORM", 11.0),
)

EXAMPLE = Example(
    name="trends.json",
    content=json.dumps(ROWS).encode(),
    read=10,
    quarantined={
        "IndicatorId: none of INFORM, HA, VU, CC": 1,
        "IndicatorScore: outside 0 to 10": 1,
        "Iso3: not a country": 1,
        "repeated": 1,
    },
    totals={"inform_risk": 15.0, "inform_hazard": 2.0, "inform_vulnerability": 4.5, "inform_coping": 5.0},
    shuffled=json.dumps(ROWS[::-1]).encode(),
)
