"""Notebooks are run whole, in a process of their own, as a reader would run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import riskmap

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory, root, sample_data) -> Path:
    """A folder with a store of the sample, coarse and so quickly made."""
    folder = tmp_path_factory.mktemp("desk")
    riskmap.build(
        riskmap.load_case(root / "data" / "cases" / "sample.toml", resolution=5), sample_data, folder / "store"
    )
    return folder


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_runs_from_top_to_bottom(notebook: Path, desk: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=desk, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "SYNTHETIC" in run.stdout


def test_the_picture_of_the_first_look_shows_the_sample(desk: Path) -> None:
    page = (desk / "look.html").read_text(encoding="utf-8")
    assert "H3HexagonLayer" in page


def test_the_method_is_drawn_in_four_pictures(desk: Path) -> None:
    drawn = {path.name: path.read_bytes()[:8] for path in desk.glob("method-*.png")}
    assert set(drawn) == {f"method-{name}.png" for name in ("tree", "waterfall", "bounds", "without")}
    assert set(drawn.values()) == {b"\x89PNG\r\n\x1a\n"}


def test_notebooks_are_kept_without_outputs() -> None:
    for notebook in NOTEBOOKS:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        assert all(cell.get("outputs", []) == [] for cell in cells)


def test_a_new_source_takes_one_file_and_one_line_and_is_told_in_under_60(desk: Path) -> None:
    cells = json.loads((ROOT / "notebooks" / "03_add_a_source.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [line for cell in cells if cell["cell_type"] == "code" for line in "".join(cell["source"]).splitlines()]
    assert len(code) < 60
    (built,) = riskmap.Shelf(desk / "wells-store").list()
    manifest = riskmap.Shelf(desk / "wells-store").open(built).manifest
    (entry,) = manifest["inputs"]
    assert (entry["source"], entry["read"], entry["accepted"]) == ("wells", 3, 2)
    assert entry["quarantined"] == {"litres_per_person: not a number": 1}
