"""Uncertainty: nothing varied is the index itself; then each thing that is varied by itself, and the laws."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.grid import abreast
from riskmap.model.cube import Support
from riskmap.model.score import IndicatorValues
from riskmap.score import uncertainty as module
from riskmap.score.index import score_cube
from riskmap.score.parts import RiskClass
from riskmap.score.plan import leaf_order, plan_of
from riskmap.score.spread import ErrorTable, MeanTable, Uncertainty
from riskmap.score.uncertainty import Evidence, drawn, ends, evidence_of, interval, summary, uncertainty

NAN = float("nan")
TOPS = {"x": 10.0, "y": 100.0, "z": 4.0, "w": 1.0}
SURE = ErrorTable(cell=0.0, near=0.0, adm2=0.0, adm1=0.0, country=0.0)
OWN = MeanTable(component=("arithmetic",), dimension=("scaled_geometric",), index=("geometric",))
NOTHING = {"error": SURE, "kernel": 0.0, "imputation": False, "goalposts": 0.0, "weights": 0.0, "means": OWN}
CALM = settings(deadline=None)

shares = st.one_of(st.none(), st.integers(0, 1000).map(lambda one: one / 1000))
places = st.lists(st.fixed_dictionaries(dict.fromkeys(TOPS, shares)), min_size=1, max_size=5)


def told(recipe, **more):
    return recipe.model_copy(update={"uncertainty": Uncertainty(**{"draws": 40, **more})})


def world(cube, places):
    return cube(
        {
            f"t:{key}": [[None if place[key] is None else place[key] * top for place in places]]
            for key, top in TOPS.items()
        }
    )


def everywhere(measure, cube, count, support=Support.CELL, **values):
    """Cells that all have the same values."""
    told = {"x": 5.0, "y": 50.0, "z": 2.0, "w": 0.5, **values}
    return cube({f"t:{key}": measure(f"t:{key}", [[value] * count], support=support) for key, value in told.items()})


def rows(evidence: Evidence, at: np.ndarray) -> Evidence:
    """The same of some cells, in that order."""
    found = {}
    for one in fields(Evidence):
        value = getattr(evidence, one.name)
        found[one.name] = value[at] if isinstance(value, np.ndarray) else {key: part[at] for key, part in value.items()}
    return Evidence(**found)


@CALM
@given(places=places)
def test_where_nothing_is_varied_every_draw_is_the_index(small, cube, places) -> None:
    score = score_cube(world(cube, places), small, 1)
    recipe = told(small, **NOTHING)
    found = drawn(evidence_of(score, small), recipe)
    np.testing.assert_allclose(found, np.broadcast_to(score.value, found.shape), rtol=1e-5, atol=1e-4)
    sure = uncertainty(evidence_of(score, small), recipe)
    for one in (sure.mean, sure.q05, sure.q95):
        np.testing.assert_allclose(one, score.value[0], rtol=1e-5, atol=1e-4)


@CALM
@given(places=places)
def test_a_cell_without_a_score_has_no_interval_and_the_others_have_one(small, cube, places) -> None:
    score = score_cube(world(cube, places), small, 1)
    found = uncertainty(evidence_of(score, small), told(small))
    for one in (found.mean, found.q05, found.q95, found.high, *found.classes):
        np.testing.assert_array_equal(np.isnan(one), np.isnan(score.value[0]))
    known = ~np.isnan(found.mean)
    assert (found.q05 <= found.mean)[known].all()
    assert (found.mean <= found.q95)[known].all()
    assert (found.q05[known] >= 0).all()
    assert (found.q95[known] <= 10).all()
    np.testing.assert_allclose(found.classes.sum(axis=0)[known], 1)
    np.testing.assert_array_equal(found.classes[1], found.high)


@CALM
@given(places=places)
def test_what_is_missing_alone_stays_within_its_bounds(small, cube, places) -> None:
    """`low` and `high` are all that the missing could do; any draw of it lies between."""
    score = score_cube(world(cube, places), small, 1)
    known = ~np.isnan(score.value[0])
    found = drawn(evidence_of(score, small), told(small, **NOTHING | {"imputation": True}))[:, known]
    assert (found >= score.low[0, known] - 1e-4).all()
    assert (found <= score.high[0, known] + 1e-4).all()


def test_one_draw_is_the_index_of_its_own_recipe(small, cube) -> None:
    """Weights, goalposts and means of each draw, put into a recipe, give what the draw gives."""
    means = MeanTable(component=("arithmetic", "scaled_geometric"), index=("geometric", "arithmetic"))
    means = means.model_copy(update={"dimension": ("scaled_geometric", "arithmetic")})
    recipe = told(small, **NOTHING | {"weights": 0.25, "goalposts": 0.1, "means": means})
    cells = world(cube, [{"x": 0.3, "y": 0.9, "z": 0.5, "w": 0.4}, {"x": 0.05, "y": 0.2, "z": 1.0, "w": 0.97}])
    found = drawn(evidence_of(score_cube(cells, small, 1), small), recipe)
    plan = plan_of(recipe, np.zeros((4, 256)), 40)
    for draw in range(40):
        np.testing.assert_allclose(
            found[draw], score_cube(cells, _drawn_recipe(small, plan, draw), 1).value[0], atol=1e-3
        )


def _drawn_recipe(recipe, plan, draw):
    """The recipe as one draw has it."""
    indicators = {}
    for leaf, key in enumerate(leaf_order(recipe)):
        ends = sorted((share - plan.start[leaf, 0, draw]) / plan.slope[leaf, 0, draw] for share in (0.0, 1.0))
        change = {"weight": float(plan.leaf_weights[leaf, draw]), "goalposts": (float(ends[0]), float(ends[1]))}
        indicators[key] = recipe.indicators[key].model_copy(update=change)
    components = {
        key: one.model_copy(update={"weight": float(plan.component_weights[place, draw])})
        for place, (key, one) in enumerate(recipe.components.items())
    }
    dimensions = {
        key: one.model_copy(update={"weight": float(plan.dimension_weights[place, draw])})
        for place, (key, one) in enumerate(recipe.dimensions.items())
    }
    names = ("arithmetic", "scaled_geometric", "geometric")
    levels = {level: names[plan.means[row, draw]] for row, level in enumerate(("component", "dimension", "index"))}
    change = {"indicators": indicators, "components": components, "dimensions": dimensions}
    return recipe.model_copy(update=change | {"aggregation": recipe.aggregation.model_copy(update=levels)})


def test_the_geometric_mean_of_another_level_is_not_undone_by_a_zero(small, cube) -> None:
    """x at 0 and y at 10, on a scale of 1 to 10: the root of 1 · 10, brought back to 0 to 10."""
    lifted = OWN.model_copy(update={"component": ("geometric",)})
    score = score_cube(world(cube, [{"x": 0.0, "y": 0.0, "z": 0.5, "w": 0.5}]), small, 1)
    found = drawn(evidence_of(score, small), told(small, **NOTHING | {"means": lifted}))
    a1 = (10**0.5 - 1) / 0.9
    a = (10 - (10 - 0.9 * a1) ** 0.6 * 5.5**0.4) / 0.9
    assert found == pytest.approx(np.full((40, 1), (a * 5) ** 0.5), abs=1e-4)


def test_what_is_missing_is_one_of_the_values_known_in_the_period(small, cube) -> None:
    """x is 2 in one cell and 8 in three: the fifth has 8 in three draws of four."""
    cells = [{"x": x, "y": 0.5, "z": 0.5, "w": 0.5} for x in (0.2, 0.8, 0.8, 0.8, None)]
    recipe = told(small, **NOTHING | {"imputation": True, "draws": 2000})
    found = drawn(evidence_of(score_cube(world(cube, cells), small, 1), small), recipe)
    is_low, is_high = (np.abs(found[:, 4] - found[:, place]) < 1e-4 for place in (0, 1))
    assert (is_low | is_high).all()
    assert is_high.mean() == pytest.approx(0.75, abs=0.03)


def test_what_nobody_knows_may_be_anything(small_text, cube) -> None:
    """Half of a component's weight is never known: with plain means the index spreads evenly over a quarter of 2.5."""
    from riskmap.score.recipe import parse_recipe

    plain = MeanTable(component=("arithmetic",), dimension=("arithmetic",), index=("arithmetic",))
    recipe = told(parse_recipe(small_text, "x.toml"), **NOTHING | {"imputation": True, "means": plain, "draws": 4000})
    cells = cube({"t:x": [[0.0]], "t:z": [[0.0]], "t:w": [[0.0]]})
    found = drawn(evidence_of(score_cube(cells, recipe, 1), recipe), recipe)[:, 0]
    assert np.quantile(found, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0, 0.375, 0.75, 1.125, 1.5], abs=0.05)


