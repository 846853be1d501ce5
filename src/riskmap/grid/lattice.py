"""The lattice: from a place on Earth to its cell, in integers from the lattice point up to the base cell.

This is the way of the H3 library, libh3, without its trigonometry of azimuths. Where that could round otherwise (a
place within a ten-millionth of a cell of a border, or as near to two faces), and in some corners of the pentagons, the
library is to be asked, so that cells are the library's everywhere.

Source: H3 documentation and `faceijk.c`, `coordijk.c` and `h3Index.c` of libh3 4.
"""

from __future__ import annotations

import itertools

import h3
import numba
import numpy as np
import numpy.typing as npt

from riskmap.grid.icosahedron import FACES, ODD_TURN, ROW, STEP, face_of, sine_cosine
from riskmap.model.cube import Cells, Floats

LEFT, UNSURE = 1, 2
"""What stands for a cell that is left to the library, and for one on a border; no cell has these numbers."""

_SURE = 1e-7
_SIXTH = np.exp(1j * np.pi / 3)
_DIGITS = np.array([[1, 3, 0], [5, 0, 2], [0, 4, 6]])
"""Digit of a step along the two axes, each -1, 0 or 1, plus 1."""

_STEPS = {4: (1, 0), 6: (1, 1), 2: (0, 1), 3: (-1, 0), 1: (-1, -1), 5: (0, -1)}
"""Steps along the two axes by digit, each 60 degrees counter-clockwise from the one before."""


def _turned() -> npt.NDArray[np.int64]:
    """Digits after so many turns of 60 degrees counter-clockwise, shape (6, 8)."""
    ring = list(_STEPS)
    found = np.zeros((6, 8), np.int64)
    for turns in range(6):
        found[turns, ring] = np.roll(ring, -turns)
    return found


