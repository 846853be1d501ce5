"""ACLED as an export of today: a battle in two versions, a protest, an attack on civilians, and a point at 0, 0."""

from example import Example

_HEADER = (
    "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,"
    "actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,"
    "latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp\n"
)
_BATTLE = (
    'SYN1,{date},2024,1,Political violence,Battles,Armed clash,"Group, armed",,Rebel group,Army,,State forces,'
    "State forces-Rebel group,,706,Eastern Africa,Somalia,Bay,Baidoa,,Somewhere,3.1,43.6,1,Radio,National,"
    '"On {date}, they fought ""at dawn"",\nand again at dusk.",{deaths},,{stamp}\n'
)
_ROWS = (
    _BATTLE.format(date="2024-03-14", deaths=3, stamp=1_710_000_000),
    _BATTLE.format(date="2024-03-14", deaths=5, stamp=1_720_000_000),
    (
        "SYN2,2024-03-20,2024,1,Demonstrations,Protests,Peaceful protest,Protesters,,Protesters,,,,Protesters only,,706,"
        "Eastern Africa,Somalia,Bay,Baidoa,,Somewhere,3.1,43.6,2,Radio,National,March.,0,crowd size=no report,1711000000\n"
    ),
    (
        "SYN3,2024-03-21,2024,2,Political violence,Violence against civilians,Abduction/forced disappearance,Unknown,,"
        "Political militia,Civilians,,Civilians,Political militia-Civilians,Civilian targeting,706,Eastern Africa,Somalia,"
        "Bay,Baidoa,,Elsewhere,3.2,43.7,3,Radio,National,Taken away.,0,,1711000001\n"
    ),
    (
        "SYN4,2024-03-22,2024,1,Political violence,Battles,Armed clash,Group,,Rebel group,Army,,State forces,"
        "State forces-Rebel group,,706,Eastern Africa,Somalia,Bay,Baidoa,,Nowhere,0,0,1,Radio,National,Lost.,2,,1711000002\n"
    ),
)

EXAMPLE = Example(
    name="ACLED_Somalia.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=5,
    quarantined={"superseded by a newer version": 1, "coordinates 0, 0 stand for none": 1},
    totals={
        "conflict_events": 2.0,
        "conflict_deaths": 5.0,
        "conflict_severity": 1.791759469228055,  # ln 6 + ln 1
        "civilian_targeting_events": 1.0,
        "unrest_events": 1.0,
        "strategic_events": 0.0,
    },
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
)
