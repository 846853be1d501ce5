"""What is being written is left alone; what a dead process left is removed."""

import os
import subprocess
import sys

import pytest

from riskmap.store import aside

DEAD = 999_999_999
"""No process has this number: it is above the kernel's limit."""


def test_the_folder_is_hidden_named_after_the_process_and_gone_at_the_end(tmp_path) -> None:
    with aside.writing_aside(tmp_path) as folder:
        assert folder.name.startswith(f".incoming-{os.getpid()}-")
        (folder / "half").write_bytes(b"x")
    assert list(tmp_path.iterdir()) == []


def test_it_goes_too_where_writing_fails(tmp_path) -> None:
    with pytest.raises(ZeroDivisionError), aside.writing_aside(tmp_path):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_a_living_process_is_not_swept_away(tmp_path) -> None:
    with aside.writing_aside(tmp_path) as folder:
        aside.sweep(tmp_path)
        assert folder.is_dir()


def test_a_folder_of_a_process_of_another_user_is_left_alone(tmp_path, monkeypatch) -> None:
    def refuse(_process, _signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    (tmp_path / f".incoming-{DEAD}-x").mkdir()
    aside.sweep(tmp_path)
    assert (tmp_path / f".incoming-{DEAD}-x").is_dir()


def test_what_a_dead_process_left_is_removed_and_nothing_else(tmp_path) -> None:
    for name in (f".incoming-{DEAD}-x", ".incoming-of-someone", "snapshots"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
    aside.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".incoming-of-someone", "snapshots"]


def test_a_folder_locked_from_elsewhere_is_left_alone(tmp_path, unmeasured) -> None:
    """A process in another container: its number means nothing here, its lock does."""
    folder = tmp_path / f".incoming-{DEAD}-x"
    folder.mkdir()
    program = "import fcntl, os, sys; d = os.open(sys.argv[1], 0); fcntl.flock(d, fcntl.LOCK_EX); print(1, flush=True); sys.stdin.read()"
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, env=unmeasured, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline()
        aside.sweep(tmp_path)
        assert folder.is_dir()
        holder.kill()
    aside.sweep(tmp_path)
    assert not folder.exists()


def test_what_is_no_folder_is_left_alone(tmp_path) -> None:
    (tmp_path / f".incoming-{DEAD}-x").symlink_to(tmp_path / "nowhere")
    aside.sweep(tmp_path)
    assert (tmp_path / f".incoming-{DEAD}-x").is_symlink()


def test_a_file_is_replaced_in_one_step(tmp_path) -> None:
    (tmp_path / "aside").mkdir()
    target = tmp_path / "latest"
    target.write_bytes(b"old")
    reader = target.open("rb")
    aside.replace_file(tmp_path / "aside", target, b"new")
    assert reader.read() == b"old"
    reader.close()
    assert target.read_bytes() == b"new"
    assert list((tmp_path / "aside").iterdir()) == []
