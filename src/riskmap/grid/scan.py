"""Scanning: the exact area of every pixel inside outlines, and sums of pixels by it; compiled, with the GIL released.

An outline is traced edge by edge. In every pixel row that it crosses an edge leaves by how much the covered area
changes from one pixel to the next; the running sum along the row is then the covered area of each pixel, exact for any
simple polygon. Where two outlines share an edge, what one gains the other loses.

Source: R. Levien, "Inside the fastest font renderer in the world" (2016), the signed area accumulation of font-rs,
after that of libart and FreeType.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats

Whole = npt.NDArray[np.int64]

SLIVER = 1e-12
"""Share of a pixel below which an outline does not touch it: the rounding of coordinates of thousands of pixels."""

MOST = 1e290
"""Largest size of a value; sums of larger ones would leave what a float can hold."""

_BAND = 1 << 15
_LANES = 16


class Paths(NamedTuple):
    """Outlines in pixels.

    Args:
        points: Column and row of every vertex, the first not repeated at the end; shape (vertices, 2).
        start: Where each outline begins and the last one ends, shape (paths + 1,).
        turn: 1 where its left side runs towards higher rows, -1 where it runs towards lower ones; shape (paths,).
    """

    points: Floats
    start: Whole
    turn: Floats


class Window(NamedTuple):
    """Whole rows of one or several bands.

    Args:
        pixels: NaN where unknown; float32 or float64, shape (rows, columns, bands).
        first: Number of the first row.
        weight: Area of a pixel of each row in any unit, shape (rows,).
    """

    pixels: npt.NDArray[np.floating]
    first: int
    weight: Floats


@numba.njit(inline="always")
def _known(value: float, none: tuple[float, float], least: float) -> bool:
    within: bool = (value >= least) & (np.abs(value) <= MOST)
    return within & (not np.abs(value - none[0]) <= none[1])


@numba.njit(cache=True, nogil=True)
def settle(pixels: npt.NDArray[np.floating], none: tuple[float, float], least: float, told: Floats) -> None:
    """Turns what is not a value into NaN, in place, and tells of the rest row by row.

    Args:
        pixels: Shape (rows, columns).
        none: Value that stands for none (NaN where there is no such value), and how near to it still counts as it.
        least: Values below it are unknown, and so are those that are not finite or beyond `MOST`.
        told: Takes sum and number of the values of each row, shape (2, rows). A row is added up in sixteen parts, which
            are then added, so that the processor works on several at once and the sum is still the same everywhere.
    """
    sums, counts = np.zeros(_LANES), np.zeros(_LANES)
    rows, columns = pixels.shape
    whole = columns // _LANES * _LANES
    for row in range(rows):
        line = pixels[row]
        sums[:], counts[:] = 0.0, 0.0
        for first in range(0, whole, _LANES):
            for lane in range(_LANES):
                known = _known(np.float64(line[first + lane]), none, least)
                sums[lane] += np.float64(line[first + lane]) if known else 0.0
                counts[lane] += known
                line[first + lane] = line[first + lane] if known else np.nan
        for column in range(whole, columns):
            known = _known(np.float64(line[column]), none, least)
            sums[0] += np.float64(line[column]) if known else 0.0
            counts[0] += known
            line[column] = line[column] if known else np.nan
        told[:, row] = 0.0
        for lane in range(_LANES):
            told[0, row] += sums[lane]
            told[1, row] += counts[lane]


@numba.njit(cache=True, nogil=True)
def braid(pixels: npt.NDArray[np.floating], braided: npt.NDArray[np.floating]) -> None:
    """Puts the bands of each pixel side by side: from shape (bands, rows, columns) to (rows, columns, bands)."""
    bands, rows, columns = pixels.shape
    for row in range(rows):
        for column in range(columns):
            for band in range(bands):
                braided[row, column, band] = pixels[band, row, column]


@numba.njit(cache=True, nogil=True)
def extremes(settled: npt.NDArray[np.floating], told: Floats) -> None:
    """Least and greatest value of each row, infinite where there is none; `told`: shape (2, rows)."""
    for row in range(settled.shape[0]):
        low, high = np.inf, -np.inf
        for value in settled[row]:
            if not np.isnan(value):
                low, high = min(low, value), max(high, value)
        told[0, row], told[1, row] = low, high


@numba.njit(cache=True, nogil=True)
def scan(paths: Paths, window: Window, chosen: Whole, found: Floats) -> None:
    """Adds, for each of the chosen outlines, its pixels by the share of each that lies inside it.

    Rows are added one after another, so that neither windows nor threads show in a sum.

    Args:
        paths: Outlines.
        window: Rows of pixels.
        chosen: Which outlines, shape (chosen,).
        found: Takes values times weight, pixels with a value, and these times weight; shape (paths, bands, 3).
    """
    height, width = window.pixels.shape[:2]
    for path in chosen:
        first, after, west, columns = _frame(paths, path, window.first, window.first + height)
        shares, touched = _room(after - first, columns)
        for top in range(first, after, len(touched)):
            bottom = min(top + len(touched), after)
            _trace(paths, path, (top, bottom, west, columns), shares, touched)
            for row in range(top, bottom):
                low, high = _run(shares, touched, row - top, (west, columns, width))
                begin = (row - top) * columns
                take(window, (row - window.first, low + west), shares, (begin + low, begin + high), found, path)
            shares[:] = 0.0


@numba.njit(cache=True, nogil=True)
def list_shares(paths: Paths, shape: tuple[int, int], chosen: Whole) -> tuple[Whole, Whole, Floats]:
    """Every pixel that the chosen outlines touch.

    Args:
        paths: Outlines.
        shape: Rows and columns of the raster.
        chosen: Which outlines, shape (chosen,).

    Returns:
        How many pixels each of them touches, shape (chosen,); the number of each pixel, counted row by row, and the
        share of it that lies inside, in the order of the outlines and of the numbers, shape (entries,).
    """
    height, width = shape
    room = 0
    for path in chosen:
        first, after, west, columns = _frame(paths, path, 0, height)
        room += max(0, after - first) * max(0, min(columns, width))
    pixel, share, count, at = np.empty(room, np.int64), np.empty(room), np.zeros(len(chosen), np.int64), 0
    for k in range(len(chosen)):
        first, after, west, columns = _frame(paths, chosen[k], 0, height)
        shares, touched = _room(after - first, columns)
        before = at
        for top in range(first, after, len(touched)):
            bottom = min(top + len(touched), after)
            _trace(paths, chosen[k], (top, bottom, west, columns), shares, touched)
            for row in range(top, bottom):
                low, high = _run(shares, touched, row - top, (west, columns, width))
                for column in range(low, high):
                    if shares[(row - top) * columns + column] > 0:
                        pixel[at], share[at] = row * width + column + west, shares[(row - top) * columns + column]
                        at += 1
            shares[:] = 0.0
        count[k] = at - before
    return count, pixel[:at].copy(), share[:at].copy()


@numba.njit(cache=True, nogil=True)
def _frame(paths: Paths, path: int, first: int, after: int) -> tuple[int, int, int, int]:
    """First row, row after the last, first column and number of columns of an outline, within some rows."""
    west, top, east, bottom = np.inf, np.inf, -np.inf, -np.inf
    for k in range(paths.start[path], paths.start[path + 1]):
        west, east = min(west, paths.points[k, 0]), max(east, paths.points[k, 0])
        top, bottom = min(top, paths.points[k, 1]), max(bottom, paths.points[k, 1])
    column = int(np.floor(west))
    columns = int(np.floor(east)) - column + 2
    return max(int(np.floor(top)), first), min(int(np.ceil(bottom)), after), column, columns


@numba.njit(inline="always")
def _room(rows: int, columns: int) -> tuple[Floats, Whole]:
    """Pixels to trace into, row after row, as many rows as fit; and the first and last of each that were touched."""
    height = max(1, min(rows, _BAND // columns))
    return np.zeros(height * columns), np.empty((height, 2), np.int64)


@numba.njit(cache=True, nogil=True)
def _trace(paths: Paths, path: int, frame: tuple[int, int, int, int], shares: Floats, touched: Whole) -> None:
    """Leaves the changes that all edges make in the rows from `frame[0]` to before `frame[1]`."""
    top, bottom, west, columns = frame
    touched[:, 0], touched[:, 1] = columns, -1
    low, high = paths.start[path], paths.start[path + 1]
    for k in range(low, high):
        ahead = k + 1 if k + 1 < high else low
        x, y, to_x, to_y = paths.points[k, 0], paths.points[k, 1], paths.points[ahead, 0], paths.points[ahead, 1]
        side = paths.turn[path]
        if y > to_y:
            x, y, to_x, to_y, side = to_x, to_y, x, y, -side
        if to_y <= top or y >= bottom or y == to_y:
            continue
        slope = (to_x - x) / (to_y - y)
        for row in range(max(top, int(np.floor(y))), min(bottom, int(np.ceil(to_y)))):
            enter, leave = max(y, float(row)), min(to_y, row + 1.0)
            begin = (x + (enter - y) * slope if enter > y else x) - west
            end = (x + (leave - y) * slope if leave < to_y else to_x) - west
            column, last = int(np.floor(min(begin, end))), int(np.ceil(max(begin, end))) - 1
            touched[row - top, 0] = min(touched[row - top, 0], column)
            touched[row - top, 1] = max(touched[row - top, 1], column, last)
            _deposit(shares, (row - top) * columns, (min(begin, end), max(begin, end)), side * (leave - enter))


@numba.njit(inline="always")
def _deposit(shares: Floats, base: int, ends: tuple[float, float], height: float) -> None:
    """Leaves what one piece of an edge, within the pixel row that begins at `base`, changes along that row."""
    left, right = ends
    column, last = int(np.floor(left)), int(np.ceil(right)) - 1
    if last <= column:
        beyond = height * (0.5 * (left + right) - column)
        shares[base + column] += height - beyond
        shares[base + column + 1] += beyond
        return
    slope = height / (right - left)
    done, covered = 0.0, 0.0
    for reached in range(column, last + 1):
        begin, end = max(left, float(reached)), min(right, reached + 1.0)
        area = done + slope * (end - begin) * (reached + 1.0 - 0.5 * (begin + end))
        shares[base + reached] += area - covered
        covered = area
        done += slope * (end - begin)
    shares[base + last + 1] += height - covered


@numba.njit(inline="always")
def _run(shares: Floats, touched: Whole, row: int, frame: tuple[int, int, int]) -> tuple[int, int]:
    """Turns the changes along a row into shares, 0 below a sliver; which of them lie in the raster, half-open.

    Args:
        shares: Rows of pixels, one after another.
        touched: First and last of each row.
        row: Which row.
        frame: First column of the rows, columns of each, and columns of the raster.
    """
    west, columns, width = frame
    covered = 0.0
    for at in range(row * columns + touched[row, 0], row * columns + touched[row, 1] + 1):
        covered += shares[at]
        shares[at] = covered if covered > SLIVER else 0.0
    low, high = max(touched[row, 0], -west), min(touched[row, 1] + 1, width - west)
    return low, max(low, high)


@numba.njit(cache=True, nogil=True)
def take(
    window: Window, place: tuple[int, int], shares: Floats, span: tuple[int, int], found: Floats, owner: int
) -> None:
    """Adds pixels that stand side by side, in every band.

    Args:
        window: Rows of pixels.
        place: Row in the window, and column, of the first.
        shares: Among them those of the pixels.
        span: Where these begin and end.
        found: Takes values times weight, pixels with a value, and these times weight; shape (owners, bands, 3).
        owner: To whom they are added.
    """
    bands, weight = window.pixels.shape[2], window.weight[place[0]]
    fours = bands // 4 * 4
    for band in range(0, fours, 4):
        sums = _four(window.pixels, (place[0], place[1], band), shares, span)
        for beside in range(4):
            total, count = sums[2 * beside], sums[2 * beside + 1]
            found[owner, band + beside, 0] += total * weight
            found[owner, band + beside, 1] += count
            found[owner, band + beside, 2] += count * weight
    for band in range(fours, bands):
        total, count = _one(window.pixels, (place[0], place[1], band), shares, span)
        found[owner, band, 0] += total * weight
        found[owner, band, 1] += count
        found[owner, band, 2] += count * weight


_Pixels = npt.NDArray[np.floating]
_Place = tuple[int, int, int]
_Span = tuple[int, int]
_Sums = tuple[float, float, float, float, float, float, float, float]


@numba.njit(inline="always")
def _one(pixels: _Pixels, place: _Place, shares: Floats, span: _Span) -> tuple[float, float]:
    """What the shares of pixels in one band hold, and the shares that hold anything."""
    row, column, band = place
    total, count = 0.0, 0.0
    for at in range(span[0], span[1]):
        value = np.float64(pixels[row, column + at - span[0], band])
        total += 0.0 if np.isnan(value) else shares[at] * value
        count += 0.0 if np.isnan(value) else shares[at]
    return total, count


@numba.njit(inline="always")
def _four(pixels: _Pixels, place: _Place, shares: Floats, span: _Span) -> _Sums:
    """As `_one` for four bands, which the processor adds abreast; each has the same sum to the last bit."""
    row, column, band = place
    total, more, still, last = 0.0, 0.0, 0.0, 0.0
    count, count_more, count_still, count_last = 0.0, 0.0, 0.0, 0.0
    for at in range(span[0], span[1]):
        share, across = shares[at], column + at - span[0]
        value = np.float64(pixels[row, across, band])
        total += 0.0 if np.isnan(value) else share * value
        count += 0.0 if np.isnan(value) else share
        value = np.float64(pixels[row, across, band + 1])
        more += 0.0 if np.isnan(value) else share * value
        count_more += 0.0 if np.isnan(value) else share
        value = np.float64(pixels[row, across, band + 2])
        still += 0.0 if np.isnan(value) else share * value
        count_still += 0.0 if np.isnan(value) else share
        value = np.float64(pixels[row, across, band + 3])
        last += 0.0 if np.isnan(value) else share * value
        count_last += 0.0 if np.isnan(value) else share
    return total, count, more, count_more, still, count_still, last, count_last
