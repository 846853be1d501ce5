"""The vault: input files as they were received, known by the hash of their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from riskmap.errors import InputError
from riskmap.model.raw import Raw

_CHUNK_BYTES = 1 << 20
_SHAPEFILE = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
"""The files of a shapefile that say something; its spatial and attribute indexes repeat it."""


def raw_of(path: Path, root: Path) -> Raw:
    """An input file with its hash; a shapefile counts as one, hashed with its companions in name order.

    Args:
        path: The file; a shapefile's `.shp`.
        root: Inputs folder; the file is named by its path from there, or as given where it lies elsewhere.

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
    return Raw(path=path, name=name, sha256=sha256, bytes=length)


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
