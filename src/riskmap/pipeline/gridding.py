"""Gridding: from what was read to a cube, each measure merged only where its result is not kept yet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc
import shapely

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.ledger import LedgerRow
from riskmap.grid.merge import Terrain
from riskmap.grid.rasters import Quantity, sum_tiles
from riskmap.grid.shard import Shard, cut
from riskmap.grid.spread import Ground
from riskmap.grid.tasks import MergeInput, Task, tasks_of
from riskmap.model.area import Area
from riskmap.model.case import Case
from riskmap.model.cube import Floats
from riskmap.model.period import Period
from riskmap.pipeline.ingest import Ingested
from riskmap.pipeline.merging import KeptMeasure, merged
from riskmap.pipeline.steps import Steps
from riskmap.score.recipe import Recipe
from riskmap.store.results import key_of

_PEOPLE = "population"


@dataclass(frozen=True)
class Gridded:
    """What a case comes to on its grid.

    Args:
        ground: Its cells, with the areas over them and their people.
        cells_hash: Of the cells.
        area_hash: Of the cells and the areas over them.
        periods: All periods, look-back first.
        window: How many of them, at the end, are scored.
        shards: The parts that the cells are worked through in.
        tasks: The measures, sorted by name.
        measures: What each is on every shard.
    """

    ground: Ground
    cells_hash: str
    area_hash: str
    periods: tuple[Period, ...]
    window: int
    shards: tuple[Shard, ...]
    tasks: tuple[Task, ...]
    measures: tuple[KeptMeasure, ...]

    @property
    def grid(self) -> Grid:
        """The cells."""
        return self.ground.grid

    @property
    def ledger(self) -> tuple[LedgerRow, ...]:
        """The account of every measure."""
        return tuple(measure.row for measure in self.measures)

    def words(self, measure: int) -> tuple[str, ...]:
        """What is true of all columns of a measure, beside what they hold."""
        return tuple(self.tasks[measure].words[word] for word in ("unit", "spread", "overlap_group"))


def gridded(
    case: Case, recipe: Recipe, areas: Sequence[Area], crosswalk: Crosswalk, found: Sequence[Ingested], steps: Steps
) -> Gridded:
    """Puts every measure of a case on its grid.

    Args:
        case: What is built.
        recipe: Says which kernels measures are seen through, and how far back.
        areas: Administrative units.
        crosswalk: Codes and names of other boundaries.
        found: Inputs, read.
        steps: Runs what is not kept yet.

    Raises:
        PlacementError: Inputs contradict one another.
    """
    grid = grid_over(shapely.union_all([area.geometry for area in areas if area.level == 0]), case.resolution)
    cells = hashlib.sha256(grid.cells.tobytes()).hexdigest()
    ground = _ground(case, grid, areas, _people(grid, cells, found, steps))
    terrain = Terrain(ground, _with_lookback(case.periods, recipe.lookback_days()), case.periods, crosswalk)
    area_hash = key_of(cells, [_told(area) for area in areas])
    terrain_hash = key_of(
        area_hash,
        None if ground.people is None else hashlib.sha256(ground.people.tobytes()).hexdigest(),
        [period.label for period in terrain.periods],
        [period.label for period in terrain.window],
        sorted(map(str, crosswalk.crossings)),
        case.pcode_level,
    )
    tasks, whole = tasks_of([_input(one) for one in found], recipe.kernels()), cut(grid)
    measures = merged(tasks, terrain, terrain_hash, whole, steps)
    window = len(case.periods)
    return Gridded(ground, cells, area_hash, terrain.periods, window, whole.shards, tasks, tuple(measures))


def _people(grid: Grid, cells: str, found: Sequence[Ingested], steps: Steps) -> Floats | None:
    """People of each cell by the case's first population raster; None where it has none."""
    of_people = ((one, one.layer.of(_PEOPLE).table) for one in found)
    rasters = [(one, table) for one, table in of_people if table["href"].null_count < len(table)]
    if not rasters:
        return None
    one, table = rasters[0]
    newest = table.filter(pc.equal(table["start"], pc.max(table["start"])))
    quantity: Quantity = "density" if newest["unit"][0].as_py() == "people/km2" else "count"
    hrefs = newest["href"].to_pylist()
    told = [quantity, hrefs, sorted(raw.sha256 for raw in one.raws)]
    return steps.people(told, cells, lambda: sum_tiles(hrefs, grid, quantity).values)


def _ground(case: Case, grid: Grid, areas: Sequence[Area], people: Floats | None) -> Ground:
    by_level = {level: tuple(area for area in areas if area.level == level) for level in {a.level for a in areas}}
    return Ground(grid, {level: by_level[level] for level in sorted(by_level) if level <= case.pcode_level}, people)


def _input(one: Ingested) -> MergeInput:
    given = one.given
    return MergeInput(
        name=given.source,
        layer=one.layer,
        observed=given.observed,
        valid_days=given.valid_days,
        timeless=given.timeless,
        aliases=given.aliases,
        assumed=given.assumed,
    )


def _with_lookback(periods: tuple[Period, ...], days: int) -> tuple[Period, ...]:
    """The periods with as many before them as reach so many days back from the first one's last day."""
    earlier: list[Period] = []
    first = periods[0]
    while (periods[0].end - first.start).days < days:
        first = first.shift(-1)
        earlier.insert(0, first)
    return (*earlier, *periods)


def _told(area: Area) -> list[object]:
    shape = hashlib.sha256(shapely.to_wkb(area.geometry)).hexdigest()
    return [area.pcode, area.name, area.level, area.parent, area.vintage, list(area.alternatives), shape]
