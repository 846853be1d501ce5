"""Copernicus GFM over the network: a list of scenes by box and days, and the raster of each that meets the box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import shapely

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.answers import is_collection
from riskmap.sources.boxes import asked_box, box_text
from riskmap.sources.paging import linked
from riskmap.sources.vectors import shape_of
from riskmap.sources.wire import Ask, Reply, Wire

_ITEMS = "collections/GFM/items"
_ASSET = "ensemble_flood_extent"
_PAGE = 100


def fetch(asked: Asked, wire: Wire) -> None:
    """Asks for the list of scenes, and for the flood extent of each.

    Scenes whose own outline does not meet the box are left out: the search gives tiles on other continents too.

    Raises:
        FetchError: The provider did not give them, or no country is named.
    """
    if not asked.area:
        raise FetchError("flood_raster: name a country and its bbox; the world's scenes are too many")
    box = asked_box(asked)
    last = asked.end - timedelta(days=1)
    query = {
        "bbox": box_text(box),
        "datetime": f"{asked.start}T00:00:00Z/{last}T23:59:59Z",
        "limit": str(_PAGE),
    }
    first = wire.at("stac", _ITEMS)

    def ask(address: str) -> Reply:
        return wire.get(address, query if address == first else None, ask=Ask("index", sound=_check_list))

    for reply in linked(ask, first, _following):
        for item in _items(reply):
            if shapely.intersects(_outline(item), shapely.box(*box)):
                _raster(wire, item)


def check(wire: Wire) -> None:
    """Asks for the description of the collection.

    Raises:
        FetchError: The provider does not give it.
    """
    reply = wire.get(wire.at("stac", "collections/GFM"), ask=Ask("index"))
    told = reply.json()
    if not isinstance(told, Mapping) or told.get("id") != "GFM":
        raise ProviderRefused(f"{reply.raw.url} describes no collection GFM; look at the address")


def _check_list(reply: Reply) -> None:
    told = reply.json()
    if not is_collection(told):
        raise Transient(f"{reply.raw.url} answered with no list of scenes")


def _items(reply: Reply) -> Sequence[Mapping[str, object]]:
    told = reply.json()
    return told["features"] if is_collection(told) else ()


def _following(reply: Reply) -> str | None:
    """Address of the next page.

    Raises:
        ProviderRefused: It is to be asked for by POST, which this client does not do.
    """
    told = reply.json()
    links = told.get("links") if isinstance(told, Mapping) else None
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping) and link.get("rel") == "next":
            if str(link.get("method", "GET")).upper() != "GET":
                raise ProviderRefused(f"{reply.raw.url} wants its next page asked for by {link['method']}")
            return str(link.get("href"))
    return None


def _outline(item: Mapping[str, object]) -> shapely.Geometry:
    """The scene's own outline; nowhere where it tells none."""
    shape, _, _ = shape_of(item.get("geometry"))
    return shapely.Polygon() if shape is None else shape


def _raster(wire: Wire, item: Mapping[str, object]) -> None:
    """Asks for the flood extent of a scene, with what its raster does not say of itself."""
    assets, facts = item.get("assets"), item.get("properties")
    asset = assets.get(_ASSET) if isinstance(assets, Mapping) else None
    href = asset.get("href") if isinstance(asset, Mapping) else None
    facts = facts if isinstance(facts, Mapping) else {}
    if not href or not facts.get("datetime"):
        raise FetchError(f"scene {item.get('id')} has no {_ASSET} or no datetime; its provider has changed its shape")
    labels = {
        "item": str(item.get("id")),
        "start": str(facts["datetime"]),
        "published": str(facts.get("created") or facts.get("processing:datetime") or ""),
    }
    wire.get(str(href), ask=Ask(labels=labels, sound=_check_raster))


def _check_raster(reply: Reply) -> None:
    with reply.raw.path.open("rb") as file:
        head = file.read(4)
    if head[:4] not in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        raise Transient(f"{reply.raw.url} answered with what is no raster")
