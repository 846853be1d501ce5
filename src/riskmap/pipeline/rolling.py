"""Rolling up: the scores of cells told for their parents and for administrative units, as tables of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from riskmap.grid.cells import Grid
from riskmap.grid.pyramid import Weights, members, pyramid
from riskmap.grid.shard import LEVELS
from riskmap.grid.spread import Ground
from riskmap.model.cube import Cube, Floats, Measure
from riskmap.model.score import Score
from riskmap.score.index import class_of, score_cube
from riskmap.score.recipe import Recipe
from riskmap.score.rollup import Rollup, Scores, rollup


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


def areas_table(seen: Seen, ground: Ground, recipe: Recipe) -> pa.Table:
    """Scores of the administrative units of a ground, by level and in the order of their codes.

    A cell's people belong to the units in it by the area that each has of it.
    """
    tables = []
    for level in sorted(ground.areas):
        areas = ground.areas[level]
        order = sorted(range(len(areas)), key=lambda place: (areas[place].pcode, areas[place].name))
        km2 = ground.overlaps(level).km2[order]
        inside = np.asarray(km2.sum(axis=0)).ravel()
        units = km2 @ sparse.diags(np.divide(1.0, inside, out=np.zeros_like(inside), where=inside > 0))
        keys = {
            "level": pa.array(np.full(len(areas), level, np.int8)),
            "pcode": pa.array([areas[place].pcode for place in order], pa.string()),
            "name": pa.array([areas[place].name for place in order], pa.string()),
        }
        tables.append(pa.table(keys | _columns(_told(seen, sparse.csr_matrix(units), recipe), recipe)))
    return pa.concat_tables(tables)


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
