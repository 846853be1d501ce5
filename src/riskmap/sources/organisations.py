"""Organisations at work in a place: counted, each once, and never named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.sources.admin_units import Units
from riskmap.sources.columns import Days, Mask, as_mask, listed
from riskmap.sources.spans import precision_of

PRESENT = "organisations_present"
"""Measure: different organisations at work in a place."""

PROTECTING = "protection_organisations_present"
"""Measure: those of them that work in general protection, against gender-based violence, or for children."""

_PROTECTION = (
    r"(?i)^pro(-gbv|-cpn|-chp)?$"
    r"|^(general )?protection[ :(/-]*(general|g[eé]n[eé]rale)?\)?$|^protecci[oó]n( general)?$"
    r"|gender[- ]?based|sexual violence|\bgbv\b|\bvbg\b|violences? bas[eé]e|violencia de g[eé]nero"
    r"|child protection|protection (de l.|des? )enfan|protecci[oó]n (de la )?(infan|niñ)|\bcpn?\b|traffick"
)
"""Codes and names of the sectors that stand between people and traffickers; the protection cluster's mine action and
housing are not among them."""


def protective(sector: pa.Array) -> Mask:
    """Which sectors, by code or name, are of protection; shape (rows,)."""
    return as_mask(pc.match_substring_regex(sector, _PROTECTION))


def of_sectors(file: str, wanted: Sequence[str], *columns: pa.Array) -> Mask:
    """Rows of some sectors, by code or name without regard to case; shape (rows,).

    Raises:
        InputError: One of them is not there; tells those that are.
    """
    folded = [pc.utf8_lower(column) for column in columns]
    keep = np.zeros(len(columns[0]), dtype=np.bool_)
    for one in wanted:
        found = np.logical_or.reduce([as_mask(pc.equal(column, one.strip().lower())) for column in folded])
        if not found.any():
            there = sorted({str(text) for column in columns for text in pc.unique(pc.drop_null(column)).to_pylist()})
            raise InputError(file, f"no sector {one!r}; found {listed(there)}", field="sectors")
        keep |= found
    return keep


def folded_names(*columns: pa.Array) -> pa.Array:
    """Names of organisations, the first that is filled, without regard to case and stray spaces."""
    text = pc.utf8_lower(pc.coalesce(*columns))
    return pc.replace_substring_regex(text, r"\s+", " ")


def counted(units: Units, start: Days, end: Days, names: pa.Array, kept: Mapping[str, Mask]) -> pa.Table:
    """Different organisations by place and start: `measure`, `id`, `row`, `start`, `end` and `value`.

    Args:
        units: Where each row is.
        start: First day.
        end: First day after; the latest of a place and start holds.
        names: Folded names.
        kept: Measure -> rows that count for it.

    Returns:
        One row for each measure, place and start; `row` is the first of those counted there.
    """
    columns = {"id": units.ids, "start": start.astype("datetime64[s]"), "end": end.astype("datetime64[s]")}
    table = pa.table({**columns, "name": names, "row": np.arange(len(start))})
    found = []
    for measure, mask in kept.items():
        grouped = table.filter(pa.array(mask)).group_by(["id", "start"], use_threads=False)
        counts = grouped.aggregate([("name", "count_distinct"), ("end", "max"), ("row", "min")])
        counts = counts.rename_columns(["id", "start", "value", "end", "row"])
        found.append(counts.append_column("measure", pa.array([measure] * len(counts), pa.string())))
    return pa.concat_tables(found).combine_chunks()


def layer_of_counts(counts: pa.Table, units: Units, everywhere: Mapping[str, object]) -> Layer:
    """Records of what `counted` gave.

    Args:
        counts: As `counted` gives them.
        units: Of the same rows.
        everywhere: Columns with one value for all records: source, version, licence and the like.
    """
    rows = counts["row"].to_numpy()
    placed = {name: _taken(column, rows) for name, column in units.columns.items()}
    day = pc.strftime(counts["start"], "%Y-%m-%d")
    return Layer.build(
        {
            **everywhere,
            **placed,
            "record_id": pc.binary_join_element_wise(counts["id"], day, "/"),
            "measure": counts["measure"],
            "theme": "protection",
            "kind": "index",
            "spread": "intensive",
            "unit": "organisations",
            "value": counts["value"].cast(pa.float64()),
            "start": counts["start"].to_numpy(),
            "end": counts["end"].to_numpy(),
            "time_precision": precision_of(counts["start"].to_numpy(), counts["end"].to_numpy()),
            "overlap_group": "presence",
        }
    )


def _taken(column: object, rows: npt.NDArray[np.int64]) -> object:
    return column[rows] if isinstance(column, np.ndarray) else pc.take(column, pa.array(rows))
