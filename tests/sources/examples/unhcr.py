"""UNHCR population statistics: numbers as text, dashes, own codes beside ISO ones, a pair that comes again."""

import json

from example import Example


def _pair(**changes: object) -> dict[str, object]:
    pair = {
        "year": 2023,
        "coo_id": 184,
        "coo_name": "South Sudan",
        "coo": "SSD",
        "coo_iso": "SSD",
        "coa_id": 183,
        "coa_name": "Sudan",
        "coa": "SUD",
        "coa_iso": "SDN",
        "refugees": "600000",
        "asylum_seekers": 5,
        "returned_refugees": "0",
        "idps": "-",
        "returned_idps": "-",
        "stateless": "0",
        "ooc": "0",
        "oip": "-",
        "hst": "-",
    }
    return pair | changes


_ROWS = [
    _pair(),
    _pair(),
    _pair(coo_name="Ethiopia", coo="ETH", coo_iso="ETH", refugees=70000, returned_refugees=12),
    _pair(coo_name="Sudan", coo="SUD", coo_iso="SDN", refugees="0", idps="6000000", returned_idps=100),
    _pair(coa_name="-", coa="-", coa_iso="-"),
]


def _page(rows: list[dict[str, object]]) -> bytes:
    return json.dumps({"page": 1, "short-url": "", "maxPages": 1, "total": [], "items": rows}).encode()


EXAMPLE = Example(
    name="population.json",
    content=_page(_ROWS),
    read=5,
    quarantined={"a sum over countries of asylum": 1, "repeated pair of countries and year": 1},
    totals={
        "refugees": 670000.0,
        "asylum_seekers": 15.0,
        "returned_refugees": 12.0,
        "idps": 6000000.0,
        "returned_idps": 100.0,
        "stateless": 0.0,
    },
    shuffled=_page(_ROWS[::-1]),
)
