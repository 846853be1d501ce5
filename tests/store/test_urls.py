"""Shelves and inputs under an address, against an S3 server that speaks HTTP on loopback, and other file systems."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.errors import InputError, SnapshotDamaged, SnapshotMissing, StoreError
from riskmap.store import distant, mirror
from riskmap.store.mirror import mirrored
from riskmap.store.remote import Remote, _entry, _sha256_in, place_of
from riskmap.store.shelf import Shelf, own_cache

SECRET = "a-secret-that-nobody-may-see"
"""Also the key with which the server is asked."""


@pytest.fixture(params=["s3", "memory"])
def address(request) -> str:
    """An empty place to publish to."""
    if request.param == "s3":
        return f"s3://{request.getfixturevalue('bucket')}/risk/maps"
    return f"memory://{uuid.uuid4().hex}/maps"


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


class TestShelf:
    def test_it_publishes_the_same_bytes_as_a_folder(self, tables, make_manifest, tmp_path, address) -> None:
        here = Shelf(tmp_path / "here").publish(tables, make_manifest(), {})
        there = Shelf(address, tmp_path / "cache").publish(tables, make_manifest(), {})
        assert there.id == here.id
        found = Remote(address)
        assert set(found.entries()) == names(tmp_path / "here")
        copied = tmp_path / "copied"
        found.download([f"snapshots/{here.id}/{path.name}" for path in here.folder.iterdir()], copied)
        assert digests(copied / "snapshots" / here.id) == digests(here.folder)

    def test_another_machine_opens_what_was_published(self, tables, make_manifest, tmp_path, address) -> None:
        made = Shelf(address, tmp_path / "one").publish(tables, make_manifest(), {})
        other = Shelf(f"{address}/", tmp_path / "two")
        found = other.open(verify=True)
        assert found.id == made.id == other.open(made.id).id
        assert digests(found.folder) == digests(made.folder)
        assert found.column("scores", "value").shape == (14,)

    def test_what_is_here_is_not_copied_again(self, tables, make_manifest, tmp_path, address) -> None:
        Shelf(address, tmp_path / "one").publish(tables, make_manifest(), {})
        other = Shelf(address, tmp_path / "two")
        inode = other.open().folder.stat().st_ino
        assert other.open(verify=True).folder.stat().st_ino == inode
        (other.open().folder / "scores.2024-01.arrow").write_bytes(b"")
        assert other.open(verify=True).folder.stat().st_ino != inode

    def test_the_last_published_comes_first(self, tables, make_manifest, tmp_path, address) -> None:
        shelf = Shelf(address, tmp_path)
        assert shelf.list() == []
        ids = [shelf.publish(tables, make_manifest(title=title), {}).id for title in "abc"]
        assert shelf.list() == ids[::-1]
        shelf.publish(tables, make_manifest(title="a"), {})
        assert shelf.list() == [ids[0], ids[2], ids[1]]
        assert shelf.open().id == ids[0]

    def test_the_order_survives_lost_logs(self, tables, make_manifest, tmp_path, address) -> None:
        shelf = Shelf(address, tmp_path)
        ids = [shelf.publish(tables, make_manifest(title=title), {}).id for title in "ab"]
        remote = Remote(address)
        remote.write("snapshots/no-id/manifest.json", b"{}")
        for identifier in ids:
            remote.remove([f"logs/{identifier}.json"])
        assert sorted(shelf.list()) == sorted(ids)

    def test_pruning_keeps_the_last_published(self, tables, make_manifest, tmp_path, address) -> None:
        shelf, reader = Shelf(address, tmp_path / "one"), Shelf(address, tmp_path / "two")
        assert shelf.prune(1) == ()
        ids = [shelf.publish(tables, make_manifest(title=title), {}).id for title in "abcd"]
        held = reader.open(ids[0])
        assert shelf.prune(2) == (ids[1], ids[0])
        assert shelf.list() == [ids[3], ids[2]]
        assert {name.split("/")[1] for name in Remote(address).entries("snapshots")} == set(ids[2:])
        assert set(Remote(address).entries("logs")) == {f"logs/{identifier}.json" for identifier in ids[2:]}
        assert {path.name for path in (shelf.store / "snapshots").iterdir()} == set(ids[2:])
        assert held.column("scores", "value").shape == (14,)
        assert Shelf(address, tmp_path / "three").prune(1) == (ids[2],)
        with pytest.raises(SnapshotMissing, match=ids[0]):
            reader.open(ids[0])
        with pytest.raises(StoreError, match="at least 1"):
            shelf.prune(0)

    def test_pruning_never_takes_what_latest_names(self, tables, make_manifest, tmp_path, address) -> None:
        shelf = Shelf(address, tmp_path)
        ids = [shelf.publish(tables, make_manifest(title=title), {}).id for title in "ab"]
        Remote(address).write("latest", ids[0].encode())
        assert shelf.prune(1) == (ids[1],)
        assert Shelf(address, tmp_path / "other").open().id == ids[0]

    def test_pruning_spares_what_becomes_the_newest_meanwhile(
        self, tables, make_manifest, tmp_path, address, monkeypatch
    ) -> None:
        shelf = Shelf(address, tmp_path)
        ids = [shelf.publish(tables, make_manifest(title=title), {}).id for title in "ab"]
        told = iter([ids[1], ids[0]])
        monkeypatch.setattr(shelf._far, "latest", lambda: next(told))
        assert shelf.prune(1) == ()
        assert set(shelf.list()) == set(ids)

    def test_nothing_published_is_told(self, tables, make_manifest, tmp_path, address) -> None:
        shelf = Shelf(address, tmp_path)
        assert shelf.mark() is None
        with pytest.raises(SnapshotMissing, match="has no snapshot yet"):
            shelf.open()
        shelf.publish(tables, make_manifest(), {})
        with pytest.raises(SnapshotMissing, match="has no snapshot '0123456789abcdef'"):
            shelf.open("0123456789abcdef")
        with pytest.raises(SnapshotMissing):
            shelf.open("../../etc")

    def test_a_manifest_is_read_without_its_snapshot(self, tables, make_manifest, tmp_path, address) -> None:
        made = Shelf(address, tmp_path / "one").publish(tables, make_manifest(), {})
        other = Shelf(address, tmp_path / "two")
        assert other.manifest(made.id) == made.manifest
        assert names(tmp_path / "two") == set()
        for identifier in ("0123456789abcdef", "../../etc"):
            with pytest.raises(SnapshotMissing, match="has no snapshot"):
                other.manifest(identifier)
        Remote(address).write(f"snapshots/{made.id}/manifest.json", b"{}")
        with pytest.raises(SnapshotDamaged, match="changed after it was published"):
            other.manifest(made.id)

    def test_changed_bytes_are_told_by_the_name_of_their_file(self, tables, make_manifest, tmp_path, address) -> None:
        shelf = Shelf(address, tmp_path / "one")
        made = shelf.publish(tables, make_manifest(), {})
        remote, name = Remote(address), f"snapshots/{made.id}/scores.2024-01.arrow"
        content = bytearray(remote.read(name))
        content[-100] ^= 1
        remote.write(name, bytes(content))
        with pytest.raises(SnapshotDamaged, match=rf"{address}/{name} is not what was published"):
            Shelf(address, tmp_path / "two").open()
        assert names(tmp_path / "two") == set()
        remote.remove([name])
        shelf.publish(tables, make_manifest(), {})
        assert Shelf(address, tmp_path / "two").open(verify=True).id == made.id

    def test_a_half_upload_is_not_seen_and_is_finished_by_the_next(
        self, tables, make_manifest, tmp_path, address, monkeypatch
    ) -> None:
        shelf = Shelf(address, tmp_path / "one")
        old = shelf.publish(tables, make_manifest(), {})
        upload, calls = Remote.upload, []

        def refuse(remote, folder, wanted):
            calls.append(wanted)
            if len(calls) == 2:
                raise StoreError("the cable fell out")
            upload(remote, folder, wanted)

        monkeypatch.setattr(Remote, "upload", refuse)
        with pytest.raises(StoreError, match="cable"):
            shelf.publish(tables, make_manifest(title="new"), {})
        monkeypatch.undo()
        other = Shelf(address, tmp_path / "two")
        assert other.open(verify=True).id == old.id
        assert other.list() == [old.id]
        new = shelf.publish(tables, make_manifest(title="new"), {})
        assert other.open(verify=True).id == new.id

    def test_publishing_mends_what_a_prune_took_just_then(
        self, tables, make_manifest, tmp_path, address, monkeypatch
    ) -> None:
        shelf, write, taken = Shelf(address, tmp_path / "one"), Remote.write, []

        def take_away(remote, name, content):
            write(remote, name, content)
            if not taken or taken[0] == "always":
                taken.append(name)
                remote.remove(list(remote.entries("snapshots")))

        monkeypatch.setattr(Remote, "write", take_away)
        made = shelf.publish(tables, make_manifest(), {})
        assert Shelf(address, tmp_path / "two").open(verify=True).id == made.id
        taken[:] = ["always"]
        with pytest.raises(StoreError, match="loses what is published there"):
            shelf.publish(tables, make_manifest(title="new"), {})

    def test_what_vanishes_while_it_is_copied_is_missing_not_damaged(
        self, tables, make_manifest, tmp_path, address, monkeypatch
    ) -> None:
        """A reader of `latest` then looks again, and finds what is newest now."""
        shelf, download = Shelf(address, tmp_path / "one"), Remote.download
        ids = [shelf.publish(tables, make_manifest(title=title), {}).id for title in "ab"]
        Remote(address).write("latest", ids[0].encode())

        def prune_first(remote, wanted, to):
            if ids[0] in wanted[0]:
                remote.write("latest", ids[1].encode())
                remote.remove(wanted)
            download(remote, wanted, to)

        monkeypatch.setattr(Remote, "download", prune_first)
        other = Shelf(address, tmp_path / "two")
        assert other.open().id == ids[1]
        with pytest.raises(SnapshotMissing, match="no snapshot"):
            other.open(ids[0])

    def test_a_broken_connection_while_copying_is_told_as_such(
        self, tables, make_manifest, tmp_path, address, monkeypatch
    ) -> None:
        Shelf(address, tmp_path / "one").publish(tables, make_manifest(), {})

        def refuse(_remote, _wanted, _to):
            raise StoreError("the cable fell out")

        monkeypatch.setattr(Remote, "download", refuse)
        with pytest.raises(StoreError, match="cable"):
            Shelf(address, tmp_path / "two").open()

    def test_the_mark_changes_with_the_newest(self, tables, make_manifest, tmp_path, address, monkeypatch) -> None:
        shelf, reader = Shelf(address, tmp_path / "one"), Shelf(address, tmp_path / "two")
        first = shelf.publish(tables, make_manifest(), {}).id
        assert reader.mark() == first
        second = shelf.publish(tables, make_manifest(title="b"), {}).id
        assert reader.mark() == first
        monkeypatch.setattr(distant, "_LOOK_S", -1.0)
        assert reader.mark() == second
        monkeypatch.setattr(Remote, "read", lambda *_words: (_ for _ in ()).throw(StoreError("the cable fell out")))
        assert reader.mark() == second
        with pytest.raises(StoreError, match="cable"):
            Shelf(address, tmp_path / "three").mark()

    def test_old_copies_go(self, tables, make_manifest, tmp_path, address, monkeypatch) -> None:
        shelf, reader = Shelf(address, tmp_path / "one"), Shelf(address, tmp_path / "two")
        monkeypatch.setattr(distant, "_KEPT_HERE", 2)
        for age, title in enumerate("abc"):
            shelf.publish(tables, make_manifest(title=title), {})
            os.utime(reader.open().folder, (age * 1000, age * 1000))
        shelf.publish(tables, make_manifest(title="d"), {})
        reader.open()
        assert len(list((reader.store / "snapshots").iterdir())) == 2


def test_a_reader_during_publishes_sees_the_old_or_the_new(tables, make_manifest, tmp_path, bucket) -> None:
    """Over real HTTP, with a writer that goes on all the while and prunes behind itself."""
    address, done, seen = f"s3://{bucket}/busy", threading.Event(), set()
    Shelf(address, tmp_path / "writer").publish(tables, make_manifest(), {})

    def write() -> None:
        shelf, number = Shelf(address, tmp_path / "writer"), 0
        while not done.is_set():
            shelf.publish(tables, make_manifest(title=f"{number}"), {})
            shelf.prune(2)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reader, patience = Shelf(address, tmp_path / "reader"), time.monotonic() + 60
        while len(seen) < 5 and time.monotonic() < patience:
            seen.add(reader.open(verify=True).id)
    finally:
        done.set()
        writer.join()
    assert len(seen) >= 5


KILLED_WRITER = """
import itertools, sys
from riskmap.store.shelf import Shelf
found = Shelf(sys.argv[1]).open()
shelf = Shelf(sys.argv[2], __import__("pathlib").Path(sys.argv[3]))
for number in itertools.count():
    shelf.publish(dict(found.tables), {**found.manifest, "case": {**found.manifest["case"], "title": str(number)}}, {})
    print(number, flush=True)
