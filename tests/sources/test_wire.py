"""The wire against providers on loopback that fail, lie, redirect, echo keys and cut their answers short."""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import json
import logging
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx2
import orjson
import pytest
from faking import Answer, Question, serving

from riskmap.errors import CredentialsMissing, FetchError, ProviderRefused, Transient
from riskmap.model.access import Access
from riskmap.model.raw import Receipt
from riskmap.sources import receiving
from riskmap.sources.hiding import Hiding
from riskmap.sources.wire import INDEX, Ask, Desk, Reply, Wire
from riskmap.store.vault import Vault

KEY = 'k3y/of+the=house & "more" of\\it é'
"""A secret that every way of writing changes."""

PASSING = (408, 425, 429, 500, 502, 503, 504)


@pytest.fixture
def pauses() -> list[float]:
    """Seconds that the wire waited, which no test does."""
    return []


@pytest.fixture
def told() -> list[str]:
    """Addresses that the wire told of."""
    return []


@pytest.fixture
def wire(vault: Vault, pauses: list[float], told: list[str]) -> Iterator[Callable[..., Wire]]:
    """A wire to a server, whose endpoint `api` is the server's address."""
    with ExitStack() as stack:

        def make(
            url: str,
            credentials: Mapping[str, str] | None = None,
            got: Mapping[str, Receipt] | None = None,
            endpoints: Mapping[str, str] | None = None,
            **access: object,
        ) -> Wire:
            named = tuple(credentials or {})
            reached = Access("key", named, {"api": url, **(endpoints or {})}, **access)
            desk = Desk("provider", reached, vault, credentials or {}, {}, "fetch-1", got or {})
            return stack.enter_context(Wire(desk, pauses.append, told.append))

        yield make


