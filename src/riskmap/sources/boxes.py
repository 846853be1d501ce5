"""Boxes: where to ask a provider that knows no countries, only west, south, east and north."""

from __future__ import annotations

from riskmap.errors import FetchError
from riskmap.model.raw import Asked

Box = tuple[float, float, float, float]

WORLD: Box = (-180.0, -90.0, 180.0, 90.0)


def asked_box(asked: Asked) -> Box:
    """West, south, east and north in degrees of what is asked: the option `bbox`, or the world where no area is named.

    A box goes with the country that it encloses, since what a fetch lists completely is known by country.

    Raises:
        FetchError: A country comes without its box, a box without its country, or the box is none.
    """
    told = asked.options.get("bbox", "")
    if not told and not asked.area:
        return WORLD
    if not told:
        raise FetchError(f"give the option bbox=west,south,east,north that encloses {asked.area}: degrees, with commas")
    if not asked.area:
        raise FetchError(
            "option bbox goes with the country that it encloses; name it as the area, or ask for the world"
        )
    try:
        west, south, east, north = (float(part) for part in told.split(","))
    except ValueError:
        raise FetchError(f"option bbox is west,south,east,north in degrees, not {told!r}") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise FetchError(f"option bbox is west,south,east,north with west < east and south < north, not {told!r}")
    return west, south, east, north


def box_text(box: Box) -> str:
    """A box as requests write it: four numbers with commas between them."""
    return ",".join(f"{edge:g}" for edge in box)
