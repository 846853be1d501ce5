"""A 3W with tags: two partners in one district, one of them in two sectors; a third has finished, a fourth is nameless."""

from example import Example

_HEADER = (
    "Organisation,Org Type,Cluster,Admin1,Admin1 Pcode,Admin2,Admin2 Pcode,Status,Start Date,End Date\n"
    "#org+name,#org+type,#sector+cluster,#adm1+name,#adm1+code,#adm2+name,#adm2+code,#status,#date+start,#date+end\n"
)
_ALPHA = "North,XA01,Alpha,XA0101"
_ROWS = (
    f"Helping Hands,NGO,Protection,{_ALPHA},Ongoing,2024-01-20,2024-02-10\n",
    f"helping  hands,NGO,Health,{_ALPHA},Ongoing,2024-01-20,2024-02-10\n",
    f"Clean Water,NGO,WASH,{_ALPHA},Ongoing,2024-02-01,2024-02-29\n",
    f"Old Friends,NGO,Protection,{_ALPHA},Completed,2023-01-01,2023-12-31\n",
    f",NGO,Protection,{_ALPHA},Ongoing,2024-01-01,2024-01-31\n",
    f"New Friends,NGO,Protection,{_ALPHA},Dreaming,2024-01-01,2024-01-31\n",
)

EXAMPLE = Example(
    name="3w_q1_2024.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=5,  # what is completed is left aside
    quarantined={"Organisation: missing": 1, "Status: not known": 1},
    totals={
        "organisations_present": 3.0,  # one in January, two in February
        "protection_organisations_present": 2.0,  # one in each
    },
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
)
