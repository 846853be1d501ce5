"""Input files are known by the hash of their bytes; what is fetched is kept whole, once, and told of by receipts."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riskmap.errors import InputError, StoreError
from riskmap.model.raw import Asked, Receipt
from riskmap.store import vault
from riskmap.store.vault import Vault, raw_of


def test_a_file_is_named_from_the_inputs_folder_and_hashed(tmp_path) -> None:
    path = tmp_path / "som" / "events.csv"
    path.parent.mkdir()
    path.write_bytes(b"a,b\n1,2\n")
    raw = raw_of(path, tmp_path)
    assert (raw.path, raw.name, raw.bytes) == (path, "som/events.csv", 8)
    assert raw.sha256 == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert (raw.url, raw.retrieved) == ("", None)


def test_a_file_elsewhere_keeps_the_name_it_was_given_by(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    assert raw_of(path, tmp_path / "inputs").name == path.as_posix()


def test_a_long_file_is_hashed_in_pieces(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(vault, "_CHUNK_BYTES", 3)
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")
    raw = raw_of(path, tmp_path)
    assert (raw.sha256, raw.bytes) == (hashlib.sha256(b"0123456789").hexdigest(), 10)


def test_a_shapefile_counts_with_its_companions_in_name_order(tmp_path) -> None:
    for suffix, content in [("shx", b"2"), ("dbf", b"1"), ("shp", b"3"), ("PRJ", b"0"), ("sbn", b"x"), ("csv", b"x")]:
        (tmp_path / f"flood.{suffix}").write_bytes(content)
    (tmp_path / "other.dbf").write_bytes(b"x")
    raw = raw_of(tmp_path / "flood.shp", tmp_path)
    assert (raw.name, raw.bytes) == ("flood.shp", 4)
    assert raw.sha256 == hashlib.sha256(b"0132").hexdigest()


def test_a_shapefile_changes_with_its_attributes(tmp_path) -> None:
    (tmp_path / "flood.shp").write_bytes(b"shape")
    (tmp_path / "flood.dbf").write_bytes(b"one")
    before = raw_of(tmp_path / "flood.shp", tmp_path).sha256
    (tmp_path / "flood.dbf").write_bytes(b"two")
    assert raw_of(tmp_path / "flood.shp", tmp_path).sha256 != before


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_is_no_file_is_told(tmp_path, name) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        raw_of(tmp_path / name, tmp_path)


def test_a_file_that_cannot_be_read_is_told(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    monkeypatch.setattr(vault, "_digest", lambda _paths: path.joinpath("below").open())
    with pytest.raises(InputError, match=r"a\.csv: cannot be read: Not a directory"):
        raw_of(path, tmp_path)


def test_real_files_of_a_provider_have_the_listed_length_and_the_hash_of_their_bytes(real_data) -> None:
    listed = [line.split("\t")[:2] for line in (real_data / "MANIFEST.tsv").read_text().splitlines()[1:]]
    somali = {name: int(length) for name, length in listed if name.startswith("somalia/") and name.endswith(".csv")}
    assert somali
    for name, length in somali.items():
        raw = raw_of(real_data / name, real_data)
        assert (raw.name, raw.bytes) == (name, length)
        assert raw.sha256 == hashlib.sha256((real_data / name).read_bytes()).hexdigest()


# What was fetched

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = Asked("SDN", date(2024, 1, 1), date(2024, 2, 1), {"eventtype": "FL"})


def receipt(content: bytes, url: str = "https://provider.example/rows", **changes: Any) -> Receipt:
    told = {"retrieved": MOMENT, "status": 200, "role": "records", "fetch": "1"} | changes
    return Receipt(source="provider", url=url, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), **told)


def kept(shelf: Vault, content: bytes, url: str = "https://provider.example/rows", **changes: Any) -> Receipt:
    with shelf.aside() as folder:
        file = folder / "payload"
        file.write_bytes(content)
        told = receipt(content, url, **changes)
        assert shelf.keep(file, told).path.read_bytes() == content
    return told


def payloads(shelf: Vault) -> list[Path]:
    return sorted(path for path in (shelf.folder / "payloads").rglob("*") if path.is_file())


@pytest.fixture
def shelf(tmp_path) -> Vault:
    return Vault(tmp_path / "vault")


def test_an_empty_vault_holds_nothing_and_makes_no_folder(shelf) -> None:
    assert (shelf.receipts("provider"), shelf.fetches("provider"), shelf.sources) == ([], [], ())
    assert shelf.last("provider", "https://provider.example/rows") is None
    assert not shelf.folder.exists()


def test_equal_payloads_are_kept_once_with_a_receipt_each(shelf) -> None:
    told = [kept(shelf, b"rows", retrieved=MOMENT + timedelta(seconds=turn)) for turn in range(3)]
    assert [path.read_bytes() for path in payloads(shelf)] == [b"rows"]
    assert payloads(shelf)[0].name == hashlib.sha256(b"rows").hexdigest()
    assert shelf.receipts("provider") == told
    assert Vault(shelf.folder).receipts("provider") == told
    assert shelf.sources == ("provider",)


def test_receipts_stand_in_the_order_in_which_payloads_came(shelf) -> None:
    moments = [MOMENT + timedelta(microseconds=turn) for turn in (5, 1, 3, 999_999, 1_000_000)]
    told = [kept(shelf, b"rows", f"https://provider.example/{moment:%f}", retrieved=moment) for moment in moments]
    assert shelf.receipts("provider") == sorted(told, key=lambda one: one.retrieved)


def test_receipts_of_one_moment_stand_beside_one_another(shelf) -> None:
    told = [kept(shelf, b"rows", fetch=fetch) for fetch in ("1", "2")]
    kept(shelf, b"rows", fetch="2")
    assert sorted(shelf.receipts("provider"), key=lambda one: one.fetch) == told


def test_a_receipt_is_read_as_it_was_written(shelf) -> None:
    told = kept(
        shelf,
        "Åäö \u202e".encode(),
        "https://provider.example/?q=ü",
        retrieved=MOMENT + timedelta(microseconds=7),
        media_type="text/csv",
        etag='W/"1"',
        modified="Mon, 01 Jan 2024 00:00:00 GMT",
        labels={"version": "24.1", "place": "Kôngo"},
        scrubbed=True,
        status=203,
    )
    assert Vault(shelf.folder).receipts("provider") == [told]
    raw = shelf.raw(told)
    assert (raw.url, raw.retrieved, raw.labels, raw.bytes) == (told.url, told.retrieved, told.labels, told.bytes)
    assert raw.name == f"provider/{told.sha256[:12]}"


def test_the_newest_whole_payload_of_an_address_is_the_last(shelf) -> None:
    first = kept(shelf, b"1")
    newest = kept(shelf, b"2", retrieved=MOMENT + timedelta(hours=2))
    kept(shelf, b"1", retrieved=MOMENT + timedelta(hours=1))
    kept(shelf, b"no", retrieved=MOMENT + timedelta(hours=3), role="refused", status=404)
    kept(shelf, b"3", "https://provider.example/other", retrieved=MOMENT + timedelta(hours=4))
    assert shelf.last("provider", first.url) == newest
    assert Vault(shelf.folder).last("provider", first.url) == newest
    assert shelf.last("provider", "https://provider.example/never") is None
    assert shelf.last("other", first.url) is None


def test_what_another_process_kept_meanwhile_is_seen(shelf) -> None:
    other = Vault(shelf.folder)
    first = kept(shelf, b"1")
    assert other.last("provider", first.url) == first
    second = kept(shelf, b"2", retrieved=MOMENT + timedelta(hours=1))
    assert other.last("provider", first.url) == second
    older = kept(shelf, b"0", retrieved=MOMENT - timedelta(hours=1))
    assert other.last("provider", first.url) == second
    assert other.receipts("provider") == [older, first, second]


def test_a_receipt_that_was_taken_away_no_longer_counts(shelf) -> None:
    first, second = kept(shelf, b"1"), kept(shelf, b"2", retrieved=MOMENT + timedelta(hours=1))
    assert shelf.last("provider", first.url) == second
    max((shelf.folder / "receipts" / "provider").iterdir()).unlink()
    assert shelf.last("provider", first.url) == first
    assert shelf.receipts("provider") == [first]


def test_each_receipt_is_read_once_however_often_the_last_is_asked_for(shelf, monkeypatch) -> None:
    opened: list[str] = []
    reading = Path.read_bytes

    def counted(path: Path) -> bytes:
        opened.append(path.name)
        return reading(path)

    for turn in range(50):
        kept(shelf, b"rows", f"https://provider.example/{turn}", retrieved=MOMENT + timedelta(seconds=turn))
    monkeypatch.setattr(Path, "read_bytes", counted)
    fresh = Vault(shelf.folder)
    for turn in range(50):
        found = fresh.last("provider", f"https://provider.example/{turn}")
        assert found is not None
    assert len(fresh.receipts("provider")) == len(opened) == len(set(opened)) == 50


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not JSON"),
        (b'{"source": "prov', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "holds no JSON object"),
        (b"{}", "is no receipt of this version"),
        (b'{"retrieved": "yesterday"}', "is no receipt of this version"),
        (b'{"retrieved": 7}', "is no receipt of this version"),
        (b'{"retrieved": "2026-03-01T12:00:00+00:00", "colour": "red"}', "is no receipt of this version"),
    ],
)
def test_a_receipt_that_is_none_is_told_with_its_file(shelf, content, problem) -> None:
    kept(shelf, b"rows")
    bad = shelf.folder / "receipts" / "provider" / "20250101.json"
    bad.write_bytes(content)
    with pytest.raises(StoreError, match=rf"20250101\.json {problem}.*; move it away and fetch again"):
        shelf.receipts("provider")
    with pytest.raises(StoreError, match=problem):
        shelf.last("provider", "https://provider.example/rows")
    bad.unlink()
    assert len(shelf.receipts("provider")) == 1


def test_what_is_no_receipt_file_is_left_aside(shelf) -> None:
    kept(shelf, b"rows")
    (shelf.folder / "receipts" / "provider" / ".DS_Store").write_bytes(b"?")
    assert len(shelf.receipts("provider")) == 1


def test_a_receipt_and_a_folder_that_cannot_be_read_are_told(shelf) -> None:
    folder = shelf.folder / "receipts" / "provider"
    (folder / "1.json").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"1\.json cannot be read: Is a directory"):
        shelf.receipts("provider")
    (shelf.folder / "receipts" / "other").write_bytes(b"")
    with pytest.raises(StoreError, match="other cannot be read: Not a directory"):
        shelf.receipts("other")


@pytest.mark.parametrize("left", [None, b"", b"ro"], ids=["gone", "empty", "cut"])
def test_a_payload_that_is_lost_or_cut_is_told_and_mended_by_the_next_fetch(shelf, left) -> None:
    told = kept(shelf, b"rows")
    (path,) = payloads(shelf)
    path.unlink() if left is None else path.write_bytes(left)
    with pytest.raises(InputError, match=r"its bytes are not in the vault .*, or not whole; fetch it again"):
        shelf.raw(told)
    kept(shelf, b"rows", retrieved=MOMENT + timedelta(days=1))
    assert shelf.raw(told).path.read_bytes() == b"rows"


def test_what_lies_aside_is_gone_afterwards_and_so_is_what_a_dead_process_left(shelf) -> None:
    left = shelf.folder / ".incoming-999999999-x"
    left.mkdir(parents=True)
    with shelf.aside() as folder:
        (folder / "half").write_bytes(b"half a payload")
        assert folder.parent == shelf.folder
    assert list(shelf.folder.iterdir()) == []


# Fetches


def test_a_fetch_is_begun_and_ended(shelf) -> None:
    with shelf.fetching("provider", ASKED) as (run, got):
        assert (run.source, run.asked, run.ended, got) == ("provider", ASKED, None, {})
        assert shelf.fetches("provider") == [run]
    (ended,) = Vault(shelf.folder).fetches("provider")
    assert ended.ended is not None
    assert ended == replace(run, ended=ended.ended)


def test_a_fetch_that_broke_off_is_taken_up_with_what_it_got(shelf) -> None:
    with pytest.raises(KeyError), shelf.fetching("provider", ASKED) as (broken, _):
        raise KeyError
    page = kept(shelf, b"1", "https://provider.example/1", fetch=broken.id)
    kept(shelf, b"no", "https://provider.example/2", fetch=broken.id, role="refused")
    kept(shelf, b"3", "https://provider.example/3", fetch="another")
    with Vault(shelf.folder).fetching("provider", ASKED) as (run, got):
        assert run == broken
        assert got == {"https://provider.example/1": page}
    with shelf.fetching("provider", ASKED) as (fresh, got):
        assert fresh.id != broken.id
        assert got == {}


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, area="TCD"),
        replace(ASKED, start=date(2023, 12, 1)),
        replace(ASKED, end=date(2024, 3, 1)),
        replace(ASKED, options={}),
    ],
)
def test_another_question_is_another_fetch(shelf, other) -> None:
    with pytest.raises(KeyError), shelf.fetching("provider", ASKED) as (broken, _):
        raise KeyError
    with shelf.fetching("provider", other) as (run, _):
        assert run.id != broken.id
    with shelf.fetching("another", ASKED) as (run, _):
        assert run.id != broken.id


def test_a_fetch_that_broke_off_the_day_before_yesterday_is_begun_anew(shelf) -> None:
    with pytest.raises(KeyError), shelf.fetching("provider", ASKED) as (broken, _):
        raise KeyError
    path = shelf.folder / "fetches" / "provider" / f"{broken.id}.json"
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps(told | {"begun": (datetime.now(UTC) - timedelta(hours=48)).isoformat()}))
    with shelf.fetching("provider", ASKED) as (run, _):
        assert run.id != broken.id
    assert [fetch.id for fetch in shelf.fetches("provider")] == [broken.id, run.id]


@pytest.mark.parametrize("content", [b'{"id": "1"}', b'{"id": "1", "source": "s", "asked": 7}'])
def test_a_fetch_that_is_none_is_told_with_its_file(shelf, content) -> None:
    folder = shelf.folder / "fetches" / "provider"
    folder.mkdir(parents=True)
    (folder / "1.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"1\.json is no fetch of this version"):
        shelf.fetches("provider")


def test_a_note_is_kept_beside_and_may_be_absent_or_torn(shelf) -> None:
    assert shelf.note_of("readings/provider/1") is None
    shelf.write_note("readings/provider/1", {"rows": 7})
    shelf.write_note("readings/provider/1", {"rows": 8})
    assert shelf.note_of("readings/provider/1") == {"rows": 8}
    (shelf.folder / "readings" / "provider" / "1.json").write_bytes(b"{")
    assert shelf.note_of("readings/provider/1") is None


# Disks that fail and processes that die


def test_a_vault_that_cannot_be_made_is_told(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"")
    shelf = Vault(tmp_path / "file" / "vault")
    with pytest.raises(StoreError, match=r"cannot be written: Not a directory; make room there, .* RISKMAP_VAULT"):
        shelf.write_note("x", {})
    with pytest.raises(StoreError, match="cannot be read: Not a directory"), shelf.fetching("provider", ASKED):
        pytest.fail("it was begun")


def test_a_vault_that_is_not_to_be_written_is_told_and_keeps_what_it_has(shelf, monkeypatch) -> None:
    told = kept(shelf, b"rows")

    def refuse(*_args: object, **_kwargs: object) -> str:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(StoreError, match="cannot be written: Read-only file system"), shelf.aside():
        pytest.fail("there was a folder")
    assert shelf.receipts("provider") == [told]


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_vault import kept
from riskmap.errors import StoreError
from riskmap.store.vault import Vault

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
shelf = Vault(Path(sys.argv[1]))
kept(shelf, b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    kept(shelf, bytes(2 << 20))
except StoreError as error:
    print(error)
"""


