"""Names of places: which spellings are one, which are close, and which name no place at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

_CLOSE = 0.8
_ENOUGH = 5
_NO_PLACE = re.compile(
    r".*x{3,}|(.*[-_ ])?xx|"
    r"(un(specified|known|assigned|classified|determined)|not (available|applicable|specified|reported|known)"
    r"|to be (determined|confirmed)|n/?a|n\.a\.?|none|null|tbd|tbc|-+|\?+)",
    re.IGNORECASE,
)


def folded(name: str) -> str:
    """A name without accents, case, punctuation, spaces and marks of writing direction, so that spellings meet.

    Signs that only modify letters (the ayin of Arabic names, the apostrophe of Ukrainian ones) go too.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in plain if (kind := unicodedata.category(sign))[0] in "LN" and kind != "Lm")


def is_placeholder(text: str) -> bool:
    """Whether a code or name says only that there is none: `SD-XXX`, `UNSPECIFIED`, `n/a`."""
    return _NO_PLACE.fullmatch(text.strip()) is not None


def alike(name: str, others: Iterable[str]) -> bool:
    """Whether a folded name is close enough to one of several to be it, if something else says that it is.

    Either begins with the whole of the other, or four of five letters agree in order.
    """
    pair = SequenceMatcher(None, b=name, autojunk=False)
    return any(_begins(name, other) or _agrees(pair, name, other) for other in others)


def _begins(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _ENOUGH and long.startswith(short)


def _agrees(pair: SequenceMatcher[str], name: str, other: str) -> bool:
    if 2 * min(len(other), len(name)) < _CLOSE * (len(other) + len(name)):
        return False
    pair.set_seq1(other)
    return pair.quick_ratio() >= _CLOSE and pair.ratio() >= _CLOSE
