"""Delta map: how two snapshots differ, as one page with a map; it asks for nothing and runs no script."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from riskmap.publish.areas import area_outlines
from riskmap.publish.compare import Comparison
from riskmap.publish.differences import input_effects, recipe_differences, split
from riskmap.publish.outlines import WORLD, Rings, rings_of
from riskmap.publish.page import Markup, Section, breakable, element, facts, page, said, table, write_page
from riskmap.publish.tracks import hatching, key, swing
from riskmap.publish.words import MEANING

STEPS = (-1.0, -0.5, -0.1, 0.1, 0.5, 1.0)
"""Edges between the colours, in points of the scale."""

COLOURS = ("#2166ac", "#67a9cf", "#c6dfee", "#ececec", "#fbd0b9", "#ef8a62", "#b2182b")
"""From lower to higher; told apart with any colour vision, and the still ones stand back."""

MOVERS = 20
"""Cells listed as having moved most."""

_WIDTH = 2000
_HATCH = "unknown"


class Frame(NamedTuple):
    """Where a map lies in the world of stored outlines: west and north edge, units a pixel, width and height."""

    west: float
    north: float
    scale: float
    width: int
    height: int


def write_delta_map(comparison: Comparison, path: Path) -> Path:
    """Writes the page of a comparison.

    Raises:
        LicenceForbids: A licence of either does not let what is made from it leave.
        StoreError: The file cannot be written.
    """
    for snapshot in (comparison.before, comparison.after):
        snapshot.check_may_leave()
    return write_page(path, delta_page(comparison))


def delta_page(comparison: Comparison) -> str:
    """The page of a comparison, as HTML."""
    before, after = comparison.before, comparison.after
    case = after.manifest["case"]
    lead = [
        element("p", f"{MEANING}. A cell that cannot be compared is hatched: unknown is not the same as unchanged."),
        facts({
            "earlier": f"{before.id}: {before.manifest['case']['title']}",
            "later": f"{after.id}: {case['title']}",
            "period": comparison.period,
        }),
    ]  # fmt: skip
    parts = split(comparison) or {}
    means = {f"mean move by the {part}": parts[part] for part in ("recipe", "data") if part in parts}
    sections = [
        *moved_sections(comparison, ("earlier", "later"), means),
        Section("What was put in", [_inputs(comparison)]),
        Section("What the recipe says otherwise", [_recipe(comparison)]),
        Section("Credits", [element("p", line) for line in dict.fromkeys((*before.credits, *after.credits))]),
    ]
    synthetic = any(snapshot.manifest["case"]["synthetic"] for snapshot in (before, after))
    return page(f"What changed: {case['title']}", lead, sections, synthetic=synthetic)


def moved_sections(
    comparison: Comparison, sides: tuple[str, str], means: Mapping[str, object] | None = None
) -> list[Section]:
    """The sections that tell how cells moved: map, classes, and those that moved most.

    Args:
        comparison: What is compared.
        sides: What its two sides are called.
        means: What else is told beside the map, by name.
    """
    counts: dict[str, object] = {name.replace("_", " "): count for name, count in comparison.counts().items()}
    return [
        Section(
            "How the scores moved", [_legend(comparison), delta_svg(comparison), facts({**counts, **(means or {})})]
        ),
        Section("From class to class", [_transitions(comparison, sides)]),
        Section("Cells that moved most", [_movers(comparison, sides)]),
    ]


def delta_svg(comparison: Comparison) -> Markup:
    """The map: cells coloured by how far their score moved, those that cannot be compared hatched."""
    rings = _rings(comparison)
    frame = _frame(rings)
    steps = steps_of(comparison.moved)
    groups = []
    for step in range(-1, len(COLOURS)):
        rows = np.flatnonzero(steps == step)
        fill = f"url(#{_HATCH})" if step < 0 else COLOURS[step]
        if len(rows):
            groups.append(element("path", d=_path(rings, rows, frame), fill=fill))
    return element(
        "svg", hatching(_HATCH, 14), *groups, *_regions(comparison, frame),
        viewBox=f"0 0 {frame.width} {frame.height}", class_="map", role="img", aria_label="Map of how the scores moved",
    )  # fmt: skip


def steps_of(moved: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Position of each cell's colour among `COLOURS`; -1 where it is not known how far it moved.

    Args:
        moved: In points of the scale, shape (cells,); NaN where not known.
    """
    return np.where(np.isnan(moved), -1, np.searchsorted(STEPS, np.nan_to_num(moved), side="right"))


def step_words() -> list[str]:
    """What each of `COLOURS` means."""
    inner = (f"{low:+g} to {high:+g}" for low, high in pairwise(STEPS))
    return [f"below {STEPS[0]:+g}", *inner, f"{STEPS[-1]:+g} and above"]


