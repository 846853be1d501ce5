"""Crosswalks: what other codes and names mean on a day, and what they may not say."""

from datetime import date

import numpy as np
import pytest

from riskmap.errors import PlacementError
from riskmap.grid.crosswalk import Crosswalk
from riskmap.model.area import Crossing

REFORM = date(2016, 7, 1)
BEFORE, AFTER = date(2016, 6, 30), date(2016, 7, 1)
CROSSWALK = Crosswalk(
    [
        Crossing("ML10", code="ml09", valid_to=BEFORE),
        Crossing("A", code="OLD", valid_from=AFTER, share=0.4),
        Crossing("b", code="OLD", valid_from=AFTER, share=0.6),
        Crossing("C", name="Bu'aale"),
        Crossing("D", code="OLD", name="Buaale"),
    ]
)


def on(day: date) -> int:
    return int(CROSSWALK.spells(np.array([day.toordinal()]))[0])


def test_a_code_means_something_only_on_its_days() -> None:
    assert CROSSWALK.targets("ML09", "", on(BEFORE)) == (("ML10", 1.0),)
    assert CROSSWALK.targets("ML09", "", on(AFTER)) == ()


def test_a_split_has_parts_that_sum_to_one() -> None:
    assert CROSSWALK.targets("old", "", on(AFTER)) == (("A", 0.4), ("B", 0.6))
    assert CROSSWALK.targets("old", "", on(BEFORE)) == ()


def test_code_and_name_together_come_before_either() -> None:
    assert CROSSWALK.targets("OLD", "BUAALE", on(AFTER)) == (("D", 1.0),)
    assert CROSSWALK.targets("OTHER", "buaale", on(AFTER)) == (("C", 1.0),)
    assert CROSSWALK.targets("OLD", "elsewhere", on(AFTER)) == (("A", 0.4), ("B", 0.6))
    assert CROSSWALK.targets("", "", on(AFTER)) == ()


def test_days_fall_into_spells_between_the_turns() -> None:
    """The only turn is the day of the reform; a crosswalk without dates has one spell."""
    days = np.array([day.toordinal() for day in (date(1990, 1, 1), BEFORE, AFTER, date(2090, 1, 1))])
    assert CROSSWALK.spells(days).tolist() == [0, 0, 1, 1]
    assert Crosswalk([Crossing("A", code="B")]).spells(days).tolist() == [0, 0, 0, 0]


def test_one_code_may_mean_one_thing_and_then_another() -> None:
    both = Crosswalk([Crossing("A", code="X", valid_to=BEFORE), Crossing("B", code="X", valid_from=AFTER)])
    assert [both.targets("X", "", spell) for spell in (0, 1)] == [(("A", 1.0),), (("B", 1.0),)]


@pytest.mark.parametrize(
    ("crossings", "message"),
    [
        ([Crossing("A")], "neither code nor name"),
        ([Crossing("A", code=" ", name="'")], "neither code nor name"),
        ([Crossing("A", code="X", valid_from=AFTER, valid_to=BEFORE)], "ends .* before it begins"),
        ([Crossing("A", code="X", share=0.0)], "share of X is 0"),
        ([Crossing("A", code="X", share=1.5)], "share of X is 1.5"),
        ([Crossing("A", code="X", share=0.4)], "shares of X sum to 0.4 over 1 places"),
        ([Crossing("A", code="X"), Crossing("B", code="X")], "shares of X sum to 2 over 2 places"),
        ([Crossing("A", code="X"), Crossing("B", code="X", valid_from=AFTER)], "shares of X sum to 2"),
        ([Crossing("A", name="X", share=0.5), Crossing("a", name="x", share=0.5)], "x leads twice to a"),
    ],
)
def test_contradictions_are_refused(crossings, message) -> None:
    with pytest.raises(PlacementError, match=message):
        Crosswalk(crossings)
