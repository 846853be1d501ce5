"""Wordings: the distinct ways in which records say where they are, and what each of them means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.grid.amounts import days_of
from riskmap.grid.matching import Match, Matcher, Words
from riskmap.model.cube import Floats

GEOMETRY = "geometry"
"""The way of what needs no matching."""

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Targets:
    """Where wordings lead: one row each, or several where a crosswalk splits a place; ordered by wording.

    Args:
        wording: Shape (targets,).
        level: Level of the area, -1 for geometries and for what was not matched; shape (targets,).
        area: Position in that level, -1 likewise; shape (targets,).
        part: Part of a value that goes there; the parts of a wording sum to 1; shape (targets,).
    """

    wording: Ints
    level: Ints
    area: Ints
    part: Floats

    def of(self, wordings: Ints) -> tuple[Ints, Ints]:
        """Records as pieces, one for each target of their wording.

        Args:
            wordings: Wording of each record, shape (records,).

        Returns:
            Record of each piece, ascending, and target of each piece; shape (pieces,) both.
        """
        each = np.bincount(self.wording)
        counts = each[wordings]
        record = np.repeat(np.arange(len(wordings)), counts)
        within = np.arange(len(record)) - np.repeat(np.cumsum(counts) - counts, counts)
        return record, (np.cumsum(each) - each)[wordings][record] + within


@dataclass(frozen=True)
class Wordings:
    """The distinct wordings of some records; arrays of shape (wordings,) where nothing else is said.

    Args:
        of_record: Wording of each record, shape (records,).
        geometry: WKB, as an Arrow array; null for words.
        precision: Words of `riskmap.model.layer.GEO_PRECISIONS`.
        name: What the records call the place; their code where they give no name.
        way: How it was matched: one of `matching.WAYS`, `geometry`, or empty where it was not.
        reason: Why it was not; empty where it was.
        doubt: What about the match a person should look at; empty where nothing.
        example: The doubt in words.
        targets: Where they lead.
        aliases: Name as written -> name it was taken for.
    """

    of_record: Ints
    geometry: pa.Array
    precision: Texts
    name: Texts
    way: Texts
    reason: Texts
    doubt: Texts
    example: Texts
    targets: Targets
    aliases: Mapping[str, str]


def read_wordings(table: pa.Table, matcher: Matcher) -> Wordings:
    """The distinct wordings of records (rasters excepted), matched.

    Args:
        table: Records under the layer schema.
        matcher: Finds areas by words.
    """
    columns = {name: table[name].combine_chunks() for name in _COLUMNS}
    spells = matcher.crosswalk.spells(days_of(table).start)
    by_words = pc.is_null(columns["geometry"]).to_numpy(zero_copy_only=False)
    of_record, first = _distinct([*columns.values(), pa.array(np.where(by_words, spells, 0))])
    geometry = columns.pop("geometry").take(pa.array(first))
    told = {name: column.take(pa.array(first)).to_pylist() for name, column in columns.items()}
    names = [name or code or "" for name, code in zip(told["place"], told["pcode"], strict=True)]
    matches = {
        row: matcher.find(_words(told, row, int(spells[first[row]])))
        for row in np.flatnonzero(by_words[first]).tolist()
    }
    return Wordings(
        of_record=of_record,
        geometry=geometry,
        precision=_objects(told["geo_precision"]),
        name=_objects(names),
        way=_texts(matches, "way", len(first), GEOMETRY),
        reason=_texts(matches, "reason", len(first)),
        doubt=_texts(matches, "doubt", len(first)),
        example=_texts(matches, "example", len(first)),
        targets=_targets(matches, [level if level is not None else -1 for level in told["pcode_level"]]),
        aliases={names[row]: match.alias for row, match in matches.items() if match.alias},
    )


_COLUMNS = ("geometry", "geo_precision", "pcode", "place", "place_parent", "pcode_level")


def _distinct(columns: Sequence[pa.Array]) -> tuple[Ints, Ints]:
    """Which of the rows that differ each row is, numbered as they first occur, and where each of those stands first."""
    number = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        encoded = column.dictionary_encode(null_encoding="encode")
        step = number * len(encoded.dictionary) + encoded.indices.to_numpy()
        number = pd.factorize(step)[0].astype(np.int64)
    return number, np.unique(number, return_index=True)[1]


def _words(told: Mapping[str, Sequence[str | int | None]], row: int, spell: int) -> Words:
    code, name, parent = (str(told[column][row] or "") for column in ("pcode", "place", "place_parent"))
    return Words(code, name, parent, int(told["pcode_level"][row] or 0), spell)


def _targets(matches: Mapping[int, Match], levels: Sequence[int]) -> Targets:
    found = [(row, levels[row], *target) for row, match in matches.items() for target in match.targets]
    wording, level, area, part = np.array(found, np.float64).reshape(-1, 4).T
    unmatched = np.ones(len(levels), np.bool_)
    unmatched[wording.astype(np.int64)] = False
    others = np.flatnonzero(unmatched)
    order = np.argsort(np.concatenate([wording, others]), kind="stable")
    wordings, areas, parts = np.concatenate([wording, others]), np.full(len(order), -1), np.ones(len(order))
    known = np.full(len(order), -1)
    known[: len(area)], areas[: len(area)], parts[: len(area)] = level, area, part
    return Targets(wordings[order].astype(np.int64), known[order], areas[order], parts[order])


def _texts(matches: Mapping[int, Match], field: str, count: int, otherwise: str = "") -> Texts:
    found = np.full(count, otherwise, object)
    for row, match in matches.items():
        found[row] = getattr(match, field)
    return found


def _objects(values: Sequence[object]) -> Texts:
    found = np.empty(len(values), object)
    found[:] = values
    return found
