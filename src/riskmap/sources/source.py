"""What every source is: a name, a licence, and a pure `read`; and the one list of them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from riskmap.errors import UnknownSource
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw

Options = Mapping[str, Any]


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
    """

    layer: Layer
    read: int
    accepted: int
    quarantined: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


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
    def options(self) -> frozenset[str]:
        """Names of the options that `read` takes; a case that gives another is refused."""

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file; a pure function of its bytes and the options.

        Raises:
            InputError: The file is not what it claims to be, or an option is missing or wrong.
        """


REGISTRY: Mapping[str, str] = MappingProxyType(
    {
        "acled": "riskmap.sources.acled:Acled",
        "dtm": "riskmap.sources.dtm:Dtm",
        "gdacs": "riskmap.sources.gdacs:Gdacs",
        "hazard_areas": "riskmap.sources.hazard_areas:HazardAreas",
        "idmc": "riskmap.sources.idmc:Idmc",
        "prmn": "riskmap.sources.prmn:Prmn",
        "shakemap": "riskmap.sources.shakemap:ShakeMap",
        "tables": "riskmap.sources.tables:Tables",
        "ucdp": "riskmap.sources.ucdp:Ucdp",
        "worldpop": "riskmap.sources.worldpop:WorldPop",
    }
)
"""Name -> `module:class`; loaded on first use, so that listing sources imports none."""


def source(name: str) -> Source:
    """The source of that name.

    Raises:
        UnknownSource: There is none.
    """
    try:
        module, _, attribute = REGISTRY[name].partition(":")
    except KeyError:
        raise UnknownSource(name, f"no such source; known are {', '.join(REGISTRY)}") from None
    made: Source = getattr(importlib.import_module(module), attribute)()
    return made
