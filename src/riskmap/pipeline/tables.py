"""The tables of a snapshot: cells with their outlines, scores, and the indicators behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from riskmap.grid.cells import Grid, vertices
from riskmap.model.area import Area
from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.score.recipe import Recipe
from riskmap.score.reliability import Reliability
from riskmap.score.uncertainty import Evidence, Uncertain

WORLD = 1 << 30
"""Width of the web-mercator world in the integer units of stored outlines."""

_RING = 10
_ROWS = 1 << 16
"""Cells worked out at a time."""
_MERCATOR_LIMIT = 85.051128779806592


def cells_table(grid: Grid, areas: Sequence[Area], people: Floats) -> pa.Table:
    """Table `cells`: one row a cell, with its outline.

    Args:
        grid: The grid.
        areas: Administrative units; each cell is named after the one that holds its centre.
        people: People of each cell in the last period, NaN where unknown; shape (cells,).
    """
    parts = [slice(first, first + _ROWS) for first in range(0, len(grid), _ROWS)]
    return pa.concat_tables(
        [_cells(Grid(grid.cells[part], grid.resolution), areas, people[part]) for part in parts]
    ).combine_chunks()


def _cells(grid: Grid, areas: Sequence[Area], people: Floats) -> pa.Table:
    ring_x, ring_y, ring_n = _rings(grid)
    columns: dict[str, pa.Array] = {
        "cell": pa.array(grid.cells),
        "lon": pa.array(grid.lon),
        "lat": pa.array(grid.lat),
        "area_km2": pa.array(grid.area_km2),
        "population": pa.array(people, mask=np.isnan(people)),
    }
    for level in (1, 2):
        pcodes, names = _names(grid, [area for area in areas if area.level == level])
        columns[f"admin{level}_pcode"], columns[f"admin{level}_name"] = pcodes, names
    columns["ring_x"] = pa.FixedSizeListArray.from_arrays(pa.array(ring_x.ravel()), _RING)
    columns["ring_y"] = pa.FixedSizeListArray.from_arrays(pa.array(ring_y.ravel()), _RING)
    columns["ring_n"] = pa.array(ring_n)
    return pa.table(columns)


def _names(grid: Grid, areas: Sequence[Area]) -> tuple[pa.Array, pa.Array]:
    """P-code and name of the unit that holds each cell's centre, else of the nearest one."""
    if not areas:
        empty = pa.nulls(len(grid.cells), pa.string())
        return empty, empty
    geometries = np.array([area.geometry for area in areas], dtype=object)
    points = shapely.points(grid.lon, grid.lat)
    tree = shapely.STRtree(geometries)
    place = np.full(len(points), -1)
    inside, unit = tree.query(points, predicate="intersects")
    place[inside[::-1]] = unit[::-1]
    off = place < 0
    place[off] = tree.nearest(points[off])
    return (
        pa.array([areas[index].pcode for index in place], pa.string()),
        pa.array([areas[index].name for index in place], pa.string()),
    )