def _rings(comparison: Comparison) -> Rings:
    """Outlines of all cells, of the later snapshot where it has them."""
    earlier, later = (rings_of(snapshot) for snapshot in (comparison.before, comparison.after))
    first, last = (np.maximum(rows, 0) for rows in comparison.rows)
    has = comparison.rows[1] >= 0
    return Rings(
        np.where(has[:, None], later.x[last], earlier.x[first]),
        np.where(has[:, None], later.y[last], earlier.y[first]),
        np.where(has, later.vertices[last], earlier.vertices[first]),
    )


def _frame(rings: Rings) -> Frame:
    west, north = float(rings.x.min()), float(rings.y.min())
    across, down = float(rings.x.max()) - west, float(rings.y.max()) - north
    scale = max(across, down) / _WIDTH
    return Frame(west, north, scale, math.ceil(across / scale), math.ceil(down / scale))


def _path(rings: Rings, rows: npt.NDArray[np.int64], frame: Frame) -> Markup:
    """Outlines of some cells as one path, to a tenth of a pixel."""
    across = np.round((rings.x[rows] - frame.west) / frame.scale, 1).tolist()
    down = np.round((rings.y[rows] - frame.north) / frame.scale, 1).tolist()
    found = []
    for right, below, count in zip(across, down, rings.vertices[rows].tolist(), strict=True):
        found.append("M" + "L".join(f"{x:g} {y:g}" for x, y in zip(right[:count], below[:count], strict=True)) + "z")
    return Markup("".join(found))


def _regions(comparison: Comparison, frame: Frame) -> Iterator[Markup]:
    """Borders and names of the later snapshot's regions."""
    for feature in area_outlines(comparison.after)["features"]:
        told = feature["properties"]
        if told["level"] != 1:
            continue
        shape = feature["geometry"]
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        lines = "".join(
            "M" + "L".join("{:.1f} {:.1f}".format(*_placed(lon, lat, frame)) for lon, lat, *_ in ring) + "z"
            for polygon in polygons
            for ring in polygon
        )
        yield element("path", d=lines, fill="none", stroke="#1d1d24", stroke_width="1.6", stroke_opacity="0.55")
        right, below = _placed(told["lon"], told["lat"], frame)
        yield element("text", told["name"], x=f"{right:.0f}", y=f"{below:.0f}")


def _placed(lon: float, lat: float, frame: Frame) -> tuple[float, float]:
    """Where a place lies on the map, in pixels."""
    x = (lon / 360 + 0.5) * WORLD
    y = (0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * WORLD
    return (x - frame.west) / frame.scale, (y - frame.north) / frame.scale


def _legend(comparison: Comparison) -> Markup:
    steps = steps_of(comparison.moved)
    entries: dict[str, str | None] = {
        f"{words} ({int((steps == step).sum()):,} cells)": COLOURS[step] for step, words in enumerate(step_words())
    }
    entries[f"cannot be compared ({int((steps < 0).sum()):,} cells)"] = None
    return key(entries)


def _transitions(comparison: Comparison, sides: tuple[str, str]) -> Markup:
    rows = [(one.before, one.after, one.cells, one.people) for one in comparison.transitions()]
    return table((*(f"{side} class" for side in sides), "cells", "people"), rows)


def _movers(comparison: Comparison, sides: tuple[str, str]) -> Markup:
    found = comparison.movers(MOVERS)
    span = max((abs(one["moved"]) for one in found), default=1.0)
    rows = [
        (one["place"] or "–", one["before"], one["after"], swing(one["moved"], span), f"{one['moved']:+.2f}",
         _parts(one), element("code", one["cell"]))
        for one in found
    ]  # fmt: skip
    head = ("place", *sides, "", "moved", "indicators that moved", "cell")
    return table(head, rows) if rows else said("No cell moved.")


def _parts(mover: Mapping[str, Any]) -> str:
    words = [f"{one['label']} {_number(one['before'])} to {_number(one['after'])}" for one in mover["indicators"]]
    return "; ".join(words) or "none: weights or means moved it"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f}"


def _inputs(comparison: Comparison) -> Markup:
    rows = [
        (one["source"], breakable(one["path"]), element("code", (one["before"] or "not read")[:12]),
         element("code", (one["after"] or "not read")[:12]), ", ".join(one["indicators"]) or "none", one["cells"])
        for one in input_effects(comparison)
    ]  # fmt: skip
    head = ("source", "file", "earlier sha256", "later sha256", "indicators moved", "cells")
    return table(head, rows) if rows else said("The same files, byte for byte.")


def _recipe(comparison: Comparison) -> Markup:
    rows = [
        (element("code", breakable(one["key"])), str(one["before"]), str(one["after"]))
        for one in recipe_differences(comparison.before, comparison.after)
    ]
    return table(("line", "earlier", "later"), rows) if rows else said("The same recipe, line for line.")
