"""WorldPop's hub: which files there are of a country, product and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.access import Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Days
from riskmap.sources.dates import parse_days
from riskmap.sources.wire import Ask, Reply, Wire

LICENCE = Licence(
    id="CC-BY-4.0",
    attribution="WorldPop, School of Geography and Environmental Science, University of Southampton",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)
ACCESS = Access(
    "open",
    endpoints={"hub": "https://hub.worldpop.org/rest/data", "files": "https://data.worldpop.org"},
    pace_s=1.0,
    home="https://hub.worldpop.org",
)

_FILES_HOST = "data.worldpop.org"
_KOSOVO = {"XKX": "KOS"}
"""The hub is asked for Kosovo by another code than the one in the paths of its files."""

_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"PK\x03\x04")


def fetch_files(asked: Asked, wire: Wire, theme: str, product: str) -> None:
    """Every file of a product for the years asked; what its record tells is kept as labels.

    Args:
        asked: The country is needed; `options` are not looked at.
        wire: With the parts `hub` and `files`.
        theme: `pop` or `age_structures`.
        product: The hub's alias, such as `G2_CN_POP_R25A_100m`.

    Raises:
        FetchError: No country is asked for, or the hub lists no file of these years.
    """
    if not asked.area:
        raise FetchError("WorldPop gives its files by country; ask with --area, such as SDN")
    records = _records(wire, theme, product, asked.area)
    years = range(asked.start.year, (asked.end - timedelta(days=1)).year + 1)
    chosen = [record for record in records if _year(record) in years]
    if not chosen:
        listed = sorted({_year(record) for record in records})
        raise FetchError(
            f"WorldPop lists {product} of {asked.area} for {listed[0]} to {listed[-1]}, not for {years[0]} to"
            f" {years[-1]}; ask for other days or another product"
        )
    for record in chosen:
        labels = {"product": product, "published": str(record.get("date") or ""), "title": str(record.get("title", ""))}
        for url in _urls(record):
            labelled = labels | {"file": PurePosixPath(urlsplit(url).path).name}
            wire.get(_placed(wire, url), ask=Ask("records", labelled, _is_file))


def check_hub(wire: Wire, theme: str, product: str) -> None:
    """One small request: the records of the smallest country.

    Raises:
        FetchError: The hub does not answer as expected.
    """
    _records(wire, theme, product, "SMR")


def published(raw: Raw) -> Days | None:
    """The day that the hub names for a fetched file, as the one value of a column; None where it names none."""
    days = parse_days(pa.array([raw.labels.get("published")], pa.string()), "%Y-%m-%d")
    return None if days is None or np.isnat(days[0]) else days


def _records(wire: Wire, theme: str, product: str, area: str) -> Sequence[Mapping[str, object]]:
    params = {"iso3": _KOSOVO.get(area, area)}
    reply = wire.get(wire.at("hub", f"{theme}/{product}"), params, ask=Ask("index", sound=_is_index))
    return _listed(reply)


def _listed(reply: Reply) -> Sequence[Mapping[str, object]]:
    value = reply.json()
    records = value.get("data") if isinstance(value, Mapping) else None
    if not isinstance(records, list):
        raise ProviderRefused(f"{reply.raw.url} gives no list of files; look at the address of the hub")
    return [record for record in records if isinstance(record, Mapping)]


def _is_index(reply: Reply) -> None:
    if not _listed(reply):
        raise ProviderRefused(f"{reply.raw.url} lists no file; the hub knows no such country or product")


def _is_file(reply: Reply) -> None:
    """An error page may come with a good status."""
    with reply.raw.path.open("rb") as file:
        start = file.read(4)
    if start not in _MAGIC:
        raise Transient(f"{reply.raw.url} is no raster and no archive; it starts with {start!r}")


def _year(record: Mapping[str, object]) -> int:
    text = str(record.get("popyear", ""))
    return int(text) if text.isdecimal() else 0


def _urls(record: Mapping[str, object]) -> list[str]:
    files = record.get("files")
    return [str(one) for one in files] if isinstance(files, list) else []


def _placed(wire: Wire, url: str) -> str:
    """The address of a file, at the place where a setting may have moved all of them."""
    split = urlsplit(url)
    return wire.at("files", split.path) if split.hostname == _FILES_HOST else url
