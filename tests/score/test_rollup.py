"""Rolling up: by hand on two units, and its laws against loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from riskmap.score.rollup import QUANTILE, Rollup, Scores, rollup

NAN = math.nan
CALM = settings(deadline=None)
FIELDS = list(Rollup.__dataclass_fields__)


def classed(value):
    """Five classes, two points each; -1 where there is no score."""
    return np.where(np.isnan(value), -1, np.nan_to_num(value) // 2).astype(np.int8)


def told(value, people, units, high=3) -> Rollup:
    value, people = np.atleast_2d(np.array(value, float)), np.atleast_2d(np.array(people, float))
    return rollup(Scores(value, classed(value), people), sparse.csr_matrix(np.array(units, float)), high)


def test_two_units_by_hand() -> None:
    """A border cell belongs to both by halves; one cell has no score, of one nobody knows who lives there."""
    value = [1.0, 7.0, 9.0, NAN, 5.0]
    people = [80.0, 10.0, 20.0, 100.0, NAN]
    found = told(value, people, [[1, 1, 0.5, 0, 0], [0, 0, 0.5, 1, 1]])
    assert found.people.tolist() == [[100.0, 110.0]]
    assert found.mean == pytest.approx(np.array([[(80 + 70 + 90) / 100, 9.0]]))
    assert found.upper.tolist() == [[7.0, 9.0]]
    assert found.high_share == pytest.approx(np.array([[0.2, 10 / 110]]))
    assert found.unknown_share == pytest.approx(np.array([[0.0, 100 / 110]]))
    assert found.uncounted_share == pytest.approx(np.array([[0.0, 1 / 2.5]]))


def test_a_mean_is_by_people_and_not_by_cells() -> None:
    """Ninety-nine empty cells at peace do not hide a town at war."""
    found = told([9.0] + [1.0] * 99, [1_000.0] + [1.0] * 99, np.ones((1, 100)))
    assert found.mean[0, 0] == pytest.approx((9_000 + 99) / 1_099)
    assert found.upper[0, 0] == 9.0


def test_nobody_is_not_nothing() -> None:
    """A unit without people has no mean of them, one without scores no score; a unit without cells has neither."""
    found = told([1.0, NAN], [0.0, 7.0], [[1, 0], [0, 1], [0, 0]])
    assert np.isnan(found.people[0]).tolist() == [True, False, True]
    assert np.isnan(found.mean).all()
    assert np.isnan(found.upper).all()
    assert found.high_share[0, 1] == 0
    assert found.unknown_share[0, 1] == 1
    assert np.isnan(found.unknown_share[0]).tolist() == [True, False, True]
    assert np.isnan(found.uncounted_share[0]).tolist() == [False, False, True]


def test_nine_of_ten_equal_cells_are_nine_tenths() -> None:
    """The quantile is reached, not passed, by the cell that makes it whole."""
    for people in (1.0, 0.1, 1 / 3, 1e9):
        assert told(np.arange(10.0), np.full(10, people), np.ones((1, 10))).upper[0, 0] == 8.0


CELLS = st.lists(
    st.tuples(
        st.just(NAN) | st.sampled_from([0.0, 4.0, 10.0]) | st.floats(0, 9.99),
        st.just(NAN) | st.just(0.0) | st.sampled_from([10.0, 70.0]) | st.floats(0, 1e7),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=20,
)


def split(cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    value, people, share = np.array(cells).T
    return value, people, np.stack([share, 1 - share])


@CALM
@given(cells=CELLS)
def test_every_field_is_that_of_a_loop(cells) -> None:
    value, people, units = split(cells)
    found = told(value, people, units)
    for unit, parts in enumerate(units):
        weight = np.nan_to_num(people) * parts
        known = ~np.isnan(value) & (weight > 0)
        if weight[known].sum() < 1:
            continue
        assert found.people[0, unit] == pytest.approx(weight.sum(), abs=1e-6)
        assert found.mean[0, unit] == pytest.approx(np.average(value[known], weights=weight[known]), abs=1e-6)
        assert found.unknown_share[0, unit] == pytest.approx(weight[np.isnan(value)].sum() / weight.sum(), abs=1e-6)
        high = weight[known & (classed(value) >= 3)].sum() / weight.sum()
        assert found.high_share[0, unit] == pytest.approx(high, abs=1e-6)
        below = weight[known & (value <= found.upper[0, unit])].sum() / weight[known].sum()
        under = weight[known & (value < found.upper[0, unit])].sum() / weight[known].sum()
        assert under - 1e-6 < QUANTILE < below + 1e-6


@CALM
@given(cells=CELLS)
def test_values_lie_within_those_of_cells_and_shares_within_one(cells) -> None:
    value, people, units = split(cells)
    found = told(value, people, units)
    for unit in range(2):
        mean, upper = found.mean[0, unit], found.upper[0, unit]
        assert math.isnan(mean) == math.isnan(upper)
        if not math.isnan(mean):
            assert np.nanmin(value) <= mean <= np.nanmax(value)
            assert upper in value
        if not math.isnan(found.people[0, unit]):
            assert 0 <= found.high_share[0, unit] <= 1
            assert found.high_share[0, unit] + found.unknown_share[0, unit] <= 1 + 1e-12


@CALM
@given(cells=CELLS, random=st.randoms())
def test_the_order_of_cells_changes_no_byte(cells, random) -> None:
    shuffled = list(cells)
    random.shuffle(shuffled)
    ours, again = (told(*split(one)) for one in (cells, shuffled))
    for field in FIELDS:
        assert getattr(ours, field).tobytes() == getattr(again, field).tobytes()


def test_periods_are_told_one_by_one() -> None:
    value, people = np.array([[1.0, 9.0], [NAN, 9.0]]), np.array([[1.0, 1.0], [3.0, 1.0]])
    found = told(value, people, [[1, 1]])
    assert found.mean[:, 0].tolist() == [5.0, 9.0]
    assert found.unknown_share[:, 0].tolist() == [0.0, 0.75]
    assert {getattr(found, field).shape for field in FIELDS} == {(2, 1)}
