"""Mirrors: the files of an address that a build needs, copied here once and again only when they change there."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from riskmap.errors import InputError, StoreError
from riskmap.store.aside import holds, replace_file, sweep, writing_aside
from riskmap.store.remote import Entry, Remote, place_of

FILES = "files"
MARKS = "marks.json"

_COMPANIONS = frozenset({".shx", ".dbf", ".prj", ".cpg"})
_SIDECARS = (".aux.xml", ".ovr", ".msk")
_TRIES = 4

Marks = Mapping[str, Sequence[object]]


@contextmanager
def mirrored(place: Path | str, patterns: Sequence[str], cache: Path) -> Iterator[Path]:
    """A folder that holds what a place holds of some files; the place itself where that is a folder of this machine.

    ```
    <cache>/<hash of the address>/files/...    under the names they have there
    <cache>/<hash of the address>/marks.json   length and mark of each, as the provider told them
    ```

    A file keeps its path here, and is copied again only when its mark at the provider is another. Nothing in the
    folder changes while somebody is inside: who would change it waits.

    Args:
        place: A folder, or an address such as `s3://bucket/prefix`.
        patterns: Names or globs relative to it, as `Path.glob` takes them. The companions of a shapefile and the
            sidecars of a raster come along. Absolute paths mean this machine and are left alone.
        cache: Where copies are kept.

    Raises:
        InputError: Nothing matches a pattern, it leads out of the place, or files change faster than they are read.
        StoreError: The address cannot be read, or the cache cannot be written.
    """
    found = place_of(place)
    if isinstance(found, Path):
        yield found
        return
    wanted = tuple(pattern for pattern in patterns if not PurePosixPath(pattern).is_absolute())
    folder = cache / hashlib.sha256(found.encode()).hexdigest()[:16]
    with _telling(folder):
        (folder / FILES).mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        with _telling(folder):
            _refresh(Remote(found), wanted, folder, descriptor)
        yield folder / FILES
    finally:
        os.close(descriptor)


def _refresh(remote: Remote, patterns: Sequence[str], folder: Path, descriptor: int) -> None:
    """Copies what changed, until what is here is what is there; leaves the folder held for reading."""
    for _ in range(_TRIES):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        there = listing(remote, patterns)
        if not _stale(there, _marks(folder), folder) and not _gone(there, patterns, folder):
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _copy(remote, there, patterns, folder)
    raise InputError(remote.address, "files there change faster than they can be read; build again when they rest")


def listing(remote: Remote, patterns: Sequence[str]) -> dict[str, Entry]:
    """Files at an address that match patterns, with what belongs to them, by name.

    Raises:
        InputError: Nothing matches a pattern, or it leads out of the address.
        StoreError: The address cannot be listed.
    """
    found: dict[str, Entry] = {}
    for pattern in patterns:
        parts = PurePosixPath(pattern).parts
        if ".." in parts:
            raise InputError(f"{remote.address}/{pattern}", "leads out of the inputs; name what lies in them")
        below, depth = _reach(parts)
        entries = remote.entries(below, depth)
        matched = {name for name in entries if _matches(PurePosixPath(name).parts, parts)}
        if not matched:
            raise InputError(
                f"{remote.address}/{pattern}", "there is no such file; mend the path or put the file there"
            )
        found |= {name: entries[name] for name in entries if name in matched or _belongs(name, matched)}
    return found


def _reach(parts: Sequence[str]) -> tuple[str, int | None]:
    """The folder that a pattern begins in, and how many levels below it lies what it may match."""
    fixed = next((at for at, part in enumerate(parts) if any(mark in part for mark in "*?[")), len(parts))
    fixed = min(fixed, len(parts) - 1)
    return "/".join(parts[:fixed]), None if "**" in parts else len(parts) - fixed


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a name matches as `Path.glob` would have it: `**` is any number of folders, none included."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[at:], pattern[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _belongs(name: str, matched: set[str]) -> bool:
    """Whether a file is read together with one of those, though nobody names it."""
    if any(name.endswith(ending) and name.removesuffix(ending) in matched for ending in _SIDECARS):
        return True
    path = PurePosixPath(name)
    shapes = {str(path.with_suffix(ending)) for ending in (".shp", ".SHP")}
    return path.suffix.lower() in _COMPANIONS and not shapes.isdisjoint(matched)


def _stale(there: Mapping[str, Entry], marks: Marks, folder: Path) -> list[str]:
    """Files that are not here, or not as they are there."""
    return [
        name
        for name, entry in there.items()
        if list(marks.get(name, ())) != [entry.bytes, entry.mark] or not holds(folder / FILES / name, entry.bytes)
    ]


def _gone(there: Mapping[str, Entry], patterns: Sequence[str], folder: Path) -> list[str]:
    """Files here that would be read and that are no longer there."""
    here = {path.relative_to(folder / FILES).as_posix() for path in (folder / FILES).rglob("*") if path.is_file()}
    wanted = [PurePosixPath(pattern).parts for pattern in patterns]
    matched = {name for name in here if any(_matches(PurePosixPath(name).parts, parts) for parts in wanted)}
    return sorted(name for name in here - there.keys() if name in matched or _belongs(name, matched))


def _copy(remote: Remote, there: Mapping[str, Entry], patterns: Sequence[str], folder: Path) -> None:
    """Makes the folder what the listing says; killed in the middle, what was not finished counts as not here."""
    sweep(folder)
    marks = _marks(folder)
    stale = _stale(there, marks, folder)
    kept = {name: told for name, told in marks.items() if name not in stale}
    with writing_aside(folder) as aside:
        _write_marks(folder, aside, kept)
        for name in _gone(there, patterns, folder):
            (folder / FILES / name).unlink()
        remote.download(stale, aside / FILES)
        for name in stale:
            if not holds(aside / FILES / name, there[name].bytes):
                continue
            target = folder / FILES / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (aside / FILES / name).replace(target)
            kept[name] = [there[name].bytes, there[name].mark]
        _write_marks(folder, aside, kept)


def _marks(folder: Path) -> dict[str, Sequence[object]]:
    try:
        told = json.loads((folder / MARKS).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write_marks(folder: Path, aside: Path, marks: Marks) -> None:
    replace_file(aside, folder / MARKS, json.dumps(marks, sort_keys=True, indent=1).encode())


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = error.strerror or str(error)
        raise StoreError(f"cache {folder} cannot be written: {told}; make room there, or name another") from error
