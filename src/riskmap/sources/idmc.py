"""IDMC IDU: movements of people inside their country, as reported within the last days and weeks.

A row is one figure of one report, and several figures may tell of the same event: IDMC marks the one it recommends.
Where it has not done so yet, the newest figure of each place counts. Positions are written latitude first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import (
    Floats,
    Mask,
    Quarantine,
    Table,
    as_mask,
    layer_of,
    listed,
    received,
    text_option,
)
from riskmap.sources.idmc_fetch import CLIENT, HOSTS, PART, ask_list, fetch_updates
from riskmap.sources.idmc_places import Position, Spot, at_spots, is_position, spots_of
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="CC-BY-IGO",
    attribution="Internal Displacement Monitoring Centre (IDMC), Internal Displacement Updates",
    url="https://creativecommons.org/licenses/by/3.0/igo/",
    raw=True,
    derived=True,
)
_RECOMMENDED, _TRIANGULATION = "recommended figure", "triangulation"
_AT_LEAST, _AT_MOST = ("more than", "at least"), ("less than", "up to", "at most")
_MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)?$"
_ACCESS = Access(
    "key",
    credentials=(CLIENT,),
    endpoints={PART: "https://helix-tools-api.idmcdb.org/external-api/idus"},
    hosts=HOSTS,
    pace_s=1.0,
    home="https://www.internal-displacement.org/database/api-documentation/",
)


@dataclass(frozen=True)
class Idmc:
    """Internal Displacement Updates.

    Measures: `new_displacement` (whatever the cause), `disaster_displacement` and `conflict_displacement`. All are
    preliminary, and one person may be counted at each movement.
    """

    name: str = "idmc"
    title: str = "IDMC IDU: new internal displacements"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"date_format"})
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.has("displacement_type", "figure", "qualifier")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the whole list, which no question makes smaller.

        Options: `list`, `last-180-days` for the short list, where it holds the days asked for.

        Raises:
            FetchError: The provider did not give it.
        """
        fetch_updates(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for the short list.

        Raises:
            FetchError: It does not come.
        """
        ask_list(wire, "last-180-days")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of an API reply or of a CSV with the same columns.

        Options: `date_format`.

        Raises:
            InputError: The file is neither, or the option is wrong.
        """
        table = read_table(raw)
        quarantine = Quarantine(table)
        given = text_option(raw, options, "date_format")
        fields = ("displacement_start_date", "displacement_end_date")
        date_format = table.date_format(*fields, given=given)
        start, last = (quarantine.days(date_format, field) for field in fields)
        quarantine.refuse(last < start, "end before start", fields[1], table.text(fields[1]))
        figure = quarantine.counts("figure")
        unit = pc.utf8_lower(table.optional("unit", "figure_unit"))
        households = as_mask(pc.starts_with(unit, "household"))
        quarantine.refuse(households, "figure counts households, not people", "unit", unit)
        ids = table.text("id")
        quarantine.refuse(as_mask(pc.is_null(ids)), "id: missing", "id")
        created = table.optional("created_at")
        published = _moments(created)
        unread = as_mask(pc.and_(pc.is_valid(created), pc.is_null(published)))
        quarantine.refuse(unread, "created_at: not a moment in UTC", "created_at", created)
        notes = [_refuse_doubles(quarantine, table, ids)]
        spots = _spots(quarantine, table)
        notes += _notes(quarantine.kept, table, spots)
        low, high = _bounds(figure, table.optional("qualifier"))
        columns = {
            "record_id": ids,
            "event_id": table.optional("event_id"),
            "version": created,
            "published": published,
            "value": figure,
            "low": low,
            "high": high,
            "start": start,
            # A refused row may run backwards; its end is not used.
            "end": np.maximum(last, start) + 1,
        }
        cause = pc.utf8_lower(table.text("displacement_type"))
        return quarantine.reading(self._layer(raw, columns, spots, cause), filter(None, notes))

    def _layer(self, raw: Raw, columns: Mapping[str, object], spots: Sequence[Spot], cause: pa.Array) -> Layer:
        """One record for each measure, figure and place."""
        everywhere = {
            **at_spots(columns, spots),
            "source": self.name,
            "theme": "displacement",
            "kind": "flow",
            "spread": "extensive",
            "unit": "people",
            "retrieved": received(raw, len(spots)),
            "preliminary": True,
            "overlap_group": "displacement-movements",
            "licence": self.licence.id,
        }
        causes = cause.take(pa.array([spot.row for spot in spots], pa.int64()))
        wanted = {
            "new_displacement": np.ones(len(spots), dtype=np.bool_),
            "disaster_displacement": as_mask(pc.equal(causes, "disaster")),
            "conflict_displacement": as_mask(pc.equal(causes, "conflict")),
        }
        return Layer.concat([layer_of({**everywhere, "measure": measure}, mask) for measure, mask in wanted.items()])


def _moments(text: pa.Array) -> pa.Array:
    """Moments in UTC, in whole seconds; null where the text is none."""
    told = pc.if_else(pc.match_substring_regex(text, _MOMENT), text, pa.scalar(None, pa.string()))
    return pc.strptime(pc.utf8_slice_codeunits(told, 0, 19), "%Y-%m-%dT%H:%M:%S", "s", error_is_null=True)


def _refuse_doubles(quarantine: Quarantine, table: Table, ids: pa.Array) -> str:
    """Refuse figures that tell of what another figure tells already; gives a note where that cannot be known."""
    created = table.optional("created_at")
    quarantine.keep_newest(ids, "superseded by a newer version", created)
    if table.find("role") is None:
        return "no role field: figures of one event may double count"
    role = pc.utf8_lower(table.text("role"))
    known = as_mask(pc.is_in(role, pa.array([_RECOMMENDED, _TRIANGULATION])))
    quarantine.refuse(~known, "role: not known", "role", table.text("role"))
    # A figure without event stands for an event of its own.
    event = pc.coalesce(table.optional("event_id"), pc.binary_join_element_wise("figure", ids, " "))
    recommended = as_mask(pc.equal(role, _RECOMMENDED))
    settled = as_mask(pc.is_in(event, event.filter(pa.array(recommended & quarantine.kept))))
    quarantine.refuse(settled & ~recommended, "triangulation beside a recommended figure", "event_id", event)
    place = pc.coalesce(table.optional("locations_coordinates"), table.optional("centroid"), pa.scalar(""))
    key = pc.if_else(pa.array(recommended), None, pc.binary_join_element_wise(event, place, " "))
    quarantine.keep_newest(key, "older triangulation of the same place", created)
    return ""


def _spots(quarantine: Quarantine, table: Table) -> Sequence[Spot]:
    """The places of every figure that is kept; figures with a place that cannot be read are refused."""
    listed_places = table.optional("locations_coordinates")
    single = pc.binary_join_element_wise(table.optional("latitude"), table.optional("longitude"), ",")
    places = pc.coalesce(listed_places, single)
    accuracies, types = table.optional("locations_accuracy"), table.optional("locations_type")
    told = zip(places.to_pylist(), accuracies.to_pylist(), types.to_pylist(), strict=True)
    spots: dict[int, Sequence[Spot]] = {row: _of_figure(row, *cells) for row, cells in enumerate(told)}
    unread = np.array([not spots[row] for row in range(len(table))], dtype=np.bool_)
    quarantine.refuse(as_mask(pc.is_null(places)), "no coordinates", "locations_coordinates")
    quarantine.refuse(unread, "coordinates are not latitude, longitude", "locations_coordinates", places)
    return [spot for row in np.flatnonzero(quarantine.kept) for spot in spots[int(row)]]


def _of_figure(row: int, places: str | None, accuracies: str | None, types: str | None) -> Sequence[Spot]:
    """The places of one figure; none where one of them cannot be read."""
    positions = [_position(text) for text in (places or "").split(";")]
    read = [position for position in positions if position is not None]
    return spots_of(row, read, _parts(accuracies), _parts(types)) if len(read) == len(positions) else ()


def _parts(text: str | None) -> Sequence[str]:
    return (text or "").split(";")


def _position(text: str) -> Position | None:
    """Longitude and latitude from a text that has latitude first; None where it is not two numbers in range."""
    try:
        lat, lon = (float(part) for part in text.strip(" []").split(","))
    except ValueError:
        return None
    return (lon, lat) if is_position(lon, lat) else None


def _bounds(figure: Floats, qualifier: pa.Array) -> tuple[Floats, Floats]:
    """A low bound where the figure is told to be a minimum, a high one where a maximum; NaN elsewhere."""
    words = pc.utf8_lower(qualifier)
    at_least, at_most = (as_mask(pc.is_in(words, pa.array(kind))) for kind in (_AT_LEAST, _AT_MOST))
    return np.where(at_least, figure, np.nan), np.where(at_most, figure, np.nan)


def _notes(kept: Mask, table: Table, spots: Sequence[Spot]) -> list[str]:
    """What was assumed, counted."""
    split = len({spot.row for spot in spots if spot.suffix})
    untold = int((kept & as_mask(pc.is_null(table.optional("locations_accuracy")))).sum())
    occurred = pc.utf8_lower(table.optional("displacement_occurred"))
    preventive = int((kept & as_mask(pc.match_substring(occurred, "preventive"))).sum())
    cause = pc.utf8_lower(table.text("displacement_type"))
    strange = kept & ~as_mask(pc.is_in(cause, pa.array(["disaster", "conflict"])))
    causes = listed(sorted(pc.unique(pc.fill_null(cause.filter(pa.array(strange)), "(empty)")).to_pylist()))
    notes = {
        f"{split} figures of several places split evenly between them": split,
        f"accuracy is unknown for {untold} figures: taken as 'near', never as exact": untold,
        f"{preventive} figures of preventive evacuations kept": preventive,
        f"{int(strange.sum())} figures of other causes, {causes}, count as new_displacement only": strange.any(),
    }
    return [note for note, met in notes.items() if met]
