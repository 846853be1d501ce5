"""One cell, with everything its score was made of."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from riskmap import cell_detail
from riskmap_api.answers import json_answer
from riskmap_api.deps import NamedSnapshot
from riskmap_api.models import CellDetail, CellId, PeriodLabel
from riskmap_api.openapi import refusals

router = APIRouter(prefix="/v1/cells", tags=["scores"])


@router.get(
    "/{cell}",
    summary="Why a cell has the score it has",
    response_model=CellDetail,
    responses=refusals(404),
)
def cell(request: Request, snapshot: NamedSnapshot, cell: CellId, period: PeriodLabel | None = None) -> Response:
    """Score with low and high, class, coverage, and every part down to raw values, feeds and licences.

    Without `period` it is the snapshot's last one.
    """
    return json_answer(request, snapshot, lambda: cell_detail(snapshot, cell, period or snapshot.periods[-1]))
