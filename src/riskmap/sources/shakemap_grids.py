"""ShakeMap grids in both forms that are published, each read into intensities on pixels and the facts of its event.

`grid.xml` tells everything, its columns in an order that differs between versions. A coverage (`.covjson`) is far
smaller but tells intensities alone: whose they are must be known from where it came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from rasterio.transform import Affine

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Floats
from riskmap.sources.markup import root_of
from riskmap.sources.moments import moments
from riskmap.sources.tabular import is_json

_FIELDS = ("LON", "LAT", "MMI")
_UNITS = {
    "LON": {"dd"},
    "LAT": {"dd"},
    "MMI": {"intensity", "mmi"},
    "PGA": {"%g", "pctg", "g"},
    "PGV": {"cm/s", "cms"},
}
_STRONGEST_MMI = 12.0
_FINAL = {"REVIEWED", "RELEASED"}
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})")


@dataclass(frozen=True)
class Facts:
    """Whose intensities they are.

    Args:
        event: Id of the earthquake.
        others: Further ids that it has or had.
        version: Of the map, as written.
        day: Of the earthquake.
        published: When the map was made; None where that is not told.
        final: Whether a person has looked at it.
        scenario: Whether the earthquake did not happen.
    """

    event: str
    others: tuple[str, ...]
    version: str
    day: np.datetime64
    published: np.datetime64 | None
    final: bool
    scenario: bool


@dataclass(frozen=True)
class Shaking:
    """A grid of intensities.

    Args:
        mmi: North to south, west to east, NaN where unknown; shape (rows, columns).
        transform: From column and row of a pixel's corner to degrees, which may run beyond 180.
    """

    mmi: Floats
    transform: Affine


def read_map(raw: Raw) -> tuple[Facts, Shaking]:
    """What a `grid.xml`, gzipped or not, or a coverage holds.

    Raises:
        InputError: It is neither, is cut short, declares a unit that is not known, or says not whose it is.
    """
    if is_json(raw):
        return _facts_told(raw, {}), _covered(raw)
    root = _root(raw)
    return _facts_told(raw, _facts_written(raw, root)), _shaking(raw, root)


def _facts_told(raw: Raw, written: Mapping[str, str]) -> Facts:
    """The facts that stand in the file, and before them those that its provider told with it."""
    told = {**written, **{name: value for name, value in raw.labels.items() if value}}
    missing = [name for name in ("event", "version", "start") if not told.get(name)]
    if missing:
        raise InputError(
            raw.name,
            f"says not whose shaking it is ({', '.join(missing)}); fetch it by riskmap fetch shakemap, or use grid.xml",
        )
    return Facts(
        event=told["event"],
        others=tuple(one for one in told.get("ids", "").split(",") if one not in ("", told["event"])),
        version=told["version"],
        day=_day(raw, told["start"]),
        published=_moment(told.get("published", "")),
        final=told.get("status", "").upper() in _FINAL,
        scenario=told.get("kind", "ACTUAL").upper() == "SCENARIO",
    )


def _facts_written(raw: Raw, root: Element) -> Mapping[str, str]:
    return {
        "event": _attribute(raw, root, "event", "event_id"),
        "version": root.get("shakemap_version", "0"),
        "start": _attribute(raw, root, "event", "event_timestamp"),
        "published": root.get("process_timestamp", ""),
        "status": root.get("map_status", ""),
        "kind": root.get("shakemap_event_type", "ACTUAL"),
    }


def _covered(raw: Raw) -> Shaking:
    """The grid of a coverage: rows of its values run along x, whichever way its axes run."""
    try:
        # Unlike the standard, the provider may write NaN where nothing is known.
        coverage: Any = json.loads(raw.path.read_bytes())
    except ValueError as error:
        raise InputError(raw.name, f"not valid JSON ({error}); the download may have been cut short") from error
    try:
        told, axes = coverage["ranges"], coverage["domain"]["axes"]
        if "MMI" not in told:
            raise InputError(raw.name, f"holds {', '.join(told)} and no MMI; use coverage_mmi_medium_res.covjson")
        x, y = _axis(axes["x"], 360.0), _axis(axes["y"])
        names, values = list(told["MMI"]["axisNames"]), np.array(told["MMI"]["values"], dtype=np.float64)
        _check_unit(raw, "MMI", _symbol(coverage.get("parameters", {}).get("MMI", {})))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            raw.name, f"no coverage of ShakeMap ({error!r}); use coverage_mmi_medium_res.covjson"
        ) from None
    if sorted(names) != ["x", "y"] or len(values) != len(x) * len(y):
        raise InputError(
            raw.name,
            f"cut short: its axes say {len(x)} x {len(y)} = {len(x) * len(y)} nodes, it holds {len(values)};"
            " fetch it again",
        )
    mmi = values.reshape(len(y), len(x)) if names == ["y", "x"] else values.reshape(len(x), len(y)).T
    lon, lat = np.meshgrid(x, y)
    return _gridded(raw, lon.ravel(), lat.ravel(), mmi.ravel(), mmi.shape)


def _axis(told: Mapping[str, Any], turn: float = 0.0) -> Floats:
    """Places along an axis, from its values or its ends; an end that lies before the start is a turn further on."""
    if "values" in told:
        return np.array(told["values"], dtype=np.float64)
    start, stop = float(told["start"]), float(told["stop"])
    return np.linspace(start, stop + turn if stop < start else stop, int(told["num"]))


def _symbol(parameter: Mapping[str, Any]) -> str:
    unit = parameter.get("unit", {})
    symbol = unit.get("symbol", "")
    return str(symbol.get("value", "") if isinstance(symbol, Mapping) else symbol)


def _root(raw: Raw) -> Element:
    root = root_of(raw)
    if not root.tag.endswith("shakemap_grid"):
        raise InputError(raw.name, f"no ShakeMap grid: <{root.tag}> in place of <shakemap_grid>; use the file grid.xml")
    return root


def _attribute(raw: Raw, root: Element, element: str, name: str) -> str:
    found = root.find(f"{{*}}{element}")
    value = None if found is None else found.get(name)
    if not value:
        raise InputError(raw.name, f"<{element}> lacks the attribute {name}; the file is no whole grid.xml", field=name)
    return value


def _shaking(raw: Raw, root: Element) -> Shaking:
    """The grid, from columns bound by their names: their order differs between versions."""
    columns, rows = (_whole(raw, root, name) for name in ("nlon", "nlat"))
    fields = _fields(raw, root)
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


def _fields(raw: Raw, root: Element) -> list[str]:
    """Names of the columns, in their order; each with a unit that is known."""
    found = sorted(root.iterfind("{*}grid_field"), key=lambda field: field.get("index", "").zfill(4))
    names = [str(field.get("name")).upper() for field in found]
    missing = [name for name in _FIELDS if name not in names]
    if missing:
        raise InputError(raw.name, f"no field {missing[0]}; found {', '.join(names) or 'none'}", field=missing[0])
    for name, field in zip(names, found, strict=True):
        _check_unit(raw, name, field.get("units", ""))
    return names


def _check_unit(raw: Raw, name: str, unit: str) -> None:
    """Nothing, if a unit is not declared or known: accelerations come as g or in hundredths of it, and are not used."""
    known = _UNITS.get(name)
    if unit and known and unit.casefold() not in known:
        raise InputError(raw.name, f"declares the unit {unit!r}; known is {' or '.join(sorted(known))}", field=name)


def _whole(raw: Raw, root: Element, name: str) -> int:
    text = _attribute(raw, root, "grid_specification", name)
    if not text.isdecimal():
        raise InputError(raw.name, f"{text!r} is no number of nodes; the file is no whole grid.xml", field=name)
    return int(text)


def _values(raw: Raw, text: str) -> Floats:
    words = text.split()
    try:
        return np.array(["nan" if word.lower() == "null" else word for word in words], dtype=np.float64)
    except ValueError as error:
        raise InputError(raw.name, f"grid_data holds what is no number: {error}") from error


def _gridded(raw: Raw, lon: Floats, lat: Floats, mmi: Floats, shape: tuple[int, ...]) -> Shaking:
    """Nodes as pixels around them, whatever their order in the file."""
    order = np.lexsort((lon, -lat))
    x, y, z = (values[order].reshape(shape) for values in (lon, lat, mmi))
    rows, columns = shape
    if min(shape) == 0:
        raise InputError(raw.name, "holds no node; fetch it again")
    step_x, step_y = (x.max() - x.min()) / max(columns - 1, 1), (y.max() - y.min()) / max(rows - 1, 1)
    uneven = np.abs(x - x[0]).max() > step_x / 4 or np.abs(y - y[:, :1]).max() > step_y / 4
    if uneven or step_x <= 0 or step_y <= 0:
        raise InputError(raw.name, "its nodes form no regular grid of the size its header says; fetch it again")
    strange = z[~np.isnan(z) & ((z < 0) | (z > _STRONGEST_MMI))]
    if len(strange):
        raise InputError(raw.name, f"{strange[0]:g} is no intensity: MMI ends at {_STRONGEST_MMI:g}", field="MMI")
    return Shaking(z, Affine(step_x, 0, x.min() - step_x / 2, 0, -step_y, y.max() + step_y / 2))


def _moment(text: str) -> np.datetime64 | None:
    """The moment that a text begins with; None where it does with none."""
    found = _MOMENT.match(text)
    (moment,) = moments([found.group(0) if found else None])
    return None if np.isnat(moment) else moment


def _day(raw: Raw, text: str) -> np.datetime64:
    found = _MOMENT.match(text)
    try:
        return np.datetime64(date.fromisoformat(found.group(1) if found else text), "D")
    except ValueError as error:
        raise InputError(raw.name, f"{text!r} is no moment; {error}", field="event_timestamp") from error
