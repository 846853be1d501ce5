"""IFRC GO appeals: a good one and its older state, one not filled in, one without a country, one that ends too early."""

import json

from example import Example


def _appeal(aid: str, people: int | None, **changes: object) -> dict[str, object]:
    appeal = {
        "aid": aid,
        "dtype": {"id": 12, "name": "Flood"},
        "atype": 0,
        "status": 0,
        "code": f"MDRXX{aid}",
        "num_beneficiaries": people,
        "amount_requested": "300000.00",
        "start_date": "2024-02-10T00:00:00Z",
        "end_date": "2024-06-30T00:00:00Z",
        "real_data_update": "2024-02-12 14:20:05+00:00",
        "created_at": "2024-02-11 00:46:59.047725+00:00",
        "modified_at": "2024-02-28 21:48:38.484157+00:00",
        "event": 6347,
        "country": {"iso": "NA", "iso3": "NAM", "name": "Namibia"},
        "id": f"3{aid}",
    }
    return appeal | changes


_APPEALS = [
    _appeal("101", 2190),
    _appeal("101", 1500, real_data_update="2024-02-11 08:00:00+00:00"),
    _appeal("102", 0),
    _appeal("103", 9000, country=None),
    _appeal("104", 800, end_date="2024-01-31T00:00:00Z"),
]


def _page(appeals: list[dict[str, object]]) -> bytes:
    return json.dumps({"count": len(appeals), "next": None, "previous": None, "results": appeals}).encode()


EXAMPLE = Example(
    name="appeal.json",
    content=_page(_APPEALS),
    read=5,
    quarantined={"repeated appeal": 1, "no country with a code of ISO 3166-1": 1, "ends before it starts": 1},
    totals={"appeal_beneficiaries": 2190.0},
    shuffled=_page(_APPEALS[::-1]),
)
