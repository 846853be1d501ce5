"""Layers: the one table of records that every source fills, whatever its provider publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import LayerError

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
        pa.field("overlap_group", pa.string()),
        pa.field("licence", pa.string(), nullable=False),
    ]
)
"""Columns of every layer.

A record says where it is in exactly one way: `geometry` (WKB, OGC:CRS84), `pcode` with `pcode_level`, `place` with
`pcode_level` (a name to be matched, inside `place_parent` where given) or `href` (a raster on disk; its `unit` says
count or density).
`start` and `end` bound the valid time, half-open, UTC. A null `value` is an unknown one.
"""

_WORDS = {
    "theme": THEMES,
    "kind": KINDS,
    "spread": SPREADS,
    "time_precision": TIME_PRECISIONS,
    "geo_precision": GEO_PRECISIONS,
}
_CANONICAL_ORDER = ("source", "measure", "record_id", "version", "published", "start", "end", "value")
_DEFAULTS: dict[str, Any] = {"time_precision": "day", "assessed": True, "preliminary": False, "geo_precision": "none"}


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
                raise LayerError(f"column {name!r} holds {sorted(strange)}; it takes {', '.join(words)}")
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

    @classmethod
    def empty(cls) -> Layer:
        """A layer of no records."""
        return cls(SCHEMA.empty_table())

    @classmethod
    def concat(cls, layers: Sequence[Layer]) -> Layer:
        """All records of several layers, in the order given."""
        return cls(pa.concat_tables([SCHEMA.empty_table(), *(layer.table for layer in layers)]).combine_chunks())

    def only(self, mask: pa.ChunkedArray | pa.Array) -> Layer:
        """The records where the mask is true."""
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

    def _check_places(self) -> None:
        ways = sum(
            pc.cast(pc.is_valid(self.table[name]), pa.int8()).to_numpy()
            for name in ("geometry", "pcode", "place", "href")
        )
        if len(self) and not (ways == 1).all():
            raise LayerError("a record must say where it is in exactly one way: geometry, pcode, place or href")
        coded = pc.or_(pc.is_valid(self.table["pcode"]), pc.is_valid(self.table["place"]))
        if pc.any(pc.and_(coded, pc.is_null(self.table["pcode_level"]))).as_py():
            raise LayerError("a record placed by code or name needs its pcode_level")


def _column(field: pa.Field, value: object, length: int) -> pa.Array:
    try:
        if value is None or isinstance(value, str | bytes | int | float | bool):
            return pa.array([value] * length, field.type) if value is not None else pa.nulls(length, field.type)
        if isinstance(value, pa.ChunkedArray):
            value = value.combine_chunks()
        if isinstance(value, np.ndarray) and value.dtype.kind == "M":
            value = value.astype("datetime64[s]")  # pyarrow 26 reads days as if they were seconds
        if isinstance(value, pa.Array):
            return value.cast(field.type)
        return pa.array(value, field.type, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise LayerError(f"column {field.name!r} does not fit {field.type}: {error}") from error


def _difference(schema: pa.Schema) -> str:
    missing = [name for name in SCHEMA.names if name not in schema.names]
    extra = [name for name in schema.names if name not in SCHEMA.names]
    retyped = [f.name for f in SCHEMA if f.name in schema.names and schema.field(f.name).type != f.type]
    return f"missing {missing}, not known {extra}, of another type {retyped}"
