"""Ranking: three units by hand, then its laws."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from riskmap.grid import abreast
from riskmap.score.ranking import ranking
from riskmap.score.scaling import ranks

NAN = math.nan
CALM = settings(deadline=None)
DRAWS = hnp.arrays(np.float64, st.tuples(st.just(25), st.integers(1, 8)), elements=st.integers(0, 6))


def test_three_units_by_hand() -> None:
    """The first is the worst in every draw; the others change places; the fourth has no score."""
    draws = np.array([[9.0, 1.0, 2.0, NAN], [9.0, 2.0, 1.0, NAN]] * 20)
    found = ranking(draws, 2)
    np.testing.assert_array_equal(found.low, [1, 2, 2, NAN])
    np.testing.assert_array_equal(found.high, [1, 3, 3, NAN])
    np.testing.assert_array_equal(found.top, [1, 0.5, 0.5, NAN])
    assert found.group.tolist() == [0, 1, 1, -1]


def test_equal_scores_share_the_smallest_of_their_places() -> None:
    found = ranking(np.array([[5.0, 5.0, 1.0]] * 20), 1)
    assert found.low.tolist() == found.high.tolist() == [1, 1, 3]
    assert found.top.tolist() == [1, 1, 0]


def test_units_whose_places_all_overlap_are_one_group() -> None:
    """Places 1 to 2, 1 to 3 and 2 to 3 all hold the 2nd; the last unit is 4th in every draw."""
    found = ranking(np.array([[3.0, 2.0, 1.0, 0.0], [2.0, 3.0, 1.0, 0.0], [3.0, 1.0, 2.0, 0.0]] * 20), 1)
    np.testing.assert_array_equal(found.low, [1, 1, 2, 4])
    np.testing.assert_array_equal(found.high, [2, 3, 3, 4])
    assert found.group.tolist() == [0, 0, 0, 1]


def test_without_scores_there_are_no_places() -> None:
    found = ranking(np.full((20, 2), NAN), 1)
    assert np.isnan(found.low).all()
    assert found.group.tolist() == [-1, -1]


def test_one_rare_draw_moves_no_place() -> None:
    draws = np.array([[9.0, 1.0]] * 99 + [[1.0, 9.0]])
    found = ranking(draws, 1)
    assert found.high.tolist() == [1, 2]
    assert found.top.tolist() == [0.99, 0.01]


@CALM
@given(draws=DRAWS)
def test_places_are_those_of_every_draw(draws) -> None:
    """Whole places, outwards of their quantiles; and shares of draws against a loop."""
    places = np.stack([ranks(row) for row in draws])
    found = ranking(draws, 3)
    np.testing.assert_allclose(found.top, (places <= 3).mean(axis=0))
    low, high = (np.quantile(places, share, axis=0, method="weibull") for share in (0.05, 0.95))
    np.testing.assert_array_equal(found.low, np.floor(low + 1e-6))
    np.testing.assert_array_equal(found.high, np.ceil(high - 1e-6))


@CALM
@given(draws=DRAWS)
def test_any_two_of_a_group_overlap(draws) -> None:
    found = ranking(draws, 1)
    for group in range(found.group.max() + 1):
        inside = found.group == group
        assert inside.any()
        assert found.low[inside].max() <= found.high[inside].min()


@CALM
@given(draws=DRAWS, random=st.randoms())
def test_the_order_of_the_units_does_not_matter(draws, random) -> None:
    order = list(range(draws.shape[1]))
    random.shuffle(order)
    found, again = ranking(draws, 2), ranking(draws[:, order], 2)
    for name in ("low", "high", "top", "group"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name)[order])


def test_threads_do_not_matter(monkeypatch) -> None:
    draws = np.random.default_rng(4).integers(0, 50, (40, 200)).astype(float)
    found = ranking(draws, 20)
    monkeypatch.setattr(abreast, "THREADS", 1)
    np.testing.assert_array_equal(ranking(draws, 20).low, found.low)
