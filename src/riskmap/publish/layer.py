"""One layer of a vector tile: columns of properties around encoded features.

Source: Mapbox Vector Tile Specification 2.1, sections 4.1 (layers) and 4.4 (values).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Cells
from riskmap.publish.outlines import EXTENT, Ints
from riskmap.store.snapshot import Numbers

HUNDREDTHS = 100
"""Numbers leave rounded to one part in this of a unit, so that they repeat and the tile stays small."""

_TEXT_DIGITS = 15
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@dataclass(frozen=True)
class Column:
    """One property of all features of a tile.

    Args:
        key: Its name.
        codes: For each feature the index of its value, -1 where it has none; shape (features,).
        values: The different values, encoded one behind the other.
        count: Their number.
    """

    key: str
    codes: Ints
    values: bytes
    count: int


def cell_column(key: str, cells: Cells) -> Column:
    """Cells as text, fifteen hexadecimal digits each."""
    shifts = np.arange(4 * (_TEXT_DIGITS - 1), -1, -4).astype(np.uint64)
    digits = _HEX[((cells[:, None] >> shifts) & np.uint64(15)).astype(np.intp)]
    head = np.broadcast_to(np.array([0x22, _TEXT_DIGITS + 2, 0x0A, _TEXT_DIGITS], np.uint8), (len(cells), 4))
    return Column(key, np.arange(len(cells)), np.concatenate([head, digits], axis=1).tobytes(), len(cells))


def number_column(key: str, hundredths: Numbers) -> Column:
    """Numbers given as whole hundredths; NaN for none."""
    known = ~np.isnan(hundredths)
    different, codes = _coded(np.where(known, hundredths, 0).astype(np.int64), known)
    values = _entries(0x19, (different / HUNDREDTHS).astype("<f8").view(np.uint8).reshape(-1, 8))
    return Column(key, codes, values, len(different))


def whole_column(key: str, numbers: Numbers) -> Column:
    """Small whole numbers, one for every feature."""
    different, codes = _coded(numbers.astype(np.int64), np.ones(len(numbers), bool))
    zigzag = (different << 1) ^ (different >> 63)
    return Column(key, codes, _entries(0x30, zigzag.astype(np.uint8)[:, None]), len(different))


def hundredths(values: Numbers) -> npt.NDArray[np.float64]:
    """Numbers rounded to whole hundredths; NaN stays."""
    rounded: npt.NDArray[np.float64] = np.rint(values.astype(np.float64) * HUNDREDTHS)
    return rounded


def tags_of(columns: Sequence[Column]) -> Ints:
    """Index of each feature's value by key, in one dictionary for all columns; shape (features, keys)."""
    shifted, first = [], 0
    for column in columns:
        shifted.append(np.where(column.codes < 0, -1, column.codes + first))
        first += column.count
    return np.stack(shifted, axis=1)


def layer_bytes(name: str, features: bytes, columns: Sequence[Column]) -> bytes:
    """A tile of one layer around encoded features whose tags come from these columns."""
    keys = b"".join(_field(3, column.key.encode()) for column in columns)
    values = b"".join(column.values for column in columns)
    body = _field(1, name.encode()) + features + keys + values + b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return _field(3, body)


def _coded(numbers: Ints, known: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The different numbers among those known, and each one's position there or -1."""
    different, codes = np.unique(numbers[known], return_inverse=True)
    found = np.full(len(numbers), -1, np.int64)
    found[known] = codes
    return different, found


def _entries(tag: int, payload: npt.NDArray[np.uint8]) -> bytes:
    head = np.array([0x22, payload.shape[1] + 1, tag], np.uint8)
    return np.concatenate([np.broadcast_to(head, (len(payload), 3)), payload], axis=1).tobytes()


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
