"""What the command line answers: reconciliation of a build and lists of snapshots, as tables or JSON."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from riskmap.grid.ledger import BEYOND
from riskmap.grid.wordings import GEOMETRY
from riskmap.store.shelf import Shelf
from riskmap.store.snapshot import Snapshot

_WIDTH = 140


@contextmanager
def spoken(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A function that tells on standard error which step has begun, or keeps silent."""
    console = Console(file=sys.stderr, quiet=quiet)
    with console.status("starting") as status:
        yield status.update


def build_report(snapshot: Snapshot, *, as_json: bool) -> str:
    """Reconciliation of what went in with what stands on the map, and the people in each class."""
    manifest = snapshot.manifest
    if as_json:
        keys = ("case", "inputs", "reconciliation", "people_by_class")
        return as_json_text({"snapshot": snapshot.id, **{key: manifest[key] for key in keys}})
    return as_text(
        _inputs_table(manifest),
        _ledger_table(manifest),
        _matched_table(manifest),
        _outside_table(manifest),
        _people_table(manifest),
    ) + (f"\nsnapshot {snapshot.id}: {manifest['case']['title']}, {len(snapshot.cells):,} cells")


def list_report(shelf: Shelf, *, as_json: bool) -> str:
    """Published snapshots, newest first."""
    found = [(identifier, shelf.manifest(identifier)) for identifier in shelf.list()]
    if as_json:
        return as_json_text([{"id": identifier, "case": manifest["case"]} for identifier, manifest in found])
    table = titled("Snapshots", "id", "case", "recipe", "periods", "resolution")
    for identifier, manifest in found:
        case, recipe = manifest["case"], manifest["recipe"]
        span = f"{case['periods'][0]} to {case['periods'][-1]}"
        table.add_row(identifier, case["title"], f"{recipe['name']} {recipe['version']}", span, str(case["resolution"]))
    return as_text(table)


def _inputs_table(manifest: Mapping[str, Any]) -> Table:
    table = titled("Read", "source", "file", "rows", "accepted", "quarantined", "why")
    for entry in manifest["inputs"]:
        refused = entry["quarantined"]
        why = "; ".join(f"{reason}: {count:,}" for reason, count in refused.items())
        table.add_row(
            entry["source"],
            entry["path"].rpartition("/")[2],
            f"{entry['read']:,}",
            f"{entry['accepted']:,}",
            f"{sum(refused.values()):,}",
            why,
        )
    return table


def _ledger_table(manifest: Mapping[str, Any]) -> Table:
    columns = ("measure", "unit", "records", "in", "on cells", "outside", "on the border, kept", "other periods")
    table = titled("Reconciled over the case's periods", *columns)
    for row in manifest["reconciliation"]:
        outside = sum(part["value"] for part in row["outside"])
        table.add_row(
            f"{row['source']}:{row['measure']}",
            row["unit"],
            f"{row['records']:,}",
            f"{row['accepted_total']:,.6g}" if row["spread"] == "intensive" else f"{row['accepted_total']:,.2f}",
            f"{row['cells_total']:,.2f}" if row["spread"] == "extensive" else "-",
            f"{outside:,.2f}" if row["spread"] == "extensive" else "-",
            f"{row['on_border']:,}",
            f"{sum(count for _, count in row['beyond']):,}",
        )
    return table


def _matched_table(manifest: Mapping[str, Any]) -> Table:
    """By which way places were found, and where code and name did not quite agree; points and polygons left out."""
    table = titled("Places matched, of all records of the measure", "measure", "way", "records", "value", "such as")
    for row in manifest["reconciliation"]:
        name, share = f"{row['source']}:{row['measure']}", row["matched_share"]
        ways = {way: told for way, told in row["matched"].items() if way != GEOMETRY}
        if not (ways or row["unmatched"]):
            continue
        doubts = {told["doubt"]: told for told in row["doubts"]}
        for way, told in ways.items():
            examples = "; ".join(doubts[way]["examples"]) if way in doubts else ""
            table.add_row(name, way, f"{told['records']:,}", _value(told["value"]), examples)
        for doubt, told in ((doubt, told) for doubt, told in doubts.items() if doubt not in ways):
            examples = "; ".join(told["examples"])
            table.add_row(name, f"of these {doubt}", f"{told['records']:,}", _value(told["value"]), examples)
        table.add_row(name, "all ways, %", _percent(share["records"]), _percent(share["value"]), "")
    return table


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _outside_table(manifest: Mapping[str, Any]) -> Table:
    table = titled("Left out, by reason", "measure", "place", "reason", "records", "value")
    for row in manifest["reconciliation"]:
        for part in row["outside"]:
            name = f"{row['source']}:{row['measure']}"
            table.add_row(name, part["place"], part["reason"], f"{part['records']:,}", f"{part['value']:,.2f}")
        for reason, count in row["beyond"]:
            if reason != BEYOND:
                table.add_row(f"{row['source']}:{row['measure']}", "", reason, f"{count:,}", "-")
    return table


def _people_table(manifest: Mapping[str, Any]) -> Table:
    classes = [step["name"] for step in manifest["recipe"]["classes"]] + ["insufficient"]
    table = titled("People by class, %", "period", *classes)
    for label, shares in manifest["people_by_class"].items():
        table.add_row(label, *(f"{100 * shares[name]:.1f}" for name in classes))
    return table


def titled(title: str, *columns: str) -> Table:
    """An empty table with a title and columns whose cells may wrap."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def as_text(*tables: Table) -> str:
    """Tables as plain text; those without rows are left out."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=_WIDTH)
    for table in tables:
        if table.row_count:
            console.print(table)
    return buffer.getvalue()


def as_json_text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """A value as JSON that people can read."""
    return json.dumps(value, indent=2, sort_keys=True)
