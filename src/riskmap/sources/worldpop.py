"""WorldPop, or any other raster of people: checked here, summed on the grid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import rasterio
from pydantic import Field
from pyproj import Geod
from rasterio.windows import Window

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Floats, received
from riskmap.sources.options import Given, checked
from riskmap.sources.source import Options, Reading

_GEOD = Geod(ellps="WGS84")
_ECCENTRICITY = float(np.sqrt(_GEOD.es))
_WINDOW_ROWS = 1024
_UNITS = {"count": "people", "density": "people/km2"}
_SPARSE_PER_KM2 = 1.0
_LARGE_KM2 = 100_000.0
_WORLD_PEOPLE = 1.1e10
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")

_LICENCE = Licence(
    id="CC-BY-4.0",
    attribution="WorldPop, School of Geography and Environmental Science, University of Southampton",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)


class _Options(Given):
    quantity: Literal["count", "density"] | None = None
    band: int = Field(default=1, ge=1)
    year: int | None = Field(default=None, ge=1900, le=2100)


@dataclass(frozen=True)
class _Sums:
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

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.pixels + other.pixels,
            self.km2 + other.km2,
            self.total + other.total,
            self.weighted + other.weighted,
            self.negative + other.negative,
            float(np.fmin(self.lowest, other.lowest)),
            float(np.fmax(self.highest, other.highest)),
        )


@dataclass(frozen=True)
class WorldPop:
    """People by pixel.

    Measure: `population`, one record that names the raster, whose unit says whether pixels hold counts or densities.
    """

    name: str = "worldpop"
    title: str = "WorldPop or any other population raster"
    licence: Licence = _LICENCE
    options: frozenset[str] = frozenset(_Options.model_fields)

    def read(self, raw: Raw, options: Options) -> Reading:
        """One record for the raster, which counts as one; a pure function of its bytes and the options.

        Options: `quantity` (`count` of people in a pixel or `density` in people per km², required: files do not say
        which, and the wrong one is out by the pixel's area); `band` (1); `year`, where the file's name does not hold
        exactly one.

        Raises:
            InputError: The raster cannot be opened, has no coordinate system, no such band or no value, holds integers
                that have overflowed, or an option is missing or wrong.
        """
        given = checked(_Options, raw, options)
        if given.quantity is None:
            raise InputError(
                raw.name,
                "option quantity is missing: 'count' where a pixel holds its number of people, 'density' where it holds"
                " people per km2; the file does not say, and the wrong one is out by the pixel's area in km2",
            )
        year, told = _year(raw, given.year)
        sums, dtype = _read(raw, given.band)
        _check_overflow(raw, sums, dtype)
        layer = Layer.build(
            {
                "record_id": [f"{raw.name}/{year}"],
                "source": self.name,
                "theme": "population",
                "measure": "population",
                "kind": "stock",
                "spread": "extensive",
                "value": None,
                "unit": _UNITS[given.quantity],
                "start": _first_day(year),
                "end": _first_day(year + 1),
                "time_precision": "year",
                "retrieved": received(raw, 1),
                "href": pa.array([raw.path.as_posix() + (f"#band={given.band}" if given.band > 1 else "")]),
                "licence": self.licence.id,
            }
        )
        return Reading(layer, 1, 1, notes=tuple(filter(None, (told, *_notes(sums, given.quantity)))))


def _year(raw: Raw, given: int | None) -> tuple[int, str]:
    if given is not None:
        return given, ""
    found = sorted(set(_YEAR.findall(raw.path.name)))
    if len(found) != 1:
        raise InputError(
            raw.name, f"option year is missing, and the file's name holds {', '.join(found) or 'none'}; give it"
        )
    return int(found[0]), f"year {found[0]} is taken from the file's name"


def _read(raw: Raw, band: int) -> tuple[_Sums, np.dtype[np.generic]]:
    try:
        with rasterio.open(raw.path) as raster:
            if raster.crs is None:
                raise InputError(raw.name, "names no coordinate system; give it one with gdal_edit.py -a_srs")
            if band not in raster.indexes:
                raise InputError(raw.name, f"has no band {band}, only {raster.count}; mend the option band")
            sums = sum((_sums(pixels, km2) for pixels, km2 in _windows(raster, band)), _Sums())
            dtype = np.dtype(raster.dtypes[band - 1])
    except rasterio.errors.RasterioIOError as error:
        raise InputError(raw.name, f"cannot be read as a raster: {error}") from error
    if not sums.pixels:
        raise InputError(raw.name, f"band {band} holds no value at all")
    return sums, dtype


def _windows(raster: rasterio.DatasetReader, band: int) -> Iterator[tuple[Floats, Floats]]:
    """Pixels of some rows at a time, NaN where nodata, shape (rows, columns), with the area of a pixel of each row."""
    for first in range(0, raster.height, _WINDOW_ROWS):
        rows = min(_WINDOW_ROWS, raster.height - first)
        pixels = raster.read(band, window=Window(0, first, raster.width, rows), masked=True)
        yield pixels.astype(np.float64).filled(np.nan), _pixel_km2(raster, first, rows)


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


def _sums(pixels: Floats, km2: Floats) -> _Sums:
    known = ~np.isnan(pixels)
    if not known.any():
        return _Sums()
    return _Sums(
        pixels=int(known.sum()),
        km2=float((known.sum(axis=1) * km2).sum()),
        total=float(np.nansum(pixels)),
        weighted=float((np.nansum(pixels, axis=1) * km2).sum()),
        negative=int((pixels[known] < 0).sum()),
        lowest=float(np.nanmin(pixels)),
        highest=float(np.nanmax(pixels)),
    )


def _check_overflow(raw: Raw, sums: _Sums, dtype: np.dtype[np.generic]) -> None:
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


def _notes(sums: _Sums, quantity: str) -> Iterator[str]:
    people, other = (sums.total, sums.weighted) if quantity == "count" else (sums.weighted, sums.total)
    yield f"{people:,.0f} people on {sums.km2:,.0f} km2 taken as {quantity}; taken otherwise they would be {other:,.0f}"
    if sums.negative:
        yield f"{sums.negative} negative pixels that are not nodata are unknown"
    if quantity == "count" and people < _SPARSE_PER_KM2 * sums.km2 and sums.km2 > _LARGE_KM2:
        yield f"only {people / sums.km2:.2g} people per km2: this looks like a density, not a count"
    if people > _WORLD_PEOPLE:
        yield f"more people than the world has: this looks like a {'density' if quantity == 'count' else 'count'}"


def _first_day(year: int) -> npt.NDArray[np.datetime64]:
    return np.array([np.datetime64(f"{year}-01-01", "s")])
