"""From rows to one value for each place and start."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import InputError
from riskmap.sources.table_values import Rows, by_place, newest

FIRST, LATER = np.datetime64("2024-01-01"), np.datetime64("2024-02-01")
NONE = float("nan")


def rows(*told: tuple[str, np.datetime64], ends: int = 31) -> Rows:
    """Rows at level 2, each with its place and start."""
    code = np.array([place for place, _ in told], dtype=object)
    start = np.array([start for _, start in told], dtype="datetime64[D]")
    length = len(told)
    none = np.full(length, "", object)
    return Rows("t.csv", code, none, none, np.full(length, 2), start, start + ends, np.arange(1, length + 1))


def found(rows: Rows, values: list[float], how: str) -> dict[str, float]:
    kept, amounts, _ = by_place(rows, np.array(values), how, "people")
    return dict(zip(kept.ids.tolist(), amounts.tolist(), strict=True))


def test_places_are_told_apart_by_level_parent_and_code() -> None:
    one = rows(("Jowhar", FIRST))
    assert one.ids.tolist() == ["2/Jowhar/2024-01-01"]
    inside = replace(one, parent=np.array(["Middle Shabelle"], object))
    assert inside.places.tolist() == ["2/Middle Shabelle/Jowhar"]
    named = replace(inside, code=np.array(["SO2101"], object), name=one.code)
    assert named.places.tolist() == ["2/Middle Shabelle/SO2101/Jowhar"]


def test_rows_that_agree_count_once() -> None:
    kept, values, notes = by_place(
        rows(("A", FIRST), ("A", FIRST), ("A", LATER)), np.array([5.0, 5, 7]), "agree", "people"
    )
    assert values.tolist() == [5, 7]
    assert kept.start.tolist() == [FIRST.item(), LATER.item()]
    assert notes == ("people: 1 repeated rows that agree count once",)


def test_rows_that_differ_are_refused_with_their_place() -> None:
    with pytest.raises(
        InputError, match=r"t.csv, row 2: B has several values of people from 2024-01-01: 5 in row 2, 6 in row 3"
    ):
        by_place(rows(("A", FIRST), ("B", FIRST), ("B", FIRST)), np.array([1.0, 5, 6]), "agree", "people")


def test_an_unknown_value_gives_no_record_and_is_counted() -> None:
    _, values, notes = by_place(rows(("A", FIRST), ("B", FIRST)), np.array([NONE, 0.0]), "agree", "people")
    assert values.tolist() == [0]
    assert notes == ("people: 1 unknown values give no record",)


def test_a_known_row_stands_for_an_unknown_one_of_the_same_place() -> None:
    assert found(rows(("A", FIRST), ("A", FIRST)), [NONE, 3], "agree") == {"2/A/2024-01-01": 3}


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    told = rows(("A", FIRST), ("A", FIRST), ("B", FIRST), ("B", FIRST))
    _, values, notes = by_place(told, np.array([1.0, 2, 3, NONE]), "sum", "people")
    assert values.tolist() == [3]
    assert "people: 1 sums with an unknown part are unknown" in notes


def test_different_values_are_counted() -> None:
    told = rows(("A", FIRST), ("A", FIRST), ("A", FIRST), ("A", FIRST), ("B", FIRST))
    assert found(told, [0, 1, 1, NONE, NONE], "distinct") == {"2/A/2024-01-01": 2}


def test_the_latest_end_of_a_group_holds() -> None:
    told = rows(("A", FIRST), ("A", FIRST))
    longer = replace(told, end=told.end + np.array([0, 9]))
    assert by_place(longer, np.array([1.0, 1]), "agree", "people")[0].end.tolist() == [(FIRST + 40).item()]


def test_the_newest_of_each_place() -> None:
    assert newest(rows(("A", FIRST), ("B", LATER), ("A", LATER))).tolist() == [False, True, True]
    assert newest(rows()).tolist() == []


def test_no_rows_give_no_values() -> None:
    for how in ("agree", "sum", "known", "distinct"):
        assert found(rows(), [], how) == {}


records = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from([FIRST, LATER]), st.sampled_from([NONE, 0.0, 0.1, 0.2, 0.3])),
    max_size=12,
)


@given(records, st.randoms(use_true_random=False), st.sampled_from(["sum", "known", "distinct"]))
def test_the_order_of_rows_does_not_matter(told, shuffler, how: str) -> None:
    def values(some) -> dict[str, float]:
        return found(rows(*((place, start) for place, start, _ in some)), [value for _, _, value in some], how)

    assert values(told) == values(shuffler.sample(told, len(told)))


@given(records)
def test_sums_conserve_what_is_known(told) -> None:
    known = [(place, start, value) for place, start, value in told if not np.isnan(value)]
    sums = found(rows(*((place, start) for place, start, _ in known)), [value for _, _, value in known], "sum")
    assert sum(sums.values()) == pytest.approx(sum(value for _, _, value in known))
