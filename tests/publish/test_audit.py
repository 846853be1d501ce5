"""Audit: what it tells is what the parts it is made of tell of the snapshot."""

import numpy as np
import pyarrow as pa
import pytest

from riskmap.errors import QueryError, RecipeError
from riskmap.publish.audit import Audit, Effort
from riskmap.score.leave_out import feeds_influence, feeds_of
from riskmap.score.survey import surveys

SMALL = Effort(rows=8, cells=25, seed=1)


@pytest.fixture(scope="module")
def audit(island):
    return Audit(island, SMALL)


def test_the_last_period_is_looked_at(audit, island) -> None:
    assert [period.label for period in audit.last.periods] == [island.periods[-1]]
    assert audit.scored == int((~np.isnan(island.column("scores", "value", len(island.periods) - 1))).sum())
    assert audit.reliability.value.shape == audit.score.value.shape


def test_feeds_are_told_by_the_provider_that_is_credited_for_them(audit, island) -> None:
    feeds = feeds_of(audit.last, audit.recipe)
    assert sorted(feed for held in audit.providers.values() for feed in held) == sorted(feeds)
    assert set(audit.providers) <= set(island.credits)
    name, held = next(iter(audit.providers.items()))
    expected = feeds_influence(audit.last, audit.recipe, held)
    assert audit.without_provider[name].mean_weight == expected.mean_weight
    assert set(audit.without_feed) == set(feeds)


def test_a_feed_that_no_input_lists_is_told_by_its_source(island) -> None:
    assert "tables" in Audit(_without_measures(island), SMALL).providers


def _without_measures(snapshot):
    entries = [{key: one[key] for key in one if key != "measures"} for one in snapshot.manifest["inputs"]]
    return type(snapshot)(snapshot.folder, {**snapshot.manifest, "inputs": entries}, snapshot.tables)


def test_providers_above_the_cap_are_told_by_share_of_cells(audit) -> None:
    for name, share in audit.above_cap.items():
        assert 0 < share <= 1
        assert audit.without_provider[name].weight.max() > 0.25


def test_every_indicator_that_is_known_is_left_out_once(audit) -> None:
    known = [key for key in audit.recipe.indicators if not np.isnan(audit.last.nodes[key]).all()]
    assert list(audit.without_indicator) == known


def test_variants_that_come_with_the_recipe_are_held_against_it(audit, invented) -> None:
    assert sorted(audit.variants) == [
        "Trafficking risk index, equal weights",
        "Trafficking risk index, plain means",
        "Trafficking risk index, weights from principal components",
    ]
    assert all(0 < found.tau < 1 and 1 < found.places <= len(audit.last.cells) for found in audit.variants.values())
    assert max(found.tau for found in audit.variants.values()) > 0.8
    own = invented({'version = "0.1"': 'version = "mine"'})
    assert Audit(own, SMALL).variants == {}, "a recipe of one's own has no variants here"


def test_assumptions_are_told_by_group_and_alone(audit) -> None:
    assert len(audit.assumptions.score.cells) == min(25, audit.scored)
    assert set(audit.shares) == set(audit.assumptions.groups.values())
    assert set(audit.alone) == set(audit.assumptions.factors)
    assert 0 < max(audit.alone.values()) < 1


def test_areas_are_the_smallest_units_that_are_named(audit, island) -> None:
    names, places = audit.areas
    cells = island.table("cells")
    assert [names[place] for place in places] == cells["admin2_name"].to_pylist()
    unnamed = cells.drop_columns(["admin2_pcode"]).append_column("admin2_pcode", pa.nulls(len(cells), pa.string()))
    higher = Audit(type(island)(island.folder, island.manifest, {**island.tables, "cells": unnamed}), SMALL)
    assert set(higher.areas[0]) == set(cells["admin1_name"].to_pylist())
    nowhere = unnamed.drop_columns(["admin1_pcode"]).append_column("admin1_pcode", pa.nulls(len(cells), pa.string()))
    lost = Audit(type(island)(island.folder, island.manifest, {**island.tables, "cells": nowhere}), SMALL)
    assert lost.areas[0] == []
    assert lost.surveys == []


def test_surveys_are_those_of_the_last_period(audit) -> None:
    assert audit.surveys == surveys(audit.last, audit.recipe, audit.areas[1])
    assert audit.surveys


def test_without_scores_there_is_no_ranking_to_look_into(island) -> None:
    audit = Audit(_unscored(island), SMALL)
    assert audit.scored == 0
    assert audit.assumptions is None
    assert audit.shares == {}
    assert audit.alone == {}


def _unscored(snapshot):
    table = snapshot.tables["scores"]
    place = table.column_names.index("value")
    unknown = np.full(len(table), np.nan, dtype=np.float32)
    scores = table.set_column(place, "value", [unknown])
    return type(snapshot)(snapshot.folder, snapshot.manifest, {**snapshot.tables, "scores": scores})


def test_a_recipe_of_another_kind_cannot_be_audited(small) -> None:
    with pytest.raises(RecipeError):
        _ = Audit(small, SMALL).recipe


def test_an_effort_that_cannot_be_made_is_refused_at_once() -> None:
    with pytest.raises(QueryError, match="power of two"):
        Effort(rows=1000)
