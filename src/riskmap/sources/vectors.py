"""Files of shapes, read into lon/lat (OGC:CRS84) with their attributes as a table of text; what is mended is told.

GeoJSON is read here and not by GDAL, which gives null in silence where a feature typed Polygon holds the coordinates of
a MultiPolygon.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

import geopandas
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely import affinity

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.archive import inside, is_archive, member_bytes, members
from riskmap.sources.columns import Floats, Mask, Quarantine, Table, listed
from riskmap.sources.tabular import is_json, json_list, read_json, table_of_records

Box = tuple[float, float, float, float]
Shapes = npt.NDArray[np.object_]
Attributes = Sequence[Mapping[str, object]]

LON_LAT = CRS.from_user_input("OGC:CRS84")

_GEOD = Geod(ellps="WGS84")
_WORLD: Box = (-180.0, -90.0, 180.0, 90.0)
_NESTING = {
    "Point": 1,
    "MultiPoint": 2,
    "LineString": 2,
    "MultiLineString": 3,
    "Polygon": 3,
    "MultiPolygon": 4,
}
_IN_ARCHIVES = (".geojson", ".json", ".shp", ".gpkg", ".fgb")
_NO_SHAPE = "no geometry"
_UNREADABLE = "geometry that cannot be read"
# The last three are what a damaged index, text that is no UTF-8 or a damaged system becomes on its way out of GDAL.
_BROKEN = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, IndexError, UnicodeDecodeError, NameError)
_COLLAPSED = "geometry without area after repair"


@dataclass(frozen=True)
class Features:
    """Shapes with their attributes.

    Args:
        table: Attributes as text, shape (features,); its notes tell what was repaired.
        shapes: Shapely geometries in lon/lat, None where a feature has no shape that can be used; shape (features,).
        flaws: Why a feature has none, empty where it has; shape (features,).
    """

    table: Table
    shapes: Shapes
    flaws: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.shapes)

    def where(self, keep: Mask) -> Features:
        """The features where the mask is true."""
        return Features(self.table.where(keep), self.shapes[keep], self.flaws[keep])

    def quarantine(self) -> Quarantine:
        """A quarantine that holds the features without a shape already."""
        quarantine = Quarantine(self.table)
        for flaw in (_NO_SHAPE, _UNREADABLE, _COLLAPSED):
            quarantine.refuse(self.flaws == flaw, flaw)
        return quarantine


@dataclass(frozen=True)
class _Draft:
    """A file as it stands, before its shapes are in lon/lat."""

    attributes: Attributes
    shapes: Shapes
    flaws: npt.NDArray[np.object_]
    crs: CRS | None
    notes: tuple[str, ...] = ()


def read_features(
    raw: Raw, crs: str | None = None, layer: str | None = None, expect_bbox: Box | None = None
) -> Features:
    """The features of a GeoJSON, shapefile, GeoPackage, FlatGeobuf or (Geo)Parquet file, zipped or not (Parquet not).

    Rings that cross themselves are repaired, heights dropped, and what lies beyond the antimeridian is brought back.

    Args:
        raw: The file.
        crs: Its coordinate system, where it names none, or a wrong one.
        layer: Its layer, where it has several; of a zip file, the file in it.
        expect_bbox: West, south, east, north in degrees, of which the shapes should lie somewhere inside.

    Raises:
        InputError: It cannot be read, names no coordinate system, lacks a companion file, holds coordinates that are no
            degrees, or holds latitudes where longitudes should be.
    """
    draft = _draft(raw, layer)
    system, told = _system(raw, draft.crs, crs)
    shapes, flaws = _lon_lat(raw, draft.shapes, system), draft.flaws.copy()
    _check_range(raw, shapes)
    if expect_bbox is not None:
        told += _check_box(raw, shapes, expect_bbox)
    shapes, repaired = valid(shapes)
    beyond = _beyond(shapes)
    shapes[beyond] = [wrapped(shape) for shape in shapes[beyond]]
    gone = shapely.is_empty(shapes)
    flaws[gone] = np.where(flaws[gone] == "", _COLLAPSED, flaws[gone])
    shapes[gone] = None
    counted = {"shapes moved or cut at the antimeridian": int(beyond.sum()), "invalid shapes repaired": repaired}
    notes = (*draft.notes, *told, *(f"{count} {what}" for what, count in counted.items() if count))
    return Features(table_of_records(raw.name, draft.attributes, notes), shapes, flaws)


def valid(shapes: Shapes) -> tuple[Shapes, int]:
    """The shapes with invalid ones repaired, and how many these were.

    A ring that crosses itself becomes one polygon for each loop; what has no area is dropped from a polygon.
    """
    bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    mended = shapes.copy()
    mended[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    # Rings that run twice along themselves can leave parts that share an edge, which only a union takes away.
    still = ~shapely.is_valid(mended) & bad
    mended[still] = shapely.buffer(mended[still], 0)
    return mended, int(bad.sum())


def wrapped(shape: shapely.Geometry) -> shapely.Geometry:
    """The same shape with longitudes from -180 to 180, cut along the antimeridian where it crosses it."""
    west, _, east, _ = shape.bounds
    first, last = math.floor((west + 180) / 360), math.ceil((east - 180) / 360)
    if first == last == 0:
        return shape
    world = shapely.box(*_WORLD)
    turned = (affinity.translate(shape, -360.0 * turn) for turn in range(first, max(first, last) + 1))
    return shapely.union_all([shapely.intersection(part, world) for part in turned])


def areas_km2(shapes: Shapes) -> Floats:
    """Geodesic areas on the WGS84 ellipsoid in km², 0 for points, lines and None; shape as given."""
    # Normalised rings all turn one way, and holes the other, so that the signed sum has the right size.
    turned = shapely.normalize(shapes)
    areas = [0.0 if shape is None else abs(_GEOD.geometry_area_perimeter(shape)[0]) / 1e6 for shape in turned]
    return np.array(areas, dtype=np.float64)


def is_areal(shapes: Shapes) -> Mask:
    """Whether a shape is a polygon or several; shape as given."""
    mask: Mask = np.isin(shapely.get_type_id(shapes), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    return mask


def shape_of(value: object) -> tuple[shapely.Geometry | None, str, str]:
    """A GeoJSON geometry as a shape, the flaw if it has none, and what it was retyped to if its type was wrong.

    A type that contradicts the nesting of its coordinates is taken from the nesting.
    """
    if not isinstance(value, Mapping):
        return None, _NO_SHAPE, ""
    told = str(value.get("type"))
    meant = _meant(told, _depth(value.get("coordinates")))
    try:
        shape = shapely.from_geojson(orjson.dumps({**value, "type": meant}))
    except shapely.errors.GEOSException:
        return None, _UNREADABLE, ""
    if shape.is_empty:
        return None, _NO_SHAPE, ""
    return shapely.force_2d(shape), "", meant if meant != told else ""


def _depth(coordinates: object) -> int:
    return 1 + _depth(coordinates[0]) if isinstance(coordinates, list) and coordinates else 0


def _meant(told: str, depth: int) -> str:
    """The type of the same family whose coordinates nest this deep."""
    if told not in _NESTING or _NESTING[told] == depth:
        return told
    family = told.removeprefix("Multi")
    return next((one for one in (family, f"Multi{family}") if _NESTING[one] == depth), told)


def _draft(raw: Raw, layer: str | None) -> _Draft:
    if is_json(raw):
        return _from_geojson(raw, read_json(raw))
    if is_archive(raw):
        return _from_archive(raw, layer)
    if raw.path.suffix.lower() in (".parquet", ".geoparquet"):
        return _from_parquet(raw)
    _check_companions(raw, raw.path, raw.path.parent.iterdir())
    return _from_gdal(raw, layer, raw.path)


def _from_archive(raw: Raw, layer: str | None) -> _Draft:
    """The one file of shapes in a zip file, or the one that `layer` names."""
    there = members(raw)
    found = [one for one in there if PurePosixPath(one).suffix.lower() in _IN_ARCHIVES]
    chosen = [one for one in found if layer in (None, one, PurePosixPath(one).name)]
    if len(chosen) != 1:
        raise InputError(raw.name, f"holds the files of shapes {listed(found)}; name one by the option layer")
    if chosen[0].lower().endswith("json"):
        try:
            return _from_geojson(raw, orjson.loads(member_bytes(raw, chosen[0])))
        except orjson.JSONDecodeError as error:
            raise InputError(raw.name, f"{chosen[0]!r} in it is not valid JSON ({error})") from error
    _check_companions(raw, PurePosixPath(chosen[0]), map(PurePosixPath, there))
    return _from_gdal(raw, None, inside(raw, chosen[0]))


def _from_geojson(raw: Raw, content: object) -> _Draft:
    kind = content.get("type") if isinstance(content, Mapping) else None
    features = [content] if kind == "Feature" else json_list(raw.name, content, "features")
    attributes: list[Mapping[str, object]] = []
    shapes, flaws, retyped = [], [], 0
    for row, feature in enumerate(features, 1):
        if not isinstance(feature, Mapping):
            raise InputError(raw.name, f"a GeoJSON feature is needed; found {str(feature)[:80]!r}", row=row)
        properties = feature.get("properties")
        attributes.append(properties if isinstance(properties, Mapping) else {})
        shape, flaw, changed = shape_of(feature.get("geometry"))
        shapes.append(shape)
        flaws.append(flaw)
        retyped += bool(changed)
    told = f"{retyped} of {len(features)} geometries hold other coordinates than their type says; read by coordinates"
    return _Draft(
        attributes,
        np.array(shapes, dtype=object),
        np.array(flaws, dtype=object),
        _geojson_crs(raw, content),
        (told,) if retyped else (),
    )


def _geojson_crs(raw: Raw, content: object) -> CRS:
    """The coordinate system of the older standard's `crs` member; lon/lat without one (RFC 7946)."""
    named: object = content
    for step in ("crs", "properties", "name"):
        named = named.get(step) if isinstance(named, Mapping) else None
    return LON_LAT if named is None else _parsed(raw, named)


