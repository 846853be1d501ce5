"""What `riskmap explain` answers: one cell's index in plain words, with the numbers behind them, or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from rich.table import Table

from riskmap.pipeline.report import as_json_text, as_text, titled

_WIDTH = 140


def explain_report(told: Mapping[str, Any], *, as_json: bool) -> str:
    """What `riskmap.publish.explain.explain` tells of a cell.

    Args:
        told: As it tells it.
        as_json: Whether to answer in JSON.
    """
    if as_json:
        return as_json_text(told)
    due = sorted({credit for leaf in told["contributions"]["indicators"] for credit in leaf["credits"]})
    tables = as_text(_parts(told), _missing(told), _change(told), _alike(told))
    return "\n\n".join([fill(told["sentence"], _WIDTH), tables.rstrip(), *(f"credit: {one}" for one in due)])


def _parts(told: Mapping[str, Any]) -> Table:
    """The index from its dimensions down, one part a row."""
    columns = ("part", "points", "score", "low", "high", "measured", "unit", "known for", "days old", "source")
    table, levels = titled("What the score is made of", *columns), told["contributions"]
    for dimension in levels["dimensions"]:
        table.add_row(dimension["label"], *_scores(dimension))
        for component in (one for one in levels["components"] if one["dimension"] == dimension["id"]):
            table.add_row("  " + component["label"], *_scores(component))
            for leaf in (one for one in levels["indicators"] if one["component"] == component["id"]):
                facts = (leaf["unit"], leaf["support"] or "-", _number(leaf["age_days"], 0), leaf["source"] or "-")
                table.add_row("    " + leaf["label"], *_scores(leaf), _number(leaf["value"]), *facts)
    return table


def _scores(part: Mapping[str, Any]) -> tuple[str, ...]:
    points = part["contribution"]
    return ("-" if points is None else f"{points:+.2f}", *(_number(part[name]) for name in ("score", "low", "high")))


def _missing(told: Mapping[str, Any]) -> Table:
    table = titled("What is not known", "indicator", "share of the index", "asking would narrow it by", "has a source")
    for one in told["missing"]:
        share = f"{one['effective_weight']:.1%}"
        table.add_row(one["label"], share, _number(one["narrowing"]), "yes" if one["fed"] else "no")
    return table


def _change(told: Mapping[str, Any]) -> Table:
    change = told["change"] or {"since": "", "indicators": []}
    table = titled(f"What moved it since {change['since']}", "indicator", "points", "before", "after", "unit")
    for one in change["indicators"]:
        table.add_row(
            one["label"], f"{one['contribution']:+.3f}", _number(one["before"]), _number(one["after"]), one["unit"]
        )
    return table


def _alike(told: Mapping[str, Any]) -> Table:
    table = titled("Cells made up most like it", "cell", "place", "score", "class", "distance")
    for one in told["alike"]:
        table.add_row(one["cell"], one["place"], _number(one["score"]), one["class"], _number(one["distance"]))
    return table


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