def test_an_error_is_a_factor_with_the_spread_of_the_support(one, measure, cube) -> None:
    recipe = one('goalposts = [0, 100]\nfeeds = [{ measure = "t:x" }]')
    for support, error in Uncertainty().errors().items():
        cells = cube({"t:x": measure("t:x", [[10.0] * 500], support=support)})
        varied = told(recipe, **NOTHING | {"error": ErrorTable(), "draws": 100})
        found = drawn(evidence_of(score_cube(cells, recipe, 1), recipe), varied)
        assert np.log(found).std() == pytest.approx(error, rel=0.15 if support == Support.COUNTRY else 0.02)
        assert np.median(found) == pytest.approx(1.0, rel=0.1)


def test_an_observed_zero_stays_zero_and_a_value_without_a_true_zero_moves(one, measure, cube) -> None:
    for posts, moved in (("[0, 10]", False), ("[-10, 10]", True)):
        recipe = one(f'goalposts = {posts}\nfeeds = [{{ measure = "t:x" }}]')
        cells = cube({"t:x": measure("t:x", [[0.0] * 400])})
        varied = told(recipe, **NOTHING | {"error": ErrorTable(), "draws": 100})
        found = drawn(evidence_of(score_cube(cells, recipe, 1), recipe), varied)
        assert found.std() == pytest.approx(0.5 if moved else 0.0, rel=0.05)