def every_byte(folder: Path) -> bytes:
    """All that a vault holds, names included."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in files)


def ways(secret: str) -> set[str]:
    """A secret as it stands, in an address, and in JSON."""
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        quote(quote(secret, safe=""), safe=""),
        secret.replace("&", "&amp;").replace('"', "&quot;"),
        secret.replace("&", "&#38;").replace('"', "&#x22;").replace("é", "&#xE9;"),
    }


# Answers and what is kept of them


def test_an_answer_is_kept_before_anybody_sees_it_with_all_that_is_known_of_it(provider, wire, vault) -> None:
    headers = {"Content-Type": "text/csv", "ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    fake = provider(lambda _question: Answer("a,b\n1,2\n", headers=headers))
    reply = wire(fake.url).get(f"{fake.url}/rows", {"page": 1}, ask=Ask(labels={"version": "24.1"}))
    assert (reply.status, reply.content, reply.unchanged) == (200, b"a,b\n1,2\n", False)
    assert reply.headers["content-type"] == "text/csv"
    assert reply.raw.path.is_relative_to(vault.folder / "payloads")
    assert reply.raw.labels == {"version": "24.1"}
    (receipt,) = vault.receipts("provider")
    assert (receipt.url, receipt.status, receipt.role, receipt.fetch) == (
        f"{fake.url}/rows?page=1",
        200,
        "records",
        "fetch-1",
    )
    assert (receipt.media_type, receipt.etag, receipt.modified) == tuple(headers.values())
    assert (receipt.bytes, receipt.labels, receipt.scrubbed) == (8, {"version": "24.1"}, False)


def test_what_the_answer_is_for_is_written_down(provider, wire, vault) -> None:
    fake = provider(lambda _question: "[]")
    wire(fake.url).get(fake.url, ask=INDEX)
    assert [one.role for one in vault.receipts("provider")] == ["index"]


def test_the_wire_says_who_asks(provider, wire) -> None:
    fake = provider(lambda _question: "[]")
    wire(fake.url).get(fake.url)
    assert fake.asked[0].headers["user-agent"].startswith("riskmap/")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 422, 451, 501])
def test_a_refusal_is_final_at_once_in_the_providers_words_and_is_kept(provider, wire, vault, pauses, status) -> None:
    fake = provider(lambda _question: Answer("no such\n   country", status))
    with pytest.raises(ProviderRefused, match=rf"/rows answered {status}: no such country"):
        wire(fake.url).get(f"{fake.url}/rows")
    assert (len(fake.asked), pauses) == (1, [])
    (receipt,) = vault.receipts("provider")
    assert (receipt.status, receipt.role, vault.raw(receipt).path.read_bytes()) == (
        status,
        "refused",
        b"no such\n   country",
    )


def test_a_refusal_for_want_of_rights_names_the_credentials(provider, wire) -> None:
    fake = provider(lambda _question: Answer("", 401))
    with pytest.raises(ProviderRefused, match="answered 401: nothing; check provider_token for provider"):
        wire(fake.url, {"provider_token": "long-enough"}).get(fake.url)
    with pytest.raises(ProviderRefused, match="check that it may be used for provider"):
        wire(fake.url).get(fake.url)


def test_a_long_refusal_is_told_in_part_and_kept_whole(provider, wire, vault) -> None:
    fake = provider(lambda _question: Answer("x" * 5000, 400))
    with pytest.raises(ProviderRefused) as caught:
        wire(fake.url).get(fake.url)
    assert len(str(caught.value)) < 300
    assert vault.receipts("provider")[0].bytes == 5000


def test_a_missing_page_is_an_answer_where_the_source_says_so(provider, wire, vault) -> None:
    fake = provider(lambda _question: None)
    reply = wire(fake.url).get(f"{fake.url}/month", ask=Ask(missing_ok=True))
    assert (reply.status, reply.content) == (404, b"not found")
    assert [one.role for one in vault.receipts("provider")] == ["refused"]


def test_an_answer_without_a_body_is_kept_too(provider, wire, vault) -> None:
    fake = provider(lambda _question: Answer(b"", 204))
    assert wire(fake.url).get(fake.url).content == b""
    assert vault.receipts("provider")[0].bytes == 0


def test_a_part_of_a_payload_is_none(provider, wire, vault) -> None:
    answers = iter([Answer("half", 206), Answer("whole")])
    fake = provider(lambda _question: next(answers))
    assert wire(fake.url).get(fake.url).content == b"whole"
    assert [one.role for one in vault.receipts("provider")] == ["refused", "records"]


# Trying again


@pytest.mark.parametrize("status", PASSING)
def test_a_status_that_passes_is_asked_again(provider, wire, vault, pauses, status) -> None:
    answers = iter([Answer("busy", status), Answer("busy", status), Answer("[1]")])
    fake = provider(lambda _question: next(answers))
    assert wire(fake.url).get(fake.url).content == b"[1]"
    assert [(one.status, one.role) for one in vault.receipts("provider")] == [
        (status, "refused"),
        (status, "refused"),
        (200, "records"),
    ]
    assert len(pauses) == 2


def test_five_tries_with_growing_jittered_pauses_are_enough(provider, wire, pauses) -> None:
    fake = provider(lambda _question: Answer("down", 503))
    with pytest.raises(FetchError, match="answered 503: down; gave up after 5 tries"):
        wire(fake.url).get(fake.url)
    assert len(fake.asked) == 5
    assert [start <= pause <= start + 1 for start, pause in zip([1, 2, 4, 8], pauses, strict=True)] == [True] * 4
    first = list(pauses)
    with pytest.raises(FetchError):
        wire(fake.url).get(fake.url)
    assert pauses[4:] != first


def test_retry_after_in_seconds_is_waited_for(provider, wire, pauses) -> None:
    answers = iter([Answer("", 429, {"Retry-After": "17"}), Answer("[]")])
    fake = provider(lambda _question: next(answers))
    wire(fake.url).get(fake.url)
    assert pauses == [17.0]


def test_retry_after_as_a_moment_is_waited_for(provider, wire, pauses) -> None:
    moment = email.utils.formatdate(time.time() + 300, usegmt=True)
    answers = iter([Answer("", 503, {"Retry-After": moment}), Answer("[]")])
    fake = provider(lambda _question: next(answers))
    wire(fake.url).get(fake.url)
    assert 200 < pauses[0] <= 300


@pytest.mark.parametrize("moment", ["Thu, 01 Jan 1970 00:00:00 GMT", "0"])
def test_retry_after_a_moment_gone_by_is_at_once(provider, wire, pauses, moment) -> None:
    answers = iter([Answer("", 503, {"Retry-After": moment}), Answer("[]")])
    fake = provider(lambda _question: next(answers))
    wire(fake.url).get(fake.url)
    assert pauses == [0.0]


@pytest.mark.parametrize("odd", ["soon", "-5", "Thu, 01 Jan 1970 00:00:00 -0000", "1.5"])
def test_a_retry_after_that_tells_nothing_leaves_the_usual_pause(provider, wire, pauses, odd) -> None:
    answers = iter([Answer("", 503, {"Retry-After": odd}), Answer("[]")])
    fake = provider(lambda _question: next(answers))
    wire(fake.url).get(fake.url)
    assert 1 <= pauses[0] <= 2


def test_a_provider_that_wants_an_hour_of_peace_gets_it(provider, wire, pauses) -> None:
    fake = provider(lambda _question: Answer("quota", 429, {"Retry-After": "3600"}))
    with pytest.raises(FetchError, match=r"answered 429: quota; it asks to wait 3,600 s: fetch again then"):
        wire(fake.url).get(fake.url)
    assert (len(fake.asked), pauses) == (1, [])


def test_an_answer_that_is_not_sound_is_kept_and_asked_again(provider, wire, vault) -> None:
    answers = iter(["[", "[]", "[1]"])
    fake = provider(lambda _question: next(answers))

    def sound(reply: Reply) -> None:
        if not reply.json():
            raise Transient("an empty page in the middle")

    assert wire(fake.url).get(fake.url, ask=Ask(sound=sound)).json() == [1]
    assert [one.role for one in vault.receipts("provider")] == ["refused", "refused", "records"]


def test_an_answer_that_says_no_with_a_good_status_is_a_refusal(provider, wire, vault, pauses) -> None:
    fake = provider(lambda _question: '{"isSuccess": false}')

    def sound(reply: Reply) -> None:
        raise ProviderRefused("isSuccess is false")

    with pytest.raises(ProviderRefused, match="isSuccess is false"):
        wire(fake.url).get(fake.url, ask=Ask(sound=sound))
    assert (len(fake.asked), pauses) == (1, [])
    assert [(one.role, one.status) for one in vault.receipts("provider")] == [("refused", 200)]


def test_a_body_shorter_than_told_is_asked_again_and_never_kept(provider, wire, vault) -> None:
    answers = iter([Answer(b"a,b\n1", length=5000), Answer(b"a,b\n1,2\n")])
    fake = provider(lambda _question: next(answers))
    assert wire(fake.url).get(fake.url).content == b"a,b\n1,2\n"
    assert [one.bytes for one in vault.receipts("provider")] == [8]
    assert len([path for path in (vault.folder / "payloads").rglob("*") if path.is_file()]) == 1


def test_a_body_that_never_comes_whole_is_a_failure(provider, wire, vault) -> None:
    fake = provider(lambda _question: Answer(b"half", length=8))
    with pytest.raises(FetchError, match=r"did not answer, or not to the end, in 5 tries \(RemoteProtocolError\)"):
        wire(fake.url).get(fake.url)
    assert len(fake.asked) == 5
    assert vault.receipts("provider") == []


def test_a_provider_that_is_not_there_is_a_failure(wire, pauses) -> None:
    with serving(lambda _question: "") as fake:
        url = fake.url
    with pytest.raises(FetchError, match=r"did not answer, or not to the end, in 5 tries \(ConnectError\)"):
        wire(url).get(url)
    assert len(pauses) == 4


def test_the_providers_pace_is_kept_between_requests_and_tries(provider, wire, pauses, told) -> None:
    answers = iter(["[]", Answer("", 503, {"Retry-After": "0"}), "[]"])
    fake = provider(lambda _question: next(answers))
    line = wire(fake.url, pace_s=3600.0)
    line.get(f"{fake.url}/1")
    assert pauses == []
    line.get(f"{fake.url}/2")
    waited = [pause for pause in pauses if pause]
    assert len(waited) == 2
    assert all(3000 < pause <= 3600 for pause in waited)
    assert told == [f"{fake.url}/{page}" for page in (1, 2, 2)]


# Packed, and long


def test_gzip_is_asked_for_and_unpacked(provider, wire) -> None:
    body = gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n") + b"\x00" * 10
    fake = provider(lambda _question: Answer(body, headers={"Content-Encoding": "gzip"}))
    assert wire(fake.url).get(fake.url).content == b"a,b\n1,2\n"
    assert fake.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("body", [b"", gzip.compress(b"")], ids=["nothing", "nothing, packed"])
def test_an_empty_body_that_is_said_to_be_packed_is_empty(provider, wire, body) -> None:
    fake = provider(lambda _question: Answer(body, headers={"Content-Encoding": "gzip"}))
    assert wire(fake.url).get(fake.url).content == b""


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(bytes(range(256)) * 4000)[:-9],
        gzip.compress(bytes(9 << 18))[:-9],
        gzip.compress(b"12345")[:12],
        b"plain text",
        b"\x1f\x8b\x08junk",
    ],
    ids=["end cut off", "end cut off, much inside", "most cut off", "not packed", "damaged"],
)
def test_a_gzip_stream_that_was_cut_short_or_damaged_is_asked_again(provider, wire, vault, packed) -> None:
    answers = iter([Answer(packed, headers={"Content-Encoding": "gzip"}), Answer(b"whole")])
    fake = provider(lambda _question: next(answers))
    assert wire(fake.url).get(fake.url).content == b"whole"
    assert [one.bytes for one in vault.receipts("provider")] == [5]


def test_a_packing_that_was_not_asked_for_is_refused(provider, wire) -> None:
    fake = provider(lambda _question: Answer(b"?", headers={"Content-Encoding": "br"}))
    with pytest.raises(FetchError, match="packed as 'br', which was not asked for"):
        wire(fake.url).get(fake.url)


@pytest.mark.parametrize("packing", ["", "gzip"])
def test_a_body_that_is_too_long_is_refused_as_soon_as_that_shows(provider, wire, vault, monkeypatch, packing) -> None:
    monkeypatch.setattr(receiving, "MOST_BYTES", 100_000)
    body = bytes(10_000_000)
    fake = provider(
        lambda _question: Answer(gzip.compress(body) if packing else body, headers={"Content-Encoding": packing})
    )
    with pytest.raises(FetchError, match="gives more than 100,000 bytes; ask for less at a time"):
        wire(fake.url).get(fake.url)
    assert len(fake.asked) == 1
    assert vault.receipts("provider") == []


HEAVY = """
import re, sys
from pathlib import Path
from riskmap.model.access import Access
from riskmap.sources.wire import Desk, Wire
from riskmap.store.vault import Vault

