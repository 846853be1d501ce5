"""Problems: what goes wrong, told as RFC 9457 `application/problem+json`.

Errors of the library carry no HTTP status; one table gives it to them here. What is the server's own fault is told to
the client by an opaque id only, and in full to the log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from uuid import uuid4

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmap import RiskmapError

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[str, int] = MappingProxyType(
    {
        "RiskmapError": 500,
        "CaseError": 500,
        "RecipeError": 500,
        "InputError": 500,
        "UnknownSource": 500,
        "FetchError": 500,
        "CredentialsMissing": 500,
        "NoRows": 500,
        "PageFull": 500,
        "PointedElsewhere": 500,
        "ProviderRefused": 500,
        "Transient": 500,
        "LayerError": 500,
        "PlacementError": 500,
        "ComputeError": 500,
        "TaskFailed": 500,
        "StoreError": 503,
        "SnapshotMissing": 404,
        "SnapshotDamaged": 500,
        "ResultDamaged": 500,
        "QueryError": 422,
        "CellUnknown": 404,
        "PeriodUnknown": 404,
        "FieldUnknown": 404,
        "LicenceForbids": 403,
        "TooLarge": 413,
    }
)
"""Class name of every error of the library -> HTTP status."""

_TOLD = {
    # The error itself names folders, which are the operator's business.
    "SnapshotMissing": "There is no such snapshot, or none is published yet; /v1/snapshots lists them.",
    "TooLarge": "{} (narrow it by bbox, cells, period or fields, or take the whole snapshot with `riskmap export`)",
}
_LOG = logging.getLogger(__name__)


def problem(status: int, detail: str, *, kind: str = "", extra: Mapping[str, object] | None = None) -> Response:
    """One problem as a response that no cache may keep.

    Args:
        status: HTTP status.
        detail: What is wrong with this request and what to do.
        kind: CamelCase name of the kind of problem; the HTTP status names it where empty.
        extra: Further members of the document.
    """
    body = {
        "type": f"urn:riskmap:problem:{_dashed(kind)}" if kind else "about:blank",
        "title": _spaced(kind) if kind else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **(extra or {}),
    }
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, MEDIA_TYPE)


def problem_of(error: RiskmapError, *, in_path: bool = False) -> Response:
    """The problem that an error of the library is to a client.

    Args:
        error: What the library raised.
        in_path: True where the whole question stood in the path: one that cannot be answered is then not found.
    """
    kind = type(error).__name__
    status = 404 if in_path and STATUS[kind] == 422 else STATUS[kind]
    if status >= 500:
        return _own_fault(error, status, kind)
    return problem(status, _TOLD.get(kind, "{}").format(error), kind=kind)


def install(app: FastAPI) -> None:
    """Makes every refusal of the app a problem document."""
    app.exception_handler(RiskmapError)(_on_riskmap_error)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(HTTPException)(_on_http_error)


class LastResort:
    """ASGI layer outside all others: an error that nobody foresaw becomes an opaque 500, and a full log entry.

    Args:
        app: The application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the application inside; an answer already begun cannot be taken back and breaks off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            answer = _own_fault(error, 500, "")
            if begun:
                raise
            await answer(scope, receive, send)


def _own_fault(error: Exception, status: int, kind: str) -> Response:
    reference = uuid4().hex
    _LOG.error("problem %s: %s", reference, error, exc_info=error)
    told = f"The service failed; the operator finds the reason in its log under {reference}."
    return problem(status, told, kind=kind, extra={"instance": f"urn:uuid:{reference}"})


async def _on_riskmap_error(_request: Request, error: RiskmapError) -> Response:
    return problem_of(error)


async def _on_invalid(_request: Request, error: RequestValidationError) -> Response:
    errors = [{"where": _where(one["loc"]), "what": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in errors)
    return problem(422, detail, kind="RequestInvalid", extra={"errors": errors})


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    answer = problem(error.status_code, f"{request.method} {request.url.path}: {error.detail}")
    answer.headers.update(error.headers or {})
    return answer


def _where(place: Iterable[object]) -> str:
    return ".".join(str(step) for step in place)


def _dashed(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()


def _spaced(kind: str) -> str:
    return _dashed(kind).replace("-", " ").capitalize()
