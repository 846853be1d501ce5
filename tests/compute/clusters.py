"""Real clusters on loopback: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


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