def most() -> int:
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

url, folder = sys.argv[1:]
desk = Desk("provider", Access("key", ("token",), {"api": url}), Vault(Path(folder)), {"token": "k/e+y" * 9}, {}, "1", {})
with Wire(desk) as wire:
    wire.get(url + "/small")
    before = most()
    reply = wire.get(url + "/large")
    print(reply.raw.bytes, most() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="no /proc tells how much memory a process took")
def test_a_body_of_300_megabytes_takes_a_tenth_of_that_in_memory(provider, vault) -> None:
    bomb = gzip.compress(bytes(300 << 20), 1)
    headers = {"Content-Encoding": "gzip"}
    fake = provider(lambda question: Answer(bomb, headers=headers) if question.path == "/large" else "[]")
    ran = subprocess.run(
        [sys.executable, "-c", HEAVY, fake.url, str(vault.folder)], capture_output=True, text=True, check=True
    )
    length, kibibytes = map(int, ran.stdout.split())
    assert length == 300 << 20
    assert kibibytes < 30 << 10


# Asking only for what is new


def unless_known(question: Question) -> Answer:
    """A provider that answers 304 to whoever knows the tag of its one payload."""
    if question.headers.get("if-none-match") == '"7"':
        return Answer(b"", 304, {"ETag": '"7"'})
    return Answer(
        "[7]", headers={"ETag": '"7"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT", "Content-Type": "a/b"}
    )


def test_what_has_not_changed_is_taken_from_the_vault_with_a_receipt_of_its_own(provider, wire, vault) -> None:
    fake = provider(unless_known)
    first, again = wire(fake.url).get(fake.url), wire(fake.url).get(fake.url)
    assert fake.asked[1].headers["if-modified-since"] == "Mon, 01 Jan 2024 00:00:00 GMT"
    assert (again.status, again.unchanged, again.content) == (200, True, b"[7]")
    assert again.raw.path == first.raw.path
    one, two = vault.receipts("provider")
    assert two.retrieved > one.retrieved
    assert replace(two, retrieved=one.retrieved) == one


def test_a_date_alone_is_enough_to_ask_by(provider, wire) -> None:
    modified = "Mon, 01 Jan 2024 00:00:00 GMT"

    def answer(question: Question) -> Answer:
        known = question.headers.get("if-modified-since") == modified
        return Answer(b"", 304) if known else Answer("[]", headers={"Last-Modified": modified})

    fake = provider(answer)
    line = wire(fake.url)
    assert [line.get(fake.url).unchanged for _ in range(3)] == [False, True, True]


def test_nothing_is_asked_by_a_tag_where_the_payload_is_lost(provider, wire, vault) -> None:
    fake = provider(unless_known)
    reply = wire(fake.url).get(fake.url)
    reply.raw.path.unlink()
    assert wire(fake.url).get(fake.url).content == b"[7]"
    assert "if-none-match" not in fake.asked[1].headers


def test_nothing_is_asked_by_the_tag_of_a_refusal(provider, wire) -> None:
    answers = iter([Answer("no", 404, {"ETag": '"no"'}), Answer("[]")])
    fake = provider(lambda _question: next(answers))
    line = wire(fake.url)
    line.get(fake.url, ask=Ask(missing_ok=True))
    line.get(fake.url)
    assert "if-none-match" not in fake.asked[1].headers


def test_a_payload_that_a_stricter_reader_no_longer_takes_is_asked_for_anew(provider, wire) -> None:
    fake = provider(unless_known)

    def strict(_reply: Reply) -> None:
        raise ProviderRefused("only sevens")

    wire(fake.url).get(fake.url)
    with pytest.raises(ProviderRefused, match="only sevens"):
        wire(fake.url).get(fake.url, ask=Ask(sound=strict))
    assert "if-none-match" not in fake.asked[1].headers


def test_the_same_payload_under_other_labels_is_asked_for_anew(provider, wire, vault) -> None:
    fake = provider(unless_known)
    wire(fake.url).get(fake.url, ask=Ask(labels={"version": "1"}))
    wire(fake.url).get(fake.url, ask=Ask(labels={"version": "2"}))
    assert [one.labels["version"] for one in vault.receipts("provider")] == ["1", "2"]
    assert len(list((vault.folder / "payloads").rglob("*/*"))) == 1


def test_a_payload_whose_labels_tell_its_state_is_asked_for_once(provider, wire, vault) -> None:
    fake = provider(lambda _question: "[7]")
    one, two = (Ask(labels={"updated": day}, settled=True) for day in ("1", "2"))
    assert [wire(fake.url).get(fake.url, ask=ask).unchanged for ask in (one, one, two)] == [False, True, False]
    assert len(fake.asked) == 2
    assert [(receipt.labels["updated"], receipt.fetch) for receipt in vault.receipts("provider")] == [
        ("1", "fetch-1"),
        ("1", "fetch-1"),
        ("2", "fetch-1"),
    ]


def test_not_modified_to_whoever_knows_nothing_is_a_refusal(provider, wire) -> None:
    fake = provider(lambda _question: Answer(b"", 304))
    with pytest.raises(ProviderRefused, match="answered 304: nothing"):
        wire(fake.url).get(fake.url)


# Going on where a fetch broke off


def test_what_the_fetch_got_before_is_not_asked_again(provider, wire, vault) -> None:
    fake = provider(lambda question: Answer(question.path, headers={"Content-Type": "text/plain"}))
    wire(fake.url).get(f"{fake.url}/1")
    got = {one.url: one for one in vault.receipts("provider")}
    line = wire(fake.url, got=got)
    again = line.get(f"{fake.url}/1")
    assert (again.content, again.headers, again.unchanged) == (b"/1", {"content-type": "text/plain"}, False)
    assert line.get(f"{fake.url}/2").content == b"/2"
    assert [question.path for question in fake.asked] == ["/1", "/2"]


def test_what_it_got_and_lost_or_got_for_something_else_is_asked_again(provider, wire, vault) -> None:
    fake = provider(lambda question: question.path)
    wire(fake.url).get(f"{fake.url}/1", ask=INDEX)
    lost = wire(fake.url).get(f"{fake.url}/2")
    lost.raw.path.write_bytes(b"")
    line = wire(fake.url, got={one.url: one for one in vault.receipts("provider")})
    assert line.get(f"{fake.url}/1").content == b"/1"
    assert line.get(f"{fake.url}/2").content == b"/2"
    assert len(fake.asked) == 4


PAGING = """
import sys
from datetime import date
from pathlib import Path
from riskmap.model.access import Access
from riskmap.model.raw import Asked
from riskmap.sources.paging import numbered
from riskmap.sources.wire import Desk, Wire
from riskmap.store.vault import Vault

url, folder = sys.argv[1:]
vault, asked = Vault(Path(folder)), Asked("SDN", date(2024, 1, 1), date(2024, 2, 1))
with vault.fetching("provider", asked) as (run, got):
    with Wire(Desk("provider", Access("open", (), {"api": url}), vault, {}, {}, run.id, got)) as wire:
        pages = numbered(lambda params: wire.get(url, params), lambda reply: b"last" in reply.content)
        print(*(page.content.decode() for page in pages), len(got))
"""


def test_a_fetch_killed_in_the_middle_goes_on_without_asking_for_what_came(provider, vault, unmeasured) -> None:
    running: list[subprocess.Popen[str]] = []

    def answer(question: Question) -> str:
        page = question.args["page"]
        if page == "4" and len(running) == 1:
            running[0].kill()
            running[0].wait()
        return "last" if page == "6" else f"page-{page}"

    fake = provider(answer)

    def run() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PAGING, f"{fake.url}/", str(vault.folder)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unmeasured))
        return running[-1]

    killed, _ = run().communicate()
    assert killed == ""
    assert [fetch.ended for fetch in vault.fetches("provider")] == [None]
    out, _ = run().communicate()
    assert out.split() == ["page-1", "page-2", "page-3", "page-4", "page-5", "last", "3"]
    assert [question.args["page"] for question in fake.asked] == ["1", "2", "3", "4", "4", "5", "6"]
    (fetch,) = vault.fetches("provider")
    assert fetch.ended is not None
    assert {one.fetch for one in vault.receipts("provider")} == {fetch.id}
    assert len(vault.receipts("provider")) == 6


