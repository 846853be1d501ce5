"""Every error of the library has a status, and no answer tells more than it should."""

from __future__ import annotations

import asyncio
import logging

import orjson
import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from riskmap import RiskmapError
from riskmap_api.problems import MEDIA_TYPE, STATUS, LastResort, problem, problem_of


def tree(root: type[RiskmapError] = RiskmapError) -> list[type[RiskmapError]]:
    return [root, *(found for child in root.__subclasses__() for found in tree(child))]


def made(kind: type[RiskmapError]) -> RiskmapError:
    return kind("secret.csv", "column missing") if kind.__name__ in {"InputError", "UnknownSource"} else kind("secret")


def body_of(answer: Response) -> dict[str, object]:
    return orjson.loads(answer.body)


def test_every_error_of_the_library_has_a_status_and_no_row_is_left_over():
    ours = {kind.__name__ for kind in tree() if kind.__module__.startswith("riskmap")}

    assert set(STATUS) == ours


@pytest.mark.parametrize("kind", [kind for kind in tree() if kind.__module__.startswith("riskmap")])
def test_an_error_becomes_a_problem_document_of_its_status(kind):
    answer = problem_of(made(kind))

    assert answer.status_code == STATUS[kind.__name__]
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["cache-control"] == "no-store"
    assert body_of(answer)["status"] == answer.status_code
    assert str(body_of(answer)["type"]).startswith("urn:riskmap:problem:")


@pytest.mark.parametrize("kind", [kind for kind in tree() if STATUS.get(kind.__name__, 0) >= 500])
def test_the_services_own_fault_is_told_by_reference_and_logged_in_full(kind, caplog):
    with caplog.at_level(logging.ERROR):
        told = body_of(problem_of(made(kind)))

    reference = str(told["instance"]).removeprefix("urn:uuid:")
    assert "secret" not in str(told)
    assert reference in str(told["detail"])
    assert reference in caplog.text
    assert "secret" in caplog.text


def test_a_missing_snapshot_does_not_tell_where_the_store_lies(client, store, empty_client):
    for told in (client.get("/v1/snapshots/0000000000000000").text, empty_client.get("/health").text):
        assert "/v1/snapshots lists them" in told
        assert store.parent.name not in told
        assert "store" not in told


def test_too_large_tells_how_to_get_it_all_the_same():
    (too_large,) = (kind for kind in tree() if kind.__name__ == "TooLarge")

    assert "riskmap export" in str(body_of(problem_of(too_large("1,000 rows")))["detail"])


def test_a_question_in_a_path_that_cannot_be_answered_is_not_found():
    (question,) = (kind for kind in tree() if kind.__name__ == "QueryError")

    assert problem_of(question("zoom 13")).status_code == 422
    assert problem_of(question("zoom 13"), in_path=True).status_code == 404


def test_a_problem_without_a_kind_is_named_by_its_status():
    told = body_of(problem(405, "read only"))

    assert told == {"type": "about:blank", "title": "Method Not Allowed", "status": 405, "detail": "read only"}


def test_an_unforeseen_error_leaks_nothing(caplog):
    async def broken(scope, receive, send):
        raise ZeroDivisionError("secret")

    with caplog.at_level(logging.ERROR):
        answer = TestClient(LastResort(broken)).get("/")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "secret" not in answer.text
    assert answer.json()["instance"].removeprefix("urn:uuid:") in caplog.text


def test_an_answer_already_begun_breaks_off():
    async def broken(scope, receive, send):
        await PlainTextResponse("half")(scope, receive, send)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        TestClient(LastResort(broken)).get("/")


def test_what_is_not_a_request_passes_untouched():
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(LastResort(inner)({"type": "lifespan"}, None, None))

    assert seen == ["lifespan"]
