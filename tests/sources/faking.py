"""Real HTTP servers on loopback that answer, page, fail and lie the way providers do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Question:
    """One request as the server saw it: `args` are the query's last values, `form` those of a posted form."""

    method: str
    path: str
    args: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What the server sends; where `length` is given it is told in place of the body's, and the line is cut after."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass
class Fake:
    """A server under way.

    Args:
        url: Its address, no slash at the end.
        asked: Every request so far.
    """

    url: str
    asked: list[Question]


@contextmanager
def serving(answer: Callable[[Question], Answer | str | bytes | None]) -> Iterator[Fake]:
    """A provider whose answers a function gives; None is a 404."""
    asked: list[Question] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            length = int(self.headers.get("content-length") or 0)
            form = {key: values[-1] for key, values in parse_qs(self.rfile.read(length).decode()).items()}
            split = urlsplit(self.path)
            args = {key: values[-1] for key, values in parse_qs(split.query, keep_blank_values=True).items()}
            headers = {key.lower(): value for key, value in self.headers.items()}
            question = Question(method, split.path, args, headers, form)
            asked.append(question)
            found = answer(question)
            if found is None:
                found = Answer("not found", 404)
            if isinstance(found, str | bytes):
                found = Answer(found)
            body = found.body.encode() if isinstance(found.body, str) else found.body
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if found.status not in (204, 304):
                self.send_header("Content-Length", str(len(body) if found.length is None else found.length))
            self.end_headers()
            self.close_connection |= found.length is not None
            if found.status not in (204, 304):
                # Whoever asked may be gone before the end, and some tests see to it.
                with suppress(ConnectionError):
                    self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Fake(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
