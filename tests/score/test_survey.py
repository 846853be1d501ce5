"""Surveys: what one more value would be worth, in a world small enough to ask by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import QueryError
from riskmap.score.index import score_cube
from riskmap.score.survey import cell_surveys, surveys

TOPS = {"x": 10.0, "y": 100.0, "z": 4.0, "w": 1.0}
HERE = np.array([0, 0, 1, -1])


@pytest.fixture(scope="module")
def score(small, cube):
    """z is not known in cells 0 and 3, w not in cell 2, which so has no score."""
    world = {
        "t:x": [[4, 4, 6, 2]],
        "t:y": [[50, 50, 50, 50]],
        "t:z": [[None, 2, 4, None]],
        "t:w": [[0.5, 0.9, None, 0.2]],
    }
    return score_cube(cube(world), small, 1)


def by_place(found):
    return {(one.indicator, one.area): one for one in found}


def test_only_what_is_lacking_in_some_area_is_asked_for(score, small) -> None:
    found = by_place(surveys(score, small, HERE))
    assert set(found) == {("z", 0), ("w", 1)}
    assert found["z", 0].cells == found["w", 1].cells == 1


def test_a_value_that_gives_a_score_takes_the_scale_down_to_nothing(score, small) -> None:
    """Cell 2 then knows everything, so that nothing is left between low and high; it ranks among no others before."""
    asked = by_place(surveys(score, small, HERE))["w", 1]
    assert (asked.narrowed, asked.gained, asked.shifted) == (10, 1, 0)


def test_a_value_narrows_the_mean_of_its_area(score, small) -> None:
    """Cell 0 then knows everything; cell 1 of the same area did so before."""
    asked = by_place(surveys(score, small, HERE))["z", 0]
    assert asked.narrowed == pytest.approx((score.high - score.low)[0, 0] / 2)
    assert asked.gained == 0


def test_a_shift_is_the_mean_over_what_might_be_found(cube, one) -> None:
    """Of cells 1, 5, 9 the last is asked anew; 1.8, 3.4, 5, 6.6, 8.2 are the middles between them: it comes to stand
    second (two cells move one place) for 1.8 and 3.4, level with 5 once (half a place each), and stays first twice."""
    recipe = one('goalposts = [0, 10]\nfeeds = [{ measure = "t:x" }]')
    score = score_cube(cube({"t:x": [[1, 5, 9]]}), recipe, 1)
    score.indicators["x"].age_days[0, 2] = 800
    (asked,) = surveys(score, recipe, np.array([0, 0, 1]), old_days=700)
    assert asked.cells == 1
    assert asked.shifted == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 0 + 0) / 5)
    assert asked.narrowed == 0
    assert surveys(score, recipe, np.array([0, 0, 1])) == []


def test_what_is_known_nowhere_may_be_anything_on_the_scale(small, cube) -> None:
    """w is 1, 3, 5, 7 or 9 where nothing is known of it, and the index √(a w) then has no bounds left."""
    score = score_cube(cube({"t:x": [[4]], "t:y": [[50]], "t:z": [[2]]}), small, 1)
    (asked,) = surveys(score, small, np.array([0]))
    assert (asked.indicator, asked.narrowed, asked.gained) == ("w", 10, 1)


def test_the_largest_shift_comes_first(small, cube) -> None:
    rng = np.random.default_rng(3)

    def some(top):
        return [[None if rng.random() < 0.2 else float(rng.uniform(0, top)) for _ in range(40)]]

    score = score_cube(cube({f"t:{key}": some(top) for key, top in TOPS.items()}), small, 1)
    found = surveys(score, small, np.arange(40) % 4)
    assert [one.shifted for one in found] == sorted((one.shifted for one in found), reverse=True)
    assert found[0].shifted > 0


def test_surveys_are_of_one_period(small, cube) -> None:
    score = score_cube(cube({"t:x": [[1], [2]], "t:z": [[1], [2]], "t:w": [[1], [1]]}), small, 2)
    with pytest.raises(QueryError, match="one period"):
        surveys(score, small, np.array([0]))


leaf = st.one_of(st.none(), st.floats(0, 1))
places = st.lists(st.fixed_dictionaries(dict.fromkeys(TOPS, leaf)), min_size=1, max_size=4)


@given(places=places)
def test_knowing_more_never_widens_what_the_index_may_be(small, cube, places) -> None:
    world = {
        f"t:{key}": [[None if place[key] is None else place[key] * top for place in places]]
        for key, top in TOPS.items()
    }
    found = surveys(score_cube(cube(world), small, 1), small, np.arange(len(places)))
    assert all(one.narrowed >= -1e-9 for one in found)
    assert all(one.gained >= 0 for one in found)


def test_one_cell_is_told_as_an_area_of_one_cell(score, small) -> None:
    """Cells 0 and 3 lack z, cell 2 lacks w, cell 1 nothing."""
    known = {key: score.nodes[key][0] for key in small.indicators}
    for cell, asked in ((0, {"z"}), (1, set()), (2, {"w"}), (3, {"z"})):
        area = np.where(np.arange(4) == cell, 0, -1)
        told = {one.indicator: one.narrowed for one in surveys(score, small, area)}
        found = cell_surveys(score, small, cell, known)
        assert set(found) == asked
        assert found == pytest.approx(told)


def test_where_nothing_is_known_of_an_indicator_the_whole_scale_may_be_found(score, small) -> None:
    assert cell_surveys(score, small, 0, {}) == pytest.approx({"z": float((score.high - score.low)[0, 0])})
    with pytest.raises(QueryError, match="surveys are told for one period; this score has 2"):
        cell_surveys(replace(score, periods=score.periods * 2), small, 0, {})
