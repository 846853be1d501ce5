"""Differences: what moved between two recipes, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from riskmap.errors import RecipeError
from riskmap.score.framework import Composite, parse_composite
from riskmap.score.parts import COMPOSITE
from riskmap.score.reading import content_of, recipe_text
from riskmap.score.recipe import Recipe, parse_recipe

AnyRecipe = Recipe | Composite

_SAME = 1e-12
_SECTIONS = {
    "dimensions": "dimension",
    "components": "component",
    "nodes": "node",
    "indicators": "indicator",
    "classes": "class",
}
_ABSENT = object()


@dataclass(frozen=True)
class Change:
    """One thing that moved.

    Args:
        where: Section and id it stands under, such as `indicator poverty`; empty for the recipe itself.
        what: What moved, such as `weight`.
        before: As the first recipe has it; None where it has nothing there.
        after: As the second has it; None where it has nothing there.
    """

    where: str
    what: str
    before: object
    after: object

    @property
    def words(self) -> str:
        """The change as a sentence without its full stop."""
        lead = f"{self.where}: " if self.where else ""
        what = f"{self.what} " if self.what else ""
        if self.before is None:
            return f"{lead}{what}{_said(self.after)} is new"
        if self.after is None:
            return f"{lead}{what}{_said(self.before)} is gone"
        return f"{lead}{self.what} was {_said(self.before)}, is {_said(self.after)}"


def load_any(name: str | Path) -> AnyRecipe:
    """A built-in recipe of either kind by its name, or any by the path of its TOML file.

    Raises:
        RecipeError: There is no such recipe, or it is not a valid one; names file, key and line.
    """
    text, file = recipe_text(name)
    composite = content_of(text, file).get("kind") == COMPOSITE
    return parse_composite(text, file) if composite else parse_recipe(text, file)


def recipe_changes(before: AnyRecipe, after: AnyRecipe) -> tuple[Change, ...]:
    """All that moved from one recipe to another, sorted: weights, goalposts, directions, means, kernels, feeds, ...

    Where a weight moved, so did effective weights, the shares of the index that parts carry; they are told too.

    Args:
        before: The first recipe.
        after: The second one, of the same kind.

    Raises:
        RecipeError: One scores cells and the other tables of units.
    """
    if type(before) is not type(after):
        raise RecipeError(
            f"{before.name} and {after.name} cannot be compared: one scores cells, the other tables of units"
        )
    one, other = _flat(before), _flat(after)
    told = [
        Change(*place, one.get(place), other.get(place))
        for place in {**one, **other}
        if _moved(one.get(place, _ABSENT), other.get(place, _ABSENT))
    ]
    return tuple(sorted(_gathered(told, one, other), key=lambda change: (change.where, change.what)))


def _flat(recipe: AnyRecipe) -> dict[tuple[str, str], object]:
    """What each place of a recipe holds, by where it stands and what it is, effective weights among it."""
    found: dict[tuple[str, str], object] = {}
    content = recipe.model_dump(mode="json")
    content["classes"] = _by_name(content["classes"], "name")
    for section, value in content.items():
        if section in _SECTIONS:
            for key, part in value.items():
                found |= {(f"{_SECTIONS[section]} {key}", what): held for what, held in _leaves("", part)}
        else:
            found |= {("", what): held for what, held in _leaves(section, value)}
    weights = recipe.tree().effective_weights()
    for section in ("indicators", "components", "dimensions", "nodes"):
        for key in content.get(section, {}):
            found[f"{_SECTIONS[section]} {key}", "effective weight"] = weights[key]
    return found


def _by_name(parts: Sequence[Mapping[str, object]], name: str) -> dict[str, dict[str, object]]:
    """Parts of a list by what names each, and their place in it."""
    return {
        str(part[name]): {key: value for key, value in part.items() if key != name} | {"place": place + 1}
        for place, part in enumerate(parts)
    }


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Parts of a value that hold no others, by their names in words; what is None is not there."""
    if name == "feeds" and isinstance(value, list):
        value = _by_name(value, "measure")
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(f"{name} {key}".strip(), part)
    elif value is not None:
        yield name.replace("_", " "), value


def _moved(one: object, other: object) -> bool:
    if _number(one) and _number(other):
        return abs(float(str(one)) - float(str(other))) > _SAME
    return one != other


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _gathered(
    changes: Sequence[Change], one: Mapping[tuple[str, str], object], other: Mapping[tuple[str, str], object]
) -> Iterator[Change]:
    """Changes, those of a part that is wholly new or gone told as one."""
    had, has = ({where for where, _ in flat} for flat in (one, other))
    yield from (Change(where, "", _label(where, one), None) for where in had - has)
    yield from (Change(where, "", None, _label(where, other)) for where in has - had)
    yield from (change for change in changes if change.where in had & has)


def _label(where: str, flat: Mapping[tuple[str, str], object]) -> object:
    return flat.get((where, "label"), where.partition(" ")[2])


def _said(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_said(part) for part in value) + "]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
