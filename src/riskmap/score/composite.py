"""Composing: a table of units, step by step, into an index, with every step kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from riskmap.errors import InputError
from riskmap.model.cube import Floats
from riskmap.score.aggregate import TOLERANCE, aggregate
from riskmap.score.denominate import denominate
from riskmap.score.framework import Composite, Missing, Normalise, UnitIndicator
from riskmap.score.influence import main_effect
from riskmap.score.missing import Filled, fill_from_group, fill_from_neighbours, fill_from_parent, left
from riskmap.score.normalise import transformed
from riskmap.score.outliers import Treated, kurtosis, skewness, treat
from riskmap.score.scaling import Scale, Scaled, ranks, scale
from riskmap.score.tree import Node, Tree
from riskmap.score.weights import balanced_weights, entropy_weights, factor_weights, pca_weights

Bools = npt.NDArray[np.bool_]
Table = Mapping[str, npt.ArrayLike]

_TABLE = "the table"


@dataclass(frozen=True)
class Around:
    """What lies around the units, for values that are filled from there.

    Args:
        neighbours: Weight of each unit (column) for each unit (row); shape (units, units).
        parent: Position of each unit's parent in `parents`; -1 where it has none; shape (units,).
        parents: Values of the parents by indicator, after denomination; arrays of shape (parents,).
    """

    neighbours: sparse.csr_matrix | None = None
    parent: npt.NDArray[np.int64] | None = None
    parents: Mapping[str, Floats] | None = None


@dataclass(frozen=True)
class Composition:
    """An index of units with every step to it; arrays of shape (units,), by id of indicator or node.

    Args:
        ids: As given.
        included: Units that were not screened out; the others are NaN from `treated` on.
        denominated: Indicators after denomination.
        imputed: With what could be filled.
        filled: `riskmap.score.missing.Filling` codes.
        treated: Indicators after the treatment of outliers, and what was done.
        normalised: Scores of the indicators, before rounding.
        nodes: Scores of every node of the tree, indicators included.
        index: Scores of the index.
        ranks: Rank of each unit, 1 the highest index; equal ones share the smaller rank; NaN without index.
        class_index: Position in the recipe's classes; -1 without index or classes.
        tree: The framework with the weights that were used.
        notes: What went wrong with single indicators, in words.
    """

    ids: npt.NDArray[np.str_]
    included: Bools
    denominated: Mapping[str, Floats]
    imputed: Mapping[str, Floats]
    filled: Mapping[str, npt.NDArray[np.int8]]
    treated: Mapping[str, Treated]
    normalised: Mapping[str, Floats]
    nodes: Mapping[str, Floats]
    index: Floats
    ranks: Floats
    class_index: npt.NDArray[np.int8]
    tree: Tree
    notes: tuple[str, ...]

    def main_effects(self) -> Mapping[str, float]:
        """Share of the index's variance that each node explains, as `riskmap.score.influence.main_effect` tells it."""
        return {key: main_effect(values, self.index) for key, values in self.nodes.items()}


def compose(table: Table, ids: npt.ArrayLike, recipe: Composite, around: Around | None = None) -> Composition:
    """The index of a table: denominate, fill, screen, treat, normalise, weight, aggregate, round, rank and class.

    Args:
        table: Columns by name, each of shape (units,): numbers with NaN = unknown, or text for groups.
        ids: Id of each unit, shape (units,).
        recipe: Every step.
        around: What units are filled from, where the recipe fills from neighbours or parents.

    Raises:
        InputError: The table lacks a column, or one is not of numbers or not as long as the ids; names it.
        RecipeError: A mean or weighting is not defined for the scores; names the node or the indicators.

    Source: OECD and JRC Handbook on Constructing Composite Indicators (2008), ten steps.
    """
    names = np.asarray(ids, dtype=str)
    columns = _Columns(table, len(names))
    denominated = {key: _denominated(columns, key, part) for key, part in recipe.indicators.items()}
    fill = _Filler(columns, recipe, around or Around())
    filled = {key: fill(key, values) for key, values in denominated.items()}
    imputed = {key: found.values for key, found in filled.items()}
    included = _included(recipe, denominated, imputed)
    inside = {key: np.where(included, values, np.nan) for key, values in imputed.items()}
    treated = {key: _treated(recipe, key, values) for key, values in inside.items()}
    scaled = {key: _scaled(recipe, key, found.values, names) for key, found in treated.items()}
    normalised = {key: found.scores for key, found in scaled.items()}
    tree, nodes = _climbed(recipe, normalised)
    index = nodes[tree.index]
    return Composition(
        ids=names,
        included=included,
        denominated=denominated,
        imputed=imputed,
        filled={key: found.how for key, found in filled.items()},
        treated=treated,
        normalised=normalised,
        nodes=nodes,
        index=index,
        ranks=ranks(index),
        class_index=_class_index(recipe, index),
        tree=tree,
        notes=tuple(f"{key}: {found.problem}" for key, found in scaled.items() if found.problem),
    )


