"""Compiled and interpreted, the same source gives the same cells and, but for the last digits, the same areas."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
import sys
import h3, numpy as np, pyarrow as pa, shapely
from riskmap.grid.cells import Grid, cells_at, grid_over
from riskmap.grid.counting import sum_points
from riskmap.grid.outlines import Rings
from riskmap.grid.polygons import area_shares, cell_areas_km2

chance = np.random.default_rng(3)
lon, lat = chance.uniform(-400, 400, 300), chance.uniform(-92, 92, 300)
lat[:3], lon[:3] = (90, -90, np.nan), (0, 10, 0)
cells = [cells_at(lon, lat, resolution) for resolution in (0, 3, 4, 9)]
area = shapely.Polygon([(44, 1), (46, 1), (46, 3), (45, 2), (44, 3)], [[(45, 1.2), (45.5, 1.2), (45.2, 1.6)]])
round_one = shapely.Point(45, 2).buffer(0.5)
shares = [area_shares([area, shapely.box(-25, -1, 60, 50), round_one], grid_over(area, level)) for level in (3, 4)]
for resolution, land in ((0, shapely.box(-180, 70, 180, 90)), (0, shapely.box(100, -89, 200, 80))):
    world = Grid(np.array(sorted(map(h3.str_to_int, h3.get_res0_cells())), np.uint64), resolution)
    shares.append(area_shares([land, shapely.Point(0, 0)], world))
days = pa.array(chance.integers(19_000, 19_100, 5_000).astype(np.int32)).cast(pa.date32())
points = {"lon": np.append(np.nan, chance.uniform(44, 46, 4_999)), "lat": chance.uniform(1, 3, 5_000), "day": days}
sums = sum_points(pa.table(points | {"value": chance.gamma(2, 3, 5_000)}), 6)
np.savez(
    sys.argv[1],
    cells=np.concatenate(cells),
    km2=np.concatenate([one.km2.toarray().ravel() for one in shares]),
    total_km2=np.concatenate([one.total_km2 for one in shares]),
    whole=cell_areas_km2(world),
    empty=Rings(np.empty((0, 2)), np.array([0, 0])).areas_m2,
    summed=sums.cells,
    sums=sums.sums,
)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> list[dict[str, np.ndarray]]:
    folder: Path = tmp_path_factory.mktemp("interpreted")
    (folder / "script.py").write_text(SCRIPT)
    results = []
    for name, extra in (("compiled", {}), ("interpreted", {"NUMBA_DISABLE_JIT": "1"})):
        command = [sys.executable, "-W", "error", str(folder / "script.py"), str(folder / f"{name}.npz")]
        subprocess.run(command, check=True, env=os.environ | extra)
        results.append(dict(np.load(folder / f"{name}.npz")))
    return results


@pytest.mark.parametrize("name", ["cells", "summed", "sums"])
def test_cells_and_sums_are_the_same_bytes(found, name) -> None:
    assert np.array_equal(found[0][name], found[1][name])


@pytest.mark.parametrize("name", ["km2", "total_km2", "whole", "empty"])
def test_areas_are_the_same_but_for_the_last_digits(found, name) -> None:
    assert found[0][name] == pytest.approx(found[1][name], rel=1e-11, abs=1e-5)
    assert np.count_nonzero(found[0][name]) == np.count_nonzero(found[1][name])
