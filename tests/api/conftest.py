"""What the service's tests share: the small world, published once, and a real process that serves it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import small_world
from serving import served
from starlette.testclient import TestClient

from riskmap import Settings, Shelf, Snapshot
from riskmap_api.app import create_app


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the small world."""
    folder = tmp_path_factory.mktemp("service") / "store"
    small_world.publish(folder)
    return folder


@pytest.fixture(scope="session")
def snapshot(store: Path) -> Snapshot:
    """The small world as the library opens it."""
    return Shelf(store).open("latest")


@pytest.fixture(scope="session")
def address(store: Path) -> Iterator[str]:
    """Where a real service answers from that store."""
    with served(store) as where:
        yield where


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx2.Client]:
    """A client of the real service; it follows no redirects and keeps no cache."""
    with httpx2.Client(base_url=address) as made:
        yield made


@pytest.fixture
def small_client(store: Path) -> Iterator[TestClient]:
    """A service that answers at most ten rows, in this process."""
    with TestClient(create_app(Settings(store=store, max_cells=10))) as made:
        yield made


@pytest.fixture
def empty_client(tmp_path: Path) -> Iterator[TestClient]:
    """A service over a store with nothing in it and without a built map, in this process."""
    with TestClient(create_app(Settings(store=tmp_path / "store"), static=tmp_path / "static")) as made:
        yield made
