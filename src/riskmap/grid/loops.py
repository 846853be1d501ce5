"""Loops: many closed outlines of unequal length in two arrays, so that all of them are worked on at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from riskmap.grid.outlines import Rings
from riskmap.model.cube import Floats

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Loops:
    """Closed outlines.

    Args:
        points: Vertices of all of them, one after another, the first not repeated at the end; shape (vertices, 2).
        start: Where each begins, and the end of the last; shape (loops + 1,).
        owner: Whose each is, shape (loops,).
    """

    points: Floats
    start: Whole
    owner: Whole

    @classmethod
    def of(cls, rings: Sequence[Floats], owner: npt.NDArray[np.integer]) -> Loops:
        """Loops from one array of vertices each."""
        points = np.concatenate([np.empty((0, 2)), *rings])
        return cls(points, starts([len(ring) for ring in rings]), np.asarray(owner, np.int64))

    @property
    def counts(self) -> Whole:
        """Vertices of each, shape (loops,)."""
        return np.diff(self.start)

    @property
    def least(self) -> Floats:
        """Lowest coordinates of each, shape (loops, 2)."""
        found: Floats = np.minimum.reduceat(self.points, self.start[:-1])
        return found

    @property
    def greatest(self) -> Floats:
        """Highest coordinates of each, shape (loops, 2)."""
        found: Floats = np.maximum.reduceat(self.points, self.start[:-1])
        return found

    @property
    def areas(self) -> Floats:
        """Areas, positive where they run counter-clockwise; shape (loops,)."""
        return Rings(self.points, self.start).areas

    def ring(self, loop: int) -> Floats:
        """Vertices of one, shape (vertices, 2)."""
        return self.points[self.start[loop] : self.start[loop + 1]]

    def take(self, chosen: npt.NDArray[np.integer]) -> Loops:
        """Some of them, in the order chosen, each as often as it is."""
        counts = self.counts[chosen]
        start = starts(counts)
        index = np.arange(start[-1]) + np.repeat(self.start[chosen] - start[:-1], counts)
        return Loops(self.points[index], start, self.owner[chosen])

    def joined(self, more: Loops) -> Loops:
        """These, and others behind them."""
        points = np.concatenate([self.points, more.points])
        counts, owner = (np.concatenate(pair) for pair in ((self.counts, more.counts), (self.owner, more.owner)))
        return Loops(points, starts(counts), owner)

    def but(self, replaced: npt.NDArray[np.integer], by: Loops) -> Loops:
        """The same without some of them, and others behind."""
        return self.take(np.delete(np.arange(len(self.owner)), replaced)).joined(by)

    def moved(self, along: float) -> Loops:
        """The same elsewhere, their first coordinates by so much greater."""
        return Loops(self.points + np.array([along, 0.0]), self.start, self.owner)

    def parted(self, longest: float) -> Loops:
        """The same lines with more vertices: no edge advances by more than `longest` along an axis.

        An edge gets the same vertices whichever way it is run.
        """
        ends = self.points[Rings(self.points, self.start).following]
        times = np.maximum(np.ceil(np.abs(ends - self.points).max(axis=1) / longest), 1).astype(np.int64)
        begin = starts(times)
        step, edge = np.arange(begin[-1]) - np.repeat(begin[:-1], times), np.repeat(np.arange(len(times)), times)
        back = (self.points[:, 0] > ends[:, 0]) | ((self.points[:, 0] == ends[:, 0]) & (self.points[:, 1] > ends[:, 1]))
        near, far = (
            np.where(back[:, None], one, other)[edge] for one, other in ((ends, self.points), (self.points, ends))
        )
        way = np.where(back[edge], times[edge] - step, step) / times[edge]
        points = near + way[:, None] * (far - near)
        points[begin[:-1]] = self.points
        return Loops(points, begin[self.start], self.owner)


def starts(counts: Sequence[int] | npt.NDArray[np.integer]) -> Whole:
    """Where each of several stretches begins that stand one after another, and the end of the last."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def cut(loops: Loops, seam: float, gap: float) -> Loops:
    """Loops in lon/lat, those that cross a meridian cut along it.

    Args:
        loops: What is cut.
        seam: Longitude.
        gap: How far the parts stay away from it on either side, degrees.
    """
    strip = np.floor((np.stack([loops.least[:, 0], loops.greatest[:, 0]]) - seam) / 360.0)
    torn = np.flatnonzero(strip[0] != strip[1])
    rings, owner = [], []
    for loop in torn.tolist():
        whole = shapely.Polygon(loops.ring(loop))
        for west in seam + 360.0 * np.arange(strip[0, loop], strip[1, loop] + 1):
            half = shapely.box(west + gap, -91.0, west + 360.0 - gap, 91.0)
            kept = [one for one in shapely.get_parts(shapely.intersection(whole, half)) if one.area > 0]
            rings += [shapely.get_coordinates(one.exterior)[:-1] for one in kept]
            owner += [int(loops.owner[loop])] * len(kept)
    return loops.but(torn, Loops.of(rings, np.array(owner, np.int64))) if len(torn) else loops
