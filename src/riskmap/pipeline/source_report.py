"""What the command line answers about sources: what they give, what a file holds, what was fetched and read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from rich.table import Table

from riskmap.pipeline.fetch import Fetched
from riskmap.pipeline.fetched import key_of
from riskmap.pipeline.inspect import Inspected, is_general
from riskmap.pipeline.replay import Replayed, kept_summary
from riskmap.pipeline.report import as_json_text, as_text, titled
from riskmap.pipeline.summary import Summary
from riskmap.settings import Settings
from riskmap.sources.source import Source, registered, source
from riskmap.store.vault import Vault

_WAYS = {"open": "open", "key": "free key", "account": "account", "file": "bring a file"}


def source_report(settings: Settings, *, as_json: bool) -> str:
    """Registered sources: what they give, how they are got, under which terms, and how old what was fetched is."""
    vault = Vault(settings.vault_folder)
    found = [_source_row(source(name), settings, vault) for name in registered()]
    if as_json:
        return as_json_text(found)
    table = titled("Sources", "name", "gives", "access", "key set", "licence", "rows may be passed on", "newest record")
    for row in found:
        age = "-" if row["newest"] is None else f"{row['newest']} ({row['age_days']} days old)"
        told = {True: "yes", False: "no", None: "-"}
        table.add_row(
            row["name"],
            row["gives"],
            _WAYS[row["access"]],
            told[row["credentials_set"]],
            row["licence"],
            "the case says" if row["any_file"] else told[row["raw"]],
            age,
        )
    return as_text(table)


def inspect_report(found: Sequence[Inspected], *, as_json: bool) -> str:
    """What each file is, what it gives and what to beware of; several files as a table, one file in full."""
    if as_json:
        return as_json_text([asdict(one) for one in found])
    if len(found) == 1:
        return _in_full(found[0])
    table = titled("Files", "file", "kind", "source", "rows", "refused", "gives, or why not")
    for one in found:
        rows = ("-", "-") if one.summary is None else _counts(one.summary)
        table.add_row(one.file, one.kind, one.source or "-", *rows, one.refusal or _gives(one.summary))
    return as_text(table)


def fetch_report(name: str, done: Fetched, read: Iterable[Replayed], *, as_json: bool) -> str:
    """What a fetch brought and what its payloads give."""
    replayed = list(read)
    if as_json:
        return as_json_text(
            {
                "source": name,
                "fetch": done.fetch.id,
                "payloads": done.payloads,
                "unchanged": done.unchanged,
                "bytes": done.bytes,
                "read": [_replayed(one) for one in replayed],
            }
        )
    told = f"{name}: {done.payloads} payloads, {done.unchanged} of them as before, {done.bytes:,} new bytes"
    return f"{as_text(_replay_table(replayed))}{told}"


def replay_report(read: Iterable[tuple[str, Replayed]], *, as_json: bool) -> str:
    """What every payload gives now, and where that differs from what it gave before."""
    found = list(read)
    if as_json:
        return as_json_text([{"source": name, **_replayed(one)} for name, one in found])
    changed = sum(one.changed for _, one in found)
    refused = sum(one.now is None for _, one in found)
    told = f"{len(found)} payloads read again: {changed} give something else than before, {refused} refused"
    return f"{as_text(_replay_table([one for _, one in found]))}{told}"


def _source_row(one: Source, settings: Settings, vault: Vault) -> dict[str, Any]:
    needed = one.access.credentials
    newest = _newest(one.name, vault)
    return {
        "name": one.name,
        "gives": one.title,
        "access": one.access.way,
        "credentials": list(needed),
        "credentials_set": all(name in settings.credentials for name in needed) if needed else None,
        "home": one.access.home,
        "licence": one.licence.id,
        "attribution": one.licence.attribution,
        "licence_url": one.licence.url,
        "raw": one.licence.raw,
        "derived": one.licence.derived,
        "any_file": is_general(one),
        "options": sorted(one.options),
        "newest": newest,
        "age_days": None if newest is None else (datetime.now(UTC).date() - date.fromisoformat(newest)).days,
    }


def _newest(name: str, vault: Vault) -> str | None:
    """Day on which the newest fetched record of a source starts."""
    receipts = {key_of(one): one for one in vault.receipts(name) if one.role == "records"}
    kept = (kept_summary(vault, name, one) for one in receipts.values())
    return max((one.newest for one in kept if one is not None and one.newest is not None), default=None)


def _in_full(one: Inspected) -> str:
    head = f"{one.file}: {one.kind}, " + (f"read by {one.source}" if one.summary else "not read")
    if one.summary is None:
        by = f" by {one.source}" if one.source else ""
        drafted = f"\n\nA case must say what it holds; a draft:\n\n{one.draft}" if one.draft else ""
        return f"{head}\nrefused{by}: {one.refusal}{drafted}"
    rows, refused = _counts(one.summary)
    lines = [head, f"{rows} rows, {one.summary.accepted:,} accepted, {refused} in quarantine"]
    lines += [f"  {count:,} {reason}" for reason, count in one.summary.quarantined.items()]
    table = titled("Gives", "measure", "kind", "records", "total", "unit", "first", "last")
    for name, measure in one.summary.measures.items():
        total = "-" if measure.total is None else f"{measure.total:,.2f}"
        table.add_row(name, measure.kind, f"{measure.records:,}", total, measure.unit, measure.first, measure.last)
    lines.append(as_text(table).rstrip())
    lines += [f"note: {note}" for note in one.summary.notes]
    lines += [f"beware: {trap}" for trap in one.traps]
    return "\n".join(filter(None, lines))


def _counts(summary: Summary) -> tuple[str, str]:
    return f"{summary.read:,}", f"{sum(summary.quarantined.values()):,}"


def _gives(summary: Summary | None) -> str:
    measures = summary.measures if summary else {}
    told = (
        f"{name} {one.records:,}" + ("" if one.total is None else f" ({one.total:,.0f} {one.unit})")
        for name, one in measures.items()
    )
    return ", ".join(told) or "; ".join(summary.notes[:1] if summary else ()) or "no records"


def _replay_table(read: Sequence[Replayed]) -> Table:
    table = titled("Read", "from", "received", "rows", "refused", "gives, or why not", "before")
    for one in read:
        rows = ("-", "-") if one.now is None else _counts(one.now)
        before = _gives(one.before) if one.changed else ("the same" if one.before else "-")
        received = one.receipt.retrieved.strftime("%Y-%m-%d %H:%M")
        table.add_row(one.receipt.url, received, *rows, one.refusal or _gives(one.now), before)
    return table


def _replayed(one: Replayed) -> dict[str, Any]:
    return {
        "url": one.receipt.url,
        "sha256": one.receipt.sha256,
        "received": one.receipt.retrieved.isoformat(),
        "labels": dict(one.receipt.labels),
        "now": asdict(one.now) if one.now else None,
        "before": asdict(one.before) if one.before else None,
        "changed": one.changed,
        "refusal": one.refusal,
    }
