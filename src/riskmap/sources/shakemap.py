"""ShakeMap: how strongly the ground shook, as the grid that the US Geological Survey computes for an earthquake."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from defusedxml.common import DefusedXmlException
from pydantic import Field
from rasterio import features
from rasterio.transform import Affine

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Floats, received
from riskmap.sources.options import Given, checked
from riskmap.sources.source import Options, Reading
from riskmap.sources.vectors import areas_km2, wrapped

_WEAKEST_MMI = 4.0
_DAMAGING_MMI = 6.0
_FIELDS = ("LON", "LAT", "MMI")
_FINAL = {"REVIEWED", "RELEASED"}
_GZIP = b"\x1f\x8b"
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})")

_LICENCE = Licence(
    id="US-PD",
    attribution="U.S. Geological Survey, ShakeMap",
    url="https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits",
    raw=True,
    derived=True,
)


class _Options(Given):
    active_days: int = Field(default=30, gt=0)
    scenario: bool = False


@dataclass(frozen=True)
class _Shaking:
    """A grid of intensities.

    Args:
        mmi: North to south, west to east, NaN where unknown; shape (rows, columns).
        transform: From column and row of a pixel's corner to degrees.
    """

    mmi: Floats
    transform: Affine


@dataclass(frozen=True)
class ShakeMap:
    """Shaking of one earthquake.

    Measures: `shaking_mmi`, Modified Mercalli Intensity from 4 on, as areas of half a unit each with the middle of its
    band; `hazard_extent`, value 1 where it is 6 (damaging) and more.
    """

    name: str = "shakemap"
    title: str = "USGS ShakeMap: shaking of one earthquake"
    licence: Licence = _LICENCE
    options: frozenset[str] = frozenset(_Options.model_fields)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one `grid.xml`, gzipped or not, which counts as one; a pure function of its bytes and the options.

        Options: `active_days`, for how long the shaking counts as a hazard (30); `scenario`, true to accept an
        earthquake that did not happen.

        Raises:
            InputError: The file is no ShakeMap grid, is cut short, is a scenario, or an option is wrong.
        """
        given = checked(_Options, raw, options)
        root = _root(raw)
        if root.get("shakemap_event_type", "ACTUAL").upper() == "SCENARIO" and not given.scenario:
            raise InputError(raw.name, "is a scenario, no earthquake that happened; option scenario = true accepts it")
        shaking = _shaking(raw, root)
        shapes = _bands(shaking)
        notes = _notes(shaking, shapes)
        if not shapes:
            return Reading(Layer.empty(), 1, 0, {f"nowhere MMI {_WEAKEST_MMI:g} or more": 1}, notes=notes)
        return Reading(self._layer(raw, root, shapes, given.active_days), 1, 1, notes=notes)

    def _layer(self, raw: Raw, root: Element, shapes: Mapping[float, shapely.Geometry], active_days: int) -> Layer:
        event = _attribute(raw, root, "event", "event_id")
        start = _day(raw, _attribute(raw, root, "event", "event_timestamp"))
        damaged = [shape for low, shape in shapes.items() if low >= _DAMAGING_MMI]
        areas = {f"{event}/mmi {low:.1f}": shape for low, shape in shapes.items()}
        areas |= {event: shapely.union_all(damaged)} if damaged else {}
        bands = len(shapes)
        extent = [False] * bands + [True] * (len(areas) - bands)
        return Layer.build(
            {
                "record_id": list(areas),
                "event_id": event,
                "version": root.get("shakemap_version", "").zfill(4),
                "source": self.name,
                "theme": "disaster",
                "measure": ["hazard_extent" if one else "shaking_mmi" for one in extent],
                "kind": ["hazard" if one else "index" for one in extent],
                "spread": "intensive",
                "value": [*(low + 0.25 for low in shapes), *([1.0] if damaged else [])],
                "low": [*shapes, *([1.0] if damaged else [])],
                "high": [*(low + 0.5 for low in shapes), *([1.0] if damaged else [])],
                "unit": ["share of cell" if one else "MMI" for one in extent],
                "start": _seconds(start, len(areas)),
                "end": _seconds(start + np.timedelta64(active_days, "D"), len(areas)),
                "published": _published(root, len(areas)),
                "retrieved": received(raw, len(areas)),
                "geometry": pa.array(shapely.to_wkb(list(areas.values())), pa.binary()),
                "geo_precision": "exact",
                "preliminary": root.get("map_status", "").upper() not in _FINAL,
                "licence": self.licence.id,
            }
        )


def _root(raw: Raw) -> Element:
    content = raw.path.read_bytes()
    try:
        root: Element = defusedxml.ElementTree.fromstring(
            gzip.decompress(content) if content.startswith(_GZIP) else content
        )
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(raw.name, f"not a whole gzip file ({error}); fetch it again") from error
    except (ParseError, DefusedXmlException) as error:
        raise InputError(raw.name, f"not valid XML ({error!r}); the download may have been cut short") from error
    if not root.tag.endswith("shakemap_grid"):
        raise InputError(raw.name, f"no ShakeMap grid: <{root.tag}> in place of <shakemap_grid>; use the file grid.xml")
    return root


