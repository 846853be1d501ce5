"""Receipts on disk: one small JSON file for each time a payload came, never changed, in the order of their names."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from riskmap.errors import StoreError
from riskmap.model.raw import Receipt


class Receipts:
    """The receipts of one source. Each file is read once, whoever wrote it and when, since none ever changes.

    Args:
        folder: Where they lie; it may not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Receipt] = {}
        self._last: dict[str, str] = {}

    def all(self) -> Sequence[Receipt]:
        """All of them, in the order in which the payloads came.

        Raises:
            StoreError: One cannot be read.
        """
        self._look()
        return [self._read[name] for name in sorted(self._read)]

    def last(self, url: str) -> Receipt | None:
        """The newest whole payload of an address, if there is one.

        Raises:
            StoreError: One of all receipts cannot be read.
        """
        self._look()
        name = self._last.get(url)
        return None if name is None else self._read[name]

    def _look(self) -> None:
        """Takes in what is new, from this process or another."""
        there = file_names(self._folder)
        if not there >= self._read.keys():
            self._read, self._last = {}, {}
        for name in sorted(there - self._read.keys()):
            receipt = self._read[name] = receipt_of(self._folder / name)
            if receipt.role != "refused":
                self._last[receipt.url] = max(name, self._last.get(receipt.url, ""))


def name_of(receipt: Receipt) -> str:
    """The file name of a receipt: names sort as payloads came, and no two receipts share one."""
    told = hashlib.sha256(text_of(asdict(receipt)).encode()).hexdigest()[:16]
    return f"{receipt.retrieved.strftime('%Y%m%dT%H%M%S.%f')}-{told}.json"


def receipt_of(path: Path) -> Receipt:
    """The receipt in a file.

    Raises:
        StoreError: It is none.
    """
    told = read(path)
    try:
        return Receipt(**{**told, "retrieved": datetime.fromisoformat(told["retrieved"])})
    except (TypeError, KeyError, ValueError) as error:
        raise StoreError(f"{path} is no receipt of this version ({error}); move it away and fetch again") from error


def file_names(folder: Path) -> set[str]:
    """Names of the JSON files in a folder; none where there is no such folder.

    Raises:
        StoreError: It cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.name.endswith(".json")}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {error.strerror or error}") from error


def read(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        StoreError: It cannot be read, or holds none.
    """
    try:
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise StoreError(f"{path} is not JSON: {error}; move it away and fetch again") from error
    if not isinstance(told, dict):
        raise StoreError(f"{path} holds no JSON object; move it away and fetch again")
    return told


def text_of(content: Mapping[str, Any]) -> str:
    """JSON for people too: days and moments as ISO, keys in order."""
    return json.dumps(content, default=_iso, ensure_ascii=False, sort_keys=True, indent=1)


def _iso(moment: date) -> str:
    return moment.isoformat()
