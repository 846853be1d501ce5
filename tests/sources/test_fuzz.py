"""Broken, strange and hostile files before every reader: each is refused in words, or read with counts that add up.

A short run of every kind of damage is part of the suite. The long one is

    python tests/sources/test_fuzz.py --cases 20000

which tells each case that failed. `--case 1234` runs one of them alone and shows where it fails; `--folder` begins
with the files of a folder instead, each before every source that recognises it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from example import Example
from mutate import Files, mutated

from riskmap.errors import LayerError, RiskmapError
from riskmap.model.raw import Raw
from riskmap.sources.sight import look
from riskmap.sources.source import REGISTRY, Provider, Reading, source
from riskmap.sources.tabular import read_table

HERE = Path(__file__).parent

SECONDS = 5
"""Processor time that one file may take."""

PATIENCE = 120
"""Seconds after which a file counts as one that its reader waits for for ever."""

MEMORY = 1 << 30
"""Address space that a reader may take beside what the process has before, which is more than it touches."""

LARGEST = 1 << 20
"""Bytes of the longest file of a folder to begin with."""

OPTIONS: Mapping[str, Mapping[str, object]] = {
    "hazard_areas": {"hazard": "rapid", "start": "2024-01-01", "end": "2024-02-01"}
}

SEED = 20260301
SHORT = 600


@dataclass(frozen=True)
class Seed:
    """A good file to begin with, whose reader takes it whole."""

    source: str
    files: Files
    options: Mapping[str, object]
    labels: Mapping[str, str]


def example_of(name: str) -> Example | None:
    path = HERE / "examples" / f"{name}.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"fuzzed_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Example = module.EXAMPLE
    return found


@cache
def seeds(folder: str = "") -> Sequence[Seed]:
    """The example of every source, and the same in other formats that its reader takes; or the files of a folder."""
    found = list(of_folder(Path(folder))) if folder else list(of_examples())
    return [seed for seed in found if isinstance(outcome_of(seed, seed.files)[0], Reading)]


def of_examples() -> Iterator[Seed]:
    for name in sorted(REGISTRY):
        example = example_of(name)
        if example is not None:
            for files in ({example.name: example.content}, *other_formats(example)):
                yield Seed(name, files, example.options, example.labels)


def of_folder(folder: Path) -> Iterator[Seed]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size > LARGEST:
            continue
        sight = look(Raw(path, path.name, ""))
        beside = sorted(one for one in path.parent.glob(f"{path.stem}.*") if path.suffix == ".shp" and one != path)
        files = {one.name: one.read_bytes() for one in (path, *beside)}
        for name in sorted(REGISTRY):
            if source(name).recognises(sight):
                yield Seed(name, files, OPTIONS.get(name, {}), {})


def other_formats(example: Example) -> Iterator[Files]:
    stem = Path(example.name).stem
    if example.name.endswith(".csv"):
        yield from of_records(stem, example.content)
    if example.name.endswith(".geojson"):
        yield from of_shapes(stem, example.content)


def of_records(stem: str, content: bytes) -> Iterator[Files]:
    """A table as a list of JSON objects, and as a workbook."""
    import openpyxl

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(content)
        table = read_table(Raw(path, "a.csv", ""))
    rows = list(zip(*(column.to_pylist() for column in table.columns.values()), strict=True))
    records = [dict(zip(table.columns, row, strict=True)) for row in rows]
    yield {f"{stem}.json": json.dumps(records).encode()}
    book, held = openpyxl.Workbook(), io.BytesIO()
    for row in [tuple(table.columns), *rows]:
        book.active.append(row)
    book.save(held)
    yield {f"{stem}.xlsx": held.getvalue()}


def of_shapes(stem: str, content: bytes) -> Iterator[Files]:
    """Shapes in the formats of GDAL and in Parquet."""
    import geopandas
    import pyogrio

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / f"{stem}.geojson"
        path.write_bytes(content)
        try:
            shapes = geopandas.read_file(path).explode(ignore_index=True)
        except (ValueError, RuntimeError):
            return
        shapes = shapes[shapes.geom_type == shapes.geom_type.mode()[0]]
        shapes = shapes[
            [name for name in shapes.columns if name == "geometry" or not isinstance(shapes[name].iloc[0], dict | list)]
        ]
        for suffix, driver in ((".shp", "ESRI Shapefile"), (".gpkg", "GPKG"), (".fgb", "FlatGeobuf"), (".parquet", "")):
            inside = Path(folder) / suffix[1:]
            inside.mkdir()
            target = inside / f"{stem}{suffix}"
            shapes.to_parquet(target) if not driver else pyogrio.write_dataframe(shapes, target, driver=driver)
            beside = sorted(path for path in inside.iterdir() if path != target)
            yield {one.name: one.read_bytes() for one in (target, *beside)}


def outcome_of(seed: Seed, files: Files) -> tuple[Reading | RiskmapError, Raw]:
    """What a reader makes of files; anything but a reading or an error of the house comes through."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        first = next(iter(files))
        raw = Raw(Path(folder) / first, first, "", len(files[first]), None, "", seed.labels)
        made = source(seed.source)
        try:
            made.recognises(look(raw))
            reading = made.read(raw, seed.options)
        except RiskmapError as error:
            return error, raw
        check(seed, reading)
        return reading, raw


