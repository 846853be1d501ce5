"""NASA FIRMS: hot spots seen from space. A thermal anomaly is no disaster: gas flares and field burning shine as well.

Several satellites see one fire, some of them twice a day, and each sees it as one pixel or as many. Rows are therefore
not counted, but squares of 0.01 degrees and days: a square in which anything burns counts once on that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources import firms_fetch
from riskmap.sources.columns import Days, Floats, Mask, Quarantine, Table, as_mask, points, received
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table
from riskmap.sources.wire import Wire

Whole = npt.NDArray[np.int64]

_SQUARES_A_DEGREE = 100
_STEPS_A_SQUARE = 1000
_TURN = 360.0
_HALF_DIAGONAL_M = 800.0
_LEVELS = ("low", "nominal", "high")
_MODIS_STEPS = (30.0, 80.0)
_TYPES = {
    "1": "type 1: active volcano",
    "2": "type 2: other static land source, such as a gas flare",
    "3": "type 3: offshore",
}
_SATELLITES = {"Aqua": "A", "Terra": "T", "1": "N20", "2": "N21"}

_LICENCE = Licence(
    id="NASA-FIRMS",
    attribution="NASA FIRMS, part of NASA's Earth Science Data and Information System (ESDIS)",
    url="https://www.earthdata.nasa.gov/engage/open-data-services-software-policies/data-use-guidance",
    raw=True,
    derived=True,
)

_ACCESS = Access(
    "key",
    credentials=("firms_map_key",),
    endpoints={"api": "https://firms.modaps.eosdis.nasa.gov/api"},
    pace_s=0.2,
    cadence_s=900,
    home="https://firms.modaps.eosdis.nasa.gov/api/map_key/",
)


class _Options(Given):
    least_confidence: Literal["low", "nominal", "high"] = "nominal"


@dataclass(frozen=True)
class Firms:
    """Hot spots of MODIS and VIIRS.

    Measure: `fire_square_days`, one for each square of 0.01 degrees (about 1 km) and day (UTC) with a hot spot, however
    many satellites saw it. It stands at the middle of the square. One that only near-real-time data show is
    preliminary, and gives way to standard processing of the same square and day.
    """

    name: str = "firms"
    title: str = "NASA FIRMS: hot spots seen from space (thermal anomalies, not disasters)"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.has("latitude", "longitude", "acq_date", "acq_time", "satellite", "confidence")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for every satellite's hot spots of a country's box or of the world; the wire keeps each payload.

        Options of `asked`: `bbox` (west,south,east,north; with a country) and `sensors` (with commas; all where not
        given). Days that standard processing has are asked of it, the others of near-real-time data.

        Raises:
            FetchError: The provider did not give it, or has nothing of those days.
        """
        firms_fetch.fetch(asked, wire)

    def poll(self, asked: Asked, wire: Wire) -> None:
        """Asks every satellite for its newest two days of near-real-time data, of a country's box or of the world.

        Raises:
            FetchError: The provider did not give it.
        """
        firms_fetch.poll(asked, wire)

    def check(self, wire: Wire) -> None:
        """One small request, for the days that each satellite has.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        firms_fetch.availability(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one CSV, counted in hot spots; a pure function of its bytes and the options.

        Options: `least_confidence` (`low`, `nominal` or `high`; `nominal` where not given, since much of what is low is
        sun on water or metal).

        Raises:
            InputError: The file is no FIRMS table, or an option is wrong.
        """
        given = checked(_Options, raw, options)
        if _is_empty(raw):
            return Reading(Layer.empty(), 0, 0, notes=("no hot spot: the file holds its header alone",))
        table = read_table(raw)
        quarantine = Quarantine(table)
        lon, lat = quarantine.positions(["longitude"], ["latitude"])
        day, minute = quarantine.days("%Y-%m-%d", "acq_date"), _minutes(quarantine)
        _refuse_static(table, quarantine)
        _refuse_unsure(table, quarantine, _LEVELS.index(given.least_confidence))
        final = ~as_mask(pc.match_substring_regex(table.text("version"), r"(NRT|URT|RT)$"))
        seen = _seen(table, day, minute, lon, lat)
        quarantine.keep_newest(seen, "repeated, or replaced by standard processing", final.astype(np.float64))
        kept = quarantine.kept
        layer = self._layer(raw, _keys(day[kept], lon[kept], lat[kept]), final[kept])
        return quarantine.reading(layer, _notes(table, layer, kept, final))

    def _layer(self, raw: Raw, keys: Whole, final: Mask) -> Layer:
        """One record for each different square and day."""
        found, group = np.unique(keys, return_inverse=True)
        whole = np.zeros(len(found), dtype=np.bool_)
        np.logical_or.at(whole, group, final)
        days, row, column = _unkeyed(found)
        middle = points((column + 0.5) / _SQUARES_A_DEGREE, (row + 0.5) / _SQUARES_A_DEGREE)
        texts = (pa.array(part).cast(pa.string()) for part in (row, column, days))
        return Layer.build(
            {
                "record_id": pc.binary_join_element_wise(*texts, "/"),
                "version": pa.array(np.where(whole, "1 standard", "0 near real time"), pa.string()),
                "source": self.name,
                "theme": "disaster",
                "measure": "fire_square_days",
                "kind": "flow",
                "spread": "extensive",
                "value": 1.0,
                "unit": "squares of 0.01 degrees x days",
                "start": days,
                "end": days + 1,
                "retrieved": received(raw, len(found)),
                "geometry": middle,
                "geo_precision": "near",
                "precision_m": _HALF_DIAGONAL_M,
                "preliminary": ~whole,
                "overlap_group": "active-fires",
                "licence": self.licence.id,
            }
        )


