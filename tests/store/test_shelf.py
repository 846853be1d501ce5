"""The shelf publishes whole or not at all, whatever happens to the process or the disk."""

import errno
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from riskmap.errors import SnapshotMissing, StoreError
from riskmap.store import aside, shelf
from riskmap.store.shelf import Shelf
from riskmap.store.tables import write_tables

FORKING_WRITER = """
import itertools, os, sys
from riskmap.store.shelf import Shelf
found = Shelf(sys.argv[1]).open()
tables, manifest, target = dict(found.tables), dict(found.manifest), Shelf(sys.argv[2])
Shelf(sys.argv[1]).publish(tables, manifest, {})
for line in sys.stdin:
    child = os.fork()
    if not child:
        for number in itertools.count():
            manifest["case"] = {**manifest["case"], "title": f"{line.strip()} {number}"}
            target.publish(tables, manifest, {})
    print(child, flush=True)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""
"""Publishes without end in a child process for each line it is told; everything is loaded before the first."""

LIMITED_WRITER = """
import resource, sys
from riskmap.store.shelf import Shelf
found = Shelf(sys.argv[1]).open()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
Shelf(sys.argv[1]).publish(dict(found.tables), {**found.manifest, "again": True}, {})
"""


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_publish_leaves_the_snapshot_its_log_and_the_pointer(tables, make_manifest, tmp_path) -> None:
    made = Shelf(tmp_path).publish(tables, make_manifest(), {"seconds": {"read": 1.5}})
    assert names(tmp_path) == {"snapshots", "logs", "latest"}
    dated = {f"{name}.{label}" for name in ("scores", "indicators") for label in ("2024-01", "2024-02")}
    files = {f"{stem}.{kind}" for stem in {"cells"} | dated for kind in ("arrow", "parquet")}
    assert names(tmp_path / "snapshots" / made.id) == files | {"manifest.json"}
    assert set(made.manifest["files"]) == files
    assert (tmp_path / "latest").read_text() == f"{made.id}\n"
    log = json.loads((tmp_path / "logs" / f"{made.id}.json").read_bytes())
    assert log["seconds"] == {"read": 1.5}


def test_the_same_content_gives_the_same_id_and_the_same_bytes(tables, make_manifest, tmp_path) -> None:
    first = Shelf(tmp_path / "one").publish(tables, make_manifest(), {"host": "a"})
    second = Shelf(str(tmp_path / "two")).publish(tables, make_manifest(), {"host": "b"})
    assert first.id == second.id
    assert digests(first.folder) == digests(second.folder)


def test_other_content_gives_another_id(tables, make_manifest, tmp_path) -> None:
    store = Shelf(tmp_path)
    first = store.publish(tables, make_manifest(), {})
    assert store.publish(tables, make_manifest(title="Eight"), {}).id != first.id
    column = tables["scores"]["value"].to_pylist()
    column[0] = None
    other = tables["scores"].set_column(2, "value", [column])
    with pytest.raises(StoreError):
        store.publish(tables, make_manifest(periods=["2024-01"]), {})
    assert store.publish({**tables, "scores": other}, make_manifest(), {}).id != first.id


def test_publishing_again_reuses_what_is_there(tables, make_manifest, tmp_path) -> None:
    store = Shelf(tmp_path)
    first = store.publish(tables, make_manifest(), {})
    store.publish(tables, make_manifest(title="Eight"), {})
    inode = first.folder.stat().st_ino
    assert store.publish(tables, make_manifest(), {}).folder.stat().st_ino == inode
    assert store.open("latest").id == first.id
    assert len(store.list()) == 2


def test_publishing_again_mends_a_damaged_snapshot(tables, make_manifest, tmp_path) -> None:
    store = Shelf(tmp_path)
    made = store.publish(tables, make_manifest(), {})
    (made.folder / "scores.2024-01.arrow").write_bytes(b"")
    store.publish(tables, make_manifest(), {})
    assert store.open(made.id, verify=True).id == made.id
    assert names(tmp_path) == {"snapshots", "logs", "latest"}


def test_the_last_published_comes_first(tables, make_manifest, tmp_path) -> None:
    store = Shelf(tmp_path)
    assert store.list() == []
    ids = [store.publish(tables, make_manifest(title=title), {}).id for title in "abc"]
    assert store.list() == ids[::-1]
    store.publish(tables, make_manifest(title="a"), {})
    assert store.list() == [ids[0], ids[2], ids[1]]


def test_the_order_survives_lost_logs(tables, make_manifest, tmp_path, monkeypatch) -> None:
    store = Shelf(tmp_path)
    ids = [store.publish(tables, make_manifest(title=title), {}).id for title in "ab"]
    for age, identifier in enumerate(ids):
        (tmp_path / "logs" / f"{identifier}.json").unlink()
        os.utime(tmp_path / "snapshots" / identifier, (age * 1000, age * 1000))
    (tmp_path / "snapshots" / "not-an-id").mkdir()
    assert store.list() == [ids[1], ids[0]]
    assert store._published("0123456789abcdef") == ""


def test_pruning_keeps_the_last_published(tables, make_manifest, tmp_path) -> None:
    store = Shelf(tmp_path)
    assert store.prune(1) == ()
    ids = [store.publish(tables, make_manifest(title=title), {}).id for title in "abcd"]
    held = store.open(ids[0])
    assert store.prune(2) == (ids[1], ids[0])
    assert store.list() == [ids[3], ids[2]]
    assert names(tmp_path / "logs") == {f"{identifier}.json" for identifier in ids[2:]}
    assert names(tmp_path) == {"snapshots", "logs", "latest"}
    assert held.column("scores", "value").shape == (14,)
    with pytest.raises(SnapshotMissing):
        store.open(ids[0])
    with pytest.raises(StoreError, match="at least 1"):
        store.prune(0)


def test_pruning_never_takes_what_latest_names(tables, make_manifest, tmp_path) -> None:
    store = Shelf(tmp_path)
    ids = [store.publish(tables, make_manifest(title=title), {}).id for title in "ab"]
    (tmp_path / "latest").write_text(ids[0])
    assert store.prune(1) == (ids[1],)
    assert store.open().id == ids[0]


@pytest.mark.parametrize("writers", [1, 2])
def test_killed_at_any_moment_the_store_stays_whole(tables, make_manifest, tmp_path, unmeasured, writers) -> None:
    """Thirty kills or more: whatever `latest` names opens and verifies, and no half snapshot can be seen.

    On a slow machine writers get longer before they are killed, until some of them have come through.
    """
    source, target = tmp_path / "source", tmp_path / "target"
    Shelf(source).publish(tables, make_manifest(), {})
    first = Shelf(target).publish(tables, make_manifest(), {}).id
    command = [sys.executable, "-c", FORKING_WRITER, str(source), str(target)]
    dice = random.Random(writers)
    processes = [
        subprocess.Popen(command, env=unmeasured, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(writers)
    ]
    seen, kills = {first}, 0
    try:
        while kills < 30 or len(seen) < 5:
            children = []
            for number, process in enumerate(processes):
                process.stdin.write(f"writer {number} kill {kills}\n")
                process.stdin.flush()
                children.append(int(process.stdout.readline()))
            time.sleep(dice.uniform(0, 0.08 * (1 + kills / 30)))
            for child in children:
                os.kill(child, signal.SIGKILL)
                kills += 1
            assert all(process.stdout.readline() == "dead\n" for process in processes)
            store = Shelf(target)
            seen.add(store.open("latest", verify=True).id)
            for identifier in store.list():
                store.open(identifier, verify=True)
            assert len(store.list()) == len(names(target / "snapshots"))
    finally:
        for process in processes:
            process.communicate()
    Shelf(target).publish(tables, make_manifest(title="last"), {})
    assert names(target) == {"snapshots", "logs", "latest"}
    assert Shelf(target).prune(1)
    assert len(names(target / "snapshots")) == 1


def test_a_reader_during_publishes_sees_the_old_or_the_new(tables, make_manifest, tmp_path, unmeasured) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    Shelf(source).publish(tables, make_manifest(), {})
    Shelf(target).publish(tables, make_manifest(), {})
    command = [sys.executable, "-c", FORKING_WRITER, str(source), str(target)]
    seen = set()
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=unmeasured, stdin=pipe, stdout=pipe, text=True) as process:
        process.stdin.write("writer\n")
        process.stdin.flush()
        child = int(process.stdout.readline())
        store = Shelf(target)
        try:
            while len(seen) < 10:
                seen.add(store.open("latest", verify=True).id)
                store.prune(1)
                os.kill(child, 0)
        finally:
            os.kill(child, signal.SIGKILL)
            process.communicate()
    assert len(seen) == 10, "ten publishes seen, each of them whole"


def test_a_disk_without_room_is_told_and_changes_nothing(tables, make_manifest, tmp_path) -> None:
    made = Shelf(tmp_path).publish(tables, make_manifest(), {})
    answer = subprocess.run(
        [sys.executable, "-c", LIMITED_WRITER, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "StoreError" in answer.stderr
    assert "make room there" in answer.stderr
    assert Shelf(tmp_path).list() == [made.id]
    assert Shelf(tmp_path).open("latest", verify=True).id == made.id
    assert names(tmp_path) == {"snapshots", "logs", "latest"}


def test_a_store_that_cannot_be_a_folder_is_told(tables, make_manifest, tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="name a folder that can be written"):
        Shelf(tmp_path / "file" / "store").publish(tables, make_manifest(), {})


@pytest.mark.parametrize(
    "refusal", [(errno.ENOSPC, "make room"), (errno.EACCES, "allow writing"), (errno.EROFS, "allow writing")]
)
@pytest.mark.parametrize("step", [1, 4, 8, 10])
def test_a_refusal_at_any_step_is_told_and_the_old_stays(
    tables, make_manifest, tmp_path, monkeypatch, refusal, step
) -> None:
    """The disk refuses the n-th time that something is to be made safe on it."""
    number, advice = refusal
    made = Shelf(tmp_path).publish(tables, make_manifest(), {})
    left = iter([None] * step)

    def refuse(_descriptor):
        if next(left, "refuse") == "refuse":
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(aside.os, "fsync", refuse)
    with pytest.raises(StoreError, match=f"{os.strerror(number)}.*{advice}"):
        Shelf(tmp_path).publish(tables, make_manifest(title="new"), {})
    monkeypatch.undo()
    assert Shelf(tmp_path).open("latest", verify=True).id == made.id
    assert names(tmp_path) == {"snapshots", "logs", "latest"}


def test_an_error_without_a_number_is_told_in_its_own_words(tables, make_manifest, tmp_path, monkeypatch) -> None:
    def refuse(_folder, _tables):
        raise OSError("the cable fell out")

    monkeypatch.setattr(shelf, "write_tables", refuse)
    with pytest.raises(StoreError, match="the cable fell out"):
        Shelf(tmp_path).publish(tables, make_manifest(), {})
    monkeypatch.setattr(shelf, "write_tables", write_tables)
    assert Shelf(tmp_path).publish(tables, make_manifest(), {})
