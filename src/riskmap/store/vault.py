"""The vault: payloads as they were received, known by the hash of their bytes, with a receipt for each time one came.

```
payloads/ab/abcd...        the bytes, once for each content
receipts/<source>/*.json   when each came, from where and as part of which fetch; never changed
fetches/<source>/*.json    what was asked, when it began, and when it ended if it did
```

Nothing is ever overwritten, so that a mended parser can read history again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from riskmap.errors import InputError, StoreError
from riskmap.model.raw import Asked, Raw, Receipt
from riskmap.store.aside import holds, replace_file, sweep, sync, writing_aside
from riskmap.store.receipts import Receipts, file_names, name_of, read, text_of

_CHUNK_BYTES = 1 << 20
_SHAPEFILE = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
"""The files of a shapefile that say something; its spatial and attribute indexes repeat it."""
_RESUMED_HOURS = 24


@dataclass(frozen=True)
class Fetch:
    """One run of asking a source.

    Args:
        id: Hash of source and question, and when it began.
        source: Registry name.
        asked: The question.
        begun: When (UTC).
        ended: When everything asked for had come; None where it broke off.
    """

    id: str
    source: str
    asked: Asked
    begun: datetime
    ended: datetime | None = None


class Vault:
    """A folder of payloads.

    Args:
        folder: Made by the first fetch.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._receipts: dict[str, Receipts] = {}

    @contextmanager
    def fetching(self, source: str, asked: Asked) -> Iterator[tuple[Fetch, Mapping[str, Receipt]]]:
        """A fetch, new or taken up where the same one broke off within a day, with what it got so far by url.

        A poll is never taken up, since what was new then is old.

        It counts as ended when the body ends without an error.

        Raises:
            StoreError: The folder cannot be written.
        """
        fetch = self._unfinished(source, asked) or Fetch(_fetch_id(source, asked), source, asked, datetime.now(UTC))
        self._write(f"fetches/{source}/{fetch.id}.json", asdict(fetch))
        yield fetch, {one.url: one for one in self.receipts(source) if one.fetch == fetch.id and one.role != "refused"}
        self._write(f"fetches/{source}/{fetch.id}.json", asdict(replace(fetch, ended=datetime.now(UTC))))

    def keep(self, file: Path | None, receipt: Receipt) -> Raw:
        """Moves a payload in, under the hash that its receipt names, and writes the receipt.

        Args:
            file: On the vault's disk, as `aside` gives one; None where the same payload has only come again.
            receipt: What is known of it.
        """
        target = self._payload(receipt.sha256)
        with _telling(self.folder):
            target.parent.mkdir(parents=True, exist_ok=True)
            if file is not None and not holds(target, receipt.bytes):
                sync(file)
                file.replace(target)
                sync(target.parent)
        self._write(f"receipts/{receipt.source}/{name_of(receipt)}", asdict(receipt))
        return self.raw(receipt)

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A folder to write in what is to be kept; what is left in it goes."""
        with _telling(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            sweep(self.folder)
            with writing_aside(self.folder) as folder:
                yield folder

    def receipts(self, source: str) -> Sequence[Receipt]:
        """Receipts of a source, in the order in which the payloads came.

        Raises:
            StoreError: One cannot be read.
        """
        return self._of(source).all()

    def fetches(self, source: str) -> Sequence[Fetch]:
        """Fetches of a source, in the order in which they began.

        Raises:
            StoreError: One cannot be read.
        """
        folder = self.folder / "fetches" / source
        found = [_fetch_of(folder / name) for name in file_names(folder)]
        return sorted(found, key=lambda fetch: (fetch.begun, fetch.id))

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources that something was fetched of."""
        folder = self.folder / "receipts"
        return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()

    def last(self, source: str, url: str) -> Receipt | None:
        """The newest whole payload of an address, if there is one."""
        return self._of(source).last(url)

    def raw(self, receipt: Receipt) -> Raw:
        """The payload of a receipt.

        Raises:
            InputError: Its bytes are lost.
        """
        path, name = self._payload(receipt.sha256), f"{receipt.source}/{receipt.sha256[:12]}"
        if not holds(path, receipt.bytes):
            raise InputError(name, f"its bytes are not in the vault {self.folder}, or not whole; fetch it again")
        return Raw(path, name, receipt.sha256, receipt.bytes, receipt.retrieved, receipt.url, receipt.labels)

    def note_of(self, name: str) -> dict[str, Any] | None:
        """A note kept beside the payloads, such as what one gave when it was read; None where there is none."""
        try:
            return read(self.folder / f"{name}.json")
        except StoreError:
            return None

    def write_note(self, name: str, content: Mapping[str, Any]) -> None:
        """Keeps a note, in place of the one of that name.

        Raises:
            StoreError: The folder cannot be written.
        """
        self._write(f"{name}.json", content)

    def _of(self, source: str) -> Receipts:
        return self._receipts.setdefault(source, Receipts(self.folder / "receipts" / source))

    def _payload(self, sha256: str) -> Path:
        return self.folder / "payloads" / sha256[:2] / sha256

    def _unfinished(self, source: str, asked: Asked) -> Fetch | None:
        oldest = datetime.now(UTC) - timedelta(hours=_RESUMED_HOURS)
        same = (one for one in self.fetches(source) if one.asked == asked and not one.ended and one.begun >= oldest)
        return None if asked.is_poll else next(same, None)

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        target = self.folder / name
        with self.aside() as folder:
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_file(folder, target, text_of(content).encode())


