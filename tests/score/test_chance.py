"""Chance: numbers that hang on seed and name alone, and are what they say they are."""

import numpy as np
import pytest
from scipy import stats

from riskmap.score.chance import LEVELS, NORMAL, key_of, uniforms


def test_the_same_name_gives_the_same_numbers_and_fewer_are_the_first_of_more() -> None:
    np.testing.assert_array_equal(uniforms(1, "weight:a", 50), uniforms(1, "weight:a", 80)[:50])


@pytest.mark.parametrize(("seed", "name"), [(2, "weight:a"), (1, "weight:b")])
def test_another_seed_or_name_gives_others(seed, name) -> None:
    assert key_of(seed, name) != key_of(1, "weight:a")
    assert abs(np.corrcoef(uniforms(seed, name, 4000), uniforms(1, "weight:a", 4000))[0, 1]) < 0.05


def test_they_are_uniform() -> None:
    assert stats.kstest(uniforms(7, "any", 20_000), "uniform").pvalue > 0.01


def test_bytes_stand_for_a_standard_normal_distribution() -> None:
    assert len(NORMAL) == LEVELS
    assert NORMAL.mean() == pytest.approx(0, abs=1e-12)
    assert NORMAL.std() == pytest.approx(1)
    assert np.quantile(NORMAL, [0.05, 0.95]) == pytest.approx(stats.norm.ppf([0.05, 0.95]), abs=0.02)
