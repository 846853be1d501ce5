"""Columns: scores of many cells as one table, one cell with all its reasons, and the legend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from riskmap.errors import CellUnknown, QueryError, TooLarge
from riskmap.grid.cells import cell_text, cells_from_text
from riskmap.publish.fields import SURE, USUAL, Field, chosen_fields, fields_of, read_field
from riskmap.publish.outlines import Ints
from riskmap.publish.words import MEANING
from riskmap.store.snapshot import Snapshot

Bbox = tuple[float, float, float, float]

_KEYS = ("cell", "period")
_NAMED = 5

_RAMP = ((255, 243, 199), (252, 190, 116), (238, 118, 91), (177, 56, 107), (84, 24, 98))
"""Pale yellow to dark purple. Lightness falls all the way, so that the order is seen with any colour vision."""

_INSUFFICIENT, _PARTIAL = "#b9b9b9", "#5c5c5c"


def query_scores(
    snapshot: Snapshot,
    periods: Sequence[str],
    cells: Sequence[str] | None = None,
    bbox: Bbox | None = None,
    fields: Sequence[str] | None = None,
    limit: int | None = None,
) -> pa.Table:
    """Scores as columns, one row a period and cell, by period and then by cell.

    Args:
        snapshot: Where they come from.
        periods: Labels, in the order wanted.
        cells: H3 cells as text, in the order wanted; None for all.
        bbox: West, south, east, north in degrees: cells whose centre lies inside. West may lie east of east, across the
            antimeridian. None for everywhere.
        fields: Names as `riskmap.publish.fields.fields_of` tells them, in the order wanted; None for the usual ones.
        limit: Most rows; None for any number.

    Returns:
        `cell` (text), `period` (label), then the fields; null = unknown, 0 = observed zero.

    Raises:
        CellUnknown: A cell is not one of the snapshot's.
        PeriodUnknown: A period is not one of the snapshot's.
        FieldUnknown: A field is not one of the snapshot's.
        QueryError: The box is none.
        TooLarge: There are more rows than `limit`.
    """
    indexes = {label: snapshot.period_index(label) for label in periods}
    wanted = [name for name in (USUAL if fields is None else fields) if name not in _KEYS]
    chosen = chosen_fields(snapshot, wanted)
    rows = _rows(snapshot, cells, bbox)
    count = len(rows) * len(indexes)
    if limit is not None and count > limit:
        raise TooLarge(
            f"{count:,} rows were asked for, at most {limit:,} are given at once;"
            " ask for fewer cells or periods, or write all with `riskmap export`"
        )
    return scores_table(snapshot, indexes, chosen, rows)


def scores_table(
    snapshot: Snapshot, periods: Mapping[str, int], fields: Mapping[str, Field], rows: Ints | None = None
) -> pa.Table:
    """Fields of some rows of cells (all where None) in some periods, by period and then by row.

    Args:
        snapshot: Where they come from.
        periods: Position by label.
        fields: By the name that each column shall have.
        rows: Positions of cells.
    """
    if rows is None:
        rows = np.arange(len(snapshot.cells))
    texts = pa.array(cell_text(snapshot.cells[rows]), pa.string())
    columns = {
        "cell": pa.chunked_array([texts] * len(periods), pa.string()),
        "period": pa.chunked_array([pa.array([label] * len(rows), pa.string()) for label in periods], pa.string()),
    }
    for name, field in fields.items():
        parts = [read_field(snapshot, field, index, rows) for index in periods.values()]
        columns[name] = pa.chunked_array(parts, pa.string() if field.words is not None else _type(snapshot, field))
    return pa.table(columns)


def cell_detail(snapshot: Snapshot, cell: str, period: str) -> dict[str, Any]:
    """One cell in one period, with everything its score was made of, ready for JSON: null = unknown.

    Args:
        snapshot: Where it comes from.
        cell: H3 cell as text.
        period: Label.

    Returns:
        `cell`, `period`, `score`, `low`, `high`, `class`, `status`, `coverage`, how sure it is, what is known of
        the place, and `dimensions` with their `components` with their `indicators`; each has `id`, `label`, `score`,
        `weight` and `effective_weight` (its share of the whole index), an indicator also `fed`, `value`, `unit`,
        `coverage`, `support`, `age_days`, `measure` and `proxy`. `inputs` names what these values came from and its
        licences.

    Raises:
        CellUnknown: It is not one of the snapshot's.
        PeriodUnknown: The period is not one of the snapshot's.
    """
    index = snapshot.period_index(period)
    row = _rows(snapshot, [cell], None)
    known = {name: _plain(read_field(snapshot, field, index, row)) for name, field in fields_of(snapshot).items()}
    dimensions = _dimensions(snapshot.manifest["recipe"], known)
    place = {name: value for name, value in known.items() if name in snapshot.table("cells").column_names}
    return {
        "cell": cell_text(snapshot.cells[row])[0],
        "period": period,
        **{name: known[name] for name in (*USUAL, *SURE) if name in known},
        **place,
        "dimensions": dimensions,
        "inputs": inputs_of(snapshot.manifest, _used(snapshot.manifest["recipe"], dimensions, known)),
    }


def legend(snapshot: Snapshot) -> dict[str, Any]:
    """How the index is drawn: classes from low to high with limits and colours, and the marks for what is not known.

    `insufficient` has no place on the ramp, since unknown is not low; `partial` is drawn over a class's colour.
    """
    recipe = snapshot.manifest["recipe"]
    steps = recipe["classes"]
    lower = [recipe["scale"][0], *(step["below"] for step in steps[:-1])]
    colours = _ramp(len(steps))
    return {
        "title": "Trafficking risk index",
        "meaning": MEANING,
        "scale": list(recipe["scale"]),
        "classes": [
            {"name": step["name"], "from": low, "below": step["below"], "colour": colour}
            for step, low, colour in zip(steps, lower, colours, strict=True)
        ],
        "partial": {"name": "partial data", "pattern": "light hatching", "colour": _PARTIAL, "status": 1},
        "insufficient": {"name": "insufficient data", "pattern": "hatched", "colour": _INSUFFICIENT, "status": 2},
    }


def _rows(snapshot: Snapshot, cells: Sequence[str] | None, bbox: Bbox | None) -> Ints:
    """Positions of the cells asked for, in the order asked, each once."""
    rows = np.arange(len(snapshot.cells)) if cells is None else cell_rows(snapshot, list(dict.fromkeys(cells)))
    return rows if bbox is None else rows[_inside(snapshot, bbox)[rows]]


def cell_rows(snapshot: Snapshot, cells: Sequence[str]) -> Ints:
    """Positions of cells given as text, in the order asked, shape (cells,).

    Raises:
        CellUnknown: One is not among the snapshot's; names the first of them.
    """
    numbers = cells_from_text(cells)
    rows = np.searchsorted(snapshot.cells, numbers).clip(0, len(snapshot.cells) - 1)
    unknown = [text for text, there in zip(cells, snapshot.cells[rows] == numbers, strict=True) if not there]
    if unknown:
        more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
        raise CellUnknown(
            f"not among the cells of snapshot {snapshot.id}: {', '.join(unknown[:_NAMED])}{more};"
            f" its cells are of H3 resolution {snapshot.manifest['case']['resolution']}"
        )
    return rows


def _inside(snapshot: Snapshot, bbox: Bbox) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    west, south, east, north = bbox
    if not (all(map(math.isfinite, bbox)) and south <= north):
        raise QueryError(f"{bbox} is not a box; give west, south, east, north in degrees, south below north")
    lon, lat = snapshot.column("cells", "lon"), snapshot.column("cells", "lat")
    across = (west <= lon) & (lon <= east) if west <= east else (west <= lon) | (lon <= east)
    return across & (south <= lat) & (lat <= north)


def _type(snapshot: Snapshot, field: Field) -> pa.DataType:
    return snapshot.table(field.table).schema.field(field.column).type


def _plain(array: pa.Array) -> float | int | str | None:
    """The one value of an array as JSON has it; a short float stays as short as it is stored."""
    value: float | int | str | None = array[0].as_py()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return float(str(np.float32(value))) if array.type == pa.float32() else value
    return value


def _dimensions(recipe: Mapping[str, Any], known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The index as a tree, each part with its score and its share of the whole."""
    found = []
    for dimension in recipe["dimensions"]:
        components = []
        for component in _within(recipe["components"], "dimension", dimension):
            leaves = [_indicator(one, known) for one in _within(recipe["indicators"], "component", component)]
            components.append({**_part(component, known, leaves), "indicators": leaves})
        found.append({**_part(dimension, known, components), "components": components})
    return found


