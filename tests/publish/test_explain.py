"""A cell explained: its parts sum to what is told, at each level and for the change, and each says where it is from."""

import json
import math

import h3
import numpy as np
import pytest

from riskmap.errors import CellUnknown, PeriodUnknown, RecipeError
from riskmap.publish.columns import cell_detail
from riskmap.publish.explain import explain
from riskmap.publish.scored import recipe_of, score_of
from riskmap.score.explain import contributions
from riskmap.score.reliability import high_intensity, reliability
from riskmap.store.snapshot import Snapshot


def text(snapshot, row) -> str:
    return h3.int_to_str(int(snapshot.cells[row]))


@pytest.fixture(scope="module")
def scored(island) -> list[str]:
    """Cells with a score in the last period, as text."""
    value = island.column("scores", "value", len(island.periods) - 1)
    return [text(island, row) for row in np.flatnonzero(~np.isnan(value))]


def test_parts_sum_to_the_score_as_it_is_told_at_each_level(island, scored) -> None:
    for cell in scored:
        told = explain(island, cell)
        for parts in told["contributions"].values():
            whole = math.fsum(one["contribution"] or 0 for one in parts)
            assert whole == pytest.approx(cell_detail(island, cell, island.periods[-1])["score"], abs=1e-9)


def test_parts_of_the_change_sum_to_it(island, scored) -> None:
    for cell, period in ((cell, period) for cell in scored[:3] for period in island.periods[1:]):
        change = explain(island, cell, period)["change"]
        if change["difference"] is None:
            assert change["indicators"] == []
            continue
        assert change["difference"] == change["after"] - change["before"]
        whole = math.fsum(one["contribution"] for one in change["indicators"])
        assert whole == pytest.approx(change["difference"], abs=1e-9)
        assert all(one["contribution"] for one in change["indicators"])


def test_it_tells_what_the_library_tells(island, scored) -> None:
    told, score, recipe = explain(island, scored[0]), score_of(island), recipe_of(island)
    row, last = int(np.flatnonzero(island.cells == h3.str_to_int(scored[0]))[0]), len(island.periods) - 1
    parts = contributions(score, recipe, row, last)
    found = {one["id"]: one["contribution"] for one in told["contributions"]["indicators"]}
    for key, points in parts.indicators.items():
        assert found[key] == pytest.approx(points, abs=1e-5)
    relied = reliability(score, recipe, high_intensity(score, recipe, "conflict"))
    assert told["reliability"]["value"] == pytest.approx(relied.value[last, row])


def test_each_indicator_says_what_was_measured_where_how_long_ago_and_on_whose_terms(island, scored) -> None:
    leaves = {one["id"]: one for one in explain(island, scored[0])["contributions"]["indicators"]}
    detail = cell_detail(island, scored[0], island.periods[-1])
    given = [leaf for one in detail["dimensions"] for two in one["components"] for leaf in two["indicators"]]
    for one in given:
        for name in ("value", "unit", "support", "age_days", "measure", "proxy"):
            assert leaves[one["id"]][name] == one[name]
    exposure = leaves["conflict_exposure"]
    assert (exposure["source"], exposure["component"]) == ("acled", "conflict")
    assert exposure["credits"] == ["Armed Conflict Location & Event Data Project (ACLED), acleddata.com"]
    assert (exposure["low"], exposure["high"]) == pytest.approx((exposure["score"],) * 2, abs=1e-6)
    transit = leaves["transit"]
    assert (transit["source"], transit["credits"], transit["low"], transit["high"]) == (None, [], 0, 10)


def test_what_is_missing_is_told_with_what_asking_would_be_worth(island, scored) -> None:
    missing = explain(island, scored[0])["missing"]
    assert "transit" in {one["id"] for one in missing}
    worth = [one["narrowing"] for one in missing]
    assert worth == sorted(worth, reverse=True)
    assert all(points >= -1e-9 for points in worth)


def test_cells_alike_are_others_with_a_score_the_nearest_first(island, scored) -> None:
    alike = explain(island, scored[0])["alike"]
    assert len(alike) == 3
    assert {one["cell"] for one in alike} <= set(scored) - {scored[0]}
    assert [one["distance"] for one in alike] == sorted(one["distance"] for one in alike)
    assert explain(island, scored[0], alike=1)["alike"] == alike[:1]


def test_the_first_period_has_nothing_to_be_held_against(island, scored) -> None:
    told = explain(island, scored[0], island.periods[0])
    assert told["change"] is None
    assert "There is no earlier period" in told["sentence"]


def test_a_cell_without_a_score_has_no_parts_but_says_what_it_lacks(invented) -> None:
    snapshot = invented(recipe={"insufficient = 0.5 ": "insufficient = 0.95 ", "partial = 0.66": "partial = 0.96"})
    value = snapshot.column("scores", "value", len(snapshot.periods) - 1)
    told = explain(snapshot, text(snapshot, int(np.flatnonzero(np.isnan(value))[0])))
    assert told["score"] is None
    assert told["reliability"]["grade"] is None
    assert {one["contribution"] for parts in told["contributions"].values() for one in parts} == {None}
    assert told["change"]["difference"] is None
    assert told["missing"]
    assert "Unknown is not safe" in told["sentence"]


def test_the_sentence_names_no_place_but_the_stored_units_and_json_takes_all_of_it(island, scored) -> None:
    told = explain(island, scored[0])
    assert told["place"] in told["sentence"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert explain(island, scored[0]) == told


def test_what_a_snapshot_tells_of_errors_and_reliability_is_used(island, scored) -> None:
    """A snapshot whose scores carry quantiles and a reliability of their own, the same in every cell."""
    scores = island.table("scores")
    for name, value in (("q05", 1.25), ("q95", 8.5), ("p_high", 0.5), ("reliability", 6.5)):
        if name in scores.column_names:
            scores = scores.drop_columns([name])
        kept = [np.full(chunk, value, np.float32) for chunk in (len(one) for one in scores["value"].chunks)]
        others = scores.drop_columns([name]) if name in scores.column_names else scores
        scores = others.append_column(name, kept)
    richer = Snapshot(island.folder, island.manifest, {**island.tables, "scores": scores})
    told = explain(richer, scored[0])
    assert (told["q05"], told["q95"], told["p_high"]) == (1.25, 8.5, 0.5)
    assert (told["reliability"]["value"], told["reliability"]["grade"]) == (6.5, "B")
    assert "between 1.25 and 8.50" in told["sentence"]
    assert "6.5 of 10, grade B" in told["sentence"]


def test_what_cannot_be_told_is_refused(island, small, scored) -> None:
    with pytest.raises(CellUnknown):
        explain(island, "867a6e5afffffff")
    with pytest.raises(PeriodUnknown):
        explain(island, scored[0], "1999-01")
    with pytest.raises(RecipeError, match="is not one of this version"):
        explain(small, text(small, 0))
