"""A build after one new month of one source, against a build of the same from nothing."""

import csv
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from lines import Line

import riskmap

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
RESOLUTION = 7
MONTH = "2025-06"
SOURCES = {
    "acled.csv": ("event_date", "events, six measures of them, four through kernels"),
    "prices.csv": ("month", "prices"),
}
"""File, the column with its days, and what it holds."""


def lines(repeats: int = 3) -> list[Line]:
    """The incremental build of the sample, of which the last month of one source is new."""
    case = riskmap.load_case(ROOT / "data" / "cases" / "sample.toml", RESOLUTION)
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder)
        shutil.copytree(SAMPLE, desk / "in")
        whole = [_seconds(case, desk / "in", desk / f"whole{turn}") for turn in range(repeats)]
        latest = (desk / "whole0" / "latest").read_text()
        coarser = riskmap.load_case(ROOT / "data" / "cases" / "sample.toml", RESOLUTION - 1)
        coarse = [_seconds(coarser, desk / "in", desk / f"coarse{turn}") for turn in range(repeats)]
        work = f"sample: full build at resolution {RESOLUTION}, seven times the cells"
        peer = f"its own at resolution {RESOLUTION - 1}"
        found = [Line(work, statistics.median(whole), peer, statistics.median(coarse), 1 / 6)]
        for name, (column, held) in SOURCES.items():
            later = (SAMPLE / name).read_text()
            (desk / "in" / name).write_text(_without_last_month(later, column))
            riskmap.build(case, desk / "in", desk / "before")
            (desk / "in" / name).write_text(later)
            step = []
            for _ in range(repeats):
                shutil.copytree(desk / "before", desk / "step")
                step.append(_seconds(case, desk / "in", desk / "step"))
                assert (desk / "step" / "latest").read_text() == latest, "the bytes of a full build"
                shutil.rmtree(desk / "step")
            shutil.rmtree(desk / "before")
            work = f"sample at resolution {RESOLUTION}: build after one new month of {held}"
            found.append(
                Line(work, statistics.median(step), "its full build", statistics.median(whole), 8, "same bytes")
            )
    return found


def _seconds(case: riskmap.Case, inputs: Path, store: Path) -> float:
    start = time.perf_counter()
    riskmap.build(case, inputs, store)
    return time.perf_counter() - start


def _without_last_month(text: str, column: str) -> str:
    rows = list(csv.reader(text.splitlines()))
    day = rows[0].index(column)
    kept = [
        line for line, row in zip(text.splitlines(keepends=True), rows, strict=True) if not row[day].startswith(MONTH)
    ]
    assert 1 < len(kept) < len(rows)
    return "".join(kept)


if __name__ == "__main__":
    import sys

    sys.stdout.write(f"{lines()}\n")
