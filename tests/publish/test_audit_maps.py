"""Maps of an audit: the providers that carry most, and what each cell is without them."""

import re

import numpy as np
import pytest

from riskmap.publish.audit import Audit, Effort
from riskmap.publish.audit_maps import BARE, MOST, codes_of, provider_maps
from riskmap.publish.delta_map import COLOURS
from riskmap.score.leave_out import Influence


@pytest.fixture(scope="module")
def audit(island):
    return Audit(island, Effort(rows=8, cells=25))


@pytest.fixture(scope="module")
def text(audit):
    return "".join(provider_maps(audit))


def test_a_cell_moves_is_lost_or_had_no_score() -> None:
    moved = np.array([[-2.0, -0.1, 0.0, 3.0, -1.0, np.nan, np.nan]])
    lost = np.array([[False, False, False, False, True, True, False]])
    found = Influence(weight=np.zeros_like(moved), moved=moved, lost=lost, shifts=moved)
    assert codes_of(found).tolist() == [0, 3, 3, 6, len(COLOURS), len(COLOURS), len(COLOURS) + 1]


def test_the_providers_that_carry_most_have_a_map_each(audit, text) -> None:
    weights = {name: one.mean_weight for name, one in audit.without_provider.items() if one.mean_weight > 0}
    heaviest = sorted(weights, key=lambda name: -weights[name])[:MOST]
    assert re.findall(r'aria-label="Map of the scores without ([^"]*)"', text) == [
        name.replace("&", "&amp;") for name in heaviest
    ]
    assert text.count("<figcaption>") == len(heaviest)


def test_numbers_under_a_map_are_those_of_all_cells(audit, text) -> None:
    for one in audit.without_provider.values():
        if one.mean_weight > 0:
            assert f"({int(one.lost.sum()):,} cells); mean move" in text


def test_the_legend_tells_lost_from_never_scored(text) -> None:
    assert "score lost: becomes unknown" in text
    assert "no score with it either" in text
    assert f'stroke="{BARE}"' in text
    assert 'stroke="url(#lost)"' in text
    assert "coarse raster of 120 pixels" in text


def test_without_scores_there_are_no_maps(island) -> None:
    table = island.tables["scores"]
    empty = [np.full(len(table), np.nan, dtype=np.float32)]
    table = table.set_column(table.column_names.index("value"), "value", empty)
    unscored = type(island)(island.folder, island.manifest, {**island.tables, "scores": table})
    assert "".join(provider_maps(Audit(unscored))) == '<p class="said">No provider carries anything of the index.</p>'
