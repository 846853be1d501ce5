"""Climbing: the tree of an index in every draw at once, compiled, one cell after another.

Every number of a cell comes from its own key, the indicator's and the number of the draw, so neither the order of the
cells nor how they are cut moves a byte. Loops run over draws, which lie side by side, in single precision.

Source: the mixing of the 32 bits of a draw is the finaliser of MurmurHash3 (A. Appleby, public domain); logarithm and
exponential are the single-precision ones of Cephes (S. L. Moshier).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Cells

Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]
Places = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]

TIMES, PLUS, TIMES_LOG1P = 0, 1, 2
"""How an error meets a value: as a factor; as a term; as a factor of what the value is ln(1 + x) of."""

ARITHMETIC, SCALED_GEOMETRIC, GEOMETRIC, LIFTED_GEOMETRIC = 0, 1, 2, 3
"""Codes of the means; the lifted one is the geometric mean on a scale of 1 to 10, which one zero does not undo."""

_STEP, _FIRST, _SECOND = np.uint32(0x9E3779B9), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
_LOW, _HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)
_S13, _S16, _S24 = np.uint32(13), np.uint32(16), np.uint32(24)
_MIX_FIRST, _MIX_SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_M27, _M30, _M31 = np.uint64(27), np.uint64(30), np.uint64(31)
_ZERO, _HALF, _ONE, _TEN = np.float32(0), np.float32(0.5), np.float32(1), np.float32(10)
_HAIR = np.float32(1e-6)
_TINY, _SLOPE, _BACK = np.float32(1e-30), np.float32(0.9), np.float32(10 / 9)
_ROOT_HALF = np.int32(0x3F3504F3)
_MOST, _LOG2E = np.float32(87.0), np.float32(1.44269504088896341)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_L0, _L1, _L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
_L3, _L4, _L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
_L6, _L7, _L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)
_E0, _E1, _E2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_E3, _E4, _E5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)


class Plan(NamedTuple):
    """What is drawn once for all cells; leaves stand by component, components by dimension.

    Args:
        slope: Of the score of each leaf, feed and draw, in shares of the scale, over its value; shape (leaves, feeds,
            draws).
        start: The score, in the same shares, at the value 0; the same shape.
        way: `TIMES`, `PLUS` or `TIMES_LOG1P`; shape (leaves, feeds).
        width: What a term of one standard deviation is multiplied by, shape (leaves, feeds).
        floor: What no value falls below, shape (leaves, feeds).
        leaf_weights: Shape (leaves, draws).
        component_weights: Shape (components, draws).
        dimension_weights: Shape (dimensions, draws).
        leaves: Where those of each component begin, and their number at the end; shape (components + 1,).
        components: The same of each dimension, shape (dimensions + 1,).
        means: Codes of the means of the three levels, shape (3, draws).
        spreads: Standard deviations of errors, shape (spreads,).
        factors: Factors of each spread by the byte that is drawn, shape (spreads, 256).
        normal: Standard normal values by the byte that is drawn, shape (256,).
        pools: What a missing leaf is by the byte that is drawn, 0..10, shape (leaves, 256).
        keys: Of the leaves, shape (leaves,).
    """

    slope: Singles
    start: Singles
    way: Codes
    width: Singles
    floor: Singles
    leaf_weights: Singles
    component_weights: Singles
    dimension_weights: Singles
    leaves: Places
    components: Places
    means: Codes
    spreads: Singles
    factors: Singles
    normal: Singles
    pools: Singles
    keys: Cells


class Observed(NamedTuple):
    """What is known of each cell.

    Args:
        cell: Keys of the cells, for what is missing; shape (cells,).
        origin: Keys of what their values were known for, by `Support` code; shape (supports, cells).
        value: Of each leaf, shape (leaves, cells); whatever where missing.
        feed: Position of the feed, -1 where missing; shape (leaves, cells).
        support: `Support` codes, shape (leaves, cells).
        spread: Position in `Plan.spreads`, shape (leaves, cells).
        impute: Whether what is missing is drawn; else it is left out and the rest weighted up.
    """

    cell: Cells
    origin: Cells
    value: Singles
    feed: Codes
    support: Codes
    spread: Codes
    impute: bool


@numba.njit(cache=True, nogil=True, error_model="numpy")
def climb(plan: Plan, seen: Observed, first: int, found: Singles) -> None:
    """Fills in the index of some cells in every draw, 0..10.

    Args:
        plan: What is common to them.
        seen: Of all cells.
        first: Which of them is the first one.
        found: Takes it, shape (cells from there, draws).
    """
    draws = found.shape[1]
    leaf, room = np.empty(draws, np.float32), np.empty((3, draws), np.float32)
    bits, spare = np.empty(draws, np.uint32), np.empty(draws, np.int32)
    sums = np.empty((3, 4, draws), np.float32)
    for row in range(len(found)):
        _begin(sums[2])
        for dimension in range(len(plan.components) - 1):
            _begin(sums[1])
            for component in range(plan.components[dimension], plan.components[dimension + 1]):
                _begin(sums[0])
                for place in range(plan.leaves[component], plan.leaves[component + 1]):
                    if _leaf(plan, seen, (place, first + row), (bits, spare), leaf):
                        _add(leaf, plan.leaf_weights[place], plan.means[0], sums[0], (room[0], spare))
                if sums[0, 1, 0] > _ZERO:
                    _mean(sums[0], plan.means[0], spare, room[1])
                    _add(room[1], plan.component_weights[component], plan.means[1], sums[1], (room[0], spare))
            _mean(sums[1], plan.means[1], spare, room[2])
            _add(room[2], plan.dimension_weights[dimension], plan.means[2], sums[2], (room[0], spare))
        _mean(sums[2], plan.means[2], spare, found[row])


@numba.njit(cache=True, nogil=True)
def mixed(key: np.uint64) -> np.uint64:
    """A number with all bits of a key mixed into all others (SplitMix64, Steele, Lea and Flood 2014)."""
    key ^= key >> _M30
    key *= _MIX_FIRST
    key ^= key >> _M27
    key *= _MIX_SECOND
    return key ^ (key >> _M31)


@numba.njit(cache=True, nogil=True)
def _draw_bytes(key: np.uint64, bits: Words) -> None:
    """One byte a draw, all 256 alike likely, from a key."""
    low, high = np.uint32(key & _LOW), np.uint32(key >> _HIGH)
    for draw in range(len(bits)):
        h = np.uint32(low + np.uint32(np.uint32(draw) * _STEP))
        h ^= h >> _S16
        h = np.uint32(h * _FIRST)
        h ^= high
        h ^= h >> _S13
        h = np.uint32(h * _SECOND)
        h ^= h >> _S16
        bits[draw] = h >> _S24


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _leaf(
    plan: Plan, seen: Observed, at: tuple[int, int], room: tuple[Words, npt.NDArray[np.int32]], score: Singles
) -> bool:
    """Draws the score of one leaf in one cell; whether there is any."""
    leaf, cell = at
    bits, feed = room[0], seen.feed[leaf, cell]
    if feed < 0:
        if seen.impute:
            _draw_bytes(mixed(seen.cell[cell] ^ plan.keys[leaf]), bits)
            for draw in range(len(score)):
                score[draw] = plan.pools[leaf, bits[draw]]
        return seen.impute
    _draw_bytes(mixed(seen.origin[seen.support[leaf, cell], cell] ^ plan.keys[leaf]), bits)
    _erred(plan, (leaf, feed, seen.spread[leaf, cell]), seen.value[leaf, cell], room, score)
    slope, start = plan.slope[leaf, feed], plan.start[leaf, feed]
    for draw in range(len(score)):
        share = min(score[draw] * slope[draw] + start[draw], _ONE)
        # What rounding leaves of a zero is none: a geometric mean would make much of it.
        score[draw] = share * _TEN if share > _HAIR else _ZERO
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _erred(
    plan: Plan, at: tuple[int, int, int], value: np.float32, room: tuple[Words, npt.NDArray[np.int32]], found: Singles
) -> None:
    """A value with its error in every draw."""
    leaf, feed, spread = at
    bits, factors, way = room[0], plan.factors[spread], plan.way[leaf, feed]
    if way == PLUS:
        width, floor = np.float32(plan.width[leaf, feed] * plan.spreads[spread]), plan.floor[leaf, feed]
        for draw in range(len(found)):
            found[draw] = max(value + width * plan.normal[bits[draw]], floor)
    elif way == TIMES:
        for draw in range(len(found)):
            found[draw] = value * factors[bits[draw]]
    else:
        whole = np.float32(np.expm1(value))
        for draw in range(len(found)):
            found[draw] = whole * factors[bits[draw]] + _ONE
        _log(found, room[1])


@numba.njit(cache=True, nogil=True)
def _begin(sums: Singles) -> None:
    """Empties what a mean is gathered in: sum, weight, smallest and largest part."""
    for draw in range(sums.shape[1]):
        sums[0, draw], sums[1, draw], sums[2, draw], sums[3, draw] = _ZERO, _ZERO, _TEN, _ZERO


@numba.njit(cache=True, nogil=True)
def _add(
    score: Singles, weights: Singles, means: Codes, sums: Singles, room: tuple[Singles, npt.NDArray[np.int32]]
) -> None:
    """Gathers one more part."""
    seen = room[0]
    for draw in range(len(score)):
        lifted = _ONE + _SLOPE * score[draw] if means[draw] == LIFTED_GEOMETRIC else max(score[draw], _TINY)
        seen[draw] = _TEN - _SLOPE * score[draw] if means[draw] == SCALED_GEOMETRIC else lifted
    _log(seen, room[1])
    for draw in range(len(score)):
        part = score[draw] if means[draw] == ARITHMETIC else seen[draw]
        sums[0, draw] += weights[draw] * part
        sums[1, draw] += weights[draw]
        sums[2, draw] = min(sums[2, draw], score[draw])
        sums[3, draw] = max(sums[3, draw], score[draw])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _mean(sums: Singles, means: Codes, spare: npt.NDArray[np.int32], found: Singles) -> None:
    """The mean of what was gathered; never outside of it."""
    for draw in range(len(found)):
        sums[0, draw] = sums[0, draw] / sums[1, draw]
        found[draw] = min(max(sums[0, draw], -_MOST), _MOST)
    _exp(found, spare)
    for draw in range(len(found)):
        least = sums[2, draw]
        lifted = (found[draw] - _ONE) * _BACK if means[draw] == LIFTED_GEOMETRIC else found[draw]
        middle = (_TEN - found[draw]) * _BACK if means[draw] == SCALED_GEOMETRIC else lifted
        middle = sums[0, draw] if means[draw] == ARITHMETIC else middle
        middle = min(max(middle, least), sums[3, draw])
        found[draw] = _ZERO if means[draw] == GEOMETRIC and least <= _ZERO else middle


@numba.njit(cache=True, nogil=True)
def _log(values: Singles, spare: npt.NDArray[np.int32]) -> None:
    """Natural logarithms in place, of values above 0."""
    bits = values.view(np.int32)
    for k in range(len(values)):
        spare[k] = (bits[k] - _ROOT_HALF) >> 23
        bits[k] = bits[k] - (spare[k] << 23)
    for k in range(len(values)):
        x, power = values[k] - _ONE, np.float32(spare[k])
        tail = ((((_L0 * x + _L1) * x + _L2) * x + _L3) * x + _L4) * x + _L5
        tail = ((tail * x + _L6) * x + _L7) * x + _L8
        square = x * x
        values[k] = x + (tail * x * square + power * _LN2_LOW - _HALF * square) + power * _LN2_HIGH


@numba.njit(cache=True, nogil=True)
def _exp(values: Singles, spare: npt.NDArray[np.int32]) -> None:
    """Exponentials in place, of values between -87 and 87."""
    powers = spare.view(np.float32)
    for k in range(len(values)):
        power = np.floor(values[k] * _LOG2E + _HALF)
        x = values[k] - power * _LN2_HIGH - power * _LN2_LOW
        tail = ((((_E0 * x + _E1) * x + _E2) * x + _E3) * x + _E4) * x + _E5
        values[k] = tail * x * x + x + _ONE
        spare[k] = (np.int32(power) + 127) << 23
    for k in range(len(values)):
        values[k] = values[k] * powers[k]