def test_what_is_seen_through_a_kernel_is_less_sure(one, measure, cube) -> None:
    line = 'goalposts = [0, 100]\nfeeds = [{ measure = "t:x" }]\nkernel = { shape = "exponential", length_km = 25, half_life_days = 90 }'
    recipe = one(line)
    name = f"t:x@{recipe.kernels()['t:x'][0].key}"
    score = score_cube(cube({name: measure(name, [[10.0] * 400])}), recipe, 1)
    varied = told(recipe, **NOTHING | {"error": ErrorTable(), "kernel": 0.3, "draws": 100})
    assert np.log(drawn(evidence_of(score, recipe), varied)).std() == pytest.approx(np.hypot(0.1, 0.3), rel=0.02)


def test_the_error_of_a_kernel_is_of_nothing_that_is_seen_without_one(small, measure, cube) -> None:
    evidence = evidence_of(score_cube(random_world(measure, cube, 10), small, 1), small)
    found = drawn(evidence, told(small, kernel=0.0))
    np.testing.assert_array_equal(drawn(evidence, told(small, kernel=2.0)), found)


def test_cells_share_the_error_of_a_value_of_their_country_and_of_a_place_that_is_named(small, measure, cube) -> None:
    recipe = told(small, **NOTHING | {"error": ErrorTable()})
    national, district = (
        evidence_of(score_cube(everywhere(measure, cube, 4, support), small, 1), small)
        for support in (Support.COUNTRY, Support.ADM2)
    )
    found = drawn(national, recipe)
    np.testing.assert_array_equal(found, np.tile(found[:, :1], 4))
    found = drawn(district, recipe, origins={Support.ADM2: np.array([1, 1, 2, 2], np.uint64)})
    np.testing.assert_array_equal(found[:, [0, 2]], found[:, [1, 3]])
    assert (found[:, 0] != found[:, 2]).any()
    assert (np.diff(drawn(district, recipe), axis=1) != 0).any(axis=0).all()


def random_world(measure, cube, count, seed=3, missing=0.2):
    rng = np.random.default_rng(seed)
    made = {}
    for key, top in TOPS.items():
        values = np.where(rng.random((1, count)) < missing, NAN, rng.uniform(0, top, (1, count)))
        made[f"t:{key}"] = measure(f"t:{key}", values.tolist(), support=rng.choice([0, 1, 2, 3, 4], (1, count)))
    return cube(made)


@CALM
@given(order=st.permutations(range(30)))
def test_the_order_of_the_cells_does_not_matter(small, measure, cube, order) -> None:
    evidence = evidence_of(score_cube(random_world(measure, cube, 30), small, 1), small)
    found, again = drawn(evidence, told(small)), drawn(rows(evidence, np.array(order)), told(small))
    assert again.tobytes("F") == found[:, order].tobytes("F")


def test_neither_threads_nor_how_cells_are_cut_matter(small, measure, cube, monkeypatch) -> None:
    evidence = evidence_of(score_cube(random_world(measure, cube, 90), small, 1), small)
    whole, alone = uncertainty(evidence, told(small)), drawn(evidence, told(small))
    monkeypatch.setattr(module, "_BLOCK", 7)
    for threads in (1, 3):
        monkeypatch.setattr(abreast, "THREADS", threads)
        again = uncertainty(evidence, told(small))
        for one in fields(whole):
            np.testing.assert_array_equal(getattr(again, one.name), getattr(whole, one.name))
        np.testing.assert_array_equal(drawn(evidence, told(small)), alone)


