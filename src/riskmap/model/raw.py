"""Raw: bytes as a provider gave them, with where and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Raw:
    """One received payload that lies untouched on disk.

    Args:
        path: The file; a shapefile is named by its `.shp`, its companions lie beside it.
        name: How messages and manifests call it: the path relative to the inputs folder.
        sha256: Hex digest of the bytes (of all companions, in name order, for a shapefile).
        bytes: Their number.
        retrieved: When it was received (UTC), where known.
        url: Where it came from, free of secrets; empty for a local file.
    """

    path: Path
    name: str
    sha256: str
    bytes: int = 0
    retrieved: datetime | None = None
    url: str = ""
