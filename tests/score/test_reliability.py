"""Reliability: a few cells by hand, then the law that knowing less, later or more coarsely never makes it better."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.model.cube import Support
from riskmap.model.score import Status
from riskmap.score.index import score_cube
from riskmap.score.reliability import EDGES, FULL_AGE_DAYS, GRADES, agreement, high_intensity, reliability

KEYS = ("x", "y", "z", "w")
WEIGHTS = {"x": 0.15, "y": 0.15, "z": 0.2, "w": 0.5}


def world(measure, cube, places):
    """Cells of one period; a place says (value, coverage, support, age) of each indicator, or None."""
    found = {}
    for key in KEYS:
        told = [place[key] if place[key] is not None else (None, 0, 9, 0) for place in places]
        values, covered, support, age = zip(*told, strict=True)
        found[f"t:{key}"] = measure(f"t:{key}", [list(values)], [list(covered)], [list(support)], [list(age)])
    return cube(found)


FRESH = (1.0, 1.0, Support.CELL, 0.0)


def relied(measure, cube, recipe, *places, **more):
    return reliability(score_cube(world(measure, cube, places), recipe, 1), recipe, **more)


def test_all_known_fresh_and_here_is_ten(measure, cube, small) -> None:
    found = relied(measure, cube, small, dict.fromkeys(KEYS, FRESH))
    assert found.value[0, 0] == pytest.approx(10)
    assert GRADES[found.grade[0, 0]] == "A"
    assert (found.missing[0, 0], found.age_years[0, 0], found.national[0, 0]) == pytest.approx((0, 0, 0))


@pytest.mark.parametrize(
    ("w", "expected", "grade"),
    [
        ((1.0, 1.0, Support.COUNTRY, 0.0), 10 - 10 * 0.5 * 0.2, "A"),
        ((1.0, 1.0, Support.ADM1, 0.0), 10 - 10 * 0.5 * 0.1, "A"),
        ((1.0, 1.0, Support.CELL, FULL_AGE_DAYS / 2), 10 - 10 * 0.5 * 0.15, "A"),
        ((1.0, 1.0, Support.CELL, 3 * FULL_AGE_DAYS), 10 - 10 * 0.5 * 0.3, "A"),
        ((1.0, 1.0, Support.COUNTRY, FULL_AGE_DAYS), 10 - 10 * 0.5 * 0.5, "B"),
        ((1.0, 0.6, Support.COUNTRY, FULL_AGE_DAYS), 10 - 10 * 0.5 * (1 - 0.6 * 0.5), "B"),
    ],
)
def test_one_indicator_of_half_the_weight(measure, cube, small, w, expected, grade) -> None:
    found = relied(measure, cube, small, dict.fromkeys(KEYS, FRESH) | {"w": w})
    assert found.value[0, 0] == pytest.approx(expected, rel=1e-6)
    assert GRADES[found.grade[0, 0]] == grade


def test_missing_weight_is_lost_whole_and_said(measure, cube, small) -> None:
    """x and z missing: 0.35 of the weight; the rest is two years old and national."""
    old = (1.0, 1.0, Support.COUNTRY, 730.5)
    found = relied(measure, cube, small, {"x": None, "y": old, "z": None, "w": old})
    assert found.missing[0, 0] == pytest.approx(0.35)
    assert found.age_years[0, 0] == pytest.approx(2)
    assert found.national[0, 0] == pytest.approx(0.65)
    assert found.value[0, 0] == pytest.approx(10 * 0.65 * (1 - 0.3 * 0.4 - 0.2))
    assert GRADES[found.grade[0, 0]] == "C"


def test_where_there_is_no_score_there_is_no_grade(measure, cube, small) -> None:
    found = relied(measure, cube, small, {"x": FRESH, "y": FRESH, "z": FRESH, "w": None}, dict.fromkeys(KEYS))
    assert found.grade.tolist() == [[-1, -1]]
    assert found.value[0].tolist() == pytest.approx([5, 0])
    assert np.isnan(found.age_years[0, 1])


def test_an_indicator_that_nothing_feeds_is_missing(small, cube) -> None:
    score = score_cube(cube({"t:x": [[1.0]], "t:z": [[1.0]], "t:w": [[1.0]]}), small, 1)
    found = reliability(score, small)
    assert found.missing[0, 0] == pytest.approx(0.15)
    assert found.value[0, 0] == pytest.approx(8.5)


def test_an_age_that_nobody_knows_counts_as_old(measure, cube, small) -> None:
    score = score_cube(world(measure, cube, [dict.fromkeys(KEYS, FRESH)]), small, 1)
    ageless = replace(score.indicators["w"], age_days=np.full((1, 1), np.nan, np.float32))
    found = reliability(replace(score, indicators=score.indicators | {"w": ageless}), small)
    assert found.value[0, 0] == pytest.approx(10 - 10 * 0.5 * 0.3)


def test_in_conflict_of_high_intensity_it_is_lower_by_three_tenths_and_never_below_nothing(
    measure, cube, small
) -> None:
    half = {"x": None, "y": FRESH, "z": FRESH, "w": FRESH}
    places = [half, half, dict.fromkeys(KEYS)]
    found = relied(measure, cube, small, *places, conflict=np.array([[True, False, True]]))
    assert found.value[0].tolist() == pytest.approx([10 - 1.3 * 1.5, 8.5, 0])


def test_high_intensity_is_the_highest_class_of_a_component(small, cube, one) -> None:
    score = score_cube(cube({"t:w": [[0.49, 0.5, 1, None]], "t:x": [[5, 5, 5, 5]]}), small, 1)
    assert high_intensity(score, small, "b1").tolist() == [[False, True, True, False]]
    assert not high_intensity(score, small, "no_such").any()
    single = one('goalposts = [0, 10]\nfeeds = [{ measure = "t:x" }]')
    assert not high_intensity(score_cube(cube({"t:x": [[10]]}), single, 1), single, "a1").any()


def test_feeds_agree_by_how_far_they_lie_apart() -> None:
    readings = np.array([[0, 4, 3, np.nan], [10, 6, np.nan, np.nan], [5, 4, np.nan, np.nan]], dtype=float)
    np.testing.assert_allclose(agreement(readings), [0, 0.8, np.nan, np.nan])


def test_feeds_that_contradict_one_another_halve_what_an_indicator_is_worth(measure, cube, small) -> None:
    places = [dict.fromkeys(KEYS, FRESH)] * 3
    found = relied(measure, cube, small, *places, agreed={"w": np.array([[0.0, 1.0, np.nan]])})
    assert found.value[0].tolist() == pytest.approx([7.5, 10, 10])


def test_grades_fall_with_their_edges(small, measure, cube) -> None:
    """All there but old and national is C; with less of it, D."""
    assert sorted(EDGES, reverse=True) == list(EDGES)
    assert len(GRADES) == len(EDGES) + 1
    nearly = dict.fromkeys(KEYS, (1.0, 1.0, Support.COUNTRY, FULL_AGE_DAYS))
    found = relied(measure, cube, small, nearly, nearly | {"x": None}, nearly | {"x": None, "y": None})
    assert [GRADES[grade] for grade in found.grade[0]] == ["C", "C", "D"]


place = st.one_of(
    st.none(),
    st.tuples(
        st.floats(0, 1),
        st.floats(0.5, 1),
        st.sampled_from([one for one in Support if one != Support.NONE]),
        st.floats(0, 4000),
    ),
)
places = st.fixed_dictionaries(dict.fromkeys(KEYS, place))


@given(before=places, which=st.sampled_from(KEYS), conflict=st.booleans())
def test_missing_more_never_makes_it_better(measure, cube, small, before, which, conflict) -> None:
    found = relied(measure, cube, small, before, before | {which: None}, conflict=np.full((1, 2), conflict))
    assert found.value[0, 1] <= found.value[0, 0] + 1e-9
    assert found.grade[0, 1] == -1 or found.grade[0, 1] >= found.grade[0, 0] >= 0


@given(before=places, which=st.sampled_from(KEYS), share=st.floats(0.5, 1))
def test_seeing_less_of_a_cell_never_makes_it_better(measure, cube, small, before, which, share) -> None:
    if before[which] is not None:
        value, covered, *rest = before[which]
        found = relied(measure, cube, small, before, before | {which: (value, min(covered, share), *rest)})
        assert found.value[0, 1] <= found.value[0, 0] + 1e-9


@given(before=places, which=st.sampled_from(KEYS), days=st.floats(0, 4000))
def test_older_never_makes_it_better(measure, cube, small, before, which, days) -> None:
    if before[which] is not None:
        *rest, age = before[which]
        found = relied(measure, cube, small, before, before | {which: (*rest, age + days)})
        assert found.value[0, 1] <= found.value[0, 0] + 1e-9


@given(before=places, which=st.sampled_from(KEYS), coarser=st.sampled_from(sorted(set(Support) - {Support.NONE})))
def test_coarser_never_makes_it_better(measure, cube, small, before, which, coarser) -> None:
    if before[which] is not None:
        value, covered, support, age = before[which]
        found = relied(measure, cube, small, before, before | {which: (value, covered, max(support, coarser), age)})
        assert found.value[0, 1] <= found.value[0, 0] + 1e-9


@given(before=places)
def test_it_stays_on_the_scale_and_only_scores_are_graded(measure, cube, small, before) -> None:
    score = score_cube(world(measure, cube, [before]), small, 1)
    found = reliability(score, small)
    assert 0 <= found.value[0, 0] <= 10
    assert (found.grade[0, 0] == -1) == (score.status[0, 0] == Status.INSUFFICIENT)
