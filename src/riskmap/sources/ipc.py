"""IPC and Cadre Harmonise: how many people are in a food crisis or worse, by area and period of analysis.

Projections are not added to what was observed, chronic conditions are not acute ones, and an area without phases was
not looked at: it is not in phase 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskmap.errors import ProviderRefused
from riskmap.model.access import Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.answers import is_collection, is_list_of
from riskmap.sources.columns import received
from riskmap.sources.editions import edition, published
from riskmap.sources.ipc_layouts import IpcOptions, alpha2
from riskmap.sources.ipc_outlines import read_outlines
from riskmap.sources.ipc_tables import areas_of, read_long, read_wide
from riskmap.sources.options import checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, read_json, read_table
from riskmap.sources.wire import Ask, Reply, Wire

_LICENCE = Licence(
    id="IPC-terms",
    attribution="Integrated Food Security Phase Classification (IPC) and Cadre Harmonise, ipcinfo.org",
    url="https://www.ipcinfo.org/ipcinfo-website/terms-and-conditions/en/",
    raw=False,
    derived=True,
)
_ACCESS = Access(
    "key",
    credentials=("ipc_key",),
    endpoints={"api": "https://api.ipcinfo.org"},
    pace_s=1.0,
    home="https://www.ipcinfo.org/ipc-country-analysis/api/",
)


@dataclass(frozen=True)
class Ipc:
    """Analyses of acute food insecurity.

    Measures: `phase3plus_people`, `phase3plus_share` (percent of those analysed) and, where the layout tells it,
    `food_insecurity_phase` of an area as a whole.
    """

    name: str = "ipc"
    title: str = "IPC and Cadre Harmonise: people in food crisis"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(IpcOptions.model_fields)
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return (
            sight.has("current_period_dates", "analysis_date")
            or sight.has("Validity period", "Phase", "Number")
            or sight.has("adm2_pcod2", "phase35", "chtype")
            or sight.has("ipc_pop_ph3_5")
            or sight.has("overall_phase", "condition")
        )

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of an answer of the service, of a file of people by phase on HDX, or of the Cadre Harmonise.

        Options: those of `IpcOptions`.

        Raises:
            InputError: The file is none of these, has nothing of what is wanted, or an option is missing or wrong.
        """
        given = checked(IpcOptions, raw, options)

        def everywhere(length: int) -> dict[str, object]:
            return {
                "source": self.name,
                "version": edition(raw),
                "published": published(raw, length),
                "retrieved": received(raw, length),
                "licence": self.licence.id,
            }

        value = read_json(raw) if is_json(raw) else None
        if value is None:
            return read_long(read_table(raw), given, everywhere)
        if isinstance(value, Mapping) and "features" in value:
            return read_outlines(raw, given.period, everywhere)
        return read_wide(areas_of(raw, value, given), given, everywhere)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for all analyses of a country, or of all countries.

        Option `outlines`: `yes` for the outlines of areas with their phases, in place of people by name; never both,
        since they tell the same.

        Raises:
            FetchError: The service does not give it.
        """
        country = {"country": alpha2(asked.area)} if asked.area else {}
        years = range(asked.start.year, asked.end.year + 1)
        if asked.options.get("outlines", "no").casefold() != "yes":
            span = {"start": str(years[0]), "end": str(years[-1])}
            self._ask(wire, "population", country | span, Ask(sound=_lists_analyses))
            return
        for year in years:
            told = {"format": "geojson", "year": str(year), "type": "A"}
            self._ask(wire, "areas", country | told, Ask(sound=_holds_features))

    def check(self, wire: Wire) -> None:
        """The list of analyses of one country.

        Raises:
            FetchError: The service does not give it.
        """
        self._ask(wire, "analyses", {"country": "SO", "type": "A"}, Ask("index", sound=_lists_analyses))

    def _ask(self, wire: Wire, part: str, params: Mapping[str, str], ask: Ask) -> None:
        wire.get(wire.at("api", part), {**params, "key": wire.secret("ipc_key")}, ask=ask)


def _lists_analyses(reply: Reply) -> None:
    value = reply.json()
    if not is_list_of(value, "analysis_date"):
        raise ProviderRefused(f"{reply.raw.url} gives no list of analyses: {str(value)[:200]}")


def _holds_features(reply: Reply) -> None:
    value = reply.json()
    if not is_collection(value):
        raise ProviderRefused(f"{reply.raw.url} gives no features: {str(value)[:200]}")
