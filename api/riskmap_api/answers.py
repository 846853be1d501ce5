"""Answers: what every reply about a snapshot carries, and 304 where the client holds it already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version

import orjson
from fastapi import Request
from starlette.responses import Response

from riskmap import Snapshot
from riskmap_api.caching import REVALIDATED, etag_of, matches
from riskmap_api.models import NOTE

JSON = "application/json"
_JSON_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
VERSION = version("riskmap")


def is_synthetic(snapshot: Snapshot) -> bool:
    """Whether the snapshot's case is invented."""
    return bool(snapshot.manifest["case"]["synthetic"])


def said(snapshot: Snapshot) -> dict[str, object]:
    """What every JSON answer says first: which snapshot, whether invented, what it does not show, and whose data."""
    told = {"snapshot": snapshot.id, "synthetic": is_synthetic(snapshot), "note": NOTE}
    return told | {"credits": list(snapshot.credits)}


def headers_of(snapshot: Snapshot) -> dict[str, str]:
    """The same for answers that have no room for words inside."""
    return {
        "Riskmap-Snapshot": snapshot.id,
        "Riskmap-Synthetic": "true" if is_synthetic(snapshot) else "false",
        "Riskmap-Note": NOTE,
        "Link": f'</v1/snapshots/{snapshot.id}>; rel="license"',
    }


def to_json(content: Mapping[str, object]) -> bytes:
    """JSON of plain values and NumPy arrays; NaN becomes null."""
    return orjson.dumps(content, option=_JSON_OPTIONS)


def answer(request: Request, snapshot: Snapshot, media_type: str, make: Callable[[], bytes]) -> Response:
    """A body about a snapshot, made only if the client does not hold it already.

    Args:
        request: Whose address and `If-None-Match` count.
        snapshot: What the body is made from.
        media_type: What it is made into.
        make: Makes it; called at most once.
    """
    # Weak, since the same body may leave compressed or not.
    etag = f"W/{etag_of(VERSION, snapshot.id, str(request.url), media_type)}"
    headers = {"ETag": etag, "Cache-Control": REVALIDATED, "Vary": "Accept", **headers_of(snapshot)}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(make(), headers=headers, media_type=media_type)


def json_answer(request: Request, snapshot: Snapshot, make: Callable[[], Mapping[str, object]]) -> Response:
    """A JSON object about a snapshot, with what every answer says first."""
    return answer(request, snapshot, JSON, lambda: to_json({**said(snapshot), **make()}))