def check(seed: Seed, reading: Reading) -> None:
    """Counts that add up, and records that say only what can be."""
    assert reading.read == reading.accepted + sum(reading.quarantined.values()), "rows are lost"
    assert reading.accepted >= 0
    assert all(count > 0 for count in reading.quarantined.values())
    assert set(reading.examples) == set(reading.quarantined)
    table = reading.layer.table
    assert set(table["source"].to_pylist()) <= {seed.source}
    for name in ("value", "low", "high", "precision_m"):
        values = np.array(table[name].drop_null().to_pylist(), dtype=np.float64)
        assert np.isfinite(values).all(), f"{name} is no number"
    assert len(reading.layer.standing()) <= len(reading.layer.canonical()) <= len(reading.layer)


def case_of(number: int, seed: int, folder: str = "") -> tuple[Seed, Files, str]:
    """The same case for the same numbers, always; a new source changes what the others are given in nothing."""
    turn, place = divmod(number, len(seeds(folder)))
    good = seeds(folder)[place]
    chance = np.random.default_rng([seed, zlib.crc32(f"{good.source}/{next(iter(good.files))}".encode()), turn])
    files, how = mutated(good.files, chance)
    return good, files, how


def strict() -> None:
    """Warnings are errors, as in the suite."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "Use `@` matmul", PendingDeprecationWarning)


def work(numbers: Sequence[int], seed: int, folder: str) -> None:
    """Runs cases and prints what came of each; a file that takes too long or too much ends this process."""
    strict()
    seeds(folder)
    most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in numbers:
        good, files, how = case_of(number, seed, folder)
        told: dict[str, Any] = {"case": number, "source": good.source, "file": next(iter(good.files)), "how": how}
        print(json.dumps(told), flush=True)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(PATIENCE)
        try:
            found, _ = outcome_of(good, files)
            told["outcome"] = "read" if isinstance(found, Reading) else "refused"
            told["problem"] = "" if isinstance(found, Reading) else f"{type(found).__name__}: {found}"[:300]
            told["layer"] = isinstance(found, LayerError)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            told |= {"outcome": "failed", "problem": f"{type(error).__name__}: {error}"[:300], "at": place_of(error)}
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(told), flush=True)


def place_of(error: BaseException) -> str:
    """The last line of the house that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "riskmap" in frame.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno} in {ours[-1].name}"


def run(numbers: Sequence[int], seed: int = SEED, folder: str = "") -> list[dict[str, Any]]:
    """What came of each case, in processes of their own, begun anew after one that was ended."""
    left, outcomes = list(numbers), []
    while left:
        code = f"import test_fuzz; test_fuzz.work({left!r}, {seed}, {folder!r})"
        unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        with (
            tempfile.TemporaryFile("w+") as said,
            subprocess.Popen(
                [sys.executable, "-c", code], cwd=HERE, stdout=subprocess.PIPE, stderr=said, text=True, env=unmeasured
            ) as ran,
        ):
            assert ran.stdout is not None
            told = [json.loads(line) for line in ran.stdout]
            ran.wait()
            said.seek(0)
            words = said.read()[-2000:]
        done = [one for one in told if "outcome" in one]
        begun = {one["case"] for one in told} - {one["case"] for one in done}
        if ran.returncode == 0 and not begun:
            return [*outcomes, *done]
        assert begun, f"no case was begun: {words}"
        ended = signal.Signals(-ran.returncode).name if ran.returncode < 0 else f"exit {ran.returncode}"
        last = next(one for one in told if one["case"] in begun)
        outcomes += [
            *done,
            last | {"outcome": "failed", "problem": f"the process ended by {ended}", "at": words[-300:]},
        ]
        left = left[left.index(last["case"]) + 1 :]
    return outcomes