def _from_parquet(raw: Raw) -> _Draft:
    """GeoParquet in any of its encodings, or a plain table with WKB in the column `geometry`."""
    try:
        table = pq.read_table(raw.path)
        if b"geo" in (table.schema.metadata or {}):
            frame = geopandas.read_parquet(raw.path)
            column, read, crs = frame.geometry.name, frame.geometry.to_numpy(), frame.crs
        else:
            column, crs = "geometry", None
            read = _of_wkb(raw, table)
    except (ValueError, OSError, KeyError, TypeError, CRSError, pa.ArrowException) as error:
        raise InputError(raw.name, f"cannot be read as Parquet: {error}") from error
    attributes = table.drop_columns([column]).to_pylist()
    return _Draft(attributes, *_checked(read), None if crs is None else _parsed(raw, crs))


def _of_wkb(raw: Raw, table: pa.Table) -> Shapes:
    if "geometry" not in table.column_names or not pa.types.is_binary(table.schema.field("geometry").type):
        raise InputError(raw.name, f"no column 'geometry' of WKB; found {listed(table.column_names)}")
    return np.array(table["geometry"].to_pylist(), dtype=object)


def _from_gdal(raw: Raw, layer: str | None, path: Path | str) -> _Draft:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            layers = [str(name) for name, _ in pyogrio.list_layers(path)]
            if layer is None and len(layers) > 1:
                raise InputError(raw.name, f"several layers: {listed(layers)}; give the option layer")
            meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer)
        except _BROKEN as error:
            raise InputError(raw.name, f"cannot be read as a file of shapes: {error}") from error
    if wkb is None:
        raise InputError(raw.name, "holds no shapes; name the file that does")
    crs = _parsed(raw, meta["crs"]) if meta["crs"] else None
    columns = [_plain_values(values) for values in fields]
    attributes = [dict(zip(meta["fields"], row, strict=True)) for row in zip(*columns, strict=True)] or [{}] * len(wkb)
    return _Draft(attributes, *_checked(wkb), crs, tuple(sorted({f"GDAL: {one.message}" for one in told})))


