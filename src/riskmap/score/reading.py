"""Reading recipes: TOML text into a checked value, with the file, line and key of whatever is wrong."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from riskmap.errors import RecipeError
from riskmap.score import lines
from riskmap.score.lines import Problem

Model = TypeVar("Model", bound=BaseModel)


def built_in() -> dict[str, Traversable]:
    """The files of the built-in recipes by name, sorted."""
    found = {entry.name.removesuffix(".toml"): entry for entry in files("riskmap.score").joinpath("recipes").iterdir()}
    return dict(sorted(found.items()))


def recipe_text(name: str | Path) -> tuple[str, str]:
    """Text of a built-in recipe by its name, or of any by the path of its TOML file; and how messages call it.

    Raises:
        RecipeError: There is no such recipe.
    """
    texts = built_in()
    if str(name) in texts:
        return texts[str(name)].read_text(encoding="utf-8"), f"{name}.toml"
    if Path(name).suffix != ".toml":
        known = ", ".join(texts)
        raise RecipeError(f"recipe {str(name)!r}: no such recipe; known are {known}, or give the path of a .toml file")
    try:
        return Path(name).read_text(encoding="utf-8"), str(name)
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {name} cannot be read: {error}") from error


def content_of(text: str, file: str, above: tuple[str, ...] = ()) -> dict[str, Any]:
    """Content of a TOML text, laid over that of the recipe which it says that it `extends`.

    Tables are laid over tables; every other value, lists among them, takes the place of the one below.

    Args:
        text: Content of the recipe file.
        file: How messages call it.
        above: Recipes that extend this one.

    Raises:
        RecipeError: Not TOML, or it extends itself or what is not there.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"recipe {file}: not valid TOML: {error}") from error
    if "extends" not in content:
        return content
    name = content.pop("extends")
    if not isinstance(name, str) or name in above:
        raise RecipeError(f"recipe {file}, line {lines.line_of(text, ('extends',))}, extends: names no other recipe")
    below = recipe_text(name)
    return _laid_over(content_of(*below, (*above, name)), content)


def validated(content: Mapping[str, Any], model: type[Model], text: str, file: str) -> Model:
    """Content as a model.

    Args:
        content: As read.
        model: What it should be.
        text: The text that it was read from.
        file: How messages call it.

    Raises:
        RecipeError: The first problem, with its line and key.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        path, problem = _first(error)
        raise RecipeError(f"recipe {file}, line {lines.line_of(text, path)}, {_told(path)}: {problem}") from error


def content_hash(recipe: BaseModel) -> str:
    """Hex sha256 of a recipe's content: comments, white space and the order of keys do not count."""
    content = json.dumps(recipe.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _laid_over(below[key], value) for key, value in above.items() if _tables(below.get(key), value)}
    return {**below, **above, **both}


def _tables(one: object, other: object) -> bool:
    return isinstance(one, dict) and isinstance(other, dict)


def _first(error: ValidationError) -> Problem:
    """The first problem: under which key, and what is wrong there."""
    found = error.errors()[0]
    path, context = found["loc"], found.get("ctx", {})
    if found["type"] == "recipe":
        return tuple(context["path"]), str(context["problem"])
    if found["type"] == "extra_forbidden":
        return path, "unknown key; remove it or mend its spelling"
    if found["type"] == "missing":
        return path, "is missing"
    return path, found["msg"].removeprefix("Value error, ")


def _told(path: lines.Path) -> str:
    """A key path as people write it: `indicators.poverty.feeds[1].measure`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
