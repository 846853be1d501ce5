"""People displaced by ward, as DTM workbooks have it: tags of code and name swapped, households beside people."""

from example import Example

_HEADER = (
    "Snapshot date,State,State Pcode,LGA,LGA Pcode,Round,Households,IDPs,IDPs by clash\n"
    "#date+reported,#adm1+name,#adm1+code,#adm2+code,#adm2+name,#meta+round,#affected+idps+hh,#affected+idps+ind,"
    "#affected+idps+ind+cause+clash\n"
)
_ROWS = (
    "2024-07-30,NORTH,XA01,Alpha,XA0101,R9,20,100,40\n",
    "2024-07-30,NORTH,XA01,Alpha,XA0101,R9,10,50,50\n",
    "2024-07-30,SOUTH,XA02,Beta,XA0201,R9,8,0,0\n",
    "2024-07-30,SOUTH,XA02,Gamma,XA0202,R9,8,about 40,0\n",
)

EXAMPLE = Example(
    name="dtm_round_9.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=4,
    quarantined={"IDPs: not a number": 1},
    totals={"idps": 150.0},
    options={"sum": True, "step": "month", "licence": "CC-BY-4.0"},
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
)
