"""Outlines of analysed areas, as the IPC service draws them: zones and parts of districts that no boundaries hold.

Camps and towns come as points. They are not taken: the place of a camp is nobody's business here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Quarantine, Table, as_mask, layer_of
from riskmap.sources.ipc_layouts import last_day, months_of
from riskmap.sources.ipc_records import Everywhere, phases_of, refuse_chronic, version_of
from riskmap.sources.source import Reading
from riskmap.sources.spans import precision_of
from riskmap.sources.vectors import is_areal, read_features

_PERIODS: Mapping[str, str] = {"c": "current", "p": "projected", "a": "second_projected"}
"""The service's letters for a period; an area that tells none is of the current one."""


def read_outlines(raw: Raw, period: str, everywhere: Everywhere) -> Reading:
    """Phases of the areas of a period, by outline.

    Args:
        raw: A GeoJSON of the service's `areas`.
        period: `current`, `projected` or `second_projected`.
        everywhere: Columns that all records of a file have in common, for so many of them.

    Raises:
        InputError: It cannot be read, or has no area of that period.
    """
    features = read_features(raw)
    code = next(code for code, name in _PERIODS.items() if name == period)
    told = pc.utf8_lower(pc.coalesce(features.table.optional("period", "ipc_period"), pa.scalar("c")))
    others = ~as_mask(pc.equal(told, code))
    if others.all():
        raise InputError(raw.name, f"no area has the period {period!r}; choose another by the option period")
    features = features.where(~others)
    table, quarantine = features.table, features.quarantine()
    quarantine.refuse(~is_areal(features.shapes), "a camp or town, told as a point")
    refuse_chronic(quarantine, table)
    start, end = _span(table, quarantine)
    phase = phases_of(quarantine, "overall_phase")
    quarantine.refuse(np.isnan(phase), "overall_phase: not analysed", "overall_phase", table.text("overall_phase"))
    name = table.text("area", "area_name", "title")
    analysed = table.optional("analysis_date")
    ids = pc.binary_join_element_wise(
        pc.fill_null(pc.coalesce(table.optional("aar_id", "id"), name), ""), pa.array(start.astype(str)), "/"
    )
    quarantine.keep_newest(ids, "repeated area and period", months_of(analysed).astype("datetime64[s]"))
    given = everywhere(len(table))
    columns = {
        **given,
        **version_of(analysed, given),
        "record_id": ids,
        "theme": "vulnerability",
        "measure": "food_insecurity_phase",
        "kind": "index",
        "spread": "intensive",
        "unit": "phase",
        "value": phase,
        "start": start,
        "end": end,
        "time_precision": precision_of(start, end),
        "geometry": pa.array(shapely.to_wkb(features.shapes), pa.binary()),
        "geo_precision": "adm2",
        "preliminary": period != "current",
    }
    aside = f"{int(others.sum())} areas of other periods left aside"
    return quarantine.reading(layer_of(columns, quarantine.kept), (aside,) if others.any() else ())


def _span(table: Table, quarantine: Quarantine) -> tuple[Days, Days]:
    """First day and first day after; both are told as months, the last one among them."""
    spans: list[Days] = []
    for field in ("from", "to"):
        month = months_of(table.text(field))
        quarantine.refuse(np.isnat(month), f"{field}: not a month such as Apr 2023", field, table.text(field))
        spans.append(np.where(np.isnat(month), np.datetime64("1970-01-01"), month))
    start, last = spans[0], last_day(spans[1])
    quarantine.refuse(last < start, "to before from", "to", table.text("to"))
    return start, np.maximum(last, start) + 1
