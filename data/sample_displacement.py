"""Displacement of the sample: DTM rounds (how many displaced people are where) and IDU figures (who has just moved)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from sample_dice import Dice
from sample_land import CAMPS, COUNTRY, ISO3, NOTICE, REGIONS, District, Point
from sample_write import Json, write_json

TRACKING, EMERGENCY = "Maravela Mobility Tracking", "Tessaro Earthquake Emergency Tracking"
UNTRACKED = frozenset({"XM0101", "XM0501"})
"""Districts that no round reaches: unknown there, not zero."""

ROUNDS = tuple(
    date(year, month, day)
    for year, month, day in (
        *((2023, 11, 30), (2024, 1, 31), (2024, 3, 31), (2024, 5, 31), (2024, 7, 31), (2024, 9, 30)),
        *((2024, 10, 31), (2024, 11, 30), (2024, 12, 31), (2025, 1, 31), (2025, 2, 28), (2025, 3, 31)),
        *((2025, 4, 30), (2025, 5, 31), (2025, 6, 30)),
    )
)
"""Reporting dates: every second month until the fighting starts, then every month."""

ARRIVALS: Mapping[str, int] = {
    "2024-10": 900,
    "2024-11": 3_800,
    "2024-12": 6_100,
    "2025-01": 8_800,
    "2025-02": 9_600,
    "2025-03": 8_900,
    "2025-04": 7_300,
    "2025-05": 5_200,
    "2025-06": 1_700,
}
"""People who reach the camps at the eastern border, by month."""

CAMP_SHARES: Mapping[str, float] = {"Tarn Gate camp": 0.5, "Drasca North camp": 0.2, "Drasca River camp": 0.3}

QUAKE_DAY = date(2025, 2, 11)
HOMELESS: Mapping[str, int] = {"XM0102": 9_400, "XM0103": 17_800, "XM0104": 5_100, "XM0301": 2_300}
"""People whom the earthquake left without a home, by district."""

LEFT_BY_DROUGHT: Mapping[str, tuple[int, int, int, int]] = {
    "XM0503": (600, 1_500, 2_600, 3_900),
    "XM0504": (200, 900, 2_100, 3_600),
    "XM0502": (0, 400, 1_300, 2_700),
    "XM0505": (0, 150, 700, 1_600),
}
"""People who leave their homes for want of water, by district, in each of four quarters from July 2024 on."""

DROUGHT_PERIODS = (
    (date(2024, 7, 1), date(2024, 9, 30)),
    (date(2024, 10, 1), date(2024, 12, 31)),
    (date(2025, 1, 1), date(2025, 3, 31)),
    (date(2025, 4, 1), date(2025, 6, 30)),
)

_ADM2, _ADM3 = "District/Zone/Department (ADM2)", "County/City/town/Village/Woreda (ADM3)"
_POINT = "Point"

Parts = Counter[tuple[str, str]]


def write_displacement(folder: Path, land: Mapping[str, District]) -> None:
    """`dtm_admin2.json` and `idmc_idu.json`."""
    write_json(folder / "dtm_admin2.json", _envelope([*_tracking(land), *_emergency(land)]))
    write_json(folder / "idmc_idu.json", list(_figures(land))[::-1])


# ------------------------------------------------------------------------------------------------------------- DTM
def present(code: str, day: date) -> Parts:
    """Displaced people in a district on a day, by reason and region of origin; at least one in each part."""
    parts = _settled(code) + _fled(code, day)
    if code in HOMELESS and day >= QUAKE_DAY:
        weeks = (day - QUAKE_DAY).days // 7
        parts["Natural disaster", code[:4]] += round(HOMELESS[code] * max(0.4, 0.95 - 0.03 * weeks))
    if code in LEFT_BY_DROUGHT:
        stayed = sum(
            left for left, (_, last) in zip(LEFT_BY_DROUGHT[code], DROUGHT_PERIODS, strict=True) if last <= day
        )
        parts["Conflict; Natural disaster", "XM05"] += round(stayed * 0.12)
        parts["Natural disaster", "XM05"] += round(stayed * 0.7)
    return +parts


def _fled(code: str, day: date) -> Parts:
    """Those who fled the fighting: most into the camps, some into the towns before them."""
    parts: Parts = Counter()
    if code in ("XM0402", "XM0404"):
        shares = sum(share for camp, share in CAMP_SHARES.items() if CAMPS[camp][0] == code)
        parts["Conflict", "XM02"] = round(_arrived(day) * shares * 0.78)
        parts["Conflict", "XM03"] = round(_arrived(day) * shares * 0.14)
    elif code in ("XM0302", "XM0401", "XM0304") and day >= date(2024, 11, 1):
        parts["Conflict", "XM02"] = round(_arrived(day) * 0.045)
    return +parts


def _settled(code: str) -> Parts:
    """The few who have been displaced for years; half of them have no known origin."""
    people = Dice(f"settled {code}").whole(40, 420)
    return Counter({("Conflict", "Not available"): people, ("Natural disaster", code[:4]): people // 2})


def _arrived(day: date) -> float:
    """People who have reached the camps by the end of a day; one in twelve has moved on."""
    months = [people for month, people in ARRIVALS.items() if date.fromisoformat(f"{month}-01") <= day]
    return sum(months) * 11 / 12


def _tracking(land: Mapping[str, District]) -> Iterator[Json]:
    """All rounds of the countrywide operation; the second one also as a site assessment of the same people."""
    for number, day in enumerate(ROUNDS, start=1):
        for assessment in ("BA", "SA") if number == 2 else ("BA",):
            for district in land.values():
                if district.code not in UNTRACKED:
                    yield from _dtm_rows(TRACKING, number, day, district, assessment)


def _emergency(land: Mapping[str, District]) -> Iterator[Json]:
    """An operation of its own after the earthquake; it counts people whom the countrywide one counts too."""
    for number, days in enumerate((9, 23, 44), start=1):
        for code in HOMELESS:
            yield from _dtm_rows(EMERGENCY, number, QUAKE_DAY + timedelta(days=days), land[code], "ETT")


def _dtm_rows(operation: str, number: int, day: date, district: District, assessment: str) -> Iterator[Json]:
    for (reason, origin), people in present(district.code, day).items():
        if operation == EMERGENCY and reason != "Natural disaster":
            continue
        males = round(people * 0.47) if number % 3 else None
        yield {
            "operation": operation,
            "admin0Name": COUNTRY,
            "admin0Pcode": ISO3,
            "admin1Name": REGIONS[district.region],
            "admin1Pcode": district.region,
            "admin2Name": district.name,
            "admin2Pcode": district.code,
            "numPresentIdpInd": people,
            "reportingDate": f"{day.isoformat()}T00:00:00",
            "yearReportingDate": day.year,
            "monthReportingDate": day.month,
            "roundNumber": number,
            "displacementReason": reason,
            "numberMales": males,
            "numberFemales": None if males is None else people - males,
            "idpOriginAdmin1Name": REGIONS.get(origin, origin),
            "idpOriginAdmin1Pcode": origin,
            "assessmentType": assessment,
        }


def _envelope(rows: Sequence[Json]) -> Json:
    result = [{"id": 990_000 + number} | dict(row) for number, row in enumerate(rows, start=1)]
    envelope = {"isSuccess": True, "statusCode": 200, "errorMessages": [], "totalRecordsCount": len(result)}
    return {"result": result, **envelope, "note": NOTICE}


# ------------------------------------------------------------------------------------------------------------ IDMC
class _Event:
    """One displacement event, which numbers and writes its own figures.

    Args:
        number: Its id.
        what: Cause as (displacement type, category, subcategory, type, subtype).
        name: What a person reads.
        days: First and last day.
    """

    def __init__(self, number: int, what: tuple[str, str, str, str, str], name: str, days: tuple[date, date]) -> None:
        self.number, self.what, self.name, self.days = number, what, f"{COUNTRY}: {name} (invented)", days
        self._figures = 0

    def figure(
        self, role: str, people: int, places: Sequence[tuple[str, Point]], accuracy: str, direction: str
    ) -> dict[str, object]:
        """One figure of this event at one or several places; each is reported an hour after the one before."""
        self._figures += 1
        created = self.days[1] + timedelta(days=7)
        lon = round(sum(place[0] for _, place in places) / len(places), 6)
        lat = round(sum(place[1] for _, place in places) / len(places), 6)
        start, stop = (f"{day.isoformat()}T00:00:00.000Z" for day in self.days)
        info = f"<b> {COUNTRY}: {people:,} displacements, {self.days[0].isoformat()} - {self.days[1].isoformat()} </b>"
        kind, category, subcategory, hazard, subtype = self.what
        return {
            "id": self.number * 100 + self._figures,
            "country": COUNTRY,
            "iso3": ISO3,
            "latitude": lat,
            "longitude": lon,
            "centroid": f"[{lat}, {lon}]",
            "role": role,
            "displacement_type": kind,
            "qualifier": "approximately",
            "figure": people,
            "displacement_date": stop,
            "displacement_start_date": start,
            "displacement_end_date": stop,
            "year": self.days[1].year,
            "event_id": self.number,
            "event_name": self.name,
            "event_codes": "",
            "event_code_types": "",
            "event_start_date": start,
            "event_end_date": stop,
            "category": category,
            "subcategory": subcategory,
            "type": hazard,
            "subtype": subtype,
            "standard_popup_text": f"{info} <br> {NOTICE}; nobody was displaced.",
            "standard_info_text": info,
            "old_id": None,
            "sources": NOTICE,
            "source_url": "",
            "locations_name": "; ".join(name for name, _ in places),
            "locations_coordinates": "; ".join(f"{place[1]}, {place[0]}" for _, place in places),
            "locations_accuracy": "; ".join(accuracy for _ in places),
            "locations_type": "; ".join(direction for _ in places),
            "displacement_occurred": "Displacement without preventive evacuations reported",
            "created_at": f"{created.isoformat()}T{self._figures:02d}:00:00.000Z",
        }


_FIGHTING = ("Conflict", "Conflict/Violence", "Conflict/Violence", "Conflict/Violence", "Conflict/Violence")
_QUAKE = ("Disaster", "Geophysical", "Geophysical", "Earthquake", "Earthquake")
_DROUGHT = ("Disaster", "Weather related", "Climatological", "Drought", "Drought")
_FLOOD = ("Disaster", "Weather related", "Hydrological", "Flood", "Flood")
_STORM = ("Disaster", "Weather related", "Meteorological", "Storm", "Typhoon/Hurricane/Cyclone")

_CHOSEN, _REPORT = "Recommended figure", "Triangulation"


def _figures(land: Mapping[str, District]) -> Iterator[dict[str, object]]:
    yield from _to_the_camps()
    yield from _behind_the_front(land)
    yield from _after_the_earthquake(land)
    yield from _from_the_drought(land)
    yield from _passing_disasters(land)


def _to_the_camps() -> Iterator[dict[str, object]]:
    """Each month's arrivals at each camp, chosen from reports; the reports stand beside and must not be added."""
    for step, (month, people) in enumerate(ARRIVALS.items()):
        first = date.fromisoformat(f"{month}-01")
        days = (first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        event = _Event(9101 + step, _FIGHTING, f"Arrivals at the eastern border - {month}", days)
        for camp, share in CAMP_SHARES.items():
            place = [(f"{camp}, {COUNTRY}", CAMPS[camp][1])]
            yield event.figure(_CHOSEN, round(people * share), place, _POINT, "Destination")
            if month in ("2025-01", "2025-02"):
                yield event.figure(_REPORT, round(people * share * 1.35), place, _POINT, "Destination")


def _behind_the_front(land: Mapping[str, District]) -> Iterator[dict[str, object]]:
    """People who flee only as far as the next towns: one figure for two places, to be split."""
    moves = ((date(2024, 10, 5), 1_200, "XM0202", "XM0204"), (date(2025, 1, 12), 2_600, "XM0301", "XM0303"))
    for step, (day, people, one, other) in enumerate(moves):
        event = _Event(9121 + step, _FIGHTING, f"Fighting along the road - {day.isoformat()}", (day, day))
        towns = [(f"{land[code].name}, {COUNTRY}", land[code].town) for code in (one, other)]
        yield event.figure(_CHOSEN, people, towns, _ADM3, "Destination")


def _after_the_earthquake(land: Mapping[str, District]) -> Iterator[dict[str, object]]:
    """A chosen figure for each district, among earlier reports that were too low and too high."""
    event = _Event(9131, _QUAKE, f"Earthquake - Tessaro - {QUAKE_DAY.isoformat()}", (QUAKE_DAY, QUAKE_DAY))
    for code, people in HOMELESS.items():
        place = [(f"{land[code].name}, {COUNTRY}", land[code].town)]
        for share in (0.4, 1.6):
            yield event.figure(_REPORT, round(people * share), place, _ADM2, "Origin")
        yield event.figure(_CHOSEN, people, place, _ADM2, "Origin")


def _from_the_drought(land: Mapping[str, District]) -> Iterator[dict[str, object]]:
    """A quarter's figure for each district, known only by district."""
    for step, days in enumerate(DROUGHT_PERIODS):
        event = _Event(9141 + step, _DROUGHT, f"Drought - Saluna - {days[0].isoformat()}", days)
        for code, people in LEFT_BY_DROUGHT.items():
            if people[step] > 0:
                place = [(f"{land[code].name}, {COUNTRY}", land[code].town)]
                yield event.figure(_CHOSEN, people[step], place, _ADM2, "Origin")


def _passing_disasters(land: Mapping[str, District]) -> Iterator[dict[str, object]]:
    """Floods and storms elsewhere, known by reports alone: of two for one place, the newer one counts."""
    passing = (
        (date(2023, 4, 18), _FLOOD, "Flood", "XM0303", (700, 950)),
        (date(2024, 5, 6), _STORM, "Storm", "XM0105", (1_400, 1_150)),
        (date(2024, 12, 2), _FLOOD, "Flood", "XM0304", (480, 520)),
    )
    for step, (day, what, name, code, reports) in enumerate(passing):
        event = _Event(9151 + step, what, f"{name} - {day.isoformat()}", (day, day + timedelta(days=2)))
        for people in reports:
            figure = event.figure(
                _REPORT, people, [(f"{land[code].name}, {COUNTRY}", land[code].town)], _ADM3, "Origin"
            )
            if name == "Storm":
                figure["displacement_occurred"] = "Displacement with preventive evacuations reported"
            yield figure
