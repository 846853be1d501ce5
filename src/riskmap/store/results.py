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

from riskmap.store.aside import sweep, sync_all, writing_aside
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

    def get(self, key: str) -> Path | None:
        """The folder of a whole result; None where there is none, or where its bytes have changed."""
        found = self.folder / key
        try:
            sums: dict[str, str] = json.loads((found / SUMS).read_bytes())
            whole = all(file_sha256(found / name) == sha256 for name, sha256 in sums.items())
        except (OSError, ValueError):
            whole = False
        if whole:
            os.utime(found / SUMS)
            return found
        if found.is_dir():
            self._remove(found)
        return None

    def get_or_make(self, key: str, make: Callable[[Path], None]) -> tuple[Path, bool]:
        """The folder of a result, made where it is not there yet; and whether it was there.

        Args:
            key: As `key_of` gives it.
            make: Writes the files of the result into the folder it is given.
        """
        found = self.get(key)
        if found is not None:
            return found, True
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder)
        with writing_aside(self.folder) as aside:
            made = aside / "made"
            made.mkdir()
            make(made)
            sums = {path.name: file_sha256(path) for path in sorted(made.iterdir())}
            (made / SUMS).write_text(json.dumps(sums))
            sync_all(made)
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
                self._remove(path)
                removed += 1
        return removed

    def _remove(self, found: Path) -> None:
        with writing_aside(self.folder) as aside:
            try:
                found.rename(aside / "removed")
            except OSError:
                shutil.rmtree(found, ignore_errors=True)


def read_note(folder: Path) -> dict[str, Any]:
    """What a result says of itself beside its tables."""
    told: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
    return told


def write_note(folder: Path, content: Mapping[str, Any]) -> None:
    """Puts into a result what it says of itself."""
    (folder / NOTE).write_text(json.dumps(content, ensure_ascii=False, sort_keys=True), encoding="utf-8")
