"""UNHCR PRMN: people who arrived in a district of Somalia, week by week, told by month.

It is a flow table without keys: two equal rows are two arrivals. Rows of one month and district are summed, so that
nothing is taken for a repetition and reading a file again gives the same records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import FetchError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.ckan import ENDPOINTS, HOSTS, Resource, keep_resources, resources
from riskmap.sources.columns import Mask, Quarantine, as_mask, listed, received, text_option
from riskmap.sources.figure_years import day_in
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table
from riskmap.sources.wire import Wire

_DISASTER = ("drought related", "flood")
_CONFLICT = ("conflict/insecurity",)
_OTHER = ("other",)

_LICENCE = Licence(
    id="CC-BY",
    attribution="UNHCR Protection and Return Monitoring Network (PRMN)",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)
_ACCESS = Access("open", endpoints=ENDPOINTS, hosts=HOSTS, pace_s=1.0)
_DATASET = "somalia-internally-displaced-persons-idps"
_FORMATS = ("xlsx", "xls", "csv")


@dataclass(frozen=True)
class Prmn:
    """Arrivals of the Protection and Return Monitoring Network.

    Measures: `new_arrivals` (whatever the reason), `disaster_displacement` (drought, flood) and
    `conflict_displacement`.
    """

    name: str = "prmn"
    title: str = "UNHCR PRMN: arrivals of displaced people by district and month"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"date_format", "sheet"})
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.has("Current (Arrival) Region", "Reason")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks the catalogue of the Humanitarian Data Exchange for the whole table; no question makes it smaller.

        Raises:
            FetchError: It is of another country, or the provider did not give it.
        """
        if asked.options or asked.area not in {"", "SOM"}:
            raise FetchError("prmn is of Somalia (SOM) alone, and takes no options")
        keep_resources(wire, _DATASET, _is_table)

    def check(self, wire: Wire) -> None:
        """Asks the catalogue which files there are.

        Raises:
            FetchError: It does not answer, or the table is not among them.
        """
        if not any(_is_table(one) for one in resources(wire, _DATASET)):
            raise FetchError(f"dataset {_DATASET} has no table of PRMN any more")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one workbook or CSV; a pure function of its bytes and the options.

        Options: `sheet` of a workbook, its first where not given; `date_format`.

        Raises:
            InputError: The file is no PRMN table, or an option is wrong.
        """
        table = read_table(raw, sheet=text_option(raw, options, "sheet"))
        quarantine = Quarantine(table)
        given = text_option(raw, options, "date_format")
        day = quarantine.days(table.date_format("Month End", given=given), "Month End")
        region, district = table.text("Current (Arrival) Region"), table.text("Current (Arrival) District")
        quarantine.refuse(as_mask(pc.is_null(district)), "no arrival district", "Current (Arrival) District")
        people = quarantine.counts("Number of Individuals")
        reason = pc.utf8_lower(table.text("Reason"))
        strange = quarantine.kept & ~_among(reason, _DISASTER + _CONFLICT + _OTHER)
        rows = pa.table(
            {
                "month": day.astype("datetime64[M]").astype("datetime64[D]"),
                "region": region,
                "district": district,
                "people": people,
            }
        )
        kept = quarantine.kept
        layers = [
            self._summed(raw, rows.filter(pa.array(kept & wanted)), measure)
            for measure, wanted in {
                "new_arrivals": np.ones(len(table), dtype=np.bool_),
                "disaster_displacement": _among(reason, _DISASTER),
                "conflict_displacement": _among(reason, _CONFLICT),
            }.items()
        ]
        return quarantine.reading(Layer.concat(layers), _notes(table.text("Reason"), strange))

    def _summed(self, raw: Raw, rows: pa.Table, measure: str) -> Layer:
        """One record for each month and district."""
        keys = ["month", "region", "district"]
        sums = rows.group_by(keys).aggregate([("people", "sum")]).sort_by([(key, "ascending") for key in keys])
        month = sums["month"].to_numpy().astype("datetime64[M]")
        modified = raw.labels.get("modified", "")
        published = day_in(modified, "%Y-%m-%d")
        ids = pc.binary_join_element_wise(
            pc.strftime(sums["month"], "%Y-%m"), pc.fill_null(sums["region"], ""), sums["district"], "|"
        )
        columns: Mapping[str, object] = {
            "record_id": ids,
            "version": modified or (raw.retrieved.strftime("%Y-%m-%dT%H:%M:%S") if raw.retrieved else None),
            "published": None if published is None else np.full(len(month), np.datetime64(published, "s")),
            "source": self.name,
            "theme": "displacement",
            "measure": measure,
            "kind": "flow",
            "spread": "extensive",
            "value": sums["people_sum"],
            "unit": "people",
            "start": month.astype("datetime64[s]"),
            "end": (month + 1).astype("datetime64[s]"),
            "time_precision": "month",
            "retrieved": received(raw, len(month)),
            "place": sums["district"],
            "place_parent": sums["region"],
            "pcode_level": 2,
            "geo_precision": "adm2",
            "overlap_group": "displacement-movements",
            "licence": self.licence.id,
        }
        return Layer.build(columns)


def _is_table(resource: Resource) -> bool:
    return "prmn" in resource.name.casefold() and resource.format in _FORMATS


def _among(text: pa.Array, words: tuple[str, ...]) -> Mask:
    return as_mask(pc.is_in(text, pa.array(words)))


def _notes(reason: pa.Array, strange: Mask) -> tuple[str, ...]:
    if not strange.any():
        return ()
    found = pc.unique(pc.fill_null(reason.filter(pa.array(strange)), "(empty)")).to_pylist()
    return (f"{int(strange.sum())} rows of unknown reasons, {listed(sorted(found))}, count as new_arrivals only",)
