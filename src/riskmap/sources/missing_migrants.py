"""IOM Missing Migrants: people who died or went missing on their way, one row an incident, or a part of one.

Everything comes as text, empty where unknown, and the position as "latitude, longitude" in one field whose name is
misspelt. Parts of an incident by origin share its identifier; they are added up and origins forgotten. Many positions
are approximate, and many at sea.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Floats, Mask, Quarantine, Table, as_mask, points, received, text_option
from riskmap.sources.isocodes import codes_of
from riskmap.sources.missing_migrants_fetch import PART, check_lists, fetch_lists
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="CC-BY-IGO",
    attribution="International Organization for Migration (IOM), Missing Migrants Project",
    url="https://creativecommons.org/licenses/by/3.0/igo/",
    raw=True,
    derived=True,
)
_ACCESS = Access("open", endpoints={PART: "https://missingmigrants.iom.int/global-figures"}, pace_s=1.0)
_ID = ("web_id", "Incident ID", "Main ID")
_DATE = ("reported_date", "Incident Date")
_DEAD = ("number_dead", "Number of Dead")
_MISSING = ("number_missing", "Minimum Estimated Number of Missing")
_PLACE = ("location_coodinates", "location_coordinates", "Coordinates")
_COUNTRY = ("country_of_incident", "Country of Incident")
_POSITION = r"^(?P<lat>[+-]?\d+(?:\.\d+)?)\s*,\s*(?P<lon>[+-]?\d+(?:\.\d+)?)$"
_THOUSANDS = r"^\d{1,3}(,\d{3})+$"


@dataclass(frozen=True)
class MissingMigrants:
    """Incidents of the Missing Migrants Project.

    Measures: `migrant_deaths`, and `migrant_missing`, which is the least number that is estimated. Sex, age and origin
    are not kept.
    """

    name: str = "missing_migrants"
    title: str = "IOM Missing Migrants: deaths and disappearances on migration routes"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"date_format"})
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return any(sight.has(dead, missing) for dead, missing in zip(_DEAD, _MISSING, strict=True))

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the lists of the years asked for.

        Raises:
            FetchError: The provider did not give them.
        """
        fetch_lists(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for the list of the first year.

        Raises:
            FetchError: It does not come.
        """
        check_lists(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of the list of a year, or of a table with the same columns.

        Options: `date_format`.

        Raises:
            InputError: The file is neither, or the option is wrong.
        """
        table = _without_commas(read_table(raw))
        quarantine = Quarantine(table)
        given = text_option(raw, options, "date_format")
        day = quarantine.days(table.date_format(*_DATE, given=given), *_DATE)
        dead, missing = (quarantine.counts(*names, required=False) for names in (_DEAD, _MISSING))
        quarantine.refuse(np.isnan(dead) & np.isnan(missing), "neither dead nor missing are told", _DEAD[0])
        ids, place, country = table.text(*_ID), table.optional(*_PLACE), table.optional(*_COUNTRY)
        quarantine.refuse(as_mask(pc.is_null(ids)), f"{_ID[0]}: missing", _ID[0])
        lon, lat = _positions(quarantine, place)
        nowhere = as_mask(pc.and_(pc.is_null(place), pc.is_null(country)))
        quarantine.refuse(nowhere, "neither coordinates nor country", _PLACE[0])
        whole = [pc.fill_null(column, "") for _, column in sorted(table.columns.items())]
        quarantine.keep_newest(pc.binary_join_element_wise(*whole, "\x1f"), "repeated row")
        where = pc.coalesce(place, country, pa.scalar(""))
        rows = pa.table({"id": ids, "day": day, "where": where, "country": country, "lon": lon, "lat": lat})
        layers = [
            self._layer(raw, _summed(rows, people, quarantine.kept & ~np.isnan(people)), measure)
            for measure, people in (("migrant_deaths", dead), ("migrant_missing", missing))
        ]
        return quarantine.reading(Layer.concat(layers), _notes(quarantine, dead, place))

    def _layer(self, raw: Raw, sums: pa.Table, measure: str) -> Layer:
        """One record for each incident, day and place."""
        day = sums["day"].to_numpy().astype("datetime64[D]")
        text = pc.strftime(sums["day"].combine_chunks(), "%Y-%m-%d")
        at_point = np.asarray(~np.isnan(sums["lon"].to_numpy()))
        lon, lat = (np.nan_to_num(sums[name].to_numpy()) for name in ("lon", "lat"))
        point, none = pa.array(at_point), pa.scalar(None, pa.string())
        country, value = sums["country"].combine_chunks(), sums["people"]
        columns: Mapping[str, object] = {
            "record_id": pc.binary_join_element_wise(
                sums["id"].combine_chunks(), text, sums["where"].combine_chunks(), "|"
            ),
            "event_id": sums["id"],
            "version": raw.retrieved.strftime("%Y-%m-%dT%H:%M:%S") if raw.retrieved else None,
            "source": self.name,
            "theme": "protection",
            "measure": measure,
            "kind": "flow",
            "spread": "extensive",
            "value": value,
            "low": value if measure == "migrant_missing" else None,
            "unit": "people",
            "start": day,
            "end": day + 1,
            "retrieved": received(raw, len(sums)),
            "geometry": pc.if_else(point, points(lon, lat), pa.scalar(None, pa.binary())),
            "pcode": pc.if_else(point, none, codes_of(country)),
            "place": pc.if_else(point, none, country),
            "pcode_level": pc.if_else(point, pa.scalar(None, pa.int8()), pa.scalar(0, pa.int8())),
            "geo_precision": pa.array(np.where(at_point, "near", "country"), pa.string()),
            "licence": self.licence.id,
        }
        return Layer.build(columns)


def _without_commas(table: Table) -> Table:
    """Counts without the commas that part their thousands."""
    columns = dict(table.columns)
    for names in (_DEAD, _MISSING):
        name = table.find(*names)
        if name is not None:
            parted = pc.match_substring_regex(columns[name], _THOUSANDS)
            columns[name] = pc.if_else(parted, pc.replace_substring(columns[name], ",", ""), columns[name])
    return replace(table, columns=columns)


def _positions(quarantine: Quarantine, place: pa.Array) -> tuple[Floats, Floats]:
    """Longitudes and latitudes, NaN where none are told; what cannot be read or be is refused."""
    parts = pc.extract_regex(place, _POSITION)
    lon, lat = (
        pc.cast(pc.struct_field(parts, name), pa.float64()).to_numpy(zero_copy_only=False) for name in ("lon", "lat")
    )
    unread = np.isnan(lon) & as_mask(pc.is_valid(place))
    beyond = (np.abs(lon) > 180) | (np.abs(lat) > 90) | ((lon == 0) & (lat == 0))
    quarantine.refuse(unread | beyond, "coordinates are not latitude, longitude", _PLACE[0], place)
    return lon, lat


def _summed(rows: pa.Table, people: Floats, keep: Mask) -> pa.Table:
    """People by incident, day and place, of the rows where `keep`."""
    told = rows.append_column("people", pa.array(people)).filter(pa.array(keep))
    names = ("people", "country", "lon", "lat")
    sums = told.group_by(["id", "day", "where"]).aggregate(
        [(name, "sum" if name == "people" else "min") for name in names]
    )
    return sums.select(["id", "day", "where", "people_sum", *(f"{name}_min" for name in names[1:])]).rename_columns(
        ["id", "day", "where", *names]
    )


def _notes(quarantine: Quarantine, dead: Floats, place: pa.Array) -> Sequence[str]:
    """What was assumed, counted."""
    unknown = int((quarantine.kept & np.isnan(dead)).sum())
    placeless = int((quarantine.kept & as_mask(pc.is_null(place))).sum())
    notes = {
        f"{unknown} rows whose number of dead is unknown give no deaths": unknown,
        f"{placeless} rows without coordinates placed by country": placeless,
    }
    return [note for note, met in notes.items() if met]
