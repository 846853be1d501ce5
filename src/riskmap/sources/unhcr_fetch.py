"""Asking UNHCR's population statistics: year by year, with every pair of countries, under ISO codes.

Without `coo_all` and `coa_all` the answer is one sum with dashes for codes, and without `cf_type=ISO` the codes asked
for are UNHCR's own. One country is asked for twice: for the people in it, and for those who came back to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from riskmap.errors import FetchError, NoRows, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.paging import numbered
from riskmap.sources.wire import INDEX, Ask, Params, Reply, Sound, Wire

PART = "api"
SIDE = "side"
"""Label of what was asked for one country: `asylum` for the people in it, `origin` for those who left it or came back.
"""

_ROWS = 10_000


def fetch_years(asked: Asked, wire: Wire) -> None:
    """The ends of all years asked for and of the one before, which is in force until the first of them.

    Raises:
        FetchError: An option is given, there are no rows at all, or the provider did not give them.
    """
    if asked.options:
        raise FetchError("unhcr takes no options")
    sides: Mapping[str, Params] = {"": {}}
    if asked.area:
        sides = {"asylum": {"coa": asked.area}, "origin": {"coo": asked.area}}
    years = range(asked.start.year - 1, (asked.end - timedelta(days=1)).year + 1)
    found = [_fetch_year(wire, year, side, wanted) for year in years for side, wanted in sides.items()]
    if not any(found):
        raise ProviderRefused(f"unhcr has no rows of {asked.area or 'any country'} in {years[0]} to {years[-1]}")


def check_answers(wire: Wire) -> None:
    """Asks for one row.

    Raises:
        FetchError: It does not come.
    """
    params = {**_everything(2020), "limit": 1, "page": 1}
    wire.get(wire.at(PART, "population/"), params, ask=Ask(INDEX.role, sound=_sound(1)))


def _everything(year: int) -> Params:
    return {"yearFrom": year, "yearTo": year, "coo_all": "true", "coa_all": "true", "cf_type": "ISO"}


def _fetch_year(wire: Wire, year: int, side: str, wanted: Params) -> bool:
    """All pages of a year; tells whether there are any rows."""
    labels = {SIDE: side} if side else {}

    def page(params: Mapping[str, str | int]) -> Reply:
        query = {**_everything(year), **wanted, "limit": _ROWS, **params}
        return wire.get(wire.at(PART, "population/"), query, ask=Ask(labels=labels, sound=_sound(int(params["page"]))))

    try:
        for _ in numbered(page, _is_last):
            pass
    except NoRows:
        return False
    return True


def _is_last(reply: Reply) -> bool:
    told = _object(reply)
    return _whole(told, "page") >= _whole(told, "maxPages")


def _sound(page: int) -> Sound:
    """Looks at a page with that number."""

    def sound(reply: Reply) -> None:
        told = _object(reply)
        items, pages = told.get("items"), _whole(told, "maxPages")
        if not isinstance(items, list) or _whole(told, "page") != page:
            raise ProviderRefused(f"{reply.raw.url} did not answer with page {page}: {str(told)[:200]}")
        if not items and pages <= 1:
            raise NoRows(f"{reply.raw.url} has no rows")
        if not items:
            raise Transient(f"{reply.raw.url} is empty, although page {page} of {pages}")
        if any(isinstance(one, Mapping) and one.get("coa_iso") == "-" for one in items):
            raise ProviderRefused(f"{reply.raw.url} answered with a sum over all countries; it ignores coa_all")

    return sound


def _whole(told: Mapping[str, object], name: str) -> int:
    value = told.get(name)
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0


def _object(reply: Reply) -> Mapping[str, object]:
    """The answer as an object.

    Raises:
        ProviderRefused: It is none.
    """
    told = reply.json()
    if not isinstance(told, Mapping):
        raise ProviderRefused(f"{reply.raw.url} answered with no object; the provider may have changed its format")
    return told
