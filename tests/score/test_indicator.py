"""From measures to indicators: which feed, which denominator, which look-back, all on cubes of a few cells."""

from dataclasses import replace

import numpy as np
import pytest

from riskmap.errors import PeriodUnknown, RecipeError
from riskmap.model.cube import Support
from riskmap.score.indicator import measure_indicators, population_of

NAN = float("nan")


def test_a_stock_is_read_in_each_period(one, cube, measure) -> None:
    recipe = one('goalposts = [0, 10]\nfeeds = [{ measure = "t:x" }]')
    world = cube({"t:x": measure("t:x", [[1, 2], [3, None], [0, 5]], support=Support.ADM1, age_days=7)})
    found = measure_indicators(world, recipe, 2)["x"]
    np.testing.assert_array_equal(found.values, [[3, NAN], [0, 5]])
    np.testing.assert_array_equal(found.coverage, [[1, 0], [1, 1]])
    np.testing.assert_array_equal(found.support, [[Support.ADM1, Support.NONE], [Support.ADM1, Support.ADM1]])
    np.testing.assert_array_equal(found.age_days, [[7, NAN], [7, 7]])
    np.testing.assert_array_equal(found.feed, [[0, -1], [0, 0]])


@pytest.mark.parametrize("periods", [0, 4])
def test_no_more_periods_than_the_cube_has(small, cube, periods) -> None:
    with pytest.raises(PeriodUnknown, match=f"{periods} periods were asked for; the cube has 3"):
        measure_indicators(cube({"t:x": [[1], [1], [1]]}), small, periods)


def test_an_indicator_that_nothing_feeds_is_left_out(small, cube) -> None:
    assert list(measure_indicators(cube({"t:z": [[1]], "t:x": [[None]], "t:other": [[1]]}), small, 1)) == ["x", "z"]


def test_a_value_counts_from_half_of_its_place_on(one, cube, measure) -> None:
    recipe = one('goalposts = [0, 10]\nfeeds = [{ measure = "t:x" }]')
    world = cube({"t:x": measure("t:x", [[1, 2, 3]], coverage=[[0.49, 0.5, 0.51]])})
    np.testing.assert_array_equal(measure_indicators(world, recipe, 1)["x"].values, [[NAN, 2, 3]])


def test_the_first_feed_known_in_a_cell_is_used(one, cube, measure) -> None:
    recipe = one('goalposts = [0, 10]\nfeeds = [{ measure = "a:x" }, { measure = "b:x" }, { measure = "c:x" }]')
    world = cube(
        {
            "a:x": measure("a:x", [[1, 2, None, None]], coverage=[[1, 0.2, 0, 0]]),
            "c:x": measure("c:x", [[9, 8, 0, None]], coverage=0.75),
        }
    )
    found = measure_indicators(world, recipe, 1)["x"]
    np.testing.assert_array_equal(found.values, [[1, 8, 0, NAN]])
    np.testing.assert_array_equal(found.feed, [[0, 2, 2, -1]])
    np.testing.assert_array_equal(found.coverage, [[1, 0.75, 0.75, 0]])


def test_the_largest_of_all_feeds_known(one, cube, measure) -> None:
    recipe = one('goalposts = [0, 10]\ncombine = "max"\nfeeds = [{ measure = "a:x" }, { measure = "b:x" }]')
    world = cube(
        {
            "a:x": measure("a:x", [[1, 5, None, None, 2]], coverage=0.75),
            "b:x": measure("b:x", [[3, 4, 0, None, 9]], coverage=[[1, 1, 1, 0, 0.1]]),
        }
    )
    found = measure_indicators(world, recipe, 1)["x"]
    np.testing.assert_array_equal(found.values, [[3, 5, 0, NAN, 2]])
    np.testing.assert_array_equal(found.feed, [[1, 0, 1, -1, 0]])
    np.testing.assert_array_equal(found.coverage, [[1, 0.75, 1, 0, 0.75]])


def test_people_are_those_of_the_first_measure_known(one, cube) -> None:
    recipe = one('goalposts = [0, 10]\nfeeds = [{ measure = "t:x" }]')
    world = cube({"u:people": [[5, 6, None], [7, 8, None]], "t:people": [[1, None, None], [2, 0, None]]})
    np.testing.assert_array_equal(population_of(world, recipe, 2), [[1, 6, NAN], [2, 0, NAN]])
    assert np.isnan(population_of(cube({"t:x": [[1, 2]]}), recipe, 1)).all()


