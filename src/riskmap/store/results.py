"""Results: what pure steps gave, kept under the hash of everything that went into them, so that no step runs twice.

```
results/<key>/     the files of one result, and sums.json with the hash of each
```

A result is there whole or not at all. One whose bytes are no longer what they were is removed and made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from riskmap.store.aside import sweep, writing_aside
from riskmap.store.manifest import file_sha256

NOTE = "note.json"
SUMS = "sums.json"
_USUAL_BYTES = 20 << 30


def key_of(*parts: object) -> str:
    """The key of a step: hex sha256 of its name and of everything that its result depends on, as JSON.

    Args:
        parts: Texts, numbers, lists and mappings of these; hashes in place of what is large.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Results:
    """A folder of results; any number of processes may use it at once.

    Args:
        folder: Made by the first result.
        most_bytes: What is kept after `prune`, the last used first.
    """

    def __init__(self, folder: Path, most_bytes: int = _USUAL_BYTES) -> None:
        self.folder, self._most_bytes = folder, most_bytes
        self._swept = False

    def get(self, key: str) -> Path | None:
        """The folder of a whole result; None where there is none, or where its bytes have changed."""
        found = self.folder / key
        try:
            whole = all(file_sha256(found / name) == sha256 for name, sha256 in sums_in(found).items())
        except (OSError, ValueError):
            whole = False
        if whole:
            os.utime(found / SUMS)
            return found
        self.remove(found)
        return None

    def get_or_make(self, key: str, make: Callable[[Path], None], *, noted: bool = False) -> tuple[Path, bool]:
        """The folder of a result, made where it is not there yet; and whether it was there.

        Args:
            key: As `key_of` gives it.
            make: Writes the files of the result into the folder it is given.
            noted: What it says of itself holds the sums of its arrays, by which whoever reads them checks them then.
        """
        found = self.get(key)
        if found is not None:
            return found, True
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._swept:
            self._swept = True
            sweep(self.folder)
        with writing_aside(self.folder) as aside:
            made = aside / "made"
            made.mkdir()
            make(made)
            summed = [made / NOTE] if noted else sorted(made.iterdir())
            sums = {path.name: file_sha256(path) for path in summed}
            # Nothing waits for the disk here: what a fallen machine leaves torn is not what its sums say, and goes.
            (made / SUMS).write_text(json.dumps(sums))
            # Where another process was first, equal keys stand for equal bytes.
            with suppress(OSError):
                made.rename(self.folder / key)
        return self.folder / key, False

    def prune(self) -> int:
        """Removes what was used longest ago until the rest fits; how many results went."""
        entries = [path for path in self.folder.iterdir() if (path / SUMS).is_file()] if self.folder.is_dir() else []
        entries.sort(key=lambda path: (path / SUMS).stat().st_mtime, reverse=True)
        kept, removed = 0, 0
        for path in entries:
            kept += sum(file.stat().st_size for file in path.iterdir())
            if kept > self._most_bytes:
                self.remove(path)
                removed += 1
        return removed

    def remove(self, found: Path) -> None:
        """Takes a result away, if it is there."""
        if not found.is_dir():
            return
        with writing_aside(self.folder) as aside:
            try:
                found.rename(aside / "removed")
            except OSError:
                shutil.rmtree(found, ignore_errors=True)


def sums_in(folder: Path) -> dict[str, str]:
    """Hex sha256 of every file of a result, by name."""
    sums: dict[str, str] = json.loads((folder / SUMS).read_bytes())
    return sums


def link_tables(result: Path, folder: Path) -> dict[str, str]:
    """Puts the tables of a result into another folder, without a copy where the disk allows; their hex sha256 by name.

    Args:
        result: Whole, as `Results.get` has just found it.
        folder: Where to.
    """
    sums = {name: sha256 for name, sha256 in sums_in(result).items() if name.endswith((".arrow", ".parquet"))}
    for name in sums:
        try:
            os.link(result / name, folder / name)
        except OSError:
            shutil.copyfile(result / name, folder / name)
    return sums


def read_note(folder: Path) -> dict[str, Any]:
    """What a result says of itself beside its tables."""
    told: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
    return told


def write_note(folder: Path, content: Mapping[str, Any]) -> None:
    """Puts into a result what it says of itself."""
    (folder / NOTE).write_text(json.dumps(content, ensure_ascii=False, sort_keys=True), encoding="utf-8")
