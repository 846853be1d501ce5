"""What routes depend on: open snapshots, and the one that a request names.

What only looks something up is `async`, so that it runs at once; what may touch the disk is not, and gets a thread.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request

from riskmap import Settings, Shelf, Snapshot
from riskmap_api.caching import LATEST
from riskmap_api.models import SnapshotName

_KEPT_OPEN = 8


class Snapshots:
    """Open snapshots of a store; safe to share between threads.

    A snapshot is opened whole or not at all and never changes, so a request that holds one is not touched by a
    publish. What `latest` means is looked up again only when the shelf's mark has changed.

    Args:
        store: Folder of snapshots, or their address; it may be empty, or not exist yet.
        cache: Folder for copies from an address; this person's own where not said.
        local: Whether only this machine can ask, so that nothing leaves it.
    """

    def __init__(self, store: Path | str, cache: Path | None = None, *, local: bool = True) -> None:
        self.shelf, self._local = Shelf(store, cache), local
        self._open: OrderedDict[str, Snapshot] = OrderedDict()
        self._newest: tuple[object, str] | None = None
        self._lock = Lock()

    def get(self, name: str) -> Snapshot:
        """The snapshot of that id, or the newest by the name `latest`.

        Raises:
            SnapshotMissing: There is none of that id, or none at all yet.
            SnapshotDamaged: It does not hold what its manifest says.
            LicenceForbids: A licence keeps it on this machine, and others can ask.
        """
        with self._lock:
            found = self._latest() if name == LATEST else self._by_id(name)
        if not self._local:
            found.check_may_leave()
        return found

    def _latest(self) -> Snapshot:
        mark = self.shelf.mark()
        if self._newest is not None and self._newest[0] == mark:
            return self._by_id(self._newest[1])
        found = self._keep(self.shelf.open(LATEST))
        self._newest = (mark, found.id) if mark else None
        return found

    def _by_id(self, name: str) -> Snapshot:
        return self._keep(self._open.get(name) or self.shelf.open(name))

    def _keep(self, snapshot: Snapshot) -> Snapshot:
        self._open[snapshot.id] = snapshot
        self._open.move_to_end(snapshot.id)
        if len(self._open) > _KEPT_OPEN:
            self._open.popitem(last=False)
        return snapshot


async def open_snapshots(request: Request) -> Snapshots:
    """The service's open snapshots."""
    found: Snapshots = request.app.state.snapshots
    return found


async def settings_of(request: Request) -> Settings:
    """The service's settings."""
    found: Settings = request.app.state.settings
    return found


async def static_folder(request: Request) -> Path:
    """Where the built map lies."""
    found: Path = request.app.state.static
    return found


def named_snapshot(
    snapshots: Annotated[Snapshots, Depends(open_snapshots)], snapshot: SnapshotName = LATEST
) -> Snapshot:
    """The snapshot that the request names in its path or query; the newest where it names none."""
    return snapshots.get(snapshot)


OpenSnapshots = Annotated[Snapshots, Depends(open_snapshots)]
NamedSnapshot = Annotated[Snapshot, Depends(named_snapshot)]
ServiceSettings = Annotated[Settings, Depends(settings_of)]
StaticFolder = Annotated[Path, Depends(static_folder)]
