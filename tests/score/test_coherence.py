"""Coherence: small groups by hand, and independent libraries where nothing is missing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from riskmap.score.coherence import coherence, group_coherence, indicator_coherence
from riskmap.score.index import score_cube

NAN = float("nan")


def test_two_parts_by_hand() -> None:
    """1 2 3 and 2 2 5: covariance 1.5, variances 1 and 3, so alpha = 2 (1 - 4/7) and r = 1.5/√3."""
    found = coherence({"p": np.array([1, 2, 3.0]), "q": np.array([2, 2, 5.0])})
    assert found.alpha == pytest.approx(6 / 7)
    assert found.mean_correlation == pytest.approx(1.5 / 3**0.5)
    assert found.explained.tolist() == pytest.approx([(1 + 1.5 / 3**0.5) / 2, (1 - 1.5 / 3**0.5) / 2])
    assert found.loadings.tolist() == pytest.approx([found.explained[0] ** 0.5] * 2)
    assert found.collinear() == []


def test_each_pair_is_told_over_the_places_it_shares() -> None:
    """p and q share the first three places, where they are 1 2 3 and 2 2 5 as above."""
    found = coherence({"p": np.array([1, 2, 3, 9, NAN]), "q": np.array([2, 2, 5, NAN, 1])})
    assert found.correlations[0, 1] == pytest.approx(1.5 / 3**0.5)
    whole = np.cov([1, 2, 3, 9]).item() + np.cov([2, 2, 5, 1]).item()
    assert found.alpha == pytest.approx(2 * (1 - whole / (whole + 2 * 1.5)))


def test_parts_that_do_not_vary_are_named_and_left_out() -> None:
    found = coherence({"p": np.array([1, 2, 3.0]), "same": np.array([4, 4, 4.0]), "gone": np.full(3, NAN)})
    assert found.members == ("p",)
    assert found.constant == ("same", "gone")
    assert np.isnan(found.alpha)
    assert np.isnan(found.mean_correlation)
    assert found.explained.tolist() == [1]
    assert coherence({"same": np.ones(3)}).explained.tolist() == []


def test_two_parts_known_at_different_places_cannot_be_told() -> None:
    found = coherence({"p": np.array([1, 2, NAN, NAN, 3]), "q": np.array([NAN, NAN, 1, 2, 4])})
    assert np.isnan(found.correlations[0, 1])
    assert np.isnan(found.alpha)
    assert found.explained.tolist() == []
    assert found.loadings.tolist() == []


def test_a_part_that_does_not_vary_where_the_other_is_known_cannot_be_told() -> None:
    found = coherence({"p": np.array([1.1, 1.1, 1.1, 7]), "q": np.array([1, 2, 3, NAN])})
    assert np.isnan(found.correlations[0, 1])


def test_parts_that_pull_against_one_another_have_no_alpha() -> None:
    found = coherence({"p": np.array([1, 2, 3.0]), "q": np.array([3, 2, 1.0])})
    assert np.isnan(found.alpha)
    assert found.correlations[0, 1] == -1


def test_twins_are_flagged_the_closest_first() -> None:
    p = np.arange(20.0)
    found = coherence({"p": p, "noisy": p + np.tile([3.0, -3], 10), "minus": -p})
    pairs = [(pair.first, pair.second) for pair in found.collinear(above=0.8)]
    assert pairs[0] == ("p", "minus")
    assert len(pairs) == 3
    assert [(pair.first, pair.second) for pair in found.collinear()] == [("p", "minus")]


def test_groups_are_those_of_the_recipe(small, cube) -> None:
    world = {"t:x": [[1, 2, 3]], "t:y": [[90, 80, 50]], "t:z": [[1, 1, 3]], "t:w": [[0.2, 0.2, 0.2]]}
    score = score_cube(cube(world), small, 1)
    found = group_coherence(score, small)
    assert list(found) == ["a1", "a2", "b1", "a", "b", "index"]
    assert found["a1"].members == ("x", "y")
    assert found["a1"].correlations[0, 1] > 0.9
    assert found["b1"].constant == ("w",)
    assert found["index"].members == ("a",)
    assert indicator_coherence(score, small).members == ("x", "y", "z")


@given(values=arrays(float, (4, 12), elements=st.integers(0, 30).map(float)))
def test_other_libraries_find_the_same_where_all_is_known(values) -> None:
    found = coherence({str(row): part for row, part in enumerate(values)})
    kept = values[[int(key) for key in found.members]]
    if len(kept) > 1:
        np.testing.assert_allclose(found.correlations, np.corrcoef(kept), atol=1e-9)
        standard = (kept - kept.mean(axis=1, keepdims=True)) / kept.std(axis=1, keepdims=True)
        np.testing.assert_allclose(found.explained, PCA().fit(standard.T).explained_variance_ratio_, atol=1e-9)
        whole = kept.sum(axis=0).var(ddof=1)
        if whole > 1e-9:
            k = len(kept)
            assert found.alpha == pytest.approx(k / (k - 1) * (1 - kept.var(axis=1, ddof=1).sum() / whole))


@given(values=arrays(float, (3, 10), elements=st.one_of(st.just(NAN), st.integers(0, 30).map(float))))
def test_pandas_finds_the_same_pair_by_pair(values) -> None:
    found = coherence({str(row): part for row, part in enumerate(values)})
    kept = [int(key) for key in found.members]
    if len(kept) > 1:
        with np.errstate(all="ignore"):
            theirs = pd.DataFrame(values[kept].T).corr(min_periods=3).to_numpy(copy=True)
        np.fill_diagonal(theirs, 1)
        np.testing.assert_allclose(found.correlations, theirs, atol=1e-6)
