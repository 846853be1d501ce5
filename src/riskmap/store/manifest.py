"""Manifests: what a snapshot says of itself, in one canonical form from which its id is derived."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskmap.errors import SnapshotDamaged, StoreError

FORMAT = 2
"""Version of the layout of a snapshot folder; a reader refuses any other."""

MANIFEST = "manifest.json"

_ID = re.compile(r"[0-9a-f]{16}")


def is_id(text: str) -> bool:
    """Whether a text has the form of a snapshot's id: 16 lower-case hex digits."""
    return _ID.fullmatch(text) is not None


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """JSON in the one form that equal content always has: sorted keys, UTF-8, a newline at the end.

    Raises:
        StoreError: Something in it has no JSON form, such as NaN.
    """
    try:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    except (TypeError, ValueError) as error:
        raise StoreError(f"the manifest cannot be written as JSON: {error}; mend what the build says of itself") from (
            error
        )
    return text.encode() + b"\n"


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sealed(manifest: Mapping[str, Any], folder: Path, known: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The manifest with `format`, `files` (checksum and size of every file of the folder) and the `id` they give it.

    The id is the first 16 hex digits of the sha256 of everything else, so it stands for the whole content.

    Args:
        manifest: What the build says of itself.
        folder: Where its files lie.
        known: Checksums that were worked out just before, by name of the file.
    """
    sums = known or {}
    files = {
        path.name: {"sha256": sums.get(path.name) or file_sha256(path), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
    }
    content = {**manifest, "format": FORMAT, "files": files}
    return {**content, "id": id_of(content)}


def id_of(manifest: Mapping[str, Any]) -> str:
    """The id that belongs to a manifest, whatever id it claims."""
    content = {key: value for key, value in manifest.items() if key != "id"}
    return hashlib.sha256(canonical_json(content)).hexdigest()[:16]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a snapshot folder, held against the folder's name and its own id.

    Raises:
        SnapshotDamaged: It is not JSON, or does not give the id it should.
        StoreError: It cannot be read, or was written in a layout that this version does not know.
    """
    path = folder / MANIFEST
    try:
        manifest: object = json.loads(path.read_bytes())
    except OSError as error:
        raise SnapshotDamaged(f"{path} cannot be read: {error.strerror}; remove the folder and build again") from error
    except ValueError as error:
        raise SnapshotDamaged(f"{path} is not JSON: {error}; remove the folder and build again") from error
    if not isinstance(manifest, dict) or id_of(manifest) != folder.name or manifest.get("id") != folder.name:
        raise SnapshotDamaged(f"{path} was changed after it was published; remove the folder and build again")
    if manifest.get("format") != FORMAT:
        raise StoreError(
            f"{path} is of layout {manifest.get('format')!r}; this version reads layout {FORMAT}: build again"
        )
    return manifest


def check_files(folder: Path, manifest: Mapping[str, Any], *, deep: bool) -> None:
    """Holds the files of a folder against its manifest.

    Args:
        folder: Folder of the snapshot.
        manifest: Its manifest.
        deep: True to hash every byte, False to look at sizes only.

    Raises:
        SnapshotDamaged: A file is missing, or is not what was published; names it.
    """
    for name, told in manifest["files"].items():
        path = folder / name
        try:
            same = path.stat().st_size == told["bytes"] and (not deep or file_sha256(path) == told["sha256"])
        except OSError as error:
            raise SnapshotDamaged(
                f"{path} cannot be read: {error.strerror}; remove the folder and build again"
            ) from error
        if not same:
            raise SnapshotDamaged(f"{path} is not what was published; remove the folder and build again")
