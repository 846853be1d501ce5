"""Parts: of large rasters at an address only what the area needs, copied into a mirror in place of the whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from riskmap.errors import StoreError
from riskmap.model.raw import Part
from riskmap.store.aside import holds
from riskmap.store.remote import Entry, Ranged, Remote

LARGEST_WHOLE = 1 << 26
"""Bytes above which a raster is read by ranges: 64 MB."""

_RASTERS = (".tif", ".tiff")
_WHOLE = "whole"

Told = Sequence[object]
"""Of a whole file its length and mark; of a part also what it was cut by, its own length, identity and note."""


class Cutter(Protocol):
    """Cuts parts out of rasters."""

    @property
    def key(self) -> str:
        """Changes whenever parts would be others."""
        ...

    def cut(self, file: Ranged, name: str, target: Path) -> str | None:
        """Writes a part of a file; a note of which one, or None where it can only be taken whole.

        Raises:
            StoreError: The file cannot be read.
        """
        ...


@dataclass(frozen=True)
class Cutting:
    """What of a mirror may be cut, and how.

    Args:
        patterns: Names or globs; what another pattern of the mirror asks for as well is copied whole.
        cutter_in: Makes the cutter, with the folder of the files that were copied whole before it.
    """

    patterns: frozenset[str]
    cutter_in: Callable[[Path], Cutter]


def is_large(name: str, entry: Entry) -> bool:
    """Whether a file is one of those that are read by ranges."""
    return name.lower().endswith(_RASTERS) and entry.bytes > LARGEST_WHOLE


def is_here(told: Told, entry: Entry, key: str, path: Path) -> bool:
    """Whether what lies at a path is the part that a cutter of such a key makes of the file as it is there now."""
    if list(told[:2]) != [entry.bytes, entry.mark] or len(told) < 4 or not isinstance(told[3], int):
        return False
    return told[2] in (key, _WHOLE) and holds(path, told[3])


def take(remote: Remote, name: str, entry: Entry, cutter: Cutter, to: Path) -> Told | None:
    """Puts a part of a file under its name into a folder, or the whole where it must be.

    Returns:
        What the mirror notes of it; None where it changed meanwhile.

    Raises:
        StoreError: It cannot be read.
    """
    target = to / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        identity = remote.identity(name, entry)
        note = cutter.cut(remote.ranged(name), name, target)
        if note is None:
            remote.download([name], to)
    except StoreError:
        if _is_the_same(remote, name, entry):
            raise
        return None
    if not _is_the_same(remote, name, entry):
        return None
    length = target.stat().st_size
    return [entry.bytes, entry.mark, _WHOLE if note is None else cutter.key, length, identity, note or ""]


def parts_in(marks: Mapping[str, Told]) -> dict[str, Part]:
    """The files of a mirror of which only a part is here, by name."""
    return {
        name: Part(identity=str(told[4]), bytes=int(str(told[0])), note=str(told[5]))
        for name, told in marks.items()
        if len(told) == 6 and told[2] != _WHOLE
    }


def _is_the_same(remote: Remote, name: str, entry: Entry) -> bool:
    """Whether a file is still as a listing told it."""
    below, _, _ = name.rpartition("/")
    now = remote.entries(below, 1).get(name)
    return now is not None and (now.bytes, now.mark) == (entry.bytes, entry.mark)


def read_marks(path: Path) -> dict[str, Told]:
    """What a mirror noted of its files; nothing where that cannot be read."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
