"""The front: tiles answered in raw ASGI, before routing, models and middleware would cost more than the tile itself."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from riskmap import RiskmapError, Snapshot, make_tile
from riskmap_api.answers import VERSION, headers_of
from riskmap_api.caching import ByteCache, etag_of, lifetime, matches
from riskmap_api.deps import Snapshots
from riskmap_api.problems import problem, problem_of

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

_PREFIX = "/v1/snapshots/"
_SUFFIX = ".mvt"
_CACHE_BYTES = 64 << 20
_GZIP_LEVEL = 1
_GZIP_WINDOW = 31  # zlib's word for the largest window in a gzip wrapper


@dataclass(frozen=True)
class TileQuestion:
    """Which tile a path asks for.

    Args:
        name: Id of a snapshot, or `latest`.
        layer: `risk`, or the id of a dimension, component or indicator.
        period: Label of a period.
        z: Zoom.
        x: Column from the west.
        y: Row from the north.
    """

    name: str
    layer: str
    period: str
    z: int
    x: int
    y: int

    def key(self, snapshot_id: str) -> tuple[str, ...]:
        """What settles the tile's content."""
        return snapshot_id, self.layer, self.period, str(self.z), str(self.x), str(self.y)


def question_of(path: str) -> TileQuestion | None:
    """The tile that a path asks for; None where the path is not one of a tile."""
    if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX)):
        return None
    match path[len(_PREFIX) : -len(_SUFFIX)].split("/"):
        case [name, "tiles", layer, period, z, x, y] if all(_is_count(part) for part in (z, x, y)):
            return TileQuestion(name, layer, period, int(z), int(x), int(y))
    return None


def accepts_gzip(headers: Headers) -> bool:
    """Whether the client's `Accept-Encoding` allows gzip."""
    for one in headers.get("accept-encoding", "").lower().split(","):
        coding, _, quality = one.replace(" ", "").partition(";q=")
        if coding in {"gzip", "*"}:
            return quality.strip("0.") != "" or not quality
    return False


class TileFront:
    """ASGI layer that answers tile paths itself and passes everything else on.

    Args:
        app: The application behind.
        snapshots: Where tiles come from.
        cache_bytes: Most bytes of finished tiles kept.
    """

    def __init__(self, app: ASGIApp, snapshots: Snapshots, cache_bytes: int = _CACHE_BYTES) -> None:
        self._app, self._snapshots, self._cache = app, snapshots, ByteCache(cache_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a tile, or lets the application answer."""
        question = question_of(scope["path"]) if scope["type"] == "http" else None
        if question is None:
            await self._app(scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            answer = problem(405, "tiles are read with GET or HEAD")
            answer.headers["Allow"] = "GET, HEAD"
        else:
            answer = self._answer(question, Headers(scope=scope))
        await answer(scope, receive, send)

    def _answer(self, question: TileQuestion, headers: Headers) -> Response:
        try:
            snapshot = self._snapshots.get(question.name)
            return self._tile(question, snapshot, headers)
        except RiskmapError as error:
            return problem_of(error, in_path=True)

    def _tile(self, question: TileQuestion, snapshot: Snapshot, headers: Headers) -> Response:
        coding = "gzip" if accepts_gzip(headers) else "identity"
        key = (*question.key(snapshot.id), coding)
        etag = etag_of(VERSION, *key)
        told = {"ETag": etag, "Cache-Control": lifetime(question.name), "Vary": "Accept-Encoding"}
        told |= headers_of(snapshot)
        if matches(headers.get("if-none-match"), etag):
            return Response(status_code=304, headers=told)
        body = self._body(question, snapshot, key)
        if not body:
            return Response(status_code=204, headers=told)
        if coding == "gzip":
            told["Content-Encoding"] = "gzip"
        return Response(body, headers=told, media_type=MEDIA_TYPE)

    def _body(self, question: TileQuestion, snapshot: Snapshot, key: tuple[str, ...]) -> bytes:
        body = self._cache.get(key)
        if body is None:
            tile = make_tile(snapshot, question.layer, question.period, question.z, question.x, question.y)
            body = zlib.compress(tile.data, _GZIP_LEVEL, _GZIP_WINDOW) if tile.data and key[-1] == "gzip" else tile.data
            self._cache.put(key, body)
        return body


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
