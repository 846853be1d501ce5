"""Audit page: every section is there, every number is of this snapshot, and it is written only where it may leave."""

import re
from html import escape

import numpy as np
import pytest

from riskmap.errors import LicenceForbids
from riskmap.publish.audit import Audit, Effort
from riskmap.publish.audit_card import HARMS
from riskmap.publish.audit_method import variants
from riskmap.publish.audit_page import audit_page, write_audit
from riskmap.score.reliability import GRADES

SMALL = Effort(rows=8, cells=25, seed=1)


@pytest.fixture(scope="module")
def audit(island):
    return Audit(island, SMALL)


@pytest.fixture(scope="module")
def text(audit):
    return audit_page(audit)


def section(text, title):
    return re.search(rf"<section[^>]*><h2>{title}</h2>(.*?)</section>", text, re.DOTALL)[1]


def rows(text):
    return [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    ]


def test_the_card_tells_purpose_limits_harms_and_hashes(text, audit, island) -> None:
    card = section(text, "Model card")
    for words in (*HARMS, *island.manifest["limits"], island.id, audit.recipe.hash):
        assert escape(words) in card
    assert "Synthetic: an invented place" in text
    assert "not where it happens" in text


def test_it_asks_for_nothing(text) -> None:
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "url(http" not in text


def test_classes_are_told_for_every_period_with_what_has_no_score(text, audit, island) -> None:
    told = [row for row in rows(section(text, "Scores and classes")) if row]
    assert [row[0] for row in told] == list(island.periods)
    shares = [float(np.mean(codes >= 0)) for codes in audit.score.class_index]
    assert [row[2] for row in told] == [f"{100 * share:.1f}\u00a0%" for share in shares]
    assert all(
        f"insufficient data: {100 * (1 - share):.1f} %" in row[1] for row, share in zip(told, shares, strict=True)
    )


def test_every_grade_is_in_the_key(text, audit) -> None:
    reliable = section(text, "Reliability")
    assert all(f"</svg>{grade}</li>" in reliable for grade in GRADES)
    scored = audit.reliability.grade[-1] >= 0
    assert f"{audit.reliability.value[-1][scored].mean():.3g}" in [row[2] for row in rows(reliable) if row]


def test_every_indicator_has_a_row_and_those_that_nothing_feeds_say_so(text, audit) -> None:
    told = {row[0]: row for row in rows(section(text, "What each indicator stands on")) if row}
    assert len(told) == len(audit.recipe.indicators)
    unfed = [part.label for key, part in audit.recipe.indicators.items() if key not in audit.last.indicators]
    assert all(told[escape(label)][5] == "nothing feeds it" for label in unfed)


def test_providers_feeds_and_indicators_left_out_have_their_rows(text, audit) -> None:
    providers = section(text, "How much rests on one provider")
    assert len([row for row in rows(providers) if row]) == len(audit.providers) + len(audit.without_feed)
    assert len([row for row in rows(section(text, "Without one indicator")) if row]) == len(audit.without_indicator)


def test_variants_have_a_row_each_and_their_absence_is_told(text, audit) -> None:
    told = {row[0]: row[2:] for row in rows(section(text, "Other ways to weigh it")) if row}
    assert told == {title: [f"{one.tau:.2f}", f"{one.places:,}"] for title, one in audit.variants.items()}
    bare = Audit(audit.snapshot, SMALL)
    bare.__dict__["variants"] = {}
    assert "No variants come with this recipe." in str(variants(bare).parts[0])


def test_surveys_are_told_by_area(text, audit) -> None:
    asked = section(text, "Where to ask next")
    first = next(one for one in audit.surveys if one.shifted > 0)
    assert escape(audit.areas[0][first.area]) in asked
    assert escape(audit.recipe.indicators[first.indicator].label) in asked


def test_times_of_inputs_are_told_as_far_as_they_are_known(island) -> None:
    first, *rest = island.manifest["inputs"]
    told = [{**first, "received": "2025-02-03T00:00:00+00:00"}, *rest]
    dated = type(island)(island.folder, {**island.manifest, "inputs": told}, island.tables)
    sources = section(audit_page(Audit(dated, SMALL)), "Sources")
    assert "received 2025-02-03" in sources
    assert "taken for all periods" in sources
    assert "2022-07-01 to 2025-06-30" in sources
    assert "as its rows say" in sources


def test_the_method_is_told_with_its_intervals(text, audit) -> None:
    told = {row[0]: row for row in rows(section(text, "What the ranking depends on")) if row}
    assert set(told) == set(audit.shares)
    assert "rankings" in section(text, "What the ranking depends on")
    assert len([row for row in rows(section(text, "One assumption at a time")) if row]) == min(20, len(audit.alone))
    coherent = section(text, "Coherence")
    assert coherent.count("display:block;padding") == len(audit.indicators.members) ** 2


def test_weights_sum_to_the_whole_and_every_input_is_listed(text, island) -> None:
    told = [float(row[2].rstrip("%").strip()) for row in rows(section(text, "Weights")) if row]
    assert sum(told) == pytest.approx(100, abs=1)
    sources = section(text, "Sources")
    assert len([row for row in rows(sources) if row]) == len(island.manifest["inputs"])
    assert all(escape(line) in sources for line in island.credits)
    assert island.manifest["recipe"]["hash"] in section(text, "Recipe and hashes")


def test_the_same_snapshot_gives_the_same_bytes(text, island) -> None:
    assert audit_page(Audit(island, SMALL)) == text


def test_a_snapshot_without_scores_has_a_page_too(island) -> None:
    table = island.tables["scores"]
    for name, empty in (("value", np.nan), ("class", -1), ("status", 2)):
        column = np.full(len(table), empty, dtype=table[name].type.to_pandas_dtype())
        table = table.set_column(table.column_names.index(name), name, [column])
    unscored = type(island)(island.folder, island.manifest, {**island.tables, "scores": table})
    text = audit_page(Audit(unscored, SMALL))
    assert "No cell has a score." in text
    assert "Fewer than two cells have a score." in text
    assert "Nowhere." in text
    assert "nan" not in re.sub(r"<[^>]*>", "", text).lower().split()


def test_indicators_that_are_the_same_everywhere_have_no_correlations(island) -> None:
    table = island.tables["scores"]
    for key in (part["id"] for part in island.manifest["recipe"]["indicators"]):
        table = table.set_column(table.column_names.index(key), key, [np.ones(len(table), dtype=np.float32)])
    level = type(island)(island.folder, island.manifest, {**island.tables, "scores": table})
    assert "Fewer than two indicators vary." in audit_page(Audit(level, SMALL))


def test_it_is_written_only_where_it_may_leave(audit, island, tmp_path, text) -> None:
    assert write_audit(audit, tmp_path / "audit.html").read_text() == text
    closed = [{**one, "licence": {**one["licence"], "derived": False}} for one in island.manifest["inputs"]]
    forbidden = type(island)(island.folder, {**island.manifest, "inputs": closed}, island.tables)
    with pytest.raises(LicenceForbids):
        write_audit(Audit(forbidden, SMALL), tmp_path / "closed.html")
    assert not (tmp_path / "closed.html").exists()
