"""COD-AB: the boundaries that humanitarian organisations agree upon in a country, with their p-codes, from HDX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from riskmap.errors import FetchError
from riskmap.model.access import Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.boundaries_reading import CountedOptions, counted_units
from riskmap.sources.ckan import ENDPOINTS, HOSTS, Resource, resources
from riskmap.sources.columns import listed
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.wire import Ask, Wire

_FORMATS = ("geojson", "shp")
_SHAPES = frozenset({"shapefile", "geopackage", "flatgeobuf", "parquet"})
_CODES = re.compile(r"adm(in)?\d_?pcode?")
_VOCABULARY = re.compile(
    r"adm(in)?\d.*|dv_.*|date|valid_?(on|to)|shape_?(leng(th)?|area)|area_sqkm|version(_no)?|lang\d?|iso[23]|bbox|geometry"
    r"|(center_)?(lat|lon)|admin_level|objectid|globalid|o?gc?_?f?id|layer|path"
)
"""Every column that its files have had; one with others beside the codes is somebody else's data."""

_FILE = re.compile(r"[a-z]{3}_adm(in|bnda_adm)?\d", re.IGNORECASE)

_LICENCE = Licence(
    id="CC-BY-IGO",
    attribution="UN OCHA, Common Operational Datasets: Administrative Boundaries (COD-AB)",
    url="https://creativecommons.org/licenses/by/3.0/igo/",
    raw=False,
    derived=True,
)
_ACCESS = Access("open", endpoints=ENDPOINTS, hosts=HOSTS, pace_s=1.0, home="https://data.humdata.org")


@dataclass(frozen=True)
class CodAb:
    """Administrative units with p-codes.

    It gives no records: units are places, not measures. Its files go into a case by `[[area.boundaries]]`. Some
    countries publish under other terms than most; the dataset's page on HDX names them.
    """

    name: str = "cod_ab"
    title: str = "COD-AB: agreed boundaries with p-codes"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(CountedOptions.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's: shapes with p-codes, or a zip file of them."""
        if sight.kind == "zip":
            return any(_FILE.match(PurePosixPath(one).name) for one in sight.keys)
        shapes = "features" in sight.keys or sight.kind in _SHAPES
        coded = any(_CODES.fullmatch(column) for column in sight.columns)
        return shapes and coded and all(_VOCABULARY.fullmatch(column) for column in sight.columns)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """The zip file of a country's boundaries at all levels: GeoJSON, or shapefiles where there is none.

        Raises:
            FetchError: No country is asked for, or HDX has no boundaries of it.
        """
        if not asked.area:
            raise FetchError("COD-AB is published by country; ask with --area, such as SDN")
        slug = f"cod-ab-{asked.area.lower()}"
        there = resources(wire, slug)
        for one in _chosen(slug, there):
            labels = {"dataset": slug, "resource": one.name, "modified": one.modified}
            wire.get(one.url, ask=Ask(labels={name: text for name, text in labels.items() if text}))

    def check(self, wire: Wire) -> None:
        """One small request: the files of one country's dataset.

        Raises:
            FetchError: HDX does not answer as expected.
        """
        resources(wire, "cod-ab-som")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Units of the file, counted and checked; see `boundaries_reading.counted_units`.

        Options: `level`, `pcode`, `name`, `parent`, `vintage`, `crs`, `layer`, `expect_bbox`.

        Raises:
            InputError: The file holds no units, a code twice, or cannot be read.
        """
        return counted_units(raw, options)


def _chosen(slug: str, there: Sequence[Resource]) -> Sequence[Resource]:
    """Files of the best format that there is."""
    for form in _FORMATS:
        found = [one for one in there if one.format == form or f".{form}" in one.name.lower()]
        if found:
            return found
    raise FetchError(f"dataset {slug} has no GeoJSON and no shapefile; it has {listed(one.name for one in there)}")
