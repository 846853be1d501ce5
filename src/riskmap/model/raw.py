"""Raw: bytes as a provider gave them, with where and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

Role = Literal["records", "index", "refused"]


@dataclass(frozen=True)
class Part:
    """What is known of a file elsewhere of which only a part was read.

    Args:
        identity: `sha256:` and the hash of the whole as its provider keeps it, else `etag:` or `modified:` and what
            that changes with its content, with ` version:` behind it where it keeps versions.
        bytes: Length of the whole.
        note: Which part, in words.
    """

    identity: str
    bytes: int
    note: str

    @property
    def sha256(self) -> str | None:
        """Hex digest of the whole; None where nobody knows it."""
        kind, _, told = self.identity.partition(":")
        return told if kind == "sha256" else None


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
        labels: What was known of it when it was asked for and may not stand in it, such as `version` of a release.
        part: Where it is a part of a larger file: what is known of that; `sha256` and `bytes` are of the part.
    """

    path: Path
    name: str
    sha256: str
    bytes: int = 0
    retrieved: datetime | None = None
    url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    part: Part | None = None


@dataclass(frozen=True)
class Asked:
    """What was asked of a source.

    Args:
        area: Country code (ISO 3166-1 alpha-3); empty for the whole world.
        start: First day.
        end: First day after; the first day itself where nothing but news is asked for.
        options: What the source needs to know beside, such as `eventtype`.
    """

    area: str
    start: date
    end: date
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_poll(self) -> bool:
        """Whether it asks for no days, but for what is new at the moment: such an answer lists nothing completely."""
        return self.start == self.end


@dataclass(frozen=True)
class Receipt:
    """What is known of one payload in the vault.

    Args:
        source: Registry name of its source.
        url: What was asked, free of secrets.
        sha256: Hex digest of the bytes kept.
        bytes: Their number.
        retrieved: When it came (UTC).
        status: HTTP status.
        role: `records` is read into layers, `index` only led to others, `refused` was an error.
        fetch: Id of the fetch that it was part of.
        media_type: As the provider said.
        etag: For the next conditional request; empty where not told.
        modified: Likewise, the provider's `Last-Modified`.
        labels: As in `Raw`.
        scrubbed: Whether a secret stood in it and was overwritten with asterisks before it was kept.
    """

    source: str
    url: str
    sha256: str
    bytes: int
    retrieved: datetime
    status: int
    role: Role
    fetch: str
    media_type: str = ""
    etag: str = ""
    modified: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    scrubbed: bool = False
