"""Paging: every page once, in order, to the end that the provider gives, and no provider pages for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import orjson
import pytest
from faking import Answer, Question

from riskmap.errors import FetchError
from riskmap.model.access import Access
from riskmap.sources import paging
from riskmap.sources.paging import linked, numbered, until_short
from riskmap.sources.wire import Desk, Reply, Wire
from riskmap.store.vault import Vault

TOKEN = "t0ken-of-tests"


@pytest.fixture
def wire(vault: Vault) -> Iterator[Callable[[str], Wire]]:
    made: list[Wire] = []

    def make(url: str) -> Wire:
        desk = Desk("provider", Access("key", ("token",), {"api": url}), vault, {"token": TOKEN}, {}, "1", {})
        made.append(Wire(desk, sleep=lambda _seconds: None))
        return made[-1]

    yield make
    for one in made:
        one.__exit__()


def rows(reply: Reply) -> Sequence[int]:
    found = reply.json()
    assert isinstance(found, list)
    return found


def of_seven(size: int, parameter: str, start: Callable[[int], int]) -> Callable[[Question], bytes]:
    """A provider of the numbers from 0 to 6, some on each page."""

    def answer(question: Question) -> bytes:
        first = start(int(question.args[parameter]))
        return orjson.dumps(list(range(7))[first : first + size])

    return answer


@pytest.mark.parametrize(("size", "pages"), [(3, 3), (7, 2), (8, 1), (1, 8)])
def test_pages_with_a_number_end_with_a_short_one(provider, wire, size, pages) -> None:
    fake = provider(of_seven(size, "page", lambda page: (page - 1) * size))
    line = wire(fake.url)
    found = list(numbered(lambda params: line.get(fake.url, params), until_short(size, rows)))
    assert [number for page in found for number in rows(page)] == list(range(7))
    assert [question.args["page"] for question in fake.asked] == [str(page) for page in range(1, pages + 1)]


def test_pages_with_an_offset_end_with_an_empty_one(provider, wire) -> None:
    fake = provider(of_seven(3, "offset", lambda offset: offset))
    line = wire(fake.url)
    pages = numbered(
        lambda params: line.get(fake.url, params), lambda reply: not rows(reply), parameter="offset", first=0, step=3
    )
    assert [rows(page) for page in pages] == [[0, 1, 2], [3, 4, 5], [6], []]
    assert [question.args["offset"] for question in fake.asked] == ["0", "3", "6", "9"]


def test_pages_are_asked_for_one_by_one_as_they_are_used(provider, wire, vault) -> None:
    fake = provider(of_seven(3, "page", lambda page: (page - 1) * 3))
    line = wire(fake.url)
    pages = numbered(lambda params: line.get(fake.url, params), until_short(3, rows))
    assert fake.asked == []
    assert rows(next(pages)) == [0, 1, 2]
    assert len(fake.asked) == len(vault.receipts("provider")) == 1


def test_a_provider_that_ignores_paging_is_found_out(provider, wire) -> None:
    fake = provider(lambda _question: "[1,2,3]")
    line = wire(fake.url)
    pages = numbered(lambda params: line.get(fake.url, params), until_short(3, rows))
    assert rows(next(pages)) == [1, 2, 3]
    with pytest.raises(FetchError, match=r"\?page=2 gives the same page as the one before it; the provider ignores"):
        next(pages)
    assert len(fake.asked) == 2


def test_pages_without_an_end_end(provider, wire, monkeypatch) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 5)
    fake = provider(lambda question: f"[{question.args['page']}]")
    line = wire(fake.url)
    with pytest.raises(FetchError, match="is page 5 and still not the last; ask for less at a time"):
        list(numbered(lambda params: line.get(fake.url, params), until_short(1, rows)))
    assert len(fake.asked) == 5


def following(reply: Reply) -> str | None:
    found = reply.json()
    assert isinstance(found, dict)
    return found["next"]


def test_each_page_leads_to_the_next(provider, wire) -> None:
    fake = provider(
        lambda question: {"/1": '{"next": "URL/2"}', "/2": '{"next": null}'}[question.path].replace("URL", fake.url)
    )
    line = wire(fake.url)
    assert [page.raw.url for page in linked(line.get, f"{fake.url}/1", following)] == [f"{fake.url}/1", f"{fake.url}/2"]


def test_a_link_that_echoes_the_key_is_followed_with_the_key_given_again(provider, wire, vault) -> None:
    def answer(question: Question) -> Answer | bytes:
        if question.args["client_id"] != TOKEN:
            return Answer("bad key", 403)
        offset = int(question.args.get("offset", "0")) + 100
        to = f"{fake.url}/?client_id={question.args['client_id']}&offset={offset}"
        return orjson.dumps({"next": to if offset < 300 else None})

    fake = provider(answer)
    line = wire(fake.url)
    pages = list(linked(lambda url: line.get(url, {"client_id": line.secret("token")}), fake.url, following))
    assert [question.args.get("offset") for question in fake.asked] == [None, "100", "200"]
    assert TOKEN not in "".join(page.content.decode() + page.raw.url for page in pages)
    assert all(one.scrubbed for one in vault.receipts("provider")[:2])


@pytest.mark.parametrize("to", ["/1", "/2"], ids=["to the first", "to itself"])
def test_links_in_a_circle_are_not_followed(provider, wire, to) -> None:
    fake = provider(lambda question: orjson.dumps({"next": fake.url + ("/2" if question.path == "/1" else to)}))
    line = wire(fake.url)
    with pytest.raises(FetchError, match="/2 leads back to a page that was there, or never ends; not followed"):
        list(linked(line.get, f"{fake.url}/1", following))
    assert len(fake.asked) == 2


def test_links_without_an_end_end(provider, wire, monkeypatch) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 5)
    fake = provider(lambda question: orjson.dumps({"next": f"{fake.url}{question.path}x"}))
    line = wire(fake.url)
    with pytest.raises(FetchError, match="or never ends"):
        list(linked(line.get, f"{fake.url}/x", following))
    assert len(fake.asked) == 5


def test_a_link_to_a_stranger_is_not_followed(provider, wire) -> None:
    fake = provider(lambda _question: '{"next": "https://elsewhere.example/2"}')
    line = wire(fake.url)
    with pytest.raises(FetchError, match="none of its hosts; not asked"):
        list(linked(line.get, f"{fake.url}/1", following))
    assert len(fake.asked) == 1
