"""Scores of many cells at once, as columns."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from pyarrow import csv
from starlette.responses import Response

from riskmap import Snapshot, query_scores
from riskmap_api.answers import JSON, answer, headers_of, said, to_json
from riskmap_api.deps import NamedSnapshot, ServiceSettings
from riskmap_api.models import Columns
from riskmap_api.openapi import refusals

Format = Literal["json", "csv", "arrow"]
Bbox = tuple[float, float, float, float]

MEDIA_TYPES: dict[Format, str] = {
    "json": JSON,
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
}
_CONTENT = {"text/csv": {"schema": {"type": "string"}}, MEDIA_TYPES["arrow"]: {"schema": {"type": "string"}}}

router = APIRouter(prefix="/v1", tags=["scores"])


async def chosen_format(
    asked: Annotated[Format | None, Query(alias="format", description="Takes the place of `Accept`")] = None,
    accept: Annotated[str, Header(description="`application/json`, `text/csv` or Arrow's stream type")] = JSON,
) -> Format:
    """How the client wants the columns; JSON where it does not say."""
    if asked:
        return asked
    wanted = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    named: dict[str, Format] = {media.partition(";")[0]: name for name, media in MEDIA_TYPES.items()}
    return next((named[media] for media in wanted if media in named), "json")


async def bbox_of(
    bbox: Annotated[
        str | None,
        Query(description="West, south, east, north in degrees (OGC:CRS84)", examples=["44.5,1.5,46.0,3.0"]),
    ] = None,
) -> Bbox | None:
    """Corners of a box; west may lie east of east, across the antimeridian."""
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        raise _invalid("bbox", "give four numbers: west,south,east,north", bbox) from None
    if not (all(map(math.isfinite, (west, east))) and abs(west) <= 180 and abs(east) <= 180):
        raise _invalid("bbox", "longitudes lie between -180 and 180", bbox)
    if not -90 <= south < north <= 90:
        raise _invalid("bbox", "latitudes lie between -90 and 90, south below north", bbox)
    return west, south, east, north


async def periods_of(
    snapshot: NamedSnapshot,
    period: Annotated[
        str | None,
        Query(description="Labels with commas between, or `all`; the last period if left out", examples=["2022-01"]),
    ] = None,
) -> list[str]:
    """Labels of the periods asked for."""
    if period is None:
        return [snapshot.periods[-1]]
    return list(snapshot.periods) if period == "all" else _listed(period)


async def cells_of(
    cells: Annotated[
        str | None,
        Query(description="H3 cells as text, with commas between", pattern="^8[0-9a-f]{14}(,8[0-9a-f]{14})*$"),
    ] = None,
) -> list[str] | None:
    """Cells asked for; None for all."""
    return None if cells is None else _listed(cells)


async def fields_of(
    fields: Annotated[
        str | None,
        Query(
            description="Fields with commas between; ids of the recipe's parts too, and how sure a score is:"
            " q05, q95, p_high, people_at_risk, reliability, grade",
            examples=["score,class,crisis", "score,q05,q95,people_at_risk"],
        ),
    ] = None,
) -> list[str] | None:
    """Fields asked for; None for the usual ones."""
    return None if fields is None else _listed(fields)


class ScoreQuestion:
    """Which scores a request asks for.

    Args:
        periods: Labels.
        cells: Cells as text; None for all.
        bbox: West, south, east, north in degrees; None for everywhere.
        fields: Columns in the order wanted; None for the usual ones.
    """

    def __init__(
        self,
        periods: Annotated[list[str], Depends(periods_of)],
        cells: Annotated[list[str] | None, Depends(cells_of)],
        bbox: Annotated[Bbox | None, Depends(bbox_of)],
        fields: Annotated[list[str] | None, Depends(fields_of)],
    ) -> None:
        self.periods, self.cells, self.bbox, self.fields = periods, cells, bbox, fields

    def ask(self, snapshot: Snapshot, limit: int) -> pa.Table:
        """The answer as columns, at most `limit` rows.

        Raises:
            QueryError: The snapshot has no such cell, period or field.
            TooLarge: The answer has more rows.
        """
        return query_scores(snapshot, self.periods, cells=self.cells, bbox=self.bbox, fields=self.fields, limit=limit)


@router.get(
    "/scores",
    summary="Scores of many cells, as columns",
    response_model=Columns,
    responses={200: {"content": _CONTENT}, **refusals(404, 413)},
)
def scores(
    request: Request,
    snapshot: NamedSnapshot,
    question: Annotated[ScoreQuestion, Depends()],
    settings: ServiceSettings,
    form: Annotated[Format, Depends(chosen_format)],
) -> Response:
    """Columns by field, one row for each cell and period; as JSON, CSV or an Arrow stream."""

    def make() -> bytes:
        return _WRITERS[form](question.ask(snapshot, settings.max_cells), snapshot, question.periods)

    return answer(request, snapshot, MEDIA_TYPES[form], make)


def _json(table: pa.Table, snapshot: Snapshot, periods: list[str]) -> bytes:
    columns = {name: _values(table[name]) for name in table.column_names}
    return to_json({**said(snapshot), "periods": periods, "columns": columns})


def _csv(table: pa.Table, _snapshot: Snapshot, _periods: list[str]) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(table, sink)
    return sink.getvalue()


def _arrow(table: pa.Table, snapshot: Snapshot, _periods: list[str]) -> bytes:
    sink = io.BytesIO()
    told = table.replace_schema_metadata(headers_of(snapshot))
    with pa.ipc.new_stream(sink, told.schema) as writer:
        writer.write_table(told)
    return sink.getvalue()


_WRITERS: dict[Format, Callable[[pa.Table, Snapshot, list[str]], bytes]] = {
    "json": _json,
    "csv": _csv,
    "arrow": _arrow,
}


def _values(column: pa.ChunkedArray) -> object:
    """Numbers as one NumPy array (null as NaN, written as null again), everything else as a list."""
    if pa.types.is_floating(column.type) or (pa.types.is_integer(column.type) and not column.null_count):
        return np.ascontiguousarray(column.to_numpy())
    return column.to_pylist()


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _invalid(name: str, what: str, given: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("query", name), "msg": what, "type": "value_error", "input": given}])
