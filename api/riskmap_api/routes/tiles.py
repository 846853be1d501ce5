"""TileJSON: where a client finds the tiles of one layer and period."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from riskmap import tilejson
from riskmap_api.answers import json_answer
from riskmap_api.deps import NamedSnapshot
from riskmap_api.models import PeriodLabel, TileJson
from riskmap_api.openapi import refusals

router = APIRouter(prefix="/v1/snapshots/{snapshot}/tiles", tags=["tiles"])


@router.get(
    "/{layer}/{period}.json",
    summary="TileJSON of one layer and period",
    response_model=TileJson,
    responses=refusals(404),
)
def tile_json(request: Request, snapshot: NamedSnapshot, layer: str, period: PeriodLabel) -> Response:
    """TileJSON 3.0 with absolute addresses that name the snapshot, so that a later publish never mixes into a map."""
    base_url = str(request.base_url).rstrip("/")
    return json_answer(request, snapshot, lambda: tilejson(snapshot, layer, period, base_url))
