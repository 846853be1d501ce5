"""Rolling up: the scores of cells told for their parents and for administrative units, as tables of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from riskmap.grid.cells import Grid
from riskmap.grid.pyramid import Weights, members, pyramid
from riskmap.grid.shard import LEVELS
from riskmap.grid.spread import Ground
from riskmap.model.cube import Cells, Cube, Floats, Measure, Support
from riskmap.model.score import Score
from riskmap.score.climbing import Singles
from riskmap.score.index import class_of, score_cube
from riskmap.score.recipe import Recipe
from riskmap.score.rollup import Rollup, Scores, rollup
from riskmap.score.rollup_bounds import RollupBounds, rollup_bounds

_SUPPORTS = {1: Support.ADM1, 2: Support.ADM2}
_KEYS = pa.schema({"level": pa.int8(), "pcode": pa.string(), "name": pa.string()})


@dataclass(frozen=True)
class Seen:
    """One period of some cells.

    Args:
        value: Index, NaN where there is none; shape (cells,).
        class_index: Position in the classes, -1 where there is none; shape (cells,).
        people: NaN where unknown; shape (cells,).
    """

    value: Floats
    class_index: npt.NDArray[np.int8]
    people: Floats

    @classmethod
    def of(cls, score: Score) -> Seen:
        """The first period of a score."""
        return cls(score.value[0], score.class_index[0], score.population[0])


def parents_table(seen: Seen, cube: Cube, grid: Grid, recipe: Recipe) -> pa.Table:
    """Scores of the parents of a shard's cells at every coarser resolution that lies inside it, finest first.

    A parent is told by its cells' people, unless the recipe has the index worked out anew from its measures.

    Args:
        seen: Scores of the cells.
        cube: What they were made of, the scored period last.
        grid: The cells.
        recipe: The index.
    """
    tables = []
    anew = _levels(cube, grid, seen.people) if recipe.aggregation.parents == "recomputed" else {}
    for resolution in _resolutions(grid):
        above, units = members(grid, resolution)
        found = _told(seen, units, recipe)
        if resolution in anew:
            found = replace(found, mean=score_cube(anew[resolution], recipe, 1).value)
        keys = {"resolution": pa.array(np.full(len(above), resolution, np.int8)), "cell": pa.array(above.cells)}
        tables.append(pa.table(keys | _columns(found, recipe)))
    return pa.concat_tables(tables)


@dataclass(frozen=True)
class Above:
    """What holds the cells of a ground, the same in every period.

    Args:
        keys: Level, code and name of the administrative units, by level and in the order of their codes.
        units: What part of each cell, and of its people, is in each unit, by area; shape (units, cells).
        parents: Which cells each parent has, in the order of `parents_table`; shape (parents, cells).
        origins: The unit that has most of each cell, by the support of what is known for units of its level: values
            known for one unit have one error, whichever of its cells they are spread over.
    """

    keys: pa.Table
    units: sparse.csr_matrix
    parents: sparse.csr_matrix
    origins: Mapping[int, Cells]

    @classmethod
    def of(cls, ground: Ground) -> Above:
        """What holds the cells of a ground."""
        keys, units, grid = [], [], ground.grid
        for level, areas in sorted(ground.areas.items()):
            order = sorted(range(len(areas)), key=lambda place: (areas[place].pcode, areas[place].name))
            told = [(level, areas[place].pcode, areas[place].name) for place in order]
            keys.append(pa.table(list(map(list, zip(*told, strict=True))), schema=_KEYS))
            units.append(_parts(ground, level)[order])
        parents = [members(grid, resolution)[1] for resolution in _resolutions(grid)]
        return cls(
            pa.concat_tables(keys),
            sparse.csr_matrix(sparse.vstack(units)),
            sparse.csr_matrix(sparse.vstack(parents)),
            origins_of(ground),
        )


def with_bounds(
    above: pa.Table, draws: Singles, people: Floats, parents: sparse.csr_matrix, recipe: Recipe
) -> pa.Table:
    """Parents with how sure they are.

    Args:
        above: As `parents_table` gives them, of all shards, by resolution and cell.
        draws: Of the cells, shape (draws, cells), NaN where there is no score.
        people: NaN where unknown; shape (cells,).
        parents: As of `Above`.
        recipe: The index.
    """
    bounds = _bounds(rollup_bounds(draws, people, parents, recipe), above["value"].to_numpy())
    for name, column in bounds.items():
        above = above.append_column(name, column)
    return above


def areas_table(seen: Seen, draws: Singles, above: Above, recipe: Recipe) -> pa.Table:
    """Scores of administrative units.

    Args:
        seen: Scores of the cells.
        draws: Of them, shape (draws, cells), NaN where there is no score.
        above: The units.
        recipe: The index.
    """
    found = _told(seen, above.units, recipe)
    bounds = _bounds(rollup_bounds(draws, seen.people, above.units, recipe), found.mean[0])
    table = above.keys
    for name, column in (_columns(found, recipe) | bounds).items():
        table = table.append_column(name, column)
    return table


def origins_of(ground: Ground) -> dict[int, Cells]:
    """As of `Above`, by `Support` code; a number for each cell, shape (cells,)."""
    return {
        int(support): np.asarray(ground.overlaps(level).km2.argmax(axis=0)).ravel().astype(np.uint64)
        for level, support in _SUPPORTS.items()
        if level in ground.areas
    }


def _parts(ground: Ground, level: int) -> sparse.csr_matrix:
    """What part of each cell is in each unit of a level; of a cell that reaches into the sea, of what is land."""
    km2 = ground.overlaps(level).km2
    inside = np.asarray(km2.sum(axis=0)).ravel()
    return sparse.csr_matrix(km2 @ sparse.diags(np.divide(1.0, inside, out=np.zeros_like(inside), where=inside > 0)))


def _told(seen: Seen, units: sparse.csr_matrix, recipe: Recipe) -> Rollup:
    scores = Scores(seen.value[None], seen.class_index[None], seen.people[None])
    return rollup(scores, units, recipe.high_class)


def _columns(found: Rollup, recipe: Recipe) -> dict[str, pa.Array]:
    """What is told of units in their first period."""
    mean = found.mean[0].astype(np.float32)
    told = {
        "people": found.people[0],
        "value": mean,
        "upper": found.upper[0].astype(np.float32),
        "high_share": found.high_share[0].astype(np.float32),
        "unknown_share": found.unknown_share[0].astype(np.float32),
        "uncounted_share": found.uncounted_share[0].astype(np.float32),
    }
    columns = {name: pa.array(values, mask=np.isnan(values)) for name, values in told.items()}
    return columns | {"class": pa.array(class_of(recipe, mean))}


def _bounds(found: RollupBounds, value: npt.NDArray[np.floating]) -> dict[str, pa.Array]:
    """How sure what is told of units is; an interval reaches to the value it is of."""
    told = {
        "q05": np.minimum(found.value.q05, value),
        "q95": np.maximum(found.value.q95, value),
        "p_high": found.value.high,
        "people_at_risk": found.at_risk.mean,
        "people_at_risk_q05": found.at_risk.q05,
        "people_at_risk_q95": found.at_risk.q95,
    }
    return {name: pa.array(values.astype(np.float32), mask=np.isnan(values)) for name, values in told.items()}


def _levels(cube: Cube, grid: Grid, people: Floats) -> dict[int, Cube]:
    """The measures of a cube on the parents of its cells, by resolution."""
    weights, coarsest = Weights(grid.area_km2, people), _resolutions(grid)[-1]
    climbed = {
        name: pyramid(_climbing(measure), grid, weights, coarsest=coarsest) for name, measure in cube.measures.items()
    }
    return {
        resolution: Cube(
            members(grid, resolution)[0].cells,
            cube.periods,
            {name: levels[grid.resolution - resolution].measure for name, levels in climbed.items()},
        )
        for resolution in _resolutions(grid)
    }


def _resolutions(grid: Grid) -> range:
    """The coarser resolutions that lie inside a shard, finest first."""
    return range(grid.resolution - 1, max(grid.resolution - LEVELS, 0) - 1, -1)


def _climbing(measure: Measure) -> Measure:
    """A measure as its parents take it: what is felt through a kernel is averaged, whatever it was before."""
    return replace(measure, spread="intensive") if "@" in measure.name else measure
