"""HDX HAPI: humanitarian figures of many providers in one form, by theme, from its API or the files that mirror it.

A theme's table holds national rows beside those of districts, parts beside totals, and rows that differ only by
rounding. None of them are ever added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources import ckan
from riskmap.sources.columns import Table, received
from riskmap.sources.editions import edition, published
from riskmap.sources.hapi_fetch import fetch_files, fetch_rows, headers, rows_in
from riskmap.sources.hapi_records import layers_of
from riskmap.sources.hapi_rows import HapiOptions, rows_of
from riskmap.sources.hapi_themes import THEMES, theme_of
from riskmap.sources.options import checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, table_of_records
from riskmap.sources.wire import Ask, Reply, Wire

_LICENCE = Licence(
    id="HDX-HAPI-terms",
    attribution="OCHA Centre for Humanitarian Data, HDX Humanitarian API (HAPI), and the providers that it names",
    url="https://data.humdata.org/faqs/licenses",
    raw=False,
    derived=True,
)
_ACCESS = Access(
    "key",
    credentials=("hapi_app_identifier",),
    endpoints={"api": "https://hapi.humdata.org/api/v2", **ckan.ENDPOINTS},
    hosts=ckan.HOSTS,
    pace_s=1.0,
    home="https://hapi.humdata.org/docs",
)


@dataclass(frozen=True)
class Hapi:
    """Themes of the HDX Humanitarian API.

    Measures by theme: `conflict_events`, `conflict_deaths`, `civilian_targeting_events` (some of the former) and
    `unrest_events`; `phase3plus_people` and `phase3plus_share`; `organisations_present` and
    `protection_organisations_present`; `people_in_need` and the same of protection, of gender-based violence and of
    children; `refugees`, `asylum_seekers`, `others_in_need_of_protection`, `stateless`; `returned_refugees` and
    `returned_idps`; `inform_risk` and its three parts; `poverty_headcount` and `poverty_severe`; `rainfall_of_normal`;
    `appeal_requirements` and `appeal_funding`; `population`. People displaced by round are read by the source `dtm`.
    """

    name: str = "hapi"
    title: str = "HDX HAPI: humanitarian figures by theme"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(HapiOptions.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        told = sight.has("reference_period_start", "reference_period_end")
        return told and any(sight.has(*theme.marks) for theme in THEMES) and not sight.has("reporting_round")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one theme; a pure function of its bytes and the options, which `HapiOptions` explains.

        Raises:
            InputError: The file holds no theme that is read here, nothing of what is wanted, or an option is wrong.
        """
        given = checked(HapiOptions, raw, options)
        table = _table(raw)
        if table is None:
            return Reading(Layer.empty(), 0, 0, notes=("HAPI has no rows for this question",))
        rows = rows_of(table, theme_of(table, raw.labels.get("theme", "")), given)

        def everywhere(length: int) -> dict[str, object]:
            return {
                "source": self.name,
                "version": edition(raw),
                "published": published(raw, length),
                "retrieved": received(raw, length),
                "licence": self.licence.id,
            }

        layer, notes = layers_of(rows, everywhere)
        return rows.quarantine.reading(layer, notes)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks the API for the themes of one country, or takes the files that mirror them.

        Options: `themes`, with commas between, all where not given; `files`, `yes` for the files of the whole world,
        which need no identifier.

        Raises:
            FetchError: HAPI or HDX does not give it.
        """
        if asked.options.get("files", "no").casefold() == "yes":
            fetch_files(asked, wire)
        else:
            fetch_rows(asked, wire)

    def check(self, wire: Wire) -> None:
        """One row of national risk.

        Raises:
            FetchError: HAPI does not give it.
        """
        params: dict[str, str | int] = {"output_format": "json", "limit": 1, "offset": 0}
        url = wire.at("api", "coordination-context/national-risk")
        wire.get(url, params, headers=headers(wire), ask=Ask("index", sound=_has_rows))


def _has_rows(reply: Reply) -> None:
    rows_in(reply)


def _table(raw: Raw) -> Table | None:
    """The rows of a file; None where it is an answer without rows."""
    if not is_json(raw):
        return read_table(raw)
    value = read_json(raw)
    if isinstance(value, Mapping) and value.get("data") == []:
        return None
    rows = json_list(raw.name, value, "data" if isinstance(value, Mapping) else "")
    return table_of_records(raw.name, rows)
