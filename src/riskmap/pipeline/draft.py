"""Drafts: what a case would have to say of a table that no provider claims, as far as the table itself tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.dates import choose_format
from riskmap.sources.tabular import read_table

_CODE = r"^[A-Z]{2,3}\d{1,10}$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_YEAR = r"^(19|20)\d{2}$"
_PLACE = re.compile(r"(?i)adm|region|district|province|state|county|country|localit|commune|ward|lga")
_NO_MEASURE = re.compile(r"(?i)(^|_)(id|fid|lat|lon|latitude|longitude|x|y|objectid|year|month|day|code|pcode)(_|$)")
_MOST = 0.8
_MEASURES = 6


def draft_of(raw: Raw) -> str:
    """A block of a case for a table, with what a person must decide left open; empty where there is no table."""
    try:
        table = read_table(raw)
    except InputError:
        return ""
    texts = {name: pc.drop_null(column) for name, column in table.columns.items()}
    filled = {name: text for name, text in texts.items() if len(text)}
    return "\n".join(_lines(raw, filled))


def _lines(raw: Raw, filled: Mapping[str, pa.Array]) -> Iterator[str]:
    codes = [name for name, text in filled.items() if _share(text, _CODE) >= _MOST]
    years = [name for name, text in filled.items() if _share(text, _YEAR) >= _MOST]
    yield f'[[inputs]]\nsource = "tables"\npath = {json.dumps(raw.name)}\n[inputs.options]'
    yield from _places(filled, codes)
    yield from _times(filled, years)
    numbers = [name for name, text in filled.items() if name not in (*codes, *years) and _is_measure(name, text)]
    yield "[inputs.options.measures]  # kind: stock, flow, cumulative, exposure, index; spread: extensive, intensive"
    for name in numbers[:_MEASURES]:
        key = re.sub(r"\W+", "_", name.strip().lower()).strip("_") or "value"
        yield f'{key} = {{ column = {json.dumps(name)}, unit = "?", kind = "?", spread = "?", theme = "?" }}'
    if len(numbers) > _MEASURES:
        yield f"# further columns of numbers: {_listed(numbers[_MEASURES:])}"


def _places(filled: Mapping[str, pa.Array], codes: list[str]) -> Iterator[str]:
    """The finest column of codes, or else a column of names."""
    levels = [name for name, text in filled.items() if "level" in name.casefold() and _share(text, r"^\d$") >= _MOST]
    if codes:
        finest = max(codes, key=lambda name: (pc.count_distinct(filled[name]).as_py(), name))
        yield f"pcode = {json.dumps(finest)}"
        yield f"level = {json.dumps(levels[0]) if levels else _level(finest)}"
        return
    named = [name for name, text in filled.items() if _PLACE.search(name) and _share(text, _NUMBER) < _MOST]
    yield f"place = {json.dumps(named[-1] if named else '?')}      # columns that may name places: {_listed(named)}"
    yield f"level = {json.dumps(levels[0]) if levels else '?'}"


def _times(filled: Mapping[str, pa.Array], years: list[str]) -> Iterator[str]:
    dated = [name for name, text in filled.items() if _is_dated(text)]
    if dated:
        yield f"start = {json.dumps(dated[0])}      # columns of dates: {_listed(dated)}"
        yield 'step = "month"      # or end = a column'
    elif years:
        yield f"year = {json.dumps(years[0])}"
    else:
        yield "start_date = ?      # first day of all rows\nend_date = ?"


def _share(text: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.cast(pc.match_substring_regex(text, pattern), pa.float64())).as_py())


def _is_dated(text: pa.Array) -> bool:
    return _share(text, _NUMBER) < _MOST and choose_format(text)[0] is not None


def _is_measure(name: str, text: pa.Array) -> bool:
    return not _NO_MEASURE.search(name) and _share(text, _NUMBER) >= _MOST


def _level(column: str) -> str:
    found = re.search(r"(?i)adm(?:in)?_?(\d)", column)
    return found.group(1) if found else "?"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) or "none found"
