"""FIRMS over the network: at most five days a request, the key in the path, and errors as text with a good status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.boxes import WORLD, asked_box, box_text
from riskmap.sources.wire import Ask, Reply, Wire

SENSORS = ("MODIS", "VIIRS_SNPP", "VIIRS_NOAA20", "VIIRS_NOAA21")
"""Sensors, each with an archive by standard processing (`_SP`) and near-real-time data (`_NRT`)."""

_MOST_DAYS = 5
_KEY = "firms_map_key"


@dataclass(frozen=True)
class _Span:
    """Days of one product: the first and the first after."""

    product: str
    start: date
    end: date


def availability(wire: Wire) -> Mapping[str, tuple[date, date]]:
    """First and last day that each product has.

    Raises:
        FetchError: The provider did not tell.
    """
    ask = Ask("index", sound=lambda reply: _check_table(reply, "data_id,"))
    reply = wire.get(wire.at("api", f"data_availability/csv/{wire.secret(_KEY)}/all"), ask=ask)
    try:
        rows = [line.split(",") for line in reply.content.decode().split()[1:]]
        return {name: (date.fromisoformat(first), date.fromisoformat(last)) for name, first, last in rows}
    except ValueError:
        raise FetchError(f"{reply.raw.url} gives no table of products, first and last days") from None


def fetch(asked: Asked, wire: Wire) -> None:
    """Asks every sensor for the days that it has.

    Raises:
        FetchError: The provider did not give them, or none has any of those days.
    """
    where, sensors = _where(asked), _sensors(asked)
    known = availability(wire)
    spans = [span for sensor in sensors for span in _spans(sensor, known, asked)]
    if not spans:
        told = ", ".join(f"{name} {first} to {last}" for name, (first, last) in sorted(known.items()))
        raise FetchError(f"firms has nothing from {asked.start} to before {asked.end}; it has {told or 'nothing'}")
    for part in (part for span in spans for part in _cut(span)):
        _get(part, where, wire)


def poll(asked: Asked, wire: Wire) -> None:
    """Asks every sensor for its newest days, which still fill.

    Raises:
        FetchError: The provider did not give them.
    """
    where, known = _where(asked), availability(wire)
    for product in (f"{sensor}_NRT" for sensor in _sensors(asked)):
        if product in known:
            first, last = known[product]
            newest = _Span(product, max(first, last - timedelta(days=1)), last + timedelta(days=1))
            _get(newest, where, wire)


def _where(asked: Asked) -> str:
    box = asked_box(asked)
    return "world" if box == WORLD else box_text(box)


def _get(span: _Span, where: str, wire: Wire) -> None:
    days = (span.end - span.start).days
    path = f"area/csv/{wire.secret(_KEY)}/{span.product}/{where}/{days}/{span.start}"
    wire.get(wire.at("api", path), ask=Ask(sound=lambda reply: _check_table(reply, "latitude,")))


def _sensors(asked: Asked) -> tuple[str, ...]:
    told = asked.options.get("sensors", "")
    chosen = tuple(name.strip().upper() for name in told.split(",")) if told else SENSORS
    strange = [name for name in chosen if name not in SENSORS]
    if strange:
        raise FetchError(f"no sensor {strange[0]!r}; option sensors takes {', '.join(SENSORS)}, with commas")
    return chosen


def _spans(sensor: str, known: Mapping[str, tuple[date, date]], asked: Asked) -> Iterator[_Span]:
    """Days of standard processing, then those after them of near-real-time data."""
    start = asked.start
    for product in (f"{sensor}_SP", f"{sensor}_NRT"):
        if product not in known:
            continue
        first, last = known[product]
        begin, end = max(start, first), min(asked.end, last + timedelta(days=1))
        if begin < end:
            yield _Span(product, begin, end)
            start = end


def _cut(span: _Span) -> Iterator[_Span]:
    start = span.start
    while start < span.end:
        end = min(start + timedelta(days=_MOST_DAYS), span.end)
        yield _Span(span.product, start, end)
        start = end


def _check_table(reply: Reply, beginning: str) -> None:
    """Errors come as text with status 200, under the media type of a table.

    Raises:
        Transient: The quota of some minutes is used up.
        ProviderRefused: The answer is another text.
    """
    with reply.raw.path.open("rb") as file:
        text = file.read(300).decode("utf-8", errors="replace").lstrip("\ufeff \r\n")
    if text.startswith(beginning):
        return
    told = f"{reply.raw.url} answered with status 200, but with this: {' '.join(text.split()) or 'nothing'}"
    if "limit" in text.casefold() or not text:
        raise Transient(told)
    raise ProviderRefused(f"{told}; check {_KEY}, the sensor and the days")
