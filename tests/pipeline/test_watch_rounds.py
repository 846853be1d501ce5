"""When things are done: cadence, pauses after failures, and what waits for what, on a clock that the tests hold."""

from __future__ import annotations

import heapq
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import FetchError, InputError, RiskmapError, StoreError
from riskmap.pipeline.watch import BUILD, Line, Rounds, Work
from riskmap.pipeline.watch_cadence import LONGEST_PAUSE_S, Cadence
from riskmap.pipeline.watch_jobs import Done, Jobs
from riskmap.pipeline.watch_lock import LOCK, watching_alone
from riskmap.pipeline.watch_report import teller, words_of
from riskmap.pipeline.watch_signals import stopping_on_signals


class Simulated:
    """A crew whose jobs take as long as they are told to, on a clock that stands still between them."""

    def __init__(self, takes_s: Mapping[str, float] | None = None) -> None:
        self.takes_s = dict(takes_s or {})
        self.now, self.begun = 0.0, []
        self._coming: list[tuple[float, int, Done]] = []

    @property
    def running(self) -> frozenset[str]:
        return frozenset(done.name for *_, done in self._coming)

    def now_s(self) -> float:
        return self.now

    def start(self, name: str, job: Callable[[], Mapping[str, object]]) -> None:
        assert name not in self.running
        self.begun.append((name, self.now))
        found, why = {}, ""
        try:
            found = job()
        except RiskmapError as error:
            why = str(error)
        ended = self.now + self.takes_s.get(name, 0.25)
        heapq.heappush(self._coming, (ended, len(self.begun), Done(name, self.now, ended, found, why)))

    def take(self, most_s: float) -> Done | None:
        if self._coming and self._coming[0][0] <= self.now + most_s:
            self.now, _, done = heapq.heappop(self._coming)
            return done
        self.now += most_s
        return None

    def times(self, name: str) -> list[float]:
        return [when for one, when in self.begun if one == name]


class World:
    """Feeds that tell news at chosen moments, and a build that gives the news of then."""

    def __init__(self, every_s: Mapping[str, float], built: str = "0", **takes_s: float) -> None:
        self.crew, self.every_s = Simulated(takes_s), every_s
        self.coming: dict[str, list[float]] = {name: [] for name in every_s}
        self.down: set[str] = set()
        self.news, self.lines, self.noted = 0, [], []
        polls = {name: lambda name=name: self._poll(name) for name in every_s}
        self.work = Work(polls, self._build, lambda: str(self.news), built)

    def _poll(self, name: str) -> Mapping[str, object]:
        if name in self.down:
            raise FetchError(f"{name} is down")
        new = [when for when in self.coming[name] if when <= self.crew.now]
        self.coming[name] = [when for when in self.coming[name] if when > self.crew.now]
        self.news += len(new)
        return {"payloads": 1, "new": len(new)}

    def _build(self) -> Mapping[str, object]:
        if BUILD in self.down:
            raise StoreError("the disk is full")
        return {"snapshot": f"with {self.news}"}

    def rounds(self) -> Rounds:
        return Rounds(self.work, self.every_s, self.crew, self.lines.append, lambda *told: self.noted.append(told))

    def run(self, until_s: float) -> World:
        self.rounds().forever(lambda: self.crew.now >= until_s)
        return self

    def told(self, what: str) -> list[Mapping[str, object]]:
        return [line.told for line in self.lines if line.what == what]


def test_each_feed_is_polled_at_its_own_cadence() -> None:
    world = World({"fast": 60, "slow": 360}).run(1000)
    assert world.crew.times("fast") == pytest.approx([60 * turn for turn in range(17)], abs=1e-6)
    assert world.crew.times("slow") == pytest.approx([0, 360, 720], abs=1e-6)


def test_nothing_is_built_where_nothing_is_new() -> None:
    world = World({"feed": 60}).run(1000)
    assert world.crew.times(BUILD) == []
    assert world.noted == []


def test_news_are_built_at_once_and_once() -> None:
    world = World({"feed": 60})
    world.coming["feed"] = [130]
    world.run(1000)
    assert world.crew.times(BUILD) == [pytest.approx(180.25)]
    assert world.told("published") == [{"snapshot": "with 1", "seconds": 0.25}]
    assert world.noted == [("1", "with 1")]


def test_news_that_come_while_a_build_runs_are_built_after_it() -> None:
    world = World({"one": 60, "two": 60}, build=100, two=0.5)
    world.coming |= {"one": [50], "two": [110]}
    world.run(600)
    first, second = world.crew.times(BUILD)
    assert (first, second) == (pytest.approx(60.25), pytest.approx(160.25))
    assert [told["snapshot"] for told in world.told("published")] == ["with 1", "with 2"]
    assert [mark for mark, _ in world.noted] == ["1", "2"]


