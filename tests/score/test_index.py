"""The index: two cells and two periods by hand, then its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.model.score import IndicatorValues, Status
from riskmap.score.aggregate import aggregate
from riskmap.score.index import _BLOCK, score_cube, score_indicators
from riskmap.score.recipe import load_recipe, parse_recipe

NAN = float("nan")
GOALPOSTS = {"x": 10.0, "y": 100.0, "z": 4.0, "w": 1.0}


@pytest.fixture(scope="module")
def scored(small, cube):
    """Two cells, two periods, and one period of look-back that must not be scored.

    Cell 100 knows everything in the first period; y and x are unknown in the second.
    Cell 101 knows y and w in the first period; not even w in the second.
    """
    world = cube(
        {
            "t:x": [[9, 9], [4, None], [None, 1]],
            "t:y": [[9, 9], [80, 0], [None, 50]],
            "t:z": [[9, 9], [4, None], [2, 4]],
            "t:w": [[1, 1], [0.5, 0.4], [0.5, None]],
            "t:people": [[1, 1], [120, None], [130, 0]],
        }
    )
    return score_cube(world, small, 2)


def test_indicators_stand_between_their_goalposts(scored) -> None:
    np.testing.assert_allclose(scored.nodes["x"], [[4, NAN], [NAN, 1]])
    np.testing.assert_allclose(scored.nodes["y"], [[2, 10], [NAN, 5]])
    np.testing.assert_allclose(scored.nodes["z"], [[10, NAN], [5, 10]])
    np.testing.assert_allclose(scored.nodes["w"], [[5, 4], [5, NAN]])


def test_components_are_means_of_what_is_known(scored) -> None:
    np.testing.assert_allclose(scored.nodes["a1"], [[3, 10], [NAN, 3]])
    np.testing.assert_allclose(scored.nodes["a2"], [[10, NAN], [5, 10]])
    np.testing.assert_allclose(scored.nodes["b1"], [[5, 4], [5, NAN]])


def test_dimensions_do_not_average_a_high_part_away(scored) -> None:
    """(10 - 7.3^0.6 · 1^0.4) / 0.9 of 3 and 10, with weights 0.6 and 0.4: 7.45, where the plain mean is 5.8."""
    together = (10 - 7.3**0.6) / 0.9
    assert together == pytest.approx(7.4488, abs=1e-4)
    np.testing.assert_allclose(scored.nodes["a"], [[together, 10], [5, together]])
    np.testing.assert_allclose(scored.nodes["b"], [[5, 4], [5, NAN]])


def test_the_index_is_the_geometric_mean_of_both_dimensions(scored) -> None:
    together = (10 - 7.3**0.6) / 0.9
    np.testing.assert_allclose(scored.value, [[(together * 5) ** 0.5, 40**0.5], [5, NAN]])


def test_coverage_status_and_class(scored) -> None:
    np.testing.assert_allclose(scored.coverage, [[1, 0.65], [0.7, 0.5]])
    assert scored.status.tolist() == [[Status.SCORED, Status.PARTIAL], [Status.PARTIAL, Status.INSUFFICIENT]]
    assert scored.class_index.tolist() == [[1, 1], [1, -1]]


def test_bounds_put_the_missing_at_its_best_and_worst(scored) -> None:
    """Cell 101, first period: x and z missing, so that A lies between A1 = 5, A2 = 0 and A1 = A2 = 10."""
    least = (10 - 5.5**0.6 * 10**0.4) / 0.9
    np.testing.assert_allclose(scored.low[0], [scored.value[0, 0], (least * 4) ** 0.5])
    np.testing.assert_allclose(scored.high[0], [scored.value[0, 0], 40**0.5])
    assert np.isnan(scored.low[1, 1])
    assert np.isnan(scored.high[1, 1])


def test_it_says_what_it_is_about(scored) -> None:
    assert scored.cells.tolist() == [100, 101]
    assert [period.label for period in scored.periods] == ["2022-02", "2022-03"]
    np.testing.assert_array_equal(scored.population, [[120, NAN], [130, 0]])
    assert list(scored.indicators) == ["x", "y", "z", "w"]
    assert scored.coverage.dtype == np.float32
    assert set(scored.nodes) == {"a", "b", "a1", "a2", "b1", "x", "y", "z", "w"}


def test_an_indicator_that_nothing_feeds_is_unknown_everywhere(small, cube) -> None:
    score = score_cube(cube({"t:x": [[4.0]], "t:z": [[2.0]], "t:w": [[0.5]]}), small, 1)
    assert np.isnan(score.nodes["y"]).all()
    assert "y" not in score.indicators
    assert score.coverage[0, 0] == pytest.approx(0.85)


def test_a_component_short_of_half_its_weight_is_missing_as_a_whole(small_text, cube) -> None:
    """x, with 0.4 of A1's weight, is shown but moves neither index nor bounds, and its weight is not covered."""
    text = small_text.replace("weight = 0.5", "weight = 0.4", 1).replace("weight = 0.5", "weight = 0.6", 1)
    known = {"t:y": [[None]], "t:z": [[2.0]], "t:w": [[0.5]]}
    best, worst = (
        score_cube(cube({"t:x": [[value]], **known}), parse_recipe(text, "x.toml"), 1) for value in (0.0, 10.0)
    )
    assert (best.nodes["x"], worst.nodes["x"]) == (0, 10)
    assert np.isnan(worst.nodes["a1"])
    assert best.value == worst.value == 5
    assert best.low == worst.low < 5 < best.high == worst.high
    assert worst.coverage == pytest.approx(0.7)


