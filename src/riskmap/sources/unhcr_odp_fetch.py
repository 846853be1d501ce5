"""Asking the Operational Data Portal what its pages ask: the people in a country by origin, as last counted.

The portal knows countries by numbers of its own, which stand in the addresses of its pages. There is one answer for
each, with no history: a series grows by asking again and again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from riskmap.errors import FetchError, NoRows, ProviderRefused
from riskmap.model.raw import Asked
from riskmap.sources.wire import INDEX, Ask, Reply, Wire

PART = "api"

_COLLECTIONS = "4,29"
_NUMBERS = re.compile(r"\d+(,\d+)*")
_OPTIONS = frozenset({"geo_id", "population_collection"})
_UGANDA = "220"


def fetch_origins(asked: Asked, wire: Wire) -> None:
    """The last count of each country of the portal that is asked for.

    Raises:
        FetchError: The numbers are missing or are none, all countries are empty, or the provider did not answer.
    """
    numbers = asked.options.get("geo_id", "")
    collections = asked.options.get("population_collection", _COLLECTIONS)
    if set(asked.options) - _OPTIONS or not _NUMBERS.fullmatch(numbers) or not _NUMBERS.fullmatch(collections):
        raise FetchError(
            "unhcr_odp needs the option geo_id, numbers of countries as they stand in addresses of data.unhcr.org with"
            " commas between them, and takes population_collection"
        )
    empty = 0
    for number in numbers.split(","):
        try:
            _ask(wire, number, collections, Ask(sound=_sound))
        except NoRows:
            empty += 1
    if empty == len(numbers.split(",")):
        raise ProviderRefused(f"unhcr_odp has no counts of geo_id {numbers}; look the numbers up again")


def check_portal(wire: Wire) -> None:
    """Asks for one country.

    Raises:
        FetchError: It does not come.
    """
    _ask(wire, _UGANDA, _COLLECTIONS, Ask(INDEX.role, sound=_sound))


def _ask(wire: Wire, number: str, collections: str, ask: Ask) -> None:
    wire.get(wire.at(PART, "origin"), {"geo_id": number, "population_collection": collections}, ask=ask)


def _sound(reply: Reply) -> None:
    """Nothing for a list of series.

    Raises:
        ProviderRefused: It is none, or is empty.
    """
    told = reply.json()
    rows = told.get("data") if isinstance(told, Mapping) else None
    if not isinstance(rows, list):
        raise ProviderRefused(f"{reply.raw.url} answered with no list of series; the portal may have changed its form")
    if not rows:
        raise NoRows(f"{reply.raw.url} has no series")