def test_a_part_of_the_cells_gives_its_part(small, measure, cube) -> None:
    """What is missing hangs on what others know; without that, a cell is drawn alike in whatever company."""
    recipe = told(small, imputation=False)
    evidence = evidence_of(score_cube(random_world(measure, cube, 40), small, 1), small)
    part = np.array([3, 17, 18, 31])
    np.testing.assert_array_equal(drawn(rows(evidence, part), recipe), drawn(evidence, recipe)[:, part])


def test_draws_of_fewer_are_the_first_of_more_and_of_their_seed(small, measure, cube) -> None:
    evidence = evidence_of(score_cube(random_world(measure, cube, 10), small, 1), small)
    found = drawn(evidence, told(small), 60)
    np.testing.assert_array_equal(found[:25], drawn(evidence, told(small), 25))
    other = drawn(evidence, told(small, seed=2), 60)
    known = ~np.isnan(found[0])
    assert (found[:, known] != other[:, known]).any(axis=0).all()


@CALM
@given(places=st.lists(st.fixed_dictionaries(dict.fromkeys(TOPS, shares)), min_size=1, max_size=4), data=st.data())
def test_a_worse_indicator_never_lowers_an_interval(small, cube, places, data) -> None:
    """To the last digits of single precision."""
    key = data.draw(st.sampled_from(sorted(TOPS)))
    at = data.draw(st.integers(0, len(places) - 1))
    if places[at][key] is None:
        places[at][key] = 0.5
    share = data.draw(st.integers(0, 1000)) / 1000
    before = places[at][key]
    worse = min(before, share) if key == "y" else max(before, share)
    changed = [*places[:at], {**places[at], key: worse}, *places[at + 1 :]]
    found, more = (
        uncertainty(evidence_of(score_cube(world(cube, one), small, 1), small), told(small))
        for one in (places, changed)
    )
    known = ~np.isnan(found.mean)
    for end in ("q05", "mean", "q95", "high"):
        assert (getattr(more, end)[known] >= getattr(found, end)[known] - 2e-5).all()


@pytest.mark.parametrize("draws", [40, 128])
def test_nine_of_ten_intervals_hold_the_truth(small, draws) -> None:
    """Values observed with the stated errors, of cells whose true index is known."""
    rng, count = np.random.default_rng(11), 20_000
    plain = MeanTable(component=("arithmetic",), dimension=("scaled_geometric",), index=("geometric",))
    recipe = told(small, **NOTHING | {"error": ErrorTable(), "means": plain, "draws": draws})
    errors = Uncertainty().errors()
    truth, seen, support = {}, {}, {}
    for key, top in TOPS.items():
        codes = rng.choice([Support.CELL, Support.NEAR, Support.ADM2], count)
        spread = np.array([errors[code] for code in codes])
        truth[key] = top * np.exp(rng.uniform(np.log(0.05), np.log(0.4), count))
        seen[key], support[key] = truth[key] * np.exp(spread * rng.standard_normal(count)), codes.astype(np.int8)
    found = uncertainty(_evidence(small, seen, support), recipe)
    latent = drawn(_evidence(small, truth, support), told(small, **NOTHING), 20)[0]
    covered = np.mean((found.q05 <= latent) & (latent <= found.q95))
    assert 0.88 <= covered <= 0.92


def _evidence(recipe, values, support) -> Evidence:
    count = len(next(iter(values.values())))
    known = np.ones(count, dtype=bool)
    return Evidence(
        cells=np.arange(count, dtype=np.uint64) + 1,
        scored=known,
        score={key: np.zeros(count, np.float32) for key in values},
        counts=dict.fromkeys(recipe.components, known),
        value={key: one.astype(np.float32) for key, one in values.items()},
        feed=dict.fromkeys(values, np.zeros(count, np.int8)),
        support=support,
    )


def test_summaries_of_draws_by_hand() -> None:
    """Nineteen draws 1 to 19: the ends lie at the 1st and the 19th, so that one more lies between nine times in ten."""
    draws = np.stack([np.arange(1, 20), np.full(19, NAN), np.full(19, 4.0)], axis=1)
    found = interval(draws)
    np.testing.assert_array_equal(found.mean, [10, NAN, 4])
    np.testing.assert_array_equal(found.q05, [1, NAN, 4])
    np.testing.assert_array_equal(found.q95, [19, NAN, 4])


@pytest.mark.parametrize("count", [12, 20, 30, 75])
def test_ends_are_quantiles_of_definition_six(count) -> None:
    draws = np.random.default_rng(2).uniform(0, 10, (count, 30)).astype(np.float32)
    found = interval(draws)
    for end, share in ((found.q05, 0.05), (found.q95, 0.95)):
        np.testing.assert_allclose(end, np.quantile(draws.astype(float), share, axis=0, method="weibull"), rtol=1e-6)


