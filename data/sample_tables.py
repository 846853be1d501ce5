"""Tables of the sample: vulnerability and protection by district, region and country.

Two districts show what missing data do: Ilhéu Grave (XM0501) has almost none and stays without a score, Boréma (XM0101)
lacks enough for its scores to be partial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from sample_dice import Dice
from sample_land import COUNTRY, ISO3, NOTICE, REGIONS, District, km_between
from sample_people import RESIDENTS
from sample_write import Row, write_csv

REMOTE, HALF_KNOWN = "XM0501", "XM0101"

QUARTERS = ("2024-01", "2024-04", "2024-07", "2024-10", "2025-01", "2025-04", "2025-07")
"""First months of the six quarters, and the one after them."""

# Percent of people in food crisis or worse, by quarter.
_HUNGER: Mapping[str, tuple[int, ...]] = {
    "XM0503": (12, 19, 29, 38, 46, 55),
    "XM0504": (10, 12, 20, 30, 39, 47),
    "XM0502": (11, 11, 14, 22, 32, 41),
    "XM0505": (9, 9, 10, 15, 23, 32),
    "XM0201": (11, 11, 12, 17, 22, 25),
    "XM0202": (9, 9, 10, 15, 21, 24),
    "XM0203": (12, 12, 12, 14, 16, 17),
    "XM0204": (10, 10, 11, 13, 16, 18),
    "XM0402": (8, 8, 8, 11, 16, 19),
    "XM0404": (9, 9, 9, 12, 18, 21),
    "XM0103": (7, 7, 7, 7, 12, 10),
}

# First quarter with displacement sites, and how well they fare: informal share %, management gap %, separated children.
_SITES: Mapping[str, tuple[str, int, int, int]] = {
    "XM0404": ("2024-10", 62, 55, 38),
    "XM0402": ("2024-10", 74, 68, 44),
    "XM0503": ("2024-10", 48, 60, 16),
    "XM0504": ("2024-10", 41, 64, 14),
    "XM0103": ("2025-01", 30, 25, 9),
    "XM0102": ("2025-01", 36, 33, 11),
}

# Children under 18 %, women 15-49 %, relative wealth, no birth registration %, out of school %, by region.
_PEOPLE: Mapping[str, tuple[float, float, float, float, float]] = {
    "XM01": (41, 23.5, 0.15, 14, 12),
    "XM02": (50, 21.5, -0.45, 41, 38),
    "XM03": (38, 25.0, 0.45, 9, 8),
    "XM04": (47, 22.5, -0.2, 31, 27),
    "XM05": (49, 22.0, -0.5, 36, 31),
}

# By year: rule of law (WGI), corruption perceptions (0-100), trafficking report tier, 3P index, access severity (0-5).
_NATION: Mapping[int, tuple[float, int, str, int, float]] = {
    2023: (-0.42, 38, "Tier 2", 9, 1.2),
    2024: (-0.61, 36, "Tier 2 Watch List", 9, 2.1),
    2025: (-0.88, 33, "Tier 2 Watch List", 8, 3.0),
}


def write_tables(folder: Path, land: Mapping[str, District]) -> None:
    """All tables but the population's."""
    tables = {
        "demography": _demography(land),
        "education": _education(land),
        "wealth": _wealth(land),
        "services": _services(land),
        "food_security": _food_security(land),
        "prices": _prices(),
        "site_survey": _site_survey(land),
        "camps": _camps(land),
        "national": _national(),
    }
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", list(rows))


def _where(district: District) -> Row:
    return {"adm1_pcode": district.region, "adm2_pcode": district.code, "adm2_name": district.name}


def _around(value: float, spread: float, what: str, digits: int = 1) -> float:
    """A value near this one; the same for the same thing."""
    return round(value + Dice(what).bell(spread), digits)


def _known(land: Mapping[str, District], *unknown: str) -> Iterator[District]:
    return (district for district in land.values() if district.code not in unknown)


def _demography(land: Mapping[str, District]) -> Iterator[Row]:
    for district in _known(land, REMOTE):
        children, women = _PEOPLE[district.region][:2]
        shares = {
            "children_share": _around(children, 1.6, f"children {district.code}"),
            "women_share": _around(women, 0.6, f"women {district.code}"),
        }
        yield {**_where(district), "year": 2023, **shares, "source": NOTICE}


def _education(land: Mapping[str, District]) -> Iterator[Row]:
    """No figures for two districts: rows that are not there, not zeros."""
    for district in _known(land, REMOTE, HALF_KNOWN):
        unregistered, out_of_school = _PEOPLE[district.region][3:]
        shares = {
            "unregistered_share": max(_around(unregistered, 3, f"unregistered {district.code}"), 1.0),
            "out_of_school_share": max(_around(out_of_school, 3, f"out of school {district.code}"), 1.0),
        }
        yield {**_where(district), "survey_year": 2022, **shares, "source": NOTICE}


def _wealth(land: Mapping[str, District]) -> Iterator[Row]:
    for district in _known(land, REMOTE):
        wealth = _around(_PEOPLE[district.region][2], 0.1, f"wealth {district.code}", 3)
        yield {**_where(district), "relative_wealth": wealth, "year": 2021, "source": NOTICE}


