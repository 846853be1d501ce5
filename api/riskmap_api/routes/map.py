"""The map page, its files, and whether the service is well."""

from __future__ import annotations

import orjson
from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from riskmap import RiskmapError
from riskmap_api.answers import is_synthetic
from riskmap_api.caching import LATEST, REVALIDATED
from riskmap_api.deps import OpenSnapshots, StaticFolder
from riskmap_api.models import NOTE, Health
from riskmap_api.problems import problem_of

NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>riskmap</title></head>
<body>
<h1>riskmap</h1>
<p>The service runs, but the map has not been built. Build it once, then load this page again:</p>
<pre>make web</pre>
<p>The data are at <a href="/v1/snapshots">/v1/snapshots</a>; the API document is at
<a href="/openapi.json">/openapi.json</a>.</p>
</body>
</html>
"""

router = APIRouter()


@router.get("/", include_in_schema=False)
async def map_page(static: StaticFolder) -> Response:
    """The map; how to build it, where it has not been built."""
    page = static / "index.html"
    if not page.is_file():
        return HTMLResponse(NOT_BUILT)
    return FileResponse(page, headers={"Cache-Control": REVALIDATED})


@router.get(
    "/health",
    tags=["service"],
    summary="Whether the service can answer",
    response_model=Health,
    responses={503: {"model": Health, "description": "No snapshot can be served; `reason` says why"}},
)
def health(snapshots: OpenSnapshots) -> Response:
    """Status, newest snapshot, its case, and whether the case is invented."""
    try:
        newest = snapshots.get(LATEST)
    except RiskmapError as error:
        reason = orjson.loads(problem_of(error).body)["detail"]
        return _health(Health(status="unavailable", note=NOTE, reason=reason), 503)
    case = newest.manifest["case"]
    told = Health(status="ok", note=NOTE, snapshot=newest.id, case=case["title"], synthetic=is_synthetic(newest))
    return _health(told, 200)


def _health(told: Health, status: int) -> Response:
    return JSONResponse(told.model_dump(exclude_none=True), status, {"Cache-Control": "no-store"})
