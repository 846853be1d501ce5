"""What every test may use: where the real data lie, and the house's own folders."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real provider files, which may not be passed on and so lie beside the project; absent elsewhere."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real provider files are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Folder of the synthetic sample."""
    return ROOT / "data" / "sample"


@pytest.fixture(scope="session")
def unmeasured() -> dict[str, str]:
    """Environment of a process that will be killed: it writes no coverage, which it could leave torn."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
