"""`riskmap points`: Parquet files of points in, sums by cell and period out, and a word on what was refused."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import h3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskmap.errors import StoreError
from riskmap.pipeline.points_report import points_report


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files: three points of one cell in two months, one of them in either file, and one without a place."""
    rows = [
        (-23.5, -28.5, date(2024, 1, 5), 2.0),
        (-23.5, -28.5, date(2024, 2, 5), 4.0),
        (999.0, 0.0, date(2024, 1, 1), 1.0),
    ]
    paths = []
    for number, part in enumerate((rows, rows[:1])):
        table = pa.table(
            {
                name: list(column)
                for name, column in zip(("lon", "lat", "day", "value"), zip(*part, strict=True), strict=True)
            }
        )
        paths.append(tmp_path / f"{number}.parquet")
        pq.write_table(table, paths[-1])
    return paths


def test_files_are_summed_together(files, tmp_path) -> None:
    told = points_report(files, tmp_path / "out.parquet", 7, "month", as_json=False)
    assert told.splitlines()[0].startswith("3 points in 2 cells and periods, total 8: ")
    assert told.splitlines()[1] == "  refused: 1 (coordinates are not a place on Earth)"
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    cell = h3.latlng_to_cell(-28.5, -23.5, 7)
    assert rows == [
        {"cell": cell, "period": date(2024, 1, 1), "value": 4.0, "points": 2},
        {"cell": cell, "period": date(2024, 2, 1), "value": 4.0, "points": 1},
    ]


def test_a_folder_that_is_not_there_is_told(files, tmp_path) -> None:
    with pytest.raises(StoreError, match=r"out\.parquet cannot be written"):
        points_report(files, tmp_path / "nowhere" / "out.parquet", 7, "month", as_json=False)


@pytest.mark.parametrize(("step", "code"), [("year", 0), ("fortnight", 2)])
def test_the_command_line_sums_points(files, tmp_path, step, code) -> None:
    words = ["points", *map(str, files), "--out", str(tmp_path / "o.parquet"), "--step", step, "--json"]
    ran = subprocess.run([sys.executable, "-m", "riskmap", *words], capture_output=True, text=True, check=False)
    assert ran.returncode == code
    if code:
        assert "'fortnight' is not a step" in ran.stderr
    else:
        told = json.loads(ran.stdout)
        assert (told["points"], told["rows"], told["total"]) == (3, 1, 8.0)
