"""Main effects: known shares of variance, found again."""

import numpy as np
import pytest

from riskmap.score.influence import main_effect

RNG = np.random.default_rng(11)


def test_an_index_of_one_part_is_all_its_own() -> None:
    part = RNG.uniform(size=300)
    assert main_effect(part, 3 * part - 1) == pytest.approx(1, abs=1e-6)
    assert main_effect(part, np.sin(6 * part)) == pytest.approx(1, abs=1e-2)


def test_shares_of_a_sum_are_those_of_its_variance() -> None:
    """Of x + 2y, independent and of one variance, x holds 1/5 and y 4/5."""
    x, y = RNG.normal(size=(2, 3000))
    assert main_effect(x, x + 2 * y) == pytest.approx(0.2, abs=0.04)
    assert main_effect(y, x + 2 * y) == pytest.approx(0.8, abs=0.04)


def test_what_has_no_part_in_it_has_next_to_no_effect() -> None:
    x, y = RNG.normal(size=(2, 2000))
    assert 0 <= main_effect(x, y) < 0.02


def test_equal_values_and_gaps() -> None:
    part = np.repeat(np.arange(8.0), 20)
    index = part**2
    assert main_effect(np.append(part, [np.nan, 3]), np.append(index, [5, np.nan])) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("part", "index"), [([1, 2, 3, 4], [1, 2, 3, 4]), ([1, 1, 2, 2, 3], [1, 2, 3, 4, 5]), ([1, 2, 3, 4, 5], [7] * 5)]
)
def test_too_little_to_tell(part, index) -> None:
    assert np.isnan(main_effect(np.array(part, dtype=float), np.array(index, dtype=float)))
