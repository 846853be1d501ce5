"""Agreement: tau-b against scipy, by hand, and the variants of the trafficking index against it."""

import numpy as np
import pytest
from scipy import stats

from riskmap.errors import RecipeError
from riskmap.model.score import IndicatorValues
from riskmap.score.agreement import rank_agreement, variant_agreement
from riskmap.score.recipe import load_recipe, variants_of

VARIANTS = ("trafficking_equal", "trafficking_gsi_like", "trafficking_pca")


def known(values) -> IndicatorValues:
    """An indicator known everywhere from its first feed."""
    shape = values.shape
    return IndicatorValues(
        values,
        np.ones(shape, np.float32),
        np.zeros(shape, np.int8),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.int8),
    )


@pytest.fixture(scope="module")
def indicators():
    """Random values between the goalposts of every indicator."""
    rng = np.random.default_rng(4)
    return {
        key: known(rng.uniform(*(part.goalposts if part.transform == "none" else (0, 12)), (2, 40)))
        for key, part in load_recipe("trafficking").indicators.items()
    }


def test_by_hand() -> None:
    """Of three pairs one is turned: (2 - 1) / 3; the unknown are left out."""
    scores = {"a": np.array([1.0, 2, 3, np.nan]), "b": np.array([2.0, 1, 3, 9]), "c": np.array([-1.0, -2, -3, 5])}
    found = rank_agreement(scores, "a")
    assert list(found) == ["b", "c"]
    assert found["b"].tau == pytest.approx(1 / 3)
    assert found["c"].tau == pytest.approx(-1)
    assert found["b"].places == 3


def test_ties_are_those_of_scipy() -> None:
    one, other = np.random.default_rng(1).integers(0, 5, (2, 50)).astype(float)
    assert rank_agreement({"a": one, "b": other}, "a")["b"].tau == pytest.approx(stats.kendalltau(other, one).statistic)


@pytest.mark.parametrize("values", [[np.nan, np.nan, 1.0], [2.0, 2, 2]])
def test_without_an_order_there_is_no_agreement(values) -> None:
    assert np.isnan(rank_agreement({"a": np.array([1.0, 2, 3]), "b": np.array(values)}, "a")["b"].tau)


def test_names_that_are_not_there() -> None:
    with pytest.raises(RecipeError, match="no scores of 'q' to hold others against; there are a"):
        rank_agreement({"a": np.ones(2)}, "q")


def test_variants_rank_much_as_the_default_does(indicators) -> None:
    variants = {name: load_recipe(name) for name in VARIANTS}
    found = variant_agreement(indicators, load_recipe("trafficking"), variants, (2, 40))
    assert list(found) == list(VARIANTS)
    assert all(0.5 < agreement.tau < 1 and agreement.places == 80 for agreement in found.values())
    itself = variant_agreement(indicators, variants["trafficking_pca"], {"same": variants["trafficking_pca"]}, (2, 40))
    assert itself["same"].tau == pytest.approx(1)


def test_a_variant_with_other_feeds_is_refused(indicators, small) -> None:
    with pytest.raises(RecipeError, match="other has other indicators or feeds than trafficking"):
        variant_agreement(indicators, load_recipe("trafficking"), {"other": small}, (2, 40))


def test_variants_differ_in_what_they_say_they_do() -> None:
    default, equal, plain, pca = (load_recipe(name) for name in ("trafficking", *VARIANTS))
    assert equal.aggregation == default.aggregation
    means = plain.aggregation
    assert {means.component, means.dimension, means.index} == {"arithmetic"}
    assert pca.components == default.components
    assert {key: part.goalposts for key, part in pca.indicators.items()} == {
        key: part.goalposts for key, part in default.indicators.items()
    }
    weights = plain.effective_weights()
    assert weights["conflict_exposure"] == pytest.approx(1 / 3 / 8)
    assert weights["rule_of_law"] == pytest.approx(1 / 3 / 9)
    assert equal.effective_weights()["police"] == pytest.approx(1 / 27)


def test_variants_are_those_of_a_recipe_as_it_comes() -> None:
    default = load_recipe("trafficking")
    assert list(variants_of(default)) == ["trafficking_equal", "trafficking_gsi_like", "trafficking_pca"]
    assert variants_of(default.model_copy(update={"version": "mine"})) == {}
    assert variants_of(default.model_copy(update={"name": "mine"})) == {}
