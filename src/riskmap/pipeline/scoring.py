"""Scoring in steps: every shard in every period, each only where its result is not kept yet."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from riskmap.grid.cells import Grid
from riskmap.grid.merge import measure_of
from riskmap.model.cube import Cube, Floats
from riskmap.pipeline.gridding import Gridded
from riskmap.pipeline.rolling import Above, Seen, areas_table, parents_table, with_bounds
from riskmap.pipeline.steps import Steps, read_table, write_table
from riskmap.pipeline.tables import (
    dated,
    evidence_in,
    indicators_table,
    people_of_classes,
    scores_table,
    with_uncertainty,
)
from riskmap.score.index import score_cube
from riskmap.score.recipe import Recipe
from riskmap.score.reliability import CONFLICT, high_intensity, reliability
from riskmap.score.uncertainty import drawn, summary
from riskmap.store.results import key_of, read_note, write_note
from riskmap.store.tables import write_part

_TABLES = ("scores", "indicators", "parents")
_PEOPLE = "people.npy"


@dataclass(frozen=True)
class Scored:
    """The index of a case, as it is kept.

    Args:
        parts: Results with the tables of each period.
        people: People of each cell in the last period, NaN where unknown; shape (cells,).
        by_class: Share of the area's people in cells of each class, by label of the period.
    """

    parts: tuple[Path, ...]
    people: Floats
    by_class: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class _Shard:
    """One shard in all periods that are scored.

    Args:
        on_grid: The measures.
        recipe: The index.
        at: Which shard.
        keys: Key of its index in each period.
    """

    on_grid: Gridded
    recipe: Recipe
    at: int
    keys: tuple[str, ...]


@dataclass(frozen=True)
class _Period:
    """One period in all shards.

    Args:
        above: What holds the cells.
        recipe: The index.
        blocks: Results with its index, one a shard.
        at: Its position among those scored.
        label: Its label.
    """

    above: Above
    recipe: Recipe
    blocks: tuple[Path, ...]
    at: int
    label: str


def scored(on_grid: Gridded, recipe: Recipe, steps: Steps) -> Scored:
    """Scores the periods of a case: first the shards of those whose tables are not kept yet, then these.

    Args:
        on_grid: Its measures.
        recipe: The index.
        steps: Keeps results.

    Raises:
        ResultDamaged: A measure is not what was kept.
    """
    shards = [
        _Shard(on_grid, recipe, at, tuple(_keys_of(at, on_grid, recipe, steps.code)))
        for at in range(len(on_grid.shards))
    ]
    labels = [period.label for period in on_grid.periods[-on_grid.window :]]
    keys = [
        key_of([shard.keys[at] for shard in shards], on_grid.area_hash, at, label) for at, label in enumerate(labels)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(steps.results.get, keys))
        lacking = [at for at, one in enumerate(parts) if one is None]
        steps.count("part", len(parts) - len(lacking), made=False)
        blocks = list(pool.map(partial(_blocks, periods=lacking, steps=steps), shards))
        if lacking:
            above = Above.of(on_grid.ground)
        made = [_Period(above, recipe, tuple(row[at] for row in blocks), at, labels[at]) for at in lacking]
        found = pool.map(lambda one: steps.keep("part", keys[one.at], partial(_write_part, period=one)), made)
        for at, one in zip(lacking, found, strict=True):
            parts[at] = one
    whole = tuple(one for one in parts if one is not None)
    classes = [step.name for step in recipe.classes]
    return Scored(whole, np.load(whole[-1] / _PEOPLE), dict(_by_class(labels, whole, classes)))


def _blocks(shard: _Shard, periods: Sequence[int], steps: Steps) -> dict[int, Path]:
    """Results with the index of one shard, by position of the period."""
    found = {at: steps.results.get(shard.keys[at]) for at in periods}
    lacking = [at for at, one in found.items() if one is None]
    steps.count("score", len(found) - len(lacking), made=False)
    steps.count("score", len(lacking), made=True)
    on_grid = shard.on_grid
    scored_from = len(on_grid.periods) - on_grid.window
    firsts = {at: _first(on_grid, scored_from + at, shard.recipe) for at in lacking}
    if lacking:
        start = min(firsts.values())
        cube = _cube(shard, start, scored_from + max(lacking) + 1)
    for at in lacking:
        seen = _between(cube, firsts[at] - start, scored_from + at + 1 - start)
        found[at], _ = steps.results.get_or_make(
            shard.keys[at], partial(_write, cube=seen, resolution=on_grid.grid.resolution, recipe=shard.recipe)
        )
    return {at: one for at, one in found.items() if one is not None}


def _first(on_grid: Gridded, period: int, recipe: Recipe) -> int:
    """The earliest period that the index of one looks back to."""
    days, end = recipe.lookback_days(), on_grid.periods[period].end
    first = period
    while first and (end - on_grid.periods[first].start).days < days:
        first -= 1
    return first


def _columns(on_grid: Gridded, recipe: Recipe) -> Iterator[tuple[int, str]]:
    """Position of the measure, and name, of every column that the recipe may read."""
    feeds = set(recipe.feeds())
    for place, (task, measure) in enumerate(zip(on_grid.tasks, on_grid.measures, strict=True)):
        if task.name in feeds:
            yield from ((place, name) for name in sorted(measure.parts[0].digests))


def _keys_of(at: int, on_grid: Gridded, recipe: Recipe, code: str) -> Iterator[str]:
    """Keys of the index of a shard, one a period: what is seen through a kernel has its memory in it."""
    shard = on_grid.shards[at]
    columns = [
        (name, on_grid.words(place), on_grid.measures[place].parts[at].digests[name])
        for place, name in _columns(on_grid, recipe)
    ]
    for period in range(len(on_grid.periods) - on_grid.window, len(on_grid.periods)):
        first = _first(on_grid, period, recipe)
        told = [
            [name, words, digests[period if "@" in name else first : period + 1]] for name, words, digests in columns
        ]
        labels = [one.label for one in on_grid.periods[first : period + 1]]
        yield key_of(code, "score", recipe.hash, on_grid.cells_hash, [shard.first, shard.after], labels, told)


def _cube(shard: _Shard, first: int, after: int) -> Cube:
    """What the index of a shard is made of, from one period up to another."""
    on_grid, measures = shard.on_grid, {}
    for place, name in _columns(on_grid, shard.recipe):
        column = on_grid.measures[place].parts[shard.at].rows(name, first, after)
        measures[name] = measure_of(on_grid.tasks[place], name, column)
    return Cube(on_grid.grid.cells[on_grid.shards[shard.at].cells], on_grid.periods[first:after], measures)


def _between(cube: Cube, first: int, after: int) -> Cube:
    """The same over some of its periods."""
    rows = slice(first, after)
    measures = {
        name: replace(
            one,
            values=one.values[rows],
            coverage=one.coverage[rows],
            support=one.support[rows],
            age_days=one.age_days[rows],
        )
        for name, one in cube.measures.items()
    }
    return Cube(cube.cells, cube.periods[rows], measures)


def _write(folder: Path, cube: Cube, resolution: int, recipe: Recipe) -> None:
    score = score_cube(cube, recipe, 1)
    relied = reliability(score, recipe, high_intensity(score, recipe, CONFLICT))
    above = parents_table(Seen.of(score), cube, Grid(cube.cells, resolution), recipe)
    for name, table in zip(_TABLES, (scores_table(score, relied), indicators_table(score), above), strict=True):
        write_table(folder / f"{name}.arrow", table)
    np.save(folder / _PEOPLE, score.population[0])
    write_note(folder, {"people": people_of_classes(score, len(recipe.classes))})


def _write_part(folder: Path, period: _Period) -> None:
    """Writes the tables of one period; how sure its scores are hangs on what is known in all of its shards."""
    whole = {name: pa.concat_tables([read_table(one / f"{name}.arrow") for one in period.blocks]) for name in _TABLES}
    whole["parents"] = whole["parents"].sort_by([("resolution", "descending"), ("cell", "ascending")])
    people = np.concatenate([np.load(block / _PEOPLE) for block in period.blocks])
    seen = Seen(whole["scores"]["value"].to_numpy().astype(np.float64), whole["scores"]["class"].to_numpy(), people)
    above, recipe = period.above, period.recipe
    draws = drawn(evidence_in(whole["scores"], whole["indicators"], recipe), recipe, origins=above.origins)
    whole["scores"] = with_uncertainty(whole["scores"], summary(draws, recipe), people)
    whole["parents"] = with_bounds(whole["parents"], draws, people, above.parents, recipe)
    whole["areas"] = areas_table(seen, draws, above, recipe)
    for name, table in whole.items():
        write_part(folder, name, period.label, dated(table, period.at))
    np.save(folder / _PEOPLE, people)
    by_class = np.sum([read_note(block)["people"] for block in period.blocks], axis=0)
    write_note(folder, {"people": by_class.tolist()})


def _by_class(
    labels: Sequence[str], parts: Sequence[Path], classes: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Share of the area's people in cells of each class, insufficient data included; no period without people."""
    for label, part in zip(labels, parts, strict=True):
        people = np.array(read_note(part)["people"])
        total = float(people[-1])
        if total:
            yield label, dict(zip((*classes, "insufficient"), (people[:-1] / total).tolist(), strict=True))