def test_two_processes_with_the_same_question_get_the_same_and_harm_nothing(provider, vault, unmeasured) -> None:
    fake = provider(lambda question: "last" if question.args["page"] == "9" else f"page-{question.args['page']}")
    command = [sys.executable, "-c", PAGING, f"{fake.url}/", str(vault.folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unmeasured) for _ in range(2)]
    outs = [one.communicate()[0].split()[:-1] for one in both]
    assert outs == [[*(f"page-{page}" for page in range(1, 9)), "last"]] * 2
    receipts = vault.receipts("provider")
    assert len({one.sha256 for one in receipts}) == len(list((vault.folder / "payloads").rglob("*/*"))) == 9
    assert all(vault.raw(one).bytes == one.bytes for one in receipts)
    assert all(fetch.ended for fetch in vault.fetches("provider"))


# Only the source's own hosts


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.example/x", "ftp://127.0.0.1/x", "file:///etc/hostname", "//elsewhere.example/x", "x", ""],
)
def test_an_address_that_is_none_of_the_sources_is_not_asked(provider, wire, told, address) -> None:
    fake = provider(lambda _question: "")
    with pytest.raises(ProviderRefused, match="none of its hosts; not asked"):
        wire(fake.url).get(address)
    with pytest.raises(ProviderRefused, match="none of its hosts; not asked"):
        wire(fake.url).post(address, {"a": "b"})
    assert (fake.asked, told) == ([], [])


