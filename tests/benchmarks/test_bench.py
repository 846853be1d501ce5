"""The bench itself: it prints what was measured, and hides no line that falls short."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("bench.py")
MODULE = """
from lines import Line

def lines():
    return [Line("add", 0.5, "abacus", 5.0, 8), Line("multiply", 2.0, "slide rule", 3.0, 4, "by hand")]
"""


def test_every_line_is_printed_and_one_below_its_goal_says_so(tmp_path: Path) -> None:
    (tmp_path / "sums.py").write_text(MODULE)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(SCRIPT.parent)!r}]; import bench; bench.main()"
    command = [sys.executable, "-c", code, "--only", "sums", "--out", str(tmp_path / "out" / "bench")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[2:] == [
        "| add | 0.5 | abacus | 5 | 10 | 8 |  |",
        "| multiply | 2 | slide rule | 3 | 1.5 | 4 | **below** by hand |",
    ]
    assert (tmp_path / "out" / "bench.md").read_text() == run.stdout
    told = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert [line["ratio"] for line in told["lines"]] == [10, 1.5]
