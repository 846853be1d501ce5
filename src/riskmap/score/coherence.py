"""Coherence: whether the parts of a group tell of one thing, by alpha, correlation and principal components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riskmap.model.cube import Floats
from riskmap.model.score import Score
from riskmap.score.recipe import Recipe

COLLINEAR = 0.92
"""Correlation from which two parts tell the same twice."""

LEAST_SHARED = 3
"""Least places at which both of two parts are known for their correlation to be told."""


@dataclass(frozen=True)
class Pair:
    """Two parts and how they go together.

    Args:
        first: Id of one.
        second: Id of the other.
        correlation: Pearson's r over the places where both are known.
    """

    first: str
    second: str
    correlation: float


@dataclass(frozen=True)
class Coherence:
    """A group of parts; those that do not vary are left out of all of it.

    Args:
        members: Ids of parts that vary.
        constant: Ids of parts that do not, or are not known at two places.
        correlations: Shape (members, members); NaN where too few places are shared.
        alpha: Cronbach's alpha; NaN with fewer than two members, or where a correlation is not known.
        mean_correlation: Mean over all different pairs that are known; NaN where there is none.
        explained: Share of the variance that each principal component explains, largest first; empty where a
            correlation is not known.
        loadings: Loading of each member on the first component, turned so that they sum to no less than 0.
    """

    members: tuple[str, ...]
    constant: tuple[str, ...]
    correlations: Floats
    alpha: float
    mean_correlation: float
    explained: Floats
    loadings: Floats

    def collinear(self, above: float = COLLINEAR) -> list[Pair]:
        """Pairs that correlate by more than so much, either way, the strongest first."""
        found = [
            Pair(self.members[one], self.members[other], float(self.correlations[one, other]))
            for one, other in zip(*np.triu_indices(len(self.members), 1), strict=True)
            if abs(self.correlations[one, other]) > above
        ]
        return sorted(found, key=lambda pair: -abs(pair.correlation))


def coherence(values: Mapping[str, Floats]) -> Coherence:
    """How far parts go together, over the places where two of them are known at once.

    Args:
        values: Scores of each part by id, shape (places,) each; NaN = unknown.

    Source: L. J. Cronbach (1951) for alpha, on pairwise complete covariances; OECD and JRC Handbook on Constructing
    Composite Indicators (2008), step 4.
    """
    varying = {key: part for key, part in values.items() if _varies(part)}
    places = next(iter(values.values())).size if values else 0
    stacked = np.array(list(varying.values()), dtype=np.float64).reshape(len(varying), places)
    covariances, correlations = _pairwise(stacked)
    pairs = correlations[np.triu_indices(len(varying), 1)]
    known = pairs[~np.isnan(pairs)]
    whole = known.size == pairs.size and len(varying) > 0
    explained, loadings = _principal(correlations) if whole else (np.zeros(0), np.zeros(0))
    return Coherence(
        members=tuple(varying),
        constant=tuple(key for key in values if key not in varying),
        correlations=correlations,
        alpha=_alpha(covariances) if whole else float("nan"),
        mean_correlation=float(known.mean()) if known.size else float("nan"),
        explained=explained,
        loadings=loadings,
    )


def group_coherence(score: Score, recipe: Recipe, period: int = -1) -> Mapping[str, Coherence]:
    """Coherence of the indicators of each component, of the components of each dimension, and of the dimensions.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        period: Position of the period whose cells are looked at.

    Returns:
        By id of the group, `index` for the dimensions; parts are turned so that more is worse.
    """
    groups = {key: list(recipe.indicators_of(key)) for key in recipe.components}
    groups |= {key: list(recipe.components_of(key)) for key in recipe.dimensions}
    groups["index"] = list(recipe.dimensions)
    return {group: coherence({key: score.nodes[key][period] for key in keys}) for group, keys in groups.items()}


def indicator_coherence(score: Score, recipe: Recipe, period: int = -1) -> Coherence:
    """Coherence of all indicators at once, whatever their group: where two of them tell the same twice.

    Args:
        score: The index.
        recipe: The recipe that it was made with.
        period: Position of the period whose cells are looked at.
    """
    return coherence({key: score.nodes[key][period] for key in recipe.indicators})


def _varies(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return known.size > 1 and bool(np.ptp(known) > 0)


def _pairwise(values: Floats) -> tuple[Floats, Floats]:
    """Covariances and correlations, each over the places where both are known; shape (parts, parts)."""
    known = ~np.isnan(values)
    filled = np.where(known, values - np.nanmean(values, axis=1, keepdims=True), 0.0)
    seen = known.astype(np.float64)
    count = seen @ seen.T
    # What one part comes to over the places where the other is known too.
    sums, squares = filled @ seen.T, (filled**2) @ seen.T
    with np.errstate(divide="ignore", invalid="ignore"):
        products = filled @ filled.T - sums * sums.T / count
        spread = squares - sums**2 / count
        covariances = np.where(count > 1, products / (count - 1), np.nan)
        scale = np.sqrt(spread * spread.T)
        told = (count >= LEAST_SHARED) & (scale > 1e-12 * np.sqrt(squares * squares.T))
        correlations = np.where(told, np.clip(products / scale, -1.0, 1.0), np.nan)
    np.fill_diagonal(correlations, 1.0)
    return covariances, correlations


def _alpha(covariances: Floats) -> float:
    """Cronbach's: k / (k - 1) · (1 - sum of variances / variance of the sum)."""
    count, whole = len(covariances), float(covariances.sum())
    if count < 2 or whole <= 0:
        return float("nan")
    return count / (count - 1) * (1.0 - float(np.trace(covariances)) / whole)


def _principal(correlations: Floats) -> tuple[Floats, Floats]:
    """Explained shares and first loadings; pairwise correlations may give a hair less than nothing, told as 0."""
    values, vectors = np.linalg.eigh(correlations)
    positive = np.maximum(values[::-1], 0.0)
    first = vectors[:, -1] * np.sqrt(positive[0])
    return positive / positive.sum(), first if first.sum() >= 0 else -first
