"""Watching: the feeds of a case polled at their own cadence, and a new snapshot whenever one of them tells news.

Polls and builds run beside one another, so that no feed waits for a slow one, and none for a build. Nothing here looks
at the time of day: what is due is told by a clock that only runs forwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from riskmap.errors import CaseError, RiskmapError, SnapshotMissing
from riskmap.model.case import Case
from riskmap.pipeline.areas import areas_of
from riskmap.pipeline.build import Inputs, build
from riskmap.pipeline.ingest import Place
from riskmap.pipeline.watch_cadence import Cadence
from riskmap.pipeline.watch_feed import Feed, feeds_of, mark_of
from riskmap.pipeline.watch_jobs import Crew, Done, Found, Job, Jobs
from riskmap.pipeline.watch_lock import Post, watching_alone
from riskmap.pipeline.watch_news import Reach, reach_of
from riskmap.score.recipe import load_recipe
from riskmap.settings import Settings
from riskmap.store.shelf import Shelf
from riskmap.store.snapshot import latest_id
from riskmap.store.vault import Vault
from riskmap.version import VERSION

BUILD = "build"
"""The job that is no feed."""

# Between two builds at least so long, and before the first so long for feeds that answer slowly.
_BUILD_EVERY_S = 5.0
_FIRST_ROUND_S = 20.0
# How soon a signal is seen, and how long polls may take to end once there was one.
_TICK_S = 0.5
_PARTING_S = 5.0


@dataclass(frozen=True)
class Line:
    """One thing that happened, for people and programs.

    Args:
        what: Kind; `failed` is of a poll or a build, `polled` of a poll that went well, whether it told news or not.
        told: What there is to say, as JSON can hold it.
    """

    what: Literal["watching", "polled", "published", "failed", "stopped"]
    told: Mapping[str, Any]


Tell = Callable[[Line], None]


@dataclass(frozen=True)
class Watched:
    """What is watched.

    Args:
        case: What to build.
        inputs: Folder that the case's paths are relative to.
        settings: Store, vault, credentials and endpoints.
        every_s: Seconds between two polls of each feed, in place of the feed's own.
    """

    case: Case
    inputs: Path
    settings: Settings
    every_s: float | None = None


@dataclass(frozen=True)
class Work:
    """What there is to do.

    Args:
        polls: A job for each feed.
        build: Builds and publishes; gives the `snapshot`.
        mark: A text that changes whenever a build would give something else.
        built: Its value for what was built last.
    """

    polls: Mapping[str, Job]
    build: Job
    mark: Callable[[], str]
    built: str = ""


class Rounds:
    """Polls and builds when they are due.

    Args:
        work: What there is to do.
        every_s: Seconds between two polls, for each feed.
        crew: Who does it.
        tell: Called with what happens.
        note: Called with the mark and the snapshot of each build.
    """

    def __init__(
        self,
        work: Work,
        every_s: Mapping[str, float],
        crew: Crew,
        tell: Tell,
        note: Callable[[str, str], None] = lambda _mark, _snapshot: None,
    ) -> None:
        self._work, self._crew, self._tell, self._note = work, crew, tell, note
        self._cadences = {name: Cadence(every_s[name]) for name in work.polls}
        self._cadences[BUILD] = Cadence(_BUILD_EVERY_S, crew.now_s() + _FIRST_ROUND_S)
        self._unasked = set(work.polls)
        self._built, self._building = work.built, ""
        self._mark = work.built
        self._look()

    def forever(self, stopping: Callable[[], bool]) -> bool:
        """Goes on until it is to stop, which is well; a build under way is published first."""
        while not stopping():
            self._start()
            self._take(self._idle_s())
        parting = self._crew.now_s() + _PARTING_S
        while BUILD in self._crew.running or (self._crew.running and self._crew.now_s() < parting):
            self._take(_TICK_S)
        return True

    def once(self) -> bool:
        """Polls every feed once, then builds if there is reason to; whether all of it went well."""
        for name, job in self._work.polls.items():
            self._crew.start(name, job)
        self._finish()
        if self._mark != self._built:
            self._build()
            self._finish()
        return not any(cadence.failures for cadence in self._cadences.values())

    def _finish(self) -> None:
        while self._crew.running:
            self._take(_TICK_S)

    def _start(self) -> None:
        """Begins what is due."""
        now = self._crew.now_s()
        for name, job in self._work.polls.items():
            if name not in self._crew.running and self._cadences[name].is_due(now):
                self._crew.start(name, job)
        due = self._mark != self._built and self._cadences[BUILD].is_due(now)
        if due and BUILD not in self._crew.running:
            self._build()

    def _build(self) -> None:
        self._building = self._mark
        self._crew.start(BUILD, self._work.build)

    def _idle_s(self) -> float:
        """Seconds in which nothing falls due, and at most a tick."""
        now = self._crew.now_s()
        coming = [one.due_s - now for name, one in self._cadences.items() if name not in self._crew.running]
        return max(0.0, min([_TICK_S, *(one for one in coming if one > 0)]))

    def _take(self, most_s: float) -> None:
        """Waits for an outcome, and draws the conclusions."""
        done = self._crew.take(most_s)
        if done is None:
            return
        before = self._cadences[done.name]
        after = before.failed(done.ended_s) if done.why else before.succeeded(done.begun_s)
        self._cadences[done.name] = after
        if done.name == BUILD:
            self._take_build(done)
        else:
            self._take_poll(done, before)
        if done.why:
            pause = round(after.due_s - done.ended_s, 1)
            told = {"source": done.name, "why": done.why, "failures": after.failures, "again_in_s": pause}
            self._tell(Line("failed", told))

    def _take_build(self, done: Done) -> None:
        if done.why:
            return
        self._built, snapshot = self._building, str(done.found["snapshot"])
        self._note(self._built, snapshot)
        self._tell(Line("published", {**done.found, "seconds": _seconds(done)}))

    def _take_poll(self, done: Done, before: Cadence) -> None:
        self._unasked.discard(done.name)
        if not self._unasked and self._cadences[BUILD].failures == 0 and self._built == self._work.built:
            self._cadences[BUILD] = replace(self._cadences[BUILD], due_s=self._crew.now_s())
        if not done.why:
            told = {"source": done.name, **done.found, "failures_before": before.failures, "seconds": _seconds(done)}
            self._tell(Line("polled", told))
        self._look()

    def _look(self) -> None:
        """Sees whether a build would give something else than before."""
        try:
            self._mark = self._work.mark()
        except RiskmapError as error:
            self._tell(Line("failed", {"source": "vault", "why": str(error)}))


def watch(watched: Watched, tell: Tell, stopping: Callable[[], bool] = lambda: False, *, once: bool = False) -> bool:
    """Polls the feeds of a case and publishes a snapshot whenever one of them tells something new.

    A feed that fails is asked again after growing pauses and stops no other; a build that fails leaves the snapshot
    that was there. What somebody else fetches into the vault is built as well.

    Args:
        watched: Case, inputs and settings.
        tell: Called with everything that happens, in this thread.
        stopping: Whether to stop; looked at twice a second. A build under way is published first.
        once: True to poll each feed once and end.

    Returns:
        Whether everything went well, where `once`; True otherwise.

    Raises:
        CaseError: No input of the case comes from a feed, or its boundaries are not there.
        RecipeError: The recipe is not a valid index definition.
        StoreError: Another process watches the store, or it cannot be written.
    """
    case, settings = watched.case, watched.settings
    feeds = feeds_of(case)
    if not feeds:
        raise CaseError(
            f"case {case.name}: no input with vault = true is of a source with a feed; there is none to watch"
        )
    every_s = {name: watched.every_s or one.access.cadence_s for name, one in feeds.items()}
    vault = Vault(settings.vault_folder)
    reach = _reach(case, Place(watched.inputs, vault))
    store = Shelf(settings.store, settings.cache).store
    with watching_alone(store, case.name) as post, vault.aside() as folder:
        polls = {name: Feed(one, case, reach, settings, _made(folder / name)).poll for name, one in feeds.items()}
        work = Work(polls, lambda: _build(watched), lambda: _mark(case, vault), _built(post, store))
        told = {"case": case.name, "every_s": every_s, "unwatched": _unwatched(case, feeds)}
        tell(Line("watching", told))
        rounds = Rounds(
            work, every_s, Jobs(), tell, lambda mark, made: post.note(built={"mark": mark, "snapshot": made})
        )
        fine = rounds.once() if once else rounds.forever(stopping)
    tell(Line("stopped", {"case": case.name}))
    return fine


def _reach(case: Case, place: Place) -> Reach:
    kernels = [kernel for seen in load_recipe(case.recipe).kernels().values() for kernel in seen]
    return reach_of(areas_of(case, place)[0], kernels)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _build(watched: Watched) -> Found:
    settings = watched.settings
    snapshot = build(watched.case, Inputs(watched.inputs, settings.vault_folder, settings.cache), settings.store)
    return {"snapshot": snapshot.id, "known_until": snapshot.manifest["known_until"]}


def _mark(case: Case, vault: Vault) -> str:
    """A hash of the case and of all that the vault holds for it; files are not looked at."""
    names = {one.source for one in case.inputs if one.vault} | {one.vault for one in case.boundaries if one.vault}
    told = [VERSION, case.model_dump(), [(name, mark_of(name, case.iso3, vault)) for name in sorted(names)]]
    return hashlib.sha256(json.dumps(told, default=_plain, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def _built(post: Post, store: Path) -> str:
    """The mark of what was built last, if that still is the newest snapshot."""
    mark, snapshot = post.built
    try:
        return mark if latest_id(store) == snapshot else ""
    except SnapshotMissing:
        return ""


def _unwatched(case: Case, feeds: Mapping[str, object]) -> list[str]:
    return sorted({one.source for one in case.inputs if one.vault} - feeds.keys())


def _seconds(done: Done) -> float:
    return round(done.ended_s - done.begun_s, 3)
