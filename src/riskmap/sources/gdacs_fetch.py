"""Asking GDACS which disasters there were, and for the area of each.

A list gives a hundred events a page, whatever is asked for, and its end is an empty body. Filters that are put
together cannot be relied on: each kind and each alert level is asked for alone, and the country is looked for here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.answers import is_collection
from riskmap.sources.paging import Params, numbered
from riskmap.sources.wire import Ask, Reply, Wire

KINDS = ("DR", "EQ", "FL", "TC", "VO", "WF")
"""What GDACS tells of: droughts, earthquakes, floods, tropical cyclones, volcanoes and wildfires."""

# A level that rises between two questions is met again; one that falls may be missed until the next fetch.
_LEVELS = ("Green", "Orange", "Red")
_PAGE = 100
_MOST_FAILURES = 5
_NO_AREA = {"type": "FeatureCollection", "features": None}
# ISO 3166 leaves these to its users; GDACS has its own, such as XJE of Jersey.
_NO_COUNTRY = re.compile(r"X[A-Z]{2}|Q[M-Z][A-Z]|ZZ[A-Z]|AA[A-Z]")

Event = Mapping[str, Any]


def fetch_events(asked: Asked, wire: Wire) -> None:
    """Asks for every event of the days, those under way now, and the area of each that may touch the country.

    The lists tell of the whole world. An area is asked for again only when the event was modified. Where some areas
    do not come, the others are fetched first.

    Raises:
        FetchError: A list or an area did not come, or an option is given.
    """
    if asked.options:
        raise FetchError(f"option {min(asked.options)!r} is not known; it takes none: a list is whole or misleads")
    found: dict[str, Event] = {}
    for event in (*_searched(asked, wire), *_events(_current(wire))):
        key = _text(event, "eventtype") + _text(event, "eventid")
        if key not in found or _text(event, "datemodified") >= _text(found[key], "datemodified"):
            found[key] = event
    _fetch_areas([event for event in found.values() if _falls(event, asked) and _touches(event, asked)], wire)


def poll_events(asked: Asked, wire: Wire) -> None:
    """Asks for the events under way, and for the area of each that may touch the country.

    Raises:
        FetchError: The list or an area did not come.
    """
    _fetch_areas([event for event in _events(_current(wire)) if _touches(event, asked)], wire)


def check_events(wire: Wire) -> None:
    """Asks for the events under way.

    Raises:
        FetchError: GDACS does not answer as expected.
    """
    _current(wire, Ask("index", sound=_listing))


def _searched(asked: Asked, wire: Wire) -> Iterator[Event]:
    """Every event of the days, whatever its kind and level."""
    url = wire.at("api", "events/geteventlist/SEARCH")
    days = {"fromDate": asked.start.isoformat(), "toDate": asked.end.isoformat()}
    for kind in KINDS:
        for level in _LEVELS:
            params: Params = {"eventlist": kind, "alertlevel": level, **days, "pageSize": _PAGE}

            def page(number: Params, params: Params = params) -> Reply:
                return wire.get(url, {**params, **number}, ask=Ask(labels={"list": "SEARCH"}, sound=_listing))

            for reply in numbered(page, lambda reply: not _events(reply), parameter="pageNumber"):
                yield from _events(reply)


def _current(wire: Wire, ask: Ask | None = None) -> Reply:
    url = wire.at("api", "events/geteventlist/EVENTS4APP")
    return wire.get(url, ask=ask or Ask(labels={"list": "EVENTS4APP"}, sound=_listing))


def _fetch_areas(events: Sequence[Event], wire: Wire) -> None:
    """Asks for the area of each event, and after some failures for no more."""
    failed: dict[str, FetchError] = {}
    for event in events:
        try:
            _fetch_area(event, wire)
        except FetchError as error:
            failed[_text(event, "eventtype") + _text(event, "eventid")] = error
            if len(failed) == _MOST_FAILURES:
                break
    if failed:
        told = "; ".join(f"{key}: {error}" for key, error in failed.items())
        raise FetchError(f"{len(failed)} areas did not come, fetch again later ({told})")


def _fetch_area(event: Event, wire: Wire) -> None:
    names = {name: _text(event, name) for name in ("eventtype", "eventid", "episodeid")}
    labels = {**names, "datemodified": _text(event, "datemodified")}
    ask = Ask(
        labels=labels, sound=partial(_listing, or_none=True), missing_ok=True, settled=bool(labels["datemodified"])
    )
    wire.get(wire.at("api", "polygons/getgeometry"), names, ask=ask)


def _falls(event: Event, asked: Asked) -> bool:
    """Whether an event falls in the days."""
    first, last = (_text(event, name)[:10] for name in ("fromdate", "todate"))
    return first < asked.end.isoformat() and (last or first) >= asked.start.isoformat()


def _touches(event: Event, asked: Asked) -> bool:
    """Whether an event may be in the country: it names it, or does not name all it touches."""
    countries = set(_countries(event))
    return not asked.area or asked.area in countries or not countries or any(map(_NO_COUNTRY.fullmatch, countries))


def _countries(event: Event) -> Iterator[str]:
    """Codes of the countries that an event touches, some of them the provider's own."""
    touched = event.get("affectedcountries")
    told = [one.get("iso3") for one in touched if isinstance(one, Mapping)] if isinstance(touched, list) else []
    yield from (str(code).strip().upper() for code in (*told, event.get("iso3")) if code and str(code).strip())


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    return "" if value is None else str(value).strip()


def _events(reply: Reply) -> Sequence[Event]:
    """Properties of the events of a list; none where the body is empty."""
    content = orjson.loads(reply.content) if reply.content.strip() else {"features": []}
    return [one["properties"] for one in content["features"]]


def _listing(reply: Reply, *, or_none: bool = False) -> None:
    """Nothing, for a collection of events or an empty body; anything else would say that no event was there.

    Args:
        reply: With a good status.
        or_none: Whether a collection of null is an answer too: an event without an area.

    Raises:
        Transient: It was cut short.
        ProviderRefused: It is something else.
    """
    if not reply.content.strip():
        return
    if reply.content.lstrip()[:1] == b"<":
        raise Transient(f"{reply.raw.url} answered with a page for people")
    content = reply.json()
    if not is_collection(content) and not (or_none and content == _NO_AREA):
        raise ProviderRefused(f"{reply.raw.url} answered with no features; look whether its form has changed")
