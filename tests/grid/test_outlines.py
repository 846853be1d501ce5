"""Outlines: the reference's corners, a world without gaps, and rings that no edge of the map breaks."""

import h3
import numpy as np
import pytest
import shapely

from riskmap.grid.outlines import Rings, cell_rings

EARTH_M2 = 510_065_621_724_078.94
"""Area of the WGS 84 ellipsoid: 4 pi times the square of its authalic radius, 6371007.1809184745 m."""


def ints(texts) -> np.ndarray:
    return np.array(sorted(h3.str_to_int(text) for text in texts), np.uint64)


def world(resolution: int) -> np.ndarray:
    return ints(child for cell in h3.get_res0_cells() for child in h3.cell_to_children(cell, resolution))


def sample(resolution: int) -> np.ndarray:
    chance = np.random.default_rng(resolution)
    lat, lon = np.degrees(np.arcsin(chance.uniform(-1, 1, 400))), chance.uniform(-180, 180, 400)
    found = {h3.latlng_to_cell(y, x, resolution) for y, x in zip(lat, lon, strict=True)}
    return ints(found | set(h3.get_pentagons(resolution)))


@pytest.mark.parametrize("resolution", range(3, 16))
def test_corners_are_those_of_the_reference(resolution) -> None:
    cells = sample(resolution)
    rings = cell_rings(cells)
    for row, cell in enumerate(cells.tolist()):
        lat, lon = np.array(h3.cell_to_boundary(h3.int_to_str(cell))).T
        ours = rings.points[rings.start[row] : rings.start[row + 1]]
        apart = ours[:, None] - np.stack([lon, lat], axis=1)
        apart[..., 0] = (apart[..., 0] + 180) % 360 - 180
        assert len(ours) == len(lat)
        assert (np.abs(apart).max(axis=2) < 1e-9).sum(axis=1).tolist() == [1] * len(ours)
        assert shapely.LinearRing(ours).is_ccw


@pytest.mark.parametrize("resolution", [0, 1, 2])
def test_the_cells_of_the_world_have_the_area_of_the_world(resolution) -> None:
    """Pentagons, the antimeridian and both poles among them."""
    areas = cell_rings(world(resolution)).areas_m2
    assert areas.min() > 0
    assert areas.sum() == pytest.approx(EARTH_M2, rel=1e-12)


def test_a_cell_that_holds_a_pole_reaches_to_it() -> None:
    for lat in (90.0, -90.0):
        rings = cell_rings(ints([h3.latlng_to_cell(lat, 0.0, 4)]))
        polygon = shapely.Polygon(rings.points)
        west, south, east, north = polygon.bounds
        assert polygon.is_valid
        assert east - west == pytest.approx(360)
        assert lat in (south, north)
        assert polygon.contains(shapely.Point((west + east) / 2, lat * 0.9999))


def test_neighbours_share_their_corners_to_the_last_bit() -> None:
    cells = ints(h3.grid_disk(h3.latlng_to_cell(5.0, 45.0, 7), 12))
    corners, shared = np.unique(cell_rings(cells).points, axis=0, return_counts=True)
    assert len(cells) == 469
    assert (shared == 3).sum() > len(cells) * 6 / 3 * 0.9
    assert len(corners) == 6 * 13**2


def test_flat_areas_are_those_of_the_plane() -> None:
    square = np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 3.0), (0.0, 3.0)])
    rings = Rings(np.concatenate([square, square[::-1] + 1e6]), np.array([0, 4, 8]))
    assert rings.areas.tolist() == [6.0, -6.0]
    assert rings.counts.tolist() == [4, 4]


def test_no_cells_have_no_outlines() -> None:
    rings = cell_rings(np.array([], np.uint64))
    assert (len(rings), len(rings.areas_m2), rings.points.shape) == (0, 0, (0, 2))


def test_cells_of_several_resolutions_stand_side_by_side() -> None:
    cells = ints([h3.latlng_to_cell(5.0, 45.0, resolution) for resolution in (3, 6, 9)])
    assert len({float(area.round(-6)) for area in cell_rings(cells).areas_m2}) == 3
