"""The main job on the sample case: what goes in comes out, the same every time, whole or not at all."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import riskmap
from riskmap.errors import CaseError
from riskmap.grid.spread import Ground
from riskmap.pipeline.areas import areas_of
from riskmap.pipeline.ingest import Place
from riskmap.pipeline.rolling import origins_of
from riskmap.publish.scored import recipe_of, score_of
from riskmap.score.uncertainty import evidence_of, uncertainty
from riskmap.store.vault import Vault


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def snapshot_folder(store: Path) -> Path:
    (folder,) = (store / "snapshots").iterdir()
    return folder


def test_every_extensive_total_is_on_the_cells_or_listed_with_its_reason(sample) -> None:
    rows = [row for row in sample.manifest["reconciliation"] if row["spread"] == "extensive"]
    assert len(rows) >= 8
    for row in rows:
        outside = sum(part["value"] for part in row["outside"])
        assert row["cells_total"] + outside == pytest.approx(row["accepted_total"], rel=1e-9, abs=1e-9), row["measure"]
        assert all(part["reason"] for part in row["outside"])


def test_every_row_read_is_accepted_or_quarantined_with_a_reason(sample) -> None:
    for entry in sample.manifest["inputs"]:
        assert entry["read"] == entry["accepted"] + sum(entry["quarantined"].values()), entry["path"]


def test_the_manifest_says_what_a_reader_must_know(sample) -> None:
    manifest = sample.manifest
    assert manifest["case"]["synthetic"] is True
    assert any("never where it happens" in limit for limit in manifest["limits"])
    assert all(entry["licence"]["attribution"] for entry in manifest["inputs"])
    assert len(manifest["recipe"]["hash"]) == 64
    assert "host" not in str(manifest)


def test_shares_of_people_by_class_add_up(sample) -> None:
    for shares in sample.manifest["people_by_class"].values():
        assert sum(shares.values()) == pytest.approx(1)


def test_low_value_and_high_stand_in_order_and_insufficient_cells_have_none(sample) -> None:
    scores = sample.table("scores").to_pandas()
    known = scores[scores["status"] < 2]
    assert len(known) > 1_000
    assert (known["low"] <= known["value"] + 1e-6).all()
    assert (known["value"] <= known["high"] + 1e-6).all()
    lacking = scores[scores["status"] == 2]
    assert len(lacking) > 0
    assert lacking[["value", "low", "high"]].isna().all(axis=None)
    assert (lacking["class"] == -1).all()


def test_every_score_says_how_sure_it_is(sample) -> None:
    scores = sample.table("scores").to_pandas()
    known = scores["status"] < 2
    told = scores[["q05", "q95", "p_high", "reliability", "grade"]]
    assert (scores["q05"] <= scores["q95"])[known].all()
    assert scores["p_high"][known].between(0, 1).all()
    assert 0 < scores["p_high"][known].mean() < 1
    assert scores[["q05", "q95", "p_high", "people_at_risk"]][~known].isna().all(axis=None)
    assert scores["reliability"].between(0, 10).all()
    assert (told["grade"][~known] == -1).all()
    assert set(told["grade"][known]) <= {0, 1, 2, 3}
    assert sample.manifest["uncertainty"] == {"seed": 1, "draws": 128}
    assert scores["q05"].dtype == scores["people_at_risk"].dtype == np.float32


def test_people_at_risk_are_the_people_of_a_cell_by_its_chance_to_be_high(sample) -> None:
    last = len(sample.periods) - 1
    people = sample.column("cells", "population")
    at_risk, chance = (np.asarray(sample.column("scores", name, last)) for name in ("people_at_risk", "p_high"))
    np.testing.assert_allclose(at_risk, people * chance, rtol=1e-6)
    assert np.nansum(at_risk) > 0


def test_intervals_can_be_drawn_again_from_the_snapshot(sample, sample_case, sample_data, tmp_path) -> None:
    """What a cell is drawn hangs on its own number, and on the districts that its values are known for."""
    score, recipe, case = score_of(sample), recipe_of(sample), riskmap.load_case(sample_case)
    areas, _, _ = areas_of(case, Place(sample_data, Vault(tmp_path)))
    levels = {level: tuple(one for one in areas if one.level == level) for level in (0, 1, 2)}
    origins = origins_of(Ground(riskmap.Grid(sample.cells, 6), levels))
    again = uncertainty(evidence_of(score, recipe), recipe, origins)
    last = len(sample.periods) - 1
    value = sample.column("scores", "value", last)
    q05, q95 = np.fmin(again.q05, value), np.fmax(again.q95, value)
    for name, values in (("q05", q05), ("q95", q95), ("p_high", again.high)):
        np.testing.assert_array_equal(sample.column("scores", name, last), values.astype(np.float32))
    known = ~np.isnan(value)
    assert ((sample.column("scores", "q05", last) <= value) & (value <= sample.column("scores", "q95", last)))[
        known
    ].all()


def test_two_builds_give_the_same_snapshot_byte_for_byte(sample_store, sample_case, sample_data, tmp_path) -> None:
    again = riskmap.build(riskmap.load_case(sample_case), sample_data, tmp_path / "again")
    assert again.id == riskmap.Shelf(sample_store).open("latest").id
    assert digests(snapshot_folder(tmp_path / "again")) == digests(snapshot_folder(sample_store))


def test_another_resolution_is_another_snapshot(sample, sample_case, sample_data, tmp_path) -> None:
    coarse = riskmap.build(riskmap.load_case(sample_case, resolution=4), sample_data, tmp_path)
    assert coarse.id != sample.id
    assert len(coarse.cells) < len(sample.cells) / 20
    for fine_row, row in zip(sample.manifest["reconciliation"], coarse.manifest["reconciliation"], strict=True):
        if row["spread"] == "extensive" and not row["outside"] and not fine_row["outside"]:
            assert row["cells_total"] == pytest.approx(fine_row["cells_total"], rel=1e-9)


def test_the_three_stories_are_on_the_map(sample) -> None:
    """Conflict in the west after September 2024, the earthquake in the north in February 2025, drought in the south."""
    lat = sample.table("cells")["lat"].to_numpy()
    conflict = {label: sample.column("scores", "conflict", index) for index, label in enumerate(sample.periods)}
    assert np.nanmean(conflict["2025-01"]) > 2 * np.nanmean(conflict["2024-03"])
    disaster = {label: sample.column("scores", "disaster", index) for index, label in enumerate(sample.periods)}
    shaken = disaster["2025-02"] - disaster["2025-01"]
    assert lat[np.nanargmax(shaken)] > np.median(lat)
    hunger = {label: sample.column("scores", "food_insecurity", index) for index, label in enumerate(sample.periods)}
    south = lat < np.quantile(lat, 0.25)
    assert np.nanmean(hunger["2025-06"][south]) > 1.3 * np.nanmean(hunger["2024-01"][south])


@pytest.mark.slow
def test_a_build_killed_at_any_moment_leaves_the_old_map_and_no_half_one(
    sample_case, sample_data, tmp_path, unmeasured
) -> None:
    store = tmp_path / "store"
    old = riskmap.build(riskmap.load_case(sample_case, resolution=4), sample_data, store)
    command = [sys.executable, "-m", "riskmap", "build", sample_case, "--inputs", sample_data, "--store", store]
    whole = time.monotonic()
    subprocess.run([*command, "--resolution", "5"], check=True, capture_output=True)
    whole = time.monotonic() - whole
    (store / "latest").write_text(old.id + "\n")
    new = next(path for path in (store / "snapshots").iterdir() if path.name != old.id)
    for path in sorted(new.iterdir()):
        path.unlink()
    new.rmdir()
    for share in np.linspace(0.5, 1.0, 8):
        process = subprocess.Popen(
            [*command, "--resolution", "5"], env=unmeasured, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(whole * share)
        process.send_signal(signal.SIGKILL)
        process.wait()
        shelf = riskmap.Shelf(store)
        assert shelf.open("latest").id in {old.id, new.name}
        assert set(shelf.list()) <= {old.id, new.name}
        for identifier in shelf.list():
            shelf.open(identifier, verify=True)


def test_a_missing_case_file_is_told(tmp_path) -> None:
    with pytest.raises(CaseError, match=r"nowhere\.toml cannot be read"):
        riskmap.load_case(tmp_path / "nowhere.toml")


def test_an_area_may_be_a_box(sample_data, tmp_path) -> None:
    case = tmp_path / "box.toml"
    case.write_text(
        """
