"""Fetching a source: one question, whole or taken up again, with the provider's own credentials and no others."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from riskmap.errors import CredentialsMissing, FetchError, ProviderRefused, StoreError, UnknownSource
from riskmap.model.access import Access
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.pipeline.fetch import check, desk, fetch, provider_of
from riskmap.settings import Settings
from riskmap.sources.paging import numbered
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.wire import INDEX, Wire
from riskmap.store.vault import Vault

sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))

from faking import Answer, Fake, Question, serving

ASKED = Asked("SDN", date(2024, 1, 1), date(2024, 2, 1), {})
LICENCE = Licence("CC0-1.0", "Someone", "https://provider.example", raw=True, derived=True)
ACCESS = Access("key", ("registry_token",), {"api": "https://provider.example"})
THE_MODULE = importlib.import_module("riskmap.pipeline.fetch")


@dataclass(frozen=True)
class Registry:
    """A provider of pages behind a list of them."""

    name: str = "registry"
    title: str = "Pages"
    licence: Licence = LICENCE
    access: Access = ACCESS
    options: frozenset[str] = frozenset()
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        return False

    def read(self, raw: Raw, options: Options) -> Reading:
        raise NotImplementedError

    def fetch(self, asked: Asked, wire: Wire) -> None:
        token = {"Token": wire.secret("registry_token")}
        wire.get(
            wire.at("api", "list"), {"area": asked.area, "from": asked.start.isoformat()}, headers=token, ask=INDEX
        )
        for _ in numbered(
            lambda params: wire.get(wire.at("api", "rows"), params, headers=token), lambda page: page.content == b"last"
        ):
            pass

    def check(self, wire: Wire) -> None:
        wire.get(wire.at("api", "ping"), headers={"Token": wire.secret("registry_token")})


@pytest.fixture(autouse=True)
def registered(monkeypatch) -> None:
    monkeypatch.setattr(THE_MODULE, "source", lambda _name: Registry())


@pytest.fixture
def provider() -> Iterator[Callable[..., Fake]]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


@pytest.fixture
def settings(tmp_path) -> Callable[..., Settings]:
    def make(url: str, **credentials: str) -> Settings:
        told = credentials or {"registry_token": "long-enough"}
        return Settings(vault=tmp_path / "vault", endpoints={"registry_api": url}, credentials=told)

    return make


def pages(question: Question) -> str:
    if question.path == "/list":
        return "of pages"
    return "last" if question.args["page"] == "3" else f"page {question.args['page']}"


def test_a_fetch_brings_all_records_and_tells_how_many(provider, settings) -> None:
    fake, told = provider(pages), []
    brought = fetch("registry", ASKED, settings(fake.url), told.append)
    assert (brought.payloads, brought.unchanged, brought.bytes) == (3, 0, len("page 1page 2last"))
    assert (brought.fetch.source, brought.fetch.asked) == ("registry", ASKED)
    assert dict(fake.asked[0].args) == {"area": "SDN", "from": "2024-01-01"}
    assert told == [
        f"{fake.url}/list?area=SDN&from=2024-01-01",
        *(f"{fake.url}/rows?page={page}" for page in (1, 2, 3)),
    ]
    vault = Vault(settings(fake.url).vault_folder)
    assert [one.role for one in vault.receipts("registry")] == ["index", "records", "records", "records"]
    (ended,) = vault.fetches("registry")
    assert ended.id == brought.fetch.id
    assert ended.ended is not None


def test_a_second_fetch_tells_what_was_there_before(provider, settings) -> None:
    fake = provider(pages)
    fetch("registry", ASKED, settings(fake.url))
    again = fetch("registry", ASKED, settings(fake.url))
    assert (again.payloads, again.unchanged, again.bytes) == (3, 3, 0)
    assert len(fake.asked) == 8
    assert len(Vault(settings(fake.url).vault_folder).fetches("registry")) == 2


def test_a_fetch_that_broke_off_goes_on_and_tells_of_all_it_brought(provider, settings) -> None:
    down = [True]

    def answer(question: Question) -> Answer | str:
        return Answer("down", 500) if down[0] and question.args.get("page") == "2" else pages(question)

    fake, waits = provider(answer), []
    with pytest.raises(FetchError, match="answered 500: down; gave up after 5 tries"):
        fetch("registry", ASKED, settings(fake.url), sleep=waits.append)
    assert len(waits) == 4
    before, down[0] = len(fake.asked), False
    brought = fetch("registry", ASKED, settings(fake.url), sleep=waits.append)
    assert [question.args["page"] for question in fake.asked[before:]] == ["2", "3"]
    assert (brought.payloads, brought.unchanged, brought.bytes) == (3, 0, len("page 1page 2last"))


def test_another_question_begins_anew(provider, settings) -> None:
    fake = provider(lambda question: Answer("no", 400) if question.args.get("page") == "2" else pages(question))
    for area in ("SDN", "TCD"):
        with pytest.raises(ProviderRefused):
            fetch("registry", Asked(area, ASKED.start, ASKED.end), settings(fake.url))
    assert [question.args.get("page") for question in fake.asked] == [None, "1", "2"] * 2


def test_without_its_credential_nothing_is_asked(provider, settings) -> None:
    fake = provider(pages)
    with pytest.raises(CredentialsMissing, match="set RISKMAP_CREDENTIALS__REGISTRY_TOKEN"):
        fetch("registry", ASKED, settings(fake.url, other_token="long-enough"))
    assert fake.asked == []


def test_a_provider_gets_no_credential_of_another(settings, tmp_path) -> None:
    told = settings("https://moved.example", registry_token="long-enough", other_token="secret-of-another")
    given = desk(Registry(), Vault(tmp_path), told, "1", {})
    assert dict(given.credentials) == {"registry_token": "long-enough"}
    assert "long-enough" not in repr(told)


def test_no_token_stands_in_the_vault(provider, settings) -> None:
    fake = provider(lambda question: pages(question) + question.headers["token"] * (question.args.get("page") == "1"))
    fetch("registry", ASKED, settings(fake.url))
    files = [path for path in settings(fake.url).vault_folder.rglob("*") if path.is_file()]
    assert any(b"page 1***********" in path.read_bytes() for path in files)
    assert [path for path in files if b"long-enough" in path.read_bytes()] == []


def test_a_vault_that_cannot_be_written_is_told_before_anything_is_asked(provider, tmp_path) -> None:
    fake = provider(pages)
    (tmp_path / "file").write_bytes(b"")
    told = Settings(vault=tmp_path / "file" / "vault", endpoints={"registry_api": fake.url})
    with pytest.raises(StoreError):
        fetch("registry", ASKED, told)
    assert fake.asked == []


def test_a_check_is_one_small_request_and_no_fetch(provider, settings) -> None:
    fake = provider(lambda question: "pong" if question.path == "/ping" else None)
    check("registry", settings(fake.url))
    assert [question.path for question in fake.asked] == ["/ping"]
    assert Vault(settings(fake.url).vault_folder).fetches("registry") == []
    brought_down = provider(lambda _question: Answer("gone", 410))
    with pytest.raises(ProviderRefused, match="answered 410: gone"):
        check("registry", settings(brought_down.url))


def test_a_source_of_files_cannot_be_asked_and_a_stranger_is_unknown(monkeypatch) -> None:
    monkeypatch.undo()
    with pytest.raises(FetchError, match="tables reads files that you bring; name one in a case, or look at it"):
        provider_of("tables")
    with pytest.raises(UnknownSource):
        provider_of("nonesuch")