def raw_of(path: Path, root: Path, retrieved: datetime | None = None) -> Raw:
    """An input file with its hash; a shapefile counts as one, hashed with its companions in name order.

    Args:
        path: The file; a shapefile's `.shp`.
        root: Inputs folder; the file is named by its path from there, or as given where it lies elsewhere.
        retrieved: When it was received (UTC), where that is known.

    Raises:
        InputError: There is no such file, or it cannot be read.
    """
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    if not path.is_file():
        raise InputError(name, "there is no such file; mend the path or put the file there")
    try:
        sha256, length = _digest(_files_of(path))
    except OSError as error:
        raise InputError(name, f"cannot be read: {error.strerror}; make it readable") from error
    return Raw(path=path, name=name, sha256=sha256, bytes=length, retrieved=retrieved)


def _files_of(path: Path) -> Sequence[Path]:
    if path.suffix.lower() != ".shp":
        return [path]
    beside = (one for one in path.parent.iterdir() if one.stem == path.stem and one.suffix.lower() in _SHAPEFILE)
    return sorted(beside, key=lambda one: one.name)


def _digest(paths: Sequence[Path]) -> tuple[str, int]:
    digest, length = hashlib.sha256(), 0
    for path in paths:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                length += len(chunk)
    return digest.hexdigest(), length


def _fetch_id(source: str, asked: Asked) -> str:
    question = text_of({"source": source, **asdict(asked)})
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return f"{now}-{hashlib.sha256(question.encode()).hexdigest()[:8]}-{os.getpid()}"


def _fetch_of(path: Path) -> Fetch:
    told = read(path)
    try:
        asked = told["asked"]
        return Fetch(
            told["id"],
            told["source"],
            Asked(
                asked["area"], date.fromisoformat(asked["start"]), date.fromisoformat(asked["end"]), asked["options"]
            ),
            datetime.fromisoformat(told["begun"]),
            datetime.fromisoformat(told["ended"]) if told["ended"] else None,
        )
    except (TypeError, KeyError, ValueError) as error:
        raise StoreError(f"{path} is no fetch of this version ({error}); move it away and fetch again") from error


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    """What the disk refuses becomes a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"vault {folder} cannot be written: {error.strerror or error}; make room there, allow writing, or name"
            " another by RISKMAP_VAULT (what was kept before is untouched)"
        ) from error