title = "A box of open ocean (invented)"
synthetic = true
resolution = 4
[area]
bbox = [-24.0, -30.0, -22.0, -28.0]
[periods]
start = "2024-10"
end = "2024-11"
[[inputs]]
source = "worldpop"
path = "worldpop_2024.tif"
timeless = true
options = { quantity = "count" }
[[inputs]]
source = "ucdp"
path = "ucdp_*.csv"
observed = [2022-07-01, 2025-06-30]
"""
    )
    snapshot = riskmap.build(riskmap.load_case(case), sample_data, tmp_path / "store")
    assert snapshot.periods == ("2024-10", "2024-11")
    assert snapshot.manifest["people_by_class"]["2024-10"]["insufficient"] == 1


def test_examples_of_refused_rows_do_not_show_what_may_not_be_passed_on(sample) -> None:
    acled = next(entry for entry in sample.manifest["inputs"] if entry["source"] == "acled")
    assert acled["licence"]["raw"] is False
    told = [place for places in acled["examples"].values() for place in places]
    assert told
    assert all(place.startswith("row ") and " = " not in place for place in told)


def test_what_a_case_keeps_private_is_not_exported(sample_case, sample_data, tmp_path) -> None:
    text = sample_case.read_text().replace('source = "ucdp"', 'source = "ucdp"\nkeep_private = true', 1)
    (tmp_path / "case.toml").write_text(text)
    case = riskmap.load_case(tmp_path / "case.toml", resolution=4)
    snapshot = riskmap.build(case, sample_data, tmp_path / "store")
    with pytest.raises(riskmap.RiskmapError, match=r"may not be passed on: CC-BY-4\.0 \(ucdp: "):
        riskmap.export_snapshot(snapshot, tmp_path / "risk.csv", "csv")
