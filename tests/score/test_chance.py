"""Chance: numbers that hang on seed and name alone, and are what they say they are."""

import numpy as np
import pytest
from scipy import stats

from riskmap.score import chance
from riskmap.score.chance import LEVELS, MIDDLES, NORMAL, key_of, uniforms

SPLITMIX = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821)
"""What SplitMix64 gives from the seed 1234567, as its other implementations are tested against."""


def test_the_same_name_gives_the_same_numbers_and_fewer_are_the_first_of_more() -> None:
    np.testing.assert_array_equal(uniforms(1, "weight:a", 50), uniforms(1, "weight:a", 80)[:50])


def test_they_are_the_highest_bits_of_splitmix64(monkeypatch) -> None:
    monkeypatch.setattr(chance, "key_of", lambda seed, name: np.uint64(1234567))
    assert uniforms(1, "any", 5).tolist() == [(word >> 11) / 2**53 for word in SPLITMIX]


def test_a_key_is_the_same_on_every_machine() -> None:
    """The first eight bytes of the sha256 of `1/weight:a`, the lowest first: b8 38 75 ca 7e c0 67 4b."""
    assert key_of(1, "weight:a") == 0x4B67C07ECA7538B8


@pytest.mark.parametrize(("seed", "name"), [(2, "weight:a"), (1, "weight:b")])
def test_another_seed_or_name_gives_others(seed, name) -> None:
    assert key_of(seed, name) != key_of(1, "weight:a")
    assert abs(np.corrcoef(uniforms(seed, name, 4000), uniforms(1, "weight:a", 4000))[0, 1]) < 0.05


def test_they_are_uniform() -> None:
    assert stats.kstest(uniforms(7, "any", 20_000), "uniform").pvalue > 0.01


def test_bytes_stand_for_a_standard_normal_distribution() -> None:
    assert len(NORMAL) == LEVELS == 256
    assert (MIDDLES[0], MIDDLES[-1]) == (1 / 512, 511 / 512)
    assert NORMAL.mean() == pytest.approx(0, abs=1e-12)
    assert NORMAL.std() == pytest.approx(1)
    assert np.quantile(NORMAL, [0.05, 0.95]) == pytest.approx(stats.norm.ppf([0.05, 0.95]), abs=0.02)
