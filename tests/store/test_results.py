"""Results of steps are there whole or not at all, and never trusted once their bytes have changed."""

import multiprocessing
import os
from pathlib import Path

import pytest

from riskmap.store.results import NOTE, Results, key_of, read_note, write_note


def write(text: str):
    def make(folder: Path) -> None:
        (folder / "a.txt").write_text(text)
        write_note(folder, {"said": text})

    return make


def never(_folder: Path) -> None:
    raise AssertionError("a step ran though its result is kept")


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "results")


def test_a_step_runs_once_and_is_taken_from_the_shelf_afterwards(results) -> None:
    first, was_there = results.get_or_make("k", write("x"))
    again, is_there = results.get_or_make("k", never)
    assert (was_there, is_there) == (False, True)
    assert first == again
    assert (again / "a.txt").read_text() == "x"
    assert read_note(again) == {"said": "x"}


def test_the_key_stands_for_everything_that_went_in() -> None:
    assert key_of("step", {"a": 1, "b": [2]}) == key_of("step", {"b": [2], "a": 1})
    assert len({key_of("step", 1), key_of("step", 2), key_of("other", 1), key_of("step", "1")}) == 4


def test_a_result_whose_bytes_have_changed_is_made_again(results) -> None:
    found, _ = results.get_or_make("k", write("x"))
    (found / "a.txt").write_text("y")
    assert results.get("k") is None
    again, was_there = results.get_or_make("k", write("x"))
    assert not was_there
    assert (again / "a.txt").read_text() == "x"


def test_a_result_that_lost_a_file_or_its_sums_is_made_again(results) -> None:
    for lost in ("a.txt", NOTE, "sums.json"):
        found, _ = results.get_or_make("k", write("x"))
        (found / lost).unlink()
        assert results.get("k") is None


def test_a_step_that_fails_leaves_nothing(results) -> None:
    def fail(folder: Path) -> None:
        (folder / "a.txt").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        results.get_or_make("k", fail)
    assert results.get("k") is None
    assert [path.name for path in results.folder.iterdir()] == []


def _race(folder: Path) -> str:
    found, _ = Results(folder).get_or_make("k", write("x"))
    return (found / "a.txt").read_text()


def test_two_processes_may_make_the_same_result_at_once(results) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_race, [results.folder] * 4) == ["x"] * 4
    assert sorted(path.name for path in results.folder.iterdir()) == ["k"]


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    results = Results(tmp_path, most_bytes=1000)
    for age, key in enumerate(("new", "middle", "old")):
        found, _ = results.get_or_make(key, write("x" * 100))
        os.utime(found / "sums.json", (1_700_000_000 - age, 1_700_000_000 - age))
    assert results.prune() == 1
    assert results.get("old") is None
    assert results.get("new") is not None
    assert Results(tmp_path / "nowhere").prune() == 0
