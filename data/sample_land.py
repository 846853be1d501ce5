"""The invented island of the sample: Maravela, its regions and districts, in the open South Atlantic.

Borders are drawn once, as rows of districts between wavy lines, and every district that touches a border uses the same
points of it. So neighbours share their borders exactly, and a region is what is left of its districts' borders when
those that two of them share cancel out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import shapely

from sample_dice import Dice

Point = tuple[float, float]
Ring = tuple[Point, ...]

ISO3, ISO2, COUNTRY = "XMV", "XM", "Maravela"
NOTICE = "Synthetic data, riskmap sample"
CENTRE: Point = (-23.5, -28.45)
HALF_SIZE: Point = (1.4, 0.97)
"""Half of the island's width and height in degrees; the land neighbour lies beyond the eastern side."""

REGIONS: Mapping[str, str] = {
    "XM01": "Tessaro",
    "XM02": "Ovanté",
    "XM03": "Mirandú",
    "XM04": "Kelmora",
    "XM05": "Saluna",
}

# Rows from south to north: (codes from west to east, the lines between them from -1 in the west to 1 in the east).
_ROWS: tuple[tuple[tuple[str, ...], tuple[float, ...]], ...] = (
    (("XM0501", "XM0502", "XM0503", "XM0504", "XM0505"), (-1, -0.56, -0.2, 0.21, 0.6, 1)),
    (("XM0203", "XM0204", "XM0303", "XM0304", "XM0403", "XM0404"), (-1, -0.67, -0.3, 0.02, 0.37, 0.71, 1)),
    (("XM0201", "XM0202", "XM0301", "XM0302", "XM0401", "XM0402"), (-1, -0.62, -0.34, 0.06, 0.33, 0.68, 1)),
    (("XM0101", "XM0102", "XM0103", "XM0104", "XM0105"), (-1, -0.55, -0.17, 0.22, 0.57, 1)),
)
_LINES = (-1.0, -0.45, 0.02, 0.5, 1.0)

NAMES: Mapping[str, tuple[str, str | None]] = {
    "XM0101": ("Boréma", "Borema"),
    "XM0102": ("Lintára", "Lintara"),
    "XM0103": ("Quessal", None),
    "XM0104": ("Porvane", "Porvane Norte"),
    "XM0105": ("Ardélia", "Ardelia"),
    "XM0201": ("Ruvo Alto", None),
    "XM0202": ("Saíra", "Saira"),
    "XM0203": ("Tolmeque", None),
    "XM0204": ("Estrenha", "Estrenya"),
    "XM0301": ("Maravel", None),
    "XM0302": ("Caldorá", "Caldora"),
    "XM0303": ("Vintelo", None),
    "XM0304": ("Ponte Lira", None),
    "XM0401": ("Orvelim", None),
    "XM0402": ("Drasca", None),
    "XM0403": ("Jundé", "Junde"),
    "XM0404": ("Passo Tarn", "Tarn"),
    "XM0501": ("Ilhéu Grave", "Ilheu Grave"),
    "XM0502": ("Porvane", "Porvane Sul"),
    "XM0503": ("Secánha", "Secanha"),
    "XM0504": ("Duraga", None),
    "XM0505": ("Almirel", None),
}
"""Name and other name by district code. Porvane is there twice, in two regions; accents fold away in some files."""

ROAD: Ring = ((-24.63, -28.2), (-24.2, -28.33), (-23.75, -28.29), (-23.3, -28.41), (-22.85, -28.36), (-22.3, -28.43))
"""The road from the western hills to the eastern border; the front and the people who flee it move along it."""

CAMPS: Mapping[str, tuple[str, Point]] = {
    "Tarn Gate camp": ("XM0404", (-22.34, -28.52)),
    "Drasca North camp": ("XM0402", (-22.42, -28.2)),
    "Drasca River camp": ("XM0402", (-22.37, -28.33)),
}
"""Camps at the eastern border: district and place."""


@dataclass(frozen=True)
class District:
    """A district of the island.

    Args:
        code: Its p-code; the first four letters are its region's.
        name: Its name, not unique in the country.
        other_name: Another spelling, or None.
        rings: Outer borders, closed, counter-clockwise; lon, lat in degrees.
        town: Place of its main town, inside the first ring.
    """

    code: str
    name: str
    other_name: str | None
    rings: tuple[Ring, ...]
    town: Point

    @property
    def region(self) -> str:
        """Code of its region."""
        return self.code[:4]

    @property
    def shape(self) -> shapely.MultiPolygon:
        """Its area as a geometry."""
        return shapely.MultiPolygon([(ring,) for ring in self.rings])


def districts() -> dict[str, District]:
    """All districts by code, in the order of their codes."""
    found = {}
    for row, (codes, sides) in enumerate(_ROWS):
        for code, west, east in zip(codes, sides, sides[1:], strict=False):
            rings = (_district_ring(row, west, east), *((_islet(),) if code == "XM0501" else ()))
            name, other = NAMES[code]
            found[code] = District(code, name, other, rings, _town(row, west, east, code))
    return dict(sorted(found.items()))


def region_rings(land: Mapping[str, District], region: str) -> tuple[Ring, ...]:
    """Outer borders of a region: its districts' borders without those that two of its districts share."""
    return _outline(ring for district in land.values() if district.region == region for ring in district.rings)


