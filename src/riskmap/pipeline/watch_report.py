"""What the command line says while it watches: a line for each thing that happens, as words or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskmap.model.case import Case
from riskmap.pipeline.watch import Line, Tell, Watched, watch
from riskmap.pipeline.watch_signals import stopping_on_signals
from riskmap.settings import Settings


def watched_case(
    case: Case, inputs: Path, settings: Settings, every_s: float | None, *, once: bool, as_json: bool
) -> bool:
    """Watches a case until somebody stops it, and tells what happens; whether all went well.

    Failures are told on standard error, everything else on standard output.

    Args:
        case: What to build.
        inputs: Folder that the case's paths are relative to.
        settings: Store, vault, credentials and endpoints.
        every_s: Seconds between two polls of each feed, in place of the feed's own.
        once: True to poll each feed once and end.
        as_json: True for one JSON object a line on standard output, failures included.

    Raises:
        RiskmapError: As `watch` tells.
    """
    with stopping_on_signals() as stopping:
        return watch(Watched(case, inputs, settings, every_s), teller(as_json=as_json), stopping, once=once)


def teller(*, as_json: bool) -> Tell:
    """A function that writes each line as it comes, at once."""

    def tell(line: Line) -> None:
        moment = datetime.now(UTC)
        words = words_of(line)
        if words and (line.what == "failed" or not as_json):
            stream = sys.stderr if line.what == "failed" else sys.stdout
            stream.write(f"{moment:%Y-%m-%d %H:%M:%S}Z {words}\n")
            stream.flush()
        if as_json:
            told = {"at": moment.isoformat(timespec="milliseconds"), "what": line.what, **line.told}
            sys.stdout.write(f"{json.dumps(told, sort_keys=True)}\n")
            sys.stdout.flush()

    return tell


def words_of(line: Line) -> str:
    """A line for people; empty for a poll that told nothing new."""
    told = line.told
    if line.what == "watching":
        return _watching(told)
    if line.what == "polled":
        return _polled(told)
    if line.what == "published":
        return f"published {told['snapshot']} ({told['seconds']:.1f} s)"
    if line.what == "failed":
        again = f"; asked again in {told['again_in_s']:.0f} s" if "again_in_s" in told else ""
        count = f" ({told['failures']} times in a row)" if told.get("failures", 0) > 1 else ""
        return f"{told['source']} failed{count}: {told['why']}{again}"
    return f"stopped watching {told['case']}"


def _watching(told: Mapping[str, Any]) -> str:
    feeds = ", ".join(f"{name} every {seconds:g} s" for name, seconds in told["every_s"].items())
    others = f"; without a feed: {', '.join(told['unwatched'])}" if told["unwatched"] else ""
    return f"watching {told['case']}: {feeds}{others}"


def _polled(told: Mapping[str, Any]) -> str:
    back = f"{told['source']} answers again" if told["failures_before"] else ""
    new = f"{told['source']}: {told['new']} of {told['payloads']} payloads tell something new" if told["new"] else ""
    return "; ".join(filter(None, (back, new)))
