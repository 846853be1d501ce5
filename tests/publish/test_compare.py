"""Comparing: worlds of a few cells whose every move can be told."""

import math

import numpy as np
import pytest

from riskmap.errors import PeriodUnknown, QueryError
from riskmap.publish.compare import ABSENT, INSUFFICIENT, Transition, compare

NAN = math.nan
EARLIER = np.array([[1, 1, 1, 1, 1, 1, 1], [1, 3, 5.5, NAN, 7, 2, NAN]], dtype=float)
LATER = np.array([[1, 1, 1, 1, 1, 1, 1], [1, 4.5, 5.0, 6, NAN, 2.04, NAN]], dtype=float)


@pytest.fixture(scope="module")
def cells(disk):
    return sorted(disk(2.5, 45.2, 6, 1))


@pytest.fixture(scope="module")
def pair(make_snapshot, cells):
    return make_snapshot(cells, EARLIER), make_snapshot(cells, LATER)


@pytest.fixture(scope="module")
def found(pair):
    return compare(*pair)


def test_scores_move_where_both_have_one(found) -> None:
    np.testing.assert_allclose(found.moved, [0, 1.5, -0.5, NAN, NAN, 0.04, NAN], atol=1e-6)
    assert found.period == "2024-02"


def test_counts(found) -> None:
    counts = found.counts()
    assert (counts["cells"], counts["compared"], counts["moved"], counts["changed_class"]) == (7, 4, 2, 1)
    assert (counts["gained_a_score"], counts["lost_its_score"]) == (1, 1)
    assert counts["mean_move"] == pytest.approx(2.04 / 4, abs=1e-6)
    assert counts["largest_move"] == pytest.approx(1.5)


def test_transitions_tell_cells_and_the_people_known_in_them(found) -> None:
    """Row r has 1,000 r people; those of row 1 are not known."""
    assert found.transitions() == [
        Transition("high", "high", 1, 2000.0),
        Transition(INSUFFICIENT, "high", 1, 3000.0),
        Transition(INSUFFICIENT, INSUFFICIENT, 1, 6000.0),
        Transition("low", "low", 1, 5000.0),
        Transition("low", "medium", 1, 0.0),
        Transition("very high", INSUFFICIENT, 1, 4000.0),
        Transition("very low", "very low", 1, 0.0),
    ]


def test_the_cells_that_moved_most_come_first_with_what_moved_in_them(found) -> None:
    """Each part of the small world is half of its index."""
    first, second = found.movers(5)
    assert (first["before"], first["after"], first["class_before"], first["class_after"]) == (3, 4.5, "low", "medium")
    assert first["people"] is None
    assert first["place"] == 'Old "Town", ünder, Westland'
    assert second["place"] == "Westland"
    assert {(one["id"], one["before"], one["after"]) for one in first["indicators"]} == {
        ("raids", 1.5, 2.25),
        ("crowding", 1.5, 2.25),
    }
    assert len(found.movers(1)) == 1


def test_a_cell_that_only_one_of_them_has_cannot_be_compared(make_snapshot, cells) -> None:
    found = compare(make_snapshot(cells[:-1], EARLIER[:, :-1]), make_snapshot(cells[1:], LATER[:, 1:]))
    assert found.cells.tolist() == cells
    assert np.isnan(found.moved[[0, -1]]).all()
    assert found.classes[1][0] == found.classes[0][-1] == ABSENT
    assert found.counts()["lost_its_score"] == 2
    assert not found.changed[0]


def test_a_part_that_came_stands_before_those_that_moved(make_snapshot, cells) -> None:
    found = compare(make_snapshot(cells, EARLIER[:, ::-1]), make_snapshot(cells, EARLIER))
    assert all(part["before"] is not None for one in found.movers(9) for part in one["indicators"])


def test_any_period_of_both_may_be_compared(pair) -> None:
    assert compare(*pair, "2024-01").counts()["moved"] == 0
    with pytest.raises(PeriodUnknown):
        compare(*pair, "2024-03")


def test_nothing_to_compare_is_said(make_snapshot, cells) -> None:
    lost = compare(*(make_snapshot(cells, np.full((1, 7), value)) for value in (NAN, 1.0)))
    assert lost.counts()["mean_move"] is None
    assert lost.movers(3) == []


def test_cells_of_different_sizes_or_times_are_refused(make_snapshot, cells, pair) -> None:
    def other(**case):
        return make_snapshot(cells, EARLIER, lambda manifest: manifest["case"].update(case))

    with pytest.raises(QueryError, match="resolution 6"):
        compare(pair[0], other(resolution=5))
    with pytest.raises(QueryError, match="no period in common"):
        compare(pair[0], other(periods=["2030-01", "2030-02"]))
