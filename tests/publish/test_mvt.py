"""Two encoders, one compiled and one of arrays, give the same bytes; clipping agrees with shapely."""

import os
import subprocess
import sys

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.publish import mvt, mvt_numpy
from riskmap.publish.mvt import RING_WIDTH, clip, tidy
from riskmap.publish.outlines import BUFFER, EXTENT, Place, outlines_of

COORDINATES = st.integers(-30_000, 30_000)

UNCOMPILED = """
import sys
from pathlib import Path
import numpy as np
from riskmap.publish import mvt, mvt_numpy
from riskmap.publish.outlines import Place, outlines_of
from riskmap.publish.tile import make_tile
from riskmap.store.snapshot import open_snapshot
snapshot = open_snapshot(Path(sys.argv[1]))
outlines = outlines_of(snapshot)
assert not mvt.COMPILED
for text in sys.argv[2:]:
    place = Place(*map(int, text.split("/")))
    parts = outlines.parts(place)
    tags = np.arange(3 * parts.is_first.sum()).reshape(-1, 3) - 1
    looped = mvt.encode(outlines.rings, parts, tags, place)
    assert looped == mvt_numpy.encode(outlines.rings, parts, tags, place)
    print(looped.hex(), make_tile(snapshot, "risk", "2024-01", *place).data.hex())
"""


def encoded(snapshot, place, engine) -> bytes:
    """Features of a tile with made-up tags, every fifth of which is left out."""
    outlines = outlines_of(snapshot)
    parts = outlines.parts(Place(*place))
    count = int(parts.is_first.sum())
    tags = np.arange(count * 3).reshape(count, 3) ** 2
    tags[np.arange(count * 3).reshape(count, 3) % 5 == 4] = -1
    return engine.encode(outlines.rings, parts, tags, Place(*place))


@pytest.fixture(scope="module")
def worlds(make_snapshot, disk):
    """Snapshots of several kinds: small and huge cells, a pentagon, one on the antimeridian, the whole world."""
    pentagon = h3.get_pentagons(3)[0]
    world = [cell for top in h3.get_res0_cells() for cell in h3.cell_to_children(top, 1)]
    return {
        "small": make_snapshot(disk(2.5, 45.2, 6, 6)),
        "tiny": make_snapshot(disk(2.5, 45.2, 9, 6)),
        "large": make_snapshot(disk(2.5, 45.2, 3, 3)),
        "pentagon": make_snapshot([h3.str_to_int(cell) for cell in h3.grid_disk(pentagon, 2)]),
        "antimeridian": make_snapshot(disk(-17.0, 179.9, 4, 4)),
        "world": make_snapshot([h3.str_to_int(cell) for cell in world]),
    }


def place_over(snapshot, z, row) -> tuple[int, int, int]:
    """The tile under the centre of a cell."""
    lon, lat = (snapshot.column("cells", name)[row % len(snapshot.cells)] for name in ("lon", "lat"))
    x = (lon / 360 + 0.5) * 2**z
    y = (0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)) * 2**z
    return z, int(np.clip(x, 0, 2**z - 1)), int(np.clip(y, 0, 2**z - 1))


@pytest.mark.parametrize("kind", ["small", "tiny", "large", "pentagon", "antimeridian", "world"])
@settings(deadline=None)
@given(z=st.integers(0, 12), row=st.integers(0, 200))
def test_both_encoders_give_the_same_bytes(worlds, kind, z, row) -> None:
    place = place_over(worlds[kind], z, row)
    assert encoded(worlds[kind], place, mvt) == encoded(worlds[kind], place, mvt_numpy)


def test_both_encoders_say_nothing_of_cells_that_round_to_nothing(worlds) -> None:
    place = place_over(worlds["tiny"], 0, 0)
    assert len(outlines_of(worlds["tiny"]).parts(Place(*place)).rows) == 127
    assert encoded(worlds["tiny"], place, mvt) == encoded(worlds["tiny"], place, mvt_numpy) == b""


def test_the_loops_say_the_same_uncompiled_and_tiles_then_come_from_arrays(worlds) -> None:
    found = {kind: worlds[kind] for kind in ("small", "large", "antimeridian")}
    for snapshot in found.values():
        places = [place_over(snapshot, z, row) for z, row in ((0, 0), (4, 3), (8, 5), (12, 7))]
        told = ["/".join(map(str, place)) for place in places]
        store = snapshot.folder.parents[1]
        answer = subprocess.run(
            [sys.executable, "-c", UNCOMPILED, str(store), *told],
            env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        for line, place in zip(answer.stdout.splitlines(), places, strict=True):
            outlines = outlines_of(snapshot)
            parts = outlines.parts(Place(*place))
            tags = np.arange(3 * parts.is_first.sum()).reshape(-1, 3) - 1
            expected = mvt.encode(outlines.rings, parts, tags, Place(*place)).hex()
            assert line.partition(" ")[0] == expected
            assert bool(line.partition(" ")[2]) == bool(expected)


def ring_of(points) -> np.ndarray:
    ring = np.zeros((2, RING_WIDTH), np.int64)
    ring[:, : len(points)] = np.array(points).T
    return ring


@settings(deadline=None)
@given(
    centre=st.tuples(COORDINATES, COORDINATES),
    radius=st.integers(200, 40_000),
    corners=st.integers(3, 10),
    turn=st.floats(0, 6),
)
def test_clipping_a_convex_ring_leaves_what_shapely_leaves(centre, radius, corners, turn) -> None:
    angles = turn + np.arange(corners) * 2 * np.pi / corners
    points = np.rint(np.array(centre) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(int)
    ring = ring_of(points)
    count = clip(ring, corners)
    low, high = -BUFFER, EXTENT + BUFFER
    assert ((ring[:, :count] >= low) & (ring[:, :count] <= high)).all()
    expected = shapely.intersection(shapely.Polygon(points), shapely.box(low, low, high, high)).area
    found = shapely.Polygon(ring[:, :count].T).area if count > 2 else 0.0
    assert found == pytest.approx(expected, abs=3 * (high - low))


def test_a_ring_all_round_a_tile_becomes_the_tile_and_its_buffer() -> None:
    ring = ring_of([(-9000, -9000), (13000, -9000), (13000, 13000), (-9000, 13000)])
    count = clip(ring, 4)
    assert sorted(map(tuple, ring[:, :count].T.tolist())) == [(-64, -64), (-64, 4160), (4160, -64), (4160, 4160)]


@pytest.mark.parametrize(
    ("points", "left"),
    [
        ([], []),
        ([(0, 0)], []),
        ([(0, 0), (5, 0)], []),
        ([(0, 0), (5, 0), (0, 5)], [(0, 0), (5, 0), (0, 5)]),
        ([(0, 0), (0, 0), (5, 0), (5, 0), (0, 5), (0, 0)], [(0, 0), (5, 0), (0, 5)]),
        ([(3, 3), (3, 3), (3, 3)], []),
        ([(0, 0), (5, 0), (9, 0)], []),
        ([(0, 0), (0, 5), (5, 0)], []),
    ],
    ids=["empty", "point", "line", "triangle", "repeats", "one-place", "flat", "anticlockwise"],
)
def test_tidying_drops_repeats_and_what_has_no_area(points, left) -> None:
    ring = ring_of(points) if points else ring_of([(0, 0)])
    count = tidy(ring, len(points))
    assert list(map(tuple, ring[:, :count].T.tolist())) == left
