"""Asking USGS which earthquakes there were, in as many pieces as it takes.

One question may match 20,000 earthquakes at most; one that matches more is refused, and its span is halved until both
halves fit. An answer that holds fewer features than it says was cut short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.boxes import WORLD, Box, asked_box
from riskmap.sources.wire import Ask, Params, Reply, Wire

ENDPOINT = "https://earthquake.usgs.gov/fdsnws/event/1/query"
"""Where it was last seen; the endpoint `query` of every source that asks here."""

OPTIONS = frozenset({"bbox"})
"""What may be asked beside area and days. No least magnitude: a later list with a higher one would look as if all the
weaker earthquakes had been withdrawn."""

_TOO_MANY = "exceeds search limit"
_SHORTEST = timedelta(hours=1)


def quakes(asked: Asked, wire: Wire, ask: Ask, params: Params, margin: float = 0.0) -> Iterator[Reply]:
    """Lists of the earthquakes of the days and the area asked for, which together hold each at least once.

    Args:
        asked: Area and days, and `bbox` (west,south,east,north) with an area, since USGS knows no countries.
        wire: Of a source with the endpoint `query`.
        ask: What the answers are for.
        params: What is asked beside, such as `minmagnitude`.
        margin: Degrees by which the box is widened, for what is felt across its edge.

    Raises:
        FetchError: The provider did not give it, more than 20,000 fall into one hour, or an option is wrong.
    """
    check_options(asked)
    where = _within(asked_box(asked), margin)
    spans = [(datetime.combine(asked.start, time()), datetime.combine(asked.end, time()))]
    while spans:
        start, end = spans.pop()
        when = {"starttime": start.isoformat(), "endtime": end.isoformat()}
        try:
            reply = wire.get(
                wire.at("query"), {"format": "geojson", "orderby": "time-asc", **when, **where, **params}, ask=ask
            )
        except ProviderRefused as error:
            if _TOO_MANY not in str(error) or end - start <= _SHORTEST:
                raise
            middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
            spans += [(middle, end), (start, middle)]
        else:
            yield reply


def check_options(asked: Asked) -> None:
    """Nothing, if all options asked with are known.

    Raises:
        FetchError: One is not.
    """
    unknown = sorted(set(asked.options) - OPTIONS)
    if unknown:
        raise FetchError(f"option {unknown[0]!r} is not known; it takes {', '.join(sorted(OPTIONS))}")


def whole(reply: Reply) -> None:
    """Nothing, for a list or an earthquake that came whole.

    Raises:
        Transient: It was cut short.
        ProviderRefused: It is something else.
    """
    told = reply.json()
    content = told if isinstance(told, Mapping) else {}
    if content.get("type") == "Feature":
        return
    features = content.get("features")
    if content.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise ProviderRefused(
            f"{reply.raw.url} answered with no list of earthquakes; look whether its form has changed"
        )
    count = counted(content)
    if count is not None and count != len(features):
        raise Transient(f"{reply.raw.url} says that it holds {count} earthquakes and holds {len(features)}")


def counted(content: Mapping[str, object]) -> int | None:
    """How many features a list says that it holds; None where it does not say."""
    metadata = content.get("metadata")
    count = metadata.get("count") if isinstance(metadata, Mapping) else None
    return count if isinstance(count, int) else None


def ids_of(quake: Mapping[str, object], identifier: object) -> Sequence[str]:
    """All ids of an earthquake, in order, whichever network gave them; the preferred one among them may change.

    Args:
        quake: Properties of a feature; `ids` reads `,us1,ci2,`.
        identifier: The feature's own id.
    """
    told = f"{quake.get('ids') or ''},{identifier or ''}"
    return sorted({word.strip() for word in told.split(",")} - {""})


def _within(box: Box, margin: float) -> dict[str, float]:
    """The parameters of a widened box, none for the world; its longitudes may run beyond 180 degrees."""
    if box == WORLD:
        return {}
    west, south, east, north = box
    return {
        "minlongitude": west - margin,
        "minlatitude": max(south - margin, -90.0),
        "maxlongitude": east + margin,
        "maxlatitude": min(north + margin, 90.0),
    }
