"""What `riskmap compare` answers, over the sample and a snapshot that differs from it in one line."""

import json
from pathlib import Path

import pytest

import riskmap
from riskmap.errors import SnapshotMissing
from riskmap.pipeline.compare_report import compare_report, found_snapshot
from riskmap.publish.compare import compare


@pytest.fixture(scope="module")
def other(tmp_path_factory, root: Path, sample_case: Path, sample_data: Path) -> riskmap.Snapshot:
    folder = tmp_path_factory.mktemp("other")
    text = (root / "src" / "riskmap" / "score" / "recipes" / "trafficking.toml").read_text()
    (folder / "steeper.toml").write_text(text.replace("goalposts = [0, 20]", "goalposts = [0, 10]"))
    case = sample_case.read_text().replace('"trafficking"', f'"{folder / "steeper.toml"}"')
    (folder / "sample.toml").write_text(case.replace('path = "prices.csv"', 'path = "price*.csv"'))
    return riskmap.build(riskmap.load_case(folder / "sample.toml"), sample_data, folder / "store")


def test_json_tells_everything(sample, other) -> None:
    told = json.loads(compare_report(compare(sample, other), as_json=True))
    assert (told["before"], told["after"], told["period"]) == (sample.id, other.id, sample.periods[-1])
    assert [one["key"].split(".")[1] for one in told["recipe"]] == ["conflict_exposure"] * 3
    assert told["inputs"] == []
    assert told["counts"]["moved"] > 0
    assert told["split"]["data"] == pytest.approx(0, abs=1e-6)
    assert sum(one["cells"] for one in told["transitions"]) == len(sample.cells)
    assert told["movers"][0]["indicators"][0]["id"] == "conflict_exposure"


def test_tables_tell_it_to_people(sample, other) -> None:
    text = compare_report(compare(sample, other), as_json=False)
    for words in ("changed class", "From class to class", "Cells that moved most", "conflict_exposure.goalposts"):
        assert words in text
    assert text.endswith(f"{sample.id} -> {other.id}, {sample.periods[-1]}")


def test_files_and_what_is_not_known_are_told_too(sample, other) -> None:
    inputs = [one for one in other.manifest["inputs"] if one["source"] != "gdacs"]
    recipe = {key: value for key, value in other.manifest["recipe"].items() if key != "thresholds"}
    told = {**other.manifest, "inputs": inputs, "recipe": recipe}
    text = compare_report(compare(sample, type(other)(other.folder, told, other.tables)), as_json=False)
    assert "Files that differ" in text
    assert "not read" in text
    assert "mean move by the recipe" in text


def test_a_snapshot_is_found_by_id_by_its_folder_and_by_its_store(sample, other) -> None:
    shelf = riskmap.Shelf(sample.folder.parents[1])
    assert found_snapshot(shelf, "latest").id == sample.id
    assert found_snapshot(shelf, sample.id).id == sample.id
    assert found_snapshot(shelf, str(other.folder)).id == other.id
    assert found_snapshot(shelf, str(other.folder.parents[1])).id == other.id
    with pytest.raises(SnapshotMissing):
        found_snapshot(shelf, "0" * 16)
