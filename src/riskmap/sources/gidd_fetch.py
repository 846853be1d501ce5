"""Asking IDMC for its validated database: lists by country and year in pages, and figures in one answer.

Links to the next page echo the client, which is hidden before a page is kept; so pages are told by offset instead. A
list has a stable order only where one is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from riskmap.errors import FetchError, NoRows, ProviderRefused, Transient
from riskmap.model.access import Access
from riskmap.model.raw import Asked
from riskmap.sources.answers import is_collection
from riskmap.sources.paging import numbered
from riskmap.sources.wire import INDEX, Ask, Params, Reply, Sound, Wire

CLIENT = "idmc_client_id"
PART = "api"
ACCESS = Access(
    "key",
    credentials=(CLIENT,),
    endpoints={PART: "https://helix-tools-api.idmcdb.org/external-api/gidd"},
    pace_s=1.0,
    home="https://www.internal-displacement.org/database/api-documentation/",
)
PAGE = "page"
"""Label of every page but the first: its offset."""

_COUNTRY = {"disasters": "iso3__in", "conflicts": "iso3__iexact"}
_ROWS = 10_000


def fetch_years(asked: Asked, wire: Wire) -> None:
    """Disasters and conflicts of the years asked for and of the one before, whose end is still in force.

    Raises:
        FetchError: An option is given, both lists are empty, or the provider did not give them.
    """
    _take_no_options("gidd", asked)
    years = {"start_year": asked.start.year - 1, "end_year": (asked.end - timedelta(days=1)).year}
    empty = 0
    for which, country in _COUNTRY.items():
        try:
            _fetch_list(wire, which, {**years, **({country: asked.area} if asked.area else {})})
        except NoRows:
            empty += 1
    if empty == len(_COUNTRY):
        raise ProviderRefused(f"gidd has neither disasters nor conflicts of {asked.area or 'any country'} in {years}")


def fetch_figures(asked: Asked, wire: Wire) -> None:
    """All figures of the latest year that is released, whatever the days asked for.

    Raises:
        FetchError: An option is given, or the provider did not give them.
    """
    _take_no_options("gidd_figures", asked)
    params = _params(wire, {"iso3__in": asked.area} if asked.area else {})
    wire.get(wire.at(PART, "disaggregations/disaggregation-geojson/"), params, ask=Ask(sound=_sound_figures))


def check_client(wire: Wire) -> None:
    """Asks for one country.

    Raises:
        FetchError: It does not come.
    """
    wire.get(wire.at(PART, "countries/"), _params(wire, {"limit": 1}), ask=Ask(INDEX.role, sound=_sound_page(0)))


def _take_no_options(source: str, asked: Asked) -> None:
    if asked.options:
        raise FetchError(f"{source} takes no options")


def _params(wire: Wire, others: Params) -> Params:
    return {"client_id": wire.secret(CLIENT), "format": "json", **others}


def _fetch_list(wire: Wire, which: str, wanted: Params) -> None:
    """All pages of a list.

    Raises:
        FetchError: They hold fewer rows than the list says it has.
    """

    def page(params: Mapping[str, str | int]) -> Reply:
        offset = int(params["offset"])
        labels = {PAGE: f"{offset:07d}"} if offset else {}
        everything = _params(wire, {**wanted, "ordering": "year", "limit": _ROWS, **params})
        return wire.get(wire.at(PART, f"{which}/"), everything, ask=Ask(labels=labels, sound=_sound_page(offset)))

    first = page({"offset": 0})
    got = size = len(_rows(first))
    if _more(first):
        # The provider may give fewer rows a page than it was asked for.
        for reply in numbered(page, lambda one: not _more(one), parameter="offset", first=size, step=size):
            got += len(_rows(reply))
    count = _object(first).get("count")
    if got != count:
        raise FetchError(f"gidd says that it has {count} {which}, and gave {got}; fetch again")


def _more(reply: Reply) -> bool:
    return bool(_object(reply).get("next"))


def _sound_page(offset: int) -> Sound:
    """Looks at the page of a list that begins at an offset."""

    def sound(reply: Reply) -> None:
        told = _object(reply)
        if not isinstance(told.get("results"), list) or not isinstance(told.get("count"), int):
            raise ProviderRefused(f"{reply.raw.url} answered with no list: {str(told)[:200]}")
        if told["count"] == 0:
            raise NoRows(f"{reply.raw.url} has no rows")
        if not told["results"]:
            raise Transient(f"{reply.raw.url} has an empty page at {offset} of {told['count']} rows")

    return sound


def _sound_figures(reply: Reply) -> None:
    """Nothing for features.

    Raises:
        ProviderRefused: They are none.
    """
    told = _object(reply)
    if not is_collection(told):
        raise ProviderRefused(f"{reply.raw.url} answered with no features; the provider may have changed its format")
    if not told["features"]:
        raise NoRows(f"{reply.raw.url} has no figures of the latest year that is released")


def _rows(reply: Reply) -> list[object]:
    rows = _object(reply).get("results")
    return rows if isinstance(rows, list) else []


def _object(reply: Reply) -> Mapping[str, object]:
    """The answer as an object.

    Raises:
        ProviderRefused: It is none.
    """
    told = reply.json()
    if not isinstance(told, Mapping):
        raise ProviderRefused(f"{reply.raw.url} answered with no object; the provider may have changed its format")
    return told