"""


def test_killed_at_any_moment_the_address_stays_whole(tables, make_manifest, tmp_path, bucket) -> None:
    address = f"s3://{bucket}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    Shelf(tmp_path / "source").publish(tables, make_manifest(), {})
    Shelf(address, tmp_path / "first").publish(tables, make_manifest(), {})
    command = [sys.executable, "-c", KILLED_WRITER, str(tmp_path / "source"), address, str(tmp_path / "cache")]
    for pause_ms in (5, 60, 130):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(pause_ms / 1000)
            process.send_signal(signal.SIGKILL)
        reader = Shelf(address, tmp_path / f"reader-{pause_ms}")
        assert reader.open(verify=True).id in reader.list()
        for identifier in reader.list():
            reader.open(identifier, verify=True)


def test_a_file_address_is_a_folder(tables, make_manifest, tmp_path) -> None:
    shelf = Shelf(f"file://{tmp_path}/a%20store")
    made = shelf.publish(tables, make_manifest(), {})
    assert made.folder == tmp_path / "a store" / "snapshots" / made.id
    assert shelf.manifest(made.id) == made.manifest
    mark = shelf.mark()
    shelf.publish(tables, make_manifest(title="b"), {})
    assert None is not shelf.mark() != mark
    assert Shelf(tmp_path / "none").mark() is None
    with mirrored(f"file://{tmp_path}", ["*.csv"], tmp_path / "cache") as mirror:
        assert mirror.folder == tmp_path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("s3://me:a-secret-that-nobody-may-see@bucket/x", "with a password or a query"),
        ("abfs://box@account.dfs.core.windows.net/x?sig=a-secret-that-nobody-may-see", "with a password or a query"),
        (Path("s3://bucket/x"), "hand it over as text"),
    ],
)
def test_an_address_with_a_secret_or_cut_as_a_path_is_refused(text, told) -> None:
    with pytest.raises(StoreError, match=told) as refused:
        place_of(text)
    assert SECRET not in str(refused.value)


def test_places_that_are_right() -> None:
    assert place_of("abfs://box@account.dfs.core.windows.net/x/") == "abfs://box@account.dfs.core.windows.net/x"
    assert place_of("store") == place_of(Path("store")) == Path("store")
    assert own_cache().parts[-2:] == (".cache", "riskmap")


def test_what_cannot_be_reached_is_told_without_secrets(s3, tmp_path, monkeypatch) -> None:
    with pytest.raises(StoreError, match=r"s3://no-such-bucket/x cannot be \w+: .*mend the address") as told:
        Remote("s3://no-such-bucket/x").write("a", b"")
    assert SECRET not in str(told.value)
    with pytest.raises(StoreError, match="cannot be opened"):
        Remote("gopher://x/y")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(StoreError, match=r"riskmap\[cloud\]"):
        Remote("s3://bucket/y")


class TestMirror:
    def put(self, s3, bucket: str, **files: str) -> None:
        for name, content in files.items():
            s3.put_object(Bucket=bucket, Key=f"in/{name.replace('__', '/').replace('_', '.')}", Body=content.encode())

    def look(self, bucket: str, patterns: list[str], cache: Path) -> dict[str, str]:
        with mirrored(f"s3://{bucket}/in", patterns, cache) as mirror:
            return {name: (mirror.folder / name).read_text() for name in sorted(names(mirror.folder))}

    def test_it_holds_what_was_asked_for_and_what_belongs_to_it(self, s3, bucket, tmp_path) -> None:
        self.put(s3, bucket, a_csv="1", b_csv="2", deep__c_csv="3", other_txt="4")
        self.put(s3, bucket, shapes__x_shp="5", shapes__x_dbf="6", shapes__x_PRJ="7", shapes__x_txt="8")
        self.put(s3, bucket, r_tif="9", r_tif_aux_xml="10", s_tif_aux_xml="11")
        found = self.look(bucket, ["*.csv", "shapes/x.shp", "r.tif", "/elsewhere/y.csv"], tmp_path)
        assert found == {
            "a.csv": "1", "b.csv": "2", "shapes/x.shp": "5", "shapes/x.dbf": "6", "shapes/x.PRJ": "7",
            "r.tif": "9", "r.tif.aux.xml": "10",
        }  # fmt: skip
        assert set(self.look(bucket, ["**/*.csv"], tmp_path / "all")) == {"a.csv", "b.csv", "deep/c.csv"}

    def test_only_what_changed_is_copied_again(self, s3, bucket, tmp_path, monkeypatch) -> None:
        self.put(s3, bucket, a_csv="1", b_csv="2", c_csv="3")
        self.look(bucket, ["*.csv"], tmp_path)
        copied, download = [], Remote.download
        monkeypatch.setattr(
            Remote, "download", lambda remote, wanted, to: (copied.append(wanted), download(remote, wanted, to))
        )
        self.look(bucket, ["*.csv"], tmp_path)
        assert copied == []
        self.put(s3, bucket, b_csv="4")
        s3.delete_object(Bucket=bucket, Key="in/c.csv")
        assert self.look(bucket, ["*.csv"], tmp_path) == {"a.csv": "1", "b.csv": "4"}
        assert copied == [["b.csv"]]
        next(tmp_path.rglob("a.csv")).write_text("cut off by hand")
        next(tmp_path.rglob("b.csv")).unlink()
        assert self.look(bucket, ["*.csv"], tmp_path) == {"a.csv": "1", "b.csv": "4"}
        next(tmp_path.rglob("marks.json")).write_text("[]")
        assert self.look(bucket, ["*.csv"], tmp_path) == {"a.csv": "1", "b.csv": "4"}

    def test_a_file_keeps_its_path_and_its_age_while_it_is_the_same(self, s3, bucket, tmp_path) -> None:
        self.put(s3, bucket, a_csv="1", b_csv="2")
        with mirrored(f"s3://{bucket}/in", ["*.csv"], tmp_path) as mirror:
            before = {path: path.stat().st_mtime_ns for path in mirror.folder.iterdir()}
        self.put(s3, bucket, b_csv="3")
        with mirrored(f"s3://{bucket}/in", ["*.csv"], tmp_path) as mirror:
            assert {path for path in mirror.folder.iterdir() if path.stat().st_mtime_ns == before[path]} == {
                mirror.folder / "a.csv"
            }

    def test_nothing_changes_while_somebody_is_inside(self, s3, bucket, tmp_path) -> None:
        self.put(s3, bucket, a_csv="1")
        with mirrored(f"s3://{bucket}/in", ["*.csv"], tmp_path) as mirror:
            self.put(s3, bucket, a_csv="2")
            other = threading.Thread(target=self.look, args=(bucket, ["*.csv"], tmp_path))
            other.start()
            other.join(0.5)
            assert other.is_alive()
            assert (mirror.folder / "a.csv").read_text() == "1"
        other.join()
        assert (mirror.folder / "a.csv").read_text() == "2"

    def test_large_files_come_by_ranges(self, s3, bucket, tmp_path) -> None:
        content = os.urandom(60 << 20)
        s3.put_object(Bucket=bucket, Key="in/large.tif", Body=content)
        with mirrored(f"s3://{bucket}/in", ["large.tif"], tmp_path) as mirror:
            assert (
                hashlib.sha256((mirror.folder / "large.tif").read_bytes()).digest() == hashlib.sha256(content).digest()
            )

    def test_what_is_not_there_is_told(self, s3, bucket, tmp_path) -> None:
        self.put(s3, bucket, a_csv="1")
        with pytest.raises(InputError, match=rf"s3://{bucket}/in/b.csv: there is no such file"):
            self.look(bucket, ["a.csv", "b.csv"], tmp_path)
        with pytest.raises(InputError, match="leads out of the inputs"):
            self.look(bucket, ["../a.csv"], tmp_path)

    def test_names_that_lead_out_are_not_copied(self, s3, bucket, tmp_path) -> None:
        self.put(s3, bucket, a_csv="1")
        s3.put_object(Bucket=bucket, Key="in/../../b.csv", Body=b"2")
        s3.put_object(Bucket=bucket, Key="in/empty/", Body=b"")
        assert self.look(bucket, ["**/*.csv"], tmp_path) == {"a.csv": "1"}

    def test_files_that_never_rest_are_told(self, s3, bucket, tmp_path, monkeypatch) -> None:
        self.put(s3, bucket, a_csv="1")
        download = Remote.download

        def cut(remote, wanted, to):
            download(remote, wanted, to)
            (to / "a.csv").write_text("")

        monkeypatch.setattr(Remote, "download", cut)
        with pytest.raises(InputError, match="change faster"):
            self.look(bucket, ["*.csv"], tmp_path)

    def test_a_cache_that_cannot_be_written_is_told(self, s3, bucket, tmp_path) -> None:
        self.put(s3, bucket, a_csv="1")
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match=r"cache .* cannot be written"):
            self.look(bucket, ["*.csv"], tmp_path / "file")

    def test_without_an_etag_age_and_length_tell(self, tmp_path) -> None:
        """`local://` goes the long way round, by the times that a disk tells."""
        source = tmp_path / "source"
        source.mkdir()
        (source / "a.csv").write_text("1")
        os.utime(source / "a.csv", (1000, 1000))
        for content, moment in (("1", 1000), ("2", 2000)):
            (source / "a.csv").write_text(content)
            os.utime(source / "a.csv", (moment, moment))
            with mirrored(f"local://{source}", ["a.csv"], tmp_path / "cache") as mirror:
                assert (mirror.folder / "a.csv").read_text() == content

    def test_without_any_mark_a_file_is_never_taken_for_the_same(self) -> None:
        told = {"size": 3, "type": "file"}
        assert _entry(told).mark != _entry(told).mark
        assert _entry({**told, "LastModified": "2024-01-01"}).mark == "2024-01-01"


PARTS = st.sampled_from(["a", "b.csv", "c.tif", "ab", "x.csv"])
GLOBS = st.lists(st.sampled_from(["a", "*", "*.csv", "?", "[ab]", "**", "a*", "b.csv"]), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(paths=st.sets(st.lists(PARTS, min_size=1, max_size=3).map("/".join), max_size=8), pattern=GLOBS)
def test_patterns_mean_what_they_mean_in_a_folder(tmp_path_factory, paths, pattern) -> None:
    """What `Path.glob` finds is found, and listed by no more levels than it takes."""
    root = tmp_path_factory.mktemp("globs")
    for path in sorted(paths):
        if not (root / path).exists() and not any(parent.is_file() for parent in (root / path).parents):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("x")
    glob = "/".join(pattern)
    expected = {path.relative_to(root).as_posix() for path in root.glob(glob) if path.is_file()}
    below, depth = mirror._reach(tuple(pattern))
    listed = set(Remote(f"local://{root}").entries(below, depth))
    found = {name for name in listed if mirror._matches(tuple(name.split("/")), tuple(pattern))}
    assert found == expected or (pattern[-1] == "**" and found >= expected)


class TestRanged:
    """A file read by ranges, for who cannot be told of an error."""

    def test_streams_of_one_file_have_places_of_their_own(self, s3, bucket) -> None:
        content = bytes(range(256)) * 4_000
        s3.put_object(Bucket=bucket, Key="in/a.tif", Body=content)
        ranged = Remote(f"s3://{bucket}/in").ranged("a.tif")
        one, other = ranged.handle(), ranged.handle()
        assert (one.readable(), one.seekable(), ranged.bytes) == (True, True, len(content))
        assert one.seek(700_000) == 700_000
        assert other.read(3) == content[:3]
        assert one.read(5) == content[700_000:700_005]
        assert (one.tell(), other.tell()) == (700_005, 3)
        assert one.seek(-4, 2) == len(content) - 4
        assert one.read() == content[-4:]
        assert one.read() == b""
        assert (other.seek(2, 1), ranged.failure) == (5, None)

    def test_what_changed_since_it_was_opened_is_not_read_on(self, s3, bucket) -> None:
        s3.put_object(Bucket=bucket, Key="in/a.tif", Body=bytes(1 << 20))
        ranged = Remote(f"s3://{bucket}/in").ranged("a.tif")
        assert ranged.read(0, 10) == bytes(10)
        s3.put_object(Bucket=bucket, Key="in/a.tif", Body=b"1" * (1 << 20))
        assert ranged.read(900_000, 10) == b""
        assert f"s3://{bucket}/in cannot be read" in str(ranged.failure)
        assert ranged.read(0, 10) == b"", "nothing more, not even what is known"

    def test_what_is_not_there_is_told(self, bucket) -> None:
        with pytest.raises(StoreError, match="cannot be read"):
            Remote(f"s3://{bucket}/in").ranged("none.tif")

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ({}, "etag:5d41402abc4b2a76b9719d911017c592"),
            ({"ChecksumAlgorithm": "SHA256"}, f"sha256:{hashlib.sha256(b'hello').hexdigest()}"),
            ({"ChecksumAlgorithm": "CRC32"}, "etag:5d41402abc4b2a76b9719d911017c592"),
        ],
    )
    def test_an_object_is_known_by_its_own_hash_or_its_mark(self, s3, bucket, words, told) -> None:
        s3.put_object(Bucket=bucket, Key="in/a.tif", Body=b"hello", **words)
        remote = Remote(f"s3://{bucket}/in")
        assert remote.identity("a.tif", remote.entries()["a.tif"]) == told

    def test_without_either_by_its_age(self, tmp_path) -> None:
        (tmp_path / "a.tif").write_text("hello")
        os.utime(tmp_path / "a.tif", (1000, 1000))
        remote = Remote(f"local://{tmp_path}")
        assert remote.identity("a.tif", remote.entries()["a.tif"]) == "modified:1970-01-01T00:16:40+00:00"

    def test_a_hash_of_hashes_is_none_of_the_whole(self) -> None:
        whole = base64.b64encode(bytes(32)).decode()
        assert _sha256_in({"ChecksumSHA256": whole}) == "00" * 32
        assert _sha256_in({"ChecksumSHA256": whole, "ChecksumType": "COMPOSITE"}) is None
        assert _sha256_in({"ChecksumSHA256": f"{whole}-3"}) is None
        assert _sha256_in({"ChecksumSHA256": "AAAA"}) is None


def test_nothing_asked_is_nothing_done(bucket, tmp_path) -> None:
    remote = Remote(f"s3://{bucket}")
    remote.download([], tmp_path)
    remote.upload(tmp_path, [])
    remote.remove([])
    assert (remote.read_all([]), remote.read("none"), remote.entries("none")) == ({}, None, {})


def test_a_listing_is_asked_for_anew_each_time(bucket) -> None:
    remote, other = Remote(f"s3://{bucket}"), Remote(f"s3://{bucket}")
    assert remote.entries() == {}
    other.write("a", b"1")
    assert set(remote.entries()) == {"a"}
