"""The far side of a shelf: snapshots under an address, and what of them is kept on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from riskmap.errors import SnapshotDamaged, SnapshotMissing, StoreError
from riskmap.store.aside import locked, sweep, writing_aside
from riskmap.store.manifest import MANIFEST, check_files, is_id, read_manifest
from riskmap.store.remote import Entry, Remote
from riskmap.store.snapshot import LATEST, LOGS, SNAPSHOTS, open_snapshot

_LOOK_S = 2.0
"""For how long `mark` believes what it saw."""
_TRIES = 3
_KEPT_HERE = 16


class Distant:
    """Snapshots under an address, laid out there as on a disk.

    The objects of a snapshot are written first, its manifest after them and `latest` last, each in one step: a reader
    sees the old or the new. No lock reaches across machines, so that pruning just while the same content is published
    again elsewhere may take what was just named; publishing looks again at the end, and mends that.

    Args:
        address: Such as `s3://bucket/prefix`.
        cache: Folder for copies.
    """

    def __init__(self, address: str, cache: Path) -> None:
        self.address = address
        self.folder = cache / hashlib.sha256(address.encode()).hexdigest()[:16]
        self._remote = Remote(address)
        self._seen: tuple[float, str] | None = None

    def push(self, identifier: str) -> None:
        """Publishes a snapshot of this machine there, and makes it the newest.

        Raises:
            StoreError: The address cannot be written.
        """
        for _ in range(_TRIES):
            self._send(identifier)
            self._remote.upload(self.folder, [f"{LOGS}/{identifier}.json"])
            self._remote.write(LATEST, f"{identifier}\n".encode())
            self._seen = None
            if self._is_there(identifier):
                return
        raise StoreError(f"{self.address} loses what is published there; let nobody prune it, and publish again")

    def pull(self, name: str, *, verify: bool) -> str:
        """Sees to it that a snapshot is on this machine, whole; its id.

        Raises:
            SnapshotMissing: There is none of that id, or none published yet.
            SnapshotDamaged: What lies there is not what was published; names the file.
            StoreError: The address cannot be read.
        """
        identifier = self.latest() if name == LATEST else name
        while True:
            try:
                self._fetch(identifier, verify=verify)
            except SnapshotMissing:
                # Published over and pruned between the two looks: what is newest now is there.
                before, identifier = identifier, self.latest() if name == LATEST else identifier
                if identifier == before:
                    raise
            else:
                return identifier

    def manifest(self, identifier: str) -> Mapping[str, Any]:
        """What a snapshot says of itself; nothing else of it is copied.

        Raises:
            SnapshotMissing: There is none of that id.
            SnapshotDamaged: It was changed after it was published.
        """
        name = f"{SNAPSHOTS}/{identifier}/{MANIFEST}"
        content = self._remote.read(name) if is_id(identifier) else None
        if content is None:
            raise SnapshotMissing(f"{self.address} has no snapshot {identifier!r}; `riskmap snapshots` lists them")
        self.folder.mkdir(parents=True, exist_ok=True)
        with writing_aside(self.folder) as aside:
            copied = aside / identifier
            copied.mkdir()
            (copied / MANIFEST).write_bytes(content)
            return read_manifest(copied)

    def latest(self) -> str:
        """Id of the newest snapshot.

        Raises:
            SnapshotMissing: Nothing is published yet.
            StoreError: The address cannot be read.
        """
        told = self._remote.read(LATEST)
        if told is None:
            raise SnapshotMissing(f"{self.address} has no snapshot yet; run `riskmap build` or name another store")
        return told.decode(errors="replace").strip()

    def mark(self) -> str | None:
        """Id of the newest snapshot as of the last seconds, the last known one where the address cannot be read now.

        Raises:
            StoreError: It cannot be read, and never could.
        """
        if self._seen is None or monotonic() - self._seen[0] > _LOOK_S:
            try:
                self._seen = monotonic(), self.latest()
            except SnapshotMissing:
                return None
            except StoreError:
                if self._seen is None:
                    raise
                self._seen = monotonic(), self._seen[1]
        return self._seen[1]

    def list(self) -> list[str]:
        """Ids of all snapshots, the last published first."""
        entries = self._remote.entries(SNAPSHOTS, 2)
        found = {name.split("/")[1]: entry for name, entry in entries.items() if name.endswith(f"/{MANIFEST}")}
        found = {identifier: entry for identifier, entry in found.items() if is_id(identifier)}
        names = {f"{LOGS}/{identifier}.json": identifier for identifier in found}
        logs = {names[name]: told for name, told in self._remote.read_all(list(names)).items()}
        published = {one: _published(logs.get(one, b""), entry) for one, entry in found.items()}
        return sorted(found, key=lambda identifier: (published[identifier], identifier), reverse=True)

    def prune(self, keep: int) -> tuple[str, ...]:
        """Removes all but the last published ones, there and here; the newest always stays."""
        found = self.list()
        if not found:
            return ()
        newest = self.latest()
        removed = [identifier for identifier in found if identifier != newest][keep - 1 :]
        return tuple(identifier for identifier in removed if self._remove(identifier))

    def _remove(self, identifier: str) -> bool:
        """Removes one, its manifest first, which takes it out of sight; not if it has become the newest meanwhile."""
        if self.latest() == identifier:
            return False
        base = f"{SNAPSHOTS}/{identifier}"
        self._remote.remove([f"{base}/{MANIFEST}"])
        self._remote.remove([*self._remote.entries(base), f"{LOGS}/{identifier}.json"])
        here = self.folder / SNAPSHOTS / identifier
        if here.is_dir():
            with writing_aside(self.folder) as aside:
                here.rename(aside / identifier)
        return True

    def _send(self, identifier: str) -> None:
        if not self._is_there(identifier):
            base = f"{SNAPSHOTS}/{identifier}"
            names = sorted(path.name for path in (self.folder / base).iterdir())
            self._remote.upload(self.folder, [f"{base}/{name}" for name in names if name != MANIFEST])
            self._remote.upload(self.folder, [f"{base}/{MANIFEST}"])

    def _is_there(self, identifier: str) -> bool:
        """Whether every file is there, as long as it is here."""
        base = f"{SNAPSHOTS}/{identifier}"
        here = {f"{base}/{path.name}": path.stat().st_size for path in (self.folder / base).iterdir()}
        there = {name: entry.bytes for name, entry in self._remote.entries(base).items()}
        return here == there

    def _fetch(self, identifier: str, *, verify: bool) -> None:
        base = f"{SNAPSHOTS}/{identifier}"
        if not is_id(identifier) or not (names := self._whole(base)):
            raise SnapshotMissing(f"{self.address} has no snapshot {identifier!r}; `riskmap snapshots` lists them")
        try:
            open_snapshot(self.folder, identifier, verify=verify)
        except (SnapshotMissing, SnapshotDamaged):
            self._copy(identifier, names)

    def _whole(self, base: str) -> Sequence[str]:
        """Names of the files of a snapshot; none where it has no manifest."""
        names = list(self._remote.entries(base))
        return names if f"{base}/{MANIFEST}" in names else []

    def _copy(self, identifier: str, names: Sequence[str]) -> None:
        """Downloads a snapshot, holds every byte against its manifest, and puts it in its place."""
        (self.folder / SNAPSHOTS).mkdir(parents=True, exist_ok=True)
        sweep(self.folder)
        with writing_aside(self.folder) as aside:
            copied = aside / SNAPSHOTS / identifier
            try:
                self._remote.download(names, aside)
                check_files(copied, read_manifest(copied), deep=True)
            except StoreError as error:
                if not self._whole(f"{SNAPSHOTS}/{identifier}"):
                    raise SnapshotMissing(f"{self.address} has no snapshot {identifier!r}: just removed") from error
                told = str(error).replace(str(copied), f"{self.address}/{SNAPSHOTS}/{identifier}")
                raise type(error)(told) from error
            with locked(self.folder):
                target = self.folder / SNAPSHOTS / identifier
                if target.is_dir():
                    target.rename(aside / "replaced")
                copied.rename(target)
                self._forget(aside)

    def _forget(self, aside: Path) -> None:
        """Takes away the copies that have been here longest; whoever reads one keeps what is open."""
        here = sorted((self.folder / SNAPSHOTS).iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in here[_KEPT_HERE:]:
            path.rename(aside / f"old-{path.name}")


def _published(log: bytes, entry: Entry) -> str:
    """When a snapshot was published, as sortable text; from its manifest's own time where its log is lost."""
    try:
        return str(json.loads(log)["published"])
    except (ValueError, KeyError, TypeError):
        return entry.modified
