"""IBTrACS: tracks of tropical cyclones, with wind radii as one agency tells them.

Agencies average winds over one, three or ten minutes, so their figures are not put together: all radii are those of the
US agencies (`USA_*`, one-minute winds).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources import ibtracs_fetch
from riskmap.sources.columns import Floats, Quarantine, Table, as_mask, layer_of, points, received
from riskmap.sources.ibtracs_tracks import Tracks, read_tracks
from riskmap.sources.ibtracs_winds import QUADRANTS, footprints
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table
from riskmap.sources.wire import Wire

WINDS_KT = (34, 50, 64)
"""Winds that radii are told for, in knots: tropical storm, destructive, hurricane."""

Areas = Mapping[int, shapely.Geometry]

_DAY_S = 86_400
_WIDEST_NMILE = 1200.0
_RADIUS_ROUNDING_M = 9260.0
_TRACK_M = 50_000.0

_LICENCE = Licence(
    id="NOAA-IBTrACS",
    attribution="NOAA National Centers for Environmental Information: IBTrACS version 4 (Knapp et al., 2010)",
    url="https://www.ncei.noaa.gov/products/international-best-track-archive",
    raw=True,
    derived=True,
)
_ACCESS = Access(
    "open",
    endpoints={
        "csv": "https://www.ncei.noaa.gov/data/international-best-track-archive-for-climate-stewardship-ibtracs"
        "/v04r01/access/csv"
    },
    pace_s=1.0,
)


class _Options(Given):
    basin: str | None = None
    date_format: str = "%Y-%m-%d"


@dataclass(frozen=True)
class Ibtracs:
    """Tropical cyclones and where they blew.

    Measures: `hazard_extent`, value 1 inside a storm's area of 34 kt and more (tropical storm) from the first to the
    last day on which radii are told; `cyclone_wind_kt`, the same area in bands that do not overlap, each with the least
    wind in it: 34, 50 or 64 kt; `cyclone_positions`, one for each position of a storm's centre that some agency fixed.
    A storm without radii has positions alone.
    """

    name: str = "ibtracs"
    title: str = "IBTrACS: tropical cyclones, their tracks and winds"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.has("SID", "BASIN", "ISO_TIME", "NATURE", "LAT", "LON")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the shortest list that reaches back to the first day, of all the world; the wire keeps it.

        Raises:
            FetchError: The provider did not give it.
        """
        ibtracs_fetch.fetch(asked, wire)

    def check(self, wire: Wire) -> None:
        """One small request, for the list of storms under way.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        ibtracs_fetch.check(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one list, counted in positions; a pure function of its bytes and the options.

        Options: `basin` (only rows of one, such as `NA`), `date_format` (where a spreadsheet has rewritten the days).

        Raises:
            InputError: The file is no list of tracks, holds no storm of that basin, or an option is wrong.
        """
        given = checked(_Options, raw, options)
        table = _of_basin(_without_units(read_table(raw)), given.basin)
        quarantine = Quarantine(table)
        radii = {kt: _radii(quarantine, kt) for kt in WINDS_KT}
        tracks = read_tracks(table, quarantine, given.date_format)
        told = tracks.told(raw)
        areas = {kt: footprints(tracks.fixes, found[tracks.rows]) for kt, found in radii.items()}
        blown = np.any([np.nan_to_num(found[tracks.rows]).any(axis=1) for found in radii.values()], axis=0)
        storms = {
            **self._everywhere(raw, len(tracks.names)),
            **dict(zip(("start", "end"), tracks.days(blown), strict=True)),
            "event_id": pa.array(tracks.names, pa.string()),
            "version": told,
            "spread": "intensive",
            "geo_precision": "near",
            "precision_m": _RADIUS_ROUNDING_M,
            "preliminary": tracks.preliminary,
        }
        layers = [self._positions(raw, table, tracks, told), *_winds(storms, tracks.names, areas)]
        return quarantine.reading(Layer.concat(layers), (*tracks.notes, *_notes(tracks, areas)))

    def _everywhere(self, raw: Raw, length: int) -> Mapping[str, object]:
        """What all records have in common."""
        return {
            "source": self.name,
            "theme": "disaster",
            "retrieved": received(raw, length),
            "licence": self.licence.id,
        }

    def _positions(self, raw: Raw, table: Table, tracks: Tracks, told: pa.Array) -> Layer:
        fixes, rows = tracks.fixes, pa.array(tracks.rows)
        storm, day = table.text("SID").take(rows), fixes.seconds // _DAY_S
        columns = {
            **self._everywhere(raw, len(rows)),
            "record_id": pc.binary_join_element_wise(storm, pa.array(fixes.seconds).cast(pa.string()), "/"),
            "event_id": storm,
            "version": told.take(pa.array(fixes.storm)),
            "measure": "cyclone_positions",
            "kind": "flow",
            "spread": "extensive",
            "value": 1.0,
            "unit": "positions",
            "start": day.astype("datetime64[D]"),
            "end": (day + 1).astype("datetime64[D]"),
            "geometry": points(fixes.lon, fixes.lat),
            "geo_precision": "near",
            "precision_m": _TRACK_M,
            "preliminary": tracks.preliminary[fixes.storm],
        }
        return layer_of(columns, np.ones(len(rows), dtype=np.bool_))