def _check_companions(raw: Raw, file: PurePath, there: Iterable[PurePath]) -> None:
    """GDAL reads a shapefile without its attributes as if it had none."""
    if file.suffix.lower() != ".shp":
        return
    beside = {path.suffix.lower() for path in there if path.stem == file.stem}
    for suffix, holds in ((".shx", "index"), (".dbf", "attributes")):
        if suffix not in beside:
            raise InputError(raw.name, f"its companion {file.stem}{suffix} ({holds}) is missing; put it beside it")


def _plain_values(values: npt.NDArray[np.generic]) -> list[object]:
    """A column as Python values, None where empty."""
    found: list[object] = values.tolist()
    return [None if isinstance(value, float) and math.isnan(value) else value for value in found]


def _checked(values: Shapes) -> tuple[Shapes, npt.NDArray[np.object_]]:
    """Shapes or their WKB as flat shapes, None where there is none, and why."""
    coded = np.array([isinstance(value, bytes) for value in values], dtype=np.bool_)
    read = values.copy()
    with np.errstate(invalid="ignore"):
        read[coded] = shapely.from_wkb(values[coded], on_invalid="ignore")
        read = shapely.force_2d(read)
    there = coded | ~shapely.is_missing(read)
    places, owners = shapely.get_coordinates(read, return_index=True)
    read[owners[~np.isfinite(places).all(axis=1)]] = None
    unread = there & shapely.is_missing(read)
    shapes: Shapes = read.copy()
    shapes[shapely.is_empty(read)] = None
    flaws = np.where(unread, _UNREADABLE, np.where(shapely.is_missing(shapes), _NO_SHAPE, ""))
    return shapes, flaws.astype(object)


