"""Input files are known by the hash of their bytes, a shapefile with all its companions."""

import hashlib

import pytest

from riskmap.errors import InputError
from riskmap.store import vault
from riskmap.store.vault import raw_of


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
