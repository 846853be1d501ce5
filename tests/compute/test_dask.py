"""A cluster loses workers, gains workers, or is lost itself; what is built on it does not change, or says why."""

import time
from types import SimpleNamespace

import errands
import numpy as np
import pytest

from riskmap.compute import dask
from riskmap.compute.dask import Cluster, Order
from riskmap.compute.engine import engine_of
from riskmap.compute.order import Failed, packed
from riskmap.errors import ComputeError


def test_workers_are_counted_as_of_now(make_cluster) -> None:
    made = make_cluster()
    made.add_worker()
    with engine_of(made.address) as engine:
        assert engine.workers == 1
        made.add_worker()
        while engine.workers < 2:
            time.sleep(0.05)


@pytest.mark.parametrize("large", [False, True])
def test_a_worker_killed_in_the_middle_changes_no_byte(make_cluster, large) -> None:
    """Results that lie on it are lost and made again; the other worker, and one that comes later, do the rest."""
    made = make_cluster()
    victim, _ = made.add_worker(), made.add_worker()
    task = errands.Weighed(np.arange(100_000.0)) if large else errands.table_of
    with engine_of(made.address) as engine:
        while engine.workers < 2:
            time.sleep(0.05)
        found = []
        for number, one in enumerate(engine.map(task, range(60))):
            found.append(one)
            if number == 10:
                victim.kill()
                victim.wait()
                made.add_worker()
    expected = [task(number) for number in range(60)]
    if large:
        assert np.array_equal(found, expected)
    else:
        assert [errands.bytes_of(one) for one in found] == [errands.bytes_of(one) for one in expected]


def test_an_item_that_dies_with_its_worker_goes_to_another(make_cluster, tmp_path) -> None:
    made = make_cluster()
    made.add_worker()
    made.add_worker()
    with engine_of(made.address) as engine:
        items = [tmp_path / name for name in ("calm", "once", "calm")]
        assert list(engine.map(errands.die_at_first, items)) == ["calm", "once", "calm"]


def test_an_item_that_kills_every_worker_is_told(make_cluster) -> None:
    made = make_cluster(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    made.add_worker()
    with engine_of(made.address) as engine, pytest.raises(ComputeError, match=r"die on item 1 of 1, 'x': its workers"):
        list(engine.map(errands.die, ["x"]))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_scheduler_that_goes_is_told(make_cluster, tmp_path) -> None:
    made = make_cluster()
    made.add_worker()
    with engine_of(made.address) as engine:
        results = engine.map(errands.Waiting(tmp_path, 0.3), range(50))
        assert next(results) == 0
        made.processes[0].kill()
        with pytest.raises(ComputeError, match="the scheduler was lost"):
            list(results)


def test_a_scheduler_that_is_not_there_is_told(unused_port) -> None:
    with pytest.raises(ComputeError, match="does not answer"):
        Cluster(f"tcp://127.0.0.1:{unused_port}", patience_s=0.3)


def test_a_scheduler_without_workers_is_told(make_cluster) -> None:
    with pytest.raises(ComputeError, match="has no workers; start some"):
        Cluster(make_cluster().address, patience_s=0.3)


def test_a_worker_of_another_version_is_refused(engines, monkeypatch) -> None:
    monkeypatch.setattr(dask, "VERSION", "0.0.0")
    with pytest.raises(ComputeError, match=r"a worker has riskmap .*, this is 0.0.0; install the same"):
        list(engines["cluster"].map(errands.slower_first, [9]))


def test_an_order_does_its_task_wherever_it_is_called() -> None:
    assert Order(packed(errands.slower_first), dask.VERSION)(9) == 9
    assert isinstance(Order(packed(errands.slower_first), "0.0.0")(9), Failed)


def test_a_kept_task_is_found_by_its_name(monkeypatch) -> None:
    kept = dask._Kept(packed(errands.slower_first))

    monkeypatch.setattr(dask, "get_worker", lambda: SimpleNamespace(plugins={kept.name: kept}))
    assert Order(kept.name, dask.VERSION)(9) == 9
