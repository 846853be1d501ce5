"""Scaling: every method by hand on five units, then what each of them promises."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from riskmap.score.scaling import Scale, ranks, scale

NAN = np.nan
X = np.array([2.0, 6, NAN, 10, 6])
samples = st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 2)), min_size=3, max_size=12).map(np.array)
METHODS = (
    "min_max",
    "goalposts",
    "z_score",
    "rank",
    "percentile_rank",
    "borda",
    "distance_to_maximum",
    "distance_to_target",
    "none",
)


@pytest.mark.parametrize(
    ("how", "direction", "expected"),
    [
        (Scale(), "+", [0, 50, NAN, 100, 50]),
        (Scale(), "-", [100, 50, NAN, 0, 50]),
        (Scale(ends=(1, 100)), "+", [1, 50.5, NAN, 100, 50.5]),
        (Scale("goalposts", (0, 10), (4, 8)), "+", [0, 5, NAN, 10, 5]),
        (Scale("goalposts", (0, 10), (4, 8)), "-", [10, 5, NAN, 0, 5]),
        (Scale("goalposts", (0, 10), (4, 8), cap=False), "+", [-5, 5, NAN, 15, 5]),
        (Scale("goalposts", (0, 7), (0, 10)), "+", [1.4, 4.2, NAN, 7, 4.2]),
        (Scale("rank"), "+", [1, 2, NAN, 4, 2]),
        (Scale("rank"), "-", [4, 2, NAN, 1, 2]),
        (Scale("percentile_rank"), "+", [0, 1 / 3, NAN, 1, 1 / 3]),
        (Scale("borda"), "+", [0, 1, NAN, 3, 1]),
        (Scale("distance_to_maximum"), "+", [0, 0.5, NAN, 1, 0.5]),
        (Scale("distance_to_maximum"), "-", [1, 0.5, NAN, 0, 0.5]),
        (Scale("distance_to_reference", reference=1, cap=False), "+", [0, 1, NAN, 2, 1]),
        (Scale("distance_to_reference", reference=1), "+", [0, 1, NAN, 1, 1]),
        (Scale("distance_to_target", target=18, cap=False), "+", [0, 0.25, NAN, 0.5, 0.25]),
        (Scale("distance_to_target", target=4), "+", [0, 1, NAN, 1, 1]),
        (Scale("distance_to_target", target=2), "-", [1, 0.5, NAN, 0, 0.5]),
        (Scale("fraction_of_maximum"), "+", [0.2, 0.6, NAN, 1, 0.6]),
        (Scale("none"), "+", X),
        (Scale("none"), "-", -X),
    ],
)
def test_by_hand(how, direction, expected) -> None:
    found = scale(X, how, direction)
    np.testing.assert_allclose(found.scores, expected, atol=1e-12)
    assert found.problem == ""


def test_z_scores_are_those_of_scipy() -> None:
    known = X[~np.isnan(X)]
    found = scale(X, Scale("z_score", mean=10, deviation=3)).scores
    np.testing.assert_allclose(found[~np.isnan(X)], stats.zscore(known, ddof=1) * 3 + 10)
    assert np.isnan(found[2])


@pytest.mark.parametrize(
    ("values", "how", "problem"),
    [
        ([NAN, NAN], Scale(), "no unit has a value"),
        ([3, 3, NAN], Scale(), "all known values are equal"),
        ([3, 3], Scale("z_score"), "all known values are equal"),
        ([3, NAN], Scale("z_score"), "all known values are equal"),
        ([3, 3], Scale("distance_to_maximum"), "all known values are equal"),
        ([3, NAN], Scale("percentile_rank"), "at least two values"),
        ([3, NAN], Scale("distance_to_reference", reference=1), "the reference unit has no value"),
        ([3, 3], Scale("distance_to_target", target=3), "the target is the smallest value"),
        ([0, 0], Scale("fraction_of_maximum"), "the largest value is 0"),
    ],
)
def test_where_there_is_no_range_there_is_no_score_and_a_reason(values, how, problem) -> None:
    found = scale(np.array(values, dtype=float), how)
    assert np.isnan(found.scores).all()
    assert problem in found.problem


def test_goalposts_have_a_range_even_where_values_have_none() -> None:
    assert scale(np.array([3.0, 3]), Scale("goalposts", (0, 10), (0, 6))).scores.tolist() == [5, 5]
    assert scale(np.array([3.0, 3]), Scale("rank")).scores.tolist() == [1, 1]


def test_ranks_of_an_index() -> None:
    values = np.array([2.0, 9, NAN, 9, 1])
    np.testing.assert_array_equal(ranks(values), [3, 1, NAN, 1, 4])
    np.testing.assert_array_equal(ranks(values, largest_first=False), [2, 3, NAN, 3, 1])


@pytest.mark.parametrize("method", METHODS)
@given(values=samples, direction=st.sampled_from("+-"))
def test_more_never_gives_less_in_its_direction(method, values, direction) -> None:
    assume(np.ptp(values) > 0.1)
    how = Scale(method, goalposts=(-10, 10), target=2e3 if direction == "+" else -2e3)
    scores = scale(values, how, direction).scores
    order = np.argsort(values, kind="stable")
    steps = np.diff(scores[order])
    assert (steps >= -1e-9).all() if direction == "+" else (steps <= 1e-9).all()


@pytest.mark.parametrize("method", ["min_max", "z_score", "rank", "percentile_rank", "borda", "distance_to_maximum"])
@given(values=samples, factor=st.floats(0.1, 100), shift=st.floats(-100, 100))
def test_against_one_another_units_have_no_unit(method, values, factor, shift) -> None:
    assume(np.unique(np.round(values, 1)).size == np.unique(values).size and np.ptp(values) > 1)
    plain, moved = scale(values, Scale(method)).scores, scale(values * factor + shift, Scale(method)).scores
    np.testing.assert_allclose(moved, plain, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@given(values=samples, data=st.data())
def test_the_order_of_units_does_not_matter_and_the_unknown_stay_so(method, values, data) -> None:
    assume(np.ptp(values) > 0.1)
    values = np.append(values, NAN)
    order = list(data.draw(st.permutations(range(len(values)))))
    found = scale(values, Scale(method, target=2e3)).scores
    np.testing.assert_allclose(scale(values[order], Scale(method, target=2e3)).scores, found[order], atol=1e-9)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(values))
