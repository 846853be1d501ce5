"""Rescoring: the index again from its own normalised indicators, under another recipe or without some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from riskmap.model.cube import Cube, Floats, Measure, Support
from riskmap.model.score import IndicatorValues, Score
from riskmap.score.index import score_cube
from riskmap.score.parts import SCALE, Feed, Indicator
from riskmap.score.recipe import Recipe

_SOURCE = "leaf"


def leaves_of(score: Score, recipe: Recipe) -> Mapping[str, Floats]:
    """Scores of indicators on the scale 0..10 by id, shape (periods, cells); NaN = unknown."""
    return {key: score.nodes[key] for key in recipe.indicators}


def rescored(score: Score, recipe: Recipe, leaves: Mapping[str, Floats] | None = None) -> Score:
    """The index of other leaves, or of the same ones under another recipe: the tree is climbed anew.

    Args:
        score: The index as it was.
        recipe: Tree, weights, means, thresholds and classes to climb with.
        leaves: Scores of indicators by id, shape (periods, cells); those of `score` where left out. What the recipe
            names and these lack is unknown.

    Returns:
        The index; its `indicators` are those of `score` where they are still known.
    """
    given = leaves_of(score, recipe) if leaves is None else leaves
    cube = Cube(score.cells, score.periods, {name: _measure(name, leaf) for name, leaf in _named(given).items()})
    found = score_cube(cube, _plain(recipe), len(score.periods))
    kept = {key: _kept(score.indicators[key], given[key]) for key in given if key in score.indicators}
    return replace(found, indicators=kept, population=score.population)


def only(score: Score, period: int, cells: np.ndarray | None = None) -> Score:
    """The part of an index that is of one period, and of some cells of it.

    Args:
        score: The index.
        period: Position of the period; from the end where negative.
        cells: Positions of cells; None for all.
    """
    row = range(len(score.periods))[period]
    chosen = np.arange(len(score.cells)) if cells is None else np.asarray(cells)
    arrays = {
        name: getattr(score, name)[row : row + 1, chosen]
        for name in ("value", "low", "high", "class_index", "status", "coverage", "population")
    }
    told = {
        key: IndicatorValues(*(part[row : row + 1, chosen] for part in vars(one).values()))
        for key, one in score.indicators.items()
    }
    return replace(
        score,
        cells=score.cells[chosen],
        periods=(score.periods[row],),
        nodes={key: node[row : row + 1, chosen] for key, node in score.nodes.items()},
        indicators=told,
        **arrays,
    )


def rank_shifts(before: Floats, after: Floats) -> Floats:
    """Places that each cell moves in the ranking of its period, worst first, among the cells scored in both.

    Args:
        before: Scores, shape (periods, cells); NaN where there is none.
        after: The same cells scored otherwise.

    Returns:
        Shape (periods, cells): positive where a cell moves towards the worst; NaN where it is not scored in both. Cells
        of one score share their mean rank.
    """
    both = ~np.isnan(before) & ~np.isnan(after)
    shifts = np.full(before.shape, np.nan)
    for row, here in enumerate(both):
        shifts[row, here] = rankdata(after[row, here]) - rankdata(before[row, here])
    return shifts


def _named(leaves: Mapping[str, Floats]) -> dict[str, Floats]:
    return {f"{_SOURCE}:{key}": leaf for key, leaf in leaves.items()}


def _measure(name: str, leaf: Floats) -> Measure:
    known = ~np.isnan(leaf)
    return Measure(
        name=name,
        values=leaf.astype(np.float64),
        coverage=known.astype(np.float32),
        support=np.where(known, Support.CELL, Support.NONE).astype(np.int8),
        age_days=np.where(known, np.float32(0), np.float32(np.nan)),
        unit="score",
        spread="intensive",
        licence="",
    )


def _plain(recipe: Recipe) -> Recipe:
    """The recipe over indicators that are scores already."""
    indicators = {
        key: Indicator(
            component=part.component,
            label=part.label,
            unit="score",
            weight=part.weight,
            goalposts=SCALE,
            feeds=(Feed(measure=f"{_SOURCE}:{key}"),),
        )
        for key, part in recipe.indicators.items()
    }
    return recipe.model_copy(update={"indicators": indicators, "population": ()})


def _kept(found: IndicatorValues, leaf: Floats) -> IndicatorValues:
    """Values of an indicator where it is still known."""
    known = ~np.isnan(leaf)
    return IndicatorValues(
        values=np.where(known, found.values, np.nan),
        coverage=np.where(known, found.coverage, np.float32(0)),
        support=np.where(known, found.support, Support.NONE).astype(np.int8),
        age_days=np.where(known, found.age_days, np.float32(np.nan)),
        feed=np.where(known, found.feed, -1).astype(np.int8),
    )
