"""Options as a person types them: NAME=VALUE, the value in TOML where it is one, and a text where it is not."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from riskmap.errors import CaseError


def parsed_options(words: Sequence[str]) -> dict[str, Any]:
    """Options by name, such as `level=2` or `operation=Overview`.

    Raises:
        CaseError: A word is no NAME=VALUE.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise CaseError(f"option {word!r} is no NAME=VALUE, such as level=2")
        found[name] = _value(value)
    return found


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
