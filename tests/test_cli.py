"""The command line as a person meets it: real processes, exit codes, one sentence for each mistake."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from riskmap import Shelf, cli, explain, query_scores
from riskmap.errors import RiskmapError
from riskmap.settings import Settings

CASE = """
title = "T"
resolution = 4
[area]
iso3 = "XMV"
[[area.boundaries]]
level = 1
path = "adm1.geojson"
[periods]
start = "2024-01"
end = "2024-02"
[[inputs]]
source = "acled"
path = "acled.csv"
"""


def riskmap(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "riskmap", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("resolution = 4", "resolution = 4\ncolour = 1", "unknown key colour"),
        ('"acled.csv"', '"gone.csv"', "no file matches 'gone.csv'"),
        ('"acled"', '"hearsay"', "hearsay: no such source; known are acled"),
        ('end = "2024-02"', 'end = "2023-02"', "before they start"),
        ('path = "acled.csv"', 'path = "acled.csv"\noptions = { colour = 1 }', "unknown option 'colour'"),
        ("resolution = 4", 'resolution = 4\nrecipe = "luck"', "luck"),
        ('"adm1.geojson"', '"adm9.geojson"', "adm9.geojson"),
    ],
)
def test_each_mistake_in_a_case_is_one_sentence_and_writes_nothing(
    old: str, new: str, message: str, tmp_path: Path, sample_data: Path
) -> None:
    case = tmp_path / "case.toml"
    case.write_text(CASE.replace(old, new, 1))
    answer = riskmap("build", case, "--inputs", sample_data, "--store", tmp_path / "store")
    assert answer.returncode == 2
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_build_list_and_export_go_together(root: Path, sample_data: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    case = root / "data" / "cases" / "sample.toml"
    built = riskmap("build", case, "--inputs", sample_data, "--store", store, "--resolution", 4, "--json")
    assert built.returncode == 0, built.stderr
    told = json.loads(built.stdout)
    assert told["case"]["synthetic"] is True

    listed = riskmap("snapshots", "--store", store, "--json")
    assert [one["id"] for one in json.loads(listed.stdout)] == [told["snapshot"]]
    assert told["snapshot"] in riskmap("snapshots", "--store", store).stdout

    out = tmp_path / "risk.csv"
    written = riskmap("export", "--store", store, "--format", "csv", "--period", "2025-02", "--out", out)
    assert written.returncode == 0, written.stderr
    assert out.stat().st_size > 1_000


def test_snapshots_are_compared_and_audited(root: Path, sample_data: Path, tmp_path: Path) -> None:
    case = root / "data" / "cases" / "sample.toml"
    for resolution in (3, 4):
        arguments = ("--inputs", sample_data, "--store", tmp_path / f"store{resolution}", "--resolution", resolution)
        assert riskmap("build", case, *arguments).returncode == 0
    store = tmp_path / "store4"
    page, card = tmp_path / "delta.html", tmp_path / "audit.html"
    told = riskmap("compare", "latest", "latest", "--store", store, "--json", "--out", page)
    assert json.loads(told.stdout)["counts"]["moved"] == 0
    assert page.read_text().startswith("<!doctype html>")
    tried = ("recipe", "diff", "trafficking", "trafficking_equal", "--store", store)
    assert "scored in both" not in riskmap(*tried).stdout
    assert "scored in both" in riskmap(*tried, "--snapshot", "latest").stdout
    moved = riskmap(*tried, "--out", page, "--period", "2025-02", "--json")
    assert json.loads(moved.stdout)["moved"]["period"] == "2025-02"
    assert "From trafficking to trafficking_equal" in page.read_text()
    refused = riskmap("compare", tmp_path / "store3", "latest", "--store", store)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    audited = riskmap("audit", "--store", store, "--out", card, "--rows", 4, "--cells", 10)
    assert audited.returncode == 0, audited.stderr
    assert "Model card" in card.read_text()
    assert riskmap("audit", "--store", store, "--out", card, "--rows", 5).returncode == 2


def test_a_cell_is_explained(root: Path, sample_data: Path, tmp_path: Path) -> None:
    case = root / "data" / "cases" / "sample.toml"
    assert riskmap("build", case, "--inputs", sample_data, "--store", tmp_path, "--resolution", 4).returncode == 0
    snapshot = Shelf(tmp_path).open()
    scored = query_scores(snapshot, ["2025-02"], fields=["score"]).to_pandas().dropna()
    cell = scored["cell"].iloc[0]
    arguments = ("explain", cell, "--period", "2025-02", "--store", tmp_path)
    assert json.loads(riskmap(*arguments, "--json").stdout) == explain(snapshot, cell, "2025-02")
    told = riskmap(*arguments).stdout
    for words in ("In 2025-02, conditions that favour", "What the score is made of", "Conflict exposure", "credit: "):
        assert words in told
    first = riskmap("explain", cell, "--period", "2024-01", "--store", tmp_path, "--alike", 0).stdout
    assert "What moved it" not in first
    assert "made up most like it" not in first
    refused = riskmap("explain", "867a6e5afffffff", "--store", tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_a_build_ends_with_its_reconciliation(root: Path, sample_data: Path, tmp_path: Path) -> None:
    case = root / "data" / "cases" / "sample.toml"
    told = riskmap("build", case, "--inputs", sample_data, "--store", tmp_path, "--resolution", 4).stdout
    for words in ("Reconciled over the case's periods", "acled:conflict_events", "People by class", "snapshot "):
        assert words in told


def test_an_unknown_format_or_an_empty_store_is_told(tmp_path: Path) -> None:
    empty = riskmap("export", "--store", tmp_path, "--out", tmp_path / "x.gpkg")
    assert (empty.returncode, empty.stderr.count("\n")) == (1, 1)


def test_serve_hands_its_settings_to_the_installed_server(monkeypatch, tmp_path: Path) -> None:
    given: list[Settings] = []
    server = importlib.metadata.EntryPoint("default", "nowhere:serve", "riskmap.server")
    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", lambda _self: given.append)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [server])
    cli.serve(tmp_path, "127.0.0.2", 8123)
    assert (given[0].store, given[0].host, given[0].port) == (tmp_path, "127.0.0.2", 8123)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [])
    with pytest.raises(RiskmapError, match="no server is installed"):
        cli.serve(tmp_path, None, None)


def test_sources_are_listed_with_their_terms() -> None:
    told = json.loads(riskmap("sources", "--json").stdout)
    assert {one["name"] for one in told} >= {"acled", "ucdp", "dtm", "prmn", "tables"}
    assert "acled" in riskmap("sources").stdout


def test_recipes_are_shown_and_compared() -> None:
    assert "inform_risk" in riskmap("recipe", "show", "inform").stdout
    moved = riskmap("recipe", "diff", "inform", "inform_2020", "--json")
    assert json.loads(moved.stdout)["changes"]
    wrong = riskmap("recipe", "diff", "inform", "trafficking")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_help_lists_the_commands() -> None:
    assert all(
        word in riskmap("--help").stdout
        for word in ("build", "serve", "export", "snapshots", "sources", "compare", "audit", "explain")
    )
