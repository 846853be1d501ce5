"""Export: a snapshot as a file for QGIS, for Python or for a spreadsheet, with what must be known of it inside."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyarrow import csv

from riskmap.errors import QueryError, StoreError
from riskmap.publish.columns import scores_table
from riskmap.publish.fields import SURE, USUAL, Field, fields_of
from riskmap.publish.shapes import Shapes, cell_shapes
from riskmap.publish.words import MEANING, nodes_of
from riskmap.store.snapshot import Snapshot

GEOMETRY = "geom"
LAYER = "risk"

_PLACE = ("population", "area_km2", "lon", "lat", "admin1_pcode", "admin1_name", "admin2_pcode", "admin2_name")
_CRS = "OGC:CRS84"
_GROUP_ROWS = 1 << 16
_SUFFIXES = {"gpkg": ".gpkg", "geoparquet": ".parquet", "csv": ".csv"}

Metadata = Mapping[str, Any]


def export_snapshot(
    snapshot: Snapshot, path: Path | str, file_format: str, periods: Sequence[str] | None = None
) -> Path:
    """Writes the scores of all cells, with their parts, as one file; it appears under its name only when whole.

    All periods stand in one table, one row a cell and period, sorted by cell and then by period: QGIS filters it by
    `period`, and each cell's series lies together. Columns: `cell` (H3 as text), `period`, `score`, `low`, `high`,
    `class`, `status`, `coverage`, how sure the score is (as `riskmap.publish.fields.fields_of` tells), the score of
    every dimension, component and indicator under its id, what was measured as `<indicator>_value`, and what is known
    of the place. Null = unknown, 0 = observed zero. Inside the file stand snapshot, as-of date, whether the place is
    invented, recipe, sources and licences, and what the numbers do not mean.

    Args:
        snapshot: What to write.
        path: File to write.
        file_format: `gpkg`, geometry in `geom`; `geoparquet` 1.1 with a bounding box a row; or `csv`, UTF-8, without
            geometry, with a second file `<path>.json` for what the others carry inside.
        periods: Labels; None for all.

    Returns:
        The file.

    Raises:
        QueryError: There is no such format.
        LicenceForbids: A licence does not allow to pass on what is made from its data.
        PeriodUnknown: A period is not one of the snapshot's.
        StoreError: The file cannot be written.
    """
    if file_format not in FORMATS:
        raise QueryError(f"no format {file_format!r}; formats are {', '.join(FORMATS)}")
    snapshot.check_may_leave()
    labels = sorted(snapshot.periods if periods is None else dict.fromkeys(periods), key=snapshot.period_index)
    if not labels:
        raise QueryError("no period was asked for; name at least one, or leave them out for all")
    target = Path(path)
    fields = _exported(snapshot)
    table = scores_table(snapshot, {label: snapshot.period_index(label) for label in labels}, fields)
    order = np.arange(len(table)).reshape(len(labels), -1).T.ravel()
    with _written_aside(target, _SUFFIXES[file_format]) as aside:
        FORMATS[file_format](snapshot, table.take(pa.array(order)).combine_chunks(), _metadata(snapshot, labels), aside)
    return target


def _exported(snapshot: Snapshot) -> dict[str, Field]:
    """Fields by the names of their columns, which hold no dots since GIS expressions stumble over them."""
    known = fields_of(snapshot)
    measured = [name for name in known if name.endswith(".value")]
    sure = [name for name in SURE if name in known]
    names = [*USUAL, *sure, *nodes_of(snapshot), *measured, *(name for name in _PLACE if name in known)]
    return {name.replace(".", "_"): known[name] for name in names}


def _metadata(snapshot: Snapshot, labels: Sequence[str]) -> Metadata:
    manifest = snapshot.manifest
    case, recipe = manifest["case"], manifest["recipe"]
    return {
        "title": case["title"],
        "meaning": f"{MEANING}. Not an incidence map. Unknown (null) is not safe and not zero.",
        "synthetic": case["synthetic"],
        "snapshot": snapshot.id,
        "as_of": case.get("as_of", snapshot.periods[-1]),
        "periods": list(labels),
        "resolution": case["resolution"],
        "recipe": {key: recipe[key] for key in ("name", "version", "hash")},
        "columns": _column_words(snapshot),
        "sources": sorted({entry.get("title", entry["source"]) for entry in manifest["inputs"]}),
        "licences": list(snapshot.licences),
        "code_version": manifest["code_version"],
    }


def _column_words(snapshot: Snapshot) -> dict[str, str]:
    """What stands in the columns whose names do not say it."""
    measured = fields_of(snapshot)
    found = {name: f"{part['label']}, score" for name, part in nodes_of(snapshot).items()}
    for part in snapshot.manifest["recipe"]["indicators"]:
        if f"{part['id']}.value" in measured:
            found[f"{part['id']}_value"] = f"{part['label']}, {part['unit']}"
    return found


def _description(metadata: Metadata) -> str:
    """The metadata in one paragraph, for programs that show text only."""
    credit = "; ".join(f"{licence['attribution']} ({licence['id']})" for licence in metadata["licences"])
    invented = "SYNTHETIC: an invented place. " if metadata["synthetic"] else ""
    recipe = f"{metadata['recipe']['name']} {metadata['recipe']['version']}"
    return (
        f"{invented}{metadata['meaning']} Snapshot {metadata['snapshot']}, as of {metadata['as_of']}, recipe {recipe}."
        f" Data: {credit}."
    )


def _write_gpkg(snapshot: Snapshot, table: pa.Table, metadata: Metadata, path: Path) -> None:
    shapes = _repeated(cell_shapes(snapshot), len(metadata["periods"]))
    pyogrio.write_arrow(
        table.append_column(GEOMETRY, pa.array(shapely.to_wkb(shapes), pa.binary())),
        path,
        layer=LAYER,
        driver="GPKG",
        geometry_name=GEOMETRY,
        geometry_type="Unknown"
        if (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON).any()
        else "Polygon",
        crs="EPSG:4326",
        layer_options={
            "DESCRIPTION": _description(metadata),
            "IDENTIFIER": metadata["title"],
            "GEOMETRY_NAME": GEOMETRY,
        },
        dataset_options={
            "VERSION": "1.3"
        },  # the newest that the QGIS of long-lived distributions reads without a warning
        dataset_metadata={key: _told(value) for key, value in metadata.items()},
    )


def _write_geoparquet(snapshot: Snapshot, table: pa.Table, metadata: Metadata, path: Path) -> None:
    shapes = _repeated(cell_shapes(snapshot), len(metadata["periods"]))
    frame = geopandas.GeoDataFrame(table.to_pandas(), geometry=shapes, crs=_CRS).rename_geometry(GEOMETRY)
    frame.to_parquet(path, index=False, schema_version="1.1.0", write_covering_bbox=True, compression="zstd")
    written = pq.read_table(path)
    known = written.schema.metadata or {}
    told = written.replace_schema_metadata({**known, b"riskmap": json.dumps(metadata, ensure_ascii=False).encode()})
    pq.write_table(told, path, compression="zstd", row_group_size=_GROUP_ROWS)


def _write_csv(_snapshot: Snapshot, table: pa.Table, metadata: Metadata, path: Path) -> None:
    csv.write_csv(table, path)
    sidecar = json.dumps(metadata, ensure_ascii=False, indent=2) + "\n"
    _sidecar(path).write_text(sidecar, encoding="utf-8")


FORMATS: Mapping[str, Callable[[Snapshot, pa.Table, Metadata, Path], None]] = {
    "gpkg": _write_gpkg,
    "geoparquet": _write_geoparquet,
    "csv": _write_csv,
}
"""Writers by format."""


def _repeated(shapes: Shapes, periods: int) -> Shapes:
    return np.repeat(shapes, periods)


def _told(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


@contextmanager
def _written_aside(target: Path, suffix: str) -> Iterator[Path]:
    """A name beside the target to write to; what was written there takes the target's name at the end, or goes."""
    aside = target.with_name(f".{os.getpid()}-{target.name}{suffix}")
    try:
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        if _sidecar(aside).exists():
            _sidecar(aside).replace(_sidecar(target))
        aside.replace(target)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise StoreError(f"{target} cannot be written: {error}; name a file in a folder that can be written") from error
    finally:
        for left in (aside, _sidecar(aside)):
            with suppress(OSError):
                left.unlink()
