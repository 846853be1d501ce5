"""PRMN as a table: two equal rows are two arrivals, a month in two weeks, days before months, one number that is none."""

from example import Example

_HEADER = (
    "Month End,Year Week,Current (Arrival) Region,Current (Arrival) District,Previous (Departure) Region,"
    "Previous (Departure) District,Reason,Current (Arrival) Priority Need,Number of Individuals\n"
)
_ROWS = (
    "31/01/2022,202203,Bay,Baydhaba,Bakool,Xudur,Drought related,Food,6\n",
    "31/01/2022,202203,Bay,Baydhaba,Bakool,Xudur,Drought related,Food,6\n",
    "31/01/2022,202204,Bay,Baydhaba,Bay,Diinsoor,Conflict/Insecurity,Shelter,10\n",
    "28/02/2022,202208,Gedo,Doolow,Bay,Baydhaba,Other,Food,4\n",
    "28/02/2022,202208,Gedo,Doolow,Bay,Baydhaba,Flood,Food,many\n",
)

EXAMPLE = Example(
    name="SOM_UNHCR-PRMN-Displacement-Dataset.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=5,
    quarantined={"Number of Individuals: not a number": 1},
    totals={"new_arrivals": 26.0, "disaster_displacement": 12.0, "conflict_displacement": 10.0},
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
    labels={"modified": "2023-10-16T08:00:00"},
)
