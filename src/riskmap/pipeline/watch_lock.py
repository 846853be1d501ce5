"""The lock of a watched store: one watcher at a time, named in a file, with what it built last."""

from __future__ import annotations

import fcntl
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskmap.errors import StoreError

LOCK = "watch.lock"
"""Name of the file in the store. It stays when the watcher goes; the lock on it goes with the process."""


class Post:
    """The place of the one watcher of a store.

    Args:
        descriptor: The open, locked file.
        told: What stands in it.
    """

    def __init__(self, descriptor: int, told: Mapping[str, Any]) -> None:
        self._descriptor, self._told = descriptor, dict(told)

    @property
    def built(self) -> tuple[str, str]:
        """Mark of what was built last, and the snapshot that it gave; empty where that is not known."""
        built = self._told.get("built")
        mark, snapshot = (built.get("mark"), built.get("snapshot")) if isinstance(built, dict) else ("", "")
        return str(mark or ""), str(snapshot or "")

    def note(self, **told: object) -> None:
        """Writes down something in place of what stood there under that name."""
        self._told |= told
        content = f"{json.dumps(self._told, indent=1, sort_keys=True)}\n".encode()
        # Never renamed into place: the lock is on this very file.
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))


@contextmanager
def watching_alone(store: Path, case: str) -> Iterator[Post]:
    """Holds a store for this watcher; others may build there and read.

    Args:
        store: Folder of snapshots; made where absent.
        case: Name of the case, for whoever looks into the file.

    Raises:
        StoreError: Another process watches it, which is named; or the folder cannot be written.
    """
    path = store / LOCK
    try:
        store.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}; name a store that can be") from error
    try:
        told = _read(descriptor)
        _lock(descriptor, store, told)
        post = Post(descriptor, told)
        post.note(process=os.getpid(), host=platform.node(), case=case, since=datetime.now(UTC).isoformat())
        yield post
        post.note(process=None)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, store: Path, told: Mapping[str, Any]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        who = f"process {told.get('process')} on {told.get('host')}, for case {told.get('case')}"
        raise StoreError(
            f"store {store} is watched already by {who}, since {told.get('since')}; stop that one or name another store"
        ) from error


def _read(descriptor: int) -> Mapping[str, Any]:
    """What stands in the file; nothing where it is new or was cut short."""
    try:
        told = json.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
