"""Areas on the WGS 84 ellipsoid of rings whose edges run straight in longitude and latitude, exact and in closed form.

The area between an edge and a parallel is the edge's width in longitude times the mean of the authalic ordinate over
its latitudes. That ordinate is a power series in the latitude that converges fast, so the mean over an edge is a
polynomial in its two ends. Latitudes are reckoned from a corner of the ring, so that small rings lose no digits.

Source: J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987), formulas 3-12 and 14-4.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats

AXIS_M = 6378137.0
"""Semi-major axis, metres."""

SQUARED = 2 / 298.257223563 - 1 / 298.257223563**2
"""Square of the eccentricity."""

TERMS = 32
"""Most terms of a series."""

_WIDE = 0.7
_PIECE = 0.1
_ECCENTRICITY = float(np.sqrt(SQUARED))


@numba.njit(cache=True, nogil=True)
def ordinate(lat: float, reach: float, terms: Floats) -> int:
    """Series of the authalic ordinate, in semi-major axes, about a latitude.

    Args:
        lat: Radians.
        reach: Farthest that it will be used, radians; at most 0.7.
        terms: Takes the factors of the powers from the first on, each divided by one more than its power, which makes
            them those of a mean; shape (TERMS,).

    Returns:
        How many terms are needed for all digits.
    """
    count, size = 1, 1.0
    while size > 1e-18 and count < TERMS:
        size *= reach / min(count + 1, 3)
        count += 1
    squeeze, root = np.empty(TERMS), np.empty(TERMS)
    cosine, sine, cosine_2, sine_2 = np.cos(lat), np.sin(lat), np.cos(2 * lat), np.sin(2 * lat)
    grown = SQUARED / 2
    for power in range(count):
        turned = (cosine_2, -sine_2, -cosine_2, sine_2)[power % 4]
        squeeze[power] = grown * turned + (1 - SQUARED / 2 if power == 0 else 0.0)
        grown *= 2 / (power + 1)
    root[0] = 1 / squeeze[0] ** 2
    for power in range(1, count):
        carried = 0.0
        for below in range(power):
            carried += (2 * (power - below) + below) * squeeze[power - below] * root[below]
        root[power] = -carried / (power * squeeze[0])
    for power in range(count):
        factor, carried = 1.0, 0.0
        for below in range(power + 1):
            carried += root[power - below] * factor * (cosine, -sine, -cosine, sine)[below % 4]
            factor /= below + 1
        terms[power] = (1 - SQUARED) * carried / ((power + 1) * (power + 2))
    return count


@numba.njit(cache=True, nogil=True)
def ring_m2(ring: Floats, count: int, terms: Floats, used: int) -> float:
    """Area inside a ring in m², above zero where it runs counter-clockwise.

    Args:
        ring: Corners in degrees from the place that the series is about, of which the first `count` are used.
        count: Their number.
        terms: The series, from `ordinate`.
        used: How many of its terms.
    """
    total = 0.0
    for corner in range(count):
        x, y = ring[corner - 1 if corner else count - 1]
        x_next, y_next = ring[corner]
        total += (x - x_next) * _mean(np.radians(y), np.radians(y_next), terms, used)
    return float(np.radians(total) * AXIS_M**2)


@numba.njit(inline="always")
def _mean(begin: float, end: float, terms: Floats, used: int) -> float:
    """Mean of the ordinate between two latitudes, both from the place that its series is about."""
    mean, power, both = 0.0, 1.0, 1.0
    for term in range(used):
        power *= begin
        both = both * end + power
        mean += terms[term] * both
    return mean


@numba.njit(cache=True, nogil=True)
def areas_m2(points: Floats, start: npt.NDArray[np.int64], first: int, areas: Floats) -> None:
    """Fills in the areas of rings, above zero where they run counter-clockwise.

    Args:
        points: Corners of all rings, lon/lat, shape (corners, 2).
        start: Where each ring begins, and the end of the last; shape (rings + 1,).
        first: The ring that the first area is of.
        areas: Takes them.
    """
    terms, local = np.empty(TERMS), np.empty((16, 2))
    for row in range(len(areas)):
        low, high = start[first + row], start[first + row + 1]
        areas[row] = 0.0
        if high == low:
            continue
        reach = 0.0
        for corner in range(low, high):
            reach = max(reach, abs(points[corner, 1] - points[low, 1]))
        if np.radians(reach) > _WIDE:
            areas[row] = _wide_m2(points[low:high], terms)
            continue
        used = ordinate(np.radians(points[low, 1]), np.radians(reach), terms)
        if high - low > len(local):
            local = np.empty((2 * (high - low), 2))
        for corner in range(low, high):
            local[corner - low, 0] = points[corner, 0] - points[low, 0]
            local[corner - low, 1] = points[corner, 1] - points[low, 1]
        areas[row] = ring_m2(local, high - low, terms, used)


@numba.njit(cache=True, nogil=True)
def _wide_m2(ring: Floats, terms: Floats) -> float:
    """Area of a ring too high for one series: edge by edge, in pieces, each with its own."""
    total = 0.0
    for corner in range(len(ring)):
        x, y = ring[corner - 1]
        x_next, y_next = ring[corner]
        pieces = int(np.ceil(np.radians(abs(y_next - y)) / _PIECE)) + 1
        step = np.radians(y_next - y) / pieces
        for piece in range(pieces):
            begin = np.radians(y) + piece * step
            used = ordinate(begin, abs(step), terms)
            mean = _rise(np.radians(ring[0, 1]), begin) + _mean(0.0, step, terms, used)
            total += (x - x_next) / pieces * mean
    return float(np.radians(total) * AXIS_M**2)


@numba.njit(inline="always")
def _rise(begin: float, end: float) -> float:
    """By how much the ordinate grows from one latitude to another."""
    low, high = np.sin(begin), np.sin(end)
    more = 2 * np.cos((begin + end) / 2) * np.sin((end - begin) / 2)
    plain = more * (1 + SQUARED * low * high) / ((1 - SQUARED * low**2) * (1 - SQUARED * high**2))
    curved = np.arctanh(_ECCENTRICITY * more / (1 - SQUARED * low * high)) / _ECCENTRICITY
    return float((1 - SQUARED) / 2 * (plain + curved))
