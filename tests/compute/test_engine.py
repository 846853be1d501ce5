"""One law for every engine: the same results in the same order, whatever happens to those who work."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import errands
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap.compute import dask, order
from riskmap.compute.engine import engine_of
from riskmap.compute.local import InProcess, Processes
from riskmap.errors import ComputeError, InputError, TaskFailed

ITEMS = list(range(24))


class Watched(Sequence):
    """Items that know how many of them were taken."""

    def __init__(self, count: int) -> None:
        self.count, self.taken = count, 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, position: int) -> int:
        if not 0 <= position < self.count:
            raise IndexError(position)
        self.taken = max(self.taken, position + 1)
        return position


def test_every_engine_gives_the_same_bytes(engine) -> None:
    expected = [errands.bytes_of(errands.table_of(number)) for number in ITEMS]
    assert [errands.bytes_of(table) for table in engine.map(errands.table_of, ITEMS)] == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(0, 99), max_size=12))
def test_results_are_those_of_a_plain_loop(engines, numbers) -> None:
    weigh = errands.Weighed(np.arange(100.0))
    expected = [weigh(number).tobytes() for number in numbers]
    for engine in engines.values():
        assert [found.tobytes() for found in engine.map(weigh, numbers)] == expected


def test_order_is_that_of_the_items_not_of_the_results(engine) -> None:
    assert list(engine.map(errands.slower_first, range(10))) == list(range(10))


def test_two_workers_are_two_processes(engines) -> None:
    here = os.getpid()
    assert set(engines["in process"].map(errands.process_of, range(3))) == {here}
    for name in ("two processes", "cluster"):
        found = set(engines[name].map(errands.process_of, range(12)))
        assert len(found) == engines[name].workers == 2
        assert here not in found


def test_no_more_than_two_items_a_worker_are_under_way(engine) -> None:
    items = Watched(40)
    for read, found in enumerate(engine.map(errands.slower_first, items)):
        assert found == read
        assert items.taken - read <= order.AHEAD * engine.workers
    assert items.taken == 40


def test_no_items_are_no_results(engine) -> None:
    assert list(engine.map(errands.table_of, [])) == []


def test_a_task_that_breaks_is_told_with_its_item(engine) -> None:
    """The seventh item fails sooner, but the fifth comes first: the error does not depend on who is faster."""
    results = engine.map(errands.read_badly, ITEMS)
    assert [next(results) for _ in range(5)] == ITEMS[:5]
    with pytest.raises(TaskFailed, match=r"^read_badly on item 6 of 24, 5: ValueError: 5 is not good\n") as told:
        next(results)
    assert "raise ValueError" in "".join(told.value.__notes__)


def test_what_a_task_says_on_purpose_comes_home_as_it_was(engine) -> None:
    with pytest.raises(InputError, match=r"^events.csv, row 3, field 'date': is no table\n") as told:
        list(engine.map(errands.refuse_sevens, ITEMS))
    assert (told.value.row, told.value.field) == (3, "date")
    assert told.value.__notes__[-1] == "refuse_sevens on item 8 of 24, 7"


def test_after_an_error_nothing_more_is_begun(engine, tmp_path) -> None:
    items = Watched(40)
    with pytest.raises(TaskFailed):
        list(engine.map(errands.read_badly, items))
    assert items.taken <= 6 + order.AHEAD * engine.workers
    assert list(engine.map(errands.Noting(tmp_path), range(3))) == [0, 1, 2]


def test_who_stops_reading_stops_the_work(engine, tmp_path) -> None:
    results = engine.map(errands.Noting(tmp_path), range(1000))
    assert next(results) == 0
    results.close()
    assert list(engine.map(errands.slower_first, [9, 9, 9, 9])) == [9, 9, 9, 9]
    assert len(list(tmp_path.iterdir())) <= order.AHEAD * engine.workers


def test_a_closure_is_refused_before_anything_is_sent(engine) -> None:
    with pytest.raises(ComputeError, match=r"lambda.*cannot be sent to a worker.*function of a module"):
        engine.map(lambda number: number, ITEMS)


@pytest.mark.parametrize("name", ["two processes"])
def test_a_result_that_cannot_travel_is_told(engines, name) -> None:
    with pytest.raises(TaskFailed, match=r"give_a_closure on item 1 of 1, 3: .*give_a_closure"):
        list(engines[name].map(errands.give_a_closure, [3]))


@pytest.mark.parametrize("name", ["two processes"])
def test_an_item_that_cannot_travel_is_told(engines, name) -> None:
    with pytest.raises(TaskFailed, match=r"process_of on item 1 of 1, <function"):
        list(engines[name].map(errands.process_of, [lambda: 3]))


def test_a_task_travels_as_a_name(engines) -> None:
    assert len(order.packed(errands.table_of)) < 100
    assert len(pickle.dumps(dask.Order(order.packed(errands.table_of), "1"))) < 300


def test_a_large_task_travels_once_to_each_worker(engine) -> None:
    """Ten megabytes a task and sixty items: sent with each item it would be 600."""
    weigh = errands.Weighed(np.arange(1_250_000.0))
    found = np.stack(list(engine.map(weigh, range(60))))
    assert found.tolist() == [[0, number, 2 * number] for number in range(60)]


def test_large_items_travel_too(engine) -> None:
    items = [np.full(1_500_000, float(number)) for number in range(3)]
    assert list(engine.map(errands.first_of, items)) == [0.0, 1.0, 2.0]


def test_arrays_that_come_back_can_be_written_to(engines) -> None:
    for name in ("in process", "two processes"):
        for found in engines[name].map(errands.Weighed(np.arange(9.0)), range(3)):
            found[0] = 1
            assert found[0] == 1


def test_two_maps_may_be_read_by_turns(engine) -> None:
    one, two = engine.map(errands.slower_first, [8, 9]), engine.map(errands.Weighed(np.arange(3.0)), [1, 2])
    assert [next(one), next(two)[1], next(one), next(two)[1]] == [8, 1, 9, 2]


def test_a_killed_worker_is_replaced_and_its_item_done_again(engines, tmp_path) -> None:
    items = [tmp_path / name for name in ("calm", "one", "calm", "two", "calm")]
    assert list(engines["two processes"].map(errands.die_at_first, items)) == [path.name for path in items]


def test_an_item_that_kills_every_worker_is_told(engines) -> None:
    with pytest.raises(ComputeError, match=r"die on item 1 of 2, 'x': the worker died 4 times; if memory ran out"):
        list(engines["two processes"].map(errands.die, ["x", "y"]))
    assert list(engines["two processes"].map(errands.slower_first, [9])) == [9]


def test_a_closed_engine_ends_what_is_under_way_and_says_so(tmp_path) -> None:
    with ThreadPoolExecutor(1) as reader:
        with engine_of(workers=2) as two:
            under_way = reader.submit(list, two.map(errands.Waiting(tmp_path, 600), range(4)))
            while not list(tmp_path.iterdir()):
                time.sleep(0.01)
        with pytest.raises(ComputeError, match="closed"):
            under_way.result()


def test_workers_die_with_who_started_them(worker_environment, tmp_path) -> None:
    code = (
        "import errands, sys\nfrom pathlib import Path\nfrom riskmap.compute.engine import engine_of\n"
        "if __name__ == '__main__':\n"
        "    list(engine_of(workers=2).map(errands.Waiting(Path(sys.argv[1]), 0.5), range(100)))\n"
    )
    script, folder = tmp_path / "script.py", tmp_path / "seen"
    script.write_text(code)
    folder.mkdir()
    with subprocess.Popen([sys.executable, str(script), str(folder)], env=worker_environment) as process:
        while len(list(folder.iterdir())) < 2:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    seen = [int(path.name) for path in folder.iterdir()]
    patience = time.monotonic() + 20
    while any(is_running(number) for number in seen):
        assert time.monotonic() < patience
        time.sleep(0.05)


def is_running(process: int) -> bool:
    """Whether a process works still; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("words", "kind", "workers"),
    [({"workers": 1}, InProcess, 1), ({"workers": 3}, Processes, 3), ({}, (InProcess, Processes), None)],
)
def test_without_a_scheduler_it_is_this_machine(words, kind, workers) -> None:
    with engine_of(**words) as made:
        assert isinstance(made, kind)
        assert made.workers == (workers or len(os.sched_getaffinity(0)))


def test_what_is_no_engine_is_told(monkeypatch) -> None:
    with pytest.raises(ComputeError, match="give at least 1"):
        engine_of(workers=0)
    with pytest.raises(ComputeError, match="'kubernetes' is no address"):
        engine_of("kubernetes")
    monkeypatch.setitem(sys.modules, "riskmap.compute.dask", None)
    with pytest.raises(ComputeError, match=r"riskmap\[scale\]"):
        engine_of("tcp://127.0.0.1:1")
