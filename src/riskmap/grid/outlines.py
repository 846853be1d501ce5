"""Outlines: the corners of cells, taken from the icosahedron itself.

A cell that lies on one face of the icosahedron is a regular hexagon in the gnomonic plane of that face, so its corners
are lattice points there, and neighbours share theirs to the last bit. Only cells near an edge of a face (less than one
in a hundred from resolution 5 on, pentagons among them) are asked of the H3 library.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from h3ronpy.vector import cells_to_coordinates, cells_to_wkb_polygons

from riskmap.grid.abreast import in_slices
from riskmap.grid.ellipsoid import areas_m2
from riskmap.grid.icosahedron import FACES, ODD_TURN, ROW, STEP, face_of, sine_cosine
from riskmap.model.cube import Cells, Floats

Ints = npt.NDArray[np.int64]

_SLICE = 1 << 15
_THIRDS = np.array([(2, 1), (1, 2), (-1, 1), (-2, -1), (-1, -2), (1, -1)], np.float64)
"""Corners counter-clockwise round a lattice point, in thirds of the lattice's two axes, which stand at 120 degrees."""


@dataclass(frozen=True)
class Rings:
    """Rings of any number of corners, one after another; the first corner is not repeated.

    Args:
        points: Corners, shape (corners, 2).
        start: Where each ring begins, and the end of the last; shape (rings + 1,).
    """

    points: Floats
    start: Ints

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def counts(self) -> Ints:
        """Corners of each ring, shape (rings,)."""
        return np.diff(self.start)

    @property
    def owner(self) -> Ints:
        """Ring of each corner, shape (corners,)."""
        return np.repeat(np.arange(len(self)), self.counts)

    @property
    def following(self) -> Ints:
        """Corner that follows each, round its ring; shape (corners,)."""
        after = np.arange(1, len(self.points) + 1)
        full = self.counts > 0
        after[self.start[1:][full] - 1] = self.start[:-1][full]
        return after

    @property
    def areas(self) -> Floats:
        """Area inside each ring in the plane of its coordinates, above zero where it runs counter-clockwise."""
        local = self.points - self.points[self.start[:-1]][self.owner]
        (x, y), (x_next, y_next) = local.T, local[self.following].T
        return np.bincount(self.owner, x * y_next - x_next * y, len(self)).astype(np.float64) / 2

    @property
    def areas_m2(self) -> Floats:
        """Area inside each ring (lon/lat) on the ellipsoid, above zero where it runs counter-clockwise."""
        areas = np.empty(len(self))
        in_slices(lambda part: areas_m2(self.points, self.start, part.start, areas[part]), len(self), _SLICE)
        return areas


def cell_rings(cells: Cells) -> Rings:
    """Outlines of cells counter-clockwise in lon/lat.

    No edge jumps across ±180: a ring that crosses it goes on beyond it on the side of its first corner. The ring of a
    cell that holds a pole runs once round the world and then along the pole, so that it holds what the cell does.

    Args:
        cells: Of any resolutions, shape (cells,).
    """
    corners = np.empty((len(cells), 6, 2))
    regular = np.zeros(len(cells), np.bool_)
    in_slices(
        lambda part: _hexagons(*_centres(cells[part]), cells[part], corners[part], regular[part]), len(cells), _SLICE
    )
    rings = _joined(corners, regular, _asked(cells[~regular]))
    return _unwound(rings)


def _centres(cells: Cells) -> tuple[Floats, Floats]:
    found = cells_to_coordinates(pa.array(cells))
    return np.asarray(found["lng"]), np.asarray(found["lat"])


