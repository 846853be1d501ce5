"""Tables as columns of text, bound by name and parsed strictly, with nothing lost in silence.

A `Table` (made by `riskmap.sources.tabular`) holds trimmed text, where an empty cell is null and 'NA' stays 'NA'.
Numbers and days are parsed a whole column at a time; what does not parse goes to a `Quarantine`, which knows the row,
the field and the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.dates import choose_format, parse_days
from riskmap.sources.source import Options, Reading

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

_POINT = np.dtype([("little_endian", "u1"), ("type", "<u4"), ("lon", "<f8"), ("lat", "<f8")])
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_EXAMPLES = 5
_NAMES_TOLD = 12


@dataclass(frozen=True)
class Table:
    """Text columns of one file.

    Args:
        name: How messages call the file.
        columns: By name as written: text arrays of shape (rows,), trimmed, null where empty.
        rows: Row of each record in the file, 1-based, header excluded.
        malformed: Rows that do not fit the header and are in no column: row and its number of cells.
        notes: What was repaired or assumed while reading.
        tags: HXL tag of each column that has one; none where the file has no row of tags.
        unread: Names of columns that are in the file and were not asked for when it was read.
    """

    name: str
    columns: Mapping[str, pa.Array]
    rows: npt.NDArray[np.int64]
    malformed: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, *names: str) -> str | None:
        """The column, as written, of the first of these names that is there; None where none is.

        Case and stray spaces do not matter.

        Raises:
            InputError: Two columns have that name.
            LookupError: The column is in the file, but was not asked for when that was read.
        """
        for name in names:
            if any(plain(column) == plain(name) for column in self.unread):
                raise LookupError(f"{name!r} must be among the columns asked for when {self.name} is read")
            found = [column for column in self.columns if plain(column) == plain(name)]
            if len(found) > 1:
                raise InputError(self.name, f"{len(found)} columns have this name; remove or rename one", field=name)
            if found:
                return found[0]
        return None

    def text(self, *names: str) -> pa.Array:
        """The text of the first of these columns that is there.

        Raises:
            InputError: None of them is there; tells what is.
        """
        column = self.find(*names)
        if column is None:
            wanted = " or ".join(repr(name) for name in names)
            raise InputError(self.name, f"no column {wanted}; found {listed([*self.columns, *self.unread])}")
        return self.columns[column]

    def optional(self, *names: str) -> pa.Array:
        """As `text`, but all null where no such column is there."""
        return pa.nulls(len(self), pa.string()) if self.find(*names) is None else self.text(*names)

    def where(self, keep: Mask) -> Table:
        """The rows where the mask is true."""
        chosen = pa.array(keep)
        columns = {name: column.filter(chosen) for name, column in self.columns.items()}
        return replace(self, columns=columns, rows=self.rows[keep])

    def noting(self, *notes: str) -> Table:
        """The same table with notes added."""
        return replace(self, notes=(*self.notes, *notes))

    def date_format(self, *fields: str, given: str | None = None) -> str:
        """The one date format of these columns taken together; `given` where a user said it.

        Raises:
            InputError: No format fits most values, or day/month and month/day fit alike.
        """
        if given is not None:
            return given
        names = [name for name in fields if self.find(name) is not None]
        values = pa.concat_arrays([pa.array([], pa.string()), *(self.text(name) for name in names)])
        problem_field = ", ".join(names)
        chosen, problem = choose_format(values)
        if chosen is None:
            raise InputError(self.name, f"{problem}; give the option date_format", field=problem_field)
        return chosen


class Quarantine:
    """Rows refused, each for the first reason met.

    Args:
        table: The rows that may be refused; its malformed ones are refused at once.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._kept = np.ones(len(table), dtype=np.bool_)
        self._counts: dict[str, int] = {}
        self._examples: dict[str, tuple[str, ...]] = {}
        if table.malformed:
            reason = "another number of cells than the header"
            self._counts[reason] = len(table.malformed)
            self._examples[reason] = tuple(f"row {row}: {cells} cells" for row, cells in table.malformed[:_EXAMPLES])

    @property
    def kept(self) -> Mask:
        """Rows not refused so far, shape (rows,)."""
        return self._kept.copy()

    def refuse(self, bad: Mask, reason: str, field: str = "", values: pa.Array | None = None) -> None:
        """Refuse the rows where `bad`, unless they were refused before.

        Args:
            bad: Shape (rows,).
            reason: Under what they are counted.
            field: Column where it was met, for the examples.
            values: Its text, for the examples; None where it is not to be told.
        """
        new = np.flatnonzero(bad & self._kept)
        if not len(new):
            return
        self._kept[new] = False
        self._counts[reason] = self._counts.get(reason, 0) + len(new)
        told = self._examples.get(reason, ())
        more = (self._place(int(index), field, values) for index in new[: _EXAMPLES - len(told)])
        self._examples[reason] = (*told, *more)

    def numbers(self, *names: str, required: bool = True) -> Floats:
        """A number column, NaN where empty; text that is no number is refused, and so is emptiness where required.

        Raises:
            InputError: The column is required and not there.
        """
        text = self._table.text(*names) if required else self._table.optional(*names)
        found = _parsed(text)
        field = self._table.find(*names) or names[0]
        bad = as_mask(pc.is_valid(text)) & ~np.isfinite(found)
        self.refuse(bad, f"{field}: not a number", field, text)
        if required:
            self.refuse(as_mask(pc.is_null(text)), f"{field}: missing", field)
        return np.where(bad, np.nan, found)

    def counts(self, *names: str, required: bool = True) -> Floats:
        """As `numbers`, with negative ones refused."""
        found = self.numbers(*names, required=required)
        field = self._table.find(*names) or names[0]
        self.refuse(found < 0, f"{field}: negative", field, self._table.optional(*names))
        return np.where(found < 0, np.nan, found)

    def days(self, date_format: str, *names: str) -> Days:
        """A date column as whole days; empty or unreadable ones are refused and come back as 1970-01-01.

        Raises:
            InputError: The column is not there, or the format is none.
        """
        text = self._table.text(*names)
        field = self._table.find(*names) or names[0]
        parsed = parse_days(text, date_format)
        if parsed is None:
            raise InputError(self._table.name, f"date_format {date_format!r} lacks day, month or year", field=field)
        self.refuse(as_mask(pc.is_null(text)), f"{field}: missing", field)
        bad = np.isnat(parsed)
        self.refuse(bad, f"{field}: not a date of the form {date_format}", field, text)
        return np.where(bad, np.datetime64("1970-01-01"), parsed)

    def positions(self, longitude: Sequence[str], latitude: Sequence[str]) -> tuple[Floats, Floats]:
        """Longitudes and latitudes in degrees; missing, out of range or both zero are refused.

        Args:
            longitude: Names its column may have.
            latitude: Names its column may have.
        """
        lon, lat = self.numbers(*longitude), self.numbers(*latitude)
        east, north = self._table.text(*longitude), self._table.text(*latitude)
        self.refuse(np.abs(lon) > 180, "longitude out of range", longitude[0], east)
        self.refuse(np.abs(lat) > 90, "latitude out of range", latitude[0], north)
        self.refuse((lon == 0) & (lat == 0), "coordinates 0, 0 stand for none", latitude[0], north)
        return lon, lat

    def keep_newest(self, ids: pa.Array, reason: str, *ranks: pa.Array | Floats) -> None:
        """Of the rows that share an id, keep the one that ranks highest; rows refused before do not compete.

        Where the ranks are equal the text of the whole row decides, so that the order of rows never does.

        Args:
            ids: Text, shape (rows,); rows where it is null compete with none.
            reason: Under what the others are counted.
            ranks: First to last, shape (rows,) each.
        """
        competing = pc.if_else(pa.array(self._kept), ids, pa.scalar(None, pa.string()))
        counted = pc.value_counts(pc.drop_null(competing))
        repeated = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
        if not len(repeated):
            return
        rows = pc.indices_nonzero(pc.is_in(competing, repeated))
        texts = [pc.fill_null(column.take(rows), "") for _, column in sorted(self._table.columns.items())]
        keys = [competing.take(rows), *(pa.array(rank, from_pandas=True).take(rows) for rank in ranks)]
        keys.append(pc.binary_join_element_wise(*texts, "\x1f"))
        table = pa.table(keys, names=[str(place) for place in range(len(keys))])
        order = pc.sort_indices(table, sort_keys=[(name, "ascending", "at_start") for name in table.column_names])
        ordered = keys[0].take(order)
        older = np.zeros(len(ids), dtype=np.bool_)
        older[rows.take(order).to_numpy()[:-1]] = as_mask(pc.equal(ordered[:-1], ordered[1:]))
        self.refuse(older, reason, "id", ids)

    def reading(self, layer: Layer, notes: Iterable[str] = ()) -> Reading:
        """The reading of the whole table: counts, examples and notes, those of the table first."""
        return Reading(
            layer=layer,
            read=len(self._table) + len(self._table.malformed),
            accepted=int(self._kept.sum()),
            quarantined=dict(sorted(self._counts.items())),
            examples=dict(sorted(self._examples.items())),
            notes=(*self._table.notes, *notes),
        )

    def _place(self, index: int, field: str, values: pa.Array | None) -> str:
        row = f"row {self._table.rows[index]}"
        if not field:
            return row
        cells = self._table.columns.get(field) if values is None else values
        if cells is None or not cells[index].is_valid:
            return f"{row}: {field} is empty"
        return f"{row}: {field}" if values is None else f"{row}: {field} = {cells[index].as_py()!r}"


