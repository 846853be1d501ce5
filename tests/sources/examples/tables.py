"""A population by district: one row twice, one with a count that is none."""

from example import Example

_HEADER = "code,district,region,people\n"
_ROWS = (
    "XA0101,Alpha,North,1200\n",
    "XA0101,Alpha,North,1200\n",
    "XA0201,Beta,South,0\n",
    "XA0202,Gamma,South,300 - 400\n",
)

EXAMPLE = Example(
    name="population.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=4,
    quarantined={"people: not a number": 1},
    totals={"population": 1200.0},
    options={
        "pcode": "code",
        "place": "district",
        "place_parent": "region",
        "level": 2,
        "start_date": "2024-01-01",
        "end_date": "2025-01-01",
        "measures": {
            "population": {
                "column": "people",
                "unit": "people",
                "kind": "stock",
                "spread": "extensive",
                "theme": "population",
            }
        },
        "licence": "CC-BY-4.0",
    },
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
)
