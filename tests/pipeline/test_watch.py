"""Watching for real: a feed on loopback, a watch process, a server process, and a map that follows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from queue import Empty, Queue

import httpx2
import pyarrow.parquet as pq
import pytest
import shapely

import riskmap

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))
sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))

from faking import Answer, Fake, Question
from faking import serving as feeding
from serving import served

from riskmap.cli import main
from riskmap.errors import CaseError, StoreError
from riskmap.model.case import parse_case
from riskmap.model.raw import Asked
from riskmap.pipeline.fetch import fetch
from riskmap.pipeline.watch import Line, Watched, watch
from riskmap.pipeline.watch_lock import watching_alone
from riskmap.settings import Settings
from riskmap.store.vault import Vault

PERIOD = "2025-06"
_DEADLINE_S = 60


class Disasters:
    """A provider's list of events under way, to which some are added while it is asked."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, object]] = {}
        self.down = False

    def add(self, number: int, place: shapely.Geometry) -> None:
        told = {"eventtype": "FL", "eventid": number, "episodeid": 1, "alertlevel": "Red", "iscurrent": "true"}
        days = {"fromdate": "2025-06-02T00:00:00", "todate": "2025-06-29T00:00:00"}
        made = {"datemodified": "2025-06-29T06:00:00", "iso3": "XMV", "affectedcountries": [{"iso3": "XMV"}]}
        centroid = shapely.geometry.mapping(place.centroid)
        properties = {**told, **days, **made}
        self.events[str(number)] = {
            "list": {"type": "Feature", "geometry": centroid, "properties": {**properties, "Class": "Point_Centroid"}},
            "area": {
                "type": "Feature",
                "geometry": shapely.geometry.mapping(place),
                "properties": {**properties, "Class": "Poly_Affected"},
            },
        }

    def __call__(self, question: Question) -> Answer | str:
        if self.down:
            return Answer("no", 403)
        if question.path.endswith("SEARCH"):
            return ""
        if question.path.endswith("EVENTS4APP"):
            return as_list([one["list"] for one in self.events.values()])
        return as_list([self.events[question.args["eventid"]]["area"]])


