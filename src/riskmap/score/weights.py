"""Weights that data suggest: from principal components, from entropy, or so that all parts have equal influence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from riskmap.errors import RecipeError
from riskmap.model.cube import Floats

_STEPS = 500
_STILL = 1e-12
_DEEP = 12.0


def pca_weights(scores: Floats, keys: Sequence[str]) -> Floats:
    """Loadings of the first principal component of standardised scores, scaled to sum to 1.

    Units with anything unknown are left out. The component is turned so that its loadings sum to more than 0.

    Args:
        scores: Shape (parts, units); NaN = unknown.
        keys: Names of the parts, for messages.

    Returns:
        Shape (parts,), none negative.

    Raises:
        RecipeError: A loading is negative: parts pull against one another, so that no weights of this kind have a
            meaning; names them. Or there are too few whole units, or a part has no spread.

    Source: OECD and JRC Handbook on Constructing Composite Indicators (2008), step 4 and 6.
    """
    _, vectors = _components(scores, keys)
    loadings = _turned(vectors[:, 0])
    _refuse(loadings, keys)
    return np.asarray(loadings / loadings.sum())


def factor_weights(scores: Floats, keys: Sequence[str]) -> Floats:
    """Squared loadings on rotated factors, each factor scaled by its share of the variance explained; they sum to 1.

    Factors are the principal components with an eigenvalue above 1 (at least one), rotated by varimax. A part belongs
    to the factor on which it loads highest; its weight is its share of that factor's squared loadings, times the share
    of the factor in what all of them explain.

    Args:
        scores: Shape (parts, units); NaN = unknown.
        keys: Names of the parts, for messages.

    Returns:
        Shape (parts,), none negative.

    Raises:
        RecipeError: As for `pca_weights`, for the factor that a part belongs to.

    Source: OECD and JRC Handbook on Constructing Composite Indicators (2008), step 6; Nicoletti et al. (2000).
    """
    values, vectors = _components(scores, keys)
    kept = max(1, int(np.sum(values > 1)))
    rotated = varimax(vectors[:, :kept] * np.sqrt(values[:kept]))
    rotated = np.stack([_turned(factor) for factor in rotated.T], axis=1)
    squared = rotated**2
    explained = squared.sum(axis=0)
    home = np.argmax(squared, axis=1)
    parts = np.arange(len(keys))
    _refuse(rotated[parts, home], keys)
    found = squared[parts, home] / explained[home] * (explained[home] / explained.sum())
    return np.asarray(found / found.sum())


def varimax(loadings: Floats) -> Floats:
    """Loadings rotated so that each part loads on as few factors as can be.

    Args:
        loadings: Shape (parts, factors).

    Source: H. F. Kaiser, The varimax criterion for analytic rotation in factor analysis (1958), by singular values.
    """
    parts, factors = loadings.shape
    turn, reached = np.eye(factors), 0.0
    for _ in range(_STEPS):
        rotated = loadings @ turn
        slope = loadings.T @ (rotated**3 - rotated * (rotated**2).sum(axis=0) / parts)
        left, sizes, right = np.linalg.svd(slope)
        turn = left @ right
        if sizes.sum() <= reached * (1 + 1e-15):
            break
        reached = sizes.sum()
    return np.asarray(loadings @ turn)


def entropy_weights(scores: Floats, keys: Sequence[str]) -> Floats:
    """Weights by how unevenly a part is spread over the units, 1 - H/ln n with H its Shannon entropy; they sum to 1.

    Args:
        scores: Shape (parts, units), none negative; NaN = unknown, and such units are left out.
        keys: Names of the parts, for messages.

    Raises:
        RecipeError: A part has negative scores or only zeros, or all parts are even.

    Source: C. E. Shannon (1948); Zeleny (1982), Multiple criteria decision making.
    """
    whole = _whole(scores, keys)
    bad = [key for key, row in zip(keys, whole, strict=True) if row.min() < 0 or row.sum() == 0]
    if bad:
        raise RecipeError(f"entropy weights need scores of 0 or more, and not only 0: {', '.join(bad)}")
    shares = whole / whole.sum(axis=1, keepdims=True)
    logs = np.log(shares, out=np.zeros(shares.shape), where=shares > 0)
    uneven = np.maximum(1 + (shares * logs).sum(axis=1) / np.log(whole.shape[1]), 0.0)
    if uneven.sum() <= _STILL:
        raise RecipeError(f"entropy weights: {', '.join(keys)} are spread evenly, so that they say nothing")
    return np.asarray(uneven / uneven.sum())


@dataclass(frozen=True)
class Balanced:
    """Weights for wanted influences, and how near they come; arrays of shape (parts,), each summing to 1.

    Args:
        weights: None negative.
        wanted: Share of each part in the correlations that was wanted.
        reached: Share of each part in the correlations that these weights give.
    """

    weights: Floats
    wanted: Floats
    reached: Floats


def balanced_weights(
    scores: Floats, whole: Callable[[Floats], Floats], targets: Sequence[float] | None = None
) -> Balanced:
    """Weights with which the correlations of the parts with the whole stand as near as can be to their targets.

    Args:
        scores: Shape (parts, units), each part with some spread; NaN = unknown.
        whole: The whole, shape (units,), from weights of shape (parts,).
        targets: Influence wanted of each part, above 0, in any unit; None: all the same.

    Source: Becker, Saisana, Paruolo and Vandecasteele (2017), Weights and importance in composite indicators.
    """
    wanted = np.ones(len(scores)) if targets is None else np.asarray(targets, dtype=np.float64)
    wanted = wanted / wanted.sum()

    def reached(logs: Floats) -> Floats:
        found = _correlations(scores, whole(_shares(logs)))
        return np.asarray(found / np.abs(found).sum())

    # Weights as exponents are never negative; beyond these bounds a part has no weight worth the name.
    ends = (np.log(wanted) - _DEEP, np.log(wanted) + _DEEP)
    best = least_squares(lambda logs: reached(logs) - wanted, np.log(wanted), bounds=ends, xtol=1e-15, ftol=1e-15)
    return Balanced(_shares(best.x), wanted, reached(best.x))


def _shares(logs: Floats) -> Floats:
    raised = np.exp(logs - logs.max())
    return np.asarray(raised / raised.sum())


def _correlations(scores: Floats, whole: Floats) -> Floats:
    """Pearson correlation of each part with the whole, over the units where both are known."""
    found = []
    for row in scores:
        known = ~np.isnan(row) & ~np.isnan(whole)
        found.append(np.corrcoef(row[known], whole[known])[0, 1])
    return np.array(found)


def _components(scores: Floats, keys: Sequence[str]) -> tuple[Floats, Floats]:
    """Eigenvalues of the correlation matrix, largest first, and its eigenvectors as columns."""
    whole = _whole(scores, keys)
    flat = [key for key, row in zip(keys, whole, strict=True) if np.ptp(row) == 0]
    if flat:
        raise RecipeError(f"principal components need parts that differ between units: {', '.join(flat)}")
    values, vectors = np.linalg.eigh(np.corrcoef(whole).reshape(len(keys), len(keys)))
    return np.maximum(values[::-1], 0.0), vectors[:, ::-1]


def _whole(scores: Floats, keys: Sequence[str]) -> Floats:
    """Scores of the units for which all parts are known."""
    whole = scores[:, ~np.isnan(scores).any(axis=0)]
    if whole.shape[1] < 3:
        raise RecipeError(f"weights from data need 3 units for which {', '.join(keys)} are all known")
    return whole


def _turned(loadings: Floats) -> Floats:
    return loadings if loadings.sum() >= 0 else -loadings


def _refuse(loadings: Floats, keys: Sequence[str]) -> None:
    negative = [f"{key} ({loading:.2f})" for key, loading in zip(keys, loadings, strict=True) if loading < -_STILL]
    if negative:
        raise RecipeError(
            f"principal components load negatively on {', '.join(negative)}: these pull against the rest, so such"
            " weights have no meaning here; give weights, or take the indicators out of the group"
        )
