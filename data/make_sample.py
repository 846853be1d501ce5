"""Makes the synthetic sample: an invented country in the providers' own formats, the same to the byte on every run.

Usage: `python data/make_sample.py [--out data/sample]`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sample_conflict import write_conflict
from sample_disasters import write_disasters
from sample_displacement import write_displacement
from sample_land import districts
from sample_people import write_people
from sample_tables import write_tables


def make_sample(folder: Path) -> list[Path]:
    """Writes every file of the sample.

    Args:
        folder: Where to; made where absent. Files of other names in it are left alone.

    Returns:
        The files of the folder, sorted by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    land = districts()
    write_people(folder, land)
    write_conflict(folder, land)
    write_displacement(folder, land)
    write_disasters(folder)
    write_tables(folder, land)
    return sorted(path for path in folder.iterdir() if path.is_file())


def main(arguments: Sequence[str]) -> int:
    """The command: writes the sample and says how large it is."""
    parser = argparse.ArgumentParser(description="Write the synthetic sample.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sample", help="folder to write to")
    folder: Path = parser.parse_args(arguments).out
    files = make_sample(folder)
    size_kb = sum(path.stat().st_size for path in files) / 1000
    sys.stdout.write(f"{len(files)} files, {size_kb:,.0f} kB in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
