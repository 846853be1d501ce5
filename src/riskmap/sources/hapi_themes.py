"""HAPI's themes, as data: how the rows of each are known, what they count, and which of them are totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from riskmap.errors import InputError
from riskmap.sources.columns import Table, listed

Shape = Literal["rows", "sums", "phases", "organisations"]


@dataclass(frozen=True)
class Count:
    """One measure of a theme.

    Args:
        measure: Its name.
        value: Column of its numbers.
        unit: Its unit.
        kind: As in the layer schema, like all that follow.
        theme: Likewise.
        spread: Likewise.
        only: Column -> word: the rows that tell it; all where empty.
        overlap: Overlap group.
    """

    measure: str
    value: str
    unit: str
    kind: str
    theme: str
    spread: str = "extensive"
    only: Mapping[str, str] = field(default_factory=dict)
    overlap: str | None = None


@dataclass(frozen=True)
class Theme:
    """What one theme's rows are.

    Args:
        name: As HAPI calls it.
        path: Of its address.
        dataset: Of the files that mirror it, on HDX.
        marks: Columns that no other theme has together.
        counts: Its measures.
        totals: Column -> words of which one must stand there, if the column is there; other rows are parts of those.
        words: Column -> all words that may stand there.
        place: Column of country codes, where its rows know countries alone; empty where they know districts.
        shape: `rows` each are a record; `sums` are added by country; `phases` and `organisations` are taken together.
    """

    name: str
    path: str
    dataset: str
    marks: frozenset[str]
    counts: tuple[Count, ...] = ()
    totals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    place: str = ""
    shape: Shape = "rows"


_ALL = ("", "all", "total")
_PARTS = {"gender": _ALL, "age_range": _ALL, "disabled_marker": _ALL, "category": _ALL}

_EVENTS = ("civilian_targeting", "demonstration", "political_violence")
_GROUPS = ("REF", "ROC", "ASY", "OIP", "IDP", "IOC", "STA", "OOC", "HST", "RET", "RST", "NAT", "RDP", "RRI", "all")
_STATUS = ("AFF", "INN", "TGT", "REA", "all")


def _events(measure: str, kind: str, value: str, unit: str = "events") -> Count:
    return Count(measure, value, unit, "flow", "conflict", only={"event_type": kind}, overlap="conflict-events")


def _people(measure: str, group: str, overlap: str | None, kind: str = "stock") -> Count:
    return Count(
        measure, "population", "people", kind, "displacement", only={"population_group": group}, overlap=overlap
    )


def _in_need(measure: str, sector: str) -> Count:
    only = {"population_status": "INN", "sector_code": sector}
    return Count(measure, "population", "people", "stock", "vulnerability", only=only, overlap="people-in-need")


def _index(measure: str, value: str, unit: str, theme: str = "vulnerability", **only: str) -> Count:
    return Count(measure, value, unit, "index", theme, "intensive", only)


THEMES = (
    Theme(
        "conflict-events",
        "coordination-context/conflict-events",
        "hdx-hapi-conflict-event",
        frozenset({"event_type", "events", "fatalities"}),
        (
            _events("conflict_events", "political_violence", "events"),
            _events("conflict_deaths", "political_violence", "fatalities", "people"),
            _events("civilian_targeting_events", "civilian_targeting", "events"),
            _events("unrest_events", "demonstration", "events"),
        ),
        words={"event_type": _EVENTS},
    ),
    Theme(
        "food-security",
        "food-security-nutrition-poverty/food-security",
        "hdx-hapi-food-security",
        frozenset({"ipc_phase", "ipc_type", "population_in_phase"}),
        words={
            "ipc_phase": ("1", "2", "3", "4", "5", "3+", "all"),
            "ipc_type": ("current", "first projection", "second projection"),
        },
        shape="phases",
    ),
    Theme(
        "operational-presence",
        "coordination-context/operational-presence",
        "hdx-hapi-operational-presence",
        frozenset({"org_name", "org_acronym", "sector_code", "location_code"}),
        shape="organisations",
    ),
    Theme(
        "humanitarian-needs",
        "affected-people/humanitarian-needs",
        "hdx-hapi-humanitarian-needs",
        frozenset({"population_status", "sector_code", "population"}),
        (
            _in_need("people_in_need", "intersectoral"),
            _in_need("protection_people_in_need", "PRO"),
            _in_need("gbv_people_in_need", "PRO-GBV"),
            _in_need("child_protection_people_in_need", "PRO-CPN"),
        ),
        totals=_PARTS | {"population_group": _ALL},
        words={"population_status": _STATUS},
    ),
    Theme(
        "refugees-persons-of-concern",
        "affected-people/refugees-persons-of-concern",
        "hdx-hapi-refugees",
        frozenset({"population_group", "asylum_location_code", "origin_location_code"}),
        (
            _people("refugees", "REF", "refugees"),
            _people("asylum_seekers", "ASY", "refugees"),
            _people("others_in_need_of_protection", "OIP", "refugees"),
            _people("stateless", "STA", None),
        ),
        totals=_PARTS,
        words={"population_group": _GROUPS},
        place="asylum_location_code",
        shape="sums",
    ),
    Theme(
        "returnees",
        "affected-people/returnees",
        "hdx-hapi-returnees",
        frozenset({"population_group", "asylum_location_code", "origin_location_code"}),
        (
            _people("returned_refugees", "RET", "returned-people", "flow"),
            _people("returned_idps", "RDP", "returned-people", "flow"),
        ),
        totals=_PARTS,
        words={"population_group": _GROUPS},
        place="origin_location_code",
        shape="sums",
    ),
    Theme(
        "national-risk",
        "coordination-context/national-risk",
        "hdx-hapi-national-risk",
        frozenset({"risk_class", "overall_risk"}),
        (
            _index("inform_risk", "overall_risk", "0-10"),
            _index("inform_hazard", "hazard_exposure_risk", "0-10"),
            _index("inform_vulnerability", "vulnerability_risk", "0-10"),
            _index("inform_coping", "coping_capacity_risk", "0-10"),
        ),
        words={"risk_class": ("1", "2", "3", "4", "5")},
    ),
    Theme(
        "poverty-rate",
        "food-security-nutrition-poverty/poverty-rate",
        "hdx-hapi-poverty-rate",
        frozenset({"mpi", "headcount_ratio"}),
        (
            _index("poverty_headcount", "headcount_ratio", "%"),
            _index("poverty_severe", "in_severe_poverty", "%"),
        ),
    ),
    Theme(
        "rainfall",
        "climate/rainfall",
        "hdx-hapi-rainfall",
        frozenset({"rainfall_anomaly_pct", "aggregation_period"}),
        (
            _index(
                "rainfall_of_normal",
                "rainfall_anomaly_pct",
                "% of the long-term mean",
                "disaster",
                aggregation_period="3-month",
                version="final",
            ),
        ),
        words={
            "aggregation_period": ("dekad", "1-month", "3-month"),
            "version": ("final", "forecast", "preliminary"),
        },
    ),
    Theme(
        "funding",
        "coordination-context/funding",
        "hdx-hapi-funding",
        frozenset({"appeal_code", "requirements_usd", "funding_usd"}),
        (
            Count("appeal_requirements", "requirements_usd", "US dollars", "flow", "protection"),
            Count("appeal_funding", "funding_usd", "US dollars", "flow", "protection"),
        ),
        place="location_code",
        shape="sums",
    ),
    Theme(
        "baseline-population",
        "geography-infrastructure/baseline-population",
        "hdx-hapi-population",
        frozenset({"population", "gender", "age_range", "location_code"}),
        (Count("population", "population", "people", "stock", "population", overlap="residents"),),
        totals=_PARTS,
    ),
)
"""Every theme that is read, those with the more particular columns first."""

BY_NAME: Mapping[str, Theme] = {theme.name: theme for theme in THEMES}

_OF_DTM = frozenset({"operation", "reporting_round", "population"})
_RETURNED = frozenset({"RET", "RDP"})


def theme_of(table: Table, told: str = "") -> Theme:
    """The theme of a table's rows, by its columns, or as it was asked for.

    Refugees and returnees have the same columns; their groups of people tell them apart.

    Raises:
        InputError: It is none that is read here.
    """
    columns = {column.strip().casefold() for column in table.columns}
    if columns >= _OF_DTM:
        raise InputError(
            table.name, "displaced people by round: read this file with the source dtm, which knows rounds"
        )
    if told in BY_NAME:
        return BY_NAME[told]
    found = [theme for theme in THEMES if theme.marks <= columns]
    if not found:
        raise InputError(table.name, f"no theme of HAPI has the columns {listed(table.columns)}")
    if found[0].place == "asylum_location_code":
        groups = set(table.text("population_group").to_pylist())
        return BY_NAME["returnees"] if groups & _RETURNED else found[0]
    return found[0]
