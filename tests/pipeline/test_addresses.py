"""A case whose inputs and store lie under an address is built and served as one on this machine, to the byte."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskmap.cli import app
from riskmap.pipeline.build import Inputs, build, load_case
from riskmap.settings import Settings
from riskmap.store.remote import Remote
from riskmap_api.deps import Snapshots


@pytest.fixture
def case(root):
    return load_case(root / "data" / "cases" / "sample.toml", resolution=4)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_inputs_and_store_under_an_address_give_the_same_bytes(case, sample_data, bucket, tmp_path) -> None:
    remote = Remote(f"s3://{bucket}/inputs")
    remote.upload(sample_data, [path.relative_to(sample_data).as_posix() for path in sample_data.rglob("*.*")])
    here = build(case, sample_data, tmp_path / "store")
    given = Inputs(f"s3://{bucket}/inputs", tmp_path / "vault", tmp_path / "cache")
    there = build(case, given, f"s3://{bucket}/maps")
    assert there.id == here.id
    assert files(there.folder) == files(here.folder)
    served = Snapshots(f"s3://{bucket}/maps", tmp_path / "server")
    assert served.get("latest").id == served.get(here.id).id == here.id


def test_a_second_build_reads_nothing_again(case, sample_data, bucket, tmp_path) -> None:
    remote = Remote(f"s3://{bucket}/inputs")
    remote.upload(sample_data, [path.relative_to(sample_data).as_posix() for path in sample_data.rglob("*.*")])
    given = Inputs(f"s3://{bucket}/inputs", tmp_path / "vault", tmp_path / "cache")
    first, second = (build(case, given, tmp_path / "store") for _ in range(2))
    assert first.id == second.id
    log = json.loads((tmp_path / "store" / "logs" / f"{first.id}.json").read_bytes())
    assert log["steps_made"] == {}


def test_the_command_line_takes_addresses(root, sample_data, bucket, tmp_path, monkeypatch) -> None:
    remote = Remote(f"s3://{bucket}/inputs")
    remote.upload(sample_data, [path.relative_to(sample_data).as_posix() for path in sample_data.rglob("*.*")])
    monkeypatch.setenv("RISKMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RISKMAP_STORE", f"s3://{bucket}/maps")
    monkeypatch.chdir(tmp_path)
    words = ["build", str(root / "data" / "cases" / "sample.toml"), "--resolution", "4"]
    assert CliRunner().invoke(app, [*words, "--inputs", f"s3://{bucket}/inputs"], catch_exceptions=False).exit_code == 0
    listed = CliRunner().invoke(app, ["snapshots", "--json", "--store", f"s3://{bucket}/maps"], catch_exceptions=False)
    assert [one["case"]["name"] for one in json.loads(listed.output)] == ["sample"]
    exported = ["export", "--format", "csv", "--out", "scores.csv"]
    assert CliRunner().invoke(app, exported, catch_exceptions=False).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} >= {"cache", "scores.csv"}


def test_settings_tell_folders_and_addresses_apart(monkeypatch) -> None:
    monkeypatch.setenv("RISKMAP_STORE", "s3://bucket/maps")
    assert Settings().store == "s3://bucket/maps"
    assert Settings().vault_folder == Path("vault")
    monkeypatch.setenv("RISKMAP_STORE", "/srv/store")
    assert Settings().store == Path("/srv/store")
    assert Settings().vault_folder == Path("/srv/store/vault")
