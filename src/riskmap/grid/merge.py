"""Merging: every layer of a case onto one grid, with an account of every total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import PlacementError
from riskmap.grid.amounts import Days, days_of, flow_weights, sums
from riskmap.grid.column import Column
from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.felt import Felt, feel
from riskmap.grid.fill import Dated, fill_flow, fill_index, fill_raster, fill_state
from riskmap.grid.ledger import LedgerRow
from riskmap.grid.matching import Matcher
from riskmap.grid.places import Gazetteer
from riskmap.grid.placing import Places, place_records
from riskmap.grid.spread import Ground
from riskmap.model.cube import Cube, Measure
from riskmap.model.kernel import Kernel
from riskmap.model.layer import Layer
from riskmap.model.period import Period

_T = TypeVar("_T")


@dataclass(frozen=True)
class MergeInput:
    """One layer to be merged, and what its case says of it.

    Args:
        name: Name of its source.
        layer: Its records.
        observed: First and last day over which absence is an observed zero; None where it is unknown.
        valid_days: Longest time that a stock or an index stays in force.
        timeless: True where values hold for all periods although dated.
        aliases: Place names as its records write them -> as the boundaries do.
        assumed: Those of the aliases that are assumed.
    """

    name: str
    layer: Layer
    observed: tuple[date, date] | None = None
    valid_days: int | None = None
    timeless: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Merged:
    """What a merge gives.

    Args:
        cube: Every measure on the grid.
        ledger: The account of every measure.
    """

    cube: Cube
    ledger: tuple[LedgerRow, ...]


def merge(
    inputs: Sequence[MergeInput],
    ground: Ground,
    periods: tuple[Period, ...],
    kernels: Mapping[str, tuple[Kernel, ...]],
    window: tuple[Period, ...],
    crosswalk: Crosswalk | None = None,
) -> Merged:
    """Puts every measure of every input on the grid.

    Order and repetition of records and of inputs do not matter: records are put into one order first, each once.

    Args:
        inputs: Layers; those of one source and measure are taken together.
        ground: Grid, areas and people.
        periods: All periods, look-back first.
        kernels: By `source:measure`, the kernels it must also be seen through.
        window: The last of the periods, which the account is kept over.
        crosswalk: What codes and names of other boundaries are in those of the ground.
    """
    terrain = Terrain(ground, periods, window, crosswalk or Crosswalk())
    gazetteer = Gazetteer(ground.areas)
    tasks = tasks_of(inputs, kernels)
    return assembled(tasks, [run(task, terrain, gazetteer) for task in tasks], terrain)


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
class Task:
    """One measure to be merged.

    Args:
        name: `source:measure`.
        given: All its records, and what the case says of them.
        kernels: The kernels it must also be seen through.
    """

    name: str
    given: MergeInput
    kernels: tuple[Kernel, ...]


@dataclass(frozen=True)
class Done:
    """What a task gives.

    Args:
        columns: By name; with `@kernel` behind it where seen through a kernel.
        row: Its account.
    """

    columns: Mapping[str, Column]
    row: LedgerRow


def tasks_of(inputs: Sequence[MergeInput], kernels: Mapping[str, tuple[Kernel, ...]]) -> tuple[Task, ...]:
    """The measures of some inputs, sorted by name; those of which all records were withdrawn are left out.

    Raises:
        PlacementError: Inputs of one measure contradict one another.
    """
    names = sorted({f"{one.name}:{measure}" for one in inputs for measure in _measures(one.layer)})
    found = ((name, _together(name, inputs)) for name in names)
    return tuple(Task(name, given, kernels.get(name, ())) for name, given in found if given is not None)


def run(task: Task, terrain: Terrain, gazetteer: Gazetteer) -> Done:
    """Merges one measure; a pure function of its arguments.

    Args:
        task: The measure.
        terrain: What it is merged onto.
        gazetteer: The ground's areas, by name and code.
    """
    made = _Task(task.name, task.given, terrain.ground, terrain.periods, terrain.window)
    columns, row = made.run(Matcher(gazetteer, terrain.crosswalk, task.given.aliases), task.kernels)
    return Done(columns, row)


def assembled(tasks: Sequence[Task], done: Sequence[Done], terrain: Terrain) -> Merged:
    """All measures as one cube, with their accounts."""
    measures = {
        key: _measure(task, key, column)
        for task, one in zip(tasks, done, strict=True)
        for key, column in one.columns.items()
    }
    return Merged(Cube(terrain.ground.grid.cells, terrain.periods, measures), tuple(one.row for one in done))


def _measure(task: Task, key: str, column: Column) -> Measure:
    unit, spread, licence, group = (
        task.given.layer.table[word][0].as_py() or "" for word in ("unit", "spread", "licence", "overlap_group")
    )
    return Measure(key, column.values, column.coverage, column.support, column.age_days, unit, spread, licence, group)


@dataclass(frozen=True)
class _Task:
    """One measure to be merged."""

    name: str
    given: MergeInput
    ground: Ground
    periods: tuple[Period, ...]
    window: tuple[Period, ...]

    @property
    def table(self) -> pa.Table:
        return self.given.layer.table

    def run(self, matcher: Matcher, kernels: tuple[Kernel, ...]) -> tuple[dict[str, Column], LedgerRow]:
        if self.table["href"].null_count < self.table.num_rows:
            column, row = fill_raster(self.table, self.ground, self.periods, timeless=self.given.timeless)
            return {self.name: column}, self._told(row, {})
        told = pc.and_(pc.is_valid(self.table["value"]), self.table["assessed"])
        table, untold = self.table.filter(told), self.table.filter(pc.invert(told))
        places = place_records(table, self.ground, matcher)
        pieces = places.pieces(table)
        days = days_of(pieces, self.given.valid_days, timeless=self.given.timeless)
        values = pieces["value"].to_numpy() * (places.part if self._word("spread") == "extensive" else 1.0)
        nowhere = place_records(untold, self.ground, matcher)
        silent = _silent(nowhere, days_of(nowhere.pieces(untold)), self.periods)
        dated = Dated(places, days, values, self.given.observed, self.given.timeless, silent)
        column, row = self._fill(dated)
        columns = {self.name: column}
        felt = Felt(places, days, values, self.given.observed)
        for kernel in kernels:
            columns[f"{self.name}@{kernel.key}"] = feel(felt, self.ground, self.periods, kernel)
        unknown = self.table.num_rows - table.num_rows
        notes = (*places.notes, *((f"{unknown} records of unknown value",) if unknown else ()))
        return columns, self._told(row, places.wordings.aliases, notes)

    def _fill(self, dated: Dated) -> tuple[Column, LedgerRow]:
        fill = fill_state
        if self._word("spread") == "intensive":
            fill = fill_index
        elif self._word("kind") in {"flow", "cumulative"}:
            fill = fill_flow
        return fill(dated, self.ground, self.periods, len(self.window))

    def _told(self, row: LedgerRow, aliases: Mapping[str, str], notes: tuple[str, ...] = ()) -> LedgerRow:
        source, _, measure = self.name.partition(":")
        kinds = {name: "assumed" if name in self.given.assumed else "known" for name in aliases}
        return replace(
            row,
            source=source,
            measure=measure,
            unit=self._word("unit"),
            spread=self._word("spread"),
            kind=self._word("kind"),
            aliases=tuple((name, meant, kinds[name]) for name, meant in sorted(aliases.items())),
            notes=(*row.notes, *notes),
        )

    def _word(self, column: str) -> str:
        return str(self.table[column][0].as_py())


def _measures(layer: Layer) -> list[str]:
    return sorted(str(name) for name in pc.unique(layer.table["measure"]).to_pylist())


def _together(name: str, inputs: Sequence[MergeInput]) -> MergeInput | None:
    """All inputs of one source that hold a measure, as one; what the case says of them is joined.

    None where all records were withdrawn.
    """
    source, _, measure = name.partition(":")
    found = [one for one in inputs if one.name == source and measure in _measures(one.layer)]
    layer = Layer.concat([one.layer.of(measure) for one in found]).standing()
    if not len(layer):
        return None
    for word in ("unit", "kind", "spread", "overlap_group"):
        _one(name, word, set(pc.unique(layer.table[word]).to_pylist()))
    return MergeInput(
        name=source,
        layer=layer,
        observed=_joined(name, [one.observed for one in found if one.observed is not None]),
        valid_days=_one(name, "valid_days", {one.valid_days for one in found}),
        timeless=_one(name, "timeless", {one.timeless for one in found}),
        aliases={key: value for one in found for key, value in one.aliases.items()},
        assumed=frozenset[str]().union(*(one.assumed for one in found)),
    )


def _one(name: str, word: str, found: set[_T]) -> _T:
    """The one value that all inputs of a measure agree on."""
    if len(found) > 1:
        told = ", ".join(sorted(map(str, found)))
        raise PlacementError(f"inputs of {name} differ in {word} ({told}); give them different measure names")
    return found.pop()


def _joined(name: str, spans: list[tuple[date, date]]) -> tuple[date, date] | None:
    """One span of observed days from several that meet or overlap."""
    joined: tuple[date, date] | None = None
    for first, last in sorted(spans):
        if joined is not None and first > joined[1] + timedelta(days=1):
            raise PlacementError(f"inputs of {name} are observed to {joined[1]} and again from {first}; fill the gap")
        joined = (first, last) if joined is None else (joined[0], max(joined[1], last))
    return joined


def _silent(places: Places, days: Days, periods: tuple[Period, ...]) -> npt.NDArray[np.bool_]:
    """Where and when a record says only that its value is unknown, shape (periods, cells)."""
    touched = places.km2.astype(bool).astype(float)
    rows = [
        touched.T @ sums(places.of_record, (flow_weights(days, period) > 0).astype(float), len(places.support))
        for period in periods
    ]
    return np.stack(rows) > 0