@numba.njit(cache=True, nogil=True)
def _hexagons(lon: Floats, lat: Floats, cells: Cells, corners: Floats, regular: npt.NDArray[np.bool_]) -> None:
    """Fills in the corners (lon/lat) of the cells that lie on one face, and says which those are."""
    cosine, sine = np.cos(ODD_TURN), np.sin(ODD_TURN)
    face, seen = 0, np.empty(3)
    for cell in range(len(cells)):
        resolution = int((cells[cell] >> np.uint64(52)) & np.uint64(15))
        (east, out), (north, level) = sine_cosine(lon[cell]), sine_cosine(lat[cell])
        x, y, z = level * out, level * east, north
        face, _ = face_of(x, y, z, face)
        for axis in range(3):
            seen[axis] = FACES[face, axis, 0] * x + FACES[face, axis, 1] * y + FACES[face, axis, 2] * z
        growth = np.sqrt(7.0) ** resolution
        scale = growth / STEP
        x, y = seen[1] / seen[0] * scale, seen[2] / seen[0] * scale
        if max(-x, x / 2 + y * ROW, x / 2 - y * ROW) > growth - 0.6:
            continue
        if resolution % 2:
            x, y = x * cosine + y * sine, y * cosine - x * sine
        j = np.rint(y / ROW)
        i = np.rint(x + j / 2)
        for corner in range(6):
            a, b = 3 * i + _THIRDS[corner, 0], 3 * j + _THIRDS[corner, 1]
            x, y = (a - b / 2) / 3, b * ROW / 3
            if resolution % 2:
                x, y = x * cosine - y * sine, y * cosine + x * sine
            for axis in range(3):
                seen[axis] = FACES[face, 0, axis] * scale + FACES[face, 1, axis] * x + FACES[face, 2, axis] * y
            corners[cell, corner, 0] = np.degrees(np.arctan2(seen[1], seen[0]))
            corners[cell, corner, 1] = np.degrees(np.arctan2(seen[2], np.sqrt(seen[0] ** 2 + seen[1] ** 2)))
        regular[cell] = True


def _asked(cells: Cells) -> Rings:
    """Outlines as the H3 library gives them."""
    outlines = shapely.from_wkb(np.asarray(pa.array(cells_to_wkb_polygons(pa.array(cells))), dtype=object))
    points, owner = shapely.get_coordinates(outlines, return_index=True)
    counts = np.bincount(owner, minlength=len(cells)) - 1
    closing = np.zeros(len(points), np.bool_)
    closing[np.cumsum(counts + 1) - 1] = True
    return Rings(points[~closing], np.concatenate([[0], np.cumsum(counts)]))


def _joined(corners: Floats, regular: npt.NDArray[np.bool_], asked: Rings) -> Rings:
    """All outlines in one, in the order of the cells."""
    if regular.all():
        return Rings(corners.reshape(-1, 2), 6 * np.arange(len(regular) + 1))
    counts = np.full(len(regular), 6)
    counts[~regular] = asked.counts
    start = np.concatenate([[0], np.cumsum(counts)])
    points = np.empty((start[-1], 2))
    of_regular = np.repeat(regular, counts)
    points[of_regular] = corners[regular].reshape(-1, 2)
    points[~of_regular] = asked.points
    return Rings(points, start)


def _unwound(rings: Rings) -> Rings:
    """Rings of which no edge jumps across ±180, with the pole in those that go round it."""
    lon = rings.points[:, 0]
    jumps = np.abs(lon - lon[rings.following]) > 180.0
    if not jumps.any():
        return rings
    parts = np.split(rings.points, rings.start[1:-1])
    for ring in np.unique(rings.owner[jumps]).tolist():
        parts[ring] = _round(parts[ring])
    return Rings(np.concatenate(parts), np.concatenate([[0], np.cumsum([len(part) for part in parts])]))


def _round(ring: Floats) -> Floats:
    closed = np.append(ring, ring[:1], axis=0)
    lon = np.unwrap(closed[:, 0], period=360.0)
    if abs(lon[-1] - lon[0]) < 180.0:
        return np.stack([lon[:-1], ring[:, 1]], axis=1)
    pole = np.copysign(90.0, ring[0, 1])
    return np.concatenate([np.stack([lon, closed[:, 1]], axis=1), [(lon[-1], pole), (lon[0], pole)]])
