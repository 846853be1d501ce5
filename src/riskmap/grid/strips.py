"""Strips: how much of each polygon lies in each cell, with no predicate that could fail on a degenerate ring.

Every edge of a polygon stands for the strip east of it, between the latitudes of its ends. Strips of edges that run
south count up, those of edges that run north count down, and what is left is the polygon. So the area of a polygon
inside a cell is the signed sum of what the cell has of each strip: the cell clipped by three half-planes. That is
continuous in every corner, holes and self-touching rings need no care, and since the cells tile each strip, the parts
of a polygon add up to the whole. A cell that no edge comes near is inside or outside as its centre is.

Source: the clipping is that of I. E. Sutherland and G. W. Hodgman, Reentrant Polygon Clipping, CACM 17 (1974).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from riskmap.grid.ellipsoid import TERMS, ordinate, ring_m2
from riskmap.grid.outlines import Ints
from riskmap.model.cube import Floats

_NOTHING = 1e-13
"""Share of a cell below which an area is rounding."""


class Edges(NamedTuple):
    """Edges of polygons, those of one polygon together.

    The strip of a level one is empty; it is kept because a cell that it comes near is not all inside or all outside.

    Args:
        ends: Southern and northern end (lon, lat, lon, lat), shape (edges, 4).
        sign: 1 where the polygon lies east of the edge, -1 where west; shape (edges,).
        start: Where the edges of each polygon begin, and the end of the last; shape (polygons + 1,).
    """

    ends: Floats
    sign: Floats
    start: Ints


class Shelf(NamedTuple):
    """Cells in rows by the south of their outline, from west to east in each.

    Args:
        points: Corners of the outlines, lon/lat, shape (corners, 2).
        ring: Where each outline begins, and the end of the last; shape (cells + 1,).
        boxes: West, south, east, north of each cell, shape (cells, 4).
        areas: Area of each cell in m², shape (cells,).
        order: Cells by row, then west; shape (cells,).
        start: Where each row begins in `order`, and the end of the last; shape (rows + 1,).
        widest: Width of the widest cell of each row, shape (rows,).
        height: Height of a row, which is that of the highest cell, so that no cell is in more than two.
    """

    points: Floats
    ring: Ints
    boxes: Floats
    areas: Floats
    order: Ints
    start: Ints
    widest: Floats
    height: float


class Lists(NamedTuple):
    """Edges of each polygon by the rows of a shelf that they reach.

    Args:
        rows: First and last row that each polygon reaches, shape (polygons, 2).
        sides: West and east of each polygon, shape (polygons, 2).
        start: What to add to a row for the number of its list, shape (polygons,).
        list_start: Where each list begins in `edge`, and the end of the last; shape (lists + 1,).
        edge: The edges, list by list.
        lowest: First row of each edge, shape (edges,).
    """

    rows: Ints
    sides: Floats
    start: Ints
    list_start: Ints
    edge: Ints
    lowest: Ints


class Units(NamedTuple):
    """Pieces of work: the cells of one row that may meet one polygon, as it is or moved once round the world.

    Args:
        polygon: Shape (units,).
        row: Shape (units,).
        east: How far the polygon is moved, shape (units,).
        low: First of the cells in the shelf's order, shape (units,).
        start: Where the results of each unit begin, and the end of the last; shape (units + 1,).
    """

    polygon: Ints
    row: Ints
    east: Floats
    low: Ints
    start: Ints


@numba.njit(cache=True, nogil=True)
def listed(edges: Edges, south: float, height: float, rows: int) -> Lists:
    """The edges of each polygon by row; those beyond all rows are left out.

    Args:
        edges: Of all polygons.
        south: South of the first row.
        height: Of a row.
        rows: Rows that cells begin in; the last cells may end in one more.
    """
    lowest = np.maximum(np.floor((edges.ends[:, 1] - south) / height), 0.0).astype(np.int64)
    highest = np.minimum(np.floor((edges.ends[:, 3] - south) / height), float(rows)).astype(np.int64)
    count = len(edges.start) - 1
    span, sides, start = np.zeros((count, 2), np.int64), np.zeros((count, 2)), np.zeros(count, np.int64)
    lists = 0
    for polygon in range(count):
        low, high = edges.start[polygon], edges.start[polygon + 1]
        if high > low:
            span[polygon, 0], span[polygon, 1] = lowest[low:high].min(), highest[low:high].max()
            sides[polygon, 0] = min(edges.ends[low:high, 0].min(), edges.ends[low:high, 2].min())
            sides[polygon, 1] = max(edges.ends[low:high, 0].max(), edges.ends[low:high, 2].max())
        else:
            span[polygon, 1] = -1
        start[polygon] = lists - span[polygon, 0]
        lists += max(span[polygon, 1] - span[polygon, 0] + 1, 0)
    list_start = np.zeros(lists + 1, np.int64)
    for polygon in range(count):
        for edge in range(edges.start[polygon], edges.start[polygon + 1]):
            for row in range(lowest[edge], highest[edge] + 1):
                list_start[start[polygon] + row + 1] += 1
    list_start = np.cumsum(list_start)
    return Lists(span, sides, start, list_start, _by_list(edges, start, list_start, (lowest, highest)), lowest)


@numba.njit(cache=True, nogil=True)
def _by_list(edges: Edges, start: Ints, list_start: Ints, reach: tuple[Ints, Ints]) -> Ints:
    """The edges, list by list."""
    filled = list_start[:-1].copy()
    found = np.empty(list_start[-1], np.int64)
    for polygon in range(len(start)):
        for edge in range(edges.start[polygon], edges.start[polygon + 1]):
            for row in range(reach[0][edge], reach[1][edge] + 1):
                found[filled[start[polygon] + row]] = edge
                filled[start[polygon] + row] += 1
    return found


@numba.njit(cache=True, nogil=True)
def between(shelf: Shelf, rows: Ints, sides: Floats) -> tuple[Ints, Ints]:
    """The cells of rows that may reach between two sides: the first, and the end of them, in the shelf's order."""
    west = shelf.boxes[:, 0][shelf.order]
    low, high = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    for unit in range(len(rows)):
        first, end = shelf.start[rows[unit]], shelf.start[rows[unit] + 1]
        low[unit] = first + np.searchsorted(west[first:end], sides[unit, 0] - shelf.widest[rows[unit]])
        high[unit] = first + np.searchsorted(west[first:end], sides[unit, 1], side="right")
    return low, high


