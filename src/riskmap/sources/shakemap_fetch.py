"""Asking for ShakeMaps: which earthquakes have one, the details of each, and the grid of its preferred map.

The details are asked for again only when the earthquake was updated, and the grid only when it is another version: its
address bears the moment of its making. A medium coverage is a sixtieth of `grid.xml` and finer than any cell here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.answers import is_collection, is_list_of
from riskmap.sources.usgs_query import ids_of, quakes, whole
from riskmap.sources.wire import Ask, Params, Reply, Wire

_LEAST_MAGNITUDE = 5.0
_FELT_DEGREES = 4.0
_GRIDS = ("download/coverage_mmi_medium_res.covjson", "download/grid.xml", "grid.xml")
_ENDS = (b"}", b"</shakemap_grid>")

Shaken = Mapping[str, Any]


def fetch_maps(asked: Asked, wire: Wire) -> None:
    """Asks for the newest grid of every earthquake of the days that has one.

    Raises:
        FetchError: The provider did not give it, or a map comes with no grid that can be read.
    """
    params: Params = {"minmagnitude": _LEAST_MAGNITUDE, "producttype": "shakemap"}
    seen: set[str] = set()
    for reply in quakes(asked, wire, Ask("index", sound=_listed), params, _FELT_DEGREES):
        for quake in _with_map(reply):
            if quake["id"] not in seen:
                seen.add(quake["id"])
                _fetch_map(quake, wire)


def _with_map(reply: Reply) -> Iterator[Shaken]:
    """The earthquakes of a list that say that they have a map, whatever else came along."""
    listed = reply.json()
    for feature in listed["features"] if is_collection(listed) else ():
        told = feature["properties"]
        if told.get("type") == "earthquake" and ",shakemap," in str(told.get("types")):
            yield feature


def _fetch_map(quake: Shaken, wire: Wire) -> None:
    told = quake["properties"]
    ask = Ask("index", {"updated": str(told["updated"])}, whole, missing_ok=True, settled=True)
    details = wire.get(wire.at("detail", f"{quake['id']}.geojson"), ask=ask)
    if details.status != 200:
        return  # Deleted since it was listed.
    product = _product(details)
    if product is None or product.get("status") == "DELETE":
        return  # Listed before it was made, or withdrawn.
    facts = product["properties"]
    if str(facts.get("event-type", "ACTUAL")).upper() != "ACTUAL":
        return
    ids = ids_of(told, quake["id"])
    labels = {
        "event": ids[0],
        "ids": ",".join(ids),
        "version": str(facts.get("version", "0")),
        "start": str(facts.get("eventtime", "")),
        "published": str(facts.get("process-timestamp", "")),
        "status": str(facts.get("map-status", "")),
    }
    wire.get(_address(quake["id"], product), ask=Ask("records", labels, _ended, settled=True))


def _product(details: Reply) -> Shaken | None:
    """The preferred map of an earthquake; None where it has none.

    Raises:
        ProviderRefused: It is told in another form.
    """
    found = _inside(details.json(), "properties", "products", "shakemap")
    if not found:
        return None
    if not is_list_of(found, "properties") or not isinstance(found[0]["properties"], Mapping):
        raise ProviderRefused(f"{details.raw.url} tells of a ShakeMap in another form; look whether it has changed")
    return found[0]


def _address(identifier: str, product: Shaken) -> str:
    """The address of the best grid that a map comes with."""
    found = next(filter(None, (_inside(product, "contents", name, "url") for name in _GRIDS)), None)
    if found is None:
        raise ProviderRefused(
            f"the ShakeMap of {identifier} comes with none of {', '.join(_GRIDS)}; fetch around its day"
        )
    return str(found)


def _listed(reply: Reply) -> None:
    """Nothing, for a list of earthquakes, each with its id and the moment of its last update.

    Raises:
        Transient: It was cut short.
        ProviderRefused: It is something else.
    """
    whole(reply)
    told = reply.json()
    features = told["features"] if is_collection(told) else None
    if not is_list_of(features, "id") or not is_list_of([one["properties"] for one in features], "updated"):
        raise ProviderRefused(
            f"{reply.raw.url} answered with no list of earthquakes; look whether its form has changed"
        )


def _ended(reply: Reply) -> None:
    """Nothing, for a grid that came to its end.

    Raises:
        Transient: It was cut short, or is something else.
    """
    if not reply.content.rstrip().endswith(_ENDS):
        raise Transient(f"{reply.raw.url} answered with no whole grid")


def _inside(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def check_maps(wire: Wire) -> None:
    """Asks for one earthquake with a map.

    Raises:
        FetchError: USGS does not answer as expected.
    """
    params: Params = {"format": "geojson", "limit": 1, "producttype": "shakemap"}
    reply = wire.get(wire.at("query"), params, ask=Ask("index", sound=_listed))
    if not list(_with_map(reply)):
        raise FetchError(f"{reply.raw.url} lists no earthquake with a ShakeMap; look whether its form has changed")
