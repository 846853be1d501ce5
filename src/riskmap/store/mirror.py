"""Mirrors: the files of an address that a build needs, copied here once and again only when they change there."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from riskmap.errors import InputError, StoreError
from riskmap.model.raw import Part
from riskmap.store.aside import holds, replace_file, sweep, writing_aside
from riskmap.store.parts import Cutter, Cutting, Told, is_here, is_large, parts_in, read_marks, take
from riskmap.store.remote import Entry, Remote, place_of

FILES = "files"
MARKS = "marks.json"

_COMPANIONS = frozenset({".shx", ".dbf", ".prj", ".cpg"})
_SIDECARS = (".aux.xml", ".ovr", ".msk")
_TRIES = 6

Marks = Mapping[str, Told]


@dataclass(frozen=True)
class Mirror:
    """Files of a place, on this machine.

    Args:
        folder: They lie in it under the names they have there.
        parts: Those of which only a part is here, by name.
    """

    folder: Path
    parts: Mapping[str, Part] = field(default_factory=dict)


@contextmanager
def mirrored(
    place: Path | str, patterns: Sequence[str], cache: Path, cutting: Cutting | None = None
) -> Iterator[Mirror]:
    """What a place holds of some files, on this machine; the place itself where that is a folder of this machine.

    ```
    <cache>/<hash of the address>/files/...    under the names they have there
    <cache>/<hash of the address>/marks.json   length and mark of each, as the provider told them
    ```

    A file keeps its path here, and is copied again only when its mark at the provider is another. Nothing in the
    folder changes while somebody is inside: who would change it waits.

    Of rasters larger than `riskmap.store.parts.LARGEST_WHOLE` only a part is read and kept, where they may be cut; one
    that changes meanwhile is read again from its beginning, so that no part is of two versions.

    Args:
        place: A folder, or an address such as `s3://bucket/prefix`.
        patterns: Names or globs relative to it, as `Path.glob` takes them. The companions of a shapefile and the
            sidecars of a raster come along. Absolute paths mean this machine and are left alone.
        cache: Where copies are kept.
        cutting: Which rasters may be read in part, and by what; None where all are copied whole.

    Raises:
        InputError: Nothing matches a pattern, it leads out of the place, or files change faster than they are read.
        StoreError: The address cannot be read, or the cache cannot be written.
    """
    found = place_of(place)
    if isinstance(found, Path):
        yield Mirror(found)
        return
    wanted = tuple(pattern for pattern in patterns if not PurePosixPath(pattern).is_absolute())
    folder = cache / hashlib.sha256(found.encode()).hexdigest()[:16]
    with _telling(folder):
        (folder / FILES).mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        with _telling(folder):
            _refresh(_Far(Remote(found), wanted, cutting), folder, descriptor)
        yield Mirror(folder / FILES, parts_in(read_marks(folder / MARKS)))
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class _Far:
    """What is mirrored, and how.

    Args:
        remote: Where it lies.
        patterns: What of it.
        cutting: Which rasters may be read in part.
    """

    remote: Remote
    patterns: Sequence[str]
    cutting: Cutting | None

    def listed(self) -> tuple[dict[str, Entry], dict[str, Entry]]:
        """Files there: those to be copied whole, and those of which only a part is."""
        there = listing(self.remote, self.patterns)
        cut = self.cutting.patterns if self.cutting else frozenset()
        whole_ones = [PurePosixPath(one).parts for one in self.patterns if one not in cut]
        large = {
            name
            for name, entry in there.items()
            if is_large(name, entry) and not any(_matches(PurePosixPath(name).parts, one) for one in whole_ones)
        }
        whole = {name: entry for name, entry in there.items() if name not in large}
        return whole, {name: there[name] for name in sorted(large)}


def _refresh(far: _Far, folder: Path, descriptor: int) -> None:
    """Copies what changed, until what is here is what is there; leaves the folder held for reading."""
    for _ in range(_TRIES):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        whole, large = far.listed()
        if _stale(whole, read_marks(folder / MARKS), folder) or _gone(whole | large, far.patterns, folder):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _copy(far, whole, large, folder)
        elif large and far.cutting is not None:
            cutter = far.cutting.cutter_in(folder / FILES)
            lacking = _lacking(large, cutter, folder)
            if not lacking:
                return
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _cut(far.remote, {name: large[name] for name in lacking}, cutter, folder)
        else:
            return
    raise InputError(far.remote.address, "files there change faster than they can be read; build again when they rest")


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


def _copy(far: _Far, whole: dict[str, Entry], large: dict[str, Entry], folder: Path) -> None:
    """Makes the folder what the listing says; killed in the middle, what was not finished counts as not here."""
    sweep(folder)
    marks = read_marks(folder / MARKS)
    stale = _stale(whole, marks, folder)
    kept = {name: told for name, told in marks.items() if name not in stale}
    with writing_aside(folder) as aside:
        _write_marks(folder, aside, kept)
        for name in _gone(whole | large, far.patterns, folder):
            (folder / FILES / name).unlink()
            kept.pop(name, None)
        far.remote.download(stale, aside / FILES)
        for name in stale:
            if not holds(aside / FILES / name, whole[name].bytes):
                continue
            _place(name, aside, folder)
            kept[name] = [whole[name].bytes, whole[name].mark]
        _write_marks(folder, aside, kept)


def _lacking(large: Mapping[str, Entry], cutter: Cutter, folder: Path) -> list[str]:
    """Large files of which the part that a cutter makes is not here."""
    marks = read_marks(folder / MARKS)
    return [
        name
        for name, entry in large.items()
        if not is_here(marks.get(name, ()), entry, cutter.key, folder / FILES / name)
    ]


def _cut(remote: Remote, large: Mapping[str, Entry], cutter: Cutter, folder: Path) -> None:
    """Puts parts of large files into the folder; likewise."""
    sweep(folder)
    kept = {name: told for name, told in read_marks(folder / MARKS).items() if name not in large}
    with writing_aside(folder) as aside:
        _write_marks(folder, aside, kept)
        for name, entry in large.items():
            told = take(remote, name, entry, cutter, aside / FILES)
            if told is not None:
                _place(name, aside, folder)
                kept[name] = told
        _write_marks(folder, aside, kept)


def _place(name: str, aside: Path, folder: Path) -> None:
    target = folder / FILES / name
    target.parent.mkdir(parents=True, exist_ok=True)
    (aside / FILES / name).replace(target)


def _write_marks(folder: Path, aside: Path, marks: Marks) -> None:
    replace_file(aside, folder / MARKS, json.dumps(marks, sort_keys=True, indent=1).encode())


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = error.strerror or str(error)
        raise StoreError(f"cache {folder} cannot be written: {told}; make room there, or name another") from error
