"""Layers: the one table of records that every source fills, whatever its provider publishes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import LayerError
from riskmap.model.overlap import GROUPS

THEMES = ("displacement", "conflict", "disaster", "population", "vulnerability", "protection")
KINDS = ("stock", "flow", "cumulative", "hazard", "exposure", "index")
SPREADS = ("extensive", "intensive")
TIME_PRECISIONS = ("day", "week", "month", "quarter", "year", "none")
GEO_PRECISIONS = ("exact", "near", "adm2", "adm1", "country", "none")

_STAMP = pa.timestamp("s", "UTC")

SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("event_id", pa.string()),
        pa.field("version", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("theme", pa.string(), nullable=False),
        pa.field("measure", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("spread", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("start", _STAMP, nullable=False),
        pa.field("end", _STAMP, nullable=False),
        pa.field("time_precision", pa.string(), nullable=False),
        pa.field("published", _STAMP),
        pa.field("retrieved", _STAMP),
        pa.field("geometry", pa.binary()),
        pa.field("pcode", pa.string()),
        pa.field("pcode_level", pa.int8()),
        pa.field("place", pa.string()),
        pa.field("place_parent", pa.string()),
        pa.field("boundary_vintage", pa.string()),
        pa.field("href", pa.string()),
        pa.field("geo_precision", pa.string(), nullable=False),
        pa.field("precision_m", pa.float32()),
        pa.field("assessed", pa.bool_(), nullable=False),
        pa.field("preliminary", pa.bool_(), nullable=False),
        pa.field("withdrawn", pa.bool_(), nullable=False),
        pa.field("overlap_group", pa.string()),
        pa.field("licence", pa.string(), nullable=False),
    ]
)
"""Columns of every layer.

