"""The shelf: publishes snapshots whole or not at all, lists, opens and prunes them."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from riskmap.errors import SnapshotDamaged, SnapshotMissing, StoreError
from riskmap.store.aside import locked, replace_file, sweep, sync, sync_all, writing_aside
from riskmap.store.distant import Distant
from riskmap.store.manifest import MANIFEST, canonical_json, is_id, sealed
from riskmap.store.remote import place_of
from riskmap.store.results import link_tables
from riskmap.store.snapshot import LATEST, LOGS, SNAPSHOTS, Snapshot, latest_id, open_snapshot
from riskmap.store.tables import canonical, write_tables

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class Shelf:
    """A folder of snapshots, or an address such as `s3://bucket/prefix` that holds them in the same layout.

    ```
    snapshots/<id>/    manifest.json, and each table as .arrow and .parquet, one of each for every period
    logs/<id>.json     when and how long it was built: not part of the id
    latest             the id of the newest
    ```

    Any number of processes may read and publish at once; a process killed at any moment leaves the old snapshot or the
    new one, never a part.

    Of an address, what is written or read is kept on this machine too, so that a snapshot is always mapped from a disk;
    it is looked up there each time. Any `file://` is a folder.

    Args:
        store: The folder, made by the first publish; or the address, as text.
        cache: Where copies from an address are kept; `.cache/riskmap` of this person where left out.
    """

    def __init__(self, store: Path | str, cache: Path | None = None) -> None:
        place = place_of(store)
        self._far = Distant(place, (cache or own_cache()) / "shelves") if isinstance(place, str) else None
        self.store: Path = self._far.folder if self._far else Path(place)
        """The folder on this machine."""

    def publish(
        self,
        tables: Mapping[str, pa.Table],
        manifest: Mapping[str, Any],
        log: Mapping[str, Any],
        parts: Sequence[Path] = (),
    ) -> Snapshot:
        """Publishes a build and makes it the newest; equal content gives the same id and the same bytes.

        Args:
            tables: `cells`, `scores`, `indicators`, as `Snapshot` tells them.
            manifest: What the build says of itself; `format`, `files` and `id` are added.
            log: What is true of this run only, such as its duration; kept outside the id.
            parts: Results in which `write_part` wrote what is not among the tables; they share their bytes with the
                snapshot where the disk allows it.

        Raises:
            StoreError: The tables do not fit together, or the disk refuses.
        """
        ready = canonical(tables, manifest["case"]["periods"])
        with _telling(self.store):
            for folder in (self.store / SNAPSHOTS, self.store / LOGS):
                folder.mkdir(parents=True, exist_ok=True)
            sweep(self.store)
            with writing_aside(self.store) as aside:
                written = aside / SNAPSHOTS
                written.mkdir()
                write_tables(written, ready)
                known = {name: sha256 for part in parts for name, sha256 in link_tables(part, written).items()}
                content = sealed(manifest, written, known)
                (written / MANIFEST).write_bytes(canonical_json(content))
                sync_all(written)
                with locked(self.store):
                    self._place(written, content["id"], aside)
                    stamped = {**log, "published": datetime.now(UTC).isoformat()}
                    replace_file(aside, self.store / LOGS / f"{content['id']}.json", canonical_json(stamped))
                    replace_file(aside, self.store / LATEST, f"{content['id']}\n".encode())
                if self._far:
                    self._far.push(content["id"])
        return open_snapshot(self.store, content["id"])

    def open(self, name: str = LATEST, *, verify: bool = False) -> Snapshot:
        """The snapshot of that id, or the newest; `verify` hashes every byte first.

        Raises:
            SnapshotMissing: There is none of that id, or none published yet.
            SnapshotDamaged: Bytes on disk differ from the manifest.
        """
        if self._far:
            with _telling(self.store):
                name = self._far.pull(name, verify=verify)
        return open_snapshot(self.store, name, verify=verify)

    def manifest(self, identifier: str) -> Mapping[str, Any]:
        """What a snapshot says of itself, without the snapshot.

        Raises:
            SnapshotMissing: There is none of that id.
            SnapshotDamaged: It was changed after it was published.
        """
        if not self._far:
            return open_snapshot(self.store, identifier).manifest
        with _telling(self.store):
            return self._far.manifest(identifier)

    def mark(self) -> object:
        """What changes whenever another snapshot becomes the newest; None where there is none yet.

        Cheap: a look at a file, or at an address every few seconds.
        """
        if self._far:
            return self._far.mark()
        try:
            found = (self.store / LATEST).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def list(self) -> list[str]:
        """Ids of all snapshots, the last published first; empty where there is no store."""
        if self._far:
            return self._far.list()
        folder = self.store / SNAPSHOTS
        found = [path.name for path in folder.iterdir() if is_id(path.name)] if folder.is_dir() else []
        return sorted(found, key=lambda identifier: (self._published(identifier), identifier), reverse=True)

    def prune(self, keep: int) -> tuple[str, ...]:
        """Removes all snapshots but the last published ones; the newest always stays.

        Args:
            keep: How many to keep, at least 1.

        Returns:
            Ids of those removed.

        Raises:
            StoreError: `keep` is less than 1, or the disk refuses.
        """
        if keep < 1:
            raise StoreError(f"cannot keep {keep} snapshots; keep at least 1")
        if self._far:
            with _telling(self.store):
                return self._far.prune(keep)
        if not self.list():
            return ()
        with _telling(self.store), writing_aside(self.store) as aside, locked(self.store):
            newest = latest_id(self.store)
            others = [identifier for identifier in self.list() if identifier != newest]
            removed = others[keep - 1 :]
            for identifier in removed:
                # One rename takes it out of sight whole; the bytes go afterwards.
                (self.store / SNAPSHOTS / identifier).rename(aside / identifier)
                (self.store / LOGS / f"{identifier}.json").unlink(missing_ok=True)
        return tuple(removed)

    def _place(self, written: Path, identifier: str, aside: Path) -> None:
        """Moves a finished folder to its id; one that is there already and whole is the same, and stays."""
        target = self.store / SNAPSHOTS / identifier
        try:
            open_snapshot(self.store, identifier, verify=True)
        except SnapshotMissing:
            written.rename(target)
        except SnapshotDamaged:
            target.rename(aside / "damaged")
            written.rename(target)
        sync(target.parent)

    def _published(self, identifier: str) -> str:
        """When it was published, as sortable text; from the folder's own time where its log is lost."""
        try:
            return str(json.loads((self.store / LOGS / f"{identifier}.json").read_bytes())["published"])
        except (OSError, ValueError, KeyError):
            pass
        try:
            seconds = (self.store / SNAPSHOTS / identifier).stat().st_mtime
        except OSError:
            return ""
        return datetime.fromtimestamp(seconds, UTC).isoformat()


def own_cache() -> Path:
    """Folder of this person for what can be had again."""
    return Path.home() / ".cache" / "riskmap"


@contextmanager
def _telling(store: Path) -> Iterator[None]:
    """What the disk refuses becomes a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        advice = "name a folder that can be written as store"
        if error.errno in _FULL:
            advice = "make room there, or name another store"
        elif error.errno in _FORBIDDEN:
            advice = "allow writing there, or name another store"
        raise StoreError(
            f"store {store} cannot be written: {what}; {advice} (what was published before is untouched)"
        ) from error
