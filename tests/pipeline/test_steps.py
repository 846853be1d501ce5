"""A build redoes what a changed input touches and nothing else, and gives the same bytes as one from nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import riskmap
from riskmap.compute.engine import engine_of
from riskmap.pipeline import steps as module
from riskmap.pipeline.steps import code_hash

MEASURES_OF_ACLED = 6


@pytest.fixture
def desk(tmp_path: Path, sample_data: Path, sample_case: Path) -> Path:
    """A folder with the sample's inputs and its case, coarse and so quickly built; the last month of events is away."""
    shutil.copytree(sample_data, tmp_path / "in")
    case = sample_case.read_text().replace("resolution = 6", "resolution = 4", 1)
    assert "resolution = 4" in case
    (tmp_path / "case.toml").write_text(case)
    lines = (sample_data / "acled.csv").read_text().splitlines(keepends=True)
    early = [line for line in lines if "2025-06" not in line and "June 2025" not in line and "/06/2025" not in line]
    assert 10 < len(early) < len(lines)
    (tmp_path / "in" / "acled.csv").write_text("".join(early))
    return tmp_path


def build(desk: Path, store: str) -> tuple[riskmap.Snapshot, dict[str, dict[str, int]]]:
    snapshot = riskmap.build(riskmap.load_case(desk / "case.toml"), desk / "in", desk / store)
    log = json.loads((desk / store / "logs" / f"{snapshot.id}.json").read_text())
    return snapshot, {"made": log["steps_made"], "kept": log["steps_kept"]}


def files(snapshot: riskmap.Snapshot) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(snapshot.folder.iterdir())}


def test_one_new_month_of_one_source_redoes_that_source_alone(desk: Path, sample_data: Path) -> None:
    _, first = build(desk, "store")
    assert first["kept"] == {}
    shutil.copy(sample_data / "acled.csv", desk / "in" / "acled.csv")
    later, told = build(desk, "store")
    assert told["made"] == {"reading": 1, "measure": MEASURES_OF_ACLED, "score": 1, "part": 1}, (
        "and the last month alone"
    )
    assert told["kept"]["reading"] == first["made"]["reading"] - 1
    assert told["kept"]["measure"] == first["made"]["measure"] - MEASURES_OF_ACLED
    anew, _ = build(desk, "other")
    assert files(later) == files(anew), "to the byte what a build from nothing gives"


def test_the_same_build_again_runs_no_step(desk: Path) -> None:
    first, _ = build(desk, "store")
    again, told = build(desk, "store")
    assert again.id == first.id
    assert told["made"] == {}


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def test_a_damaged_result_is_made_again(desk: Path) -> None:
    first, _ = build(desk, "store")
    tables = sorted((desk / "store" / "results").rglob("scores.2025-01.arrow"))
    spoil(tables[0])
    again, told = build(desk, "store")
    assert again.id == first.id
    assert told["made"] == {"part": 1}
    assert told["kept"]["score"] == 1


def test_a_damaged_measure_is_found_when_it_is_read_and_made_again(desk: Path, sample_data: Path) -> None:
    build(desk, "store")
    for path in (desk / "store" / "results").rglob("*.values.npy"):
        if path.stat().st_size > 10_000:
            spoil(path)
    shutil.copy(sample_data / "acled.csv", desk / "in" / "acled.csv")
    later, _ = build(desk, "store")
    anew, _ = build(desk, "other")
    assert files(later) == files(anew)


def test_other_code_trusts_no_result_of_this_one(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, first = build(desk, "store")
    monkeypatch.setattr(module, "code_hash", lambda: "another")
    _, told = build(desk, "store")
    assert told["kept"] == {}
    assert told["made"] == first["made"]


def test_the_hash_of_the_code_is_that_of_its_files() -> None:
    assert code_hash() == code_hash()
    assert len(code_hash()) == 64


def test_two_processes_give_the_same_bytes_as_this_one(desk: Path) -> None:
    alone, _ = build(desk, "store")
    case = riskmap.load_case(desk / "case.toml")
    with engine_of(None, 2) as engine:
        together = riskmap.build(case, desk / "in", desk / "other", engine=engine)
    assert files(together) == files(alone)


def test_the_command_line_merges_in_as_many_processes_as_told(desk: Path) -> None:
    alone, _ = build(desk, "store")
    words = ["build", desk / "case.toml", "--inputs", desk / "in", "--store", desk / "other", "--workers", 2]
    run = subprocess.run(
        [sys.executable, "-m", "riskmap", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert f"snapshot {alone.id}" in run.stdout
    lost = [*words[:-2], "--scheduler", "tcp://127.0.0.1:9"]
    run = subprocess.run(
        [sys.executable, "-m", "riskmap", *map(str, lost)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
