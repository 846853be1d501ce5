"""How fast and in how little memory large tables are read, beside what a person would otherwise use.

Run by hand, best on a machine that does nothing else:

    python tests/benchmarks/reading.py [--rows 2000000] [--arrivals 57666] [--workbook FILE] [--folder FOLDER]

Every line is measured in a process of its own, so that its peak of memory is its own too; what comes out is a table in
Markdown. The files are made by a seeded generator in the providers' own columns; a workbook of arrivals may be a real
one instead. The targets are 12 s and 1,536 MiB for two million events, and 3 s for 57,666 arrivals.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.model.raw import Raw
from riskmap.sources.source import source

_BATCH = 100_000
_FIRST_DAY = np.datetime64("1997-01-01")
_DAYS = 10_500
_STAMPS = (1_560_000_000, 1_760_000_000)
_KINDS = (
    ("Political violence", "Battles", "Armed clash"),
    ("Political violence", "Explosions/Remote violence", "Air/drone strike"),
    ("Political violence", "Explosions/Remote violence", "Shelling/artillery/missile attack"),
    ("Political violence", "Violence against civilians", "Attack"),
    ("Political violence", "Violence against civilians", "Abduction/forced disappearance"),
    ("Political violence; Demonstrations", "Protests", "Excessive force against protesters"),
    ("Demonstrations", "Protests", "Peaceful protest"),
    ("Demonstrations", "Riots", "Violent demonstration"),
    ("Strategic developments", "Strategic developments", "Looting/property destruction"),
)
_SHARES = (0.2, 0.11, 0.1, 0.13, 0.03, 0.03, 0.28, 0.07, 0.05)
_NOTE = (
    '"On {day} March, armed men of group {group} came to the village in the early morning and fought with soldiers for'
    " some hours, {said}. {dead} were killed and others wounded; houses near the market burned, and the road to the"
    ' next town stayed closed until the evening."'
)


def write_acled(path: Path, rows: int, seed: int = 20240101) -> None:
    """An export of so many events in the 31 columns of today, about 600 bytes each.

    One in a hundred is an older version of an event that is there as well, one in ten thousand lies at 0, 0.
    """
    chance = np.random.default_rng(seed)
    with path.open("wb") as file:
        for first in range(0, rows, _BATCH):
            columns = _events(chance, first, min(_BATCH, rows - first))
            if first == 0:
                file.write(",".join(columns).encode() + b"\n")
            cells = [pa.array(values).cast(pa.string()) for values in columns.values()]
            last = pc.binary_join_element_wise(cells.pop(), "\n", "")
            file.write(pc.binary_join_element_wise(*cells, last, ",").buffers()[2])


def _events(chance: np.random.Generator, first: int, rows: int) -> dict[str, object]:
    number = np.arange(first, first + rows)
    older = (number % 100 == 99) & (number % _BATCH > 0)
    identity = np.where(older, number - 1, number)
    day = _FIRST_DAY + chance.integers(0, _DAYS, rows)
    kind = chance.choice(len(_KINDS), rows, p=_SHARES)
    nowhere = number % 10_000 == 5_000
    actors = [f"Armed group number {group} ({group % 40 + 1985}-)" for group in range(600)]
    places = [f"Place {place}" for place in range(20_000)]
    notes = [
        _NOTE.format(day=n % 28 + 1, group=n, dead=n % 9, said='as one said, ""at dawn""' if n % 5 else "at\ndusk")
        for n in range(4_000)
    ]
    return {
        "event_id_cnty": np.char.add("SOM", identity.astype(str)),
        "event_date": day.astype(str),
        "year": day.astype("datetime64[Y]").astype(str),
        "time_precision": chance.choice([1, 2, 3], rows, p=[0.8, 0.15, 0.05]),
        "disorder_type": np.array([one[0] for one in _KINDS])[kind],
        "event_type": np.array([one[1] for one in _KINDS])[kind],
        "sub_event_type": np.array([one[2] for one in _KINDS])[kind],
        "actor1": _pick(chance, actors, rows),
        "assoc_actor_1": _pick(chance, ["", "", "Militia (Pastoralist)"], rows),
        "inter1": _pick(chance, ["State forces", "Rebel group", "Political militia", "Protesters"], rows),
        "actor2": _pick(chance, actors, rows),
        "assoc_actor_2": _pick(chance, ["", "", "Labor Group"], rows),
        "inter2": _pick(chance, ["State forces", "Civilians", "Political militia", ""], rows),
        "interaction": _pick(chance, ["State forces-Rebel group", "Rebel group-Civilians"], rows),
        "civilian_targeting": np.where(chance.random(rows) < 0.2, "Civilian targeting", ""),
        "iso": _pick(chance, ["706", "729", "566", "466", "804"], rows),
        "region": _pick(chance, ["Eastern Africa", "Western Africa", "Europe"], rows),
        "country": _pick(chance, ["Somalia", "Sudan", "Nigeria", "Mali", "Ukraine"], rows),
        "admin1": _pick(chance, [f"Region {one}" for one in range(90)], rows),
        "admin2": _pick(chance, [f"District {one}" for one in range(900)], rows),
        "admin3": _pick(chance, ["", "Ward A", "Ward B"], rows),
        "location": _pick(chance, places, rows),
        "latitude": np.where(nowhere, 0.0, np.round(chance.uniform(-30, 55, rows), 4)),
        "longitude": np.where(nowhere, 0.0, np.round(chance.uniform(-15, 100, rows), 4)),
        "geo_precision": chance.choice([1, 2, 3], rows, p=[0.6, 0.35, 0.05]),
        "source": _pick(chance, [f"Daily Paper {one}; Radio {one * 7}" for one in range(800)], rows),
        "source_scale": _pick(chance, ["National", "Subnational-National", "Other"], rows),
        "notes": _pick(chance, notes, rows),
        "fatalities": np.minimum(chance.geometric(0.5, rows) - 1, 400),
        "tags": _pick(chance, ["", "", "", "crowd size=no report"], rows),
        "timestamp": np.where(older, _STAMPS[0], chance.integers(_STAMPS[0] + 1, _STAMPS[1], rows)),
    }


def _pick(chance: np.random.Generator, words: list[str], rows: int) -> pa.Array:
    return pa.array(words).take(pa.array(chance.integers(0, len(words), rows)))


def write_arrivals(path: Path, rows: int, seed: int = 20240101) -> None:
    """A workbook of so many arrivals, in the columns of UNHCR's monitoring of displacement in Somalia."""
    chance = np.random.default_rng(seed)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("PRMN")
    sheet.append(
        [
            "Month End",
            "Year Week",
            "Current (Arrival) Region",
            "Current (Arrival) District",
            "Previous (Departure) Region",
            "Previous (Departure) District",
            "Reason",
            "Current (Arrival) Priority Need",
            "Number of Individuals",
        ]
    )
    reasons = ["Drought related", "Conflict/Insecurity", "Flood", "Other"]
    for row in range(rows):
        month, place, before = row % 12 + 1, int(chance.integers(74)), int(chance.integers(74))
        went = [f"Region {before // 4}", f"District {before}", reasons[int(chance.integers(4))], "Food"]
        week = 202_000 + 100 * (row % 4) + month * 4
        came = [f"28/{month:02d}/202{row % 4}", week, f"Region {place // 4}", f"District {place}"]
        sheet.append([*came, *went, int(chance.integers(1, 60))])
    book.save(path)


