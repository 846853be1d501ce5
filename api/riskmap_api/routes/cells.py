"""One cell, with everything its score was made of."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from riskmap import RiskmapError, Snapshot, cell_detail, explain
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

    `explanation` says in a paragraph and in numbers what the score is made of, what moved it since the period before,
    what is missing, and which cells are made up like it. Without `period` it is the snapshot's last one.
    """
    return json_answer(request, snapshot, lambda: _explained(snapshot, cell, period or snapshot.periods[-1]))


def _explained(snapshot: Snapshot, cell: str, period: str) -> dict[str, object]:
    detail = cell_detail(snapshot, cell, period)
    return {**detail, "explanation": _explanation(snapshot, cell, period)}


def _explanation(snapshot: Snapshot, cell: str, period: str) -> dict[str, object] | None:
    """The explanation; None where the snapshot's recipe is of another version, so that nothing can be scored anew."""
    try:
        return explain(snapshot, cell, period)
    except RiskmapError:
        return None
