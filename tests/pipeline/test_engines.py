"""A build on a cluster gives the bytes of one in this process, even where a worker dies in the middle of it."""

import sys
import threading
import time
from pathlib import Path

import pytest

import riskmap
from riskmap.compute.engine import engine_of

sys.path.insert(0, str(Path(__file__).parents[1] / "compute"))

from clusters import a_cluster

pytestmark = pytest.mark.slow

READINGS = 20
"""Results that are kept before the first measure is merged: of the sample's files, and its people."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory, sample_case: Path, sample_data: Path) -> riskmap.Snapshot:
    """The sample, coarse, built in this process."""
    return riskmap.build(riskmap.load_case(sample_case, 5), sample_data, tmp_path_factory.mktemp("alone"))


def files(snapshot: riskmap.Snapshot) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(snapshot.folder.iterdir())}


@pytest.mark.parametrize("kill", [False, True], ids=["both workers live", "one worker is killed"])
def test_two_workers_of_a_cluster_give_the_same_bytes(
    kill: bool, alone, unmeasured, sample_case: Path, sample_data: Path, tmp_path: Path
) -> None:
    with a_cluster(tmp_path, dict(unmeasured)) as made:
        victim, _ = made.add_worker(), made.add_worker()
        with engine_of(made.address) as engine:
            while engine.workers < 2:
                time.sleep(0.05)
            results = tmp_path / "store" / "results"
            results.mkdir(parents=True)

            def strike() -> None:
                """Kills a worker once all inputs are read and some measures are merged, and others are not."""
                while sum(1 for _ in results.iterdir()) < READINGS + 6:
                    time.sleep(0.01)
                victim.kill()

            killing = threading.Thread(target=strike, daemon=True)
            if kill:
                killing.start()
            built = riskmap.build(riskmap.load_case(sample_case, 5), sample_data, tmp_path / "store", engine=engine)
            if kill:
                killing.join(10)
                assert victim.wait(10) != 0, "it was killed while the build was under way"
    assert files(built) == files(alone)
