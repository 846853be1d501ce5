"""Climbing: its arithmetic against numpy, and compiled as not."""

import numpy as np
import pytest
from scipy import stats

from riskmap.score import climbing, uncertainty
from riskmap.score.spread import Uncertainty
from riskmap.score.uncertainty import Evidence, drawn

LOOPS = ("mixed", "_draw_bytes", "_leaf", "_erred", "_begin", "_add", "_mean", "_log", "_exp")


def test_logarithm_and_exponential_are_numpys() -> None:
    spare = np.empty(5000, np.int32)
    values = np.geomspace(1e-30, 1e4, 5000).astype(np.float32)
    told = values.copy()
    climbing._log(told, spare)
    np.testing.assert_allclose(told, np.log(values.astype(float)), rtol=3e-7, atol=3e-7)
    values = np.linspace(-87, 87, 5000).astype(np.float32)
    told = values.copy()
    climbing._exp(told, spare)
    np.testing.assert_allclose(told, np.exp(values.astype(float)), rtol=3e-7)


def test_bytes_are_alike_likely_and_keys_do_not_follow_one_another() -> None:
    bits = np.empty((2, 50_000), np.uint32)
    for row, key in enumerate((12, 13)):
        climbing._draw_bytes(np.uint64(climbing.mixed(np.uint64(key))), bits[row])
    assert stats.chisquare(np.bincount(bits[0], minlength=256)).pvalue > 0.01
    assert abs(np.corrcoef(*bits.astype(float))[0, 1]) < 0.02
    assert abs(np.corrcoef(bits[0, :-1].astype(float), bits[0, 1:].astype(float))[0, 1]) < 0.02


@pytest.mark.parametrize("impute", [True, False])
@pytest.mark.parametrize(
    "line",
    ["goalposts = [0, 10]", "goalposts = [-10, 10]", 'goalposts = [0, 10]\ntransform = "log1p"'],
)
def test_the_climb_is_the_same_uncompiled(one, monkeypatch, line, impute) -> None:
    recipe = one(f'{line}\nfeeds = [{{ measure = "t:x" }}]')
    recipe = recipe.model_copy(update={"uncertainty": Uncertainty(draws=40, imputation=impute)})
    values, known = np.array([0, 0.5, 2, 9, 0], np.float32), np.array([True, True, True, True, False])
    evidence = Evidence(
        cells=np.arange(5, dtype=np.uint64),
        scored=known | impute,
        score={"x": np.where(known, values, np.float32(np.nan))},
        counts={"a1": known},
        value={"x": values},
        feed={"x": np.where(known, 0, -1).astype(np.int8)},
        support={"x": np.where(known, 2, 9).astype(np.int8)},
    )
    compiled = drawn(evidence, recipe)
    for name in LOOPS:
        monkeypatch.setattr(climbing, name, getattr(climbing, name).py_func)
    monkeypatch.setattr(uncertainty, "climb", climbing.climb.py_func)
    with np.errstate(over="ignore"):
        plain = drawn(evidence, recipe)
    np.testing.assert_allclose(plain, compiled, rtol=1e-5)
    assert np.isnan(plain[:, ~evidence.scored]).all()