@numba.njit(cache=True, nogil=True)
def fill(edges: Edges, shelf: Shelf, lists: Lists, units: Units, bounds: tuple[int, int], areas: Floats) -> None:
    """Fills in what every cell of some units has of their polygons.

    Args:
        edges: Of all polygons.
        shelf: The cells.
        lists: The edges by row.
        units: All units.
        bounds: First of the units, and the end of them.
        areas: Takes the areas of all units, shape (units.start[-1],).
    """
    gathered = np.empty(2 * np.diff(lists.list_start).max(), np.int64)
    rings = np.empty((2, 8 * np.diff(shelf.ring).max(), 2))
    for unit in range(bounds[0], bounds[1]):
        polygon, row, east = units.polygon[unit], units.row[unit], units.east[unit]
        for at in range(units.start[unit], units.start[unit + 1]):
            cell = shelf.order[units.low[unit] + at - units.start[unit]]
            count = 0
            for reached in range(max(row, lists.rows[polygon, 0]), min(row + 1, lists.rows[polygon, 1]) + 1):
                number = lists.start[polygon] + reached
                for edge in lists.edge[lists.list_start[number] : lists.list_start[number + 1]]:
                    if max(row, lists.lowest[edge]) == reached and _west_of(edges.ends[edge], east, shelf.boxes[cell]):
                        gathered[count] = edge
                        count += 1
            if count:
                areas[at] = _area(edges, gathered[:count], east, shelf, cell, rings)


@numba.njit(inline="always")
def _west_of(ends: Floats, east: float, box: Floats) -> bool:
    """Whether the strip of an edge may reach a box."""
    return bool(ends[1] < box[3] and ends[3] > box[1] and min(ends[0], ends[2]) + east < box[2])


