"""Fetching as a person types it: real processes, a real server on loopback, a table or JSON, an exit code."""

import importlib.util
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskmap.errors import CaseError
from riskmap.pipeline.fetching import fetched_report
from riskmap.settings import Settings
from riskmap.store.vault import Vault

sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))

from faking import Answer, serving

SOURCES = Path(__file__).parents[1] / "sources"


def migrants() -> bytes:
    """The small file of the contract suite."""
    spec = importlib.util.spec_from_file_location("example_migrants", SOURCES / "examples" / "missing_migrants.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    content: bytes = module.EXAMPLE.content
    return content


@pytest.fixture
def feed():
    content = migrants()
    with serving(lambda question: Answer(content) if "20" in question.path[:4] else Answer("[]")) as fake:
        yield fake


def typed(tmp_path: Path, url: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    told = {"RISKMAP_STORE": str(tmp_path / "store"), **environment}
    found = {name: value for name, value in os.environ.items() if not name.startswith("RISKMAP_")}
    command = [sys.executable, "-m", "riskmap", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=found | told)


def endpoint() -> str:
    from riskmap.sources.source import source

    (part,) = source("missing_migrants").access.endpoints
    return f"RISKMAP_ENDPOINTS__MISSING_MIGRANTS_{part.upper()}"


def test_what_is_fetched_is_kept_read_and_told(tmp_path: Path, feed) -> None:
    words = ("fetch", "missing_migrants", "--from", "2024-01-01", "--to", "2024-12-31")
    run = typed(tmp_path, feed.url, *words, **{endpoint(): feed.url})
    assert run.returncode == 0, run.stderr
    assert "missing_migrants: 1 payloads, 0 of them as before" in run.stdout
    assert "migrant_deaths" in run.stdout
    again = typed(tmp_path, feed.url, *words, "--json", **{endpoint(): feed.url})
    told = json.loads(again.stdout)
    assert (told["payloads"], told["unchanged"], told["bytes"], told["read"]) == (1, 1, 0, [])
    listed = json.loads(typed(tmp_path, feed.url, "sources", "--json").stdout)
    newest = {row["name"]: row["newest"] for row in listed}
    assert newest["missing_migrants"]
    assert newest["ucdp"] is None


def test_replay_reads_all_that_was_fetched_again(tmp_path: Path, feed) -> None:
    typed(
        tmp_path,
        feed.url,
        "fetch",
        "missing_migrants",
        "--from",
        "2024-01-01",
        "--to",
        "2024-12-31",
        **{endpoint(): feed.url},
    )
    run = typed(tmp_path, feed.url, "replay")
    assert run.returncode == 0, run.stderr
    assert "1 payloads read again: 0 give something else than before, 0 refused" in run.stdout


def test_a_live_check_asks_each_provider_once_and_says_what_is_wrong(tmp_path: Path, feed) -> None:
    fine = typed(tmp_path, feed.url, "fetch", "missing_migrants", "--live-check", **{endpoint(): feed.url})
    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert "answers as expected" in fine.stdout
    with serving(lambda _question: Answer("gone", 410)) as broken:
        run = typed(tmp_path, "", "fetch", "missing_migrants", "--live-check", "--json", **{endpoint(): broken.url})
    assert run.returncode == 1
    assert json.loads(run.stdout)["missing_migrants"].startswith("FAILED: ")


def test_a_provider_whose_key_is_not_set_is_told_and_not_asked(tmp_path: Path, feed) -> None:
    run = typed(tmp_path, feed.url, "fetch", "ucdp", "--live-check")
    assert run.returncode == 0
    assert "RISKMAP_CREDENTIALS__UCDP_TOKEN" in " ".join(run.stdout.split())
    asked = typed(tmp_path, feed.url, "fetch", "ucdp", "--area", "SDN")
    assert asked.returncode == 2
    assert asked.stderr.count("\n") == 1
    assert "RISKMAP_CREDENTIALS__UCDP_TOKEN" in asked.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("fetch",), "name the source to fetch"),
        (("fetch", "hearsay"), "no such source"),
        (("fetch", "tables"), "tables reads files that you bring"),
        (("fetch", "ucdp", "--from", "2024-02-01", "--to", "2024-01-01"), "is before --from"),
        (("fetch", "ucdp", "--option", "level"), "is no NAME=VALUE"),
    ],
)
def test_each_mistake_is_one_sentence(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    run = typed(tmp_path, "", *words)
    assert run.returncode in {1, 2}
    assert told in run.stderr
    assert run.stderr.count("\n") == 1


def test_a_year_back_is_asked_where_no_days_are_said(tmp_path: Path, feed) -> None:
    settings = Settings(store=tmp_path, endpoints={endpoint().removeprefix("RISKMAP_ENDPOINTS__").lower(): feed.url})
    told = fetched_report(
        "missing_migrants", "sdn", (None, datetime(2024, 6, 30, tzinfo=UTC)), [], settings, as_json=True
    )
    (fetch,) = Vault(settings.vault_folder).fetches("missing_migrants")
    assert (fetch.asked.area, str(fetch.asked.start), str(fetch.asked.end)) == ("SDN", "2023-07-01", "2024-07-01")
    assert json.loads(told)["payloads"] >= 1
    with pytest.raises(CaseError):
        fetched_report(None, "", (None, None), [], settings, as_json=True)
