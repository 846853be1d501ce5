"""The pyramid: a measure on the parents of its cells, at every coarser resolution."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.cells import Grid, parents
from riskmap.grid.column import median_of
from riskmap.model.cube import Floats, Measure, Support

_TRACE = 1e-12
"""What a cell weighs beside its value or its people, so that support is told where all of them are 0."""

_DIGITS, _SMALLEST = 52, -1074
"""Binary digits that every whole number of so many fits a double with, and the power of two of the smallest double."""


@dataclass(frozen=True)
class Weights:
    """What intensive values are averaged by.

    Args:
        area_km2: Of each cell, above 0: what coverage is averaged by, and values where nobody lives; shape (cells,).
        people: Of each cell, NaN where unknown; shape (cells,) or (periods, cells); None to average by area.
    """

    area_km2: Floats
    people: Floats | None = None


@dataclass(frozen=True)
class Level:
    """A measure at one resolution.

    Args:
        grid: The cells.
        measure: Its arrays have shape (periods, cells).
    """

    grid: Grid
    measure: Measure


def exact_step(values: Floats) -> float:
    """The power of two to whose multiples values are `rounded` so that every sum of them is exact.

    It is 2^-52 of a power of two above the sum of all sizes, which a double holds every sum of multiples up to; no
    value moves by more than 2^-51 of that sum. The order of the values does not matter: sizes are first taken up to
    multiples of a unit so large that their sum is exact.

    Args:
        values: Any shape, up to 2^26 of them; NaN is left out.
    """
    sizes = np.abs(values[~np.isnan(values)])
    unit = _power(math.frexp(sizes.max(initial=0.0))[1] - _DIGITS + sizes.size.bit_length())
    total = float(np.ceil(sizes / unit).sum()) * unit
    return _power(math.frexp(total)[1] - _DIGITS)


def _power(exponent: int) -> float:
    """A power of two, at least the smallest double."""
    return math.ldexp(1.0, max(exponent, _SMALLEST))


def rounded(values: Floats, step: float) -> Floats:
    """Values as whole multiples of a power of two: sums of them are the same in any order, by any road."""
    found: Floats = np.rint(values / step) * step
    return found


def pyramid(
    measure: Measure, grid: Grid, weights: Weights, *, coarsest: int = 0, step: float | None = None
) -> tuple[Level, ...]:
    """A measure on its cells and on their parents at every coarser resolution.

    - An extensive value is the sum of its children's, bit for bit and in any order, and so are the sums of whole
      levels: the values of the finest level are `rounded` first, by at most 2^-51 of the measure's total.
    - An intensive value is the mean by people, or by area where no child has any; it lies within its children's.
    - Coverage is the mean by area over the children that the grid has; what is null has none.
    - Support is the weighted median: half of the value (or of the people) is known at least that finely.
    - Age is that of the youngest child.

    A parent is null only where all of its children are; else its coverage tells how much of it is known.

    Args:
        measure: Arrays of shape (periods, cells).
        grid: Its cells.
        weights: People and area of them.
        coarsest: Last resolution to climb to.
        step: Power of two to round extensive values to; that of `exact_step` where not said. The parts of a measure
            that is cut over several machines must share one.

    Returns:
        The levels, from that of the grid to the coarsest.
    """
    if measure.spread == "extensive":
        measure = replace(measure, values=rounded(measure.values, step or exact_step(measure.values)))
    codes = np.unique(measure.support[measure.support != Support.NONE])
    heap, levels = _Heap.of(measure, weights, codes), [Level(grid, measure)]
    for resolution in range(grid.resolution - 1, coarsest - 1, -1):
        start = _starts(grid, resolution)
        grid, heap = Grid(parents(grid.cells[start], resolution), resolution), heap.climbed(start)
        levels.append(Level(grid, heap.told(measure, codes)))
    return tuple(levels)


def members(grid: Grid, resolution: int) -> tuple[Grid, sparse.csr_matrix]:
    """The parents of a grid's cells, and which cells each has; shape (parents, cells), 1 where it has one."""
    start = np.append(_starts(grid, resolution), len(grid))
    matrix = sparse.csr_matrix((np.ones(len(grid)), np.arange(len(grid)), start), shape=(len(start) - 1, len(grid)))
    return Grid(parents(grid.cells[start[:-1]], resolution), resolution), matrix