def test_too_little_of_the_index_is_no_index(small_text, cube) -> None:
    """Each dimension has something, yet 0.5 + 0.2 of the weight is less than 0.71."""
    recipe = parse_recipe(small_text.replace("insufficient = 0.5", "insufficient = 0.71"), "x.toml")
    score = score_cube(cube({"t:z": [[2.0]], "t:w": [[0.5]]}), recipe, 1)
    assert score.nodes["a"] == score.nodes["b"] == 5
    assert np.isnan(score.value)
    assert score.status == Status.INSUFFICIENT
    assert score.class_index == -1


def test_a_class_begins_where_the_one_before_ends(one, cube) -> None:
    """Read in single precision, as values are stored: what is told as 5 is of the class of 5."""
    recipe = one('goalposts = [0, 10]\nfeeds = [{ measure = "t:x" }]')
    recipe = recipe.model_copy(update={"classes": load_recipe("trafficking").classes})
    values = [0, 1.99, 2, 3.49, 3.5, 4.999, 5 - 1e-12, 5, 6.49, 6.5, 10, None]
    score = score_cube(cube({"t:x": [values]}), recipe, 1)
    assert score.class_index[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, -1]


def test_the_built_in_recipe_scores_a_cell_for_which_everything_is_known(cube) -> None:
    recipe = load_recipe("trafficking")
    plain = set(recipe.feeds()) - set(recipe.kernels())
    felt = {f"{measure}@{kernel.key}" for measure, kernels in recipe.kernels().items() for kernel in kernels}
    history = [[1.0]] * 25
    score = score_cube(cube(dict.fromkeys(sorted(plain | felt), history)), recipe, 1)
    assert score.status == Status.SCORED
    assert score.coverage == 1
    assert score.low == score.value == score.high
    assert set(score.indicators) == set(recipe.indicators)
    assert not any(np.isnan(values).any() for values in score.nodes.values())


leaf = st.one_of(st.none(), st.floats(0, 1))
cells = st.lists(st.fixed_dictionaries(dict.fromkeys(GOALPOSTS, leaf)), min_size=1, max_size=4)
full_cells = st.lists(st.fixed_dictionaries(dict.fromkeys(GOALPOSTS, st.floats(0, 1))), min_size=1, max_size=4)


def world(cube, places, scale=1.0):
    """A cube of one period from shares of each goalpost."""
    return cube(
        {
            f"t:{key}": [[None if place[key] is None else place[key] * top * scale for place in places]]
            for key, top in GOALPOSTS.items()
        }
    )


@given(places=cells)
def test_low_value_high_in_order_and_all_on_the_scale(small, cube, places) -> None:
    score = score_cube(world(cube, places), small, 1)
    known = score.status < Status.INSUFFICIENT
    for values in (score.value, score.low, score.high):
        np.testing.assert_array_equal(~np.isnan(values), known)
    assert ((score.low >= 0) & (score.low <= score.value) & (score.value <= score.high) & (score.high <= 10))[
        known
    ].all()
    assert ((score.class_index >= 0) == known).all()


@given(places=cells)
def test_a_null_is_neither_the_best_nor_the_worst(small_text, cube, places) -> None:
    """Where every component with any data counts, the bounds are the scores of the two filled-in worlds."""
    text = small_text.replace("component = 0.5", "component = 0.0").replace("insufficient = 0.5", "insufficient = 0.0")
    recipe = parse_recipe(text, "x.toml")
    score = score_cube(world(cube, places), recipe, 1)
    best, worst = ({key: 1 - end if key == "y" else end for key in GOALPOSTS} for end in (0.0, 1.0))
    filled = [
        score_cube(
            world(cube, [{k: end[k] if v is None else v for k, v in place.items()} for place in places]), recipe, 1
        ).value
        for end in (best, worst)
    ]
    known = ~np.isnan(score.value)
    assert (filled[0][known] <= score.value[known] + 1e-12).all()
    assert (filled[1][known] >= score.value[known] - 1e-12).all()
    np.testing.assert_allclose(score.low[known], np.minimum(filled[0], score.value)[known], atol=1e-12)
    np.testing.assert_allclose(score.high[known], np.maximum(filled[1], score.value)[known], atol=1e-12)


