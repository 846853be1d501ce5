"""How fast rasters and lines come to cells, beside what a person would otherwise use; results are checked to agree.

Peers get outlines that are made beforehand; riskmap makes its own within the time measured.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import exactextract
import geopandas as gpd
import numpy as np
import rasterio
import rasterstats
import shapely
from lines import Line
from pyproj import Geod
from rasterio.transform import from_origin

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.lines import length_shares
from riskmap.grid.rasters import sum_cells, sum_stack

_PIXELS_A_DEGREE = 600
_CORNER = (10.0, 10.0)
_MISPLACED = 1e-4
_STACK = 24


def lines(size: int = 2_400, repeats: int = 3) -> list[Line]:
    """Every line.

    Args:
        size: Pixels along each side of a float32 raster of 600 pixels a degree; 6,000 is the full scale.
        repeats: Of each measurement; the median counts.
    """
    span = size / _PIXELS_A_DEGREE
    grid = grid_over(shapely.box(_CORNER[0], _CORNER[1] - span, _CORNER[0] + span, _CORNER[1]), 7)
    with tempfile.TemporaryDirectory() as folder:
        hrefs = [_raster(Path(folder) / f"{month}.tif", size, month) for month in range(_STACK)]
        return [*_sums(hrefs, grid, size, repeats), _lengths(grid, span, repeats)]


def _raster(path: Path, size: int, seed: int) -> str:
    pixels = np.random.default_rng(seed).gamma(0.5, 200.0, (size, size)).astype("float32")
    place = from_origin(*_CORNER, 1 / _PIXELS_A_DEGREE, 1 / _PIXELS_A_DEGREE)
    told = {"driver": "GTiff", "height": size, "width": size, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=place, nodata=-99999.0, **told) as file:
        file.write(pixels, 1)
    return str(path)


def _median(work: Callable[[], Sequence[np.ndarray]], repeats: int) -> tuple[float, Sequence[np.ndarray]]:
    taken, found = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), found


def _sums(hrefs: list[str], grid: Grid, size: int, repeats: int) -> list[Line]:
    def one() -> list[np.ndarray]:
        return [sum_cells(hrefs[0], Grid(grid.cells, grid.resolution), "count").values]

    def stack() -> list[np.ndarray]:
        return [found.values for found in sum_stack(hrefs, Grid(grid.cells, grid.resolution), "count")]

    one(), stack()
    ours, (found, *_) = _median(one, repeats)
    all_ours, all_found = _median(stack, repeats)
    if not np.array_equal(all_found[0], found, equal_nan=True):
        raise AssertionError("a stack differs from its rasters one by one")
    peer, theirs = _median(lambda: _exactextract(hrefs[0], grid), repeats)
    _agree(found, theirs[0], np.arange(len(grid)))
    few = np.linspace(0, len(grid) - 1, 300).astype(int)
    slow, theirs = _median(lambda: _rasterstats(hrefs[0], grid, few), repeats)
    work = f"{size} x {size} float32 to {len(grid):,} cells of resolution 7, sums"
    scaled = f"peer: {len(few)} cells, scaled"
    together = f"{len(hrefs)} such rasters, {work}"
    return [
        Line(work, ours, "exactextract, raster-sequential", peer, 10),
        Line(work, ours, "rasterstats", slow / len(few) * len(grid), 100, scaled),
        Line(together, all_ours, "exactextract, one by one", peer * len(hrefs), 100, "peer: one raster, scaled"),
    ]


def _exactextract(href: str, grid: Grid) -> list[np.ndarray]:
    names = [str(row) for row in range(len(grid))]
    frame = gpd.GeoDataFrame({"row": names}, geometry=list(grid.polygons), crs="EPSG:4326")
    found = exactextract.exact_extract(
        href, frame, "sum", include_cols="row", strategy="raster-sequential", output="pandas"
    )
    return [found.set_index("row").loc[names, "sum"].to_numpy()]


def _rasterstats(href: str, grid: Grid, few: np.ndarray) -> list[np.ndarray]:
    found = rasterstats.zonal_stats(list(grid.polygons[few]), href, stats="sum")
    return [np.array([one["sum"] or np.nan for one in found], float)]


def _agree(ours: np.ndarray, theirs: np.ndarray, chosen: np.ndarray) -> None:
    ours, theirs = np.nan_to_num(ours[chosen]), np.nan_to_num(theirs)
    misplaced = np.abs(ours - theirs).sum() / 2 / theirs.sum()
    if misplaced > _MISPLACED:
        raise AssertionError(f"{misplaced:.1e} of the sum is placed differently")


def _lengths(grid: Grid, span: float, repeats: int, roads: int = 2_000) -> Line:
    """Winding roads of 200 vertices, 1 km apart."""
    chance, geod = np.random.default_rng(20240101), Geod(ellps="WGS84")
    low, high = np.array([_CORNER[0], _CORNER[1] - span]) + span / 4, np.array(_CORNER) + span * np.array([0.75, -0.25])
    winding = [np.cumsum(chance.normal(0, 0.007, (200, 2)), axis=0) for _ in range(roads)]
    shapes = [shapely.LineString(one + chance.uniform(low, high)) for one in winding]
    length_shares(shapes[:1], grid)
    ours, found = _median(lambda: [length_shares(shapes, Grid(grid.cells, grid.resolution)).km.sum(axis=0)], repeats)

    def theirs() -> list[np.ndarray]:
        road, cell = shapely.STRtree(grid.polygons).query(shapes, predicate="intersects")
        parts = shapely.intersection(np.array(shapes, object)[road], grid.polygons[cell])
        return [np.bincount(cell, [geod.geometry_length(part) / 1000 for part in parts], len(grid))]

    peer, other = _median(theirs, 1)
    if np.abs(np.asarray(found[0]).ravel() - other[0]).max() > _MISPLACED * np.max(other[0]):
        raise AssertionError("lengths differ")
    work = f"{roads:,} roads of 200 vertices to {len(grid):,} cells of resolution 7, lengths on the ellipsoid"
    return Line(work, ours, "shapely STRtree and intersection, pyproj", peer, 5, "peer: measured once")
