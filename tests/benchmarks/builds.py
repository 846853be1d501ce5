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


def lines(repeats: int = 3) -> list[Line]:
    """The incremental build of the sample at resolution 6, of which the last month of one source is new."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder)
        shutil.copytree(SAMPLE, desk / "in")
        case = riskmap.load_case(ROOT / "data" / "cases" / "sample.toml")
        later = (SAMPLE / "acled.csv").read_text()
        (desk / "in" / "acled.csv").write_text(_without_last_month(later))
        riskmap.build(case, desk / "in", desk / "before")
        (desk / "in" / "acled.csv").write_text(later)
        whole, step = [], []
        for turn in range(repeats):
            whole.append(_seconds(case, desk / "in", desk / f"whole{turn}"))
            shutil.copytree(desk / "before", desk / f"step{turn}")
            step.append(_seconds(case, desk / "in", desk / f"step{turn}"))
            same = (desk / f"whole{turn}" / "latest").read_text() == (desk / f"step{turn}" / "latest").read_text()
            assert same, "an incremental build gives the bytes of a full one"
    note = "same bytes; the steps kept are reading, people, outlines and the measures of all other sources"
    work = "sample: build after one new month of one source"
    return [Line(work, statistics.median(step), "its full build", statistics.median(whole), 8, note)]


def _seconds(case: riskmap.Case, inputs: Path, store: Path) -> float:
    start = time.perf_counter()
    riskmap.build(case, inputs, store)
    return time.perf_counter() - start


def _without_last_month(text: str) -> str:
    rows = list(csv.reader(text.splitlines()))
    months = sorted({row[rows[0].index("event_date")][:7] for row in rows[1:]})
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if months[-1] not in line)


if __name__ == "__main__":
    import sys

    sys.stdout.write(f"{lines()}\n")
