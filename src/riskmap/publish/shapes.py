"""Shapes: the cells as polygons in degrees, for files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely.affinity import translate

from riskmap.publish.outlines import WORLD, rings_of
from riskmap.store.snapshot import Snapshot

_GLOBE = shapely.box(-180, -90, 180, 90)

Shapes = npt.NDArray[np.object_]


def cell_shapes(snapshot: Snapshot) -> Shapes:
    """Outlines of all cells in lon/lat (OGC:CRS84), counter-clockwise; shape (cells,).

    A cell that crosses the antimeridian is a multipolygon with a part on each side (RFC 7946 section 3.1.9).
    """
    rings = rings_of(snapshot)
    held = np.arange(rings.x.shape[1]) < rings.vertices[:, None]
    # Stored clockwise as seen on the map; files want the other way round.
    lon = rings.x[:, ::-1][held[:, ::-1]] / WORLD * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * rings.y[:, ::-1][held[:, ::-1]] / WORLD))))
    owner = np.repeat(np.arange(len(rings.x)), rings.vertices)
    shapes: Shapes = shapely.polygons(shapely.linearrings(np.column_stack([lon, lat]), indices=owner))
    west, _, east, _ = shapely.bounds(shapes).T
    for row in np.flatnonzero((west < -180) | (east > 180)).tolist():
        shapes[row] = _split(shapes[row])
    return shapes


def _split(shape: shapely.Polygon) -> shapely.Geometry:
    """The parts of a shape on either side of the antimeridian, each within ±180 degrees."""
    copies = [translate(shape, xoff=turn) for turn in (-360, 0, 360)]
    parts = [part for part in shapely.intersection(copies, _GLOBE) if part.area > 0]
    return shapely.orient_polygons(shapely.multipolygons(parts))
