"""Abreast: the same results in the same order, with few of them in flight."""

import itertools
import threading

import pytest

from riskmap.grid.abreast import THREADS, in_slices, in_turn


@pytest.mark.parametrize(("count", "slices"), [(0, 1), (1, 1), (10, 1), (11, 2), (95, 10)])
def test_slices_are_as_long_as_asked_and_results_in_their_order(count, slices) -> None:
    found = in_slices(lambda part: (part.start, part.stop), count, 10)
    assert len(found) == slices
    assert (found[0][0], found[-1][1]) == (0, count)
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]


def test_one_slice_takes_no_thread() -> None:
    assert in_slices(lambda _: threading.current_thread(), 5, 10) == [threading.main_thread()]


def test_a_stream_without_end_is_taken_a_few_at_a_time() -> None:
    taken = itertools.count()
    stream = in_turn(lambda number: number**2, taken)
    assert list(itertools.islice(stream, 5)) == [0, 1, 4, 9, 16]
    assert next(taken) <= 5 + THREADS + 1
    assert list(in_turn(str, [])) == []


def test_errors_come_out() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_turn(lambda number: 1 // number, [1, 0]))
    with pytest.raises(ZeroDivisionError):
        in_slices(lambda part: 1 // part.start, 20, 10)