def _is_empty(raw: Raw) -> bool:
    """Whether a file is a header with nothing below: no hot spot, which is an answer."""
    with raw.path.open("rb") as file:
        head = file.read(4096)
    return head.lstrip(b"\xef\xbb\xbf").startswith(b"latitude,") and head.strip().count(b"\n") == 0 and len(head) < 4096


def _minutes(quarantine: Quarantine) -> Whole:
    """Minutes of the day from hours and minutes written as one number: 659 is 06:59."""
    told = quarantine.numbers("acq_time")
    hour, minute = np.divmod(np.where(np.isnan(told), 0, told), 100)
    wrong = (told < 0) | (hour > 23) | (minute > 59) | (told != np.floor(told))
    quarantine.refuse(wrong, "acq_time: no hour and minute", "acq_time")
    return np.where(wrong, 0, hour * 60 + minute).astype(np.int64)


def _refuse_static(table: Table, quarantine: Quarantine) -> None:
    """What standard processing knows to be no fire."""
    kind = table.optional("type")
    for code, reason in _TYPES.items():
        quarantine.refuse(as_mask(pc.equal(kind, code)), reason, "type", kind)
    strange = as_mask(pc.invert(pc.is_in(kind, pa.array(["0", *_TYPES])))) & as_mask(pc.is_valid(kind))
    quarantine.refuse(strange, "type: not one of 0 to 3", "type", kind)


def _refuse_unsure(table: Table, quarantine: Quarantine, least: int) -> None:
    """Rows below the least confidence, and those whose confidence or instrument is not known."""
    instrument, text = table.text("instrument"), table.text("confidence")
    modis, viirs = (as_mask(pc.equal(pc.utf8_upper(instrument), name)) for name in ("MODIS", "VIIRS"))
    quarantine.refuse(~(modis | viirs), "instrument: neither MODIS nor VIIRS", "instrument", instrument)
    level = np.where(modis, _percent_levels(text), _word_levels(text))
    quarantine.refuse(level < 0, "confidence: neither l, n, h (VIIRS) nor 0 to 100 (MODIS)", "confidence", text)
    quarantine.refuse(level < least, f"confidence below {_LEVELS[least]}", "confidence", text)


def _percent_levels(text: pa.Array) -> Whole:
    """Levels of MODIS, as its users' guide classes its 0 to 100: low below 30, high from 80; -1 where none."""
    number = pc.match_substring_regex(text, r"^\d{1,3}(\.\d+)?$")
    told = pc.cast(pc.if_else(number, text, pa.scalar(None, pa.string())), pa.float64()).to_numpy(zero_copy_only=False)
    level = np.searchsorted(_MODIS_STEPS, np.nan_to_num(told), side="right")
    return np.where(np.isnan(told) | (told > 100), -1, level)


def _word_levels(text: pa.Array) -> Whole:
    """Levels of VIIRS, which are words or their first letters; -1 where none."""
    lower = pc.utf8_lower(text)
    short, long = (pc.index_in(lower, pa.array(words)) for words in ([word[0] for word in _LEVELS], _LEVELS))
    found = pc.fill_null(pc.coalesce(short, long), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def _seen(table: Table, day: Days, minute: Whole, lon: Floats, lat: Floats) -> pa.Array:
    """Ids of single hot spots, which the provider gives none: satellite, day, time and place."""
    satellite = table.text("satellite")
    for told, short in _SATELLITES.items():
        satellite = pc.if_else(pc.equal(satellite, told), short, satellite)
    steps = (np.rint(np.clip(np.nan_to_num(angle), -_TURN, _TURN) * 10_000).astype(np.int64) for angle in (lat, lon))
    parts = (pa.array(part).cast(pa.string()) for part in (day, minute, *steps))
    return pc.binary_join_element_wise(pc.fill_null(satellite, ""), *parts, "|")


def _keys(day: Days, lon: Floats, lat: Floats) -> Whole:
    """A number for each square and day, shape as given; the square is that of whole hundredths of a degree."""
    scale = _SQUARES_A_DEGREE * _STEPS_A_SQUARE
    row, column = (np.rint(angle * scale).astype(np.int64) // _STEPS_A_SQUARE for angle in (lat, lon))
    # The pole and the antimeridian are edges of the last squares, not squares of their own.
    row, column = np.minimum(row, 90 * _SQUARES_A_DEGREE - 1), np.where(column == 18_000, -18_000, column)
    keys: Whole = (day.astype(np.int64) * 18_000 + row + 9_000) * 36_000 + column + 18_000
    return keys


def _unkeyed(keys: Whole) -> tuple[Days, Whole, Whole]:
    """Day, row and column of squares, shape as given."""
    above, column = np.divmod(keys, 36_000)
    day, row = np.divmod(above, 18_000)
    return day.astype("datetime64[D]"), row - 9_000, column - 18_000


def _notes(table: Table, layer: Layer, kept: Mask, final: Mask) -> Iterator[str]:
    yield f"{int(kept.sum())} hot spots fill {len(layer)} squares of 0.01 degrees and days"
    early = int((kept & ~final).sum())
    if early:
        yield f"{early} hot spots of near-real-time data, which standard processing will replace"
    if table.find("type") is None:
        yield "no column type: gas flares and volcanoes cannot be told from fires"
