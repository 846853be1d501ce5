"""What runs in a worker's process, run here where it can be looked at."""

import pickle
from multiprocessing import Pipe
from threading import Thread

import errands
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import errors
from riskmap.compute import worker
from riskmap.compute.order import Caught, Failed, packed
from riskmap.errors import ComputeError, RiskmapError


@pytest.fixture
def connection(monkeypatch):
    """To a worker that is a thread; it leaves the signals and processors of the tests alone."""
    told = []
    monkeypatch.setattr(worker.signal, "signal", lambda *words: told.append(words))
    monkeypatch.setattr(worker.pa, "set_cpu_count", told.append)
    ours, theirs = Pipe()
    thread = Thread(target=worker.serve, args=(theirs, 1000))
    thread.start()
    yield ours
    ours.close()
    thread.join()
    assert told == [(worker.signal.SIGINT, worker.signal.SIG_IGN), 1]


def asked(connection, *message: object) -> object:
    worker.send(connection, worker.parcel(message))
    return worker.opened(worker.receive(connection))


def test_a_worker_keeps_its_task_until_it_is_given_another(connection) -> None:
    assert asked(connection, packed(errands.slower_first), 9) == 9
    assert asked(connection, None, 8) == 8
    assert asked(connection, packed(errands.Weighed(np.ones(3))), 1).tolist() == [0, 1, 2]


def test_a_worker_answers_what_goes_wrong(connection) -> None:
    for message, told in [
        ((None, 9), "given an item and no task"),
        ((b"no pickle", 9), "UnpicklingError"),
        ((packed(errands.read_badly), 5), "ValueError: 5 is not good"),
        ((packed(errands.give_a_closure), 5), "give_a_closure"),
    ]:
        answer = asked(connection, *message)
        assert isinstance(answer, Failed)
        assert told in str(answer.error)


@settings(max_examples=50, deadline=None)
@given(
    value=st.recursive(
        st.none() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_comes_through_a_parcel(value) -> None:
    assert worker.opened(worker.parcel(value)) == value


def test_large_arrays_are_not_copied_into_the_pickle() -> None:
    value = {"numbers": np.arange(100_000.0), "table": pa.table({"a": np.arange(100_000)}), "none": np.zeros(0)}
    parts = worker.parcel(value)
    assert len(parts[0]) < 2_000
    assert sum(memoryview(part).nbytes for part in parts) >= 1_600_000
    found = worker.opened([bytearray(part) for part in parts])
    assert np.array_equal(found["numbers"], value["numbers"])
    assert found["table"] == value["table"]


def kinds(kind: type[RiskmapError]) -> list[type[RiskmapError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in kinds(child))]


@pytest.mark.parametrize("kind", [one for one in kinds(RiskmapError) if one.__module__ == errors.__name__])
def test_every_error_of_the_house_comes_home_whole(kind) -> None:
    words = ("events.csv", "is no table") if issubclass(kind, errors.InputError) else ("what is wrong",)
    error = kind(*words)
    error.add_note("where")
    home = pickle.loads(pickle.dumps(error))
    assert (type(home), str(home), home.__dict__) == (kind, str(error), error.__dict__)


def test_what_is_no_exception_passes() -> None:
    with pytest.raises(KeyboardInterrupt), Caught():
        raise KeyboardInterrupt


def test_nothing_done_is_no_result() -> None:
    with Caught() as caught:
        pass
    assert isinstance(caught.outcome.error, ComputeError)