def test_an_interval_reaches_up_to_its_mean_and_down_to_it(small) -> None:
    draws = np.array([[0.0, 10.0]] * 39 + [[10.0, 0.0]])
    for found in (interval(draws), summary(draws, small)):
        assert found.q05.tolist() == [0, 9.75]
        assert found.mean.tolist() == [0.25, 9.75]
        assert found.q95.tolist() == [0.25, 10]


def test_a_summary_is_the_interval_of_the_same_draws_however_they_are_cut(small, monkeypatch) -> None:
    draws = np.random.default_rng(6).uniform(0, 10, (60, 20))
    found = interval(draws)
    monkeypatch.setattr(module, "_BLOCK", 7)
    again = summary(draws, small)
    for end in ("mean", "q05", "q95"):
        np.testing.assert_array_equal(getattr(again, end), getattr(found, end))


def test_ends_alone_do_not_reach_up_to_the_mean() -> None:
    """Of 39 zeros and one 10, the upper end lies between the 38th and the 39th."""
    low, high = ends(np.array([[0.0, 2.0, NAN]] * 39 + [[10.0, 2.0, NAN]]))
    np.testing.assert_array_equal(low, [0, 2, NAN])
    np.testing.assert_array_equal(high, [0, 2, NAN])


def test_a_score_on_an_edge_is_in_the_class_above_it(small) -> None:
    """In single precision, in which 3.3 lies below itself and 6.3 above; the two last classes count as high."""
    steps = (("low", 3.3), ("medium", 6.3), ("high", 8.0), ("extreme", None))
    recipe = small.model_copy(update={"classes": tuple(RiskClass(name=name, below=below) for name, below in steps)})
    scores = np.repeat([1.0, 3.3, 6.3, 9.0], [2, 4, 6, 8])
    found = summary(np.stack([scores, np.full(20, NAN), np.full(20, 8.0)], axis=1), recipe)
    np.testing.assert_array_equal(found.classes, [[0.1, NAN, 0], [0.2, NAN, 0], [0.3, NAN, 0], [0.4, NAN, 1]])
    np.testing.assert_allclose(found.high, [0.7, NAN, 1])


def test_summaries_are_the_same_uncompiled(small, monkeypatch) -> None:
    draws = np.random.default_rng(5).uniform(0, 10, (30, 6))
    draws[:, 2] = NAN
    compiled = summary(draws, small)
    for name in ("_summarise", "_quantile"):
        monkeypatch.setattr(module, name, getattr(module, name).py_func)
    plain = summary(draws, small)
    for one in fields(plain):
        np.testing.assert_array_equal(getattr(plain, one.name), getattr(compiled, one.name))
    assert (compiled.high == compiled.classes[1])[[0, 1, 3, 4, 5]].all()


def test_an_indicator_that_no_feed_reached_is_missing(small, cube) -> None:
    score = score_cube(cube({"t:x": [[4.0]], "t:z": [[2.0]], "t:w": [[0.5]]}), small, 1)
    evidence = evidence_of(score, small)
    assert "y" not in evidence.value
    assert drawn(evidence, told(small, **NOTHING | {"imputation": True})).std() > 0


def test_a_known_indicator_of_a_component_that_does_not_count_moves_nothing(small, cube) -> None:
    score = score_cube(world(cube, [{"x": 0.1, "y": None, "z": 0.5, "w": 0.5}]), small, 1)
    evidence = evidence_of(score, small)
    short = replace(evidence, counts={**evidence.counts, "a1": np.zeros(1, bool)})
    assert drawn(short, told(small, **NOTHING)) == pytest.approx(np.full((40, 1), 5.0), abs=1e-4)


def test_evidence_is_of_one_period(small, cube) -> None:
    score = score_cube(cube({"t:x": [[1.0], [2.0]], "t:z": [[1.0], [2.0]], "t:w": [[0.5], [0.25]]}), small, 2)
    assert evidence_of(score, small, 0).value["x"].tolist() == [1.0]
    assert evidence_of(score, small).value["x"].tolist() == [2.0]
    assert isinstance(score.indicators["x"], IndicatorValues)


def test_evidence_and_draws_are_in_single_precision(small, cube) -> None:
    evidence = evidence_of(score_cube(world(cube, [dict.fromkeys(TOPS, 0.3)]), small, 1), small)
    assert {one.dtype for one in (*evidence.score.values(), *evidence.value.values())} == {np.dtype(np.float32)}
    assert drawn(evidence, told(small)).dtype == np.float32