def _parsed(raw: Raw, crs: object) -> CRS:
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError(raw.name, f"no coordinate system: {crs!r}; give one such as EPSG:4326") from error


def _system(raw: Raw, stated: CRS | None, given: str | None) -> tuple[CRS, tuple[str, ...]]:
    """The coordinate system to read the file in; the one given comes before the one stated, which is told."""
    if given is None:
        if stated is None:
            raise InputError(raw.name, "names no coordinate system; give the option crs, such as EPSG:4326")
        return stated, ()
    chosen = _parsed(raw, given)
    if stated is None or chosen.equals(stated, ignore_axis_order=True):
        return chosen, ()
    return chosen, (f"read in {given} as told, though the file says {stated.name}",)


def _lon_lat(raw: Raw, shapes: Shapes, crs: CRS) -> Shapes:
    if crs.equals(LON_LAT, ignore_axis_order=True):
        return shapes.copy()
    try:
        transformer = Transformer.from_crs(crs, LON_LAT, always_xy=True)
    except ProjError as error:
        raise InputError(raw.name, f"{crs.name} is no system of the Earth; give the right one as option crs") from error
    turned: Shapes = shapely.transform(
        shapes, lambda places: np.column_stack(transformer.transform(places[:, 0], places[:, 1]))
    )
    if not np.isfinite(shapely.get_coordinates(turned)).all():
        raise InputError(raw.name, f"coordinates outside the reach of {crs.name}; give the right one as option crs")
    return turned


def _check_range(raw: Raw, shapes: Shapes) -> None:
    places = shapely.get_coordinates(shapes)
    if len(places) and (np.abs(places) > np.array([540.0, 90.0]) + 1e-9).any():
        raise InputError(
            raw.name,
            f"its coordinates are no longitudes and latitudes: x {places[:, 0].min():g} to {places[:, 0].max():g},"
            f" y {places[:, 1].min():g} to {places[:, 1].max():g}; give the option crs, or mend swapped axes",
        )


def _check_box(raw: Raw, shapes: Shapes, box: Box) -> tuple[str, ...]:
    """A note where nothing lies in the box.

    Raises:
        InputError: All of it does once longitude and latitude are swapped.
    """
    area = shapely.box(*box)
    there = shapes[~shapely.is_missing(shapes)]
    if not len(there) or shapely.intersects(there, area).any():
        return ()
    if shapely.intersects(shapely.transform(there, lambda places: places[:, ::-1]), area).all():
        raise InputError(
            raw.name,
            f"longitude and latitude are swapped: only the other way round do its shapes lie in {box}; mend the file",
        )
    return (f"none of its {len(there)} shapes lies in the expected box {box}",)


def _beyond(shapes: Shapes) -> Mask:
    bounds = shapely.bounds(shapes)
    mask: Mask = (bounds[:, 0] < _WORLD[0]) | (bounds[:, 2] > _WORLD[2])
    return mask
