"""Model card: what an index is for, what it is not, what harm it can do, and what it was made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from riskmap.publish.audit import Audit
from riskmap.publish.page import Markup, Section, breakable, element, facts, percent, said, table, told
from riskmap.publish.tracks import bar

PURPOSE = (
    "To show planners of protection and relief where displacement, conflict, disaster, poverty and missing protection"
    " meet, so that prevention can go there first, and to say how far that can be leaned on."
)
HARMS = (
    "Read as a map of crime it stigmatises places and the people in them: it holds no case and cannot show one.",
    "Read as a map of safety it turns help away from places of which nothing is known: what is hatched is unknown.",
    "Fine maps of missing protection and of fresh arrivals can guide those who exploit; share them with care.",
    "Used to police or to hold back people on the move it harms those whom it is meant to protect.",
)
"""What can go wrong with it, said on every card."""


def card(audit: Audit) -> Section:
    """What it is, what for, its limits and harms."""
    manifest = audit.snapshot.manifest
    parts = [
        element("p", PURPOSE),
        element("h3", "Limits"),
        _list(manifest["limits"]),
        element("h3", "Harms"),
        _list(HARMS),
        element("h3", "What it is"),
        facts(_identity(audit)),
    ]
    return Section("Model card", parts)


def weights(audit: Audit) -> Section:
    """The tree with the weight that each part has in the whole."""
    effective = audit.recipe.effective_weights()
    top = max(effective.values())
    rows = []
    for key, part in audit.recipe.indicators.items():
        component = audit.recipe.components[part.component]
        above = f"{audit.recipe.dimensions[component.dimension].label}: {component.label}"
        rows.append(
            (Markup(told(part.label) + element("small", above)), bar(effective[key], top), percent(effective[key]))
        )
    means = audit.recipe.aggregation.model_dump()
    taken = "; ".join(f"{level} {str(method).replace('_', ' ')}" for level, method in means.items())
    note = said("Share of the index that each indicator carries where everything is known. Means: ", taken, ".")
    return Section("Weights", [note, table(("indicator", "", "weight"), rows)])


def sources(audit: Audit) -> Section:
    """Every file with its terms, its days and what became of its rows."""
    rows = [
        (one.get("title", one["source"]), breakable(one["path"].rpartition("/")[2]), one["licence"]["id"], _days(one),
         one["accepted"], sum(one["quarantined"].values()), element("code", one["sha256"][:12]))
        for one in audit.snapshot.manifest["inputs"]
    ]  # fmt: skip
    head = ("source", "file", "licence", "days", "rows read", "refused", "sha256")
    return Section("Sources", [table(head, rows), element("h3", "Credits"), _list(audit.snapshot.credits)])


def recipe(audit: Audit) -> Section:
    """The recipe, word for word."""
    text = json.dumps(audit.snapshot.manifest["recipe"], indent=1, ensure_ascii=False)
    hashes = {name: element("code", one["sha256"]) for name, one in audit.snapshot.manifest["files"].items()}
    parts = [
        element("details", element("summary", "The recipe, word for word"), element("pre", text)),
        element("details", element("summary", "Files of the snapshot, by sha256"), facts(hashes)),
    ]
    return Section("Recipe and hashes", parts)


def _identity(audit: Audit) -> dict[str, object]:
    manifest, recipe = audit.snapshot.manifest, audit.recipe
    case = manifest["case"]
    return {
        "case": case["title"],
        "snapshot": element("code", audit.snapshot.id),
        "cells": f"{len(audit.snapshot.cells):,} of resolution {case['resolution']}",
        "periods": f"{audit.snapshot.periods[0]} to {audit.snapshot.periods[-1]}, by {case['step']}",
        "data known until": (manifest.get("known_until") or "not said")[:10],
        "recipe": f"{recipe.title} ({recipe.name} {recipe.version})",
        "recipe hash": element("code", recipe.hash),
        "code": manifest["code_version"],
        "what it measures": recipe.about or "not said",
    }


def _days(entry: Mapping[str, Any]) -> str:
    """What is said of a file's time: the days it covers, or that it stands for all, and when it was received."""
    words = list(_spans(entry))
    return "; ".join(words) or "as its rows say"


def _spans(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry.get("observed"):
        yield f"{entry['observed'][0]} to {entry['observed'][1]}"
    if entry.get("timeless"):
        yield "taken for all periods"
    if entry.get("received"):
        yield f"received {entry['received'][:10]}"


def _list(lines: object) -> Markup:
    held = lines if isinstance(lines, list | tuple) else []
    return element("ul", *(element("li", line) for line in held))
