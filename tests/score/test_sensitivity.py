"""Sensitivity: against known functions, an independent library, and by hand."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import QueryError
from riskmap.score.sensitivity import (
    Discrete,
    Normal,
    Uniform,
    one_at_a_time,
    saltelli,
    sensitivity,
    variance_shares,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from SALib.analyze import sobol as salib
    from SALib.test_functions import Ishigami

ANGLE = Uniform(-math.pi, math.pi)
ISHIGAMI = {"x1": ANGLE, "x2": ANGLE, "x3": ANGLE}


def ishigami(rows):
    return Ishigami.evaluate(rows)


def analytic():
    """Shares of sin x1 + 7 sin² x2 + 0.1 x3⁴ sin x1, by integration (Saltelli et al. 2008)."""
    a, b, pi = 7.0, 0.1, math.pi
    v1, v2 = (1 + b * pi**4 / 5) ** 2 / 2, a**2 / 8
    v13 = b**2 * pi**8 * 8 / 225
    whole = v1 + v2 + v13
    return {"x1": (v1 / whole, (v1 + v13) / whole), "x2": (v2 / whole, v2 / whole), "x3": (0.0, v13 / whole)}


def test_a_known_function_gets_its_known_shares() -> None:
    found = sensitivity(ishigami, ISHIGAMI, 4096, seed=1)
    for name, (first, total) in analytic().items():
        assert found[name].first == pytest.approx(first, abs=0.015)
        assert found[name].total == pytest.approx(total, abs=0.015)
        assert found[name].first_low <= first <= found[name].first_high
        assert found[name].total_low <= total <= found[name].total_high


def test_another_library_finds_the_same_in_the_same_answers() -> None:
    """It interleaves the rows and standardises all answers first; answers standardised so are left as they are."""
    design = saltelli(ISHIGAMI, 256, seed=2)
    stacked = np.vstack([design.a[None], design.mixed, design.b[None]])
    answers = ishigami(stacked.reshape(-1, 3)).reshape(5, 256)
    answers = (answers - answers.mean()) / answers.std()
    problem = {"num_vars": 3, "names": list(ISHIGAMI), "bounds": [[-math.pi, math.pi]] * 3}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = salib.analyze(problem, answers.T.ravel(), calc_second_order=False, num_resamples=10, seed=1)
    ours = variance_shares(answers[0], answers[-1], answers[1:-1], seed=1)
    np.testing.assert_allclose([one.first for one in ours], theirs["S1"], atol=1e-12)
    np.testing.assert_allclose([one.total for one in ours], theirs["ST"], atol=1e-12)


def test_a_group_accounts_for_all_its_members_do_together() -> None:
    """x1 and x3 work only with one another and with nothing else: alone and in total the same."""
    pair = {"x1": "pair", "x2": "x2", "x3": "pair"}
    found = sensitivity(ishigami, ISHIGAMI, 4096, seed=3, groups=pair)
    known = analytic()
    assert list(found) == ["pair", "x2"]
    assert found["pair"].first == pytest.approx(1 - known["x2"][0], abs=0.01)
    assert found["pair"].total == pytest.approx(1 - known["x2"][0], abs=0.01)


def test_four_rows_by_hand() -> None:
    """y = x1 with A = 0 1 0 1, B = 1 1 0 0, so V = 1/4: S = mean(B (B - A)) / V = 1/4 / 1/4, ST = 1/2 / 2V."""
    a, b = np.array([0, 1, 0, 1.0]), np.array([1, 1, 0, 0.0])
    shares = variance_shares(a, b, np.stack([b, a]), seed=0)
    assert shares[0].first == pytest.approx(1)
    assert shares[0].total == pytest.approx(1)
    assert (shares[1].first, shares[1].total) == (0, 0)


def test_where_nothing_varies_there_are_no_shares() -> None:
    found = sensitivity(lambda rows: np.ones(len(rows)), {"x": ANGLE}, 8, seed=0)["x"]
    assert math.isnan(found.first)
    assert math.isnan(found.total_high)


def test_a_design_mixes_one_group_at_a_time() -> None:
    design = saltelli({"p": Uniform(0, 1), "q": Uniform(5, 6), "r": Discrete(3)}, 8, 0, {"p": "u", "q": "v", "r": "u"})
    assert design.groups == ("u", "v")
    assert design.mixed.shape == (2, 8, 3)
    np.testing.assert_array_equal(design.mixed[0][:, [0, 2]], design.b[:, [0, 2]])
    np.testing.assert_array_equal(design.mixed[0][:, 1], design.a[:, 1])
    np.testing.assert_array_equal(design.mixed[1][:, 1], design.b[:, 1])


@pytest.mark.parametrize("rows", [-4, 0, 1, 100])
def test_a_design_has_a_power_of_two_rows(rows) -> None:
    with pytest.raises(QueryError, match="power of two"):
        saltelli({"x": ANGLE}, rows, 0)


def test_a_design_has_factors() -> None:
    with pytest.raises(QueryError, match="without factors"):
        saltelli({}, 8, 0)


def test_factors_at_their_quantiles() -> None:
    at = np.array([0, 0.25, 0.5, 0.999, 1])
    np.testing.assert_allclose(Uniform(-1, 3).at(at), [-1, 0, 1, 2.996, 3])
    np.testing.assert_array_equal(Discrete(3).at(at), [0, 0, 1, 2, 2])
    normal = Normal(10, 2).at(at)
    assert np.isfinite(normal).all()
    assert normal[2] == pytest.approx(10)
    assert normal[1] == pytest.approx(10 - 2 * 0.6744897501960817)


def test_one_at_a_time_moves_one_and_leaves_the_rest_in_the_middle() -> None:
    """y = x1 + 10 x2 with x1 in 0..4 and x2 one of 0, 1, 2."""
    middle, found = one_at_a_time(lambda rows: rows[:, 0] + 10 * rows[:, 1], {"x1": Uniform(0, 4), "x2": Discrete(3)})
    assert middle == 12
    assert found["x1"].tolist() == [10, 14]
    assert found["x2"].tolist() == [2, 22]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (sensitivity(ishigami, ISHIGAMI, 64, seed=9) for _ in range(2))
    assert first == second
    assert first != sensitivity(ishigami, ISHIGAMI, 64, seed=10)


@given(slopes=st.lists(st.floats(0.5, 5), min_size=2, max_size=4))
def test_shares_of_a_sum_are_shares_of_its_variance(slopes) -> None:
    factors = {f"x{index}": Uniform(0, 1) for index in range(len(slopes))}
    found = sensitivity(lambda rows: rows @ np.array(slopes), factors, 1024, seed=4)
    parts = np.square(slopes) / np.sum(np.square(slopes))
    np.testing.assert_allclose([one.first for one in found.values()], parts, atol=0.03)
    np.testing.assert_allclose([one.total for one in found.values()], parts, atol=0.03)
