"""Merging: every layer of a case onto one grid, with an account of every total.

A measure is first told by place, for the whole area at once; then its places are shared out over the cells of one shard
after another, each a pure function of what reaches that shard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.grid.amounts import days_of, flow_weights, sums
from riskmap.grid.column import Column
from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.felt import Around, Wave, around, feel, wave_of
from riskmap.grid.fill import fill_flow, fill_index, fill_raster, fill_stock
from riskmap.grid.ledger import LedgerRow
from riskmap.grid.matching import Matcher
from riskmap.grid.places import Gazetteer
from riskmap.grid.placing import Places, place_records
from riskmap.grid.sampled import Sampled, sample
from riskmap.grid.shard import Cut, Patch, Rooted, Sown, cut, patch_of, rooted, sown
from riskmap.grid.spread import Ground
from riskmap.grid.tasks import MergeInput, Task, tasks_of
from riskmap.grid.told import Dated, Told, tell_flow, tell_index, tell_stock
from riskmap.model.cube import Cube, Floats, Measure
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period


@dataclass(frozen=True)
class Merged:
    """What a merge gives.

    Args:
        cube: Every measure on the grid.
        ledger: The account of every measure.
    """

    cube: Cube
    ledger: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class Terrain:
    """What all measures of a case are merged onto.

    Args:
        ground: Grid, areas and people.
        periods: All periods, look-back first.
        window: The last of the periods, which the account is kept over.
        crosswalk: What codes and names of other boundaries are in those of the ground.
    """

    ground: Ground
    periods: tuple[Period, ...]
    window: tuple[Period, ...]
    crosswalk: Crosswalk


@dataclass(frozen=True)
class Laid:
    """A measure laid out by place, over the whole area.

    Args:
        row: Its account; what stands on cells is not in it yet, but for rasters.
        told: What places or rasters tell in each period.
        places: The places; none of rasters.
        by_cell: The same by cell.
        silent: Places of which a record says only that the value is unknown.
        silent_by_cell: The same by cell.
        silences: Where and when one does, shape (silent places, periods).
        waves: Its records as kernels take them, by column.
    """

    row: LedgerRow
    told: Told | Sampled
    places: Places
    by_cell: Sown
    silent: Places
    silent_by_cell: Sown
    silences: Floats
    waves: Mapping[str, Wave]


@dataclass(frozen=True)
class Piece:
    """All that the columns of a measure on the cells of one shard depend on.

    Args:
        name: Name of the measure.
        patch: The shard's cells.
        periods: All periods.
        told: What its places or rasters tell there.
        on: The places, as rooted in the shard.
        bounds: Least and most of all places, the shard's or not, shape (2, periods).
        silent: Where and when a record says that the value is unknown, shape (periods, cells).
        waves: What reaches the shard through kernels, by column.
    """

    name: str
    patch: Patch
    periods: tuple[Period, ...]
    told: Told | Sampled
    on: Rooted
    bounds: Floats
    silent: npt.NDArray[np.bool_]
    waves: Mapping[str, tuple[Wave, Around]]


@dataclass(frozen=True)
class Filled:
    """A measure on the cells of one shard.

    Args:
        columns: By name; with `@kernel` behind it where seen through a kernel.
        totals: Sum of what is known, and number of cells that are, in each period; shape (2, periods).
    """

    columns: Mapping[str, Column]
    totals: Floats


def merge(
    inputs: Sequence[MergeInput],
    ground: Ground,
    periods: tuple[Period, ...],
    kernels: Mapping[str, tuple[Kernel, ...]],
    window: tuple[Period, ...],
    crosswalk: Crosswalk | None = None,
) -> Merged:
    """Puts every measure of every input on the grid.

    Order and repetition of records and of inputs do not matter: records are put into one order first, each once. Nor
    does how the grid is cut into shards.

    Args:
        inputs: Layers; those of one source and measure are taken together.
        ground: Grid, areas and people.
        periods: All periods, look-back first.
        kernels: By `source:measure`, the kernels it must also be seen through.
        window: The last of the periods, which the account is kept over.
        crosswalk: What codes and names of other boundaries are in those of the ground.
    """
    terrain = Terrain(ground, periods, window, crosswalk or Crosswalk())
    gazetteer, whole, measures, rows = Gazetteer(ground.areas), cut(ground.grid), {}, []
    for task in tasks_of(inputs, kernels):
        laid = lay(task, terrain, gazetteer)
        parts = [fill(piece_of(task.name, laid, terrain, whole, at)) for at in range(len(whole.shards))]
        rows.append(settled(laid, [part.totals for part in parts], len(window)))
        for key in parts[0].columns:
            measures[key] = measure_of(task, key, Column.joined([part.columns[key] for part in parts]))
    return Merged(Cube(ground.grid.cells, periods, measures), tuple(rows))


def lay(task: Task, terrain: Terrain, gazetteer: Gazetteer) -> Laid:
    """What a measure tells by place in every period; a pure function of its arguments.

    Args:
        task: The measure.
        terrain: What it is merged onto.
        gazetteer: The ground's areas, by name and code.
    """
    given, ground = task.given(), terrain.ground
    table = given.layer.table
    matcher = Matcher(gazetteer, terrain.crosswalk, given.aliases)
    valued = pc.and_(pc.is_valid(table["value"]), table["assessed"])
    known, unknown = (table.filter(pc.and_(pc.is_null(table["href"]), one)) for one in (valued, pc.invert(valued)))
    places, silent = (place_records(part, ground, matcher) for part in (known, unknown))
    pieces = places.pieces(known)
    values = pieces["value"].to_numpy() * (places.part if task.words["spread"] == "extensive" else 1.0)
    days = days_of(pieces, given.valid_days, timeless=given.timeless)
    dated = Dated(places, days, values, given.observed, given.timeless)
    told, row = _told(dated, task, given, terrain)
    kernels = () if isinstance(told, Sampled) else task.kernels
    notes = (*places.notes, *((f"{unknown.num_rows} records of unknown value",) if unknown.num_rows else ()))
    return Laid(
        row=_named(row, task, given, (places.wordings.aliases, notes)),
        told=told,
        places=places,
        by_cell=sown(places),
        silent=silent,
        silent_by_cell=sown(silent),
        silences=_silences(silent, unknown, terrain.periods),
        waves={f"{task.name}@{kernel.key}": wave_of(dated, terrain.periods, kernel) for kernel in kernels},
    )


def piece_of(name: str, laid: Laid, terrain: Terrain, whole: Cut, at: int) -> Piece:
    """What of a measure reaches one shard.

    Args:
        name: Name of the measure.
        laid: The measure.
        terrain: What it is merged onto.
        whole: The grid, cut.
        at: Which of its shards.
    """
    shard, told = whole.shards[at], laid.told
    on = rooted(laid.places, laid.by_cell, shard)
    silent = np.zeros((len(terrain.periods), len(shard)), bool)
    if laid.silences.any():
        touched = rooted(laid.silent, laid.silent_by_cell, shard)
        silent = (touched.km2.astype(bool).astype(float).T @ laid.silences[touched.rows]).T > 0
    return Piece(
        name=name,
        patch=patch_of(terrain.ground, shard),
        periods=terrain.periods,
        told=told.of(shard.cells) if isinstance(told, Sampled) else told.of(on.rows),
        on=on,
        bounds=np.empty((2, 0)) if isinstance(told, Sampled) else told.bounds,
        silent=silent,
        waves={
            key: (wave.bare(), around(wave, laid.places, laid.by_cell, whole, at))
            for key, wave in sorted(laid.waves.items())
        },
    )


def fill(piece: Piece) -> Filled:
    """The columns of a measure on the cells of one shard; a pure function."""
    column, grid = _filled(piece, piece.told), piece.patch.grid
    felt = {key: feel(wave, near, grid, piece.periods) for key, (wave, near) in piece.waves.items()}
    known = ~np.isnan(column.values)
    totals = np.stack([np.where(known, column.values, 0.0).sum(axis=1), known.sum(axis=1)])
    return Filled({piece.name: column, **felt}, totals)


def _filled(piece: Piece, told: Told | Sampled) -> Column:
    if isinstance(told, Sampled):
        return fill_raster(told, piece.periods, len(piece.patch.grid))
    if told.way == "flow":
        return fill_flow(told, piece.on, piece.patch, piece.silent)
    if told.way == "stock":
        return fill_stock(told, piece.on, piece.periods)
    return fill_index(told, piece.bounds, piece.on, piece.patch, piece.periods)


def settled(laid: Laid, totals: Sequence[Floats], window: int) -> LedgerRow:
    """The account of a measure, with what its shards tell of their cells.

    Args:
        laid: The measure.
        totals: As of `Filled`, in the order of the shards.
        window: How many periods, at the end, the account is kept over.
    """
    told = laid.told
    if isinstance(told, Sampled):
        return laid.row
    sums_of, known = np.add.reduce(np.stack(totals), axis=0)[:, -window:]
    if told.way == "flow":
        on_cells = sum(sums_of.tolist())
    elif told.way == "stock":
        there = np.flatnonzero(told.counts[:, -window:].any(axis=0))
        on_cells = float(sums_of[there[-1]]) if len(there) else 0.0
    else:
        on_cells = float(sums_of.sum() / known.sum()) if known.any() else 0.0
    return replace(laid.row, cells_total=on_cells)


def measure_of(task: Task, key: str, column: Column) -> Measure:
    """A column as the measure that it is."""
    words = (task.words[word] for word in ("unit", "spread", "licence", "overlap_group"))
    return Measure(key, column.values, column.coverage, column.support, column.age_days, *words)


def _told(dated: Dated, task: Task, given: MergeInput, terrain: Terrain) -> tuple[Told | Sampled, LedgerRow]:
    window, table = len(terrain.window), given.layer.table
    if table["href"].null_count < table.num_rows:
        return sample(table, terrain.ground, terrain.periods, given.valid_days, timeless=dated.timeless)
    if task.words["spread"] == "intensive":
        return tell_index(dated, terrain.ground, terrain.periods, window)
    if task.words["kind"] in {"flow", "cumulative"}:
        return tell_flow(dated, terrain.periods, window)
    return tell_stock(dated, terrain.ground, terrain.periods, window)


def _named(row: LedgerRow, task: Task, given: MergeInput, told: tuple[Mapping[str, str], tuple[str, ...]]) -> LedgerRow:
    aliases, notes = told
    source, _, measure = task.name.partition(":")
    kinds = {name: "assumed" if name in given.assumed else "known" for name in aliases}
    return replace(
        row,
        source=source,
        measure=measure,
        unit=task.words["unit"],
        spread=task.words["spread"],
        kind=task.words["kind"],
        aliases=tuple((name, meant, kinds[name]) for name, meant in sorted(aliases.items())),
        notes=(*row.notes, *notes),
    )


def _silences(silent: Places, table: pa.Table, periods: tuple[Period, ...]) -> Floats:
    """How many records say, of each place and period, that they do not know; shape (places, periods)."""
    days = days_of(silent.pieces(table))
    rows = [
        sums(silent.of_record, (flow_weights(days, period) > 0).astype(float), len(silent.support))
        for period in periods
    ]
    return np.stack(rows, axis=1)
