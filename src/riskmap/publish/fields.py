"""Fields: what may be asked of a snapshot, by the names that readers use, and where each is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskmap.errors import FieldUnknown
from riskmap.publish.outlines import Ints
from riskmap.publish.words import GRADE, STATUS, SUPPORT, class_names
from riskmap.store.snapshot import Snapshot

USUAL = ("score", "low", "high", "class", "status", "coverage")
"""Fields of an answer that asks for none."""

SURE = ("q05", "q95", "p_high", "people_at_risk", "reliability", "grade")
"""Fields that tell how sure a score is; snapshots made before they were reckoned have none."""

_OF_CELLS = (
    "lon",
    "lat",
    "area_km2",
    "population",
    "admin1_pcode",
    "admin1_name",
    "admin2_pcode",
    "admin2_name",
)
_SUFFIXES = ("coverage", "support", "age_days", "feed")


class Field(NamedTuple):
    """Where a field is stored: table, column, and the words that its codes stand for, if it holds codes."""

    table: str
    column: str
    words: Mapping[int, str | None] | None = None


def fields_of(snapshot: Snapshot) -> dict[str, Field]:
    """Every field of a snapshot by name.

    `score` (or `value`), `low`, `high`, `class`, `status`, `coverage`; `q05` and `q95`, between which the score lies
    nine times in ten, `p_high`, the chance 0..1 that its class is high or above, `people_at_risk`, the people by that
    chance, `reliability` 0..10 and its `grade`; the id of each dimension, component and indicator for its score;
    `<indicator>.value` for what was measured, with `.coverage`, `.support`, `.age_days` and `.feed` (the measure it
    came from); and what is known of the cell itself, such as `population`.
    """
    found = {name: Field("scores", name) for name in ("value", *snapshot.fields)}
    found["score"] = Field("scores", "value")
    found["class"] = Field("scores", "class", dict(enumerate(class_names(snapshot))))
    found["status"] = Field("scores", "status", STATUS)
    if "grade" in found:
        found["grade"] = Field("scores", "grade", GRADE)
    measured = set(snapshot.table("indicators").column_names)
    for indicator in snapshot.manifest["recipe"]["indicators"]:
        name = indicator["id"]
        if name in measured:
            found[f"{name}.value"] = Field("indicators", name)
            found |= {f"{name}.{suffix}": Field("indicators", f"{name}.{suffix}") for suffix in _SUFFIXES}
            feeds: dict[int, str | None] = {index: feed["measure"] for index, feed in enumerate(indicator["feeds"])}
            found[f"{name}.feed"] = Field("indicators", f"{name}.feed", feeds)
            found[f"{name}.support"] = Field("indicators", f"{name}.support", SUPPORT)
    known = snapshot.table("cells").column_names
    return found | {name: Field("cells", name) for name in _OF_CELLS if name in known}


def chosen_fields(snapshot: Snapshot, names: Sequence[str]) -> dict[str, Field]:
    """The fields of these names, in their order, each once.

    Raises:
        FieldUnknown: The snapshot has no field of a name; lists what it has.
    """
    known = fields_of(snapshot)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise FieldUnknown(
            f"snapshot {snapshot.id} has no field {', '.join(map(repr, unknown))}; it has {', '.join(known)}"
        )
    return {name: known[name] for name in names}


def read_field(snapshot: Snapshot, field: Field, period_index: int, rows: Ints) -> pa.Array:
    """Values of a field in one period at some rows of cells, codes as words; null = unknown, shape (rows,)."""
    chunks = snapshot.table(field.table)[field.column].chunks
    values = chunks[0 if field.table == "cells" else period_index].take(pa.array(rows))
    return values if field.words is None else _worded(values, field.words)


def _worded(codes: pa.Array, words: Mapping[int, str | None]) -> pa.Array:
    """Codes as the words they stand for; null for a code that stands for nothing."""
    different, where = np.unique(codes.to_numpy(zero_copy_only=False), return_inverse=True)
    named = pa.array([words.get(int(code)) for code in different], pa.string())
    return named.take(pa.array(where))
