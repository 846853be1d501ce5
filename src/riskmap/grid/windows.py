"""Windows: the pixels of rasters some whole rows at a time, never resampled and never all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window as Extent

from riskmap.errors import InputError
from riskmap.grid.abreast import in_slices
from riskmap.grid.mesh import Mesh, mesh_of
from riskmap.grid.scan import braid, extremes, settle
from riskmap.model.cube import Floats

Pixels = npt.NDArray[np.floating]
Source = tuple[rasterio.DatasetReader, int]
"""A raster that is open, and the number of one of its bands."""

_PIXELS = 1 << 20
_ROWS = 64
_EXACT_IN_SINGLE = {"uint8", "int8", "uint16", "int16", "float16", "float32"}
_UNITS_IN_LAST_PLACE = 4.0


@dataclass(frozen=True)
class Bands:
    """Bands on one mesh, of one raster or of several, that are open.

    Args:
        sources: The bands.
        mesh: Where their pixels lie.
        least: Values below it are unknown.
        mask: Band on the same mesh: only pixels where it is known and not 0 were observed.
    """

    sources: tuple[Source, ...]
    mesh: Mesh
    least: float
    mask: Source | None = None

    def windows(self) -> Iterator[tuple[int, Pixels, Floats]]:
        """Number of the first row; pixels, NaN where unknown, shape (rows, columns, bands); and the account.

        The last is sum, number, least and greatest of the values of every band and row, shape (bands, 4, rows); the
        last two are told where negative values are. The next window is read while this one is worked on; its pixels
        then take the room of these.
        """
        height, width = self.mesh.shape
        rows = self._rows
        rooms = [np.empty((len(self.sources), rows, width), self._dtype) for _ in range(2)]
        braided = np.empty((rows, width, len(self.sources)), self._dtype)
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(self._read, 0, rooms[0])
            for turn, first in enumerate(range(0, height, rows)):
                pixels = ahead.result()
                if first + rows < height:
                    ahead = reader.submit(self._read, first + rows, rooms[(turn + 1) % 2])
                yield first, *self._settled(pixels, braided)

    @property
    def _rows(self) -> int:
        """Rows of a window: whole blocks of the file where one fits."""
        height, width = self.mesh.shape
        blocks = int(self.sources[0][0].block_shapes[0][0])
        rows = max(1, _PIXELS // (width * len(self.sources)))
        return min(height, rows // blocks * blocks if rows > blocks else rows)

    def _read(self, first: int, room: Pixels) -> Pixels:
        """Rows from `first` on, as many as there are room and rows for."""
        rows = min(room.shape[1], self.mesh.shape[0] - first)
        extent, pixels = Extent(0, first, self.mesh.shape[1], rows), room[:, :rows]
        for row, source in enumerate(self.sources):
            _fill(source, extent, pixels[row])
        if self.mask is not None:
            raster, band = self.mask
            pixels[:, raster.read(band, window=extent, masked=True).filled(0) == 0] = np.nan
        return pixels

    @property
    def _dtype(self) -> str:
        exact = {raster.dtypes[band - 1] for raster, band in self.sources} <= _EXACT_IN_SINGLE
        return "float32" if exact else "float64"

    def _settled(self, pixels: Pixels, braided: Pixels) -> tuple[Pixels, Floats]:
        """Pixels with NaN for what is unknown, the bands of each side by side; and the account."""
        bands, rows, columns = pixels.shape
        unsaid = np.stack([np.zeros(rows), np.zeros(rows), np.full(rows, -np.inf), np.full(rows, np.inf)])
        account = np.tile(unsaid, (bands, 1, 1))
        none = [_none(raster.nodatavals[band - 1], pixels.dtype) for raster, band in self.sources]

        def work(part: slice) -> None:
            for band in range(bands):
                settle(pixels[band, part], none[band], self.least, account[band, :2, part])
                if self.least < 0:
                    extremes(pixels[band, part], account[band, 2:, part])
            if bands > 1:
                braid(pixels[:, part], braided[part])

        in_slices(work, rows, _ROWS)
        return braided[:rows] if bands > 1 else pixels.reshape(rows, columns, 1), account


@contextmanager
def opened(hrefs: Sequence[str], least: float, mask: str | None = None) -> Iterator[Bands]:
    """Bands of rasters with the same pixels, to be read inside the context.

    Args:
        hrefs: What GDAL reads, each with `#band=2` behind it for a band other than the first.
        least: Values below it are unknown.
        mask: Likewise, a raster that says where values were observed; None where they were everywhere.

    Raises:
        InputError: A raster cannot be opened or read, has no coordinate system, is rotated, lacks a band, or has other
            pixels than the first.
    """
    with ExitStack() as stack:
        sources = [_source(href, stack) for href in (*hrefs, *([mask] if mask else []))]
        mesh = mesh_of(sources[0][0])
        for raster, _ in sources[1:]:
            if mesh_of(raster) != mesh:
                raise InputError(raster.name, f"has other pixels than {sources[0][0].name}; warp it onto them")
        masking = sources.pop() if mask else None
        yield Bands(tuple(sources), mesh, least, masking)


def alike(hrefs: Sequence[str]) -> list[list[str]]:
    """Rasters in groups that have the same pixels, in the order of their first ones.

    Raises:
        InputError: As for `opened`.
    """
    groups: dict[Mesh, list[str]] = {}
    for href in hrefs:
        with opened([href], 0.0) as bands:
            groups.setdefault(bands.mesh, []).append(href)
    return list(groups.values())


def _source(href: str, stack: ExitStack) -> Source:
    path, _, named = href.partition("#band=")
    band = int(named or 1)
    try:
        raster = stack.enter_context(rasterio.open(path))
    except rasterio.errors.RasterioIOError as error:
        raise InputError(path, f"cannot be read as a raster: {error}") from error
    if band not in raster.indexes:
        raise InputError(raster.name, f"has no band {band}; it has {raster.count}")
    return raster, band


def _fill(source: Source, extent: Extent, pixels: Pixels) -> None:
    """Reads one window of one band; what a mask or an alpha band of its own leaves out is unknown."""
    raster, band = source
    try:
        raster.read(band, window=extent, out=pixels)
        if rasterio.enums.MaskFlags.per_dataset in raster.mask_flag_enums[band - 1]:
            pixels[raster.read_masks(band, window=extent) == 0] = np.nan
    except rasterio.errors.RasterioIOError as error:
        raise InputError(raster.name, f"cannot be read as a raster: {error}") from error


def _none(nodata: float | None, dtype: np.dtype[np.generic]) -> tuple[float, float]:
    """The value that stands for none, and how near to it GDAL takes others for it."""
    if nodata is None or not abs(nodata) <= float(np.finfo(dtype.name).max):
        return np.nan, 0.0
    value = float(dtype.type(nodata))
    return value, _UNITS_IN_LAST_PLACE * float(np.finfo(dtype.name).eps) * abs(value)
