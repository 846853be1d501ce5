"""Shapes: any file of points or polygons as values, with the attributes told by the case."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from shapely import GeometryType

from riskmap.errors import InputError
from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.layer import Layer
from riskmap.model.licence import UNSTATED, Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Floats, Mask, Quarantine, Table, as_mask, layer_of, received
from riskmap.sources.options import checked, matching
from riskmap.sources.shapes_options import ShapesOptions
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.table_options import MeasureOptions
from riskmap.sources.table_values import row_values, with_nulls
from riskmap.sources.vectors import Features, areas_km2, is_areal, read_features

_LINES = (GeometryType.LINESTRING, GeometryType.MULTILINESTRING, GeometryType.LINEARRING)
_NO_LINES = "a line: values along lines are not shared out over cells; make areas of them with a buffer first"
_SHELTER = r"(?i)\b(shelters?|safe[ _-]?houses?|women'?s? refuges?|(transit|reception) (cent(er|re)s?|sites?))\b"

Columns = dict[str, object]


@dataclass(frozen=True)
class Shapes:
    """Any measures by point or polygon, as the case's options say.

    A value of a polygon is that of the whole polygon (extensive) or an average of it (intensive). Places of shelters
    and safe houses are never kept: such points are refused.
    """

    name: str = "shapes"
    title: str = "Any file of points or polygons with values"
    licence: Licence = UNSTATED
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(ShapesOptions.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.kind in {"shapefile", "geopackage", "flatgeobuf", "parquet"} or "features" in sight.keys

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file; a pure function of its bytes and the options, which `ShapesOptions` explains.

        Features are counted after `where`. A value that is not told gives a record of an unknown value.

        Raises:
            InputError: The file cannot be read, holds nothing but lines, names shelters, has swapped axes, no feature
                matches, or an option is missing or wrong.
        """
        given = checked(ShapesOptions, raw, options)
        found = read_features(raw, given.crs, given.layer, given.expect_bbox)
        chosen = matching(found.table, given.where)
        features = _with_nulls(found.where(chosen), given)
        quarantine = features.quarantine()
        _refuse_shapes(raw, features, quarantine)
        start, end = _span(features.table, quarantine, given)
        ids = _ids(features, quarantine, given.id, start)
        values = {name: row_values(features.table, quarantine, one) for name, one in given.measures.items()}
        quarantine.keep_newest(ids, "repeated feature")
        columns = self._columns(raw, features, given) | {"record_id": ids, "start": start, "end": end}
        kept = quarantine.kept
        layers = [
            layer_of(columns | _words(name, one) | {"value": values[name]}, kept)
            for name, one in given.measures.items()
        ]
        return quarantine.reading(Layer.concat(layers), _notes(features, kept, int((~chosen).sum())))

    def _columns(self, raw: Raw, features: Features, given: ShapesOptions) -> Columns:
        """What the records of all measures have in common."""
        length = len(features)
        precision = np.where(is_areal(features.shapes), "exact", given.point_precision)
        return {
            "source": self.name,
            "version": None if given.published is None else given.published.isoformat(),
            "published": np.full(length, np.datetime64(given.published, "s")),
            "retrieved": received(raw, length),
            "geometry": pa.array(shapely.to_wkb(_single(features.shapes)), pa.binary()),
            "geo_precision": pa.array(precision, pa.string()),
            "licence": given.licence,
        }


def _words(name: str, measure: MeasureOptions) -> Columns:
    """What one measure says of all its records."""
    return {
        "measure": name,
        "theme": measure.theme,
        "kind": measure.kind,
        "spread": measure.spread,
        "unit": measure.unit,
        "overlap_group": measure.overlap,
    }


def _with_nulls(features: Features, given: ShapesOptions) -> Features:
    """The features with what stands for unknown taken as empty in columns of numbers."""
    unmapped = {measure.of for measure in given.measures.values() if not measure.map}
    table = features.table
    return replace(features, table=replace(table, columns=with_nulls(table, unmapped)))