A record says where it is in exactly one way: `geometry` (WKB, OGC:CRS84), words (`pcode`, `place`, or both, with
`pcode_level`; a name is matched inside `place_parent` where given, and guards a code that may have been used anew) or
`href` (a raster on disk; its `unit` says count or density).
`start` and `end` bound the valid time, half-open, UTC; a record became known when it was `retrieved`, or else when it
was `published`. A null `value` is an unknown one. A `withdrawn` record takes back all earlier versions of itself, and
needs no place.
"""

_WORDS = {
    "theme": THEMES,
    "kind": KINDS,
    "spread": SPREADS,
    "time_precision": TIME_PRECISIONS,
    "geo_precision": GEO_PRECISIONS,
    "overlap_group": (None, *GROUPS),
}
_CANONICAL_ORDER = ("source", "measure", "record_id", "version", "published", "start", "end", "value")
_BLOCK = 1 << 16
_DEFAULTS: dict[str, Any] = {
    "time_precision": "day",
    "assessed": True,
    "preliminary": False,
    "withdrawn": False,
    "geo_precision": "none",
}


@dataclass(frozen=True)
class Layer:
    """Records under `SCHEMA`, checked once, here.

    Raises:
        LayerError: A column is missing or of another type, a word is not of its list, a record ends before it starts,
            or says where it is in no way or in two.
    """

    table: pa.Table

    def __post_init__(self) -> None:
        if not self.table.schema.equals(SCHEMA):
            raise LayerError(f"columns differ from the layer schema: {_difference(self.table.schema)}")
        for name in (field.name for field in SCHEMA if not field.nullable):
            if self.table[name].null_count:
                raise LayerError(f"column {name!r} has {self.table[name].null_count} nulls and may have none")
        for name, words in _WORDS.items():
            strange = set(pc.unique(self.table[name]).to_pylist()) - set(words)
            if strange:
                raise LayerError(f"column {name!r} holds {sorted(strange)}; it takes {', '.join(filter(None, words))}")
        if pc.any(pc.greater(self.table["start"], self.table["end"])).as_py():
            raise LayerError("a record ends before it starts")
        self._check_places()

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @classmethod
    def build(cls, columns: Mapping[str, Any]) -> Layer:
        """A layer from columns; what is not given is null or its default.

        Args:
            columns: By column name: arrays, sequences, or one scalar for all records; at least `record_id` must be a
                sequence, since it fixes the length.
        """
        unknown = set(columns) - set(SCHEMA.names)
        if unknown:
            raise LayerError(f"no such columns in the layer schema: {sorted(unknown)}")
        length = len(columns["record_id"])
        arrays = [_column(field, columns.get(field.name, _DEFAULTS.get(field.name)), length) for field in SCHEMA]
        return cls(pa.Table.from_arrays(arrays, schema=SCHEMA))

    def repeated(self, variants: Sequence[Mapping[str, Any]]) -> Layer:
        """The same records several times, each time with some columns of its own; what is the same is held once.

        Args:
            variants: For each time, columns as `build` takes them.
        """
        tables = [
            pa.Table.from_arrays(
                [
                    _column(field, own[field.name], len(self)) if field.name in own else self.table[field.name]
                    for field in SCHEMA
                ],
                schema=SCHEMA,
            )
            for own in variants
        ]
        return Layer(pa.concat_tables([SCHEMA.empty_table(), *tables]))

    @classmethod
    def empty(cls) -> Layer:
        """A layer of no records."""
        return cls(SCHEMA.empty_table())

    @classmethod
    def concat(cls, layers: Sequence[Layer]) -> Layer:
        """All records of several layers, in the order given."""
        if len(layers) == 1:
            return layers[0]
        return cls(pa.concat_tables([SCHEMA.empty_table(), *(layer.table for layer in layers)]).combine_chunks())

    def only(self, mask: pa.ChunkedArray | pa.Array) -> Layer:
        """The records where the mask is true."""
        if pc.all(mask, skip_nulls=False).as_py():
            return self
        return Layer(self.table.filter(mask))

    def of(self, measure: str) -> Layer:
        """The records of one measure."""
        return self.only(pc.equal(self.table["measure"], measure))

    def canonical(self) -> Layer:
        """Records in an order that depends on their content alone, each `record_id` once.

        Of several versions of one record the highest `version` is kept (then the latest `published`); so repeating or
        shuffling a file changes nothing.
        """
        order = [(name, "ascending", "at_start") for name in _CANONICAL_ORDER]
        table = self.table.take(pc.sort_indices(self.table, sort_keys=order))
        key = pc.binary_join_element_wise(
            table["source"], table["measure"], table["record_id"], "\x1f"
        ).combine_chunks()
        if len(key) < 2:
            return Layer(table)
        last = pa.concat_arrays([pc.not_equal(key[:-1], key[1:]), pa.array([True])])
        return Layer(table.filter(last))

    def standing(self) -> Layer:
        """As `canonical`, without the records that were withdrawn."""
        canonical = self.canonical()
        return canonical.only(pc.invert(canonical.table["withdrawn"]))

    @property
    def known(self) -> pa.ChunkedArray:
        """When each record became known: when it was received, or else published; null where neither is told."""
        return pc.coalesce(self.table["retrieved"], self.table["published"])

    def digest(self) -> str:
        """Hex sha256 of its records, whatever chunks they lie in, and whenever they were received."""
        table = self.table.drop_columns(["retrieved"]).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return hashlib.sha256(sink.getvalue()).hexdigest()

    def known_by(self, moment: datetime) -> Layer:
        """The records that were known at a moment; those that do not say are kept."""
        late = pc.fill_null(pc.greater(self.known, pa.scalar(moment, _STAMP)), fill_value=False)
        return self.only(pc.invert(late))

    def _check_places(self) -> None:
        coded = pc.or_(pc.is_valid(self.table["pcode"]), pc.is_valid(self.table["place"]))
        told = (pc.is_valid(self.table["geometry"]), coded, pc.is_valid(self.table["href"]))
        ways = sum(pc.cast(one, pa.int8()).to_numpy() for one in told)
        nowhere = self.table["withdrawn"].to_numpy() & (ways == 0)
        if len(self) and not ((ways == 1) | nowhere).all():
            raise LayerError("a record must say where it is in exactly one way: geometry, code or name, or href")
        if pc.any(pc.and_(coded, pc.is_null(self.table["pcode_level"]))).as_py():
            raise LayerError("a record placed by code or name needs its pcode_level")


def _column(field: pa.Field, value: object, length: int) -> pa.Array | pa.ChunkedArray:
    try:
        if value is None or isinstance(value, str | bytes | int | float | bool):
            return _same(pa.scalar(value, field.type), length)
        if isinstance(value, pa.ChunkedArray):
            value = value.combine_chunks()
        if isinstance(value, np.ndarray) and value.dtype.kind == "M":
            value = value.astype("datetime64[s]")  # pyarrow 26 reads days as if they were seconds
        if isinstance(value, pa.Array):
            return value.cast(field.type)
        return pa.array(value, field.type, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise LayerError(f"column {field.name!r} does not fit {field.type}: {error}") from error


def _same(value: pa.Scalar, length: int) -> pa.ChunkedArray:
    """One value for all records; however many they are, it is held for a block of them only."""
    block = pa.repeat(value, min(length, _BLOCK))
    rest = length % _BLOCK if length > _BLOCK else length
    return pa.chunked_array([*[block] * ((length - rest) // _BLOCK), block.slice(0, rest)], value.type)


def _difference(schema: pa.Schema) -> str:
    missing = [name for name in SCHEMA.names if name not in schema.names]
    extra = [name for name in schema.names if name not in SCHEMA.names]
    retyped = [f.name for f in SCHEMA if f.name in schema.names and schema.field(f.name).type != f.type]
    return f"missing {missing}, not known {extra}, of another type {retyped}"