def _winds(storms: Mapping[str, object], names: Sequence[str], areas: Mapping[int, Areas]) -> Iterator[Layer]:
    """Extents and bands of every storm; those that it does not have are withdrawn, lest older ones outlive it.

    Args:
        storms: What all records of the storms have in common.
        names: Their ids, in the same order.
        areas: By wind, where each storm blew as hard.
    """
    everywhere = [_union(areas[kt].get(storm) for kt in WINDS_KT) for storm in range(len(names))]
    extent = {"measure": "hazard_extent", "kind": "hazard", "unit": "share of cell", "overlap_group": "hazard-areas"}
    yield _areas({**storms, **extent, "value": 1.0, "record_id": pa.array(names, pa.string())}, everywhere)
    for kt, stronger in zip(WINDS_KT, (*WINDS_KT[1:], None), strict=True):
        inner = {} if stronger is None else areas[stronger]
        bands = [_ring(areas[kt].get(storm), inner.get(storm)) for storm in range(len(names))]
        band = {"measure": "cyclone_wind_kt", "kind": "index", "unit": "kt", "value": float(kt)}
        yield _areas({**storms, **band, "record_id": pa.array([f"{name}/{kt}" for name in names], pa.string())}, bands)


def _areas(columns: Mapping[str, object], shapes: Sequence[shapely.Geometry | None]) -> Layer:
    wkb = pa.array([None if shape is None else shape.wkb for shape in shapes], pa.binary())
    there = as_mask(pc.is_valid(wkb))
    return layer_of({**columns, "geometry": wkb, "withdrawn": ~there}, np.ones(len(shapes), dtype=np.bool_))


def _without_units(table: Table) -> Table:
    """The table without its second line, which holds units."""
    units = as_mask(pc.starts_with(pc.utf8_lower(table.text("LAT")), "deg"))
    return table.where(~units).noting(f"{int(units.sum())} row of units skipped") if units.any() else table


def _of_basin(table: Table, basin: str | None) -> Table:
    if basin is None:
        return table
    chosen = as_mask(pc.equal(table.text("BASIN"), basin))
    if not chosen.any():
        found = sorted(str(value) for value in pc.unique(table.text("BASIN")).to_pylist())
        raise InputError(table.name, f"no row of the basin {basin!r}; it has {', '.join(found)}", field="BASIN")
    return table.where(chosen).noting(f"{int((~chosen).sum())} rows of other basins left aside")


def _radii(quarantine: Quarantine, kt: int) -> Floats:
    """Radii of a wind in nautical miles, shape (rows, 4); NaN where not told."""
    columns = []
    for quadrant in QUADRANTS:
        field = f"USA_R{kt}_{quadrant}"
        radius = quarantine.counts(field, required=False)
        quarantine.refuse(radius > _WIDEST_NMILE, f"{field}: wider than {_WIDEST_NMILE:g} nmile", field)
        columns.append(radius)
    return np.column_stack(columns)


def _union(shapes: Iterable[shapely.Geometry | None]) -> shapely.Geometry | None:
    there = [shape for shape in shapes if shape is not None]
    return shapely.union_all(there) if there else None


def _ring(shape: shapely.Geometry | None, inner: shapely.Geometry | None) -> shapely.Geometry | None:
    """A shape without an inner one; None where nothing is left."""
    if shape is None or inner is None:
        return shape
    rest = shapely.difference(shape, inner)
    return None if rest.is_empty else rest


def _notes(tracks: Tracks, areas: Mapping[int, Areas]) -> Iterator[str]:
    blown = len(set().union(*areas.values()))
    yield f"{len(tracks.names)} storms, {blown} of them with wind radii; the others have positions alone"
    early = int(tracks.preliminary.sum())
    if early:
        yield f"{early} storms are provisional"
