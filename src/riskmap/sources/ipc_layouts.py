"""The layouts in which analyses of food insecurity are published, each as one table with the same columns.

Columns are `condition`, `country`, `analysed` (a month such as `Aug 2022`), `from` and `to` (days), `level`, `code`,
`area`, `group`, `phase` (of the area as a whole), `all`, `1` to `5` and `3+` (people), and `3+ share` (a fraction). All
are text; one row is an area in one period, or a part of an area, such as its camps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pycountry

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Table, as_mask, listed
from riskmap.sources.dates import parse_days
from riskmap.sources.ipc_phases import PHASES
from riskmap.sources.options import Given
from riskmap.sources.tabular import json_list, table_of_records

Period = Literal["current", "projected", "second_projected"]
Analysis = Mapping[str, object]

_SUFFIXES: Mapping[str, str] = {"current": "", "projected": "_projected", "second_projected": "_second_projected"}
_KOSOVO = {"XK": "XKX"}

_CADRE: Mapping[str, str] = {
    "country": "adm0_pcod3",
    "from": "start_date",
    "to": "end_date",
    "code": "adm2_pcod2",
    "area": "adm2_name",
    "group": "adm1_name",
    "phase": "phase_class",
    "all": "population",
    "3+": "phase35",
    **{str(phase): f"phase{phase}" for phase in range(1, 6)},
}
_PRISM: Mapping[str, str] = {
    "code": "ADM2_PCODE",
    "area": "ADM2_EN",
    "group": "ADM1_EN",
    "phase": "ipc_phase",
    "all": "total_pop",
    "3+": "ipc_pop_ph3_5",
    **{str(phase): f"ipc_pop_ph{phase}" for phase in range(1, 6)},
}


class IpcOptions(Given):
    """What a case wants of an analysis.

    Args:
        period: The time that was looked at, or one of the two that were projected.
        country: Only rows of it, by three-letter code.
        level: Only areas of it; the finest that an analysis tells phases for where not given.
        area_level: Level of areas that stand in no group; 1 where not given, as countries without groups tell regions.
        start_date: First day, for layouts that tell none.
        end_date: First day after, likewise.
    """

    period: Period = "current"
    country: str | None = None
    level: Literal[0, 1, 2] | None = None
    area_level: Literal[1, 2] = 1
    start_date: str | None = None
    end_date: str | None = None


def is_cadre(table: Table) -> bool:
    """Whether a table is of the Cadre Harmonisé."""
    return table.find("adm2_pcod2") is not None and table.find("phase35") is not None


def of_cadre(table: Table, given: IpcOptions) -> Table:
    """The rows of one period of the Cadre Harmonisé.

    Raises:
        InputError: It has none, or a column is missing.
    """
    kind = pc.utf8_lower(table.text("chtype"))
    mine = as_mask(pc.equal(kind, given.period))
    if not mine.any():
        there = listed(sorted(pc.unique(kind).to_pylist()))
        raise InputError(table.name, f"no rows of period {given.period!r}; choose {there} by the option period")
    table = table.where(mine)
    last = pc.replace_substring_regex(pc.fill_null(table.text("exercise_label"), ""), r"^.*-", "")
    months = pc.binary_join_element_wise(last, pc.fill_null(table.text("exercise_year"), ""), " ")
    level = pa.array(["2"] * len(table))
    return _renamed(table, _CADRE, {"analysed": months, "level": level})


def is_prism(table: Table) -> bool:
    """Whether a table is of people by phase and district, as maps of the World Food Programme have it."""
    return table.find("ipc_pop_ph3_5") is not None


def of_prism(table: Table, given: IpcOptions) -> Table:
    """The rows of such a table, with the days that a case tells.

    Raises:
        InputError: It tells none, or a column is missing.
    """
    if given.start_date is None or given.end_date is None:
        raise InputError(table.name, "this layout tells no days; give the options start_date and end_date")
    try:
        last = np.datetime64(given.end_date, "D") - 1
    except ValueError:
        raise InputError(table.name, f"option end_date must be a day, not {given.end_date!r}") from None
    days = {"from": given.start_date, "to": str(last), "level": "2"}
    return _renamed(table, _PRISM, {name: pa.array([text] * len(table)) for name, text in days.items()})


def of_analyses(raw: Raw, value: object, given: IpcOptions) -> Table:
    """The areas of all analyses in an answer of the IPC service.

    Raises:
        InputError: There is no analysis of the period that is wanted.
    """
    analyses = value if isinstance(value, list) else [value]
    rows: list[Analysis] = []
    for number, analysis in enumerate(json_list(raw.name, analyses), 1):
        if not isinstance(analysis, Mapping) or "analysis_date" not in analysis:
            raise InputError(raw.name, "an analysis with analysis_date is needed; ask for population", row=number)
        rows += _of_analysis(analysis, given)
    if not rows:
        raise InputError(raw.name, f"no analysis has the period {given.period!r}; choose another by the option period")
    return table_of_records(raw.name, rows)


def month_span(text: str) -> tuple[str, str] | None:
    """First and last day of months such as `Jul 2022 - Sep 2022`, as ISO; None where it is no such text."""
    first, dash, last = text.partition(" - ")
    months = months_of(pa.array([first, last]))
    return None if not dash or np.isnat(months).any() else (str(months[0]), str(last_day(months)[1]))


def months_of(text: pa.Array) -> Days:
    """First days of months such as `Aug 2022`, not-a-time where a text is none; shape (rows,)."""
    days = parse_days(pc.binary_join_element_wise(pa.scalar("1"), text, " "), "%d %B %Y")
    return np.full(len(text), np.datetime64("NaT", "D")) if days is None else days


def last_day(month: Days) -> Days:
    """Last days of the months of some days."""
    last: Days = (month.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    return last


def alpha3(country: str) -> str:
    """The three-letter code of a country of two letters; anything else as it is."""
    found = pycountry.countries.get(alpha_2=country) if len(country) == len("SO") else None
    return _KOSOVO.get(country, country) if found is None else str(found.alpha_3)


def alpha2(country: str) -> str:
    """The two-letter code of a country of three letters; anything else as it is."""
    found = pycountry.countries.get(alpha_3=country)
    return {three: two for two, three in _KOSOVO.items()}.get(country, country) if found is None else str(found.alpha_2)


def _of_analysis(analysis: Analysis, given: IpcOptions) -> Iterator[Analysis]:
    """The areas of one analysis, of the finest level that has phases for the period; none without such a period."""
    days = month_span(str(analysis.get(f"{given.period}_period_dates") or ""))
    if days is None:
        return
    everywhere = {
        "condition": analysis.get("condition"),
        "country": alpha3(str(analysis.get("country") or "")),
        "analysed": analysis["analysis_date"],
        "from": days[0],
        "to": days[1],
    }
    suffix = _SUFFIXES[given.period]
    levels = _levels(analysis, given)
    phased = [level for level, areas in levels.items() if any(_has_phases(area, suffix) for area, _ in areas)]
    level = given.level if given.level is not None else max(phased, default=max(levels))
    for area, group in levels.get(level, ()):
        yield {**everywhere, "level": level, "area": area.get("name"), "group": group, **_people(area, suffix)}


def _levels(analysis: Analysis, given: IpcOptions) -> dict[int, list[tuple[Analysis, object]]]:
    """Level -> its areas, each with the name of the group that holds it."""
    levels: dict[int, list[tuple[Analysis, object]]] = {0: [({**analysis, "name": None}, None)]}
    for group in _objects(analysis.get("groups")):
        levels.setdefault(1, []).append((group, None))
        for area in _objects(group.get("areas")):
            levels.setdefault(2, []).append((area, group.get("name")))
    for area in _objects(analysis.get("areas")):
        levels.setdefault(given.area_level, []).append((area, None))
    return levels


def _objects(value: object) -> Sequence[Analysis]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _people(area: Analysis, suffix: str) -> Analysis:
    """People and shares of an area in one period, under the common names."""
    return {
        "phase": area.get(f"overall_phase{suffix}"),
        "all": area.get(f"estimated_population{suffix}"),
        "3+": area.get(f"p3plus{suffix}"),
        "3+ share": area.get(f"p3plus_percentage{suffix}"),
        **{str(phase): area.get(f"phase{phase}_population{suffix}") for phase in range(1, 6)},
    }


def _has_phases(area: Analysis, suffix: str) -> bool:
    people = _people(area, suffix)
    return any(people[phase] is not None for phase in PHASES if phase != "all")


def _renamed(table: Table, names: Mapping[str, str], more: Mapping[str, pa.Array]) -> Table:
    columns = {ours: table.text(theirs) for ours, theirs in names.items()}
    return Table(table.name, {**columns, **more}, table.rows, table.malformed, table.notes)