def _starts(grid: Grid, resolution: int) -> npt.NDArray[np.int64]:
    """Where the children of each parent begin: sorted cells lie by their parents."""
    above = parents(grid.cells, resolution)
    return np.flatnonzero(np.append(True, above[1:] != above[:-1])[: len(above)])


@dataclass(frozen=True)
class _Heap:
    """What is carried up, by what it is made of; arrays of shape (kinds, periods, cells), no kinds where not needed.

    Args:
        known: Whether any child is; one kind.
        sums: Of values: extensive their sum, intensive their sums by people and by area.
        shares: Of intensive values: people and area of the known children.
        most: Of intensive values: the highest, and the lowest with its sign turned; -inf where unknown.
        layers: Weight of each support.
        seen: Area times coverage, and area.
        age: Lowest age, inf where unknown; one kind.
    """

    known: npt.NDArray[np.bool_]
    sums: Floats
    shares: Floats
    most: Floats
    layers: Floats
    seen: Floats
    age: npt.NDArray[np.float32]

    @classmethod
    def of(cls, measure: Measure, weights: Weights, codes: npt.NDArray[np.int8]) -> _Heap:
        """What the cells themselves carry."""
        known = ~np.isnan(measure.values)
        values, none = np.where(known, measure.values, 0.0), np.empty((0, *known.shape))
        area = np.broadcast_to(weights.area_km2, known.shape)
        if measure.spread == "extensive":
            sums, shares, most, size = values[None], none, none, np.abs(values) + _TRACE
        else:
            people = np.zeros_like(values) if weights.people is None else np.nan_to_num(weights.people)
            shares = np.stack([np.broadcast_to(people, known.shape), area]) * known
            sums, most = shares * values, np.where(known, np.stack([values, -values]), -np.inf)
            size = shares[0] + _TRACE * shares[1]
        layers = [np.where(known & (measure.support == code), size, 0.0) for code in codes]
        return cls(
            known=known[None],
            sums=sums,
            shares=shares,
            most=most,
            layers=np.stack(layers) if layers else none,
            seen=np.stack([area * np.where(known, measure.coverage, 0.0), area]),
            age=np.where(np.isnan(measure.age_days), np.inf, measure.age_days)[None].astype(np.float32),
        )

    def climbed(self, start: npt.NDArray[np.int64]) -> _Heap:
        """What the parents carry, whose children begin at `start`."""
        return _Heap(
            known=np.logical_or.reduceat(self.known, start, axis=-1),
            sums=np.add.reduceat(self.sums, start, axis=-1),
            shares=np.add.reduceat(self.shares, start, axis=-1),
            most=np.maximum.reduceat(self.most, start, axis=-1),
            layers=np.add.reduceat(self.layers, start, axis=-1),
            seen=np.add.reduceat(self.seen, start, axis=-1),
            age=np.minimum.reduceat(self.age, start, axis=-1),
        )

    def told(self, measure: Measure, codes: npt.NDArray[np.int8]) -> Measure:
        """The measure as these cells tell it."""
        values = self.sums[0] if measure.spread == "extensive" else self._mean()
        support = [median_of(layers, codes, Support.NONE) for layers in self.layers.swapaxes(0, 1)]
        return replace(
            measure,
            values=np.where(self.known[0], values, np.nan),
            coverage=np.clip(self.seen[0] / self.seen[1], 0.0, 1.0).astype(np.float32),
            support=np.stack(support),
            age_days=np.where(np.isinf(self.age[0]), np.float32(np.nan), self.age[0]),
        )

    def _mean(self) -> Floats:
        by_people, by_area = (
            np.divide(total, share, out=np.zeros_like(total), where=share > 0)
            for total, share in zip(self.sums, self.shares, strict=True)
        )
        mean: Floats = np.clip(np.where(self.shares[0] > 0, by_people, by_area), -self.most[1], self.most[0])
        return mean
