"""What every source is: a name, a licence, and a pure `read`; and the one list of them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from riskmap.errors import UnknownSource
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw

if TYPE_CHECKING:
    from riskmap.sources.sight import Sight
    from riskmap.sources.wire import Wire

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Cover:
    """What a file lists completely, so that it stands in place of what lower ranks say of the same days.

    Args:
        start: First day.
        end: First day after.
        rank: Which of two files is believed; the higher one.
    """

    start: date
    end: date
    rank: int


@dataclass(frozen=True)
class Reading:
    """What came out of one file, with nothing lost: `read` = `accepted` + all of `quarantined`.

    Args:
        layer: The accepted records; one row of a file may give several (one for each measure).
        read: Rows or features in the file, headers and tag rows excluded.
        accepted: Rows that gave at least one record.
        quarantined: Rows refused, counted by reason.
        examples: For each reason, up to five places where it was met (such as `row 12: best = 'x'`).
        notes: What was repaired or assumed, counted, in plain words.
        cover: What the file lists completely, where its provider says so.
    """

    layer: Layer
    read: int
    accepted: int
    quarantined: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cover: Cover | None = None


@runtime_checkable
class Source(Protocol):
    """A provider. Implementations are frozen values without state."""

    @property
    def name(self) -> str:
        """Registry name, which is also the module's."""

    @property
    def title(self) -> str:
        """What it gives, in one line a person reads."""

    @property
    def licence(self) -> Licence:
        """The terms of its data."""

    @property
    def access(self) -> Access:
        """How its data are got."""

    @property
    def options(self) -> frozenset[str]:
        """Names of the options that `read` takes; a case that gives another is refused."""

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file; a pure function of its bytes and the options.

        Raises:
            InputError: The file is not what it claims to be, or an option is missing or wrong.
        """


@runtime_checkable
class Provider(Source, Protocol):
    """A source that can be asked over the network."""

    @property
    def lists_all(self) -> bool:
        """Whether a finished fetch lists everything of its days, so that what is absent was withdrawn."""

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for everything of an area and span; the wire keeps each payload in the vault.

        Raises:
            FetchError: The provider did not give it.
        """

    def check(self, wire: Wire) -> None:
        """One small request that shows whether the provider still answers as this source expects.

        Raises:
            FetchError: It does not.
        """


@runtime_checkable
class Polled(Provider, Protocol):
    """A provider with a small feed of what is new, which may be asked every `access.cadence_s` seconds."""

    def poll(self, asked: Asked, wire: Wire) -> None:
        """Asks for what is new, in as few and small requests as there are; the wire keeps each payload.

        What it brings lists no day completely: what is absent from it was not withdrawn.

        Args:
            asked: Area and options, among them `bbox` where there is an area; it asks for no days.
            wire: Of the source.

        Raises:
            FetchError: The provider did not give it.
        """


REGISTRY: Mapping[str, str] = MappingProxyType(
    {
        "acled": "riskmap.sources.acled:Acled",
        "age_sex": "riskmap.sources.age_sex:AgeSex",
        "cod_ab": "riskmap.sources.cod_ab:CodAb",
        "dtm": "riskmap.sources.dtm:Dtm",
        "eonet": "riskmap.sources.eonet:Eonet",
        "firms": "riskmap.sources.firms:Firms",
        "flood_raster": "riskmap.sources.flood_raster:FloodRaster",
        "gdacs": "riskmap.sources.gdacs:Gdacs",
        "geoboundaries": "riskmap.sources.geoboundaries:GeoBoundaries",
        "ghs_pop": "riskmap.sources.ghs_pop:GhsPop",
        "gidd": "riskmap.sources.gidd:Gidd",
        "gidd_figures": "riskmap.sources.gidd_figures:GiddFigures",
        "hapi": "riskmap.sources.hapi:Hapi",
        "hazard_areas": "riskmap.sources.hazard_areas:HazardAreas",
        "hxl": "riskmap.sources.hxl:Hxl",
        "ibtracs": "riskmap.sources.ibtracs:Ibtracs",
        "idmc": "riskmap.sources.idmc:Idmc",
        "ifrc_go": "riskmap.sources.ifrc_go:IfrcGo",
        "inform": "riskmap.sources.inform:Inform",
        "ipc": "riskmap.sources.ipc:Ipc",
        "missing_migrants": "riskmap.sources.missing_migrants:MissingMigrants",
        "natural_earth": "riskmap.sources.natural_earth:NaturalEarth",
        "palermo": "riskmap.sources.palermo:Palermo",
        "presence": "riskmap.sources.presence:Presence",
        "prmn": "riskmap.sources.prmn:Prmn",
        "rasters": "riskmap.sources.rasters:Rasters",
        "reliefweb": "riskmap.sources.reliefweb:Reliefweb",
        "shakemap": "riskmap.sources.shakemap:ShakeMap",
        "shapes": "riskmap.sources.shapes:Shapes",
        "tables": "riskmap.sources.tables:Tables",
        "tip_tiers": "riskmap.sources.tip_tiers:TipTiers",
        "ucdp": "riskmap.sources.ucdp:Ucdp",
        "unhcr": "riskmap.sources.unhcr:Unhcr",
        "unhcr_odp": "riskmap.sources.unhcr_odp:UnhcrOdp",
        "usgs": "riskmap.sources.usgs:Usgs",
        "wfp_prices": "riskmap.sources.wfp_prices:WfpPrices",
        "wgi": "riskmap.sources.wgi:Wgi",
        "worldpop": "riskmap.sources.worldpop:WorldPop",
    }
)
"""Name -> `module:class` of the sources of the house; loaded on first use, so that listing them imports none."""


ENTRY_POINTS = "riskmap.sources"
"""Group of entry points by which another distribution adds sources of its own."""


def registered() -> Mapping[str, str]:
    """Every source by name: those of the house, and those that installed distributions add beside them."""
    added = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return dict(sorted({**added, **REGISTRY}.items()))


def source(name: str) -> Source:
    """The source of that name.

    Raises:
        UnknownSource: There is none.
    """
    known = REGISTRY if name in REGISTRY else registered()
    try:
        module, _, attribute = known[name].partition(":")
    except KeyError:
        raise UnknownSource(name, f"no such source; known are {', '.join(known)}") from None
    made: Source = getattr(importlib.import_module(module), attribute)()
    return made
