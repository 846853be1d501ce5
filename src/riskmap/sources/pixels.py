"""Pixels: what a raster of people holds, looked through once before the grid sums it, and never resampled."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import Geod
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Floats

Quantity = Literal["count", "density"]

UNITS = {"count": "people", "density": "people/km2"}

_GEOD = Geod(ellps="WGS84")
_ECCENTRICITY = float(np.sqrt(_GEOD.es))
_WINDOW_ROWS = 1024
_WINDOW_PIXELS = 1 << 24
_PIXELS_A_BYTE = 10_000
_SPARSE_PER_KM2 = 1.0
_LARGE_KM2 = 100_000.0
_WORLD_PEOPLE = 1.1e10
# In degrees, metres or feet alike.
_FARTHEST, _SMALLEST_PIXEL, _PIXEL_OF_REACH = 1e9, 1e-7, 1e-12


@dataclass(frozen=True)
class Sums:
    """What a raster holds, nodata left out.

    Args:
        pixels: Pixels with a value.
        km2: Their area.
        total: Sum of their values.
        weighted: Sum of their values times their areas.
        negative: Pixels below zero.
        lowest: Least value, NaN where there is none.
        highest: Greatest value, likewise.
    """

    pixels: int = 0
    km2: float = 0.0
    total: float = 0.0
    weighted: float = 0.0
    negative: int = 0
    lowest: float = np.nan
    highest: float = np.nan

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.pixels + other.pixels,
            self.km2 + other.km2,
            self.total + other.total,
            self.weighted + other.weighted,
            self.negative + other.negative,
            float(np.fmin(self.lowest, other.lowest)),
            float(np.fmax(self.highest, other.highest)),
        )

    def people(self, quantity: Quantity) -> float:
        """People in the raster, if its pixels hold this quantity."""
        return self.total if quantity == "count" else self.weighted


@dataclass(frozen=True)
class Lattice:
    """Where the pixels of a raster lie.

    Args:
        projection: Its coordinate system in PROJ's words, such as `longlat` or `moll`; empty where PROJ has none.
        wkt: Its coordinate system whole.
        width: Columns.
        height: Rows.
        geotransform: West edge, pixel width, 0, north edge, 0, pixel height (negative); units of the system.
    """

    projection: str
    wkt: str
    width: int
    height: int
    geotransform: tuple[float, ...]

    @property
    def pixel(self) -> float:
        """Width of a pixel in units of the coordinate system."""
        return self.geotransform[1]


@contextmanager
def opened(raw: Raw, href: str, band: int = 1) -> Iterator[rasterio.DatasetReader]:
    """A raster that lies somewhere, north up, and has a band of that number; to be read inside the context.

    Args:
        raw: The file, for messages.
        href: What GDAL opens: the file's path, or that of a member of an archive.
        band: Number of the band.

    Raises:
        InputError: The raster cannot be opened or read, lies nowhere, is rotated, lacks the band, holds complex numbers
            in it, or declares far more pixels than its bytes can hold.
    """
    try:
        with _opened(raw, href) as raster:
            _check_place(raw, raster, band)
            yield raster
    # Some errors of GDAL come through as they are, under a name that is not public.
    except (RasterioError, CPLE_BaseError, ValueError) as error:
        raise InputError(raw.name, f"cannot be read as a raster: {error}") from error


def survey(raw: Raw, href: str, band: int = 1) -> tuple[Sums, Lattice]:
    """What one band of a raster holds, and where; its values are read window by window and never resampled.

    Args:
        raw: The file, for messages.
        href: What GDAL opens: the file's path, or that of a member of an archive.
        band: Number of the band.

    Raises:
        InputError: The raster cannot be opened or read, lies nowhere, is rotated, has no such band, holds integers
            that have overflowed, values that go beyond all numbers when summed or, if it is whole, none, or declares
            far more pixels than its bytes can hold.
    """
    sums, lattice, dtype = looked_over(raw, href, band)
    # Of a part, all may be sea.
    if not sums.pixels and raw.part is None:
        raise InputError(raw.name, f"band {band} holds no value at all")
    _check_overflow(raw, sums, dtype)
    check_sums(raw, sums)
    return sums, lattice


def looked_over(raw: Raw, href: str, band: int = 1) -> tuple[Sums, Lattice, np.dtype[np.generic]]:
    """As `survey`, whatever the values are, with their type.

    Raises:
        InputError: The raster cannot be opened or read, lies nowhere, is rotated, has no such band, or declares far
            more pixels than its bytes can hold.
    """
    with opened(raw, href, band) as raster:
        sums = sum((_sums(pixels, km2) for pixels, km2 in _windows(raster, band)), Sums())
        return sums, _lattice(raster), np.dtype(raster.dtypes[band - 1])


def check_sums(raw: Raw, sums: Sums) -> None:
    """Values can be added up.

    Raises:
        InputError: They cannot.
    """
    if not np.isfinite([sums.total, sums.weighted]).all():
        raise InputError(raw.name, f"its values reach {sums.highest:g} and have no sum; give it its nodata value")


def as_floats(pixels: npt.NDArray[np.generic]) -> Floats:
    """Pixels as floats, shape as given; those whose bits warn whoever touches them are NaN like any other."""
    with np.errstate(invalid="ignore"):
        return pixels.astype(np.float64)


def taken_as(sums: Sums, quantity: Quantity) -> Iterator[str]:
    """Notes on what a raster holds, and on what looks wrong with it."""
    people, other = (sums.total, sums.weighted) if quantity == "count" else (sums.weighted, sums.total)
    yield f"{people:,.0f} people on {sums.km2:,.0f} km2 taken as {quantity}; taken otherwise they would be {other:,.0f}"
    if sums.negative:
        yield f"{sums.negative} negative pixels that are not nodata are unknown"
    if quantity == "count" and people < _SPARSE_PER_KM2 * sums.km2 and sums.km2 > _LARGE_KM2:
        yield f"only {people / sums.km2:.2g} people per km2: this looks like a density, not a count"
    if people > _WORLD_PEOPLE:
        yield f"more people than the world has: this looks like a {'density' if quantity == 'count' else 'count'}"


def added(lattice: Lattice, hrefs: Sequence[tuple[str, float]]) -> str:
    """One raster that is the sum of several on the same lattice: GDAL's own description of it, to be used as an href.

    A pixel that is unknown in one of them is unknown.

    Args:
        lattice: Of all of them.
        hrefs: Each with the share of its values that counts.
    """
    sources = "".join(
        f'<ComplexSource><SourceFilename relativeToVRT="0">{escape(href)}</SourceFilename><SourceBand>1</SourceBand>'
        f"<ScaleOffset>0</ScaleOffset><ScaleRatio>{share!r}</ScaleRatio></ComplexSource>"
        for href, share in hrefs
    )
    return (
        f'<VRTDataset rasterXSize="{lattice.width}" rasterYSize="{lattice.height}"><SRS>{escape(lattice.wkt)}</SRS>'
        f"<GeoTransform>{', '.join(map(repr, lattice.geotransform))}</GeoTransform>"
        '<VRTRasterBand dataType="Float64" band="1" subClass="VRTDerivedRasterBand"><NoDataValue>nan</NoDataValue>'
        f"<PixelFunctionType>sum</PixelFunctionType>{sources}</VRTRasterBand></VRTDataset>"
    )


def first_day(year: int) -> Days:
    """The first day of a year as the one value of a column."""
    return np.array([np.datetime64(f"{year:04d}-01-01", "s")])


def _opened(raw: Raw, href: str) -> rasterio.DatasetReader:
    with warnings.catch_warnings():
        # A raster that lies nowhere is refused below, in words.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        raster: rasterio.DatasetReader = rasterio.open(href)
    length = raw.path.stat().st_size
    if raster.width * raster.height > _PIXELS_A_BYTE * length or raster.width > _WINDOW_PIXELS:
        pixels = f"{raster.width:,} x {raster.height:,}"
        raster.close()
        raise InputError(raw.name, f"declares {pixels} pixels in {length:,} bytes; it is damaged, fetch it again")
    return raster


def _check_place(raw: Raw, raster: rasterio.DatasetReader, band: int) -> None:
    if raster.crs is None:
        raise InputError(raw.name, "names no coordinate system; give it one with gdal_edit.py -a_srs")
    if band not in raster.indexes:
        raise InputError(raw.name, f"has no band {band}, only {raster.count}; mend the option band")
    transform = raster.transform
    if transform.is_identity:
        raise InputError(raw.name, "tells not where it lies; give it its place with gdal_edit.py -a_ullr")
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(raw.name, "is rotated or not north up; warp it first")
    reach, pixel = np.abs(raster.bounds).max(), min(transform.a, -transform.e)
    if not (reach <= _FARTHEST and pixel >= max(_SMALLEST_PIXEL, _PIXEL_OF_REACH * reach)):
        raise InputError(
            raw.name,
            f"lies nowhere: pixels of {transform.a:g} x {-transform.e:g} from {transform.c:g}, {transform.f:g} on; give"
            " it its place with gdal_edit.py -a_ullr",
        )
    if raster.dtypes[band - 1].startswith("complex"):
        raise InputError(raw.name, f"band {band} holds complex numbers; take their size first, with gdal_calc.py")


def _lattice(raster: rasterio.DatasetReader) -> Lattice:
    return Lattice(
        projection=str(raster.crs.to_dict(projjson=False).get("proj", "longlat" if raster.crs.is_geographic else "")),
        wkt=raster.crs.to_wkt(),
        width=raster.width,
        height=raster.height,
        geotransform=tuple(float(one) for one in raster.transform.to_gdal()),
    )


def _windows(raster: rasterio.DatasetReader, band: int) -> Iterator[tuple[Floats, Floats]]:
    """Pixels of some rows at a time, NaN where nodata, shape (rows, columns), with the area of a pixel of each row."""
    step = max(1, min(_WINDOW_ROWS, _WINDOW_PIXELS // raster.width))
    for first in range(0, raster.height, step):
        rows = min(step, raster.height - first)
        pixels = raster.read(band, window=Window(0, first, raster.width, rows), masked=True)
        unknown = np.ma.getmaskarray(pixels)
        yield np.where(unknown, np.nan, as_floats(pixels.data)), _pixel_km2(raster, first, rows)


def _pixel_km2(raster: rasterio.DatasetReader, first: int, rows: int) -> Floats:
    """Area of one pixel in each row in km², on the ellipsoid where coordinates are degrees; shape (rows,)."""
    transform = raster.transform
    if not raster.crs.is_geographic:
        pixel_km2 = abs(transform.determinant) * raster.crs.linear_units_factor[1] ** 2 / 1e6
        return np.full(rows, pixel_km2)
    edges = np.clip(transform.f + transform.e * np.arange(first, first + rows + 1), -90, 90)
    km2: Floats = abs(transform.a) * np.abs(np.diff(_area_south_of(edges)))
    return km2


def _area_south_of(latitude: Floats) -> Floats:
    """Area from the equator to a latitude, a degree of longitude wide, in km², negative in the south.

    Source: J. P. Snyder, Map Projections: A Working Manual, US Geological Survey, 1987, equation 3-12.
    """
    e, sine = _ECCENTRICITY, np.sin(np.radians(latitude))
    authalic = (1 - e**2) * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    km2: Floats = np.radians(1.0) * (_GEOD.a / 1000) ** 2 * authalic / 2
    return km2


def _sums(pixels: Floats, km2: Floats) -> Sums:
    known = np.isfinite(pixels)
    if not known.any():
        return Sums()
    pixels = np.where(known, pixels, 0.0)
    # A sum that is no number is refused by who asked for it.
    with np.errstate(over="ignore", invalid="ignore"):
        by_row = pixels.sum(axis=1)
        total, weighted = float(by_row.sum()), float((by_row * km2).sum())
    return Sums(
        pixels=int(known.sum()),
        km2=float((known.sum(axis=1) * km2).sum()),
        total=total,
        weighted=weighted,
        negative=int((pixels < 0).sum()),
        lowest=float(pixels[known].min()),
        highest=float(pixels[known].max()),
    )


def _check_overflow(raw: Raw, sums: Sums, dtype: np.dtype[np.generic]) -> None:
    """Integers that reach the end of their type have been cut off there, or have turned negative.

    Raises:
        InputError: They do.
    """
    if not np.issubdtype(dtype, np.integer):
        return
    limits = np.iinfo(str(dtype))
    if sums.highest >= limits.max or (limits.min < 0 and sums.lowest <= limits.min):
        raise InputError(
            raw.name,
            f"its values reach the end of {dtype} ({sums.lowest:g} to {sums.highest:g}): larger ones were cut off, or"
            " this is its nodata value; write it as float32 with its nodata set",
        )
