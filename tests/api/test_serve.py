"""The real process: it starts with nothing, shows each publish without a restart, and never half of one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx2
import small_world
from serving import served

from riskmap_api.deps import Snapshots
from riskmap_api.serve import warm


def test_a_service_over_an_empty_store_waits_for_the_first_publish(tmp_path):
    with served(tmp_path / "store") as address:
        assert httpx2.get(f"{address}/health").status_code == 503

        made = small_world.publish(tmp_path / "store")

        assert httpx2.get(f"{address}/health").json()["snapshot"] == made.id


def test_a_store_with_nothing_to_serve_is_told_and_does_not_stop_the_start(tmp_path, caplog):
    warm(Snapshots(tmp_path / "store"))

    assert "nothing to serve yet" in caplog.text


def test_readers_during_publishes_see_whole_snapshots_only(tmp_path):
    first = small_world.publish(tmp_path)
    known = {first.id: "Small world, 2024"}
    with served(tmp_path) as address, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(_read_many, address, 60)
        for number in range(5):
            title = f"Small world {number}"
            known[small_world.publish(tmp_path, title=title).id] = title
        seen = reading.result()

    assert {status for status, _, _ in seen} == {200}
    assert all(known[snapshot] == title for _, snapshot, title in seen)


def _read_many(address: str, times: int) -> list[tuple[int, str, str]]:
    with httpx2.Client(base_url=address) as client:
        answers = [client.get("/v1/snapshots/latest") for _ in range(times)]
    return [(one.status_code, one.json()["snapshot"], one.json()["manifest"]["case"]["title"]) for one in answers]
