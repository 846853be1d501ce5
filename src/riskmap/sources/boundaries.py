"""Boundaries: administrative units with their codes and names, as COD-AB, geoBoundaries or anyone else writes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.area import Area
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.archive import is_archive, members
from riskmap.sources.boundaries_checks import coverage_notes
from riskmap.sources.boundaries_columns import BoundaryOptions, Columns, Texts, clean, columns_of, levels_of
from riskmap.sources.columns import Quarantine, Table, as_mask, listed
from riskmap.sources.options import checked
from riskmap.sources.source import Options, Reading
from riskmap.sources.vectors import Features, is_areal, read_features

_DAY = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})")
_NONE = {"", "administrative unit not available"}
_LEVELLED = re.compile(r"adm(?:in)?_?(\d)(?![a-z_]*(?:points|lines|centroids))[^/]*\.(?:geojson|json|shp)$")


@dataclass(frozen=True)
class AreaReading:
    """What came out of a boundary file.

    Args:
        areas: Units of one level, in the order of their codes.
        notes: What was repaired, assumed, left out or found wrong, counted, in plain words.
        counted: Features read, accepted and refused by reason; its layer is empty, since units are no measures.
    """

    areas: tuple[Area, ...]
    notes: tuple[str, ...]
    counted: Reading


def read_areas(raw: Raw, level: int, options: Options) -> AreaReading:
    """The administrative units of one level.

    Columns of COD-AB (`ADM2_PCODE`, `ADM2_EN`, or `adm2_pcode`, `adm2_name`), geoBoundaries (`shapeID`, `shapeName`)
    and Natural Earth (`ADM0_A3`) are known; others are named by the options `pcode`, `name` and `parent`. Further
    options: `vintage`, `crs`, `layer` (of a file with several, or the file in a zip file), `expect_bbox` (west, south,
    east, north). Of a zip file with a file for each level the one of this level is read.

    Args:
        raw: Any file of shapes.
        level: 0 country, 1 region, 2 district, and finer.
        options: As above.

    Raises:
        InputError: It has no such columns, a code twice, no unit at all, or cannot be read.
    """
    given = checked(BoundaryOptions, raw, options)
    layer = given.layer or (_member(raw, level) if is_archive(raw) else None)
    features = read_features(raw, given.crs, layer, given.expect_bbox)
    columns = columns_of(raw, features.table, level, given)
    quarantine = _sifted(features, columns)
    kept = np.flatnonzero(quarantine.kept)
    counted = quarantine.reading(Layer.empty())
    if not len(kept):
        raise InputError(raw.name, f"no unit of level {level} in it: {_told(counted)}")
    _check_unique(raw, columns.pcode, columns.codes[kept])
    texts = _texts(features.table, columns, given.vintage)
    found = [_area(features, level, columns.codes, texts, row) for row in kept.tolist()]
    areas = tuple(sorted(found, key=lambda area: area.pcode))
    left_out = (f"left out: {_told(counted)}",) if len(kept) < len(features) else ()
    notes = (*features.table.notes, *columns.notes, *left_out, *coverage_notes(areas))
    return AreaReading(areas, notes, replace(counted, notes=notes))


def levels_in(raw: Raw) -> Sequence[int]:
    """Levels that a file has units of: of a zip file those that the names of its files tell, else the finest coded.

    Raises:
        InputError: The file cannot be read, or holds no level that can be told.
    """
    if is_archive(raw):
        found = sorted({level for level, _ in _levelled(raw)})
        if found:
            return found
    levels = levels_of(read_features(raw).table)
    if not levels:
        raise InputError(raw.name, "no column of codes tells its level; give the option level")
    return levels[-1:]


def _levelled(raw: Raw) -> Sequence[tuple[int, str]]:
    """Level and path of the files in a zip file whose names tell a level."""
    named = ((_LEVELLED.search(PurePosixPath(one).name.lower()), one) for one in members(raw))
    return [(int(found[1]), one) for found, one in named if found is not None]


def _member(raw: Raw, level: int) -> str | None:
    """The file of a level in a zip file; None where no name tells a level."""
    levelled = _levelled(raw)
    found = [one for told, one in levelled if told == level]
    if levelled and len(found) != 1:
        raise InputError(
            raw.name,
            f"holds {len(found)} files of level {level}: {listed(found or [one for _, one in levelled])}; name one by"
            " the option layer",
        )
    return found[0] if found else None


def _sifted(features: Features, columns: Columns) -> Quarantine:
    """Which features are units: areas with a code."""
    quarantine = features.quarantine()
    quarantine.refuse(as_mask(pc.starts_with(pa.array(columns.codes, pa.string()), "#")), "HXL tags")
    codes = features.table.optional(columns.pcode)
    quarantine.refuse(columns.codes == "", f"{columns.pcode}: missing", columns.pcode, codes)
    quarantine.refuse(~is_areal(features.shapes), "not a polygon")
    return quarantine


def _told(counted: Reading) -> str:
    return "; ".join(
        f"{count} {reason} ({', '.join(counted.examples[reason])})" for reason, count in counted.quarantined.items()
    )


def _check_unique(raw: Raw, pcode: str, codes: Texts) -> None:
    twice = [code for code, count in Counter(codes.tolist()).items() if count > 1]
    if twice:
        raise InputError(
            raw.name,
            f"{len(twice)} codes stand more than once: {listed(sorted(twice))}; keep one of each, or check the level",
            field=pcode,
        )


def _texts(table: Table, columns: Columns, vintage: str | None) -> Mapping[str, Texts]:
    """Name, parent, vintage and all other names of every feature, shape (features,) each."""
    vintages = table.optional("validOn", "valid_on", "date")
    return {
        "name": clean(table.text(columns.name)),
        "parent": clean(table.text(columns.parent) if columns.parent else pa.nulls(len(table), pa.string())),
        "vintage": np.array([vintage or _day(value) for value in vintages.to_pylist()], dtype=object),
        **{f"other {column}": clean(table.text(column)) for column in columns.alternatives},
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
