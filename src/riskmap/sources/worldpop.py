"""WorldPop, or any other raster of people: checked here, summed on the grid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa
from pydantic import Field

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import received
from riskmap.sources.options import Given, checked
from riskmap.sources.pixels import UNITS, Quantity, first_day, survey, taken_as
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.wire import Wire
from riskmap.sources.worldpop_hub import ACCESS, LICENCE, check_hub, fetch_files, published
from riskmap.sources.worldpop_names import Product, is_of_worldpop, product_of

_PRODUCT = "G2_CN_POP_R25A_100m"
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


class _Options(Given):
    quantity: Quantity | None = None
    band: int = Field(default=1, ge=1)
    year: int | None = Field(default=None, ge=1900, le=2100)


@dataclass(frozen=True)
class WorldPop:
    """People by pixel.

    Measure: `population`, one record that names the raster, whose unit says whether pixels hold counts or densities.

    A file under its own name, or fetched, tells its country, year, quantity and product. Products of one country and
    year are versions of one record, so that constrained and unconstrained people are never added: a later release
    stands before an earlier one, then constrained before unconstrained, then 100 m before 1 km.
    """

    name: str = "worldpop"
    title: str = "WorldPop or any other population raster"
    licence: Licence = LICENCE
    access: Access = ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's: rasters tell it by their name alone."""
        return sight.kind == "raster" and is_of_worldpop(PurePosixPath(sight.name).name)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """The rasters of the years asked for. Option: `product`, the hub's alias (`G2_CN_POP_R25A_100m`).

        Raises:
            FetchError: The hub did not give them, or lists none.
        """
        fetch_files(asked, wire, "pop", asked.options.get("product", _PRODUCT))

    def check(self, wire: Wire) -> None:
        """One small request to the hub.

        Raises:
            FetchError: It does not answer as expected.
        """
        check_hub(wire, "pop", _PRODUCT)

    def read(self, raw: Raw, options: Options) -> Reading:
        """One record for the raster, which counts as one; a pure function of its bytes and the options.

        Options: `quantity` (`count` of people in a pixel or `density` in people per km², required where the name is
        not WorldPop's own: files do not say which, and the wrong one is out by the pixel's area); `band` (1); `year`,
        where the file's name does not hold exactly one.

        Raises:
            InputError: The raster cannot be opened, has no coordinate system, no such band or no value, holds integers
                that have overflowed, or an option is missing, wrong, or contradicts the file's name.
        """
        given = checked(_Options, raw, options)
        file = raw.labels.get("file", raw.path.name)
        product = product_of(file)
        quantity = _quantity(raw, given.quantity, product)
        year, told = _year(raw, file, given.year, product)
        sums, _ = survey(raw, raw.path.as_posix(), given.band)
        layer = Layer.build(
            {
                "record_id": [f"{product.iso3}/{year}" if product else f"{raw.name}/{year}"],
                "version": product.rank if product else None,
                "source": self.name,
                "theme": "population",
                "measure": "population",
                "kind": "stock",
                "spread": "extensive",
                "value": None,
                "unit": UNITS[quantity],
                "start": first_day(year),
                "end": first_day(year + 1),
                "time_precision": "year",
                "published": published(raw),
                "retrieved": received(raw, 1),
                "href": pa.array([raw.path.as_posix() + (f"#band={given.band}" if given.band > 1 else "")]),
                "preliminary": bool(product and product.alpha),
                "overlap_group": "residents",
                "licence": self.licence.id,
            }
        )
        return Reading(layer, 1, 1, notes=tuple(filter(None, (told, *taken_as(sums, quantity), *_notes(product)))))


def _quantity(raw: Raw, given: Quantity | None, product: Product | None) -> Quantity:
    if product is not None:
        if product.quantity is None:
            raise InputError(raw.name, "holds people per hectare; take the file of people per pixel (ppp) instead")
        if given not in (None, product.quantity):
            raise InputError(raw.name, f"option quantity is {given}, but WorldPop's name says {product.quantity}")
        return product.quantity
    if given is None:
        raise InputError(
            raw.name,
            "option quantity is missing: 'count' where a pixel holds its number of people, 'density' where it holds"
            " people per km2; the file does not say, and the wrong one is out by the pixel's area in km2",
        )
    return given


def _year(raw: Raw, file: str, given: int | None, product: Product | None) -> tuple[int, str]:
    if product is not None:
        if given not in (None, product.year):
            raise InputError(raw.name, f"option year is {given}, but WorldPop's name says {product.year}")
        return product.year, f"year {product.year} is taken from the file's name"
    if given is not None:
        return given, ""
    found = sorted(set(_YEAR.findall(file)))
    if len(found) != 1:
        raise InputError(
            raw.name, f"option year is missing, and the file's name holds {', '.join(found) or 'none'}; give it"
        )
    return int(found[0]), f"year {found[0]} is taken from the file's name"


def _notes(product: Product | None) -> Iterator[str]:
    if product is None:
        return
    alpha = "; an alpha version, which may still change" if product.alpha else ""
    yield f"WorldPop {product.iso3 or 'of the world'}, {product.method}{alpha}"
