"""HXL: what the row of tags says of a table's columns, whatever their names.

A tag is a word and attributes, as in `#affected+idps+ind`. Attributes come in any order, and tags of code and name are
sometimes swapped, so that what stands in a column has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.sources.columns import Table, listed

_CODE = r"^[A-Za-z]{2,3}[-_]?\d[\dA-Za-z_-]*$"
"""A place code: letters of the country, then digits."""

_COUNTRY_CODE = r"^[A-Z]{2,3}$"
_OF_CODES, _OF_NAMES = frozenset({"code", "pcode"}), frozenset({"name"})
_LEVELS = ("#country", "#adm1", "#adm2", "#adm3", "#adm4")
_SPOKEN = frozenset({"en", "fr", "es", "ar", "pt", "i_en", "i_fr", "i_es", "i_ar", "i_pt"})
_BESIDE = frozenset({"v_pcode", "v_iso3", "iso3", "dest", *_SPOKEN})
"""Attributes that leave a place the one that a row is about; others, such as `origin`, make it another."""


@dataclass(frozen=True)
class Tag:
    """One HXL tag.

    Args:
        word: With its `#`, in lower case.
        attributes: In lower case.
    """

    word: str
    attributes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> Tag:
        """The tag that a text writes."""
        word, *attributes = "".join(text.split()).casefold().split("+")
        return cls(word, frozenset(attributes))

    def holds(self, other: Tag) -> bool:
        """Whether it is the other, or says more of the same."""
        return self.word == other.word and other.attributes <= self.attributes


@dataclass(frozen=True)
class Unit:
    """Columns that say in which unit of one level a row is, as written; empty where there is none."""

    level: int
    code: str = ""
    name: str = ""


def tags_of(table: Table) -> Mapping[str, Tag]:
    """Column -> its tag.

    Raises:
        InputError: There is no row of tags.
    """
    if not table.tags:
        raise InputError(table.name, "no row of HXL tags below the header; read it as a table, with the source tables")
    return {column: Tag.of(text) for column, text in table.tags.items()}


def column_of(table: Table, text: str) -> str:
    """The column of a tag, or of a name; of several with the tag the one that has just these attributes.

    Raises:
        InputError: None is, or several are.
    """
    if not text.startswith("#"):
        table.text(text)
        return text
    wanted, tags = Tag.of(text), tags_of(table)
    exact = [column for column, tag in tags.items() if tag == wanted]
    found = exact or [column for column, tag in tags.items() if tag.holds(wanted)]
    if len(found) != 1:
        several = f"{len(found)} columns have the tag {text}, {listed(found)}" if found else f"no column has {text}"
        told = listed(table.tags[column] for column in (found or tags))
        raise InputError(table.name, f"{several}; write a tag as the file does: {told}, or the name of a column")
    return found[0]


def units_of(table: Table) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    """Columns of place by level, coarsest first, and notes on tags that were swapped."""
    units, notes = [], []
    for level, word in enumerate(_LEVELS):
        codes, names = (_places(table, word, kinds, level) for kinds in (_OF_CODES, _OF_NAMES))
        code, name = codes or "", names or ""
        if _swapped(table, code, name, level):
            notes.append(f"{word}: the tags of code and name are swapped; {name!r} holds the codes")
            code, name = name, code
        if code or name:
            units.append(Unit(level, code, name))
    return tuple(units), tuple(notes)


def _places(table: Table, word: str, kinds: frozenset[str], level: int) -> str | None:
    """The first column of a level that holds codes, or names, of the unit that a row is about."""
    for column, tag in tags_of(table).items():
        about = tag.attributes - kinds
        bare = not tag.attributes and (kinds == _OF_CODES) == _mostly_codes(table, column, level)
        if tag.word == word and (bare or (tag.attributes & kinds and about <= _BESIDE)):
            return column
    return None


def _swapped(table: Table, code: str, name: str, level: int) -> bool:
    """Whether what is tagged as name looks like a code, and what is tagged as code does not."""
    if not code or not name:
        return False
    return _mostly_codes(table, name, level) and not _mostly_codes(table, code, level)


def _mostly_codes(table: Table, column: str, level: int) -> bool:
    text = pc.drop_null(table.columns[column])
    found = pc.match_substring_regex(text, _CODE if level else _COUNTRY_CODE)
    return len(text) > 0 and bool((pc.sum(found).as_py() or 0) * 2 > len(text))


def filled(table: Table, column: str) -> bool:
    """Whether anything stands in a column."""
    values: pa.Array = table.columns[column]
    return bool(values.null_count < len(values))


def dates_of(table: Table) -> Iterator[tuple[str, Tag]]:
    """Columns of dates."""
    yield from ((column, tag) for column, tag in tags_of(table).items() if tag.word in {"#date", "#period"})
