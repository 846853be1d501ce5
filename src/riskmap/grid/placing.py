"""Placing: from the ways in which records say where they are to one table of places, each with its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from scipy import sparse

from riskmap.grid.lines import length_shares
from riskmap.grid.matching import Matcher
from riskmap.grid.points import OUTSIDE, land, read_points
from riskmap.grid.polygons import area_shares, cell_areas_km2
from riskmap.grid.spread import Ground
from riskmap.grid.wordings import GEOMETRY, Wordings, read_wordings
from riskmap.model.cube import Floats, Support

NO_CELL = "its area holds no cell"
_LEVEL_SUPPORT = {0: Support.COUNTRY, 1: Support.ADM1}
_LINES = (1, 2, 5)
_POINT_SUPPORT = {"exact": Support.CELL, "near": Support.NEAR}


@dataclass(frozen=True)
class Places:
    """The distinct places of some records.

    A record has one piece, or several where a crosswalk splits its place.

    Args:
        record: Record of each piece, shape (pieces,), ascending.
        part: Part of its record that a piece stands for, shape (pieces,).
        wording: Wording of each piece, shape (pieces,).
        wordings: What the records say of where they are; several wordings may mean one place.
        of_record: Place of each piece, which is that of its record unless it was split; shape (pieces,).
        shares: What part of a place's total each cell gets, shape (places, cells); rows sum to at most 1.
        km2: Area of the place inside each cell, shape (places, cells).
        support: `Support` codes, shape (places,).
        level: Level of the area a place stands for, -1 for points and polygons; shape (places,).
        area: Position of that area in its level, -1 else; shape (places,).
        lon: Of precise points, those off the grid included, since they are felt across a border; NaN else.
        lat: Likewise.
        reason: Why a place has no cell; empty where it has; shape (places,).
        on_border: Precise points beyond the boundary that a cell of the area still holds, shape (places,).
        name: What the records call it, for the account of what is left out; shape (places,).
        notes: What was assumed, in words.
    """

    record: npt.NDArray[np.int64]
    part: Floats
    wording: npt.NDArray[np.int64]
    wordings: Wordings
    of_record: npt.NDArray[np.int64]
    shares: sparse.csr_matrix
    km2: sparse.csr_matrix
    support: npt.NDArray[np.int8]
    level: npt.NDArray[np.int64]
    area: npt.NDArray[np.int64]
    lon: Floats
    lat: Floats
    reason: npt.NDArray[np.object_]
    on_border: npt.NDArray[np.bool_]
    name: npt.NDArray[np.object_]
    notes: tuple[str, ...]

    def pieces(self, table: pa.Table) -> pa.Table:
        """The records as pieces, in the order of `record`: each as often as its place was split."""
        return table if len(self.record) == table.num_rows else table.take(pa.array(self.record))


@dataclass
class _Draft:
    """Places while they are being found; the same fields as `Places`, before the matrices."""

    support: npt.NDArray[np.int8]
    level: npt.NDArray[np.int64]
    area: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    reason: npt.NDArray[np.object_]
    on_border: npt.NDArray[np.bool_]
    lon: Floats
    lat: Floats
    polygons: dict[int, shapely.Geometry]
    lines: dict[int, shapely.Geometry]
    notes: list[str]


def place_records(table: pa.Table, ground: Ground, matcher: Matcher) -> Places:
    """The places of a layer's records (rasters excepted) and the cells each of them covers.

    Matching is by distinct wording, never by record. Different wordings of one area are one place, so that a later
    stock takes the place of an earlier one that was spelled otherwise.

    Args:
        table: Records under the layer schema, none with an href.
        ground: Grid, areas and people.
        matcher: The same areas, by name and code.
    """
    wordings = read_wordings(table, matcher)
    record, target = wordings.targets.of(wordings.of_record)
    of_target, first = _merged(wordings)
    chosen = wordings.targets.wording[first]
    draft = _drafted(wordings, first)
    _land_points(wordings, chosen, ground, draft)
    shares, km2 = _matrices(draft, ground)
    split = len(np.unique(record[wordings.targets.part[target] < 1]))
    _note(split, "records split over several areas by the crosswalk", draft)
    lost = (draft.reason == "") & (np.asarray(shares.sum(axis=1)).ravel() <= 0)
    draft.reason[lost] = np.where(draft.area[lost] >= 0, NO_CELL, OUTSIDE)
    return Places(
        record=record,
        part=wordings.targets.part[target],
        wording=wordings.of_record[record],
        wordings=wordings,
        of_record=of_target[target],
        shares=shares,
        km2=km2,
        support=draft.support,
        level=draft.level,
        area=draft.area,
        lon=draft.lon,
        lat=draft.lat,
        reason=draft.reason,
        on_border=draft.on_border,
        name=wordings.name[chosen],
        notes=tuple(draft.notes),
    )


def _merged(wordings: Wordings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The place of each target, all of one area being one place, and the first target of each place."""
    targets = wordings.targets
    widest = 1 + max(targets.area.max(initial=0), targets.wording.max(initial=0))
    key = np.where(targets.area >= 0, widest * (1 + targets.level) + targets.area, targets.wording)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return place, first


