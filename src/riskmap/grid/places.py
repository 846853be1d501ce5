"""Places by name and code: which area a record means when it says so in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import pycountry

from riskmap.model.area import Area

_BESIDE_THE_STANDARD = {"XK": "XKX"}
"""Kosovo's codes, in use without being in ISO 3166."""


@dataclass(frozen=True)
class Match:
    """What became of one place.

    Args:
        area: Position in the gazetteer's areas of that level; -1 where none.
        reason: Why there is none; empty where there is one.
        alias: The name in the boundaries that an alias pointed to; empty where no alias was needed.
    """

    area: int
    reason: str = ""
    alias: str = ""


@dataclass(frozen=True)
class Gazetteer:
    """Areas by level, found by p-code or by name.

    Args:
        areas: By level.
    """

    areas: Mapping[int, Sequence[Area]]
    _codes: dict[int, dict[str, int]] = field(default_factory=dict, repr=False, compare=False)
    _names: dict[int, dict[str, list[int]]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for level, areas in self.areas.items():
            self._codes[level] = {area.pcode.upper(): row for row, area in enumerate(areas)}
            names: dict[str, list[int]] = {}
            for row, area in enumerate(areas):
                for name in {folded(text) for text in (area.name, *area.alternatives) if text}:
                    names.setdefault(name, []).append(row)
            self._names[level] = names

    def by_code(self, pcode: str, level: int) -> Match:
        """The area of a p-code; country prefixes of two and of three letters mean the same."""
        known = self._codes.get(level)
        if known is None:
            return Match(-1, f"no boundaries of level {level}")
        code = pcode.strip().upper()
        row = known.get(code)
        if row is None:
            row = next((known[other] for other in self._same_code(code, level) if other in known), None)
        return Match(-1, "p-code not in the boundaries") if row is None else Match(row)

    def by_name(self, name: str, parent: str, level: int, aliases: Mapping[str, str]) -> Match:
        """The area of a name inside its parent; of a name used once, wherever that is.

        Args:
            name: As the record writes it; accents, case and punctuation do not count.
            parent: Name of the unit one level up; empty where not told.
            level: Level of the named unit.
            aliases: Names as records write them -> names as the boundaries do; these come first.
        """
        known = self._names.get(level)
        if known is None:
            return Match(-1, f"no boundaries of level {level}")
        meant = {folded(key): value for key, value in aliases.items()}.get(folded(name), "")
        rows = known.get(folded(meant or name), [])
        if len(rows) > 1 and parent:
            rows = [row for row in rows if self._in_parent(row, level, parent)]
        if len(rows) == 1:
            return Match(rows[0], alias=meant)
        return Match(-1, "name stands for several places" if rows else "name not in the boundaries")

    def _in_parent(self, row: int, level: int, parent: str) -> bool:
        """Whether the unit one level up answers to that name."""
        code = self.areas[level][row].parent.upper()
        above = self._codes.get(level - 1, {}).get(code)
        return above is not None and above in self._names[level - 1].get(folded(parent), [])

    def _same_code(self, code: str, level: int) -> list[str]:
        """The code with the country prefix of the boundaries of its level in place of its own."""
        digits = re.search(r"\d.*$", code)
        if digits is None:
            return [pcode for pcode in self._codes[level] if _same_country(code, pcode)] if level == 0 else []
        prefix = code[: digits.start()]
        own = {re.sub(r"\d.*$", "", pcode) for pcode in self._codes[level]}
        return [other + digits.group() for other in sorted(own) if _same_country(prefix, other)]


def folded(name: str) -> str:
    """A name without accents, case, punctuation and spaces, so that spellings meet."""
    plain = unicodedata.normalize("NFKD", name)
    return re.sub(r"[\W_]", "", "".join(mark for mark in plain if not unicodedata.combining(mark)).casefold())


def _same_country(one: str, other: str) -> bool:
    """Whether two country prefixes, of two letters or three, mean one country."""
    return _alpha3(one) == _alpha3(other)


@cache
def _alpha3(prefix: str) -> str:
    """The three-letter code of a two-letter one; anything else as it is."""
    found = pycountry.countries.get(alpha_2=prefix) if len(prefix) == len("SO") else None
    return _BESIDE_THE_STANDARD.get(prefix, prefix) if found is None else str(found.alpha_3)
