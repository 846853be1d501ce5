"""Administrative units: where the rows of a table are, by level, code and name, with placeholders told from codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.sources.columns import Mask, Table, as_mask

Levels = npt.NDArray[np.int64]

PLACEHOLDER = r"(?i)-?x{3,}$|^(unspecified|not available|unknown|n/?a|null|none|-)$"
"""Codes that stand for no place, such as `MDG-XXX` for every area of Madagascar."""

_GEO_PRECISIONS = ("country", "adm1", "adm2")


@dataclass(frozen=True)
class LevelColumns:
    """Columns of one level; the first of the names that is filled counts."""

    level: int
    code: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Units:
    """Where rows are, shape (rows,) each.

    Args:
        level: Administrative level; -1 where a row tells no place.
        code: As written; null where there is none or a placeholder stands.
        name: As written; null where there is none.
        parent: Name one level up; null where not told, and for regions.
        placeholder: Code that stands for none; null elsewhere.
        country: Code of its country; null where not told.
    """

    level: Levels
    code: pa.Array
    name: pa.Array
    parent: pa.Array
    placeholder: pa.Array
    country: pa.Array

    def where(self, keep: Mask) -> Units:
        """The rows where the mask is true."""
        return self.take(np.flatnonzero(keep))

    def take(self, rows: Levels) -> Units:
        """The rows at some positions."""
        texts = (self.code, self.name, self.parent, self.placeholder, self.country)
        return Units(self.level[rows], *(one.take(pa.array(rows)) for one in texts))

    @property
    def placed(self) -> Mask:
        """Rows that tell a place by code or name, shape (rows,)."""
        return (self.level >= 0) & as_mask(pc.or_(pc.is_valid(self.code), pc.is_valid(self.name)))

    @property
    def ids(self) -> pa.Array:
        """A text for each row that tells its unit from all others."""
        level = pa.array(self.level).cast(pa.string())
        country, *parts = (pc.fill_null(one, "") for one in (self.country, self.parent, self.code, self.name))
        return pc.binary_join_element_wise(country, level, *parts, "/")

    @property
    def columns(self) -> dict[str, object]:
        """Columns of a layer that say where its records are."""
        precision = np.array(_GEO_PRECISIONS, dtype=object)[np.clip(self.level, 0, len(_GEO_PRECISIONS) - 1)]
        return {
            "pcode": self.code,
            "pcode_level": self.level,
            "place": self.name,
            "place_parent": self.parent,
            "geo_precision": pa.array(precision, pa.string()),
        }


def units_of(table: Table, levels: Sequence[LevelColumns], told: Levels | None = None) -> Units:
    """Where the rows of a table are.

    Args:
        table: Its rows.
        levels: Columns by level, coarsest first, without gaps.
        told: Level of each row, -1 where not told; that of its finest code or name where None.
    """
    length = len(table)
    codes = {one.level: table.optional(one.code) if one.code else _nothing(length) for one in levels}
    names = {one.level: _first(table, one.names) for one in levels}
    if told is None:
        told = np.full(length, -1)
        for one in levels:
            filled = as_mask(pc.or_(pc.is_valid(codes[one.level]), pc.is_valid(names[one.level])))
            told = np.where(filled, one.level, told)
    code, name, parent = _nothing(length), _nothing(length), _nothing(length)
    for one in levels:
        here = pa.array(told == one.level)
        code = pc.if_else(here, codes[one.level], code)
        name = pc.if_else(here, names[one.level], name)
        if one.level > 1 and one.level - 1 in names:
            parent = pc.if_else(here, names[one.level - 1], parent)
    known = np.where(np.isin(told, list(codes)), told, -1)
    none = pc.fill_null(pc.match_substring_regex(code, PLACEHOLDER), fill_value=False)
    nothing = pa.scalar(None, pa.string())
    name = pc.if_else(pc.fill_null(pc.match_substring_regex(name, PLACEHOLDER), fill_value=False), nothing, name)
    placeholder = pc.if_else(none, code, nothing)
    return Units(known, pc.if_else(none, nothing, code), name, parent, placeholder, codes.get(0, _nothing(length)))


def finest(units: Units, *groups: pa.Array) -> Mask:
    """Rows of the finest level that their group has, shape (rows,).

    Args:
        units: Of the rows.
        groups: Texts that together tell the group of each row, such as its country and period.
    """
    texts = [pc.fill_null(group, "") for group in groups]
    key = pc.binary_join_element_wise(*texts, "\x1f").dictionary_encode().indices.to_numpy()
    deepest = np.full(key.max(initial=-1) + 1, -1)
    np.maximum.at(deepest, key, units.level)
    mask: Mask = units.level == deepest[key]
    return mask


def _first(table: Table, names: Sequence[str]) -> pa.Array:
    return pc.coalesce(*(table.optional(name) for name in names), _nothing(len(table)))


def _nothing(length: int) -> pa.Array:
    return pa.nulls(length, pa.string())
