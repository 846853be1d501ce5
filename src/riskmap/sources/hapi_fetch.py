"""HAPI over the network: whole questions only.

HAPI gives at most so many rows, never says how many there are, and gives pages in no particular order. A full answer
may be cut, and groups of rows that belong together torn; so it is not taken, and the question is halved in time until
every answer is short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from riskmap.errors import FetchError, PageFull, ProviderRefused
from riskmap.model.raw import Asked
from riskmap.sources import ckan
from riskmap.sources.columns import listed
from riskmap.sources.hapi_themes import BY_NAME, Theme
from riskmap.sources.wire import Ask, Reply, Wire

ROWS = 10_000
"""Most rows that HAPI gives at a time."""

_HEADER = "X-HDX-HAPI-APP-IDENTIFIER"


def fetch_rows(asked: Asked, wire: Wire) -> None:
    """Asks the API for every theme that is wanted, of one country.

    Raises:
        FetchError: No country is named, or HAPI does not give it.
    """
    if not asked.area:
        raise FetchError("hapi is asked country by country: name one; or take its files, by the option files = yes")
    for theme in themes(asked):
        _ask(theme, asked.area, (asked.start, asked.end), wire)


def fetch_files(asked: Asked, wire: Wire) -> None:
    """Takes the files that mirror the themes that are wanted, of the whole world.

    Raises:
        FetchError: HDX does not give them.
    """
    for theme in themes(asked):
        ckan.keep_resources(wire, theme.dataset, lambda one: one.format == "csv" and _of_years(one.name, asked))


def themes(asked: Asked) -> tuple[Theme, ...]:
    """The themes named by the option `themes`, with commas between; all where it is not given.

    Raises:
        FetchError: There is no such theme.
    """
    names = [name.strip() for name in asked.options.get("themes", "").split(",") if name.strip()] or list(BY_NAME)
    for name in names:
        if name == "idps":
            raise FetchError("hapi does not give idps: they count in rounds; fetch them with the source dtm")
        if name not in BY_NAME:
            raise FetchError(f"no theme {name!r}; found {listed(BY_NAME)}")
    return tuple(BY_NAME[name] for name in names)


def rows_in(reply: Reply) -> Sequence[object]:
    """The rows of an answer.

    Raises:
        ProviderRefused: It is a refusal with a good status.
        Transient: It is cut short.
    """
    value = reply.json()
    rows = value.get("data") if isinstance(value, Mapping) else None
    if not isinstance(rows, list):
        raise ProviderRefused(f"{reply.raw.url} gives no list of data: {str(value)[:200]}")
    return rows


def question(theme: Theme, area: str) -> dict[str, str | int]:
    """Parameters of a question about a country."""
    return {theme.place or "location_code": area, "output_format": "json", "limit": ROWS, "offset": 0}


def headers(wire: Wire) -> Mapping[str, str]:
    """Headers that every question needs."""
    return {_HEADER: wire.secret("hapi_app_identifier")}


def _ask(theme: Theme, area: str, span: tuple[date, date], wire: Wire) -> None:
    """Asks about some days, and about each half of them where the answer is full."""
    # HAPI gives rows whose period touches these days: it ends at the first or later, and starts before the last.
    params = question(theme, area) | {"start_date": span[0].isoformat(), "end_date": span[1].isoformat()}

    def sound(reply: Reply) -> None:
        if len(rows_in(reply)) >= ROWS:
            raise PageFull(f"{reply.raw.url} has {ROWS:,} rows, as many as there may be")

    try:
        ask = Ask(labels={"theme": theme.name}, sound=sound)
        wire.get(wire.at("api", theme.path), params, headers=headers(wire), ask=ask)
    except PageFull as error:
        for half in _halves(span, error):
            _ask(theme, area, half, wire)


def _halves(span: tuple[date, date], error: PageFull) -> Iterator[tuple[date, date]]:
    """Both halves of some days.

    Raises:
        FetchError: It is one day, which cannot be halved.
    """
    days = (span[1] - span[0]).days
    if days < 2:
        raise FetchError(f"{error}, of a single day; take the files instead, by the option files = yes") from error
    middle = span[0] + timedelta(days=days // 2)
    yield from ((span[0], middle), (middle, span[1]))


def _of_years(name: str, asked: Asked) -> bool:
    """Whether a file is of all years, or of one that is asked for."""
    years = {int(word) for word in name.replace("(", " ").replace(")", " ").split() if word.isdecimal()}
    return not years or bool(years & set(range(asked.start.year, asked.end.year + 1)))
