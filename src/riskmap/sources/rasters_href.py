"""How the grid is to open a raster: the file itself, or GDAL's own description of it with fewer values and a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isnan

import rasterio
from rasterio.windows import Window

from riskmap.model.raw import Raw
from riskmap.sources.pixels import opened
from riskmap.sources.rasters_place import check_on_earth
from riskmap.sources.rasters_runs import window_of
from riskmap.sources.vectors import Box

_BAND = "#band="


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a raster.

    Args:
        band: Number of the band.
        none: Values that stand for none, beside the file's own.
        scale: Factor on the values.
        box: West, south, east, north in degrees: only pixels that touch it; None for all.
    """

    band: int
    none: Sequence[float]
    scale: float = 1.0
    box: Box | None = None


def href_of(raw: Raw, wanted: Wanted) -> str:
    """What GDAL opens, with `#band=2` behind it for a band other than the first.

    Raises:
        InputError: It cannot be opened, lies nowhere, has no such band, or does not meet the box.
    """
    path = raw.path.as_posix()
    with opened(raw, path, wanted.band) as raster:
        check_on_earth(raw, raster)
        own = raster.nodatavals[wanted.band - 1]
        others = {value for value in wanted.none if not isnan(value)} - {own}
        if not others and wanted.scale == 1.0 and wanted.box is None:
            return path + (f"{_BAND}{wanted.band}" if wanted.band > 1 else "")
        none = sorted(others | ({own} if own is not None and not isnan(own) else set()))
        return _described(path, raster, wanted, none, _window(raw, raster, wanted.box))


def opened_as(href: str) -> tuple[str, int]:
    """What `riskmap.sources.pixels.survey` opens, and the number of the band there."""
    if href.startswith("<"):
        return href, 1
    path, _, band = href.partition(_BAND)
    return path, int(band or 1)


def _window(raw: Raw, raster: rasterio.DatasetReader, box: Box | None) -> Window:
    return Window(0, 0, raster.width, raster.height) if box is None else window_of(raw, raster, box)


def _described(path: str, raster: rasterio.DatasetReader, wanted: Wanted, none: Sequence[float], window: Window) -> str:
    """A description, one round another for every further value that stands for none: each takes no more than one."""
    size = f'xSize="{int(window.width)}" ySize="{int(window.height)}"'
    masked = rasterio.enums.MaskFlags.per_dataset in raster.mask_flag_enums[wanted.band - 1]
    source = (
        f"{_source(path, wanted.band)}"
        f'<SrcRect xOff="{int(window.col_off)}" yOff="{int(window.row_off)}" {size}/>'
        f'<DstRect xOff="0" yOff="0" {size}/>{"<UseMaskBand>true</UseMaskBand>" if masked else ""}'
    )
    frame = _frame(raster, window)
    for value in none[:-1]:
        source = _source(_dataset(frame, source, 1.0, value), 1)
    return _dataset(frame, source, wanted.scale, none[-1] if none else None)


def _frame(raster: rasterio.DatasetReader, window: Window) -> str:
    """Size and place of a window, as a description begins."""
    _, across, _, _, _, down = raster.transform.to_gdal()
    west, north = raster.transform @ (int(window.col_off), int(window.row_off))
    place = ", ".join(repr(float(one)) for one in (west, across, 0.0, north, 0.0, down))
    return (
        f'<VRTDataset rasterXSize="{int(window.width)}" rasterYSize="{int(window.height)}">'
        f"<SRS>{escape(raster.crs.to_wkt())}</SRS><GeoTransform>{place}</GeoTransform>"
    )


def _source(path: str, band: int) -> str:
    return f'<SourceFilename relativeToVRT="0">{escape(path)}</SourceFilename><SourceBand>{band}</SourceBand>'


def _dataset(frame: str, source: str, scale: float, none: float | None) -> str:
    nodata = "" if none is None else f"<NODATA>{float(none)!r}</NODATA>"
    return (
        f'{frame}<VRTRasterBand dataType="Float64" band="1"><NoDataValue>nan</NoDataValue><ComplexSource>{source}'
        f"<ScaleOffset>0</ScaleOffset><ScaleRatio>{scale!r}</ScaleRatio>{nodata}"
        "</ComplexSource></VRTRasterBand></VRTDataset>"
    )
