"""UCDP GED as on the downloads page: two good events, one repeated, one with an unknown precision."""

from example import Example

_HEADER = (
    "id,relid,year,code_status,type_of_violence,where_prec,latitude,longitude,country_id,event_clarity,date_prec,"
    "date_start,date_end,best,high,low\n"
)
_ROWS = (
    "1001,NIG-2009-1,2009,Clear,1,1,11.8464,13.1603,475,1,1,2009-06-09 00:00:00.000,2009-06-10 00:00:00.000,5,14,2\n",
    "1001,NIG-2009-1,2009,Clear,1,1,11.8464,13.1603,475,1,1,2009-06-09 00:00:00.000,2009-06-10 00:00:00.000,5,14,2\n",
    "1002,NIG-2009-2,2009,Clear,3,4,11.5,13.0,475,1,2,2009-06-12 00:00:00.000,2009-06-12 00:00:00.000,2,2,0\n",
    "1003,NIG-2009-3,2009,Clear,1,9,11.5,13.0,475,1,1,2009-06-12 00:00:00.000,2009-06-12 00:00:00.000,7,7,7\n",
)

EXAMPLE = Example(
    name="GEDEvent_v25_1.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=4,
    quarantined={"repeated id": 1, "where_prec: not one of 1 to 7": 1},
    totals={
        "conflict_events": 2.0,
        "conflict_deaths": 7.0,
        "conflict_severity": 2.8903717578961645,  # ln 6 + ln 3
        "civilian_targeting_events": 1.0,
    },
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
)
