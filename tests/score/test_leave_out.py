"""Leaving out: what each source and indicator carries, by hand; the rest by scoring again without it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import RecipeError
from riskmap.score.index import score_cube
from riskmap.score.leave_out import (
    above_cap,
    by_source,
    cube_without,
    feeds_influence,
    feeds_of,
    feeds_weight,
    indicator_influence,
    influence,
    without_feeds,
    without_indicator,
)
from riskmap.score.recipe import parse_recipe

NAN = float("nan")
T = ("t:x", "t:y", "t:z")


@pytest.fixture(scope="module")
def mixed(small_text):
    """x comes from t or, where t does not know it, from u; w from v alone; the rest from t."""
    text = small_text.replace('{ measure = "t:x" }', '{ measure = "t:x" }, { measure = "u:x" }')
    return parse_recipe(text.replace('"t:w"', '"v:w"'), "mixed.toml")


@pytest.fixture(scope="module")
def world(cube):
    return cube(
        {
            "t:x": [[4, None, 8]],
            "u:x": [[1, 6, 8]],
            "t:y": [[80, 50, 20]],
            "t:z": [[4, 1, 2]],
            "v:w": [[0.5, 0.9, 0.1]],
        }
    )


@pytest.fixture(scope="module")
def score(mixed, world):
    return score_cube(world, mixed, 1)


def test_it_knows_what_it_came_from(mixed, score) -> None:
    assert feeds_of(score, mixed) == ("t:x", "t:y", "t:z", "u:x", "v:w")
    assert by_source(feeds_of(score, mixed)) == {"t": T, "u": ("u:x",), "v": ("v:w",)}


def test_each_source_carries_its_indicators_where_it_gave_them(mixed, score) -> None:
    assert feeds_weight(score, mixed, T)[0].tolist() == pytest.approx([0.5, 0.35, 0.5])
    assert feeds_weight(score, mixed, ["u:x"])[0].tolist() == pytest.approx([0, 0.15, 0])
    assert feeds_weight(score, mixed, ["v:w"])[0].tolist() == pytest.approx([0.5, 0.5, 0.5])
    assert feeds_weight(score, mixed, feeds_of(score, mixed))[0].tolist() == pytest.approx([1, 1, 1])


def test_a_cap_tells_where_one_source_carries_too_much(mixed, score) -> None:
    origins = by_source(feeds_of(score, mixed))
    found = above_cap(score, mixed, origins, 0.4)
    assert {source: where[0].tolist() for source, where in found.items()} == {
        "t": [True, False, True],
        "v": [True, True, True],
    }
    assert above_cap(score, mixed, origins, 0.5) == {}


def test_without_a_feed_the_rest_is_weighted_up(mixed, score) -> None:
    """Without t:z, A is A1 alone; B stays."""
    found = feeds_influence(score, mixed, ["t:z"])
    alone = (score.nodes["a1"] * score.nodes["b"]) ** 0.5
    np.testing.assert_allclose(found.moved, alone - score.value, atol=1e-12)
    assert not found.lost.any()
    assert found.mean_weight == pytest.approx(0.2)
    assert found.mean_move == pytest.approx(np.abs(alone - score.value).mean())
    assert found.lost_share == 0


def test_without_the_only_source_of_a_dimension_every_score_is_lost(mixed, score) -> None:
    found = feeds_influence(score, mixed, ["v:w"])
    assert found.lost.all()
    assert found.lost_share == 1
    assert np.isnan(found.mean_move)
    assert np.isnan(found.mean_shift)


def test_where_too_little_is_left_it_is_said_how_far_the_score_would_have_moved(mixed, score) -> None:
    """An index that needs 0.9 of its weight is lost without t:z, which carries 0.2; A1 alone still tells of A."""
    strict = mixed.model_copy(update={"thresholds": mixed.thresholds.model_copy(update={"insufficient": 0.9})})
    found = feeds_influence(score, strict, ["t:z"])
    assert found.lost.all()
    np.testing.assert_allclose(found.moved, feeds_influence(score, mixed, ["t:z"]).moved)
    assert not np.isnan(found.mean_shift)


def test_another_feed_steps_in_where_the_cube_is_scored_again(mixed, world, score) -> None:
    again = score_cube(cube_without(world, ["t:x"]), mixed, 1)
    assert again.nodes["x"].tolist() == [[1, 6, 8]]
    assert np.isnan(without_feeds(score, mixed, ["t:x"]).nodes["x"][0, 0])
    assert set(cube_without(world, T).measures) == {"u:x", "v:w"}
    found = influence(score, again, feeds_weight(score, mixed, ["t:x"]))
    assert found.moved[0, 0] < 0
    assert found.moved[0, 1:].tolist() == [0, 0]


def test_a_measure_seen_through_a_kernel_goes_with_its_source(cube) -> None:
    assert set(cube_without(cube({"t:x@near": [[1]], "u:x": [[1]]}), ["t:x"]).measures) == {"u:x"}


def test_without_a_source_that_gave_nothing_nothing_moves(mixed, score) -> None:
    found = feeds_influence(score, mixed, ["nobody:x"])
    assert (found.moved == 0).all()
    assert (found.weight == 0).all()
    assert found.mean_shift == 0


def test_where_there_is_no_score_there_is_no_influence(mixed, cube) -> None:
    empty = score_cube(cube({"t:x": [[None]]}), mixed, 1)
    found = feeds_influence(empty, mixed, T)
    assert np.isnan([found.mean_weight, found.mean_move, found.lost_share]).all()


def test_a_recipe_without_an_indicator_hands_its_weight_on(small) -> None:
    assert without_indicator(small, "x").effective_weights() == pytest.approx({"y": 0.3, "z": 0.2, "w": 0.5})
    without_z = without_indicator(small, "z")
    assert set(without_z.components) == {"a1", "b1"}
    assert without_z.effective_weights() == pytest.approx({"x": 0.25, "y": 0.25, "w": 0.5})
    assert set(without_indicator(small, "w").dimensions) == {"a"}


def test_an_indicator_that_is_not_there_cannot_be_left_out(small, one) -> None:
    with pytest.raises(RecipeError, match="nonesuch"):
        without_indicator(small, "nonesuch")
    with pytest.raises(RecipeError, match="the only one"):
        without_indicator(one('goalposts = [0, 1]\nfeeds = [{ measure = "t:x" }]'), "x")


def test_an_index_without_an_indicator_ranks_otherwise(mixed, score) -> None:
    """Without w the index is A alone, and so are its ranks."""
    found = indicator_influence(score, mixed, "w")
    np.testing.assert_allclose(found.moved + score.value, score.nodes["a"], atol=1e-12)
    assert found.mean_shift == pytest.approx(np.abs(found.shifts).mean())
    assert found.mean_weight == pytest.approx(0.5)


values = st.lists(st.one_of(st.none(), st.floats(0, 10)), min_size=1, max_size=5)


@given(x=values, feeds=st.lists(st.sampled_from([*T, "u:x", "v:w"]), max_size=3))
def test_leaving_out_more_never_gives_a_score_where_there_was_none(mixed, cube, x, feeds) -> None:
    row = [[5.0] * len(x)]
    score = score_cube(cube({"t:x": [x], "t:z": row, "v:w": row}), mixed, 1)
    found = without_feeds(score, mixed, feeds)
    assert not (np.isnan(score.value) & ~np.isnan(found.value)).any()
    assert (found.coverage <= score.coverage).all()
