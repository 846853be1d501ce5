"""Coverage: the share of every pixel in every cell, kept as a sparse matrix for all rasters on one mesh."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.grid.abreast import in_slices
from riskmap.grid.loops import Whole, starts
from riskmap.grid.mesh import Mesh, Outlines
from riskmap.grid.scan import Window, list_shares, scan, take
from riskmap.model.cube import Floats

MOST_ENTRIES = 1 << 25
"""Entries above which a matrix is not kept: 400 MB."""

MOST_EACH = 64
"""Entries an outline above which it is not either: reading so many takes as long as tracing the outline anew."""

_SLICE = 4096


@dataclass(frozen=True)
class Coverage:
    """How the pixels of a mesh lie over the cells of a grid.

    Args:
        shares: Share of each pixel inside each cell, pixels counted row by row; shape (cells, pixels).
        width: Columns of the mesh.
        pixels: Area of every cell in pixels, those beyond the mesh included; shape (cells,).
    """

    shares: sparse.csr_matrix
    width: int
    pixels: Floats

    def sums(self, windows: Iterable[Window], bands: int) -> Floats:
        """What each cell has of the pixels of one raster.

        Rows are added one after another, as in a scan: a cell with one outline has the same sums to the last bit.

        Args:
            windows: All rows of the raster in their order.
            bands: How many each has.

        Returns:
            Values times weight, pixels with a value, and these times weight; shape (cells, bands, 3).
        """
        cells = self.shares.shape[0]
        found, reached = np.zeros((cells, bands, 3)), self.shares.indptr[:-1].astype(np.int64)
        for window in windows:
            self._add(window, reached, found)
        return found

    def _add(self, window: Window, reached: Whole, found: Floats) -> None:
        matrix = self.shares
        entries = _Entries(matrix.indptr, matrix.indices, matrix.data, self.width)
        in_slices(lambda part: _add(entries, window, part.start, reached[part], found[part]), len(found), _SLICE)


class _Entries(NamedTuple):
    start: npt.NDArray[np.integer]
    pixel: npt.NDArray[np.integer]
    share: Floats
    width: int


def sums_of(way: Coverage | Outlines, windows: Iterable[Window], bands: int) -> Floats:
    """What each cell has of the pixels of one raster, by its coverage or by scanning; as `Coverage.sums`."""
    if isinstance(way, Coverage):
        return way.sums(windows, bands)
    found = np.zeros((len(way.owner), bands, 3))
    for window in windows:
        _scan(way, window, found)
    by_cell = np.zeros((len(way.pixels), bands, 3))
    np.add.at(by_cell, way.owner, found)
    return by_cell


def _scan(outlines: Outlines, window: Window, found: Floats) -> None:
    chosen = outlines.within(window.first, window.first + len(window.pixels))
    in_slices(lambda part: scan(outlines.paths, window, chosen[part], found), len(chosen), _SLICE)


def worth(mesh: Mesh, outlines: Outlines, most: int = MOST_ENTRIES) -> bool:
    """Whether the coverage of outlines on a mesh has surely no more than so many entries, and few for each outline."""
    height, width = mesh.shape
    points, start = outlines.paths.points[:, 0], outlines.paths.start
    if not len(outlines.owner):
        return True
    west = np.floor(np.minimum.reduceat(points, start[:-1])).clip(0)
    east = np.ceil(np.maximum.reduceat(points, start[:-1])).clip(None, width)
    rows = outlines.after.clip(None, height) - outlines.first.clip(0)
    return bool(((east - west) * rows).sum() <= min(most, MOST_EACH * len(rows)))


def coverage_of(mesh: Mesh, outlines: Outlines) -> Coverage:
    """The coverage of outlines on the mesh they were drawn on."""
    cells, (height, width) = len(outlines.pixels), mesh.shape
    order = np.argsort(outlines.owner, kind="stable")
    parts = in_slices(lambda part: list_shares(outlines.paths, mesh.shape, order[part]), len(order), _SLICE)
    counts, pixel, share = (np.concatenate(one) for one in zip(*parts, strict=True))
    by_cell = np.bincount(outlines.owner[order], counts, minlength=cells).astype(np.int64)
    index = pixel.astype(np.int32 if height * width < 1 << 31 else np.int64)
    shares = sparse.csr_matrix((share, index, starts(by_cell)), shape=(cells, height * width))
    shares.sum_duplicates()  # Where a cell has several outlines; it also sorts.
    return Coverage(shares, width, outlines.pixels)


@numba.njit(cache=True, nogil=True)
def _add(entries: _Entries, window: Window, first: int, reached: Whole, found: Floats) -> None:
    """Adds one window to the cells from the one numbered `first` on.

    Args:
        entries: The matrix.
        window: Rows of pixels.
        first: Number of the first cell.
        reached: First entry of each cell that was not used yet, shape (cells,).
        found: As `Coverage.sums` returns, of these cells.
    """
    end = (window.first + len(window.pixels)) * entries.width
    for cell in range(len(reached)):
        at, stop = reached[cell], entries.start[first + cell + 1]
        while at < stop and entries.pixel[at] < end:
            low, pixel = at, entries.pixel[at]
            row, column = pixel // entries.width, pixel % entries.width
            stretch = min(stop, low + entries.width - column)
            while at < stretch and entries.pixel[at] - pixel == at - low:
                at += 1
            take(window, (row - window.first, column), entries.share, (low, at), found, cell)
        reached[cell] = at
