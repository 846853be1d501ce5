"""The benchmark of growth: its area is ocean, its inputs build, and a straight line has the exponent 1."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parent))

import growth


def test_a_share_is_the_first_districts_of_the_whole() -> None:
    whole, part = growth.districts(1.0), growth.districts(0.01)
    assert part == whole[: len(part)]
    assert len({code for code, _ in whole}) == len(whole)
    lands = [shapely.box(*land) for land in growth.LANDS]
    assert not any(box.intersects(land) for _, box in whole for land in lands)


def test_a_small_share_is_written_built_and_measured(tmp_path: Path) -> None:
    command = [sys.executable, growth.__file__, "--shares", "0.001", "--keep", str(tmp_path / "kept"), "--out"]
    run = subprocess.run([*command, str(tmp_path / "out")], capture_output=True, text=True, check=True)
    (row,) = json.loads((tmp_path / "out.json").read_text())
    assert str(row) == run.stdout.strip()
    assert (row["periods"], row["indicators"]) == (24, 21)
    assert row["cells"] > 100
    assert 0 < row["snapshot_gb"] < row["store_gb"]
    assert (tmp_path / "out.svg").read_text().startswith("<?xml")


def test_what_grows_with_the_cells_has_the_exponent_1() -> None:
    rows = [{"cells": cells, "seconds": cells / 50, "peak_gib": cells**0.5} for cells in (100, 200, 400)]
    assert growth.exponent(rows, "seconds") == pytest.approx(1)
    assert growth.exponent(rows, "peak_gib") == pytest.approx(0.5)
