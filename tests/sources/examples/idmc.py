"""IDMC IDU as its API gives it: an event with both roles, an older version, two places in one figure, one bad row."""

import json

from example import Example


def _figure(**changes: object) -> dict[str, object]:
    figure = {
        "id": 1,
        "country": "India",
        "iso3": "IND",
        "latitude": 10.0,
        "longitude": 76.0,
        "centroid": "[10.0, 76.0]",
        "role": "Recommended figure",
        "displacement_type": "Disaster",
        "qualifier": "total",
        "figure": 90,
        "displacement_date": "2023-11-07",
        "displacement_start_date": "2023-11-06",
        "displacement_end_date": "2023-11-07",
        "year": 2023,
        "event_id": 7,
        "event_name": "India: Flood - Kerala",
        "standard_popup_text": "<b>90 displacements</b>",
        "locations_name": "Thrissur, Kerala",
        "locations_coordinates": "10.0, 76.0",
        "locations_accuracy": "District/Zone/Department (ADM2)",
        "locations_type": "Origin",
        "displacement_occurred": "Displacement without preventive evacuations reported",
        "created_at": "2023-11-08T19:37:23.870Z",
    }
    return figure | changes


_ROWS = [
    _figure(),
    _figure(figure=80, created_at="2023-11-07T08:00:00.000Z"),
    _figure(id=2, role="Triangulation", figure=85),
    _figure(
        id=3,
        event_id=8,
        displacement_type="Conflict",
        figure=10,
        locations_coordinates="11.0, 77.0; 12.0, 78.0",
        locations_accuracy="Point; Point",
        locations_type="Origin; Destination",
    ),
    _figure(id=4, event_id=9, figure="many"),
]

EXAMPLE = Example(
    name="idus_all.json",
    content=json.dumps(_ROWS).encode(),
    read=5,
    quarantined={
        "figure: not a number": 1,
        "superseded by a newer version": 1,
        "triangulation beside a recommended figure": 1,
    },
    totals={"new_displacement": 100.0, "disaster_displacement": 90.0, "conflict_displacement": 10.0},
    shuffled=json.dumps(_ROWS[::-1]).encode(),
)
