"""The benchmark of reading runs, on few rows: it reads what it wrote, and counts what it put in."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("reading.py")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("reading")
    command = [sys.executable, str(SCRIPT), "--rows", "6000", "--arrivals", "240", "--folder", str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_reader_finds_every_row(printed: str) -> None:
    """Of 6,000 events 60 are older versions of others, and one lies at 0, 0; six measures are told of each."""
    found = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", printed, re.MULTILINE))
    assert found["riskmap acled"] == "5,939 of 6,000 rows, 35,634 records"
    assert found["pandas.read_csv"] == "6,000 rows"
    assert found["riskmap prmn"].startswith("240 of 240 rows, ")
    assert found["openpyxl, read only"] == "240 rows"


def test_times_memory_and_ratios_are_told(printed: str) -> None:
    lines = printed.splitlines()
    assert lines[0] == "| reader | found | wall s | CPU s | peak MiB |"
    assert all(re.search(r"\| \d+\.\d\d \| \d+\.\d\d \| [\d,]+ \|$", line) for line in lines[2:6])
    assert [line.split(" takes ")[0] for line in lines[7:]] == ["riskmap acled", "riskmap prmn"]