def test_another_port_of_the_same_machine_is_another_host(provider, wire) -> None:
    fake, other = provider(lambda _question: ""), provider(lambda _question: "")
    with pytest.raises(ProviderRefused, match="none of its hosts"):
        wire(fake.url).get(other.url)
    assert other.asked == []


@pytest.mark.parametrize("address", ["http://[::bad", "http://127.0.0.1/\x00", "http://127.0.0.1:port/"])
def test_what_is_no_address_is_told(provider, wire, address) -> None:
    fake = provider(lambda _question: "")
    with pytest.raises(FetchError, match="which is no address"):
        wire(fake.url).get(address)


@pytest.mark.parametrize("host", ["files.example", "files.example:443"])
def test_a_further_host_is_asked_over_https_alone(wire, monkeypatch, host) -> None:
    line = wire("https://api.example", hosts=("files.example",))
    with pytest.raises(ProviderRefused, match="none of its hosts"):
        line.get("http://files.example/x")
    with pytest.raises(ProviderRefused, match="none of its hosts"):
        line.get("https://files.example:8443/x")
    monkeypatch.setattr(Wire, "_answer", lambda _self, request, *_: str(request.url))
    assert line.get(f"https://{host}/x") == "https://files.example/x"


def test_a_redirect_is_followed_within_the_sources_hosts(provider, wire, vault) -> None:
    fake = provider(lambda question: "[1]" if question.path == "/new" else Answer("", 302, {"Location": "/new"}))
    reply = wire(fake.url).get(f"{fake.url}/old", headers={"Token": "long-enough"})
    assert (reply.content, reply.raw.url) == (b"[1]", f"{fake.url}/old")
    assert [question.headers.get("token") for question in fake.asked] == ["long-enough"] * 2
    assert len(vault.receipts("provider")) == 1