@given(places=cells)
def test_what_is_missing_leaves_the_mean_of_what_is_known(small, cube, places) -> None:
    """A dimension never leaves the range of its counted components, whatever else is null."""
    score = score_cube(world(cube, places), small, 1)
    parts = np.stack([score.nodes["a1"], score.nodes["a2"]])
    known = ~np.isnan(score.nodes["a"])
    np.testing.assert_array_equal(score.nodes["a"][known], aggregate(parts, [0.6, 0.4], "scaled_geometric")[known])
    assert (score.nodes["a"][known] >= np.fmin.reduce(parts)[known]).all()
    assert (score.nodes["a"][known] <= np.fmax.reduce(parts)[known]).all()


@given(places=cells, which=st.sampled_from(sorted(GOALPOSTS)), more=st.floats(0, 1))
def test_the_index_never_falls_where_an_indicator_gets_worse(small, cube, places, which, more) -> None:
    sign = -1 if which == "y" else 1
    worse = [{k: v if v is None or k != which else v + sign * more for k, v in place.items()} for place in places]
    before, after = score_cube(world(cube, places), small, 1), score_cube(world(cube, worse), small, 1)
    known = ~np.isnan(before.value)
    for name in ("value", "low", "high"):
        assert (getattr(after, name)[known] >= getattr(before, name)[known] - 1e-12).all()


@given(places=cells, order=st.permutations(range(3)))
def test_neither_cells_nor_the_order_of_the_recipe_matter(small, small_text, cube, places, order) -> None:
    head, *blocks = small_text.split("[components.a1]")
    indicators = blocks[0][blocks[0].index("[indicators.x]") :].split("[indicators.")[1:]
    middle = blocks[0][: blocks[0].index("[indicators.x]")]
    shuffled = "".join("[indicators." + indicators[index] for index in [*order, 3])
    other = parse_recipe(head + "[components.a1]" + middle + shuffled, "x.toml")
    score = score_cube(world(cube, places), small, 1)
    again = score_cube(world(cube, places[::-1]), other, 1)
    np.testing.assert_allclose(again.value[:, ::-1], score.value, atol=1e-12)
    np.testing.assert_array_equal(again.status[:, ::-1], score.status)
    assert other.hash == small.hash


@given(places=cells, factor=st.sampled_from([0.5, 8.0, 1024.0]))
def test_units_do_not_matter(small, small_text, cube, places, factor) -> None:
    """All values and goalposts times a power of two: the same scores."""
    text = small_text
    for top in (10, 100, 4, 1):
        text = text.replace(f"goalposts = [0, {top}]", f"goalposts = [0.0, {top * factor:.6f}]")
    scaled = score_cube(world(cube, places, factor), parse_recipe(text, "x.toml"), 1)
    np.testing.assert_allclose(scaled.value, score_cube(world(cube, places), small, 1).value, atol=1e-12)


@given(places=full_cells)
def test_where_all_is_known_there_is_nothing_to_bound(small, cube, places) -> None:
    score = score_cube(world(cube, places), small, 1)
    np.testing.assert_array_equal(score.low, score.value)
    np.testing.assert_array_equal(score.high, score.value)
    assert (score.coverage == 1).all()


def test_places_are_scored_alike_in_blocks_and_alone(small) -> None:
    """More places than a block holds, some unknown: each part scored by itself gives the same bytes."""
    rng = np.random.default_rng(9)
    places = 2 * _BLOCK + 7
    values = {
        key: np.where(rng.random((1, places)) < 0.2, NAN, rng.uniform(0, top, (1, places)))
        for key, top in GOALPOSTS.items()
    }

    def scored_part(here: slice):
        found = {}
        for key, column in values.items():
            part = column[:, here]
            known = ~np.isnan(part)
            age = np.zeros(part.shape, np.float32)
            feed = np.where(known, 0, -1).astype(np.int8)
            found[key] = IndicatorValues(part, known.astype(np.float32), feed, age, feed)
        return score_indicators(found, small, found["x"].values.shape)

    whole, parts = scored_part(slice(None)), [scored_part(slice(0, 11)), scored_part(slice(11, None))]
    for name in ("value", "low", "high", "class_index", "status", "coverage"):
        joined = np.concatenate([getattr(part, name) for part in parts], axis=1)
        assert joined.tobytes() == getattr(whole, name).tobytes()
    for key, scores in whole.nodes.items():
        assert np.concatenate([part.nodes[key] for part in parts], axis=1).tobytes() == scores.tobytes()
    assert set(np.unique(whole.status)) == set(Status)


def test_the_same_cube_gives_the_same_bytes(small, cube) -> None:
    rng = np.random.default_rng(7)
    values = {f"t:{key}": rng.uniform(0, top, (3, 50)).tolist() for key, top in GOALPOSTS.items()}
    first, second = (score_cube(cube(values), small, 2) for _ in range(2))
    assert first.value.tobytes() == second.value.tobytes()
    assert all(first.nodes[key].tobytes() == second.nodes[key].tobytes() for key in first.nodes)