def _parsed(text: pa.Array) -> Floats:
    """Texts as finite numbers; all others not a number, or infinite."""
    try:
        return np.asarray(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        good = pc.fill_null(pc.match_substring_regex(text, _NUMBER), fill_value=False)
        numbers = pc.if_else(good, text, pa.scalar(None, pa.string()))
        return np.asarray(pc.cast(numbers, pa.float64()).to_numpy(zero_copy_only=False))


def as_mask(values: pa.Array | pa.ChunkedArray) -> Mask:
    """A boolean Arrow array as a NumPy one, null as false."""
    mask: Mask = np.asarray(pc.fill_null(values, fill_value=False).to_numpy(zero_copy_only=False), dtype=np.bool_)
    return mask


def points(lon: Floats, lat: Floats) -> pa.Array:
    """Points as WKB (OGC:CRS84), shape as given."""
    records = np.empty(len(lon), _POINT)
    records["little_endian"], records["type"], records["lon"], records["lat"] = 1, 1, lon, lat
    whole = pa.FixedSizeBinaryArray.from_buffers(pa.binary(_POINT.itemsize), len(lon), [None, pa.py_buffer(records)])
    return whole.cast(pa.binary())


def worded(codes: Floats, words: Mapping[int, str], otherwise: str) -> pa.Array:
    """Whole-number codes as words; `otherwise` where a code is unknown or has none.

    Args:
        codes: Shape (rows,).
        words: By code.
        otherwise: One word more.
    """
    place = np.full(len(codes), len(words), dtype=np.int32)
    for number, code in enumerate(words):
        place[codes == code] = number
    return pa.array([*words.values(), otherwise], pa.string()).take(pa.array(place))


@dataclass(frozen=True)
class Measured:
    """One measure of rows that may give several.

    Args:
        measure: Its name.
        unit: Of its values.
        value: Shape (rows,).
        where: Rows that give it, shape (rows,).
        low: As `value`; None where there is no range.
        high: Likewise.
    """

    measure: str
    unit: str
    value: Floats
    where: Mask
    low: Floats | None = None
    high: Floats | None = None


def revisable(columns: Mapping[str, object], keep: Mask, measures: Sequence[Measured]) -> Layer:
    """All measures of events that a later version may describe anew, as another kind of event even.

    Each kept row gives a record of each measure. Where it does not give the measure that record is withdrawn, so that
    what an earlier version counted goes. All measures share the memory of what they have in common.

    Args:
        columns: What they have in common, as in `layer_of`.
        keep: Rows not refused, shape (rows,).
        measures: At least one.
    """
    # Each measure says by itself what is withdrawn; only then is it asked where a record lies.
    shared = layer_of({**columns, "measure": "", "unit": "", "withdrawn": True}, keep)
    return shared.repeated([_own(one, keep) for one in measures])


def _own(one: Measured, keep: Mask) -> Mapping[str, object]:
    """What one measure does not share with the others of its rows."""
    absent = ~one.where[keep]
    ranges = {"value": one.value, "low": one.low, "high": one.high}
    values = {name: found[keep] for name, found in ranges.items() if found is not None}
    # Under a mask Arrow takes not-a-number for a number, whatever it is told.
    cut = {name: pa.array(found, mask=absent | np.isnan(found)) for name, found in values.items()}
    return {**cut, "measure": one.measure, "unit": one.unit, "withdrawn": pa.array(absent)}


def layer_of(columns: Mapping[str, object], keep: Mask) -> Layer:
    """A layer of the rows where `keep`; arrays of shape (rows,) are cut to them, scalars stand for every record."""
    chosen = pa.array(keep)
    cut: dict[str, object] = {}
    for name, value in columns.items():
        if isinstance(value, np.ndarray):
            # Arrow misreads whole days as seconds when told to make timestamps of them.
            cut[name] = value[keep].astype("datetime64[s]") if value.dtype.kind == "M" else value[keep]
        else:
            cut[name] = value.filter(chosen) if isinstance(value, pa.Array) else value
    return Layer.build(cut)


def received(raw: Raw, length: int) -> Days | None:
    """When a file was received, for each of so many records, in whole seconds UTC; None where not known."""
    if raw.retrieved is None:
        return None
    return np.full(length, np.datetime64(int(raw.retrieved.timestamp()), "s"))


def text_option(raw: Raw, options: Options, name: str) -> str | None:
    """An option that is a text; None where not given.

    Raises:
        InputError: It is something else.
    """
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(raw.name, f"option {name} must be a text, not {value!r}")
    return value


def integer_option(raw: Raw, options: Options, name: str) -> int | None:
    """An option that is a whole number; None where not given.

    Raises:
        InputError: It is something else.
    """
    value = options.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InputError(raw.name, f"option {name} must be a whole number, not {value!r}")
    return value


def plain(name: str) -> str:
    """A column name without case and stray spaces, for comparison."""
    return " ".join(name.split()).casefold()


def listed(names: Iterable[str]) -> str:
    """Names as a message shows them: the first dozen, and how many more."""
    found = [repr(name) for name in names]
    more = f" and {len(found) - _NAMES_TOLD} more" if len(found) > _NAMES_TOLD else ""
    return (", ".join(found[:_NAMES_TOLD]) or "none") + more