def as_list(features: list[object]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


class Watcher:
    """A watch process, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self._lines = process, Queue()
        self.all: list[dict[str, object]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def until(self, what: str, **told: object) -> dict[str, object]:
        """The next line of that kind, with those contents."""
        deadline = time.monotonic() + _DEADLINE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"no line {what} {told} came; there were {self.all}") from None
            if line is None:
                raise AssertionError(f"it ended: {self.process.stderr.read()}")
            self.all.append(line)
            if line["what"] == what and told.items() <= line.items():
                return line

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self) -> tuple[int, str]:
        """Exit code and standard error of the process, once it has ended."""
        code = self.process.wait(timeout=_DEADLINE_S)
        return code, self.process.stderr.read()


class Scene:
    """The sample with the disasters taken from the vault, at few cells."""

    def __init__(self, folder: Path, root: Path, feed: Fake) -> None:
        self.store, self.inputs, self.feed = folder / "store", root / "data" / "sample", feed
        text = (root / "data" / "cases" / "sample.toml").read_text()
        for old, new in (
            ("resolution = 6", "resolution = 5"),
            ('path = "gdacs_*_geometry.json"', "vault = true"),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        self.case = folder / "watched.toml"
        self.case.write_text(text)

    @contextmanager
    def watching(self, *words: str) -> Iterator[Watcher]:
        command = [sys.executable, "-m", "riskmap", "watch", self.case, "--inputs", self.inputs, "--store", self.store]
        process = subprocess.Popen(
            [*map(str, command), "--json", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "RISKMAP_ENDPOINTS__GDACS_API": self.feed.url},
        )
        try:
            yield Watcher(process)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()

    def lived_in(self) -> tuple[str, shapely.Geometry]:
        """The cell of the newest snapshot in which most people live, and a square around it."""
        newest = (self.store / "latest").read_text().strip()
        cells = pq.read_table(self.store / "snapshots" / newest / "cells.parquet").to_pandas()
        most = cells.loc[cells["population"].idxmax()]
        square = shapely.box(most["lon"] - 0.5, most["lat"] - 0.5, most["lon"] + 0.5, most["lat"] + 0.5)
        return f"{int(most['cell']):x}", square


@pytest.fixture
def disasters() -> Disasters:
    return Disasters()


@pytest.fixture
def scene(tmp_path: Path, root: Path, disasters: Disasters) -> Iterator[Scene]:
    with feeding(disasters) as feed:
        yield Scene(tmp_path, root, feed)


def exposure(address: str, cell: str) -> tuple[str, float | None]:
    """Snapshot that the server answers from, and how exposed people of a cell are to hazards."""
    told = httpx2.get(f"{address}/v1/cells/{cell}?period={PERIOD}").json()
    parts = [
        part
        for dimension in told["dimensions"]
        for component in dimension["components"]
        for part in component["indicators"]
    ]
    (found,) = [part["value"] for part in parts if part["id"] == "hazard_exposure"]
    return told["snapshot"], found


def wait_for(look: Callable[[], bool]) -> float:
    """Seconds until something is so."""
    begun = time.monotonic()
    while not look():
        if time.monotonic() - begun > _DEADLINE_S:
            raise AssertionError("it did not come to be so")
        time.sleep(0.05)
    return time.monotonic() - begun


def test_an_event_is_on_the_map_soon_after_the_feed_tells_it(scene: Scene, disasters: Disasters) -> None:
    with scene.watching("--every", "2") as watcher:
        first = watcher.until("published")
        cell, square = scene.lived_in()
        with served(scene.store) as address:
            before = exposure(address, cell)
            assert before[0] == first["snapshot"]
            disasters.add(7, square)
            seconds = wait_for(lambda: exposure(address, cell) != before)
            print(f"on the map {seconds:.1f} s after the feed told it, polled every 2 s")
            snapshot, value = exposure(address, cell)
            assert watcher.until("published")["snapshot"] == snapshot != first["snapshot"]
            assert value > (before[1] or 0)
            disasters.down = True
            told = watcher.until("failed", source="gdacs")
            assert (told["failures"], told["again_in_s"]) == (1, 4)
            assert exposure(address, cell) == (snapshot, value)
            disasters.down = False
            assert watcher.until("polled", source="gdacs")["failures_before"] >= 1
        with scene.watching() as second:
            code, told = second.end()
            assert code == 1
            assert f"watched already by process {watcher.process.pid} on" in told
        code, told = watcher.stop()
        assert code == 0
        assert "gdacs failed: " in told
        assert watcher.until("stopped")["case"] == "watched"
    assert [line["what"] for line in watcher.all].count("published") == 2
    assert len(Vault(scene.store / "vault").fetches("gdacs")) == 2
    assert len(riskmap.Shelf(scene.store).list()) == 2


def test_a_stop_lets_a_build_under_way_publish(scene: Scene) -> None:
    with scene.watching() as watcher:
        watcher.until("polled")
        time.sleep(0.2)
        assert not (scene.store / "latest").exists()
        code, told = watcher.stop()
        assert (code, told) == (0, "")
        snapshot = watcher.until("published")["snapshot"]
        watcher.until("stopped")
    assert riskmap.Shelf(scene.store).open("latest", verify=True).id == snapshot


OCEAN = """
title = "Open ocean"
synthetic = true
resolution = 3
[area]
iso3 = "XMV"
bbox = [-30.0, -12.0, -26.0, -8.0]
[periods]
start = "2025-06"
end = "2025-06"
[[inputs]]
source = "gdacs"
vault = true
"""
SQUARE = shapely.box(-29, -11, -27, -9)


class Sea:
    """A case of one input, watched in this process."""

    def __init__(self, folder: Path, url: str) -> None:
        self.settings = Settings(store=folder / "store", endpoints={"gdacs_api": url})
        self.lines: list[Line] = []

    def watch(self, text: str = OCEAN, **more: object) -> bool:
        watched = Watched(parse_case(text, "ocean"), Path(), self.settings, 1.0)
        self.lines.clear()
        return watch(watched, self.lines.append, **more)

    def told(self) -> list[str]:
        return [line.what for line in self.lines]

    @property
    def latest(self) -> str:
        return (self.settings.store / "latest").read_text().strip()


@pytest.fixture
def sea(tmp_path: Path, disasters: Disasters) -> Iterator[Sea]:
    with feeding(disasters) as feed:
        yield Sea(tmp_path, feed.url)


def test_once_builds_only_where_there_is_a_reason_to(sea: Sea, disasters: Disasters) -> None:
    assert sea.watch(once=True)
    assert sea.told() == ["watching", "polled", "published", "stopped"]
    first = sea.latest
    assert sea.watch(once=True)
    assert sea.told() == ["watching", "polled", "stopped"]
    assert sea.watch(OCEAN.replace("Open ocean", "The sea"), once=True)
    assert sea.told() == ["watching", "polled", "published", "stopped"]
    assert sea.latest != first
    disasters.add(1, SQUARE)
    assert sea.watch(once=True)
    assert sea.lines[1].told["new"] == 2
    assert riskmap.Shelf(sea.settings.store).open("latest").manifest["known_until"] is not None


def test_what_somebody_else_built_last_is_built_over(sea: Sea) -> None:
    assert sea.watch(once=True)
    ours = sea.latest
    riskmap.build(parse_case(OCEAN.replace("Open ocean", "Other"), "other"), Path(), sea.settings.store)
    assert sea.watch(once=True)
    assert "published" in sea.told()
    assert sea.latest == ours


def test_what_somebody_else_fetches_is_built_too(sea: Sea, disasters: Disasters) -> None:
    turns = iter(range(40))

    def stopping() -> bool:
        turn = next(turns)
        if turn == 8:
            disasters.add(1, SQUARE)
            fetch("gdacs", Asked("XMV", date(2025, 6, 1), date(2025, 7, 1)), sea.settings, sleep=lambda _seconds: None)
        return turn > 20 or sea.told().count("published") == 2

    assert sea.watch(stopping=stopping)
    assert sea.told().count("published") == 2
    assert all(line.told["new"] == 0 for line in sea.lines[2:] if line.what == "polled")


def test_a_build_that_fails_leaves_the_snapshot_that_was_there(
    sea: Sea, disasters: Disasters, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sea.watch(once=True)
    before = sea.latest
    disasters.add(1, SQUARE)

    def failing(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["riskmap.pipeline.watch"], "build", failing)
        assert not sea.watch(once=True)
    assert [line.told["why"] for line in sea.lines if line.what == "failed"] == ["the disk is full"]
    assert sea.latest == before
    assert sea.watch(once=True)
    assert sea.latest != before


def test_a_case_without_a_feed_is_refused(sea: Sea) -> None:
    with pytest.raises(CaseError, match="there is none to watch"):
        sea.watch(OCEAN.replace("gdacs", "ucdp"))


def test_a_store_that_is_watched_is_not_watched_twice(sea: Sea) -> None:
    with watching_alone(sea.settings.store, "other"), pytest.raises(StoreError, match="watched already"):
        sea.watch()


def test_inputs_and_boundaries_without_a_feed_are_named_and_count(sea: Sea) -> None:
    assert sea.watch(f'{OCEAN}[[inputs]]\nsource = "ucdp"\nvault = true\n', once=True) is False
    assert sea.lines[0].told["unwatched"] == ["ucdp"]
    (failed,) = [line.told for line in sea.lines if line.what == "failed"]
    assert "nothing was fetched; run riskmap fetch ucdp --area XMV" in failed["why"]


def test_the_command_line_polls_once_for_whoever_keeps_the_time(
    tmp_path: Path, disasters: Disasters, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ocean.toml").write_text(OCEAN)
    with feeding(disasters) as feed:
        monkeypatch.setenv("RISKMAP_ENDPOINTS__GDACS_API", feed.url)
        monkeypatch.setattr(
            sys, "argv", ["riskmap", "watch", str(tmp_path / "ocean.toml"), "--store", str(tmp_path), "--once"]
        )
        with pytest.raises(SystemExit) as ended:
            main()
    out, err = capfd.readouterr()
    assert (ended.value.code, err) == (0, "")
    lines = [line.partition("Z ")[2] for line in out.splitlines()]
    assert lines[0] == "watching ocean: gdacs every 360 s"
    assert lines[1] == "gdacs: 1 of 1 payloads tell something new"
    assert lines[2].startswith("published ")
    assert lines[3] == "stopped watching ocean"
