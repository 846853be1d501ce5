"""Building: from a case file to a published snapshot."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa

from riskmap.compute.engine import Engine
from riskmap.compute.local import InProcess
from riskmap.errors import CaseError, ResultDamaged
from riskmap.grid.cells import Grid
from riskmap.model.area import Area
from riskmap.model.case import Case, parse_case
from riskmap.model.cube import Floats
from riskmap.model.raw import Raw
from riskmap.pipeline.account import manifest_of
from riskmap.pipeline.areas import areas_of
from riskmap.pipeline.crosswalks import crosswalk_of
from riskmap.pipeline.gridding import Gridded, gridded
from riskmap.pipeline.ingest import Place, check_inputs, ingest
from riskmap.pipeline.ranges import cutting
from riskmap.pipeline.scoring import scored
from riskmap.pipeline.steps import Steps, steps_in
from riskmap.pipeline.tables import cells_table
from riskmap.publish.tile import make_tile
from riskmap.score.recipe import load_recipe
from riskmap.store.mirror import mirrored
from riskmap.store.shelf import Shelf, own_cache
from riskmap.store.snapshot import Snapshot
from riskmap.store.vault import Vault

RESULTS = "results"
"""Folder of the store in which the results of steps are kept."""


@dataclass(frozen=True)
class Inputs:
    """Where the inputs of a case are.

    Args:
        folder: Folder that the case's paths are relative to, or an address such as `s3://bucket/prefix`.
        vault: Folder of what was fetched.
        cache: Folder for what is copied from addresses; this person's own where not said.
    """

    folder: Path | str
    vault: Path
    cache: Path | None = None


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
    inputs: Path | Inputs,
    store: Path | str,
    tell: Callable[[str], None] = lambda _step: None,
    as_of: date | None = None,
    engine: Engine | None = None,
) -> Snapshot:
    """Reads, merges, scores and publishes a case; the store is touched only when everything else is done.

    Args:
        case: What to build.
        inputs: Folder that the case's paths are relative to, or that and the vault, which is else `vault` in the store.
        store: Folder of snapshots, made where absent; or their address.
        tell: Called with the name of each step as it begins.
        as_of: Only what was known on that day is used: files received and records published by then. None for all.
        engine: Where measures are merged; this process where not said. The snapshot is the same on any.

    Returns:
        The published snapshot. The same case and inputs give the same one, byte for byte.

    Raises:
        CaseError: The case names what is not there, or, with `as_of`, an input does not say when it became known.
        InputError: A file cannot be read as what it claims to be.
        RecipeError: The recipe is not a valid index definition.
        ComputeError: The engine is lost.
        StoreError: The snapshot cannot be written.
    """
    given = inputs if isinstance(inputs, Inputs) else Inputs(inputs, Shelf(store).store / "vault")
    shelf = Shelf(store, given.cache)
    watch, steps = Stopwatch(tell), steps_in(shelf.store / RESULTS, engine or InProcess())
    cache, vault = (given.cache or own_cache()) / "inputs", Vault(given.vault)
    with mirrored(given.folder, _files_named(case), cache, cutting(case, vault, as_of)) as here:
        place = Place(here.folder, vault, as_of, steps.reading, here.parts)
        with suppress(ResultDamaged):
            return _built(case, place, shelf, watch, steps)
        steps.doubting = True
        return _built(case, place, shelf, watch, steps)


def _files_named(case: Case) -> list[str]:
    """Files and globs that a case names, relative to its inputs folder."""
    named = [one.path for one in case.boundaries] + [one.path for one in case.inputs]
    return [path for path in (*named, *case.crosswalks) if path]


def _built(case: Case, place: Place, shelf: Shelf, watch: Stopwatch, steps: Steps) -> Snapshot:
    recipe = load_recipe(case.recipe)
    check_inputs(case, place)
    with watch.step("read"):
        areas, boundaries, notes = areas_of(case, place)
        crosswalk, crosswalks = crosswalk_of(case, place.folder, areas)
        found = ingest(case, place)
    with watch.step("merge"):
        on_grid = gridded(case, recipe, areas, crosswalk, found, steps)
    with watch.step("score"):
        index = scored(on_grid, recipe, steps)
    with watch.step("publish"):
        manifest = manifest_of(case, recipe, found, boundaries, on_grid.ledger)
        manifest |= _area_told(on_grid.grid, notes, crosswalks) | {"people_by_class": index.by_class}
        cells = {"cells": _cells(on_grid, index.people, areas, steps)}
        snapshot = shelf.publish(cells, manifest, _log(watch, steps), index.parts)
        steps.results.prune()
    # The whole map is drawn once, so that the encoder is compiled and kept before the first reader comes.
    make_tile(snapshot, "risk", snapshot.periods[-1], 0, 0, 0)
    return snapshot


def _log(watch: Stopwatch, steps: Steps) -> dict[str, Any]:
    """What is true of this run only."""
    told = {"seconds": watch.seconds, "host": platform.node(), "python": platform.python_version()}
    return told | {"steps_made": steps.made, "steps_kept": steps.kept}


def _cells(on_grid: Gridded, people: Floats, areas: Sequence[Area], steps: Steps) -> pa.Table:
    """The table of cells."""
    told = [on_grid.area_hash, hashlib.sha256(people.tobytes()).hexdigest()]
    return steps.table("cells", told, lambda: cells_table(on_grid.grid, areas, people))


def _area_told(grid: Grid, notes: Sequence[str], crosswalks: Sequence[Raw]) -> dict[str, Any]:
    """What the manifest says of the area: where it lies and how its units were put in order and translated."""
    corners = grid.rings.points
    return {
        "bounds": [round(float(edge), 6) for edge in (*corners.min(axis=0), *corners.max(axis=0))],
        "boundary_notes": list(notes),
        "crosswalks": [{"path": raw.name, "sha256": raw.sha256, "bytes": raw.bytes} for raw in crosswalks],
    }
