"""The wire: the only socket of the house. It asks politely, keeps what comes, and tells nobody a secret.

Every payload is in the vault before anyone parses it. Statuses that pass by themselves are asked again with growing,
jittered pauses; all others are errors at once. A secret leaves in a header, a parameter or a path, and is nowhere
else: addresses that are kept or told have asterisks in its place, and so has a payload that echoes it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import httpx2
import orjson

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused, Transient
from riskmap.model.access import Access
from riskmap.model.raw import Raw, Receipt, Role
from riskmap.sources.hiding import SHORTEST, Hiding
from riskmap.sources.patience import AGAIN, patiently, pause_told
from riskmap.sources.receiving import ACCEPTED, json_of, receive, receive_short
from riskmap.sources.routes import Routes, joined, origin
from riskmap.version import VERSION

Params = Mapping[str, str | int | float | list[str]]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSALS = frozenset({401, 402, 403, 407, 451})
_PARTIAL = 206
_NOT_MODIFIED = 304
_NOT_FOUND = 404
_MOST_REDIRECTS = 5
_SECONDS = httpx2.Timeout(60.0, connect=15.0)
_TOLD_BYTES = 200
_LOGS = ("httpx2", "httpcore2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))


@dataclass(frozen=True)
class Reply:
    """One answer, kept.

    Args:
        raw: The payload in the vault.
        status: HTTP status; 200 where an unchanged payload was taken from the vault.
        headers: Of the answer, names in lower case; where it was taken from the vault only those that its receipt
            keeps.
        unchanged: Whether the provider said that it is what it was before.
    """

    raw: Raw
    status: int
    headers: Mapping[str, str]
    unchanged: bool = False

    @property
    def content(self) -> bytes:
        """The payload."""
        return self.raw.path.read_bytes()

    def json(self) -> object:
        """The payload as JSON.

        Raises:
            Transient: It is none; the answer was cut short.
        """
        try:
            value: object = orjson.loads(self.content)
        except orjson.JSONDecodeError as error:
            raise Transient(f"{self.raw.url} answered with what is no JSON ({error})") from error
        return value


Sound = Callable[[Reply], None]
"""Looks at an answer with a good status, and raises `Transient` or a `FetchError` if it is none."""


@dataclass(frozen=True)
class Ask:
    """What an answer is for.

    Args:
        role: Whether records are to be read from it, or it only leads to others.
        labels: What is known of it and does not stand in it.
        sound: Looks at the answer before it is taken.
        missing_ok: True where a 404 is an answer and not a failure.
        settled: True where the labels tell its state; what was kept of this address under them is not asked for again.
    """

    role: Role = "records"
    labels: Mapping[str, str] = field(default_factory=dict)
    sound: Sound = lambda _reply: None
    missing_ok: bool = False
    settled: bool = False


RECORDS = Ask()
INDEX = Ask("index")


class Keeper(Protocol):
    """Where payloads go; the store's vault is one."""

    def aside(self) -> AbstractContextManager[Path]:
        """A folder to write in what is to be kept."""

    def keep(self, file: Path | None, receipt: Receipt) -> Raw:
        """Takes a payload in; None where it is there already and has only come again."""

    def last(self, source: str, url: str) -> Receipt | None:
        """The newest whole payload of an address."""

    def raw(self, receipt: Receipt) -> Raw:
        """The payload of a receipt."""


@dataclass(frozen=True)
class Desk:
    """What a wire is for and what it may use.

    Args:
        source: Registry name.
        access: How the provider is reached.
        keeper: Where payloads go.
        credentials: Secrets by name.
        endpoints: Addresses in place of the access's own, by `source_part`.
        fetch: Id of the fetch under way.
        got: What this fetch got before it broke off, by address.
    """

    source: str
    access: Access
    keeper: Keeper
    credentials: Mapping[str, str]
    endpoints: Mapping[str, str]
    fetch: str
    got: Mapping[str, Receipt]


