"""A snapshot is opened whole, read without copies, and damage to it is named."""

import os
import shutil

import numpy as np
import pytest

from riskmap.errors import FieldUnknown, PeriodUnknown, SnapshotDamaged, SnapshotMissing
from riskmap.store import snapshot as module
from riskmap.store.shelf import Shelf
from riskmap.store.snapshot import open_snapshot


@pytest.fixture
def published(tables, make_manifest, tmp_path):
    return Shelf(tmp_path).publish(tables, make_manifest(), {})


def test_it_tells_periods_cells_and_fields(published, cells) -> None:
    assert published.periods == ("2024-01", "2024-02")
    assert np.array_equal(published.cells, cells)
    assert published.fields == ("value", "status", "conflict")
    assert published.manifest["case"]["title"] == "Seven cells"


def test_publishing_and_opening_again_is_the_identity(published, tables, tmp_path) -> None:
    opened = open_snapshot(tmp_path, published.id, verify=True)
    assert opened.id == published.id == open_snapshot(tmp_path).id
    for name, table in tables.items():
        assert opened.table(name).equals(table)


def test_a_column_of_one_period_has_nan_for_unknown_and_zero_for_zero(published, scores) -> None:
    for index in (0, 1):
        assert np.array_equal(published.column("scores", "value", index), scores[index], equal_nan=True)
    assert published.column("scores", "value", 1)[6] == 0
    assert np.isnan(published.column("scores", "value", 0)[6])


def test_columns_are_views_of_the_file_that_cannot_be_written(published) -> None:
    second = published.column("scores", "value", 1)
    assert second.shape == (7,)
    assert np.shares_memory(second, published.column("scores", "value", 1))
    assert not second.flags.writeable
    assert not published.cells.flags.writeable


def test_the_whole_of_a_column_is_its_periods_one_behind_the_other(published) -> None:
    whole = published.column("scores", "value")
    assert whole.tolist()[:6] + whole.tolist()[7:12] == [0.0, 1.5, 3.0, 4.5, 6.0, 7.5, 0.5, 2.0, 3.5, 5.0, 6.5]
    assert np.isnan(whole[[6, 12]]).all()


def test_whole_numbers_keep_their_type_where_all_are_known(published) -> None:
    status = published.column("scores", "status", 0)
    assert status.dtype == np.int8
    assert status.tolist() == [0, 0, 0, 0, 0, 0, 2]


def test_a_column_of_the_cells_has_no_period(published) -> None:
    people = published.column("cells", "population")
    assert people[1] == 0
    assert np.isnan(people[2])


@pytest.mark.parametrize(
    ("table", "column", "message"),
    [
        ("towns", "x", "no table 'towns'"),
        ("scores", "luck", "'luck' is not in"),
        ("cells", "admin1_name", "no numbers"),
    ],
)
def test_what_it_does_not_have_is_told(published, table, column, message) -> None:
    with pytest.raises(FieldUnknown, match=message):
        published.column(table, column)


def test_an_unknown_period_is_told_with_what_there_is(published) -> None:
    assert published.period_index("2024-02") == 1
    with pytest.raises(PeriodUnknown, match="2024-01 to 2024-02"):
        published.period_index("1999-01")
    with pytest.raises(PeriodUnknown):
        published.column("scores", "value", 2)


@pytest.mark.parametrize("name", ["cells.arrow", "scores.2024-02.parquet", "indicators.2024-01.arrow"])
def test_one_changed_byte_is_found_by_verifying_and_named(published, tmp_path, name) -> None:
    path = published.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotDamaged, match=name):
        open_snapshot(tmp_path, published.id, verify=True)


def test_a_file_cut_short_is_found_at_once(published, tmp_path) -> None:
    path = published.folder / "scores.2024-01.arrow"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotDamaged, match=r"scores\.2024-01\.arrow"):
        open_snapshot(tmp_path)


def test_a_table_that_is_not_arrow_is_found_at_once(published, tmp_path) -> None:
    path = published.folder / "scores.2024-01.arrow"
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        open_snapshot(tmp_path)


@pytest.mark.parametrize("name", ["0123456789abcdef", "../secret", ""])
def test_no_such_snapshot(published, tmp_path, name) -> None:
    with pytest.raises(SnapshotMissing, match="has no snapshot"):
        open_snapshot(tmp_path, name)


def test_an_empty_store_says_that_nothing_is_published(tmp_path) -> None:
    with pytest.raises(SnapshotMissing, match="no snapshot yet"):
        open_snapshot(tmp_path / "nowhere")


def test_a_pointer_that_holds_no_text_is_damage(published, tmp_path) -> None:
    (tmp_path / "latest").write_bytes(b"\xff\xfe")
    with pytest.raises(SnapshotDamaged, match="latest"):
        open_snapshot(tmp_path)


def test_a_pointer_to_nothing_is_told(published, tmp_path) -> None:
    (tmp_path / "latest").write_text("0123456789abcdef\n")
    with pytest.raises(SnapshotMissing, match="0123456789abcdef"):
        open_snapshot(tmp_path)


def test_a_reader_between_a_publish_and_a_prune_gets_the_new_one(published, tmp_path, monkeypatch) -> None:
    """The pointer is read, then the old snapshot goes, then it is opened: the pointer is read again."""
    answers = iter(["0123456789abcdef", published.id])
    monkeypatch.setattr(module, "latest_id", lambda _store: next(answers))
    assert open_snapshot(tmp_path).id == published.id


def test_a_snapshot_removed_while_it_is_opened_is_missing_not_damaged(published, tmp_path, monkeypatch) -> None:
    def remove_first(folder, labels):
        shutil.rmtree(folder)
        raise FileNotFoundError(os.strerror(2))

    monkeypatch.setattr(module, "map_tables", remove_first)
    with pytest.raises(SnapshotMissing, match="just removed"):
        open_snapshot(tmp_path, published.id)


def test_whoever_holds_a_snapshot_keeps_it_when_its_files_go(published, scores) -> None:
    shutil.rmtree(published.folder)
    assert np.array_equal(published.column("scores", "value", 0), scores[0], equal_nan=True)
