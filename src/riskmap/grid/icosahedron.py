"""The icosahedron under the cells: its faces, and the lattice that each of them carries.

On the gnomonic plane of a face the centres of the cells of one resolution are a triangular lattice. Everything here is
taken from the twelve pentagons, which sit on the corners, so that no table has to be copied.

Source: H3 documentation, "Overview of the H3 Geospatial Indexing System", and `faceijk.c` of libh3 4.
"""

from __future__ import annotations

import itertools

import h3
import numba
import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats

ODD_TURN = float(np.arcsin(np.sqrt(3 / 28)))
"""By how much the lattice of an odd resolution is turned against that of an even one, radians."""

ROW = float(np.sqrt(3) / 2)
"""Distance of two rows of a lattice, whose points are 1 apart."""


def unit_vectors(lon: Floats, lat: Floats) -> Floats:
    """Unit vectors of places on the sphere (degrees), shape (places, 3)."""
    across, up = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(up) * np.cos(across), np.cos(up) * np.sin(across), np.sin(up)], axis=1)


def _faces() -> tuple[Floats, float]:
    """Faces as orthonormal bases (outward, towards a corner, left of that), shape (20, 3, 3), and the lattice's unit.

    A corner is two lattice steps of resolution 0 from the middle of its faces.
    """
    centres = np.array([h3.cell_to_latlng(cell) for cell in h3.get_pentagons(0)])
    corners = unit_vectors(centres[:, 1], centres[:, 0])
    near = corners @ corners.T > 0.4
    faces = []
    for i, j, k in itertools.combinations(range(12), 3):
        if near[i, j] and near[j, k] and near[i, k]:
            outward = corners[[i, j, k]].sum(axis=0)
            outward /= np.linalg.norm(outward)
            towards = corners[i] - corners[i] @ outward * outward
            towards /= np.linalg.norm(towards)
            faces.append([outward, towards, np.cross(outward, towards)])
    bases = np.array(faces)
    highest = float((corners @ bases[0, 0]).max())
    return bases, float(np.sqrt(1 / highest**2 - 1) / 2)


FACES, STEP = _faces()


def _beyond() -> npt.NDArray[np.int64]:
    """The faces beyond the edges of each: behind, left and right, as seen towards its corner; shape (20, 3)."""
    turn = np.radians([180.0, 60.0, 300.0])
    towards, left = FACES[:, None, 1], FACES[:, None, 2]
    across = FACES[:, None, 0] + 1.5 * STEP * (np.cos(turn)[:, None] * towards + np.sin(turn)[:, None] * left)
    return np.asarray(np.argmax(across @ FACES[:, 0].T, axis=2), np.int64)


BEYOND = _beyond()
_NEAR_EDGE = 1e-9


@numba.njit(inline="always")
def face_of(x: float, y: float, z: float, guess: int) -> tuple[int, bool]:
    """The face under a place, given as a unit vector, and whether no other is as near.

    Args:
        x: Towards longitude 0 on the equator.
        y: Towards longitude 90.
        z: Towards the north pole.
        guess: Face to try first; then the one beyond the edge that the place lies farthest beyond is tried.
    """
    face, over = guess, 0.0
    for _ in range(20):
        high = (FACES[face, 0, 0] * x + FACES[face, 0, 1] * y + FACES[face, 0, 2] * z) * STEP
        along = FACES[face, 1, 0] * x + FACES[face, 1, 1] * y + FACES[face, 1, 2] * z
        aside = ROW * (FACES[face, 2, 0] * x + FACES[face, 2, 1] * y + FACES[face, 2, 2] * z)
        back, left, right = -along, along / 2 + aside, along / 2 - aside
        over = max(back, left, right) - high
        if over < _NEAR_EDGE:
            break
        face = BEYOND[face, 0 if back >= max(left, right) else 1 if left >= right else 2]
    return face, over < -_NEAR_EDGE
