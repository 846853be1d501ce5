"""A build as of a day gives, to the byte, what was built on that day, whatever arrived since."""

import hashlib
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import riskmap
from riskmap.errors import CaseError
from riskmap.model.raw import Asked, Receipt
from riskmap.store.vault import Vault

CASE = """
title = "Maravela, as it was known"
synthetic = true
resolution = 4
[area]
iso3 = "XMV"
[[area.boundaries]]
level = 1
path = "adm1.geojson"
[periods]
start = "2024-12"
end = "2025-02"
[[inputs]]
source = "ucdp"
vault = true
observed = [2023-01-01, 2025-06-30]
[[inputs]]
source = "acled"
path = "acled_*.csv"
received = { "acled_early.csv" = 2025-03-02, "acled_late.csv" = 2025-05-02 }
observed = [2023-01-01, 2025-06-30]
"""
MARCH = date(2025, 3, 31)


class Desk:
    """A folder of inputs and a vault in which things arrive on chosen days."""

    def __init__(self, folder: Path, sample_data: Path) -> None:
        self.inputs, self.store, self.sample = folder / "in", folder / "store", sample_data
        self.vault = Vault(self.store / "vault")
        self.inputs.mkdir()
        shutil.copy(sample_data / "adm1.geojson", self.inputs)
        self.case = folder / "case.toml"
        self.case.write_text(CASE)

    def fetched(self, content: bytes, day: datetime, release: str, *, broken: bool = False) -> None:
        asked = Asked("XMV", date(2023, 1, 1), date(2025, 7, 1), {"release": release})
        with self.vault.fetching("ucdp", asked) as (run, _), self.vault.aside() as aside:
            file = aside / "payload"
            file.write_bytes(content)
            sha256 = hashlib.sha256(content).hexdigest()
            url = f"https://ucdpapi.pcr.uu.se/api/gedevents/{release}"
            labels = {"version": release}
            self.vault.keep(
                file, Receipt("ucdp", url, sha256, len(content), day, 200, "records", run.id, labels=labels)
            )
            if broken:
                raise KeyboardInterrupt

    def build(self, as_of: date | None = None) -> riskmap.Snapshot:
        return riskmap.build(riskmap.load_case(self.case), self.inputs, self.store, as_of=as_of)

    def bytes_of(self, snapshot: riskmap.Snapshot) -> dict[str, bytes]:
        folder = self.store / "snapshots" / snapshot.id
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def desk(tmp_path: Path, sample_data: Path) -> Desk:
    made = Desk(tmp_path, sample_data)
    made.fetched((sample_data / "ucdp_ged.csv").read_bytes(), datetime(2025, 3, 1, tzinfo=UTC), "25.0.2")
    lines = (sample_data / "acled.csv").read_text().splitlines(keepends=True)
    (made.inputs / "acled_early.csv").write_text("".join(lines[: len(lines) // 2]))
    return made


def later(desk: Desk) -> None:
    """The final release arrives, in which some candidates are not found again, and a second file of events."""
    lines = (desk.sample / "ucdp_ged.csv").read_text().splitlines(keepends=True)
    desk.fetched("".join(lines[:-40]).encode(), datetime(2025, 5, 1, tzinfo=UTC), "25.1")
    shutil.copy(desk.sample / "acled.csv", desk.inputs / "acled_late.csv")


def total(snapshot: riskmap.Snapshot, source: str, measure: str) -> float:
    (row,) = [r for r in snapshot.manifest["reconciliation"] if (r["source"], r["measure"]) == (source, measure)]
    return float(row["accepted_total"])


def test_what_was_built_on_a_day_is_built_again_to_the_byte(desk: Desk) -> None:
    then = desk.build()
    kept = desk.bytes_of(then)
    later(desk)
    now = desk.build()
    assert now.id != then.id
    assert total(now, "acled", "conflict_events") > total(then, "acled", "conflict_events")
    again = desk.build(as_of=MARCH)
    assert again.id == then.id
    shutil.rmtree(desk.store / "snapshots" / then.id)
    assert desk.bytes_of(desk.build(as_of=MARCH)) == kept


def test_the_manifest_says_when_things_were_received_and_how_far_knowledge_reaches(desk: Desk) -> None:
    manifest = desk.build().manifest
    received = {entry["source"]: entry["received"] for entry in manifest["inputs"]}
    assert received == {"ucdp": "2025-03-01T00:00:00+00:00", "acled": "2025-03-02T00:00:00+00:00"}
    assert manifest["known_until"] >= "2025-03-02"
    assert "gedevents/25.0.2" in next(e["url"] for e in manifest["inputs"] if e["source"] == "ucdp")


def test_before_anything_had_come_there_is_nothing_to_build_from(desk: Desk) -> None:
    with pytest.raises(CaseError, match=r"ucdp: nothing was fetched by 2025-02-01; run riskmap fetch ucdp --area XMV"):
        desk.build(as_of=date(2025, 2, 1))
    desk.fetched(b"later", datetime(2024, 1, 1, tzinfo=UTC), "24.1")
    with pytest.raises(CaseError, match=r"acled: none of the files of 'acled_\*.csv' had been received by 2025-02-01"):
        desk.build(as_of=date(2025, 2, 1))


def test_a_release_that_came_only_in_part_pushes_nothing_out(desk: Desk) -> None:
    then = desk.build()
    lines = (desk.sample / "ucdp_ged.csv").read_bytes().splitlines(keepends=True)
    with pytest.raises(KeyboardInterrupt):
        desk.fetched(b"".join(lines[:3]), datetime(2025, 5, 1, tzinfo=UTC), "25.1", broken=True)
    now = desk.build()
    assert total(now, "ucdp", "conflict_events") == total(then, "ucdp", "conflict_events") > 50


def test_the_command_line_takes_the_day(desk: Desk) -> None:
    then = desk.build()
    later(desk)
    command = [sys.executable, "-m", "riskmap", "build", desk.case, "--inputs", desk.inputs, "--store", desk.store]
    run = subprocess.run([*map(str, command), "--as-of", "2025-03-31"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert f"snapshot {then.id}" in run.stdout


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("vault = true", 'vault = true\npath = "x.csv"', "either path, the files, or vault = true"),
        ("vault = true", "vault = true\nreceived = 2025-01-01", "the vault knows itself"),
        ('path = "acled_*.csv"', "", "either path, the files, or vault = true"),
    ],
)
def test_an_input_comes_from_files_or_from_the_vault(old: str, new: str, told: str, desk: Desk) -> None:
    desk.case.write_text(CASE.replace(old, new, 1))
    with pytest.raises(CaseError, match=told):
        desk.build()
