"""Matching: which area a record means that says where it is by code, by name, or by both.

The name guards the code. Codes are used anew after reforms and numbered otherwise by other providers, while a name that
is found on the right level and in the right parent is hardly ever another place's. The steps, first to last:

| way | what it says |
|---|---|
| code | the code is ours, and the name, if told, agrees, is spelled otherwise, or is not told |
| crosswalk | the case says what the code or the name means on that day |
| prefix | the code is ours but for the two or three letters of the country |
| code reused | the code is ours, but the name is that of another area, which is taken |
| padded | the code has the same numbers in other widths, and the name agrees |
| name | the name is found, in its parent where that is told |
| alias | as name, by a spelling that the case gives |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from riskmap.grid.codes import clean_code
from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.names import alike, folded, is_placeholder
from riskmap.grid.places import Gazetteer, Stage

WAYS = ("code", "prefix", "padded", "crosswalk", "name", "alias", "code reused")
OTHER_SPELLING = "other spelling"
OTHER_PARENT = "other parent"
REUSED = "code reused"


@dataclass(frozen=True)
class Words:
    """How a record says where it is.

    Args:
        code: P-code as written; empty where not told.
        name: Name as written; empty where not told.
        parent: Name of the unit one level up; empty where not told.
        level: Level of the unit.
        spell: Spell of the crosswalk that the record's day is in.
    """

    code: str
    name: str
    parent: str
    level: int
    spell: int = 0


@dataclass(frozen=True)
class Match:
    """What became of one place.

    Args:
        targets: Areas as positions in their level, each with its part of the value; empty where none was found.
        way: One of `WAYS`; empty where none was found.
        reason: Why there is none; empty where there is one.
        doubt: What about the match a person should look at: `code reused`, `other spelling`, `other parent`, or none.
        example: The doubt in words.
        alias: The name in the boundaries that an alias pointed to; empty where no alias was needed.
    """

    targets: tuple[tuple[int, float], ...] = ()
    way: str = ""
    reason: str = ""
    doubt: str = ""
    example: str = ""
    alias: str = ""


@dataclass(frozen=True)
class _Told:
    """Words made ready: placeholders gone, aliases followed, the name looked up."""

    code: str
    name: str
    alias: str
    rows: tuple[int, ...]
    above: frozenset[int]


@dataclass(frozen=True)
class Matcher:
    """Finds areas by words.

    Args:
        gazetteer: The areas.
        crosswalk: What the case says of codes and names of other boundaries.
        aliases: Names as the records write them -> names as the boundaries do.
    """

    gazetteer: Gazetteer
    crosswalk: Crosswalk = field(default_factory=Crosswalk)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "aliases", {folded(name): meant for name, meant in self.aliases.items()})

    def find(self, words: Words) -> Match:
        """The area, or areas, that words mean; or why there is none. Never one of another level."""
        stage = self.gazetteer.stages.get(words.level)
        if stage is None:
            return Match(reason=f"no boundaries of level {words.level}")
        told = self._told(words, stage)
        row = stage.codes.get(told.code)
        if row is not None and row in told.rows:
            return _found(row, "code")
        return (
            self._crossed(words, stage)
            or self._by_code(words, told, stage)
            or self._by_name(words, told, stage)
            or Match(reason=self._reason(words, told, stage))
        )

    def _told(self, words: Words, stage: Stage) -> _Told:
        code, name = clean_code(words.code), words.name
        if code not in stage.codes and is_placeholder(code):
            code = ""
        if folded(name) not in stage.names and is_placeholder(name):
            name = ""
        alias = self.aliases.get(folded(name), "")
        parent = self.aliases.get(folded(words.parent), words.parent)
        rows = self.gazetteer.named(alias or name, parent, words.level)
        return _Told(code, name, alias, rows, self.gazetteer.holders(parent, words.level))

    def _crossed(self, words: Words, stage: Stage) -> Match | None:
        found = self.crosswalk.targets(words.code, words.name, words.spell)
        here = sum(code in stage.codes for code, _ in found)
        if not here:
            return None
        if here < len(found):
            return Match(reason=f"crosswalk leads to places not of level {words.level}")
        return Match(tuple((stage.codes[code], share) for code, share in found), "crosswalk")

    def _by_code(self, words: Words, told: _Told, stage: Stage) -> Match | None:
        row = stage.codes.get(told.code)
        if row is not None:
            return self._guarded(row, "code", words, told)
        if stage.foreign(told.code):
            return Match(reason="p-code of another country")
        row = stage.other_prefix(told.code, words.level)
        if row is not None:
            return self._guarded(row, "prefix", words, told)
        return self._padded(words, told, stage)

    def _guarded(self, row: int, way: str, words: Words, told: _Told) -> Match:
        """The area of a code, unless the name is another's."""
        if not told.name or row in told.rows:
            return _found(row, way)
        if len(told.rows) > 1:
            return Match(reason="p-code and name stand for different places")
        area = self.gazetteer.areas[words.level][row]
        written = f"{words.code} {words.name}"
        if told.rows:
            other = self.gazetteer.areas[words.level][told.rows[0]]
            example = f"{written}: by code {area.name}, by name {other.pcode} {other.name}"
            return Match(((told.rows[0], 1.0),), REUSED, doubt=REUSED, example=example)
        same = folded(told.alias or told.name) in self.gazetteer.stages[words.level].names_of(row)
        example = f"{written} in {words.parent}: {area.pcode} {area.name}" if same else f"{written}: {area.name}"
        return Match(((row, 1.0),), way, doubt=OTHER_PARENT if same else OTHER_SPELLING, example=example)

    def _padded(self, words: Words, told: _Told, stage: Stage) -> Match | None:
        """The area whose code has the same numbers in other widths, if the name, inside its parent, says so too."""
        rows = stage.other_width(told.code, words.level)
        agreeing = [row for row in rows if row in told.rows]
        if len(agreeing) == 1:
            return _found(agreeing[0], "padded")
        if told.rows or not told.name:
            return None
        name = folded(told.alias or told.name)
        inside = [row for row in rows if not told.above or stage.parents[row] in told.above]
        close = [row for row in inside if alike(name, stage.names_of(row))]
        if len(close) != 1:
            return None
        area = self.gazetteer.areas[words.level][close[0]]
        example = f"{words.code} {words.name}: {area.pcode} {area.name}"
        return Match(((close[0], 1.0),), "padded", doubt=OTHER_SPELLING, example=example)

    def _by_name(self, words: Words, told: _Told, stage: Stage) -> Match | None:
        """The area that bears the name in its parent; else, with a doubt, the only one in the level that does.

        A parent may be mistyped or of another reform. But where it holds a name that is close, that one may be meant.
        """
        way = "alias" if told.alias else "name"
        if told.rows:
            return Match(((told.rows[0], 1.0),), way, alias=told.alias) if len(told.rows) == 1 else None
        name = folded(told.alias or told.name)
        rows = stage.names.get(name, ()) if told.above else ()
        if len(rows) != 1 or alike(name, stage.names_in(told.above)):
            return None
        area = self.gazetteer.areas[words.level][rows[0]]
        example = f"{words.name} in {words.parent}: {area.pcode} {area.name}"
        return Match(((rows[0], 1.0),), way, doubt=OTHER_PARENT, example=example, alias=told.alias)

    def _reason(self, words: Words, told: _Told, stage: Stage) -> str:
        """Why nothing was found."""
        if not (told.code or told.name):
            return "placeholder, not a place"
        if not told.name:
            if stage.other_width(told.code, words.level):
                return "p-code of another width, and no name that confirms it"
            return _elsewhere("p-code", self.gazetteer.levels(code=told.code))
        if told.rows:
            return "name stands for several places"
        name = told.alias or told.name
        if folded(name) in stage.names:
            return "name not in its parent"
        return _elsewhere("name", self.gazetteer.levels(name=name))


def _found(row: int, way: str) -> Match:
    return Match(((row, 1.0),), way)


def _elsewhere(what: str, levels: tuple[int, ...]) -> str:
    return f"{what} of level {levels[0]}" if levels else f"{what} not in the boundaries"
