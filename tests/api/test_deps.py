"""Open snapshots: a publish shows at once, and whoever holds a snapshot keeps it whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import small_world

from riskmap import RiskmapError
from riskmap_api.deps import Snapshots


def test_latest_is_looked_up_again_only_after_a_publish(tmp_path, monkeypatch):
    first = small_world.publish(tmp_path)
    opened = Snapshots(tmp_path)
    looked = []
    real = opened.shelf.open
    monkeypatch.setattr(opened.shelf, "open", lambda name: looked.append(name) or real(name))

    assert opened.get("latest").id == opened.get("latest").id == first.id
    assert looked == ["latest"]

    second = small_world.publish(tmp_path, title="Small world, again")
    assert opened.get("latest").id == second.id
    assert opened.get(first.id).manifest["case"]["title"] == "Small world, 2024"
    assert looked == ["latest", "latest"]


def test_a_store_without_snapshots_becomes_one_with(tmp_path):
    opened = Snapshots(tmp_path / "store")
    with pytest.raises(RiskmapError):
        opened.get("latest")

    made = small_world.publish(tmp_path / "store")

    assert opened.get("latest").id == made.id


def test_only_so_many_snapshots_stay_open(tmp_path):
    made = [small_world.publish(tmp_path, title=f"Small world {number}").id for number in range(10)]
    opened = Snapshots(tmp_path)
    for identifier in made:
        opened.get(identifier)

    assert len(opened._open) == 8
    assert opened.get(made[0]).id == made[0]


def test_threads_share_one_snapshot(store):
    opened = Snapshots(store)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(opened.get, ["latest"] * 64))

    assert len({id(snapshot) for snapshot in found}) == 1
