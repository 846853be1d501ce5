"""Three means, by hand, by law, and against every published level of the INFORM Risk Index."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.score.aggregate import aggregate, observed_share

METHODS = ("arithmetic", "geometric", "scaled_geometric")
scores = st.floats(0, 10)
weights = st.floats(0.01, 1)


@st.composite
def weighted(draw, nulls=True):
    """Two to five scores with weights; some unknown, at least one known."""
    n = draw(st.integers(2, 5))
    values = draw(st.lists(st.one_of(scores, st.just(np.nan)) if nulls else scores, min_size=n, max_size=n))
    values[draw(st.integers(0, n - 1))] = draw(scores)
    return np.array(values), np.array(draw(st.lists(weights, min_size=n, max_size=n)))


@pytest.mark.parametrize(
    ("method", "values", "share", "expected"),
    [
        ("arithmetic", [10, 0], [1, 1], 5.0),
        ("geometric", [10, 0], [1, 1], 0.0),
        ("scaled_geometric", [10, 0], [1, 1], (10 - 10**0.5) / 0.9),  # 7.60: a high part is not averaged away
        ("arithmetic", [2, 4, 9], [0.5, 0.25, 0.25], 4.25),
        ("geometric", [2, 8], [1, 1], 4.0),
        ("geometric", [1, 8], [2, 1], 2.0),
        ("scaled_geometric", [10, 10], [0.4, 0.6], 10.0),
        ("scaled_geometric", [0, 0], [0.4, 0.6], 0.0),
        ("arithmetic", [2, np.nan, 9], [0.5, 0.3, 0.5], 5.5),
        ("arithmetic", [2, 9], [1, 0], 2.0),
        ("geometric", [0, 4], [0, 1], 4.0),
    ],
)
def test_means_by_hand(method, values, share, expected) -> None:
    assert aggregate(np.array(values, dtype=float), share, method) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_known_gives_unknown(method) -> None:
    values = np.array([[np.nan, 1.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(aggregate(values, [1, 1], method), [np.nan, 1.0])


@pytest.mark.parametrize("method", METHODS)
def test_every_place_is_averaged_on_its_own(method) -> None:
    values = np.random.default_rng(1).uniform(0, 10, (3, 4, 5))
    whole = aggregate(values, [0.2, 0.3, 0.5], method)
    assert whole.shape == (4, 5)
    assert whole[2, 3] == pytest.approx(aggregate(values[:, 2, 3], [0.2, 0.3, 0.5], method))


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted())
def test_a_mean_lies_between_what_it_is_made_of(method, case) -> None:
    values, share = case
    mean = aggregate(values, share, method)
    assert np.nanmin(values) <= mean <= np.nanmax(values)


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted(), where=st.integers(0, 4), more=scores)
def test_a_mean_never_falls_where_a_part_rises(method, case, where, more) -> None:
    values, share = case
    raised = values.copy()
    raised[where % len(values)] = np.minimum(raised[where % len(values)] + more, 10)
    assert aggregate(raised, share, method) >= aggregate(values, share, method) - 1e-12


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted(), data=st.data())
def test_the_order_of_parts_does_not_matter(method, case, data) -> None:
    values, share = case
    order = np.array(data.draw(st.permutations(range(len(values)))))
    assert aggregate(values[order], share[order], method) == pytest.approx(aggregate(values, share, method), abs=1e-11)


@pytest.mark.parametrize("method", METHODS)
@given(case=weighted(), factor=st.sampled_from([0.1, 3.0, 100.0]))
def test_only_the_proportion_of_weights_matters(method, case, factor) -> None:
    values, share = case
    assert aggregate(values, share * factor, method) == pytest.approx(aggregate(values, share, method), abs=1e-11)


@given(case=weighted(nulls=False))
def test_the_scaled_geometric_mean_is_the_sternest(case) -> None:
    values, share = case
    plain, stern = aggregate(values, share, "arithmetic"), aggregate(values, share, "scaled_geometric")
    assert aggregate(values, share, "geometric") - 1e-12 <= plain <= stern + 1e-12


def test_observed_share() -> None:
    known = np.array([[True, False], [True, True]])
    np.testing.assert_allclose(observed_share(known, [3, 1]), [1, 0.25])


INFORM = [
    ("inform_risk", "geometric", ("hazard_and_exposure", "vulnerability", "lack_of_coping_capacity"), (1, 1, 1)),
    ("hazard_and_exposure", "scaled_geometric", ("natural_0_to_10", "human"), (1, 1)),
    (
        "natural_0_to_10",
        "scaled_geometric",
        ("earthquake", "river_flood", "tsunami", "tropical_cyclone", "coastal_flood", "drought", "epidemic"),
        (1,) * 7,
    ),
    ("vulnerability", "scaled_geometric", ("socio_economic_vulnerability", "vulnerable_groups"), (1, 1)),
    (
        "socio_economic_vulnerability",
        "arithmetic",
        ("development_and_deprivation", "inequality", "economic_dependency"),
        (2, 1, 1),
    ),
    ("vulnerable_groups", "scaled_geometric", ("uprooted_people", "other_vulnerable_groups"), (1, 1)),
    (
        "other_vulnerable_groups",
        "scaled_geometric",
        ("health_conditions", "children_u5", "recent_shocks", "food_security"),
        (1,) * 4,
    ),
    ("lack_of_coping_capacity", "scaled_geometric", ("institutional", "infrastructure"), (1, 1)),
    ("institutional", "arithmetic", ("drr", "governance"), (1, 1)),
    (
        "infrastructure",
        "arithmetic",
        ("communication", "physical_infrastructure", "access_to_health_care"),
        (1, 1, 1),
    ),
]


@pytest.mark.parametrize(("level", "method", "parts", "share"), INFORM, ids=[row[0] for row in INFORM])
def test_published_levels_of_inform_are_reproduced_for_every_country(real_data, level, method, parts, share) -> None:
    """INFORM rounds half up to one decimal at each level, so each level can be had from the published one below it."""
    path = real_data / "global" / "vulnerability" / "inform_risk_2025_v069_wide.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 191
    values = np.array([[float(row[part] or "nan") for row in rows] for part in parts])
    published = np.array([float(row[level]) for row in rows])
    rounded = np.floor(aggregate(values, share, method) * 10 + 0.5 + 1e-9) / 10
    np.testing.assert_allclose(rounded, published, atol=1e-9)