def _drafted(wordings: Wordings, first: npt.NDArray[np.int64]) -> _Draft:
    """Places known by words are found; those given by geometry are still to be landed."""
    count, targets = len(first), wordings.targets
    level, area = targets.level[first], targets.area[first]
    return _Draft(
        support=_supports(level),
        level=level,
        area=area,
        cell=np.full(count, -1),
        reason=wordings.reason[targets.wording[first]],
        on_border=np.zeros(count, bool),
        lon=np.full(count, np.nan),
        lat=np.full(count, np.nan),
        polygons={},
        lines={},
        notes=[],
    )


def _land_points(wordings: Wordings, chosen: npt.NDArray[np.int64], ground: Ground, draft: _Draft) -> None:
    """Places given by geometry: points in their cells or areas, polygons and lines set aside.

    Args:
        wordings: What the records say.
        chosen: Wording of each place, shape (places,).
        ground: Grid and areas.
        draft: Takes what is found.
    """
    rows = np.flatnonzero(wordings.way[chosen] == GEOMETRY)
    if not len(rows):
        return
    lon, lat, shapes = read_points(wordings.geometry.take(pa.array(chosen[rows])))
    for at, shape in shapes.items():
        (draft.lines if shapely.get_type_id(shape) in _LINES else draft.polygons)[int(rows[at])] = shape
        draft.support[rows[at]] = Support.CELL
    is_point = np.ones(len(rows), bool)
    is_point[list(shapes)] = False
    rows, lon, lat = rows[is_point], lon[is_point], lat[is_point]
    precision = wordings.precision[chosen[rows]]
    landing = land((lon, lat), precision, ground)
    draft.cell[rows], draft.area[rows], draft.level[rows] = landing.cell, landing.area, landing.level
    draft.reason[rows], draft.on_border[rows] = landing.reason, landing.on_border
    draft.support[rows] = _supports(np.where(landing.area >= 0, landing.level, -1))
    for word, support in _POINT_SUPPORT.items():
        precise = rows[precision == word]
        draft.support[precise] = support
        draft.lon[precise], draft.lat[precise] = lon[precision == word], lat[precision == word]


def _supports(level: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """Support of what is known for areas of a level; none below 0."""
    support = np.where(level < 0, Support.NONE, Support.ADM2).astype(np.int8)
    for coarse, code in _LEVEL_SUPPORT.items():
        support[level == coarse] = code
    return support


def _matrices(draft: _Draft, ground: Ground) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Shares and km² of every place on every cell."""
    count, cells = len(draft.cell), len(ground.grid)
    shares, km2 = [sparse.csr_matrix((count, cells))], [sparse.csr_matrix((count, cells))]
    on_cell = np.flatnonzero(draft.cell >= 0)
    if len(on_cell):
        pick = sparse.csr_matrix((np.ones(len(on_cell)), (on_cell, draft.cell[on_cell])), shape=(count, cells))
        shares.append(pick)
        km2.append(pick @ sparse.diags(cell_areas_km2(ground.grid)))
    for level in np.unique(draft.level[draft.level >= 0]):
        rows = np.flatnonzero(draft.level == level)
        chosen = _rows(rows, draft.area[rows], (count, len(ground.areas[int(level)])))
        spread, by_area = ground.shares(int(level))
        shares.append(chosen @ spread)
        km2.append(chosen @ ground.overlaps(int(level)).km2)
        _note(int(by_area[draft.area[rows]].sum()), "areas without known people: spread by area", draft)
    for rows, spread, inside in _drawn(draft, ground):
        lift = _rows(rows, np.arange(len(rows)), (count, len(rows)))
        shares.append(lift @ spread)
        km2.append(lift @ inside)
    return _total(shares), _total(km2)


def _drawn(
    draft: _Draft, ground: Ground
) -> Iterator[tuple[npt.NDArray[np.int64], sparse.csr_matrix, sparse.csr_matrix]]:
    """Rows, shares and km² of places that are drawn: polygons by area, lines by length in the cells on their way."""
    if draft.polygons:
        found = area_shares(list(draft.polygons.values()), ground.grid)
        yield np.array(list(draft.polygons)), _parts(found.km2, found.total_km2), found.km2
    if draft.lines:
        run = length_shares(list(draft.lines.values()), ground.grid)
        through = run.km.astype(bool).astype(float) @ sparse.diags(cell_areas_km2(ground.grid))
        yield np.array(list(draft.lines)), _parts(run.km, run.total_km), through


def _parts(inside: sparse.csr_matrix, whole: Floats) -> sparse.csr_matrix:
    """What lies inside each cell as parts of the whole of each place; nothing of a place that has no extent."""
    return sparse.diags(np.divide(1.0, whole, out=np.zeros(len(whole)), where=whole > 0)) @ inside


def _note(count: int, what: str, draft: _Draft) -> None:
    if count:
        draft.notes.append(f"{count} {what}")


def _rows(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def _total(parts: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    total = sparse.csr_matrix(total)
    total.sort_indices()
    return total
