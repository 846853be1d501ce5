"""How p-codes are built: a country, then one group of digits a level; written in many widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise

import pycountry

from riskmap.grid.names import folded

_BESIDE_THE_STANDARD = {"XK": "XKX"}
"""Kosovo's codes, in use without being in ISO 3166."""

_LETTERS = re.compile(r"[A-Z]*")

Digits = tuple[int, ...]
"""The groups of digits of a code, one a level, as numbers: `NG0101` and `NG001001` are both (1, 1)."""


def clean_code(code: str) -> str:
    """A code as it is compared: in capitals, without spaces around it."""
    return code.strip().upper()


def split_code(code: str) -> tuple[str, str]:
    """The letters that a code begins with, and the rest."""
    letters = _letters(code)
    return letters, code[len(letters) :]


def same_country(one: str, other: str) -> bool:
    """Whether two country prefixes, of two letters or three, mean one country."""
    return _alpha3(one) == _alpha3(other)


@cache
def country_of(code: str) -> str:
    """The three letters of the country that a code begins with; empty where it begins with none."""
    found = _alpha3(_letters(code))
    known = found in _BESIDE_THE_STANDARD.values() or pycountry.countries.get(alpha_3=found) is not None
    return found if known else ""


def country_names(alpha3: str) -> tuple[str, ...]:
    """Everyday and formal names of a country in English; none where the code is no country's."""
    found = pycountry.countries.get(alpha_3=alpha3)
    kinds = ("common_name", "name", "official_name")
    return tuple(str(getattr(found, kind)) for kind in kinds if hasattr(found, kind))


def country_named(name: str) -> str:
    """The three letters of the country of a name; empty where no country has it."""
    return _names().get(folded(name), "")


def groupings(digits: str, level: int) -> Iterator[Digits]:
    """All ways to cut digits into as many groups as a code of a level has, each group as a number.

    Nothing where there are fewer digits than groups, or anything else among them.
    """
    if level < 1 or not (digits.isascii() and digits.isdigit()):
        return
    for cuts in combinations(range(1, len(digits)), level - 1):
        edges = (0, *cuts, len(digits))
        yield tuple(int(digits[start:end]) for start, end in pairwise(edges))


def _letters(code: str) -> str:
    found = _LETTERS.match(code)
    return found.group() if found else ""


@cache
def _alpha3(prefix: str) -> str:
    """The three-letter code of a two-letter one; anything else as it is."""
    found = pycountry.countries.get(alpha_2=prefix)
    return _BESIDE_THE_STANDARD.get(prefix, prefix) if found is None else str(found.alpha_3)


@cache
def _names() -> dict[str, str]:
    """Three-letter codes by folded name, formal and everyday ones."""
    return {folded(name): str(one.alpha_3) for one in pycountry.countries for name in country_names(one.alpha_3)}
