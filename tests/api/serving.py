"""A real service process on loopback, for tests that ask it over HTTP."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

_PROGRAM = """
import sys
from riskmap import Settings
from riskmap_api.serve import serve
serve(Settings(store=sys.argv[1], port=int(sys.argv[2])))
"""
_START_SECONDS = 60


@contextmanager
def served(store: Path) -> Iterator[str]:
    """Address of a service over a store; the process is interrupted, as by Ctrl-C, at the end."""
    port = _free_port()
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, str(store), str(port)], stderr=subprocess.PIPE)
    try:
        _wait_for(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the service ended at once: {process.communicate()[1].decode()}")
        try:
            httpx2.get(f"http://127.0.0.1:{port}/health")
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the service did not answer within {_START_SECONDS} seconds")