def test_a_redirect_to_another_host_of_the_source_carries_no_secret(provider, wire) -> None:
    store = provider(lambda _question: "[1]")
    fake = provider(lambda _question: Answer("", 307, {"Location": f"{store.url}/file"}))
    line = wire(fake.url, {"token": "long-enough"}, endpoints={"files": store.url})
    assert line.get(fake.url, {"key": "long-enough"}, headers={"Token": "long-enough"}).content == b"[1]"
    assert "long-enough" not in str(store.asked)


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "http://[::bad"])
def test_a_redirect_to_a_stranger_is_refused(provider, wire, to) -> None:
    fake = provider(lambda _question: Answer("", 301, {"Location": to}))
    with pytest.raises(FetchError, match="provider leads to"):
        wire(fake.url).get(fake.url)
    assert len(fake.asked) == 1


def test_redirects_in_a_circle_end(provider, wire) -> None:
    fake = provider(lambda _question: Answer("", 302, {"Location": "/"}))
    with pytest.raises(FetchError, match="leads on and on, 5 times"):
        wire(fake.url).get(fake.url)


def test_a_redirect_to_nowhere_is_a_refusal(provider, wire) -> None:
    fake = provider(lambda _question: Answer("moved", 302))
    with pytest.raises(ProviderRefused, match="answered 302: moved"):
        wire(fake.url).get(fake.url)


def test_a_moved_endpoint_comes_in_place_of_the_known_one(vault) -> None:
    access = Access("open", (), {"api": "https://old.example/v1", "files": "https://files.example"})
    desk = Desk("provider", access, vault, {}, {"provider_api": "https://new.example/v2/"}, "1", {})
    with Wire(desk) as line:
        assert line.at("api") == "https://new.example/v2/"
        assert line.at("api", "/events") == "https://new.example/v2/events"
        assert line.at("files", "a/b") == "https://files.example/a/b"


