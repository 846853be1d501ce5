"""Manifests have one form, and their id stands for everything in them."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import SnapshotDamaged, StoreError
from riskmap.store import manifest as m

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def written(folder, content):
    """Writes a manifest into the folder that its id names."""
    content = {**content, "id": m.id_of(content)}
    target = folder / content["id"]
    target.mkdir()
    (target / "manifest.json").write_bytes(m.canonical_json(content))
    return target


def test_canonical_json_is_sorted_utf8_and_ends_with_a_newline() -> None:
    assert m.canonical_json({"b": 1, "a": "Gaalkacyo é"}) == '{\n "a": "Gaalkacyo é",\n "b": 1\n}\n'.encode()


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_the_order_of_keys_does_not_matter_and_nothing_is_lost(content) -> None:
    backwards = dict(reversed(content.items()))
    assert m.canonical_json(content) == m.canonical_json(backwards)
    assert json.loads(m.canonical_json(content)) == content


@pytest.mark.parametrize("wrong", [float("nan"), {1, 2}, b"bytes"])
def test_what_json_cannot_say_is_refused(wrong) -> None:
    with pytest.raises(StoreError, match="cannot be written as JSON"):
        m.canonical_json({"a": wrong})


def test_the_id_is_the_start_of_the_hash_of_everything_else() -> None:
    content = {"case": {"name": "x"}, "files": {}}
    expected = hashlib.sha256(m.canonical_json(content)).hexdigest()[:16]
    assert m.id_of(content) == m.id_of({**content, "id": "whatever"}) == expected
    assert m.id_of({**content, "files": {"a": {}}}) != expected


def test_sealing_lists_every_file_with_checksum_and_size(tmp_path) -> None:
    (tmp_path / "b.arrow").write_bytes(b"beta")
    (tmp_path / "a.arrow").write_bytes(b"")
    content = m.sealed({"case": {}}, tmp_path)
    assert content["files"] == {
        "a.arrow": {"sha256": hashlib.sha256(b"").hexdigest(), "bytes": 0},
        "b.arrow": {"sha256": hashlib.sha256(b"beta").hexdigest(), "bytes": 4},
    }
    assert content["format"] == m.FORMAT
    assert m.is_id(content["id"])


@pytest.mark.parametrize("text", ["", "latest", "../..", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcde\n"])
def test_other_texts_are_no_ids(text) -> None:
    assert not m.is_id(text)


def test_what_was_written_is_read_again(tmp_path) -> None:
    folder = written(tmp_path, {"format": m.FORMAT, "case": {"name": "x"}})
    assert m.read_manifest(folder)["case"] == {"name": "x"}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.write_text("{"), "is not JSON"),
        (lambda path: path.write_text("[]"), "was changed"),
        (lambda path: path.write_text(path.read_text().replace('"x"', '"y"')), "was changed"),
        (lambda path: path.write_text(path.read_text().replace('"id": "', '"id": "0')), "was changed"),
    ],
)
def test_a_manifest_that_was_touched_is_named(tmp_path, damage, message) -> None:
    folder = written(tmp_path, {"format": m.FORMAT, "case": {"name": "x"}})
    damage(folder / "manifest.json")
    with pytest.raises(SnapshotDamaged, match=rf"manifest\.json.*{message}"):
        m.read_manifest(folder)


def test_a_layout_of_another_version_is_refused(tmp_path) -> None:
    with pytest.raises(StoreError, match="layout 1; this version reads layout 2"):
        m.read_manifest(written(tmp_path, {"format": 1}))


def test_files_are_held_against_the_manifest(tmp_path) -> None:
    path = tmp_path / "a.arrow"
    path.write_bytes(b"alpha")
    content = m.sealed({}, tmp_path)
    m.check_files(tmp_path, content, deep=True)

    path.write_bytes(b"alphb")
    m.check_files(tmp_path, content, deep=False)
    with pytest.raises(SnapshotDamaged, match=r"a\.arrow is not what was published"):
        m.check_files(tmp_path, content, deep=True)

    path.write_bytes(b"alph")
    with pytest.raises(SnapshotDamaged, match=r"a\.arrow is not what was published"):
        m.check_files(tmp_path, content, deep=False)

    path.unlink()
    with pytest.raises(SnapshotDamaged, match=r"a\.arrow cannot be read"):
        m.check_files(tmp_path, content, deep=False)