def test_two_builds_have_a_little_time_between_them() -> None:
    world = World({"one": 60, "two": 61})
    world.coming |= {"one": [50], "two": [50]}
    world.run(300)
    assert world.crew.times(BUILD) == pytest.approx([60.25, 65.25], abs=1e-6)


@given(st.sets(st.sampled_from(["one", "two"])), st.floats(0.1, 1000))
def test_a_feed_that_fails_or_hangs_does_not_touch_another(down: set[str], takes_s: float) -> None:
    world = World({"one": 60, "two": 45, "well": 30}, one=takes_s, two=takes_s)
    world.down = down
    world.coming["well"] = [100]
    world.run(400)
    assert world.crew.times("well") == pytest.approx([30 * turn for turn in range(14)], abs=1e-6)
    assert len(world.told("published")) == 1


def test_pauses_grow_while_a_feed_is_down_and_end_when_it_answers() -> None:
    world = World({"feed": 60})
    world.down = {"feed"}
    rounds = world.rounds()
    rounds.forever(lambda: world.crew.now >= 800)
    assert world.crew.times("feed") == pytest.approx([0, 120.25, 360.5, 840.75][:3], abs=1e-6)
    assert [told["failures"] for told in world.told("failed")] == [1, 2, 3]
    assert [told["again_in_s"] for told in world.told("failed")] == [120, 240, 480]
    world.down = set()
    rounds.forever(lambda: world.crew.now >= 1000)
    assert world.crew.times("feed")[3:] == pytest.approx([840.75, 900.75, 960.75], abs=1e-6)
    assert world.told("polled")[0]["failures_before"] == 3


def test_a_build_that_fails_is_tried_again_later_though_nothing_new_comes() -> None:
    world = World({"feed": 60}, built="")
    world.down = {BUILD}
    rounds = world.rounds()
    rounds.forever(lambda: world.crew.now >= 60)
    assert [told["source"] for told in world.told("failed")] == [BUILD, BUILD, BUILD]
    assert world.noted == []
    world.down = set()
    rounds.forever(lambda: world.crew.now >= 200)
    assert len(world.told("published")) == len(world.noted) == 1


def test_the_first_build_waits_for_the_first_round_but_not_for_long() -> None:
    assert World({"feed": 60}, built="").run(50).crew.times(BUILD) == [pytest.approx(0.25)]
    hanging = World({"feed": 60, "hangs": 60}, built="", hangs=300).run(50)
    assert hanging.crew.times(BUILD) == [pytest.approx(20, abs=0.5)]


def test_a_stop_waits_for_the_build_and_only_shortly_for_polls() -> None:
    world = World({"feed": 60, "hangs": 60}, built="", build=100, hangs=3000).run(21)
    assert world.told("published") == [{"snapshot": "with 0", "seconds": 100.0}]
    assert world.crew.now == pytest.approx(120, abs=1)
    assert World({"hangs": 60}, hangs=3000).run(1).crew.now == pytest.approx(6, abs=1)


def test_once_polls_and_builds_once() -> None:
    world = World({"one": 60, "two": 60})
    world.coming["one"] = [0]
    assert world.rounds().once()
    assert [name for name, _ in world.crew.begun] == ["one", "two", BUILD]
    quiet = World({"one": 60})
    assert quiet.rounds().once()
    assert quiet.crew.times(BUILD) == []
    quiet.down = {"one"}
    assert not quiet.rounds().once()


@pytest.mark.parametrize("error", [StoreError("a receipt is torn"), InputError("usgs/1", "its bytes are lost")])
def test_a_vault_that_cannot_be_read_is_told_and_seen_again_later(error: RiskmapError) -> None:
    world = World({"feed": 60})
    marks = iter(["0", error])

    def mark() -> str:
        found = next(marks, "1")
        if isinstance(found, RiskmapError):
            raise found
        return found

    world.work = Work(world.work.polls, world.work.build, mark, "0")
    world.run(130)
    assert world.told("failed") == [{"source": "vault", "why": str(error)}]
    assert len(world.told("published")) == 1


@given(st.floats(0.5, 10_000), st.lists(st.booleans(), max_size=40))
def test_a_cadence_never_waits_longer_than_it_may(every_s: float, outcomes: list[bool]) -> None:
    cadence, now = Cadence(every_s), 0.0
    for well in outcomes:
        before = cadence
        cadence = cadence.succeeded(now) if well else cadence.failed(now)
        pause = cadence.due_s - now
        assert every_s * (1 - 1e-9) <= pause <= max(every_s, LONGEST_PAUSE_S) + 1e-6
        assert cadence.failures == (0 if well else before.failures + 1)
        assert not cadence.is_due(now)
        now = cadence.due_s
        assert cadence.is_due(now)


