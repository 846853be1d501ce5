"""Means, by hand and by law."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import RecipeError
from riskmap.score.aggregate import aggregate, half_up, observed_share

METHODS = ("arithmetic", "geometric", "harmonic", "power", "scaled_geometric", "maximum", "minimum")
scores = st.floats(0, 10)
weights = st.floats(0.01, 1)


@st.composite
def weighted(draw, nulls=True):
    """Two to five scores with weights; some unknown, at least one known."""
    n = draw(st.integers(2, 5))
    values = draw(st.lists(st.one_of(scores, st.just(np.nan)) if nulls else scores, min_size=n, max_size=n))
    values[draw(st.integers(0, n - 1))] = draw(scores)
    return np.array(values), np.array(draw(st.lists(weights, min_size=n, max_size=n)))


@pytest.mark.parametrize(
    ("method", "values", "share", "expected"),
    [
        ("arithmetic", [10, 0], [1, 1], 5.0),
        ("geometric", [10, 0], [1, 1], 0.0),
        ("scaled_geometric", [10, 0], [1, 1], (10 - 10**0.5) / 0.9),  # 7.60: a high part is not averaged away
        ("arithmetic", [2, 4, 9], [0.5, 0.25, 0.25], 4.25),
        ("geometric", [2, 8], [1, 1], 4.0),
        ("geometric", [1, 8], [2, 1], 2.0),
        ("scaled_geometric", [10, 10], [0.4, 0.6], 10.0),
        ("scaled_geometric", [0, 0], [0.4, 0.6], 0.0),
        ("arithmetic", [2, np.nan, 9], [0.5, 0.3, 0.5], 5.5),
        ("arithmetic", [2, 9], [1, 0], 2.0),
        ("geometric", [0, 4], [0, 1], 4.0),
        ("harmonic", [1, 2, 3], [2, 1, 1], 4 / (2 + 1 / 2 + 1 / 3)),
        ("harmonic", [0, 4], [1, 1], 0.0),
        ("maximum", [2, np.nan, 9, 10], [1, 1, 1, 0], 9.0),
        ("minimum", [2, np.nan, 9, 0], [1, 1, 1, 0], 2.0),
    ],
)
def test_means_by_hand(method, values, share, expected) -> None:
    assert aggregate(np.array(values, dtype=float), share, method) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [(1, 2.0), (2, (14 / 3) ** 0.5), (3, 12 ** (1 / 3)), (-1, 18 / 11), (0.5, ((1 + 2**0.5 + 3**0.5) / 3) ** 2)],
)
def test_power_means_by_hand(exponent, expected) -> None:
    assert aggregate(np.array([1.0, 2, 3]), [1, 1, 1], "power", exponent) == pytest.approx(expected, abs=1e-12)


def test_power_means_close_on_the_geometric_mean_and_on_the_extremes() -> None:
    values = np.array([1.0, 4, 9])
    assert aggregate(values, [1, 1, 1], "power", 1e-9) == pytest.approx(36 ** (1 / 3), abs=1e-6)
    assert aggregate(values, [1, 1, 1], "power", 300) == pytest.approx(9, abs=0.05)
    assert aggregate(values, [1, 1, 1], "power", -300) == pytest.approx(1, abs=0.01)
    assert aggregate(np.array([0.0, 4]), [1, 1], "power", -2) == 0


@pytest.mark.parametrize(
    ("method", "value", "message"),
    [
        ("geometric", -1.0, "a geometric mean takes values of 0 or more, not -1; normalise"),
        ("harmonic", -1.0, "a harmonic mean takes values of 0 or more"),
        ("power", -1.0, "a power mean takes values of 0 or more"),
        ("scaled_geometric", 55.0, "a scaled geometric mean takes values of 0 to 10, not 55"),
    ],
)
def test_a_value_for_which_a_mean_is_not_defined_is_refused(method, value, message) -> None:
    with pytest.raises(RecipeError, match=message):
        aggregate(np.array([[value, 1.0], [2.0, 3.0]]), [1, 1], method)


def test_what_has_no_weight_is_not_looked_at() -> None:
    assert aggregate(np.array([-1.0, 4]), [0, 1], "geometric") == 4
    assert np.isnan(aggregate(np.array([1.0, 4]), [0, 0], "geometric"))


@given(case=weighted(nulls=False))
def test_means_stand_in_their_order(case) -> None:
    values, share = case
    means = [
        aggregate(values, share, method) for method in ("minimum", "harmonic", "geometric", "arithmetic", "maximum")
    ]
    assert all(low <= high + 1e-9 for low, high in itertools.pairwise(means))


@given(case=weighted(), data=st.data())
def test_a_place_does_not_hang_on_what_its_neighbours_miss(case, data) -> None:
    """To the last bit: a place alone, and one beside a place where everything is missing."""
    values, share = case
    method = data.draw(st.sampled_from(METHODS))
    beside = np.stack([values, np.full(values.shape, np.nan)], axis=1)
    assert aggregate(beside, share, method)[0].tobytes() == aggregate(values[:, None], share, method)[0].tobytes()


def test_halves_are_rounded_up() -> None:
    values = np.array([0.05, 2.25, 2.35, 2.449999, 2.45, 10.0, np.nan])
    np.testing.assert_allclose(half_up(values, 1), [0.1, 2.3, 2.4, 2.4, 2.5, 10, np.nan], atol=1e-15)
    np.testing.assert_array_equal(half_up(np.array([0.5, 1.5, 2.4]), 0), [1, 2, 2])


@given(value=st.floats(0, 10), decimals=st.integers(0, 4))
def test_rounding_moves_nothing_by_more_than_half_a_digit_and_is_done_once(value, decimals) -> None:
    once = half_up(np.array([value]), decimals)
    assert abs(once[0] - value) <= 0.5 * 10**-decimals + 1e-9
    np.testing.assert_array_equal(half_up(once, decimals), once)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_known_gives_unknown(method) -> None:
    values = np.array([[np.nan, 1.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(aggregate(values, [1, 1], method), [np.nan, 1.0])


@pytest.mark.parametrize("method", METHODS)
def test_every_place_is_averaged_on_its_own(method) -> None:
    values = np.random.default_rng(1).uniform(0, 10, (3, 4, 5))
    whole = aggregate(values, [0.2, 0.3, 0.5], method)
    assert whole.shape == (4, 5)
    np.testing.assert_allclose(whole[2, 3], aggregate(values[:, 2, 3], [0.2, 0.3, 0.5], method))


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted())
def test_a_mean_lies_between_what_it_is_made_of(method, case) -> None:
    values, share = case
    mean = aggregate(values, share, method)
    assert np.nanmin(values) <= mean <= np.nanmax(values)


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted(), where=st.integers(0, 4), more=scores)
def test_a_mean_never_falls_where_a_part_rises(method, case, where, more) -> None:
    values, share = case
    raised = values.copy()
    raised[where % len(values)] = np.minimum(raised[where % len(values)] + more, 10)
    assert aggregate(raised, share, method) >= aggregate(values, share, method) - 1e-12


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted(), data=st.data())
def test_the_order_of_parts_does_not_matter(method, case, data) -> None:
    values, share = case
    order = np.array(data.draw(st.permutations(range(len(values)))))
    assert aggregate(values[order], share[order], method) == pytest.approx(aggregate(values, share, method), abs=1e-11)


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted(), factor=st.sampled_from([0.1, 3.0, 100.0]))
def test_only_the_proportion_of_weights_matters(method, case, factor) -> None:
    values, share = case
    assert aggregate(values, share * factor, method) == pytest.approx(aggregate(values, share, method), abs=1e-11)


@given(case=weighted(nulls=False))
def test_the_scaled_geometric_mean_is_the_sternest(case) -> None:
    values, share = case
    plain, stern = aggregate(values, share, "arithmetic"), aggregate(values, share, "scaled_geometric")
    assert aggregate(values, share, "geometric") - 1e-12 <= plain <= stern + 1e-12


def test_observed_share() -> None:
    known = np.array([[True, False], [True, True]])
    np.testing.assert_allclose(observed_share(known, [3, 1]), [1, 0.25])


def test_weights_may_be_fractions() -> None:
    thirds = [Fraction(1, 3), Fraction(2, 3)]
    mean = aggregate(np.array([3.0, 6.0]), thirds, "arithmetic")
    assert (mean.dtype, float(mean)) == (np.float64, 5.0)
    assert observed_share(np.array([True, False]), thirds) == pytest.approx(1 / 3)


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, np.nan]])
def test_a_weight_too_many_is_refused(values) -> None:
    with pytest.raises(ValueError, match="is longer than argument"):
        aggregate(np.array(values), [1, 1, 1], "arithmetic")
    with pytest.raises(ValueError, match="shorter"):
        observed_share(~np.isnan(np.array(values)), [1, 1, 1])


def test_without_weights_there_is_nothing_in_the_shape_asked() -> None:
    nothing = aggregate(np.ones((2, 3, 4)), [0, 0], "arithmetic")
    assert nothing.shape == (3, 4)
    assert np.isnan(nothing).all()


def test_the_power_mean_is_the_arithmetic_one_where_no_exponent_is_given() -> None:
    assert aggregate(np.array([2.0, 4.0]), [1, 1], "power") == 3


def test_outranking_is_handed_values_and_weights() -> None:
    """Three units by two parts; the first part, twice as heavy, decides every pair: 2, 0 and -2 wins less losses."""
    values = np.array([[9.0, 5, 1], [1.0, 5, 9]])
    np.testing.assert_array_equal(aggregate(values, [2, 1], "copeland"), [2, 0, -2])
    found = aggregate(values, [2, 1], "outranking")
    np.testing.assert_allclose(found, [4 / 3, 1, 2 / 3])


def test_a_share_is_never_more_than_all_of_it() -> None:
    weights = [1.6, 1.9, 0.8]
    assert sum((np.array(weights) / sum(weights)).tolist()) > 1
    assert observed_share(np.ones(len(weights), bool), weights) == 1
