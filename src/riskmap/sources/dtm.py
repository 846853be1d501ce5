"""IOM DTM: people displaced inside their country, counted in rounds.

A count is a stock: the next round takes its place, and it is in force for a year at most. It is never summed over
rounds, operations or administrative levels; only the rows of one round at one place, split by reason and origin, are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import (
    Days,
    Floats,
    Mask,
    Quarantine,
    Table,
    as_mask,
    integer_option,
    layer_of,
    listed,
    plain,
    points,
    received,
    text_option,
)
from riskmap.sources.dates import parse_days
from riskmap.sources.dtm_fetch import KEY, PART, check_key, fetch_rounds
from riskmap.sources.dtm_rounds import Round, Span, after, in_force
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, sheet_names, table_of_records
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="IOM-DTM-terms",
    attribution="International Organization for Migration (IOM), Displacement Tracking Matrix (DTM)",
    url="https://dtm.iom.int/terms-and-conditions",
    raw=False,
    derived=True,
)
_ACCESS = Access(
    "key",
    credentials=(KEY,),
    endpoints={PART: "https://dtmapi.iom.int/v3/displacement"},
    pace_s=1.0,
    home="https://dtm-apim-portal.iom.int/",
)
_PEOPLE = ("numPresentIdpInd", "population")
_DATE = ("reportingDate", "reference_period_start")
_ROUND = ("roundNumber", "reporting_round")
_ASSESSMENT = ("assessmentType", "assessment_type")
_LEVEL = ("adminLevel", "admin_level")
_CODES = (("admin0Pcode", "location_code"), ("admin1Pcode", "admin1_code"), ("admin2Pcode", "admin2_code"))
_NAMES = (
    ("admin0Name", "location_name"),
    ("admin1Name", "admin1_name", "provider_admin1_name"),
    ("admin2Name", "admin2_name", "provider_admin2_name"),
)
_GEO_PRECISIONS = ("country", "adm1", "adm2")
_NO_CODE = r"(?i)^(not available|n/?a)$|xxx"
_LON, _LAT = ("X Coordinates",), ("Y Coordinates",)
_MONTHS_IN_FORCE = 12


@dataclass(frozen=True)
class Dtm:
    """Stocks of the Displacement Tracking Matrix; the measure is `idps`.

    A unit is placed by its code, with its name beside it to guard against codes that were used anew; by name alone
    where a placeholder such as `TCD-XXX` stands for the code.
    """

    name: str = "dtm"
    title: str = "IOM DTM: internally displaced people by round"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset({"operation", "level", "valid_months", "date_format", "sheet"})
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's, also in the layout of the humanitarian API."""
        hapi = sight.has("operation", "assessment_type", "reporting_round", "population")
        return hapi or sight.has("numPresentIdpInd") or sight.has("Settlement Code", "IDPs ind Total")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the rounds in force of a country, or of all, at the finest level there is.

        Options: `level`, 0 to 2; `operation`.

        Raises:
            FetchError: The provider did not give them.
        """
        fetch_rounds(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for the list of countries.

        Raises:
            FetchError: It does not come.
        """
        check_key(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of an API reply, a table of the same columns, or a workbook of settlements.

        Options: `operation`, needed where several overlap in time; `level` 0 to 2, the finest where not given (of a
        baseline of settlements: points, or districts with 2);
        `valid_months` after which a round that nothing replaced is no longer in force, 12 where not given;
        `date_format`; `sheet` of a workbook.

        Raises:
            InputError: The file is none of these, the service reports a failure, or an option is missing or wrong.
        """
        months = integer_option(raw, options, "valid_months")
        months = _MONTHS_IN_FORCE if months is None else months
        if months < 1:
            raise InputError(raw.name, f"option valid_months must be 1 or more, not {months}")
        table = _read(raw, text_option(raw, options, "sheet"))
        given = text_option(raw, options, "date_format")
        if table.find("Settlement Code") is not None:
            return self._settlements(raw, table, given, months, by_district=_by_district(raw, options))
        date_format = table.date_format(*_DATE, given=given)
        table = _of_operation(table, text_option(raw, options, "operation"), date_format, months)
        table, level = _of_level(table, integer_option(raw, options, "level"))
        return self._rounds(raw, table, level, date_format, months)

    def _rounds(self, raw: Raw, table: Table, level: int, date_format: str, months: int) -> Reading:
        """Stocks by round and administrative unit."""
        quarantine = Quarantine(table)
        people, day = quarantine.counts(*_PEOPLE), quarantine.days(date_format, *_DATE)
        number = np.nan_to_num(quarantine.numbers(*_ROUND, required=False))
        _refuse_repeats(quarantine, table)
        units = _units(table, level)
        nowhere = as_mask(pc.is_null(units["unit"]))
        quarantine.refuse(nowhere, "neither place code nor name", _CODES[level][0], table.optional(*_CODES[level]))
        kind = pc.utf8_upper(pc.fill_null(table.optional(*_ASSESSMENT), "BA"))
        known = as_mask(pc.is_in(kind, pa.array(["BA", "SA"])))
        quarantine.refuse(~known, "assessment type is neither BA nor SA", "assessment type", kind)
        country, operation = _country(table), pc.fill_null(table.optional("operation"), "")
        told = zip(country.to_pylist(), operation.to_pylist(), as_mask(pc.equal(kind, "BA")), day, number, strict=True)
        rounds = [Round(*cells) for cells in told]
        spans = in_force({one for one, kept in zip(rounds, quarantine.kept, strict=True) if kept}, months)
        span = [spans.get(one, (one.day, one.day)) for one in rounds]
        start, end = (np.array([one[side] for one in span], dtype="datetime64[D]") for side in (0, 1))
        never = "never in force: a later round of that day, or a baseline, stands in its place"
        quarantine.refuse(end <= start, never, "assessment type", kind)
        rows = {
            "country": country,
            "operation": operation,
            "kind": kind,
            "number": number,
            "day": day,
            "start": start,
            "end": end,
        }
        kept = pa.table({**rows, **units, "people": people}).filter(pa.array(quarantine.kept))
        words = [(name, "min") for name in ("pcode", "place", "parent")]
        sums = kept.group_by([*rows, "unit"]).aggregate([("people", "sum"), *words])
        layer = self._layer(raw, sums, level)
        return quarantine.reading(layer, _notes(quarantine.kept, table, units, level))

    def _layer(self, raw: Raw, sums: pa.Table, level: int) -> Layer:
        number = pc.cast(pc.cast(sums["number"], pa.int64(), safe=False), pa.string())
        day = pc.strftime(sums["day"], "%Y-%m-%d")
        named = [sums[name] for name in ("country", "operation", "kind")]
        columns = {
            **self._everywhere(raw, len(sums)),
            "record_id": pc.binary_join_element_wise(*named, number, day, sums["unit"], "|"),
            "value": sums["people_sum"],
            "start": sums["start"].cast(pa.timestamp("s")).to_numpy(),
            "end": sums["end"].cast(pa.timestamp("s")).to_numpy(),
            "pcode": sums["pcode_min"],
            "pcode_level": level,
            "place": sums["place_min"],
            "place_parent": sums["parent_min"],
            "geo_precision": _GEO_PRECISIONS[level],
        }
        return Layer.build(columns)

    def _settlements(self, raw: Raw, table: Table, given: str | None, months: int, *, by_district: bool) -> Reading:
        """Stocks by settlement, at points; those without coordinates, or all, by the name of their district."""
        quarantine = Quarantine(table)
        day = quarantine.days(table.date_format("Reported Date", given=given), "Reported Date")
        people = quarantine.counts("IDPs ind Total")
        district, code = table.text("District Name"), table.text("Settlement Code")
        placed = as_mask(pc.and_(pc.is_valid(table.text(*_LON)), pc.is_valid(table.text(*_LAT))))
        placed &= not by_district
        lon, lat = quarantine.numbers(*_LON, required=False), quarantine.numbers(*_LAT, required=False)
        quarantine.refuse(
            (np.abs(lon) > 180) | (np.abs(lat) > 90), "coordinates out of range", _LON[0], table.text(*_LON)
        )
        quarantine.refuse(~placed & as_mask(pc.is_null(district)), "neither coordinates nor district", "District Name")
        # A code alone is no key: some stand for two settlements of different districts.
        ids = pc.binary_join_element_wise(pc.fill_null(district, ""), pc.fill_null(code, ""), "|")
        quarantine.keep_newest(ids, "repeated settlement", day.astype(np.float64))
        columns = {
            **self._everywhere(raw, len(table)),
            "record_id": ids,
            "value": people,
            "start": day,
            "end": after(day, months),
        }
        by_point = {**columns, "geometry": points(lon, lat), "geo_precision": "exact"}
        parent = table.optional("region_name")
        by_name = {**columns, "place": district, "place_parent": parent, "pcode_level": 2, "geo_precision": "adm2"}
        unplaced = quarantine.kept & ~placed
        layer = Layer.concat([layer_of(by_point, quarantine.kept & placed), layer_of(by_name, unplaced)])
        which = "" if by_district else "without coordinates "
        note = f"{int(unplaced.sum())} settlements {which}placed by district" if unplaced.any() else ""
        return quarantine.reading(layer, filter(None, (note,)))

    def _everywhere(self, raw: Raw, length: int) -> Mapping[str, object]:
        """What all records have in common."""
        return {
            "source": self.name,
            "theme": "displacement",
            "measure": "idps",
            "kind": "stock",
            "spread": "extensive",
            "unit": "people",
            "retrieved": received(raw, length),
            # A reply tells of all rounds anew, and when each of them ends: the newest reply is believed.
            "version": raw.retrieved.strftime("%Y-%m-%dT%H:%M:%S") if raw.retrieved else None,
            "overlap_group": "displaced-people",
            "licence": self.licence.id,
        }


def _by_district(raw: Raw, options: Options) -> bool:
    """Whether a baseline of settlements is wanted by district.

    Raises:
        InputError: Another level is wanted, which settlements do not tell.
    """
    level = integer_option(raw, options, "level")
    if level not in {None, 2}:
        raise InputError(raw.name, f"settlements are told by point, or by district with level = 2, not with {level}")
    return level == 2


def _read(raw: Raw, sheet: str | None) -> Table:
    """The table of the file: of an API reply its result, of a workbook the sheet of data."""
    if is_json(raw):
        reply = read_json(raw)
        if isinstance(reply, Mapping):
            if reply.get("isSuccess") is False:
                told = reply.get("errorMessages") or "no message"
                raise InputError(raw.name, f"the service reports a failure ({told}); ask it again")
            return table_of_records(raw.name, json_list(raw.name, reply, "result"))
    data = [name for name in sheet_names(raw) if name.strip().casefold().endswith("dataset")]
    return read_table(raw, sheet=sheet or (data[0] if len(data) == 1 else None))


def _of_operation(table: Table, wanted: str | None, date_format: str, months: int) -> Table:
    """The rows of one operation; of all, where no two are in force at once.

    Raises:
        InputError: There is no such operation, or several overlap and none was chosen.
    """
    operation = table.text("operation")
    found = sorted(pc.unique(pc.drop_null(operation)).to_pylist())
    if wanted is not None:
        mask = as_mask(pc.equal(operation, wanted))
        if not mask.any():
            raise InputError(table.name, f"no operation {wanted!r}; found {listed(found)}")
        return _leaving(table, mask, "of other operations")
    days = parse_days(table.text(*_DATE), date_format)
    if days is None:
        return table
    country = _country(table)
    for code in pc.unique(country).to_pylist():
        here = as_mask(pc.equal(country, code))
        names = sorted(pc.unique(pc.drop_null(operation.filter(pa.array(here)))).to_pylist())
        spans = sorted(_span(days[here & as_mask(pc.equal(operation, name))], months) for name in names)
        if any(following[0] < earlier[1] for earlier, following in pairwise(spans)):
            problem = f"several operations count the same people at the same time, {listed(names)}"
            raise InputError(table.name, f"{problem}; choose one by the option operation", field="operation")
    return table


def _span(days: Days, months: int) -> Span:
    """First day of an operation, and the day after which its last round is no longer in force."""
    told = days[~np.isnat(days)]
    if not len(told):
        return np.datetime64("0001-01-01"), np.datetime64("0001-01-01")
    return told.min(), after(told.max(keepdims=True), months)[0]


def _of_level(table: Table, wanted: int | None) -> tuple[Table, int]:
    """The rows of one administrative level, the finest where none was chosen.

    Raises:
        InputError: There are no rows of that level.
    """
    level = _levels(table)
    present = sorted({int(value) for value in np.unique(level)} & set(range(len(_CODES))))
    if not present or (wanted is not None and wanted not in present):
        raise InputError(table.name, f"no rows of level {'0 to 2' if wanted is None else wanted}; found {present}")
    chosen = present[-1] if wanted is None else wanted
    return _leaving(table, level == chosen, "of other administrative levels"), chosen


def _levels(table: Table) -> Floats:
    """Level of each row: as told, or else that of the file's finest place codes; -1 where there is none."""
    if table.find(*_LEVEL) is not None:
        return np.nan_to_num(Quarantine(table).numbers(*_LEVEL, required=False), nan=-1)
    coded = [level for level in range(len(_CODES)) if _units(table, level)["unit"].null_count < len(table)]
    return np.full(len(table), float(coded[-1] if coded else -1))


def _units(table: Table, level: int) -> Mapping[str, pa.Array]:
    """Code, name and name of the unit above of each row, and `unit`, which tells units apart; null where none."""
    code, name = _told(table, _CODES[level]), _told(table, _NAMES[level])
    parent = _told(table, _NAMES[level - 1]) if level else pa.nulls(len(table), pa.string())
    named = pc.binary_join_element_wise(_country(table), pc.fill_null(parent, ""), name, "/")
    return {"pcode": code, "place": name, "parent": parent, "unit": pc.coalesce(code, named)}


def _told(table: Table, columns: tuple[str, ...]) -> pa.Array:
    """The first of these columns that a row fills; null where a placeholder stands."""
    found = pa.nulls(len(table), pa.string())
    for column in columns:
        text = table.optional(column)
        placeholder = pc.match_substring_regex(text, _NO_CODE)
        found = pc.coalesce(found, pc.if_else(placeholder, pa.scalar(None, pa.string()), text))
    return found


def _country(table: Table) -> pa.Array:
    """Code of each row's country; where it is missing, that of the only one of the file, if it has only one."""
    code = table.optional(*_CODES[0])
    known = pc.unique(pc.drop_null(code))
    return pc.fill_null(code, known[0] if len(known) == 1 else "")


def _refuse_repeats(quarantine: Quarantine, table: Table) -> None:
    """Refuse rows that are the same as another but for their id, and those that the humanitarian API marks as wrong."""
    error = table.optional("error")
    quarantine.refuse(as_mask(pc.is_valid(error)), "marked as an error by its publisher", "error", error)
    own = [pc.fill_null(column, "") for name, column in sorted(table.columns.items()) if plain(name) != "id"]
    quarantine.keep_newest(pc.binary_join_element_wise(*own, "\x1f"), "repeated row")


def _notes(kept: Mask, table: Table, units: Mapping[str, pa.Array], level: int) -> list[str]:
    """What was assumed, counted."""
    uncoded = kept & as_mask(pc.is_null(units["pcode"]))
    codes = table.optional(*_CODES[level]).filter(pa.array(uncoded))
    told = listed(sorted(pc.unique(pc.fill_null(codes, "(empty)")).to_pylist()))
    assumed = int((kept & as_mask(pc.is_null(table.optional(*_ASSESSMENT)))).sum())
    notes = {
        f"{int(uncoded.sum())} rows placed by name, their codes being none: {told}": uncoded.any(),
        f"{assumed} rows without an assessment type taken for baselines (BA)": assumed,
    }
    return [note for note, met in notes.items() if met]


def _leaving(table: Table, keep: Mask, what: str) -> Table:
    aside = int((~keep).sum())
    return table.where(keep).noting(f"{aside} rows {what} left aside") if aside else table
