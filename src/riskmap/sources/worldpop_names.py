"""WorldPop's file names, which alone say what a raster of theirs holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskmap.sources.pixels import Quantity

_GLOBAL2 = re.compile(
    r"(?P<iso>[a-z]{3})_pop_(?P<year>\d{4})_(?P<kind>cn|uc)_(?P<resolution>100m|1km)_(?P<release>r\d{4}[a-z])(_ua)?"
    r"_v(?P<version>\d+)([._]\d+)?\.tiff?",
    re.IGNORECASE,
)
_CLASSIC = re.compile(
    r"((?P<iso>[a-z]{3})_)?(?P<what>ppp|pph|pd)(_v\d+[a-z]?)?_(?P<year>\d{4})(?P<rest>(_(1km|100m|aggregated|unadj|constrained|"
    r"bsgm|maxar_v\d))*)\.tiff?",
    re.IGNORECASE,
)
_HOUSE = re.compile(r"worldpop|afripop|asiapop|amerpop|^[a-z]{3}_pop_\d{4}", re.IGNORECASE)
_FOREIGN = re.compile(r"ghs_pop|_[fmt]_\d{1,2}_", re.IGNORECASE)
_METHODS = {"cn": "constrained to settled pixels", "uc": "unconstrained"}


@dataclass(frozen=True)
class Product:
    """What a file's name says of it.

    Args:
        iso3: Country, as WorldPop writes it in paths (Kosovo is XKX); empty for the world.
        year: Whose people it counts.
        quantity: What a pixel holds; None where it is neither a count nor a density by km².
        method: How people were put into pixels, in words.
        rank: Text that sorts as products of one country and year follow one another: a later release before an
            earlier one, then constrained before unconstrained, then 100 m before 1 km, then the later version.
        alpha: Whether WorldPop calls the release an alpha version, which it may still change.
    """

    iso3: str
    year: int
    quantity: Quantity | None
    method: str
    rank: str
    alpha: bool


def product_of(name: str) -> Product | None:
    """The product that a file's name tells of; None where it is no name of WorldPop's present or former series."""
    found = _GLOBAL2.fullmatch(name)
    if found is not None:
        kind, fine = found["kind"].lower(), found["resolution"].lower() == "100m"
        rank = f"{found['release'].upper()}.{int(kind == 'cn')}.{int(fine)}.{int(found['version']):02d}"
        method = f"{_METHODS[kind]}, release {found['release'].upper()}, {found['resolution']}"
        return Product(found["iso"].upper(), int(found["year"]), "count", method, rank, alpha=True)
    found = _CLASSIC.fullmatch(name)
    if found is None:
        return None
    rest = set(found["rest"].lower().split("_"))
    kind, adjusted = "cn" if "constrained" in rest else "uc", "unadj" in rest
    quantities: dict[str, Quantity | None] = {"ppp": "count", "pd": "density", "pph": None}
    method = f"{_METHODS[kind]}, first global series" + (", adjusted to UN totals" if adjusted else "")
    rank = f"R2018A.{int(kind == 'cn')}.{int('1km' not in rest)}.{int(adjusted):02d}"
    return Product(
        (found["iso"] or "").upper(), int(found["year"]), quantities[found["what"].lower()], method, rank, alpha=False
    )


def is_of_worldpop(name: str) -> bool:
    """Whether a file's name is one of WorldPop's, or says so."""
    if _FOREIGN.search(name):
        return False
    return product_of(name) is not None or _HOUSE.search(name) is not None
