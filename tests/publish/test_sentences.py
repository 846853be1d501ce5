"""Sentences: what a made-up explanation reads like, word for word, and what may never be read in any."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.publish.sentences import PHRASES, paragraph

EDGES = (2.0, 3.5, 5.0, 6.5)


def leaf(key, contribution, **more):
    told = {"id": key, "label": key.title(), "contribution": contribution, "value": 12.3456, "unit": "per 1,000"}
    told |= {"support": "the cell itself", "age_days": 3.0, "proxy": None, "effective_weight": 0.1}
    return told | more


def told(**more):
    """A cell with everything a paragraph can say."""
    leaves = [
        leaf("raids", 2.0),
        leaf("rents", 1.5, support="the whole district (admin 2)", age_days=None, proxy="beds in place of rooms"),
        leaf("roads", -0.25, value=123456.7, age_days=400.0),
        leaf("wells", 0.001),
        leaf("lamps", None, value=None),
    ]
    moved = [
        {"id": "raids", "label": "Raids", "contribution": 0.4, "before": None, "after": 12.0, "unit": "per 1,000"},
        {"id": "rents", "label": "Rents", "contribution": -0.1, "before": 0.0001, "after": 0, "unit": "%"},
        {"id": "roads", "label": "Roads", "contribution": 0.001, "before": 1, "after": 2, "unit": "km"},
    ]
    cell = {"period": "2024-03", "place": "Old Town, Westland", "score": 4.2, "low": 4.0, "high": 5.5, "scale": [0, 10]}
    cell |= {"class": "medium", "status": "scored", "coverage": 0.9, "contributions": {"indicators": leaves}}
    cell |= {"missing": [leaf("lamps", None)], "reliability": {"value": 6.21, "grade": "B"}}
    cell |= {"change": {"since": "2024-02", "difference": 0.3, "indicators": moved}}
    return cell | more


def test_a_paragraph_word_for_word() -> None:
    assert paragraph(told(), EDGES) == (
        "In 2024-03, conditions that favour trafficking stand at 4.20 of 10 in this cell (Old Town, Westland): class"
        " medium. With all that is missing at its best the score would be 4.00, at its worst 5.50. Largest parts, in"
        " points: Raids +2.00 [measured at 12.3 (per 1,000); known for the cell itself; age in days: 3]; Rents +1.50"
        " [measured at 12.3 (per 1,000); known only for the whole district (admin 2); age unknown; stand-in: beds in"
        " place of rooms]. Parts that lower it: Roads -0.25 [measured at 123,457 (per 1,000); known for the cell"
        " itself; age in days: 400]. Not known, 10 % of the weight: Lamps. Since 2024-02 the score rose by 0.30."
        " Largest parts of this change, in points: Raids +0.40 [unknown to 12 (per 1,000)]; Rents -0.10 [1.0e-04 to 0"
        " (%)]. Reliability of the data: 6.2 of 10, grade B."
    )


def test_a_cell_without_a_score_says_so_and_no_more() -> None:
    lacking = [leaf(key, None, effective_weight=0.07) for key in ("a", "b", "c", "d", "e", "f", "g")]
    assert paragraph(told(score=None, place="", coverage=0.004, missing=lacking), EDGES) == (
        "In 2024-03, too little is known in this cell for a score: below 1 % of the index's weight is observed. Unknown"
        " is not safe. Not known, 49 % of the weight: A, B, C, D, E, and 2 more."
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"change": None}, "There is no earlier period to compare with."),
        ({"change": {"since": "2024-02", "difference": None}}, "In 2024-02 there was no score to compare with."),
        ({"change": {"since": "2024-02", "difference": 0.004, "indicators": []}}, "has not moved by 0.005 or more."),
        ({"change": {"since": "2024-02", "difference": -1.0, "indicators": []}}, "the score fell by 1.00. Reliability"),
        ({"status": "partial", "coverage": 0.6}, "The score is partial: it rests on 60 % of the index's weight."),
        ({"missing": [], "coverage": 0.999, "status": "partial"}, "it rests on above 99 % of the index's weight. Larg"),
        ({"q05": 3.0, "q95": 5.0}, "With errors allowed for, nine times in ten it lies between 3.00 and 5.00."),
        ({"score": 4.9999, "class": "medium"}, "stand at 4.9999 of 10"),
        ({"score": 4.9999999999, "class": "medium"}, "stand at 4.9999999999 of 10"),
        ({"contributions": {"indicators": []}}, "at its worst 5.50. Not known"),
    ],
)
def test_each_turn_that_a_paragraph_can_take(more, sentence) -> None:
    assert sentence in paragraph(told(**more), EDGES)


@given(score=st.floats(0, 10), place=st.sampled_from(["", "Old Town"]), grade=st.sampled_from("ABCD"))
def test_it_never_says_that_it_happens_here_and_leaves_no_gap(score, place, grade) -> None:
    text = paragraph(told(score=score, place=place, reliability={"value": 5.0, "grade": grade}), EDGES)
    assert "conditions that favour trafficking" in text
    assert not re.search(r"\b(happen|occur|take place|victims?|traffickers)", text)
    assert not re.search(r"[{}]|\bNone\b|\bnan\b| {2}", text)
    assert [float(re.search(r"stand at (\S+) of", text)[1]) >= edge for edge in EDGES] == [score >= e for e in EDGES]


def test_a_translation_gives_the_same_keys() -> None:
    shouted = {key: phrase.upper() if "{" not in phrase else f"¡{phrase}" for key, phrase in PHRASES.items()}
    assert paragraph(told(change=None), EDGES, shouted).startswith("¡In 2024-03")
    assert "THERE IS NO EARLIER PERIOD" in paragraph(told(change=None), EDGES, shouted)
