"""Merging: every layer of a case onto one grid, with an account of every total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from riskmap.grid.amounts import days_of
from riskmap.grid.column import Column
from riskmap.grid.felt import Felt, feel
from riskmap.grid.fill import Dated, fill_flow, fill_index, fill_raster, fill_state
from riskmap.grid.ledger import LedgerRow
from riskmap.grid.places import Gazetteer
from riskmap.grid.placing import place_records
from riskmap.grid.spread import Ground
from riskmap.model.cube import Cube, Measure
from riskmap.model.kernel import Kernel
from riskmap.model.layer import Layer
from riskmap.model.period import Period


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
) -> Merged:
    """Puts every measure of every input on the grid.

    Order and repetition of records and of inputs do not matter: records are put into one order first, each once.

    Args:
        inputs: Layers; those of one source and measure are taken together.
        ground: Grid, areas and people.
        periods: All periods, look-back first.
        kernels: By `source:measure`, the kernels it must also be seen through.
        window: The last of the periods, which the account is kept over.
    """
    gazetteer = Gazetteer(ground.areas)
    measures: dict[str, Measure] = {}
    ledger = []
    for name in sorted({f"{one.name}:{measure}" for one in inputs for measure in _measures(one.layer)}):
        task = _Task(name, _together(name, inputs), ground, periods, window)
        columns, row = task.run(gazetteer, kernels.get(name, ()))
        measures |= {key: task.measure(key, column) for key, column in columns.items()}
        ledger.append(row)
    return Merged(Cube(ground.grid.cells, periods, measures), tuple(ledger))


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

    def run(self, gazetteer: Gazetteer, kernels: tuple[Kernel, ...]) -> tuple[dict[str, Column], LedgerRow]:
        if self.table["href"].null_count < self.table.num_rows:
            column, row = fill_raster(self.table, self.ground, self.periods, timeless=self.given.timeless)
            return {self.name: column}, self._told(row, {})
        table = self.table.filter(pc.is_valid(self.table["value"]))
        places = place_records(table, self.ground, gazetteer, self.given.aliases)
        days = days_of(table, self.given.valid_days, timeless=self.given.timeless)
        values = table["value"].to_numpy()
        dated = Dated(places, days, values, self.given.observed, self.given.timeless)
        column, row = self._fill(dated)
        columns = {self.name: column}
        felt = Felt(places, days, values, self.given.observed)
        for kernel in kernels:
            columns[f"{self.name}@{kernel.key}"] = feel(felt, self.ground, self.periods, kernel)
        unknown = self.table.num_rows - table.num_rows
        notes = (*places.notes, *((f"{unknown} records of unknown value",) if unknown else ()))
        return columns, self._told(row, places.aliases, notes)

    def _fill(self, dated: Dated) -> tuple[Column, LedgerRow]:
        fill = fill_state
        if self._word("spread") == "intensive":
            fill = fill_index
        elif self._word("kind") in {"flow", "cumulative"}:
            fill = fill_flow
        return fill(dated, self.ground, self.periods, len(self.window))

    def measure(self, key: str, column: Column) -> Measure:
        return Measure(
            key,
            column.values,
            column.coverage,
            column.support,
            column.age_days,
            self._word("unit"),
            self._word("spread"),
            self._word("licence"),
        )

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


def _together(name: str, inputs: Sequence[MergeInput]) -> MergeInput:
    """All inputs of one source that hold a measure, as one; what the cases says of them is joined."""
    source, _, measure = name.partition(":")
    found = [one for one in inputs if one.name == source and measure in _measures(one.layer)]
    spans = [one.observed for one in found if one.observed is not None]
    return MergeInput(
        name=source,
        layer=Layer.concat([one.layer.of(measure) for one in found]).canonical(),
        observed=(min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None,
        valid_days=min((one.valid_days for one in found if one.valid_days is not None), default=None),
        timeless=all(one.timeless for one in found),
        aliases={key: value for one in found for key, value in one.aliases.items()},
        assumed=frozenset[str]().union(*(one.assumed for one in found)),
    )