def _refuse_shapes(raw: Raw, features: Features, quarantine: Quarantine) -> None:
    """What is neither one point nor a polygon, and what is the place of a shelter.

    Raises:
        InputError: All features are lines, or the file says that its points are shelters.
    """
    kind = shapely.get_type_id(features.shapes)
    lines = np.isin(kind, _LINES)
    if lines.any() and lines.all():
        raise InputError(raw.name, f"every feature is {_NO_LINES}")
    quarantine.refuse(lines, _NO_LINES)
    several = (kind == GeometryType.MULTIPOINT) & (shapely.get_num_geometries(features.shapes) > 1)
    quarantine.refuse(several, "several points: one value is not told apart among them")
    point = np.isin(kind, [GeometryType.POINT, GeometryType.MULTIPOINT])
    quarantine.refuse(~point & ~is_areal(features.shapes), "neither point nor polygon")
    _refuse_shelters(raw, features.table, quarantine, point)


def _refuse_shelters(raw: Raw, table: Table, quarantine: Quarantine, point: Mask) -> None:
    """Points of places that people flee to.

    Raises:
        InputError: The name of the file or of an attribute says that all of them are.
    """
    told = re.search(_SHELTER, " / ".join([raw.path.stem, *table.columns]).replace("_", " "))
    if told and point.any():
        raise InputError(raw.name, f"{told[0]!r} stands in its names: points of shelters are never kept")
    for field, text in table.columns.items():
        named = as_mask(pc.match_substring_regex(text, _SHELTER))
        quarantine.refuse(named & point, "the place of a shelter, which is never kept", field)


def _single(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """The shapes, with a point in place of a list of one point."""
    single = shapes.copy()
    lists = shapely.get_type_id(shapes) == GeometryType.MULTIPOINT
    single[lists] = shapely.get_geometry(shapes[lists], 0)
    return single


def _span(table: Table, quarantine: Quarantine, given: ShapesOptions) -> tuple[Days, Days]:
    """First day and first day after of every feature, shape (features,) each."""
    columns = [column for column in (given.start, given.end) if column is not None]
    for column in columns:
        table.text(column)
    chosen = table.date_format(*columns, given=given.date_format) if columns else ""
    length = len(table)
    start = quarantine.days(chosen, given.start) if given.start else np.full(length, given.start_date, "datetime64[D]")
    if given.days is not None:
        return start, start + given.days
    end = quarantine.days(chosen, given.end) if given.end else np.full(length, given.end_date, "datetime64[D]")
    quarantine.refuse(end <= start, "ends before it starts")
    return start, np.maximum(start, end)


def _ids(features: Features, quarantine: Quarantine, field: str | None, start: Days) -> pa.Array:
    """Ids from an attribute and the first day, or from the whole content of a feature."""
    if field is not None:
        told = features.table.text(field)
        quarantine.refuse(as_mask(pc.is_null(told)), f"{field}: missing", field)
        return pc.binary_join_element_wise(told, pa.array(start.astype(np.str_)), "/")
    texts = [pc.fill_null(column, "") for _, column in sorted(features.table.columns.items())]
    words = pc.binary_join_element_wise(*texts, "\x1f") if texts else pa.array([""] * len(features))
    coded = shapely.to_wkb(shapely.normalize(features.shapes))
    digests = (
        hashlib.blake2b((shape or b"") + f"{word}/{day}".encode(), digest_size=12).hexdigest()
        for shape, word, day in zip(coded, words.to_pylist(), start, strict=True)
    )
    return pa.array(digests, pa.string())


def _notes(features: Features, kept: Mask, out: int) -> Iterator[str]:
    areal = is_areal(features.shapes) & kept
    if areal.any():
        km2: Floats = areas_km2(features.shapes[areal])
        yield f"{int(areal.sum())} polygons of together {km2.sum():,.1f} km2"
    points = int((kept & ~areal).sum())
    if points:
        yield f"{points} points"
    if out:
        yield f"{out} features left out by where"
