"""How fast the people of districts come to cells by exact area, beside what a person would otherwise use.

Everybody is given the districts as geometries and the grid as cell ids, and ends with one number a cell. The districts
are made: 74 of them in a land as large as Somalia, with borders as winding. Peers measure in ESRI:54034, where borders
between two vertices are not quite as straight as in longitude and latitude; the tolerance is told.
"""

import statistics
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from h3ronpy.vector import cells_to_wkb_polygons
from lines import Line
from tobler.area_weighted import area_interpolate

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.polygons import area_shares

_FLAT = "ESRI:54034"
_DISTRICTS = 74
_TOLERANCE = 1e-6
"""Largest difference in a cell, as a share of all people."""


def lines(resolution: int = 7, repeats: int = 3) -> list[Line]:
    """Every line.

    Args:
        resolution: Of the cells; at 7 there are about as many as Somalia has.
        repeats: Of each measurement; the median counts.
    """
    districts = _districts()
    people = np.random.default_rng(3).integers(10_000, 900_000, len(districts)).astype(np.float64)
    grid = grid_over(shapely.union_all(districts), resolution)
    _ours(districts, people, grid)  # compiled code is loaded before the clock starts
    ways = {"riskmap": _ours, "tobler": _tobler, "geopandas overlay": _overlay}
    taken, found = _in_turns(
        {name: lambda way=way: way(districts, people, grid) for name, way in ways.items()}, repeats
    )
    ours = found["riskmap"]
    lost = abs(ours.sum() / people.sum() - 1)
    if lost > 1e-12:
        raise SystemExit("people were lost")
    work = f"people of {len(districts)} districts to {len(grid):,} cells by area, res {resolution}"
    for peer in ("tobler", "geopandas overlay"):
        apart = float(np.abs(ours - found[peer]).max() / people.sum())
        if apart > _TOLERANCE:
            raise SystemExit(f"{peer} puts {apart:.1e} of the people elsewhere")
    return [
        Line(work, taken["riskmap"], peer, taken[peer], 10, f"total kept to {lost:.0e}")
        for peer in ("tobler", "geopandas overlay")
    ]


def _districts() -> np.ndarray:
    """Cells of a Voronoi diagram, cut by a coast; then all vertices are moved by one smooth function."""
    chance = np.random.default_rng(74)
    land = shapely.Point(0.0, 0.0).buffer(4.0)
    seeds = shapely.MultiPoint(chance.uniform(-2.8, 2.8, (_DISTRICTS, 2)))
    parts = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=land)), land)
    fine = shapely.segmentize(parts[shapely.area(parts) > 0], 0.03)
    return shapely.transform(fine, _moved)


def _moved(points: np.ndarray) -> np.ndarray:
    x, y = points.T
    wind = 0.03 * np.sin(9 * x + 5 * y) + 0.005 * np.sin(31 * y - 17 * x)
    sway = 0.03 * np.cos(8 * y - 6 * x) + 0.005 * np.sin(29 * x + 13 * y)
    return np.stack([46.0 + x + wind, 5.0 + 1.05 * y + sway], axis=1)


def _ours(districts: np.ndarray, people: np.ndarray, grid: Grid) -> np.ndarray:
    shares = area_shares(list(districts), Grid(grid.cells, grid.resolution))
    return (people / shares.total_km2) @ shares.km2


def _tobler(districts: np.ndarray, people: np.ndarray, grid: Grid) -> np.ndarray:
    source, target = _frames(districts, people, grid)
    return area_interpolate(source, target, extensive_variables=["people"])["people"].to_numpy()


def _overlay(districts: np.ndarray, people: np.ndarray, grid: Grid) -> np.ndarray:
    source, target = _frames(districts, people, grid)
    source["whole"] = source.area
    parts = gpd.overlay(source, target, how="intersection")
    shared = parts["people"] * parts.area / parts["whole"]
    return np.bincount(parts["row"], shared, len(grid))


def _frames(districts: np.ndarray, people: np.ndarray, grid: Grid) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    cells = shapely.from_wkb(np.asarray(pa.array(cells_to_wkb_polygons(pa.array(grid.cells))), object))
    source = gpd.GeoDataFrame({"people": people}, geometry=districts, crs="OGC:CRS84")
    target = gpd.GeoDataFrame({"row": np.arange(len(grid))}, geometry=cells, crs="OGC:CRS84")
    return source.to_crs(_FLAT), target.to_crs(_FLAT)


def _in_turns(
    works: dict[str, Callable[[], np.ndarray]], repeats: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Median seconds of each work, and what it gave; all of them in every round, so that they share its weather."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    found = {}
    for _ in range(repeats):
        for name, work in works.items():
            start = time.perf_counter()
            found[name] = work()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}, found
