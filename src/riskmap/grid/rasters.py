"""Rasters to cells: sums and means of pixels by the area each cell has of them, window by window."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from riskmap.errors import PlacementError
from riskmap.grid.cells import Grid
from riskmap.grid.coverage import Coverage, coverage_of, sums_of, worth
from riskmap.grid.mesh import Outlines, outlines_on
from riskmap.grid.scan import Window
from riskmap.grid.windows import Bands, alike, opened
from riskmap.model.cube import Floats, Support

Quantity = Literal["count", "density"]
_T = TypeVar("_T")

_OVERLAP = 0.02
_TOLD = 300
_ABREAST = 8


@dataclass(frozen=True)
class RasterSums:
    """A raster summed over a grid.

    Args:
        values: Sum inside each cell, NaN where no pixel with a value lies in it; shape (cells,).
        coverage: Share of each cell under pixels with a value, in the raster's own plane; shape (cells,).
        total_in: Sum of all pixels with a value.
        total_outside: What lies in no cell of the grid.
    """

    values: Floats
    coverage: npt.NDArray[np.float32]
    total_in: float
    total_outside: float


@dataclass(frozen=True)
class RasterMeans:
    """A raster averaged over a grid.

    Args:
        values: Mean inside each cell by area, NaN where no pixel with a value lies in it; shape (cells,).
        coverage: Share of each cell under pixels with a value, in the raster's own plane; shape (cells,).
        mean_in: Mean of all pixels with a value, by area; NaN where there is none.
        known_km2: Area of pixels with a value in each cell, shape (cells,).
        total_km2: Area of all pixels with a value.
    """

    values: Floats
    coverage: npt.NDArray[np.float32]
    mean_in: float
    known_km2: Floats
    total_km2: float


def sum_cells(href: str, grid: Grid, quantity: Quantity, mask: str | None = None) -> RasterSums:
    """Sums of a raster's pixels in every cell of a grid, each pixel by the exact share of it inside the cell.

    Pixels are never resampled: the cells' outlines are taken into the raster's own coordinate system. Nodata, NaN and
    negative pixels are unknown and lower the coverage.

    Args:
        href: Path of any raster that GDAL reads, not rotated, with `#band=2` behind it for a band other than the first.
        grid: The cells.
        quantity: `count` (people in the pixel) or `density` (people per km², multiplied by each pixel's area as
            `riskmap.grid.mesh.Mesh.pixel_km2` gives it).
        mask: Likewise, a raster with the same pixels: where it is 0 or unknown, nothing was observed.

    Raises:
        InputError: The raster cannot be opened, has no coordinate system, is rotated, or lacks the band, or the mask
            has other pixels.
    """
    return sum_stack([href], grid, quantity, mask)[0]


def sum_stack(hrefs: Sequence[str], grid: Grid, quantity: Quantity, mask: str | None = None) -> tuple[RasterSums, ...]:
    """As `sum_cells` for several rasters with the same pixels, or bands of one; up to eight are summed in one pass.

    How the cells lie over the pixels is worked out once for all of them.

    Args:
        hrefs: The rasters, or bands of one; at least one.
        grid: The cells.
        quantity: What pixels of all of them hold.
        mask: As for `sum_cells`.

    Raises:
        InputError: As for `sum_cells`, or one of them has other pixels than the first.
    """
    return tuple(_sum(one) for one in _gathered(hrefs, grid, _Ask(0.0, quantity == "density", mask)))


def sum_tiles(
    hrefs: Sequence[str], grid: Grid, quantity: Quantity, summed: Mapping[str, RasterSums] | None = None
) -> RasterSums:
    """Several rasters that lie side by side, summed as one.

    Args:
        hrefs: As for `sum_cells`.
        grid: The cells.
        quantity: What pixels hold.
        summed: Those of them that were summed before.

    Raises:
        InputError: As for `sum_cells`.
        PlacementError: Two of them lie over one another, so that whoever is in both would count twice.
    """
    shape, before, total = len(grid), summed or {}, 0.0
    values, known, covered = np.zeros(shape), np.zeros(shape, bool), np.zeros(shape)
    for href in hrefs:
        part = before.get(href) or sum_cells(href, grid, quantity)
        values += np.nan_to_num(part.values)
        known |= ~np.isnan(part.values)
        covered += part.coverage
        total += part.total_in
    _check_apart(hrefs, covered)
    coverage = np.minimum(covered, 1.0).astype(np.float32)
    return RasterSums(np.where(known, values, np.nan), coverage, total, total - math.fsum(values))


def mean_cells(href: str, grid: Grid, mask: str | None = None) -> RasterMeans:
    """Means of a raster's pixels in every cell of a grid, by the area that each has inside it.

    Nodata and NaN pixels are unknown and lower the coverage; negative ones are values. A pixel weighs as its
    area, as `riskmap.grid.mesh.Mesh.pixel_km2` gives it.

    Args:
        href: As for `sum_cells`.
        grid: The cells.
        mask: As for `sum_cells`.

    Raises:
        InputError: As for `sum_cells`.
    """
    return mean_stack([href], grid, mask)[0]


def mean_stack(hrefs: Sequence[str], grid: Grid, mask: str | None = None) -> tuple[RasterMeans, ...]:
    """As `mean_cells` for several rasters with the same pixels, or bands of one; see `sum_stack`.

    Raises:
        InputError: As for `sum_stack`.
    """
    return tuple(_mean(one) for one in _gathered(hrefs, grid, _Ask(-np.inf, by_area=True, mask=mask)))


def mean_tiles(hrefs: Sequence[str], grid: Grid, averaged: Mapping[str, RasterMeans] | None = None) -> RasterMeans:
    """Several rasters that lie side by side, averaged as one.

    Args:
        hrefs: As for `sum_cells`.
        grid: The cells.
        averaged: Those of them that were averaged before.

    Raises:
        InputError: As for `sum_cells`.
        PlacementError: Two of them lie over one another.
    """
    shape, before = len(grid), averaged or {}
    weighted, km2, covered, wholes = np.zeros(shape), np.zeros(shape), np.zeros(shape), []
    for href in hrefs:
        part = before.get(href) or mean_cells(href, grid)
        if len(hrefs) == 1:
            return part
        weighted += np.nan_to_num(part.values) * part.known_km2
        km2 += part.known_km2
        covered += part.coverage
        wholes.append((float(np.nan_to_num(part.mean_in)) * part.total_km2, part.total_km2))
    _check_apart(hrefs, covered)
    total, area = (math.fsum(one) for one in zip(*wholes, strict=True))
    values = np.divide(weighted, km2, out=np.full(shape, np.nan), where=km2 > 0)
    coverage = np.minimum(covered, 1.0).astype(np.float32)
    return RasterMeans(values, coverage, total / area if area else np.nan, km2, area)


def stacked(hrefs: Sequence[str], take: Callable[[Sequence[str]], tuple[_T, ...]]) -> dict[str, _T]:
    """Results for those of several rasters that have the same pixels as another one, each group taken together.

    Args:
        hrefs: The rasters, each once.
        take: `sum_stack` or `mean_stack`, with everything but the rasters filled in.

    Raises:
        InputError: As for `sum_cells`.
    """
    groups = [group for group in alike(hrefs) if len(group) > 1]
    return {href: found for group in groups for href, found in zip(group, take(group), strict=True)}


def pixel_support(href: str, grid: Grid) -> npt.NDArray[np.int8]:
    """How finely a raster knows each cell: one smaller than a pixel is known only by what lies near it.

    Returns:
        `Support` codes, shape (cells,).

    Raises:
        InputError: As for `sum_cells`.
    """
    with opened([href], 0.0) as bands:
        mesh = bands.mesh
    km2 = mesh.pixel_km2(0, mesh.shape[0])
    row = (grid.lat - mesh.origin[1]) / mesh.step[1] if mesh.geographic else np.zeros(len(grid))
    pixel = km2[row.astype(np.int64).clip(0, mesh.shape[0] - 1)]
    return np.where(pixel > grid.area_km2, Support.NEAR, Support.CELL).astype(np.int8)


def _check_apart(hrefs: Sequence[str], covered: Floats) -> None:
    twice = int((covered > 1 + _OVERLAP).sum())
    if twice:
        named = ", ".join(Path(href.partition("#")[0][:_TOLD]).name for href in hrefs)
        raise PlacementError(
            f"rasters lie over one another in {twice} cells: {named}; name one product, and each tile once"
        )


@dataclass(frozen=True)
class _Ask:
    """What to take of a raster: which values, how they weigh, and where they were observed.

    Args:
        least: Values below it are unknown.
        by_area: Whether a pixel weighs as its area, or as one.
        mask: Raster that says where values were observed.
    """

    least: float
    by_area: bool
    mask: str | None


@dataclass(frozen=True)
class _Gathered:
    """What cells have of a raster, and what the whole raster has.

    Args:
        weighted: Values times weight, shape (cells,).
        weights: Pixels with a value times weight, shape (cells,).
        known: Whether there is any, shape (cells,).
        coverage: Share of each cell that they are, shape (cells,).
        whole: Values times weight, weight, least and greatest value.
    """

    weighted: Floats
    weights: Floats
    known: npt.NDArray[np.bool_]
    coverage: npt.NDArray[np.float32]
    whole: tuple[float, float, float, float]


def _sum(found: _Gathered) -> RasterSums:
    return RasterSums(
        values=np.where(found.known, found.weighted, np.nan),
        coverage=found.coverage,
        total_in=found.whole[0],
        total_outside=found.whole[0] - math.fsum(found.weighted),
    )


def _mean(found: _Gathered) -> RasterMeans:
    total, km2, least, greatest = found.whole
    values = np.divide(found.weighted, found.weights, out=np.full(len(found.known), np.nan), where=found.weights > 0)
    return RasterMeans(
        values=np.clip(values, least, greatest),
        coverage=found.coverage,
        mean_in=total / km2 if km2 else np.nan,
        known_km2=found.weights,
        total_km2=km2,
    )


def _gathered(hrefs: Sequence[str], grid: Grid, ask: _Ask) -> Iterator[_Gathered]:
    way: Coverage | Outlines | None = None
    for first in range(0, len(hrefs), _ABREAST):
        with opened([hrefs[0], *hrefs[first : first + _ABREAST]], ask.least, ask.mask) as bands:
            way = way or _way(bands, grid, again=len(hrefs) > _ABREAST)
            yield from _summed(replace(bands, sources=bands.sources[1:]), way, by_area=ask.by_area)


def _way(bands: Bands, grid: Grid, *, again: bool) -> Coverage | Outlines:
    """How the cells lie over the pixels, worked out further where it is used again."""
    outlines = outlines_on(bands.mesh, grid)
    return coverage_of(bands.mesh, outlines) if again and worth(bands.mesh, outlines) else outlines


def _summed(bands: Bands, way: Coverage | Outlines, *, by_area: bool) -> Iterator[_Gathered]:
    accounts: list[Floats] = []
    found = sums_of(way, _weighed(bands, accounts, by_area=by_area), len(bands.sources))
    for band, whole in enumerate(np.concatenate(accounts, axis=2)):
        weighted, pixels, weights = found[:, band].T
        share = np.divide(pixels, way.pixels, out=np.zeros(len(pixels)), where=way.pixels > 0)
        yield _Gathered(
            weighted=weighted,
            weights=weights,
            known=pixels > 0,
            coverage=np.where(share > 1 - 1e-9, 1.0, share).astype(np.float32),
            whole=(math.fsum(whole[0]), math.fsum(whole[1]), float(whole[2].min()), float(whole[3].max())),
        )


def _weighed(bands: Bands, accounts: list[Floats], *, by_area: bool) -> Iterator[Window]:
    """Windows of pixels with the weight of their rows; what each holds is noted in `accounts`."""
    for first, pixels, told in bands.windows():
        rows = len(pixels)
        weight = bands.mesh.pixel_km2(first, rows) if by_area else np.ones(rows)
        told[:, :2] *= weight
        accounts.append(told)
        yield Window(pixels, first, weight)
