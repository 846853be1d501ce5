"""Placing: from the ways in which records say where they are to one table of places, each with its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely
from scipy import sparse

from riskmap.grid.places import Gazetteer, Match
from riskmap.grid.points import OUTSIDE, land
from riskmap.grid.polygons import area_shares, cell_areas_km2
from riskmap.grid.spread import Ground
from riskmap.model.cube import Floats, Support

NO_CELL = "its area holds no cell"
_LEVEL_SUPPORT = {0: Support.COUNTRY, 1: Support.ADM1}
_POINT_SUPPORT = {"exact": Support.CELL, "near": Support.NEAR}


@dataclass(frozen=True)
class Places:
    """The distinct places of some records.

    Args:
        of_record: Place of each record, shape (records,).
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
        aliases: Name as written -> name it was taken for.
        notes: What was assumed, in words.
    """

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
    aliases: Mapping[str, str]
    notes: tuple[str, ...]


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
    aliases: dict[str, str]
    notes: list[str]


def place_records(table: pa.Table, ground: Ground, gazetteer: Gazetteer, aliases: Mapping[str, str]) -> Places:
    """The places of a layer's records (rasters excepted) and the cells each of them covers.

    Args:
        table: Records under the layer schema, none with an href.
        ground: Grid, areas and people.
        gazetteer: The same areas, by name and code.
        aliases: Names as the records write them -> names as the boundaries do.
    """
    columns = ["geometry", "geo_precision", "pcode", "place", "place_parent", "pcode_level"]
    frame = table.select(columns).to_pandas(types_mapper={pa.int8(): pd.Int8Dtype()}.get)
    of_record, distinct = _distinct(frame)
    draft = _drafted(len(distinct))
    _match_words(distinct, gazetteer, aliases, draft)
    _land_points(distinct, ground, draft)
    shares, km2 = _matrices(draft, ground)
    lost = (draft.reason == "") & (np.asarray(shares.sum(axis=1)).ravel() <= 0)
    draft.reason[lost] = np.where(draft.area[lost] >= 0, NO_CELL, OUTSIDE)
    names = distinct["place"].fillna(distinct["pcode"]).fillna("").to_numpy(dtype=object)
    return Places(
        of_record,
        shares,
        km2,
        draft.support,
        draft.level,
        draft.area,
        draft.lon,
        draft.lat,
        draft.reason,
        draft.on_border,
        names,
        draft.aliases,
        tuple(draft.notes),
    )


def _distinct(frame: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Rows that differ, in the order in which they first occur, and which of them each row is."""
    of_record = frame.groupby(list(frame.columns), dropna=False, sort=False).ngroup().to_numpy().astype(np.int64)
    return of_record, frame.iloc[np.unique(of_record, return_index=True)[1]].reset_index(drop=True)


def _drafted(count: int) -> _Draft:
    return _Draft(
        support=np.full(count, Support.NONE, np.int8),
        level=np.full(count, -1),
        area=np.full(count, -1),
        cell=np.full(count, -1),
        reason=np.full(count, "", object),
        on_border=np.zeros(count, bool),
        lon=np.full(count, np.nan),
        lat=np.full(count, np.nan),
        polygons={},
        aliases={},
        notes=[],
    )


def _match_words(distinct: pd.DataFrame, gazetteer: Gazetteer, aliases: Mapping[str, str], draft: _Draft) -> None:
    """Places given by code or name."""
    for row in np.flatnonzero(distinct["geometry"].isna()).tolist():
        place = distinct.iloc[row]
        level = int(place["pcode_level"])
        if isinstance(place["pcode"], str):
            match = gazetteer.by_code(place["pcode"], level)
        else:
            match = gazetteer.by_name(place["place"], _text(place["place_parent"]), level, aliases)
        _take(match, row, level, _text(place["place"]), draft)


def _take(match: Match, row: int, level: int, name: str, draft: _Draft) -> None:
    draft.area[row], draft.reason[row] = match.area, match.reason
    if match.area >= 0:
        draft.level[row] = level
        draft.support[row] = _LEVEL_SUPPORT.get(level, Support.ADM2)
    if match.alias:
        draft.aliases[name] = match.alias


def _land_points(distinct: pd.DataFrame, ground: Ground, draft: _Draft) -> None:
    """Places given by geometry: points in their cells or areas, polygons set aside."""
    rows = np.flatnonzero(distinct["geometry"].notna())
    if not len(rows):
        return
    shapes = shapely.from_wkb(distinct["geometry"].to_numpy(dtype=object)[rows])
    is_point = shapely.get_type_id(shapes) == 0
    for row, shape in zip(rows[~is_point], shapes[~is_point], strict=True):
        draft.polygons[int(row)] = shape
        draft.support[row] = Support.CELL
    rows, shapes = rows[is_point], shapes[is_point]
    precision = distinct["geo_precision"].to_numpy(dtype=object)[rows]
    landing = land(shapes, precision, ground)
    draft.cell[rows], draft.area[rows], draft.level[rows] = landing.cell, landing.area, landing.level
    draft.reason[rows] = landing.reason
    draft.support[rows] = [_POINT_SUPPORT.get(word, Support.NONE) for word in precision]
    spread = landing.area >= 0
    draft.support[rows[spread]] = [_LEVEL_SUPPORT.get(level, Support.ADM2) for level in landing.level[spread]]
    precise = np.isin(precision, list(_POINT_SUPPORT))
    draft.lon[rows[precise]] = shapely.get_x(shapes[precise])
    draft.lat[rows[precise]] = shapely.get_y(shapes[precise])
    draft.on_border[rows] = landing.on_border


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
        _note_by_area(int(by_area[draft.area[rows]].sum()), draft)
    if draft.polygons:
        rows = np.array(list(draft.polygons))
        found = area_shares(list(draft.polygons.values()), ground.grid)
        lift = _rows(rows, np.arange(len(rows)), (count, len(rows)))
        whole = np.divide(1.0, found.total_km2, out=np.zeros(len(rows)), where=found.total_km2 > 0)
        shares.append(lift @ sparse.diags(whole) @ found.km2)
        km2.append(lift @ found.km2)
    return _total(shares), _total(km2)


def _note_by_area(count: int, draft: _Draft) -> None:
    if count:
        draft.notes.append(f"{count} areas without known people: spread by area")


def _rows(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def _total(parts: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    total = sparse.csr_matrix(total)
    total.sort_indices()
    return total


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
