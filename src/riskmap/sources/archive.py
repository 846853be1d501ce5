"""Archives: zip files that hold a provider's files, looked into without unpacking them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence

from riskmap.errors import InputError
from riskmap.model.raw import Raw

_MAGIC = b"PK\x03\x04"
_MOST_MEMBERS = 10_000
_MOST_BYTES = 1 << 30
_MOST_GROWTH = 200


def is_archive(raw: Raw) -> bool:
    """Whether a file begins as a zip file; workbooks do so as well."""
    with raw.path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def members(raw: Raw) -> Sequence[str]:
    """Paths of the files in an archive, sorted.

    Raises:
        InputError: It is no zip file, is damaged, or holds more than a provider would put there.
    """
    try:
        with zipfile.ZipFile(raw.path) as archive:
            found = [info for info in archive.infolist() if not info.filename.endswith("/")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(raw.name, f"cannot be read as a zip file: {error}; fetch it again") from error
    if len(found) > _MOST_MEMBERS:
        raise InputError(raw.name, f"holds {len(found):,} files; more than {_MOST_MEMBERS:,} are not read")
    large = [info.filename for info in found if info.file_size > _MOST_GROWTH * max(info.compress_size, 1 << 12)]
    if large:
        raise InputError(raw.name, f"{large[0]!r} in it grows more than {_MOST_GROWTH} times when unpacked; not read")
    return sorted(info.filename for info in found if not info.filename.startswith("__MACOSX/"))


def member_bytes(raw: Raw, member: str) -> bytes:
    """What one file of an archive holds.

    Raises:
        InputError: It cannot be read, or is longer than 1 GiB.
    """
    try:
        with zipfile.ZipFile(raw.path) as archive, archive.open(member) as file:
            content = file.read(_MOST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, RuntimeError, EOFError) as error:
        raise InputError(raw.name, f"{member!r} in it cannot be read: {error}; fetch it again") from error
    if len(content) > _MOST_BYTES:
        raise InputError(raw.name, f"{member!r} in it holds more than {_MOST_BYTES:,} bytes; unpack it")
    return content


def inside(raw: Raw, member: str) -> str:
    """GDAL's name of a file in an archive, which opens it in place."""
    return f"/vsizip/{{{raw.path.as_posix()}}}/{member}"
