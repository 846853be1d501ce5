"""Natural Earth: outlines of all countries, in the public domain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from riskmap.errors import FetchError
from riskmap.model.access import Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.answers import zip_with
from riskmap.sources.boundaries_reading import CountedOptions, counted_units
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.wire import Ask, Wire

_SCALES = ("10m", "50m", "110m")
_LAYER = re.compile(r"admin_[01]_[a-z0-9_]+")
_FILE = re.compile(r"ne_\d+m_admin_[01]_", re.IGNORECASE)

_LICENCE = Licence(
    id="public-domain",
    attribution="Made with Natural Earth",
    url="https://www.naturalearthdata.com/about/terms-of-use/",
    raw=True,
    derived=True,
)
_ACCESS = Access(
    "open",
    endpoints={"files": "https://naciscdn.org/naturalearth"},
    pace_s=1.0,
    home="https://www.naturalearthdata.com",
)


@dataclass(frozen=True)
class NaturalEarth:
    """Countries, by ISO code where they have one.

    It gives no records: units are places, not measures. Its files go into a case by `[[area.boundaries]]`. Borders that
    are disputed follow Natural Earth's own view of who holds the ground, which is not that of the United Nations; the
    layers `admin_0_countries_<iso2>` give those of some countries.
    """

    name: str = "natural_earth"
    title: str = "Natural Earth: outlines of all countries"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(CountedOptions.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's: its shapes, or a zip file of them."""
        if sight.kind == "zip":
            return any(_FILE.match(PurePosixPath(one).name) for one in sight.keys)
        return sight.has("ADM0_A3", "FEATURECLA")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """One layer of the whole world as a zipped shapefile.

        Options: `scale` (`10m`, `50m`, `110m`), `layer` (`admin_0_countries`).

        Raises:
            FetchError: An option is wrong, or the provider did not give it.
        """
        scale, layer = asked.options.get("scale", _SCALES[0]), asked.options.get("layer", "admin_0_countries")
        if scale not in _SCALES or not _LAYER.fullmatch(layer):
            raise FetchError(
                f"Natural Earth has the scales {', '.join(_SCALES)} and layers such as admin_0_countries, not {scale!r}"
                f" and {layer!r}"
            )
        file = f"ne_{scale}_{layer}.zip"
        wire.get(wire.at("files", f"{scale}/cultural/{file}"), ask=Ask("records", {"file": file}, zip_with(".shp")))

    def check(self, wire: Wire) -> None:
        """One small request: the countries at the smallest scale.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        small = "110m/cultural/ne_110m_admin_0_countries.zip"
        wire.get(wire.at("files", small), ask=Ask("index", sound=zip_with(".shp")))

    def read(self, raw: Raw, options: Options) -> Reading:
        """Units of the file, counted and checked; see `boundaries_reading.counted_units`.

        Options: `level`, `pcode`, `name`, `parent`, `vintage`, `crs`, `layer`, `expect_bbox`.

        Raises:
            InputError: The file holds no units, a code twice, or cannot be read.
        """
        return counted_units(raw, options)
