"""INFORM: every published level of every country, from published components, by the recipe."""

import csv

import numpy as np
import pytest

from riskmap.score.composite import compose
from riskmap.score.framework import load_composite

INFORM = load_composite("inform")


@pytest.fixture(scope="module")
def published(real_data) -> dict[str, np.ndarray]:
    """The table of 2025 by column; of the components, drr is missing for 40 countries."""
    path = real_data / "global" / "vulnerability" / "inform_risk_2025_v069_wide.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 191
    columns = {"iso3", *INFORM.indicators, *INFORM.nodes, "rank", "risk_class"}
    found = {name: np.array([row[name] for row in rows]) for name in columns}
    return {
        name: values if name == "iso3" else np.array([float(value or "nan") for value in values])
        for name, values in found.items()
    }


@pytest.fixture(scope="module")
def composed(published):
    components = {key: published[key] for key in INFORM.indicators}
    return compose(components, published["iso3"], INFORM)


@pytest.mark.parametrize("level", INFORM.nodes)
def test_every_level_is_reproduced_for_every_country(composed, published, level) -> None:
    """All the way from components, not from the published level below."""
    np.testing.assert_allclose(composed.nodes[level], published[level], atol=1e-12)


def test_ranks_and_classes_are_those_published(composed, published) -> None:
    np.testing.assert_array_equal(composed.ranks, published["rank"])
    np.testing.assert_array_equal(composed.class_index + 1, published["risk_class"])


def test_human_hazards_by_hand() -> None:
    """Projected 3.6 and current 0: √(10 · 6.76) = 8.222, (10 - 8.222) / 0.9 = 1.98, told as 2.0; in 2020 0.7 · 3.6."""
    scores = {key: np.array([5.0]) for key in INFORM.indicators}
    scores |= {"projected_conflict_probability": np.array([3.6]), "current_conflict_intensity": np.array([0.0])}
    assert compose(scores, ["A"], INFORM).nodes["human"] == pytest.approx(2.0)
    assert compose(scores, ["A"], load_composite("inform_2020")).nodes["human"] == pytest.approx(2.5)


def test_the_tree_weighs_each_dimension_alike() -> None:
    weights = INFORM.tree().effective_weights()
    assert weights["hazard_and_exposure"] == pytest.approx(1 / 3)
    assert weights["earthquake"] == pytest.approx(1 / 3 / 2 / 7)
    assert weights["development_and_deprivation"] == pytest.approx(1 / 3 / 2 / 2)
    assert sum(weights[key] for key in INFORM.indicators) == pytest.approx(1)
