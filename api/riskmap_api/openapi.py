"""The API document: what FastAPI cannot see by itself is added here - problems and the tiles of the raw front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from riskmap_api.models import NOTE, Problem
from riskmap_api.problems import MEDIA_TYPE

_MEANING = {
    404: ("Not in the store or not in this snapshot", "cell-unknown", "Cell unknown"),
    413: ("A fair question with too large an answer; narrow it or take the export", "too-large", "Too large"),
    422: ("The request is malformed", "request-invalid", "Request invalid"),
}
_NAMED = {"type": "string"}
_COUNTED = {"type": "integer", "minimum": 0}
_TILE_PATH = "/v1/snapshots/{snapshot}/tiles/{layer}/{period}/{z}/{x}/{y}.mvt"
_TILE_PARAMETERS: Mapping[str, tuple[Mapping[str, object], object]] = {
    "snapshot": (_NAMED, "latest"),
    "layer": (_NAMED, "risk"),
    "period": (_NAMED, "2022-01"),
    "z": (_COUNTED | {"maximum": 12}, 6),
    "x": (_COUNTED, 39),
    "y": (_COUNTED, 31),
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documented problems of a route; 422 is every route's."""
    return {status: _refusal(status) for status in (*statuses, 422)}


class DescribedApp(FastAPI):
    """A FastAPI application whose document tells of the raw front and of problems too."""

    def openapi(self) -> dict[str, Any]:
        """The API document; made once, on first use."""
        if self.openapi_schema is None:
            self.openapi_schema = _described(self)
        return self.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=NOTE, routes=app.routes)
    shapes = schema["components"]["schemas"]
    shapes["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        shapes.pop(unused, None)
    schema["paths"][_TILE_PATH] = {"get": _tile_operation()}
    return schema


def _tile_operation() -> dict[str, Any]:
    return {
        "tags": ["tiles"],
        "summary": "One vector tile",
        "description": "Mapbox Vector Tile of one layer and period. A path that names a snapshot by id never changes "
        "its answer and may be cached for ever; `latest` may be cached briefly. Layers are `risk` and the ids of "
        f"dimensions, components and indicators. {NOTE}",
        "operationId": "tile",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
            for name, (schema, example) in _TILE_PARAMETERS.items()
        ],
        "responses": {
            "200": {
                "description": "The tile",
                "content": {
                    "application/vnd.mapbox-vector-tile": {"schema": {"type": "string", "format": "binary"}},
                },
            },
            "204": {"description": "No cell lies in this tile"},
            "304": {"description": "The client holds this tile already"},
            "404": _refusal(404),
        },
    }


def _refusal(status: int) -> dict[str, Any]:
    meaning, kind, title = _MEANING[status]
    example = {"type": f"urn:riskmap:problem:{kind}", "title": title, "status": status, "detail": f"{meaning}."}
    shape = {"$ref": "#/components/schemas/Problem"}
    return {"description": meaning, "content": {MEDIA_TYPE: {"schema": shape, "example": example}}}
