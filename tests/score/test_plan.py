"""Plan: weights, goalposts and means as they are drawn for all cells, against what the recipe says."""

import numpy as np
import pytest

from riskmap.score.climbing import (
    ARITHMETIC,
    GEOMETRIC,
    LIFTED_GEOMETRIC,
    PLUS,
    SCALED_GEOMETRIC,
    TIMES,
    TIMES_LOG1P,
)
from riskmap.score.plan import leaf_order, plan_of
from riskmap.score.recipe import load_recipe
from riskmap.score.spread import Uncertainty

POOLS = np.zeros((4, 256))


def planned(recipe, draws=200, **more):
    told = recipe.model_copy(update={"uncertainty": Uncertainty(**more)})
    return plan_of(told, np.zeros((len(recipe.indicators), 256)), draws)


def test_leaves_stand_by_component_and_components_by_dimension(small) -> None:
    plan = planned(small)
    assert leaf_order(small) == ("x", "y", "z", "w")
    assert plan.leaves.tolist() == [0, 2, 3, 4]
    assert plan.components.tolist() == [0, 2, 3]


def test_every_indicator_of_a_real_recipe_has_its_place() -> None:
    recipe = load_recipe("trafficking")
    assert sorted(leaf_order(recipe)) == sorted(recipe.indicators)
    assert len(set(planned(recipe).keys.tolist())) == len(recipe.indicators)


def test_weights_of_a_whole_sum_to_one_and_stay_within_their_spread(small) -> None:
    plan = planned(small, weights=0.25)
    for weights, usual in ((plan.leaf_weights[:2], [0.5, 0.5]), (plan.component_weights[:2], [0.6, 0.4])):
        assert weights.sum(axis=0) == pytest.approx(np.ones(200))
        ratio = (weights[0] / weights[1]) / (usual[0] / usual[1])
        assert 0.75 / 1.25 <= ratio.min() < 0.8
        assert 1.2 < ratio.max() <= 1.25 / 0.75
    np.testing.assert_array_equal(plan.leaf_weights[2:], 1)


def test_goalposts_move_each_by_itself(small) -> None:
    """x between 0 and 10: the score at 0 and at 10, each off by up to a tenth of the scale."""
    plan = planned(small, goalposts=0.1)
    ends = [(place - plan.start[0, 0]) / plan.slope[0, 0] for place in (0, 1)]
    assert -1 <= ends[0].min() < -0.9
    assert 10.9 < ends[1].max() <= 11
    assert abs(np.corrcoef(*ends)[0, 1]) < 0.2


def test_where_less_is_worse_the_score_falls(small) -> None:
    plan = planned(small, goalposts=0.0)
    assert plan.slope[1, 0] * 80 + plan.start[1, 0] == pytest.approx(np.full(200, 0.2))


def test_means_are_alike_likely(small) -> None:
    """The geometric mean is the plain one only at the level where the recipe takes it."""
    codes = planned(small, draws=6000).means
    assert set(codes[0]) == set(codes[1]) == {ARITHMETIC, SCALED_GEOMETRIC, LIFTED_GEOMETRIC}
    assert set(codes[2]) == {ARITHMETIC, SCALED_GEOMETRIC, GEOMETRIC}
    for level in codes:
        assert np.bincount(level)[np.unique(level)] / 6000 == pytest.approx(np.full(3, 1 / 3), abs=0.03)


@pytest.mark.parametrize(
    ("line", "way", "width", "floor"),
    [
        ("goalposts = [0, 10]", TIMES, 0, -np.inf),
        ("goalposts = [-2.5, 2.5]", PLUS, 2.5, -np.inf),
        ('goalposts = [1, 10]\ntransform = "ln"', PLUS, 1, 0),
        ('goalposts = [0, 10]\ntransform = "log1p"', TIMES_LOG1P, 0, -np.inf),
    ],
)
def test_how_an_error_meets_a_value(one, line, way, width, floor) -> None:
    plan = planned(one(f'{line}\nfeeds = [{{ measure = "t:x" }}]'))
    assert (plan.way[0, 0], plan.width[0, 0], plan.floor[0, 0]) == (way, width, floor)


def test_what_is_seen_through_a_kernel_has_that_error_too(small) -> None:
    plan = planned(small, kernel=0.4)
    assert plan.spreads[:4] == pytest.approx([0.10, np.hypot(0.10, 0.4), 0.15, np.hypot(0.15, 0.4)])
    assert np.log(plan.factors).std(axis=1) == pytest.approx(plan.spreads, rel=1e-5)