@numba.njit(cache=True, nogil=True)
def _area(edges: Edges, gathered: Ints, east: float, shelf: Shelf, cell: int, rings: Floats) -> float:
    """Area of a polygon inside a cell, from the edges whose strips may reach it."""
    outline = shelf.points[shelf.ring[cell] : shelf.ring[cell + 1]]
    box, whole = shelf.boxes[cell], shelf.areas[cell]
    x, y = outline[:, 0].mean(), outline[:, 1].mean()
    winding, touched = 0.0, False
    for edge in gathered:
        ends = edges.ends[edge]
        if max(ends[0], ends[2]) + east > box[0] and _touches(ends, east, outline):
            touched = True
            break
        if ends[1] <= y < ends[3] and ends[0] + east + (y - ends[1]) / (ends[3] - ends[1]) * (ends[2] - ends[0]) < x:
            winding += edges.sign[edge]
    if not touched:
        return float(winding * whole)
    area, terms = 0.0, np.empty(TERMS)
    used = ordinate(np.radians(outline[0, 1]), np.radians(box[3] - box[1]), terms)
    for edge in gathered:
        if edges.ends[edge, 1] < edges.ends[edge, 3]:
            count = _strip(edges.ends[edge], east, outline, box, rings)
            area += edges.sign[edge] * ring_m2(rings[0], count, terms, used)
    if area < _NOTHING * whole:
        return 0.0
    return whole if abs(area - whole) < _NOTHING * whole else area


@numba.njit(inline="always")
def _touches(ends: Floats, east: float, outline: Floats) -> bool:
    """Whether the line through an edge has corners of an outline on both its sides, or on itself."""
    left, right = False, False
    for corner in outline:
        side = (corner[0] - east - ends[0]) * (ends[3] - ends[1]) - (corner[1] - ends[1]) * (ends[2] - ends[0])
        left, right = left or side <= 0, right or side >= 0
    return left and right


@numba.njit(cache=True, nogil=True)
def _strip(ends: Floats, east: float, outline: Floats, box: Floats, rings: Floats) -> int:
    """What an outline has of the strip east of an edge, reckoned from the outline's first corner.

    Args:
        ends: Of the edge.
        east: How far it is moved.
        outline: Corners of the outline, shape (corners, 2).
        box: West, south, east, north of the outline.
        rings: Takes the corners in its first half; its second is used on the way. Shape (2, room, 2).

    Returns:
        The number of corners.
    """
    count = len(outline)
    x, low, high = ends[0] + east - outline[0, 0], ends[1] - outline[0, 1], ends[3] - outline[0, 1]
    now = 0
    for corner in range(count):
        rings[0, corner, 0] = outline[corner, 0] - outline[0, 0]
        rings[0, corner, 1] = outline[corner, 1] - outline[0, 1]
    if ends[1] > box[1]:
        count, now = _clip(rings[now], count, rings[1 - now], (x, low, 0.0, 1.0)), 1 - now
    if ends[3] < box[3]:
        count, now = _clip(rings[now], count, rings[1 - now], (x, high, 0.0, -1.0)), 1 - now
    if max(ends[0], ends[2]) + east > box[0]:
        count, now = _clip(rings[now], count, rings[1 - now], (x, low, high - low, ends[0] - ends[2])), 1 - now
    if now:
        rings[0, :count] = rings[1, :count]
    return count


@numba.njit(cache=True, nogil=True)
def _clip(ring: Floats, count: int, kept: Floats, line: tuple[float, float, float, float]) -> int:
    """What of a ring lies on the inner side of a line.

    Args:
        ring: Corners, of which the first `count` are used.
        count: Their number.
        kept: Takes the corners that are kept or new.
        line: A point on it, and the direction of its inner side.

    Returns:
        How many corners were kept or are new.
    """
    found = 0
    for corner in range(count):
        x, y = ring[corner - 1 if corner else count - 1]
        x_next, y_next = ring[corner]
        depth = (x - line[0]) * line[2] + (y - line[1]) * line[3]
        depth_next = (x_next - line[0]) * line[2] + (y_next - line[1]) * line[3]
        if (depth >= 0) != (depth_next >= 0):
            along = depth / (depth - depth_next)
            kept[found, 0], kept[found, 1] = x + along * (x_next - x), y + along * (y_next - y)
            found += 1
        if depth_next >= 0:
            kept[found, 0], kept[found, 1] = x_next, y_next
            found += 1
    return found
