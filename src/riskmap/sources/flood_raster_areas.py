"""From the pixels of a flood raster to areas in lon/lat, window by window, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import rasterio
import shapely
from rasterio.features import shapes as outlines
from rasterio.windows import Window
from shapely.geometry import shape as shape_from

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Floats, Mask
from riskmap.sources.pixels import as_floats, opened
from riskmap.sources.rasters_place import extent, to_lon_lat
from riskmap.sources.vectors import Box

_WINDOW = 1024
_MOST_PIXELS = 1 << 30
_VALUES_TOLD = 5


@dataclass(frozen=True)
class Coding:
    """What the values of a raster mean.

    Args:
        flooded: Values of flooded pixels.
        dry: Of pixels seen dry.
        nodata: Of pixels that nobody could see, beside the raster's own.
        band: Number of the band.
        observed: Number of a band that is 0 where nobody could see; None where there is none.
    """

    flooded: tuple[float, ...]
    dry: tuple[float, ...]
    nodata: tuple[float, ...]
    band: int
    observed: int | None


@dataclass(frozen=True)
class Seen:
    """What a raster shows.

    Args:
        flooded: The flooded area in lon/lat; None where there is none.
        dry: Window -> the area seen dry in it; None where there is none.
        unseen: Share of the pixels that were not observed.
        notes: What else was noticed.
    """

    flooded: shapely.Geometry | None
    dry: Mapping[str, shapely.Geometry | None]
    unseen: float
    notes: tuple[str, ...] = field(default=())

    @property
    def is_blind(self) -> bool:
        """Whether nothing was seen at all."""
        return self.flooded is None and all(shape is None for shape in self.dry.values())


@dataclass(frozen=True)
class _Pane:
    """One window: its name, transform, and which pixels were seen flooded and dry, shape (rows, columns)."""

    name: str
    transform: rasterio.Affine
    flooded: Mask
    dry: Mask


def look_over(raw: Raw, coding: Coding, expect_bbox: Box | None = None) -> Seen:
    """The areas of a raster, in lon/lat.

    Args:
        raw: The file.
        coding: What its values mean.
        expect_bbox: West, south, east, north in degrees, of which the raster should lie somewhere inside.

    Raises:
        InputError: It cannot be read, holds values that mean nothing, is too large, or lies elsewhere.
    """
    with opened(raw, str(raw.path), coding.band) as raster:
        _check(raw, raster, coding)
        far = _distance(raw, raster, expect_bbox)
        wet, dry, seen = [], {}, 0
        for pane in _panes(raw, raster, coding):
            wet += _outlined(pane.flooded, pane.transform)
            dry[pane.name] = _lon_lat(raw, raster, shapely.union_all(_outlined(pane.dry, pane.transform)))
            seen += int(pane.flooded.sum() + pane.dry.sum())
        flooded = _lon_lat(raw, raster, shapely.union_all(wet))
        unseen = 1 - seen / (raster.width * raster.height)
    return Seen(flooded, dry, unseen, far or _nothing_there(flooded, dry, expect_bbox))


def _check(raw: Raw, raster: rasterio.DatasetReader, coding: Coding) -> None:
    if coding.observed is not None and coding.observed not in raster.indexes:
        raise InputError(raw.name, f"has no band {coding.observed}, only {raster.count}; mend the option observed_band")
    if raster.width * raster.height > _MOST_PIXELS:
        raise InputError(raw.name, f"holds more than {_MOST_PIXELS:,} pixels; cut it to the area with gdal_translate")


def _distance(raw: Raw, raster: rasterio.DatasetReader, box: Box | None) -> tuple[str, ...]:
    """Nothing where the raster meets the box: searches by box give tiles on other continents too.

    Raises:
        InputError: It does not.
    """
    if box is None:
        return ()
    west, south, east, north = extent(raw, raster)
    if not shapely.box(west, south, east, north).intersects(shapely.box(*box)):
        raise InputError(
            raw.name,
            f"lies elsewhere: {west:.2f}, {south:.2f} to {east:.2f}, {north:.2f}, outside {box}; leave it out",
        )
    return ()


def _nothing_there(
    flooded: shapely.Geometry | None, dry: Mapping[str, shapely.Geometry | None], box: Box | None
) -> tuple[str, ...]:
    """A note where a footprint meets the box and what was seen in it does not."""
    if box is None:
        return ()
    area = shapely.box(*box)
    parts = np.array([shape for shape in (flooded, *dry.values()) if shape is not None], dtype=object)
    if shapely.intersects(parts, area).any():
        return ()
    return (f"its footprint meets the expected box {box}, but nothing of it was observed",)


def _panes(raw: Raw, raster: rasterio.DatasetReader, coding: Coding) -> Iterator[_Pane]:
    for top in range(0, raster.height, _WINDOW):
        for left in range(0, raster.width, _WINDOW):
            window = Window(left, top, min(_WINDOW, raster.width - left), min(_WINDOW, raster.height - top))
            values = as_floats(raster.read(coding.band, window=window))
            blind = raster.read_masks(coding.band, window=window) == 0
            blind |= np.isin(values, coding.nodata) | ~np.isfinite(values)
            if coding.observed is not None:
                blind |= raster.read(coding.observed, window=window) == 0
            wet, dry = np.isin(values, coding.flooded) & ~blind, np.isin(values, coding.dry) & ~blind
            _check_values(raw, values, ~(wet | dry | blind))
            yield _Pane(f"{top}/{left}", raster.window_transform(window), wet, dry)


def _check_values(raw: Raw, values: Floats, strange: Mask) -> None:
    if strange.any():
        told = ", ".join(f"{value:g}" for value in np.unique(values[strange])[:_VALUES_TOLD])
        raise InputError(
            raw.name,
            f"holds {int(strange.sum()):,} pixels that are neither flooded, dry nor nodata, such as {told}; tell the"
            " options flooded, dry and nodata, or read amounts and anomalies by rasters, which are no extent",
        )


def _outlined(mask: Mask, transform: rasterio.Affine) -> list[shapely.Geometry]:
    """Outlines of the pixels where the mask is true, in the raster's own coordinates."""
    found = outlines(mask.astype(np.uint8), mask=mask, connectivity=4, transform=transform) if mask.any() else ()
    return [shape_from(geometry) for geometry, _ in found]


def _lon_lat(raw: Raw, raster: rasterio.DatasetReader, shape: shapely.Geometry) -> shapely.Geometry | None:
    """A shape in lon/lat; None where it is empty."""
    return None if shape.is_empty else to_lon_lat(raw, raster, np.array([shape], dtype=object))[0]
