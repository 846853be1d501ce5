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


def _faces() -> tuple[Floats, float]:
    """Faces as orthonormal bases (outward, towards a corner, left of that), shape (20, 3, 3), and the lattice's unit.

    A corner is two lattice steps of resolution 0 from the middle of its faces.
    """
    centres = np.array([h3.cell_to_latlng(cell) for cell in h3.get_pentagons(0)])
    (lat, lon), up = np.radians(centres).T, np.cos(np.radians(centres[:, 0]))
    corners = np.stack([up * np.cos(lon), up * np.sin(lon), np.sin(lat)], axis=1)
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
    face, next_face, over = guess, guess, 1.0
    while over > _NEAR_EDGE:  # the middle of each face is nearer than that of the one before, so this ends
        face = next_face
        high = (FACES[face, 0, 0] * x + FACES[face, 0, 1] * y + FACES[face, 0, 2] * z) * STEP
        along = FACES[face, 1, 0] * x + FACES[face, 1, 1] * y + FACES[face, 1, 2] * z
        aside = ROW * (FACES[face, 2, 0] * x + FACES[face, 2, 1] * y + FACES[face, 2, 2] * z)
        back, left, right = -along, along / 2 + aside, along / 2 - aside
        over = max(back, left, right) - high
        next_face = BEYOND[face, 0 if back >= max(left, right) else 1 if left >= right else 2]
    return face, over < -_NEAR_EDGE


@numba.njit(inline="always")
def sine_cosine(degrees: float) -> tuple[float, float]:
    """Sine and cosine of up to a few turns, by their series about the nearest right angle; right to the last digit."""
    quarter = np.rint(degrees * (1 / 90))
    x = np.radians(degrees - 90 * quarter)
    z = x * x
    sine = 1 / 362880 + z * (-1 / 39916800 + z * (1 / 6227020800 - z / 1307674368000))
    sine = x + x * z * (-1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * sine)))
    cosine = -1 / 3628800 + z * (1 / 479001600 + z * (-1 / 87178291200 + z / 20922789888000))
    cosine = 1 + z * (-1 / 2 + z * (1 / 24 + z * (-1 / 720 + z * (1 / 40320 + z * cosine))))
    turn = int(quarter) & 3
    if turn & 1:
        sine, cosine = cosine, -sine
    return (-sine, -cosine) if turn & 2 else (sine, cosine)