def test_a_disk_without_room_is_told_and_holds_no_half_payload(shelf) -> None:
    command = [sys.executable, "-c", FULL, str(shelf.folder), str(Path(__file__).parent)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "cannot be written: File too large; make room there" in out
    assert [path.read_bytes() for path in payloads(shelf)] == [b"small"]
    assert [one.bytes for one in shelf.receipts("provider")] == [5]
    assert [path.name for path in shelf.folder.iterdir() if path.name.startswith(".incoming")] == []


KEEPING = """
import sys
from datetime import timedelta
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_vault import MOMENT, kept
from riskmap.store.vault import Vault

shelf, turn = Vault(Path(sys.argv[1])), 0
while True:
    kept(shelf, bytes([turn % 251]) * 300_000, f"https://provider.example/{turn}", retrieved=MOMENT + timedelta(seconds=turn))
    turn += 1
    if turn == 2:
        print("under way", flush=True)
"""


def test_a_process_killed_at_any_moment_leaves_no_half_payload(shelf, unmeasured) -> None:
    chance = np.random.default_rng(20260301)
    command = [sys.executable, "-c", KEEPING, str(shelf.folder), str(Path(__file__).parent)]
    for pause in chance.uniform(0, 0.05, 6):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unmeasured) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "under way\n"
            time.sleep(pause)
            running.kill()
        assert running.returncode == -signal.SIGKILL
        for path in payloads(shelf):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        told = Vault(shelf.folder).receipts("provider")
        assert len(told) >= 2
        assert all(shelf.raw(one).bytes == 300_000 for one in told)
    with shelf.aside():
        assert len([path for path in shelf.folder.iterdir() if path.name.startswith(".incoming")]) == 1