def country_shape(land: Mapping[str, District]) -> shapely.MultiPolygon:
    """The whole country as one geometry."""
    rings = _outline(ring for district in land.values() for ring in district.rings)
    return shapely.MultiPolygon([(ring,) for ring in rings])


def km_between(one: Point, other: Point) -> float:
    """Distance in km on a plane, good to a percent over this island."""
    east = (one[0] - other[0]) * 97.9
    north = (one[1] - other[1]) * 110.8
    return math.sqrt(east * east + north * north)


def along_road(share: float) -> Point:
    """The place at this share of the road's length, from its western end; beyond the ends it stays there."""
    lengths = [km_between(a, b) for a, b in pairwise(ROAD)]
    left = min(max(share, 0.0), 1.0) * sum(lengths)
    for length, start, stop in zip(lengths, ROAD, ROAD[1:], strict=False):
        if left <= length:
            part = left / length
            return (start[0] + (stop[0] - start[0]) * part, start[1] + (stop[1] - start[1]) * part)
        left -= length
    return ROAD[-1]


def district_at(land: Mapping[str, District], place: Point) -> District | None:
    """The district that holds a place, or None in the sea."""
    point = shapely.Point(place)
    return next((district for district in land.values() if district.shape.contains(point)), None)


def place_inside(district: District, dice: Dice) -> Point:
    """A random place in a district, to four decimals."""
    shape = district.shape
    west, south, east, north = shape.bounds
    while True:
        place = (round(dice.between(west, east), 4), round(dice.between(south, north), 4))
        if shape.contains(shapely.Point(place)):
            return place


def _on_island(u: float, v: float) -> Point:
    """From a square of side 2 to the island: its corners are drawn in, so that the coast is round."""
    lon = CENTRE[0] + HALF_SIZE[0] * u * math.sqrt(1 - 0.38 * v * v)
    lat = CENTRE[1] + HALF_SIZE[1] * v * math.sqrt(1 - 0.38 * u * u)
    return (round(lon, 5), round(lat, 5))


def _node(u: float, v: float) -> Point:
    """A corner where borders meet, pushed a little off its place; the same for everyone who asks."""
    dice = Dice(f"node {u} {v}")
    return _on_island(u + dice.between(-0.025, 0.025), v + dice.between(-0.05, 0.05))


def _edge(start: tuple[float, float], stop: tuple[float, float]) -> list[Point]:
    """Points of the border between two corners, the last one left out; the same points from either side."""
    first, last = sorted((start, stop))
    coast = max(abs(first[1]), abs(last[1])) == 1 == min(abs(first[1]), abs(last[1])) or first[0] == last[0] == -1
    points = [_node(*first), _node(*last)]
    dice = Dice(f"edge {first} {last}")
    rough = 0.21 if coast else 0.1
    while km_between(points[0], points[1]) > 2.2:
        points = _roughened(points, rough, dice)
    points = points if (start, stop) == (first, last) else points[::-1]
    return points[:-1]


def _roughened(points: list[Point], rough: float, dice: Dice) -> list[Point]:
    """The line with the middle of each piece pushed aside by up to `rough` of its length."""
    new = [points[0]]
    for (x, y), (x2, y2) in pairwise(points):
        push = dice.between(-rough, rough)
        middle = ((x + x2) / 2 - (y2 - y) * push, (y + y2) / 2 + (x2 - x) * push)
        new += [(round(middle[0], 5), round(middle[1], 5)), (x2, y2)]
    return new


def _district_ring(row: int, west: float, east: float) -> Ring:
    """The border of a district: along its southern line, up, back along its northern one and down."""
    south, north = _corners(row, west, east), _corners(row + 1, west, east)
    around = [*south, *reversed(north), south[0]]
    points = [point for start, stop in pairwise(around) for point in _edge(start, stop)]
    return (*points, points[0])


def _corners(line: int, west: float, east: float) -> list[tuple[float, float]]:
    """Corners on a line between two rows, from west to east: those of the row below and of the row above."""
    sides = {side for row in (line - 1, line) if 0 <= row < len(_ROWS) for side in _ROWS[row][1]}
    return [(side, _LINES[line]) for side in sorted(sides) if west <= side <= east]


def _islet() -> Ring:
    """A small island off the south-west, which belongs to the remotest district."""
    dice = Dice("islet")
    points = []
    for step in range(14):
        angle = 2 * math.pi * step / 14
        size = dice.between(0.045, 0.075)
        points.append((round(-24.86 + size * math.cos(angle), 5), round(-29.3 + 0.8 * size * math.sin(angle), 5)))
    return (*points, points[0])


def _town(row: int, west: float, east: float, code: str) -> Point:
    dice = Dice(f"town {code}")
    u = west + (east - west) * dice.between(0.4, 0.6)
    v = _LINES[row] + (_LINES[row + 1] - _LINES[row]) * dice.between(0.4, 0.6)
    lon, lat = _on_island(u, v)
    return (round(lon, 4), round(lat, 4))


def _outline(rings: Iterable[Ring]) -> tuple[Ring, ...]:
    """The borders that only one of the rings has, joined to rings again."""
    pieces = {(start, stop) for ring in rings for start, stop in pairwise(ring)}
    follow = {start: stop for start, stop in pieces if (stop, start) not in pieces}
    found = []
    while follow:
        start = min(follow)
        ring = [start, follow.pop(start)]
        while ring[-1] != start:
            ring.append(follow.pop(ring[-1]))
        found.append(tuple(ring))
    return tuple(found)
