"""The sample case, built once for all tests of the pipeline, the command line and what they publish."""

from pathlib import Path

import pytest

import riskmap


@pytest.fixture(scope="session")
def sample_case(root: Path) -> Path:
    return root / "data" / "cases" / "sample.toml"


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory, sample_case: Path, sample_data: Path) -> Path:
    """A store with the sample's snapshot; read-only by agreement."""
    store = tmp_path_factory.mktemp("sample-store")
    riskmap.build(riskmap.load_case(sample_case), sample_data, store)
    return store


@pytest.fixture(scope="session")
def sample(sample_store: Path) -> riskmap.Snapshot:
    return riskmap.Shelf(sample_store).open("latest")
