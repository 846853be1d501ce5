"""The gazetteer: areas of every level by code, by name and by the area that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from riskmap.grid.codes import Digits, clean_code, country_named, country_of, groupings, same_country, split_code
from riskmap.grid.names import folded
from riskmap.model.area import Area


@dataclass(frozen=True)
class Stage:
    """The areas of one level; places in it are positions in the sequence of areas.

    Args:
        codes: P-code -> area.
        names: Folded name, main or other -> the areas that bear it.
        parents: Of each area the one that holds it, a position one level up; -1 where that is not known.
        digits: Groups of digits of a code -> the areas whose codes may be read so.
        letters: Letters that the codes begin with.
        countries: Three-letter codes of the countries these stand for, where they stand for any.
    """

    codes: Mapping[str, int]
    names: Mapping[str, tuple[int, ...]]
    parents: Sequence[int]
    digits: Mapping[Digits, tuple[int, ...]]
    letters: tuple[str, ...]
    countries: frozenset[str]
    _spelled: Sequence[frozenset[str]]
    _held: Mapping[int, frozenset[str]]
    _in_order: Sequence[str]
    _lengths: Sequence[int]

    def names_of(self, row: int) -> frozenset[str]:
        """All folded names of an area."""
        return self._spelled[row]

    def names_in(self, above: frozenset[int]) -> frozenset[str]:
        """All folded names of the areas that some units one level up hold."""
        return frozenset().union(*(self._held.get(holder, ()) for holder in above))

    def foreign(self, code: str) -> bool:
        """Whether a code is of another country than all codes of the level."""
        return bool(self.countries) and country_of(code) not in {"", *self.countries}

    def other_prefix(self, code: str, level: int) -> int | None:
        """The area whose code is this one but for the two or three letters of one and the same country."""
        letters, rest = split_code(code)
        own = [other for other in self.letters if same_country(letters, other)]
        if not letters or (level and not rest):
            return None
        return next((self.codes[other + rest] for other in own if other + rest in self.codes), None)

    def other_width(self, code: str, level: int) -> tuple[int, ...]:
        """The areas whose codes have the same numbers, level by level, in other widths."""
        letters, rest = split_code(code)
        found = {row for digits in groupings(rest, level) for row in self.digits.get(digits, ())}
        return tuple(row for row in sorted(found) if same_country(letters, split_code(self._in_order[row])[0]))

    def holder(self, code: str, parent: str) -> str:
        """The code of this level that holds a unit one level down; empty where there is none.

        That is the parent told where it is known, else the longest code that the unit's own begins with.
        """
        if parent in self.codes:
            return parent
        return next((code[:length] for length in self._lengths if code[:length] in self.codes), "")


@dataclass(frozen=True)
class Gazetteer:
    """Areas by level.

    Args:
        areas: By level; codes are unique within each.
    """

    areas: Mapping[int, Sequence[Area]]
    stages: Mapping[int, Stage] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stages: dict[int, Stage] = {}
        for level in sorted(self.areas):
            stages[level] = _stage(level, self.areas[level], stages.get(level - 1))
        object.__setattr__(self, "stages", stages)

    def named(self, name: str, parent: str, level: int) -> tuple[int, ...]:
        """The areas of a level that bear a name, in their parent where the boundaries know it.

        Areas that are known to lie elsewhere are left out; where some are known to lie in the parent, they alone stay.

        Args:
            name: As the record writes it.
            parent: Name of the unit one level up; empty where not told.
            level: One that the gazetteer has.
        """
        stage = self.stages[level]
        rows, above = stage.names.get(folded(name), ()), self.holders(parent, level)
        if not above:
            return () if rows and self._abroad(parent, level) else rows
        inside = tuple(row for row in rows if stage.parents[row] in above)
        return inside or tuple(row for row in rows if stage.parents[row] < 0)

    def holders(self, parent: str, level: int) -> frozenset[int]:
        """The areas one level up that bear a name."""
        above = self.stages.get(level - 1)
        return frozenset(above.names.get(folded(parent), ()) if above else ())

    def levels(self, *, code: str = "", name: str = "") -> tuple[int, ...]:
        """The levels at which a code or a name stands."""
        code, name = clean_code(code), folded(name)
        return tuple(level for level, stage in self.stages.items() if code in stage.codes or name in stage.names)

    def _abroad(self, parent: str, level: int) -> bool:
        """Whether the parent is a country, and another one."""
        countries = self.stages[level].countries
        return level == 1 and bool(countries) and country_named(parent) not in {"", *countries}


def _stage(level: int, areas: Sequence[Area], above: Stage | None) -> Stage:
    codes = {clean_code(area.pcode): row for row, area in enumerate(areas)}
    spelled = [frozenset(filter(None, map(folded, (area.name, *area.alternatives)))) for area in areas]
    names: dict[str, list[int]] = {}
    digits: dict[Digits, list[int]] = {}
    for row, area in enumerate(areas):
        for name in spelled[row]:
            names.setdefault(name, []).append(row)
        for groups in _groups(area, level, above):
            digits.setdefault(groups, []).append(row)
    parents = [_parent(area, level, above) for area in areas]
    held: dict[int, frozenset[str]] = {}
    for row, holder in enumerate(parents):
        held[holder] = held.get(holder, frozenset()) | spelled[row]
    return Stage(
        codes=codes,
        names={name: tuple(rows) for name, rows in names.items()},
        parents=parents,
        digits={groups: tuple(rows) for groups, rows in digits.items()},
        letters=tuple(sorted({split_code(code)[0] for code in codes})),
        countries=frozenset(filter(None, map(country_of, codes))),
        _spelled=spelled,
        _held=held,
        _in_order=tuple(codes),
        _lengths=sorted({len(code) for code in codes}, reverse=True),
    )


def _parent(area: Area, level: int, above: Stage | None) -> int:
    if above is None:
        return -1
    if level == 1 and len(above.codes) == 1:
        return 0
    return above.codes.get(above.holder(clean_code(area.pcode), clean_code(area.parent)), -1)


def _groups(area: Area, level: int, above: Stage | None) -> set[Digits]:
    """The groups of digits of a code: cut where its parent's code ends, or anywhere where that is not known."""
    code, holder = clean_code(area.pcode), clean_code(area.parent)
    if above and level > 1:
        holder = above.holder(code, holder)
    tail = code.removeprefix(holder)
    if level > 1 and holder and tail != code and tail.isdigit():
        return {(*head, int(tail)) for head in groupings(split_code(holder)[1], level - 1)}
    return set(groupings(split_code(code)[1], level))
