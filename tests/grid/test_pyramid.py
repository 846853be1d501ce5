"""The pyramid: by hand on one parent, and its laws over areas large and small."""

import math
from dataclasses import replace

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.grid.cells import Grid, cells_from_text, grid_over, parents
from riskmap.grid.pyramid import Weights, exact_step, members, pyramid, rounded
from riskmap.model.cube import Measure, Support

FEW = settings(max_examples=25, deadline=None)
GRID = grid_over(shapely.box(-24.0, -28.6, -23.4, -28.1), 5)
AREA = GRID.area_km2


def measure(values, spread="extensive", **arrays) -> Measure:
    """Cells known in full from cells themselves, one day old, where not said otherwise."""
    values = np.atleast_2d(np.array(values, float))
    known = ~np.isnan(values)
    given = {
        "coverage": known.astype(np.float32),
        "support": np.where(known, Support.CELL, Support.NONE).astype(np.int8),
        "age_days": np.where(known, 1.0, np.nan).astype(np.float32),
    } | {name: np.atleast_2d(array) for name, array in arrays.items()}
    return Measure("demo:m", values, unit="n", spread=spread, licence="none", **given)


def of_seven(parent="8580e043fffffff") -> Grid:
    return Grid(np.sort(cells_from_text(sorted(h3.cell_to_children(parent)))), h3.get_resolution(parent) + 1)


def test_one_parent_by_hand() -> None:
    """Seven children: of one nothing is known, of one half."""
    grid, nan = of_seven(), np.nan
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, nan]
    coverage = np.array([1, 1, 1, 1, 1, 0.5, 0], np.float32)
    support = np.array([0, 0, 0, 0, 2, 3, 9], np.int8)
    age = np.array([9, 8, 7, 6, 5, 4, nan], np.float32)
    weights = Weights(np.full(7, 2.0), np.array([10.0, 0, 0, 0, 0, 30.0, 500.0]))
    told = {"coverage": coverage, "support": support, "age_days": age}
    _, whole = pyramid(measure(values, **told), grid, weights, coarsest=5)
    assert whole.grid.cells.tolist() == [int("8580e043fffffff", 16)]
    assert whole.grid.resolution == 5
    assert whole.measure.values.tolist() == [[21.0]]
    assert whole.measure.coverage[0, 0] == pytest.approx(5.5 / 7)
    assert whole.measure.support.tolist() == [[Support.ADM2]]
    assert whole.measure.age_days.tolist() == [[4.0]]
    _, mean = pyramid(measure(values, "intensive", **told), grid, weights, coarsest=5)
    assert mean.measure.values[0, 0] == pytest.approx((10 * 1 + 30 * 6) / 40)
    assert mean.measure.support.tolist() == [[Support.ADM1]]


def test_where_nobody_lives_a_mean_is_by_area() -> None:
    area = np.arange(1.0, 8.0)
    for people in (None, np.zeros(7), np.full(7, np.nan)):
        found = pyramid(measure(np.arange(7.0), "intensive"), of_seven(), Weights(area, people), coarsest=5)
        assert found[1].measure.values[0, 0] == pytest.approx((area * np.arange(7.0)).sum() / area.sum())


def test_a_pentagon_has_six_children() -> None:
    grid = of_seven("85080003fffffff")
    assert len(grid) == 6
    found = pyramid(measure(np.ones(6)), grid, Weights(grid.area_km2))
    assert [len(level.grid) for level in found] == [6, 1, 1, 1, 1, 1, 1]
    assert [level.measure.values[0, 0] for level in found[1:]] == [6.0] * 6


def test_a_grid_at_its_coarsest_is_its_own_pyramid_and_an_empty_one_stays_empty() -> None:
    (alone,) = pyramid(measure(np.ones(len(GRID))), GRID, Weights(AREA), coarsest=5)
    assert alone.grid is GRID
    none = pyramid(measure(np.empty((1, 0))), Grid(np.empty(0, np.uint64), 2), Weights(np.empty(0)))
    assert [level.measure.values.shape for level in none] == [(1, 0)] * 3


VALUES = st.lists(
    st.one_of(st.just(math.nan), st.just(0.0), st.floats(1e-9, 1e12), st.floats(-1e3, -1e-3)),
    min_size=2 * len(GRID),
    max_size=2 * len(GRID),
).map(lambda drawn: np.array(drawn).reshape(2, -1))
PEOPLE = st.lists(
    st.one_of(st.just(math.nan), st.just(0.0), st.floats(1e-3, 1e7)), min_size=len(GRID), max_size=len(GRID)
).map(np.array)
CODES = st.lists(st.sampled_from([0, 1, 2, 3, 4]), min_size=2 * len(GRID), max_size=2 * len(GRID)).map(
    lambda drawn: np.array(drawn, np.int8).reshape(2, -1)
)


@FEW
@given(values=VALUES, random=st.randoms())
def test_children_sum_to_their_parent_bit_for_bit_in_any_order(values, random) -> None:
    """By whatever road: one after the other, exactly, in pairs; from the level below or from the finest."""
    levels = pyramid(measure(values), GRID, Weights(AREA))
    for k in range(1, len(levels)):
        for below in (k - 1, 0):
            above = parents(levels[below].grid.cells, levels[k].grid.resolution)
            for period, place in np.ndindex(levels[k].measure.values.shape):
                mine = levels[below].measure.values[period, above == levels[k].grid.cells[place]]
                told = [value for value in mine.tolist() if not math.isnan(value)]
                random.shuffle(told)
                parent = levels[k].measure.values[period, place]
                assert math.isnan(parent) == (not told)
                if told:
                    assert sum(told) == math.fsum(told) == float(np.sum(told)) == parent


