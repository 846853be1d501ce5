"""DTM displacement API v3: two rounds of one region split by reason, a repeated row, a site count of the same people."""

import json

from example import Example


def _row(**changes: object) -> dict[str, object]:
    row = {
        "id": 51126,
        "operation": "Lake Crisis",
        "admin0Name": "Chad",
        "admin0Pcode": "TCD",
        "admin1Name": "Lac",
        "admin1Pcode": "TD07",
        "numPresentIdpInd": 100,
        "reportingDate": "2020-02-29T00:00:00",
        "yearReportingDate": 2020,
        "monthReportingDate": 2,
        "roundNumber": 1,
        "displacementReason": "Conflict",
        "numberMales": None,
        "numberFemales": None,
        "idpOriginAdmin1Name": "Not available",
        "idpOriginAdmin1Pcode": "Not available",
        "assessmentType": "BA",
    }
    return row | changes


_ROWS = [
    _row(),
    _row(id=2),
    _row(id=3, displacementReason="Natural disaster", numPresentIdpInd=40),
    _row(id=4, assessmentType="SA", numPresentIdpInd=140),
    _row(id=5, roundNumber=2, reportingDate="2020-05-31T00:00:00", numPresentIdpInd=7),
    _row(id=6, roundNumber=2, reportingDate="2020-05-31T00:00:00", admin1Name="Not available", admin1Pcode="TCD-XXX"),
]


def _reply(rows: list[dict[str, object]]) -> bytes:
    told = {"result": rows, "statusCode": 200, "isSuccess": True, "errorMessages": [], "totalRecordsCount": len(rows)}
    return json.dumps(told).encode()


EXAMPLE = Example(
    name="admin1.json",
    content=_reply(_ROWS),
    read=6,
    quarantined={
        "neither place code nor name": 1,
        "never in force: a later round of that day, or a baseline, stands in its place": 1,
        "repeated row": 1,
    },
    totals={"idps": 147.0},
    shuffled=_reply(_ROWS[::-1]),
)