def _read_by(name: str) -> Callable[[Path], str]:
    def read(path: Path) -> str:
        found = source(name).read(Raw(path, path.name, ""), {})
        return f"{found.accepted:,} of {found.read:,} rows, {len(found.layer):,} records"

    return read


def _pandas(path: Path) -> str:
    return f"{len(pd.read_csv(path)):,} rows"


def _openpyxl(path: Path) -> str:
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    return f"{sum(1 for _ in sheet.iter_rows(values_only=True)) - 1:,} rows"


READERS: dict[str, Callable[[Path], str]] = {
    "riskmap acled": _read_by("acled"),
    "pandas.read_csv": _pandas,
    "riskmap prmn": _read_by("prmn"),
    "openpyxl, read only": _openpyxl,
}
"""Ours, and then what it is held against."""


def measure(name: str, path: Path) -> dict[str, object]:
    """One reader on one file, in this process, which should be a fresh one."""
    wall, processor = time.perf_counter(), time.process_time()
    found = READERS[name](path)
    return {
        "name": name,
        "found": found,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - processor,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _fresh(*args: object) -> str:
    """What this module prints in a process of its own."""
    command = [sys.executable, __file__, *map(str, args)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _lines(measured: list[dict[str, object]]) -> list[str]:
    """A Markdown table; each second line is what the one above it is held against."""
    lines = ["| reader | found | wall s | CPU s | peak MiB |", "|---|---|---:|---:|---:|"]
    lines += ["| {name} | {found} | {wall_s:.2f} | {cpu_s:.2f} | {peak_mib:,.0f} |".format(**one) for one in measured]
    lines.append("")
    for ours, theirs in zip(measured[::2], measured[1::2], strict=True):
        ratio = float(str(ours["wall_s"])) / float(str(theirs["wall_s"]))
        lines.append(f"{ours['name']} takes {ratio:.2f} times as long as {theirs['name']}.")
    return lines


def _all(options: argparse.Namespace, folder: Path) -> None:
    events, arrivals = folder / "events.csv", options.workbook or folder / "arrivals.xlsx"
    if not events.exists():
        _fresh("--write-events", events, "--rows", options.rows)
    if not arrivals.exists():
        _fresh("--write-arrivals", arrivals, "--arrivals", options.arrivals)
    files = (events, events, arrivals, arrivals)
    measured = [
        json.loads(_fresh("--measure", name, "--file", file)) for name, file in zip(READERS, files, strict=True)
    ]
    print("\n".join(_lines(measured)))


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--arrivals", type=int, default=57_666)
    parser.add_argument("--workbook", type=Path)
    parser.add_argument("--folder", type=Path)
    for internal in ("--write-events", "--write-arrivals", "--file"):
        parser.add_argument(internal, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", choices=READERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write_events:
        write_acled(options.write_events, options.rows)
    elif options.write_arrivals:
        write_arrivals(options.write_arrivals, options.arrivals)
    elif options.measure:
        print(json.dumps(measure(options.measure, options.file)))
    elif options.folder:
        _all(options, options.folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            _all(options, Path(folder))


if __name__ == "__main__":
    main()
