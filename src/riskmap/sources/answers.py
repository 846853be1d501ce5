"""Answers: the shapes in which providers give what they have, told from whatever else may come with a good status.

An error, a page for people or an empty object that was taken for a list would say that nothing is there any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from riskmap.errors import InputError, Transient
from riskmap.sources.archive import is_archive, members
from riskmap.sources.wire import Reply, Sound


def is_collection(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a JSON value is a GeoJSON collection, each of whose features has properties; it may have none."""
    return (
        isinstance(value, Mapping)
        and value.get("type") == "FeatureCollection"
        and is_list_of(value.get("features"), "properties")
        and all(isinstance(feature["properties"], Mapping) for feature in value["features"])
    )


def is_list_of(value: object, *keys: str) -> TypeGuard[list[Mapping[str, Any]]]:
    """Whether a JSON value is a list of objects each of which has these keys; it may be empty."""
    return isinstance(value, list) and all(
        isinstance(one, Mapping) and all(key in one for key in keys) for one in value
    )


def zip_with(suffix: str) -> Sound:
    """Looks at an answer that should be a zip file, and raises `Transient` unless it opens and holds such a file.

    Args:
        suffix: Of the files wanted, lower case, with the dot.
    """

    def sound(reply: Reply) -> None:
        if not is_archive(reply.raw):
            raise Transient(f"{reply.raw.url} is no zip file")
        try:
            found = members(reply.raw)
        except InputError as error:
            raise Transient(f"{reply.raw.url} is no zip file that opens ({error})") from error
        if not any(name.lower().endswith(suffix) for name in found):
            raise Transient(f"{reply.raw.url} is a zip file without any {suffix}")

    return sound