def _services(land: Mapping[str, District]) -> Iterator[Row]:
    """Minutes on the way, longer the farther from the capital; one share is unknown and stays empty."""
    capital = land["XM0301"].town
    for district in _known(land, REMOTE):
        km = km_between(district.town, capital)
        slow = 1.5 if district.region in ("XM02", "XM05") else 1.0
        town = round(_around((25 + 0.45 * km) * slow, 12, f"town {district.code}"))
        hotline = round(min(_around(8 + 0.42 * km * slow, 6, f"hotline {district.code}"), 95))
        yield {
            **_where(district),
            "travel_time_town": town,
            "travel_time_services": round(town * 1.4 + 12),
            "travel_time_police": round(town * 0.8 + 9),
            "outside_hotline_share": None if district.code == HALF_KNOWN else max(hotline, 3),
            "year": 2023,
            "source": NOTICE,
        }


def hunger(code: str) -> tuple[int, ...]:
    """Percent of a district's people in phase 3 or worse, by quarter."""
    return _HUNGER.get(code) or (Dice(f"hunger {code}").whole(5, 10),) * (len(QUARTERS) - 1)


def _food_security(land: Mapping[str, District]) -> Iterator[Row]:
    """One row a quarter, district and phase; and a projection of the last quarter's, which covers the south alone.

    The remote district appears with its people and without phases: not assessed.
    """
    for quarter, (first, after) in enumerate(pairwise(QUARTERS)):
        for district in land.values():
            share = hunger(district.code)[quarter]
            yield from _phases(district, "current", (first, after), None if district.code == REMOTE else share)
    for district in _known(land, REMOTE):
        if district.region == "XM05":
            yield from _phases(district, "first projection", ("2025-07", "2025-10"), hunger(district.code)[-1] + 4)


def _phases(district: District, validity: str, months: tuple[str, str], share: int | None) -> Iterator[Row]:
    first, after = (date.fromisoformat(f"{month}-01") for month in months)
    for phase, percent in _split(share):
        yield {
            "Date of analysis": first.strftime("%Y-%m"),
            "Country": ISO3,
            "Level 1": REGIONS[district.region],
            "Area": district.name,
            "adm2_pcode": district.code,
            "Validity period": validity,
            "From": first.isoformat(),
            "To": (after - timedelta(days=1)).isoformat(),
            "valid_until": after.isoformat(),
            "Phase": phase,
            "Number": RESIDENTS[district.code] * percent // 100,
            "Percentage": f"{percent / 100:.2f}",
            "source": NOTICE,
        }


def _split(share: int | None) -> tuple[tuple[str, int], ...]:
    """Percent by phase; nothing but the whole where nobody was assessed."""
    if share is None:
        return (("all", 100),)
    worst, worse = share // 25, share // 4
    calm = (100 - share) * 2 // 3
    phases = (("1", calm), ("2", 100 - share - calm), ("3", share - worse - worst), ("4", worse), ("5", worst))
    return (("all", 100), *phases, ("3+", share))


def _prices() -> Iterator[Row]:
    """Maize by region and month: dear in the dry south and behind the front, ordinary elsewhere."""
    months = [f"{2024 + index // 12}-{index % 12 + 1:02d}-01" for index in range(19)]
    for region, name in REGIONS.items():
        dice = Dice(f"prices {region}")
        for index, (first, after) in enumerate(pairwise(months)):
            rise = {"XM05": max(index - 5, 0) * 0.2, "XM02": max(index - 8, 0) * 0.17}.get(region, 0.0)
            anomaly = round(0.2 + rise + dice.bell(0.25), 2)
            yield {
                "adm1_pcode": region,
                "adm1_name": name,
                "month": first,
                "valid_until": after,
                "commodity": "Maize",
                "unit": "kg",
                "price": round(1.1 + 0.14 * anomaly, 2),
                "price_anomaly": anomaly,
                "source": NOTICE,
            }


def _site_rows(land: Mapping[str, District]) -> Iterator[tuple[Row, int, int, int, int]]:
    """Where and when there are sites, the quarters since they came up and their three figures."""
    for code, (since, informal, gap, separated) in sorted(_SITES.items()):
        for quarter, (first, after) in enumerate(pairwise(QUARTERS)):
            if first >= since:
                period: Row = {"quarter_start": f"{first}-01", "valid_until": f"{after}-01"}
                yield {**_where(land[code]), **period}, quarter - QUARTERS.index(since), informal, gap, separated


def _site_survey(land: Mapping[str, District]) -> Iterator[Row]:
    for where, since, informal, _, separated in _site_rows(land):
        shares = {"separated_children": separated + 3 * since, "informal_sites": min(informal + 4 * since, 95)}
        yield {**where, **shares, "source": NOTICE}


def _camps(land: Mapping[str, District]) -> Iterator[Row]:
    for where, since, _, gap, _ in _site_rows(land):
        yield {**where, "camp_management_gap": max(gap - 5 * since, 5), "source": NOTICE}


def _national() -> Iterator[Row]:
    for year, (law, corruption, tier, policy, access) in _NATION.items():
        yield {
            "iso3": ISO3,
            "country": COUNTRY,
            "year": year,
            "rule_of_law": law,
            "corruption_perceptions": corruption,
            "tip_tier": tier,
            "policy_3p": policy,
            "access_severity": access,
            "source": NOTICE,
        }
