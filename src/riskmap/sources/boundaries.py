"""Boundaries: administrative units with their codes and names, as COD-AB, geoBoundaries or anyone else writes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.area import Area
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.columns import Quarantine, Table, as_mask, listed
from riskmap.sources.options import Given, checked
from riskmap.sources.source import Options
from riskmap.sources.vectors import Box, Features, is_areal, read_features

Texts = npt.NDArray[np.object_]

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of writing direction and zero width, which come along when names are copied and hinder matching."""

_LANGUAGES = ("en", "fr", "es", "pt")
_DAY = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})")
_NONE = {"", "administrative unit not available"}


@dataclass(frozen=True)
class AreaReading:
    """What came out of a boundary file.

    Args:
        areas: Units of one level, in the order of their codes.
        notes: What was repaired, assumed or left out, counted, in plain words.
    """

    areas: tuple[Area, ...]
    notes: tuple[str, ...]


class _Options(Given):
    pcode: str | None = None
    name: str | None = None
    parent: str | None = None
    vintage: str | None = None
    crs: str | None = None
    layer: str | None = None
    expect_bbox: Box | None = None


@dataclass(frozen=True)
class _Columns:
    """Which columns hold what; None where nothing does."""

    pcode: str
    name: str
    parent: str | None
    alternatives: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_areas(raw: Raw, level: int, options: Options) -> AreaReading:
    """The administrative units of one level.

    COD-AB columns (`ADM2_PCODE`, `ADM2_EN`, or `adm2_pcode`, `adm2_name`) and those of geoBoundaries (`shapeID`,
    `shapeName`) are known; others are named by the options `pcode`, `name` and `parent`. Further options: `vintage`,
    `crs`, `layer`, `expect_bbox` (west, south, east, north).

    Args:
        raw: Any file of shapes.
        level: 0 country, 1 region, 2 district, and finer.
        options: As above.

    Raises:
        InputError: It has no such columns, a code twice, no unit at all, or cannot be read.
    """
    given = checked(_Options, raw, options)
    features = read_features(raw, given.crs, given.layer, given.expect_bbox)
    columns = _columns(raw, features.table, level, given)
    codes = _clean(features.table.text(columns.pcode))
    quarantine = _sifted(features, columns.pcode, codes)
    kept = np.flatnonzero(quarantine.kept)
    if not len(kept):
        raise InputError(raw.name, f"no unit of level {level} in it: {_told(quarantine)}")
    _check_unique(raw, columns.pcode, codes[kept])
    texts = _texts(features.table, columns, given.vintage)
    areas = [_area(features, level, codes, texts, row) for row in kept.tolist()]
    left_out = (f"left out: {_told(quarantine)}",) if len(kept) < len(features) else ()
    return AreaReading(
        tuple(sorted(areas, key=lambda area: area.pcode)), (*features.table.notes, *columns.notes, *left_out)
    )


def _columns(raw: Raw, table: Table, level: int, given: _Options) -> _Columns:
    pcode = given.pcode or table.find(f"adm{level}_pcode")
    if pcode is None and table.find("shapeID") is not None:
        return _geoboundaries(table, level, given)
    name = given.name or _name_column(table, level)
    if pcode is None or name is None:
        lacking = "pcode" if pcode is None else "name"
        raise InputError(
            raw.name,
            f"no column for the {lacking} of level {level}; found {listed(table.columns)}; give option {lacking}",
        )
    parent = given.parent or (table.find(f"adm{level - 1}_pcode") if level else None)
    others = tuple(column for column in table.columns if _is_alternative(column, level) and column != name)
    return _Columns(pcode, name, parent, others)


def _geoboundaries(table: Table, level: int, given: _Options) -> _Columns:
    """ISO codes where all units of a file have one of their own, else the provider's ids."""
    iso = table.optional("shapeISO")
    coded = level <= 1 and not iso.null_count and len(pc.unique(iso)) == len(table)
    pcode = "shapeISO" if coded else "shapeID"
    parent = given.parent or ("shapeGroup" if level == 1 and table.find("shapeGroup") else None)
    return _Columns(pcode, given.name or "shapeName", parent, (), (f"geoBoundaries: codes are taken from {pcode}",))


def _name_column(table: Table, level: int) -> str | None:
    """The main name: without a language, or in the first of some languages, or in any."""
    wanted = [f"adm{level}_name", *(f"adm{level}_{language}" for language in _LANGUAGES)]
    found = table.find(*wanted)
    return found or next((column for column in table.columns if _is_name(column, level)), None)


def _is_name(column: str, level: int) -> bool:
    return re.fullmatch(rf"adm{level}_(?!id$)([a-z]{{2}}|name\d*)", column.casefold()) is not None


def _is_alternative(column: str, level: int) -> bool:
    pattern = rf"adm{level}(alt\d[a-z]{{2}}|_ref)|dv_adm{level}_(name|altnm)"
    return _is_name(column, level) or re.fullmatch(pattern, column.casefold()) is not None


def _clean(text: pa.Array) -> Texts:
    """Texts without invisible marks, empty where there is none."""
    return np.array([_INVISIBLE.sub("", value or "").strip() for value in text.to_pylist()], dtype=object)


def _sifted(features: Features, pcode: str, codes: Texts) -> Quarantine:
    """Which features are units: areas with a code."""
    quarantine = features.quarantine()
    quarantine.refuse(as_mask(pc.starts_with(pa.array(codes, pa.string()), "#")), "HXL tags")
    quarantine.refuse(codes == "", f"{pcode}: missing", pcode)
    quarantine.refuse(~is_areal(features.shapes), "not a polygon")
    return quarantine


def _told(quarantine: Quarantine) -> str:
    reading = quarantine.reading(Layer.empty())
    return "; ".join(
        f"{count} {reason} ({', '.join(reading.examples[reason])})" for reason, count in reading.quarantined.items()
    )


def _check_unique(raw: Raw, pcode: str, codes: Texts) -> None:
    twice = [code for code, count in Counter(codes.tolist()).items() if count > 1]
    if twice:
        raise InputError(
            raw.name,
            f"{len(twice)} codes stand more than once: {listed(sorted(twice))}; keep one of each, or check the level",
            field=pcode,
        )


def _texts(table: Table, columns: _Columns, vintage: str | None) -> Mapping[str, Texts]:
    """Name, parent, vintage and all other names of every feature, shape (features,) each."""
    vintages = table.optional("validOn", "valid_on", "date")
    return {
        "name": _clean(table.text(columns.name)),
        "parent": _clean(table.text(columns.parent) if columns.parent else pa.nulls(len(table), pa.string())),
        "vintage": np.array([vintage or _day(value) for value in vintages.to_pylist()], dtype=object),
        **{f"other {column}": _clean(table.text(column)) for column in columns.alternatives},
    }


def _day(text: str | None) -> str:
    """The day in a text, in ISO form; the text itself where it holds none."""
    found = _DAY.search(text or "")
    return "-".join(found.groups()) if found else text or ""


def _area(features: Features, level: int, codes: Texts, texts: Mapping[str, Texts], row: int) -> Area:
    name = texts["name"][row] or codes[row]
    others = (part.strip() for key in texts if key.startswith("other ") for part in re.split("[,;]", texts[key][row]))
    alternatives = dict.fromkeys(other for other in others if other != name and other.casefold() not in _NONE)
    return Area(
        pcode=codes[row],
        name=name,
        level=level,
        geometry=features.shapes[row],
        parent=texts["parent"][row],
        vintage=texts["vintage"][row],
        alternatives=tuple(alternatives),
    )
