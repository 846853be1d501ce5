"""Composing: a world of six units by hand through every step, then what holds for any table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from riskmap.errors import InputError, RecipeError
from riskmap.score.composite import Around, compose
from riskmap.score.framework import parse_composite
from riskmap.score.missing import Filling

NAN = np.nan
HEAD = """
kind = "composite"
name = "small"
title = "Three indicators"
version = "1"
"""
TREE = """
[nodes.top]
label = "Top"
[nodes.a]
label = "A"
parent = "top"
weight = 3
[indicators.x]
parent = "a"
label = "X"
[indicators.y]
parent = "a"
label = "Y"
direction = "-"
[indicators.z]
parent = "top"
label = "Z"
"""
IDS = ["u1", "u2", "u3", "u4", "u5", "u6"]
TABLE = {
    "x": [0.0, 10, 20, 30, 40, 50],
    "y": [0.0, 1, 2, 3, 4, 4],
    "z": [1.0, 2, NAN, 2, 3, 3],
    "people": [10.0, 10, 10, 10, 20, 0],
    "region": ["n", "n", "n", "s", "s", ""],
}


def composed(head="", tree=TREE, around=None, **columns):
    recipe = parse_composite(HEAD + head + tree, "small.toml")
    return compose({**TABLE, **columns}, IDS, recipe, around)


def test_every_step_by_hand() -> None:
    """X of 0..50 and Y of 4..0 to 0..100; A their mean; Top = (3 A + Z) / 4, of A alone where Z is missing."""
    found = composed()
    np.testing.assert_allclose(found.normalised["x"], [0, 20, 40, 60, 80, 100])
    np.testing.assert_allclose(found.normalised["y"], [100, 75, 50, 25, 0, 0])
    np.testing.assert_allclose(found.normalised["z"], [0, 50, NAN, 50, 100, 100])
    np.testing.assert_allclose(found.nodes["a"], [50, 47.5, 45, 42.5, 40, 50])
    np.testing.assert_allclose(found.index, [37.5, 48.125, 45, 44.375, 55, 62.5])
    np.testing.assert_array_equal(found.ranks, [6, 3, 4, 5, 2, 1])
    assert found.included.all()
    assert found.notes == ()
    assert found.ids.tolist() == IDS
    assert found.filled["z"].tolist() == [0, 0, Filling.MISSING, 0, 0, 0]
    assert found.class_index.tolist() == [-1] * 6
    assert found.tree.effective_weights() == pytest.approx({"x": 0.375, "y": 0.375, "z": 0.25, "a": 0.75, "top": 1})


def test_denominators() -> None:
    tree = TREE.replace('label = "X"', 'label = "X"\ndenominate = { by = "people", factor = 100 }')
    np.testing.assert_allclose(composed(tree=tree).denominated["x"], [0, 100, 200, 300, 200, NAN])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ('{ method = "mean" }', 2.2),
        ('{ method = "median" }', 2),
        ('{ method = "mean", group = "region" }', 1.5),
        ('{ method = "median", group = "region" }', 1.5),
        ('{ method = "neighbours" }', 3),
        ('{ method = "parent" }', 7),
    ],
)
def test_each_way_to_fill(how, expected) -> None:
    weights = np.zeros((6, 6))
    weights[2, 4] = 1
    around = Around(sparse.csr_matrix(weights), np.zeros(6, dtype=np.int64), dict.fromkeys("xyz", np.array([7.0])))
    found = composed(f"missing = {how}\n", around=around)
    assert found.imputed["z"][2] == pytest.approx(expected)
    assert found.filled["z"][2] > Filling.MISSING
    assert np.isnan(found.denominated["z"][2])


def test_an_indicator_may_go_its_own_way() -> None:
    tree = TREE.replace(
        'label = "Z"', 'label = "Z"\ncolumn = "w"\nmissing = { method = "mean" }\nnormalise = { method = "rank" }'
    )
    found = composed('missing = { method = "none" }\n', tree, w=[1.0, 2, NAN, 2, 3, 2])
    assert found.nodes["z"].tolist() == [1, 2, 2, 2, 6, 2]
    assert found.normalised["x"].tolist() == [0, 20, 40, 60, 80, 100]


def test_units_without_enough_data_are_left_out_of_everything_that_follows() -> None:
    """U6 has one value of three; without it X ends at 40."""
    columns = {"y": [0.0, 1, 2, 3, 4, NAN], "z": [1.0, 2, NAN, 2, 3, NAN]}
    found = composed("screen = { least = 0.6 }\n", **columns)
    assert found.included.tolist() == [True] * 5 + [False]
    np.testing.assert_allclose(found.normalised["x"], [0, 25, 50, 75, 100, NAN])
    assert np.isnan(found.index[5])
    assert np.isnan(found.ranks[5])
    filled = composed('screen = { least = 0.6, on = "imputed" }\nmissing = { method = "mean" }\n', **columns)
    assert filled.included.all()


def test_outliers_are_treated_before_scaling() -> None:
    values = [1.0, 2, 3, 4, 5, 1000]
    cut = composed('outliers = { method = "winsorise", then = "none", most = 1 }\n', x=values)
    assert cut.treated["x"].values.tolist() == [1, 2, 3, 4, 5, 5]
    assert cut.treated["x"].treatment == "winsorised"
    assert cut.normalised["x"].tolist() == [0, 25, 50, 75, 100, 100]
    assert composed(x=values).treated["x"].before == pytest.approx(
        (stats.skew(values, bias=False), stats.kurtosis(values, bias=False))
    )


def test_logarithms_go_with_goalposts_told_before_them() -> None:
    tree = TREE.replace('label = "X"', 'label = "X"\nnormalise = { method = "goalposts", goalposts = [0, 99] }')
    found = composed('outliers = { method = "log1p" }\n', tree, x=[0.0, 9, 99, 999, NAN, 0])
    np.testing.assert_allclose(found.normalised["x"], [0, 50, 100, 100, NAN, 0])
    assert found.treated["x"].treatment == "log"
    np.testing.assert_allclose(composed('outliers = { method = "ln" }\n').treated["x"].values[:2], [0, np.log(10)])


def test_the_reference_is_a_unit_by_its_id() -> None:
    found = composed('normalise = { method = "distance_to_reference", reference = "u3", cap = false }\n')
    np.testing.assert_allclose(found.normalised["x"], [0, 0.5, 1, 1.5, 2, 2.5])
    assert found.notes == ("z: the reference unit has no value, or the smallest one",)
    with pytest.raises(InputError, match="field 'x': there is no unit 'u9', which is the reference"):
        composed('normalise = { method = "distance_to_reference", reference = "u9" }\n')


def test_what_has_no_range_is_unknown_and_told() -> None:
    found = composed(z=[2.0] * 6)
    assert np.isnan(found.normalised["z"]).all()
    assert found.notes == ("z: all known values are equal, so they have no range",)
    np.testing.assert_array_equal(found.index, found.nodes["a"])


def test_levels_are_rounded_and_classed() -> None:
    classes = '[[classes]]\nname = "low"\nbelow = 45.0\n[[classes]]\nname = "high"\n'
    found = composed("decimals = 0\n" + classes)
    assert found.nodes["a"].tolist() == [50, 48, 45, 43, 40, 50]
    assert found.index.tolist() == [38, 49, 45, 45, 55, 63]
    assert found.class_index.tolist() == [0, 1, 1, 1, 1, 1]
    own = composed("decimals = 0\n", TREE.replace('label = "A"', 'label = "A"\ndecimals = 3'))
    assert own.nodes["a"].tolist() == [50, 47.5, 45, 42.5, 40, 50]


@pytest.mark.parametrize("way", ["equal", "pca", "factor", "entropy", "balanced"])
def test_weights_may_come_from_the_data(way) -> None:
    rng = np.random.default_rng(2)
    columns = {"x": rng.uniform(1, 9, 6), "z": rng.uniform(1, 9, 6)}
    columns["y"] = 10 - columns["x"] - rng.uniform(0, 1, 6)
    found = composed(tree=TREE.replace('label = "A"', f'label = "A"\nweights = "{way}"'), **columns)
    weights = found.tree.node("a").weights
    assert len(weights) == 2
    assert all(weight > 0 for weight in weights)
    expected = np.average([found.nodes["x"], found.nodes["y"]], axis=0, weights=weights)
    np.testing.assert_allclose(found.nodes["a"], expected)
    assert found.tree.node("top").weights == (1, 3)
    if way in ("equal", "pca"):
        assert weights[0] == pytest.approx(weights[1])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [1, 2]}, r"the table, field 'x': has shape \(2,\); there are 6 units"),
        ({"x": list("abcdef")}, "the table, field 'x': is not a column of numbers"),
    ],
)
def test_a_table_that_does_not_fit_names_the_column(columns, message) -> None:
    with pytest.raises(InputError, match=message):
        composed(**columns)


def test_what_is_not_there_is_named() -> None:
    recipe = parse_composite(HEAD + TREE, "small.toml")
    with pytest.raises(InputError, match="field 'y': there is no such column"):
        compose({"x": TABLE["x"]}, IDS, recipe)
    for how in ("neighbours", "parent"):
        with pytest.raises(InputError, match=f"field 'x': is filled from {how[:6]}.*and none were given"):
            composed(f'missing = {{ method = "{how}" }}\n')
    with pytest.raises(RecipeError, match="tree, node 'a': a geometric mean takes values of 0 or more, not -"):
        composed(
            'normalise = { method = "z_score" }\n', TREE.replace('label = "A"', 'label = "A"\nmethod = "geometric"')
        )


tables = st.lists(st.one_of(st.integers(0, 9).map(float), st.just(NAN)), min_size=6, max_size=6)
STEPS = 'missing = { method = "mean" }\noutliers = { method = "winsorise" }\n'


@given(x=tables, y=tables, z=tables, order=st.permutations(range(6)))
def test_the_order_of_units_does_not_matter(x, y, z, order) -> None:
    recipe = parse_composite(HEAD + STEPS + TREE, "small.toml")
    order = list(order)
    table = {key: np.array(values) for key, values in {"x": x, "y": y, "z": z}.items()}
    found = compose(table, IDS, recipe)
    again = compose({key: values[order] for key, values in table.items()}, np.array(IDS)[order], recipe)
    np.testing.assert_allclose(again.index, found.index[order], atol=1e-9)


@given(x=tables, y=tables, z=tables)
def test_scores_stay_on_their_scale_and_are_there_where_anything_is_known(x, y, z) -> None:
    found = composed(x=x, y=y, z=z)
    for values in found.nodes.values():
        assert np.nanmin(values, initial=0) >= 0
        assert np.nanmax(values, initial=100) <= 100
    known = ~np.isnan([found.normalised[key] for key in "xyz"]).all(axis=0)
    np.testing.assert_array_equal(~np.isnan(found.index), known)


def test_main_effects_are_told_beside_effective_weights() -> None:
    found = composed()
    effects = found.main_effects()
    assert set(effects) == set(found.tree.effective_weights())
    assert effects["top"] == pytest.approx(1, abs=1e-3)
    assert np.isnan(effects["z"])  # three different values tell nothing


def test_the_same_table_gives_the_same_bytes() -> None:
    assert composed(STEPS).index.tobytes() == composed(STEPS).index.tobytes()