def test_per_thousand_people_is_unknown_where_people_are_unknown_or_none(one, cube) -> None:
    recipe = one('goalposts = [0, 10]\nper = "population"\nper_amount = 1000\nfeeds = [{ measure = "t:x" }]')
    world = cube({"t:x": [[3, 0, 3, 3, None, 3]], "t:people": [[2000, 50, 0, None, 7, 5e-324]]})
    found = measure_indicators(world, recipe, 1)["x"]
    np.testing.assert_array_equal(found.values, [[1.5, 0, NAN, NAN, NAN, NAN]])
    np.testing.assert_array_equal(found.coverage, [[1, 1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(found.feed, [[0, 0, -1, -1, -1, -1]])
    assert (found.support[0, 2:] == Support.NONE).all()
    assert np.isnan(found.age_days[0, 2:]).all()


def test_per_person_where_no_amount_is_given(one, cube) -> None:
    recipe = one('goalposts = [0, 10]\nper = "population"\nfeeds = [{ measure = "t:x" }]')
    assert measure_indicators(cube({"t:x": [[3]], "t:people": [[2]]}), recipe, 1)["x"].values == 1.5


def test_people_under_a_hazard_are_told_by_their_logarithm(one, cube) -> None:
    recipe = one(
        'goalposts = [10, 100000]\ntimes = "population"\ntransform = "ln"\nslow_half_life_days = 365\ncombine = "max"\n'
        'kernel = { shape = "footprint", length_km = 25, half_life_days = 60 }\n'
        'feeds = [{ measure = "g:extent" }, { measure = "g:slow_extent" }]'
    )
    world = cube(
        {
            "g:extent@footprint-25km-60d": [[0.5, 0, None]],
            "g:slow_extent@footprint-25km-365d": [[0.1, 0, None]],
            "t:people": [[2000, 2000, 2000]],
        }
    )
    found = measure_indicators(world, recipe, 1)["x"]
    np.testing.assert_allclose(found.values, [[np.log(1000), 0, NAN]])
    np.testing.assert_array_equal(found.feed, [[0, 0, -1]])


ESCALATION = (
    "goalposts = [0.5, 4]\nbaseline_days = [90, 455]\n"
    'kernel = { shape = "exponential", length_km = 50, window_days = [0, 90] }\n'
    'feeds = [{ measure = "e:events" }]'
)
RECENT, BEFORE = "e:events@exponential-50km-0to90d", "e:events@exponential-50km-90to455d"


def test_escalation_is_a_ratio_of_rates_with_one_event_added_to_both(one, cube, measure) -> None:
    """365 events in the year before make one expect 90 in 90 days; none make one expect none."""
    world = cube(
        {
            RECENT: measure(RECENT, [[90, 0, 181, 1, 1, 3]], coverage=[[1, 1, 1, 1, 0.6, 1]], age_days=4),
            BEFORE: measure(
                BEFORE, [[365, 0, 365, 0, 0, None]], coverage=[[1, 0.8, 1, 1, 1, 0]], support=2, age_days=99
            ),
        }
    )
    found = measure_indicators(world, one(ESCALATION), 1)["x"]
    np.testing.assert_allclose(found.values, [[1, 1, 2, 2, 2, NAN]])
    np.testing.assert_allclose(found.coverage, [[1, 0.8, 1, 1, 0.6, 0]])
    np.testing.assert_array_equal(found.age_days, [[4, 4, 4, 4, 4, NAN]])
    np.testing.assert_array_equal(found.support, [[2, 2, 2, 2, 2, Support.NONE]])


def test_escalation_needs_both_windows(one, cube) -> None:
    assert measure_indicators(cube({RECENT: [[1]]}), one(ESCALATION), 1) == {}


def test_a_window_sums_the_last_days_and_asks_for_half_of_them(one, cube) -> None:
    """With 59 of 90 days observed at the end of February the sum is scaled up; with 31 at the end of January it is not."""
    recipe = one('goalposts = [0, 10]\nwindow_days = 90\nfeeds = [{ measure = "t:x" }]')
    found = measure_indicators(cube({"t:x": [[31.0], [28.0], [31.0]]}), recipe, 3)["x"]
    np.testing.assert_allclose(found.values, [[NAN], [90], [90]])
    np.testing.assert_allclose(found.coverage, [[0], [59 / 90], [1]])


def test_a_half_life_sums_over_four_of_them(one, cube) -> None:
    """One a day for ever is the sum of all day weights, however the days fall into months."""
    recipe = one('goalposts = [0, 10]\nhalf_life_days = 15\nfeeds = [{ measure = "t:x" }]')
    assert recipe.lookback_days() == 60
    found = measure_indicators(cube({"t:x": [[31.0], [28.0], [31.0]]}), recipe, 1)["x"]
    expected = sum(2 ** (-age / 15) for age in range(60))
    np.testing.assert_allclose(found.values, [[expected]])


def overlapping(measure, group: str):
    return {name: replace(measure(name, [[3.0]]), overlap_group=group) for name in ("a:x", "b:x")}


SUM = 'goalposts = [0, 10]\ncombine = "sum"\nfeeds = [{ measure = "a:x" }, { measure = "b:x" }]'


def test_feeds_that_count_different_people_are_added_where_all_are_known(one, cube, measure) -> None:
    world = cube(
        {
            "a:x": measure("a:x", [[1, 2, None, None]], coverage=[[1, 0.75, 0, 0]], support=Support.ADM1, age_days=3),
            "b:x": measure("b:x", [[4, 5, 6, None]], coverage=0.5, support=Support.CELL, age_days=9),
        }
    )
    found = measure_indicators(world, one(SUM), 1)["x"]
    np.testing.assert_array_equal(found.values, [[5, 7, NAN, NAN]])
    np.testing.assert_array_equal(found.coverage, [[0.5, 0.5, 0, 0]])
    np.testing.assert_array_equal(found.support, [[Support.ADM1, Support.ADM1, Support.NONE, Support.NONE]])
    np.testing.assert_array_equal(found.age_days, [[9, 9, NAN, NAN]])
    np.testing.assert_array_equal(found.feed, [[0, 0, -1, -1]])


def test_feeds_of_one_overlap_group_are_never_added(one, cube, measure) -> None:
    world = cube(overlapping(measure, "conflict-events"))
    with pytest.raises(RecipeError, match=r"a:x and b:x both count incidents of violence.*cannot be added"):
        measure_indicators(world, one(SUM), 1)


@pytest.mark.parametrize("combine", ["first", "max"])
def test_of_one_overlap_group_one_wins_or_the_largest(combine, one, cube, measure) -> None:
    world = cube(overlapping(measure, "conflict-events"))
    found = measure_indicators(world, one(SUM.replace("sum", combine)), 1)["x"]
    np.testing.assert_array_equal(found.values, [[3]])
