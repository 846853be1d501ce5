"""Conflict of the sample: one list of incidents, told twice, as ACLED and as UCDP would.

From September 2024 armed men come down from the western hills and follow the road east; once the camps at the other end
of it fill, people are attacked and taken there too. Before and beside that there is only the noise of any country:
protests in towns, thefts of cattle, now and then a killing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import shapely

from sample_dice import Dice
from sample_land import (
    CAMPS,
    COUNTRY,
    NOTICE,
    REGIONS,
    District,
    Point,
    along_road,
    country_shape,
    district_at,
    place_inside,
)
from sample_write import Row, write_csv

FIRST, LAST = date(2022, 7, 1), date(2025, 6, 30)
OUTBREAK = date(2024, 9, 2)

ARMY, REBELS = f"Military Forces of {COUNTRY} (2019-)", "Highland Front (invented)"
BANDS, CIVILIANS = f"Unidentified Armed Group ({COUNTRY})", f"Civilians ({COUNTRY})"
PROTESTERS = f"Protesters ({COUNTRY})"

# Incidents of the front by month from the outbreak on, and how far along the road it stands at each month's end.
_FRONT_INCIDENTS = (16, 24, 33, 41, 46, 44, 40, 34, 29, 24)
_RAIDS = (4, 7, 9, 10, 10, 9, 8)  # a month around the camps, from December 2024 on
_FRONT_REACH = (0.03, 0.08, 0.15, 0.24, 0.33, 0.41, 0.48, 0.54, 0.58, 0.61)

_BATTLE = ("Political violence", "Battles", "Armed clash")
_SHELLING = ("Political violence", "Explosions/Remote violence", "Shelling/artillery/missile attack")
_MINE = ("Political violence", "Explosions/Remote violence", "Remote explosive/landmine/IED")
_ATTACK = ("Political violence", "Violence against civilians", "Attack")
_ABDUCTION = ("Political violence", "Violence against civilians", "Abduction/forced disappearance")
_ASSAULT = ("Political violence", "Violence against civilians", "Sexual violence")
_PROTEST = ("Demonstrations", "Protests", "Peaceful protest")
_LOOTING = ("Strategic developments", "Strategic developments", "Looting/property destruction")

_FRONT_KINDS = (
    (_BATTLE, 48.0),
    (_SHELLING, 10.0),
    (_MINE, 6.0),
    (_ATTACK, 18.0),
    (_ABDUCTION, 8.0),
    (_ASSAULT, 3.0),
    (_LOOTING, 7.0),
)
_CALM_KINDS = ((_PROTEST, 50.0), (_ATTACK, 18.0), (_BATTLE, 12.0), (_ABDUCTION, 6.0), (_LOOTING, 14.0))
_RAID_KINDS = ((_ABDUCTION, 50.0), (_ATTACK, 35.0), (_ASSAULT, 15.0))
_DEADLINESS = {_BATTLE: 0.7, _SHELLING: 0.66, _MINE: 0.5, _ATTACK: 0.6}

_SIDES: Mapping[str, tuple[str, str, str, str]] = {
    "Battles": (REBELS, "Rebel group", ARMY, "State forces"),
    "Explosions/Remote violence": (REBELS, "Rebel group", ARMY, "State forces"),
    "Violence against civilians": (REBELS, "Rebel group", CIVILIANS, "Civilians"),
    "Protests": (PROTESTERS, "Protesters", "", ""),
    "Strategic developments": (REBELS, "Rebel group", "", ""),
}


@dataclass(frozen=True)
class Incident:
    """Something that happened.

    Args:
        day: When.
        place: Longitude and latitude as reported.
        district: Where, or None at sea.
        kind: Disorder type, event type and sub-event type.
        deaths: People killed, as first reported.
        front: True for incidents of the moving front.
    """

    day: date
    place: Point
    district: District | None
    kind: tuple[str, str, str]
    deaths: int
    front: bool


def write_conflict(folder: Path, land: Mapping[str, District]) -> None:
    """`acled.csv` and `ucdp_ged.csv`."""
    happened = incidents(land)
    write_csv(folder / "acled.csv", _acled(happened))
    write_csv(folder / "ucdp_ged.csv", _ucdp(happened, land))


def incidents(land: Mapping[str, District]) -> list[Incident]:
    """Everything that happened, oldest first."""
    found = [*_calm(land), *_front(land), *_raids(land), _at_sea()]
    return sorted(found, key=lambda incident: (incident.day, incident.place))


def _calm(land: Mapping[str, District]) -> Iterator[Incident]:
    """A few incidents a week anywhere, in or near towns."""
    dice = Dice("calm")
    quiet = [district for district in land.values() if district.code != "XM0501"]
    day = FIRST
    while day <= LAST:
        district = dice.pick(quiet)
        kind = dice.weighted(_CALM_KINDS)
        place = _near(district.town, 6, dice) if dice.chance(0.6) else place_inside(district, dice)
        deaths = dice.waits(0.35) if kind in _DEADLINESS else 0
        yield Incident(day, place, district_at(land, place), kind, deaths, front=False)
        day += timedelta(days=dice.whole(2, 9))


def _front(land: Mapping[str, District]) -> Iterator[Incident]:
    """Month by month a little further along the road, with raids behind the front."""
    dice = Dice("front")
    island = country_shape(land)
    behind = 0.0
    for month, (count, reach) in enumerate(zip(_FRONT_INCIDENTS, _FRONT_REACH, strict=True)):
        for _ in range(count):
            share = dice.between(max(behind - 0.12, 0), reach)
            place = _near_on(island, along_road(share), 9, dice)
            kind = dice.weighted(_FRONT_KINDS)
            deaths = dice.waits(_DEADLINESS.get(kind, 0))
            day = _day_of_month(month, dice)
            yield Incident(day, place, district_at(land, place), kind, deaths, front=True)
        behind = reach


def _raids(land: Mapping[str, District]) -> Iterator[Incident]:
    """Around the camps, once they fill: people attacked and taken by armed bands."""
    dice = Dice("raids")
    island = country_shape(land)
    for month, count in enumerate(_RAIDS, start=3):
        for _ in range(count):
            _, camp = dice.pick(list(CAMPS.values()))
            place = _near_on(island, camp, 6, dice)
            kind = dice.weighted(_RAID_KINDS)
            deaths = dice.waits(0.4) if kind == _ATTACK else 0
            yield Incident(_day_of_month(month, dice), place, district_at(land, place), kind, deaths, front=False)


def _at_sea() -> Incident:
    """One incident off the northern coast: it belongs to no cell and must be listed as such."""
    return Incident(date(2024, 6, 14), (-23.1, -27.05), None, _ATTACK, 2, front=False)


def _day_of_month(month: int, dice: Dice) -> date:
    """A day of the month so many after the outbreak's; in the first one not before it."""
    index = OUTBREAK.year * 12 + OUTBREAK.month - 1 + month
    first = date(index // 12, index % 12 + 1, 1)
    return first + timedelta(days=dice.whole(1 if month == 0 else 0, 27))


def _near(place: Point, spread_km: float, dice: Dice) -> Point:
    """A place this far away, more or less."""
    lon, lat = place[0] + dice.bell(spread_km / 97.9), place[1] + dice.bell(spread_km / 110.8)
    return (round(lon, 4), round(lat, 4))


def _near_on(island: shapely.Geometry, place: Point, spread_km: float, dice: Dice) -> Point:
    """A place this far away, more or less, but not in the sea nor beyond the border."""
    found = _near(place, spread_km, dice)
    while not island.contains(shapely.Point(found)):
        found = _near(place, spread_km, dice)
    return found


# ----------------------------------------------------------------------------------------------------------- ACLED
def _acled(happened: Sequence[Incident]) -> list[Row]:
    """Rows of the current export, newest first; two events also in the version that a later one replaced."""
    dice = Dice("acled")
    rows: list[Row] = []
    for number, incident in enumerate(happened, start=1):
        row = _acled_row(number, incident, dice)
        rows.append(row)
        if number in (120, 380):
            rows.append(_superseded(row, dice))
    return rows[::-1]


def _acled_row(number: int, incident: Incident, dice: Dice) -> dict[str, str | int]:
    disorder, event, sub_event = incident.kind
    actor1, inter1, actor2, inter2 = _SIDES[event]
    if not incident.front and inter1 == "Rebel group":
        actor1, inter1 = BANDS, "Political militia"
    where = incident.district
    precision = dice.weighted(((1, 78.0), (2, 18.0), (3, 4.0))) if where else 2
    lon, lat = where.town if where and precision > 1 else incident.place
    seen = datetime.combine(incident.day, datetime.min.time(), UTC) + timedelta(days=dice.whole(4, 20), hours=15)
    return {
        "event_id_cnty": f"XMV{number}",
        "event_date": incident.day.isoformat(),
        "year": incident.day.year,
        "time_precision": dice.weighted(((1, 93.0), (2, 6.0), (3, 1.0))),
        "disorder_type": disorder,
        "event_type": event,
        "sub_event_type": sub_event,
        "actor1": actor1,
        "assoc_actor_1": "",
        "inter1": inter1,
        "actor2": actor2,
        "assoc_actor_2": "",
        "inter2": inter2,
        "interaction": f"{inter1}-{inter2}" if inter2 else f"{inter1} only",
        "civilian_targeting": "Civilian targeting" if inter2 == "Civilians" else "",
        "iso": 990,
        "region": "South Atlantic (invented)",
        "country": COUNTRY,
        "admin1": REGIONS[where.region] if where else "",
        "admin2": where.name if where else "",
        "admin3": "",
        "location": where.name if where else "Coastal waters",
        "latitude": f"{lat:.4f}",
        "longitude": f"{lon:.4f}",
        "geo_precision": precision,
        "source": NOTICE,
        "source_scale": "Other",
        "notes": f"{NOTICE}: {sub_event.lower()} near {where.name if where else 'the coast'}; none of it happened.",
        "fatalities": incident.deaths,
        "tags": "crowd size=no report" if event == "Protests" else "",
        "timestamp": int(seen.timestamp()),
    }


def _superseded(row: dict[str, str | int], dice: Dice) -> dict[str, str | int]:
    """The same event as it was told some days earlier, with other deaths."""
    earlier = int(row["timestamp"]) - 86_400 * dice.whole(2, 3)
    return row | {"fatalities": int(row["fatalities"]) + dice.whole(1, 4), "timestamp": earlier}


# ------------------------------------------------------------------------------------------------------------ UCDP
def _ucdp(happened: Sequence[Incident], land: Mapping[str, District]) -> list[Row]:
    """The deadly incidents, by the other rule book: at least one death, and not all of them noticed."""
    dice = Dice("ucdp")
    deadly = [incident for incident in happened if incident.deaths > 0]
    noticed = [incident for incident in deadly if dice.chance(0.88) and incident.kind[0] == "Political violence"]
    return [_ucdp_row(number, incident, land, dice) for number, incident in enumerate(noticed, start=1)]


def _ucdp_row(number: int, incident: Incident, land: Mapping[str, District], dice: Dice) -> Row:
    lon, lat, precision, where = _ucdp_place(incident, land, dice)
    days = timedelta(days=dice.whole(0, 3) if dice.chance(0.08) else 0)
    stop = min(incident.day + days, LAST)
    known = incident.district if precision < 6 else None
    return {
        "id": 900_000 + number,
        "relid": f"XMV-{incident.day.year}-1-{9000 + number}-{number}",
        "year": incident.day.year,
        "active_year": int(incident.front),
        "code_status": "Clear",
        **_ucdp_sides(incident),
        "number_of_sources": dice.weighted(((1, 6.0), (2, 3.0), (-1, 1.0))),
        "source_article": f'"{NOTICE},{incident.day.isoformat()}"',
        "source_office": NOTICE,
        "source_date": incident.day.isoformat(),
        "source_headline": NOTICE,
        "source_original": "",
        "where_prec": precision,
        "where_coordinates": where,
        "where_description": f"{where} (invented)",
        "adm_1": f"{REGIONS[known.region]} region" if known else "",
        "adm_2": f"{known.name} district" if known and precision < 4 else "",
        "latitude": f"{lat:.6f}",
        "longitude": f"{lon:.6f}",
        "geom_wkt": f"POINT ({lon:.6f} {lat:.6f})",
        "priogrid_gid": int((lat + 90) * 2) * 720 + int((lon + 180) * 2) + 1,
        "country": COUNTRY,
        "country_id": 999,
        "region": "South Atlantic (invented)",
        "event_clarity": 2 if days else 1,
        "date_prec": 2 if days else 1,
        "date_start": f"{incident.day.isoformat()} 00:00:00.000",
        "date_end": f"{stop.isoformat()} 00:00:00.000",
        **_ucdp_deaths(incident, dice),
        "gwnoa": 999 if incident.kind in (_BATTLE, _SHELLING, _MINE) else "",
        "gwnob": "",
    }


def _ucdp_place(incident: Incident, land: Mapping[str, District], dice: Dice) -> tuple[float, float, int, str]:
    """Coordinates with their precision code; coarse ones stand on one point for a whole unit."""
    if incident.district is None:
        return (*incident.place, 7, "Coastal waters")
    code = dice.weighted(((1, 62.0), (2, 18.0), (3, 9.0), (4, 6.0), (5, 3.0), (6, 2.0)))
    place, name = incident.place, f"{incident.district.name} town"
    if code == 3:
        place, name = incident.district.town, f"{incident.district.name} district"
    elif code == 4:
        place, name = land[f"{incident.district.region}01"].town, f"{REGIONS[incident.district.region]} region"
    elif code == 6:
        place, name = (-23.5, -28.5), COUNTRY
    return (*place, code, name)


def _ucdp_sides(incident: Incident) -> Row:
    """Who fought whom: a rebel group and the state, bands, or one side against civilians."""
    if incident.kind[1] == "Violence against civilians":
        violence, one, other = 3, REBELS if incident.front else BANDS, "Civilians"
    elif incident.front:
        violence, one, other = 1, f"Government of {COUNTRY}", REBELS
    else:
        violence, one, other = 2, BANDS, f"{BANDS} (rival)"
    number = 99_000 + violence
    conflict = f"{COUNTRY}: Government" if violence == 1 else f"{one} - {other}"
    return {
        "type_of_violence": violence,
        "conflict_dset_id": number,
        "conflict_new_id": number,
        "conflict_name": conflict,
        "dyad_dset_id": number + 10,
        "dyad_new_id": number + 10,
        "dyad_name": f"{one} - {other}",
        "side_a_dset_id": number + 20,
        "side_a_new_id": number + 20,
        "side_a": one,
        "side_b_dset_id": number + 30,
        "side_b_new_id": number + 30,
        "side_b": other,
    }


def _ucdp_deaths(incident: Incident, dice: Dice) -> Row:
    """The same dead by side, and how few or many they may have been."""
    civilians = incident.deaths if incident.kind[1] == "Violence against civilians" else incident.deaths // 4
    fighters = incident.deaths - civilians
    high = incident.deaths + (dice.whole(1, 4) if dice.chance(0.3) else 0)
    low = max(incident.deaths - (dice.whole(0, 2) if dice.chance(0.3) else 0), 0)
    return {
        "deaths_a": fighters // 2,
        "deaths_b": fighters - fighters // 2,
        "deaths_civilians": civilians,
        "deaths_unknown": 0,
        "best": incident.deaths,
        "high": high,
        "low": low,
    }
