"""How fast points come to cells and to sums by cell and month, beside what a person would otherwise use.

The points lie over a land as large as Somalia and over twelve months. Sums are measured the whole way from a Parquet
file of longitude, latitude, day and value; riskmap checks every row on that way, the peers none. Peers in plain Python
are given a tenth of the points, and their time is told tenfold.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import h3
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from h3pandas.h3pandas import H3Accessor
from h3ronpy.vector import cells_to_wkb_polygons, coordinates_to_cells
from lines import Line

from riskmap.grid.cells import cells_at, grid_over
from riskmap.grid.counting import sum_points
from riskmap.grid.outlines import cell_rings

_BOX = (41.0, -1.5, 48.2, 5.7)
_RESOLUTION = 7
_PART = 10


def lines(count: int = 10_000_000, repeats: int = 3) -> list[Line]:
    """Every line.

    Args:
        count: Points to be summed; peers in plain Python get a tenth.
        repeats: Of each measurement; the median counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        whole, part = Path(folder) / "whole.parquet", Path(folder) / "part.parquet"
        points = _points(count)
        pq.write_table(points, whole, row_group_size=1_000_000)
        pq.write_table(points.slice(0, count // _PART), part)
        return [*_summed(whole, part, count, repeats), *_placed(points.slice(0, count // 5), repeats)]


def _points(count: int) -> pa.Table:
    chance = np.random.default_rng(7)
    days = pa.array(chance.integers(19_358, 19_723, count).astype(np.int32)).cast(pa.date32())
    west, south, east, north = _BOX
    lon, lat = chance.uniform(west, east, count), chance.uniform(south, north, count)
    return pa.table({"lon": lon, "lat": lat, "day": days, "value": chance.gamma(2.0, 3.0, count)})


def _summed(whole: Path, part: Path, count: int, repeats: int) -> list[Line]:
    sum_points(pq.read_table(part).slice(0, 1_000), _RESOLUTION)  # compiled code is loaded before the clock starts
    works: dict[str, Callable[[], Any]] = {
        "riskmap": lambda: sum_points(whole, _RESOLUTION),
        "bare": lambda: _bare(whole),
        "loop": lambda: _loop(part),
        "frame": lambda: _h3pandas(part),
    }
    taken, given = _in_turns(works, repeats)
    found, grouped = given["riskmap"], given["bare"]
    if (len(found), int(found.counts.sum())) != (grouped.num_rows, count):
        raise SystemExit("h3ronpy and duckdb found other groups")
    if not np.isclose(found.sums.sum(), grouped["total"].to_numpy().sum(), rtol=1e-12):
        raise SystemExit("h3ronpy and duckdb found another sum")
    work, tenth = f"{count / 1e6:g} M points from Parquet to (cell, month) sums, res {_RESOLUTION}", "a tenth, scaled"
    return [
        Line(work, taken["riskmap"], "h3-py loop + pandas", taken["loop"] * _PART, 4, tenth),
        Line(work, taken["riskmap"], f"h3pandas {version('h3pandas')}", taken["frame"] * _PART, 3.5, tenth),
        Line(work, taken["riskmap"], "bare h3ronpy + duckdb", taken["bare"], 0.9, f"{len(found):,} groups"),
    ]


def _placed(points: pa.Table, repeats: int) -> list[Line]:
    lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
    grid = pa.array(grid_over(shapely.box(*_BOX), _RESOLUTION).cells)
    works = {
        "cells": lambda: cells_at(lon, lat, _RESOLUTION),
        "their cells": lambda: np.asarray(pa.array(coordinates_to_cells(lat, lon, _RESOLUTION))),
        "outlines": lambda: cell_rings(grid.to_numpy()),
        "their outlines": lambda: shapely.from_wkb(np.asarray(pa.array(cells_to_wkb_polygons(grid)), object)),
    }
    taken, given = _in_turns(works, repeats)
    if np.count_nonzero(given["cells"] != given["their cells"]):
        raise SystemExit("h3ronpy found other cells")
    work, outlines = f"{len(lon) / 1e6:g} M points to cells, res {_RESOLUTION}", f"outlines of {len(grid):,} cells"
    return [
        Line(work, taken["cells"], "h3ronpy", taken["their cells"], 1.5),
        Line(outlines, taken["outlines"], "h3ronpy + shapely", taken["their outlines"], 2),
    ]


def _bare(path: Path) -> pa.Table:
    points = pq.read_table(path)
    cells = pa.array(coordinates_to_cells(points["lat"].to_numpy(), points["lon"].to_numpy(), _RESOLUTION))
    placed = pa.table({"cell": cells, "day": points["day"], "value": points["value"]})
    query = (
        "select cell, date_trunc('month', day) as first, sum(value) as total, count(*) as n from placed group by all"
    )
    with duckdb.connect() as connection:
        connection.register("placed", placed)
        return connection.sql(query).to_arrow_table()


def _loop(path: Path) -> pd.DataFrame:
    points = pd.read_parquet(path)
    spots = zip(points["lat"], points["lon"], strict=True)
    points["cell"] = [h3.latlng_to_cell(lat, lon, _RESOLUTION) for lat, lon in spots]
    return _grouped(points, "cell")


def _h3pandas(path: Path) -> pd.DataFrame:
    points = pd.read_parquet(path).rename(columns={"lon": "lng"})
    return _grouped(H3Accessor(points).geo_to_h3(_RESOLUTION).reset_index(), f"h3_{_RESOLUTION:02d}")


def _grouped(points: pd.DataFrame, cell: str) -> pd.DataFrame:
    month = pd.to_datetime(points["day"]).dt.to_period("M")
    return points.groupby([cell, month])["value"].agg(["sum", "count"])


def _in_turns(works: Mapping[str, Callable[[], Any]], repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Median seconds of each work, and what it gave; all of them in every round, so that they share its weather."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    found = {}
    for _ in range(repeats):
        for name, work in works.items():
            start = time.perf_counter()
            found[name] = work()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}, found
