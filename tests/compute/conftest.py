"""A real cluster on loopback, and every engine there is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from riskmap.compute.engine import Engine, engine_of

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)


@dataclass
class RealCluster:
    """A scheduler and its workers, each a process of its own."""

    address: str
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> subprocess.Popen[bytes]:
        """One more worker of one thread, which nobody starts again when it dies."""
        words = ["worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        self.processes.append(_dask(words, self.environment))
        return self.processes[-1]


def _dask(words: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "dask", *words], env=environment, stdout=quiet, stderr=quiet)


@contextmanager
def a_cluster(folder: Path, environment: dict[str, str]) -> Iterator[RealCluster]:
    told = folder / "scheduler.json"
    words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    scheduler = _dask(words, environment)
    cluster = RealCluster("", environment, [scheduler])
    try:
        while not told.exists():
            assert scheduler.poll() is None
            time.sleep(0.05)
        cluster.address = json.loads(told.read_text())["address"]
        yield cluster
    finally:
        for process in reversed(cluster.processes):
            process.kill()
            process.wait()


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