def _bases() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Base cells of the lattice points of resolution 0, and the turns that the digits of their children need.

    They are read off places, which the library is asked for, in every child of a point that reaches into its face. On
    a pentagon the turns depend on the first digit that is not 0.

    Returns:
        Shape (20, 5, 5), by face and both axes from -2, and shape (20, 5, 5, 7), by that digit too; -1 where unknown.
    """
    base, turns = np.full((20, 5, 5), -1), np.full((20, 5, 5, 7), -1)
    children = [
        (level, digit, _plane(*_STEPS[digit], level) + _plane(*finer, level + 1))
        for level, digit, finer in itertools.product((1, 2), _STEPS, ((0, 0), *_STEPS.values()))
    ]
    for face, i, j in np.ndindex(base.shape):
        spots = _plane(i - 2, j - 2) + np.array([offset for *_, offset in children])
        beyond = np.max([-spots.real, (spots * _SIXTH).real, (spots / _SIXTH).real], axis=0)
        for child in np.flatnonzero(beyond < 0.999).tolist():
            level, digit, _ = children[child]
            if turns[face, i, j, digit] >= 0:
                continue
            cell = h3.str_to_int(_asked(face, spots[child], level))
            base[face, i, j] = cell >> 45 & 127
            found = np.flatnonzero(_TURNED[:, digit] == cell >> 3 * (15 - level) & 7)[0]
            hexagon = not h3.is_pentagon(h3.cell_to_parent(h3.int_to_str(cell), 0))
            turns[face, i, j, slice(None) if hexagon else [0, digit]] = found
    return base, turns


def _plane(i: int, j: int, level: int = 0) -> complex:
    """A lattice point in the plane of its face, in steps of resolution 0."""
    turned: complex = complex(i - j / 2, j * ROW) * np.exp(1j * ODD_TURN * (level % 2)) / np.sqrt(7) ** level
    return turned


def _asked(face: int, spot: complex, resolution: int) -> str:
    """The cell of a place in the plane of a face, as the library gives it."""
    x, y, z = FACES[face, 0] + STEP * (spot.real * FACES[face, 1] + spot.imag * FACES[face, 2])
    return str(h3.latlng_to_cell(np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x)), resolution))


def _up(i: int, j: int, *, odd: bool) -> tuple[int, int, int]:
    """The lattice point one level up from one of an odd or an even level, and the digit from there."""
    across, along = (3 * i - j, i + 2 * j) if odd else (2 * i + j, 3 * j - i)
    i_up, j_up = (across + 3) // 7, (along + 3) // 7
    i_back, j_back = (2 * i_up + j_up, 3 * j_up - i_up) if odd else (3 * i_up - j_up, i_up + 2 * j_up)
    return i_up, j_up, int(_DIGITS[i - i_back + 1, j - j_back + 1])


def _pairs() -> npt.NDArray[np.int64]:
    """What two levels up, where the lattice is seven times as wide and not turned, makes of the places in its mesh.

    Returns:
        Shape (2, 49, 4), by whether the finer level is odd and by seven times the rest of one axis plus that of the
        other: what to add to the quotients of both, the two digits (the coarser times eight), and the last of them
        that is not 0, as seen from the finer.
    """
    found = np.zeros((2, 49, 4), np.int64)
    for odd, i, j in np.ndindex(2, 7, 7):
        i_up, j_up, fine = _up(i, j, odd=bool(odd))
        i_up, j_up, coarse = _up(i_up, j_up, odd=not odd)
        found[odd, 7 * i + j] = i_up, j_up, 8 * coarse + fine, coarse or fine
    return found


_TURNED = _turned()
_TURNED_PAIRS = (8 * _TURNED[:, :, None] + _TURNED[:, None, :]).reshape(6, 64)
_PAIRS = _pairs()
_BASES, _TURNS = _bases()

_SHIFT = 1 << 27
"""Lattice points moved by seven times this lie above 0."""

_SEVENTH, _BITS = 4908534053, 35
"""Times the one and without as many bits as the other, a whole number below 2**32 is divided by seven: the quotient
is exact, and got without a division (T. Granlund, P. L. Montgomery, Division by Invariant Integers, PLDI 1994)."""


@numba.njit(cache=True, nogil=True)
def hold(lon: Floats, lat: Floats, resolution: int, cells: Cells) -> None:
    """Fills in the cells of places.

    Where a coordinate is none on Earth that is 0, where the library is to be asked `LEFT` or `UNSURE`.

    Args:
        lon: Degrees, ±360, shape (places,).
        lat: Degrees, shape (places,).
        resolution: H3 resolution.
        cells: Takes them, shape (places,).
    """
    scale = np.sqrt(7.0) ** resolution / STEP
    cosine, sine = (np.cos(ODD_TURN), np.sin(ODD_TURN)) if resolution % 2 else (1.0, 0.0)
    face, basis = 0, FACES[0].copy()
    for row in range(len(lon)):
        if not (abs(lat[row]) <= 90 and abs(lon[row]) <= 360):
            cells[row] = 0
            continue
        (east, out), (north, level) = sine_cosine(lon[row]), sine_cosine(lat[row])
        x, y, z = level * out, level * east, north
        found, alone = face_of(x, y, z, face)
        if found != face:
            face = found
            basis[:] = FACES[face]
        high = basis[0, 0] * x + basis[0, 1] * y + basis[0, 2] * z
        across = (basis[1, 0] * x + basis[1, 1] * y + basis[1, 2] * z) / high * scale
        along = (basis[2, 0] * x + basis[2, 1] * y + basis[2, 2] * z) / high * scale
        i, j, sure = _nearest(across * cosine + along * sine, along * cosine - across * sine)
        cells[row] = _cell(face, i, j, resolution) if alone and sure else UNSURE


@numba.njit(inline="always")
def _nearest(x: float, y: float) -> tuple[int, int, bool]:
    """The nearest lattice point, and whether none is nearly as near: the corner of its triangle of most weight."""
    along = y / ROW
    across = x + along / 2
    i, j = np.floor(across), np.floor(along)
    u, v = across - i, along - j
    here, beyond, side = 1 - max(u, v), min(u, v), abs(u - v)
    most = max(here, beyond, side)
    sure = 2 * most + min(here, beyond, side) - 1 > _SURE
    far, aside = most == beyond, most == side
    return int(i) + (far | (aside & (u > v))), int(j) + (far | (aside & (u <= v))), sure


@numba.njit(inline="always")
def _cell(face: int, i: int, j: int, resolution: int) -> int:
    """The cell of a lattice point: its digits from the finest to the coarsest, then the base cell, which turns them."""
    digits, leading = 0, 0
    for level in range(resolution, 1, -2):
        i_up, j_up = _seventh(i), _seventh(j)
        mesh = 7 * (i - 7 * i_up) + j - 7 * j_up
        i, j = i_up + _PAIRS[resolution % 2, mesh, 0], j_up + _PAIRS[resolution % 2, mesh, 1]
        digits |= _PAIRS[resolution % 2, mesh, 2] << 3 * (15 - level)
        leading = _PAIRS[resolution % 2, mesh, 3] or leading
    if resolution % 2:
        i_up, j_up = _seventh(3 * i - j + 3), _seventh(i + 2 * j + 3)
        digit = _DIGITS[i - 2 * i_up - j_up + 1, j - 3 * j_up + i_up + 1]
        i, j = i_up, j_up
        digits |= digit << 42
        leading = digit or leading
    if abs(i) > 2 or abs(j) > 2 or _TURNS[face, i + 2, j + 2, leading] < 0:
        return LEFT
    turns = _TURNS[face, i + 2, j + 2, leading]
    cell = (1 << 59) | (resolution << 52) | (_BASES[face, i + 2, j + 2] << 45) | ((1 << 3 * (15 - resolution)) - 1)
    for level in range(resolution, 0, -2):
        place = 3 * (15 - level)
        cell |= _TURNED_PAIRS[turns, (digits >> place) & 63] << place
    return int(cell)


@numba.njit(inline="always")
def _seventh(number: int) -> int:
    """A seventh, rounded down."""
    return ((number + 7 * _SHIFT) * _SEVENTH >> _BITS) - _SHIFT
