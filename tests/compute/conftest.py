"""A real cluster on loopback, and every engine there is."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from clusters import RealCluster, a_cluster

from riskmap.compute.engine import Engine, engine_of

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="session")
def worker_environment(unmeasured) -> dict[str, str]:
    """Workers find the errands of the tests."""
    path = os.pathsep.join([HERE, *filter(None, [unmeasured.get("PYTHONPATH")])])
    return {**unmeasured, "PYTHONPATH": path}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, worker_environment) -> Iterator[RealCluster]:
    """A scheduler with two workers."""
    with a_cluster(tmp_path_factory.mktemp("cluster"), worker_environment) as made:
        made.add_worker()
        made.add_worker()
        yield made


@pytest.fixture
def make_cluster(tmp_path, worker_environment) -> Iterator[Callable[..., RealCluster]]:
    """Makes a cluster of the test's own, without workers; words go into the scheduler's environment."""
    with ExitStack() as stack:
        yield lambda **words: stack.enter_context(a_cluster(tmp_path, {**worker_environment, **words}))


@pytest.fixture(scope="session")
def engines(cluster) -> Iterator[dict[str, Engine]]:
    """Every engine, started once."""
    with engine_of(workers=1) as one, engine_of(workers=2) as two, engine_of(cluster.address) as far:
        yield {"in process": one, "two processes": two, "cluster": far}


@pytest.fixture(params=["in process", "two processes", "cluster"])
def engine(request, engines) -> Engine:
    """Each engine in turn."""
    return engines[request.param]


@pytest.fixture
def unused_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
