"""Bounds of units: every draw rolled up as the index is, by hand and against the roll-up itself."""

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from riskmap.grid import abreast
from riskmap.score import rollup_bounds as module
from riskmap.score.rollup import Scores, rollup
from riskmap.score.rollup_bounds import rollup_bounds

NAN = math.nan
CALM = settings(deadline=None)


def told(draws, people, units, recipe):
    return rollup_bounds(
        np.array(draws, float), np.array(people, float), sparse.csr_matrix(np.array(units, float)), recipe
    )


def numbers(found):
    """Every array of bounds, by name."""
    for one in fields(found):
        part = getattr(found, one.name)
        if isinstance(part, np.ndarray):
            yield one.name, part
        else:
            yield from ((f"{one.name}.{inner.name}", getattr(part, inner.name)) for inner in fields(part))


def test_two_cells_by_hand(small) -> None:
    """300 people in a cell that is at 8 in every draw, 100 in one that is at 0 or at 4; 5 and more is high."""
    found = told([[8, 0], [8, 4]] * 20, [300, 100], [[1, 1]], small)
    assert found.people.tolist() == [400]
    assert (found.value.q05[0], found.value.mean[0], found.value.q95[0]) == (6, 6.5, 7)
    assert found.upper.mean[0] == 8
    assert found.high_share.mean[0] == found.high_share.q05[0] == 0.75
    assert found.at_risk.mean[0] == 300
    assert found.value.high[0] == 1


def test_people_at_risk_are_the_people_of_each_cell_by_its_chance(small) -> None:
    rng = np.random.default_rng(1)
    draws, people = rng.uniform(0, 10, (60, 30)), rng.lognormal(5, 2, 30)
    found = told(draws, people, np.ones((1, 30)), small)
    assert found.at_risk.mean[0] == pytest.approx((people * (draws >= 5).mean(axis=0)).sum(), rel=1e-6)
    assert found.at_risk.q05[0] < found.at_risk.mean[0] < found.at_risk.q95[0]


def test_people_without_a_score_are_of_the_unit_and_not_of_its_mean(small) -> None:
    """Of one cell nothing is known but that as many live there; of another nobody knows how many do."""
    found = told([[8, NAN, 0]] * 20, [50, 50, NAN], [[1, 1, 1]], small)
    assert found.people.tolist() == [100]
    assert found.value.mean[0] == 8
    assert found.high_share.mean[0] == 0.5
    assert found.at_risk.mean[0] == 50


def test_a_unit_without_people_in_scored_cells_has_no_bounds(small) -> None:
    found = told([[8, NAN]] * 20, [0, 10], [[1, 0], [0, 1], [0, 0]], small)
    np.testing.assert_array_equal(found.people, [NAN, 10, NAN])
    for name, values in numbers(found):
        assert name == "people" or np.isnan(values).all()


def test_what_cells_share_does_not_average_out(small) -> None:
    rng = np.random.default_rng(2)
    own, shared = rng.uniform(2, 8, (200, 400)), np.tile(rng.uniform(2, 8, (200, 1)), 400)
    widths = []
    for draws in (own, shared):
        found = told(draws, np.ones(400), np.ones((1, 400)), small)
        widths.append(found.value.q95[0] - found.value.q05[0])
    assert widths[0] < 0.4
    assert widths[1] > 5


def test_with_one_class_everybody_counts_as_high(one) -> None:
    recipe = one('goalposts = [0, 10]\nfeeds = [{ measure = "t:x" }]')
    assert told([[0.0]] * 20, [7], [[1]], recipe).at_risk.mean[0] == 7


WORLDS = st.integers(1, 12).flatmap(
    lambda cells: st.tuples(
        st.lists(st.one_of(st.none(), st.integers(0, 10_000_000)), min_size=cells, max_size=cells),
        st.lists(st.one_of(st.none(), st.integers(0, 5_000)), min_size=cells, max_size=cells),
        st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2 * cells, max_size=2 * cells),
    )
)


@CALM
@given(world=WORLDS)
def test_draws_that_are_all_alike_are_the_roll_up_itself(small, world) -> None:
    value = np.array([NAN if one is None else one / 1e6 for one in world[0]])
    people = np.array([NAN if one is None else float(one) for one in world[1]])
    units = sparse.csr_matrix(np.array(world[2]).reshape(2, -1))
    found = rollup_bounds(np.tile(value.astype(np.float32), (20, 1)), people, units, small)
    classes = np.where(np.isnan(value), -1, value.astype(np.float32) >= 5).astype(np.int8)
    usual = rollup(Scores(value[None], classes[None], people[None]), units, 1)
    np.testing.assert_allclose(found.people, usual.people[0])
    for end in ("q05", "mean", "q95"):
        np.testing.assert_allclose(getattr(found.value, end), usual.mean[0], atol=1e-5)
        np.testing.assert_allclose(getattr(found.upper, end), usual.upper[0], atol=1e-5)
    told_of = ~np.isnan(usual.mean[0])
    np.testing.assert_allclose(found.high_share.mean[told_of], usual.high_share[0][told_of], atol=1e-6)


@CALM
@given(order=st.permutations(range(25)))
def test_the_order_of_the_cells_changes_no_byte(small, order) -> None:
    rng = np.random.default_rng(3)
    draws, people, units = rng.uniform(0, 10, (30, 25)), rng.lognormal(4, 3, 25), rng.random((3, 25))
    found, again = told(draws, people, units, small), told(draws[:, order], people[order], units[:, order], small)
    for (name, one), (_, other) in zip(numbers(found), numbers(again), strict=True):
        assert one.tobytes() == other.tobytes(), name


def test_threads_do_not_matter_nor_whether_it_is_compiled(small, monkeypatch) -> None:
    rng = np.random.default_rng(6)
    world = rng.uniform(0, 10, (20, 12)), rng.lognormal(4, 1, 12), rng.random((5, 12)) * (rng.random((5, 12)) > 0.6)
    world[2][4] = 0
    found = dict(numbers(told(*world, small)))
    monkeypatch.setattr(module, "_UNITS", 1)
    monkeypatch.setattr(abreast, "THREADS", 1)
    again = dict(numbers(told(*world, small)))
    for name in ("_roll", "_upper"):
        monkeypatch.setattr(module, name, getattr(module, name).py_func)
    plain = dict(numbers(told(*world, small)))
    for name, values in found.items():
        np.testing.assert_array_equal(again[name], values)
        np.testing.assert_array_equal(plain[name], values)
