"""Conflict events as HAPI mirrors them: a national row beside its districts, rounding, a placeholder, a marked error."""

from example import Example

_HEADER = (
    "location_code,has_hrp,in_gho,provider_admin1_name,provider_admin2_name,admin1_code,admin1_name,admin2_code,"
    "admin2_name,admin_level,event_type,events,fatalities,reference_period_start,reference_period_end,dataset_hdx_id,"
    "resource_hdx_id,warning,error\n"
)
_MONTH = "2025-01-01,2025-01-31,d,r"
_ROWS = (
    f"SOM,Y,Y,,,,,,,0,political_violence,90,45,{_MONTH},,\n",
    f"SOM,Y,Y,Bay,Baidoa,SO24,Bay,SO2401,Baydhaba,2,political_violence,7,4,{_MONTH},,\n",
    f"SOM,Y,Y,Bay,Baidoa,SO24,Bay,SO2401,Baydhaba,2,political_violence,6,4,{_MONTH},,\n",
    f"SOM,Y,Y,Bay,Baidoa,SO24,Bay,SO2401,Baydhaba,2,civilian_targeting,3,2,{_MONTH},,\n",
    f"SOM,Y,Y,Bay,Baidoa,SO24,Bay,SO2401,Baydhaba,2,demonstration,0,0,{_MONTH},,\n",
    f"SOM,Y,Y,Awdal,Lughaya,SOM-XXX,Awdal,SOM-XXX,Lughaye,2,political_violence,2,,{_MONTH},PCode unknown,\n",
    f"SOM,Y,Y,Bay,Nowhere,SO24,Bay,SO9999,,2,demonstration,5,0,{_MONTH},,PCode not found\n",
    f"SOM,Y,Y,Bay,Baidoa,SO24,Bay,SO2401,Baydhaba,2,riot,1,0,{_MONTH},,\n",
)

EXAMPLE = Example(
    name="hdx_hapi_conflict_event_global_2025.csv",
    content=("\ufeff" + _HEADER + "".join(_ROWS)).encode(),
    read=7,  # the national row is left aside: its districts tell the same
    quarantined={
        "HAPI marks the row as wrong": 1,
        "event_type: not one of 'civilian_targeting', 'demonstration', 'political_violence'": 1,
        "repeated row": 1,
    },
    totals={
        "conflict_events": 9.0,  # 7 and 2; of 7 and 6, which differ by rounding, the higher
        "conflict_deaths": 4.0,
        "civilian_targeting_events": 3.0,
        "unrest_events": 0.0,
    },
    shuffled=("\ufeff" + _HEADER + "".join(reversed(_ROWS))).encode(),
)
