"""Remote: files under an address such as `s3://bucket/prefix`, by the few verbs that stores need.

What speaks to the provider is fsspec with its plugins: S3, Google, Azure and more. Keys and accounts come from where
the provider's own kit looks for them, such as its environment variables, and never from an address.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

from riskmap.errors import RiskmapError, StoreError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ETAGS = ("ETag", "etag", "md5Hash")
_MOMENTS = ("LastModified", "last_modified", "updated", "mtime", "created")
_VERSIONS = ("VersionId", "version_id", "generation")
_SHA256_BYTES = 32
_BLOCK_BYTES = 1 << 19
"""What one request brings where a file is read by ranges."""
_BLOCKS = 64


@dataclass(frozen=True)
class Entry:
    """One file, as a listing tells it.

    Args:
        bytes: Its length.
        mark: Changes whenever its content does: the provider's own, else its age; never the same twice where the
            provider tells neither.
        modified: When it last changed, as sortable text; empty where that is not told.
    """

    bytes: int
    mark: str
    modified: str


def place_of(place: Path | str) -> Path | str:
    """A folder of this machine as a path, `file://` included; the address of one elsewhere as text, no slash behind.

    Raises:
        StoreError: The address holds a secret, or is a path that an address was turned into.
    """
    if isinstance(place, Path):
        if len(place.parts) > 1 and _ADDRESS.match(f"{place.parts[0]}//"):
            raise StoreError(f"{place} was an address before it became a path; hand it over as text")
        return place
    if not _ADDRESS.match(place):
        return Path(place)
    parts = urlsplit(place)
    if parts.password is not None or parts.query:
        raise StoreError(
            f"an address of {parts.scheme}:// with a password or a query in it is refused; leave that to the"
            " environment variables of the provider's kit"
        )
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else place.rstrip("/")


class Remote:
    """Files under an address. Names are relative to it, with `/` between their parts.

    Args:
        address: Such as `s3://bucket/prefix`.

    Raises:
        StoreError: No plugin is installed for it.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        with _Telling(address, "opened"):
            from fsspec.core import url_to_fs

            self._files: Any
            self._files, root = url_to_fs(address, use_listings_cache=False)
            self._root = root.rstrip("/")

    def entries(self, below: str = "", depth: int | None = None) -> dict[str, Entry]:
        """Every file in a folder, by name, sorted; none where there is no such folder.

        Args:
            below: The folder; everything where left out.
            depth: How many levels down; all where None.

        Raises:
            StoreError: It cannot be listed.
        """
        told: Mapping[str, Any] = {}
        with _Telling(self.address, "listed", allowed=FileNotFoundError):
            told = self._files.find(self._full(below), maxdepth=depth, detail=True)
        cut = len(self._root) + 1
        found = {path[cut:]: _entry(info) for path, info in told.items() if info["type"] == "file"}
        return {name: found[name] for name in sorted(found) if _is_plain(name)}

    def read(self, name: str) -> bytes | None:
        """What a small file holds; None where there is none.

        Raises:
            StoreError: It cannot be read.
        """
        with _Telling(self.address, "read", allowed=FileNotFoundError):
            return bytes(self._files.cat_file(self._full(name)))
        return None

    def read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        """What small files hold, those that are there, all at once."""
        if not names:
            return {}
        full = {self._full(name): name for name in names}
        with _Telling(self.address, "read"):
            found = self._files.cat(list(full), on_error="omit")
        return {full[path]: content for path, content in found.items()}

    def download(self, names: Sequence[str], to: Path) -> None:
        """Copies files into a folder, under their names, several at once and large ones by ranges.

        Raises:
            StoreError: One cannot be read, or is gone.
        """
        targets = [to / name for name in names]
        for target in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
        if names:
            with _Telling(self.address, "read"):
                self._files.get([self._full(name) for name in names], [str(target) for target in targets])

    def ranged(self, name: str) -> Ranged:
        """A file to be read by ranges, half a megabyte a request, and never whole.

        Raises:
            StoreError: It cannot be opened, or is gone.
        """
        file: io.RawIOBase = io.RawIOBase()
        with _Telling(self.address, "read"):
            options = {"cache_type": "blockcache", "cache_options": {"maxblocks": _BLOCKS}}
            file = self._files.open(self._full(name), "rb", block_size=_BLOCK_BYTES, **options)
        return Ranged(self.address, file)

    def identity(self, name: str, entry: Entry) -> str:
        """What a file is known by, where nobody here has read all of it.

        Returns:
            `sha256:` and the hash of the whole, in hexadecimal, where the provider keeps it; else `etag:` and its mark,
            or `modified:` and its age, with ` version:` behind it where it keeps versions.

        Raises:
            StoreError: It cannot be asked for, or is gone.
        """
        told: Mapping[str, Any] = {}
        with _Telling(self.address, "read"):
            told = self._told(self._full(name))
        if whole := _sha256_in(told):
            return f"sha256:{whole}"
        kind = "modified" if entry.mark == entry.modified else "etag"
        version = next((str(told[key]) for key in _VERSIONS if told.get(key) not in (None, "null")), "")
        return f"{kind}:{entry.mark.strip(chr(34))}" + (f" version:{version}" if version else "")

    def upload(self, folder: Path, names: Sequence[str]) -> None:
        """Copies files of a folder there, under their names; each is seen whole or not at all.

        Raises:
            StoreError: It cannot be written.
        """
        if names:
            with _Telling(self.address, "written"):
                self._files.put([str(folder / name) for name in names], [self._full(name) for name in names])

    def write(self, name: str, content: bytes) -> None:
        """Puts a small file in place of the one of that name, in one step.

        Raises:
            StoreError: It cannot be written.
        """
        with _Telling(self.address, "written"):
            self._files.pipe_file(self._full(name), content)

    def remove(self, names: Iterable[str]) -> None:
        """Removes files; those that are gone already are no error.

        Raises:
            StoreError: One cannot be removed.
        """
        full = [self._full(name) for name in names]
        if full:
            with _Telling(self.address, "removed", allowed=FileNotFoundError):
                self._files.rm(full)

    def _full(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _told(self, path: str) -> Mapping[str, Any]:
        """What the provider says of a file; of S3 with the checksum, which it tells only to who asks for it."""
        if not hasattr(self._files, "call_s3"):
            return dict(self._files.info(path))
        bucket, key, _ = self._files.split_path(path)
        told = self._files.call_s3("head_object", Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        return dict(told)


class Ranged:
    """A file at an address that is read by ranges, for GDAL, to which an error cannot be raised: it is kept instead.

    Args:
        address: Where it lies, for messages.
        file: As fsspec opens it.
    """

    def __init__(self, address: str, file: io.RawIOBase) -> None:
        self.failure: StoreError | None = None
        self.bytes = file.seek(0, io.SEEK_END)
        self._address, self._file = address, file

    def handle(self) -> io.RawIOBase:
        """A stream with a place of its own, for one reader."""
        return _Handle(self)

    def read(self, first: int, count: int) -> bytes:
        """Bytes from `first` on; fewer at the end, and none once something went wrong, which `failure` tells."""
        try:
            with _Telling(self._address, "read"):
                self._file.seek(first)
                return b"" if self.failure else bytes(self._file.read(count) or b"")
        except StoreError as error:
            self.failure = error
        return b""


class _Handle(io.RawIOBase):
    def __init__(self, ranged: Ranged) -> None:
        self._ranged, self._at = ranged, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ranged.bytes}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        found = self._ranged.read(self._at, max(self._ranged.bytes - self._at, 0) if size < 0 else size)
        self._at += len(found)
        return found


def _sha256_in(told: Mapping[str, Any]) -> str | None:
    """The checksum of a whole object; that of one sent in parts is a hash of hashes, and is none."""
    text = str(told.get("ChecksumSHA256") or "")
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return found.hex() if len(found) == _SHA256_BYTES and told.get("ChecksumType") != "COMPOSITE" else None


def _entry(info: Mapping[str, Any]) -> Entry:
    modified = next((_moment(info[key]) for key in _MOMENTS if info.get(key)), "")
    mark = next((str(info[key]) for key in _ETAGS if info.get(key)), modified)
    return Entry(int(info["size"]), mark or uuid4().hex, modified)


def _moment(told: object) -> str:
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told, UTC).isoformat()
    return told.astimezone(UTC).isoformat() if isinstance(told, datetime) else str(told)


def _is_plain(name: str) -> bool:
    """Whether a name stays inside the folder that it is copied to."""
    return (
        bool(name) and not name.endswith("/") and PurePosixPath(name).as_posix() == name and ".." not in name.split("/")
    )


class _Telling:
    """Whatever a plugin raises, of whatever kind, becomes a `StoreError`, without what follows a `?` in an address."""

    def __init__(self, address: str, done: str, allowed: type[Exception] | None = None) -> None:
        self._address, self._done, self._allowed = address, done, allowed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._allowed is not None and isinstance(error, self._allowed):
            return True
        if isinstance(error, ImportError):
            raise StoreError(f"{self._address} needs the extra riskmap[cloud] ({error}); install it") from error
        if isinstance(error, Exception) and not isinstance(error, RiskmapError):
            told = re.sub(r"\?\S+", "?...", str(error))
            raise StoreError(
                f"{self._address} cannot be {self._done}: {type(error).__name__}: {told};"
                " mend the address, the connection or the rights"
            ) from error
        return False
