"""Tracks of storms from the rows of IBTrACS: positions that some agency fixed, in order of storm and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.raw import Raw
from riskmap.sources.columns import Days, Floats, Mask, Quarantine, Table, as_mask
from riskmap.sources.ibtracs_winds import Fixes

Whole = npt.NDArray[np.int64]

_DAY_S = 86_400
_SYNOPTIC_S = 6 * 3600
_FAR = 1_000_000
_TRACK_TYPE = "TRACK_TYPE"


@dataclass(frozen=True)
class Tracks:
    """Tracks that can be used.

    Args:
        names: Ids of the storms, in order; shape (storms,).
        fixes: Their positions.
        rows: Row of the table that each position is of, shape (positions,).
        preliminary: Whether a storm has a provisional row, shape (storms,).
        notes: What was repaired or assumed.
    """

    names: list[str]
    fixes: Fixes
    rows: Whole
    preliminary: Mask
    notes: tuple[str, ...]

    def days(self, chosen: Mask) -> tuple[Days, Days]:
        """First day and first day after of each storm's chosen positions, or of all where none is chosen.

        Args:
            chosen: Shape (positions,).

        Returns:
            Shape (storms,) each.
        """
        some = np.zeros(len(self.names), dtype=np.bool_)
        some[self.fixes.storm[chosen]] = True
        taken = chosen | ~some[self.fixes.storm]
        storm, day = self.fixes.storm[taken], self.fixes.seconds[taken] // _DAY_S
        first, last = np.full((2, len(self.names)), _FAR) * np.array([[1], [-1]])
        np.minimum.at(first, storm, day)
        np.maximum.at(last, storm, day)
        return first.astype("datetime64[D]"), (last + 1).astype("datetime64[D]")

    def told(self, raw: Raw) -> pa.Array:
        """Versions of the storms: final after provisional, then the longer track, then the list received later."""
        _, end = self.days(np.ones(len(self.rows), dtype=np.bool_))
        when = "" if raw.retrieved is None else f"{raw.retrieved:%Y-%m-%dT%H:%M:%S}"
        told = zip(self.preliminary.tolist(), end, strict=True)
        return pa.array([f"{0 if early else 1}/{day}/{when}" for early, day in told], pa.string())


def read_tracks(table: Table, quarantine: Quarantine, date_format: str) -> Tracks:
    """The tracks in a table of positions; what is none is refused.

    Args:
        table: One row for each position.
        quarantine: Of the same rows.
        date_format: Of the days in ISO_TIME.

    Raises:
        InputError: A column is missing.
    """
    storm = table.text("SID")
    quarantine.refuse(as_mask(pc.is_null(storm)), "SID: missing", "SID")
    seconds = _seconds(table, quarantine, date_format)
    lon, lat, turned = _centres(table, quarantine)
    early = _provisional(table, quarantine)
    note = _refuse_interpolated(table, quarantine, seconds)
    ids = pc.binary_join_element_wise(storm, pa.array(seconds).cast(pa.string()), "/")
    quarantine.keep_newest(ids, "repeated position of a storm", (~early).astype(np.float64))
    kept = np.flatnonzero(quarantine.kept)
    names = storm.take(pa.array(kept))
    order = np.lexsort((seconds[kept], np.asarray(names.to_pylist(), dtype=np.str_)))
    rows = kept[order]
    found, number = np.unique(np.asarray(storm.take(pa.array(rows)).to_pylist(), dtype=np.str_), return_inverse=True)
    preliminary = np.zeros(len(found), dtype=np.bool_)
    np.logical_or.at(preliminary, number, early[rows])
    fixes = Fixes(number.astype(np.int64), seconds[rows], lon[rows], lat[rows])
    beyond = f"{int(turned[rows].sum())} longitudes beyond 180 degrees brought back"
    return Tracks(found.tolist(), fixes, rows, preliminary, (*note, *((beyond,) if turned[rows].any() else ())))


def _seconds(table: Table, quarantine: Quarantine, date_format: str) -> Whole:
    """Seconds since 1970 of a day and a time of day, which must be told."""
    day = quarantine.days(date_format, "ISO_TIME")
    time = pc.extract_regex(table.text("ISO_TIME"), r"[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?$")
    hour, minute = (_whole(pc.struct_field(time, part)) for part in ("hour", "minute"))
    wrong = (hour < 0) | (hour > 23) | (minute > 59)
    quarantine.refuse(wrong, "ISO_TIME: no time of day", "ISO_TIME", table.text("ISO_TIME"))
    seconds: Whole = day.astype(np.int64) * _DAY_S + hour * 3600 + minute * 60
    return seconds


def _whole(text: pa.Array) -> Whole:
    numbers = pc.fill_null(pc.cast(text, pa.int64()), -1)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)


def _centres(table: Table, quarantine: Quarantine) -> tuple[Floats, Floats, Mask]:
    """Longitudes and latitudes, those of the agency whose radii are read where it tells them, and which were turned."""
    lon, lat = quarantine.numbers("LON"), quarantine.numbers("LAT")
    own_lon, own_lat = (quarantine.numbers(name, required=False) for name in ("USA_LON", "USA_LAT"))
    own = ~np.isnan(own_lon) & ~np.isnan(own_lat)
    lon, lat = np.where(own, own_lon, lon), np.where(own, own_lat, lat)
    quarantine.refuse(np.abs(lon) > 360, "longitude out of range", "LON", table.text("LON"))
    quarantine.refuse(np.abs(lat) > 90, "latitude out of range", "LAT", table.text("LAT"))
    turned = np.abs(lon) > 180
    return np.where(turned, (lon + 180) % 360 - 180, lon), lat, turned


def _provisional(table: Table, quarantine: Quarantine) -> Mask:
    """Rows that may still change. Spurs, side tracks of one agency alone, are refused."""
    text = table.optional(_TRACK_TYPE)
    kind = pc.fill_null(pc.utf8_lower(text), "main")
    spur, early = (as_mask(pc.match_substring(kind, word)) for word in ("spur", "provisional"))
    quarantine.refuse(spur, f"{_TRACK_TYPE}: spur, a side track beside the main one", _TRACK_TYPE, text)
    known = spur | early | as_mask(pc.equal(kind, "main"))
    quarantine.refuse(~known, f"{_TRACK_TYPE}: not main, PROVISIONAL or spur", _TRACK_TYPE, text)
    return early


def _refuse_interpolated(table: Table, quarantine: Quarantine, seconds: Whole) -> tuple[str, ...]:
    """Rows between two fixes: by their flag, whose first letter is that of the US agencies, or else by their hour."""
    flag = table.optional("IFLAG")
    if flag.null_count < len(table):
        between = as_mask(pc.equal(pc.utf8_slice_codeunits(flag, 0, 1), "I"))
        quarantine.refuse(between, "IFLAG: interpolated between two fixes", "IFLAG", flag)
        return ()
    between = seconds % _SYNOPTIC_S != 0
    quarantine.refuse(between, "ISO_TIME: between the six-hourly fixes", "ISO_TIME", table.text("ISO_TIME"))
    return ("no column IFLAG: rows between the six-hourly times are taken as interpolated",)