def test_what_the_querys_address_says_stays_beside_the_parameters(provider, wire) -> None:
    fake = provider(lambda _question: "[]")
    line = wire(fake.url)
    line.get(f"{fake.url}/?cursor=a%2Fb", {"limit": 5})
    line.get(f"{fake.url}/?cursor=a%2Fb", {})
    line.get(f"{fake.url}/?cursor=a%2Fb&limit=1", {"limit": 5})
    assert [dict(question.args) for question in fake.asked] == [
        {"cursor": "a/b", "limit": "5"},
        {"cursor": "a/b"},
        {"cursor": "a/b", "limit": "5"},
    ]


# Secrets


def test_a_secret_is_in_what_is_asked_and_nowhere_else(provider, wire, vault, told, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx2", "httpcore2", "httpcore2.http11", "httpcore2.connection"):
        caplog.set_level(logging.DEBUG, name)

    def echo(question: Question) -> Answer:
        body = orjson.dumps({"asked": question.path, "args": dict(question.args), "all": sorted(ways(KEY))})
        return Answer(body, headers={"Content-Type": f"x/{quote(KEY)}", "ETag": quote(KEY), "Last-Modified": "now"})

    fake = provider(echo)
    line = wire(fake.url, {"token": KEY})
    header = quote(KEY, safe="")
    reply = line.get(f"{fake.url}/of/{quote(KEY)}/x", {"key": line.secret("token")}, headers={"Token": header})
    (question,) = fake.asked
    assert (question.args["key"], question.headers["token"]) == (KEY, header)
    assert orjson.loads(reply.content)["asked"].endswith("/x")
    (receipt,) = vault.receipts("provider")
    assert (receipt.url, receipt.scrubbed) == (f"{fake.url}/of/***/x?key=***", True)
    assert (receipt.media_type, receipt.etag, receipt.modified) == ("x/***", "", "now")
    everything = every_byte(vault.folder) + "\n".join([*told, caplog.text, reply.raw.url, reply.raw.name]).encode()
    assert [way for way in ways(KEY) if way.encode() in everything] == []
    assert b"k3y" not in everything
    assert told == [receipt.url]


@pytest.mark.parametrize("way", sorted(ways(KEY)))
def test_a_payload_keeps_its_length_where_a_secret_is_overwritten(provider, wire, way) -> None:
    fake = provider(lambda _question: f"before {way} after")
    reply = wire(fake.url, {"token": KEY}).get(fake.url)
    assert reply.content == b"before " + b"*" * len(way.encode()) + b" after"


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_a_secret_that_comes_in_pieces_is_overwritten_too(tmp_path, size) -> None:
    whole = b"a tok%2Fen and tok\\/en, not tok/ or en " * 20 + b"tok%25252Fen"
    pieces = (whole[place : place + size] for place in range(0, len(whole), size))
    body = receiving.receive(httpx2.Response(200, content=pieces), tmp_path / "body", Hiding(["tok/en"]), "it")
    kept = (tmp_path / "body").read_bytes()
    assert kept == b"a ******** and *******, not tok/ or en " * 20 + b"*" * 12
    assert body == receiving.Body(hashlib.sha256(kept).hexdigest(), len(kept), scrubbed=True)


def test_no_text_of_an_error_nor_its_traceback_tells_a_secret(provider, wire) -> None:
    gone = provider(lambda question: Answer(f"bad key {question.args.get('key')} {question.headers.get('token')}", 403))
    down = provider(lambda question: Answer(f"{question.args.get('key')}", 503))
    cut = provider(lambda _question: Answer("x", length=9))
    away = provider(lambda question: Answer("", 302, {"Location": f"https://elsewhere.example/?key={quote_plus(KEY)}"}))
    bad = provider(lambda question: Answer("", 302, {"Location": f"http://[::bad{quote_plus(KEY)}"}))
    texts = []
    for fake in (gone, down, cut, away, bad):
        line = wire(fake.url, {"token": KEY})
        with pytest.raises(FetchError) as caught:
            line.get(f"{fake.url}/{quote(KEY)}", {"key": KEY}, headers={"Token": quote(KEY)})
        texts += [str(caught.value), "".join(traceback.format_exception(caught.value))]
    told = "\n".join(texts)
    assert [way for way in ways(KEY) if way in told] == []
    assert "k3y" not in told
    assert "***" in told


@pytest.mark.parametrize("value", ["né-in-ascii", "line\nbreak"])
def test_a_secret_that_no_header_can_hold_is_told_without_it(provider, wire, value) -> None:
    fake = provider(lambda _question: "")
    line = wire(fake.url, {"token": value})
    with pytest.raises(FetchError, match="a header holds what none may; look at the credentials") as caught:
        line.get(fake.url, headers={"Token": value})
    assert value[-5:] not in "".join(traceback.format_exception(caught.value))
    assert fake.asked == []


@pytest.mark.parametrize(
    ("credentials", "problem"),
    [
        ({}, r"provider needs token: set RISKMAP_CREDENTIALS__TOKEN; get it at https://provider\.example"),
        ({"token": ""}, "needs token"),
        ({"token": " \n"}, "needs token"),
        ({"token": "abc"}, "token is too short to be a secret; mend it"),
    ],
)
def test_a_secret_that_is_not_set_is_missed_before_anything_is_asked(provider, wire, credentials, problem) -> None:
    fake = provider(lambda _question: "")
    line = wire(fake.url, credentials, home="https://provider.example")
    with pytest.raises(CredentialsMissing, match=problem):
        line.get(fake.url, {"key": line.secret("token")})
    assert fake.asked == []


def test_a_secret_is_used_without_the_line_end_that_was_copied_with_it(wire) -> None:
    line = wire("https://api.example", {"token": " long-enough\n"})
    assert line.secret("token") == "long-enough"
    assert line.clean("key=long-enough") == "key=***"


def test_the_longest_of_two_secrets_goes_first() -> None:
    hiding = Hiding(["abcd", "abcdefgh", "no"])
    assert hiding.clean("abcdefgh abcd no") == "*** *** no"
    assert hiding.overwritten(b"abcdefgh abcd") == b"******** ****"
    assert Hiding([]).clean("abcd") == "abcd"
    assert Hiding([]).reach == 0


# Forms and tokens


def test_a_form_is_sent_its_answer_is_not_kept_and_the_token_counts_as_a_secret(provider, wire, vault) -> None:
    def answer(question: Question) -> Answer | str:
        if question.method == "POST":
            return '{"access_token": "t0ken-of-today"}'
        return question.headers["authorization"]

    fake = provider(answer)
    line = wire(fake.url, {"name": "someone@example.org", "password": KEY})
    form = {"username": line.secret("name"), "password": line.secret("password"), "grant_type": "password"}
    given = line.post(f"{fake.url}/token", form)
    assert given == {"access_token": "t0ken-of-today"}
    assert dict(fake.asked[0].form) == {"username": "someone@example.org", "password": KEY, "grant_type": "password"}
    assert not list(vault.folder.rglob("*"))
    token = line.learn("t0ken-of-today")
    assert token == "t0ken-of-today"
    reply = line.get(f"{fake.url}/rows", headers={"Authorization": f"Bearer {token}"})
    assert reply.content == b"Bearer **************"
    assert b"t0ken" not in every_byte(vault.folder)


def test_an_empty_field_of_a_form_is_missed_before_anything_is_asked(provider, wire) -> None:
    fake = provider(lambda _question: "{}")
    with pytest.raises(CredentialsMissing, match="the form field 'password' is empty"):
        wire(fake.url).post(fake.url, {"username": "a", "password": ""})
    assert fake.asked == []


def test_a_form_is_tried_again_and_refused_like_anything_else(provider, wire, vault, pauses) -> None:
    answers = iter([Answer("busy", 503), Answer("{}"), Answer(f"no {KEY}", 400)])
    fake = provider(lambda _question: next(answers))
    line = wire(fake.url, {"password": KEY})
    assert line.post(fake.url, {"password": KEY}) == {}
    assert len(pauses) == 1
    with pytest.raises(ProviderRefused, match=r"answered 400: no \*\*\*$"):
        line.post(fake.url, {"password": KEY})


def test_a_token_that_is_no_json_too_long_or_too_short_is_refused(provider, wire) -> None:
    answers = iter(["<html>", b" " * (2 << 20)])
    fake = provider(lambda _question: next(answers))
    line = wire(fake.url)
    with pytest.raises(FetchError, match="what is no JSON"):
        line.post(fake.url, {"a": "b"})
    with pytest.raises(FetchError, match="gives more than 1,048,576 bytes, where a short answer"):
        line.post(fake.url, {"a": "b"})
    with pytest.raises(FetchError, match="a secret of 0 characters"):
        line.learn("")


def test_a_redirect_of_a_form_is_not_followed(provider, wire) -> None:
    fake = provider(lambda _question: Answer("", 307, {"Location": "/elsewhere"}))
    with pytest.raises(ProviderRefused, match="answered 307"):
        wire(fake.url).post(fake.url, {"password": "long-enough"})
    assert len(fake.asked) == 1
