"""geoBoundaries: boundaries of every country at every level, without p-codes, each layer under its own licence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from riskmap.errors import FetchError, PointedElsewhere, ProviderRefused, Transient
from riskmap.model.access import Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.boundaries_reading import CountedOptions, counted_units
from riskmap.sources.columns import listed
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.wire import Ask, Reply, Wire

_RELEASES = ("gbOpen", "gbHumanitarian", "gbAuthoritative")
_LEVEL = re.compile(r"ADM[0-5]")
_PARTS = {"github.com": "files", "raw.githubusercontent.com": "raw"}
_POINTER = b"version https://git-lfs.github.com/spec/"
_FACTS = {
    "boundaryID": "boundary",
    "boundaryYearRepresented": "year",
    "boundaryLicense": "licence",
    "boundarySource": "made_by",
    "buildDate": "published",
}

_LICENCE = Licence(
    id="geoBoundaries-by-layer",
    attribution="geoBoundaries, William & Mary geoLab; each layer under the licence of its source",
    url="https://www.geoboundaries.org",
    raw=False,
    derived=True,
)
_ACCESS = Access(
    "open",
    endpoints={
        "api": "https://www.geoboundaries.org/api/current",
        "files": "https://github.com",
        "raw": "https://raw.githubusercontent.com",
        "media": "https://media.githubusercontent.com/media",
    },
    pace_s=1.0,
    home="https://www.geoboundaries.org",
)


@dataclass(frozen=True)
class GeoBoundaries:
    """Administrative units by name, with ISO codes at the coarsest levels and the provider's ids at others.

    It gives no records: units are places, not measures. Its files go into a case by `[[area.boundaries]]`. The licence
    of each layer is told in the notes: some are ODbL, and what is made of them must say so.
    """

    name: str = "geoboundaries"
    title: str = "geoBoundaries: boundaries of every country"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(CountedOptions.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's: its shapes, or a zip file of them."""
        if sight.kind == "zip":
            return any(PurePosixPath(one).name.startswith("geoBoundaries") for one in sight.keys)
        return sight.has("shapeID", "shapeName")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """The GeoJSON of a country at some levels, with the licence of each as a label.

        Options: `levels` (`ADM1 ADM2`), `release` (`gbOpen`; `gbHumanitarian` or `gbAuthoritative`, which are not for
        commercial use).

        Raises:
            FetchError: No country is asked for, an option is wrong, or the provider did not give it.
        """
        if not asked.area:
            raise FetchError("geoBoundaries is asked by country; ask with --area, such as SDN")
        release = asked.options.get("release", _RELEASES[0])
        levels = asked.options.get("levels", "ADM1 ADM2").split()
        strange = [one for one in levels if not _LEVEL.fullmatch(one)]
        if release not in _RELEASES or strange:
            raise FetchError(
                f"geoBoundaries has the releases {listed(_RELEASES)} and levels such as 'ADM1 ADM2', not {release!r}"
                f" and {' '.join(levels)!r}"
            )
        for level in levels:
            facts = _facts(wire, release, asked.area, level)
            labels = {name: str(facts[key]) for key, name in _FACTS.items() if facts.get(key)}
            _keep(wire, str(facts["gjDownloadURL"]), labels | {"level": level.removeprefix("ADM"), "release": release})

    def check(self, wire: Wire) -> None:
        """One small request: what is known of one layer.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        _facts(wire, _RELEASES[0], "SMR", "ADM0")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Units of the file, counted and checked; see `boundaries_reading.counted_units`.

        Options: `level` (needed, where the file was not fetched), `pcode`, `name`, `parent`, `vintage`, `crs`, `layer`,
        `expect_bbox`.

        Raises:
            InputError: The file holds no units, an id twice, or cannot be read.
        """
        return counted_units(raw, options)


def _facts(wire: Wire, release: str, area: str, level: str) -> Mapping[str, object]:
    """What the provider knows of one layer."""
    reply = wire.get(wire.at("api", f"{release}/{area}/{level}/"), ask=Ask("index", sound=_is_layer))
    return _layer(reply)


def _layer(reply: Reply) -> Mapping[str, object]:
    value = reply.json()
    found = value[0] if isinstance(value, Sequence) and not isinstance(value, str) and value else value
    if not isinstance(found, Mapping) or not found.get("gjDownloadURL"):
        raise ProviderRefused(f"{reply.raw.url} names no file; the country may have no such level")
    return found


def _is_layer(reply: Reply) -> None:
    _layer(reply)


def _keep(wire: Wire, url: str, labels: Mapping[str, str]) -> None:
    """Keeps the file at an address, wherever a setting may have moved it."""
    place = urlsplit(url)
    at = wire.at(_PARTS[place.hostname], place.path) if place.hostname in _PARTS else url
    ask = Ask("records", labels, _is_geojson)
    try:
        wire.get(at, ask=ask)
    except PointedElsewhere:
        wire.get(wire.at("media", place.path.replace("/raw/", "/", 1)), ask=ask)


def _is_geojson(reply: Reply) -> None:
    with reply.raw.path.open("rb") as file:
        start = file.read(len(_POINTER))
    if start == _POINTER:
        raise PointedElsewhere(f"{reply.raw.url} only points at a large file, which is not where it should be")
    if not start.lstrip().startswith(b"{"):
        raise Transient(f"{reply.raw.url} is no GeoJSON")
