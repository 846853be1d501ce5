"""Writing aside: what is not finished lies in a folder of its own, which dies with the process that made it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

INCOMING = ".incoming-"

_NAME = re.compile(r"\.incoming-(\d{1,9})-.+")


@contextmanager
def writing_aside(store: Path) -> Iterator[Path]:
    """A new folder in the store that no reader looks at; gone at the end, with what was not moved out of it.

    It is named after the process and locked while it lives; the lock goes with the process, however that ends, so that
    `sweep` can tell what is left over from what is being written.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=f"{INCOMING}{os.getpid()}-", dir=store))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(locked(folder))
        yield folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a folder for this process alone, waiting for whoever holds it before."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sweep(store: Path) -> None:
    """Removes what dead processes left unfinished; what a living one writes is never touched."""
    for folder in store.glob(f"{INCOMING}*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    named = _NAME.fullmatch(folder.name)
    return named is not None and not _is_alive(int(named[1])) and not _is_locked(folder)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_locked(folder: Path) -> bool:
    """Whether some process holds it: one in another container has a number that means nothing here."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(folder: Path) -> None:
    """Waits until every file of a folder, and the folder itself, are on disk."""
    for path in folder.iterdir():
        sync(path)
    sync(folder)


def replace_file(aside: Path, target: Path, content: bytes) -> None:
    """Puts content under a name in one step: a reader sees the old or the new.

    Args:
        aside: Folder on the same disk to write in first.
        target: The name.
        content: What it shall hold.
    """
    written = aside / target.name
    written.write_bytes(content)
    sync(written)
    written.replace(target)
    sync(target.parent)


def holds(path: Path, length: int) -> bool:
    """Whether a file is there, and as long as it was: what a broken disk cut short is not."""
    try:
        return path.stat().st_size == length
    except OSError:
        return False