def _within(parts: Iterable[Mapping[str, Any]], key: str, parent: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for part in parts if part[key] == parent["id"]]


def _part(part: Mapping[str, Any], known: Mapping[str, Any], children: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "id": part["id"],
        "label": part["label"],
        "score": known.get(part["id"]),
        "weight": part["weight"],
        "effective_weight": math.fsum(child["effective_weight"] for child in children),
    }


def _indicator(part: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    name = part["id"]
    measure = known.get(f"{name}.feed")
    return {
        "id": name,
        "label": part["label"],
        "fed": part["fed"],
        "score": known.get(name),
        "weight": part["weight"],
        "effective_weight": part["effective_weight"],
        "value": known.get(f"{name}.value"),
        "unit": part["unit"],
        "coverage": known.get(f"{name}.coverage"),
        "support": known.get(f"{name}.support"),
        "age_days": known.get(f"{name}.age_days"),
        "measure": measure,
        "proxy": next((feed["proxy"] for feed in part["feeds"] if feed["measure"] == measure), None),
    }


def _used(recipe: Mapping[str, Any], dimensions: Iterable[Mapping[str, Any]], known: Mapping[str, Any]) -> set[str]:
    """Measures that gave this cell a value, those that may have given its population included."""
    leaves = [leaf for one in dimensions for component in one["components"] for leaf in component["indicators"]]
    people = recipe.get("population", ()) if known.get("population") is not None else ()
    return {leaf["measure"] for leaf in leaves if leaf["measure"] is not None} | set(people)


def inputs_of(manifest: Mapping[str, Any], used: set[str]) -> list[dict[str, Any]]:
    """Inputs that gave one of some measures, each credit once; one that lists no measures counts by its source.

    Args:
        manifest: What a snapshot says of itself.
        used: Names of measures, `source:measure`.

    Returns:
        `source`, `title` and `licence` of each.
    """
    sources = {measure.partition(":")[0] for measure in used}
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for entry in manifest["inputs"]:
        source, licence, measures = entry["source"], entry["licence"], entry.get("measures")
        if any(f"{source}:{one}" in used for one in measures) if measures else source in sources:
            told = {"source": source, "title": entry.get("title", source), "licence": dict(licence)}
            found[source, licence["id"], licence["attribution"]] = told
    return list(found.values())


def _ramp(count: int) -> list[str]:
    """So many colours, evenly along the ramp."""
    stops = np.array(_RAMP, np.float64)
    at = np.linspace(0, len(stops) - 1, count)
    channels = np.stack([np.interp(at, np.arange(len(stops)), channel) for channel in stops.T], axis=1)
    return ["#{:02x}{:02x}{:02x}".format(*np.rint(colour).astype(int).tolist()) for colour in channels]
