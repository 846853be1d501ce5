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

from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import (
    Floats,
    Mask,
    Quarantine,
    Table,
    as_mask,
    layer_of,
    listed,
    points,
    received,
    text_option,
)
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table

_LICENCE = Licence(
    id="CC-BY-IGO",
    attribution="Internal Displacement Monitoring Centre (IDMC), Internal Displacement Updates",
    url="https://creativecommons.org/licenses/by/3.0/igo/",
    raw=True,
    derived=True,
)
_RECOMMENDED, _TRIANGULATION = "recommended figure", "triangulation"
_AT_LEAST, _AT_MOST = ("more than", "at least"), ("less than", "up to", "at most")
_PRECISIONS = (
    ("adm3", "adm2"),
    ("adm2", "adm2"),
    ("adm1", "adm1"),
    ("adm0", "country"),
    ("am0", "country"),
    ("point", "exact"),
)


@dataclass(frozen=True)
class _Spot:
    """One of the places of a figure.

    Args:
        row: Row of the figure in the table.
        share: Part of the figure that belongs here.
        suffix: What tells its record from the others of the figure; empty where it is the only one.
        lon: Degrees.
        lat: Degrees.
        precision: Word of the layer schema.
    """

    row: int
    share: float
    suffix: str
    lon: float
    lat: float
    precision: str


@dataclass(frozen=True)
class Idmc:
    """Internal Displacement Updates.

    Measures: `new_displacement` (whatever the cause), `disaster_displacement` and `conflict_displacement`. All are
    preliminary, and one person may be counted at each movement.
    """

    name: str = "idmc"
    title: str = "IDMC IDU: new internal displacements"
    licence: Licence = _LICENCE
    options: frozenset[str] = frozenset({"date_format"})

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
        notes = [_refuse_doubles(quarantine, table, ids)]
        spots = _spots(quarantine, table)
        notes += _notes(quarantine.kept, table, spots)
        low, high = _bounds(figure, table.optional("qualifier"))
        columns = {
            "event_id": table.optional("event_id"),
            "version": table.optional("created_at"),
            "value": figure,
            "low": low,
            "high": high,
            "start": start,
            # A refused row may run backwards; its end is not used.
            "end": np.maximum(last, start) + 1,
        }
        cause = pc.utf8_lower(table.text("displacement_type"))
        return quarantine.reading(self._layer(raw, ids, columns, spots, cause), filter(None, notes))

    def _layer(
        self, raw: Raw, ids: pa.Array, columns: Mapping[str, object], spots: Sequence[_Spot], cause: pa.Array
    ) -> Layer:
        """One record for each measure, figure and place."""
        rows = np.array([spot.row for spot in spots], dtype=np.int64)
        share = np.array([spot.share for spot in spots])
        repeated = {name: _taken(values, rows) for name, values in columns.items()}
        shared = {name: np.asarray(repeated[name]) * share for name in ("value", "low", "high")}
        suffixes = pa.array([spot.suffix for spot in spots], pa.string())
        lon, lat = np.array([spot.lon for spot in spots]), np.array([spot.lat for spot in spots])
        everywhere = {
            **repeated,
            **shared,
            "record_id": pc.binary_join_element_wise(ids.take(pa.array(rows)), suffixes, ""),
            "source": self.name,
            "theme": "displacement",
            "kind": "flow",
            "spread": "extensive",
            "unit": "people",
            "retrieved": received(raw, len(rows)),
            "geometry": points(lon, lat),
            "geo_precision": pa.array([spot.precision for spot in spots], pa.string()),
            "preliminary": True,
            "licence": self.licence.id,
        }
        causes = cause.take(pa.array(rows))
        wanted = {
            "new_displacement": np.ones(len(rows), dtype=np.bool_),
            "disaster_displacement": as_mask(pc.equal(causes, "disaster")),
            "conflict_displacement": as_mask(pc.equal(causes, "conflict")),
        }
        return Layer.concat([layer_of({**everywhere, "measure": measure}, mask) for measure, mask in wanted.items()])


def _taken(values: object, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> object:
    return values[rows] if isinstance(values, np.ndarray) else pc.take(values, pa.array(rows))


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


def _spots(quarantine: Quarantine, table: Table) -> Sequence[_Spot]:
    """The places of every figure that is kept; figures with a place that cannot be read are refused."""
    listed_places = table.optional("locations_coordinates")
    single = pc.binary_join_element_wise(table.optional("latitude"), table.optional("longitude"), ",")
    places = pc.coalesce(listed_places, single)
    accuracies, types = table.optional("locations_accuracy"), table.optional("locations_type")
    told = zip(places.to_pylist(), accuracies.to_pylist(), types.to_pylist(), strict=True)
    spots: dict[int, Sequence[_Spot]] = {row: _of_figure(row, *cells) for row, cells in enumerate(told)}
    unread = np.array([not spots[row] for row in range(len(table))], dtype=np.bool_)
    quarantine.refuse(as_mask(pc.is_null(places)), "no coordinates", "locations_coordinates")
    quarantine.refuse(unread, "coordinates are not latitude, longitude", "locations_coordinates", places)
    return [spot for row in np.flatnonzero(quarantine.kept) for spot in spots[int(row)]]


def _of_figure(row: int, places: str | None, accuracies: str | None, types: str | None) -> Sequence[_Spot]:
    """The places of one figure, each with an even share; none where one of them cannot be read.

    Where some are told to be destinations, those alone count: there the people are.
    """
    positions = [_position(text) for text in (places or "").split(";")]
    count = len(positions)
    arrival = ["destination" in word.lower() for word in _parts(types, count)]
    chosen = [place for place in range(count) if arrival[place]] or list(range(count))
    spots = []
    for place, (position, accuracy) in enumerate(zip(positions, _parts(accuracies, count), strict=True)):
        if position is None:
            return ()
        if place in chosen:
            suffix = f":{place + 1}/{count}" if len(chosen) > 1 else ""
            spots.append(_Spot(row, 1 / len(chosen), suffix, position[1], position[0], _precision(accuracy)))
    return spots


def _parts(text: str | None, count: int) -> Sequence[str]:
    """The parts of a packed text; empty ones where they are not as many as the places."""
    parts = (text or "").split(";")
    return parts if len(parts) == count else [""] * count


def _position(text: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; None where the text is not two numbers in range."""
    try:
        lat, lon = (float(part) for part in text.strip(" []").split(","))
    except ValueError:
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0, 0) else None


def _precision(accuracy: str) -> str:
    """A word of the layer schema; `near` where the accuracy is not told, since it may be a centroid."""
    return next((word for told, word in _PRECISIONS if told in accuracy.lower()), "near")


def _bounds(figure: Floats, qualifier: pa.Array) -> tuple[Floats, Floats]:
    """A low bound where the figure is told to be a minimum, a high one where a maximum; NaN elsewhere."""
    words = pc.utf8_lower(qualifier)
    at_least, at_most = (as_mask(pc.is_in(words, pa.array(kind))) for kind in (_AT_LEAST, _AT_MOST))
    return np.where(at_least, figure, np.nan), np.where(at_most, figure, np.nan)


def _notes(kept: Mask, table: Table, spots: Sequence[_Spot]) -> list[str]:
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
