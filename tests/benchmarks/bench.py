"""All ratios in one run: what riskmap takes beside the peers of each work, as a table in Markdown and as JSON.

    make bench                                    # about five minutes on two cores
    python tests/benchmarks/bench.py --only kernels,rasters --out out/bench

Absolute seconds belong to one machine and one moment; what holds is the ratio of two of them in one run. A line that
does not reach its goal is printed all the same, and says so.
"""

import argparse
import importlib
import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from lines import Line

HERE = Path(__file__).parent
NAMES = ("points", "polygons", "rasters", "kernels", "builds", "engines")


def measured(names: list[str], tell) -> list[Line]:
    """The lines of some modules of this folder, in order."""
    found: list[Line] = []
    for name in names:
        tell(f"{name} ...\n")
        found += importlib.import_module(name).lines()
    return found


def table(lines: list[Line]) -> str:
    """Lines as a table in Markdown."""
    rows = ["| work | riskmap s | against | s | ratio | goal | |", "|---|---|---|---|---|---|---|"]
    for one in lines:
        held = "" if one.ratio >= one.goal else "**below** "
        rows.append(
            f"| {one.work} | {one.ours:.3g} | {one.peer} | {one.theirs:.3g} | {one.ratio:.3g} | {one.goal:g}"
            f" | {held}{one.note} |"
        )
    return "\n".join(rows) + "\n"


def main() -> None:
    """Measures what is asked for, prints the table, and writes both forms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(name for name in NAMES if (HERE / f"{name}.py").is_file()))
    parser.add_argument("--out", type=Path, default=None, help="write OUT.md and OUT.json")
    options = parser.parse_args()
    lines = measured(options.only.split(","), sys.stderr.write)
    text = table(lines)
    sys.stdout.write(text)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.with_suffix(".md").write_text(text)
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        told = {**machine, "lines": [asdict(one) | {"ratio": one.ratio} for one in lines]}
        options.out.with_suffix(".json").write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