@FEW
@given(values=VALUES)
def test_every_level_holds_the_whole_total_and_rounding_is_beyond_any_use(values) -> None:
    levels = pyramid(measure(values), GRID, Weights(AREA))
    totals = {float(np.nansum(level.measure.values)) for level in levels}
    assert len(totals) == 1
    size = np.nansum(np.abs(values))
    assert np.nanmax(np.abs(levels[0].measure.values - values), initial=0.0) <= size * 2.0**-51


@FEW
@given(values=VALUES, people=PEOPLE, spread=st.sampled_from(["extensive", "intensive"]), codes=CODES)
def test_a_parent_lies_within_its_children_and_is_null_only_with_all_of_them(values, people, spread, codes) -> None:
    support = np.where(np.isnan(values), Support.NONE, codes).astype(np.int8)
    coverage = np.where(np.isnan(values), 0, codes / 4).astype(np.float32)
    age = np.where(np.isnan(values), np.nan, codes * 10).astype(np.float32)
    given_measure = measure(values, spread, support=support, coverage=coverage, age_days=age)
    levels = pyramid(given_measure, GRID, Weights(AREA, people))
    base = levels[0].measure
    for level in levels[1:]:
        found, above = level.measure, parents(GRID.cells, level.grid.resolution)
        for period, place in np.ndindex(found.values.shape):
            mine = (period, above == level.grid.cells[place])
            known = ~np.isnan(base.values[mine])
            assert np.isnan(found.values[period, place]) == (not known.any())
            assert np.isnan(found.age_days[period, place]) == (not known.any())
            share = coverage[mine]
            assert share.min() - 1e-6 <= found.coverage[period, place] <= share.max() + 1e-6
            if not known.any():
                assert found.support[period, place] == Support.NONE
                continue
            inside = base.values[mine][known]
            if spread == "intensive":
                assert inside.min() <= found.values[period, place] <= inside.max()
            assert found.support[period, place] in support[mine][known]
            assert found.age_days[period, place] == age[mine][known].min()


@FEW
@given(values=VALUES, people=PEOPLE)
def test_means_of_a_level_are_those_of_the_cells_themselves(values, people) -> None:
    levels = pyramid(measure(values, "intensive"), GRID, Weights(AREA, people))
    for level in levels[1:]:
        above = parents(GRID.cells, level.grid.resolution)
        for period, place in np.ndindex(level.measure.values.shape):
            mine = (above == level.grid.cells[place]) & ~np.isnan(values[period])
            weight = np.nan_to_num(people[mine])
            weight = weight if weight.sum() > 0 else AREA[mine]
            if mine.any():
                expected = (values[period, mine] * weight).sum() / weight.sum()
                scale = np.abs(values[period, mine]).max()
                assert level.measure.values[period, place] == pytest.approx(expected, rel=1e-9, abs=1e-9 * scale)


@FEW
@given(values=VALUES, cut=st.integers(1, 6))
def test_parts_of_a_measure_that_share_a_step_make_the_parents_of_the_whole(values, cut) -> None:
    """Cut anywhere, even through a parent: what the parts have of it adds up to what the whole has."""
    at, step = len(GRID) * cut // 7, exact_step(values)
    whole = pyramid(measure(values), GRID, Weights(AREA))[-1]
    total = np.zeros_like(whole.measure.values)
    for low, high in ((0, at), (at, len(GRID))):
        grid = Grid(GRID.cells[low:high], 5)
        part = pyramid(measure(values[:, low:high]), grid, Weights(AREA[low:high]), step=step)[-1]
        total[:, whole.grid.positions(part.grid.cells)] += np.nan_to_num(part.measure.values)
    assert np.array_equal(total, np.nan_to_num(whole.measure.values))


@FEW
@given(values=VALUES, random=st.randoms())
def test_the_step_is_the_same_in_any_order(values, random) -> None:
    drawn = values.ravel().tolist()
    random.shuffle(drawn)
    step = exact_step(values)
    assert exact_step(np.array(drawn)) == step
    assert math.frexp(step)[0] == 0.5
    assert np.array_equal(rounded(rounded(values, step), step), rounded(values, step), equal_nan=True)


def test_the_smallest_doubles_are_kept_as_they_are() -> None:
    values = np.array([[5e-324, 1e-310, np.nan]])
    assert np.array_equal(rounded(values, exact_step(values)), values, equal_nan=True)


def test_people_may_differ_by_period() -> None:
    people = np.stack([np.eye(7)[0], np.eye(7)[6]])
    values = measure(np.stack([np.arange(7.0)] * 2), "intensive")
    found = pyramid(values, of_seven(), Weights(np.ones(7), people), coarsest=5)[1]
    assert found.measure.values[:, 0].tolist() == [0.0, 6.0]


def test_everything_else_of_a_measure_stays() -> None:
    given_measure = replace(measure(np.ones(7)), overlap_group="idp", licence="CC0-1.0")
    (_, found) = pyramid(given_measure, of_seven(), Weights(np.ones(7)), coarsest=5)
    assert (found.measure.name, found.measure.overlap_group, found.measure.licence) == ("demo:m", "idp", "CC0-1.0")


def test_members_are_the_children_that_libh3_gives() -> None:
    for resolution in (4, 2, 5):
        above, matrix = members(GRID, resolution)
        expected = [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), resolution)) for cell in GRID.cells.tolist()]
        assert above.resolution == resolution
        assert np.asarray(matrix.sum(axis=0)).ravel().tolist() == [1.0] * len(GRID)
        assert above.cells[matrix.tocsc().indices].tolist() == expected
