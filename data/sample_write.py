"""Writing the sample's files so that their bytes depend on nothing but their content."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Cell = str | int | float | None
Row = Mapping[str, Cell]
Json = Mapping[str, object]


def write_csv(path: Path, rows: Sequence[Row], hxl: Mapping[str, str] | None = None) -> None:
    """A comma-separated table, UTF-8, lines end in a bare line feed; a cell that is None stays empty.

    Args:
        path: Where to.
        rows: All with the same keys in the same order.
        hxl: Tags for a second header row, by column.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    if hxl is not None:
        writer.writerow(hxl)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode())


def write_json(path: Path, content: object) -> None:
    """A JSON document on one line, UTF-8, as web services send it."""
    path.write_bytes((json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode())


def write_features(path: Path, features: Sequence[Json], **members: object) -> None:
    """A GeoJSON FeatureCollection with one feature a line, so that a person can read its properties."""
    head = json.dumps({"type": "FeatureCollection", **members}, ensure_ascii=False)[:-1]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    path.write_bytes(f'{head}, "features": [\n{lines}\n]}}\n'.encode())


def feature(properties: Json, kind: str, coordinates: object) -> Json:
    """A GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}