def _attribute(raw: Raw, root: Element, element: str, name: str) -> str:
    found = root.find(f"{{*}}{element}")
    value = None if found is None else found.get(name)
    if not value:
        raise InputError(raw.name, f"<{element}> lacks the attribute {name}; the file is no whole grid.xml", field=name)
    return value


def _shaking(raw: Raw, root: Element) -> _Shaking:
    """The grid, from columns bound by their names: their order differs between versions."""
    columns, rows = (_whole(raw, root, name) for name in ("nlon", "nlat"))
    fields = [str(field.get("name")).upper() for field in _indexed(root)]
    missing = [name for name in _FIELDS if name not in fields]
    if missing:
        raise InputError(raw.name, f"no field {missing[0]}; found {', '.join(fields) or 'none'}", field=missing[0])
    values = _values(raw, root.findtext("{*}grid_data") or "")
    nodes, rest = divmod(len(values), len(fields))
    if rest or nodes != columns * rows:
        raise InputError(
            raw.name,
            f"cut short: its header says {columns} x {rows} = {columns * rows} nodes, its data hold {nodes};"
            " fetch it again",
        )
    table = values.reshape(nodes, len(fields))
    lon, lat, mmi = (table[:, fields.index(name)] for name in _FIELDS)
    return _gridded(raw, np.where(lon < lon[0] - 180, lon + 360, lon), lat, mmi, (rows, columns))


def _whole(raw: Raw, root: Element, name: str) -> int:
    text = _attribute(raw, root, "grid_specification", name)
    if not text.isdecimal():
        raise InputError(raw.name, f"{text!r} is no number of nodes; the file is no whole grid.xml", field=name)
    return int(text)


def _indexed(root: Element) -> list[Element]:
    return sorted(root.iterfind("{*}grid_field"), key=lambda field: field.get("index", "").zfill(4))


def _values(raw: Raw, text: str) -> Floats:
    words = text.split()
    try:
        return np.array(["nan" if word.lower() == "null" else word for word in words], dtype=np.float64)
    except ValueError as error:
        raise InputError(raw.name, f"grid_data holds what is no number: {error}") from error


def _gridded(raw: Raw, lon: Floats, lat: Floats, mmi: Floats, shape: tuple[int, int]) -> _Shaking:
    """Nodes as pixels around them, whatever their order in the file."""
    order = np.lexsort((lon, -lat))
    x, y, z = (values[order].reshape(shape) for values in (lon, lat, mmi))
    rows, columns = shape
    step_x, step_y = (x.max() - x.min()) / max(columns - 1, 1), (y.max() - y.min()) / max(rows - 1, 1)
    uneven = np.abs(x - x[0]).max() > step_x / 4 or np.abs(y - y[:, :1]).max() > step_y / 4
    if uneven or step_x <= 0 or step_y <= 0:
        raise InputError(raw.name, "its nodes form no regular grid of the size its header says; fetch it again")
    return _Shaking(z, Affine(step_x, 0, x.min() - step_x / 2, 0, -step_y, y.max() + step_y / 2))


def _bands(shaking: _Shaking) -> Mapping[float, shapely.Geometry]:
    """Areas of half a unit of MMI, by the lower end of their band, weakest first."""
    known = np.nan_to_num(shaking.mmi, nan=0.0)
    bands: npt.NDArray[np.int32] = np.floor(2 * known).astype(np.int32)
    found: dict[float, list[shapely.Geometry]] = {}
    for shape, band in features.shapes(bands, mask=bands >= 2 * _WEAKEST_MMI, transform=shaking.transform):
        found.setdefault(band / 2, []).append(shapely.geometry.shape(shape))
    return {low: wrapped(shapely.union_all(found[low])) for low in sorted(found)}


def _notes(shaking: _Shaking, shapes: Mapping[float, shapely.Geometry]) -> tuple[str, ...]:
    unknown = int(np.isnan(shaking.mmi).sum())
    damaged = areas_km2(np.array([shape for low, shape in shapes.items() if low >= _DAMAGING_MMI], dtype=object))
    strongest = f"strongest MMI {np.nanmax(shaking.mmi):g}" if unknown < shaking.mmi.size else "no MMI known"
    notes = (
        f"{shaking.mmi.size} nodes, {strongest}; {damaged.sum():,.0f} km2 with MMI {_DAMAGING_MMI:g} or more",
        f"{unknown} nodes without MMI are unknown" if unknown else "",
    )
    return tuple(filter(None, notes))


def _day(raw: Raw, text: str) -> np.datetime64:
    found = _MOMENT.match(text)
    try:
        return np.datetime64(date.fromisoformat(found.group(1) if found else text), "D")
    except ValueError as error:
        raise InputError(raw.name, f"{text!r} is no moment; {error}", field="event_timestamp") from error


def _published(root: Element, length: int) -> npt.NDArray[np.datetime64] | None:
    found = _MOMENT.match(root.get("process_timestamp", ""))
    return _seconds(np.datetime64(found.group(0)), length) if found else None


def _seconds(moment: np.datetime64, length: int) -> npt.NDArray[np.datetime64]:
    return np.full(length, moment.astype("datetime64[s]"))
