"""Building: from a case file to a published snapshot."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow.compute as pc
import shapely

from riskmap.errors import CaseError
from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.merge import Merged, MergeInput, merge
from riskmap.grid.rasters import Quantity, sum_tiles
from riskmap.grid.spread import Ground
from riskmap.model.area import Area
from riskmap.model.case import Case, parse_case
from riskmap.model.period import Period
from riskmap.model.raw import Raw
from riskmap.pipeline.account import manifest_of
from riskmap.pipeline.areas import areas_of
from riskmap.pipeline.crosswalks import crosswalk_of
from riskmap.pipeline.ingest import Ingested, Place, check_inputs, ingest
from riskmap.pipeline.tables import people_by_class, snapshot_tables
from riskmap.publish.tile import make_tile
from riskmap.score.index import score_cube
from riskmap.score.recipe import Recipe, load_recipe
from riskmap.store.shelf import Shelf
from riskmap.store.snapshot import Snapshot
from riskmap.store.vault import Vault

_PEOPLE = "population"


@dataclass
class Stopwatch:
    """Seconds by step, and whom to tell that a step begins."""

    tell: Callable[[str], None] = lambda _step: None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times what happens inside."""
        self.tell(name)
        start = perf_counter()
        yield
        self.seconds[name] = round(perf_counter() - start, 3)


def load_case(path: Path, resolution: int | None = None) -> Case:
    """The case of a TOML file.

    Args:
        path: The file; its stem becomes the case's name.
        resolution: H3 resolution in place of the file's own.

    Raises:
        CaseError: The file is missing or is not a valid case.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"case file {path} cannot be read: {error}") from error
    return parse_case(text, path.stem, resolution)


def build(
    case: Case,
    inputs: Path,
    store: Path,
    tell: Callable[[str], None] = lambda _step: None,
    as_of: date | None = None,
    vault: Path | None = None,
) -> Snapshot:
    """Reads, merges, scores and publishes a case; the store is touched only when everything else is done.

    Args:
        case: What to build.
        inputs: Folder that the case's paths are relative to.
        store: Folder of snapshots; made where absent.
        tell: Called with the name of each step as it begins.
        as_of: Only what was known on that day is used: files received and records published by then. None for all.
        vault: Folder of what was fetched; `vault` inside the store where not said.

    Returns:
        The published snapshot. The same case and inputs give the same one, byte for byte.

    Raises:
        CaseError: The case names what is not there, or, with `as_of`, an input does not say when it became known.
        InputError: A file cannot be read as what it claims to be.
        RecipeError: The recipe is not a valid index definition.
        StoreError: The snapshot cannot be written.
    """
    watch = Stopwatch(tell)
    recipe = load_recipe(case.recipe)
    place = Place(inputs, Vault(vault or store / "vault"), as_of)
    check_inputs(case, place)
    with watch.step("read"):
        areas, boundaries, notes = areas_of(case, place)
        crosswalk, crosswalks = crosswalk_of(case, inputs, areas)
        found = ingest(case, place)
    with watch.step("merge"):
        grid = grid_over(shapely.union_all([area.geometry for area in areas if area.level == 0]), case.resolution)
        merged = _merged(case, recipe, _ground(case, grid, areas, found), found, crosswalk)
    with watch.step("score"):
        score = score_cube(merged.cube, recipe, len(case.periods))
    with watch.step("publish"):
        tables = snapshot_tables(score, grid, areas)
        manifest = manifest_of(case, recipe, found, boundaries, merged.ledger) | _area_told(grid, notes, crosswalks)
        manifest["people_by_class"] = people_by_class(score, [step.name for step in recipe.classes])
        log = {"seconds": watch.seconds, "host": platform.node(), "python": platform.python_version()}
        snapshot = Shelf(store).publish(tables, manifest, log)
    # The whole map is drawn once, so that the encoder is compiled and kept before the first reader comes.
    make_tile(snapshot, "risk", snapshot.periods[-1], 0, 0, 0)
    return snapshot


def _ground(case: Case, grid: Grid, areas: Sequence[Area], found: Sequence[Ingested]) -> Ground:
    """The grid with its areas and, where the case has a population raster, its people."""
    people = None
    of_people = [one.layer.of(_PEOPLE).table for one in found]
    rasters = [table for table in of_people if table["href"].null_count < len(table)]
    if rasters:
        newest = rasters[0].filter(pc.equal(rasters[0]["start"], pc.max(rasters[0]["start"])))
        quantity: Quantity = "density" if newest["unit"][0].as_py() == "people/km2" else "count"
        people = sum_tiles(newest["href"].to_pylist(), grid, quantity).values
    by_level = {level: tuple(area for area in areas if area.level == level) for level in {a.level for a in areas}}
    return Ground(grid, {level: by_level[level] for level in sorted(by_level) if level <= case.pcode_level}, people)


def _merged(case: Case, recipe: Recipe, ground: Ground, found: Sequence[Ingested], crosswalk: Crosswalk) -> Merged:
    given = [
        MergeInput(
            name=one.given.source,
            layer=one.layer,
            observed=one.given.observed,
            valid_days=one.given.valid_days,
            timeless=one.given.timeless,
            aliases=one.given.aliases,
            assumed=one.given.assumed,
        )
        for one in found
    ]
    periods = _with_lookback(case.periods, recipe.lookback_days())
    return merge(given, ground, periods, recipe.kernels(), case.periods, crosswalk)


def _with_lookback(periods: tuple[Period, ...], days: int) -> tuple[Period, ...]:
    """The periods with as many before them as reach so many days back from the first one's last day."""
    earlier: list[Period] = []
    first = periods[0]
    while (periods[0].end - first.start).days < days:
        first = first.shift(-1)
        earlier.insert(0, first)
    return (*earlier, *periods)


def _area_told(grid: Grid, notes: Sequence[str], crosswalks: Sequence[Raw]) -> dict[str, Any]:
    """What the manifest says of the area: where it lies and how its units were put in order and translated."""
    return {
        "bounds": [round(float(edge), 6) for edge in shapely.total_bounds(grid.polygons)],
        "boundary_notes": list(notes),
        "crosswalks": [{"path": raw.name, "sha256": raw.sha256, "bytes": raw.bytes} for raw in crosswalks],
    }
