"""Asking the Missing Migrants Project: one list for each year."""

from __future__ import annotations

from datetime import timedelta

from riskmap.errors import FetchError, NoRows, ProviderRefused
from riskmap.model.raw import Asked
from riskmap.sources.answers import is_list_of
from riskmap.sources.wire import INDEX, Ask, Reply, Wire

PART = "api"


def fetch_lists(asked: Asked, wire: Wire) -> None:
    """The whole list of each year that the days asked for lie in; the first year is 2014.

    Raises:
        FetchError: An option is given, all lists are empty, or the provider did not give them.
    """
    if asked.options:
        raise FetchError("missing_migrants takes no options")
    years = range(asked.start.year, (asked.end - timedelta(days=1)).year + 1)
    empty = 0
    for year in years:
        try:
            _ask(wire, year, Ask(sound=_sound))
        except NoRows:
            empty += 1
    if empty == len(years):
        raise ProviderRefused(f"missing_migrants has no incidents in {years[0]} to {years[-1]}; ask for other days")


def check_lists(wire: Wire) -> None:
    """Asks for the list of the first year.

    Raises:
        FetchError: It does not come.
    """
    _ask(wire, 2014, Ask(INDEX.role, sound=_sound))


def _ask(wire: Wire, year: int, ask: Ask) -> None:
    wire.get(wire.at(PART, f"{year}/json"), ask=ask)


def _sound(reply: Reply) -> None:
    """Nothing for a list of incidents.

    Raises:
        Transient: It was cut short.
        ProviderRefused: It is none, or is empty.
    """
    told = reply.json()
    if not is_list_of(told, "web_id"):
        raise ProviderRefused(f"{reply.raw.url} answered with no list: {str(told)[:200]}")
    if not told:
        raise NoRows(f"{reply.raw.url} has no incidents")
