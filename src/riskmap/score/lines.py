"""Where a key stands in a TOML text: the standard library reads TOML but does not tell lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

_TABLE = re.compile(r"^\s*(\[{1,2})\s*([\w.\"'-]+)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"^\s*([\w.\"'-]+)\s*=")
_ELEMENT = re.compile(r"^\s*\{")


def line_of(text: str, path: Path) -> int:
    """Line, from 1, of the longest part of a key path that is written on a line of its own; 1 where none is.

    Args:
        text: Valid TOML.
        path: Keys, and positions from 0 inside arrays, from the top.
    """
    written: dict[Path, int] = {}
    for place, line in _written(text):
        written.setdefault(place, line)
    return next((written[path[:n]] for n in range(len(path), 0, -1) if path[:n] in written), 1)


def _written(text: str) -> Iterator[tuple[Path, int]]:
    """Every table header, key and inline table at the start of a line, with its path."""
    table: Path = ()
    key: Path = ()
    counts: dict[Path, int] = {}
    for line, content in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(content):
            table = _keys(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, line
        elif pair := _KEY.match(content):
            key = table + _keys(pair[1])
            yield key, line
        elif _ELEMENT.match(content):
            counts[key] = counts.get(key, -1) + 1
            yield (*key, counts[key]), line


def _keys(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in dotted.split("."))