class Wire:
    """Asks one provider, as part of one fetch.

    Args:
        desk: What it is for and what it may use.
        sleep: Waits so many seconds.
        tell: Called with each address, free of secrets, before it is asked.
    """

    def __init__(
        self,
        desk: Desk,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda _url: None,
    ) -> None:
        self._desk, self._sleep, self._tell = desk, sleep, tell
        self._routes = Routes(desk.source, desk.access, desk.endpoints)
        self._hiding = Hiding(value.strip() for value in desk.credentials.values())
        headers = {"User-Agent": f"riskmap/{VERSION}", "Accept-Encoding": ACCEPTED}
        self._client = httpx2.Client(timeout=_SECONDS, headers=headers, follow_redirects=False)
        self._asked_at = -1e9

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._client.close()

    def secret(self, name: str) -> str:
        """A credential that the source needs, without the spaces and line ends that copying leaves around it.

        Raises:
            CredentialsMissing: It is not set, is empty, or is too short to be a secret.
        """
        value = self._desk.credentials.get(name, "").strip()
        if not value:
            home = f"; get it at {self._desk.access.home}" if self._desk.access.home else ""
            raise CredentialsMissing(f"{self._desk.source} needs {name}: set RISKMAP_CREDENTIALS__{name.upper()}{home}")
        if len(value) < SHORTEST:
            raise CredentialsMissing(f"{self._desk.source}: {name} is too short to be a secret; mend it")
        return value

    def at(self, part: str, path: str = "") -> str:
        """The address of a path below one of the source's endpoints, which a setting may have moved."""
        return self._routes.at(part, path)

    def get(
        self,
        url: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        ask: Ask = RECORDS,
    ) -> Reply:
        """The answer to a GET, kept in the vault; from there where the provider says that nothing has changed.

        Args:
            url: Absolute; of the source's endpoints or hosts. What its query says stays, unless `params` says other.
            params: Of the query, secrets among them.
            headers: Beside the usual ones, secrets among them.
            ask: What the answer is for.

        Raises:
            FetchError: The provider did not give it, after some tries where those make sense.
        """
        request = self._request("GET", url, params, headers)
        clean = self.clean(str(request.url))
        got = self._held(self._desk.got.get(clean), ask)
        if got is not None:
            return got
        known = self._desk.keeper.last(self._desk.source, clean)
        conditions = _conditions(known)
        held = self._held(known, ask) if conditions or ask.settled else None
        if known is not None and held is not None and ask.settled:
            return replace(held, raw=self._again(known), unchanged=True)
        if held is None:
            known = None
        else:
            request.headers.update(conditions)
        return patiently(lambda: self._answer(request, clean, ask, known), self._sleep, clean)

    def post(self, url: str, form: Mapping[str, str]) -> object:
        """The JSON answer to a form, such as one that asks for a token; never kept, since it holds secrets.

        Raises:
            CredentialsMissing: A field of the form is empty.
            FetchError: The provider did not give it.
        """
        empty = [name for name, value in form.items() if not value]
        if empty:
            raise CredentialsMissing(f"{self._desk.source}: the form field {empty[0]!r} is empty; set its credential")
        request = self._request("POST", url, None, None, form)
        clean = self.clean(str(request.url))

        def once() -> object:
            self._pace(clean)
            with closing(self._sent(request)) as response:
                body = receive_short(response, clean)
                self._judge(response, clean, body[:_TOLD_BYTES])
            return json_of(body, clean)

        return patiently(once, self._sleep, clean)

    def learn(self, secret: str) -> str:
        """The same text, which from now on counts as a secret; for tokens that a provider hands out.

        Raises:
            FetchError: It is too short to be one.
        """
        self._hiding.learn(secret)
        return secret

    def clean(self, text: str) -> str:
        """A text with asterisks in place of every secret."""
        return self._hiding.clean(text)

    def _request(
        self,
        method: str,
        url: str,
        params: Params | None,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None = None,
    ) -> httpx2.Request:
        """A request to one of the source's hosts."""
        try:
            address = httpx2.URL(url)
            address = address.copy_merge_params(params) if params else address
            request = self._client.build_request(method, address, headers=headers, data=form)
        except httpx2.InvalidURL:
            raise FetchError(f"{self._desk.source} leads to {self.clean(url)!r}, which is no address") from None
        except UnicodeEncodeError:
            raise FetchError(
                f"{self.clean(url)} cannot be asked: a header holds what none may; look at the credentials"
            ) from None
        self._routes.check(request.url, self.clean(str(request.url)))
        return request

    def _held(self, receipt: Receipt | None, ask: Ask) -> Reply | None:
        """An answer that came before, if it still is what is asked for: its bytes are there, and it is sound."""
        if receipt is None or (receipt.role, receipt.labels) != (ask.role, ask.labels):
            return None
        told = {"content-type": receipt.media_type, "etag": receipt.etag, "last-modified": receipt.modified}
        headers = {name: value for name, value in told.items() if value}
        try:
            reply = Reply(self._desk.keeper.raw(receipt), 200, headers)
            ask.sound(reply)
        except (InputError, FetchError):
            return None
        return reply

    def _answer(self, request: httpx2.Request, clean: str, ask: Ask, known: Receipt | None) -> Reply:
        """One try: sent, written to disk, judged and kept."""
        self._pace(clean)
        keeper = self._desk.keeper
        with keeper.aside() as folder, closing(self._followed(request)) as response:
            now = datetime.now(UTC)
            if response.status_code == _NOT_MODIFIED and known is not None:
                return Reply(self._again(known), 200, dict(response.headers), unchanged=True)
            file = folder / "payload"
            body = receive(response, file, self._hiding, clean)
            receipt = Receipt(
                source=self._desk.source,
                url=clean,
                sha256=body.sha256,
                bytes=body.bytes,
                retrieved=now,
                status=response.status_code,
                role=ask.role,
                fetch=self._desk.fetch,
                media_type=self.clean(response.headers.get("content-type", "")),
                etag=self._kept_header(response, "etag"),
                modified=self._kept_header(response, "last-modified"),
                labels=ask.labels,
                scrubbed=body.scrubbed,
            )
            raw = Raw(file, clean, body.sha256, body.bytes, now, clean, ask.labels)
            reply = Reply(raw, response.status_code, dict(response.headers))
            if response.status_code == _NOT_FOUND and ask.missing_ok:
                return replace(reply, raw=keeper.keep(file, replace(receipt, role="refused")))
            try:
                self._judge(response, clean, _beginning(file))
                ask.sound(reply)
            except FetchError:
                keeper.keep(file, replace(receipt, role="refused"))
                raise
            return replace(reply, raw=keeper.keep(file, receipt))

    def _again(self, known: Receipt) -> Raw:
        """A payload that was kept before, as part of this fetch too."""
        return self._desk.keeper.keep(None, replace(known, retrieved=datetime.now(UTC), fetch=self._desk.fetch))

    def _followed(self, request: httpx2.Request) -> httpx2.Response:
        """The streamed answer at the end of all redirects, none of which may carry a secret to another host."""
        for _ in range(_MOST_REDIRECTS):
            response = self._sent(request)
            to = response.headers.get("location")
            if response.status_code not in _REDIRECTS or not to:
                return response
            response.close()
            following = self._request("GET", joined(request.url, to), None, None)
            if origin(following.url) == origin(request.url):
                following.headers.update({name: value for name, value in request.headers.items() if name != "host"})
            request = following
        raise FetchError(
            f"{self.clean(str(request.url))} leads on and on, {_MOST_REDIRECTS} times; not followed further"
        )

    def _sent(self, request: httpx2.Request) -> httpx2.Response:
        # The client's own logs write addresses and headers as they are sent, keys included.
        for name in _LOGS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        return self._client.send(request, stream=True)

    def _kept_header(self, response: httpx2.Response, name: str) -> str:
        """A header to be sent back one day; empty where it echoes a secret."""
        value: str = response.headers.get(name, "")
        return value if self.clean(value) == value else ""

    def _judge(self, response: httpx2.Response, clean: str, body: bytes) -> None:
        """Nothing for a good status.

        Raises:
            Transient: The status is one that passes.
            ProviderRefused: It is one that does not.
        """
        status = response.status_code
        if response.is_success and status != _PARTIAL:
            return
        told = self.clean(" ".join(body.decode(errors="replace").split()))
        said = f"{clean} answered {status}: {told or 'nothing'}"
        if status in AGAIN or status == _PARTIAL:
            raise Transient(said, pause_told(response.headers.get("retry-after", "")))
        if status in _REFUSALS:
            needed = ", ".join(self._desk.access.credentials)
            raise ProviderRefused(f"{said}; check {needed or 'that it may be used'} for {self._desk.source}", status)
        raise ProviderRefused(said, status)

    def _pace(self, clean: str) -> None:
        wait = self._asked_at + self._desk.access.pace_s - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._asked_at = time.monotonic()
        self._tell(clean)


def _conditions(known: Receipt | None) -> dict[str, str]:
    """Headers that ask for a payload only if it is no longer what it was."""
    told = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known else {}
    return {name: value for name, value in told.items() if value}


def _beginning(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_TOLD_BYTES)