def test_jobs_always_give_an_outcome(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    raised = []
    monkeypatch.setattr(threading, "excepthook", lambda told: raised.append(told.exc_type))
    jobs = Jobs()

    def fail(error: Exception) -> Callable[[], Mapping[str, object]]:
        def job() -> Mapping[str, object]:
            raise error

        return job

    jobs.start("well", lambda: {"is": 1})
    jobs.start("refused", fail(FetchError("no")))
    jobs.start("disk", fail(OSError("full")))
    jobs.start("broken", fail(ZeroDivisionError()))
    assert jobs.running == {"well", "refused", "disk", "broken"}
    found = {done.name: done for done in (jobs.take(10) for _ in range(4)) if done}
    assert jobs.running == frozenset()
    assert {name: done.why for name, done in found.items()} == {
        "well": "",
        "refused": "no",
        "disk": "full",
        "broken": "it ended unexpectedly; the reason stands above",
    }
    assert found["well"].found == {"is": 1}
    assert all(done.ended_s >= done.begun_s for done in found.values())
    assert jobs.take(0) is None
    assert raised == [ZeroDivisionError]


def test_one_watcher_holds_a_store_and_says_who_it_is(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with watching_alone(store, "one") as post:
        assert f'"process": {os.getpid()}' in (store / LOCK).read_text()
        post.note(built={"mark": "m", "snapshot": "s"})
        with (
            pytest.raises(
                StoreError, match=rf"watched already by process {os.getpid()} on \S+, for case one, since 20"
            ),
            watching_alone(store, "two"),
        ):
            pass
    with watching_alone(store, "two") as post:
        assert post.built == ("m", "s")
    assert '"process": null' in (store / LOCK).read_text()


@pytest.mark.parametrize("torn", ['{"built": {"ma', "[]", '{"built": 3}', '{"built": {}}', ""])
def test_a_torn_lock_file_only_forgets(tmp_path: Path, torn: str) -> None:
    (tmp_path / LOCK).write_text(torn)
    with watching_alone(tmp_path, "one") as post:
        assert post.built == ("", "")


def test_a_watcher_that_is_killed_leaves_the_store_to_the_next(tmp_path: Path, unmeasured: dict[str, str]) -> None:
    program = (
        "import sys, pathlib, riskmap.pipeline.watch_lock as lock\n"
        "with lock.watching_alone(pathlib.Path(sys.argv[1]), 'one'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=unmeasured) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"by process {process.pid} on"), watching_alone(tmp_path, "two"):
            pass
        process.kill()
        process.wait()
    with watching_alone(tmp_path, "two"):
        pass


def test_a_store_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"watch.lock cannot be written"), watching_alone(tmp_path / "file", "one"):
        pass


@pytest.fixture
def interrupting():
    """An interrupt raises here, even where the tests run as a job in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_signal_asks_and_the_second_ends(interrupting) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping_on_signals() as stopping:
        assert not stopping()
        signal.raise_signal(signal.SIGTERM)
        assert stopping()
        assert signal.getsignal(signal.SIGTERM) == before
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == before


LINES = {
    "watching case: gdacs every 360 s; without a feed: ucdp": Line(
        "watching", {"case": "case", "every_s": {"gdacs": 360.0}, "unwatched": ["ucdp"]}
    ),
    "watching case: gdacs every 360 s": Line("watching", {"case": "case", "every_s": {"gdacs": 360}, "unwatched": []}),
    "": Line("polled", {"source": "gdacs", "new": 0, "payloads": 4, "failures_before": 0}),
    "gdacs answers again; gdacs: 1 of 4 payloads tell something new": Line(
        "polled", {"source": "gdacs", "new": 1, "payloads": 4, "failures_before": 2}
    ),
    "published abc (2.1 s)": Line("published", {"snapshot": "abc", "seconds": 2.06}),
    "gdacs failed: it is down; asked again in 720 s": Line(
        "failed", {"source": "gdacs", "why": "it is down", "failures": 1, "again_in_s": 720.0}
    ),
    "gdacs failed (3 times in a row): it is down; asked again in 900 s": Line(
        "failed", {"source": "gdacs", "why": "it is down", "failures": 3, "again_in_s": 900.0}
    ),
    "vault failed: torn": Line("failed", {"source": "vault", "why": "torn"}),
    "stopped watching case": Line("stopped", {"case": "case"}),
}


@pytest.mark.parametrize("words", LINES)
def test_lines_are_told_in_words(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = LINES[words]
    assert words_of(line) == words
    teller(as_json=False)(line)
    out, err = capsys.readouterr()
    assert (err if line.what == "failed" else out).endswith(f"Z {words}\n" if words else "")
    assert (out if line.what == "failed" else err) == ""
    teller(as_json=True)(line)
    out, err = capsys.readouterr()
    assert f'"what": "{line.what}"' in out
    assert err.endswith(f"{words}\n") == (line.what == "failed")


def test_a_clock_that_is_set_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The crew's clock is the monotonic one, whatever the time of day is said to be."""
    jobs = Jobs()
    before = jobs.now_s()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 0 <= jobs.now_s() - before < 60
