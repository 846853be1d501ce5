"""Weights from data: against scikit-learn, by hand, and refused where they would have no meaning."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from riskmap.errors import RecipeError
from riskmap.score.weights import balanced_weights, entropy_weights, factor_weights, pca_weights, varimax

KEYS = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def alike() -> np.ndarray:
    """Four parts that share one thing, each with noise of its own; the last unit misses one."""
    rng = np.random.default_rng(3)
    shared = rng.normal(size=200)
    scores = np.stack([shared + rng.normal(size=200) * noise for noise in (0.3, 0.6, 0.9, 1.5)])
    scores[2, -1] = np.nan
    return scores


def test_loadings_of_the_first_component_are_those_of_scikit_learn(alike) -> None:
    whole = StandardScaler().fit_transform(alike[:, :-1].T)
    loadings = np.abs(PCA(1).fit(whole).components_[0])
    np.testing.assert_allclose(pca_weights(alike, KEYS), loadings / loadings.sum(), rtol=1e-9)


def test_neither_units_of_measure_nor_the_order_of_units_matter(alike) -> None:
    weights = pca_weights(alike, KEYS)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(pca_weights(alike * [[2], [3], [5], [7]] + 1, KEYS), weights)
    np.testing.assert_allclose(pca_weights(alike[:, ::-1], KEYS), weights)
    np.testing.assert_allclose(pca_weights(alike[[2, 0, 1, 3]], KEYS), weights[[2, 0, 1, 3]])


def test_two_parts_weigh_the_same() -> None:
    np.testing.assert_allclose(pca_weights(np.array([[1.0, 2, 4], [2, 3, 9]]), "ab"), [0.5, 0.5])


@pytest.mark.parametrize("weigh", [pca_weights, factor_weights])
def test_parts_that_pull_against_the_rest_are_refused_by_name(alike, weigh) -> None:
    alike = alike * [[1], [1], [1], [-1]]
    with pytest.raises(RecipeError, match=r"load negatively on d \(-0\.\d\d\): these pull against the rest"):
        weigh(alike, KEYS)


def test_what_cannot_be_weighed_is_told() -> None:
    with pytest.raises(RecipeError, match="parts that differ between units: b"):
        pca_weights(np.array([[1.0, 2, 4], [2, 2, 2]]), "ab")
    with pytest.raises(RecipeError, match="need 3 units for which a, b are all known"):
        pca_weights(np.array([[1.0, 2, np.nan], [2, 2, 2]]), "ab")


def test_factors_weigh_by_what_they_explain() -> None:
    """Two pairs that share nothing: two factors, on which each pair loads; the tighter pair explains a little more."""
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=(2, 4000))
    scores = np.stack([one, one + rng.normal(size=4000) * 0.2, other, other + rng.normal(size=4000) * 1.0])
    weights = factor_weights(scores, KEYS)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights[[0, 2]], weights[[1, 3]], rtol=0.02)
    assert weights[0] > weights[2]
    np.testing.assert_allclose(factor_weights(scores[[2, 3, 0, 1]], KEYS), weights[[2, 3, 0, 1]], rtol=1e-6)


def test_one_factor_is_squared_loadings(alike) -> None:
    squared = pca_weights(alike, KEYS) ** 2
    np.testing.assert_allclose(factor_weights(alike, KEYS), squared / squared.sum(), rtol=1e-9)


def test_varimax_turns_back_what_was_turned() -> None:
    """A simple structure turned by 30 degrees; the sums of squares of the rows stay as they are."""
    simple = np.array([[0.9, 0], [0.8, 0], [0, 0.7], [0, 0.9]])
    angle = np.pi / 6
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = varimax(simple @ turn)
    np.testing.assert_allclose(np.sort(np.abs(found), axis=1), np.sort(simple, axis=1), atol=1e-6)
    np.testing.assert_allclose((found**2).sum(axis=1), (simple**2).sum(axis=1))


def test_entropy_by_hand() -> None:
    """Shares 1/2, 1/2, 0 have entropy ln 2 of ln 3; equal shares say nothing; one unit with all says everything."""
    scores = np.array([[1.0, 1, 0, np.nan], [5, 5, 5, 5], [7, 0, 0, 2]])
    uneven = np.array([1 - np.log(2) / np.log(3), 0, 1])
    np.testing.assert_allclose(entropy_weights(scores, "abc"), uneven / uneven.sum(), atol=1e-15)


def test_entropy_needs_amounts() -> None:
    with pytest.raises(RecipeError, match="not only 0: b, c"):
        entropy_weights(np.array([[1.0, 2, 3], [0, 0, 0], [-1, 2, 3]]), "abc")
    with pytest.raises(RecipeError, match="a, b are spread evenly"):
        entropy_weights(np.array([[1.0, 1, 1], [2, 2, 2]]), "ab")


def correlations(scores, whole) -> np.ndarray:
    return np.array([np.corrcoef(row, whole)[0, 1] for row in scores])


@pytest.fixture(scope="module")
def near() -> np.ndarray:
    """Four parts that share one thing, with noise of much the same size."""
    rng = np.random.default_rng(7)
    return rng.normal(size=300) + rng.normal(size=(4, 300)) * [[0.8], [0.9], [1.0], [1.1]]


def test_weights_that_give_all_parts_the_same_influence(near) -> None:
    found = balanced_weights(near, lambda shares: shares @ near)
    reached = correlations(near, found.weights @ near)
    np.testing.assert_allclose(reached, reached.mean(), rtol=1e-6)
    np.testing.assert_allclose(found.reached, found.wanted, rtol=1e-6)
    assert found.weights[3] > found.weights[0] > 0
    assert found.weights.sum() == pytest.approx(1)


def test_weights_for_wanted_influences(near) -> None:
    found = balanced_weights(near, lambda shares: shares @ near, (1.1, 1, 1, 0.9))
    reached = correlations(near, found.weights @ near)
    np.testing.assert_allclose(reached / reached.sum(), np.array([1.1, 1, 1, 0.9]) / 4, atol=1e-6)


def test_where_no_weights_do_so_they_come_as_near_as_they_can(alike) -> None:
    """The first part follows the rest so closely that even without weight it has more influence than the last."""
    found = balanced_weights(alike, lambda shares: shares @ np.nan_to_num(alike))
    plain = correlations(alike[:, :-1], alike[:, :-1].sum(axis=0))
    assert found.weights[0] < 0.001
    assert np.sum((found.reached - 0.25) ** 2) < np.sum((plain / plain.sum() - 0.25) ** 2)
