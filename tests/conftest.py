"""What every test may use: where the real data lie, and the house's own folders."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# No test may fail for being slow: how fast a machine is belongs to the benchmarks.
settings.register_profile("riskmap", deadline=None)
settings.load_profile("riskmap")


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


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """A client of an S3 server that speaks HTTP on loopback, and the environment in which others find it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    words = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "riskmap",
        "AWS_SECRET_ACCESS_KEY": "a-secret-that-nobody-may-see",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in words.items():
            patch.setenv(name, value)
        yield boto3.client("s3")
    server.stop()


@pytest.fixture
def bucket(s3: Any) -> str:
    """An empty bucket of the test's own."""
    name = f"bucket-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    return name