@dataclass(frozen=True)
class _Columns:
    """Columns of the table, checked as they are read."""

    table: Table
    units: int

    def numbers(self, name: str) -> Floats:
        try:
            return np.asarray(self._column(name), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(_TABLE, "is not a column of numbers", field=name) from error

    def words(self, name: str) -> npt.NDArray[np.str_]:
        return np.asarray(self._column(name), dtype=str)

    def _column(self, name: str) -> npt.NDArray[np.generic]:
        if name not in self.table:
            raise InputError(_TABLE, "there is no such column", field=name)
        column = np.asarray(self.table[name])
        if column.shape != (self.units,):
            raise InputError(_TABLE, f"has shape {column.shape}; there are {self.units} units", field=name)
        return column


@dataclass(frozen=True)
class _Filler:
    """Fills indicators as the recipe says."""

    columns: _Columns
    recipe: Composite
    around: Around

    def __call__(self, key: str, values: Floats) -> Filled:
        how = self.recipe.indicators[key].missing or self.recipe.missing
        if how.method == "none":
            return left(values)
        if how.method == "neighbours":
            return self._from_neighbours(key, values)
        if how.method == "parent":
            return self._from_parent(key, values)
        return fill_from_group(values, self._groups(how), how.method)

    def _groups(self, how: Missing) -> npt.NDArray[np.str_] | None:
        return None if how.group is None else self.columns.words(how.group)

    def _from_neighbours(self, key: str, values: Floats) -> Filled:
        if self.around.neighbours is None:
            raise InputError(_TABLE, "is filled from neighbours, and none were given", field=key)
        return fill_from_neighbours(values, self.around.neighbours)

    def _from_parent(self, key: str, values: Floats) -> Filled:
        if self.around.parent is None or self.around.parents is None or key not in self.around.parents:
            raise InputError(_TABLE, "is filled from parents, and none were given", field=key)
        return fill_from_parent(values, self.around.parent, self.around.parents[key])


def _denominated(columns: _Columns, key: str, part: UnitIndicator) -> Floats:
    values = columns.numbers(part.column or key)
    if part.denominate is None:
        return values
    return denominate(values, columns.numbers(part.denominate.by), part.denominate.factor)


def _included(recipe: Composite, denominated: Mapping[str, Floats], imputed: Mapping[str, Floats]) -> Bools:
    chosen = imputed if recipe.screen is not None and recipe.screen.on == "imputed" else denominated
    known = np.mean([~np.isnan(values) for values in chosen.values()], axis=0)
    return np.asarray(known >= (recipe.screen.least if recipe.screen else 0.0) - TOLERANCE)


def _treated(recipe: Composite, key: str, values: Floats) -> Treated:
    how = recipe.indicators[key].outliers or recipe.outliers
    if how.method == "winsorise":
        return treat(values, how.limits)
    before = skewness(values), kurtosis(values)
    still = np.zeros(values.shape, dtype=np.bool_)
    if how.method == "none":
        return Treated(values, "none", still, before, before)
    logged = transformed(values, how.method)
    return Treated(logged, "log", still, before, (skewness(logged), kurtosis(logged)))


def _scaled(recipe: Composite, key: str, values: Floats, names: npt.NDArray[np.str_]) -> Scaled:
    part = recipe.indicators[key]
    how, outliers = part.normalise or recipe.normalise, part.outliers or recipe.outliers
    found = scale(values, _scale(how, names, key), part.direction)
    if outliers.method in ("ln", "log1p") and how.goalposts is not None:
        low, high = transformed(np.array(how.goalposts), outliers.method)
        found = scale(values, replace(_scale(how, names, key), goalposts=(float(low), float(high))), part.direction)
    return found


def _scale(how: Normalise, names: npt.NDArray[np.str_], key: str) -> Scale:
    places = np.flatnonzero(names == how.reference) if how.reference is not None else np.zeros(1, dtype=np.int64)
    if not len(places):
        raise InputError(_TABLE, f"there is no unit {how.reference!r}, which is the reference", field=key)
    return Scale(
        method=how.method,
        ends=how.scale,
        goalposts=how.goalposts or (0.0, 1.0),
        target=1.0 if how.target is None else how.target,
        reference=int(places[0]),
        cap=how.cap,
        mean=how.mean,
        deviation=how.deviation,
    )


def _climbed(recipe: Composite, leaves: Mapping[str, Floats]) -> tuple[Tree, dict[str, Floats]]:
    """The tree with the weights used, and the scores of its nodes; weights from data are found on the way up."""
    nodes: list[Node] = []
    found: dict[str, Floats] = {}
    for node in recipe.tree().nodes:
        if not node.children:
            nodes.append(node)
            found[node.key] = node.rounded(leaves[node.key])
            continue
        parts = np.stack([found[key] for key in node.children])
        nodes.append(replace(node, weights=_weights(recipe, node, parts)))
        found[node.key] = nodes[-1].combine(parts)
    return Tree(tuple(nodes)), found


def _weights(recipe: Composite, node: Node, parts: Floats) -> tuple[float, ...]:
    way, keys = recipe.nodes[node.key].weights, node.children
    if way == "pca":
        return tuple(pca_weights(parts, keys).tolist())
    if way == "factor":
        return tuple(factor_weights(parts, keys).tolist())
    if way == "entropy":
        return tuple(entropy_weights(parts, keys).tolist())
    if way == "balanced":

        def whole(weights: Floats) -> Floats:
            return aggregate(parts, weights, node.method, node.exponent)

        return tuple(balanced_weights(parts, whole).weights.tolist())
    return node.weights


def _class_index(recipe: Composite, index: Floats) -> npt.NDArray[np.int8]:
    if not recipe.classes:
        return np.full(index.shape, -1, dtype=np.int8)
    edges = np.array([step.below for step in recipe.classes[:-1]], dtype=np.float64)
    found = np.searchsorted(edges, index, side="right")
    return np.where(np.isnan(index), -1, found).astype(np.int8)