def _rings(grid: Grid) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Outlines in web mercator, `WORLD` units wide, turned so that they run clockwise in tile space.

    A ring that crosses the antimeridian goes on beyond the edge of the world instead of round it.
    """
    lonlat, counts = vertices(grid.cells)
    lon, lat = lonlat[..., 0], np.clip(lonlat[..., 1], -_MERCATOR_LIMIT, _MERCATOR_LIMIT)
    crosses = (lon - lon[:, :1] > 180).astype(int) - (lon - lon[:, :1] < -180).astype(int)
    x = (lon - 360 * crosses) / 360 + 0.5
    y = 0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)
    ring = np.stack([x, y], axis=-1)
    order = np.where(np.arange(_RING) < counts[:, None], (counts[:, None] - 1 - np.arange(_RING)) % _RING, 0)
    turned = np.take_along_axis(ring, order[..., None], axis=1)
    units = np.rint(turned * WORLD).astype(np.int64).clip(-(2**31), 2**31 - 1).astype(np.int32)
    return units[..., 0], units[..., 1], counts.astype(np.int8)


def scores_table(score: Score, relied: Reliability) -> pa.Table:
    """The index and its parts in its first period, one row a cell, with how far it can be leaned on."""
    columns: dict[str, pa.Array] = {"cell": pa.array(score.cells)}
    for name, values in (("value", score.value), ("low", score.low), ("high", score.high)):
        columns[name] = _floats(values[0])
    columns["class"] = pa.array(score.class_index[0])
    columns["status"] = pa.array(score.status[0])
    columns["coverage"] = pa.array(score.coverage[0])
    columns["reliability"] = _floats(relied.value[0])
    columns["grade"] = pa.array(relied.grade[0])
    return pa.table(columns | {name: _floats(values[0]) for name, values in score.nodes.items()})


def indicators_table(score: Score) -> pa.Table:
    """What was measured in its first period, one row a cell."""
    columns: dict[str, pa.Array] = {"cell": pa.array(score.cells)}
    for name, values in score.indicators.items():
        columns[name] = _floats(values.values[0])
        columns[f"{name}.coverage"] = pa.array(values.coverage[0])
        columns[f"{name}.support"] = pa.array(values.support[0])
        columns[f"{name}.age_days"] = _floats(values.age_days[0])
        columns[f"{name}.feed"] = pa.array(values.feed[0])
    return pa.table(columns)


def evidence_in(scores: pa.Table, indicators: pa.Table, recipe: Recipe) -> Evidence:
    """What the scores of one period stand on, from its two tables as the store keeps them.

    Args:
        scores: As `scores_table` gives it, of all cells.
        indicators: As `indicators_table` gives it, of the same cells.
        recipe: The recipe that they were made with.
    """
    measured = [key for key in recipe.indicators if key in indicators.column_names]
    return Evidence(
        cells=_numbers(scores, "cell"),
        scored=~np.isnan(_numbers(scores, "value")),
        score={key: _numbers(scores, key) for key in recipe.indicators},
        counts={key: ~np.isnan(_numbers(scores, key)) for key in recipe.components},
        value={key: _numbers(indicators, key) for key in measured},
        feed={key: _numbers(indicators, f"{key}.feed") for key in measured},
        support={key: _numbers(indicators, f"{key}.support") for key in measured},
    )


def with_uncertainty(scores: pa.Table, found: Uncertain, people: Floats) -> pa.Table:
    """Scores of one period with how sure they are, before their parts; an interval reaches to the score it is of.

    Args:
        scores: As `scores_table` gives it.
        found: Of the same cells.
        people: Of the same cells, NaN where unknown; shape (cells,).
    """
    at = scores.column_names.index("grade") + 1
    value = _numbers(scores, "value")
    columns = {
        "q05": np.minimum(found.q05, value),
        "q95": np.maximum(found.q95, value),
        "p_high": found.high,
        "people_at_risk": people * found.high,
    }
    for place, (name, values) in enumerate(columns.items()):
        scores = scores.add_column(at + place, name, _floats(values))
    return scores


def dated(table: pa.Table, period: int) -> pa.Table:
    """Rows of one period with its position as their first column."""
    return table.add_column(0, "period", pa.array(np.full(len(table), period, np.int16)))


def _numbers(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """A column as numbers, NaN where null."""
    return np.asarray(table[name].to_numpy())


def _floats(values: npt.NDArray[np.floating]) -> pa.Array:
    flat = values.ravel().astype(np.float32)
    return pa.array(flat, mask=np.isnan(flat))


def people_of_classes(score: Score, classes: int) -> list[float]:
    """People of the first period's cells of each class, of those without a score, and of all."""
    people = np.nan_to_num(score.population[0])
    found = [float(people[score.class_index[0] == place].sum()) for place in (*range(classes), -1)]
    return [*found, float(people.sum())]