def told_of(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """How many cases ended how, and every way of failing with its first case."""
    counted = Counter(one["outcome"] for one in outcomes)
    lines = [f"{len(outcomes)} cases: {dict(sorted(counted.items()))}"]
    lines.append(f"refused as records that cannot be: {sum(bool(one.get('layer')) for one in outcomes)}")
    failed: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in outcomes:
        if one["outcome"] == "failed":
            failed.setdefault((one["source"], one["at"], one["problem"].partition(":")[0]), []).append(one)
    for (name, place, _), those in sorted(failed.items()):
        first = those[0]
        lines.append(
            f"{name}: {len(those)} times at {place}: {first['problem']}\n    case {first['case']}: {first['file']}, {first['how']}"
        )
    return "\n".join(lines)


# In the suite


def test_good_files_are_read() -> None:
    assert {seed.source for seed in seeds()} == {name for name in REGISTRY if example_of(name) is not None}


def test_a_case_is_the_same_whenever_it_is_made() -> None:
    for number in range(40):
        first, again = case_of(number, SEED), case_of(number, SEED)
        assert first == again
    assert len({case_of(number, SEED)[2] for number in range(200)}) > 20


def test_broken_files_are_refused_in_words_or_read_with_counts_that_add_up() -> None:
    outcomes = run(range(SHORT))
    assert [one["case"] for one in outcomes] == list(range(SHORT))
    assert not [one for one in outcomes if one["outcome"] == "failed"], told_of(outcomes)
    counted = Counter(one["outcome"] for one in outcomes)
    assert min(counted["read"], counted["refused"]) > SHORT / 10


def test_a_reader_that_hangs_or_dies_is_found_out(monkeypatch) -> None:
    """The harness itself: each of the three ways to fail is told, and the cases after it still run."""
    prelude = (
        "import os, test_fuzz\n"
        "def bad(seed, files, count=iter(range(9))):\n"
        "    turn = next(count)\n"
        "    if turn == 1: os.abort()\n"
        "    raise KeyError('lost')\n"
    )
    real = subprocess.Popen

    def sabotaged(command: list[str], **options: Any) -> Any:
        code = (
            prelude
            + "test_fuzz.seeds('')\ntest_fuzz.outcome_of = bad\n"
            + command[2].removeprefix("import test_fuzz; ")
        )
        return real([*command[:2], code], **options)

    monkeypatch.setattr(subprocess, "Popen", sabotaged)
    outcomes = run(range(3))
    assert [one["case"] for one in outcomes] == [0, 1, 2]
    assert [one["problem"] for one in outcomes] == [
        "KeyError: 'lost'",
        "the process ended by SIGABRT",
        "KeyError: 'lost'",
    ]
    assert "3 cases: {'failed': 3}" in told_of(outcomes)


NONSENSE = (
    b"",
    b"{}",
    b"[null]",
    b"[{}]",
    b"[[[]]]",
    b'{"data": null}',
    b"<html>Log in, please</html>",
    b"PK\x03\x04",
    b'{"result": [null], "results": [{}], "data": {}, "features": [{"properties": null}], "next": 7, "count": "x"}',
    b"\xff\xfe\x00",
)


SENSE = {("gdacs", b"")}
"""What is nonsense from others and an answer of these: the end of a list."""


@pytest.mark.parametrize("name", [name for name in sorted(REGISTRY) if isinstance(source(name), Provider)])
def test_a_provider_that_answers_nonsense_is_refused_in_words_and_not_asked_for_ever(
    name: str, provider, ask, vault
) -> None:
    """Nor is anything of it kept as if it told what there is, or leads to what tells it."""
    said: list[bytes] = []
    fake = provider(lambda _question: said[-1])
    secrets = dict.fromkeys(source(name).access.credentials, "secret-of-tests")
    for nonsense in NONSENSE:
        said.append(nonsense)
        before = len(fake.asked)
        with contextlib.suppress(RiskmapError):
            ask(name, fake.url, **secrets)
        assert len(fake.asked) - before <= 60
    believed = {one.sha256 for one in vault.receipts(name) if one.role != "refused"}
    told = [one for one in NONSENSE if (name, one) not in SENSE and hashlib.sha256(one).hexdigest() in believed]
    assert told == []


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--case", type=int, help="this one alone, with its traceback")
    asked.add_argument("--source", help="this one's files alone")
    asked.add_argument("--folder", default="", help="files to begin with")
    told = asked.parse_args()
    if told.case is not None:
        strict()
        good, files, how = case_of(told.case, told.seed, told.folder)
        print(good.source, list(files), how, {name: content[:2000] for name, content in files.items()})
        print(outcome_of(good, files)[0])
        return 0
    good = seeds(told.folder)
    numbers = [one for one in range(told.cases) if told.source in (None, good[one % len(good)].source)]
    with ThreadPoolExecutor(told.processes) as pool:
        parts = pool.map(
            lambda part: run(numbers[part :: told.processes], told.seed, told.folder), range(told.processes)
        )
        outcomes = sorted((one for part in parts for one in part), key=lambda one: one["case"])
    print(told_of(outcomes))
    return int(any(one["outcome"] == "failed" for one in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
